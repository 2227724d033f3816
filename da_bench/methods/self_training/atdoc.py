"""ATDOC: the neighbours of a target sample in a memory bank say what its label is."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from da_bench.data import Batch
from da_bench.data.pair import Role
from da_bench.functional import neighbour_loss, neighbour_predictions, sharpened
from da_bench.methods.base import DomainAdapter, Encoded
from da_bench.networks.hooks import held


class ATDOC(DomainAdapter):
    r"""A classifier of the target alone, without parameters, gives the pseudo-labels.

    A bank remembers features and sharpened predictions of each target sample; the mean prediction
    of the nearest ones labels a sample, with its largest entry as weight. Liang, Hu and Feng,
    "Domain adaptation with auxiliary target domain-oriented classifier", CVPR 2021, equations 6
    to 8, neighbourhood aggregation (ATDOC-NA), after the authors' code but for the bank's start:
    the network's own features and predictions here, random ones in the code; and for its scale,
    the same however many samples are remembered at once. ``weight`` grows linearly.

    Args:
        neighbours: How many speak for a sample; 5 in the paper.
    """

    trained_encoders = ("source", "target")
    needs_classes = True
    needs_whole_sets = True
    bank_z: Tensor
    bank_p: Tensor

    def __init__(self, *args: Any, neighbours: int = 5, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if neighbours < 1:
            raise ValueError(f"neighbours={neighbours}: at least one speaks for a sample")
        self.neighbours = neighbours
        self.register_buffer("bank_z", torch.empty(0, self.head.in_features))
        self.register_buffer("bank_p", torch.empty(0, self.task.outputs))

    def on_train_epoch_start(self) -> None:
        """Fills the bank before the first step."""
        if not len(self.bank_z):
            target = self.collect("target")
            if self.neighbours >= len(target.z):
                raise ValueError(
                    f"neighbours={self.neighbours}: the target has {len(target.z)} samples, itself "
                    "left out"
                )
            self.bank_z, self.bank_p = F.normalize(target.z), self.remembered(target.logits)

    def adaptation_loss(self, source: Encoded, target: Encoded, progress: float) -> Tensor:
        """The target's loss under its neighbours' labels."""
        bank = self.bank_z, self.bank_p
        return neighbour_loss(
            target.logits, neighbour_predictions(target.z, target.index, *bank, self.neighbours)
        )

    def remembered(self, logits: Tensor) -> Tensor:
        """Sharpened predictions of mean ``1 / k``, however many they are; the loss has no scale."""
        return sharpened(logits) * len(logits) / self.task.outputs

    def training_step(self, batch: dict[Role, Batch], batch_idx: int) -> Tensor:
        """The step; afterwards the bank remembers the batch as evaluation would see it."""
        total = super().training_step(batch, batch_idx)
        with torch.no_grad(), held(list(self.modules())):
            target = self.encode_one(batch["target"], "target")
        self.bank_z[target.index] = F.normalize(target.z).to(self.bank_z)
        self.bank_p[target.index] = self.remembered(target.logits).to(self.bank_p)
        return total
