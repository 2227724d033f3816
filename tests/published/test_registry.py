"""Files of a benchmark may stand in its YAML: they are then found as those of the registry are."""

import pytest
import yaml

from da_bench.cli.data import carry_out
from da_bench.config import layers
from da_bench.published import registry

DOWNLOAD = {
    "files": {"wine/wine.csv": "0" * 64},
    "url": "https://example.org/wine/",
    "licence": "CC0",
    "reference": "Somebody, 2020",
    "mebibytes": 0.1,
}


@pytest.fixture
def wine(tmp_path, monkeypatch):
    """Writes a benchmark whose YAML has ``about.download``."""
    monkeypatch.setattr(layers, "folder", lambda: tmp_path)
    (tmp_path / "data").mkdir()

    def write(**changes):
        about = {"title": "Wine", "download": DOWNLOAD | changes}
        layer = {"about": about, "data": {"class_path": "da_bench.data.Arrays"}}
        (tmp_path / "data" / "wine.yaml").write_text(yaml.safe_dump(layer))

    return write


def test_files_in_the_yaml_are_found(wine, capsys):
    wine()
    assert registry.names_of_benchmark("wine") == ["wine"]
    assert registry.entry("wine").address("wine/wine.csv") == "https://example.org/wine/wine.csv"
    assert "wine" in registry.data_sets()
    assert carry_out("check", "wine") == 1
    assert "missing    wine/wine.csv" in capsys.readouterr().out
    one = registry.digest(["wine/wine.csv"], "wine")
    wine(files={"wine/wine.csv": "1" * 64})
    assert registry.digest(["wine/wine.csv"], "wine") != one


def test_a_part_that_lacks_or_is_unknown_is_named(wine):
    wine(licenze="CC0")
    with pytest.raises(ValueError, match=r"wine\.yaml: about\.download: .*'licenze'"):
        registry.entry("wine")
    with pytest.raises(ValueError, match="did you mean 'wine'"):
        registry.entry("wines")
