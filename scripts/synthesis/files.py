"""Where written records go: CSV (plain or gzip) and Parquet files, appended to, always the same bytes."""

import gzip
from pathlib import Path
from typing import BinaryIO, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from synthesis.clinics import Clinic

SPECIAL = '[",\\r\\n]'
NATIVE_TYPES = {  # typed Parquet: what a data warehouse would export; all else stays text
    "birth_date": pa.date32(), "deceased_on": pa.date32(), "onset_on": pa.date32(), "resolved_on": pa.date32(),
    "started_on": pa.date32(), "stopped_on": pa.date32(), "recorded_at": pa.timestamp("us"),
    "started_at": pa.timestamp("us"), "ended_at": pa.timestamp("us"), "measured_at": pa.timestamp("us"),
    "sent_at": pa.timestamp("us"), "completed_at": pa.timestamp("us"), "updated_at": pa.timestamp("us"),
    "is_test": pa.bool_(), "dose": pa.float64(), "concentration_mg_per_ml": pa.float64(), "value": pa.float64(),
    "recall_days": pa.int64(), "total_score": pa.int64(), "item_number": pa.int64(), "response": pa.int64(),
}  # fmt: skip


class Sink(Protocol):
    """A file that takes columns of text; `broken` tells which records are to be written as broken lines."""

    def write(self, columns: dict[str, pa.Array], broken: np.ndarray) -> None:
        """Append records."""

    def close(self) -> None:
        """Finish the file."""


def write_lines(stream: BinaryIO, lines: pa.Array, end: str) -> None:
    """Append lines as they lie in memory."""
    lines = pc.binary_join_element_wise(lines, pa.scalar(end), "")
    start = lines.offset
    offsets = np.frombuffer(lines.buffers()[1], dtype=np.int32)
    stream.write(memoryview(lines.buffers()[2])[offsets[start] : offsets[start + len(lines)]])


