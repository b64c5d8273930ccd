"""What the pages are made of, read where the warehouse reads it."""

import csv
from functools import cache

import yaml

from reader.declaration import FORMAT_SOURCES, PROJECT_ROOT

SEEDS = PROJECT_ROOT / "seeds"


@cache
def seed(folder: str, name: str) -> tuple[dict[str, str], ...]:
    """Rows of a seed, empty texts included."""
    with (SEEDS / folder / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return tuple(csv.DictReader(stream))


@cache
def variables() -> dict:
    """The vars of dbt_project.yml."""
    return yaml.safe_load((PROJECT_ROOT / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]


@cache
def declared_tables(format_name: str) -> tuple[dict, ...]:
    """The tables of a format as its YAML declares them, in its order."""
    document = yaml.safe_load(FORMAT_SOURCES[format_name].read_text(encoding="utf-8"))
    return tuple(table for source in document["sources"] for table in source["tables"])


def meta_of(entry: dict) -> dict:
    """The meta of a table or column."""
    return entry.get("config", {}).get("meta", {})


def delivered_columns(table: dict) -> list[dict]:
    """Columns that files bring, without those that the reader adds."""
    return [column for column in table["columns"] if not meta_of(column).get("reader")]


def values_of(rows, key: str, value: str) -> dict[str, list[str]]:
    """Column `value` of the rows by their `key`, both in the order of the rows and once each."""
    grouped: dict[str, list[str]] = {}
    for row in rows:
        cell = grouped.setdefault(row[key], [])
        if row[value] not in cell:
            cell.append(row[value])
    return grouped
