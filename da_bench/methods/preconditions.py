"""What is refused before training: a method and data, or a network, that don't go together."""

import math
import warnings
from typing import TYPE_CHECKING, Any

import torch

from da_bench.data import Classification, DomainPair
from da_bench.functional import NotConverged

from .encoded import Encoded

if TYPE_CHECKING:
    from .base import DomainAdapter

TERMS = ("source_risk", "adaptation_loss")


def check_options(module: "DomainAdapter", base: type["DomainAdapter"], weight: float) -> None:
    """Raises ValueError where options that every method has don't go with this one."""
    check_penalties(module, base)
    check_task(module)
    check_weight(weight)


def check_encoders(module: "DomainAdapter") -> None:
    """Raises ValueError where each domain has its own encoder and one would stay untrained.

    A method declares by ``trained_encoders`` which it trains. The target's is reached by the
    adaptation loss or penalties, so that neither may weigh nothing; the source's may come trained.
    """
    if module.target_encoder is None:
        return
    name, trained_domains = type(module).__name__, set(module.trained_encoders)
    if module.weight == 0 and not module.needs_target_labels:
        trained_domains.discard("target")
    active_penalties = [penalty for penalty in module.penalties.values() if penalty.weight]
    if any(field.startswith("target") for penalty in active_penalties for field in penalty.of):
        trained_domains.add("target")
    if "encoder" in module.started:
        trained_domains.add("source")
    missing = [domain for domain in ("source", "target") if domain not in trained_domains]
    if missing:
        raise ValueError(
            f"{name}{' with weight=0' * (module.weight == 0)} does not train the "
            f"{' and the '.join(missing)} encoder: with a target_encoder its scores would be those "
            "of an untrained network. Bring both domains to one width and leave target_encoder "
            "out, or take a method that trains both encoders: "
            + ", ".join(training_both(type(module)))
        )


def training_both(method: type["DomainAdapter"]) -> list[str]:
    """Names of the methods that train an encoder for each domain.

    Args:
        method: Any of them; the others derive from the same class.
    """
    base = next(base for base in reversed(method.__mro__) if "trained_encoders" in vars(base))
    methods: list[Any] = base.__subclasses__()
    return sorted(subclass.__name__ for subclass in methods if len(subclass.trained_encoders) == 2)


def check_penalties(module: "DomainAdapter", base: type["DomainAdapter"]) -> None:
    """Raises ValueError where a method's own step would pass its penalties by, or names clash."""
    cls = type(module)
    replaced_methods = [
        name for name in ("losses", "training_step") if getattr(cls, name) != getattr(base, name)
    ]
    if module.penalties and replaced_methods:
        raise ValueError(
            f"{cls.__name__} takes no penalties, as its {' and '.join(replaced_methods)} would "
            "pass them by: add them to a method with the common step, such as DANN, CDAN, "
            "Alignment or SourceOnly"
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
    class_penalties = [name for name, penalty in module.penalties.items() if penalty.of_classes]
    if module.needs_classes or class_penalties:
        addition = "" if module.needs_classes else f" with the penalty {class_penalties[0]}"
        raise ValueError(
            f"{type(module).__name__}{addition} works on probabilities of classes and the task is "
            f"{type(module.task).__name__}: take DANN, Alignment, Reweighted or another method of "
            "features"
        )


def check_start(module: "DomainAdapter") -> None:
    """Raises ValueError where the data lacks what the method needs, or the other way round."""
    check_encoders(module)
    name, data = type(module).__name__, module.trainer.datamodule  # type: ignore[attr-defined]
    if module.needs_target_labels and not getattr(data, "target_labels", 0):
        raise ValueError(
            f"{name} trains on target labels and the data grants none: "
            "set data.target_labels to a number, or to all"
        )
    if module.needs_whole_sets:
        _ = module.pair  # raises where there is none
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
    if isinstance(data, DomainPair):
        rehearse(module, *(order.smallest for order in data.orders().values()))


@torch.no_grad()
def rehearse(module: "DomainAdapter", n: int, m: int) -> None:
    """Calls each pure term once, on random features of the smallest batches that will come.

    Raises:
        ValueError: A term can't be taken of so few samples (a covariance of one, say).
    """
    with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
        warnings.simplefilter("ignore", NotConverged)  # of random features
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


def random(module: "DomainAdapter", n: int) -> Encoded:
    """``n`` samples of which only the shapes are true."""
    device, width = module.device, int(module.head.in_features)
    z, zeros = torch.randn(n, width, device=device), torch.zeros(n, dtype=torch.long, device=device)
    logits = torch.randn(n, module.task.outputs, device=device)
    y = zeros if module.task.fill == -1 else torch.zeros_like(logits)
    layers = dict.fromkeys(module.layers, z)
    return Encoded(None, y, zeros >= 0, zeros, zeros, z, logits, layers)
