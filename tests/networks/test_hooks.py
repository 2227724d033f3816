"""Batch norm held still and left untracked: what a pass inside changes, and what is put back."""

import pytest
import torch
from torch import nn

from da_bench.networks.hooks import batch_norms, captured, held, untracked


def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.BatchNorm1d(4))


def state(net):
    return {k: v.clone() for k, v in net.state_dict().items()}


def moved(before, net):
    return [k for k, v in net.state_dict().items() if not torch.equal(before[k], v)]


X = torch.randn(16, 3, generator=torch.Generator().manual_seed(1)) + 5


def test_untracked_normalises_by_the_batch_and_moves_no_average():
    net = network().train()
    before = state(net)
    with untracked(batch_norms(net)):
        inside = net(X)
    assert moved(before, net) == []
    assert all(layer.training for layer in batch_norms(net))
    outside = net(X)  # tracked again: the averages move, and the batch gives the same
    torch.testing.assert_close(inside, outside)
    assert len(moved(before, net)) == 6


def test_held_normalises_by_the_averages_and_moves_none():
    net = network().train()
    before, expected = state(net), network().eval()(X)
    with held(batch_norms(net)):
        inside = net(X)
    assert moved(before, net) == []
    torch.testing.assert_close(inside, expected)
    assert not torch.allclose(net(X), expected)


@pytest.mark.parametrize("hold", [held, untracked])
def test_each_layer_gets_back_what_it_had_even_after_an_error(hold):
    net = network().train()
    first, second = batch_norms(net)
    first.eval()
    second.track_running_stats = False
    with pytest.raises(RuntimeError, match="inside"), hold([first, second]):
        raise RuntimeError("inside")
    assert (first.training, second.training) == (False, True)
    assert (first.track_running_stats, second.track_running_stats) == (True, False)


def test_captured_lets_go_of_its_hooks():
    net = network()
    with captured(net, ["0", "2"]) as seen:
        net(X)
    torch.testing.assert_close(seen["0"], net[0](X))
    first = seen["0"]
    net(X + 1)
    assert seen["0"] is first
