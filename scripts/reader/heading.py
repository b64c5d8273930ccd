"""The header of a delivered file, matched against the declared table; and the refusal of a whole file."""

import re
from collections import Counter
from dataclasses import dataclass

from reader.declaration import Table

BLANK_NAME = "(blank)"
# What may be repeated of a header in a message or table: a file without a header has values there.
_PLAIN_NAME = re.compile(r"[a-z_][a-z0-9_ .:/()#%&+-]{0,63}")
TEST_NAME_COLUMNS = ("first_name", "last_name")


class RefusedFileError(Exception):
    """A file that is not taken at all. reason: `missing:<column>`, `duplicate:<column>` or `unreadable`."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(detail or reason)
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True)
class Heading:
    """Where the columns of a file stand.

    n_fields: number of fields that each record must have. positions: column name -> 0-based position, for every
    declared column that the file has and, where the table needs them in passing, the first and last name.
    unknown: names (trimmed, lower case) that the declaration does not know, in the order of the file.
    """

    n_fields: int
    positions: dict[str, int]
    unknown: tuple[str, ...]


def match_heading(names: list[str], table: Table) -> Heading:
    """Match header names, trimmed and without regard to case.

    Raises RefusedFileError where a required column is missing (the first in the declared order) or a name appears
    twice (the first in the declared order, then of the file). Blank names are no names: they are reported once.
    """
    known = (*table.delivered_names, *table.identifiers, *table.unused)
    normalised = [_shown(name.strip().lower(), number, known) for number, name in enumerate(names, start=1)]
    for required in table.required_names:
        if required not in normalised:
            raise RefusedFileError(f"missing:{required}", f"the required column {required} is missing")
    unknown = tuple(dict.fromkeys(name or BLANK_NAME for name in normalised if name not in known))
    occurrences = Counter(normalised)
    for name in [*known, *unknown]:
        if occurrences[name] > 1:
            told = f"the column {name}" if name in known else "a column that nobody declared"
            raise RefusedFileError(f"duplicate:{name}", f"the header holds {told} twice")
    kept = [*table.delivered_names, *(TEST_NAME_COLUMNS if table.has_test_name else ())]
    positions = {name: normalised.index(name) for name in kept if name in normalised}
    return Heading(n_fields=len(normalised), positions=positions, unknown=unknown)


def _shown(name: str, number: int, known: tuple[str, ...]) -> str:
    """A header name as it is matched and reported: `(column <number>)` where it does not look like a name."""
    return name if not name or name in known or _PLAIN_NAME.fullmatch(name) else f"(column {number})"
