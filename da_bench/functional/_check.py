"""What every function of two samples asks of its input, with errors that name what was given."""

import math

import torch
from torch import Tensor


def check_pair(x: Tensor, y: Tensor, least: int = 1) -> None:
    """Refuses two samples that are not ``(n, d), (m, d)`` with at least ``least`` rows each.

    Reads shapes only, so that it costs nothing in a training step and runs under ``vmap``.

    Raises:
        ValueError: Wrong number of dimensions, no or different widths, or too few samples.
    """
    if x.ndim != 2 or y.ndim != 2:
        raise ValueError(
            f"expected two samples (n, d) and (m, d), got {tuple(x.shape)} and {tuple(y.shape)}; "
            "flatten features with .flatten(1)"
        )
    if x.shape[1] != y.shape[1]:
        raise ValueError(
            f"the samples differ in width: {x.shape[1]} and {y.shape[1]} features; "
            "encode both by the same network or select the same columns"
        )
    if x.shape[1] == 0:
        raise ValueError(
            "the samples have no feature (width 0), so nothing is known of how far apart they lie; "
            "give features, such as those of a method with a common space"
        )
    if min(len(x), len(y)) < least:
        raise ValueError(
            f"needs at least {least} samples on each side, got {len(x)} and {len(y)}; "
            "use larger batches, or drop the last, smaller one"
        )


def check_fit(source: Tensor, target: Tensor, least: int = 1) -> None:
    """``check_pair``, and every value finite: for what is fitted once and not in each step.

    Raises:
        ValueError: As ``check_pair``, a value is NaN or infinite, or so large that squared
            distances overflow.
    """
    check_pair(source, target, least)
    for name, sample in (("source", source), ("target", target)):
        if not sample.is_floating_point():
            raise ValueError(f"{name} is {sample.dtype}; pass a floating type, e.g. {name}.float()")
        bad = int((~torch.isfinite(sample)).any(1).sum())
        if bad:
            raise ValueError(
                f"{name} has NaN or infinite values in {bad} of {len(sample)} rows; "
                "drop or impute these rows first"
            )
        # Half precision is widened before it is squared.
        wide_dtype = torch.promote_types(sample.dtype, torch.float32)
        limit = math.sqrt(torch.finfo(wide_dtype).max / (4 * max(1, sample.shape[1])))
        largest_value = max(map(abs, map(float, sample.aminmax()))) if sample.numel() else 0.0
        if largest_value > limit:
            raise ValueError(
                f"{name} has values of {largest_value:.1e}, whose squared distances overflow "
                f"{wide_dtype}; "
                "divide the features by their scale first"
            )


def check_positive(name: str, value: float, zero: bool = False) -> None:
    """Refuses a number that is not finite and positive (or zero, where ``zero`` allows it).

    Raises:
        ValueError: Naming ``name`` and the value.
    """
    if not (math.isfinite(value) and (value > 0 or (zero and value == 0))):
        kind = "finite and not negative" if zero else "finite and positive"
        raise ValueError(f"{name} must be {kind}, got {value}")


def check_classes(logits: Tensor) -> None:
    """Refuses logits that are not ``(n, k)`` with at least two classes: one is always certain.

    Raises:
        ValueError: Another number of dimensions, fewer columns, or no row, which has no mean.
    """
    if logits.ndim != 2 or logits.shape[1] < 2 or not len(logits):
        raise ValueError(
            f"expected logits (n, k) of a sample and two classes at least, got "
            f"{tuple(logits.shape)}; a regression's outputs have no probabilities"
        )


def check_labels(y: Tensor, n: int) -> Tensor:
    """Classes of ``n`` samples as 0, 1, ... in order, those that occur; shape ``(n,)``.

    Raises:
        ValueError: Another shape, not whole numbers, or negative (a hidden label).
    """
    if y.ndim != 1 or len(y) != n:
        raise ValueError(f"expected a label for each of {n} samples (n,), got {tuple(y.shape)}")
    if y.is_floating_point() or y.is_complex():
        raise ValueError(f"labels are {y.dtype}; pass whole numbers, e.g. y.long()")
    if n and bool((y < 0).any()):
        raise ValueError(
            f"{int((y < 0).sum())} labels are negative, which stands for hidden: leave those "
            "samples out"
        )
    return y.long().unique(return_inverse=True)[1]


def check_matrix(name: str, values: Tensor) -> Tensor:
    """Values ``(n, d)`` in double.

    Raises:
        ValueError: Another shape, no row, or a value is NaN or infinite.
    """
    if values.ndim != 2 or not values.numel():
        raise ValueError(f"expected {name} (n, d) with samples, got {tuple(values.shape)}")
    if not bool(torch.isfinite(values).all()):
        raise ValueError(f"{name} has NaN or infinite values; drop or impute these rows first")
    return values.double()
