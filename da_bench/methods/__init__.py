"""Every method, one file each."""

from .adabn import AdaBN
from .adda import ADDA
from .alignment import Alignment
from .atdoc import ATDOC
from .base import DomainAdapter, Encoded
from .can import CAN
from .cdan import CDAN
from .closed_form import ClosedForm
from .dann import DANN
from .deepjdot import DeepJDOT
from .dirt_t import DIRTT
from .drcn import DRCN
from .dsan import DSAN
from .fine_tune import FineTune
from .fixmatch import FixMatch
from .iwan import IWAN
from .label_shift import LabelShift
from .mcd import MCD
from .mdd import MDD
from .mean_teacher import MeanTeacher
from .optimizer import OptimizerFactory
from .penalised import Penalised
from .penalty import Penalty
from .pseudo_label import PseudoLabel
from .reweighted import Reweighted
from .source_only import SourceOnly
from .svm import SVM
from .symnet import SymNet
from .target_only import TargetOnly
from .transductive import Transductive
from .vada import VADA
from .wdgrl import WDGRL

__all__ = [
    "ADDA",
    "ATDOC",
    "CAN",
    "CDAN",
    "DANN",
    "DIRTT",
    "DRCN",
    "DSAN",
    "IWAN",
    "MCD",
    "MDD",
    "SVM",
    "VADA",
    "WDGRL",
    "AdaBN",
    "Alignment",
    "ClosedForm",
    "DeepJDOT",
    "DomainAdapter",
    "Encoded",
    "FineTune",
    "FixMatch",
    "LabelShift",
    "MeanTeacher",
    "OptimizerFactory",
    "Penalised",
    "Penalty",
    "PseudoLabel",
    "Reweighted",
    "SourceOnly",
    "SymNet",
    "TargetOnly",
    "Transductive",
]
