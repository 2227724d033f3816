"""Plotly's figures: the numbers that went in, in order, and never by colour alone."""

import numpy as np
import pandas as pd
import pytest

from da_bench import figures
from da_bench.figures.points import pareto_front
from da_bench.figures.rank_diagram import groups

NAN = float("nan")
MEANS = pd.Series({"source_only": 0.5, "dann": 0.75, "<b>dan</b>": 0.25, "lost": NAN})
SPREADS = pd.Series({"source_only": 0.01, "dann": NAN, "<b>dan</b>": 0.02})


def drawn(figure, method):
    return [t for t in figure.data if t.meta and t.meta["method"] == method]


def test_leaderboard_is_sorted_and_leaves_out_what_has_no_mean():
    figure = figures.leaderboard(MEANS, SPREADS, percent=True, looks={"dann": 7})
    assert [t.x[0] for t in figure.data] == [75.0, 50.0, 25.0]
    assert [t.text[0] for t in figure.data] == ["75.0", "50.0 ±1.0", "25.0 ±2.0"]
    assert figure.layout.meta["rows"] == ["dann", "source_only", "<b>dan</b>"]
    assert figure.layout.yaxis.categoryarray == ("dann", "source_only", "&lt;b&gt;dan&lt;/b&gt;")
    assert len({(t.marker.color, t.marker.symbol) for t in figure.data}) == 3
    assert len({t.marker.symbol for t in figure.data}) == 3
    lower = figures.leaderboard(MEANS, SPREADS, higher=False)
    assert lower.data[0].x[0] == 0.25
    with pytest.raises(ValueError, match="no method"):
        figures.leaderboard(MEANS[["lost"]], SPREADS)


def test_heat_map_shows_values_and_marks_harm():
    means = pd.DataFrame({"a": [0.5, NAN], "b": [0.25, 1.0]}, index=["x:y", "y:x"])
    harm = pd.DataFrame({"a": [False, False], "b": [True, False]}, index=means.index)
    texts = means.map(lambda v: f"<{v}>")
    heat = figures.heat_map(means, texts, harm, percent=True).data[0]
    assert heat.z == ([50.0, 25.0], [None, 100.0])
    assert heat.text == (["50.0", "25.0 †"], ["", "100.0"])
    assert heat.customdata[0][1] == "&lt;0.25&gt;"
    with pytest.raises(ValueError, match="one shape"):
        figures.heat_map(means, texts, harm[["a"]])


def test_gains_hold_their_intervals_and_mark_harm():
    whole = pd.DataFrame(
        {"gain": [0.1, -0.2], "low": [0.05, -0.3], "high": [0.2, -0.1], "harm": [False, True]},
        index=["dann", "dan"],
    )
    tasks = pd.DataFrame(
        {"method": ["dann", "dann", "dan"], "task": ["a", "b", "a"], "gain": [0.2, 0.0, -0.2],
         "harm": [False, True, True], "text": ["one", "two", "three"]}
    )  # fmt: skip
    figure = figures.gains(whole, tasks, percent=True)
    large = next(t for t in drawn(figure, "dann") if t.error_x.array)
    assert large.x[0] == pytest.approx(10)
    assert large.x[0] + large.error_x.array[0] == pytest.approx(20)
    assert large.x[0] - large.error_x.arrayminus[0] == pytest.approx(5)
    assert large.text[0] == "+10.0 [+5.0, +20.0]"
    bad = next(t for t in drawn(figure, "dan") if t.error_x.array)
    assert bad.text[0].endswith("†")
    crosses = [t for t in figure.data if t.marker.symbol == "x-thin"]
    assert sorted(x for t in crosses for x in t.x) == [-20.0, 0.0]
    low, high = figure.layout.xaxis.range
    assert low < -30
    assert high > 20
    with pytest.raises(ValueError, match="no gain"):
        figures.gains(whole[:0], tasks)


def test_groups_are_the_longest_runs_of_methods_not_told_apart():
    ranks = pd.Series({"d": 4.0, "a": 1.0, "b": 2.0, "c": 3.0})
    near = abs(ranks.to_numpy()[:, None] - ranks.to_numpy()) <= 1.5
    p = pd.DataFrame(np.where(near, 0.5, 0.01), index=ranks.index, columns=ranks.index)
    assert groups(ranks, p, 0.05) == [(0, 1), (1, 2), (2, 3)]
    assert groups(ranks, p * 0 + 1, 0.05) == [(0, 3)]
    assert groups(ranks, p * 0, 0.05) == []
    figure = figures.rank_diagram(ranks, p, 9, 1.5)
    assert [t.x[0] for t in figure.data if t.mode == "markers+text"] == [1.0, 2.0, 3.0, 4.0]
    bars = [t for t in figure.data if t.mode == "lines+markers"]
    assert [t.y for t in bars] == [("a", "b"), ("b", "c"), ("c", "d")]
    ruler = figure.layout.shapes[0]
    assert ruler.x1 - ruler.x0 == 1.5
    with pytest.raises(ValueError, match="give the same"):
        figures.rank_diagram(ranks, p.iloc[1:], 9, 1.5)


