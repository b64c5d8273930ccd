"""The linear programmes of disclosure control against those of another library."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.sparse import coo_array

from disclosure.programmes import LinearProgramme


@pytest.mark.parametrize("seed", range(40))
def test_objectives_reach_what_scipy_reaches_in_any_order(seed):
    """Random equations that hold for a random truth, some of it known, under changing objectives and bounds."""
    draw = np.random.default_rng(seed)
    n_equations, n_unknowns = draw.integers(1, 12), draw.integers(2, 30)
    matrix = draw.integers(-1, 2, size=(n_equations, n_unknowns)).astype(float)
    truth = draw.integers(0, 30, size=n_unknowns).astype(float)
    lower = np.where(draw.random(n_unknowns) < 0.3, truth, 0.0)
    upper = np.where(lower == truth, truth, np.inf)
    right = matrix @ truth
    programme = LinearProgramme(coo_array(matrix).tocsr(), right, lower, upper)
    for cap in (60, 1000):
        capped = np.minimum(upper, truth + cap)
        programme.bound(capped)
        for _ in range(6):
            objective = draw.normal(size=n_unknowns) * (draw.random(n_unknowns) < 0.5)
            solution, _ = programme.minimise(objective)
            expected = linprog(objective, A_eq=matrix, b_eq=right, bounds=np.column_stack([lower, capped]))
            assert objective @ solution == pytest.approx(expected.fun, abs=1e-6)
            assert matrix @ solution == pytest.approx(right, abs=1e-6)
            assert np.all(solution >= lower - 1e-6)
            assert np.all(solution <= capped + 1e-6)


def test_the_equation_that_binds_is_told():
    """x + y = 12 keeps x small, and z + w = 5 has nothing to do with it."""
    matrix = coo_array([[1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 1.0]])
    programme = LinearProgramme(matrix.tocsr(), np.array([12.0, 5.0]), np.zeros(4), np.full(4, 100.0))
    solution, binding = programme.minimise(np.array([-1.0, 0.0, 0.0, 0.0]))
    assert solution[0] == pytest.approx(12)
    assert abs(binding[0]) > 0.5
    assert binding[1] == pytest.approx(0)


def test_what_is_known_may_not_contradict_itself():
    known = np.array([3.0, 4.0])
    with pytest.raises(RuntimeError, match="no solution"):
        LinearProgramme(coo_array([[1.0, 1.0]]).tocsr(), np.array([8.0]), known, known)
    programme = LinearProgramme(coo_array([[1.0, 1.0]]).tocsr(), np.array([8.0]), np.zeros(2), np.array([3.0, 4.0]))
    with pytest.raises(RuntimeError, match="failed: kInfeasible"):
        programme.minimise(np.ones(2))
