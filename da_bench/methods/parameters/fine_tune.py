"""Parameter transfer: a trained model carried to the target with its labelled few."""

from torch import Tensor

from da_bench.data import Batch
from da_bench.data.pair import Role
from da_bench.methods.base import DomainAdapter


class FineTune(DomainAdapter):
    """Starts from ``init_from`` (or pre-trained weights) and fits the target's labelled few.

    All layers train, unless :class:`~da_bench.callbacks.GradualUnfreezing` holds some: for ever
    (head only) or until an epoch of their own (staged; Howard and Ruder, ACL 2018, section 3.3).
    Learning-rate decay is the optimizer's ``schedule``; early stopping is Lightning's, on the
    development split ``val/target`` that ``data.target_dev`` keeps from the granted labels.
    """

    trained_encoders = ("target",)
    needs_target_labels = True

    def losses(self, batch: dict[Role, Batch], progress: float) -> dict[str, Tensor]:
        """The task's loss on the target; hidden labels count nothing."""
        return self.target_risk(batch)
