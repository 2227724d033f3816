"""Learning rates by name: whose factor counts, and what the groups are."""

import pytest
import torch
from torch import nn

from da_bench.methods.optimizer import OptimizerFactory

FACTORS = {"head": 10.0, "head.bias": 2.0, "": 0.5, "encoder.0": 3.0}


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize(
    ("name", "factor"),
    [("head.weight", 10), ("head.bias", 2), ("heads", 10), ("critic.0.weight", 0.5),
     ("encoder.0.weight", 3), ("encoder.1.weight", 0.5)],
)  # fmt: skip
def test_the_longest_beginning_counts_in_whatever_order(name, factor, order):
    made = OptimizerFactory(factors=dict(list(FACTORS.items())[::order]))
    assert made.factor(name) == factor


def test_without_a_match_the_rate_is_the_optimizer_s():
    assert OptimizerFactory(factors={"head": 10}).factor("encoder.weight") == 1.0
    assert OptimizerFactory().factor("head.weight") == 1.0


def test_groups_have_their_rates_and_each_parameter_stands_once():
    net = nn.ModuleDict({"encoder": nn.Linear(2, 3), "head": nn.Linear(3, 2)})
    made = OptimizerFactory(lr=0.1, factors={"head": 10.0, "head.bias": 2.0})
    optimizer = made(net.named_parameters(), lambda: 10)["optimizer"]
    rates = {id(p): g["lr"] for g in optimizer.param_groups for p in g["params"]}
    assert len(rates) == 4
    assert rates[id(net["encoder"].weight)] == pytest.approx(0.1)
    assert rates[id(net["head"].weight)] == pytest.approx(1.0)
    assert rates[id(net["head"].bias)] == pytest.approx(0.2)
    for p in net.parameters():
        p.grad = torch.ones_like(p)
    before = {k: v.clone() for k, v in net.state_dict().items()}
    optimizer.step()
    assert (before["head.bias"] - net["head"].bias).mean().item() == pytest.approx(0.2)
    assert (before["head.weight"] - net["head"].weight).mean().item() == pytest.approx(1.0)
