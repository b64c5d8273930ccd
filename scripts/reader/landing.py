"""Writes raw records and the reports about the deliveries into the schema `raw`."""

import csv
from collections.abc import Iterable
from pathlib import Path

import duckdb
import numpy
import pyarrow

from reader.batch import Batch
from reader.declaration import Table
from reader.preflight.inventory import DeliveredFile, IgnoredInput

TEST_NAMES_COLUMN = "name"
LETTERS = "regexp_replace(lower({0}), '[^\\p{{L}}]', '', 'g')"


def read_test_names(path: Path) -> list[str]:
    """Names of test patients, lower case, letters only. Raises ValueError where the seed has no column `name`."""
    with path.open(encoding="utf-8", newline="") as stream:
        rows = csv.DictReader(stream)
        if TEST_NAMES_COLUMN not in (rows.fieldnames or ()):
            raise ValueError(f"{path.name} has no column {TEST_NAMES_COLUMN}")
        names = {"".join(letter for letter in row[TEST_NAMES_COLUMN].lower() if letter.isalpha()) for row in rows}
    return sorted(names - {""})


class Landing:
    """The schema `raw` of one warehouse, within one transaction of one cursor."""

    def __init__(
        self, cursor: duckdb.DuckDBPyConnection, tables: dict[str, Table], reports: dict[str, Table],
        test_names: list[str],
    ) -> None:  # fmt: skip
        self._cursor = cursor
        self._tables = tables
        self._reports = reports
        self._test_names = test_names

    def create(self) -> None:
        """Replace every declared table by an empty one."""
        self._cursor.execute("create schema if not exists raw")
        for table in [*self._tables.values(), *self._reports.values()]:
            columns = ", ".join(f'"{column.name}" {column.data_type}' for column in table.columns)
            self._cursor.execute(f'create or replace table raw."{table.name}" ({columns})')

    def add(self, found: DeliveredFile, batch: Batch, first_row_number: int) -> None:
        """Append a batch of records of one file; `first_row_number` is that of its first record."""
        table = self._tables[found.table_name]
        numbers = numpy.arange(first_row_number, first_row_number + batch.n_records, dtype=numpy.int64)
        arrived = pyarrow.table(
            {**batch.columns, "row_number": pyarrow.array(numbers), "is_malformed": batch.is_malformed}
        )
        own = {
            "site_id": "$site_id",
            "delivered_on": "$delivered_on",
            "file": "$file",
            "has_test_name": _has_test_name(batch.columns),
        }
        values = [
            own.get(column.name) or (f'"{column.name}"' if column.name in arrived.column_names else "null")
            for column in table.columns
        ]
        parameters = {"site_id": found.site_id, "delivered_on": found.delivered_on, "file": found.file}
        if table.has_test_name:
            parameters["names"] = self._test_names
        self._cursor.register("arrived", arrived)
        try:
            self._cursor.execute(f'insert into raw."{table.name}" select {", ".join(values)} from arrived', parameters)
        finally:
            self._cursor.unregister("arrived")

    def forget(self, found: DeliveredFile) -> None:
        """Remove the records of a file that turned out to be unreadable."""
        self._cursor.execute(
            f'delete from raw."{found.table_name}" where site_id = ? and delivered_on = ? and file = ?',
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
