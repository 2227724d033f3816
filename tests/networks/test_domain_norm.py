"""Each domain's own batch norm: who uses which, what is shared, what is re-estimated."""

import pytest
import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from da_bench.networks import MLP, TorchVision
from da_bench.networks.domain_norm import DomainNorm, own_norms, re_estimate


def norms(network):
    return [layer for layer in network.modules() if isinstance(layer, DomainNorm)]


def test_each_domain_is_normalised_by_its_own_batch():
    """Chang et al.: (x - mean of its domain) / std of its domain, scaled and shifted by its own."""
    torch.manual_seed(0)
    layer = DomainNorm(nn.BatchNorm1d(3))
    for i, domain in enumerate(("source", "target"), 1):
        own = getattr(layer, domain)
        nn.init.constant_(own.weight, i)
        nn.init.constant_(own.bias, -i)
        x = torch.randn(8, 3) * i + 10 * i
        layer.domain = domain
        expected = i * (x - x.mean(0)) / (x.var(0, correction=0) + 1e-5).sqrt() - i
        torch.testing.assert_close(layer(x), expected)
        torch.testing.assert_close(own.running_mean, 0.1 * x.mean(0))
    assert not torch.equal(layer.source.running_mean, layer.target.running_mean)


def test_affine_part_is_shared_or_not():
    layer = DomainNorm(nn.BatchNorm2d(3), affine=False)
    assert layer.target.weight is layer.source.weight
    assert layer.target.running_mean is not layer.source.running_mean
    assert len(list(layer.parameters())) == 2
    assert len(list(DomainNorm(nn.BatchNorm2d(3)).parameters())) == 4


@pytest.mark.parametrize(
    ("make", "count"),
    [(lambda: MLP(2, [4, 4], batch_norm=True), 2), (lambda: TorchVision("resnet18"), 21)],
)
def test_every_batch_norm_is_replaced_once(make, count):
    network = make()
    assert own_norms(own_norms(network)) is network
    assert len(norms(network)) == count
    assert sum(isinstance(layer, _BatchNorm) for layer in network.modules()) == 2 * count


def test_takes_the_weights_of_a_plain_network():
    plain, own = (MLP(2, [4, 4], batch_norm=True) for _ in range(2))
    plain(torch.randn(9, 2))
    own_norms(own).load_state_dict(plain.state_dict())
    x = torch.randn(5, 2)
    for domain in ("source", "target"):
        for layer in norms(own):
            layer.domain = domain
        assert torch.equal(own.eval()(x), plain.eval()(x))
    again = own_norms(MLP(2, [4, 4], batch_norm=True))
    again.load_state_dict(own.state_dict())
    assert all(torch.equal(v, again.state_dict()[k]) for k, v in own.state_dict().items())


@pytest.mark.parametrize("sizes", [(12,), (5, 5, 2), (1, 11)])
@pytest.mark.parametrize("dims", [(), (2, 3)])
def test_re_estimated_statistics_are_those_of_the_whole_sample(sizes, dims):
    torch.manual_seed(0)
    layer = (nn.BatchNorm2d if dims else nn.BatchNorm1d)(4).eval()
    layer.running_mean.fill_(7)  # what was there before counts nothing
    x = torch.randn(12, 4, *dims) * 3 + 5
    re_estimate([layer], (layer(part) for part in x.split(sizes)))
    axes = (0, 2, 3) if dims else 0
    torch.testing.assert_close(layer.running_mean, x.mean(axes))
    torch.testing.assert_close(layer.running_var, x.var(axes, correction=0))
    assert not layer._forward_pre_hooks


def test_re_estimated_in_one_batch_equals_training_mode():
    torch.manual_seed(0)
    network = MLP(2, [4, 4], batch_norm=True)
    x = torch.randn(20, 2) + 3
    expected = network.train()(x)
    layers = [layer for layer in network.modules() if isinstance(layer, _BatchNorm)]
    network.eval()
    re_estimate(layers, (network(part) for part in (x,)))
    torch.testing.assert_close(network(x), expected)


def test_without_batch_norm_it_says_so():
    with pytest.raises(ValueError, match="has no batch norm"):
        own_norms(MLP(2, [4]))
