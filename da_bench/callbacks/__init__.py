"""What can be added to any method without touching it."""

from .bound_ledger import BoundLedger
from .divergences import Divergences
from .health import Health
from .keep_best import KeepBest
from .keep_last import KeepLast
from .outputs import KeepOutputs, SaveOutputs
from .selections import Selections
from .streams import RandomStreams
from .unfreezing import GradualUnfreezing

__all__ = [
    "BoundLedger",
    "Divergences",
    "GradualUnfreezing",
    "Health",
    "KeepBest",
    "KeepLast",
    "KeepOutputs",
    "RandomStreams",
    "SaveOutputs",
    "Selections",
]
