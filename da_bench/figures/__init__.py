"""Functions that take figures' numbers and return a figure.

Those of matplotlib are for the pages of a paper: ``bound_ledger``, ``critical_difference``,
``performance_profile`` and ``validators``. All others are plotly's, in the one style of
``style``, for report, app and notebooks.
"""

from .bound_ledger import bound_ledger
from .critical_difference import critical_difference
from .diagnosis_counts import diagnosis_counts
from .gains import gains
from .heat_map import heat_map
from .leaderboard import leaderboard
from .performance_profile import performance_profile
from .points import cost_points, divergence_points, front
from .profiles import profiles
from .rank_diagram import rank_diagram
from .training_curves import training_curves
from .validator_regret import validator_regret
from .validators import validators

__all__ = [
    "bound_ledger",
    "cost_points",
    "critical_difference",
    "diagnosis_counts",
    "divergence_points",
    "front",
    "gains",
    "heat_map",
    "leaderboard",
    "performance_profile",
    "profiles",
    "rank_diagram",
    "training_curves",
    "validator_regret",
    "validators",
]
