"""Reversal, domain loss and the conditional maps, against their formulas."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch.func import grad, vmap

from da_bench.functional import (
    domain_loss,
    grad_reverse,
    gradient_penalty,
    multilinear_map,
    random_multilinear_map,
    source_importance,
)


@pytest.mark.parametrize("scale", [0.0, 0.5, 2.0])
def test_reversal_is_identity_forward_and_negative_backward(scale):
    x = torch.randn(4, 3, requires_grad=True)
    out = grad_reverse(x, scale)
    assert torch.equal(out, x)
    weights = torch.randn(4, 3)
    (out * weights).sum().backward()
    torch.testing.assert_close(x.grad, -scale * weights)


def test_reversal_under_vmap_takes_a_scale_a_replica():
    x, scale = torch.randn(3, 4), torch.tensor([0.0, 1.0, 2.0])
    loss = lambda z, s: grad_reverse(z, s).square().sum()  # noqa: E731
    torch.testing.assert_close(vmap(grad(loss))(x, scale), -2 * x * scale[:, None])
    torch.testing.assert_close(vmap(grad(lambda z: loss(z, 0.5)))(x), -x)


def test_an_encoder_under_a_critic_climbs_the_domain_loss():
    """The encoder's gradient is alive, opposite to the plain one, and grows with the weight."""
    torch.manual_seed(0)
    x, y, critic = torch.randn(8, 3), torch.randn(8, 3) + 1, torch.nn.Linear(3, 1)
    encoder = torch.eye(3)

    def gradient(scale):
        def loss(weight):
            reverse = (lambda z: z) if scale is None else (lambda z: grad_reverse(z, scale))
            return domain_loss(critic(reverse(x @ weight)), critic(reverse(y @ weight)))

        return grad(loss)(encoder)

    assert gradient(1.0).norm() > 1e-3
    torch.testing.assert_close(gradient(1.0), -gradient(None))
    torch.testing.assert_close(gradient(3.0), 3 * gradient(1.0))


def test_domain_loss_is_the_mean_of_two_means():
    torch.manual_seed(0)
    a, b = torch.randn(30, 1).double(), torch.randn(4, 1).double()
    sigmoid = lambda z: 1 / (1 + np.exp(-z))  # noqa: E731
    expected = -0.5 * np.mean([np.log(sigmoid(v)) for v in a.numpy()])
    expected -= 0.5 * np.mean([np.log(1 - sigmoid(v)) for v in b.numpy()])
    assert domain_loss(a, b).item() == pytest.approx(expected, rel=1e-12)
    library = F.binary_cross_entropy_with_logits
    halves = library(a, torch.ones_like(a)) + library(b, torch.zeros_like(b))
    torch.testing.assert_close(domain_loss(a, b), halves / 2)


def test_source_is_one():
    assert domain_loss(torch.full((2, 1), 9.0), torch.full((3, 1), -9.0)) < 1e-3
    assert domain_loss(torch.zeros(2, 1), torch.zeros(3, 1)).item() == pytest.approx(np.log(2))


def test_weights_count_relative_to_their_mean():
    torch.manual_seed(0)
    a, b, w = torch.randn(6, 1), torch.randn(4, 1), torch.rand(6)
    repeated = domain_loss(a[[0, 0, 0, 1]], b)
    torch.testing.assert_close(domain_loss(a[:2], b, torch.tensor([3.0, 1.0])), repeated)
    torch.testing.assert_close(domain_loss(a, b, w), domain_loss(a, b, 7 * w))
    torch.testing.assert_close(domain_loss(a, b, None, torch.ones(4)), domain_loss(a, b))


def test_domain_loss_is_finite_at_extreme_logits():
    a = torch.tensor([[-1e30], [1e30]], requires_grad=True)
    domain_loss(a, -a).backward()
    assert torch.isfinite(a.grad).all()


def test_domain_loss_refuses_two_logits_and_weights_that_broadcast():
    with pytest.raises(ValueError, match=r"got \(4, 2\)"):
        domain_loss(torch.zeros(4, 2), torch.zeros(4, 1))
    with pytest.raises(ValueError, match=r"weights of shape \(4,\), got \(4, 1\)"):
        domain_loss(torch.zeros(4, 1), torch.zeros(4, 1), torch.ones(4, 1))


def test_multilinear_map_is_the_outer_product():
    torch.manual_seed(0)
    z, p = torch.randn(5, 3), torch.randn(5, 2).softmax(1)
    expected = np.stack([np.outer(a, b).ravel() for a, b in zip(z.numpy(), p.numpy(), strict=True)])
    np.testing.assert_allclose(multilinear_map(z, p), expected, rtol=1e-6)
    with pytest.raises(ValueError, match="5 samples but probabilities of 4"):
        multilinear_map(z, p[:4])


def test_random_map_estimates_the_inner_products_of_the_full_one():
    torch.manual_seed(0)
    z, p = torch.randn(6, 5).double(), torch.randn(6, 3).double().softmax(1)
    draws = torch.randn(5, 40000).double(), torch.randn(3, 40000).double()
    full, drawn = multilinear_map(z, p), random_multilinear_map(z, p, *draws)
    torch.testing.assert_close(drawn @ drawn.T, full @ full.T, rtol=0.1, atol=0.1)
    expected = (z @ draws[0]) * (p @ draws[1]) / 200
    torch.testing.assert_close(drawn, expected)


def test_source_importance_is_the_share_of_the_target_over_its_mean():
    a = torch.randn(7, 1, dtype=torch.double)
    share = [1 - 1 / (1 + np.exp(-v)) for v in a[:, 0].tolist()]
    np.testing.assert_allclose(source_importance(a), share / np.mean(share), rtol=1e-12)
    assert source_importance(a)[a[:, 0].argmin()] == source_importance(a).max()  # target-like
    sure = source_importance(torch.full((4, 1), 1e4))
    torch.testing.assert_close(sure, torch.ones(4))  # sigmoid would give 0 / 0
    assert not source_importance(a.requires_grad_()).requires_grad
    with pytest.raises(ValueError, match=r"got \(4, 2\)"):
        source_importance(torch.zeros(4, 2))


def test_gradient_penalty_equals_the_papers_formula():
    torch.manual_seed(0)
    critic = torch.nn.Sequential(
        torch.nn.Linear(3, 5), torch.nn.Tanh(), torch.nn.Linear(5, 1)
    ).double()
    source, target = torch.randn(6, 3).double(), torch.randn(4, 3).double()
    share = torch.rand(4, 1).double()
    points = [*source, *target]
    points += [share[i] * source[i] + (1 - share[i]) * target[i] for i in range(4)]
    slopes = [grad(lambda z: critic(z)[0])(point).norm().item() for point in points]
    expected = np.mean([(slope - 1) ** 2 for slope in slopes])
    found = gradient_penalty(critic, source, target, share)
    assert found.item() == pytest.approx(expected, rel=1e-10)


def test_gradient_penalty_trains_the_critic_and_not_the_features():
    critic = torch.nn.Linear(3, 1)
    z = torch.randn(4, 3, requires_grad=True)
    gradient_penalty(critic, z, z + 1, torch.rand(4, 1)).backward()
    assert z.grad is None
    norm = critic.weight.norm()
    expected = 2 * (norm - 1) * critic.weight / norm
    torch.testing.assert_close(critic.weight.grad, expected)
    with torch.no_grad():
        critic.weight.zero_()
    critic.weight.grad = None
    gradient_penalty(critic, z, z, torch.rand(4, 1)).backward()
    assert critic.weight.grad.isfinite().all()
