"""The width of a network's features: declared, tried, or asked for."""

import pytest
import torch
from torch import nn
from torchvision.models import mobilenet_v3_small, resnet18

from da_bench.networks import MLP
from da_bench.networks.width import feature_width


def without_head(network, name):
    setattr(network, name, nn.Identity())
    return network


@pytest.mark.parametrize(
    ("network", "width"),
    [
        (MLP(5, [8]), 8),
        (nn.Sequential(nn.Linear(5, 7), nn.ReLU()), 7),
        (without_head(resnet18(), "fc"), 512),
        (without_head(mobilenet_v3_small(), "classifier"), 576),
        (nn.Sequential(nn.Conv1d(2, 6, 3), nn.AdaptiveAvgPool1d(1), nn.Flatten()), 6),
        (nn.Sequential(nn.Conv2d(1, 4, 3), nn.Flatten(), nn.Linear(4 * 26 * 26, 9)), 9),
        (nn.Sequential(nn.EmbeddingBag(11, 4), nn.Linear(4, 3)), None),
        (nn.Sequential(nn.Embedding(11, 4), nn.Flatten()), None),
        (nn.Sequential(nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1)), None),
        (nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten()), None),
        (nn.Identity(), None),
        (nn.Sequential(nn.LazyLinear(3)), None),
    ],
)
def test_width(network, width):
    if width is None:
        with pytest.raises(ValueError, match=r"out_features = \.\.\.|torch.nn.Flatten\(\)"):
            feature_width(network)
    else:
        assert feature_width(network) == width


def test_a_declared_width_is_taken_without_a_trial():
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten())
    network.out_features = 4 * 30 * 30
    assert feature_width(network) == 3600


def test_the_trial_changes_nothing():
    network = without_head(resnet18(), "fc").train()
    network.layer4.eval()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    modes = [layer.training for layer in network.modules()]
    state = torch.get_rng_state()
    feature_width(network)
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert [layer.training for layer in network.modules()] == modes
    assert torch.equal(torch.get_rng_state(), state)
