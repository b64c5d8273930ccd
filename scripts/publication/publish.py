"""From a checked candidate to a publication that stands, in one step.

    <warehouse>/publications/<publication_id>/kit.duckdb        complete, never written again
    <warehouse>/publications/<publication_id>/shareable.duckdb  suppressed aggregates only
    <warehouse>/publications/<publication_id>/checksums.sha256  of both, for `sha256sum --check`
    <warehouse>/current  -> publications/<publication_id>       the one link that is swapped
    <warehouse>/kit.duckdb -> current/kit.duckdb                fixed, as is shareable.duckdb

A further file of a publication lies in the same folder and comes with the same swap.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from publication import provenance
from publication.fingerprint import Fingerprint, digest_of_file, versions
from publication.settings import ROOT, Settings
from reader.declaration import load_formats
from reader.preflight.inventory import take_inventory
from reader.preflight.origin import origin_of

SCHEMAS = ("core", "clinical", "marts", "audit")
SHAREABLE = "shareable"
STORAGE_VERSION = "v1.4.0"  # readable by DuckDB 1.4 and later
FINGERPRINT = "fingerprint.json"
CHECKSUMS = "checksums.sha256"

# What was told must be known even where the shared file is damaged, and what was hidden nowhere else.
_LEDGER = """
create table published.audit.released_cells as
select population, n_released, is_hidden, n_when_hidden
from candidate.disclosure.suppressed_populations
where not is_tabulated
order by population
"""


@dataclass(frozen=True)
class Origin:
    """What a publication says of itself. data_origin: whether its patients are invented."""

    publication_id: str
    built_at: datetime
    data_origin: str
    code_version: str


@dataclass(frozen=True)
class Publication:
    """A publication that stands."""

    publication_id: str
    folder: Path

    @property
    def warehouse(self) -> Path:
        """Its DuckDB file."""
        return self.folder / "kit.duckdb"

    @property
    def shareable(self) -> Path:
        """Its file of suppressed aggregates; not there where the project builds none."""
        return self.folder / "shareable.duckdb"

    @property
    def fingerprint(self) -> Fingerprint | None:
        """What it was made from."""
        return Fingerprint.read(self.folder / FINGERPRINT)


def standing(settings: Settings) -> Publication | None:
    """The publication that everybody reads now, or None."""
    name = linked(settings)
    if name is None:
        return None
    publication = Publication(name, settings.publications / name)
    return publication if _can_be_read(publication.warehouse) and is_intact(publication.folder) else None


def is_intact(folder: Path) -> bool:
    """Whether the files of a publication are as they were published. One of an older version has no checksums."""
    try:
        lines = (folder / CHECKSUMS).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return True
    except (OSError, UnicodeDecodeError):
        return False
    listed = dict(reversed(line.split("  ", 1)) for line in lines if "  " in line)
    return "kit.duckdb" in listed and all(digest_of_file(folder / name) == listed[name] for name in listed)


def _is_complete(folder: Path) -> bool:
    """Whether all files of a publication were written, checksums last, and are as they were."""
    return (folder / CHECKSUMS).is_file() and is_intact(folder)


def linked(settings: Settings) -> str | None:
    """The folder that the link names, whatever is in it."""
    try:
        return Path(settings.current.readlink()).name
    except OSError:
        return None


def _can_be_read(warehouse: Path) -> bool:
    """Whether the file opens and says which publication it is: a damaged one must not stand in the way of the next."""
    try:
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            return connection.execute("select count(*) from audit.publication").fetchone() == (1,)
    except duckdb.IOException as error:
        return "Could not set lock" in str(error)  # somebody has it open for writing: it is there all the same
    except (duckdb.Error, OSError):
        return False


def new_publication_id() -> str:
    """A name that sorts by time: 20250131T120000Z-1f2e3d4c."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"


def sweep_links(settings: Settings) -> None:
    """Remove spare links that a refresh left which was killed in its last step."""
    for leftover in settings.warehouse_dir.glob(".current.*"):
        leftover.unlink(missing_ok=True)


def sweep(settings: Settings) -> None:
    """Remove what an earlier refresh left: half-written publications, the candidate, spilled data.

    Where the link to a publication was lost, complete ones stay until the next is published: they know what was told.
    """
    kept = linked(settings)
    for folder in _publication_folders(settings):
        stays = (folder / "kit.duckdb").is_file() and folder.name <= kept if kept else _is_complete(folder)
        if not stays:
            shutil.rmtree(folder, ignore_errors=True)
    for name in (settings.candidate.name, f"{settings.candidate.name}.wal", settings.measured.name):
        (settings.warehouse_dir / name).unlink(missing_ok=True)
    shutil.rmtree(settings.warehouse_dir / ".spill", ignore_errors=True)


def publish(settings: Settings, fingerprint: Fingerprint) -> Publication:
    """Copy the candidate's published schemas into a folder of their own and swap the link. Returns what stands now.

    Until the swap nothing that anybody reads has changed; after it everything has.
    """
    publication_id = new_publication_id()
    publication = Publication(publication_id, settings.publications / publication_id)
    publication.folder.mkdir(mode=0o700, parents=True)
    inventory = take_inventory(settings.raw_dir, load_formats())
    data_origin = origin_of(settings.raw_dir, inventory)
    origin = Origin(publication_id, datetime.now(UTC), data_origin, code_version(fingerprint))
    inputs = provenance.of_inputs(settings, inventory, fingerprint, origin.code_version)
    _copy(settings.candidate, publication, origin, inputs)
    fingerprint.write(publication.folder / FINGERPRINT)
    _write_checksums(publication.folder)
    for path in publication.folder.iterdir():
        path.chmod(0o600)
        _flush(path)
    _flush(publication.folder)
    _flush(settings.publications)
    stood = linked(settings)
    _link(settings.current, f"publications/{publication_id}")
    _link(settings.published, "current/kit.duckdb")
    if publication.shareable.exists():
        _link(settings.shareable, "current/shareable.duckdb")
    elif settings.shareable.is_symlink():
        settings.shareable.unlink()
    _flush(settings.warehouse_dir)
    _drop_old(settings, {publication_id, stood if stood and is_intact(settings.publications / stood) else None})
    return publication


