"""The declared flat tables, parsed from the same YAML that documents them."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import yaml

PROJECT_ROOT = Path(__file__).resolve().parents[2]
EHR_SOURCES = PROJECT_ROOT / "models" / "staging" / "ehr" / "_ehr__sources.yml"
DELIVERIES_SOURCES = PROJECT_ROOT / "models" / "staging" / "_deliveries__sources.yml"


@dataclass(frozen=True)
class Column:
    """A column of a raw table.

    data_type: DuckDB type of the column in schema `raw`. is_required: every file must have it.
    is_reader: no file has it, the reader adds it.
    """

    name: str
    data_type: str
    is_required: bool = False
    is_reader: bool = False


@dataclass(frozen=True)
class Table:
    """A raw table: its columns in the declared order, and the identifier columns that are known and never stored."""

    name: str
    columns: tuple[Column, ...]
    identifiers: tuple[str, ...] = ()

    @cached_property
    def delivered_names(self) -> tuple[str, ...]:
        """Names of the columns that files deliver, in the declared order."""
        return tuple(column.name for column in self.columns if not column.is_reader)

    @cached_property
    def required_names(self) -> tuple[str, ...]:
        """Names of the columns that every file must have, in the declared order."""
        return tuple(column.name for column in self.columns if column.is_required)

    @property
    def has_test_name(self) -> bool:
        """Whether the reader computes `has_test_name` for this table."""
        return any(column.name == "has_test_name" for column in self.columns)


def load_tables(path: Path = EHR_SOURCES) -> dict[str, Table]:
    """Tables by name, in the order of the YAML. Raises ValueError where the YAML declares them in another form."""
    with path.open(encoding="utf-8") as stream:
        document = yaml.safe_load(stream)
    try:
        entries = [entry for source in document["sources"] for entry in source["tables"]]
        return {entry["name"]: _table(entry) for entry in entries}
    except (KeyError, TypeError) as error:
        raise ValueError(f"{path.name} does not declare its tables as expected: {error!r}") from error


def _table(entry: dict) -> Table:
    meta = entry.get("config", {}).get("meta", {})
    return Table(
        name=entry["name"],
        columns=tuple(_column(column) for column in entry["columns"]),
        identifiers=tuple(meta.get("identifiers", ())),
    )


def _column(entry: dict) -> Column:
    meta = entry.get("config", {}).get("meta", {})
    return Column(
        name=entry["name"],
        data_type=entry["data_type"],
        is_required=bool(meta.get("required", False)),
        is_reader=bool(meta.get("reader", False)),
    )
