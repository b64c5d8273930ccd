"""Step 8: one clinic's exports: which record lies in which file, at which row, with which fate; flat tables."""

from pathlib import Path

import numpy as np
import pyarrow as pa

from synthesis.clinics import Clinic
from synthesis.files import Sink, open_sink
from synthesis.mess import make_mess
from synthesis.people import Chunk
from synthesis.records import ACCEPTED, DUPLICATE, QUARANTINED, ROLES, SUPERSEDED
from synthesis.rows import Rows
from synthesis.sheets import Sheet
from synthesis.tables import WRITERS

SMALL_TABLES = ("patients", "diagnoses", "medications", "adverse_events")


class Exports:
    """All files of one clinic in one format, open until the last of its patients is written."""

    format = ""

    def __init__(self, root: Path, clinic: Clinic) -> None:
        self.clinic = clinic
        self.folder = root / self.format / f"site={clinic.site_id}"
        self.sinks: dict[tuple[int, str], tuple[str, Sink]] = {}
        self.counts: dict[tuple[int, str], np.ndarray] = {}
        self.tables: dict[str, str] = {}  # what the files of each name are counted as

    def file_of(self, name: str) -> str:
        """Base name of the files called `name` here."""
        raise NotImplementedError

    def folder_of(self, export: int) -> Path:
        """Folder of one export; it is made if need be."""
        folder = self.folder / f"delivered_on={self.clinic.deliveries[export].delivered_on.isoformat()}"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _sink(self, export: int, name: str, columns: list[str]) -> tuple[str, Sink]:
        if (export, name) not in self.sinks:
            file = self.file_of(name)
            self.sinks[export, name] = (file, self.open(self.folder_of(export) / file, columns))
            self.counts[export, name] = np.zeros(len(ROLES), dtype=np.int64)
        return self.sinks[export, name]

    def open(self, path: Path, columns: list[str]) -> Sink:
        """A new file."""
        return open_sink(path, columns, self.clinic)

    def write_chunk(self, chunk: Chunk, people: Rows, facts: dict[str, Rows]) -> list[Rows]:
        """Append what is known of the people of a chunk; returns the fate of each special record."""
        raise NotImplementedError

    def append(self, name: str, table: str, sheet: Sheet) -> list[Rows]:
        """Append records to the files called `name`; returns the fate of each special one, export by export.

        table: the flat table that the records belong to. A snapshot holds every record that exists by then, a delta
        only the new and the changed. A record is judged by the last export that holds it; the earlier ones are
        superseded by it.
        """
        self.tables.setdefault(name, table)
        n_exports = len(self.clinic.deliveries)
        position = np.arange(n_exports)[:, None]
        exists = (sheet.start <= position) & (position < sheet.stop)
        is_new = sheet.start == position
        snapshot = np.array([delivery.is_snapshot for delivery in self.clinic.deliveries])[:, None]
        held = np.where(snapshot, exists, is_new)
        last = n_exports - 1 - np.argmax(held[::-1], axis=0)
        order = np.argsort(sheet.order, kind="stable")
        fates = []
        for export in range(n_exports):
            rows = order[held[export][order]]
            columns = {column: values.take(pa.array(rows)) for column, values in sheet.columns.items()}
            file, sink = self._sink(export, name, list(columns))
            sink.write(columns, sheet.reason[rows] == "malformed")

            role = sheet.role[rows]
            waits = np.isin(role, [ACCEPTED, DUPLICATE]) & (last[rows] != export) & (table != "unused")
            fate = np.where(waits, SUPERSEDED, role)
            before = self.counts[export, name].sum()
            self.counts[export, name] += np.bincount(fate, minlength=len(ROLES))
            special = np.flatnonzero((role != ACCEPTED) | (sheet.story[rows] != ""))
            fates.append(
                {
                    "delivered_on": np.full(len(special), self.clinic.deliveries[export].delivered_on.isoformat()),
                    "table_name": np.full(len(special), table),
                    "file": np.full(len(special), file),
                    "row_number": before + special + 1,
                    "fate": np.array(ROLES)[fate[special]],
                    "reason": np.where(role[special] == QUARANTINED, sheet.reason[rows][special], ""),
                    "story": sheet.story[rows][special].astype(str),
                }
            )
        return fates

    def close(self) -> list[dict]:
        """Finish all files; returns for each how many records of each fate it holds."""
        accounts = []
        for (export, name), (file, sink) in self.sinks.items():
            sink.close()
            delivered_on = self.clinic.deliveries[export].delivered_on.isoformat()
            counts = dict(zip(ROLES, self.counts[export, name].tolist(), strict=True))
            accounts.append(
                {"delivered_on": delivered_on, "file": file, "table_name": self.tables[name]}
                | {"records_read": sum(counts.values())}
                | counts
            )
        return accounts


class EhrExports(Exports):
    """Flat tables, as a clinic's own export tool writes them."""

    format = "ehr"

    def file_of(self, name: str) -> str:
        """Table and extension; small tables may have an extension of their own."""
        extension = self.clinic.small_extension if name in SMALL_TABLES else self.clinic.extension
        return f"{name}.{extension}"

    def open(self, path: Path, columns: list[str]) -> Sink:
        """A new file with the columns in this clinic's order."""
        if self.clinic.shuffles_columns:  # any order will do: by the reversed name
            extra = self.clinic.extra_column
            columns = sorted((name for name in columns if name != extra), key=lambda name: name[::-1])
            columns += [extra] if extra else []
        return super().open(path, columns)

    def write_chunk(self, chunk: Chunk, people: Rows, facts: dict[str, Rows]) -> list[Rows]:
        """Each table with its mess."""
        fates = []
        for table in TABLES:
            sheet = make_mess(chunk, table, facts[table])
            if table in self.clinic.absent_tables:
                continue
            if self.clinic.extra_column:
                texts = pa.array(["export-tool 2.1"] * len(sheet), pa.string())
                sheet.columns[self.clinic.extra_column] = texts
            fates += self.append(table, table, sheet)
        return fates

    def close(self) -> list[dict]:
        """Some clinics leave a note beside the tables."""
        if self.clinic.leaves_notes:
            for folder in sorted(self.folder.glob("delivered_on=*")):
                (folder / "read me.txt").write_text("Exported by hand. Call us with questions.\n")
        return super().close()


TABLES = tuple(WRITERS)
