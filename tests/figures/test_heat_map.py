"""The heat map shows the table's values, and marks harm."""

import pandas as pd
import pytest

from da_bench import figures

NAN = float("nan")


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
