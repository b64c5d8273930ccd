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
_QUOTED = re.compile(r"\"[^\"\n]*\"|'[^'\n]*'")
_DUPLICATE_KEY = re.compile(r"(duplicate key) .*", re.IGNORECASE)
_NAMES_A_COLUMN = re.compile(r"NOT NULL constraint failed|CHECK constraint failed", re.IGNORECASE)
_HIDDEN = "'…'"


def without_values(message: str) -> str:
    """The message, each line that may quote a value with `'…'` in its place; names of tables and columns stay."""
    return "\n".join(_line_without_values(line) for line in message.splitlines())


def _line_without_values(line: str) -> str:
    if not _QUOTES_A_VALUE.search(line) or _NAMES_A_COLUMN.search(line):
        return line
    return _QUOTED.sub(_HIDDEN, _DUPLICATE_KEY.sub(rf"\1 {_HIDDEN}", line))
