"""Keys and permissions: production needs a secret, and everything that is written is its owner's alone."""

from __future__ import annotations

import os
import secrets
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from reader.pseudonyms import DEVELOPMENT_KEY, problem_with_key
from tests.integration.conftest import ROOT, settings_for
from tests.integration.deliveries import VITAL, VITALS, deliver

GOOD_KEY = "3f9a0c77d2b14e58a6c1908273645fed"


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("", "not set"),
        ("   ", "not set"),
        (DEVELOPMENT_KEY.decode(), "public development key"),
        ("development-3f9a0c77d2b14e58a6c1908273645fed", "development key"),
        ("Development3f9a0c77d2b14e58a6c1908273645fed", "development key"),
        ("dev-3f9a0c77d2b14e58a6c1908273645fed", "development key"),
        ("changeme-3f9a0c77d2b14e58a6c1908273645fed", "placeholder"),
        (GOOD_KEY[:-1], "too short"),
        ("ab" * 32, "repeats"),
    ],
)
@pytest.mark.parametrize("kind", ["production", "PRODUCTION", " Production "])
def test_production_refuses_every_kind_of_development_key(kind, key, told):
    problem = problem_with_key({"KIT_ENV": kind, "KIT_PSEUDONYM_KEY": key})
    assert problem is not None
    assert told in problem
    assert "openssl rand -hex 32" in problem
    if len(key.strip()) > 8:
        assert key not in problem


@pytest.mark.parametrize("number", range(52))
def test_production_takes_a_secret(number):
    key = (GOOD_KEY, "é" * 3 + GOOD_KEY)[number] if number < 2 else secrets.token_hex(32)
    assert problem_with_key({"KIT_ENV": "production", "KIT_PSEUDONYM_KEY": key}) is None


@pytest.mark.parametrize("kind", ["", "development", "Development"])
def test_development_needs_no_key(kind):
    assert problem_with_key({"KIT_ENV": kind}) is None
    assert problem_with_key({}) is None


@pytest.mark.parametrize("kind", ["prod", "productoin", "live"])
def test_a_misspelt_environment_is_no_development(kind):
    assert "KIT_ENV must be" in problem_with_key({"KIT_ENV": kind, "KIT_PSEUDONYM_KEY": GOOD_KEY})


def run(arguments: list[str], folder: Path, umask: int = 0o022, **settings: str) -> subprocess.CompletedProcess:
    """Run a command of the project's Python in a process with that umask."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("KIT_")}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**inherited, **settings_for(folder / "raw", folder / "warehouse"), **settings},
        umask=umask,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def dbt(folder: Path, *arguments: str) -> list[str]:
    """Arguments that run dbt with artefacts and logs elsewhere: dbt makes those folders before ours."""
    start = "import sys; from dbt.cli.main import cli; sys.argv[0] = 'dbt'; cli()"
    places = ["--target-path", str(folder / "target"), "--log-path", str(folder / "logs")]
    return ["-c", start, *arguments, *places]


@pytest.mark.parametrize("key", ["", "development key of a clinic that forgot to change it"])
def test_a_refresh_in_production_ends_with_2_and_writes_nothing(tmp_path, key):
    deliver(tmp_path / "raw", {"vitals.csv": VITALS + VITAL})
    ended = run(["scripts/refresh.py"], tmp_path, KIT_ENV="production", KIT_PSEUDONYM_KEY=key)
    assert ended.returncode == 2
    assert "KIT_PSEUDONYM_KEY" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not (tmp_path / "warehouse").exists()


def test_dbt_alone_refuses_too_and_reads_nothing_and_what_it_writes_is_private(tmp_path):
    deliver(tmp_path / "raw", {"vitals.csv": VITALS + VITAL})
    build = dbt(tmp_path, "seed", "--select", "instruments")
    refused = run(build, tmp_path, KIT_ENV="production", KIT_PSEUDONYM_KEY="")
    assert refused.returncode == 2
    assert "KIT_PSEUDONYM_KEY is not set" in refused.stdout + refused.stderr
    warehouse = tmp_path / "warehouse"
    (warehouse / "development.duckdb").chmod(0o644)  # left so by an older version
    ended = run(build, tmp_path, KIT_ENV="production", KIT_PSEUDONYM_KEY=GOOD_KEY)
    assert ended.returncode == 0, ended.stdout
    assert_private(warehouse)


def assert_private(folder: Path) -> None:
    """Nothing below a folder, itself included, may be opened by anybody else."""
    paths = [path for path in (folder, *folder.rglob("*")) if not path.is_symlink()]
    opened = [str(path) for path in paths if stat.S_IMODE(path.stat().st_mode) & 0o077]
    assert not opened, opened
    assert any(path.suffix == ".duckdb" for path in paths)
