"""Easy transfer learning."""

import numpy as np
from scipy import sparse
from scipy.optimize import linprog
from sklearn.base import BaseEstimator
from sklearn.metrics.pairwise import euclidean_distances

from .base import Array, Domain, Lesson, Shallow
from .coral import recolouring


class EasyTL(Shallow):
    r"""Gives target samples to class means of the source so that no class goes without.

    .. math:: \min_M \sum_{j,c} D_{cj} M_{cj} \quad\text{s.t. } 0 \le M_{cj} \le 1,\
        \sum_c M_{cj} = 1,\ \sum_j M_{cj} \ge 1

    with :math:`D_{cj}` the distance of target sample ``j`` from the mean of class ``c``: the
    intra-domain programming of Wang et al., "Easy transfer learning by exploiting intra-domain
    structures", ICME 2019. The constraints are those of a transport, so the linear
    program has a solution in zeros and ones, which is the binary program's too. By
    ``align_domains`` CORAL's map with ridge 1 goes first, the paper's EasyTL; without it, the
    paper's EasyTL(c). Its labels are what the head learns: with the default one, a target sample of
    the fit gets its own, others that of the nearest.

    Args:
        align_domains: Map the source by CORAL first.
        head: scikit-learn classifier; None is the nearest neighbour.

    Raises:
        ValueError: Fewer target samples than classes.
    """

    common = False  # the head learns on target samples as they are

    def __init__(self, align_domains: bool = True, head: BaseEstimator | None = None) -> None:
        super().__init__(head)
        self.align_domains = align_domains

    def align(self, source: Array, y: Array, target: Array) -> Lesson:
        """Solves the program."""
        aligned_source = source @ recolouring(source, target, 1.0) if self.align_domains else source
        means = np.stack([aligned_source[y == c].mean(0) for c in range(len(self.classes_))])
        return Lesson(target, assigned(euclidean_distances(target, means)))

    def place(self, x: Array, domain: Domain) -> Array:
        """Samples as they are: the head learned on the target."""
        return x


def assigned(distance: Array) -> Array:
    """Classes ``(m,)`` of least total ``distance (m, c)`` that leave no class empty."""
    m, classes = distance.shape
    if m < classes:
        raise ValueError(f"{m} target samples can't fill {classes} classes: give more")
    sample_constraints = sparse.kron(sparse.eye(m), np.ones((1, classes)))
    class_constraints = sparse.kron(np.ones((1, m)), sparse.eye(classes))
    solution = linprog(
        distance.ravel(),
        A_ub=-class_constraints,
        b_ub=-np.ones(classes),
        A_eq=sample_constraints,
        b_eq=np.ones(m),
        bounds=(0, 1),
        method="highs",
    )
    if not solution.success:
        raise RuntimeError(f"the linear program was not solved: {solution.message}")
    return solution.x.reshape(m, classes).argmax(1)
