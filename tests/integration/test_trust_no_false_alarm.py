"""Networks without planted faults: nothing fatal, in any format, whatever the seed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import duckdb
import pytest
from conftest import TRUST, parsed_project, refresh_here, synthesize

# Outcome data of a small network can lie below a study's floor by chance: of 300 patients hardly ever.
PATIENTS = 300
FORMATS = "ehr,fhir,omop"


def refreshed(folder: Path, seed: int, manifest) -> tuple[int, int, int]:
    """Make and publish a network. Returns the numbers of checks, of fatal ones that failed or erred, of warnings."""
    deliveries = synthesize(folder / "raw", PATIENTS, seed, "--formats", FORMATS)
    warehouse = folder / "warehouse"
    assert refresh_here(deliveries, warehouse, manifest) == 0, f"seed {seed} was not published: see the output"
    with duckdb.connect(str(warehouse / "kit.duckdb"), read_only=True) as connection:
        counts = connection.execute(
            "select count(*), count(*) filter (where severity = 'fatal' and status in ('fail', 'error')), "
            "count(*) filter (where severity = 'convention' and status = 'fail') from audit.check_results"
        ).fetchone()
    shutil.rmtree(folder)
    return counts


def refreshed_in_turn(folder: Path, seeds: Sequence[int]) -> list[tuple[int, tuple[int, int, int]]]:
    """Each seed with the numbers of its network, one after the other in a process of its own."""
    manifest = parsed_project(folder)
    return [(seed, refreshed(folder / str(seed), seed, manifest)) for seed in seeds]


@pytest.mark.skipif(not TRUST.is_full, reason="test_refresh publishes one such network; many only in make trust")
def test_networks_without_faults_are_published(tmp_path, trust):
    """Every network is published, and no fatal check failed or could not run."""
    n_networks = 20
    seeds = range(trust.seed, trust.seed + n_networks)
    n_processes = os.cpu_count() or 1
    folders = [tmp_path / str(number) for number in range(n_processes)]
    with ProcessPoolExecutor(n_processes, mp_context=get_context("spawn")) as pool:
        chains = pool.map(refreshed_in_turn, folders, [seeds[number::n_processes] for number in range(n_processes)])
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
