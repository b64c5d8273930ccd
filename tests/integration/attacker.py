"""Somebody who has shareable.duckdb and the definitions, and wants to know what is hidden in it.

Written from the published tables alone: nothing of scripts/disclosure is used. Every count of every table is an
unknown of its own; what the definitions say about them are equations and inequalities. Linear (or integer) programmes
then give the lowest and highest value that each hidden count can have.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field

import duckdb
import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

from disclosure.programmes import LinearProgramme

COUNTS = {
    "cohort_attrition": ["n_in", "n_excluded", "n_remaining"],
    "outcome_completeness": ["n_eligible", "n_with_baseline", "n_with_outcome", "n_complete"],
    "induction_summary": ["n", "n_met", "n_with_dose"],
    "cohort_characteristics": ["n", "n_denominator", "n_missing"],
    "response_by_timepoint": ["n_denominator", "n_observed", "n_responders", "n_remission", "n_worsened"],
}
KEYS = {
    "cohort_attrition": ["study_id", "step_id"],
    "outcome_completeness": ["study_id", "instrument", "stratum_kind", "stratum"],
    "induction_summary": ["study_id", "definition_id", "denominator"],
    "cohort_characteristics": ["study_id", "population", "characteristic", "level"],
    "response_by_timepoint": ["study_id", "instrument", "timepoint", "denominator", "stratum"],
}
STRATIFIED = ("sex", "race", "index_year")


@dataclass
class System:
    """Unknowns, equations between them, and what is published."""

    published: dict[tuple, int | None] = field(default_factory=dict)
    unknowns: dict[tuple, int] = field(default_factory=dict)
    equations: list[dict[tuple, int]] = field(default_factory=list)

    def add(self, terms: Iterable[tuple[int, tuple]]) -> None:
        """An equation: the sum of factor times count is 0."""
        equation: dict[tuple, int] = {}
        for factor, name in terms:
            self.unknowns.setdefault(name, len(self.unknowns))
            equation[name] = equation.get(name, 0) + factor
        self.equations.append(equation)

    def same(self, one: tuple, other: tuple) -> None:
        """Two counts of the same patients."""
        if one == other:
            self.unknowns.setdefault(one, len(self.unknowns))
            return
        self.add([(1, one), (-1, other)])

    def total(self, whole: tuple, parts: Iterable[tuple]) -> None:
        """A whole and its parts."""
        self.add([(1, whole), *((-1, part) for part in parts)])

    def within(self, inner: tuple, outer: tuple) -> None:
        """Patients among others: those who are left over are counted by an unknown of their own."""
        self.total(outer, [inner, ("without", outer, inner)])


def published(connection: duckdb.DuckDBPyConnection, schema: str) -> dict[tuple, int | None]:
    """Every count of the tables by (table, key..., column); schema: `shareable`, or `marts` for the truth."""
    found = {}
    for table, columns in COUNTS.items():
        keys = KEYS[table]
        condition = "response_kind = 'at'" if schema == "marts" and table == "response_by_timepoint" else "true"
        query = f"select {', '.join(keys + columns)} from {schema}.{table} where {condition}"
        for row in connection.execute(query).fetchall():
            key, values = row[: len(keys)], row[len(keys) :]
            for column, value in zip(columns, values, strict=True):
                found[table, *key, column] = value
    return found


def system(connection: duckdb.DuckDBPyConnection) -> System:
    """What the definitions say about the published tables."""
    made = System(published(connection, "shareable"))
    studies = connection.execute(
        "select study_id, indication, definition_id, is_induction_required, min_age_years from seeds.studies order by 1"
    ).fetchall()
    primary = dict(
        connection.execute("select study_id, instrument from seeds.study_instruments where is_primary").fetchall()
    )
    kinds = dict(connection.execute("select timepoint, kind from seeds.timepoints").fetchall())
    numbers = dict(connection.execute("select timepoint, infusion_number from seeds.timepoints").fetchall())
    rows = {table: sorted({name[1:-1] for name in made.published if name[0] == table}) for table in COUNTS}
    first: dict[str, str] = {}
    by_rule: dict[tuple, str] = {}
    for study, indication, definition, is_required, min_age in studies:
        eligible = ("cohort_attrition", study, "is_adult", "n_remaining")
        analysed = ("cohort_attrition", study, "has_outcome", "n_remaining")
        _attrition(made, study, is_required)
        other = first.setdefault("study", study)
        for column in COUNTS["cohort_attrition"]:
            made.same(
                ("cohort_attrition", study, "received_kit", column), ("cohort_attrition", other, "received_kit", column)
            )
        twin = by_rule.setdefault((indication, min_age), study)
        for step in ("has_indication", "is_adult"):
            made.same(("cohort_attrition", study, step, "n_remaining"), ("cohort_attrition", twin, step, "n_remaining"))
        _characteristics(made, rows, study, indication, eligible, analysed)
        _completeness(made, rows, study, primary[study], is_required, eligible, analysed)
        _inductions(made, rows, study, definition, is_required, eligible, analysed)
        _responses(made, rows, study, is_required, kinds, numbers, eligible)
    _between_studies(made, studies, by_rule)
    return made


def _attrition(made: System, study: str, is_required: bool) -> None:
    steps = ["received_kit", "has_indication", "is_adult", *(["met_induction"] if is_required else [])]
    steps += ["has_baseline", "has_outcome"]
    for step in steps:
        of_step = ("cohort_attrition", study, step)
        made.total((*of_step, "n_in"), [(*of_step, "n_excluded"), (*of_step, "n_remaining")])
    for earlier, later in itertools.pairwise(steps):
        made.same(("cohort_attrition", study, earlier, "n_remaining"), ("cohort_attrition", study, later, "n_in"))


def _characteristics(made: System, rows: dict, study: str, indication: str, eligible: tuple, analysed: tuple) -> None:
    table = "cohort_characteristics"
    sizes = {"eligible": eligible, "analysed": analysed, "not_analysed": ("not analysed", study)}
    made.total(eligible, [analysed, sizes["not_analysed"]])
    levels: dict[tuple, list[str]] = {}
    for of_study, population, characteristic, level in rows[table]:
        if of_study != study:
            continue
        cell = (table, study, population, characteristic, level)
        made.same((*cell, "n_denominator"), sizes[population])
        if level == "all":
            made.total((*cell, "n_denominator"), [(*cell, "n"), (*cell, "n_missing")])
        else:
            levels.setdefault((population, characteristic), []).append(level)
        if population == "eligible":
            made.total(
                (*cell, "n"),
                [(table, study, part, characteristic, level, "n") for part in ("analysed", "not_analysed")],
            )
        if characteristic == f"has_{indication}" and level == "true":
            made.same((*cell, "n"), (*cell, "n_denominator"))
    for (population, characteristic), found in levels.items():
        made.total(sizes[population], [(table, study, population, characteristic, level, "n") for level in found])


def _completeness(
    made: System, rows: dict, study: str, primary: str, is_required: bool, eligible: tuple, analysed: tuple
) -> None:
    table = "outcome_completeness"
    strata: dict[tuple, list[str]] = {}
    for of_study, instrument, kind, stratum in rows[table]:
        if of_study != study:
            continue
        cell = (table, study, instrument, kind, stratum)
        only_baseline, only_outcome, neither = (("only", *cell, which) for which in ("baseline", "outcome", "neither"))
        made.total((*cell, "n_with_baseline"), [(*cell, "n_complete"), only_baseline])
        made.total((*cell, "n_with_outcome"), [(*cell, "n_complete"), only_outcome])
        made.total((*cell, "n_eligible"), [(*cell, "n_with_baseline"), only_outcome, neither])
        if kind == "all":
            made.same((*cell, "n_eligible"), eligible)
            if instrument == primary:
                described = ("cohort_characteristics", study, "eligible", "baseline_score", "all", "n")
                made.same((*cell, "n_with_baseline"), described)
                if not is_required:
                    made.same((*cell, "n_complete"), analysed)
                    step = ("cohort_attrition", study, "has_baseline", "n_remaining")
                    made.same((*cell, "n_with_baseline"), step)
        else:
            strata.setdefault((instrument, kind), []).append(stratum)
            level = ("cohort_characteristics", study, "eligible", kind, stratum, "n")
            made.same((*cell, "n_eligible"), level)
            in_analysis = ("cohort_characteristics", study, "analysed", kind, stratum, "n")
            if instrument == primary and not is_required:
                made.same((*cell, "n_complete"), in_analysis)
            elif instrument == primary:
                made.within(in_analysis, (*cell, "n_complete"))
    for (instrument, kind), found in strata.items():
        for column in COUNTS[table]:
            whole = (table, study, instrument, "all", "all", column)
            made.total(whole, [(table, study, instrument, kind, stratum, column) for stratum in found])


def _inductions(
    made: System, rows: dict, study: str, definition: str, is_required: bool, eligible: tuple, analysed: tuple
) -> None:
    table = "induction_summary"
    for of_study, of_definition, denominator in rows[table]:
        if of_study != study:
            continue
        cell = (table, study, of_definition, denominator)
        made.within((*cell, "n_with_dose"), (*cell, "n_met"))
        made.within((*cell, "n_met"), (*cell, "n"))
        if denominator == "eligible":
            made.same((*cell, "n"), eligible)
            reached = (table, study, of_definition, "reached_minimum")
            made.within((*reached, "n"), eligible)
            for column in ("n_met", "n_with_dose"):
                made.same((*cell, column), (*reached, column))
                made.within((table, study, of_definition, "analysed", column), (*cell, column))
            if is_required and of_definition == definition:
                made.same((*cell, "n_met"), ("cohort_attrition", study, "met_induction", "n_remaining"))
        if denominator == "analysed":
            made.same((*cell, "n"), analysed)
            if is_required and of_definition == definition:
                made.same((*cell, "n_met"), analysed)


def _responses(
    made: System, rows: dict, study: str, is_required: bool, kinds: dict, numbers: dict, eligible: tuple
) -> None:
    table = "response_by_timepoint"
    instruments: dict[str, set[str]] = {}
    for of_study, instrument, timepoint, denominator, stratum in rows[table]:
        if of_study != study:
            continue
        instruments.setdefault(instrument, set()).add(stratum)
        cell = (table, study, instrument, timepoint, denominator, stratum)
        made.total(
            (*cell, "n_observed"),
            [(*cell, "n_responders"), (*cell, "n_worsened"), ("neither better nor worse", *cell)],
        )
        made.within((*cell, "n_remission"), (*cell, "n_observed"))
        observed = (table, study, instrument, timepoint, "observed", stratum)
        if denominator == "observed":
            made.same((*cell, "n_denominator"), (*cell, "n_observed"))
        else:
            made.within((*cell, "n_observed"), (*cell, "n_denominator"))
        for column in COUNTS[table][1:]:
            if denominator == "received" or (denominator == "eligible" and not is_required):
                made.same((*cell, column), (*observed, column))
            elif denominator == "eligible":
                made.within((*observed, column), (*cell, column))
        anchor = (table, study, instrument, "last_observed", denominator, stratum)
        if denominator == "eligible":
            made.same((*cell, "n_denominator"), (*anchor, "n_denominator"))
        if denominator == "received" and (kinds[timepoint] != "infusion" or numbers[timepoint] == 1):
            made.same((*cell, "n_denominator"), (*anchor, "n_denominator"))
        if denominator == "received" and kinds[timepoint] == "infusion" and numbers[timepoint] > 1:
            before = f"infusion_{numbers[timepoint] - 1}"
            made.within(
                (*cell, "n_denominator"), (table, study, instrument, before, denominator, stratum, "n_denominator")
            )
        if kinds[timepoint] == "infusion":
            made.within((*cell, "n_observed"), (*anchor, "n_observed"))
        if stratum == "all":
            complete = ("outcome_completeness", study, instrument, "all", "all", "n_complete")
            made.within((*cell, "n_observed"), complete)
    for instrument, strata in instruments.items():
        _strata_of_responses(made, rows, study, instrument, strata, is_required, eligible)


def _strata_of_responses(
    made: System, rows: dict, study: str, instrument: str, strata: set[str], is_required: bool, eligible: tuple
) -> None:
    """With and without depression make all; above and below the cutoff make those with a baseline above 0."""
    table = "response_by_timepoint"
    zero = ("baseline of 0", study, instrument)
    baseline = ("outcome_completeness", study, instrument, "all", "all", "n_with_baseline")
    for of_study, of_instrument, timepoint, denominator, stratum in rows[table]:
        if (of_study, of_instrument, stratum) != (study, instrument, "all"):
            continue
        cell = (table, study, instrument, timepoint, denominator)
        for column in COUNTS[table]:
            whole = (*cell, "all", column)
            made.total(whole, [(*cell, "has_mdd", column), (*cell, "no_mdd", column)])
            if "baseline_below_cutoff" not in strata:
                continue
            halves = [(*cell, half, column) for half in ("baseline_at_or_above_cutoff", "baseline_below_cutoff")]
            if column == "n_denominator" and denominator == "eligible":
                made.total(baseline, [*halves, zero])
            else:
                made.total(whole, halves)
        if denominator == "eligible":
            made.total(eligible, [(*cell, "all", "n_denominator"), zero])
    received = (table, study, instrument, "last_observed", "received", "all", "n_denominator")
    if not is_required:
        made.total(baseline, [received, zero])
    else:
        made.within(received, baseline)


def _between_studies(made: System, studies: list[tuple], by_rule: dict[tuple, str]) -> None:
    """The patients of one study who have the other's indication are the same as the other way round."""
    table = "cohort_characteristics"
    indications = {(rule[0], rule[1]): study for rule, study in by_rule.items()}
    for (indication, age), study in indications.items():
        for (other_indication, other_age), other in indications.items():
            if indication < other_indication and age == other_age:
                made.same(
                    (table, study, "eligible", f"has_{other_indication}", "true", "n"),
                    (table, other, "eligible", f"has_{indication}", "true", "n"),
                )
    for study, indication, _, _, age in studies:
        twin = by_rule[indication, age]
        for name in [one for one in made.published if one[0] == table and one[1:3] == (study, "eligible")]:
            if name[3] != "baseline_score":
                made.same(name, (table, twin, *name[2:]))


