"""``da-bench distance``: what its differences say, and that one seed says no more than it can."""

import numpy as np
import pytest
from scipy import stats

from da_bench.cli.main import main
from da_bench.runs.domain_distance import verdict


@pytest.mark.parametrize(
    ("difference", "status"), [([-0.3, -0.2, -0.25], 0), ([-0.3, 0.2, -0.1], 1), ([0.2, 0.3], 1)]
)
def test_the_verdict_is_that_of_the_paired_interval(difference, status):
    test = stats.ttest_1samp(difference, 0)
    low, high = test.confidence_interval(0.95)
    said, found = verdict(np.array(difference), "dann")
    assert found == status == int(high >= 0)
    assert f"[{low:+.3f}, {high:+.3f}] (Student's t, {len(difference)} seeds)" in said
    assert f"exit status {status}" in said


def test_one_seed_has_no_interval_and_is_no_fault(tmp_path, capsys):
    """It once printed [-inf, +inf], and ended with 1 without a word."""
    asked = ["distance", "--benchmark", "moons", "--task", "0:20", "--workers", "1", "--seeds"]
    assert main([*asked, "1", "--out", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "interval not available: needs at least 2 seeds" in " ".join(said.split())
    assert "inf" not in said
    assert main([*asked, "0", "--out", str(tmp_path)]) == 2
    assert "at least 1 is needed" in capsys.readouterr().err
