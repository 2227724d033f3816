"""Budgets as multiples of the twin's."""

import pytest

from da_bench.results import table
from da_bench.results.costs import cost_lines, costs, divide_by_budget
from da_bench.results.protocol import MixedProtocols
from da_bench.results.row import TWIN
from tests.results.stored import grid, row


def rows():
    seconds = {TWIN: 10.0, "dann": 30.0, "dan": 5.0}
    made = grid(list(seconds), [("a", "b"), ("b", "a")], 2,
                lambda m, t, s: {TWIN: 0.5, "dann": 0.8, "dan": 0.6}[m])  # fmt: skip
    return [r | {"wall_s": seconds[r["method"]] * (1 + (r["source"] == "b"))} for r in made]


def test_a_gain_is_divided_by_what_it_cost():
    frame = table.frame(rows())
    spent = costs(frame, "wall")
    assert spent.loc["dann"].tolist() == pytest.approx([45, 3])  # 30 and 60 s; three times both
    parts = divide_by_budget(table.summary(frame), spent)
    assert parts["gain"].loc["a:b", "dann"] == pytest.approx(0.3 / 3)
    assert parts["gain"].loc["b:a", "dan"] == pytest.approx(0.1 / 0.5)
    assert list(parts["gain"].columns) == list(parts["mean"].columns)
    foot = cost_lines(spent, parts["mean"].columns, "wall")
    assert foot["dann"].tolist() == ["45", "3.00x"]


def test_seconds_that_rows_do_not_hold_are_said():
    with pytest.raises(ValueError, match="12 of 12 finished runs hold no gpu_s"):
        costs(table.frame(rows()), "gpu")
    with pytest.raises(ValueError, match="was not run"):
        costs(table.frame([row("dann")]), "wall")
    with pytest.raises(ValueError, match="took no time"):
        costs(table.frame([row(TWIN, gpu_s=0.0), row("dann", gpu_s=1.0)]), "gpu")


def test_devices_are_not_mixed_unless_told():
    two = table.frame([row(TWIN), row("dann", device="NVIDIA H100")])
    with pytest.raises(MixedProtocols, match="NVIDIA H100"):
        costs(two, "wall")
    assert costs(two, "wall", allow_mixed=True).loc["dann", "budget"] == 1
