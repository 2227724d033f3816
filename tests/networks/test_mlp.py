"""MLP: any input is flattened, and arguments that make no network are refused."""

import pytest
import torch

from da_bench.networks import MLP


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: MLP(2, []), "at least one layer"),
        (lambda: MLP(2, [3], activation="relus"), "relu"),
    ],
)
def test_errors(make, says):
    with pytest.raises(ValueError, match=says):
        make()


def test_mlp_flattens():
    assert MLP(12, [5]).eval()(torch.randn(2, 3, 4)).shape == (2, 5)
