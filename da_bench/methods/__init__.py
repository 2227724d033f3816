"""Every method, one file each."""

from .alignment import Alignment
from .atdoc import ATDOC
from .base import DomainAdapter, Encoded
from .cdan import CDAN
from .closed_form import ClosedForm
from .dann import DANN
from .fine_tune import FineTune
from .fixmatch import FixMatch
from .label_shift import LabelShift
from .mean_teacher import MeanTeacher
from .optimizer import OptimizerFactory
from .pseudo_label import PseudoLabel
from .reweighted import Reweighted
from .source_only import SourceOnly
from .svm import SVM
from .target_only import TargetOnly

__all__ = [
    "ATDOC",
    "CDAN",
    "DANN",
    "SVM",
    "Alignment",
    "ClosedForm",
    "DomainAdapter",
    "Encoded",
    "FineTune",
    "FixMatch",
    "LabelShift",
    "MeanTeacher",
    "OptimizerFactory",
    "PseudoLabel",
    "Reweighted",
    "SourceOnly",
    "TargetOnly",
]
