"""Transfer component analysis."""

from typing import Literal

from sklearn.base import BaseEstimator

from .base import Array, Domain, Lesson, Shallow, check_above, check_count
from .spectral import Axes, Form, Problem, gaps, placed


class TCA(Shallow):
    r"""Components that keep variance while the domains' kernel means agree.

    .. math:: \min_W \operatorname{tr} W'KLKW + \mu \operatorname{tr} W'W
        \quad\text{s.t. } W'KHKW = I

    with :math:`L = e e'`, :math:`e` one over the number of samples, negative for the target. Pan,
    Tsang, Kwok and Yang, "Domain adaptation via transfer component analysis", IEEE Transactions on
    Neural Networks 2011, algorithm 1: :math:`\mu` multiplies the identity. (In the version of IJCAI
    2009, and in libraries that follow it, it multiplies :math:`KLK`: theirs is one over ours.)
    This is the ``dual`` form, the paper's; a ``primal`` one has axes of features:

    .. math:: \min_A \operatorname{tr} A'XLX'A + \mu \operatorname{tr} A'A
        \quad\text{s.t. } A'XHX'A = I

    Args:
        n_components: Components kept, at most.
        mu: :math:`\mu`, above 0.
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
        mu: float = 1.0,
        form: Form = "dual",
        axes: Axes = "unit",
        kernel: Literal["linear", "rbf", "laplacian", "polynomial"] = "linear",
        gamma: float | None = None,
        unit: bool = True,
        head: BaseEstimator | None = None,
    ) -> None:
        super().__init__(head)
        self.n_components, self.mu, self.form, self.axes = n_components, mu, form, axes
        self.kernel, self.gamma, self.unit = kernel, gamma, unit

    def align(self, source: Array, y: Array, target: Array) -> Lesson:
        """Solves the eigenproblem."""
        check_count("n_components", self.n_components)
        check_above("mu", self.mu)
        problem = Problem(source, target, self.form, self.kernel, self.gamma, self.unit, self.axes)
        gap = gaps(y, None, len(source), len(target), 0)
        a = problem.solve(gap, self.mu, self.n_components)
        self.points_, self.dual_ = problem.compact(a)
        return Lesson(self.place(source, "source"), y)

    def place(self, x: Array, domain: Domain) -> Array:
        """The projection."""
        return placed(x, self.points_, self.dual_, self.kernel, self.gamma, self.unit)
