"""Splits tab-separated text, as vocabularies are downloaded: a line is a record, and a quote is like other letters."""

import pyarrow

from reader.batch import Batch, trimmed
from reader.heading import Heading
from reader.splitting import batch_of
from reader.structure import PlainText, is_clean_text, split_plain
from reader.tokeniser import Record

TAB = "\t"


def split_tabbed(lines: bytes, heading: Heading) -> Batch:
    """Records of whole lines. Empty lines are no records; a line with another number of fields is malformed."""
    columns = _columns_of_clean(lines, heading)
    if columns is None:
        records = [_record(line, heading.n_fields) for line in lines.split(b"\n") if line not in (b"", b"\r")]
        return batch_of(records, heading)
    n_records = _count_lines(lines)
    return Batch(
        {name: trimmed(column) for name, column in columns.items()}, pyarrow.repeat(pyarrow.scalar(False), n_records)
    )


def _columns_of_clean(lines: bytes, heading: Heading) -> dict[str, pyarrow.Array] | None:
    """Columns by a compiled parser, where nothing is in doubt and every line has its number of fields; else None."""
    if not is_clean_text(lines) or not heading.positions:
        return None
    return split_plain(PlainText(lines, _count_lines(lines), False), heading.n_fields, heading.positions, TAB)


def _count_lines(lines: bytes) -> int:
    """Number of lines that are not empty."""
    return sum(line not in (b"", b"\r") for line in lines.split(b"\n"))


def _record(line: bytes, n_fields: int) -> Record:
    try:
        fields = line.removesuffix(b"\r").decode("utf-8").split(TAB)
    except UnicodeDecodeError:
        return None
    return fields if len(fields) == n_fields else None
