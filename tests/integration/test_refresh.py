"""The refresh: what it publishes, what blocks it, and that nothing that stands is ever harmed."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest

from publication import findings, publish, summary
from publication import fingerprint as fingerprints
from publication.build import BuildOutcome
from publication.lock import only_one
from publication.redaction import without_values
from publication.refresh_steps import Refresh
from publication.settings import Settings, from_environment
from reader.pseudonyms import pads
from tests.integration.conftest import ROOT, TEST_PSEUDONYM_KEY, environment, settings_for

PUBLISHED_SCHEMAS = {"core", "clinical", "marts", "audit"}


def settings_of(raw_dir: Path, warehouse_dir: Path) -> Settings:
    """Settings of a private refresh."""
    with environment(**settings_for(raw_dir, warehouse_dir)):
        return from_environment()


def command(*arguments: str, **settings: str) -> subprocess.CompletedProcess:
    """Run scripts/refresh.py as people do; settings are environment variables."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("KIT_")}
    return subprocess.run(
        [sys.executable, "scripts/refresh.py", *arguments],
        cwd=ROOT,
        env={**inherited, **settings},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


@pytest.fixture(scope="module")
def published(tmp_path_factory, sample_deliveries, run_refresh) -> Path:
    """A warehouse folder with one publication of the sample network."""
    folder = tmp_path_factory.mktemp("published") / "warehouse"
    assert run_refresh(sample_deliveries, folder) == 0
    return folder


def scalar(path: Path, query: str):
    """The single value of a query on a file."""
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(query).fetchone()[0]


def publication_id(warehouse_dir: Path) -> str:
    """The publication that a reader sees."""
    return scalar(warehouse_dir / "kit.duckdb", "select publication_id from audit.publication")


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_publication_holds_the_published_schemas_and_says_what_it_is(published):
    kit = published / "kit.duckdb"
    with duckdb.connect(str(kit), read_only=True) as connection:
        schemas = {
            name for (name,) in connection.execute("select distinct schema_name from duckdb_tables()").fetchall()
        }
        row = connection.execute("select * from audit.publication").fetchall()
        results = connection.execute("select count(*) from audit.expectation_results").fetchone()[0]
    assert schemas == PUBLISHED_SCHEMAS
    assert len(row) == 1
    assert row[0][0] == (published / "current").resolve().name
    assert results > 30


def test_tables_that_no_model_makes_are_declared_as_they_are(published, manifest):
    declared = {
        source.name: [(column.name, column.data_type) for column in source.columns.values()]
        for source in manifest.sources.values()
        if source.source_name == "publication"
    }
    models = {
        node.alias for node in manifest.nodes.values() if node.resource_type == "model" and node.schema == "audit"
    }
    found: dict[str, list[tuple[str, str]]] = {}
    with duckdb.connect(str(published / "kit.duckdb"), read_only=True) as connection:
        for table, column, data_type in connection.execute(
            "select table_name, column_name, lower(data_type) from duckdb_columns() where schema_name = 'audit' "
            "order by table_name, column_index"
        ).fetchall():
            if table not in models:
                found.setdefault(table, []).append((column, data_type))
    assert found == declared


def test_a_publication_has_a_storage_format_that_duckdb_1_4_reads(published):
    query = "select tags['storage_version'] from duckdb_databases() where database_name = current_database()"
    assert scalar(published / "kit.duckdb", query).startswith("v1.4.0")


def test_a_publication_is_behind_relative_links_and_for_its_owner_only(published):
    assert str((published / "kit.duckdb").readlink()) == "current/kit.duckdb"
    assert (published / "current").readlink().parts[0] == "publications"
    for path in [published, *published.rglob("*")]:
        if not path.is_symlink():
            assert path.stat().st_mode & 0o077 == 0, path


def test_the_candidate_is_left_with_all_schemas(published):
    query = "select list(distinct schema_name) from duckdb_tables()"
    assert set(scalar(published / "candidate.duckdb", query)) >= PUBLISHED_SCHEMAS | {"raw", "seeds", "vetting"}


def test_the_pseudonym_key_is_nowhere(published):
    key = TEST_PSEUDONYM_KEY.encode()
    secrets = [key, key.hex().encode(), base64.b64encode(key).rstrip(b"="), *pads(key)]
    secrets += [pad.hex().encode() for pad in pads(key)]
    scanned = [path for path in published.rglob("*") if path.is_file()]
    assert any(path.suffix == ".sql" for path in scanned)
    assert any(path.suffix == ".log" for path in scanned)
    for path in scanned:
        content = path.read_bytes()
        assert not [secret for secret in secrets if secret in content], path


def test_no_patient_is_in_logs_or_compiled_sql(published):
    with duckdb.connect(str(published / "candidate.duckdb"), read_only=True) as connection:
        rows = connection.execute("select patient_id from core.patients using sample 50").fetchall()
    ids = {name for (name,) in rows if len(name) > 4}
    for path in [*(published / "logs").rglob("*"), *(published / "target").rglob("*.sql")]:
        if path.is_file():
            words = set(path.read_text(encoding="utf-8").replace("'", " ").split())
            assert not words & ids, path


def test_a_second_run_rebuilds_nothing_and_prints_the_summary(published, sample_deliveries):
    candidate, before = published / "candidate.duckdb", publication_id(published)
    built = candidate.stat().st_mtime_ns
    second = command(**settings_for(sample_deliveries, published))
    assert second.returncode == 0, second.stderr
    assert "nothing was rebuilt" in second.stdout
    assert (candidate.stat().st_mtime_ns, publication_id(published)) == (built, before)
    for told in ("ptsd_kit", "ncontrolled, pre-post", "published", str(published / "kit.duckdb"), "synthetic sample"):
        assert told in second.stdout
    assert max(len(line.rstrip()) for line in second.stdout.splitlines() if str(published) not in line) <= 100


def test_the_summary_says_that_there_is_no_key_and_counts_unmapped_statuses(published, sample_deliveries, tmp_path):
    folder = tmp_path / "warehouse"
    shutil.copytree(published, folder, symlinks=True)
    with duckdb.connect(str(folder / "kit.duckdb")) as connection:
        connection.execute("delete from audit.unmapped_infusion_statuses")
        connection.execute(
            "insert into audit.unmapped_infusion_statuses values ('04', 'finished?', 12), ('07', 'finished?', 3)"
        )
    buffer = io.StringIO()
    settings = Settings(sample_deliveries, True, folder, "")
    summary.show_publication(summary.make_console(buffer), settings)
    told = buffer.getvalue()
    assert "protect nobody" in told
    assert "clinic 04: 12 administrations" in told
    assert "clinic 07: 3 administrations" in told
    assert "finished?" not in told


def test_a_changed_key_seed_or_delivery_is_noticed(published, sample_deliveries, tmp_path, monkeypatch):
    settings = settings_of(sample_deliveries, published)
    stored = publish.standing(settings).fingerprint
    assert fingerprints.take(settings).changed_since(stored) == []
    other_key = Settings(settings.raw_dir, True, settings.warehouse_dir, "another key")
    assert fingerprints.take(other_key).changed_since(stored) == ["pseudonym key"]
    raw_dir = tmp_path / "raw"
    shutil.copytree(sample_deliveries, raw_dir)
    moved = Settings(raw_dir, True, tmp_path, settings.pseudonym_key)
    assert fingerprints.take(moved).changed_since(stored) == []
    first = next(path for path in sorted((raw_dir / "ehr").rglob("*.csv")))
    first.write_bytes(first.read_bytes() + b"\n")
    assert fingerprints.take(moved).changed_since(stored) == ["deliveries"]
    monkeypatch.setattr(fingerprints, "versions", lambda: {"duckdb": "9.9.9"})
    assert fingerprints.take(settings).changed_since(stored) == ["packages"]


def damage(raw_dir: Path) -> dict[str, str]:
    """Spoil one file in each way; returns file name -> what must be said about it."""
    delivery = sorted((raw_dir / "ehr").glob("site=*/delivered_on=*"))[0]
    (delivery / "diagnoses.csv").write_text("diagnosis_id,code,recorded_at\n1,F43.10,2024-01-01\n", encoding="utf-8")
    whole = gzip.compress(b"vital_id,patient_id,vital,value,measured_at\n" + random.Random(1).randbytes(5000))
    (delivery / "vitals.csv.gz").write_bytes(whole[:-1000])
    (delivery / "medications.csv").write_bytes(bytes(range(256)) * 40)
    return {
        "diagnoses.csv": "the required column patient_id is missing",
        "vitals.csv.gz": "unreadable",
        "medications.csv": "unreadable",
    }


def test_bad_files_block_by_name_and_the_publication_before_stands(
    published, sample_deliveries, run_refresh, tmp_path, capsys
):
    raw_dir = tmp_path / "raw"
    shutil.copytree(sample_deliveries, raw_dir)
    expected = damage(raw_dir)
    before, content = publication_id(published), digest(published / "kit.duckdb")
    capsys.readouterr()
    assert run_refresh(raw_dir, published) == 1
    told = " ".join(capsys.readouterr().out.split())
    for file, reason in expected.items():
        assert f"{file}: {reason}" in told
    assert "clinic" in told
    assert before in told
    assert (publication_id(published), digest(published / "kit.duckdb")) == (before, content)
    query = "select count(*) from marts.response_by_timepoint"
    assert scalar(published / "candidate.duckdb", query) > 0
    assert scalar(published / "candidate.duckdb", "select count(*) from raw.refused_files") == 3


def test_a_model_that_cannot_be_built_is_told_and_nothing_is_looked_at_behind_it(tmp_path):
    settings = settings_of(tmp_path / "raw", tmp_path / "warehouse")
    settings.warehouse_dir.mkdir()
    duckdb.connect(str(settings.candidate)).close()

    def node(name: str, status: str):
        return SimpleNamespace(
            node=SimpleNamespace(name=name, resource_type="model"), status=status, message="Conversion Error: 'Ann'"
        )

    project = SimpleNamespace(
        parse=BuildOutcome, build=lambda: BuildOutcome(nodes=[node("outcomes", "error"), node("responses", "skipped")])
    )
    told = Refresh(settings, tell=lambda text: None)._build(project)
    assert [(one.title, one.places) for one in told] == [
        ("model outcomes could not be built", []),
        ("not built because of it", ["responses"]),
    ]
    assert "Ann" not in told[0].what
    assert all(one.blocks and one.is_final for one in told)


def test_a_seed_that_cannot_be_loaded_is_quoted():
    """Its words are the project's own, no patient's."""
    message = "Conversion Error: CSV Error on Line: 35\nCould not convert string 'many' to 'DOUBLE'"
    seed = SimpleNamespace(name="checks", resource_type="seed")
    failed = SimpleNamespace(node=seed, status="error", message=f"{message}\n  \n    delimiter = ,")
    (found,) = findings.of_build(BuildOutcome(nodes=[failed]))
    assert (found.title, found.what) == ("seed checks could not be built", message)


def test_completeness_under_the_floor_publishes_nothing(sample_deliveries, run_refresh, tmp_path, capsys):
    raw_dir, folder = tmp_path / "raw", tmp_path / "warehouse"
    shutil.copytree(sample_deliveries, raw_dir)
    for path in (raw_dir / "ehr").rglob("assessment*"):
        path.unlink()
    capsys.readouterr()
    assert run_refresh(raw_dir, folder) == 1
    told = " ".join(capsys.readouterr().out.split())
    assert "guard completeness_floor on marts.outcome_completeness" in told
    assert "ptsd_kit: expected outcome data rate at least 10.0 %, found 0.0 % (0 of" in told
    assert "Nothing has been published yet" in told
    assert not (folder / "kit.duckdb").exists()
    query = "select count(*) from audit.expectation_results where rule_id = 'completeness_floor' and status = 'fail'"
    assert scalar(folder / "candidate.duckdb", query) == 1


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda folder: folder / "nowhere", "does not exist"),
        (lambda folder: folder, "No delivery found below"),
        (lambda folder: (folder / "file").touch() or folder / "file", "is a file"),
        (lambda folder: (folder / "ehr/site=07/delivered_on=2025-01-31").mkdir(parents=True) or folder, "empty_folder"),
        (lambda folder: "", "KIT_RAW_DIR is set, but to nothing"),
    ],
    ids=["missing", "empty", "a file", "an empty delivery", "set to nothing"],
)
def test_without_deliveries_the_remedy_is_named(tmp_path, make, told):
    raw_dir = tmp_path / "raw"
    raw_dir.mkdir()
    place = make(raw_dir)
    ended = command(KIT_RAW_DIR=str(place), KIT_WAREHOUSE_DIR=str(tmp_path / "warehouse"))
    assert ended.returncode == 2
    assert told in ended.stderr
    assert str(place) in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_warehouse_folder_that_cannot_be_written_is_named(tmp_path, sample_deliveries):
    (tmp_path / "file").touch()
    ended = command(KIT_RAW_DIR=str(sample_deliveries), KIT_WAREHOUSE_DIR=str(tmp_path / "file"))
    assert ended.returncode == 2
    assert str(tmp_path / "file") in ended.stderr
    below = command(KIT_RAW_DIR=str(sample_deliveries), KIT_WAREHOUSE_DIR=str(tmp_path / "file" / "below"))
    assert below.returncode == 2
    assert "cannot be written" in below.stderr


