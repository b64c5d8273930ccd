"""Where things lie, from the environment, and whether a refresh can start at all."""

from __future__ import annotations

import os
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from reader.declaration import load_formats
from reader.preflight.inventory import take_inventory
from reader.preflight.naming import told_path
from reader.preflight.origin import MIXED, files_beside_the_sample, origin_of
from reader.pseudonyms import problem_with_key

ROOT = Path(__file__).resolve().parents[2]
LEAST_MEGABYTES = 200  # with less, DuckDB cannot even read the sample
_MEMORY = re.compile(r"([0-9]+(?:[.][0-9]+)?) *([KMGT]I?B)", re.IGNORECASE)
_MEGABYTES = {"KB": 1e-3, "MB": 1, "GB": 1e3, "TB": 1e6, "KIB": 1e-3, "MIB": 1, "GIB": 1e3, "TIB": 1e6}


class NotReadyError(Exception):
    """A refresh cannot start; the message says what to do."""


@dataclass(frozen=True)
class Settings:
    """The folders of a refresh; relative paths in the environment count from the project's root.

    raw_dir_is_set: KIT_RAW_DIR is in the environment (then nothing stands in for it). pseudonym_key: the secret, or
    empty.
    """

    raw_dir: Path
    raw_dir_is_set: bool
    warehouse_dir: Path
    pseudonym_key: str

    @property
    def candidate(self) -> Path:
        """The warehouse that a refresh builds, left to look into when it is not published."""
        return self.warehouse_dir / "candidate.duckdb"

    @property
    def measured(self) -> Path:
        """What the candidate was made from, written when nothing but the thresholds of checks may still block it."""
        return self.warehouse_dir / "candidate.fingerprint.json"

    @property
    def published(self) -> Path:
        """The link by which everybody reads the publication that stands."""
        return self.warehouse_dir / "kit.duckdb"

    @property
    def publications(self) -> Path:
        """One folder for each publication."""
        return self.warehouse_dir / "publications"

    @property
    def shareable(self) -> Path:
        """Where readers find the suppressed aggregates that may leave the network."""
        return self.warehouse_dir / "shareable.duckdb"

    @property
    def current(self) -> Path:
        """The one link that a publication swaps."""
        return self.warehouse_dir / "current"

    @property
    def target(self) -> Path:
        """dbt's compiled SQL and parsed project."""
        return self.warehouse_dir / "target"

    @property
    def logs(self) -> Path:
        """Logs of refreshes, without values."""
        return self.warehouse_dir / "logs"

    def for_dbt(self) -> dict[str, str]:
        """Environment variables with absolute paths, for dbt and the reader inside it."""
        return {"KIT_RAW_DIR": str(self.raw_dir), "KIT_WAREHOUSE_DIR": str(self.warehouse_dir)}


def from_environment() -> Settings:
    """Settings of this process."""
    return Settings(
        raw_dir=_from_root(os.environ.get("KIT_RAW_DIR") or "data/raw"),
        raw_dir_is_set="KIT_RAW_DIR" in os.environ,
        warehouse_dir=_from_root(os.environ.get("KIT_WAREHOUSE_DIR") or "warehouse"),
        pseudonym_key=os.environ.get("KIT_PSEUDONYM_KEY", ""),
    )


def check(settings: Settings) -> None:
    """Raise NotReadyError, with the remedy, where a refresh cannot start. Makes the warehouse folder."""
    _check_key()
    _check_limits()
    _check_raw(settings)
    _check_warehouse(settings)


