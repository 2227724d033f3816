"""How wide a network's features are, where it does not say so itself."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from .hooks import held

SIDES = (32, 64, 224, 28)
"""Sides of the pictures that a network is tried on, in pixels; lengths of series are four times."""


def feature_width(network: nn.Module) -> int:
    """Width ``d`` of features ``(n, d)``: ``out_features``, or that of the output of a trial.

    The trial feeds two samples of zeros, in evaluation mode, of a shape that the first layer takes;
    nothing in the network changes by it.

    Raises:
        ValueError: The network has no ``out_features``, and the trial did not tell: its first layer
            is of a kind that says nothing of inputs, its output is not ``(n, d)``, or ``d`` depends
            on the size of the input.
    """
    declared = getattr(network, "out_features", None)
    if isinstance(declared, int):
        return declared
    advice = f"say how wide its features are: {type(network).__name__.lower()}.out_features = ..."
    shapes = list(dict.fromkeys(_output_shapes(network)))
    if not shapes:
        raise ValueError(f"{type(network).__name__} has no out_features: {advice}")
    if any(len(shape) != 1 for shape in shapes):
        raise ValueError(
            f"{type(network).__name__} makes an output of shape "
            f"(n, {', '.join(map(str, shapes[0]))}) of n samples, and features are (n, d): end it "
            "with torch.nn.Flatten()"
        )
    if len(shapes) > 1:
        raise ValueError(
            f"{type(network).__name__} has no out_features, and their number depends on the size "
            f"of the input ({' or '.join(str(shape[0]) for shape in shapes)} in a trial): {advice}"
        )
    return int(shapes[0][0])


@torch.no_grad()
def _output_shapes(network: nn.Module) -> Iterator[tuple[int, ...]]:
    """Shapes of a sample's output, of up to two inputs that the network takes."""
    if any(is_lazy(value) for value in (*network.parameters(), *network.buffers())):
        return
    count = 0
    with held(list(network.modules())), torch.random.fork_rng(devices=[]):
        for x in _trial_inputs(network):
            try:
                output = network(x)
            except Exception:  # of anybody's network, which does not take such inputs
                continue
            if isinstance(output, Tensor) and output.ndim > 1 and len(output) == len(x):
                yield tuple(output.shape[1:])
                count += 1
            if count == 2:
                return


def _trial_inputs(network: nn.Module) -> Iterator[Tensor]:
    """Two samples of zeros, in the shapes that the network's first layer may take."""
    for layer in network.modules():
        options = {"device": getattr(getattr(layer, "weight", None), "device", None)}
        if isinstance(layer, nn.Linear):
            yield torch.zeros(2, layer.in_features, **options)
        elif isinstance(layer, nn.Conv2d):
            yield from (torch.zeros(2, layer.in_channels, s, s, **options) for s in SIDES)
        elif isinstance(layer, nn.Conv1d):
            yield from (torch.zeros(2, layer.in_channels, 4 * s, **options) for s in SIDES)
        elif isinstance(layer, nn.Embedding):
            yield from (torch.zeros(2, s, dtype=torch.long, **options) for s in (8, 16))
        else:
            continue
        return
