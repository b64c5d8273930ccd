"""Reads a delivered .csv or .csv.gz in bounded memory, whatever its size."""

import gzip
import hashlib
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from reader.batch import Batch
from reader.declaration import Table
from reader.heading import Heading, RefusedFileError, match_heading
from reader.splitting import batch_of, split_block
from reader.structure import BYTE_ORDER_MARK
from reader.tokeniser import IncompleteRecordError, State, next_record, skip_record

BUFFER_BYTES = 1 << 20
BLOCK_BYTES = 8 << 20
LONGEST_HEADER_BYTES = 1 << 20
LONGEST_RECORD_BYTES = 16 << 20
"""A record beyond this length is malformed: nobody exports one, and an unclosed quote must not fill the memory."""


class HashedFile(io.RawIOBase):
    """An open file that computes the SHA-256 of all that is read from it."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._file = path.open("rb", buffering=0)
        self._digest = hashlib.sha256()
        self.buffered = io.BufferedReader(self, BUFFER_BYTES)

    def readable(self) -> bool:
        """Always true."""
        return True

    def readinto(self, buffer: bytearray) -> int:
        """Read into `buffer`; number of bytes, 0 at the end."""
        count = self._file.readinto(buffer)
        self._digest.update(memoryview(buffer)[:count])
        return count

    def close(self) -> None:
        """Close the file below."""
        self._file.close()
        super().close()

    def sha256(self) -> str:
        """Read what is left and return the hash of the whole file."""
        while block := self._file.read(BLOCK_BYTES):
            self._digest.update(block)
        return self._digest.hexdigest()


def read_delimited(
    file: HashedFile, table: Table, *, is_gzip: bool, block_bytes: int = BLOCK_BYTES
) -> tuple[Heading, Iterator[Batch]]:
    """Header and records of a delimited file.

    Raises RefusedFileError, also while the batches are taken: a corrupt gzip may show only at its end.
    """
    blocks = _Blocks(gzip.GzipFile(fileobj=file.buffered) if is_gzip else file.buffered, block_bytes)
    heading, rest = _take_heading(blocks, table)
    return heading, _batches(blocks, rest, heading)


class _Blocks:
    """Takes blocks of bytes from a stream; errors of the stream refuse the file."""

    def __init__(self, stream: BinaryIO, block_bytes: int) -> None:
        self._stream = stream
        self.block_bytes = block_bytes
        self.is_final = False

    def take(self, at_least: int = 0) -> bytes:
        """The next bytes; fewer than asked for only at the end of the file, when `is_final` becomes true."""
        wanted = max(self.block_bytes, at_least)
        try:
            block = self._stream.read(wanted)
        except (OSError, EOFError, zlib.error) as error:
            raise RefusedFileError("unreadable", f"the file cannot be read to its end ({error})") from error
        self.is_final = len(block) < wanted
        return block


def _take_heading(blocks: _Blocks, table: Table) -> tuple[Heading, bytes]:
    """The matched header, and the bytes behind it that were read already."""
    data = b""
    while True:
        data += blocks.take(at_least=len(data))
        text = data.removeprefix(BYTE_ORDER_MARK).lstrip(b"\r\n")
        if not text and blocks.is_final:
            return match_heading([], table), b""
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
    if any(ord(character) < ord(" ") for name in names for character in name.strip()):
        # Records and not names: lines that end with CR alone, or a quote that the header opens and a record closes.
        raise RefusedFileError("unreadable", "the header holds line breaks: lines must end with LF or CRLF")
    return match_heading(names, table), text[end:]


def _batches(blocks: _Blocks, data: bytes, heading: Heading) -> Iterator[Batch]:
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


def _skip(blocks: _Blocks, data: bytes) -> bytes:
    """Pass over a record that is too long to keep; the bytes behind it that were read already."""
    end, state = skip_record(data, State.FIELD_START)
    while end is None:
        if blocks.is_final:
            return b""
        data = blocks.take()
        end, state = skip_record(data, state)
    return data[end:]
