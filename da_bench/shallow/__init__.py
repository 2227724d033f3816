"""Closed-form, transductive methods as scikit-learn estimators, one file each."""

from .base import Shallow, Whole
from .bda import BDA
from .coral import CORAL
from .easy_tl import EasyTL
from .gfk import GFK
from .jda import JDA
from .jdot import JDOT
from .linear_ot import LinearOT
from .otda import OTDA
from .pca import PCA
from .plain import Plain
from .subspace_alignment import SubspaceAlignment
from .tca import TCA
from .tjm import TJM

__all__ = [
    "BDA",
    "CORAL",
    "GFK",
    "JDA",
    "JDOT",
    "OTDA",
    "PCA",
    "TCA",
    "TJM",
    "EasyTL",
    "LinearOT",
    "Plain",
    "Shallow",
    "SubspaceAlignment",
    "Whole",
]
