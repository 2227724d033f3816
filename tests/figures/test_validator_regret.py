"""The figure of regrets holds the numbers that went in, and no regret is below zero."""

import pandas as pd
import pytest

from da_bench import figures

NAN = float("nan")


def test_regrets_hold_what_they_are_given():
    regrets = pd.DataFrame(
        {"mean": [0.01, NAN, 0.5], "deviation": [0.2, NAN, NAN], "rank": [0.5, 0.1, NAN]},
        index=["bnm", "dev", "last"],
    )
    figure = figures.validator_regret(regrets)
    assert [t.x[0] for t in figure.data] == [0.01, 0.5]
    assert figure.data[0].error_x.arrayminus[0] == pytest.approx(0.01)  # no regret is below 0
    with pytest.raises(ValueError, match="no validator"):
        figures.validator_regret(regrets[1:2])
