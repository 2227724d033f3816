"""One look at a training, for the health callback: what its diagnoses read."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torchmetrics.functional.classification import multiclass_cohen_kappa

from da_bench.data import Batch
from da_bench.data.pair import Role
from da_bench.health.record import Record
from da_bench.health.signs import (
    balanced_accuracy,
    classes_among,
    effective_rank,
    gap,
    separable_by_means,
)
from da_bench.methods import DomainAdapter
from da_bench.methods.encoded import Encoded
from da_bench.networks.domain_norm import DomainNorm
from da_bench.networks.hooks import batch_norms

SCHEDULES = ("weight_schedule", "schedule")
"""Attributes of methods that scale the adaptation loss, or the gradient that it sends back."""

REVERSALS = ("reversal", "domain_weight")
"""Attributes of methods that scale the gradient of their critic by a constant."""

Moments = tuple[Tensor, Tensor]


def look(model: DomainAdapter, batch: Mapping[Role, Batch], step: int, done: float) -> Record:
    """Measures a model on a held batch of each domain; leaves it, and all chance, as they were.

    Before the first step only the features are looked at: some methods make what their terms need
    at the start of an epoch.

    Args:
        model: A method in training.
        batch: A batch of each domain, on the model's device.
        step: Batches done.
        done: Share of the training's batches done.
    """
    devices = [model.device] if model.device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices), evaluation_mode(model):
        with torch.no_grad():
            measurements = measure_features(model, batch)
        progress = model.progress
        measurements |= {"weight": float(model.weight), "progress": progress}
        measurements["factors"] = {
            name: float(getattr(model, name)(progress))
            for name in SCHEDULES
            if hasattr(model, name)
        }
        for name in REVERSALS:
            if hasattr(model, name):
                measurements["factors"]["reversal"] = float(getattr(model, name))
        if step:
            with torch.enable_grad():
                measurements |= measure_terms(model, batch, progress)
    return Record(step, done, **measurements)


@contextmanager
def evaluation_mode(model: nn.Module) -> Iterator[None]:
    """Inside, everything is in evaluation mode."""
    training = [module for module in model.modules() if module.training]
    for module in training:
        module.training = False
    try:
        yield
    finally:
        for module in training:
            module.training = True


def measure_features(model: DomainAdapter, batch: Mapping[Role, Batch]) -> dict[str, Any]:
    """Norms and rank of the features, predictions, the critic's answers, batch norm's gap."""
    encoded: dict[Role, Encoded] = {}
    moments: dict[Role, list[Moments]] = {}
    for role, samples in batch.items():
        with moments_at(batch_norms(model.encoder_of(role))) as moments[role]:
            encoded[role] = model.encode_one(samples, role)
    source, target = encoded["source"], encoded["target"]
    size = {role: float(e.z.float().square().mean().sqrt()) for role, e in encoded.items()}
    measurements: dict[str, Any] = {"source_norm": size["source"], "target_norm": size["target"]}
    z = target.z.float()
    if len(z) > 1 and bool(z.isfinite().all()):
        deviation = float(z.var(0).mean().sqrt())
        measurements["spread"] = deviation / size["target"] if size["target"] > 0 else 0.0
        measurements["rank"] = effective_rank(z)
    if bool(source.z.isfinite().all()) and bool(z.isfinite().all()):
        measurements["separable"] = separable_by_means(source.z.float(), z)
    if hasattr(model.task, "classes"):
        k, guess = model.task.outputs, source.logits.argmax(1)
        measurements["predicted"] = classes_among(target.logits.argmax(1), k)
        measurements["labelled"] = classes_among(source.y, k)
        measurements["source_kappa"] = float(
            multiclass_cohen_kappa(guess, source.y, k, ignore_index=-1)
        )
    domain_logits = model.domain_logits(source, target)
    if domain_logits is not None:
        source_logits, target_logits = (logits.double() for logits in domain_logits)
        measurements["accuracy"] = balanced_accuracy(source_logits > 0, target_logits < 0)
        doubt = (torch.sigmoid(-source_logits).mean() + torch.sigmoid(target_logits).mean()) / 2
        measurements["doubt"] = float(doubt)
    is_shared = not any(isinstance(layer, DomainNorm) for layer in model.modules())
    if is_shared and moments["source"] and len(moments["source"]) == len(moments["target"]):
        pairs = zip(moments["source"], moments["target"], strict=True)
        measurements["norm_gap"] = max(gap(one, two) for one, two in pairs)
    return measurements


def measure_terms(
    model: DomainAdapter, batch: Mapping[Role, Batch], progress: float
) -> dict[str, Any]:
    """The terms of the loss, and the norms of their gradients in the features."""
    with outputs_of(model) as z:
        terms = model.losses(dict(batch), progress)
    measurements: dict[str, Any] = {"terms": {k: float(v.detach()) for k, v in terms.items()}}
    live = [output for output in z if output.requires_grad]
    if not live:  # a held encoder: no gradient is due
        return measurements
    for name, term in (("gradient", "adaptation_loss"), ("source_gradient", "source_risk")):
        if term in terms:
            measurements[name] = float(slopes(terms[term], live).norm())
    encoded = {role: model.encode_one(samples, role) for role, samples in batch.items()}
    source, target = (
        encoded[role]._replace(z=encoded[role].z.detach().requires_grad_()) for role in encoded
    )
    domain_logits = model.domain_logits(source, target)
    if domain_logits is not None:
        odds = slopes(domain_logits[0].mean() - domain_logits[1].mean(), [source.z, target.z])
        measurements["critic_gradient"] = float(odds.norm())
        if "adaptation_loss" in terms:  # what comes after the two domains is of further passes
            adaptation = slopes(terms["adaptation_loss"], live)[: len(odds)]
            if len(adaptation) == len(odds) and bool(adaptation.any()) and bool(odds.any()):
                measurements["against_critic"] = float(
                    adaptation @ odds / adaptation.norm() / odds.norm()
                )
    return measurements


def slopes(value: Tensor, inputs: list[Tensor]) -> Tensor:
    """A scalar's gradient in some tensors, in one row; zero where it does not depend on them."""
    gradients: Sequence[Tensor | None] = [None] * len(inputs)
    if value.requires_grad:
        gradients = torch.autograd.grad(value, inputs, retain_graph=True, allow_unused=True)
    return torch.cat([
        (torch.zeros_like(layer_input) if slope is None else slope).flatten().double()
        for layer_input, slope in zip(inputs, gradients, strict=True)
    ])  # fmt: skip


@contextmanager
def outputs_of(model: DomainAdapter) -> Iterator[list[Tensor]]:
    """Collects what the encoders give back, in the passes made inside."""
    outputs: list[Tensor] = []
    encoders = {model.encoder_of("source"), model.encoder_of("target")}
    handles = [e.register_forward_hook(lambda *args: outputs.append(args[2])) for e in encoders]
    try:
        yield outputs
    finally:
        for handle in handles:
            handle.remove()


@contextmanager
def moments_at(layers: list[Any]) -> Iterator[list[Moments]]:
    """Collects mean and deviation by channel of what comes to layers of batch norm."""
    moments: list[Moments] = []

    def keep(module: nn.Module, args: tuple[Tensor, ...]) -> None:
        by_channel = args[0].float().transpose(0, 1).flatten(1)
        moments.append((by_channel.mean(1), by_channel.std(1, correction=0)))

    handles = [layer.register_forward_pre_hook(keep) for layer in layers]
    try:
        yield moments
    finally:
        for handle in handles:
            handle.remove()
