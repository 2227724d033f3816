"""Points of cost and of divergence: the front, and the numbers that went in."""

import numpy as np
import pandas as pd
import pytest

from da_bench import figures
from da_bench.figures.points import pareto_front

NAN = float("nan")


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


def test_divergence_points_hold_what_they_are_given():
    runs = pd.DataFrame(
        {"method": ["a", "b", "a"], "task": "t", "seed": [0, 0, 1],
         "divergence": [0.1, 0.2, NAN], "score": [0.5, 0.25, 0.5]}
    )  # fmt: skip
    figure = figures.divergence_points(runs, "divergence/mmd2", percent=True)
    assert [(t.x, t.y) for t in figure.data] == [((0.1,), (50.0,)), ((0.2,), (25.0,))]
    assert figure.data[0].marker.symbol != figure.data[1].marker.symbol
    with pytest.raises(ValueError, match="divergence/mmd2"):
        figures.divergence_points(runs[2:], "divergence/mmd2")
