"""Correlation alignment."""

from typing import Literal

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.covariance import ledoit_wolf

from .base import Array, Domain, Lesson, Shallow


class CORAL(Shallow):
    r"""Whitens the source, then colours it with the target's covariance.

    .. math:: x \mapsto x\,(C_s + \rho I)^{-1/2}\,(C_t + \rho I)^{1/2}

    The target stays, and so do means, which the paper's standardising has made alike. Sun, Feng
    and Saenko, "Return of frustratingly easy domain adaptation", AAAI 2016, algorithm 1. The paper
    classifies by a linear SVM. This is what it describes: the mapped source trains, the target is
    tested as it is. (The authors' code instead takes :math:`X_s A X_s'` for a kernel, with training
    and test samples in different spaces.)

    Args:
        ridge: :math:`\rho`, at least 0, in squared units of the features; 1 in the paper. ``auto``
            shrinks both, of standardised features, as Ledoit and Wolf (2004) instead.
        centred: Move both domains to a mean of zero first, as where data is not standardised.
        head: scikit-learn classifier; None is the nearest neighbour.

    Raises:
        ValueError: ``ridge`` is negative, or 0 where the source's covariance is singular.
    """

    def __init__(
        self,
        ridge: float | Literal["auto"] = 1.0,
        centred: bool = False,
        head: BaseEstimator | None = None,
    ) -> None:
        super().__init__(head)
        self.ridge, self.centred = ridge, centred

    def align(self, source: Array, y: Array, target: Array) -> Lesson:
        """Finds the map of the source."""
        self.means_ = np.stack((source.mean(0), target.mean(0))) * self.centred
        self.map_ = recolouring(source, target, self.ridge)
        return Lesson(self.place(source, "source"), y)

    def place(self, x: Array, domain: Domain) -> Array:
        """The source mapped, the target as it is."""
        if domain == "source":
            return (x - self.means_[0]) @ self.map_
        return x - self.means_[1]


def recolouring(source: Array, target: Array, ridge: float | Literal["auto"]) -> Array:
    """CORAL's map of the source ``(d, d)``."""
    whitening = power(covariance(source, ridge), -0.5)
    return whitening @ power(covariance(target, ridge), 0.5)


def covariance(x: Array, ridge: float | Literal["auto"]) -> Array:
    """Covariance ``(d, d)`` with its ridge, over ``n - 1``; Ledoit and Wolf's is over ``n``."""
    if ridge == "auto":
        spread = x.std(0)
        spread[spread == 0] = 1
        return ledoit_wolf((x - x.mean(0)) / spread)[0] * np.outer(spread, spread)
    if ridge < 0:
        raise ValueError(f"ridge={ridge}: it must not be negative")
    return np.cov(x, rowvar=False).reshape(x.shape[1], -1) + ridge * np.eye(x.shape[1])


def power(matrix: Array, exponent: float) -> Array:
    """Power of a symmetric matrix ``(d, d)``; negative eigenvalues, which are rounding, are 0."""
    values, axes = np.linalg.eigh(matrix)
    if exponent < 0 and values[0] <= 1e-12 * values[-1]:
        raise ValueError(
            "the source's covariance is singular, or its features' spreads are a million times "
            "apart: standardise them and pass a positive ridge, 1.0 then"
        )
    return (axes * np.maximum(values, 0) ** exponent) @ axes.T
