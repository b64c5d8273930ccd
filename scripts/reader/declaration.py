"""The declared raw tables of every format, parsed from the same YAML that documents them."""

from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import yaml

PROJECT_ROOT = Path(__file__).resolve().parents[2]
STAGING = PROJECT_ROOT / "models" / "staging"
EHR_SOURCES = STAGING / "ehr" / "_ehr__sources.yml"
DELIVERIES_SOURCES = STAGING / "_deliveries__sources.yml"
EHR, FHIR, OMOP = "ehr", "fhir", "omop"
FORMAT_SOURCES = {
    EHR: EHR_SOURCES,
    FHIR: STAGING / "fhir" / "_fhir__sources.yml",
    OMOP: STAGING / "omop" / "_omop__sources.yml",
}
SCORE_TEXT = "score_text"
PRESENCE = "presence"  # of such a text it is kept only that there is one
WORD = "word"  # of such a text it is kept what the seed value_aliases knows
CODES = "codes"  # of such a cell the codes are kept, not the text behind them
HAS_TEST_NAME = "has_test_name"


@dataclass(frozen=True)
class Column:
    """A column of a raw table.

    data_type: DuckDB type of the column in schema `raw`. is_required: every file must have it.
    is_reader: no file has it, the reader adds it. kind: how its text is meant (`meta.type`).
    path, keep: where it stands in a resource, and what of the objects there is kept; see the sources of format `fhir`.
    """

    name: str
    data_type: str
    is_required: bool = False
    is_reader: bool = False
    kind: str = "text"
    path: str | None = None
    keep: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """A raw table: its columns in the declared order, and columns of files that are known and never stored.

    name: as the format calls it, lower case. identifier: of the table in schema `raw`. carries: the flat table that
    its files mainly bring records for. resource_type: of the resources that it holds, where the format has such.
    """

    name: str
    columns: tuple[Column, ...]
    identifiers: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    raw_name: str | None = None
    carried_name: str | None = None
    resource_type: str | None = None

    @property
    def identifier(self) -> str:
        """Name of the table in schema `raw`."""
        return self.raw_name or self.name

    @property
    def carries(self) -> str:
        """Flat table that files of this table mainly bring records for, or `unused`."""
        return self.carried_name or self.name

    @cached_property
    def delivered_names(self) -> tuple[str, ...]:
        """Names of the columns that files deliver, in the declared order."""
        return tuple(column.name for column in self.columns if not column.is_reader)

    @cached_property
    def required_names(self) -> tuple[str, ...]:
        """Names of the columns that every file must have, in the declared order."""
        return tuple(column.name for column in self.columns if column.is_required)

    @cached_property
    def score_text_names(self) -> tuple[str, ...]:
        """Names of the columns whose text is kept only where it is a short number."""
        return tuple(column.name for column in self.columns if column.kind == SCORE_TEXT)

    @property
    def has_test_name(self) -> bool:
        """Whether the reader computes `has_test_name` for this table."""
        return any(column.name == HAS_TEST_NAME for column in self.columns)


Tables = dict[str, Table]
"""The tables of one format by name, in the order of the YAML."""


@cache
def load_formats() -> dict[str, Tables]:
    """The tables of every format, read once a process."""
    return {name: load_tables(path) for name, path in FORMAT_SOURCES.items()}


def load_tables(path: Path = EHR_SOURCES) -> Tables:
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
        unused=tuple(meta.get("unused", ())),
        raw_name=entry.get("identifier"),
        carried_name=meta.get("carries"),
        resource_type=meta.get("resource_type"),
    )


def _column(entry: dict) -> Column:
    meta = entry.get("config", {}).get("meta", {})
    return Column(
        name=entry["name"],
        data_type=entry["data_type"],
        is_required=bool(meta.get("required", False)),
        is_reader=bool(meta.get("reader", False)),
        kind=meta.get("type", "text"),
        path=meta.get("path"),
        keep=tuple(meta.get("keep", ())),
    )
