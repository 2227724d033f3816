"""DTN: its width is what it says, its layers are those of the library that it follows."""

import pytest
import torch

from da_bench.networks import DTN


@pytest.mark.parametrize("size", [8, 28, 32])
def test_dtn(size):
    assert DTN(3, size).eval()(torch.randn(2, 3, size, size)).shape == (2, 512)


def test_dtn_is_the_librarys():
    """papers.md D.2: three strided convolutions, each with batch norm, then dropout, then ReLU."""
    net = DTN()
    shapes = [tuple(p.shape) for n, p in net.named_parameters() if p.ndim > 1]
    assert shapes == [(64, 3, 5, 5), (128, 64, 5, 5), (256, 128, 5, 5), (512, 4096)]
    block = ["Conv2d", "BatchNorm2d", "Dropout2d", "ReLU"]
    last = ["Flatten", "Linear", "BatchNorm1d", "ReLU", "Dropout"]
    assert [type(layer).__name__ for layer in net.layers] == 3 * block + last
    drops = [layer.p for layer in net.layers if hasattr(layer, "p")]
    assert drops == [0.1, 0.3, 0.5, 0.5]


def test_dtn_needs_eight_pixels():
    with pytest.raises(ValueError, match="take 8 or more"):
        DTN(size=4)
