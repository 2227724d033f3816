"""Closed-form, transductive methods as scikit-learn estimators, one file each."""

from .base import Shallow
from .jda import JDA
from .pca import PCA
from .plain import Plain
from .tca import TCA

__all__ = ["JDA", "PCA", "TCA", "Plain", "Shallow"]
