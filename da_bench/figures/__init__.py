"""Functions that take figures' numbers and return a figure.

Those of matplotlib are for the pages of a paper: ``critical_difference``,
``performance_profile`` and ``validators``. All others are plotly's, in the one style of
``style``, for report, app and notebooks.
"""

from .attributions import attributed_images, attributed_words
from .bound_ledger import bound_ledger
from .confusion_by_domain import confusion_by_domain
from .critical_difference import critical_difference
from .decision_boundary import decision_boundary
from .diagnosis_counts import diagnosis_counts
from .evidence import Evidence, evidence
from .explained import changed, integrated_gradients
from .feature_map import feature_map
from .gains import gains
from .heat_map import heat_map
from .kernel_bandwidth import kernel_bandwidth
from .leaderboard import leaderboard
from .performance_profile import performance_profile
from .points import cost_points, divergence_points, pareto_front
from .profiles import profiles
from .rank_diagram import rank_diagram
from .sample_weights import sample_weights, trusted_images
from .training_curves import training_curves
from .validator_regret import validator_regret
from .validators import validators

__all__ = [
    "Evidence",
    "attributed_images",
    "attributed_words",
    "bound_ledger",
    "changed",
    "confusion_by_domain",
    "cost_points",
    "critical_difference",
    "decision_boundary",
    "diagnosis_counts",
    "divergence_points",
    "evidence",
    "feature_map",
    "gains",
    "heat_map",
    "integrated_gradients",
    "kernel_bandwidth",
    "leaderboard",
    "pareto_front",
    "performance_profile",
    "profiles",
    "rank_diagram",
    "sample_weights",
    "training_curves",
    "trusted_images",
    "validator_regret",
    "validators",
]
