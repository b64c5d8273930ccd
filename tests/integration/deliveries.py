"""Small helpers for tests of the reader: write a delivery, read it, look at the schema `raw`."""

import gzip
from pathlib import Path

import duckdb

from reader.ingest import Outcome, ingest

SITE, DAY = "07", "2024-03-01"
VITALS = b"vital_id,patient_id,vital,value,unit,measured_at\n"
VITAL = b"V1,P1,weight,80.5,kg,2024-02-01 10:00\n"


def deliver(raw: Path, files: dict[str, bytes], site: str = SITE, day: str = DAY, format_name: str = "ehr") -> Path:
    """Write the files of one delivery (a .gz is compressed unless it is already); returns the delivery folder."""
    folder = raw / format_name / f"site={site}" / f"delivered_on={day}"
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        is_plain = name.endswith(".gz") and content and not content.startswith(b"\x1f\x8b")
        (folder / name).write_bytes(gzip.compress(content) if is_plain else content)
    return folder


class Warehouse:
    """A warehouse in memory that deliveries are read into."""

    def __init__(self, raw: Path) -> None:
        self.raw = raw
        self.connection = duckdb.connect()

    def read(self) -> Outcome:
        """Bring the schema `raw` up to date."""
        return ingest(self.connection.cursor(), self.raw, shows_progress=False)

    def rows(self, query: str) -> list[tuple]:
        """All rows of a query."""
        return self.connection.execute(query).fetchall()

    def records(self, table: str) -> list[dict]:
        """All rows of a raw table in the order of the deliveries; of each what is not null, without the place."""
        cursor = self.connection.execute(f'from raw."{table}" order by site_id, delivered_on, file, row_number')
        names = [column[0] for column in cursor.description]
        place = {"site_id", "delivered_on", "file", "row_number"}
        return [
            {name: value for name, value in zip(names, row, strict=True) if value is not None and name not in place}
            for row in cursor.fetchall()
        ]

    def everything(self) -> str:
        """All that was stored, in all tables, as one text."""
        tables = self.rows("select table_name from duckdb_tables() where schema_name = 'raw'")
        return str([self.rows(f'from raw."{table}"') for (table,) in tables])

    def refused(self) -> dict[str, str]:
        """File -> reason."""
        return dict(self.rows("select file, reason from raw.refused_files"))

    def ignored(self) -> set[tuple]:
        """(file, column, reason) of everything that was ignored."""
        return set(self.rows("select file, column_name, reason from raw.ignored_inputs"))
