"""The oracle: what target labels, which no other method has, would give."""

from torch import Tensor

from da_bench.data import Batch
from da_bench.data.pair import Role
from da_bench.methods.base import DomainAdapter


class TargetOnly(DomainAdapter):
    """Empirical risk on the labelled target: an oracle, an upper mark rather than a method.

    Needs ``target_labels: all`` (or some) of the data.
    """

    trained_encoders = ("target",)
    needs_target_labels = True

    def losses(self, batch: dict[Role, Batch], progress: float) -> dict[str, Tensor]:
        """The task's loss on the target; hidden labels count nothing."""
        return self.target_risk(batch)
