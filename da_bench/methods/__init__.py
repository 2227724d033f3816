"""Every method, one file each."""

# Imports from folders below, and __all__: written by "python -m tests.generated".
from .adversarial.adda import ADDA
from .adversarial.cdan import CDAN
from .adversarial.dann import DANN
from .adversarial.dirt_t import DIRTT
from .adversarial.mcd import MCD
from .adversarial.mdd import MDD
from .adversarial.symnet import SymNet
from .adversarial.vada import VADA
from .adversarial.wdgrl import WDGRL
from .base import DomainAdapter
from .baselines.source_only import SourceOnly
from .baselines.target_only import TargetOnly
from .closed_form.closed_form import ClosedForm
from .closed_form.svm import SVM
from .closed_form.transductive import Transductive
from .encoded import Encoded
from .features.adabn import AdaBN
from .features.alignment import Alignment
from .features.can import CAN
from .features.deepjdot import DeepJDOT
from .features.drcn import DRCN
from .features.dsan import DSAN
from .features.penalised import Penalised
from .instances.iwan import IWAN
from .instances.label_shift import LabelShift
from .instances.reweighted import Reweighted
from .optimizer import OptimizerFactory
from .parameters.fine_tune import FineTune
from .penalty import Penalty
from .self_training.atdoc import ATDOC
from .self_training.fixmatch import FixMatch
from .self_training.mean_teacher import MeanTeacher
from .self_training.pseudo_label import PseudoLabel

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
