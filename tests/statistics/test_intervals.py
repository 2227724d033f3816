"""Estimates against their formulas, and intervals against what they promise."""

import numpy as np
import pytest
from scipy import stats

from da_bench.statistics.intervals import (
    Interval,
    hierarchical_mean,
    interquartile_mean,
    performance_profile,
    probability_of_improvement,
)

RNG = np.random.default_rng(0)
RAGGED = [RNG.random(n) for n in (1, 2, 3, 5)]


def test_the_mean_is_of_task_means_and_ties_runs_to_their_tasks():
    found = hierarchical_mean(RAGGED)
    assert found.value == pytest.approx(np.mean([g.mean() for g in RAGGED]))
    assert found.low < found.value < found.high


def test_the_same_seed_gives_the_same_interval_and_another_a_like_one():
    assert hierarchical_mean(RAGGED, seed=3) == hierarchical_mean(RAGGED, seed=3)
    one, other = hierarchical_mean(RAGGED, seed=3), hierarchical_mean(RAGGED, seed=4)
    assert one != other
    assert one == pytest.approx(other, abs=0.05)


def test_the_interval_counts_tasks_as_well_as_seeds():
    # Seeds agree and tasks do not: an interval over seeds alone would have no width.
    apart = hierarchical_mean([np.full(5, x) for x in (0.0, 1.0, 2.0, 3.0)])
    assert apart.high - apart.low > 1.5
    # Tasks agree and seeds do not.
    runs = np.array([0.0, 1.0, 2.0, 3.0, 4.0])
    noisy = hierarchical_mean([runs] * 4, draws=4000)
    expected = 2 * 1.96 * runs.std() / np.sqrt(20)
    assert noisy.high - noisy.low == pytest.approx(expected, rel=0.1)


def test_the_bootstrap_spread_is_that_of_the_two_stages():
    """Variance of a draw: between task means by n_tasks, plus within tasks by all runs."""
    groups = [RNG.normal(t, 1, 6) for t in range(12)]
    within = np.mean([g.var() / 6 for g in groups])
    between = np.var([g.mean() for g in groups])
    wide = hierarchical_mean(groups, draws=6000)
    assert (wide.high - wide.low) / (2 * 1.96) == pytest.approx(
        np.sqrt((between + within) / 12), rel=0.06
    )


def test_it_covers_the_truth_about_as_often_as_it_says():
    rng, hits = np.random.default_rng(1), 0
    for trial in range(200):
        tasks = rng.normal(0.0, 1.0, 20)  # tasks drawn around a true mean of zero
        found = hierarchical_mean([rng.normal(t, 0.5, 5) for t in tasks], draws=300, seed=trial)
        hits += found.low <= 0 <= found.high
    assert 0.88 <= hits / 200 <= 0.99


def test_interquartile_mean_is_the_mean_of_the_middle_half():
    groups = [RNG.random(8) for _ in range(4)]
    ordered = np.sort(np.concatenate(groups))
    assert interquartile_mean(groups).value == pytest.approx(ordered[8:24].mean())
    # One task that failed altogether does not move it as it moves the mean.
    worse = [np.full(8, -100.0), *groups[1:]]
    assert abs(interquartile_mean(worse).value - interquartile_mean(groups).value) < 0.5


def test_interquartile_interval_draws_within_tasks():
    # No two runs of a task differ: stratified draws are all the same sample.
    found = interquartile_mean([np.full(3, x) for x in (0.1, 0.5, 0.9, 0.3)])
    assert found.low == pytest.approx(found.value)
    assert found.high == pytest.approx(found.value)


