"""What differs between a new build and the publication that stands, and which deliveries moved it.

Both hold audit.publication_profile, the numbers by which they are compared. What differs becomes
audit.publication_diff: one row a number (kind, site_id, study_id, subject, detail, period), and one a source (kind
delivery, code, seed or package; subject is its name).

Its columns are described with those of dbt's tables, in models/audit/_publication__sources.yml.
The rows of kind unmapped_value hold the clinics' own words: the table is restricted, as audit.unmapped_values is.
With a first publication it is empty.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from publication.provenance import Source

# Rows of seeds/quality/checks.csv that are measured here.
CHECKS = (
    "delivery_volume_dropped",
    "completeness_dropped",
    "completeness_fell_lately",
    "unmapped_values_grew",
    "questionnaire_template_changed",
    "figures_moved",
    "figures_moved_alone",
)
MAX_DELIVERIES = 5  # named in moved_by; all of them are rows of their own
MAX_FILES = 10  # named of each

_FOLDER = Path(__file__).parent
_COMPARED = ("publication_profile", "figure_sources", "provenance")


def compare(candidate: Path, standing: Path | None, sources: list[Source]) -> str | None:
    """Write audit.publication_diff into the candidate, and the counts of CHECKS into its audit.check_measurements.

    standing: file of the publication to compare with, None before the first. sources: what the candidate was made from.
    Where the standing file cannot be compared, the table is empty, the checks could not run, and why is returned.
    """
    with duckdb.connect(str(candidate)) as connection:
        _write_empty(connection)
        measured, reason = [], None
        if standing is not None:
            try:
                measured = _compared(connection, standing, sources)
            except duckdb.Error as error:
                _write_empty(connection)
                reason = str(error)
        seen = {check_id for check_id, *_ in measured}
        rows = [[*row, False] for row in measured]
        rows += [[check_id, "network", 0, 0, reason is not None] for check_id in CHECKS if check_id not in seen]
        connection.execute("delete from audit.check_measurements where list_contains(?, check_id)", [list(CHECKS)])
        connection.executemany("insert into audit.check_measurements values (?, ?, ?, ?, ?)", rows)
        connection.execute("checkpoint")
    return reason


def _write_empty(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(
        "create or replace table audit.publication_diff (kind varchar, site_id varchar, study_id varchar, "
        "subject varchar, detail varchar, period varchar, change varchar, before double, after double, "
        "difference double, n_before bigint, n_after bigint, n_of_before bigint, n_of_after bigint, "
        "moved_by varchar, is_code_changed boolean, is_seed_changed boolean)"
    )


def _compared(connection: duckdb.DuckDBPyConnection, standing: Path, sources: list[Source]) -> list[tuple]:
    """Fill audit.publication_diff. Returns (check_id, subject, n_checked, n_violating).

    Nothing where the publication that stands is of a version without a profile.
    """
    place = str(standing).replace("'", "''")
    connection.execute(f"attach '{place}' as standing (read_only)")
    try:
        known = connection.execute(
            "select count(*) from duckdb_tables() where database_name = 'standing' and schema_name = 'audit' "
            "and list_contains(?, table_name)",
            [list(_COMPARED)],
        ).fetchone()
        if known != (len(_COMPARED),):
            return []
        _take(connection, sources)
        connection.execute(_query("changed_sources"))
        connection.execute(f"set variable max_deliveries = {MAX_DELIVERIES}; set variable max_files = {MAX_FILES}")
        connection.execute(_query("movers"))
        connection.execute(_query("publication_diff"))
        return connection.execute(_query("check_measurements")).fetchall()
    finally:
        connection.execute("detach standing")


def _take(connection: duckdb.DuckDBPyConnection, sources: list[Source]) -> None:
    connection.execute(
        "create temp table new_sources "
        "(kind varchar, name varchar, digest varchar, site_id varchar, delivered_on date, file varchar)"
    )
    connection.executemany(
        "insert into new_sources values (?, ?, ?, ?, ?, ?)",
        [[each.kind, each.name, each.digest, each.site_id, each.delivered_on, each.file] for each in sources],
    )


def _query(name: str) -> str:
    return (_FOLDER / f"{name}.sql").read_text(encoding="utf-8")
