"""Training curves hold the numbers that went in, with a band where there is a spread."""

import pandas as pd
import pytest

from da_bench import figures

NAN = float("nan")


def test_curves_hold_what_they_are_given():
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
