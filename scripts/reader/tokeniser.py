"""The exact tokeniser: it defines how bytes of a delimited file become records.

- A record ends at LF or CRLF outside quotes; a line without any byte is no record. A CR alone is text.
- A field is quoted where its very first byte is a quote; two quotes in it stand for one. Any other quote is text.
- Anything behind a closing quote but a comma or a line end spoils this one record: the rest of the field is read as
  unquoted text, so that the record ends at the next line break outside quotes.
- A quote that never closes makes everything from its record's start to the end of the file one malformed record.
- A record with bytes that are not UTF-8, or with another number of fields than the header, is malformed.

Commas, quotes and line ends are single bytes in UTF-8 and part of no other character, so bytes are split before they
are decoded.
"""

import re
from enum import Enum

COMMA, LINE_FEED, CARRIAGE_RETURN, QUOTE = b',\n\r"'
FIELD_END = re.compile(rb"[,\n]")
IN_QUOTES = re.compile(rb'(?:[^"]++|"")*+')  # ends at the quote that is not doubled, or is the last byte, or at the end

Record = list[str] | None
"""The fields of a record as text, or None where it is malformed."""


class IncompleteRecordError(Exception):
    """The bytes end within a record, and more are to come."""


class State(Enum):
    """Where a scan stands within a record."""

    FIELD_START = 1
    UNQUOTED = 2
    QUOTED = 3
    QUOTE_SEEN = 4


def tokenise(data: bytes, n_fields: int, *, is_final: bool) -> tuple[list[Record], int]:
    """Split all complete records at the start of `data`.

    data: bytes from the start of a record on. n_fields: fields that a record must have. is_final: whether `data` ends
    where the file ends. Returns the records and the number of bytes that they and the empty lines between them take.
    """
    records: list[Record] = []
    position = 0
    while position < len(data):
        quote = data.find(b'"', position)
        plain_end = _plain_end(data, position, quote, is_final=is_final)
        if plain_end > position:
            records += _plain_records(data[position:plain_end], n_fields)
            position = plain_end
            continue
        try:
            fields, position = next_record(data, position, is_final=is_final)
        except IncompleteRecordError:
            break
        records.append(_decoded(fields, n_fields))
    return records, position


def next_record(data: bytes, position: int, *, is_final: bool) -> tuple[list[bytes] | None, int]:
    """Read the record that starts at `position`; it must not be an empty line.

    Returns its fields (None where the quoting is broken) and the position behind its line end. Raises
    IncompleteRecordError where `data` ends within it and the file does not.
    """
    fields: list[bytes] = []
    is_broken = False
    while True:
        start = position
        if data[start : start + 1] == b'"':
            closing = _closing_quote(data, start, is_final=is_final)
            if closing < 0:
                return None, len(data)
            position = closing + 1
            value = data[start + 1 : closing].replace(b'""', b'"')
            following = data[position : position + 2]
            if following[:1] == b"," or following[:1] == b"\n" or following in (b"", b"\r\n"):
                fields.append(value)
                if following[:1] == b",":
                    position += 1
                    continue
                return None if is_broken else fields, position + (following.find(b"\n") + 1)
            if following == b"\r" and not is_final:
                raise IncompleteRecordError
            is_broken = True
        end = FIELD_END.search(data, position)
        if end is None:
            if not is_final:
                raise IncompleteRecordError
            fields.append(data[start:])
            return None if is_broken else fields, len(data)
        position = end.end()
        if data[end.start()] == COMMA:
            fields.append(data[start : end.start()])
        else:
            fields.append(data[start : end.start()].removesuffix(b"\r"))
            return None if is_broken else fields, position


def skip_record(data: bytes, state: State) -> tuple[int | None, State]:
    """Find the end of a record without keeping it. `state`: where the scan stood before `data`.

    Returns the position behind the record's line end, or None where `data` does not reach it, and the state then.
    """
    position = 0
    while position < len(data):
        if state is State.FIELD_START:
            is_quote = data[position] == QUOTE
            state = State.QUOTED if is_quote else State.UNQUOTED
            position += is_quote
        elif state is State.QUOTED:
            quote = IN_QUOTES.match(data, position).end()
            if quote == len(data):
                return None, state
            position, state = quote + 1, State.QUOTE_SEEN
        elif state is State.QUOTE_SEEN:
            is_doubled = data[position] == QUOTE
            state = State.QUOTED if is_doubled else State.UNQUOTED
            position += is_doubled
        else:
            end = FIELD_END.search(data, position)
            if end is None:
                return None, state
            position = end.end()
            if data[end.start()] == LINE_FEED:
                return position, State.FIELD_START
            state = State.FIELD_START
    return None, state


def _closing_quote(data: bytes, opening: int, *, is_final: bool) -> int:
    """Position of the quote that closes the one at `opening`; -1 where the file ends before it."""
    position = IN_QUOTES.match(data, opening + 1).end()
    if position >= len(data) - 1 and not is_final:
        raise IncompleteRecordError
    return position if position < len(data) else -1


def _plain_end(data: bytes, position: int, quote: int, *, is_final: bool) -> int:
    """Where the last line ends that lies wholly between `position` and the quote at `quote` (-1: no quote is left)."""
    if quote >= 0:
        return data.rfind(b"\n", position, quote) + 1
    return len(data) if is_final else data.rfind(b"\n", position) + 1


def _plain_records(region: bytes, n_fields: int) -> list[Record]:
    """Records of whole lines without any quote."""
    try:
        text = region.decode("utf-8")
    except UnicodeDecodeError:
        return _mixed_records(region, n_fields)
    lines = text.split("\n")
    is_cut = lines[-1] != ""
    if "\r" in text:
        last = lines.pop()
        lines = [line[:-1] if line.endswith("\r") else line for line in lines]
        lines.append(last)
    if not is_cut:
        lines.pop()
    split_lines = [line.split(",") for line in lines if line]
    return [fields if len(fields) == n_fields else None for fields in split_lines]


def _mixed_records(region: bytes, n_fields: int) -> list[Record]:
    """The same where some line is not UTF-8: line by line."""
    lines = region.split(b"\n")
    last = lines.pop()
    lines = [line.removesuffix(b"\r") for line in lines]
    lines.append(last)
    return [_decoded(line.split(b","), n_fields) for line in lines if line]


def _decoded(fields: list[bytes] | None, n_fields: int) -> Record:
    if fields is None or len(fields) != n_fields:
        return None
    try:
        return [field.decode("utf-8") for field in fields]
    except UnicodeDecodeError:
        return None
