"""Negative transfer: paired intervals against formulas, and the same mark in every format."""

import io
import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from da_bench.results import table
from da_bench.results.cell import HARM as MARK
from da_bench.results.cell import PERCENT, without_gains
from da_bench.results.negative_transfer import harm_words, shows_harm
from da_bench.results.renderers.document import tabulate
from da_bench.results.row import TWIN
from da_bench.statistics.intervals import paired_mean
from tests.results.stored import failed, grid, row

TASKS = [("a", "b"), ("b", "a")]
SPREAD = [0.0, 0.05, -0.05]
GAINS = {TWIN: 0.0, "good": 0.2, "harmful": -0.2, "unsure": -0.001}


def rows(seeds=3, wobble=1.0, **more):
    """Twins vary by seed more than any gain does: only pairing shows it."""
    own = np.random.default_rng(0).normal(0, 0.01, (len(GAINS), 2, 9)) * wobble
    names = list(GAINS)

    def score(method, t, s):
        noise = 0.0 if method == TWIN else own[names.index(method), t, s]
        return 0.5 + 3 * SPREAD[s % 3] + GAINS[method] + noise

    return [r | more for r in grid(names, TASKS, seeds, score)]


def parts(of):
    return table.summary(table.frame(of))


@pytest.mark.parametrize("n", [3, 4, 20])
@pytest.mark.parametrize("level", [0.5, 0.95])
def test_the_interval_is_that_of_the_paired_t_test(n, level):
    rng = np.random.default_rng(n)
    ours, theirs = rng.normal(0.7, 0.1, n), rng.normal(0.6, 0.1, n)
    expected = stats.ttest_rel(ours, theirs).confidence_interval(level)
    found = paired_mean(ours - theirs, level)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert found.value == pytest.approx((ours - theirs).mean())


def test_it_covers_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(0)
    draws = [paired_mean(rng.normal(0.3, 1.0, 3), 0.9) for _ in range(2000)]
    covered = np.mean([d.low <= 0.3 <= d.high for d in draws])
    assert abs(covered - 0.9) < 4 * math.sqrt(0.09 / 2000)


def test_few_seeds_and_equal_gains_have_no_interval():
    assert paired_mean(np.array([0.1])) is None
    assert paired_mean(np.array([])) is None
    assert paired_mean(np.array([0.1, 0.3])) is None
    assert paired_mean(np.array([0.1, 0.1, 0.1])) is None
    assert paired_mean(np.array([0.8 - 0.7, 0.7 - 0.6, 0.6 - 0.5])) is None  # but for rounding
    assert paired_mean(np.zeros(3)) is None
    assert paired_mean(np.array([0.1, 0.1, 0.1 + 1e-6])) is not None
    with pytest.raises(ValueError, match="not finite"):
        paired_mean(np.array([0.1, np.nan]))
    with pytest.raises(ValueError, match="share between"):
        paired_mean(np.array([0.1, 0.2]), 95)


def test_harm_is_an_interval_wholly_below_zero():
    found = shows_harm(parts(rows()))
    assert found["harmful"].all()  # both tasks, and their mean
    assert not found[[TWIN, "good", "unsure"]].any(axis=None)


def test_limits_are_of_the_paired_differences_of_each_task_and_of_the_seeds_means():
    frame = table.frame(rows())
    found = table.summary(frame)
    own = frame[frame["method"] == "harmful"]
    for task in ("a:b", "b:a"):
        expected = paired_mean(own.loc[own["task"] == task, "gain"].to_numpy())
        assert found["gain_low"].loc[task, "harmful"] == pytest.approx(expected.low)
        assert found["gain_high"].loc[task, "harmful"] == pytest.approx(expected.high)
    mean = paired_mean(own.groupby("seed")["gain"].mean().to_numpy())
    assert found["gain_high"].loc[table.MEAN, "harmful"] == pytest.approx(mean.high)
    assert found["gain"].loc[table.MEAN, "harmful"] == pytest.approx(mean.value)


def test_a_seed_without_its_twin_does_not_count():
    every = rows(seeds=4)
    lost = [r for r in every if not (r["method"] == TWIN and r["seed"] == 1)]
    lost += [failed(TWIN, *task, 1) for task in TASKS]
    expected = table.frame(every).query("method == 'harmful' and task == 'a:b' and seed != 1")
    found = parts(lost)["gain_low"].loc["a:b", "harmful"]
    assert found == pytest.approx(paired_mean(expected["gain"].to_numpy()).low)


def test_where_lower_is_better_harm_is_what_is_higher():
    found = shows_harm(parts(rows(higher_is_better=False, metric="error")))
    assert found["good"].all()
    assert not found["harmful"].any()


def test_the_mark_stands_in_every_format_by_the_same_cells():
    seen = {}
    for style in ("markdown", "latex", "text"):
        mark = r"$\dagger$" if style == "latex" else MARK
        text = tabulate(rows(), {}, style)
        starts = ("a:b", "b:a", "mean ")
        lines = [line for line in text.splitlines() if line.strip(" |").startswith(starts)]
        seen[style] = [line.count(mark) for line in lines]
        said = " ".join(text.split())
        assert "marks harm, an interval wholly below zero: 3 cells" in said
        assert mark in said
    assert seen["markdown"] == seen["latex"] == [1, 1, 1]
    assert sum(seen["text"]) == 3
    read = pd.read_csv(io.StringIO(tabulate(rows(), {}, "csv")))
    assert read.loc[read["harm"].eq(True), "method"].tolist() == ["harmful"] * 3
    known = read.dropna(subset=["gain_low"])
    assert set(read["method"]) - set(known["method"]) == {TWIN}
    assert (known["gain_low"] <= known["gain"]).all()
    assert (known["gain"] <= known["gain_high"]).all()


def test_a_narrow_screen_drops_the_gains_and_keeps_the_mark():
    shown = without_gains(table.cells(parts(rows()), PERCENT, True)).map(str)
    assert not any("(" in cell for cell in shown["harmful"])
    assert all(cell.endswith(MARK) for cell in shown["harmful"])
    assert not any(MARK in cell for name in GAINS if name != "harmful" for cell in shown[name])


def test_one_seed_says_that_it_can_not_tell():
    one = parts(rows(seeds=1))
    assert not shows_harm(one).any(axis=None)
    assert "No verdict on the gain: it needs at least 3 seeds, and there are 1." in harm_words(one)
    assert "[" not in str(table.cells(one, PERCENT, True).loc["a:b", "harmful"])
    read = pd.read_csv(io.StringIO(tabulate(rows(seeds=1), {}, "csv")))
    assert read["harm"].isna().all()


def test_without_a_twin_there_is_no_word_of_harm():
    assert harm_words(parts([row("dann", seed=s) for s in range(3)])) == ""


def test_statistics_mark_harm_over_tasks_and_seeds():
    text = tabulate(rows(), {}, statistics=True)
    below = text[text.index("### Statistics") :]
    marked = [line for line in below.splitlines() if line.startswith("|") and MARK in line]
    assert [line.split("|")[1].strip() for line in marked] == ["harmful"]
