"""Step 8: one clinic's exports in the format `ehr`: which record lies in which file, at which row, with which fate."""

from pathlib import Path

import numpy as np
import pyarrow as pa

from synthesis.clinics import Clinic
from synthesis.files import Sink, open_sink
from synthesis.records import ACCEPTED, DUPLICATE, QUARANTINED, ROLES, SUPERSEDED
from synthesis.rows import Rows
from synthesis.sheets import Sheet
from synthesis.tables import WRITERS

SMALL_TABLES = ("patients", "diagnoses", "medications", "adverse_events")


class EhrExports:
    """All flat files of one clinic, open until the last of its patients is written."""

    def __init__(self, root: Path, clinic: Clinic) -> None:
        self.clinic = clinic
        self.folder = root / "ehr" / f"site={clinic.site_id}"
        self.sinks: dict[tuple[int, str], tuple[str, Sink]] = {}
        self.counts: dict[tuple[int, str], np.ndarray] = {}

    def _sink(self, export: int, table: str, names: list[str]) -> tuple[str, Sink]:
        if (export, table) not in self.sinks:
            clinic = self.clinic
            extension = clinic.small_extension if table in SMALL_TABLES else clinic.extension
            folder = self.folder / f"delivered_on={clinic.deliveries[export].delivered_on.isoformat()}"
            folder.mkdir(parents=True, exist_ok=True)
            if clinic.shuffles_columns:  # any order will do: by the reversed name
                names = sorted(names, key=lambda name: name[::-1])
            if clinic.extra_column:
                names = [*names, clinic.extra_column]
            file = f"{table}.{extension}"
            self.sinks[export, table] = (file, open_sink(folder / file, names, clinic))
            self.counts[export, table] = np.zeros(len(ROLES), dtype=np.int64)
        return self.sinks[export, table]

    def write(self, table: str, sheet: Sheet) -> list[Rows]:
        """Append the records of one table; returns the fate of each special one, export by export.

        A snapshot holds every record that exists by then, a delta only the new and the changed. A record is judged by
        the last export that holds it; the earlier ones are superseded by it.
        """
        if table in self.clinic.absent_tables:
            return []
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
            columns = {name: column.take(pa.array(rows)) for name, column in sheet.columns.items()}
            if self.clinic.extra_column:
                columns[self.clinic.extra_column] = pa.array(["export-tool 2.1"] * len(rows), pa.string())
            file, sink = self._sink(export, table, list(sheet.columns))
            sink.write(columns, sheet.reason[rows] == "malformed")

            role = sheet.role[rows]
            waits = np.isin(role, [ACCEPTED, DUPLICATE]) & (last[rows] != export)
            fate = np.where(waits, SUPERSEDED, role)
            before = self.counts[export, table].sum()
            self.counts[export, table] += np.bincount(fate, minlength=len(ROLES))
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
        if self.clinic.leaves_notes:
            for folder in sorted(self.folder.glob("delivered_on=*")):
                (folder / "read me.txt").write_text("Exported by hand. Call us with questions.\n")
        accounts = []
        for (export, table), (file, sink) in self.sinks.items():
            sink.close()
            delivered_on = self.clinic.deliveries[export].delivered_on.isoformat()
            counts = dict(zip(ROLES, self.counts[export, table].tolist(), strict=True))
            accounts.append(
                {"delivered_on": delivered_on, "file": file, "table_name": table}
                | {"records_read": sum(counts.values())}
                | counts
            )
        return accounts


WRITERS_OF_FORMATS = {"ehr": EhrExports}
PLANNED_FORMATS = ("fhir", "omop")
TABLES = tuple(WRITERS)
