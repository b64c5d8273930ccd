"""Delivered files as records that can be changed; what is not changed keeps its bytes."""

import csv
import gzip
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

MARK = b"\xef\xbb\xbf"


@dataclass(eq=False)
class Record:
    """A record: its fields (a JSON object for FHIR; None where nobody can read it) and the bytes it was written as."""

    fields: dict[str, Any] | None
    raw: bytes | None = None  # None: written anew from the fields
    is_special: bool = False  # junk, copies, corrections: faults are planted into plain records only

    def set(self, **changes: Any) -> None:
        """Change fields."""
        assert self.fields is not None
        self.fields |= changes
        self.raw = None

    def touch(self) -> dict[str, Any]:
        """The fields, which are about to be changed in place."""
        assert self.fields is not None
        self.raw = None
        return self.fields


class DeliveredFile:
    """A file of a delivery, in memory until it is saved."""

    def __init__(self, path: Path, site_id: str, delivered_on: str) -> None:
        self.path, self.site_id, self.delivered_on = path, site_id, delivered_on
        self.records: list[Record] = []
        self.is_changed = False
        self.columns: list[str] = []
        self.read()

    @property
    def name(self) -> str:
        """Base name."""
        return self.path.name

    def read(self) -> None:
        """Fill the records."""
        raise NotImplementedError

    def content(self) -> bytes:
        """The file as it is to be written, not compressed."""
        raise NotImplementedError

    def save(self) -> None:
        """Write it if anything changed."""
        if self.is_changed:
            data = self.content()
            self.path.write_bytes(gzip.compress(data, 3, mtime=0) if self.path.suffix == ".gz" else data)

    def plain_bytes(self) -> bytes:
        """The bytes that were delivered, decompressed."""
        data = self.path.read_bytes()
        return gzip.decompress(data) if self.path.suffix == ".gz" else data

    def add(self, fields: dict[str, Any]) -> Record:
        """A new last record."""
        self.records.append(Record(fields))
        self.is_changed = True
        return self.records[-1]


class CsvFile(DeliveredFile):
    """CSV or CSV inside gzip; the names of columns are lower case here."""

    def read(self) -> None:
        """Records are lines, or several where a quoted field holds a line end."""
        data = self.plain_bytes()
        self.mark = MARK if data.startswith(MARK) else b""
        self.end = b"\r\n" if b"\r\n" in data else b"\n"
        lines = _joined(data.removeprefix(MARK).removesuffix(self.end).split(self.end), self.end)
        self.header = lines[0]
        self.columns = [name.lower() for name in _fields(self.header) or []]
        for line in lines[1:]:
            values = _fields(line)
            is_whole = values is not None and len(values) == len(self.columns)
            self.records.append(Record(dict(zip(self.columns, values, strict=True)) if is_whole else None, line))

    def rename(self, names: dict[str, str]) -> None:
        """Other names in the header; the records keep theirs."""
        self.header = ",".join(names.get(name, name) for name in self.columns).encode()
        self.is_changed = True

    def reorder(self, columns: list[str]) -> None:
        """Another order of the columns."""
        self.columns = columns
        self.header = ",".join(columns).encode()
        self.is_changed = True
        for record in self.records:
            if record.fields is not None:
                record.raw = None

    def content(self) -> bytes:
        """Header and lines."""
        lines = [self.header, *(self._line(record) for record in self.records)]
        return self.mark + b"".join(line + self.end for line in lines)

    def _line(self, record: Record) -> bytes:
        if record.raw is not None:
            return record.raw
        stream = io.StringIO()
        fields = record.fields or {}
        # A line end within a field is quoted only where the writer's own line end has it.
        csv.writer(stream, lineterminator="\r\n").writerow(fields.get(name) or "" for name in self.columns)
        return stream.getvalue().removesuffix("\r\n").encode()


class ParquetFile(DeliveredFile):
    """Parquet; values are text here and take their type again when the file is saved."""

    def read(self) -> None:
        """Rows as text."""
        table = pq.read_table(self.path, partitioning=None)
        self.schema = table.schema
        self.columns = table.column_names
        texts = table.cast(pa.schema([(name, pa.string()) for name in self.columns]))
        self.records = [Record(row, b"") for row in texts.to_pylist()]

    @property
    def is_text(self) -> bool:
        """Whether any text can be written."""
        return all(pa.types.is_string(kind) for kind in self.schema.types)

    def content(self) -> bytes:
        """All rows."""
        columns = {
            name: pa.array([(record.fields or {}).get(name) for record in self.records], pa.string())
            for name in self.columns
        }
        arrays = [pc.cast(columns[field.name], field.type) for field in self.schema]
        stream = io.BytesIO()
        pq.write_table(
            pa.Table.from_arrays(arrays, schema=self.schema), stream, compression="zstd", compression_level=3
        )
        return stream.getvalue()


class JsonFile(DeliveredFile):
    """JSON lines; a line that is no object has no fields."""

    def read(self) -> None:
        """One record a line."""
        data = self.plain_bytes()
        self.mark = MARK if data.startswith(MARK) else b""
        self.end = b"\r\n" if b"\r\n" in data else b"\n"
        for line in data.removeprefix(MARK).split(self.end)[:-1]:
            try:
                fields = json.loads(line)
            except ValueError:
                fields = None
            self.records.append(Record(fields if isinstance(fields, dict) else None, line))

    def content(self) -> bytes:
        """All lines."""
        return self.mark + b"".join(self._line(record) + self.end for record in self.records)

    def _line(self, record: Record) -> bytes:
        if record.raw is not None:
            return record.raw
        return json.dumps(record.fields, ensure_ascii=False, separators=(",", ":")).encode()


def open_file(path: Path, site_id: str, delivered_on: str) -> DeliveredFile | None:
    """The file, or None where it is of a kind that holds no records."""
    kinds = {".csv": CsvFile, ".parquet": ParquetFile, ".ndjson": JsonFile}
    suffix = Path(path.name.removesuffix(".gz")).suffix
    return kinds[suffix](path, site_id, delivered_on) if suffix in kinds else None


def _joined(lines: list[bytes], end: bytes) -> list[bytes]:
    """Lines joined where a quoted field goes on."""
    joined: list[bytes] = []
    is_open = False
    for line in lines:
        if is_open:
            joined[-1] += end + line
        else:
            joined.append(line)
        is_open ^= line.count(b'"') % 2 == 1
    return joined


def _fields(line: bytes) -> list[str] | None:
    try:
        rows = list(csv.reader(io.StringIO(line.decode(), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error):
        return None
    return rows[0] if len(rows) == 1 else None
