"""Any divergence or score over batches and replicas: samples are kept, measured at the end."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torchmetrics import Metric
from torchmetrics.utilities import dim_zero_cat

from da_bench.functional import proxy_a_distance


class Streamed(Metric):
    """What is computed of all samples at once: a value, and the record that it stands in."""

    is_differentiable = False
    full_state_update = False

    def compute(self) -> Tensor:
        """The value, a scalar; :meth:`record` has the rest."""
        return torch.tensor(_value(self._measured()))

    def record(self) -> Any:
        """What the function returns, of the samples of all replicas."""
        with self.sync_context(
            dist_sync_fn=self.dist_sync_fn,
            should_sync=self._to_sync,
            should_unsync=self._should_unsync,
        ):
            return self._measured()

    def _measured(self) -> Any:
        raise NotImplementedError(f"{type(self).__name__} measures nothing")


class TwoSamples(Streamed):
    """A divergence between all source and all target features that were shown.

    Equal to the function on the whole samples, which are kept in memory; replicas are joined.

    Args:
        measure: Takes ``(n, d), (m, d)`` to a scalar or to a record with a ``value``.
        **kwargs: Options of ``measure`` by name; those of :class:`torchmetrics.Metric` too.

    Raises:
        ValueError: On ``compute``, as ``measure``; a domain was never shown.
    """

    source: list[Tensor]
    target: list[Tensor]

    def __init__(self, measure: Callable[..., Any] = proxy_a_distance, **kwargs: Any) -> None:
        options, metric_options = _options(kwargs)
        super().__init__(**metric_options)
        self.measure, self.options = measure, options
        self.add_state("source", default=[], dist_reduce_fx="cat")
        self.add_state("target", default=[], dist_reduce_fx="cat")

    def update(self, source: Tensor | None = None, target: Tensor | None = None) -> None:
        """Adds a batch ``(n, d)`` of either domain, or of both, which may differ in size."""
        for batches, batch in ((self.source, source), (self.target, target)):
            if batch is not None:
                batches.append(batch.detach())

    def _measured(self) -> Any:
        for name in ("source", "target"):
            if not len(getattr(self, name)):
                raise ValueError(f"no {name} batch was shown: update({name}=...) before compute")
        with torch.inference_mode(False):
            return self.measure(
                dim_zero_cat(self.source).clone(), dim_zero_cat(self.target).clone(), **self.options
            )


class LabelledSample(Streamed):
    """A transferability score of all outputs and labels that were shown.

    Args:
        score: Takes outputs ``(n, ...)`` and labels ``(n,)`` to a scalar or to a record with a
            ``value``: ``logme``, ``leep``, ``nce``, ``h_score``, ``transrate``.
        **kwargs: Options of ``score`` by name; those of :class:`torchmetrics.Metric` too.

    Raises:
        ValueError: On ``compute``, as ``score``; nothing was shown.
    """

    outputs: list[Tensor]
    labels: list[Tensor]

    def __init__(self, score: Callable[..., Any], **kwargs: Any) -> None:
        options, metric_options = _options(kwargs)
        super().__init__(**metric_options)
        self.score, self.options = score, options
        self.add_state("outputs", default=[], dist_reduce_fx="cat")
        self.add_state("labels", default=[], dist_reduce_fx="cat")

    def update(self, outputs: Tensor, y: Tensor) -> None:
        """Adds a batch: features, probabilities or classes of the model, and labels."""
        self.outputs.append(outputs.detach())
        self.labels.append(y)

    def _measured(self) -> Any:
        if not len(self.labels):
            raise ValueError("no batch was shown: update(outputs, y) before compute")
        return self.score(dim_zero_cat(self.outputs), dim_zero_cat(self.labels), **self.options)


METRIC_OPTIONS = (
    "compute_on_cpu",
    "dist_sync_on_step",
    "process_group",
    "dist_sync_fn",
    "distributed_available_fn",
    "sync_on_compute",
    "compute_with_cache",
)
"""What :class:`torchmetrics.Metric` takes."""


def _options(kwargs: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    metric_options = {name: kwargs.pop(name) for name in METRIC_OPTIONS if name in kwargs}
    return kwargs, metric_options


def _value(result: Any) -> float:
    return float(getattr(result, "value", result))
