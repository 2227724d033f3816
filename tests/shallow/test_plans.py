"""Transport plans: the exact one is a linear program's optimum, and short ones are named."""

import warnings

import numpy as np
import pytest
from scipy.optimize import linprog

from da_bench.functional.convergence import NotConverged
from da_bench.shallow.plans import check_placed, exact_plan, quiet


def test_an_exact_plan_is_the_linear_programs_optimum():
    rng = np.random.default_rng(0)
    a, b, cost = np.full(5, 0.2), rng.dirichlet(np.ones(4)), rng.random((5, 4))
    plan = exact_plan("OT", a, b, cost)
    rows, columns = np.kron(np.eye(5), np.ones(4)), np.kron(np.ones(5), np.eye(4))
    found = linprog(cost.ravel(), A_eq=np.vstack((rows, columns)), b_eq=np.r_[a, b])
    assert (plan * cost).sum() == pytest.approx(found.fun, abs=1e-9)
    np.testing.assert_allclose(plan.sum(1), a, atol=1e-9)
    np.testing.assert_allclose(plan.sum(0), b, atol=1e-9)
    assert plan.min() >= 0


def test_mass_out_of_place_is_named_from_a_thousandth_on():
    b = np.array([0.5, 0.5])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_placed("OT", np.array([[0.5002, 0.4998]]), b, "raise entropy")
    with pytest.warns(NotConverged, match="OT .*out of place.*raise entropy"):
        check_placed("OT", np.array([[0.51, 0.49]]), b, "raise entropy")


def test_only_the_solvers_own_warnings_are_silent():
    def solve(text):
        warnings.warn(text, UserWarning, stacklevel=1)
        return 3

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert quiet(solve, "Sinkhorn did not converge. You might want to") == 3
    with pytest.warns(UserWarning, match="another"):
        quiet(solve, "another")
