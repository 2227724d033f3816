"""Transport plans by POT, with a word where its solver stopped short."""

import warnings
from typing import Any

import numpy as np

from da_bench.functional.convergence import check_exact, not_converged

from .base import Array

MISPLACED = 1e-3
"""Share of the mass that an entropic plan may leave out of place."""
PIVOTS = 1_000_000
"""Most steps of the network simplex."""


def exact_plan(name: str, a: Array, b: Array, cost: Array) -> Array:
    """The plan ``(n, m)`` of least cost between two weightings.

    Warns:
        NotConverged: The simplex ended before its optimum.
    """
    import ot

    plan, log = quiet(ot.emd, a, b, cost, numItermax=PIVOTS, log=True)
    check_exact(name, plan, cost, log, "take fewer samples")
    return plan


def check_placed(name: str, plan: Array, b: Array, remedy: str) -> None:
    """Warns where a plan does not bring each target sample its mass ``b (m,)``.

    Warns:
        NotConverged: More than a thousandth of the mass is out of place.
    """
    misplaced = float(np.abs(plan.sum(0) - b).sum())
    if misplaced > MISPLACED:
        not_converged(name, misplaced, "share of the mass out of place", MISPLACED, remedy)


def quiet(solve: Any, *args: Any, **kwargs: Any) -> Any:
    """What a solver of POT gives, without its own warnings, which name no setting of ours."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Sinkhorn did not converge|numItermax", UserWarning)
        return solve(*args, **kwargs)
