"""The figure of gains holds their intervals, and marks harm."""

import pandas as pd
import pytest

from da_bench import figures


def drawn(figure, method):
    return [t for t in figure.data if t.meta and t.meta["method"] == method]


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
