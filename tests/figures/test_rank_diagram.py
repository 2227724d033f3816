"""The rank diagram joins the longest runs of methods that are not told apart."""

import numpy as np
import pandas as pd
import pytest

from da_bench import figures
from da_bench.figures.rank_diagram import groups


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
