"""JSON texts built column by column: each function takes columns of JSON texts (or constants) and returns another.

A null stands for "not there": a member whose value is null is left out, and an object or list without members is null.
"""

import json

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthesis.rows import repeat_ranges

Json = pa.Array | str | None  # a column of JSON texts, or the same text in every row

NUMBER = r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?$"
ESCAPES = (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t"))


def constant(value: object) -> str:
    """The JSON text of a value that is the same in every row."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def quoted(text: pa.Array) -> pa.Array:
    """Texts as JSON strings."""
    for plain, escaped in ESCAPES:
        text = pc.replace_substring(text, plain, escaped)
    return pc.binary_join_element_wise('"', text, '"', "")


def number(text: pa.Array) -> pa.Array:
    """Texts of numbers as JSON numbers; what is no number is written as a string, as broken exports do."""
    return pc.if_else(pc.match_substring_regex(text, NUMBER), text, quoted(text))


def decimal_number(text: pa.Array) -> pa.Array:
    """Whole numbers as JSON numbers with a point: 2 becomes 2.0."""
    return pc.binary_join_element_wise(text, "0", ".")


def where(mask: np.ndarray | pa.Array, yes: Json, no: Json = None) -> pa.Array:
    """Row by row one or the other."""
    mask = pa.array(mask) if isinstance(mask, np.ndarray) else mask
    sides = (side if isinstance(side, pa.Array) else pa.scalar(side, pa.string()) for side in (yes, no))
    return pc.if_else(mask, *sides)


def given(text: pa.Array, json_text: Json) -> pa.Array:
    """`json_text` where `text` is there."""
    return where(pc.is_valid(text), json_text)


def turn(n: int, variants: list[Json]) -> pa.Array:
    """Row by row the next of the variants, again and again."""
    result = where(np.ones(n, dtype=bool), variants[0])
    for place, variant in enumerate(variants[1:], start=1):
        result = where(np.arange(n) % len(variants) == place, variant, result)
    return result


def _joined(parts: list[Json], start: str, end: str) -> Json:
    parts = [part for part in parts if part is not None]
    if all(isinstance(part, str) for part in parts):
        return start + ",".join(parts) + end if parts else None
    # a comma behind each part, and the last one cut off: Arrow's own skipping of nulls loses rows of nulls alone
    pieces = [pc.fill_null(pc.binary_join_element_wise(part, ",", ""), "") if isinstance(part, pa.Array) else f"{part},"
              for part in parts]  # fmt: skip
    inner = pc.ascii_rtrim(pc.binary_join_element_wise(*pieces, ""), ",")
    return where(pc.not_equal(inner, ""), pc.binary_join_element_wise(start, inner, end, ""))


def members(**values: Json) -> Json:
    """An object with the members that are there; a name that is a Python keyword ends in an underscore."""
    parts: list[Json] = []
    for name, value in values.items():
        key = f'"{name.rstrip("_")}":'
        if isinstance(value, pa.Array):
            parts.append(pc.binary_join_element_wise(key, value, ""))
        elif value is not None:
            parts.append(key + value)
    return _joined(parts, "{", "}")


def listed(*values: Json) -> Json:
    """A list of those that are there."""
    return _joined(list(values), "[", "]")


def listed_by_group(elements: pa.Array, first: np.ndarray, length: np.ndarray) -> pa.Array:
    """For each group the list of its elements: `length` of them from `first` on; null for an empty group."""
    rows = np.repeat(first, length) + repeat_ranges(length)
    offsets = pa.array(np.r_[0, np.cumsum(length)], pa.int32())
    lists = pa.ListArray.from_arrays(offsets, elements.take(pa.array(rows, pa.int64())))
    inner = pc.binary_join(lists, ",")
    return where(length > 0, pc.binary_join_element_wise("[", inner, "]", ""))
