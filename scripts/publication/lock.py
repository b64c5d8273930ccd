"""One refresh at a time in a warehouse folder."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from publication.settings import NotReadyError


@contextmanager
def only_one(warehouse_dir: Path) -> Iterator[None]:
    """Hold the folder's lock for the length of a block. Raises NotReadyError when another process holds it.

    The lock belongs to the open file, so the kernel lets go of it when its process ends, however it ends: a lock of a
    dead process never has to be cleared by hand.
    """
    path = warehouse_dir / ".refresh.lock"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(descriptor, 20).decode(errors="replace").strip() or "unknown"
            raise NotReadyError(
                f"Another refresh is at work in {warehouse_dir} (process {holder}). Wait until it ends, then run again."
            ) from None
        os.ftruncate(descriptor, 0)
        os.write(descriptor, str(os.getpid()).encode())
        yield
    finally:
        os.close(descriptor)