def test_probability_of_improvement_is_mann_whitney_averaged_over_tasks():
    ours = [RNG.normal(0.5, 1, 6).round(1), RNG.normal(0, 1, 4).round(1)]
    theirs = [RNG.normal(0, 1, 5).round(1), RNG.normal(0, 1, 4).round(1)]  # rounded: with ties
    u = [
        stats.mannwhitneyu(a, b).statistic / (a.size * b.size)
        for a, b in zip(ours, theirs, strict=True)
    ]
    found = probability_of_improvement(ours, theirs)
    assert found.value == pytest.approx(np.mean(u))
    assert found.low <= found.value <= found.high
    mirrored = probability_of_improvement(theirs, ours)
    assert found.value + mirrored.value == pytest.approx(1)
    assert probability_of_improvement(ours, ours).value == pytest.approx(0.5)
    sure = probability_of_improvement([np.array([2.0, 3.0])], [np.array([0.0, 1.0])])
    assert tuple(sure) == (1.0, 1.0, 1.0)


def test_its_bootstrap_equals_one_that_draws_the_runs():
    ours, theirs = [RNG.normal(0.3, 1, 7)], [RNG.normal(0, 1, 5)]
    rng = np.random.default_rng(0)
    drawn = [
        np.mean(rng.choice(ours[0], 7)[:, None] > rng.choice(theirs[0], 5)) for _ in range(6000)
    ]
    found = probability_of_improvement(ours, theirs, draws=6000)
    assert [found.low, found.high] == pytest.approx(np.quantile(drawn, [0.025, 0.975]), abs=0.03)


@pytest.mark.parametrize("higher", [True, False])
def test_profiles_are_shares_beyond_each_threshold(higher):
    thresholds = np.linspace(-0.1, 1.1, 25)
    share, low, high = performance_profile(RAGGED, thresholds, higher)
    for t, value in zip(thresholds, share, strict=True):
        beyond = [np.mean(g > t if higher else g < t) for g in RAGGED]
        assert value == pytest.approx(np.mean(beyond))
    assert (np.diff(share) <= 1e-12).all() if higher else (np.diff(share) >= -1e-12).all()
    assert {share[0], share[-1]} == {0.0, 1.0}
    assert (low <= share + 1e-12).all()
    assert (share <= high + 1e-12).all()


@pytest.mark.parametrize("function", [hierarchical_mean, interquartile_mean])
@pytest.mark.parametrize(
    ("groups", "match"),
    [([], "non-empty"), ([np.array([])], "non-empty"), ([np.array([np.nan])], "not finite")],
)
def test_bad_groups_are_said(function, groups, match):
    with pytest.raises(ValueError, match=match):
        function(groups)


def test_bad_levels_and_tasks_that_do_not_match_are_said():
    with pytest.raises(ValueError, match="level 95"):
        hierarchical_mean(RAGGED, level=95)
    with pytest.raises(ValueError, match="4 tasks of ours, 1 of theirs"):
        probability_of_improvement(RAGGED, RAGGED[:1])


def test_an_interval_as_text():
    assert Interval(0.012, -0.004, 0.0284).text(100, 1, "+") == "+1.2 [-0.4, +2.8]"


@pytest.mark.parametrize(
    ("level", "low", "high"),
    [(0.95, 0.0, 1.0), (0.8, 0.25, 0.75), (0.5, 0.25, 0.75), (0.3, 0.5, 0.5)],
)
def test_the_band_of_a_profile_has_its_level(level, low, high):
    """Of four runs, two beyond: the bootstrap's share is binomial(4, 1/2) over 4."""
    runs = [np.array([0.0, 1.0, 2.0, 3.0])]
    share, below, above = performance_profile(runs, np.array([1.5]), draws=20000, level=level)
    assert share.tolist() == [0.5]
    assert (below.item(), above.item()) == (low, high)


def test_the_band_narrows_with_tasks_as_their_mean_does():
    runs = [np.array([0.0, 1.0, 2.0, 3.0])] * 100
    _, below, above = performance_profile(runs, np.array([1.5]), draws=4000)
    sd = 0.25 / 10  # of a task's share, over ten times
    assert above.item() - below.item() == pytest.approx(2 * 1.96 * sd, rel=0.1)