def test_profiles_have_bands_dashes_and_colours():
    grid = np.linspace(0, 1, 5)
    shares = {n: np.stack([1 - grid, 1 - grid - 0.1, 1 - grid + 0.1]) for n in ("a", "b")}
    figure = figures.profiles(grid, shares, percent=True)
    lines = [t for t in figure.data if t.mode == "lines"]
    assert lines[0].x == (0, 25, 50, 75, 100)
    assert lines[0].y == tuple(np.round(1 - grid, 4))
    assert len({t.line.dash for t in lines}) == len({t.line.color for t in lines}) == 2
    bands = [t for t in figure.data if t.fill == "toself"]
    assert [t.meta["method"] for t in bands] == ["a", "b"]
    for band in bands:  # along the upper limit, and back along the lower
        assert band.x == (0, 25, 50, 75, 100, 100, 75, 50, 25, 0)
        limits = [*(1 - grid + 0.1), *(1 - grid - 0.1)[::-1]]
        np.testing.assert_allclose(band.y, limits, atol=1e-4)
    with pytest.raises(ValueError, match="shape"):
        figures.profiles(grid, {"a": grid})
    with pytest.raises(ValueError, match="no method"):
        figures.profiles(grid, {})


def test_the_front_holds_what_nothing_dominates():
    rng = np.random.default_rng(0)
    names = [f"m{i}" for i in range(30)]
    costs, scores = (pd.Series(rng.random(30).round(1), index=names) for _ in range(2))
    for higher, sign in ((True, 1), (False, -1)):
        kept = pareto_front(costs, scores, higher)
        for name in names:
            better = [
                n for n in names
                if costs[n] <= costs[name] and sign * scores[n] >= sign * scores[name]
                and (costs[n], scores[n]) != (costs[name], scores[name])
            ]  # fmt: skip
            same = [k for k in kept if (costs[k], scores[k]) == (costs[name], scores[name])]
            assert bool(same) == (not better), name
    figure = figures.cost_points(costs, scores)
    assert figure.data[0].name == "Pareto front"
    assert list(figure.data[0].x) == [costs[n] for n in pareto_front(costs, scores)]
    with pytest.raises(ValueError, match="no method"):
        figures.cost_points(costs, scores * NAN)


def test_points_curves_regrets_and_diagnoses_hold_what_they_are_given():
    runs = pd.DataFrame(
        {"method": ["a", "b", "a"], "task": "t", "seed": [0, 0, 1],
         "divergence": [0.1, 0.2, NAN], "score": [0.5, 0.25, 0.5]}
    )  # fmt: skip
    figure = figures.divergence_points(runs, "divergence/mmd2", percent=True)
    assert [(t.x, t.y) for t in figure.data] == [((0.1,), (50.0,)), ((0.2,), (25.0,))]
    assert figure.data[0].marker.symbol != figure.data[1].marker.symbol
    with pytest.raises(ValueError, match="divergence/mmd2"):
        figures.divergence_points(runs[2:], "divergence/mmd2")
    curves = pd.DataFrame(
        {"method": "a", "task": "t", "name": "val/source", "epoch": [0, 1], "mean": [0.5, 0.75],
         "spread": [0.25, NAN]}
    )  # fmt: skip
    band, line = figures.training_curves(curves).data
    assert line.y == (0.5, 0.75)
    assert band.y == (0.75, 0.75, 0.75, 0.25)
    assert line.meta == {"method": "a", "task": "t", "scalar": "val/source"}
    assert len(figures.training_curves(curves.assign(spread=NAN)).data) == 1
    with pytest.raises(ValueError, match=r"curves\.csv"):
        figures.training_curves(curves[:0])
    regrets = pd.DataFrame(
        {"mean": [0.01, NAN, 0.5], "deviation": [0.2, NAN, NAN], "rank": [0.5, 0.1, NAN]},
        index=["bnm", "dev", "last"],
    )
    figure = figures.validator_regret(regrets)
    assert [t.x[0] for t in figure.data] == [0.01, 0.5]
    assert figure.data[0].error_x.arrayminus[0] == pytest.approx(0.01)  # no regret is below 0
    with pytest.raises(ValueError, match="no validator"):
        figures.validator_regret(regrets[1:2])
    counts = pd.DataFrame({"ill": [2, 0], "<i>": [1, 3]}, index=["a", "b"])
    ill, other = figures.diagnosis_counts(counts).data
    assert (ill.x, ill.y, other.x) == ((2,), ("a",), (1, 3))
    assert ill.marker.pattern.shape != other.marker.pattern.shape
    assert other.name == "&lt;i&gt;"
    with pytest.raises(ValueError, match="no diagnosis"):
        figures.diagnosis_counts(counts * 0)