class Attack:
    """The linear programmes of an attacker.

    oracle: counts that the attacker knows besides, such as those of an earlier publication that have not changed.
    moved: counts, tabulated or not, that nobody may learn because they differ by little from those of that publication.
    """

    def __init__(
        self,
        made: System,
        truth: dict[tuple, int],
        oracle: dict[tuple, int] | None = None,
        moved: Iterable[tuple] = (),
    ) -> None:
        self.system = made
        self.moved = set(moved)
        self.names = list(made.unknowns)
        self.values = self._true_values(truth)
        known = {name: value for name, value in made.published.items() if value is not None} | (oracle or {})
        rows, columns, factors = [], [], []
        for row, equation in enumerate(made.equations):
            for name, factor in equation.items():
                rows.append(row)
                columns.append(made.unknowns[name])
                factors.append(factor)
        self.matrix = coo_array((factors, (rows, columns)), shape=(len(made.equations), len(self.names))).tocsc()
        # A hidden count is at least 1: a zero would have been shown.
        self.low = np.array([known.get(name, 1 if name in made.published else 0) for name in self.names], dtype=float)
        self.high = np.array([known.get(name, np.inf) for name in self.names], dtype=float)
        assert not (self.matrix @ self.values).any(), "the equations of the attacker do not hold in truth"
        self.programme = LinearProgramme(self.matrix, np.zeros(len(made.equations)), self.low, self.high)

    def _true_values(self, truth: dict[tuple, int]) -> np.ndarray:
        """Of every unknown: the counts of the marts, and the rests that follow from them."""
        values = {name: truth[name] for name in self.names if name in truth}
        for _ in range(5):
            for equation in self.system.equations:
                missing = [name for name in equation if name not in values]
                if len(missing) == 1:
                    rest = -sum(factor * values[name] for name, factor in equation.items() if name in values)
                    values[missing[0]] = rest // equation[missing[0]]
        return np.array([values[name] for name in self.names], dtype=float)

    def targets(self) -> list[int]:
        """The hidden counts, the small rests that nobody tabulates, and those that moved by little."""
        return [
            index
            for index, name in enumerate(self.names)
            if name in self.moved
            or (self.low[index] < self.high[index] and (name in self.system.published or 0 < self.values[index] < 11))
        ]

    def narrowed(self, protected_width: int, draw: np.random.Generator, individual: int = 10**6) -> list[str]:
        """Hidden counts of fewer possible values than promised, in words.

        A target is safe once two possible solutions differ enough in it; the truth is one. Random directions find
        most of them, and each of the others has programmes of its own.
        """
        low, high = self.values.copy(), self.values.copy()
        targets = np.array(self.targets(), dtype=int)
        for _ in range(40):
            open_targets = targets[~self._is_safe(low, high, targets, protected_width)]
            if not len(open_targets):
                return []
            chosen = draw.choice(open_targets, size=max(1, len(open_targets) // 3), replace=False)
            direction = np.zeros(len(self.names))
            direction[chosen] = -draw.uniform(0.5, 1.5, size=len(chosen))
            solution = self._solve(direction, cap=self.values + 60)
            low, high = np.minimum(low, solution), np.maximum(high, solution)
        failed = []
        open_targets = targets[~self._is_safe(low, high, targets, protected_width)]
        for target in open_targets[:individual]:
            for sign in (-1.0, 1.0):
                direction = np.zeros(len(self.names))
                direction[target] = sign
                solution = self._solve(direction, cap=np.full(len(self.names), 1e6))
                low, high = np.minimum(low, solution), np.maximum(high, solution)
            if not self._is_safe(low, high, np.array([target]), protected_width)[0]:
                failed.append(
                    f"{self.names[target]} = {self.values[target]:.0f} lies in {low[target]:.2f}..{high[target]:.2f}"
                )
        return failed

    def determined(self) -> set[tuple]:
        """Names of the counts that adding and subtracting gives away, published ones included."""
        known = {name for name, low, high in zip(self.names, self.low, self.high, strict=True) if low == high}
        changed = True
        while changed:
            changed = False
            for equation in self.system.equations:
                missing = [name for name in equation if name not in known]
                if len(missing) == 1:
                    known.add(missing[0])
                    changed = True
        return known

    def range_of(self, target: int) -> tuple[int, int]:
        """Lowest and highest whole number that a count can be, exactly (integer programming)."""
        bounds = Bounds(self.low, np.minimum(self.high, 10 * self.values.max() + 100))
        ends = []
        for sign in (1.0, -1.0):
            direction = np.zeros(len(self.names))
            direction[target] = sign
            answer = milp(
                direction,
                constraints=LinearConstraint(self.matrix, 0, 0),
                bounds=bounds,
                integrality=np.ones(len(self.names)),
                options={"time_limit": 20},
            )
            assert answer.x is not None, answer.message
            ends.append(round(float(answer.x[target])))
        return ends[0], ends[1]

    def _is_safe(self, low: np.ndarray, high: np.ndarray, targets: np.ndarray, width: int) -> np.ndarray:
        reached = high[targets] + 1e-6
        is_wide = np.floor(reached) - np.ceil(low[targets] - 1e-6) >= width - 1
        return is_wide & ((self.values[targets] >= width) | (reached >= width))

    def _solve(self, direction: np.ndarray, cap: np.ndarray) -> np.ndarray:
        self.programme.bound(np.minimum(self.high, np.maximum(cap, self.low)))
        return self.programme.minimise(direction)[0]
