"""Exports and the table of methods are what the files say, and a new file is found by itself."""

import shutil

import pytest

from tests import generated

PATHS = [str(path.relative_to(generated.ROOT)) for path in generated.generated()]


@pytest.mark.parametrize("path", PATHS)
def test_a_generated_file_is_up_to_date(path):
    path = generated.ROOT / path
    text = generated.generated()[path]
    assert path.read_text() == text, "run: python -m tests.generated"


def test_a_new_class_is_exported_and_a_removed_one_is_not(tmp_path, monkeypatch):
    shutil.copytree(generated.ROOT / "da_bench" / "methods", tmp_path / "da_bench" / "methods")
    monkeypatch.setattr(generated, "ROOT", tmp_path)
    family = tmp_path / "da_bench" / "methods" / "features"
    (family / "anew.py").write_text("class Anew:\n    pass\n\n\nclass _Helper:\n    pass\n")
    (family / "drcn.py").unlink()
    before = (family.parent / "__init__.py").read_text().splitlines()
    after = generated.exports("da_bench/methods").splitlines()
    assert set(after) - set(before) == {"from .features.anew import Anew", '    "Anew",'}
    assert set(before) - set(after) == {"from .features.drcn import DRCN", '    "DRCN",'}
