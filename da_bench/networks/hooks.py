"""Looking into a network without changing it: inner features, and batch norm held still."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm


@contextmanager
def captured(network: nn.Module, names: Sequence[str]) -> Iterator[dict[str, Tensor]]:
    """Collects the outputs of submodules, by name, during the passes made inside.

    Raises:
        AttributeError: The network has no submodule of that name.
    """
    seen: dict[str, Tensor] = {}

    def keep(name: str) -> "callable":  # type: ignore[valid-type]
        return lambda module, args, output: seen.__setitem__(name, output)

    handles = [network.get_submodule(name).register_forward_hook(keep(name)) for name in names]
    try:
        yield seen
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
