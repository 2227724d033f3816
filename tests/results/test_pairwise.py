"""Paired differences of two methods: the twin's are the gains of the table."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from da_bench.results import table
from da_bench.results.pairwise import paired_differences, setting_differences
from da_bench.results.row import TWIN
from da_bench.results.scores import scores
from tests.results.stored import grid, row


def made(higher=True, seed=0):
    rng = np.random.default_rng(seed)
    rows = grid([TWIN, "dann", "dan"], [("a", "b"), ("b", "a"), ("c", "a")], 4,
                lambda m, t, s: float(rng.uniform(0.3, 0.9)))  # fmt: skip
    metric = {} if higher else {"metric": "mse", "higher_is_better": False}
    return table.frame([one | metric for one in rows if (one["method"], one["seed"]) != ("dan", 3)])


@pytest.mark.parametrize("higher", [True, False])
def test_against_the_twin_they_are_the_gains_of_the_table(higher):
    runs = made(higher)
    parts = table.summary(runs)
    for method in ("dann", "dan"):
        found = paired_differences(scores(runs), method, TWIN).tasks
        for ours, theirs in (("difference", "gain"), ("low", "gain_low"), ("high", "gain_high")):
            expected = parts[theirs][method].drop(table.MEAN)
            np.testing.assert_allclose(found[ours], expected.loc[found.index])


def test_pairs_are_of_one_task_and_seed_and_their_interval_is_students():
    runs = made()
    found = paired_differences(scores(runs), "dann", "dan")
    assert found.tasks["pairs"].tolist() == [3, 3, 3]  # dan lacks seed 3
    wide = runs.pivot_table(index=["task", "seed"], columns="name", values="oracle/target")
    d = (wide["dann"] - wide["dan"]).dropna()
    for task, own in d.groupby("task"):
        interval = stats.t.interval(0.95, 2, own.mean(), stats.sem(own))
        line = found.tasks.loc[task]
        np.testing.assert_allclose(line[["low", "high"]].to_numpy(float), interval)
    np.testing.assert_allclose(found.overall.value, d.groupby("task").mean().mean())
    swapped = paired_differences(scores(runs), "dan", "dann")
    np.testing.assert_allclose(swapped.tasks["difference"], -found.tasks["difference"])


def test_one_seed_has_no_interval_and_strangers_share_nothing():
    one = table.frame([row("dann", score=0.75), row("dan", score=0.5), row("jan", "x", "y")])
    found = paired_differences(scores(one), "dann", "dan")
    assert found.tasks.loc["a:b", "difference"] == 0.25
    assert found.tasks[["low", "high"]].isna().all(axis=None)
    apart = paired_differences(scores(one), "dann", "jan")
    assert apart.overall is None
    assert apart.tasks.empty
    with pytest.raises(ValueError, match="no finished run of 'dannn'; there are dan, dann, jan"):
        paired_differences(scores(one), "dannn", "dan")


def test_settings_that_differ_have_a_line_each():
    one = row("dann", hyperparameters={"weight": 1.0, "optimizer": {"lr": 0.1}, "gone": 3})
    other = row("dan", hyperparameters={"weight": 1.0, "optimizer": {"lr": 0.2, "momentum": 0.9}})
    expected = pd.DataFrame(
        [["hyperparameters.optimizer.lr", "0.1", "0.2"],
         ["hyperparameters.gone", "3", "–"],
         ["hyperparameters.optimizer.momentum", "–", "0.9"]],
        columns=["setting", "first", "second"])  # fmt: skip
    found = setting_differences(one, other)
    pd.testing.assert_frame_equal(
        found.sort_values("setting").reset_index(drop=True),
        expected.sort_values("setting").reset_index(drop=True),
    )
    assert setting_differences(one, one).empty
