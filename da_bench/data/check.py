"""What can be wrong with two domains, said before training starts."""

import warnings
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from .batch import Tree, leaves, not_finite
from .domain import InMemory, labels
from .task import Regression
from .task import known as there

if TYPE_CHECKING:
    from .pair import DomainPair


def check_pair(pair: "DomainPair") -> None:
    """Raises ValueError where a domain is empty, not finite, wrongly labelled or of another shape.

    Target labels are only compared with the declared classes here; nothing of them is kept.
    """
    if pair.target_labels and pair.target_test == "transductive":
        raise ValueError(
            f"target_labels={pair.target_labels} with target_test='transductive' would test on "
            "labels that training saw: say target_test: held_out"
        )
    views = {
        f"source {pair.source!r}": pair.view("source", "train"),
        f"target {pair.target!r}": pair.view("target", "train"),
        f"target {pair.target!r} (test)": pair.view("target", "test"),
        f"source {pair.source!r} (val)": pair.view("source", "val"),
        f"source {pair.source!r} (test)": pair.view("source", "test"),
    }
    for place, view in views.items():
        if not len(view):
            if place.endswith(("(test)", "(val)")):
                continue  # nothing to score is no fault in training
            raise ValueError(f"{place}: a domain without samples; check its name, path and split")
        y = labels(view.data)
        if isinstance(view.data, InMemory):
            check_rows(view.data.x, place)
        else:  # read one by one: a batch now, the others as they come
            first = view.__getitems__(range(min(len(view), pair.batch_size)))
            y = first.y if y is None else y
        if y is not None:
            pair.task.check(y, place)
            if place == f"source {pair.source!r}":
                check_source(y, pair, place)
    check_shapes(pair)
    check_encoders(pair)
    if hasattr(pair.task, "classes"):
        check_classes(pair)


def check_shapes(pair: "DomainPair") -> None:
    """Raises ValueError where source and target differ in width and share one encoder."""
    module = getattr(pair.trainer, "lightning_module", None)
    if getattr(module, "target_encoder", None) is not None:
        return
    shapes = [
        [tuple(leaf.shape[1:]) for leaf in leaves(pair.view(role, "train").__getitems__([0]).x)]
        for role in ("source", "target")
    ]
    if shapes[0] != shapes[1]:
        raise ValueError(
            f"source {pair.source!r} has inputs of shape {shapes[0]}, target {pair.target!r} "
            f"{shapes[1]}: bring both to one shape, or give the model a target_encoder"
        )


def check_rows(x: Tree, place: str) -> None:
    """Raises ValueError where inputs held in memory are NaN or infinite."""
    for _, positions in not_finite(x):
        raise ValueError(
            f"{place}: sample {int(positions[0, 0])} holds NaN or infinity (samples are "
            "counted from 0); impute or drop it first"
        )


def check_source(y: Tensor, pair: "DomainPair", place: str) -> None:
    """Raises ValueError where the source's labels ``y`` leave nothing to learn from, or lack some.

    Some classes may be hidden, as -1; a number that is missing is a fault, as in inputs.
    """
    if not there(y).any():
        raise ValueError(
            f"{place} holds no label, so there is nothing to learn from: check how its labels are "
            "read, or name the labelled domain as the source"
        )
    gaps = y.isnan().reshape(len(y), -1).any(1) if y.is_floating_point() else y < 0
    if not gaps.any():
        return
    if pair.task.metric == Regression.metric:
        raise ValueError(
            f"{place}: the label of sample {int(gaps.nonzero()[0, 0])} is NaN (samples are counted "
            f"from 0; {int(gaps.sum())} are): drop these samples from the source"
        )
    needs_all_classes = hasattr(pair.task, "classes") and pair.allow_class_mismatch is not True
    if needs_all_classes and len(y[~gaps].unique()) < pair.task.outputs:
        raise ValueError(
            f"{place} has labels {y.unique().tolist()} of {pair.task.outputs} classes: -1 says "
            "that a label is not known. If it is a class, number the classes from 0; if one has "
            "no sample, declare those that have"
        )
    warnings.warn(f"{place}: {int(gaps.sum())} of {len(y)} samples have labels that are not known "
                  "and count nothing", stacklevel=2)  # fmt: skip


