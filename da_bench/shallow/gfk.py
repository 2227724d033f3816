"""Geodesic flow kernel."""

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.decomposition import PCA

from .base import Array, Domain, Lesson, Shallow, check_count


class GFK(Shallow):
    r"""Compares samples in every subspace on the way from the source's to the target's.

    .. math:: G = \int_0^1 \Phi(t)\Phi(t)'\,dt, \qquad
        \Phi(t) = P_s U_1 \Gamma(t) - R_s U_2 \Sigma(t)

    along the geodesic of the Grassmannian, with :math:`\Gamma` and :math:`\Sigma` the cosines and
    sines of :math:`t` times the principal angles. Samples are placed as :math:`G^{1/2} x`, in the
    ``2 k`` coordinates that matter, so that any head sees :math:`x'Gx'`. Gong, Shi, Sha and
    Grauman, "Geodesic flow kernel for unsupervised domain adaptation", CVPR 2012, equations 2 (the
    principal angles, by singular values) and 6 (the integral, entry by entry); both subspaces by
    PCA.

    Args:
        n_components: Principal axes of each domain, at most; at most half the features.
        head: What tells the classes apart afterwards; None is the nearest neighbour.
    """

    def __init__(self, n_components: int = 20, head: BaseEstimator | None = None) -> None:
        super().__init__(head)
        self.n_components = n_components

    def align(self, source: Array, y: Array, target: Array) -> Lesson:
        """Finds both subspaces and the kernel between them."""
        check_count("n_components", self.n_components)
        count = min(self.n_components, *source.shape, *target.shape, max(source.shape[1] // 2, 1))
        source_basis, target_basis = (
            PCA(count, svd_solver="full").fit(x).components_.T for x in (source, target)
        )
        self.root_ = flow_root(source_basis, target_basis)
        return Lesson(self.place(source, "source"), y)

    def place(self, x: Array, domain: Domain) -> Array:
        """Coordinates whose inner products are the kernel."""
        return x @ self.root_


def flow_root(ours: Array, theirs: Array) -> Array:
    """``R (d, 2 k)`` with ``R @ R.T`` the flow kernel of two orthonormal bases ``(d, k)``."""
    u, cosine, v = np.linalg.svd(ours.T @ theirs)
    angle = np.arccos(np.clip(cosine, -1, 1))
    source_part, target_part = ours @ u, theirs @ v.T
    # The way from one axis to its partner; where they coincide there is none, and its share is 0.
    direction = source_part * np.cos(angle) - target_part
    direction = direction / np.maximum(np.linalg.norm(direction, axis=0), np.finfo(float).tiny)
    double = 2 * angle
    turned = np.sinc(double / np.pi)  # sin(2 a) / 2 a
    mixed = -np.sin(angle) * np.sinc(angle / np.pi)  # (cos(2 a) - 1) / 2 a
    first, cross, second = 0.5 * (1 + turned), 0.5 * mixed, 0.5 * (1 - turned)
    core = np.block([[np.diag(first), np.diag(cross)], [np.diag(cross), np.diag(second)]])
    values, axes = np.linalg.eigh(core)
    return np.concatenate((source_part, direction), 1) @ (axes * np.sqrt(np.maximum(values, 0)))
