"""Compare a built warehouse with the independent reading, table by table and column by column.

    python -m tests.integration.compare_warehouse WAREHOUSE RAW_DIR

Hashed keys are mapped back to the clinics' own ids through the core schema. Numbers agree within 1e-9 (absolute or
relative); nulls equal nulls only. Exit status 1 if anything differs.
"""

import json
import math
import sys
from collections import Counter
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import click
import duckdb

from tests.integration.oracle.build import build
from tests.integration.oracle.tables import TABLES

TOLERANCE = 1e-9
IDENTIFIERS = set(TABLES["patients"].identifiers)
# Parts of a key: a column, or one of the pairs that stand for a patient or a form.
KEYS = {
    "core.patients": ("patient ids",),
    "core.patient_merges": ("patient ids",),
    "core.assessments": ("assessment ids",),
    "marts.patients": ("patient_key",),
    "marts.infusions": ("patient_key", "course_number", "infusion_number"),
    "marts.inductions": ("patient_key", "definition_id"),
    "marts.induction_summary": ("study_id", "definition_id", "denominator"),
    "marts.assessments": ("patient_key", "assessment_key"),
    "marts.cohort_patients": ("study_id", "patient_key"),
    "marts.cohort_attrition": ("study_id", "step_number"),
    "marts.cohort_characteristics": ("study_id", "population", "characteristic", "level"),
    "marts.outcomes": ("study_id", "patient_key", "instrument", "timepoint"),
    "marts.response_by_timepoint": (
        "study_id", "instrument", "timepoint", "response_kind", "denominator", "stratum",
    ),
    "marts.outcome_completeness": ("study_id", "instrument", "stratum_kind", "stratum"),
    "audit.row_accounting": ("site_id", "delivered_on", "file"),
    "audit.quarantine": ("site_id", "delivered_on", "file", "row_number"),
    "audit.refused_files": ("site_id", "delivered_on", "file"),
    "audit.ignored_inputs": ("site_id", "delivered_on", "file", "column_name"),
    "audit.unmapped_values": ("site_id", "table_name", "column_name", "raw_value"),
}  # fmt: skip
OPTIONAL_COLUMNS = {"n_recorded_after_index"}


class Difference(NamedTuple):
    """One cell (or one whole row, column or table) on which warehouse and independent reading disagree."""

    table: str
    key: tuple
    column: str
    expected: Any
    found: Any

    def __str__(self) -> str:
        """One readable line."""
        key = " ".join("/".join(map(str, part)) if isinstance(part, tuple) else str(part) for part in self.key)
        return f"{self.table} [{key}] {self.column}: expected {shown(self.expected)}, found {shown(self.found)}"


def shown(value: Any) -> str:
    """A value for a message; fractions as decimals."""
    return repr(float(value)) if isinstance(value, Fraction | Decimal) else repr(value)


