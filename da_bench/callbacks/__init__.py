"""What can be added to any method without touching it."""

from .bound_ledger import BoundLedger
from .divergences import Divergences
from .keep_best import KeepBest
from .outputs import SaveOutputs
from .selections import Selections
from .streams import RandomStreams
from .unfreezing import GradualUnfreezing

__all__ = [
    "BoundLedger",
    "Divergences",
    "GradualUnfreezing",
    "KeepBest",
    "RandomStreams",
    "SaveOutputs",
    "Selections",
]
