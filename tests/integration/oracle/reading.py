"""A folder of deliveries -> raw records, refused files and ignored inputs.

`<raw>/ehr/site=<site_id>/delivered_on=<YYYY-MM-DD>/<table>.(csv|csv.gz|parquet)`; everything else is ignored and
reported. The tokeniser walks byte by byte: it is the definition, not a fast path.
"""

import datetime
import gzip
import io
import re
import zlib
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet

from tests.integration.oracle.tables import TABLES, Table

EXTENSIONS = {".csv", ".csv.gz", ".parquet"}
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
FIELD_END = re.compile(rb",|\r?\n")
DELIVERY_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class UnreadableFileError(Exception):
    """The whole file cannot be read as what its name says."""


@dataclass
class Record:
    """One raw record: where it came from, its trimmed text per column, and (later) its fate.

    What only deliveries in other formats have: several rows from one line (the first is the record, the others are
    parts and no records of their own), security labels, deletions, codes of other systems, columns that this record
    need not have, must have or that mean nothing once they parse, a form made of observations and the questionnaire
    that it names; `own_reason` is what only the format's own columns show.
    """

    site_id: str
    delivered_on: datetime.date
    file: str
    table: str
    row_number: int
    text: dict[str, str | None]
    is_malformed: bool
    value: dict[str, Any] = field(default_factory=dict)
    reason: str | None = None
    fate: str | None = None
    key: tuple | None = None
    is_part: bool = False
    precision: str = "day"
    position: int = 0
    restricted_label: str | None = None
    is_deleted: bool = False
    not_required: frozenset[str] = frozenset()
    also_required: frozenset[str] = frozenset()
    meaningless: frozenset[str] = frozenset()
    own_reason: str | None = None
    codings: frozenset[tuple[str, str]] = frozenset()
    is_from_observations: bool = False
    derived_from: str | None = None


@dataclass
class Deliveries:
    """Everything found below a raw folder. `files` are the readable ones: (site, day, file, table)."""

    records: list[Record] = field(default_factory=list)
    files: list[tuple] = field(default_factory=list)
    refused: dict[tuple, tuple[str, str]] = field(default_factory=dict)
    ignored_files: set[tuple] = field(default_factory=set)
    ignored_columns: set[tuple] = field(default_factory=set)


def tokenise(content: bytes) -> list[tuple[list[bytes], bool]]:
    """Split CSV bytes into records: (fields, is broken).

    Records end at LF or CRLF outside quotes; a record without any byte is no record. A field is quoted only where
    its first byte is a quote; a quote further on in an unquoted field is text. Anything behind a closing quote that
    is neither a comma nor a line end breaks that record alone. A quote that never closes makes all from the start of
    its record to the end of the file one broken record.
    """
    records = []
    position, end = 0, len(content)
    while position < end:
        line_end = _line_end(content, position)
        if line_end:
            position += line_end
            continue
        fields: list[bytes] = []
        broken = False
        while True:
            piece, position, piece_broken, is_closed = _field(content, position)
            fields.append(piece)
            broken = broken or piece_broken
            if not is_closed:
                records.append((fields, True))
                return records
            if position < end and content[position : position + 1] == b",":
                position += 1
                continue
            position += _line_end(content, position)
            break
        records.append((fields, broken))
    return records


def _line_end(content: bytes, position: int) -> int:
    """Length of the line end at `position`: 1 for LF, 2 for CRLF, 0 for none. A CR alone is text."""
    if content[position : position + 1] == b"\n":
        return 1
    return 2 if content[position : position + 2] == b"\r\n" else 0


def _field(content: bytes, position: int) -> tuple[bytes, int, bool, bool]:
    """Read one field: (bytes, position behind it, text behind the closing quote, the quote was closed)."""
    piece = bytearray()
    is_quoted = content[position : position + 1] == b'"'
    if is_quoted:
        position += 1
        while True:
            quote = content.find(b'"', position)
            if quote < 0:
                return bytes(piece) + content[position:], len(content), True, False
            piece += content[position:quote]
            position = quote + 1
            if content[position : position + 1] != b'"':
                break
            piece += b'"'
            position += 1
    stop = FIELD_END.search(content, position)
    field_end = stop.start() if stop else len(content)
    behind = content[position:field_end]
    return bytes(piece) + behind, field_end, is_quoted and bool(behind), True


