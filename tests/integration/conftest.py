"""Shared fixtures: a parsed project, warehouses built from deliveries in private folders, one sample network a session.

Nothing here touches the folders that a user builds in: raw files, warehouse, target and logs of a test lie under
pytest's temporary folder.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SAMPLE_PATIENTS = 600
SAMPLE_SEED = 7
TEST_PSEUDONYM_KEY = "a key that only the tests use"
EXIT_STATUS = pytest.StashKey[int]()


@dataclass
class Trust:
    """How hard the attacks of `make trust` try, and what they found.

    KIT_TRUST=full runs all of them (`make trust`), otherwise a short form (`make test`); KIT_TRUST_SEED draws others.
    """

    is_full: bool = field(default_factory=lambda: os.environ.get("KIT_TRUST", "") == "full")
    seed: int = field(default_factory=lambda: int(os.environ.get("KIT_TRUST_SEED", "1")))
    figures: list[tuple[str, str]] = field(default_factory=list)

    def attempts(self, short: int, full: int) -> int:
        """How many attempts this run makes."""
        return full if self.is_full else short

    def tell(self, promise: str, figure: str) -> None:
        """Keep a figure for the end of the run, such as ("killed refreshes", "50 of 50 left the last publication")."""
        self.figures.append((promise, figure))


TRUST = Trust()


@contextmanager
def environment(**settings: str) -> Iterator[None]:
    """Set environment variables for the length of a block, in the project's root as working folder."""
    before = {name: os.environ.get(name) for name in settings}
    folder = Path.cwd()
    os.environ.update(settings)
    os.chdir(ROOT)
    try:
        yield
    finally:
        os.chdir(folder)
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def settings_for(raw_dir: Path, warehouse_dir: Path) -> dict[str, str]:
    """Environment of a private refresh or dbt run."""
    return {
        "KIT_RAW_DIR": str(raw_dir),
        "KIT_WAREHOUSE_DIR": str(warehouse_dir),
        "KIT_PSEUDONYM_KEY": TEST_PSEUDONYM_KEY,
        "KIT_MEMORY_LIMIT": "1GB",
    }


def invoke_dbt(arguments: list[str], folder: Path, manifest=None):
    """Run dbt in this process with target and logs below `folder`; returns dbt's result. All connections are closed."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    try:
        return dbtRunner(manifest=manifest).invoke(
            [
                *arguments,
                "--quiet",
                *("--log-level-file", "none"),
                *("--project-dir", str(ROOT)),
                *("--profiles-dir", str(ROOT)),
                *("--target-path", str(folder / "target")),
                *("--log-path", str(folder / "logs")),
            ]
        )
    finally:
        DuckDBConnectionManager.close_all_connections()
        DuckDBConnectionManager._ENV = None  # the next run may have the same path and other deliveries


def failures_of(result) -> list[str]:
    """Name, status and message of every node that failed, for assertion messages."""
    if result.exception is not None:
        return [str(result.exception)]
    bad = {"error", "fail", "skipped", "runtime error", "partial success"}
    return [f"{node.node.name}: {node.status}: {node.message}" for node in result.result if str(node.status) in bad]


def parsed_project(folder: Path):
    """The project, parsed for target `candidate`: dbt's Manifest object. folder: for what dbt writes."""
    with environment(**settings_for(folder / "raw", folder / "warehouse")):
        result = invoke_dbt(["parse", "--target", "candidate"], folder)
    assert result.success, result.exception
    return result.result


@pytest.fixture(scope="session")
def manifest(tmp_path_factory):
    """The project, parsed once: dbt's Manifest object for target `candidate`."""
    return parsed_project(tmp_path_factory.mktemp("parse"))


SHAREABLE = ("shareable",)  # it takes seconds to search for what it may tell, so it is built on demand only
MEASUREMENTS = ("kit_outcomes.audit.measurements+", "kit_outcomes.audit.profiles+")


