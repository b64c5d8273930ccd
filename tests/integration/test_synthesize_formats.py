"""The sample network in FHIR and OMOP: repeatable, readable, and the same people in every format of a mirrored one."""

import csv
import gzip
import hashlib
import io
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
from conftest import synthesize

from synthesis.clinics import CLINICS
from synthesis.fhir.parts import CANARY

FORMATS = ("ehr", "fhir", "omop")
PATIENTS, SEED = 120, 31
# of the records of the flat tables of 60 patients, seed 5, as they have been since there were flat tables alone
FLAT_DIGEST = "382b746524ea6f7b275e16bedeb33c2f370de6ed4260e7b6794dd1ae4af6d8d1"


def content_of(path: Path) -> bytes:
    """What a file holds, unpacked."""
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def records_of(path: Path) -> list[list[str]]:
    """Records of a CSV file, header included; vocabulary tables are separated by tabs, without quotes."""
    text = content_of(path).decode("utf-8-sig")
    if "\t" in text.split("\n", 1)[0]:
        return [line.split("\t") for line in text.splitlines()]
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


def lines_of(path: Path) -> list[bytes]:
    """Lines of an NDJSON file."""
    lines = content_of(path).removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").split(b"\n")
    return [line for line in lines if line.strip()]


@pytest.fixture(scope="module")
def mirror(tmp_path_factory) -> Path:
    """A network in which every clinic is written in each format."""
    out = tmp_path_factory.mktemp("mirror") / "raw"
    return synthesize(out, PATIENTS, SEED, "--formats", ",".join(FORMATS), "--mirror")


@pytest.fixture(scope="module")
def truth(mirror: Path) -> duckdb.DuckDBPyConnection:
    """A connection with the tables of the truth as views."""
    connection = duckdb.connect()
    for path in sorted((mirror / "truth").glob("*.parquet")):
        connection.execute(f"create view {path.stem} as from read_parquet('{path.as_posix()}')")
    return connection


def delivered(mirror: Path, truth: duckdb.DuckDBPyConnection, format_name: str) -> Iterator[tuple[Path, int, int]]:
    """Path of each file of one format, its records, and how many of them are broken on purpose."""
    sql = """
        select site_id, delivered_on, file, records_read,
            (
                select count(*) from fates
                where (fates.site_id, fates.delivered_on, fates.file, fates.format)
                    = (deliveries.site_id, deliveries.delivered_on, deliveries.file, deliveries.format)
                    and fates.reason = 'malformed'
            )
        from deliveries where format = ?
    """
    for site, day, file, n, n_broken in truth.execute(sql, [format_name]).fetchall():
        yield mirror / format_name / f"site={site}" / f"delivered_on={day}" / file, n, n_broken


def test_flat_tables_are_what_they_were(tmp_path: Path) -> None:
    """Other formats changed nothing for those who want flat tables alone: not a record, not a byte of it."""
    raw = synthesize(tmp_path / "raw", 60, 5)
    digest = hashlib.sha256()
    for path in sorted((raw / "ehr").rglob("*.csv*")):
        digest.update(path.relative_to(raw).as_posix().encode() + b"\0" + content_of(path))
    assert digest.hexdigest() == FLAT_DIGEST
    assert sorted(path.name for path in (raw / "truth").iterdir()) == [
        f"{name}.parquet"
        for name in ("assessments", "courses", "deliveries", "fates", "merged_charts", "patients", "sessions")
    ]


def test_same_seed_same_bytes(mirror: Path, tmp_path: Path) -> None:
    """The same seed gives the same bytes in every format."""
    again = synthesize(tmp_path / "again", PATIENTS, SEED, "--formats", ",".join(FORMATS), "--mirror")
    files = sorted(path.relative_to(mirror) for path in mirror.rglob("*") if path.is_file())
    assert files == sorted(path.relative_to(again) for path in again.rglob("*") if path.is_file())
    assert [path for path in files if (mirror / path).read_bytes() != (again / path).read_bytes()] == []


def test_every_line_is_a_resource(mirror: Path, truth: duckdb.DuckDBPyConnection) -> None:
    """All lines but those broken on purpose are JSON objects with a type; the truth knows how many there are."""
    kinds: Counter[str] = Counter()
    for path, n, n_broken in delivered(mirror, truth, "fhir"):
        lines = lines_of(path)
        assert len(lines) == n, path
        n_unreadable = 0
        for line in lines:
            try:
                kinds[json.loads(line)["resourceType"]] += 1
            except (UnicodeDecodeError, ValueError, TypeError):
                n_unreadable += 1
        assert n_unreadable == n_broken, path
    assert {
        "Patient", "Condition", "MedicationAdministration", "MedicationStatement", "Medication", "Observation",
        "QuestionnaireResponse", "AdverseEvent", "Encounter", "Organization", "Immunization", "Bundle",
    } == set(kinds)  # fmt: skip


