"""A training says once what stops short, and how often at its end."""

import warnings

import pytest
import torch

from da_bench import functional as F
from da_bench import methods
from da_bench.functional import NotConverged
from tests.conftest import fit, small


def test_a_training_says_once_what_stops_short_and_how_often_at_its_end():
    options = {"discrepancy": F.sinkhorn_divergence, "options": {"iterations": 2}}
    for _ in range(2):  # a second training anew
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            fit(methods.Alignment, small(epoch_length=6), 2, **options)
        texts = [str(w.message) for w in seen if issubclass(w.category, NotConverged)]
        assert len(texts) == 2
        assert "raise iterations, now 2" in texts[0]
        assert "sinkhorn_divergence stopped at its limit 12 times" in texts[1]


def test_a_training_that_fails_leaves_no_count_behind():
    class Broken(methods.Alignment):
        def training_step(self, *args):
            super().training_step(*args)
            raise RuntimeError("broken")

    options = {"discrepancy": F.sinkhorn_divergence, "options": {"iterations": 2}}
    with pytest.warns(NotConverged), pytest.raises(RuntimeError, match="broken"):
        fit(Broken, small(), 1, **options)
    for _ in range(2):
        with pytest.warns(NotConverged, match="raise iterations"):
            F.sinkhorn_divergence(torch.randn(9, 2), torch.randn(9, 2) + 1, iterations=1)
