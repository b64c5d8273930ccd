"""Linear programmes that share their equations: each begins where the last one ended, which is many times faster."""

from __future__ import annotations

import numpy as np
from highspy import HighsLp, HighsModelStatus, MatrixFormat
from highspy._core import _Highs  # what Highs is made of, without the banner that Highs prints
from scipy.sparse import sparray


class LinearProgramme:
    """matrix @ x = right with lower <= x <= upper, for one objective after another.

    The same objectives in the same order give the same solutions. What cannot vary is taken out of the equations.
    """

    def __init__(self, matrix: sparray, right: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> None:
        """matrix: equations times unknowns. right, lower, upper: one number each; an upper bound may be infinite."""
        self._fixed = np.where(lower < upper, 0.0, lower)
        self._free = np.flatnonzero(lower < upper)
        rest = right - matrix @ self._fixed
        columns = matrix.tocsc()[:, self._free]
        self._n_equations = len(right)
        self._bounded = np.flatnonzero(np.bincount(columns.indices, minlength=self._n_equations))
        if np.any(np.abs(np.delete(rest, self._bounded)) > 1e-9):
            raise RuntimeError("the linear programme has no solution")
        columns = columns.tocsr()[self._bounded].tocsc()
        programme = HighsLp()
        programme.num_col_, programme.num_row_ = len(self._free), len(self._bounded)
        programme.col_cost_ = np.zeros(len(self._free))
        programme.col_lower_, programme.col_upper_ = lower[self._free], upper[self._free]
        programme.row_lower_ = programme.row_upper_ = rest[self._bounded]
        programme.a_matrix_.format_ = MatrixFormat.kColwise
        programme.a_matrix_.start_ = columns.indptr
        programme.a_matrix_.index_ = columns.indices
        programme.a_matrix_.value_ = columns.data.astype(float)
        self._lower, self._indices = lower[self._free], np.arange(len(self._free), dtype=np.int32)
        self._solver = _Highs()
        self._solver.setOptionValue("output_flag", False)
        self._solver.setOptionValue("threads", 1)
        self._solver.passModel(programme)

    def minimise(self, objective: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The solution with the smallest objective, and how much each equation binds it.

        RuntimeError where there is none.
        """
        self._solver.changeColsCost(len(self._free), self._indices, objective[self._free])
        self._solver.run()
        status = self._solver.getModelStatus()
        if len(self._free) and status != HighsModelStatus.kOptimal:
            raise RuntimeError(f"the linear programme failed: {status.name}")
        answer = self._solver.getSolution()
        solution, binding = self._fixed.copy(), np.zeros(self._n_equations)
        solution[self._free] = answer.col_value
        binding[self._bounded] = answer.row_dual
        return solution, binding

    def bound(self, upper: np.ndarray) -> None:
        """Other upper bounds, for the unknowns that may vary."""
        self._solver.changeColsBounds(len(self._free), self._indices, self._lower, upper[self._free])
