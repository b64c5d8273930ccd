"""A plot: what one fault may touch at one site, and what it did."""

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from synthesis.faults.records import DeliveredFile, ParquetFile, Record
from synthesis.tables import KEYS

Where = Callable[[Record], bool]
OMOP_KEYS = {"person": "person_id"}


@dataclass
class Planted:
    """One place of a fault; `record` is None where the file as a whole is at fault."""

    file: DeliveredFile | None
    path: Path
    record: Record | None
    key: str
    column: str


@dataclass
class Plot:
    """Files of one site in one format from `since` on, read once for all faults of a run."""

    fault: str
    format: str
    site_id: str
    rate: float
    since: str
    seed: int
    folder: Path
    files: list[DeliveredFile]
    planted: list[Planted] = field(default_factory=list)

    def tables(self, table: str) -> list[DeliveredFile]:
        """Files of a table (or resource type) that can hold any text, oldest first."""
        pattern = re.compile(rf"(?<![A-Za-z]){re.escape(table)}(?![A-Za-z_])")
        return [
            file
            for file in self.files
            if pattern.search(file.name)
            and file.delivered_on >= self.since
            and not (isinstance(file, ParquetFile) and not file.is_text)
        ]

    def plain(self, table: str, where: Where | None = None) -> Iterator[tuple[DeliveredFile, Record]]:
        """Plain records of a table: no junk, no copies, no corrections, under a key that has none of them."""
        files = self.tables(table)
        special = {
            self.key_of(table, record)
            for file in files
            for record in file.records
            if record.is_special and record.fields is not None
        }
        for file in files:
            for record in file.records:
                if record.is_special or record.fields is None or self.key_of(table, record) in special:
                    continue
                if where is None or where(record):
                    yield file, record

    def pick(
        self,
        table: str,
        where: Where | None = None,
        by: Callable[[Record], str] | None = None,
        rate: float | None = None,
    ) -> list[tuple[DeliveredFile, Record]]:
        """The share `rate` of the keys of plain records, at least one: a record is chosen in all of its exports."""
        by = by or (lambda record: self.key_of(table, record))
        found = list(self.plain(table, where))
        chances = {key: self._chance(key) for key in {by(record) for _, record in found}}
        share = self.rate if rate is None else rate
        n = max(1, round(share * len(chances)))
        chosen = set(sorted(chances, key=lambda key: chances[key])[:n])
        return [(file, record) for file, record in found if by(record) in chosen]

    def change(self, table: str, column: str, value: Any, where: Where | None = None, **options: Any) -> None:
        """Write another value (or what a function of the record says) into a column of some records."""
        for file, record in self.pick(table, where, **options):
            text = value(record) if callable(value) else value
            record.set(**{column: text})
            self.tell(file, record, self.key_of(table, record), column)

    def copy(
        self, table: str, changes: Callable[[Record], dict[str, Any]], where: Where | None = None, **options: Any
    ) -> None:
        """Append changed copies of some records, each beside its original and under an id of its own."""
        for file, record in self.pick(table, where, **options):
            fields = json.loads(json.dumps(record.fields))
            key = self.key_name(table)
            copied = file.add(fields | {key: self.new_id(str(fields[key]))} | changes(record))
            copied.is_special = True
            self.tell(file, copied, self.key_of(table, copied), "")

    def new_id(self, key: str) -> str:
        """An id that nobody has, in the form of this format."""
        return f"97{key}" if self.format == "omop" else f"{key}-f"

    def key_name(self, table: str) -> str:
        """The column that holds the key of a table."""
        if self.format == "fhir":
            return "id"
        if self.format == "omop":
            return OMOP_KEYS.get(table, f"{table}_id")
        return KEYS[table]

    def key_of(self, table: str, record: Record) -> str:
        """The key of a record."""
        return str((record.fields or {}).get(self.key_name(table)) or "")

    def tell(self, file: DeliveredFile, record: Record | None, key: str, column: str) -> None:
        """Note what was done; the file is written anew."""
        file.is_changed = True
        self.planted.append(Planted(file, file.path, record, key, column))

    def add_file(self, name: str, content: bytes) -> None:
        """A file more in the last delivery."""
        delivered_on = max(file.delivered_on for file in self.files if file.delivered_on >= self.since)
        path = self.folder / f"delivered_on={delivered_on}" / name
        path.write_bytes(content)
        self.planted.append(Planted(None, path, None, "", ""))

    def _chance(self, key: str) -> str:
        return hashlib.sha256(f"{self.seed} {self.fault} {self.site_id} {key}".encode()).hexdigest()
