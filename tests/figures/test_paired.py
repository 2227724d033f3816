"""Paired differences as a figure: its marks are the numbers, and colour is never alone."""

import pandas as pd
import pytest

from da_bench.figures.paired import paired

TASKS = pd.DataFrame(
    {"difference": [0.1, -0.2], "low": [0.05, float("nan")], "high": [0.15, float("nan")]},
    index=["a:b", "<b>c</b>"],
)
RUNS = pd.DataFrame(
    {"task": ["a:b", "a:b", "<b>c</b>"], "seed": [0, 1, 0], "difference": [0.05, 0.15, -0.2]}
)


@pytest.mark.parametrize(("percent", "scale"), [(False, 1), (True, 100)])
def test_marks_are_the_differences(percent, scale):
    seeds, means = paired(TASKS, RUNS, "one", "other", percent).data
    assert list(seeds.x) == pytest.approx([0.05 * scale, 0.15 * scale, -0.2 * scale])
    assert list(means.x) == pytest.approx([0.1 * scale, -0.2 * scale])
    assert list(means.error_x.array) == pytest.approx([0.05 * scale, 0])
    assert list(means.error_x.arrayminus) == pytest.approx([0.05 * scale, 0])
    assert list(means.y) == ["a:b", "&lt;b&gt;c&lt;/b&gt;"]
    assert seeds.marker.symbol != means.marker.symbol
    shown = means.customdata[0]
    assert shown == ("+10.0 [+5.0, +15.0]" if percent else "+0.100 [+0.050, +0.150]")


def test_which_side_is_better_is_written_on_the_axis():
    title = paired(TASKS, RUNS, "one", "o<ther", True).layout.xaxis.title.text
    assert title == "one less o&lt;ther, points of %"


def test_nothing_to_draw_is_named():
    with pytest.raises(ValueError, match="one and other share no task"):
        paired(TASKS.iloc[:0], RUNS.iloc[:0], "one", "other")