def _check_raw(settings: Settings) -> None:
    raw_dir = settings.raw_dir
    if settings.raw_dir_is_set and not os.environ.get("KIT_RAW_DIR"):
        raise NotReadyError(
            "KIT_RAW_DIR is set, but to nothing. Give it the folder of the deliveries, or unset it to use data/raw."
        )
    remedy = (
        "KIT_RAW_DIR names it: check the spelling. Sample deliveries are never written there."
        if settings.raw_dir_is_set
        else "Put deliveries there, set KIT_RAW_DIR, or write a sample: `make build` does"
    )
    if not raw_dir.exists():
        raise NotReadyError(f"The folder of the deliveries does not exist: {raw_dir}\n{remedy}")
    if not raw_dir.is_dir():
        raise NotReadyError(f"The folder of the deliveries is a file: {raw_dir}\n{remedy}")
    try:
        inventory = take_inventory(raw_dir, load_formats())
    except OSError as error:
        problem = f"A folder of deliveries cannot be read: {told_path(os.fsdecode(error.filename))} ({error.strerror})"
        raise NotReadyError(problem) from error
    if not inventory.files:
        reasons = Counter(item.reason for item in inventory.ignored)
        found = "".join(f"\n  found, but not read: {n} ({reason})" for reason, n in sorted(reasons.items()))
        raise NotReadyError(
            f"No delivery found below {raw_dir}{found}\n"
            f"Expected files such as ehr/site=07/delivered_on=2025-01-31/patients.csv. {remedy}"
        )
    if origin_of(raw_dir, inventory) == MIXED:
        other = files_beside_the_sample(raw_dir, inventory)[0].told_place
        raise NotReadyError(
            f"{raw_dir} holds the synthetic sample and other deliveries, such as {other}\n"
            "Invented and real patients are never counted together: move one of them to a folder of its own."
        )


def _check_key() -> None:
    if problem := problem_with_key():
        raise NotReadyError(problem)


def _check_limits() -> None:
    threads = os.environ.get("KIT_THREADS", "1")
    if not threads.isascii() or not threads.isdigit() or int(threads) < 1:
        raise NotReadyError("KIT_THREADS must be a whole number from 1, such as 2.")
    memory = os.environ.get("KIT_MEMORY_LIMIT", "1GB")
    match = _MEMORY.fullmatch(memory.strip())
    if not match or float(match[1]) * _MEGABYTES[match[2].upper()] < LEAST_MEGABYTES:
        raise NotReadyError(f"KIT_MEMORY_LIMIT must be a size of at least {LEAST_MEGABYTES} MB, such as 2GB.")


def _check_warehouse(settings: Settings) -> None:
    warehouse_dir = settings.warehouse_dir
    if "?" in str(warehouse_dir) or "#" in str(warehouse_dir):
        raise NotReadyError(
            f"KIT_WAREHOUSE_DIR may hold neither ? nor #, which DuckDB reads otherwise: {warehouse_dir}"
        )
    try:
        if warehouse_dir.exists() and not warehouse_dir.is_dir():
            raise NotReadyError(f"The warehouse folder is a file: {warehouse_dir}\nSet KIT_WAREHOUSE_DIR to a folder.")
        for path, is_fine in (
            (settings.current, settings.current.is_symlink() or not settings.current.exists()),
            (settings.publications, settings.publications.is_dir() or not settings.publications.exists()),
            (settings.candidate, not settings.candidate.is_dir()),
            (warehouse_dir / ".refresh.lock", not (warehouse_dir / ".refresh.lock").is_dir()),
        ):
            if not is_fine:
                raise NotReadyError(
                    f"{path} is not what a refresh left there (a copy that followed its links?)\n"
                    "Move it away; the next refresh makes it anew."
                )
        warehouse_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe = warehouse_dir / f".writable.{os.getpid()}"
        probe.touch(mode=0o600)
        probe.unlink()
    except OSError as error:
        raise NotReadyError(
            f"The warehouse folder cannot be written: {warehouse_dir} ({error.strerror})\n"
            "Check its permissions, or set KIT_WAREHOUSE_DIR to another folder."
        ) from error


def _from_root(path: str) -> Path:
    try:
        return Path(os.path.normpath(ROOT / Path(path).expanduser()))
    except RuntimeError as error:  # ~somebody whom this machine does not know
        raise NotReadyError(f"There is no folder {path}: {error}") from error
