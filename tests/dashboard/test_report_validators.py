"""Validators' regret in the report: what ``da-bench select --all`` says, or words why not."""

import pytest

from da_bench.callbacks.outputs import write
from da_bench.cli.main import main
from da_bench.dashboard import report
from da_bench.results.collection import load
from da_bench.selection.outputs import OUTPUTS_FILE
from tests.dashboard.read import Page, cells
from tests.results.stored import row, store
from tests.selection.made import made


@pytest.fixture
def folder(tmp_path):
    """Two settings of one method on one task, two seeds each, with outputs."""
    rows = [row("dan", seed=s, score=0.5 + 0.1 * i + 0.02 * s, variant=f"weight={i}")
            for i in (1, 2) for s in (0, 1)]  # fmt: skip
    for number, where in enumerate(store(tmp_path, rows)):
        write(where / OUTPUTS_FILE, {k: v.numpy() for k, v in made(number)._asdict().items()})
    return tmp_path


def test_regrets_are_those_of_the_command(folder, capsys):
    page = Page(report.text(load(folder)))
    assert main(["select", str(folder), "--all"]) == 0
    head, *said = cells(capsys.readouterr().out, "| validator")
    place = [head.index(name) for name in ("validator", "oracle/regret", "oracle/rank")]
    shown = page.tables["b0-regret-table"]
    assert [line[:3] for line in shown[1:]] == [[line[i] for i in place] for line in said]
    points = page.data["b0-regret-spec"]["data"]
    known = [line for line in shown[1:] if line[1] != "–"]
    assert [f"{t['x'][0]:.3f}" for t in points] == [line[1].split()[0] for line in known]


def test_where_they_are_many_it_says_how_to_ask(folder, monkeypatch):
    monkeypatch.setattr(report, "AUTO", 3)
    said = []
    page = Page(report.text(load(folder), say=said.append))
    assert "4 runs keep outputs. da-bench report --validators yes" in page.text
    assert not said
    page = Page(report.text(load(folder), validators="yes", say=said.append))
    assert "b0-regret-table" in page.tables
    assert "4 runs" in said[0]
    page = Page(report.text(load(folder), validators="no"))
    assert "b0-regret-table" not in page.tables
