"""The seeds that decide what the reader reads."""

import csv
from functools import cache
from pathlib import Path

from reader.declaration import PROJECT_ROOT

TEST_NAMES = PROJECT_ROOT / "seeds" / "aliases" / "test_patient_names.csv"
TEST_NAMES_COLUMN = "name"
ORDINAL_EXTENSIONS = PROJECT_ROOT / "seeds" / "code_sets" / "ordinal_extensions.csv"
VALUE_ALIASES = PROJECT_ROOT / "seeds" / "aliases" / "value_aliases.csv"
DOUBT_WORDS = PROJECT_ROOT / "seeds" / "aliases" / "doubt_words.csv"
SEEDS = (TEST_NAMES, ORDINAL_EXTENSIONS, VALUE_ALIASES, DOUBT_WORDS)


def values_of_seed(name: str, column: str) -> list[str]:
    """The values in a column of one of these seeds. Raises ValueError where there is no such seed or column."""
    for path in SEEDS:
        if path.stem == name:
            return _column(path, column)
    raise ValueError(f"the reader does not know the seed {name}")


def read_test_names(path: Path = TEST_NAMES) -> list[str]:
    """Names of test patients, lower case, letters only. Raises ValueError where the seed has no column `name`."""
    return sorted({letters_of(name) for name in _column(path, TEST_NAMES_COLUMN)} - {""})


@cache
def known_words(field: str) -> frozenset[str]:
    """The spellings of a field that have an alias, as alias_key_of writes them."""
    pairs = zip(_column(VALUE_ALIASES, "field"), _column(VALUE_ALIASES, "alias"), strict=True)
    return frozenset(alias_key_of(alias) for of_field, alias in pairs if of_field == field)


@cache
def doubt_words() -> tuple[str, ...]:
    """Words behind a code that say that the patient does not have the diagnosis, or nobody knows it."""
    return tuple(_column(DOUBT_WORDS, "word"))


def alias_key_of(text: str) -> str:
    """The letters and digits of a spelling in lower case, as the macro alias_key compares them."""
    return "".join(character for character in text.lower() if character.isalnum())


def letters_of(name: str) -> str:
    """The letters of a name in lower case."""
    return "".join(letter for letter in name.lower() if letter.isalpha())


def _column(path: Path, column: str) -> list[str]:
    with path.open(encoding="utf-8", newline="") as stream:
        rows = csv.DictReader(stream)
        if column not in (rows.fieldnames or ()):
            raise ValueError(f"{path.name} has no column {column}")
        return [row[column] for row in rows]
