"""Every method, one file each."""

from .alignment import Alignment
from .base import DomainAdapter, Encoded
from .cdan import CDAN
from .closed_form import ClosedForm
from .dann import DANN
from .fine_tune import FineTune
from .optimizer import OptimizerFactory
from .reweighted import Reweighted
from .source_only import SourceOnly
from .svm import SVM
from .target_only import TargetOnly
from .transductive import Transductive

__all__ = [
    "CDAN",
    "DANN",
    "SVM",
    "Alignment",
    "ClosedForm",
    "DomainAdapter",
    "Encoded",
    "FineTune",
    "OptimizerFactory",
    "Reweighted",
    "SourceOnly",
    "TargetOnly",
    "Transductive",
]
