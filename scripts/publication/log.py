"""The log of a refresh: what dbt said, step by step, with neither patients' values nor the key."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from publication.redaction import without_values

KEPT_LOGS = 10
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class RefreshLog:
    """A text file below the warehouse folder, one line an event. dbt's own log files stay switched off.

    error: the first error in writing it; from then on nothing more is written.
    """

    def __init__(self, folder: Path, secret: str):
        """folder: made if missing; the oldest logs in it are removed. secret: never written."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._secret = secret
        self.error: OSError | None = None
        self.path = folder / f"refresh-{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}.log"
        self._stream = self.path.open("w", encoding="utf-8", errors="backslashreplace")
        self.path.chmod(0o600)
        for old in sorted(folder.glob("refresh-*.log"))[:-KEPT_LOGS]:
            old.unlink(missing_ok=True)

    def write(self, level: str, message: str) -> None:
        """Append one event."""
        text = without_values(_COLOURS.sub("", message))
        if self._secret:
            text = text.replace(self._secret, "'…'")
        if self.error:
            return
        try:
            self._stream.write(f"{datetime.now(UTC):%H:%M:%S} {level:<5} {text}\n")
            self._stream.flush()
        except OSError as error:  # a full disk, met in one of dbt's threads: raised there, it would never end
            self.error = error

    def event(self, event) -> None:
        """Callback for dbt's runner: keeps everything from `info` on, but not the SQL of `debug`.

        dbt keeps its callbacks: a later run in the same process is none of this log's business once it is closed.
        """
        if not self._stream.closed and event.info.level in ("info", "warn", "error") and event.info.msg.strip():
            self.write(event.info.level, event.info.msg)

    def close(self) -> None:
        """Close the file."""
        with suppress(OSError):  # what could not be written is in `error` already
            self._stream.close()
