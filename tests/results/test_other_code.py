"""Rows of other code: which they are, which were run again, and what a table says of them."""

import pytest

from da_bench.config import used_code
from da_bench.results.benchmark import benchmarks
from da_bench.results.cell import OTHER
from da_bench.results.other_code import (
    MOST_CLASSES,
    made_by_other_code,
    other_code_words,
    superseded,
)
from da_bench.results.renderers.latex import cell as in_latex
from da_bench.results.renderers.markdown import cell as in_markdown
from da_bench.results.table import frame
from tests.results.stored import row

CLASSES = ["da_bench.runs.execute.train", "da_bench.methods.DANN"]
NOW = {"classes": CLASSES, "code": used_code.digest(tuple(CLASSES))}
OTHER_THAN_NOW = NOW | {"code": "0" * 64}


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (NOW, False),
        (OTHER_THAN_NOW, True),
        ({"code": ""}, True),  # from before it was stored
        ({"code": None}, False),  # no store has read it
        (OTHER_THAN_NOW | {"status": "failed"}, False),
        (NOW | {"classes": CLASSES * MOST_CLASSES}, True),
        (NOW | {"classes": [*CLASSES, "da_bench.methods.MCD"]}, True),
        (NOW | {"classes": [*CLASSES, "os.system", "", "numpy.ndarray"]}, False),
        (OTHER_THAN_NOW | {"classes": [*CLASSES, "nowhere.Net"]}, False),  # it can't be known
        (OTHER_THAN_NOW | {"classes": ["../../x", "a.b.c/d.e"]}, False),
    ],
)
def test_a_row_is_of_other_code(columns, expected):
    assert made_by_other_code(row(**columns)) is expected


def test_classes_of_a_row_are_never_imported(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "strangers").mkdir()
    for name in ("__init__", "net"):
        (tmp_path / "strangers" / f"{name}.py").write_text(
            "raise SystemExit('executed')\nNet = 1\n"
        )
    assert made_by_other_code(row(classes=["strangers.net.Net"], code="0"))
    assert made_by_other_code(row(classes=["strangers.net.broken.Net"], code="0"))
    (tmp_path / "strangers" / "net.py").write_text("def (")
    assert made_by_other_code(row(classes=["strangers.net.Other"], code="0"))


def rows(other, tasks=("b", "c")):
    """Two methods on two tasks, three seeds; ``other`` says which runs are of other code."""
    return [
        row(method, target=target, seed=seed, score=0.5 + 0.01 * seed + 0.1 * (method == "dann"),
            **(OTHER_THAN_NOW if other(method, target, seed) else NOW))
        for method in ("source_only", "dann") for target in tasks for seed in range(3)
    ]  # fmt: skip


def benchmark(other, **options):
    (one,) = benchmarks(frame(rows(other, **options)))
    return one


def test_cells_with_such_runs_are_marked():
    one = benchmark(lambda method, target, seed: (method, target, seed) == ("dann", "c", 1))
    marked = one.cells.map(lambda cell: cell.other_code)
    assert list(marked["dann"]) == [False, True, True]  # the last is the mean's
    assert not marked["source_only"].any()
    assert OTHER in in_markdown(one.cells.loc["a:c", "dann"])
    assert r"\S{}" in in_latex(one.cells.loc["a:c", "dann"])
    assert f"{OTHER} marks runs" in one.meaning.sentences()
    assert "(dann 1 of 6)" in one.meaning.sentences()
    assert one.long_table.set_index(["task", "method"])["other_code"].loc[("a:c", "dann")] == 1


def test_where_all_are_of_other_code_no_cell_is_marked():
    one = benchmark(lambda *_: True)
    assert not one.cells.map(lambda cell: cell.other_code).any(axis=None)
    assert "All runs were made by other code" in one.meaning.sentences()


def test_without_such_runs_nothing_is_said():
    one = benchmark(lambda *_: False)
    assert "other code" not in one.meaning.sentences()
    assert other_code_words(one.finished_runs) == ""


def test_runs_that_were_run_again_count_once():
    again = [row("dann", target="b", seed=0, score=0.9, folder="runs/old", **OTHER_THAN_NOW)]
    (one,) = benchmarks(frame([*again, *rows(lambda *_: False)]))
    assert len(one.runs) == 12
    assert "other code" not in one.meaning.sentences()
    settings = {"hyperparameters": {"weight": 2.0}}
    with_other_settings = row("dann", target="b", **settings, **OTHER_THAN_NOW)
    runs = frame([with_other_settings, *rows(lambda *_: False)])
    assert not superseded(runs).any()


def test_a_gain_is_over_the_twin_of_today():
    twin = row("source_only", target="b", seed=0, score=0.1, folder="runs/0", **OTHER_THAN_NOW)
    runs = frame([twin, *rows(lambda *_: False)])
    gain = runs[(runs.method == "dann") & (runs.target == "b") & (runs.seed == 0)]["gain"].item()
    assert gain == pytest.approx(0.1)
