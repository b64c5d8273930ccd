"""The same deliveries give the same content: whatever the order of their creation, their times and the threads."""

from __future__ import annotations

import os
import random
import shutil
from pathlib import Path

import duckdb
import pytest

from publication import provenance
from tests.integration.conftest import MEASUREMENTS, environment, synthesize

PATIENTS = 100


@pytest.fixture(scope="module")
def deliveries(tmp_path_factory, trust) -> Path:
    """A small network; for all attempts, in all formats."""
    formats = ("--formats", "ehr,fhir,omop") if trust.is_full else ()
    return synthesize(tmp_path_factory.mktemp("determinism") / "raw", PATIENTS, trust.seed, *formats)


def hashes(warehouse: Path) -> dict[str, str]:
    """Content hash of each table of the hashed schemas."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{warehouse}' as built (read_only)")
        return {source.name: source.digest for source in provenance.of_tables(connection, "built")}


def copied_in_other_order(source: Path, target: Path, draw: random.Random) -> None:
    """Copy deliveries file by file in a drawn order, each with a drawn time."""
    files = sorted(path for path in source.rglob("*") if path.is_file())
    for path in draw.sample(files, len(files)):
        copy = target / path.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
        moment = draw.uniform(1e9, 1.7e9)
        os.utime(copy, (moment, moment))


def test_order_times_and_threads_change_no_content(deliveries, build_warehouse, tmp_path, trust):
    with environment(KIT_THREADS="1"):
        first = hashes(build_warehouse(deliveries, warehouse_dir=tmp_path / "first", but=MEASUREMENTS))
    assert {name.split(".")[0] for name in first} >= {"core", "clinical", "marts"}
    draw = random.Random(trust.seed)
    attempts = trust.attempts(1, 4)
    for attempt in range(attempts):
        raw = tmp_path / f"raw{attempt}"
        copied_in_other_order(deliveries, raw, draw)
        with environment(KIT_THREADS=("4", "2", "1")[attempt % 3]):
            again = hashes(build_warehouse(raw, warehouse_dir=tmp_path / f"again{attempt}", but=MEASUREMENTS))
        moved = sorted(name for name in first.keys() | again.keys() if first.get(name) != again.get(name))
        assert not moved, f"attempt {attempt}: {moved}"
        shutil.rmtree(tmp_path / f"again{attempt}")
    trust.tell("same deliveries, other order, times and threads", f"{attempts} of {attempts} of identical content")


@pytest.mark.parametrize(
    ("before", "after", "is_same"),
    [
        ("values (1, 0.1::double), (2, null)", "values (2, null), (1, 0.1::double)", True),
        ("values (1, 0.3::double)", "values (1, 0.1::double + 0.2::double)", True),
        ("values (1, 0.0::double)", "values (1, -0.0::double)", True),
        ("values (1, 0.3::double)", "values (1, 0.300000000001::double)", False),
        ("values (1, null::double)", "values (1, 0.0::double)", False),
        ("values ('a', 'b,1:c')", "values ('a,1:b', 'c')", False),
        ("values ('', null)", "values (null, '')", False),
        ("values (1, 2)", "values (1, 2), (1, 2)", False),
        ("values (1, 2)", "values (1::bigint, 2)", False),
        ("select 1 where false", "values (1)", False),
    ],
)
def test_a_content_hash_tells_contents_apart_and_nothing_else(before, after, is_same):
    with duckdb.connect(":memory:") as connection:
        connection.execute(f"create schema marts; create table marts.a as {before}")
        connection.execute(f"create table marts.b as {after}")
        digests = [provenance.content_hash(connection, "memory", "marts", table)[0] for table in ("a", "b")]
    assert (digests[0] == digests[1]) is is_same
