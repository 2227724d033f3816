"""Encoders: modules with a typed ``out_features``."""

from .lenet import LeNet
from .mlp import MLP, mlp
from .torchvision import TorchVision

__all__ = ["MLP", "LeNet", "TorchVision", "mlp"]
