"""Splits a block of a delimited file: the fast way wherever it is proved to be exact, the exact tokeniser elsewhere."""

import pyarrow

from reader.batch import Batch, trimmed
from reader.heading import Heading
from reader.structure import PlainText, prove_plain, split_plain
from reader.tokeniser import Record, tokenise

WINDOW_BYTES = 64 << 10
"""Size of the pieces that are judged one by one where a block is not plain as a whole."""


def split_block(data: bytes, heading: Heading, *, is_final: bool) -> tuple[Batch, int]:
    """Records at the start of `data`, and the number of bytes that they take.

    data: bytes from the start of a record on. is_final: whether the file ends where `data` ends; then all is taken.
    """
    whole = _fast(prove_plain(data, heading.n_fields, is_final=is_final), heading)
    if whole is not None:
        return whole
    batches = []
    position, window = 0, WINDOW_BYTES
    plain: list[PlainText] = []
    while position < len(data):
        piece = data[position : position + window]
        is_last = position + window >= len(data)
        proved = prove_plain(piece, heading.n_fields, is_final=is_final and is_last)
        if proved is not None:
            plain.append(proved)
            position += len(proved.data)
            continue
        records, used = tokenise(piece, heading.n_fields, is_final=is_final and is_last)
        if used:
            batches += [*_joined(plain, heading), batch_of(records, heading)]
            plain, position, window = [], position + used, WINDOW_BYTES
        elif is_last:
            break
        else:
            window *= 2
    return _concatenated([*batches, *_joined(plain, heading)], heading), position


def batch_of(records: list[Record], heading: Heading) -> Batch:
    """Records of the exact tokeniser as a batch."""
    columns = {
        name: trimmed(
            pyarrow.array([None if record is None else record[position] for record in records], pyarrow.string())
        )
        for name, position in heading.positions.items()
    }
    return Batch(columns, pyarrow.array([record is None for record in records], pyarrow.bool_()))


def _fast(plain: PlainText | None, heading: Heading) -> tuple[Batch, int] | None:
    columns = split_plain(plain, heading.n_fields, heading.positions) if plain else None
    if columns is None:
        return None
    columns = {name: trimmed(column) for name, column in columns.items()}
    return Batch(columns, pyarrow.repeat(pyarrow.scalar(False), plain.n_records)), len(plain.data)


def _joined(plain: list[PlainText], heading: Heading) -> list[Batch]:
    """One batch of adjoining plain pieces; by the tokeniser should the parser disagree with the proof. May be empty."""
    if not plain:
        return []
    data = b"".join(piece.data for piece in plain)
    joined = PlainText(data, sum(piece.n_records for piece in plain), any(piece.has_quotes for piece in plain))
    fast = _fast(joined, heading)
    if fast is None:
        records, _ = tokenise(data, heading.n_fields, is_final=True)
        return [batch_of(records, heading)]
    return [fast[0]]


def _concatenated(batches: list[Batch], heading: Heading) -> Batch:
    if not batches:
        return batch_of([], heading)
    columns = {name: pyarrow.concat_arrays([batch.columns[name] for batch in batches]) for name in heading.positions}
    return Batch(columns, pyarrow.concat_arrays([batch.is_malformed for batch in batches]))