def check_encoders(pair: "DomainPair") -> None:
    """Raises ValueError where a network can't take the inputs: by their channels, or size.

    Images alone are tried, one a domain: in vectors the widths are compared.
    """
    module: Any = getattr(pair.trainer, "lightning_module", None)
    if not hasattr(module, "encoder_of") or getattr(module, "on", None) == "inputs":
        return
    for role in ("source", "target"):
        x, encoder = pair.view(role, "train").__getitems__([0]).x, module.encoder_of(role)
        if not isinstance(x, torch.Tensor):
            continue
        width = getattr(encoder, "in_features", None)
        has_other_width = isinstance(width, int) and width != x[0].numel()
        if (x.ndim == 4 or has_other_width) and (error := failure(encoder, x)):
            first = next((m for m in encoder.modules() if isinstance(m, torch.nn.Conv2d)), None)
            expected = f"{width} numbers" if has_other_width else "another size or kind"
            if x.ndim == 4 and first is not None and first.in_channels != x.shape[1]:
                expected = f"{first.in_channels} channels"
            raise ValueError(
                f"{role} {getattr(pair, role)!r}: a sample has shape {tuple(x.shape[1:])}, and "
                f"{type(encoder).__name__} takes {expected} ({error}). Change the network's "
                "arguments; of images, data.init_args.mode: L gives one channel and RGB three, "
                "and image_size their height and width"
            ) from error


@torch.no_grad()
def failure(encoder: torch.nn.Module, x: torch.Tensor) -> RuntimeError | None:
    """What a network raises at inputs, if anything; its modes are left as they are."""
    modes = {module: module.training for module in encoder.modules()}
    weight = next(encoder.parameters(), x)
    try:
        encoder.eval()(x.to(weight.device))
    except RuntimeError as error:
        return error
    finally:
        for module, training in modes.items():
            module.training = training
    return None


def check_classes(pair: "DomainPair") -> None:
    """Raises ValueError where the source has one class, or the target's classes are not allowed."""
    classes = []
    target = [pair.view("target", "train"), pair.view("target", "test")]  # tests lack rare ones
    for views in ([pair.view("source", "train")], target):
        all_labels = [labels(view.data) for view in views]
        classes.append({int(c) for y in all_labels if y is not None for c in y[y >= 0].unique()})
    source, target_classes = classes
    if len(source) == 1:
        raise ValueError(
            f"source {pair.source!r} holds one class, {class_names(pair, source)[0]}, so there is "
            "nothing to tell apart: check how its labels are read, or name a source with two "
            "classes or more"
        )
    if not source or not target_classes:
        return  # an unlabelled domain can't be compared
    if not source & target_classes and pair.allow_class_mismatch:
        raise ValueError(
            f"source {pair.source!r} has the classes {class_names(pair, source)} and target "
            f"{pair.target!r} {class_names(pair, target_classes)}: they share none, so nothing "
            "could be right. Correct the labels, or leave the target's out where they only stand "
            "for unknown"
        )
    if pair.allow_class_mismatch is True:
        return
    excess, missing = (
        class_names(pair, target_classes - source),
        class_names(pair, source - target_classes),
    )
    if pair.allow_class_mismatch == "partial" and excess:
        raise ValueError(
            f"classes only in target {pair.target!r}: {excess}, where partial adaptation allows "
            "the target fewer classes than the source but no other: leave these samples out, or "
            "say allow_class_mismatch: true (open-set adaptation)"
        )
    if not pair.allow_class_mismatch and (excess or missing):
        raise ValueError(
            f"classes only in source {pair.source!r}: {missing}; only in target {pair.target!r}: "
            f"{excess}. If that is meant, say allow_class_mismatch: partial (the target lacks "
            "some) or true (it may have others, too)"
        )


def class_names(pair: "DomainPair", classes: set[int]) -> list[Any]:
    """Names of classes; their numbers where they have none."""
    names = getattr(pair.task, "classes", 0)
    return [c if isinstance(names, int) else names[c] for c in sorted(classes)]
