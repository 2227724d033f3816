"""Joint distribution adaptation."""

from typing import Literal

import numpy as np
from sklearn.base import BaseEstimator

from .base import Array, Domain, Lesson, Shallow, check_above, check_count
from .spectral import Axes, Form, Problem, gaps, in_rounds, placed


class JDA(Shallow):
    r"""Components that keep variance while domains agree, as wholes and class by class.

    .. math:: \min_A \operatorname{tr} A'X M X'A + \lambda \|A\|_F^2
        \quad\text{s.t. } A'XHX'A = I, \qquad M = C M_0 + \sum_{c=1}^C M_c

    in the ``primal`` form, the paper's equation; its kernel version, the ``dual`` form, has
    :math:`K` for :math:`X`, so that the penalty is on coefficients over the samples, and its
    results depend on it with a linear kernel too: on Office-Caltech's SURF words the dual form
    gives the paper's table in each of the 12 tasks, 46.3 % in the mean, and the primal form 43.8.
    Both have :math:`M_0` of the domains' means and :math:`M_c` of the means of class ``c``, the
    target's by the head's own guess, which is renewed ``iterations`` times. Long et al., "Transfer
    feature learning with joint distribution adaptation", ICCV 2013; the problem is stated again,
    with :math:`M_0` unweighted, as equation 6.19 of Wang, "Transfer learning tutorial" (in
    Chinese), v1.0, 2018. Weights and norm of :math:`M` are those of the authors' code; each
    eigenvector has length one.

    Args:
        n_components: Components kept, at most.
        weight: :math:`\lambda`, above 0.
        iterations: Rounds of guessing, at least 1; fewer where no guess changes. The last one
            counts, and warns (``NotConverged``) where more than 1 % of its guesses are new.
        form: ``primal`` or ``dual``, as above.
        axes: Length of the axes: ``unit``, :math:`|a| = 1`, or ``penalised`` as in ``Problem``.
        kernel: ``linear``, ``rbf``, or another of scikit-learn's pairwise kernels.
        gamma: Coefficient of the kernel; None is one over the number of features.
        unit: Scale samples to length one, before and after.
        head: scikit-learn classifier; None is the nearest neighbour.
    """

    def __init__(
        self,
        n_components: int = 100,
        weight: float = 1.0,
        iterations: int = 10,
        form: Form = "dual",
        axes: Axes = "unit",
        kernel: Literal["linear", "rbf", "laplacian", "polynomial"] = "linear",
        gamma: float | None = None,
        unit: bool = True,
        head: BaseEstimator | None = None,
    ) -> None:
        super().__init__(head)
        self.n_components, self.weight, self.iterations = n_components, weight, iterations
        self.form, self.axes = form, axes
        self.kernel, self.gamma, self.unit = kernel, gamma, unit

    def align(self, source: Array, y: Array, target: Array) -> Lesson:
        """Solves, guesses the target's classes, and again."""
        check_count("n_components", self.n_components)
        check_count("iterations", self.iterations)
        check_above("weight", self.weight)
        n, m, classes = len(source), len(target), len(self.classes_)
        problem = Problem(source, target, self.form, self.kernel, self.gamma, self.unit, self.axes)

        def gap(guess: Array | None) -> Array:
            columns = gaps(y, guess, n, m, classes)
            columns[:, 0] *= np.sqrt(classes)
            return columns

        return in_rounds(self, problem, y, n, gap)

    def place(self, x: Array, domain: Domain) -> Array:
        """The projection."""
        return placed(x, self.points_, self.dual_, self.kernel, self.gamma, self.unit)
