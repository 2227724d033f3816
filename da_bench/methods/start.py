"""What is refused before training: a method and data, or a network, that don't go together."""

import math
from typing import TYPE_CHECKING

import torch

from da_bench.data import Classification

if TYPE_CHECKING:
    from .base import DomainAdapter, Encoded

TERMS = ("source_risk", "adaptation_loss")


def check_penalties(module: "DomainAdapter", base: type["DomainAdapter"]) -> None:
    """Raises ValueError where a method's own step would pass its penalties by, or names clash."""
    cls = type(module)
    own = [
        name for name in ("losses", "training_step") if getattr(cls, name) != getattr(base, name)
    ]
    if module.penalties and own:
        raise ValueError(
            f"{cls.__name__} takes no penalties, as its {' and '.join(own)} would pass them by: "
            "add them to a method with the common step, such as DANN, CDAN, Alignment or SourceOnly"
        )
    for name in module.penalties:
        if name in TERMS or not name.isidentifier():
            raise ValueError(f"penalties: {name!r} can't name one; take a word that is no term yet")


def check_weight(weight: float) -> None:
    """Raises ValueError where the weight of the adaptation loss is no weight."""
    if not 0 <= weight < math.inf:  # NaN fails too
        raise ValueError(
            f"weight={weight}: the adaptation loss weighs 0 or more; its direction is the method's"
        )


def check_task(module: "DomainAdapter") -> None:
    """Raises ValueError where a method of classes is given a task that has none.

    Of several labels a sample, none excludes the others: they are no classes in this sense.
    """
    if isinstance(module.task, Classification):
        return
    other = [name for name, penalty in module.penalties.items() if penalty.of_classes]
    if module.needs_classes or other:
        who = "" if module.needs_classes else f" with the penalty {other[0]}"
        raise ValueError(
            f"{type(module).__name__}{who} works on probabilities of classes and the task is "
            f"{type(module.task).__name__}: take DANN, Alignment, Reweighted or another method of "
            "features"
        )


def check_start(module: "DomainAdapter") -> None:
    """Raises ValueError where the data lacks what the method needs, or the other way round."""
    name, data = type(module).__name__, module.trainer.datamodule  # type: ignore[attr-defined]
    if module.needs_target_labels and not getattr(data, "target_labels", 0):
        raise ValueError(
            f"{name} trains on target labels and the data grants none: "
            "set data.target_labels to a number, or to all"
        )
    if module.needs_start and not module.started:
        raise ValueError(
            f"{name} goes on from a trained model and has none: train one of the same encoder by "
            f"da-bench fit --method {module.needs_start} --out FOLDER, then give "
            "model.init_args.init_from: FOLDER (da-bench compare does both by itself)"
        )
    if module.batch_norm == "own" and module.source_only and not module.penalties:
        raise ValueError(
            f"batch_norm='own': {name} never sees the target in training, whose batch norm would "
            "stay as it began: take AdaBN, or a method that encodes both domains"
        )
    if hasattr(data, "orders"):
        rehearse(module, *(order.smallest for order in data.orders().values()))


@torch.no_grad()
def rehearse(module: "DomainAdapter", n: int, m: int) -> None:
    """Calls each pure term once, on random features of the smallest batches that will come.

    Raises:
        ValueError: A term can't be taken of so few samples (a covariance of one, say).
    """
    with torch.random.fork_rng(devices=[]):
        source, target = random(module, n), random(module, m)
        try:
            if module.rehearsed:
                module.adaptation_loss(source, target, 0.0)
            for penalty in module.penalties.values():
                penalty(source, target)
        except ValueError as error:
            raise ValueError(
                f"{type(module).__name__} can't train on the smallest batches, {n} source and {m} "
                f"target samples: {error} (data.batch_size, data.drop_last)"
            ) from error


def random(module: "DomainAdapter", n: int) -> "Encoded":
    """``n`` samples of which only the shapes are true."""
    from .base import Encoded

    device, width = module.device, int(module.head.in_features)
    z, whole = torch.randn(n, width, device=device), torch.zeros(n, dtype=torch.long, device=device)
    logits = torch.randn(n, module.task.outputs, device=device)
    y = whole if module.task.fill == -1 else torch.zeros_like(logits)
    layers = dict.fromkeys(module.layers, z)
    return Encoded(None, y, whole >= 0, whole, whole, z, logits, layers)
