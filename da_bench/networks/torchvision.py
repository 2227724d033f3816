"""Any torchvision classifier as an encoder."""

from pathlib import Path

import torch
import torchvision
from torch import Tensor, nn


class TorchVision(nn.Module):
    """A torchvision network without its last layer, and a bottleneck: ``(n, 3, h, w) -> (n, d)``.

    Args:
        name: As torchvision calls it: ``resnet18``, ``resnet50``, ``mobilenet_v2``, ...
        weights: Name of an entry of its weights enum (``DEFAULT``, ``IMAGENET1K_V2``: downloaded),
            or the path of a local state dict; None starts from nothing.
        bottleneck: Width of a linear layer with batch norm and ReLU after the pooled features, as
            in DANN's and CDAN's experiments; None keeps the features as they are.

    Raises:
        ValueError: An unknown network or weights entry; both lists are torchvision's.
    """

    out_features: int

    def __init__(
        self, name: str = "resnet50", weights: str | None = None, bottleneck: int | None = 256
    ) -> None:
        super().__init__()
        self.name, self.bottleneck = name, bottleneck
        self.weights = None  # a rebuilt network takes them from its checkpoint, not from the net
        local = weights is not None and Path(weights).is_file()
        network = torchvision.models.get_model(name, weights=None if local else weights)
        if local:
            network.load_state_dict(torch.load(str(weights), map_location="cpu", weights_only=True))
        self.backbone = network
        width = _cut(network)
        self.neck = nn.Sequential() if bottleneck is None else nn.Sequential(
            nn.Linear(width, bottleneck), nn.BatchNorm1d(bottleneck), nn.ReLU()
        )  # fmt: skip
        self.out_features = bottleneck or width

    def forward(self, x: Tensor) -> Tensor:
        """Features ``(n, out_features)`` of images normalised as the weights expect."""
        return self.neck(self.backbone(x).flatten(1))


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
