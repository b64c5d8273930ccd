"""Networks without planted faults: nothing fatal, in any format, whatever the seed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import pytest
from conftest import ROOT, TRUST, settings_for, synthesize

# Outcome data of a small network can lie below a study's floor by chance: of 300 patients hardly ever.
PATIENTS = 300
FORMATS = "ehr,fhir,omop"


def refreshed(folder: Path, seed: int) -> tuple[int, int, int]:
    """Make and publish a network. Returns the numbers of checks, of fatal ones that failed or erred, of warnings.

    Of the network before in this folder only dbt's parsed project stays.
    """
    shutil.rmtree(folder / "raw", ignore_errors=True)
    deliveries = synthesize(folder / "raw", PATIENTS, seed, "--formats", FORMATS)
    warehouse = folder / "warehouse"
    warehouse.mkdir(exist_ok=True)
    for path in warehouse.iterdir():
        if path.is_symlink() or path.is_file():
            path.unlink()
        elif path.name != "target":
            shutil.rmtree(path)
    ended = subprocess.run(
        [sys.executable, "scripts/refresh.py"],
        cwd=ROOT,
        env={**os.environ, **settings_for(deliveries, warehouse)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, f"seed {seed}: {ended.stdout[-2000:]}{ended.stderr[-2000:]}"
    with duckdb.connect(str(warehouse / "kit.duckdb"), read_only=True) as connection:
        return connection.execute(
            "select count(*), count(*) filter (where severity = 'fatal' and status in ('fail', 'error')), "
            "count(*) filter (where severity = 'convention' and status = 'fail') from audit.check_results"
        ).fetchone()


def refreshed_in_turn(folder: Path, seeds: Iterable[int]) -> list[tuple[int, tuple[int, int, int]]]:
    """Each seed with the numbers of its network, one after the other in one folder."""
    folder.mkdir()
    return [(seed, refreshed(folder, seed)) for seed in seeds]


@pytest.mark.skipif(not TRUST.is_full, reason="test_refresh publishes one such network; many only in make trust")
def test_networks_without_faults_are_published(tmp_path, trust):
    """Every network is published, and no fatal check failed or could not run."""
    n_networks = 20
    seeds = range(trust.seed, trust.seed + n_networks)
    n_folders = os.cpu_count() or 1
    folders = [tmp_path / str(number) for number in range(n_folders)]
    with ThreadPoolExecutor(n_folders) as pool:
        chains = pool.map(refreshed_in_turn, folders, [seeds[number::n_folders] for number in range(n_folders)])
        judged = {seed: counts for chain in chains for seed, counts in chain}
    assert sorted(judged) == list(seeds)
    assert [seed for seed, (n_checks, _, _) in judged.items() if n_checks == 0] == []
    assert [seed for seed, (_, n_fatal, _) in judged.items() if n_fatal > 0] == []
    n_warnings = sum(warnings for _, _, warnings in judged.values())
    trust.tell(
        "networks without faults",
        f"{n_networks} of {n_networks} published without a fatal check (seeds {seeds[0]} to {seeds[-1]}); "
        f"{n_warnings / n_networks:.1f} warnings each",
    )
