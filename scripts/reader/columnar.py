"""Reads a delivered .parquet file: native values are first written as text, then the rules for text hold."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pyarrow
import pyarrow.compute
import pyarrow.parquet
import pyarrow.types

from reader.batch import Batch, trimmed
from reader.blocks import refuse_bomb
from reader.declaration import Table
from reader.heading import Heading, RefusedFileError, match_heading

BATCH_RECORDS = 100_000
VALUE_BYTES = (
    8  # what a value takes at least once it is unpacked; a column of one value takes next to nothing in the file
)
# OverflowError: a nested date or a duration beyond what Python can hold.
UNREADABLE = (pyarrow.ArrowException, OSError, ValueError, OverflowError, TypeError)
FRACTION_AND_OFFSET = (
    (r"Z$", "+00:00"),
    (r"([+-][0-9]{2})([0-9]{2})$", r"\1:\2"),
    (r"([.][0-9]{6})000($|[+-])", r"\1\2"),
    (r"[.]0+($|[+-])", r"\1"),
)
"""What is rewritten in Arrow's text of a timestamp; nanoseconds that are not zero stay, and will not parse."""


def read_columnar(path: Path, table: Table) -> tuple[Heading, Iterator[Batch]]:
    """Header and records of a Parquet file, in the order of the file.

    Raises RefusedFileError, also while the batches are taken: a broken page shows only when it is read.
    """
    try:
        file = pyarrow.parquet.ParquetFile(path, page_checksum_verification=True)
        names = file.schema_arrow.names
    except UNREADABLE as error:
        raise _unreadable(error) from error
    footer = file.metadata
    refuse_bomb(footer.num_rows * footer.num_columns * VALUE_BYTES, path.stat().st_size)
    heading = match_heading(names, table)
    return heading, _batches(file, heading)


def _batches(file: pyarrow.parquet.ParquetFile, heading: Heading) -> Iterator[Batch]:
    """Every column is read, also those that are not kept: a file with a broken page is refused as a whole."""
    try:
        for records in file.iter_batches(batch_size=BATCH_RECORDS):
            yield _batch(records, heading)
    except UNREADABLE as error:
        raise _unreadable(error) from error


def _batch(records: pyarrow.RecordBatch, heading: Heading) -> Batch:
    is_malformed = pyarrow.repeat(pyarrow.scalar(False), records.num_rows)
    texts = {}
    for name, position in heading.positions.items():
        texts[name], is_undecodable = as_text(records.column(position))
        if is_undecodable is not None:
            is_malformed = pyarrow.compute.or_(is_malformed, is_undecodable)
    nothing = pyarrow.scalar(None, pyarrow.string())
    if pyarrow.compute.any(is_malformed).as_py():
        texts = {name: pyarrow.compute.if_else(is_malformed, nothing, text) for name, text in texts.items()}
    return Batch({name: trimmed(text) for name, text in texts.items()}, is_malformed)


def as_text(values: pyarrow.Array) -> tuple[pyarrow.Array, pyarrow.Array | None]:
    """Values of any type as text, and where bytes are not UTF-8 (None: nowhere).

    Dates and timestamps become ISO text; a timestamp with a time zone shows the wall clock of the zone that the file
    names, else UTC. Floating-point numbers keep a point and never an
    exponent. Whatever has no text of its own (lists, structures) is shown as Python shows it and will not parse.
    """
    kind = values.type
    if pyarrow.types.is_dictionary(kind):
        return as_text(values.dictionary_decode())
    if pyarrow.types.is_null(kind):
        return pyarrow.nulls(len(values), pyarrow.string()), None
    if _is_bytes_or_text(kind):
        return _decoded(values)
    if pyarrow.types.is_timestamp(kind):
        return _timestamp_text(values), None
    if pyarrow.types.is_floating(kind):
        return _float_text(values), None
    if pyarrow.types.is_boolean(kind) or pyarrow.types.is_integer(kind) or pyarrow.types.is_date(kind):
        return values.cast(pyarrow.string()), None
    texts = [None if value is None else _plain(value) for value in values.to_pylist()]
    return pyarrow.array(texts, pyarrow.string()), None


def _is_bytes_or_text(kind: pyarrow.DataType) -> bool:
    tests = (
        pyarrow.types.is_string,
        pyarrow.types.is_large_string,
        pyarrow.types.is_string_view,
        pyarrow.types.is_binary,
        pyarrow.types.is_large_binary,
        pyarrow.types.is_binary_view,
        pyarrow.types.is_fixed_size_binary,
    )
    return any(test(kind) for test in tests)


def _decoded(values: pyarrow.Array) -> tuple[pyarrow.Array, pyarrow.Array | None]:
    """Text that is proved to be UTF-8. Parquet does not promise it, and some writers store text as plain bytes."""
    as_bytes = values.cast(pyarrow.binary())
    try:
        return as_bytes.cast(pyarrow.string()), None
    except pyarrow.ArrowInvalid:
        pass
    texts, is_undecodable = [], []
    for value in as_bytes.to_pylist():
        try:
            texts.append(None if value is None else value.decode("utf-8"))
            is_undecodable.append(False)
        except UnicodeDecodeError:
            texts.append(None)
            is_undecodable.append(True)
    return pyarrow.array(texts, pyarrow.string()), pyarrow.array(is_undecodable, pyarrow.bool_())


def _timestamp_text(values: pyarrow.Array) -> pyarrow.Array:
    """Such as 2024-03-01 09:05:00, with six digits of a fraction unless it is zero, and the offset where it has one."""
    kind = values.type
    if kind.unit in ("s", "ms"):
        values = values.cast(pyarrow.timestamp("us", kind.tz))
    try:
        text = values.cast(pyarrow.string())
    except pyarrow.ArrowInvalid:  # the file names a zone that this machine does not know
        text = values.cast(pyarrow.timestamp(values.type.unit, "UTC")).cast(pyarrow.string())
    for pattern, replacement in FRACTION_AND_OFFSET:
        text = pyarrow.compute.replace_substring_regex(text, pattern, replacement)
    return text


def _float_text(values: pyarrow.Array) -> pyarrow.Array:
    text = values.cast(pyarrow.string())
    has_exponent = pyarrow.compute.match_substring(text, "e")
    if pyarrow.compute.any(has_exponent).as_py():
        text = pyarrow.array([_without_exponent(value) for value in text.to_pylist()], pyarrow.string())
    is_whole = pyarrow.compute.match_substring_regex(text, "^-?[0-9]+$")
    return pyarrow.compute.if_else(is_whole, pyarrow.compute.binary_join_element_wise(text, "0", "."), text)


def _without_exponent(text: str | None) -> str | None:
    return format(Decimal(text), "f") if text is not None and "e" in text else text


def _plain(value: object) -> str:
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def _unreadable(error: Exception) -> RefusedFileError:
    """The refusal; the library's own words stay out of it, as they may quote values."""
    detail = f"this is not a Parquet file, or a part of it is broken ({type(error).__name__})"
    return RefusedFileError("unreadable", detail)
