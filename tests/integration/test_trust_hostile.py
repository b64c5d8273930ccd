"""Deliveries that mean harm: a fate or a clear refusal, in bounded memory and time; nothing in them is executed."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pyarrow
import pyarrow.parquet
import pytest

from reader.blocks import EXPANSION_FREE_BYTES
from tests.integration.conftest import ROOT, synthesize
from tests.integration.deliveries import VITALS, Warehouse, deliver

MEGABYTE = 1 << 20
PEAK_MEGABYTES = 900  # of the reader's whole process, Python and libraries included
SECONDS = 120
PATIENTS = b"patient_id,birth_date,sex,race,ethnicity,zip_code\n"
FIRST = '{"resourceType":"Patient","id":"1","x":'

SLOW = (b"{}\n" * (MEGABYTE // 3), b"1\t1\n" * (MEGABYTE // 4))

# What a spreadsheet, a template engine, a database or a shell would run.
COMMANDS = [
    "=cmd|' /C calc'!A0",
    "+1+1",
    "@SUM(1)",
    "{{ 7 * 7 }}",
    "{% do run_query('drop schema core cascade') %}",
    "'; drop table core.patients; --",
    "\"); attach '/tmp/kit_hostile.duckdb' as stolen; --",
    "$(touch /tmp/kit_hostile)",
    "`touch /tmp/kit_hostile`",
    "../../etc/passwd",
    "\u202egnp.exe",
    "%s%n{0}",
]

READ = """
import json, resource, sys, time
sys.path[:0] = ["scripts", "tests/integration"]
from pathlib import Path
import duckdb
from tests.integration.deliveries import Warehouse
begun, warehouse = time.monotonic(), Warehouse(Path(sys.argv[1]))
warehouse.connection = duckdb.connect(sys.argv[2], config={"memory_limit": "400MB", "threads": "2"})
warehouse.read()
# Not ru_maxrss, which begins with the size of the process that forked this one.
peaks = [resource.getrusage(resource.RUSAGE_SELF).ru_maxrss]
if Path("/proc/self/status").exists():
    lines = Path("/proc/self/status").read_text().splitlines()
    peaks = [int(line.split()[1]) for line in lines if line.startswith("VmHWM")]
print(json.dumps({
    "refused": warehouse.refused(),
    "peak": peaks[0] // 1024,
    "seconds": time.monotonic() - begun,
}))
"""


def read_apart(raw: Path) -> dict:
    """Read deliveries in a process of their own: what was refused, peak memory in MB, seconds."""
    ended = subprocess.run(
        [sys.executable, "-c", READ, str(raw), str(raw.parent / f"{raw.name}.duckdb")],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=3 * SECONDS,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-2000:]
    return json.loads(ended.stdout.splitlines()[-1])


def written(path: Path, start: bytes, piece: bytes, times: int, end: bytes) -> None:
    """A file of many equal pieces, packed where its name says so."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(path, "wb", compresslevel=6) if path.suffix == ".gz" else path.open("wb") as file:
        file.write(start)
        for _ in range(times):
            file.write(piece)
        file.write(end)


