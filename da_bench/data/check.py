"""What can be wrong with two domains, said before training starts."""

from typing import TYPE_CHECKING

import torch

from .batch import leaves
from .view import InMemory, View, labels

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
    for where, view in views.items():
        if not len(view):
            if where.endswith(("(test)", "(val)")):
                continue  # nothing to score is no fault in training
            raise ValueError(f"{where}: a domain without samples; check its name, path and split")
        check_finite(view, where)
        known = labels(view.data)
        if known is not None:
            pair.task.check(known, where)
    check_shapes(pair)
    if not pair.allow_class_mismatch and hasattr(pair.task, "classes"):
        check_classes(pair)


def check_finite(view: View, where: str) -> None:
    """Raises ValueError where inputs held in memory are NaN or infinite."""
    if not isinstance(view.data, InMemory):
        return  # files are read one by one; the guard on the loss covers them
    for leaf in leaves(view.data.x):
        if not leaf.is_floating_point() or leaf.sum().isfinite():
            continue  # a sum, ten times faster than asking each number, carries every NaN
        if not torch.isfinite(leaf).all():
            bad = int((~torch.isfinite(leaf)).flatten(1).any(1).nonzero()[0, 0])
            raise ValueError(
                f"{where}: sample {bad} holds NaN or infinity; impute or drop it first"
            )


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


def check_classes(pair: "DomainPair") -> None:
    """Raises ValueError where the domains hold different classes."""
    found = []
    target = [pair.view("target", "train"), pair.view("target", "test")]  # tests lack rare ones
    for views in ([pair.view("source", "train")], target):
        known = [labels(view.data) for view in views]
        classes = {int(c) for y in known if y is not None for c in y[y >= 0].unique()}
        if not classes:
            return  # an unlabelled target can't be compared
        found.append(classes)
    if found[0] != found[1]:
        raise ValueError(
            f"classes only in source {pair.source!r}: {sorted(found[0] - found[1])}; only in "
            f"target {pair.target!r}: {sorted(found[1] - found[0])}. If that is meant (partial or "
            "open-set adaptation), say allow_class_mismatch: true"
        )
