"""Instance reweighting: a density ratio, as weights of the source risk."""

from collections.abc import Callable
from typing import Any, Literal

import torch
from lightning.pytorch.utilities import rank_zero_warn
from torch import Tensor

from da_bench.config.objects import bind_options
from da_bench.data.task import known
from da_bench.data.vectors import vectors
from da_bench.functional import effective_sample_size, kmm, weighted_risk
from da_bench.methods.base import DomainAdapter, Encoded


class Reweighted(DomainAdapter):
    r"""Importance-weighted risk :math:`\frac1n \sum_i w(x_i)\,\ell(x_i, y_i)`, :math:`w = p_t/p_s`.

    With ``kmm``, kernel mean matching (Huang et al., NeurIPS 2006); with ``logistic``, the
    discriminative ratio (Bickel et al., JMLR 2009); the weighted risk is Shimodaira's (Journal of
    Statistical Planning and Inference, 2000). The weights are a buffer, so a checkpoint carries
    them. ``gaussian`` and ``kde`` are the quotients of two estimated densities.

    Args:
        ratio: Maps samples ``(n, d), (m, d)`` to weights of the first ``(n,)``, mean one.
        options: Keyword arguments of the ratio.
        on: The ratio of ``inputs`` (flattened) or of ``features``.
        refit_every: Epochs between fits; 0 fits once, before the first step.
        clip: Largest weight that counts (the mean weight is one); None counts all in full.
        normalised: Divide a batch's risk by the sum of its weights, and not by its size.
    """

    source_only = True
    needs_whole_sets = True
    weights: Tensor
    fitted: Tensor

    def __init__(
        self,
        *args: Any,
        ratio: Callable[..., Tensor] = kmm,
        options: dict[str, Any] | None = None,
        on: Literal["inputs", "features"] = "inputs",
        refit_every: int = 0,
        clip: float | None = None,
        normalised: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.ratio, self.options, self.on, self.refit_every = ratio, options, on, refit_every
        self.clip, self.normalised = clip, normalised
        self._ratio = bind_options(ratio, options)
        self.register_buffer("weights", torch.ones(0))
        self.register_buffer("fitted", torch.tensor(-1))  # the epoch of the last fit

    def on_train_start(self) -> None:
        """Tells of the weights of a training that goes on in mid-epoch: its start is past."""
        if self.fitted >= 0:
            self.report()

    def on_train_epoch_start(self) -> None:
        """Fits the weights when due; a resumed epoch keeps its own."""
        last_epoch, epoch = int(self.fitted), self.current_epoch
        if last_epoch < 0 or (
            self.refit_every and last_epoch != epoch and epoch % self.refit_every == 0
        ):
            weights = self._ratio(self.sample("source"), self.sample("target"))
            self.weights = weights.to(self.weights.dtype)
            self.fitted.fill_(epoch)
        self.report()

    def sample(self, domain: Literal["source", "target"]) -> Tensor:
        """What the ratio sees of a training set: ``(n, d)``."""
        if self.on == "features":
            return self.collect(domain).z
        return vectors(self.pair, domain)[0].to(self.device)

    def report(self) -> None:
        """Logs the effective sample size; says where the weights do nothing, or lean on a few."""
        size, n = float(effective_sample_size(self.weights)), len(self.weights)
        name = getattr(self.ratio, "__name__", "ratio")
        self.log("health/effective_sample_size", size)
        if size > 0.99 * n:
            rank_zero_warn(
                f"{name}: near-uniform weights (effective sample size {size:.1f} of {n})"
            )
        elif size < 0.05 * n:
            rank_zero_warn(
                f"{name}: few samples carry it (effective sample size {size:.1f} of {n})"
            )

    def source_risk(self, source: Encoded) -> Tensor:
        """The importance-weighted risk of the samples whose label is known."""
        losses, has_label = (
            self.task.loss(source.logits, source.y, reduction="none"),
            known(source.y),
        )
        weights = self.weights[source.index]
        return weighted_risk(losses[has_label], weights[has_label], self.clip, self.normalised)
