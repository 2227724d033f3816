"""Encoders: their width is what they say, and weights come from a file where one is given."""

import lzma
import os

import pytest
import torch

from da_bench.networks import MLP, LeNet, TorchVision


@pytest.mark.parametrize("size", [16, 28, 32])
def test_lenet(size):
    net = LeNet(3, size, 50).eval()
    assert net(torch.randn(2, 3, size, size)).shape == (2, 50)


@pytest.mark.parametrize(
    ("name", "width"),
    [("resnet18", 512), ("resnet50", 2048), ("mobilenet_v2", 1280), ("squeezenet1_0", 512)],
)
@pytest.mark.parametrize("bottleneck", [None, 32])
def test_torchvision(name, width, bottleneck):
    net = TorchVision(name, bottleneck=bottleneck).eval()
    assert net.out_features == (bottleneck or width)
    assert net(torch.randn(2, 3, 64, 64)).shape == (2, net.out_features)


def test_torchvision_takes_a_local_file(data_folder, tmp_path):
    source = next(
        p
        for p in os.listdir(f"{data_folder}/weights")
        if p.startswith("mobilenet") and p.endswith(".xz")
    )
    path = tmp_path / "weights.pth"
    with lzma.open(f"{data_folder}/weights/{source}") as file:
        path.write_bytes(file.read())
    one, other = (
        TorchVision("mobilenet_v2", str(path), None),
        TorchVision("mobilenet_v2", None, None),
    )
    state = torch.load(path, weights_only=True)
    key = "features.0.0.weight"
    assert torch.equal(one.backbone.state_dict()[key], state[key].float())
    assert not torch.equal(other.backbone.state_dict()[key], state[key].float())


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: MLP(2, []), "at least one layer"),
        (lambda: MLP(2, [3], activation="relus"), "relu"),
        (lambda: LeNet(size=8), "16 pixels"),
        (lambda: TorchVision("resnet17"), "resnet17"),
    ],
)
def test_errors(make, says):
    with pytest.raises(ValueError, match=says):
        make()


def test_mlp_flattens():
    assert MLP(12, [5]).eval()(torch.randn(2, 3, 4)).shape == (2, 5)
