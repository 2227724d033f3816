"""Label shift: class weights from a model's own confusions, as weights of the source risk."""

from collections.abc import Callable
from typing import Any

import torch
from lightning.pytorch.utilities import rank_zero_warn
from torch import Tensor

from da_bench.config.objects import bind_options
from da_bench.data.task import known
from da_bench.functional import bbse, joint_counts, weighted_risk
from da_bench.methods.base import DomainAdapter, Encoded


class LabelShift(DomainAdapter):
    r"""Risk weighted by class, :math:`\frac1n \sum_i w(y_i)\,\ell_i`, :math:`w = p_t(y) / p_s(y)`.

    For :math:`p_t(x \mid y) = p_s(x \mid y)` and different shares of the classes. The weights come,
    before the first step, from what the model as it starts predicts of the source's validation
    split, whose labels are known, and of the target: so start it from a trained one
    (``init_from``; ``start_from: source_only`` in YAML). With ``bbse``, Lipton, Wang and Smola,
    ICML 2018 (Algorithm 1); with ``rlls``, Azizzadenesheli et al., ICLR 2019.

    Args:
        estimator: Maps counts of (predicted, true) classes ``(k, k)`` on held-out source and of
            predicted ones ``(k,)`` on the target to weights ``(k,)`` of source mean one.
        options: Keyword arguments of the estimator.
    """

    needs_classes = True
    needs_start = "source_only"
    source_only = True
    needs_whole_sets = True
    class_weights: Tensor
    fitted: Tensor

    def __init__(
        self,
        *args: Any,
        estimator: Callable[..., Tensor] = bbse,
        options: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.estimator, self.options = estimator, options
        self._estimate = bind_options(estimator, options)
        self.register_buffer("class_weights", torch.ones(self.task.outputs))
        self.register_buffer("fitted", torch.tensor(False))

    def on_fit_start(self) -> None:
        """Raises ValueError where no source is held out to count confusions on."""
        super().on_fit_start()
        if not len(self.pair.view("source", "val")):
            raise ValueError(
                "LabelShift counts a model's confusions on held-out source samples and this source "
                "has no validation split: give it one"
            )

    def on_train_epoch_start(self) -> None:
        """Estimates the weights once."""
        if self.fitted:
            return
        outputs, k = self.collect("source", "val"), self.task.outputs
        has_label = known(outputs.y)
        counts = joint_counts(outputs.logits.argmax(1)[has_label], outputs.y[has_label], k)
        if counts.trace() <= counts.sum(0).max():
            rank_zero_warn(
                "the model tells the classes of held-out source no better than the commonest class "
                "does, so its confusions say little of a shift: start it from a trained one "
                "(init_from)"
            )
        target_counts = torch.bincount(self.collect("target").logits.argmax(1), minlength=k)
        self.class_weights.copy_(self._estimate(counts, target_counts))
        self.fitted.fill_(True)

    def source_risk(self, source: Encoded) -> Tensor:
        """The risk, weighted by class, of the samples whose label is known."""
        has_label = known(source.y)
        losses = self.task.loss(source.logits[has_label], source.y[has_label], reduction="none")
        return weighted_risk(losses, self.class_weights[source.y[has_label]])
