"""What lies in a raw folder: files to read, and everything that fits no pattern."""

import datetime
import os
import re
from dataclasses import dataclass, field
from pathlib import Path

from reader.declaration import Tables
from reader.preflight.naming import UNKNOWN_FILE, judge_of, told_name

SKIPPED_FOLDER = "truth"
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True)
class DeliveredFile:
    """One file to read. path: where it lies. place: the same below the raw folder.

    declared_name: table of its format that its name stands for. table_name: flat table that it mainly has records for.
    """

    path: Path
    place: str
    site_id: str
    delivered_on: datetime.date
    format_name: str
    declared_name: str
    table_name: str

    @property
    def file(self) -> str:
        """Base name, as it appears in every table about files."""
        return self.path.name

    @property
    def told_place(self) -> str:
        """Its place as messages tell it."""
        return f"{self.place.rpartition('/')[0]}/{told_name(self.file)}"


@dataclass(frozen=True)
class IgnoredInput:
    """A file, folder or column that is not read. site_id and delivered_on are None where the path names none."""

    site_id: str | None
    delivered_on: datetime.date | None
    file: str
    column_name: str | None
    reason: str
    place: str


@dataclass
class Inventory:
    """Everything found below a raw folder, in the order of the paths."""

    files: list[DeliveredFile] = field(default_factory=list)
    ignored: list[IgnoredInput] = field(default_factory=list)


@dataclass(frozen=True)
class _Format:
    name: str
    tables: Tables


def take_inventory(raw_folder: Path, formats: dict[str, Tables]) -> Inventory:
    """Walk `<raw>/<format>/site=<site_id>/delivered_on=<YYYY-MM-DD>/`. Raises OSError where a folder cannot be read."""
    inventory = Inventory()
    for entry in _entries(raw_folder):
        place = _readable(entry.name)
        if not entry.is_dir():
            _ignore(inventory, place, UNKNOWN_FILE)
        elif entry.name in formats:
            _walk_format(inventory, entry, place, _Format(entry.name, formats[entry.name]))
        elif entry.name != SKIPPED_FOLDER:
            _ignore(inventory, f"{place}/", "unknown_format")
    return inventory


def _walk_format(inventory: Inventory, folder: os.DirEntry, place: str, kind: _Format) -> None:
    """Sites of one format."""
    entries = _entries(folder.path)
    if not entries:
        _ignore(inventory, f"{place}/", "empty_folder")
    for entry in entries:
        site_place = f"{place}/{_readable(entry.name)}"
        site_id = _partition_value(entry, "site")
        if not entry.is_dir():
            _ignore(inventory, site_place, UNKNOWN_FILE)
        elif site_id is None:
            _ignore(inventory, f"{site_place}/", "unknown_folder")
        else:
            _walk_site(inventory, entry, site_place, site_id, kind)


def _walk_site(inventory: Inventory, folder: os.DirEntry, place: str, site_id: str, kind: _Format) -> None:
    entries = _entries(folder.path)
    if not entries:
        _ignore(inventory, f"{place}/", "empty_folder", site_id)
    for entry in entries:
        delivery_place = f"{place}/{_readable(entry.name)}"
        day_text = _partition_value(entry, "delivered_on")
        if not entry.is_dir():
            _ignore(inventory, delivery_place, UNKNOWN_FILE, site_id)
        elif day_text is None:
            _ignore(inventory, f"{delivery_place}/", "unknown_folder", site_id)
        else:
            delivered_on = _day(day_text)
            if delivered_on is None:
                _ignore(inventory, f"{delivery_place}/", "invalid_date", site_id)
            else:
                _walk_delivery(inventory, entry, delivery_place, site_id, delivered_on, kind)


def _walk_delivery(
    inventory: Inventory,
    folder: os.DirEntry,
    place: str,
    site_id: str,
    delivered_on: datetime.date,
    kind: _Format,
) -> None:
    entries = _entries(folder.path)
    judge = judge_of(kind.name, kind.tables, Path(folder.path))
    if not entries:
        _ignore(inventory, f"{place}/", "empty_folder", site_id, delivered_on)
    for entry in entries:
        file_place = f"{place}/{_readable(entry.name)}"
        if entry.is_dir():
            _ignore(inventory, f"{file_place}/", "unknown_folder", site_id, delivered_on)
            continue
        declared_name, reason = judge(entry.name)
        if reason is None and Path(entry.path).exists() and not entry.is_file():
            reason = UNKNOWN_FILE  # a pipe or a device: reading it might never end
        if reason is None:
            carries = kind.tables[declared_name].carries
            found = DeliveredFile(
                Path(entry.path), file_place, site_id, delivered_on, kind.name, declared_name, carries
            )
            inventory.files.append(found)
        elif reason:
            inventory.ignored.append(
                IgnoredInput(site_id, delivered_on, _readable(entry.name), None, reason, file_place)
            )


def _partition_value(entry: os.DirEntry, key: str) -> str | None:
    """The value of a Hive-style folder name `key=value`; None where the name has another form or is no valid text."""
    found, _, value = entry.name.partition("=")
    return value if found == key and value and _readable(value) == value else None


def _day(text: str) -> datetime.date | None:
    try:
        return datetime.date.fromisoformat(text) if DAY.fullmatch(text) else None
    except ValueError:
        return None


def _entries(folder: Path | str) -> list[os.DirEntry]:
    with os.scandir(folder) as entries:
        return sorted(entries, key=lambda entry: entry.name)


def _readable(name: str) -> str:
    """The name as valid UTF-8: bytes that are none become question marks."""
    return name.encode("utf-8", "replace").decode("utf-8")


def _ignore(
    inventory: Inventory,
    place: str,
    reason: str,
    site_id: str | None = None,
    delivered_on: datetime.date | None = None,
) -> None:
    inventory.ignored.append(IgnoredInput(site_id, delivered_on, place, None, reason, place))
