"""Which file of a delivery holds which table, by its name; each format has its own rule."""

import json
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

from reader.declaration import EHR, FHIR, OMOP, Tables, load_formats

CSV, CSV_GZ, PARQUET = ".csv", ".csv.gz", ".parquet"
EXTENSIONS = (CSV_GZ, CSV, PARQUET)
UNKNOWN_FILE, UNKNOWN_TABLE = "unknown_file", "unknown_table"

MANIFEST = "manifest.json"
LARGEST_MANIFEST_BYTES = 16 << 20
BUNDLE, OTHER_RESOURCE = "bundle", "other_resource"
_RESOURCE_FILE = re.compile(r"(?:[0-9]+\.)?([A-Z][A-Za-z]*).*\.ndjson(?:\.gz)?", re.DOTALL)
_DELETED_FILE = re.compile(r"deleted.*\.ndjson(?:\.gz)?", re.DOTALL)

# What exports call their files: a table or type of resource, with at most a short number before or behind it.
_PLAIN_FILE = re.compile(
    r"(?:[0-9]{1,4}\.)?(?P<stem>[A-Za-z_]+)(?:[-._ ](?:part[-._]?)?[0-9]{1,4})?\.(?:csv|parquet|ndjson)(?:\.gz)?",
    re.IGNORECASE,
)

Judgement = tuple[str, str | None]
"""(name of the declared table, None) of a file to read, else ("", why it is ignored; "" where it is known)."""

Judge = Callable[[str], Judgement]
"""Judges the files of one delivery folder, by their names."""


def judge_of(format_name: str, tables: Tables, folder: Path) -> Judge:
    """The rule for the files of one delivery folder."""
    return {EHR: _judge_of_flat, OMOP: _judge_of_omop, FHIR: _judge_of_fhir}[format_name](tables, folder)


def told_name(file: str) -> str:
    """The name of a file as messages tell it: where it holds more than exports put there, which may be a patient's
    name, the table or resource that it begins with and a star."""
    plain = _PLAIN_FILE.fullmatch(file)
    if plain and plain["stem"].lower() in _stems():
        return file
    resource_file = _RESOURCE_FILE.fullmatch(file)
    begins_with = resource_file[1] if resource_file and resource_file[1].lower() in _stems() else ""
    return f"{begins_with}*"


def told_path(path: str) -> str:
    """A path as messages tell it: below the folder of a delivery, the name of its file as `told_name` does."""
    place = Path(path)
    return str(place.with_name(told_name(place.name))) if place.parent.name.startswith("delivered_on=") else path


@cache
def _stems() -> frozenset[str]:
    """Names of declared tables and types of resources, in lower case."""
    tables = [table for tables in load_formats().values() for table in tables.values()]
    return frozenset(name.lower() for table in tables for name in (table.name, table.resource_type) if name) | {
        "deleted"
    }


def _judge_of_flat(tables: Tables, folder: Path) -> Judge:
    """Exactly <table>.csv, .csv.gz or .parquet."""

    def judge(name: str) -> Judgement:
        for extension in EXTENSIONS:
            if name.endswith(extension):
                stem = name.removesuffix(extension)
                return (stem, None) if stem in tables else ("", UNKNOWN_TABLE)
        return "", UNKNOWN_FILE

    return judge


def _judge_of_omop(tables: Tables, folder: Path) -> Judge:
    """The same in any case."""
    judge = _judge_of_flat(tables, folder)
    return lambda name: judge(name.lower())


def _judge_of_fhir(tables: Tables, folder: Path) -> Judge:
    """[<number>.]<ResourceType>*.ndjson[.gz], deleted*.ndjson[.gz], and whatever manifest.json names."""
    table_of_type = {table.resource_type: table.name for table in tables.values() if table.resource_type}
    listed = _listed_in_manifest(folder, table_of_type)

    def judge(name: str) -> Judgement:
        if name == MANIFEST:
            return "", ""
        if name in listed:
            return listed[name], None
        if _DELETED_FILE.fullmatch(name):
            return BUNDLE, None
        resource_file = _RESOURCE_FILE.fullmatch(name)
        return (table_of_type.get(resource_file[1], OTHER_RESOURCE), None) if resource_file else ("", UNKNOWN_FILE)

    return judge


def _listed_in_manifest(folder: Path, table_of_type: dict[str, str]) -> dict[str, str]:
    """Base name of each file that the manifest of a bulk export names -> table. A broken manifest names nothing."""
    try:
        path = folder / MANIFEST
        if not path.is_file() or path.stat().st_size > LARGEST_MANIFEST_BYTES:
            return {}
        manifest = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    listed = {}
    for section, table in (("error", OTHER_RESOURCE), ("deleted", BUNDLE), ("output", None)):
        entries = manifest.get(section) if isinstance(manifest, dict) else None
        for entry in entries if isinstance(entries, list) else ():
            name = _base_name(entry.get("url")) if isinstance(entry, dict) else ""
            if name:
                listed[name] = table or table_of_type.get(str(entry.get("type")), OTHER_RESOURCE)
    return listed


def _base_name(url: object) -> str:
    """Name of the file that an address leads to."""
    try:
        return unquote(urlsplit(url).path.rpartition("/")[2]) if isinstance(url, str) else ""
    except ValueError:
        return ""
