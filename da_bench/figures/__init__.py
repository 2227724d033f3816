"""Functions that take figures' numbers and return a figure: of plotly, or matplotlib for papers."""

from .attributions import attributed_images, attributed_words
from .bound_ledger import bound_ledger
from .confusion_by_domain import confusion_by_domain
from .critical_difference import critical_difference
from .decision_boundary import decision_boundary
from .explained import changed, integrated_gradients
from .feature_map import feature_map
from .kernel_bandwidth import kernel_bandwidth
from .performance_profile import performance_profile
from .sample_weights import sample_weights, trusted_images
from .validators import validators

__all__ = [
    "attributed_images",
    "attributed_words",
    "bound_ledger",
    "changed",
    "confusion_by_domain",
    "critical_difference",
    "decision_boundary",
    "feature_map",
    "integrated_gradients",
    "kernel_bandwidth",
    "performance_profile",
    "sample_weights",
    "trusted_images",
    "validators",
]
