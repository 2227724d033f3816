"""Looking into a network without changing it: inner features, and batch norm held still."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Self

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm


@contextmanager
def captured(network: nn.Module, names: Sequence[str]) -> Iterator[dict[str, Tensor]]:
    """Collects the outputs of submodules, by name, during the passes made inside.

    Raises:
        AttributeError: The network has no submodule of that name.
    """
    outputs: dict[str, Tensor] = {}

    def keep(name: str) -> "callable":  # type: ignore[valid-type]
        return lambda module, args, output: outputs.__setitem__(name, output)

    handles = [network.get_submodule(name).register_forward_hook(keep(name)) for name in names]
    try:
        yield outputs
    finally:
        for handle in handles:
            handle.remove()


def batch_norms(network: nn.Module) -> list[_BatchNorm]:
    """The batch-norm layers of a network."""
    return [layer for layer in network.modules() if isinstance(layer, _BatchNorm)]


@contextmanager
def held(layers: Sequence[nn.Module]) -> Iterator[None]:
    """Inside, batch norm uses its running statistics and leaves them as they are."""
    modes = [layer.training for layer in layers]
    for layer in layers:
        layer.train(False)
    try:
        yield
    finally:
        for layer, mode in zip(layers, modes, strict=True):
            layer.train(mode)


@contextmanager
def untracked(layers: Sequence[_BatchNorm]) -> Iterator[None]:
    """Inside, batch norm in training mode leaves its running averages as they are."""
    tracked = [layer.track_running_stats for layer in layers]
    for layer in layers:
        layer.track_running_stats = False
    try:
        yield
    finally:
        for layer, track in zip(layers, tracked, strict=True):
            layer.track_running_stats = track


class Still(nn.Sequential):
    """Modules in a row that take no gradient and stay in evaluation mode, whatever holds them."""

    def __init__(self, *parts: nn.Module) -> None:
        super().__init__(*parts)
        self.requires_grad_(False).eval()

    def train(self, mode: bool = True) -> Self:
        """Evaluation mode."""
        return super().train(False)


@torch.no_grad()
def drift(follower: nn.Module, leader: nn.Module, decay: float) -> None:
    r"""Moves weights to :math:`\alpha \theta' + (1 - \alpha) \theta`, and copies buffers.

    Args:
        follower: :math:`\theta'`, of the leader's shape.
        leader: :math:`\theta`.
        decay: :math:`\alpha`, in ``[0, 1]``.
    """
    for follower_weight, leader_weight in zip(
        follower.parameters(), leader.parameters(), strict=True
    ):
        follower_weight.lerp_(leader_weight, 1 - decay)
    for buffer, its_buffer in zip(follower.buffers(), leader.buffers(), strict=True):
        buffer.copy_(its_buffer)
