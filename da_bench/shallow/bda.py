"""Balanced distribution adaptation."""

from typing import Literal

import numpy as np
from sklearn.base import BaseEstimator

from .base import Array, Domain, Lesson, Shallow, check_above, check_count, check_share
from .spectral import Axes, Form, Problem, gaps, in_rounds, placed


class BDA(Shallow):
    r"""Components that keep variance while domains agree, the classes weighed against the whole.

    .. math:: M = (1 - \beta) M_0 + \beta \sum_{c=1}^C M_c

    in JDA's problem, whose balance is fixed. The paper states the ``primal`` form, whose penalty
    :math:`\|A\|_F^2` is on the axes; the ``dual`` form has a kernel :math:`K` for :math:`X`,
    and the penalty on coefficients over the samples. With ``weighted``, W-BDA: the means of class
    ``c`` count by the root of its share in their own domain, so that a shift of these shares is not
    mistaken for one of the classes. Wang, Chen, Hao, Feng and Shen, "Balanced distribution
    adaptation for transfer learning", ICDM 2017; the balance is stated again as equation 6.21 of
    Wang, "Transfer learning tutorial" (in Chinese), v1.0, 2018.

    Args:
        n_components: Components kept, at most.
        weight: :math:`\lambda` of the penalty :math:`\|A\|_F^2`, above 0.
        balance: :math:`\beta` from 0, the domains alone, to 1, the classes alone.
        weighted: Weigh each class by its share.
        iterations: Rounds of guessing the target's classes; as for JDA.
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
        weight: float = 0.1,
        balance: float = 0.5,
        weighted: bool = False,
        iterations: int = 10,
        form: Form = "dual",
        axes: Axes = "unit",
        kernel: Literal["linear", "rbf", "laplacian", "polynomial"] = "linear",
        gamma: float | None = None,
        unit: bool = True,
        head: BaseEstimator | None = None,
    ) -> None:
        super().__init__(head)
        self.n_components, self.weight, self.balance = n_components, weight, balance
        self.weighted, self.iterations = weighted, iterations
        self.form, self.axes = form, axes
        self.kernel, self.gamma, self.unit = kernel, gamma, unit

    def align(self, source: Array, y: Array, target: Array) -> Lesson:
        """Solves, guesses the target's classes, and again."""
        check_share("balance", self.balance)
        check_count("n_components", self.n_components)
        check_count("iterations", self.iterations)
        check_above("weight", self.weight)
        problem = Problem(source, target, self.form, self.kernel, self.gamma, self.unit, self.axes)
        n, m = len(source), len(target)
        return in_rounds(self, problem, y, n, lambda guess: self.balanced(y, guess, n, m))

    def balanced(self, y: Array, guess: Array | None, n: int, m: int) -> Array:
        """Columns whose outer products sum up to M; the domains alone before the first guess."""
        gap = gaps(y, guess, n, m, len(self.classes_))
        if guess is None:
            return gap
        if self.weighted:
            for c in range(len(self.classes_)):
                gap[:n, 1 + c] *= np.sqrt(np.mean(y == c))
                gap[n:, 1 + c] *= np.sqrt(np.mean(guess == c))
        return gap * np.sqrt([1 - self.balance, *[self.balance] * len(self.classes_)])

    def place(self, x: Array, domain: Domain) -> Array:
        """The projection."""
        return placed(x, self.points_, self.dual_, self.kernel, self.gamma, self.unit)