class CsvSink:
    """A CSV file by RFC 4180 in one clinic's style; fields are quoted where they must be, or all of them."""

    def __init__(self, path: Path, names: list[str], clinic: Clinic) -> None:
        self.names = names
        self.clinic = clinic
        self.raw: BinaryIO = path.open("wb")
        self.stream: BinaryIO = self.raw
        if path.suffix == ".gz":  # no name and no time inside, so that the same records give the same bytes
            self.stream = gzip.GzipFile(filename="", mode="wb", compresslevel=3, fileobj=self.raw, mtime=0)
        header = [name.upper() if clinic.header_case == "upper" else name for name in names]
        mark = b"\xef\xbb\xbf" if clinic.has_byte_order_mark else b""
        self.stream.write(mark + (",".join(header) + clinic.line_end).encode())

    def write(self, columns: dict[str, pa.Array], broken: np.ndarray) -> None:
        """Append records."""
        if not len(broken):
            return
        fields = [self._quoted(columns[name]) for name in self.names]
        lines = pc.binary_join_element_wise(*fields, ",")
        if broken.any():
            self._write_with_broken_lines(lines, broken)
            return
        write_lines(self.stream, lines, self.clinic.line_end)

    def _quoted(self, column: pa.Array) -> pa.Array:
        if self.clinic.quotes_everything:
            text = pc.replace_substring(column, '"', '""')
            return pc.fill_null(pc.binary_join_element_wise('"', text, '"', ""), "")
        special = pc.match_substring_regex(column, SPECIAL)
        if pc.any(special).as_py():
            text = pc.replace_substring(column, '"', '""')
            column = pc.if_else(special, pc.binary_join_element_wise('"', text, '"', ""), column)
        return pc.fill_null(column, "")

    def _write_with_broken_lines(self, lines: pa.Array, broken: np.ndarray) -> None:
        """Break the marked lines: a field too many, too few fields, text behind a quote, bytes that are no text."""
        end = self.clinic.line_end.encode()
        for turn, (line, is_broken) in enumerate(zip(lines.to_pylist(), broken, strict=True)):
            data = line.encode()
            if is_broken:
                flat = data.replace(b"\n", b" ").replace(b'"', b"")
                ways = (
                    flat + b",,surplus",
                    flat.split(b",")[0] + b",cut off",
                    b'"quoted"then more,' + flat,
                    flat[: len(flat) // 2] + b"\xff\xfe" + flat[len(flat) // 2 :],
                )
                data = ways[turn % len(ways)] if b"," in flat else flat + b",,,,,,,,,,,,,,,,,,"
            self.stream.write(data + end)

    def close(self) -> None:
        """Finish the file."""
        if self.stream is not self.raw:
            self.stream.close()
        self.raw.close()


class ParquetSink:
    """A Parquet file of text columns, or of typed ones; written with fixed settings."""

    def __init__(self, path: Path, names: list[str], clinic: Clinic) -> None:
        self.is_native = clinic.is_native_parquet
        types = [NATIVE_TYPES.get(name, pa.string()) if self.is_native else pa.string() for name in names]
        self.schema = pa.schema(list(zip(names, types, strict=True)))
        self.writer = pq.ParquetWriter(path, self.schema, compression="zstd", compression_level=3)

    def write(self, columns: dict[str, pa.Array], broken: np.ndarray) -> None:
        """Append records."""
        if broken.any():
            raise ValueError("a Parquet file has no lines that could be broken")
        if not len(broken):
            return
        arrays = [pc.cast(columns[name], self.schema.field(name).type) for name in self.schema.names]
        self.writer.write_table(pa.Table.from_arrays(arrays, schema=self.schema))

    def close(self) -> None:
        """Finish the file."""
        self.writer.close()


def open_sink(path: Path, names: list[str], clinic: Clinic) -> Sink:
    """A sink for the file `path`, by its extension."""
    return (ParquetSink if path.suffix == ".parquet" else CsvSink)(path, names, clinic)


class LineSink:
    """A file of JSON lines."""

    def __init__(self, path: Path, clinic: Clinic) -> None:
        self.end = clinic.line_end
        self.raw: BinaryIO = path.open("wb")
        self.stream: BinaryIO = self.raw
        if path.suffix == ".gz":
            self.stream = gzip.GzipFile(filename="", mode="wb", compresslevel=3, fileobj=self.raw, mtime=0)
        self.stream.write(b"\xef\xbb\xbf" if clinic.has_byte_order_mark else b"")

    def write(self, columns: dict[str, pa.Array], broken: np.ndarray) -> None:
        """Append lines; broken ones are cut off, are no object or hold bytes that are no text."""
        if not len(broken):
            return
        if not broken.any():
            write_lines(self.stream, columns["line"], self.end)
            return
        lines = columns["line"].to_pylist()
        for turn, (line, is_broken) in enumerate(zip(lines, broken, strict=True)):
            data = line.encode()
            if is_broken:
                half = data[: len(data) // 2]
                ways = (half, b"[" + data + b"]", half + b"\xff\xfe" + data[len(half) :], data.replace(b'"', b"", 1))
                data = ways[turn % len(ways)]
            self.stream.write(data + self.end.encode())

    def close(self) -> None:
        """Finish the file."""
        if self.stream is not self.raw:
            self.stream.close()
        self.raw.close()


class TabSink:
    """A file of tab-separated fields without quotes, as vocabularies are downloaded."""

    def __init__(self, path: Path, names: list[str]) -> None:
        self.names = names
        self.raw: BinaryIO = path.open("wb")
        self.raw.write(("\t".join(names) + "\n").encode())

    def write(self, columns: dict[str, pa.Array], broken: np.ndarray) -> None:
        """Append records."""
        fields = [pc.fill_null(columns[name], "") for name in self.names]
        for line in pc.binary_join_element_wise(*fields, "\t").to_pylist():
            self.raw.write(line.encode() + b"\n")

    def close(self) -> None:
        """Finish the file."""
        self.raw.close()
