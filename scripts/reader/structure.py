"""The fast way to split delimited text: a proof that its structure is plain, then a compiled parser.

The proof looks at every byte. It holds where there is nothing on which two readers could differ: valid UTF-8, no NUL,
no byte-order mark, every CR before an LF, every quoted field opening right behind a comma or a line end and closing
right before one, and the same number of fields in every record. Everything else goes to the exact tokeniser.
"""

from dataclasses import dataclass

import numpy
import pyarrow
import pyarrow.csv

from reader.blocks import BYTE_ORDER_MARK
from reader.tokeniser import CARRIAGE_RETURN, COMMA, LINE_FEED, QUOTE


@dataclass(frozen=True)
class PlainText:
    """Bytes whose structure is proved: whole records, how many of them, and whether any field is quoted."""

    data: bytes
    n_records: int
    has_quotes: bool


def prove_plain(data: bytes, n_fields: int, *, is_final: bool) -> PlainText | None:
    """Cut `data` (from the start of a record on) behind its last whole record and prove that all of it is plain.

    n_fields: fields that each record must have. is_final: whether the file ends where `data` ends. Returns None where
    the proof does not hold.
    """
    if n_fields < 2 or data.startswith(BYTE_ORDER_MARK) or not data:
        return None
    values = numpy.frombuffer(data, numpy.uint8)
    is_quote = values == QUOTE
    has_quotes = b'"' in data
    # Odd from an opening quote up to the byte before its closing one; a doubled quote closes and opens again.
    depth = numpy.cumsum(is_quote, dtype=numpy.uint8) & 1 if has_quotes else None
    ends = _outside(values == LINE_FEED, depth)
    if is_final:
        if depth is not None and depth[-1]:
            return None
        cut = len(data)
        if data[-1] != LINE_FEED:
            ends = numpy.append(ends, cut)
    elif len(ends) == 0:
        return None
    else:
        cut = int(ends[-1]) + 1
    plain = data[:cut]
    if not is_clean_text(plain):
        return None
    if has_quotes and not _are_quotes_plain(values[:cut], numpy.flatnonzero(is_quote[:cut])):
        return None
    commas = _outside(values[:cut] == COMMA, None if depth is None else depth[:cut])
    n_records = _count_equal_records(values, ends, commas, n_fields)
    return None if n_records is None else PlainText(plain, n_records, has_quotes)


def split_plain(
    plain: PlainText, n_fields: int, positions: dict[str, int], delimiter: str = ","
) -> dict[str, pyarrow.Array] | None:
    """Text of the columns at `positions` (0-based), untrimmed. None where the parser disagrees with the proof."""
    names = [str(position) for position in range(n_fields)]
    wanted = {str(position): pyarrow.string() for position in positions.values()}
    try:
        table = pyarrow.csv.read_csv(
            pyarrow.BufferReader(plain.data),
            read_options=pyarrow.csv.ReadOptions(column_names=names, block_size=len(plain.data) + 1),
            parse_options=pyarrow.csv.ParseOptions(
                delimiter=delimiter, quote_char='"' if plain.has_quotes else False, newlines_in_values=plain.has_quotes
            ),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=wanted, include_columns=list(wanted), strings_can_be_null=False
            ),
        )
    except pyarrow.ArrowInvalid:
        return None
    if table.num_rows != plain.n_records:
        return None
    return {name: table.column(str(position)).combine_chunks() for name, position in positions.items()}


def _outside(is_found: numpy.ndarray, depth: numpy.ndarray | None) -> numpy.ndarray:
    """Positions of the marked bytes that lie outside quotes."""
    positions = numpy.flatnonzero(is_found)
    return positions if depth is None else positions[depth[positions] == 0]


def is_clean_text(plain: bytes) -> bool:
    """Whether this is UTF-8 without NUL in which every CR stands before an LF."""
    if b"\0" in plain or plain.count(b"\r") != plain.count(b"\r\n"):
        return False
    if plain.isascii():
        return True
    try:
        plain.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _are_quotes_plain(values: numpy.ndarray, quotes: numpy.ndarray) -> bool:
    """Whether every opening quote starts a field, every closing one ends it, or both meet as a doubled quote."""
    opening, closing = quotes[0::2], quotes[1::2]
    before = values[opening[opening > 0] - 1]
    behind = values[closing[closing < len(values) - 1] + 1]
    starts = (before == COMMA) | (before == LINE_FEED) | (before == QUOTE)
    stops = (behind == COMMA) | (behind == LINE_FEED) | (behind == CARRIAGE_RETURN) | (behind == QUOTE)
    return len(opening) == len(closing) and bool(starts.all()) and bool(stops.all())


def _count_equal_records(
    values: numpy.ndarray, ends: numpy.ndarray, commas: numpy.ndarray, n_fields: int
) -> int | None:
    """Number of records where each has the same number of fields, else None. Empty lines are no records."""
    starts = numpy.concatenate((numpy.zeros(1, ends.dtype), ends[:-1] + 1))
    is_empty = (ends == starts) | ((ends == starts + 1) & (values[starts.clip(max=len(values) - 1)] == CARRIAGE_RETURN))
    starts, ends = starts[~is_empty], ends[~is_empty]
    if len(commas) != len(starts) * (n_fields - 1):
        return None
    by_record = commas.reshape(len(starts), n_fields - 1)
    is_equal = (by_record[:, 0] >= starts).all() and (by_record[:, -1] < ends).all()
    return len(starts) if is_equal else None
