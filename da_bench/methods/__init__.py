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
from .dsan import DSAN
from .drcn import DRCN
from .dirt_t import DIRTT
from .fine_tune import FineTune
from .iwan import IWAN
from .mcd import MCD
from .mdd import MDD
from .optimizer import OptimizerFactory
from .penalised import Penalised
from .penalty import Penalty
from .fixmatch import FixMatch
from .label_shift import LabelShift
from .mean_teacher import MeanTeacher
from .optimizer import OptimizerFactory
from .pseudo_label import PseudoLabel
from .reweighted import Reweighted
from .source_only import SourceOnly
from .svm import SVM
from .symnet import SymNet
from .target_only import TargetOnly
from .vada import VADA
from .wdgrl import WDGRL
from .transductive import Transductive

__all__ = [
    "CAN",
    "ATDOC",
    "CDAN",
    "DANN",
    "DSAN",
    "DRCN",
    "SVM",
    "AdaBN",
    "ADDA",
    "CDAN",
    "DANN",
    "DIRTT",
    "IWAN",
    "MCD",
    "MDD",
    "SVM",
    "VADA",
    "WDGRL",
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
