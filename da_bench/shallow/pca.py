"""Principal components of both domains together."""

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.decomposition import PCA as Principal
from sklearn.preprocessing import normalize

from .base import Array, Domain, Lesson, Shallow, check_count
from .spectral import joined


class PCA(Shallow):
    r"""Projects both domains on the principal axes of their union: :math:`z = (x - \bar x) P`.

    The baseline of Long et al., "Transfer feature learning with joint distribution adaptation",
    ICCV 2013, section 4.

    Args:
        n_components: Axes kept, at most.
        unit: Scale samples to length one, before and after.
        head: scikit-learn classifier; None is the nearest neighbour.
    """

    def __init__(
        self, n_components: int = 100, unit: bool = True, head: BaseEstimator | None = None
    ) -> None:
        super().__init__(head)
        self.n_components, self.unit = n_components, unit

    def align(self, source: Array, y: Array, target: Array) -> Lesson:
        """Finds the axes."""
        check_count("n_components", self.n_components)
        points = joined(source, target, self.unit)
        count = min(self.n_components, *points.shape)
        fitted_pca = Principal(count, svd_solver="full").fit(points)
        self.mean_, self.axes_ = fitted_pca.mean_, fitted_pca.components_
        return Lesson(self.place(source, "source"), y)

    def place(self, x: Array, domain: Domain) -> Array:
        """The projection."""
        z = ((normalize(x) if self.unit else x) - self.mean_) @ self.axes_.T
        return normalize(z) if self.unit else np.asarray(z)