@pytest.fixture(scope="session")
def build_warehouse(tmp_path_factory, manifest) -> Callable[..., Path]:
    """A function: deliveries -> path of the warehouse built from them.

    build_warehouse(raw_dir, target="candidate", warehouse_dir=None, but=SHAREABLE) builds seeds and models (no tests)
    and returns the path of <warehouse_dir>/candidate.duckdb (or development.duckdb); AssertionError names what could
    not be built. but: what dbt leaves out. MEASUREMENTS are those of the checks, and what publications are compared by.
    """

    def build(
        raw_dir: Path, target: str = "candidate", warehouse_dir: Path | None = None, but: tuple[str, ...] = SHAREABLE
    ) -> Path:
        folder = warehouse_dir or tmp_path_factory.mktemp("warehouse")
        arguments = ["build", "--resource-type", "seed", "--resource-type", "model", "--target", target]
        arguments += ["--exclude", *but] if but else []
        with environment(**settings_for(raw_dir, folder)):
            result = invoke_dbt(arguments, folder, manifest if target == "candidate" else None)
        assert result.success, "\n".join(failures_of(result))
        return folder / ("candidate.duckdb" if target == "candidate" else "development.duckdb")

    return build


def refresh_here(raw_dir: Path, warehouse_dir: Path, manifest, force: bool = False) -> int:
    """Refresh in this process, with the project already parsed -> exit code."""
    import refresh

    from publication.settings import from_environment

    warehouse_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    umask = os.umask(0o077)
    try:
        with environment(**settings_for(raw_dir, warehouse_dir)):
            return refresh.refresh(from_environment(), force, manifest)
    finally:
        os.umask(umask)


@pytest.fixture(scope="session")
def run_refresh(manifest) -> Callable[..., int]:
    """A function: (raw_dir, warehouse_dir, force=False) -> exit code of `refresh_here`."""

    def run(raw_dir: Path, warehouse_dir: Path, force: bool = False) -> int:
        return refresh_here(raw_dir, warehouse_dir, manifest, force)

    return run


def synthesize(out: Path, patients: int, seed: int, *options: str) -> Path:
    """Write the deliveries of a sample network below `out`, with its truth in `out`/truth; returns `out`."""
    arguments = ["--patients", str(patients), "--seed", str(seed), "--out", str(out), *options]
    subprocess.run(
        [sys.executable, "scripts/synthesize.py", *arguments],
        cwd=ROOT,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return out


@pytest.fixture(scope="session")
def sample_deliveries(tmp_path_factory) -> Path:
    """Deliveries of a small sample network (folder with ehr/ and truth/)."""
    return synthesize(tmp_path_factory.mktemp("sample") / "raw", SAMPLE_PATIENTS, SAMPLE_SEED)


@pytest.fixture(scope="session")
def sample_warehouse(sample_deliveries, build_warehouse) -> Path:
    """The small sample network, built once: open it read-only."""
    return build_warehouse(sample_deliveries, but=())


@pytest.fixture(scope="session")
def trust() -> Trust:
    """How many attempts, with which seed, and where to tell what came of them."""
    return TRUST


def pytest_terminal_summary(terminalreporter):
    """Print the figures that the attacks of `make trust` told."""
    if TRUST.figures:
        terminalreporter.section("Trust: what was tried, and what came of it")
        for promise, figure in TRUST.figures:
            terminalreporter.write_line(f"{promise}: {figure}")


def pytest_sessionfinish(session, exitstatus):
    """Remember how the run ended, for pytest_unconfigure; a process of several hands its figures to the first."""
    session.config.stash[EXIT_STATUS] = int(exitstatus)
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["figures"] = TRUST.figures


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node, error):
    """Take over the figures of a process of tests."""
    TRUST.figures += [tuple(figure) for figure in getattr(node, "workeroutput", {}).get("figures", [])]


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config):
    """End at once where Great Expectations was used: DuckDB's binding would report its objects as leaked at exit."""
    if "great_expectations" in sys.modules and EXIT_STATUS in config.stash:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(config.stash[EXIT_STATUS])
