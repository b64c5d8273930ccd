"""Reads all deliveries of a raw folder into the schema `raw` of a warehouse, in one transaction."""

import hashlib
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
from tqdm import tqdm

from reader.ahead import one_ahead
from reader.blocks import HashedFile
from reader.declaration import DELIVERIES_SOURCES, FORMAT_SOURCES, Tables, load_formats, load_tables
from reader.heading import RefusedFileError
from reader.landing import Landing, ignored_row
from reader.preflight.fingerprint import fingerprint
from reader.preflight.inventory import DeliveredFile, IgnoredInput, Inventory, take_inventory
from reader.reading import Readers
from reader.seeds import SEEDS, read_test_names

MOST_LINES = 20


class NoDeliveriesError(Exception):
    """There is nothing to read. The message names the folder and the remedy."""


@dataclass
class Outcome:
    """What a reading did. is_unchanged: everything was as it had been read before, so nothing was read."""

    is_unchanged: bool
    n_files: int = 0
    n_records: int = 0
    refused: list[tuple[DeliveredFile, RefusedFileError]] = field(default_factory=list)
    ignored: list[IgnoredInput] = field(default_factory=list)

    def messages(self) -> list[str]:
        """One line for each refused file, and each kind of ignored input; places are paths below the raw folder.

        A name that nobody declared may be a patient's: of ignored inputs only the clinic or a declared file is told.
        """
        lines = [f"refused {found.told_place}: {error.detail}" for found, error in self.refused]
        by_reason = Counter(ignored.reason for ignored in self.ignored)
        for reason, count in sorted(by_reason.items()):
            first = next(ignored for ignored in self.ignored if ignored.reason == reason)
            clinic = f"clinic {first.site_id}" if first.site_id else "no clinic's folder"
            what = f"in {first.place if first.column_name else clinic} ({reason})"
            lines.append(f"ignored an input {what}" + (f" and {count - 1} more" if count > 1 else ""))
        hidden = len(lines) - MOST_LINES
        return lines if hidden <= 0 else [*lines[:MOST_LINES], f"... and {hidden} more: see audit.refused_files"]


def ingest(cursor: duckdb.DuckDBPyConnection, raw_folder: Path, *, shows_progress: bool | None = None) -> Outcome:
    """Bring schema `raw` up to date with a raw folder; if it already is, nothing is read.

    cursor: of the warehouse, with no transaction open. Raises NoDeliveriesError where the folder holds no file that
    could be read, OSError where a folder cannot be listed. After any error the schema is as it was before.
    """
    formats, reports = load_formats(), load_tables(DELIVERIES_SOURCES)
    inventory = _inventory(raw_folder, formats)
    state = fingerprint(inventory, [*FORMAT_SOURCES.values(), DELIVERIES_SOURCES, *SEEDS])
    if _stored_state(cursor) == state:
        return Outcome(is_unchanged=True)
    test_names = read_test_names()
    landing = Landing(cursor, formats, reports, test_names)
    readers = Readers(formats, test_names)
    if shows_progress is None:
        shows_progress = sys.stderr.isatty()
    cursor.execute("begin")
    try:
        landing.create()
        with _progress(inventory, is_shown=shows_progress) as progress:
            outcome = _read_all(landing, readers, inventory, progress.update)
        landing.report("ignored_inputs", (ignored_row(ignored) for ignored in outcome.ignored))
        cursor.execute(
            "create or replace table raw.reader_state as select ?::varchar as fingerprint, now() as read_at", [state]
        )
        cursor.execute("commit")
    except BaseException:
        with suppress(duckdb.Error):  # the transaction may be gone already, and the first error is the one to know
            cursor.execute("rollback")
        raise
    return outcome


def _inventory(raw_folder: Path, formats: dict[str, Tables]) -> Inventory:
    if not raw_folder.is_dir():
        raise NoDeliveriesError(_remedy(f"There is no folder {raw_folder}."))
    inventory = take_inventory(raw_folder, formats)
    if not inventory.files:
        n_empty = sum(ignored.reason == "empty_folder" for ignored in inventory.ignored)
        also = f" (empty folders: {n_empty})" if n_empty else ""
        raise NoDeliveriesError(_remedy(f"The folder {raw_folder} holds no deliveries{also}."))
    return inventory


def _remedy(problem: str) -> str:
    return (
        f"{problem}\n"
        "A delivery lies in <folder>/<format>/site=<site_id>/delivered_on=<YYYY-MM-DD>/. Formats and their files:\n"
        "  ehr, such as patients.csv; fhir, such as Patient.ndjson; omop, such as PERSON.csv.\n"
        "Set KIT_RAW_DIR to the folder of your deliveries; or, for a synthetic sample, run `make build`, or\n"
        "`python scripts/synthesize.py --patients 8142 --seed 1 --out data/raw`."
    )


def _stored_state(cursor: duckdb.DuckDBPyConnection) -> str | None:
    known = cursor.execute(
        "select count(*) from duckdb_tables() "
        "where database_name = current_database() and schema_name = 'raw' and table_name = 'reader_state'"
    ).fetchone()
    if not known or not known[0]:
        return None
    row = cursor.execute("select fingerprint from raw.reader_state").fetchone()
    return row[0] if row else None


def _progress(inventory: Inventory, *, is_shown: bool) -> tqdm:
    n_bytes = sum(found.path.stat().st_size for found in inventory.files if found.path.exists())
    return tqdm(total=n_bytes, desc="reading deliveries", unit="B", unit_scale=True, delay=1, disable=not is_shown)


def _read_all(landing: Landing, readers: Readers, inventory: Inventory, advance: Callable[[int], object]) -> Outcome:
    outcome = Outcome(is_unchanged=False, ignored=list(inventory.ignored))
    read, refused = [], []
    for found in inventory.files:
        place = (found.site_id, found.delivered_on, found.file, found.table_name)
        try:
            n_records, n_bytes, sha256 = _read_one(landing, readers, found, outcome, advance)
        except RefusedFileError as error:
            outcome.refused.append((found, error))
            refused.append((*place, error.reason, _sha256(found.path)))
            continue
        read.append((*place, n_records, n_bytes, sha256))
        outcome.n_records += n_records
    outcome.n_files = len(read)
    landing.report("files", read)
    landing.report("refused_files", refused)
    return outcome


def _read_one(
    landing: Landing, readers: Readers, found: DeliveredFile, outcome: Outcome, advance: Callable[[int], object]
) -> tuple[int, int, str]:
    """Read one file: (records, bytes, SHA-256). A refused file leaves nothing behind."""
    n_records = 0
    try:
        with HashedFile(found.path, advance) as file:
            n_bytes = found.path.stat().st_size
            unknown, arrivals = readers.read(found, file)
            with closing(one_ahead(arrivals)) as coming:
                for arrival in coming:
                    landing.add(found, arrival)
                    n_records += arrival.batch.n_records
            sha256 = file.sha256()
    except (RefusedFileError, OSError) as error:
        if n_records:
            landing.forget(found)
        if isinstance(error, OSError):
            raise RefusedFileError("unreadable", f"the file cannot be opened ({error.strerror})") from error
        raise
    outcome.ignored.extend(
        IgnoredInput(found.site_id, found.delivered_on, found.file, name, "unknown_column", found.told_place)
        for name in unknown
    )
    return n_records, n_bytes, sha256


def _sha256(path: Path) -> str | None:
    """Hash of a refused file, which may not be readable to its end; None where it cannot be opened at all."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None