def trimmed(text: str | None) -> str | None:
    """The text without surrounding white space; nothing left means missing. No other text means missing."""
    stripped = (text or "").strip()
    return stripped or None


def native_text(value: Any) -> str | None:
    """A native Parquet value written as text: ISO dates and timestamps, integers without a point, true/false."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return format(Decimal(repr(value)), "f")
    if isinstance(value, datetime.datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, datetime.date):
        return value.isoformat()
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def read_file(path: Path) -> tuple[list[str], list[list[str | None] | None]]:
    """Header names as written and the records of one file; a record is None where it is malformed.

    Raises UnreadableFileError for a corrupt gzip, a file that is not Parquet and a header that is not text.
    A file without any byte (or without any line) has no header names at all.
    """
    content = path.read_bytes()
    if not content:
        return [], []
    if path.name.endswith(".parquet"):
        try:
            table = pyarrow.parquet.read_table(io.BytesIO(content))
        except (pyarrow.ArrowException, OSError) as error:
            raise UnreadableFileError(path.name) from error
        columns = [[native_text(value) for value in column.to_pylist()] for column in table.columns]
        return list(table.column_names), [list(row) for row in zip(*columns, strict=True)]
    if path.name.endswith(".gz"):
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError, zlib.error) as error:
            raise UnreadableFileError(path.name) from error
    records = tokenise(content.removeprefix(BYTE_ORDER_MARK))
    if not records:
        return [], []
    (header, header_broken), *body = records
    try:
        names = [name.decode("utf-8") for name in header]
    except UnicodeDecodeError as error:
        raise UnreadableFileError(path.name) from error
    if header_broken or any("\x00" in name for name in names):
        raise UnreadableFileError(path.name)
    return names, [_decoded(fields, broken or len(fields) != len(names)) for fields, broken in body]


def _decoded(fields: list[bytes], is_malformed: bool) -> list[str | None] | None:
    """The fields as text, or None where the record is broken, has the wrong width or is not UTF-8."""
    if is_malformed:
        return None
    try:
        return [field_bytes.decode("utf-8") for field_bytes in fields]
    except UnicodeDecodeError:
        return None


def refusal(table: Table, names: list[str]) -> str | None:
    """Why a header refuses its file: the first missing required column, else a name that appears twice."""
    for column in table.columns:
        if column.required and column.name not in names:
            return f"missing:{column.name}"
    for position, name in enumerate(names):
        if name in names[:position]:
            return f"duplicate:{name}"
    return None


def read_deliveries(raw: Path) -> Deliveries:
    """Read every file of every delivery below `raw` (flat tables only)."""
    found = Deliveries()
    for folder in sorted((raw / "ehr").glob("site=*/delivered_on=*")):
        site_id = folder.parent.name.removeprefix("site=")
        delivered_text = folder.name.removeprefix("delivered_on=")
        if not folder.is_dir() or not DELIVERY_DAY.fullmatch(delivered_text):
            continue
        try:
            delivered_on = datetime.date.fromisoformat(delivered_text)
        except ValueError:
            continue
        for path in sorted(folder.iterdir()):
            if path.is_file():
                _read_one(found, path, site_id, delivered_on)
    return found


def _read_one(found: Deliveries, path: Path, site_id: str, delivered_on: datetime.date) -> None:
    """Add one file of one delivery: its records, or its refusal, or its being ignored."""
    table_name, point, extension = path.name.partition(".")
    place = (site_id, delivered_on, path.name)
    if table_name not in TABLES or point + extension not in EXTENSIONS:
        found.ignored_files.add(place)
        return
    table = TABLES[table_name]
    try:
        header, rows = read_file(path)
    except UnreadableFileError:
        found.refused[place] = (table_name, "unreadable")
        return
    names = [name.strip().lower() for name in header]
    reason = refusal(table, names)
    if reason:
        found.refused[place] = (table_name, reason)
        return
    found.files.append((*place, table_name))
    known = {column.name for column in table.columns} | set(table.identifiers)
    found.ignored_columns |= {(*place, name) for name in names if name not in known}
    for row_number, row in enumerate(rows, start=1):
        text = (
            {}
            if row is None
            else {name: trimmed(value) for name, value in zip(names, row, strict=True) if name in known}
        )
        found.records.append(
            Record(site_id, delivered_on, path.name, table_name, row_number, text, is_malformed=row is None)
        )
