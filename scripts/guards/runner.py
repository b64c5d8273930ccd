"""Run suites over a warehouse file with Great Expectations and turn what comes back into results of our own.

Importing this module imports Great Expectations (8 to 10 s of work), so refresh.py does it in a process beside the
build.
"""

from __future__ import annotations

import os
from pathlib import Path

os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")

import duckdb
import great_expectations as gx
from great_expectations.data_context.types.base import ProgressBarsConfig

from guards import duckdb_datasource  # noqa: F401  (importing it registers add_duckdb)
from guards.results import GuardResult
from guards.suites import FINDING_COLUMNS, QUERY_TYPE, Rule, Suite
from publication.redaction import without_values

# An observed value is kept only where it is a figure of the whole column. A minimum or a set of values would be
# patients'.
_KEPT_OBSERVATIONS = {
    "expect_table_row_count_to_be_between",
    "expect_table_row_count_to_equal",
    "expect_table_column_count_to_equal",
    "expect_table_column_count_to_be_between",
    "expect_column_mean_to_be_between",
    "expect_column_median_to_be_between",
    "expect_column_stdev_to_be_between",
    "expect_column_sum_to_be_between",
    "expect_column_unique_value_count_to_be_between",
    "expect_column_proportion_of_unique_values_to_be_between",
    "expect_column_proportion_of_non_null_values_to_be_between",
}
_LOOKS_AT_NULLS = {"expect_column_values_to_be_null", "expect_column_values_to_not_be_null"}
MAX_FINDINGS = 50


class Guards:
    """Suites run over one finished warehouse file, beside the publication that stands (or None)."""

    def __init__(self, warehouse: Path, previous: Path | None = None):
        """warehouse, previous: DuckDB files, opened read-only. Nobody may hold the first one for writing."""
        self._connection = duckdb.connect(str(warehouse), read_only=True)
        address = f"duckdb+kit:///{warehouse.resolve()}"
        if previous is not None:
            quoted = str(previous).replace("'", "''")
            self._connection.execute(f"attach if not exists '{quoted}' as previous (read_only)")
            address += f"?previous={previous.resolve()}"
        self._has_previous = previous is not None
        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = ProgressBarsConfig(globally=False)
        self._source = context.data_sources.add_duckdb("warehouse", connection_string=address, create_temp_table=False)

    def run(self, suites: list[Suite]) -> list[GuardResult]:
        """Results of all rules, in order; a query rule has one result for each finding."""
        return [result for suite in suites for result in self._run_suite(suite)]

    def close(self) -> None:
        """Close all connections, so that the file can be opened otherwise."""
        self._source.get_execution_engine().close()
        self._source.get_engine().dispose()
        self._connection.close()

    def _run_suite(self, suite: Suite) -> list[GuardResult]:
        results: list[GuardResult] = []
        try:
            asset = self._source.add_table_asset(suite.name, table_name=suite.table_name, schema_name=suite.schema_name)
            batch = asset.add_batch_definition_whole_table("all").get_batch()
        except Exception as error:
            message = f"The table {suite.table} cannot be read: {_short(str(error))}"
            return [_result(suite, rule, "error", message=message) for rule in suite.rules]
        for rule in suite.rules:
            try:
                results += self._run_rule(suite, rule, batch)
            except Exception as error:
                results.append(_result(suite, rule, "error", message=f"The rule cannot run: {_short(str(error))}"))
        return results

    def _run_rule(self, suite: Suite, rule: Rule, batch) -> list[GuardResult]:
        n_checked = None
        if rule.type == QUERY_TYPE:
            reason = self._why_not_comparable(rule)
            if reason:
                return [_result(suite, rule, "not_applicable", message=reason)]
            n_checked = self._one_number(rule.checked.replace("{batch}", suite.table))
            if not n_checked:
                return [_result(suite, rule, "not_applicable", n_checked=0, message=_sentence(rule.not_applicable))]
        validation = batch.validate(_expectation(rule), result_format="BASIC").to_json_dict()
        problem = _exception_of(validation.get("exception_info"))
        if problem:
            message = f"The rule cannot run, look at its column names: {_short(problem)}"
            return [_result(suite, rule, "error", message=message)]
        if rule.type == QUERY_TYPE:
            return self._findings(suite, rule, n_checked, int(validation["result"]["observed_value"]))
        return [_judged(suite, rule, bool(validation["success"]), validation["result"])]

    def _findings(self, suite: Suite, rule: Rule, n_checked: int, n_unexpected: int) -> list[GuardResult]:
        if n_unexpected == 0:
            return [_result(suite, rule, "pass", n_checked=n_checked, n_unexpected=0, message=rule.description)]
        cursor = self._connection.execute(rule.query.replace("{batch}", suite.table))
        names = tuple(column[0] for column in cursor.description)
        if names != FINDING_COLUMNS:
            raise ValueError(f"its query returns {', '.join(names)}; expected {', '.join(FINDING_COLUMNS)}")
        findings = cursor.fetchmany(MAX_FINDINGS)
        return [
            _result(
                suite,
                rule,
                "fail",
                subject=str(subject),
                n_checked=n_checked,
                n_unexpected=n_unexpected,
                expected=str(expected),
                found=str(found),
                message=rule.description,
            )
            for subject, expected, found in sorted(findings, key=str)
        ]

    def _why_not_comparable(self, rule: Rule) -> str | None:
        """Why the standing publication cannot be compared with, if a rule wants to; None where it can."""
        if not rule.previous:
            return None
        if not self._has_previous:
            return "There is no earlier publication to compare with."
        for table, columns in rule.previous.items():
            missing_before = set(columns) - self._columns("previous", table)
            missing_now = set(columns) - self._columns(None, table)
            if missing_now:
                raise ValueError(f"{table} has no column {', '.join(sorted(missing_now))}")
            if missing_before:
                names = ", ".join(sorted(missing_before))
                return f"The earlier publication has no {table} with {names}: another version wrote it."
        return None

    def _columns(self, catalog: str | None, table: str) -> set[str]:
        schema_name, table_name = table.split(".")
        rows = self._connection.execute(
            "select column_name from duckdb_columns() "
            "where database_name = coalesce(?, current_database()) and schema_name = ? and table_name = ?",
            [catalog, schema_name, table_name],
        ).fetchall()
        return {name for (name,) in rows}

    def _one_number(self, query: str) -> int:
        return int(self._connection.execute(query).fetchone()[0] or 0)