def test_every_table_is_rectangular(mirror: Path, truth: duckdb.DuckDBPyConnection) -> None:
    """The tables of OMOP can be read without the project's reader; the truth knows how many rows there are."""
    tables = set()
    for path, n, n_broken in delivered(mirror, truth, "omop"):
        tables.add(path.name.split(".")[0].lower())
        if path.suffix == ".parquet":
            assert pq.read_metadata(path).num_rows == n
        elif not n_broken:
            rows = records_of(path)
            assert len(rows) - 1 == n, path
            assert {len(row) for row in rows} == {len(rows[0])}, path
    assert tables == {
        "person", "death", "observation_period", "visit_occurrence", "condition_occurrence", "drug_exposure",
        "measurement", "observation", "concept", "concept_ancestor", "drug_strength", "cdm_source",
    }  # fmt: skip


def test_a_mirror_has_the_same_patients(mirror: Path, truth: duckdb.DuckDBPyConnection) -> None:
    """Every person of the truth has the same id in each format; test patients are not extracted into OMOP."""
    true = "select site_id, patient_id from patients where not is_test"
    expected = set(truth.execute(true).fetchall())
    tests = set(truth.execute("select site_id, patient_id from patients where is_test").fetchall())
    found: dict[str, set[tuple[str, str]]] = {"fhir": set(), "omop": set()}
    for path, _, _ in delivered(mirror, truth, "fhir"):
        site = path.parts[-3].removeprefix("site=")
        if "Patient" in path.name:
            for line in lines_of(path):
                try:
                    found["fhir"].add((site, json.loads(line).get("id")))
                except (ValueError, AttributeError):
                    continue
    for path, _, _ in delivered(mirror, truth, "omop"):
        site = path.parts[-3].removeprefix("site=")
        if path.name.lower().startswith("person"):
            rows = pq.read_table(path).to_pydict()["person_id"] if path.suffix == ".parquet" else [
                row[0] for row in records_of(path)[1:]
            ]  # fmt: skip
            found["omop"].update((site, ident) for ident in rows)
    assert expected <= found["fhir"]
    assert expected <= found["omop"]
    assert tests <= found["fhir"]
    assert not tests & found["omop"]


def test_ids_are_digits_alone_where_clinics_are_mirrored(truth: duckdb.DuckDBPyConnection) -> None:
    """An id that OMOP cannot hold would not be the same in every format."""
    for table, column in (("patients", "patient_id"), ("assessments", "assessment_id")):
        sql = f"select count(*) from {table} where not regexp_full_match({column}, '[1-9][0-9]*')"
        assert truth.execute(sql).fetchall() == [(0,)], table


def test_formats_take_turns(tmp_path: Path) -> None:
    """Without a mirror each clinic delivers in one format, in turn, and the truth says in which."""
    raw = synthesize(tmp_path / "raw", 30, 2, "--formats", "omop,ehr,fhir")
    sites = pq.read_table(raw / "truth" / "sites.parquet").to_pylist()
    turns = ("omop", "ehr", "fhir")
    assert sites == [{"site_id": clinic.site_id, "format": turns[place % 3]} for place, clinic in enumerate(CLINICS)]
    for site in sites:
        folders = [path.parent.name for path in raw.glob(f"*/site={site['site_id']}")]
        assert folders == [site["format"]]


def test_a_network_in_other_formats_replaces_the_old_one(tmp_path: Path) -> None:
    """Nothing of an older network stays behind, for a clinic would then deliver in two formats."""
    raw = synthesize(tmp_path / "raw", 5, 2, "--formats", "fhir,omop")
    synthesize(raw, 5, 2)
    assert sorted(path.name for path in raw.iterdir()) == ["ehr", "truth"]


def test_planted_facts_of_the_formats(mirror: Path, truth: duckdb.DuckDBPyConnection) -> None:
    """Restricted records, deleted ones, test data and scores told twice are there, with the fate that they ought to
    have; texts that must never be stored are in both formats."""
    sql = """
        select story, fate, string_agg(distinct split_part(reason, ':', 2), ' ' order by split_part(reason, ':', 2))
        from fates where format = 'fhir' and story in ('restricted', 'deleted', 'test data', 'scored once more')
            and fate <> 'superseded'
        group by all
    """
    assert set(truth.execute(sql).fetchall()) == {
        ("restricted", "quarantined", "ETH PSYTHPN SUD"),
        ("deleted", "retracted", ""),
        ("test data", "retracted", ""),
        ("scored once more", "duplicate", ""),
    }
    for format_name in ("fhir", "omop"):
        paths = [path for path, _, _ in delivered(mirror, truth, format_name) if path.suffix != ".parquet"]
        assert any(CANARY.encode() in content_of(path) for path in paths), format_name
    manifests = [json.loads(path.read_text()) for path in (mirror / "fhir").rglob("manifest.json")]
    assert any(manifest["deleted"] for manifest in manifests)
