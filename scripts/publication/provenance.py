"""What a publication was made from and what it holds, as digests that anybody can compute again."""

from __future__ import annotations

import csv
import hashlib
import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from publication import fingerprint as fingerprints
from publication.fingerprint import Fingerprint
from publication.settings import ROOT, Settings
from reader.preflight.inventory import Inventory

SIGNIFICANT_DIGITS = 12  # the last digits of a sum depend on the order of its terms
HASHED_SCHEMAS = ("core", "clinical", "marts", "shareable")

_FRACTIONS = ("DOUBLE", "FLOAT")
_COLUMNS = """
select column_name, data_type
from duckdb_columns()
where database_name = ? and schema_name = ? and table_name = ?
order by column_name
"""


@dataclass(frozen=True)
class Source:
    """A row of audit.provenance, of kind table, seed, delivery, code or package.

    digest: SHA-256 of the content, of a package its version. site_id, delivered_on and file are of deliveries only.
    """

    kind: str
    name: str
    digest: str
    n_rows: int | None = None
    site_id: str | None = None
    delivered_on: date | None = None
    file: str | None = None


def of_tables(connection: duckdb.DuckDBPyConnection, database: str) -> list[Source]:
    """Content of each table of the hashed schemas of an attached database."""
    tables = connection.execute(
        "select schema_name, table_name from duckdb_tables() "
        "where database_name = ? and list_contains(?, schema_name) "
        "and (schema_name, table_name) <> ('shareable', 'publication') order by all",
        [database, list(HASHED_SCHEMAS)],
    ).fetchall()
    return [
        Source("table", f"{schema}.{table}", *content_hash(connection, database, schema, table))
        for schema, table in tables
    ]


def content_hash(connection: duckdb.DuckDBPyConnection, database: str, schema: str, table: str) -> tuple[str, int]:
    """Digest of a table's columns and rows, whatever the order of either, and its number of rows.

    Fractions count with 12 significant digits, so that another order of summing leaves the digest alone.
    """
    columns = connection.execute(_COLUMNS, [database, schema, table]).fetchall()
    row = ", ".join(
        f"coalesce(concat(length({text}), ':', {text}), '-')" for text in [_as_text(*column) for column in columns]
    )
    n_rows, low, high = connection.execute(
        "select count(*), sum(md5_number_lower(content)), sum(md5_number_upper(content)) "
        f"from (select concat_ws(',', {row}) as content from {_name(database)}.{_name(schema)}.{_name(table)})"
    ).fetchone()
    content = json.dumps([columns, n_rows, str(low), str(high)])
    return hashlib.sha256(content.encode()).hexdigest(), n_rows


def of_inputs(settings: Settings, inventory: Inventory, fingerprint: Fingerprint, code_version: str) -> list[Source]:
    """The code, the packages, the seeds and the delivery files."""
    digests = fingerprints.digests_of_deliveries(settings, inventory)
    return [
        Source("code", code_version, fingerprint.parts["code"]),
        *(Source("package", name, version) for name, version in fingerprints.versions().items()),
        *(
            Source("seed", path.stem, fingerprints.digest_of_file(path), _rows_of(path))
            for path in sorted((ROOT / "seeds").rglob("*.csv"))
        ),
        *(
            Source("delivery", found.place, digests[found.place], None, found.site_id, found.delivered_on, found.file)
            for found in inventory.files
        ),
    ]


def store(connection: duckdb.DuckDBPyConnection, database: str, sources: list[Source]) -> None:
    """Write audit.provenance, one row for each source."""
    connection.execute(
        f"create table {_name(database)}.audit.provenance (kind varchar, name varchar, digest varchar, "
        "n_rows bigint, site_id varchar, delivered_on date, file varchar)"
    )
    connection.executemany(
        f"insert into {_name(database)}.audit.provenance values (?, ?, ?, ?, ?, ?, ?)",
        [
            [each.kind, each.name, each.digest, each.n_rows, each.site_id, each.delivered_on, each.file]
            for each in sources
        ],
    )


def _as_text(column: str, data_type: str) -> str:
    quoted = _name(column)
    if data_type in _FRACTIONS:
        return f"printf('%.{SIGNIFICANT_DIGITS - 1}e', {quoted} + 0.0)"  # + 0.0 makes 0 of -0
    if data_type == "TIMESTAMP WITH TIME ZONE":
        return f"cast(epoch_us({quoted}) as varchar)"  # as text it would follow the session's time zone
    return f"cast({quoted} as varchar)"


def _rows_of(path: Path) -> int:
    with path.open(encoding="utf-8", newline="") as stream:
        return max(sum(1 for row in csv.reader(stream) if row) - 1, 0)


def _name(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'
