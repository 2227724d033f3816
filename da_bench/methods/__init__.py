"""Every method, one file each."""

from .adabn import AdaBN
from .alignment import Alignment
from .base import DomainAdapter, Encoded
from .can import CAN
from .cdan import CDAN
from .closed_form import ClosedForm
from .dann import DANN
from .deepjdot import DeepJDOT
from .dsan import DSAN
from .drcn import DRCN
from .fine_tune import FineTune
from .optimizer import OptimizerFactory
from .penalised import Penalised
from .penalty import Penalty
from .reweighted import Reweighted
from .source_only import SourceOnly
from .svm import SVM
from .target_only import TargetOnly

__all__ = [
    "CAN",
    "CDAN",
    "DANN",
    "DSAN",
    "DRCN",
    "SVM",
    "AdaBN",
    "Alignment",
    "ClosedForm",
    "DeepJDOT",
    "DomainAdapter",
    "Encoded",
    "FineTune",
    "OptimizerFactory",
    "Penalised",
    "Penalty",
    "Reweighted",
    "SourceOnly",
    "TargetOnly",
]
