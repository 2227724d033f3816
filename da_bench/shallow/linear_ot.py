"""Linear optimal transport between Gaussians."""

import numpy as np
from sklearn.base import BaseEstimator

from .base import Array, Domain, Lesson, Shallow
from .coral import power


class LinearOT(Shallow):
    r"""Moves the source by the optimal map between two Gaussians.

    .. math:: x \mapsto \mu_t + (x - \mu_s) A, \qquad
        A = C_s^{-1/2}\left(C_s^{1/2} C_t C_s^{1/2}\right)^{1/2} C_s^{-1/2}

    with covariances over ``n`` that carry a ridge. The target stays. Flamary, Lounici and Ferrari,
    "Concentration bounds for linear Monge mapping estimation and optimal transport domain
    adaptation", arXiv:1905.10155; the map, which is POT's, is remark 2.31 of Peyré and Cuturi,
    "Computational optimal transport", 2019.

    Args:
        ridge: Added to both covariances, in squared units of the features, above 0.
        bias: Move the mean too.
        head: scikit-learn classifier; None is the nearest neighbour.
    """

    def __init__(
        self, ridge: float = 1e-6, bias: bool = True, head: BaseEstimator | None = None
    ) -> None:
        super().__init__(head)
        self.ridge, self.bias = ridge, bias

    def align(self, source: Array, y: Array, target: Array) -> Lesson:
        """Finds the map of the source."""
        if self.ridge <= 0:
            raise ValueError(f"ridge={self.ridge}: it must be above 0")
        means = [x.mean(0) if self.bias else np.zeros(x.shape[1]) for x in (source, target)]
        source_covariance, target_covariance = (
            (x - mean).T @ (x - mean) / len(x) + self.ridge * np.eye(x.shape[1])
            for x, mean in zip((source, target), means, strict=True)
        )
        # POT's own takes roots of eigenvalues that rounding made negative.
        values, axes = np.linalg.eigh(source_covariance)
        values = np.maximum(values, self.ridge)
        root, inverse = ((axes * values**p) @ axes.T for p in (0.5, -0.5))
        self.map_ = inverse @ power(root @ target_covariance @ root, 0.5) @ inverse
        self.shift_ = means[1] - means[0] @ self.map_
        return Lesson(self.place(source, "source"), y)

    def place(self, x: Array, domain: Domain) -> Array:
        """The source mapped, the target as it is."""
        return x @ self.map_ + self.shift_ if domain == "source" else x
