"""Subspace alignment."""

from sklearn.base import BaseEstimator
from sklearn.decomposition import PCA

from .base import Array, Domain, Lesson, Shallow, check_count


class SubspaceAlignment(Shallow):
    r"""Turns the source's principal axes onto the target's.

    .. math:: x \mapsto (x - \bar x_s) P_s P_s' P_t, \qquad x' \mapsto (x' - \bar x_t) P_t

    Fernando, Habrard, Sebban and Tuytelaars, "Unsupervised visual domain adaptation using subspace
    alignment", ICCV 2013, equations 2 to 4.

    Args:
        n_components: Principal axes of each domain, at most.
        head: scikit-learn classifier; None is the nearest neighbour.
    """

    def __init__(self, n_components: int = 20, head: BaseEstimator | None = None) -> None:
        super().__init__(head)
        self.n_components = n_components

    def align(self, source: Array, y: Array, target: Array) -> Lesson:
        """Finds both subspaces and the matrix between them."""
        check_count("n_components", self.n_components)
        count = min(self.n_components, *source.shape, *target.shape)
        source_pca, target_pca = (PCA(count, svd_solver="full").fit(x) for x in (source, target))
        self.source_mean_, self.target_mean_ = source_pca.mean_, target_pca.mean_
        self.target_axes_ = target_pca.components_.T
        self.source_axes_ = source_pca.components_.T @ (source_pca.components_ @ self.target_axes_)
        return Lesson(self.place(source, "source"), y)

    def place(self, x: Array, domain: Domain) -> Array:
        """The projection of the sample's own domain."""
        if domain == "source":
            return (x - self.source_mean_) @ self.source_axes_
        return (x - self.target_mean_) @ self.target_axes_
