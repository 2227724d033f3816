"""What an iteration says that stops at its limit before it has reached its tolerance."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from torch import Tensor


class NotConverged(UserWarning):
    """An iteration ended at its limit: the result is on the way, and not where it leads.

    One that can go nowhere useful from there raises RuntimeError instead.
    """


_tally: ContextVar[dict[str, list[float]] | None] = ContextVar("tally", default=None)


def not_converged(name: str, residual: float, meaning: str, tolerance: float, remedy: str) -> None:
    """Warns of one iteration.

    Args:
        name: What iterates, for a user.
        residual: How far it is from the end.
        meaning: Meaning of the residual, with its unit.
        tolerance: The residual that counts as the end.
        remedy: What to set otherwise.
    """
    counts = _tally.get()
    if counts is not None:
        counts.setdefault(name, []).append(residual)
        if len(counts[name]) > 1:
            return
    # One digit, so that a loop of one's own repeats few texts, which Python shows once each.
    warnings.warn(
        f"{name} stopped at its limit: {meaning} {residual:.1g}, wanted {tolerance:.1g}; {remedy}",
        NotConverged,
        stacklevel=3,
    )


@contextmanager
def counted_warnings() -> Iterator[None]:
    """Says once what does not converge inside, and at the end how often: for a loop of many calls.

    Inside another, it is that one's.
    """
    if _tally.get() is not None:
        yield
        return
    counts: dict[str, list[float]] = {}
    _tally.set(counts)
    try:
        yield
    finally:
        _tally.set(None)
        for name, residuals in counts.items():
            if len(residuals) > 1:
                warnings.warn(
                    f"{name} stopped at its limit {len(residuals)} times, with residuals up to "
                    f"{max(residuals):.1g}",
                    NotConverged,
                    stacklevel=3,
                )


def readable(x: Tensor) -> float | None:
    """A scalar's value; None where there is none to read, as under ``vmap``."""
    try:
        return float(x.detach())
    except RuntimeError as error:
        if "vmap" not in str(error):
            raise
        return None


def check_exact(name: str, plan: Any, cost: Any, log: dict[str, Any], remedy: str) -> None:
    """Warns where a network simplex ended before its optimum.

    Args:
        name: What asks for the plan.
        plan: Shape ``(n, m)``, an array.
        cost: Likewise.
        log: POT's, with the dual potentials ``u`` and ``v``, and a ``warning`` or None.
        remedy: What to set otherwise.
    """
    if log["warning"]:
        paid = float((plan * cost).sum())
        bound = float(log["u"] @ plan.sum(1) + log["v"] @ plan.sum(0))
        not_converged(name, paid - bound, "cost of the transport above its bound", 0, remedy)