def _copy(candidate: Path, publication: Publication, origin: Origin, inputs: list[provenance.Source]) -> None:
    """Write the files of a publication: what is shared first, for the other tells its digests too."""
    with duckdb.connect(config={"autoinstall_known_extensions": "false"}) as connection:
        connection.execute(f"attach {_quoted(candidate)} as candidate (read_only)")
        relations = connection.execute(
            "select schema_name, table_name from duckdb_tables() where database_name = 'candidate' "
            "union all select schema_name, view_name from duckdb_views() "
            "where database_name = 'candidate' and not internal order by all"
        ).fetchall()
        shared = []
        if any(schema == SHAREABLE for schema, _ in relations):
            _begin(connection, publication.shareable, (SHAREABLE,), relations)
            _describe_shareable(connection, origin)
            shared = provenance.of_tables(connection, "published")
            _end(connection, publication.shareable)
        _begin(connection, publication.warehouse, SCHEMAS, relations)
        if ("disclosure", "suppressed_populations") in relations:
            connection.execute(_LEDGER)
        _describe(connection, origin)
        tables = provenance.of_tables(connection, "published")
        provenance.store(connection, "published", [*inputs, *tables, *shared])
        _end(connection, publication.warehouse)


def _begin(
    connection: duckdb.DuckDBPyConnection, path: Path, schemas: tuple[str, ...], relations: list[tuple[str, str]]
) -> None:
    """Attach a new file as `published` and copy schemas of the candidate into it."""
    connection.execute(f"attach {_quoted(path)} as published (storage_version '{STORAGE_VERSION}')")
    connection.execute("begin")
    for schema in schemas:
        connection.execute(f"create schema published.{schema}")
    for schema, table in relations:
        if schema in schemas:
            connection.execute(
                f'create table published.{schema}."{table}" as select * from candidate.{schema}."{table}"'
            )


def _end(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    connection.execute("commit")
    connection.execute("checkpoint published")
    connection.execute("detach published")
    if path.with_name(f"{path.name}.wal").exists():
        raise OSError(f"{path} could not be closed completely")


def _describe(connection: duckdb.DuckDBPyConnection, origin: Origin) -> None:
    """Write audit.publication: which publication this is, when, of what and by what it was made. One row."""
    found = versions()
    connection.execute(
        "create table published.audit.publication (publication_id varchar, built_at timestamp with time zone, "
        "data_origin varchar, code_version varchar, dbt_version varchar, dbt_duckdb_version varchar, "
        "duckdb_version varchar, great_expectations_version varchar)"
    )
    connection.execute(
        "insert into published.audit.publication values (?, ?, ?, ?, ?, ?, ?, ?)",
        [
            origin.publication_id,
            origin.built_at,
            origin.data_origin,
            origin.code_version,
            *(found[name] for name in ("dbt-core", "dbt-duckdb", "duckdb", "great-expectations")),
        ],
    )


def _describe_shareable(connection: duckdb.DuckDBPyConnection, origin: Origin) -> None:
    """Write shareable.publication: the row that tells with which kit.duckdb the file was made."""
    connection.execute(
        "create table published.shareable.publication "
        "(publication_id varchar, built_at timestamp with time zone, data_origin varchar)"
    )
    connection.execute(
        "insert into published.shareable.publication values (?, ?, ?)",
        [origin.publication_id, origin.built_at, origin.data_origin],
    )


def _write_checksums(folder: Path) -> None:
    lines = [f"{digest_of_file(path)}  {path.name}\n" for path in sorted(folder.glob("*.duckdb"))]
    (folder / CHECKSUMS).write_text("".join(lines), encoding="utf-8")


def code_version(fingerprint: Fingerprint) -> str:
    """`git describe` of the project; without git the start of the digest of its code."""
    by_content = f"content-{fingerprint.parts['code'][:12]}"
    try:
        described = subprocess.run(
            ["git", "-C", str(ROOT), "describe", "--always", "--dirty", "--tags"],
            capture_output=True,
            text=True,
            check=True,
            timeout=10,
        )
        return described.stdout.strip() or by_content
    except (OSError, subprocess.SubprocessError):
        return by_content


def _link(link: Path, target: str) -> None:
    """Make `link` point to `target` in one step, whatever was there."""
    if link.is_symlink() and str(link.readlink()) == target:
        return
    temporary = link.with_name(f".current.{secrets.token_hex(4)}")
    temporary.symlink_to(target)
    temporary.replace(link)


def _drop_old(settings: Settings, kept: set[str | None]) -> None:
    """Remove all publications but the new one and the one that stood before: a reader may be about to open that."""
    for folder in _publication_folders(settings):
        if folder.name not in kept:
            shutil.rmtree(folder, ignore_errors=True)


def _publication_folders(settings: Settings) -> list[Path]:
    return sorted(path for path in settings.publications.glob("*") if path.is_dir())


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
