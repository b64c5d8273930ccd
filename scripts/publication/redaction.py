"""Error messages without the values that they quote.

DuckDB quotes names in some errors (`Referenced column "pcl5" not found`) and patients' values in others
(`Could not convert string '1,02' to DOUBLE`). The first must be read to be mended, the second must not be kept.
"""

from __future__ import annotations

import re

_QUOTES_A_VALUE = re.compile(
    r"(Conversion|Constraint|Invalid Input|Out of Range|Cast|Invalid type|Serialization) Error"
    r"|could not convert|duplicate key",
    re.IGNORECASE,
)
_QUOTE = re.compile(r"[\"']")
_SOURCE_COLUMN = re.compile(r"when casting from source column \w+")
_NAMES_A_COLUMN = re.compile(r"NOT NULL constraint failed|CHECK constraint failed", re.IGNORECASE)
_HIDDEN = "'…'"


def without_values(message: str) -> str:
    """The message up to the first value that it may quote, with `'…'` in its place; what is before it stays.

    A value may hold quotes and line ends of its own, so nothing behind it is kept but the name of its column.
    """
    lines = message.splitlines()
    for number, line in enumerate(lines):
        if _QUOTES_A_VALUE.search(line) and not _NAMES_A_COLUMN.search(line):
            told, *hidden = _QUOTE.split(line, maxsplit=1)
            column = _SOURCE_COLUMN.search("\n".join([*hidden, *lines[number + 1 :]]))
            rest = [_HIDDEN] if hidden else []
            return "\n".join([*lines[:number], " ".join([told.rstrip(), *rest, *([column[0]] if column else [])])])
    return "\n".join(lines)
