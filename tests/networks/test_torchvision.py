"""Torchvision's networks: their width, weights from a file, and frozen batch norm."""

import lzma
import os
import urllib.error

import pytest
import torch

from da_bench.networks import TorchVision


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


def test_an_unknown_network_is_named():
    with pytest.raises(ValueError, match="resnet17"):
        TorchVision("resnet17")


def test_weights_that_are_nowhere(monkeypatch, tmp_path):
    monkeypatch.setenv("DA_BENCH_DATA", str(tmp_path))
    with pytest.raises(FileNotFoundError, match=r"weights/none\.pth.*below the folder"):
        TorchVision("resnet18", "weights/none.pth")


def test_weights_that_can_not_be_downloaded_are_named(monkeypatch, tmp_path):
    def refuse(*args, **kwargs):
        raise urllib.error.URLError("no network")

    monkeypatch.setattr("torch.hub.load_state_dict_from_url", refuse)
    monkeypatch.setattr("torchvision.models._api.load_state_dict_from_url", refuse)
    monkeypatch.setattr("torch.hub.get_dir", lambda: str(tmp_path))
    message = r"weights 'DEFAULT' of resnet18 .* from http.*: no network\. Place the .*\.pth, or"
    with pytest.raises(ConnectionError, match=message):
        TorchVision("resnet18", "DEFAULT")
