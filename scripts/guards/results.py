"""The outcome of a rule, as it is kept: counts and figures of groups, never a patient's value."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields

STATUSES = ("pass", "fail", "error", "not_applicable")


@dataclass(frozen=True)
class GuardResult:
    """One row of audit.expectation_results.

    subject: the group that the figure speaks of (study, clinic), null for the whole table. n_checked, n_unexpected:
    rows looked at and rows that break the rule, null where a rule does not count rows.
    """

    suite: str
    rule_id: str
    boundary: str
    table_name: str
    column_name: str | None
    subject: str | None
    severity: str
    status: str
    n_checked: int | None
    n_unexpected: int | None
    expected: str | None
    found: str | None
    message: str

    @property
    def blocks(self) -> bool:
        """Whether this result keeps the candidate from publication: a broken critical rule, or any rule that cannot
        run."""
        return self.status == "error" or (self.status == "fail" and self.severity == "critical")

    @property
    def warns(self) -> bool:
        """Whether people should read it although it does not block."""
        return self.status == "fail" and not self.blocks

    def as_row(self) -> dict:
        """Plain dictionary in column order."""
        return asdict(self)


COLUMNS = {field.name: ("bigint" if field.name.startswith("n_") else "varchar") for field in fields(GuardResult)}


def store(connection, results: list[GuardResult]) -> None:
    """Write audit.expectation_results anew through an open, writable DuckDB connection."""
    declared = ", ".join(f"{name} {data_type}" for name, data_type in COLUMNS.items())
    connection.execute("create schema if not exists audit")
    connection.execute(f"create or replace table audit.expectation_results ({declared})")
    if results:
        marks = ", ".join("?" for _ in COLUMNS)
        rows = [list(result.as_row().values()) for result in results]
        connection.executemany(f"insert into audit.expectation_results values ({marks})", rows)
