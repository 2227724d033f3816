"""Batch norm of which each domain has its own."""

from collections.abc import Iterable, Sequence
from copy import deepcopy
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from .hooks import batch_norms


class DomainNorm(nn.Module):
    """Two batch norms that begin alike, one for each domain; :attr:`domain` says which is used.

    Chang et al., "Domain-specific batch normalization for unsupervised domain adaptation", CVPR
    2019. Takes the weights of a plain batch norm too, for both domains.

    Args:
        norm: The batch norm that it replaces.
        affine: Each domain also has its own scale and shift; else they share them, and differ in
            their statistics alone.
    """

    def __init__(self, norm: _BatchNorm, affine: bool = True) -> None:
        super().__init__()
        self.source, self.target = norm, deepcopy(norm)
        if not affine:
            self.target.weight, self.target.bias = norm.weight, norm.bias
        self.domain: Literal["source", "target"] = "source"

    def forward(self, x: Tensor) -> Tensor:
        """``x`` normalised by its domain's layer."""
        return (self.source if self.domain == "source" else self.target)(x)

    def _load_from_state_dict(self, state: dict[str, Any], prefix: str, *args: Any) -> None:
        for key in [k for k in state if k.startswith(prefix) and "." not in k[len(prefix) :]]:
            value, name = state.pop(key), key[len(prefix) :]
            state[f"{prefix}source.{name}"] = state[f"{prefix}target.{name}"] = value
        super()._load_from_state_dict(state, prefix, *args)


def own_norms(network: nn.Module, affine: bool = True) -> nn.Module:
    """A network with each of its batch norms replaced by a :class:`DomainNorm`.

    Raises:
        ValueError: The network has no batch norm.
    """
    for name, layer in list(network.named_modules()):
        if isinstance(layer, _BatchNorm):
            parent, _, child = name.rpartition(".")
            parent_module = network.get_submodule(parent)
            if not isinstance(parent_module, DomainNorm):
                setattr(parent_module, child, DomainNorm(layer, affine))
    if not batch_norms(network):
        raise ValueError(
            f"{type(network).__name__} has no batch norm to give each domain its own: take an "
            "encoder that has some, such as MLP with batch_norm: true, or TorchVision"
        )
    return network


@torch.no_grad()
def re_estimate(layers: Sequence[_BatchNorm], passes: Iterable[Any]) -> None:
    """Sets running statistics to the mean and variance of all that the layers see in ``passes``.

    Each layer, in evaluation mode, normalises a batch by the moments of all samples up to and
    including it. So the first layer's moments are those of the whole sample, whatever the batches;
    so are the deeper layers' where the sample is one batch, and nearly so where batches are large.

    Args:
        layers: The layers, in evaluation mode.
        passes: Runs the network on a batch at each turn.
    """
    counts = dict.fromkeys(layers, 0)

    def add(layer: nn.Module, args: tuple[Tensor, ...]) -> None:
        assert isinstance(layer, _BatchNorm)
        x = args[0].transpose(0, 1).flatten(1)  # (channels, samples and places)
        mean, var = layer.running_mean, layer.running_var
        if mean is None or var is None:
            raise ValueError("a batch norm without running statistics has none to re-estimate")
        counts[layer] += x.shape[1]
        share = x.shape[1] / counts[layer]
        mean_difference = x.mean(1) - mean
        var.lerp_(x.var(1, correction=0), share).add_(
            share * (1 - share) * mean_difference.square()
        )
        mean.add_(share * mean_difference)

    handles = [layer.register_forward_pre_hook(add) for layer in layers]
    try:
        for _ in passes:
            pass
    finally:
        for handle in handles:
            handle.remove()
