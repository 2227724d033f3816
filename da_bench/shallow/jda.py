"""Joint distribution adaptation."""

from typing import Literal

import numpy as np
from sklearn.base import BaseEstimator

from .base import Array, Domain, Lesson, Shallow, check_above, check_count, check_steady
from .spectral import (
    compact,
    components,
    gaps,
    joined,
    kernel_features,
    normed,
    placed,
    projected,
    variance,
)


class JDA(Shallow):
    r"""Components that keep variance while domains agree, as wholes and class by class.

    .. math:: \min_A \operatorname{tr} A'K M K A + \lambda \|A\|_F^2 \quad\text{s.t. } A'KHKA = I,
        \qquad M = C M_0 + \sum_{c=1}^C M_c

    with :math:`M_0` of the domains' means and :math:`M_c` of the means of class ``c``, the target's
    by the head's own guess, which is renewed ``iterations`` times. Long et al., "Transfer feature
    learning with joint distribution adaptation", ICCV 2013; the problem is stated again, with
    :math:`M_0` unweighted, as equation 6.19 of Wang, "Transfer learning tutorial" (in Chinese),
    v1.0, 2018. Weights and norm of :math:`M` are those of the authors' code. Of the eigenvectors,
    each has :math:`a'(KMK + \lambda I)a = 1`.

    Args:
        n_components: Components kept, at most.
        weight: :math:`\lambda`, above 0.
        iterations: Rounds of guessing, at least 1; fewer where no guess changes. The last one
            counts, and warns (``NotConverged``) where more than 1 % of its guesses are new.
        kernel: ``linear``, ``rbf``, or another of scikit-learn's pairwise kernels.
        gamma: Of the kernel; None is one over the number of features.
        unit: Scale samples to length one, before and after.
        head: scikit-learn classifier; None is the nearest neighbour.
    """

    def __init__(
        self,
        n_components: int = 100,
        weight: float = 1.0,
        iterations: int = 10,
        kernel: Literal["linear", "rbf", "laplacian", "polynomial"] = "linear",
        gamma: float | None = None,
        unit: bool = True,
        head: BaseEstimator | None = None,
    ) -> None:
        super().__init__(head)
        self.n_components, self.weight, self.iterations = n_components, weight, iterations
        self.kernel, self.gamma, self.unit = kernel, gamma, unit

    def align(self, source: Array, y: Array, target: Array) -> Lesson:
        """Solves, guesses the target's classes, and again."""
        check_count("n_components", self.n_components)
        check_count("iterations", self.iterations)
        check_above("weight", self.weight)
        n, m, classes = len(source), len(target), len(self.classes_)
        points = joined(source, target, self.unit)
        phi = kernel_features(points, self.kernel, self.gamma)
        f = variance(phi)
        penalty = np.full(n + m, self.weight)
        guess = None
        for _ in range(self.iterations):
            gap = gaps(y, guess, n, m, classes)
            gap[:, 0] *= np.sqrt(classes)
            a = components(phi, f, normed(gap), penalty, self.n_components)
            z = projected(phi, a, self.unit)
            before, guess = guess, self.guess(z[:n], y, z[n:])
            if np.array_equal(before, guess):  # no later round would differ
                break
        else:
            check_steady(self, before, guess)
        self.points_, self.dual_ = compact(points, a, self.kernel)
        return Lesson(z[:n], y)

    def place(self, x: Array, domain: Domain) -> Array:
        """The projection."""
        return placed(x, self.points_, self.dual_, self.kernel, self.gamma, self.unit)