def _expectation(rule: Rule):
    """The rule as an object of Great Expectations. Raises ValueError for an unknown type or wrong arguments."""
    name = "".join(part.capitalize() for part in rule.type.split("_"))
    expectation_class = getattr(gx.expectations, name, None)
    if expectation_class is None:
        raise ValueError(f"Great Expectations knows no {rule.type}")
    if rule.type == QUERY_TYPE:
        return expectation_class(unexpected_rows_query=rule.query)
    return expectation_class(**rule.kwargs)


def _judged(suite: Suite, rule: Rule, success: bool, found: dict) -> GuardResult:
    """The result of a column or table expectation, from its counts."""
    n_checked = found.get("element_count")
    if n_checked is not None and rule.type not in _LOOKS_AT_NULLS:
        n_checked -= found.get("missing_count") or 0
    if n_checked == 0:
        return _result(suite, rule, "not_applicable", n_checked=0, message=_sentence(rule.not_applicable))
    n_unexpected = found.get("unexpected_count")
    observed = found.get("observed_value") if rule.type in _KEPT_OBSERVATIONS else None
    if n_checked is None and rule.type in _KEPT_OBSERVATIONS and observed is None:
        return _result(suite, rule, "not_applicable", message=_sentence(rule.not_applicable))
    shown = None
    if n_unexpected is not None and n_checked:
        shown = f"{n_unexpected:,} of {n_checked:,} ({100 * n_unexpected / n_checked:.1f} %) break the rule"
    elif isinstance(observed, int | float):
        shown = f"{observed:,.4g}" if isinstance(observed, float) else f"{observed:,}"
    return _result(
        suite,
        rule,
        "pass" if success else "fail",
        n_checked=n_checked,
        n_unexpected=n_unexpected,
        expected=rule.expected or _arguments(rule),
        found=shown,
        message=rule.description,
    )


def _arguments(rule: Rule) -> str:
    parts = [f"{name.replace('_', ' ')} {value}" for name, value in rule.kwargs.items() if name != "column"]
    return ", ".join(parts)


def _exception_of(info: dict | None) -> str | None:
    """The first exception message in GX's exception_info, which is flat or keyed by metric."""
    if not info:
        return None
    if "raised_exception" in info:
        return (info.get("exception_message") or "unknown reason") if info["raised_exception"] else None
    return next((message for nested in info.values() if (message := _exception_of(nested))), None)


def _result(suite: Suite, rule: Rule, status: str, *, message: str, **figures) -> GuardResult:
    empty = {"subject": None, "n_checked": None, "n_unexpected": None, "expected": rule.expected, "found": None}
    return GuardResult(
        suite=suite.name,
        rule_id=rule.rule_id,
        boundary=suite.boundary,
        table_name=suite.table,
        column_name=rule.column,
        severity=rule.severity,
        status=status,
        message=message,
        **{**empty, **figures},
    )


def _sentence(phrase: str) -> str:
    return phrase[:1].upper() + phrase[1:].rstrip(".") + "."


def _short(message: str) -> str:
    """The message in one line without values, long statements cut off."""
    first = without_values(message).split("[SQL:")[0]
    return " ".join(first.split())[:400]
