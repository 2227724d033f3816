"""Virtual adversarial training against a Hessian worked out in full, and at the extremes."""

import pytest
import torch
from torch import nn

from da_bench.functional import (
    kl_divergence,
    virtual_adversarial_loss,
    virtual_adversarial_perturbation,
)


def made(seed=0, n=5, d=3, k=4):
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Linear(d, 6), nn.Tanh(), nn.Linear(6, k)).double()
    return net, torch.randn(n, d).double(), torch.randn(n, d).double()


def test_kl_divergence_equals_torchs_and_vanishes_at_equality():
    a, b = torch.randn(2, 6, 4).double()
    expected = torch.distributions.kl_divergence(
        torch.distributions.Categorical(logits=a), torch.distributions.Categorical(logits=b)
    )
    torch.testing.assert_close(kl_divergence(a, b), expected)
    torch.testing.assert_close(kl_divergence(a, a + 3), torch.zeros(6).double())


def test_the_perturbation_is_a_power_iteration_on_the_hessian():
    net, x, start = made()
    r = virtual_adversarial_perturbation(net, x, net(x), radius=2.0, probe=1e-4, start=start)
    for i in range(len(x)):

        def change(d, i=i):
            return kl_divergence(net(x[i : i + 1]).detach(), net(x[i : i + 1] + d)).sum()

        hessian = torch.autograd.functional.hessian(change, torch.zeros(3).double())
        direction = hessian @ start[i]
        torch.testing.assert_close(r[i], 2 * direction / direction.norm(), rtol=1e-2, atol=1e-2)
    torch.testing.assert_close(r.norm(dim=1), torch.full((5,), 2.0).double())


def test_many_steps_find_the_most_harmful_direction():
    net, x, start = made(seed=1)
    few, many = (virtual_adversarial_loss(net, x, net(x), 0.05, 1e-4, s, start) for s in (1, 30))
    random = kl_divergence(net(x), net(x + 0.05 * start / start.norm(dim=1, keepdim=True))).mean()
    assert random < many
    assert few <= many * 1.001
    tries = torch.randn(200, *x.shape).double()
    for d in tries:
        d = 0.05 * d / d.norm(dim=1, keepdim=True)
        assert kl_divergence(net(x), net(x + d)).mean() <= many * 1.05


def test_the_loss_takes_its_gradient_from_the_perturbed_pass_alone():
    net, x, start = made()
    logits = net(x)
    virtual_adversarial_loss(net, x, logits, 1.0, start=start).backward()
    found = [p.grad.clone() for p in net.parameters()]
    net.zero_grad()
    with torch.no_grad():
        r = virtual_adversarial_perturbation(net, x, logits, 1.0, start=start)
    kl_divergence(logits.detach(), net(x + r)).mean().backward()
    for one, parameter in zip(found, net.parameters(), strict=True):
        torch.testing.assert_close(one, parameter.grad)
    assert sum(g.abs().sum() for g in found) > 0


def test_inputs_of_any_shape_and_a_network_that_nothing_moves():
    net = nn.Sequential(nn.Flatten(), nn.Linear(12, 2))
    x = torch.randn(3, 1, 3, 4)
    r = virtual_adversarial_perturbation(net, x, net(x), 1.5)
    torch.testing.assert_close(r.flatten(1).norm(dim=1), torch.full((3,), 1.5))
    nn.init.zeros_(net[1].weight)
    loss = virtual_adversarial_loss(net, x, net(x), 1.5)
    loss.backward()
    assert loss == 0
    assert net[1].weight.grad.isfinite().all()


def test_tokens_are_refused():
    x = torch.zeros(2, 3).long()
    with pytest.raises(TypeError, match=r"floating tensor, not torch\.int64"):
        virtual_adversarial_perturbation(lambda x: x, x, torch.zeros(2, 2), 1.0)
