"""Functions that take figures' numbers and return a matplotlib figure."""

from .bound_ledger import bound_ledger
from .critical_difference import critical_difference
from .evidence import Evidence, evidence
from .performance_profile import performance_profile
from .validators import validators

__all__ = [
    "Evidence",
    "bound_ledger",
    "critical_difference",
    "evidence",
    "performance_profile",
    "validators",
]
