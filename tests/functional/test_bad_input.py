"""Bad input, over functional and metrics: what would give a wrong number is refused."""

import pytest
import torch

from da_bench import functional as F
from da_bench.metrics import joint_error, probe_a_distance


def test_losses_and_weights_of_different_shapes():
    with pytest.raises(ValueError, match=r"losses \(8, 1\) and weights \(8,\): expected one shape"):
        F.weighted_risk(torch.rand(8, 1), torch.rand(8))


@pytest.mark.parametrize(
    ("predicted", "y", "says"),
    [
        ([0, 1, 1], [0, 1, -1], "labels from -1 to 1: expected 0 to 2"),
        ([0, 1, 1], [0, 1, 3], "labels from 0 to 3: expected 0 to 2"),
        ([0, 3, 1], [0, 1, 2], "predictions from 0 to 3: expected 0 to 2"),
        ([0, 1], [0, 1, 2], r"predictions \(2,\) and labels \(3,\)"),
    ],
)
def test_confusions_of_what_is_no_class(predicted, y, says):
    with pytest.raises(ValueError, match=says):
        F.joint_counts(torch.tensor(predicted), torch.tensor(y), 3)


def test_a_masked_class_has_no_gradient_of_nan():
    logits = torch.randn(6, 4, generator=torch.Generator().manual_seed(0))
    logits[:, 2] = -torch.inf
    logits.requires_grad_()
    loss = F.information_maximisation(logits)
    loss.backward()
    assert logits.grad.isfinite().all()
    kept = logits.detach()[:, [0, 1, 3]]
    torch.testing.assert_close(loss.detach(), F.information_maximisation(kept))


def test_a_divergence_leaves_the_callers_graph_alone():
    torch.manual_seed(0)
    encoder = torch.nn.Linear(3, 2)
    x, y = encoder(torch.randn(40, 3)), encoder(torch.randn(40, 3) + 1)
    found = F.h_delta_h_divergence(x, y, steps=5)
    assert encoder.weight.grad is None
    assert found == F.h_delta_h_divergence(x.detach(), y.detach(), steps=5)
    with torch.inference_mode():
        assert F.h_delta_h_divergence(x + 0, y + 0, steps=5) == found
    assert probe_a_distance(x, y, draws=9) == probe_a_distance(x.detach(), y.detach(), draws=9)
    labels = torch.arange(40) % 2
    assert 0 <= joint_error(x, labels, y, labels) <= 2


def test_a_permutation_test_seeds_no_other_generator(monkeypatch):
    """manual_seed of torch seeds every GPU, which the fork around it did not give back."""
    called = []
    monkeypatch.setattr("torch.cuda.manual_seed_all", lambda seed: called.append(seed))
    before = torch.get_rng_state()
    x, y = torch.randn(2, 20, 3, generator=torch.Generator().manual_seed(0))
    F.permutation_test(x, y, F.sliced_wasserstein, permutations=3)
    assert not called
    assert torch.equal(torch.get_rng_state(), before)


def test_density_estimates_of_many_points_are_held_in_place():
    """In chunks as in one piece."""
    x, y = torch.randn(2, 700, 2, generator=torch.Generator().manual_seed(0)).double()
    whole = F.kde(x, y)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("da_bench.functional.ratio_density.CHUNK", 5000)
        torch.testing.assert_close(F.kde(x, y), whole)


@pytest.mark.parametrize("name", ["mmd2", "proxy_a_distance", "h_divergence", "frechet_distance",
                                  "h_delta_h_divergence", "sliced_wasserstein", "coral",
                                  "sinkhorn_divergence", "cmd"])  # fmt: skip
def test_samples_without_a_feature_have_no_distance(name):
    with pytest.raises(ValueError, match=r"no feature \(width 0\)"):
        getattr(F, name)(torch.randn(40, 0), torch.randn(40, 0))
