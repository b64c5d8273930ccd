"""Whether anything that decides a publication has changed since the last one."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from publication.settings import ROOT, Settings
from reader.declaration import load_formats
from reader.preflight.inventory import Inventory, take_inventory

_CODE_FOLDERS = ("models", "macros", "scripts", "profiles", "tests/generic", "tests/invariants", "tests/expectations")
_CODE_FILES = ("dbt_project.yml", "requirements.txt", ".dbtignore")
_SEED_FOLDERS = ("seeds",)
_THRESHOLDS = "seeds/quality/checks.csv"  # judged anew without a new build, so told apart
_PACKAGES = (
    "dbt-core",
    "dbt-duckdb",
    "dbt-adapters",
    "dbt-common",
    "duckdb",
    "great-expectations",
    "highspy",
    "pyarrow",
    "scipy",
)
_BLOCK = 1 << 20
UNREADABLE = "unreadable"


class Fingerprint:
    """Digests of what goes into a publication, part by part, so that a change can be named.

    parts: deliveries, code, seeds, thresholds, packages -> hexadecimal SHA-256; key -> HMAC of the others under the
    pseudonym key, which tells that the key has changed and nothing about it.
    """

    def __init__(self, parts: dict[str, str]):
        self.parts = parts

    def changed_since(self, earlier: Fingerprint | None) -> list[str]:
        """Names of the parts that differ; all of them when there is no earlier one."""
        if earlier is None:
            return list(self.parts)
        changed = [name for name in self.parts if name != "key" and self.parts[name] != earlier.parts.get(name)]
        # The digest under the key covers all parts but the thresholds, so it says something of the key only where these
        # are equal.
        if set(changed) <= {"thresholds"} and self.parts["key"] != earlier.parts.get("key"):
            changed.append("pseudonym key")
        return changed

    def write(self, path: Path) -> None:
        """Store beside a publication."""
        path.write_text(json.dumps(self.parts, indent=1), encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> Fingerprint | None:
        """The stored fingerprint, None where there is none that can be read."""
        try:
            return cls(dict(json.loads(path.read_text(encoding="utf-8"))))
        except (OSError, ValueError, TypeError):
            return None


def take(settings: Settings) -> Fingerprint:
    """The fingerprint of now. Unchanged delivery files are recognised by size and times, and not read again."""
    parts = {
        "deliveries": _deliveries(settings),
        "code": _tree([*map(ROOT.joinpath, _CODE_FOLDERS), *map(ROOT.joinpath, _CODE_FILES)]),
        "seeds": _tree([ROOT / folder for folder in _SEED_FOLDERS], but=ROOT / _THRESHOLDS),
        "thresholds": _tree([ROOT / _THRESHOLDS]),
        "packages": _digest(json.dumps(versions()).encode()),
    }
    message = json.dumps({name: parts[name] for name in parts if name != "thresholds"}, sort_keys=True).encode()
    parts["key"] = hmac.new(
        settings.pseudonym_key.encode("utf-8", "surrogateescape"), message, hashlib.sha256
    ).hexdigest()
    return Fingerprint(parts)


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that decide what is built."""
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def _deliveries(settings: Settings) -> str:
    """What is read is what is looked at: the same walk, links to folders included."""
    inventory = take_inventory(settings.raw_dir, load_formats())
    lines = [f"{item.place} {item.reason}" for item in inventory.ignored]
    lines += [f"{place} {digest}" for place, digest in digests_of_deliveries(settings, inventory).items()]
    return _digest("\n".join(lines).encode("utf-8", "surrogateescape"))


def digests_of_deliveries(settings: Settings, inventory: Inventory) -> dict[str, str]:
    """SHA-256 of each delivery file by its place, in the order of the inventory; UNREADABLE where there is none."""
    cache_path = settings.warehouse_dir / ".deliveries.json"
    known = _known_digests(cache_path)
    seen = {}
    for found in inventory.files:
        try:
            status = found.path.stat()
            stamp = [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]
            entry = known.get(found.place)
            digest = entry[1] if entry and entry[0] == stamp else digest_of_file(found.path)
        except OSError:  # such as a link that leads nowhere: the reader refuses the file
            stamp, digest = None, UNREADABLE
        seen[found.place] = [stamp, digest]
    temporary = cache_path.with_suffix(f".{os.getpid()}.tmp")
    temporary.write_text(json.dumps(seen), encoding="utf-8")
    temporary.replace(cache_path)
    return {place: digest for place, (_, digest) in seen.items()}


def _known_digests(cache_path: Path) -> dict[str, list]:
    """Digests of the last time by file: [stamp, digest]. Empty where they are not there or not as they were written."""
    try:
        known = json.loads(cache_path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(known, dict):
        return {}
    return {name: entry for name, entry in known.items() if isinstance(entry, list) and len(entry) == 2}


def _tree(paths: list[Path], but: Path | None = None) -> str:
    files = [
        file
        for path in paths
        for file in ([path] if path.is_file() else path.rglob("*"))
        if file.is_file() and file != but
    ]
    lines = [
        f"{file.relative_to(ROOT).as_posix()} {digest_of_file(file)}"
        for file in sorted(files)
        if "__pycache__" not in file.parts
    ]
    return _digest("\n".join(lines).encode())


def digest_of_file(path: Path) -> str:
    """SHA-256 of a file's bytes, or why it cannot be read."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as stream:
            while block := stream.read(_BLOCK):
                digest.update(block)
    except OSError as error:  # the reader tells about it
        return f"unreadable: {error.errno}"
    return digest.hexdigest()


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
