"""What dbt's tests and the guards found, as measurements of the check catalogue (audit.check_measurements)."""

from __future__ import annotations

import duckdb

from guards.results import GuardResult
from publication.build import BuildOutcome

# Generic tests, by what they guard: one check of the catalogue each, with the table as its subject.
CHECK_OF_GENERIC_TEST = {
    "unique": "keys_unique",
    "unique_combination": "keys_unique",
    "complete": "required_values_there",
    "not_null": "required_values_there",
    "accepted_values": "values_of_the_list",
    "relationships": "references_resolve",
    "all_hold": "rules_of_tables_hold",
}
_BROKEN = {"error", "runtime error", "skipped"}


def store(connection: duckdb.DuckDBPyConnection, tested: BuildOutcome, guarded: list[GuardResult]) -> None:
    """Add (check_id, subject, n_checked, n_violating, has_error) of tests and guards to audit.check_measurements.

    connection: open for writing on the candidate. n_checked of a test: rows of the tables that it looks at.
    """
    rows = _added_up(_of_tests(connection, tested) + [_of_guard(result) for result in guarded])
    ids = sorted({row[0] for row in rows})
    connection.execute("delete from audit.check_measurements where list_contains(?, check_id)", [ids])
    if rows:
        connection.executemany("insert into audit.check_measurements values (?, ?, ?, ?, ?)", rows)


def _of_tests(connection: duckdb.DuckDBPyConnection, tested: BuildOutcome) -> list[list]:
    counted: dict[str, int] = {}
    rows = []
    for outcome in tested.nodes:
        test = outcome.node
        metadata = getattr(test, "test_metadata", None)
        attached = getattr(test, "attached_node", None)
        names = [attached] if attached else list(test.depends_on.nodes)
        n_checked = sum(_n_rows(connection, name, counted) for name in names if not name.startswith("source."))
        check_id = CHECK_OF_GENERIC_TEST[metadata.name] if metadata else test.name
        subject = attached.rsplit(".", 1)[-1] if attached else "network"
        has_error = str(outcome.status) in _BROKEN
        rows.append([check_id, subject, n_checked, min(int(outcome.failures or 0), n_checked), has_error])
    return rows


def _n_rows(connection: duckdb.DuckDBPyConnection, unique_id: str, counted: dict[str, int]) -> int:
    """Rows of a model or seed by dbt's id; 0 where it was not built."""
    if unique_id not in counted:
        name = unique_id.rsplit(".", 1)[-1]
        found = connection.execute(
            "select schema_name, table_name from duckdb_tables() where table_name in (?, ?) "
            "union all select schema_name, view_name from duckdb_views() where view_name in (?, ?)",
            [name, name.removeprefix("marts_"), name, name.removeprefix("marts_")],
        ).fetchall()
        counted[unique_id] = max(
            (connection.execute(f'select count(*) from {schema}."{table}"').fetchone()[0] for schema, table in found),
            default=0,
        )
    return counted[unique_id]


def _of_guard(result: GuardResult) -> list:
    """A group that a rule found, or a rule that counts no rows, is one look at its subject."""
    if result.status == "fail" and result.subject:
        return [result.rule_id, result.subject, 1, 1, False]
    n_checked = result.n_checked if result.n_checked is not None else int(result.status in ("pass", "fail"))
    n_violating = max(result.n_unexpected or 0, 1) if result.status == "fail" else 0
    subject = result.subject or result.table_name
    return [result.rule_id, subject, n_checked, min(n_violating, n_checked), result.status == "error"]


def _added_up(rows: list[list]) -> list[list]:
    """One row a check and subject: several tests of a table, or several findings of a rule, count together."""
    added: dict[tuple[str, str], list] = {}
    for check_id, subject, n_checked, n_violating, has_error in rows:
        row = added.setdefault((check_id, subject), [check_id, subject, 0, 0, False])
        row[2] += n_checked
        row[3] += n_violating
        row[4] = row[4] or has_error
    return [added[key] for key in sorted(added)]
