"""Networks without planted faults: nothing fatal, in any format, whatever the seed."""

from __future__ import annotations

import duckdb
from conftest import synthesize

PATIENTS = 60
FORMATS = "ehr,fhir,omop"


def test_networks_without_faults_are_published(tmp_path, run_refresh, trust, capsys):
    """Every network is published, and no fatal check failed or could not run."""
    n_networks = trust.attempts(short=1, full=20)
    n_warnings = 0
    for seed in range(trust.seed, trust.seed + n_networks):
        folder = tmp_path / str(seed)
        deliveries = synthesize(folder / "raw", PATIENTS, seed, "--formats", FORMATS)
        assert run_refresh(deliveries, folder / "warehouse") == 0, f"seed {seed}: {capsys.readouterr().out}"
        with duckdb.connect(str(folder / "warehouse" / "kit.duckdb"), read_only=True) as connection:
            judged = connection.execute(
                "select count(*), count(*) filter (where severity = 'fatal' and status in ('fail', 'error')), "
                "count(*) filter (where severity = 'convention' and status = 'fail') from audit.check_results"
            ).fetchone()
        assert judged[0] > 0
        assert judged[1] == 0, f"seed {seed}"
        n_warnings += judged[2]
    trust.tell(
        "networks without faults",
        f"{n_networks} of {n_networks} published without a fatal check (seeds {trust.seed} to "
        f"{trust.seed + n_networks - 1}); {n_warnings / n_networks:.1f} warnings each",
    )
