"""FixMatch: the label that a weak view suggests must hold for a strong one."""

from collections.abc import Callable
from typing import Any

from torch import Tensor

from da_bench.config.objects import bind_options
from da_bench.data import Batch
from da_bench.data.batch import join, tree_map
from da_bench.data.pair import Role
from da_bench.functional import pseudo_label_loss, strong_view, weak_view
from da_bench.methods.base import DomainAdapter, Encoded

View = Callable[..., Tensor]


class FixMatch(DomainAdapter):
    r"""Pseudo-labels of weakly augmented target samples, learned on their strong augmentation.

    Sohn et al., "FixMatch: simplifying semi-supervised learning with consistency and confidence",
    NeurIPS 2020: equation 3 on the source (weakly augmented), equation 4 on the target, all in one
    pass. The paper's batches hold seven times as many unlabelled samples: ``target_batch_size``.

    Args:
        threshold: Least probability of a label that counts, :math:`\tau`.
        weak: Maps a batch of inputs to a random view that keeps its class.
        strong: To one that is harder to recognise.
        weak_options: Keyword arguments of ``weak``.
        strong_options: Keyword arguments of ``strong``.
    """

    trained_encoders = ("source", "target")
    needs_classes = True

    def __init__(
        self,
        *args: Any,
        threshold: float = 0.95,
        weak: View = weak_view,
        strong: View = strong_view,
        weak_options: dict[str, Any] | None = None,
        strong_options: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        if not 0 <= threshold <= 1:
            raise ValueError(f"threshold={threshold}: a probability, in [0, 1]")
        self.threshold, self.weak, self.strong = threshold, weak, strong
        self.weak_options, self.strong_options = weak_options, strong_options
        self._weak = bind_options(weak, weak_options)
        self._strong = bind_options(strong, strong_options)

    def encode(self, batch: dict[Role, Batch]) -> tuple[Encoded, Encoded]:
        """Both domains; of the target first the weak views, then the strong ones."""
        source, target = batch["source"], batch["target"]
        weak, strong = (
            target._replace(x=tree_map(view, target.x)) for view in (self._weak, self._strong)
        )
        source = source._replace(x=tree_map(self._weak, source.x))
        return super().encode({"source": source, "target": join(weak, strong)})

    def adaptation_loss(self, source: Encoded, target: Encoded, progress: float) -> Tensor:
        """The strong views' loss under the weak views' labels."""
        weak, strong = target.logits.chunk(2)
        return pseudo_label_loss(strong, weak, self.threshold)
