"""Writes raw records and the reports about the deliveries into the schema `raw`."""

from collections.abc import Iterable

import duckdb
import pyarrow

from reader.batch import Arrival
from reader.declaration import HAS_TEST_NAME, Tables
from reader.free_text import without_free_text
from reader.preflight.inventory import DeliveredFile, IgnoredInput

LETTERS = "regexp_replace(lower({0}), '[^\\p{{L}}]', '', 'g')"


class Landing:
    """The schema `raw` of one warehouse, within one transaction of one cursor."""

    def __init__(
        self, cursor: duckdb.DuckDBPyConnection, formats: dict[str, Tables], reports: Tables, test_names: list[str]
    ) -> None:
        self._cursor = cursor
        self._formats = formats
        self._reports = reports
        self._test_names = test_names

    def create(self) -> None:
        """Replace every declared table by an empty one."""
        self._cursor.execute("create schema if not exists raw")
        for table in [*(table for tables in self._formats.values() for table in tables.values()),
                      *self._reports.values()]:  # fmt: skip
            columns = ", ".join(f'"{column.name}" {column.data_type}' for column in table.columns)
            self._cursor.execute(f'create or replace table raw."{table.identifier}" ({columns})')

    def add(self, found: DeliveredFile, arrival: Arrival) -> None:
        """Append records of one file to their table."""
        table, batch = arrival.table, arrival.batch
        # Found by its name (DuckDB's replacement scan): a registered table would be kept until the transaction ends.
        arrived = pyarrow.table(
            {
                **without_free_text(batch.columns, table),
                "row_number": arrival.row_numbers,
                "is_malformed": batch.is_malformed,
            }
        )
        own = {
            "site_id": "$site_id",
            "delivered_on": "$delivered_on",
            "file": "$file",
        }
        parameters = {"site_id": found.site_id, "delivered_on": found.delivered_on, "file": found.file}
        if table.has_test_name and HAS_TEST_NAME not in batch.columns:
            own[HAS_TEST_NAME] = _has_test_name(batch.columns)
            parameters["names"] = self._test_names
        values = [
            own.get(column.name) or (f'"{column.name}"' if column.name in arrived.column_names else "null")
            for column in table.columns
        ]
        self._cursor.execute(
            f'insert into raw."{table.identifier}" select {", ".join(values)} from arrived', parameters
        )

    def forget(self, found: DeliveredFile) -> None:
        """Remove the records of a file that turned out to be unreadable."""
        for table in self._formats[found.format_name].values():
            self._cursor.execute(
                f'delete from raw."{table.identifier}" where site_id = ? and delivered_on = ? and file = ?',
                [found.site_id, found.delivered_on, found.file],
            )

    def report(self, name: str, rows: Iterable[tuple]) -> None:
        """Append rows to one of the tables about the deliveries, in the order of its declared columns."""
        rows = list(rows)
        if rows:
            names = [column.name for column in self._reports[name].columns]
            columns = {column: list(values) for column, values in zip(names, zip(*rows, strict=True), strict=True)}
            self._cursor.register("reported", pyarrow.table(columns))
            self._cursor.execute(f'insert into raw."{name}" select * from reported')
            self._cursor.unregister("reported")


def ignored_row(ignored: IgnoredInput) -> tuple:
    """An ignored input as a row of raw.ignored_inputs."""
    return ignored.site_id, ignored.delivered_on, ignored.file, ignored.column_name, ignored.reason


def _has_test_name(columns: dict[str, pyarrow.Array]) -> str:
    """SQL: whether last name, or first and last name, is the name of a test patient. Names are only compared here."""
    first, last = (
        f"coalesce({LETTERS.format(name)}, '')" if name in columns else "''" for name in ("first_name", "last_name")
    )
    return f"list_contains($names, {last}) or list_contains($names, {first} || {last})"
