"""Contrastive adaptation: classes drawn together across domains and apart from each other."""

from collections.abc import Sequence
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from da_bench.functional import cdd, indicators, spherical_kmeans
from da_bench.methods.base import DomainAdapter, Encoded


class CAN(DomainAdapter):
    r"""Penalises :math:`\sum_l \mathrm{CDD}(z^l_s, y; z^l_t, \hat y)`, labelling by clusters.

    Kang et al., "Contrastive adaptation network for unsupervised domain adaptation", CVPR 2019,
    equations 3 to 5. The two steps alternate by the epoch: the target's features are clustered on
    the sphere from the source's class centres, and the network trains on these labels. Points far
    from their centre and classes of few such points are set aside.

    The paper draws the batches of this term by class, and the source risk's apart from them; here
    one batch serves both, each class counting the same however many of its points fall into it, and
    a class missing on one side waits for the next. ``balanced`` of the data draws the source so.

    Args:
        on: What is aligned: ``z``, ``logits`` or ``probabilities``.
        threshold: Largest distance :math:`\tfrac12(1 - \cos)` of a point to its centre, the
            paper's :math:`D_0`.
        least: Fewest such points of a class, the paper's :math:`N_0`.
    """

    trained_encoders = ("source", "target")
    needs_classes = True
    needs_whole_sets = True
    pseudo_labels: Tensor
    clustered: Tensor

    def __init__(
        self,
        *args: Any,
        on: Sequence[Literal["z", "logits", "probabilities"]] = ("z", "probabilities"),
        threshold: float = 0.05,
        least: int = 3,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.on, self.threshold, self.least = tuple(on), threshold, least
        self.register_buffer("pseudo_labels", torch.zeros(0, dtype=torch.long))
        self.register_buffer("clustered", torch.tensor(-1))  # the epoch of the last clustering

    @torch.no_grad()
    def on_train_epoch_start(self) -> None:
        """Labels the target anew; a resumed epoch keeps its labels."""
        if int(self.clustered) == self.current_epoch:
            return
        source, k = self.collect("source"), self.task.outputs
        # In single precision, whatever the training's: clusters are few and cheap.
        centres = indicators(source.y, k).T @ F.normalize(source.z.float(), dim=1)
        labels, distance = spherical_kmeans(self.collect("target").z.float(), centres)
        labels = torch.where(distance <= self.threshold, labels, -1)
        count = indicators(labels, k).sum(0)
        is_rare = (count < self.least)[labels] & (labels >= 0)
        self.pseudo_labels = labels.masked_fill(is_rare, -1)
        self.clustered.fill_(self.current_epoch)
        self.log("health/labelled_target", (self.pseudo_labels >= 0).float().mean())

    def adaptation_loss(self, source: Encoded, target: Encoded, progress: float) -> Tensor:
        """The contrastive discrepancy, summed over what is aligned."""
        k, labels = self.task.outputs, self.pseudo_labels[target.index]
        y, labels = indicators(source.y, k), indicators(labels, k)
        pairs = zip(self.aligned(source), self.aligned(target), strict=True)
        return torch.stack(
            [cdd(source_layer, target_layer, y, labels) for source_layer, target_layer in pairs]
        ).sum()

    def aligned(self, encoded: Encoded) -> list[Tensor]:
        """What is aligned, each ``(n, d)``."""
        outputs = {"z": encoded.z, "logits": encoded.logits}
        return [outputs[name] if name in outputs else encoded.logits.softmax(1) for name in self.on]
