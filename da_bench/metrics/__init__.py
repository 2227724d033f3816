"""Divergences and scores as torchmetrics objects, and probes that need scikit-learn."""

from .joint_error import joint_error
from .probes import PROBES, probe_a_distance
from .streamed import LabelledSample, TwoSamples

__all__ = ["PROBES", "LabelledSample", "TwoSamples", "joint_error", "probe_a_distance"]
