"""Reads a delivered .csv or .csv.gz in bounded memory, whatever its size."""

from collections.abc import Iterator

from reader.batch import Batch
from reader.blocks import BLOCK_BYTES, BYTE_ORDER_MARK, LONGEST_RECORD_BYTES, Blocks, HashedFile, whole_lines
from reader.declaration import Table
from reader.heading import Heading, RefusedFileError, match_heading
from reader.splitting import batch_of, split_block
from reader.tabbed import split_tabbed
from reader.tokeniser import IncompleteRecordError, State, next_record, skip_record

LONGEST_HEADER_BYTES = 1 << 20


def read_delimited(
    file: HashedFile, table: Table, *, is_gzip: bool, may_be_tabbed: bool = False, block_bytes: int = BLOCK_BYTES
) -> tuple[Heading, Iterator[Batch]]:
    """Header and records of a delimited file.

    may_be_tabbed: whether a first line with tabs and without a comma means tab-separated text that knows no quoting.
    Raises RefusedFileError, also while the batches are taken: a corrupt gzip may show only at its end.
    """
    blocks = Blocks(file, is_gzip=is_gzip, block_bytes=block_bytes)
    names, rest = _take_names(blocks)
    is_tabbed = may_be_tabbed and len(names) == 1 and "\t" in names[0]
    if is_tabbed:
        names = names[0].split("\t")
    if any(ord(character) < ord(" ") for name in names for character in name.strip()):
        # Records and not names: lines that end with CR alone, or a quote that the header opens and a record closes.
        raise RefusedFileError("unreadable", "the header holds line breaks: lines must end with LF or CRLF")
    heading = match_heading(names, table)
    return heading, (_tabbed_batches if is_tabbed else _batches)(blocks, rest, heading)


def _take_names(blocks: Blocks) -> tuple[list[str], bytes]:
    """The names in the header, and the bytes behind it that were taken already."""
    data = b""
    while True:
        data += blocks.take(at_least=len(data))
        text = data.removeprefix(BYTE_ORDER_MARK).lstrip(b"\r\n")
        if not text and blocks.is_final:
            return [], b""
        try:
            fields, end = next_record(text, 0, is_final=blocks.is_final)
            break
        except IncompleteRecordError as error:
            if len(data) > LONGEST_HEADER_BYTES:
                raise RefusedFileError("unreadable", "the file does not begin with a line of column names") from error
    try:
        names = [field.decode("utf-8") for field in fields or ()]
    except UnicodeDecodeError as error:
        raise RefusedFileError("unreadable", "the header is not UTF-8 text") from error
    if fields is None or any("\0" in name for name in names):
        raise RefusedFileError("unreadable", "the header cannot be split into column names")
    return names, text[end:]


def _batches(blocks: Blocks, data: bytes, heading: Heading) -> Iterator[Batch]:
    while True:
        batch, used = split_block(data, heading, is_final=blocks.is_final)
        if batch.n_records:
            yield batch
        if blocks.is_final:
            return
        data = data[used:]
        if len(data) > LONGEST_RECORD_BYTES:
            data = _skip(blocks, data)
            yield batch_of([None], heading)
        else:
            data += blocks.take(at_least=len(data))


def _skip(blocks: Blocks, data: bytes) -> bytes:
    """Pass over a record that is too long to keep; the bytes behind it that were read already."""
    end, state = skip_record(data, State.FIELD_START)
    while end is None:
        if blocks.is_final:
            return b""
        data = blocks.take()
        end, state = skip_record(data, state)
    return data[end:]


def _tabbed_batches(blocks: Blocks, data: bytes, heading: Heading) -> Iterator[Batch]:
    for lines in whole_lines(blocks, data):
        batch = batch_of([None], heading) if lines is None else split_tabbed(lines, heading)
        if batch.n_records:
            yield batch
