"""Networks without planted faults: nothing fatal, in any format, whatever the seed."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import duckdb
import pytest
from conftest import ROOT, TRUST, settings_for, synthesize

# Outcome data of a small network can lie below a study's floor by chance: of 300 patients hardly ever.
PATIENTS = 300
FORMATS = "ehr,fhir,omop"


def refreshed(folder: Path, seed: int) -> tuple[int, int, int]:
    """Make and publish a network. Returns the numbers of checks, of fatal ones that failed or erred, of warnings."""
    deliveries = synthesize(folder / str(seed) / "raw", PATIENTS, seed, "--formats", FORMATS)
    warehouse = folder / str(seed) / "warehouse"
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


@pytest.mark.skipif(not TRUST.is_full, reason="test_refresh publishes one such network; many only in make trust")
def test_networks_without_faults_are_published(tmp_path, trust):
    """Every network is published, and no fatal check failed or could not run."""
    n_networks = 20
    seeds = range(trust.seed, trust.seed + n_networks)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        judged = dict(zip(seeds, pool.map(partial(refreshed, tmp_path), seeds), strict=True))
    assert [seed for seed, (n_checks, _, _) in judged.items() if n_checks == 0] == []
    assert [seed for seed, (_, n_fatal, _) in judged.items() if n_fatal > 0] == []
    n_warnings = sum(warnings for _, _, warnings in judged.values())
    trust.tell(
        "networks without faults",
        f"{n_networks} of {n_networks} published without a fatal check (seeds {seeds[0]} to {seeds[-1]}); "
        f"{n_warnings / n_networks:.1f} warnings each",
    )