def test_wrong_usage_ends_with_2():
    assert command("--farce").returncode == 2


def test_a_second_refresh_at_the_same_time_says_so(tmp_path, sample_deliveries):
    with only_one(tmp_path):
        ended = command(**settings_for(sample_deliveries, tmp_path))
    assert ended.returncode == 2
    assert f"process {os.getpid()}" in ended.stderr


def test_a_lock_of_a_dead_process_is_taken_over(tmp_path):
    holder = (
        "import sys; sys.path.insert(0, 'scripts'); from pathlib import Path; from publication.lock import only_one; "
        "import time\n"
        f"with only_one(Path({str(tmp_path)!r})):\n    print('held', flush=True); time.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", holder], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    process.kill()
    process.wait()
    with only_one(tmp_path):
        assert (tmp_path / ".refresh.lock").read_text() == str(os.getpid())


def test_killed_while_it_builds_the_publication_before_stands(published, sample_deliveries):
    before, content = publication_id(published), digest(published / "kit.duckdb")
    environment_ = {name: value for name, value in os.environ.items() if not name.startswith("KIT_")}
    environment_.update(settings_for(sample_deliveries, published))
    for moment in ("Reading the project", "building the candidate"):
        process = subprocess.Popen(
            [sys.executable, "scripts/refresh.py", "--force"],
            cwd=ROOT,
            env=environment_,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for line in process.stderr:
            if moment in line:
                break
        time.sleep(random.uniform(0, 3))
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stderr.close()
        assert (publication_id(published), digest(published / "kit.duckdb")) == (before, content)


READER = """
import sys, time
from pathlib import Path
import duckdb
path, stop, opened = sys.argv[1], Path(sys.argv[2]), 0
while not stop.exists():
    with duckdb.connect(path, read_only=True) as connection:
        name = connection.execute("select publication_id from audit.publication").fetchone()[0]
        assert connection.execute("select count(*) from marts.response_by_timepoint").fetchone()[0] > 0
    opened += 1
print(opened)
"""

PUBLISHER = """
import os, sys
sys.path.insert(0, "scripts")
os.umask(0o077)
from publication import fingerprint, publish
from publication.settings import from_environment
settings = from_environment()
publish.sweep_links(settings)
print("ready", flush=True)
publish.publish(settings, fingerprint.Fingerprint({"code": "0" * 64, "key": "0"}))
"""


def test_readers_and_kills_during_publication(published, sample_deliveries, sample_warehouse, tmp_path):
    folder = tmp_path / "warehouse"
    # What a killed build left behind (a log of changes, too) belongs to another candidate than the one put here.
    shutil.copytree(published, folder, symlinks=True, ignore=shutil.ignore_patterns("candidate.duckdb*", "target"))
    shutil.copy(sample_warehouse, folder / "candidate.duckdb")
    stop = tmp_path / "stop"
    reader = subprocess.Popen(
        [sys.executable, "-c", READER, str(folder / "kit.duckdb"), str(stop)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    names = {publication_id(folder)}
    moments = random.Random(5)
    for attempt in range(8):
        publisher = subprocess.Popen(
            [sys.executable, "-c", PUBLISHER],
            cwd=ROOT,
            env={**os.environ, **settings_for(sample_deliveries, folder)},
            stdout=subprocess.PIPE,
            text=True,
        )
        publisher.stdout.readline()
        if attempt % 3:
            time.sleep(moments.uniform(0, 1.5))
            publisher.kill()
        publisher.communicate()
        names.add(publication_id(folder))
    stop.touch()
    out, errors = reader.communicate(timeout=60)
    assert reader.returncode == 0, errors
    assert int(out) > 5
    assert len(names) >= 3
    settings = settings_of(sample_deliveries, folder)
    publish.sweep_links(settings)
    publish.sweep(settings)
    standing = publish.standing(settings)
    assert standing.publication_id == publication_id(folder)
    complete = [path for path in (folder / "publications").iterdir() if (path / "kit.duckdb").is_file()]
    assert standing.folder in complete
    assert not [path for path in complete if path.name > standing.publication_id]
    assert not list(folder.glob(".current.*"))


def test_the_last_two_publications_are_kept(tmp_path, sample_warehouse, sample_deliveries):
    shutil.copy(sample_warehouse, tmp_path / "candidate.duckdb")
    settings = settings_of(sample_deliveries, tmp_path)
    made = []
    for _ in range(4):
        made.append(publish.publish(settings, fingerprints.Fingerprint({"code": "0" * 64, "key": "0"})))
        time.sleep(1.1)  # names of publications sort by the second
    kept = sorted(path.name for path in (tmp_path / "publications").iterdir())
    assert kept == [publication.publication_id for publication in made[-2:]]
    assert publish.standing(settings) == made[-1]


def test_what_may_be_shared_comes_with_the_same_swap_and_damage_is_noticed(
    tmp_path, sample_warehouse, sample_deliveries
):
    candidate = tmp_path / "candidate.duckdb"
    shutil.copy(sample_warehouse, candidate)
    with duckdb.connect(str(candidate)) as connection:
        connection.execute("drop schema if exists shareable cascade")
        connection.execute(
            "create schema shareable; create table shareable.response as select 'KIT' as a, 0.5::double as b"
        )
    settings = settings_of(sample_deliveries, tmp_path)
    made = publish.publish(settings, fingerprints.Fingerprint({"code": "0" * 64, "key": "0"}))
    shared = tmp_path / "shareable.duckdb"
    assert str(shared.readlink()) == "current/shareable.duckdb"
    assert scalar(shared, "select publication_id from shareable.shareable.publication") == made.publication_id
    assert scalar(shared, "select list(distinct schema_name) from duckdb_tables()") == ["shareable"]
    query = "select digest from audit.provenance where kind = 'table' and name = 'shareable.response'"
    assert scalar(tmp_path / "kit.duckdb", query)
    checked = subprocess.run(["sha256sum", "--check", "checksums.sha256"], cwd=made.folder, capture_output=True)
    assert checked.returncode == 0
    assert checked.stdout.count(b"OK") == 2
    intact = made.shareable.read_bytes()
    made.shareable.write_bytes(intact[:-100] + bytes(byte ^ 1 for byte in intact[-100:]))
    assert publish.standing(settings) is None
    made.shareable.write_bytes(intact)
    assert publish.standing(settings) == made
    with duckdb.connect(str(candidate)) as connection:
        connection.execute("drop schema shareable cascade")
    time.sleep(1.1)
    publish.publish(settings, fingerprints.Fingerprint({"code": "0" * 64, "key": "0"}))
    assert not shared.is_symlink()


def test_provenance_names_code_packages_seeds_deliveries_and_tables(published, sample_deliveries):
    with duckdb.connect(str(published / "kit.duckdb"), read_only=True) as connection:
        rows = connection.execute("select kind, name, digest, n_rows from audit.provenance").fetchall()
        connection.execute(f"attach '{published / 'shareable.duckdb'}' as shared (read_only)")
        tables = connection.execute(
            "select schema_name || '.' || table_name, estimated_size from duckdb_tables() "
            "where schema_name <> 'audit' and table_name <> 'publication'"
        ).fetchall()
        code = connection.execute("select code_version from audit.publication").fetchone()[0]
        unplaced = connection.execute(
            "select count(*) from audit.provenance "
            "where (kind = 'delivery') <> (site_id is not null and delivered_on is not null and file is not null)"
        ).fetchone()
    found = {kind: {name: value for of, name, *value in rows if of == kind} for kind, *_ in rows}
    assert set(found) == {"code", "package", "seed", "delivery", "table"}
    assert found["package"]["duckdb"] == [duckdb.__version__, None]
    assert list(found["code"]) == [code]
    assert {name: n_rows for name, (_, n_rows) in found["table"].items()} == dict(tables)
    assert {name: value for name, (value, _) in found["seed"].items()} == {
        path.stem: digest(path) for path in (ROOT / "seeds").rglob("*.csv")
    }
    assert {name: value for name, (value, _) in found["delivery"].items()} == {
        path.relative_to(sample_deliveries).as_posix(): digest(path)
        for path in sample_deliveries.glob("*/site=*/*/*")
        if path.is_file() and path.name != "read me.txt"
    }
    assert unplaced == (0,)


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("duplicate:jane roe", "the column (not declared) appears twice"),
        ("duplicate:birth_date", "the column birth_date appears twice"),
        ("missing:birth_date", "the required column birth_date is missing"),
    ],
)
def test_a_refusal_names_declared_columns_only(reason, told):
    """A lost line end puts the first record into the header."""
    assert findings._refusal(reason) == told
    figures = SimpleNamespace(refused_files=lambda: [("07", "2025-01-31", "patients.csv", reason)])
    for name in (
        "quarantined_by_site",
        "check_warnings",
        "unmapped_infusion_statuses",
        "ignored_inputs",
        "k_anonymity",
    ):
        setattr(figures, name, list)
    acknowledged = summary._warnings(figures)["Refused files, acknowledged"]
    assert all("jane roe" not in line for line in acknowledged)
    assert len(acknowledged) == 1


@pytest.mark.parametrize(
    ("message", "kept"),
    [
        ("Conversion Error: Could not convert string 'Jane Roe' to INT32", "Could not convert string '…'"),
        ('Constraint Error: Duplicate key "patient_id: 4711" violates primary key', "Error: Duplicate key '…'"),
        ('Binder Error: Referenced column "pcl" not found', 'Referenced column "pcl" not found'),
        ("Constraint Error: NOT NULL constraint failed: patients.sex", "patients.sex"),
        (
            "In model x\n  Conversion Error: Could not convert string '80\nJane O'Roe 4711' to DOUBLE when casting "
            "from source column vital\nLINE 1: Jane",
            "string '…' when casting from source column vital",
        ),
        ("Conversion Error: Could not convert string 'O'Brien Jane 4711' to DOUBLE", "Could not convert string '…'"),
    ],
)
def test_messages_lose_values_and_keep_names(message, kept):
    told = without_values(message)
    assert kept in told
    assert "Jane" not in told
    assert "4711" not in told
