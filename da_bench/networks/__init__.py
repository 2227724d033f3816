"""Encoders: modules with a typed ``out_features``."""

from .cnn1d import CNN1D
from .dtn import DTN
from .lenet import LeNet
from .mlp import MLP, mlp
from .torchvision import TorchVision

__all__ = [
    "CNN1D",
    "DTN",
    "MLP",
    "LeNet",
    "TorchVision",
    "mlp",
]
