"""Schedules: from training progress ``p`` in ``[0, 1]`` to a factor."""

import math


def constant(progress: float) -> float:
    """1, throughout."""
    return 1.0


def ramp(progress: float, gamma: float = 10.0) -> float:
    r"""Grows from 0 to nearly 1: :math:`2 / (1 + e^{-\gamma p}) - 1`.

    The weight of the reversed gradient in Ganin et al., JMLR 2016, section 5.2.2;
    ``ramp(0) = 0``, ``ramp(1) = 0.9999``.
    """
    return 2.0 / (1.0 + math.exp(-gamma * progress)) - 1.0


def late_ramp(progress: float, begin: float = 0.1, end: float = 0.6) -> float:
    r"""0 until ``begin``, then in a straight line to 1 at ``end``.

    The weight :math:`\alpha(t) / \alpha_f` of Lee, "Pseudo-label", ICML workshop 2013, equation
    16: from epoch :math:`T_1 = 100` to :math:`T_2 = 600`, here as shares of a training of 1,000.
    """
    return min(1.0, max(0.0, (progress - begin) / (end - begin)))


def inverse_decay(progress: float, alpha: float = 10.0, beta: float = 0.75) -> float:
    r"""DANN's learning rate: :math:`(1 + \alpha p)^{-\beta}`, from 1 to 0.166.

    Ganin et al., JMLR 2016, section 5.2.2.
    """
    return (1.0 + alpha * progress) ** -beta


def linear_growth(progress: float) -> float:
    """From 0 to 1 in a straight line."""
    return progress


def linear_decay(progress: float) -> float:
    """From 1 to 0 in a straight line."""
    return 1.0 - progress


def cosine(progress: float) -> float:
    r"""From 1 to 0: :math:`(1 + \cos \pi p) / 2`. Loshchilov and Hutter, ICLR 2017, Eq. 5."""
    return 0.5 * (1.0 + math.cos(math.pi * progress))