class Warehouse:
    """The rows of a built warehouse with hashed keys mapped back to ids."""

    def __init__(self, path: Path) -> None:
        """Open read-only and read the crosswalks; tables that are missing are simply not there."""
        self.connection = duckdb.connect(str(path), read_only=True)
        self.tables = {
            f"{schema}.{name}"
            for schema, name in self.connection.execute(
                "select table_schema, table_name from information_schema.tables"
            ).fetchall()
        }
        patients = self.rows("core.patients")
        self.patients = {row["patient_key"]: (row["site_id"], row["patient_id"]) for row in patients}
        forms = self.rows("core.assessments")
        self.forms = {row["assessment_key"]: (row["site_id"], row["assessment_id"]) for row in forms}
        self.sites = {
            row["site_key"]: self.patients.get(row["patient_key"], ("?",))[0] for row in self.rows("marts.patients")
        }

    def rows(self, table: str) -> list[dict[str, Any]]:
        """All rows of a table as dictionaries; none if there is no such table."""
        if table not in self.tables:
            return []
        cursor = self.connection.execute(f"select * from {table}")
        names = [description[0] for description in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def readable(self, table: str) -> list[dict[str, Any]]:
        """Rows whose keys and derived columns are comparable with the independent reading's."""
        rows = self.rows(table)
        for row in rows:
            row["patient ids"] = (row.get("site_id"), row.get("patient_id"))
            row["assessment ids"] = (row.get("site_id"), row.get("assessment_id"))
            if table != "core.patients" and "patient_key" in row:
                row["patient_key"] = self.patients.get(row["patient_key"], row["patient_key"])
            if table != "core.assessments" and "assessment_key" in row:
                row["assessment_key"] = self.forms.get(row["assessment_key"], row["assessment_key"])
            if "site_key" in row:
                row["site_key"] = self.sites.get(row["site_key"], row["site_key"])
            if table == "marts.outcome_completeness" and row["stratum_kind"] == "site":
                row["stratum"] = self.sites.get(row["stratum"], row["stratum"])
            if table == "audit.quarantine":
                row["has_raw_record"] = row["raw_record"] is not None
            if table == "audit.ignored_inputs" and row["column_name"] is not None:
                row["column_name"] = row["column_name"].strip().lower()
        if table == "audit.ignored_inputs":
            return [
                row for row in rows if row["site_id"] and row["delivered_on"] and "/" not in row["file"]
            ]  # no folders
        return rows


def is_equal(expected: Any, found: Any) -> bool:
    """Whether two cells agree: numbers within 1e-9, flags as flags, everything else exactly."""
    if expected is None or found is None:
        return expected is None and found is None
    if isinstance(expected, bool) or isinstance(found, bool):
        return expected is found
    numbers = (int, float, Fraction, Decimal)
    if isinstance(expected, numbers) and isinstance(found, numbers):
        return math.isclose(float(expected), float(found), rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return expected == found


def compare_table(table: str, expected: dict[tuple, dict], warehouse: Warehouse) -> list[Difference]:
    """Missing, surplus and repeated rows, missing columns, and every cell that differs."""
    if table not in warehouse.tables:
        return [Difference(table, (), "(table)", "present", "missing")]
    rows = warehouse.readable(table)
    if rows and (absent := [name for name in KEYS[table] if name not in rows[0]]):
        return [Difference(table, (), f"({name})", "a column", "missing") for name in absent]
    keys = [tuple(row[name] for name in KEYS[table]) for row in rows]
    found = dict(zip(keys, rows, strict=True))
    differences = [Difference(table, key, "(row)", "once", f"{n} times") for key, n in Counter(keys).items() if n > 1]
    differences += [Difference(table, key, "(row)", "present", "missing") for key in expected.keys() - found.keys()]
    differences += [Difference(table, key, "(row)", "absent", "present") for key in found.keys() - expected.keys()]
    missing_columns = set()
    for key in expected.keys() & found.keys():
        for column, value in expected[key].items():
            if column not in found[key]:
                missing_columns |= {column} - OPTIONAL_COLUMNS
            elif not is_equal(value, found[key][column]):
                differences.append(Difference(table, key, column, value, found[key][column]))
    differences += [Difference(table, (), f"({column})", "a column", "missing") for column in missing_columns]
    return sorted(differences, key=str)


def compare_keys(warehouse: Warehouse) -> list[Difference]:
    """Keys must tell patients, forms and sites apart, and raw records must be JSON without identifiers."""
    differences = []
    for table, crosswalk in (("core.patients", warehouse.patients), ("core.assessments", warehouse.forms)):
        if len(crosswalk) != len(warehouse.rows(table)):
            differences.append(Difference(table, (), "(keys)", len(warehouse.rows(table)), len(crosswalk)))
    if len(set(warehouse.sites.values())) != len(warehouse.sites):
        differences.append(
            Difference("marts.patients", (), "(site_key)", "one a site", sorted(warehouse.sites.items()))
        )
    for row in warehouse.rows("audit.quarantine"):
        key = tuple(row[name] for name in KEYS["audit.quarantine"])
        try:
            record = json.loads(row["raw_record"] or "{}")
        except ValueError:
            differences.append(Difference("audit.quarantine", key, "raw_record", "JSON", "no JSON"))
            continue
        shown_identifiers = sorted(name for name, value in record.items() if name.lower() in IDENTIFIERS and value)
        if shown_identifiers:
            differences.append(Difference("audit.quarantine", key, "raw_record", "no identifiers", shown_identifiers))
    return differences


def compare(warehouse_path: Path, raw: Path) -> list[Difference]:
    """All differences between the warehouse and the independent reading of the same deliveries."""
    expected = build(raw)
    warehouse = Warehouse(warehouse_path)
    differences = compare_keys(warehouse)
    for table in KEYS:
        differences += compare_table(table, expected[table], warehouse)
    return differences


@click.command()
@click.argument("warehouse", type=click.Path(exists=True, path_type=Path))
@click.argument("raw_dir", type=click.Path(exists=True, path_type=Path))
@click.option("--limit", default=8, show_default=True, help="Lines shown a table and column.")
def main(warehouse: Path, raw_dir: Path, limit: int) -> None:
    """Print where WAREHOUSE differs from an independent reading of RAW_DIR. Shows ids: not for real deliveries."""
    differences = compare(warehouse, raw_dir)
    shown_lines: Counter = Counter()
    for difference in differences:
        shown_lines[difference.table, difference.column] += 1
        if shown_lines[difference.table, difference.column] <= limit:
            click.echo(difference)
    for (table, column), n in sorted(shown_lines.items()):
        if n > limit:
            click.echo(f"{table} {column}: {n - limit} more")
    click.echo(f"{len(differences)} differences" if differences else "No difference.")
    sys.exit(bool(differences))


if __name__ == "__main__":
    main()
