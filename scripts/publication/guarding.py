"""Great Expectations in a process of its own, which loads while dbt builds and then waits for the finished file."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from guards.results import GuardResult
from publication.redaction import without_values
from publication.settings import ROOT

SUITES = ROOT / "tests" / "expectations"
MAX_SECONDS = 3600


class GuardsFailedError(Exception):
    """The guards could not run; the message says why."""


class WaitingGuards:
    """Started at once, set off by `run`; leaves by itself when this process ends or `dismiss` is called."""

    def __init__(self, candidate: Path, previous: Path | None, folder: Path, suites: Path = SUITES):
        """candidate: DuckDB file that will be there when `run` is called. folder: for what passes between processes."""
        self._folder = folder
        self._out = folder / "results.json"
        self._errors = folder / "errors.txt"
        self._clear()
        folder.mkdir(mode=0o700)
        command = [sys.executable, "-m", "guards", "--wait"]
        command += ["--warehouse", str(candidate), "--suites", str(suites), "--out", str(self._out)]
        if previous is not None:
            command += ["--previous", str(previous)]
        # It looks at finished tables only, so it has no need of the key.
        inherited = {name: value for name, value in os.environ.items() if name != "KIT_PSEUDONYM_KEY"}
        with self._errors.open("wb") as errors:
            self._process = subprocess.Popen(
                command,
                cwd=ROOT,
                env={
                    **inherited,
                    "PYTHONPATH": str(ROOT / "scripts"),
                    "TMPDIR": str(folder),
                    "GX_ANALYTICS_ENABLED": "false",
                },
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=errors,
            )

    def run(self) -> list[GuardResult]:
        """Look at the candidate now. Raises GuardsFailedError when the guards could not."""
        try:
            self._process.communicate(b"go\n", timeout=MAX_SECONDS)
        except (OSError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait()
        if self._process.returncode != 0 or not self._out.is_file():
            told = self._errors.read_text(encoding="utf-8", errors="replace").strip()
            free = shutil.disk_usage(self._out.parent).free // 1_000_000
            silent = f"the guards ended without a word ({free:,} MB are free on the disk of the warehouse)"
            raise GuardsFailedError(without_values(told)[-1500:] or silent)
        results = [GuardResult(**row) for row in json.loads(self._out.read_text(encoding="utf-8"))]
        self._clear()
        return results

    def dismiss(self) -> None:
        """Send the guards home without a look; harmless when they have gone."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        if self._process.stdin:
            self._process.stdin.close()
        self._clear()

    def _clear(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
