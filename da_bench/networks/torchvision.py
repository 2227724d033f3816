"""Any torchvision classifier as an encoder."""

import lzma
import urllib.error
from pathlib import Path
from typing import Any

import torch
import torchvision
from torch import Tensor, nn

from da_bench.io.archives import check_size, largest, weights_only
from da_bench.io.files import Damaged
from da_bench.io.places import places

ADVICE = "take it from a whole copy"


class TorchVision(nn.Module):
    """A torchvision network without its last layer, and a bottleneck: ``(n, 3, h, w) -> (n, d)``.

    Args:
        name: As torchvision calls it: ``resnet18``, ``resnet50``, ``mobilenet_v2``, ...
        weights: Name of an entry of its weights enum (``DEFAULT``, ``IMAGENET1K_V2``: downloaded),
            or the path of a state dict, as it is or below the data folder, ``.xz`` or not; None
            starts from nothing.
        bottleneck: Width of a linear layer with batch norm and ReLU after the pooled features, as
            in DANN's and CDAN's experiments; None keeps the features as they are.

    Raises:
        ValueError: An unknown network or weights entry; both lists are torchvision's.
        FileNotFoundError: ``weights`` is a path, and there is no such file.
        ConnectionError: ``weights`` is an entry that can't be downloaded.
        Damaged: That file holds no weights.
    """

    out_features: int

    def __init__(
        self, name: str = "resnet50", weights: str | None = None, bottleneck: int | None = 256
    ) -> None:
        super().__init__()
        self.name, self.bottleneck = name, bottleneck
        self.weights = None  # a rebuilt network takes them from its checkpoint, not from the net
        state = local_state(weights)
        network = downloaded(name, weights) if state is None else torchvision.models.get_model(name)
        if state is not None:
            network.load_state_dict(state)
        self.backbone = network
        width = _cut(network)
        self.neck = nn.Sequential() if bottleneck is None else nn.Sequential(
            nn.Linear(width, bottleneck), nn.BatchNorm1d(bottleneck), nn.ReLU()
        )  # fmt: skip
        self.out_features = bottleneck or width
        self.to(memory_format=torch.channels_last)  # convolutions on CPU take half the time

    def forward(self, x: Tensor) -> Tensor:
        """Features ``(n, out_features)`` of images normalised as the weights expect."""
        return self.neck(self.backbone(x).flatten(1))


def downloaded(name: str, weights: str | None) -> nn.Module:
    """A network of torchvision, with an entry of its weights or with none."""
    try:
        return torchvision.models.get_model(name, weights=weights)
    except urllib.error.URLError as error:
        url = torchvision.models.get_model_weights(name)[str(weights)].url
        place = Path(torch.hub.get_dir(), "checkpoints", url.rpartition("/")[2])
        raise ConnectionError(
            f"weights {weights!r} of {name} can't be downloaded from {url}: {error.reason}. Place "
            f"the file by hand at {place}, or train from nothing by weights: null"
        ) from error


def local_state(weights: str | None) -> dict[str, Any] | None:
    """The state dict at a path, as float32; None where ``weights`` is no path."""
    if weights is None or not ("/" in weights or Path(weights).suffix):
        return None
    paths = [Path(weights), *places(weights)]
    path = next((p for p in paths if p.is_file()), None)
    if path is None:
        raise FileNotFoundError(f"weights={weights!r}: there is no such file, nor one below "
                                "the folder that DA_BENCH_DATA names")  # fmt: skip
    if path.suffix == ".xz":
        try:
            with lzma.open(path) as file:
                content = file.read(largest(path) + 1)
        except (lzma.LZMAError, EOFError) as error:
            raise Damaged(path, f"can't be unpacked ({error})", ADVICE) from error
        check_size(path, len(content))
        state = weights_only(path, ADVICE, content)
    else:
        state = weights_only(path, ADVICE)
    if not isinstance(state, dict) or not all(isinstance(v, Tensor) for v in state.values()):
        raise Damaged(path, "holds no weights by name", ADVICE)
    return {k: v.float() if v.is_floating_point() else v for k, v in state.items()}


def _cut(network: nn.Module) -> int:
    """Replaces the last linear (or 1x1 convolutional) layer by nothing; returns its input width."""
    for name, layer in reversed(list(network.named_modules())):
        if isinstance(layer, nn.Linear | nn.Conv2d):
            parent, _, child = name.rpartition(".")
            if isinstance(layer, nn.Conv2d):  # SqueezeNet: the classifier convolves, then pools
                network.get_submodule(parent)[0] = nn.Identity()  # type: ignore[operator]
                network.get_submodule(parent)[2] = nn.Identity()  # type: ignore[operator]
            setattr(network.get_submodule(parent), child, nn.Identity())
            return layer.in_features if isinstance(layer, nn.Linear) else layer.in_channels
    raise ValueError(f"{type(network).__name__} has no linear layer to cut off")
