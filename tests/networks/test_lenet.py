"""LeNet: its width is what it says, its layers are those of the library that it follows."""

import pytest
import torch

from da_bench.networks import LeNet


@pytest.mark.parametrize("size", [16, 28, 32])
def test_lenet(size):
    net = LeNet(3, size, 50).eval()
    assert net(torch.randn(2, 3, size, size)).shape == (2, 50)


def test_lenet_is_the_librarys():
    """papers.md D.2: 20 and 50 maps, 800 numbers, 500 features."""
    shapes = {n: tuple(p.shape) for n, p in LeNet().named_parameters() if n.endswith("weight")}
    assert list(shapes.values()) == [(20, 1, 5, 5), (50, 20, 5, 5), (500, 800)]
    names = [type(layer).__name__ for layer in LeNet().layers]
    assert names == ["Conv2d", "MaxPool2d", "ReLU", "Conv2d", "Dropout2d", "MaxPool2d", "ReLU",
                     "Flatten", "Linear", "ReLU", "Dropout"]  # fmt: skip


def test_lenet_needs_sixteen_pixels():
    with pytest.raises(ValueError, match="16 pixels"):
        LeNet(size=8)
