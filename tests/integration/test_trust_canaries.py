"""Nobody is found in what a refresh leaves: canaries in deliveries of all formats, searched for in every byte."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pyarrow
import pytest

from reader.declaration import load_formats
from reader.free_text import GIVEN, REMOVED, without_free_text
from tests.integration.canaries import CANARIES, CONTACTS, found_in, plant
from tests.integration.conftest import ROOT, TRUST, synthesize

KEY = "cb27-quite-secret-canary-of-a-key-51f0"
# Columns whose texts are kept, because rules are made of them.
KEPT = (
    "medication", "route", "status", "dose_unit", "sex", "instrument", "unit", "code_system", "drug_source_value",
    "route_source_value",
)  # fmt: skip


def run(arguments: list[str], raw: Path, warehouse: Path, **settings: str) -> subprocess.CompletedProcess:
    """Run a command of the project in a process of its own."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("KIT_")}
    places = {"KIT_RAW_DIR": str(raw), "KIT_WAREHOUSE_DIR": str(warehouse), "KIT_PSEUDONYM_KEY": KEY}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**inherited, "KIT_MEMORY_LIMIT": "1GB", **places, **settings},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


def dbt(warehouse: Path, *arguments: str) -> list[str]:
    """Arguments that run dbt with artefacts and logs below the warehouse folder, so that they are searched too."""
    start = "import sys; from dbt.cli.main import cli; sys.argv[0] = 'dbt'; cli()"
    places = ["--target-path", str(warehouse / "dbt" / "target"), "--log-path", str(warehouse / "dbt" / "logs")]
    return ["-c", start, *arguments, *places]


def assert_silent(folder: Path, *told: subprocess.CompletedProcess) -> None:
    """No canary and no key in any file below a folder, nor in what was printed."""
    wanted = (*CANARIES, KEY)
    assert found_in(folder, wanted) == []
    printed = "".join(one.stdout + one.stderr for one in told).lower()
    assert [canary for canary in wanted if canary.lower() in printed] == []


@pytest.fixture(scope="module")
def planted(tmp_path_factory, trust) -> Path:
    """Deliveries in all three formats with canaries in them."""
    raw = tmp_path_factory.mktemp("canaries") / "raw"
    synthesize(raw, trust.attempts(150, 300), trust.seed, "--formats", "ehr,fhir,omop")
    n_planted = plant(raw, also_contacts_in=KEPT)
    assert n_planted > 300
    assert found_in(raw, CANARIES)
    trust.tell("canaries", f"{len(CANARIES)} in {n_planted:,} records of three formats")
    return raw


def test_no_canary_is_left_by_a_refresh(planted, tmp_path, trust):
    warehouse = tmp_path / "warehouse"
    ended = run(["scripts/refresh.py"], planted, warehouse)
    assert ended.returncode == 0, ended.stdout
    told = [ended]
    if trust.is_full:
        told.append(run(dbt(warehouse, "docs", "generate", "--target", "candidate"), planted, warehouse))
        told.append(run(dbt(warehouse, "test", "--target", "candidate", "--store-failures"), planted, warehouse))
    assert_silent(warehouse, *told)
    trust.tell("canaries found after a refresh", "none")


@pytest.mark.skipif(not TRUST.is_full, reason="a second refresh: only in make trust")
def test_no_canary_is_left_by_a_blocked_refresh(planted, tmp_path):
    raw, warehouse = tmp_path / "raw", tmp_path / "warehouse"
    folder = raw / "ehr" / "site=77" / "delivered_on=2025-01-31"
    folder.mkdir(parents=True)
    row = ",".join(f'"{canary}"' for canary in CANARIES)
    (folder / "patients.csv").write_text(f"{row}\n{row}\n", encoding="utf-8")  # without a header
    (folder / "vitals.csv").write_text(f"{row},{row}\n", encoding="utf-8")  # the same column twice
    (folder / "diagnoses.csv.gz").write_bytes(row.encode())  # not compressed
    ended = run(["scripts/refresh.py"], raw, warehouse)
    assert ended.returncode == 1
    assert_silent(warehouse, ended)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Ketamine 50 mg", "Ketamine 50 mg"),
        ("Ketamine HCl 50 mg/mL, NDC 67457-108-10", "Ketamine HCl 50 mg/mL, NDC 67457-108-10"),
        ("F43.10", "F43.10"),
        ("1234567890", "1234567890"),
        ("ketamine, call 415-555-0199", f"ketamine, call {REMOVED}"),
        ("ketamine (415) 555-0137", f"ketamine {REMOVED}"),
        ("ketamine +1 415.555.0199 iv", f"ketamine {REMOVED} iv"),
        ("ketamine jane.doe@mail.example.org", f"ketamine {REMOVED}"),
        ("ketamine 987-65-4320", f"ketamine {REMOVED}"),
        ("ketamine MRN: 0042117", f"ketamine {REMOVED}"),
        ("ketamine DOB 01/02/1960", f"ketamine {REMOVED}"),
        ("ketamine 01/02/1960", f"ketamine {REMOVED}"),
        ("ketamine for Mrs. Ada Byron", f"ketamine for {REMOVED}"),
        ("patient", "patient"),
        (None, None),
    ],
)
def test_contacts_numbers_dates_and_titled_names_are_cut_from_kept_texts(text, kept):
    table = load_formats()["ehr"]["medications"]
    columns = {"medication": pyarrow.array([text], pyarrow.string()), "patient_id": pyarrow.array([CONTACTS[1]])}
    assert without_free_text(columns, table)["medication"].to_pylist() == [kept]
    assert without_free_text(columns, table)["patient_id"].to_pylist() == [CONTACTS[1]]


def test_of_free_text_it_is_kept_that_there_is_some():
    columns = {"event": pyarrow.array(["Nausea, told by Ada Byron", None], pyarrow.string())}
    kept = without_free_text(columns, load_formats()["ehr"]["adverse_events"])
    assert kept["event"].to_pylist() == [GIVEN, None]
