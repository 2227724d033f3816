"""The leaderboard is sorted, and leaves out what has no mean."""

import pandas as pd
import pytest

from da_bench import figures

NAN = float("nan")
MEANS = pd.Series({"source_only": 0.5, "dann": 0.75, "<b>dan</b>": 0.25, "lost": NAN})
SPREADS = pd.Series({"source_only": 0.01, "dann": NAN, "<b>dan</b>": 0.02})


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
