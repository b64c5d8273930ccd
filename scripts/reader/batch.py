"""A batch of raw records on its way from a file into the warehouse."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pyarrow
import pyarrow.compute

from reader.declaration import Table

WHITE_SPACE = "".join(letter for letter in map(chr, range(0x3001)) if letter.isspace())
"""The characters that Python's str.strip() removes; the last of them is U+3000."""


@dataclass(frozen=True)
class Batch:
    """Consecutive records of one file.

    columns: name -> text, one value a record; trimmed, null where the value is missing or the record malformed
    (has_test_name: boolean, where a reader computes it itself).
    is_malformed: one boolean a record.
    """

    columns: dict[str, pyarrow.Array]
    is_malformed: pyarrow.Array

    @property
    def n_records(self) -> int:
        """Number of records in this batch."""
        return len(self.is_malformed)


@dataclass(frozen=True)
class Arrival:
    """Records of one file that go into one table. row_numbers: their positions in the file, from 1 (int64)."""

    table: Table
    batch: Batch
    row_numbers: pyarrow.Array


def joined(arrivals: Iterable[Arrival]) -> Iterator[Arrival]:
    """The same records with one arrival a table, in the order of the tables' first records."""
    by_table: dict[str, list[Arrival]] = {}
    for arrival in arrivals:
        by_table.setdefault(arrival.table.name, []).append(arrival)
    for same in by_table.values():
        columns = {
            name: pyarrow.concat_arrays([arrival.batch.columns[name] for arrival in same])
            for name in same[0].batch.columns
        }
        is_malformed = pyarrow.concat_arrays([arrival.batch.is_malformed for arrival in same])
        row_numbers = pyarrow.concat_arrays([arrival.row_numbers for arrival in same])
        yield Arrival(same[0].table, Batch(columns, is_malformed), row_numbers)


def trimmed(text: pyarrow.Array) -> pyarrow.Array:
    """The text without surrounding white space, as str.strip() does it; nothing left is null."""
    stripped = pyarrow.compute.utf8_trim(text, characters=WHITE_SPACE)
    is_empty = pyarrow.compute.equal(pyarrow.compute.binary_length(stripped), 0)
    if not pyarrow.compute.any(is_empty).as_py():
        return stripped
    return pyarrow.compute.if_else(is_empty, pyarrow.scalar(None, stripped.type), stripped)
