"""``da-bench show``: every figure of real runs, what each needs, and that labels stay an oracle."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch

from da_bench.cli import show
from da_bench.cli.main import main
from da_bench.dashboard import run_pictures
from da_bench.methods.finished import FinishedRun
from da_bench.runs.compare import compare

BOUND = {"class_path": "da_bench.callbacks.BoundLedger"}
FEW = {"trainer": {"max_epochs": 2, "callbacks": [BOUND]}, "data": {"init_args": {"size": 128}}}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Folders of runs on moons, and one on other moons, by method."""
    out = tmp_path_factory.mktemp("shown")
    asked = ["source_only", "reweighted_kmm", "dann"]
    assert not compare(["moons"], asked, ["0:40"], 1, 1, out, overrides=FEW)
    assert not compare(["moons"], ["source_only"], ["0:20"], 1, 1, out / "else", overrides=FEW)
    found = {path.parent.name: path for path in out.glob("runs/moons/*/*")}
    return found | {"elsewhere": next((out / "else").glob("runs/moons/source_only/*"))}


def test_the_command_names_what_is_drawn():
    assert set(show.FIGURES) == set(run_pictures.FIGURES)


NEEDED = {"weights": "reweighted_kmm"}


@pytest.mark.parametrize("figure", show.FIGURES)
def test_every_figure_of_a_run(figure, runs, tmp_path, capsys):
    if figure == "attributions":
        pytest.importorskip("captum")
    run = runs[NEEDED.get(figure, "dann")]
    name = "oracle_x.html" if figure in show.ORACLE_FIGURES else "x.html"
    beside = [] if figure in NEEDED else ["--beside", str(runs["source_only"])]
    asked = ["show", str(run), "--figure", figure, *beside, "--output", str(tmp_path / name)]
    code, said = main(asked), capsys.readouterr()
    if figure == "attributions" and code:
        assert "predict the same class" in said.err  # two epochs may change none
        return
    assert not code, said.err
    text = (tmp_path / name).read_text()
    held = dict(re.findall(r'<script type="application/json" id="(\w+)">(.*?)</script>', text))
    assert json.loads(held["wide"])["data"]
    assert json.loads(held["narrow"])["data"]
    bare = re.sub(r"<script>.*?</script>", "", text, flags=re.DOTALL)  # without plotly itself
    assert not re.search(r'(src|href)="(?!data:)', bare)


def test_target_labels_are_read_only_where_asked(runs, monkeypatch, tmp_path):
    run, poison = FinishedRun(runs["dann"]), 1
    seen = run.target
    run.__dict__["target"] = seen._replace(y=(seen.y + poison) % 2)
    clean = FinishedRun(runs["dann"])
    for name in ("features", "boundary", "kernel"):
        draw, again = (run_pictures.FIGURES[name](one) for one in (run, clean))
        assert draw().to_json() == again().to_json()
        assert "oracle" not in str(draw().layout.title.text)
    for name in ("features", "boundary"):
        draw, again = (run_pictures.FIGURES[name](one, oracle=True) for one in (run, clean))
        assert draw().to_json() != again().to_json()
        assert draw().layout.title.text.startswith("oracle")


def test_an_oracle_is_named_in_the_file(runs, capsys):
    run = str(runs["dann"])
    assert main(["show", run, "--oracle"]) == 0
    assert main(["show", run]) == 0
    assert main(["show", run, "--figure", "confusion"]) == 0
    assert {p.name for p in runs["dann"].glob("*.html")} == {
        "oracle_features-pca.html", "features-pca.html", "oracle_confusion.html"
    }  # fmt: skip
    assert main(["show", run, "--oracle", "--output", "x.html"]) == 2
    assert "name it oracle_x.html" in capsys.readouterr().err


def test_no_figure_overwrites_another(runs, capsys):
    """All ways to lay features out once went into one features.html."""
    run, twin, found = runs["dann"], str(runs["source_only"]), set()
    for more in ([], ["--by", "tsne"], ["--by", "tsne", "--beside", twin], ["--beside", twin]):
        assert main(["show", str(run), *more]) == 0
        path = Path(capsys.readouterr().out.removeprefix("Figure: ").strip())
        assert path.parent == run
        assert path.is_file()
        found.add(path.name)
    assert found == {
        "features-pca.html", "features-tsne.html",
        "features-pca-beside-source_only.html", "features-tsne-beside-source_only.html",
    }  # fmt: skip


def test_what_a_figure_needs_is_said(runs, tmp_path, capsys):
    run, other = str(runs["dann"]), str(runs["elsewhere"])
    for asked, words in (
        ([run, "--figure", "weights"], "DANN keeps no weights"),
        ([run, "--figure", "attributions"], "give --beside"),
        ([run, "--beside", other], "give --beside a run on the same task"),
        ([run, "--output", "x.png"], "written as .html"),
        ([run, "--figure", "boundary", "--by", "tsne"], "only --figure features"),
        ([str(tmp_path)], "holds no config.yaml"),
    ):
        assert main(["show", *asked]) == 2
        assert words in capsys.readouterr().err
    curves = runs["dann"] / "curves.csv"
    kept = curves.read_text()
    curves.write_text("epoch,step,name,value\n")
    assert main(["show", run, "--figure", "bound"]) == 2
    assert "BoundLedger" in capsys.readouterr().err
    curves.write_text(kept)


def test_a_finished_run_sees_what_its_model_says(runs):
    run = FinishedRun(runs["dann"], max_samples=50)
    view = run.data.view("target", "test")
    x = view.__getitems__([i * len(view) // 50 for i in range(50)]).x
    with torch.no_grad():
        expected = run.model(x)
    assert torch.equal(run.target.x, x)
    assert torch.allclose(run.target.logits, expected)
    assert run.name == "dann"
    grid = np.zeros((3, 2))
    assert torch.allclose(run_pictures.probabilities(run, grid).sum(1), torch.ones(3))
    assert run_pictures.critic(run, grid).shape == (3,)
    assert run_pictures.critic(FinishedRun(runs["source_only"]), grid) is None
