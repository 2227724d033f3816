"""Half precision and convergence in a training: what is computed right is used right."""

import warnings
from copy import deepcopy

import pytest
import torch
from torch import nn

from da_bench import functional as F
from da_bench import methods
from da_bench.functional import NotConverged
from da_bench.functional import virtual_adversarial as module
from tests.conftest import build, fit, small, trainer


@pytest.mark.parametrize("cls", [methods.VADA, methods.DIRTT])
def test_a_training_under_autocast_perturbs_as_in_double(cls, monkeypatch):
    """The direction that a step in bf16 takes, beside that of the same network in double."""
    cosines, perturb = [], module.virtual_adversarial_perturbation

    def watched(network, x, logits, radius, *rest):
        start = torch.randn_like(x)
        found = perturb(network, x, logits, radius, start=start)
        exact = deepcopy(model).double()
        with torch.autocast("cpu", enabled=False):
            forward = lambda z: exact.features(z, "target")[1]  # noqa: E731
            expected = perturb(
                forward, x.double(), forward(x.double()), radius, start=start.double()
            )
        moved = expected.norm(dim=1) > 0
        cosines.append(torch.cosine_similarity(found[moved].double(), expected[moved]).min())
        return found

    monkeypatch.setattr(module, "virtual_adversarial_perturbation", watched)
    data = small(epoch_length=3)
    model = build(cls, data)
    trainer(1, precision="bf16-mixed").fit(model, data)
    assert len(cosines) >= 3
    assert min(cosines) > 0.99


class Far(nn.Module):
    """A critic in bf16 of which means of 10.00 and 10.02 are to be told apart."""

    def forward(self, z):
        return (10 + 0.02 * z[:, :1]).bfloat16()


def test_wdgrls_distance_is_taken_in_single():
    model = build(methods.WDGRL, small())
    model.critic = Far()
    x, y = torch.rand(400, 3) * 8 + 1, torch.rand(400, 3) * 8
    expected = 0.02 * (x[:, 0].mean() - y[:, 0].mean())
    found = model.distance(x, y)
    assert found.dtype == torch.float32
    assert float(found) == pytest.approx(float(expected), abs=6e-3)
    assert found != 0


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
