"""The seeds that decide what the reader reads."""

import csv
from pathlib import Path

from reader.declaration import PROJECT_ROOT

TEST_NAMES = PROJECT_ROOT / "seeds" / "aliases" / "test_patient_names.csv"
TEST_NAMES_COLUMN = "name"
ORDINAL_EXTENSIONS = PROJECT_ROOT / "seeds" / "code_sets" / "ordinal_extensions.csv"
SEEDS = (TEST_NAMES, ORDINAL_EXTENSIONS)


def values_of_seed(name: str, column: str) -> list[str]:
    """The values in a column of one of these seeds. Raises ValueError where there is no such seed or column."""
    for path in SEEDS:
        if path.stem == name:
            return _column(path, column)
    raise ValueError(f"the reader does not know the seed {name}")


def read_test_names(path: Path = TEST_NAMES) -> list[str]:
    """Names of test patients, lower case, letters only. Raises ValueError where the seed has no column `name`."""
    return sorted({letters_of(name) for name in _column(path, TEST_NAMES_COLUMN)} - {""})


def letters_of(name: str) -> str:
    """The letters of a name in lower case."""
    return "".join(letter for letter in name.lower() if letter.isalpha())


def _column(path: Path, column: str) -> list[str]:
    with path.open(encoding="utf-8", newline="") as stream:
        rows = csv.DictReader(stream)
        if column not in (rows.fieldnames or ()):
            raise ValueError(f"{path.name} has no column {column}")
        return [row[column] for row in rows]