@pytest.mark.parametrize(
    ("format_name", "name", "start", "piece"),
    [
        ("ehr", "patients.csv.gz", PATIENTS, b"0" * MEGABYTE),
        ("ehr", "patients.csv.gz", PATIENTS, b"\n" * MEGABYTE),
        ("ehr", "patients.csv.gz", PATIENTS, b"1,,,,,\n" * (MEGABYTE // 7)),
        ("fhir", "Patient.ndjson.gz", FIRST.encode(), b"[" * MEGABYTE),
        ("fhir", "Patient.ndjson.gz", b"", b"{}\n" * (MEGABYTE // 3)),
        ("omop", "PERSON.csv.gz", b"person_id\tyear_of_birth\n", b"1\t1\n" * (MEGABYTE // 4)),
    ],
    ids=["one field", "empty lines", "records", "one line", "lines", "tabs"],
)
def test_decompression_bombs_are_refused(tmp_path, trust, format_name, name, start, piece):
    if piece in SLOW and not trust.is_full:
        pytest.skip("hundreds of millions of records: only where all attempts are made")
    times = trust.attempts(100, 1000)
    assert times * MEGABYTE > EXPANSION_FREE_BYTES
    folder = deliver(tmp_path, {}, format_name=format_name)
    written(folder / name, start, piece, times, b"")
    if format_name == "omop":
        (folder / "CDM_SOURCE.csv").write_bytes(b"cdm_version\nv5.4\n")
    found = read_apart(tmp_path)
    assert found["refused"].get(name) is not None, found
    assert found["peak"] < PEAK_MEGABYTES
    assert found["seconds"] < SECONDS


def test_a_parquet_bomb_is_refused(tmp_path):
    column = pyarrow.array(["1"] * 20_000_000).dictionary_encode()
    folder = deliver(tmp_path, {})
    table = pyarrow.table({"vital_id": column, "patient_id": column, "vital": column, "value": column})
    pyarrow.parquet.write_table(table, folder / "vitals.parquet")
    found = read_apart(tmp_path)
    assert found["refused"] == {"vitals.parquet": "unreadable"}
    assert found["peak"] < PEAK_MEGABYTES


@pytest.mark.parametrize("expansion", [20, 60])
def test_an_export_that_packs_well_is_no_bomb(tmp_path, expansion):
    """Rows that repeat each other, far beyond the free size in relation, stay readable."""
    rows = b"".join(b"V%d,P%d,weight,80.5,kg,2024-02-01 10:00\n" % (n, n // expansion) for n in range(20_000))
    deliver(tmp_path, {"vitals.csv.gz": VITALS + rows})
    warehouse = Warehouse(tmp_path)
    warehouse.read()
    assert warehouse.refused() == {}
    assert warehouse.rows("select count(*) from raw.vitals") == [(20_000,)]


@pytest.mark.parametrize(
    ("format_name", "name", "start", "piece", "end"),
    [
        ("ehr", "patients.csv", PATIENTS + b'1,"', b"x" * MEGABYTE, b'",F,,,\n'),
        ("ehr", "patients.csv", PATIENTS + b'1,"', b'""' * (MEGABYTE // 2), b""),
        ("ehr", "patients.csv", PATIENTS, b"\x00" * MEGABYTE, b"\n"),
        ("fhir", "Patient.ndjson", FIRST.encode() + b'"', b"a" * MEGABYTE, b'"}\n'),
        ("fhir", "Patient.ndjson", FIRST.encode(), b"[" * MEGABYTE, b"\n"),
        ("omop", "PERSON.csv", b"person_id\tyear_of_birth\n1\t", b"9" * MEGABYTE, b"\n"),
    ],
    ids=["field", "open quote", "NUL", "string", "brackets", "number"],
)
def test_huge_records_stay_within_memory(tmp_path, trust, format_name, name, start, piece, end):
    folder = deliver(tmp_path, {}, format_name=format_name)
    written(folder / name, start, piece, trust.attempts(10, 300), end)
    found = read_apart(tmp_path)
    assert found["peak"] < PEAK_MEGABYTES
    assert found["seconds"] < SECONDS


def row_numbers(warehouse: Warehouse) -> set[int]:
    """Of every record that was read, whatever table it is in."""
    tables = warehouse.rows(
        "select table_name from duckdb_columns() where schema_name = 'raw' and column_name = 'row_number'"
    )
    return {number for (table,) in tables for (number,) in warehouse.rows(f'select row_number from raw."{table}"')}


@pytest.mark.parametrize("levels", [50, 2_000, 100_000])
@pytest.mark.parametrize(("opened", "closed"), [("[", "]"), ('{"item":[', "]}"), ('{"a":', "}")])
def test_deep_json_has_a_fate(tmp_path, levels, opened, closed):
    line = FIRST + opened * levels + "1" + closed * levels + "}"
    deliver(
        tmp_path, {"Patient.ndjson": f'{line}\n{{"resourceType":"Patient","id":"2"}}\n'.encode()}, format_name="fhir"
    )
    warehouse = Warehouse(tmp_path)
    warehouse.read()
    assert warehouse.refused() == {}
    assert row_numbers(warehouse) >= {1, 2}


@pytest.mark.parametrize("n_columns", [10_000])
def test_many_columns_are_refused_or_reported(tmp_path, n_columns):
    extra = ",".join(f"column_{number}" for number in range(n_columns))
    values = ",".join("x" for _ in range(n_columns))
    deliver(
        tmp_path,
        {"vitals.csv": VITALS.rstrip(b"\n") + f",{extra}\nV1,P1,weight,80,kg,2024-02-01 10:00,{values}\n".encode()},
    )
    deliver(tmp_path, {"vitals.csv": b"vital_id\n" + b"," * n_columns}, site="08")
    warehouse = Warehouse(tmp_path)
    warehouse.read()
    assert warehouse.refused() == {"vitals.csv": "missing:patient_id"}
    assert len([1 for _, column, reason in warehouse.ignored() if reason == "unknown_column" and column]) == n_columns


def test_commands_in_values_and_names_are_text(tmp_path, trust, run_refresh, capsys):
    """Through the whole refresh: as cells, headers, names of files and of folders."""
    raw = synthesize(tmp_path / "raw", 120, trust.seed)
    shutil.rmtree(raw / "truth")  # the sample is never read together with other deliveries
    delivery = sorted((raw / "ehr").glob("site=*/delivered_on=*"))[0]
    quoted = [command.replace('"', '""') for command in COMMANDS]
    for number, command in enumerate(COMMANDS):
        safe = command.replace("/", "\u2215")
        (delivery / f"{safe}.csv").write_text("a,b\n1,2\n", encoding="utf-8")
        folder = raw / "ehr" / f"site={safe}" / "delivered_on=2024-03-01"
        folder.mkdir(parents=True)
        header = f'patient_id,birth_date,sex,race,ethnicity,zip_code,"{quoted[number]}"\n'
        cells = "".join(f'P{n},1980-01-01,"{cell}","{cell}","{cell}",12345,"{cell}"\n' for n, cell in enumerate(quoted))
        (folder / "patients.csv").write_text(header + cells, encoding="utf-8")
    (raw / "ehr" / "site=10\n" / "delivered_on=2024-03-01").mkdir(parents=True)
    (raw / "ehr" / "site=linked" / "delivered_on=2024-03-01").mkdir(parents=True)
    (raw / "ehr" / "site=linked" / "delivered_on=2024-03-01" / "patients.csv").symlink_to("/etc/passwd")
    capsys.readouterr()
    code = run_refresh(raw, tmp_path / "warehouse")
    told = "".join(capsys.readouterr())
    assert code in (0, 1), told[-3000:]
    assert "Traceback" not in told
    assert "root:x:0" not in told
    assert not list(Path("/tmp").glob("kit_hostile*"))
    with duckdb.connect(str(tmp_path / "warehouse" / "candidate.duckdb"), read_only=True) as connection:
        assert connection.execute("select count(*) from core.patients").fetchone()[0] > 0
        sites = {site for (site,) in connection.execute("select distinct site_id from raw.patients").fetchall()}
        values = {value for (value,) in connection.execute("select raw_value from audit.unmapped_values").fetchall()}
        query = "select file, reason from raw.refused_files where site_id = 'linked'"
        assert connection.execute(query).fetchall() == [("patients.csv", "missing:patient_id")]
    assert {command.replace("/", "\u2215") for command in COMMANDS} <= sites
    assert {command.strip() for command in COMMANDS} <= values
