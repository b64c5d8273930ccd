"""Readers see one complete publication, whatever is published while they read."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

from publication import fingerprint as fingerprints
from publication import publish
from tests.integration.test_refresh import settings_of

# Each publication has a number of its own in a table of every schema. `link`: the fixed names, one file at a time, as
# BI tools do; `folder`: both files of the folder that `current` names at that moment.
READER = """
import json, sys, time
from pathlib import Path
import duckdb
folder, stop, opened, seen = Path(sys.argv[1]), Path(sys.argv[2]), 0, set()
def numbers(path, tables):
    with duckdb.connect() as connection:
        connection.execute(f"attach '{path}' as read (read_only)")
        found = {connection.execute(f"select number from read.{table}").fetchone()[0] for table in tables}
        time.sleep(0.01)
        found |= {connection.execute(f"select max(number) from read.{table}").fetchone()[0] for table in tables}
        schema = "shareable" if "shareable" in str(path) else "audit"
        identity = connection.execute(f"select publication_id from read.{schema}.publication").fetchone()[0]
    assert len(found) == 1, f"mixture: {found}"
    return found.pop(), identity
restricted, shared = ["core.marker", "marts.marker", "audit.marker"], ["shareable.marker", "shareable.other"]
while not stop.exists():
    numbers(folder / "kit.duckdb", restricted)
    numbers(folder / "shareable.duckdb", shared)
    current = (folder / "current").resolve()
    one, other = numbers(current / "kit.duckdb", restricted), numbers(current / "shareable.duckdb", shared)
    assert one == other, f"mixture: {one}, {other}"
    opened += 4
    seen.add(one[0])
print(json.dumps([opened, sorted(seen)]))
"""


@pytest.fixture
def candidate(tmp_path) -> Path:
    """A warehouse folder with a small candidate whose tables tell their number."""
    path = tmp_path / "warehouse" / "candidate.duckdb"
    path.parent.mkdir(mode=0o700)
    with duckdb.connect(str(path)) as connection:
        for schema in ("core", "clinical", "marts", "audit", "shareable"):
            connection.execute(f"create schema {schema}")
            connection.execute(f"create table {schema}.marker as select 0 as number from range(50000)")
        connection.execute("create table shareable.other as select 0 as number from range(50000)")
    return path


def test_readers_see_no_error_and_no_mixture(candidate, sample_deliveries, tmp_path, trust):
    n_readers, n_publications = trust.attempts(4, 8), trust.attempts(5, 20)
    settings = settings_of(sample_deliveries, candidate.parent)
    made = fingerprints.Fingerprint({"code": "0" * 64, "key": "0"})
    publish.publish(settings, made)
    stop = tmp_path / "stop"
    readers = [
        subprocess.Popen(
            [sys.executable, "-c", READER, str(candidate.parent), str(stop)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(n_readers)
    ]
    time.sleep(1)
    for number in range(1, n_publications + 1):
        with duckdb.connect(str(candidate)) as connection:
            for table in ("core.marker", "marts.marker", "audit.marker", "shareable.marker", "shareable.other"):
                connection.execute(f"update {table} set number = {number}")
        publish.publish(settings, made)
        time.sleep(0.3)
    stop.touch()
    ended = [reader.communicate(timeout=60) for reader in readers]
    assert [errors for _, errors in ended if errors] == []
    assert [reader.returncode for reader in readers] == [0] * n_readers
    opened = [json.loads(out) for out, _ in ended]
    assert max(len(seen) for _, seen in opened) > n_publications // 2
    trust.tell(
        "readers during publication",
        f"{n_readers} processes opened files {sum(count for count, _ in opened):,} times over {n_publications} "
        "publications: no error, no mixture",
    )


def test_a_damaged_publication_is_noticed_whatever_is_damaged(candidate, sample_deliveries):
    settings = settings_of(sample_deliveries, candidate.parent)
    made = publish.publish(settings, fingerprints.Fingerprint({"code": "0" * 64, "key": "0"}))
    for name in ("kit.duckdb", "shareable.duckdb"):
        path = made.folder / name
        intact = path.read_bytes()
        for damaged in (
            intact[: len(intact) // 2],
            b"",
            bytes(len(intact)),
            intact[:100] + bytes([intact[100] ^ 1]) + intact[101:],
            intact[:-9] + bytes([intact[-9] ^ 128]) + intact[-8:],
        ):
            path.write_bytes(damaged)
            assert publish.standing(settings) is None, name
        path.unlink()
        assert publish.standing(settings) is None, name
        path.write_bytes(intact)
        assert publish.standing(settings) == made
    shutil.rmtree(made.folder)
    assert publish.standing(settings) is None
    assert os.fspath(settings.published.readlink()) == "current/kit.duckdb"
