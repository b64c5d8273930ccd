"""Takes the bytes of a delivered file block by block, in bounded memory, whatever its size."""

import gzip
import hashlib
import io
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from reader.heading import RefusedFileError

BUFFER_BYTES = 1 << 20
BLOCK_BYTES = 8 << 20
LONGEST_RECORD_BYTES = 16 << 20
"""A record beyond this length is malformed: nobody exports one, and an unclosed quote must not fill the memory."""
EXPANSION_AT_MOST = 100
"""Exports in plain text shrink 5 to 30 times, gzip can do 1,000 times. A file beyond this is a bomb ..."""
EXPANSION_FREE_BYTES = 64 << 20
"""... unless it stays this small, where it can do no harm."""
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class HashedFile(io.RawIOBase):
    """An open file that computes the SHA-256 of all that is read from it. advance: is told how many bytes were read."""

    def __init__(self, path: Path, advance: Callable[[int], object] = lambda count: None) -> None:
        super().__init__()
        self._file = path.open("rb", buffering=0)
        self._digest = hashlib.sha256()
        self._advance = advance
        self.n_bytes = 0
        self.buffered = io.BufferedReader(self, BUFFER_BYTES)

    def readable(self) -> bool:
        """Always true."""
        return True

    def readinto(self, buffer: bytearray) -> int:
        """Read into `buffer`; number of bytes, 0 at the end."""
        count = self._file.readinto(buffer)
        self._take_note(memoryview(buffer)[:count])
        return count

    def close(self) -> None:
        """Close the file below."""
        self._file.close()
        super().close()

    def sha256(self) -> str:
        """Read what is left and return the hash of the whole file."""
        while block := self._file.read(BLOCK_BYTES):
            self._take_note(block)
        return self._digest.hexdigest()

    def _take_note(self, block: bytes | memoryview) -> None:
        self.n_bytes += len(block)
        self._digest.update(block)
        self._advance(len(block))


class Blocks:
    """Takes blocks of bytes from a file, unpacked where it is gzip; errors of reading refuse the file."""

    def __init__(self, file: HashedFile, *, is_gzip: bool, block_bytes: int = BLOCK_BYTES) -> None:
        self._file = file
        self._n_unpacked = 0
        self._stream = gzip.GzipFile(fileobj=file.buffered) if is_gzip else file.buffered
        self.block_bytes = block_bytes
        self.is_final = False

    def take(self, at_least: int = 0) -> bytes:
        """The next bytes; fewer than asked for only at the end of the file, when `is_final` becomes true."""
        wanted = max(self.block_bytes, at_least)
        try:
            block = self._stream.read(wanted)
        except (OSError, EOFError, zlib.error) as error:
            raise RefusedFileError("unreadable", f"the file cannot be read to its end ({error})") from error
        self._n_unpacked += len(block)
        refuse_bomb(self._n_unpacked, self._file.n_bytes)
        self.is_final = len(block) < wanted
        return block


def refuse_bomb(n_unpacked: int, n_packed: int) -> None:
    """Raise RefusedFileError where so few packed bytes become so many."""
    if n_unpacked > max(EXPANSION_FREE_BYTES, EXPANSION_AT_MOST * n_packed):
        raise RefusedFileError(
            "unreadable", f"it expands more than {EXPANSION_AT_MOST}-fold, beyond {EXPANSION_FREE_BYTES >> 20} MB"
        )


def whole_lines(blocks: Blocks, data: bytes = b"") -> Iterator[bytes | None]:
    """Pieces of a file that consist of whole lines, in order; None in the place of a line that is too long to keep.

    data: bytes that were taken before, from the start of a line on.
    """
    while True:
        cut = len(data) if blocks.is_final else data.rfind(b"\n") + 1
        if cut:
            yield data[:cut]
        if blocks.is_final:
            return
        data = data[cut:]
        if len(data) > LONGEST_RECORD_BYTES:
            data = _behind_line(blocks)
            yield None
        else:
            data += blocks.take(at_least=len(data))


def _behind_line(blocks: Blocks) -> bytes:
    """Pass over the rest of a line; the bytes behind it that were taken already."""
    while not blocks.is_final:
        data = blocks.take()
        end = data.find(b"\n")
        if end >= 0:
            return data[end + 1 :]
    return b""
