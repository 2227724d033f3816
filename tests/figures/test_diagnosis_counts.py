"""The figure of diagnoses holds their counts, and tells them apart by pattern too."""

import pandas as pd
import pytest

from da_bench import figures


def test_counts_of_diagnoses_hold_what_they_are_given():
    counts = pd.DataFrame({"ill": [2, 0], "<i>": [1, 3]}, index=["a", "b"])
    ill, other = figures.diagnosis_counts(counts).data
    assert (ill.x, ill.y, other.x) == ((2,), ("a",), (1, 3))
    assert ill.marker.pattern.shape != other.marker.pattern.shape
    assert other.name == "&lt;i&gt;"
    with pytest.raises(ValueError, match="no diagnosis"):
        figures.diagnosis_counts(counts * 0)
