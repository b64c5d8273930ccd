"""Whether a raw folder must be read again: one hash over what was found and over the reader itself."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from reader.preflight.inventory import Inventory

READER_FOLDER = Path(__file__).resolve().parents[1]


def fingerprint(inventory: Inventory, settings: Iterable[Path]) -> str:
    """SHA-256 (hexadecimal) over path, size and times of each delivered file, the ignored inputs, code and settings.

    settings: files whose content decides what is read (the declarations, some seeds).
    A file that vanishes meanwhile counts as one without size; reading it will say more.
    """
    digest = hashlib.sha256()
    for path in [*sorted(READER_FOLDER.rglob("*.py")), *settings]:
        digest.update(path.read_bytes())
    for found in inventory.files:
        try:
            status = found.path.stat()
            times = (status.st_size, status.st_mtime_ns, status.st_ctime_ns)
        except OSError:
            times = ()
        digest.update(repr((found.place, found.declared_name, times)).encode())
    for ignored in inventory.ignored:
        digest.update(repr((ignored.place, ignored.reason)).encode())
    return digest.hexdigest()
