"""Encoders: their width is what they say, and weights come from a file where one is given."""

import lzma
import os

import pytest
import torch

from da_bench.networks import CNN1D, DTN, MLP, LeNet, TorchVision


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


def test_cnn1d_is_adatimes():
    net = CNN1D().eval()
    assert net(torch.randn(2, 9, 128)).shape == (2, 128)
    convolutions = [layer for layer in net.layers if isinstance(layer, torch.nn.Conv1d)]
    assert [tuple(layer.weight.shape) for layer in convolutions] == [(64, 9, 5), (128, 64, 8),
                                                                     (128, 128, 8)]  # fmt: skip
    assert all(layer.bias is None for layer in convolutions)
    with torch.no_grad():  # 128 steps: 65, then 33 + 1 halved, as the kernels of 8 add one
        lengths = []
        x = torch.randn(1, 9, 128)
        for layer in net.layers[:-2]:
            x = layer(x)
            if isinstance(layer, torch.nn.MaxPool1d):
                lengths.append(x.shape[-1])
    assert lengths == [65, 34, 18]


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
    packed = TorchVision("mobilenet_v2", f"weights/{source}", None)  # below the data folder
    for name, value in packed.backbone.state_dict().items():
        assert torch.equal(value, one.backbone.state_dict()[name])


def test_mobilenet_with_frozen_batch_norm(data_folder):
    """Training moves weights, and neither the statistics of batch norm nor the mode of a layer."""
    from da_bench.data import Classification
    from da_bench.methods import SourceOnly

    net = TorchVision("mobilenet_v2", None, None)
    model = SourceOnly(net, Classification(3), batch_norm="frozen").train()
    norms = [layer for layer in net.modules() if isinstance(layer, torch.nn.BatchNorm2d)]
    before = [layer.running_mean.clone() for layer in norms]
    model(torch.randn(2, 3, 32, 32)).sum().backward()
    assert not any(layer.training for layer in norms)
    assert all(torch.equal(a, b.running_mean) for a, b in zip(before, norms, strict=True))
    assert all(layer.weight.grad is not None for layer in norms)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: MLP(2, []), "at least one layer"),
        (lambda: MLP(2, [3], activation="relus"), "relu"),
        (lambda: LeNet(size=8), "16 pixels"),
        (lambda: TorchVision("resnet17"), "resnet17"),
        (lambda: DTN(size=4), "take 8 or more"),
    ],
)
def test_errors(make, says):
    with pytest.raises(ValueError, match=says):
        make()


def test_mlp_flattens():
    assert MLP(12, [5]).eval()(torch.randn(2, 3, 4)).shape == (2, 5)


def test_weights_that_are_nowhere(monkeypatch, tmp_path):
    monkeypatch.setenv("DA_BENCH_DATA", str(tmp_path))
    with pytest.raises(FileNotFoundError, match=r"weights/none\.pth.*below the folder"):
        TorchVision("resnet18", "weights/none.pth")
