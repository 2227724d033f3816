"""What a validator sees of a run: features and logits of both domains, labels of the source."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch
from numpy.typing import NDArray
from torch import Tensor

from da_bench.io.archives import arrays
from da_bench.io.files import Damaged

OUTPUTS_FILE = "outputs.npz"
"""Name of the file in the folder of a run."""
MAX_SAMPLES = 10_000
"""Samples of a set that are kept: of more, so many, evenly spaced."""


class Undefined(ValueError):
    """A validator that says nothing of these outputs: too few samples, one class, no split."""


class MissingOutputs(FileNotFoundError):
    """A run that stored no outputs."""


class Outputs(NamedTuple):
    """Outputs of one model; a label of the target is nowhere in it."""

    source_z: Tensor
    """Features of the source's training set, ``(n, d)``; ``d`` is 0 where the run has none."""
    source_logits: Tensor
    """``(n, k)``."""
    source_y: Tensor
    """Classes ``(n,)``."""
    held_z: Tensor
    """Features of the source's validation split, ``(h, d)``; ``h`` is 0 where it has none."""
    held_logits: Tensor
    """``(h, k)``."""
    held_y: Tensor
    """Classes ``(h,)``."""
    target_z: Tensor
    """Features of the target's training set, ``(m, d)``."""
    target_logits: Tensor
    """``(m, k)``."""


def read(folder: Path) -> Outputs:
    """The outputs in the folder of a run, in double precision.

    Raises:
        MissingOutputs: There are none.
        Damaged: The file is no such file, or would unpack to more than it should.
    """
    path = folder / OUTPUTS_FILE
    try:
        content = arrays(path, Outputs._fields)
    except FileNotFoundError as error:
        raise MissingOutputs(
            f"{path} does not exist: the run was made by an earlier da_bench; run it again"
        ) from error
    for name, array in content.items():
        part = content[f"{name.split('_')[0]}_z"]
        if array.dtype.kind not in "fiub" or not array.ndim or len(array) != len(part):
            raise Damaged(path, f"holds {name} of {array.shape} {array.dtype}; its features are of "
                          f"{part.shape}")  # fmt: skip
        if len(array) > MAX_SAMPLES:
            raise Damaged(
                path, f"holds {len(array):,} samples of {name}; a run keeps {MAX_SAMPLES:,}"
            )
        if array.dtype.itemsize > 8 or (array.dtype.kind != "f" and not name.endswith("_y")):
            raise Damaged(path, f"holds {name} of {array.dtype}, which no run writes")
        content[name] = array.astype(array.dtype.newbyteorder("="), copy=False)  # as torch takes it
    if fault := _unlike(content):
        raise Damaged(path, fault)
    tensors = (torch.from_numpy(content[name]) for name in Outputs._fields)
    return Outputs(
        *(tensor.double() if tensor.is_floating_point() else tensor.long() for tensor in tensors)
    )


def _unlike(content: Mapping[str, NDArray[Any]]) -> str:
    """What keeps arrays from being the outputs of one model; empty where nothing does."""
    for part in ("z", "logits"):
        names = [name for name in content if name.endswith(f"_{part}")]
        widths = {content[name].shape[1:] for name in names}
        if len(widths) > 1 or any(len(width) != 1 for width in widths):
            shapes = ", ".join(f"{name} of {content[name].shape}" for name in names)
            return f"holds {shapes}; they are as wide as each other"
    classes = content["source_logits"].shape[1]
    for name in ("source_y", "held_y"):
        y = content[name]
        is_classes = y.ndim == 1 and y.dtype.kind in "iu" and len(y)
        if is_classes and not 0 <= y.min() <= y.max() < classes:
            return f"holds {name} from {y.min()} to {y.max()}; there are {classes} classes"
    return ""


def check_defined(z: Tensor) -> Tensor:
    """Returns features ``(n, d)`` as they are, where a run has any.

    Raises:
        Undefined: ``d`` is 0: the method brings the domains to no common space.
    """
    if z.shape[1] == 0:
        raise Undefined(
            "features are undefined for this run: its method (JDOT, EasyTL) brings the two domains "
            "to no common space, or they were too wide to store"
        )
    return z


def held_out(outputs: Outputs, least: int = 1) -> tuple[Tensor, Tensor, Tensor]:
    """Features, logits and classes of the source's validation split.

    Raises:
        Undefined: The split has fewer than ``least`` samples.
    """
    _check_classes(outputs)
    if len(outputs.held_y) < least:
        raise Undefined(
            f"needs at least {least} samples of the source's validation split, got "
            f"{len(outputs.held_y)}; this benchmark may have none"
        )
    return outputs.held_z, outputs.held_logits, outputs.held_y


def target_logits(outputs: Outputs, least: int = 1) -> Tensor:
    """Logits ``(m, k)`` of the target.

    Raises:
        Undefined: Fewer than ``least`` samples, or fewer than two classes.
    """
    _check_classes(outputs)
    logits = outputs.target_logits
    if logits.ndim != 2 or len(logits) < least or logits.shape[1] < 2:
        raise Undefined(
            f"needs logits (m, k) of at least {least} target samples and two classes, got "
            f"{tuple(logits.shape)}"
        )
    return logits


def _check_classes(outputs: Outputs) -> None:
    """Raises Undefined where labels are numbers, or several a sample: no class excludes another."""
    if outputs.source_y.is_floating_point():
        raise Undefined("validators compare classes that exclude each other; this task has none")
