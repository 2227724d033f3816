"""Divergences and scores as torchmetrics objects, and probes that need scikit-learn."""

from .probes import PROBES, probe_a_distance
from .streamed import LabelledSample, TwoSamples

__all__ = ["PROBES", "LabelledSample", "TwoSamples", "probe_a_distance"]
