"""Reads newline-delimited JSON in bounded memory: every line that is not blank is one record of one table.

A line is malformed where it is no JSON object with a `resourceType`. JSON is read as strictly as RFC 8259 writes it:
no NaN, no trailing comma, no control character and no text that is not UTF-8. Also malformed is what no two tools keep
alike: half of a surrogate pair, U+0000, a number beyond the range of a double, more than 1024 levels, more than 16 MB,
more than 200 codings, components or contained resources in one list.
Where a key appears twice in an object, the last one counts.
"""

import re
from collections.abc import Collection, Iterator

import orjson
import pyarrow

from reader.batch import Arrival, Batch, joined
from reader.blocks import BYTE_ORDER_MARK, LONGEST_RECORD_BYTES, Blocks, whole_lines
from reader.declaration import HAS_TEST_NAME, Tables
from reader.resources.extraction import Extractor, Row, TooLongListError
from reader.resources.paths import ValuesOfSeed
from reader.resources.values import Json

OTHER = "other_resource"
"""Name of the table of all resources that have no table of their own, and of malformed lines."""

LINES_BLOCK_BYTES = 1 << 20
"""Python's values of one block take ten times its size, and are fastest while they fit into the processor's cache."""

BATCH_BYTES = 16 << 20
"""So much of a file is landed at once."""

WHITE_SPACE = b" \t\r\n"
ESCAPED_NUL = b"\\u0000"
UNNAMED = "(unnamed)"
_TYPE_NAME = re.compile(r"[A-Z][A-Za-z]{0,63}")


class LineReader:
    """The declared tables of resources, compiled."""

    def __init__(self, tables: Tables, values_of_seed: ValuesOfSeed, test_names: Collection[str]) -> None:
        compiled = {table.name: Extractor(table, values_of_seed, test_names) for table in tables.values()}
        self._other = compiled[OTHER]
        self._by_type = {table.resource_type: compiled[table.name] for table in tables.values() if table.resource_type}

    def read(self, blocks: Blocks) -> Iterator[Arrival]:
        """All records of a file, piece by piece, each in the table of its own resource type.

        Raises RefusedFileError while the pieces are taken, where the file cannot be read to its end.
        """
        n_records, n_waiting_bytes, is_first = 0, 0, True
        waiting: list[Arrival] = []
        for lines in whole_lines(blocks):
            piece = _Piece(self._other, n_records)
            if lines is None:
                piece.add_malformed()
            else:
                self._read_lines(lines.removeprefix(BYTE_ORDER_MARK) if is_first else lines, piece)
                n_waiting_bytes += len(lines)
            n_records, is_first = piece.n_records, False
            waiting += piece.arrivals()
            if n_waiting_bytes >= BATCH_BYTES:
                yield from joined(waiting)
                waiting, n_waiting_bytes = [], 0
        yield from joined(waiting)

    def _read_lines(self, lines: bytes, piece: "_Piece") -> None:
        may_hold_nul = ESCAPED_NUL in lines
        for line in lines.split(b"\n"):
            try:
                resource = orjson.loads(line)
            except orjson.JSONDecodeError:
                if line.strip(WHITE_SPACE):
                    piece.add_malformed()
                continue
            resource_type = resource.get("resourceType") if type(resource) is dict else None
            is_nameless = type(resource_type) is not str or not resource_type.strip()
            is_too_long = len(line) > LONGEST_RECORD_BYTES
            if is_nameless or is_too_long or (may_hold_nul and ESCAPED_NUL in line and _holds_nul(resource)):
                piece.add_malformed()
            elif extractor := self._by_type.get(resource_type):
                piece.add(extractor, resource)
            else:
                resource["resourceType"] = resource_type if _TYPE_NAME.fullmatch(resource_type) else UNNAMED
                piece.add(self._other, resource)


class _Piece:
    """Records of a part of a file, gathered by table."""

    def __init__(self, other: Extractor, n_records_before: int) -> None:
        self.n_records = n_records_before
        self._other = other
        self._rows: dict[Extractor, tuple[list[Row], list[int]]] = {}
        self._malformed: list[int] = []

    def add(self, extractor: Extractor, resource: dict[str, Json]) -> None:
        """Add the next record; a malformed one where its lists are too long."""
        try:
            row = extractor.row(resource)
        except TooLongListError:
            self.add_malformed()
            return
        self.n_records += 1
        gathered = self._rows.get(extractor)
        if gathered is None:
            gathered = self._rows[extractor] = ([], [])
        gathered[0].append(row)
        gathered[1].append(self.n_records)

    def add_malformed(self) -> None:
        """Add the next record, of which nothing is kept."""
        self.n_records += 1
        self._malformed.append(self.n_records)

    def arrivals(self) -> Iterator[Arrival]:
        """All records, those of one table together."""
        for extractor, (rows, row_numbers) in self._rows.items():
            yield _arrival(extractor, rows, row_numbers, is_malformed=False)
        if self._malformed:
            rows = [self._other.nothing] * len(self._malformed)
            yield _arrival(self._other, rows, self._malformed, is_malformed=True)


def _arrival(extractor: Extractor, rows: list[Row], row_numbers: list[int], *, is_malformed: bool) -> Arrival:
    columns = {
        name: pyarrow.array(values, pyarrow.bool_() if name == HAS_TEST_NAME else pyarrow.string())
        for name, values in zip(extractor.names, zip(*rows, strict=True), strict=True)
    }
    batch = Batch(columns, pyarrow.repeat(pyarrow.scalar(is_malformed), len(rows)))
    return Arrival(extractor.table, batch, pyarrow.array(row_numbers, pyarrow.int64()))


def _holds_nul(value: Json) -> bool:
    """Whether any text in it holds U+0000, which not every engine can store."""
    waiting = [value]
    while waiting:
        element = waiting.pop()
        if type(element) is str:
            if "\0" in element:
                return True
        elif type(element) is list:
            waiting += element
        elif type(element) is dict:
            waiting += element.keys()
            waiting += element.values()
    return False
