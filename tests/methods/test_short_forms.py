"""Short forms of a method's arguments, and what is none of them."""

import pytest
import torch

from da_bench.data import Classification
from da_bench.methods import DANN, OptimizerFactory
from da_bench.networks import MLP


def net():
    return MLP(5, [8])


def test_short_forms_are_what_they_stand_for():
    model = DANN(net(), num_classes=3, optimizer=torch.optim.Adam, lr=0.5)
    assert isinstance(model.task, Classification)
    assert model.task.outputs == 3
    assert model.optimizer == OptimizerFactory(torch.optim.Adam, 0.5, options={})
    assert DANN(net(), num_classes=3, optimizer=torch.optim.Adam).optimizer.lr == 1e-3
    assert DANN(net(), num_classes=3, lr=0.5).optimizer == OptimizerFactory(lr=0.5)
    assert DANN(net(), Classification(["a", "b"])).head.out_features == 2


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({}, "does not know what to predict: give num_classes=3, or a task"),
        ({"task": 3}, "task=3 is no task: give num_classes=3"),
        ({"num_classes": 3, "wieght": 1.0}, "takes no argument 'wieght'; did you mean 'weight'"),
        ({"num_classes": 3, "task": Classification(3)}, "give one of them"),
        ({"num_classes": 3, "optimizer": "adam"}, "a str is neither a class of torch.optim nor"),
        ({"num_classes": 3, "lr": 1, "optimizer": OptimizerFactory(lr=0.1)},
         "set the rate in one of them"),
    ],
)  # fmt: skip
def test_what_a_method_is_not_called_with(arguments, says):
    with pytest.raises(TypeError, match=says):
        DANN(net(), **arguments)
