"""Names of people, which are looked at in passing and never kept."""

from collections.abc import Collection

from reader.resources.values import Json, flat
from reader.seeds import letters_of


def has_test_name(names: Json, test_names: Collection[str]) -> bool:
    """Whether, of any name, the family name alone, or first given name and family name, is that of a test patient."""
    for name in flat(names):
        if type(name) is dict:
            family = _letters(name.get("family"))
            if family in test_names or _letters(name.get("given")) + family in test_names:
                return True
    return False


def _letters(value: Json) -> str:
    first = next(iter(flat(value)), None)
    return letters_of(first) if type(first) is str else ""
