"""A sheet: the written records of one table, with the intended fate of each and the exports that hold it."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from synthesis.records import ACCEPTED, Columns
from synthesis.rows import Rows, count

FOREVER = 99
NO_REASON = ""
REST = ("role", "start", "stop", "order", "reason", "story", "replaced")  # all fields of a sheet beside its columns


@dataclass
class Sheet:
    """Columns of text, and for each record:

    role: what becomes of it (the newest version of its key). start, stop: the exports (positions) from `start` up to
    but without `stop` may hold it: a snapshot holds all of them, a delta only what starts with it. order: where it
    stands in a file. reason: why it is quarantined, else "". story: how it came about ("" for plain records).
    replaced: the export that brings a newer version of it (FOREVER: none does), for formats that hold one version only.
    """

    columns: Columns
    role: np.ndarray
    start: np.ndarray
    stop: np.ndarray
    order: np.ndarray
    reason: np.ndarray
    story: np.ndarray
    replaced: np.ndarray

    def __len__(self) -> int:
        return len(self.role)


def make_sheet(columns: Columns, facts: Rows, start: np.ndarray, order: np.ndarray, story: str = "") -> Sheet:
    """A sheet of records without anything special, in the given order."""
    n = count(facts)
    return Sheet(
        columns,
        facts["role"].astype(np.int64),
        start.astype(np.int64),
        np.full(n, FOREVER),
        order.astype(float),
        np.full(n, NO_REASON, dtype=object),
        np.full(n, story, dtype=object),
        np.full(n, FOREVER),
    )


def plain_sheet(start: np.ndarray) -> Sheet:
    """Records without columns or mess that are simply accepted; start: the export from which they are there."""
    n = len(start)
    return Sheet(
        {}, np.full(n, ACCEPTED), start.astype(np.int64), np.full(n, FOREVER), np.arange(n, dtype=float),
        np.full(n, "", dtype=object), np.full(n, "", dtype=object), np.full(n, FOREVER),
    )  # fmt: skip


def take_records(sheet: Sheet, rows: np.ndarray) -> Sheet:
    """The records at `rows` (positions), in that order."""
    index = pa.array(rows)
    columns = {name: _flat(column).take(index) for name, column in sheet.columns.items()}
    return Sheet(columns, *(getattr(sheet, name)[rows] for name in REST))


def join_sheets(sheets: list[Sheet]) -> Sheet:
    """All records of all sheets in one."""
    names = sheets[0].columns
    columns = {name: pa.concat_arrays([_flat(sheet.columns[name]) for sheet in sheets]) for name in names}
    return Sheet(columns, *(np.concatenate([getattr(sheet, name) for sheet in sheets]) for name in REST))


def _flat(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def accepted_rows(sheet: Sheet) -> np.ndarray:
    """Positions of the records that are plainly accepted."""
    return np.flatnonzero((sheet.role == ACCEPTED) & (sheet.story == ""))
