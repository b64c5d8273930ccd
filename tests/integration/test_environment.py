"""Before a refresh starts: the environment, where deliveries come from, and what lies in the warehouse folder."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import duckdb
import pytest
import synthesize
from click.testing import CliRunner

from publication import fingerprint as fingerprints
from publication import publish
from publication.settings import NotReadyError, check, from_environment
from reader.declaration import load_formats
from reader.plugin import raw_folder
from reader.preflight.inventory import take_inventory
from reader.preflight.naming import told_path
from reader.preflight.origin import DELIVERED, MIXED, SAMPLE, origin_of
from tests.integration.conftest import environment, settings_for
from tests.integration.conftest import synthesize as write_sample
from tests.integration.deliveries import VITAL, VITALS, deliver


@pytest.fixture(scope="module")
def small_sample(tmp_path_factory) -> Path:
    """Deliveries of a very small sample network; tests that add to it copy what they add away again."""
    return write_sample(tmp_path_factory.mktemp("origin") / "raw", 20, 1)


def origin(raw: Path) -> str:
    """What the deliveries below a folder are."""
    return origin_of(raw, take_inventory(raw, load_formats()))


def test_sample_and_other_deliveries_are_told_apart_and_never_read_together(small_sample, tmp_path):
    assert origin(small_sample) == SAMPLE
    foreign = deliver(small_sample, {"vitals.csv": VITALS + VITAL}, site="real")
    try:
        assert origin(small_sample) == MIXED
        with (
            environment(**settings_for(small_sample, tmp_path)),
            pytest.raises(NotReadyError, match=r"site=real/delivered_on=2024-03-01/vitals[.]csv"),
        ):
            check(from_environment())
        outcome = CliRunner().invoke(synthesize.main, ["--patients", "5", "--out", str(small_sample)])
        assert outcome.exit_code == 2
        assert "site=real" in outcome.output
        assert (foreign / "vitals.csv").read_bytes() == VITALS + VITAL
    finally:
        (foreign / "vitals.csv").unlink()
        foreign.rmdir()
        foreign.parent.rmdir()


def test_an_empty_truth_folder_makes_no_sample(tmp_path):
    deliver(tmp_path, {"vitals.csv": VITALS + VITAL})
    (tmp_path / "truth").mkdir()
    assert origin(tmp_path) == DELIVERED


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("KIT_THREADS", "abc"),
        ("KIT_THREADS", "0"),
        ("KIT_THREADS", "-1"),
        ("KIT_THREADS", ""),
        ("KIT_MEMORY_LIMIT", "lots"),
        ("KIT_MEMORY_LIMIT", "5MB"),
        ("KIT_RAW_DIR", ""),
        ("KIT_RAW_DIR", "~nobody_has_this_name/raw"),
        ("KIT_WAREHOUSE_DIR", "w" * 300),
        ("KIT_WAREHOUSE_DIR", "what?"),
        ("KIT_WAREHOUSE_DIR", "no#1"),
    ],
)
def test_what_cannot_work_is_said_by_name(tmp_path, variable, text):
    deliver(tmp_path / "raw", {"vitals.csv": VITALS + VITAL})
    settings = settings_for(tmp_path / "raw", tmp_path / "warehouse") | {variable: text}
    with environment(**settings), pytest.raises(NotReadyError) as problem:
        check(from_environment())
    assert variable in str(problem.value) or text in str(problem.value)


def test_dbt_alone_does_not_take_an_empty_folder_name_for_the_default():
    with environment(KIT_RAW_DIR=""), pytest.raises(ValueError, match="KIT_RAW_DIR is set, but to nothing"):
        raw_folder()


def test_a_key_of_any_bytes_has_a_fingerprint(tmp_path):
    deliver(tmp_path / "raw", {"vitals.csv": VITALS + VITAL})
    (tmp_path / "warehouse").mkdir()
    key = os.fsdecode(b"\xff\xfekey")
    with environment(**settings_for(tmp_path / "raw", tmp_path / "warehouse") | {"KIT_PSEUDONYM_KEY": key}):
        assert len(fingerprints.take(from_environment()).parts["key"]) == 64


def test_deliveries_behind_a_link_to_a_folder_are_looked_at(tmp_path):
    inbox = deliver(tmp_path / "inbox", {"vitals.csv": VITALS + VITAL})
    (tmp_path / "raw" / "ehr").mkdir(parents=True)
    (tmp_path / "raw" / "ehr" / "site=07").symlink_to(inbox.parent)
    (tmp_path / "warehouse").mkdir()
    with environment(**settings_for(tmp_path / "raw", tmp_path / "warehouse")):
        before = fingerprints.take(from_environment())
        (inbox / "vitals.csv").write_bytes(VITALS + VITAL + VITAL.replace(b"V1", b"V2"))
        assert fingerprints.take(from_environment()).changed_since(before) == ["deliveries"]


@pytest.mark.parametrize("remembered", ["[]", '{"ehr/site=07/delivered_on=2024-03-01/vitals.csv": 5}', "{"])
def test_a_damaged_memory_of_digests_is_made_anew(tmp_path, remembered):
    deliver(tmp_path / "raw", {"vitals.csv": VITALS + VITAL})
    (tmp_path / "warehouse").mkdir()
    with environment(**settings_for(tmp_path / "raw", tmp_path / "warehouse")):
        intact = fingerprints.take(from_environment())
        (tmp_path / "warehouse" / ".deliveries.json").write_text(remembered, encoding="utf-8")
        assert fingerprints.take(from_environment()).parts == intact.parts


def test_a_damaged_publication_does_not_stand(tmp_path):
    folder = tmp_path / "publications" / "20250101T000000Z-00000000"
    folder.mkdir(parents=True)
    with duckdb.connect(str(folder / "kit.duckdb")) as connection:
        connection.execute("create schema audit; create table audit.publication as select 1 as publication_id")
    (tmp_path / "current").symlink_to("publications/20250101T000000Z-00000000")
    with environment(**settings_for(tmp_path / "raw", tmp_path)):
        settings = from_environment()
        assert publish.standing(settings).publication_id == folder.name
        (folder / "kit.duckdb").write_bytes(os.urandom(100_000))
        assert publish.standing(settings) is None


def test_publications_outlive_the_loss_of_the_link_to_them(tmp_path):
    """Such as a backup without links: what was told is known as long as one is there."""
    publications = tmp_path / "publications"
    for name, content in (("20250101T000000Z-00000000", b"kit"), ("20250102T000000Z-00000000", None)):
        (publications / name).mkdir(parents=True)
        if content:
            (publications / name / "kit.duckdb").write_bytes(content)
            digest = hashlib.sha256(content).hexdigest()
            (publications / name / publish.CHECKSUMS).write_text(f"{digest}  kit.duckdb\n", encoding="utf-8")
    with environment(**settings_for(tmp_path / "raw", tmp_path)):
        publish.sweep(from_environment())
    assert [folder.name for folder in publications.iterdir()] == ["20250101T000000Z-00000000"]


def test_a_link_that_leads_nowhere_is_left_to_the_reader(tmp_path):
    folder = deliver(tmp_path / "raw", {"vitals.csv": VITALS + VITAL})
    (folder / "patients.csv").symlink_to(tmp_path / "gone")
    (tmp_path / "warehouse").mkdir()
    with environment(**settings_for(tmp_path / "raw", tmp_path / "warehouse")):
        settings = from_environment()
        digests = fingerprints.digests_of_deliveries(settings, take_inventory(settings.raw_dir, load_formats()))
    assert {Path(place).name: digest == fingerprints.UNREADABLE for place, digest in digests.items()} == {
        "patients.csv": True,
        "vitals.csv": False,
    }


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/raw/fhir/site=07/delivered_on=2025-01-31/Patient-Ada-Byron.ndjson", "Patient*"),
        ("/raw/ehr/site=07/delivered_on=2025-01-31/patients.csv", "patients.csv"),
        ("/warehouse/candidate.duckdb", "candidate.duckdb"),
    ],
)
def test_of_a_path_no_more_is_told_than_exports_write(path, told):
    assert told_path(path) == str(Path(path).with_name(told))


def test_a_warehouse_copied_without_its_links_is_named(tmp_path):
    deliver(tmp_path / "raw", {"vitals.csv": VITALS + VITAL})
    (tmp_path / "warehouse" / "current").mkdir(parents=True)
    with (
        environment(**settings_for(tmp_path / "raw", tmp_path / "warehouse")),
        pytest.raises(NotReadyError, match="current is not what a refresh left there"),
    ):
        check(from_environment())


def test_a_pipe_is_no_delivery(tmp_path):
    folder = deliver(tmp_path, {"vitals.csv": VITALS + VITAL})
    os.mkfifo(folder / "patients.csv")
    inventory = take_inventory(tmp_path, load_formats())
    assert [found.file for found in inventory.files] == ["vitals.csv"]
    assert [(item.file, item.reason) for item in inventory.ignored] == [("patients.csv", "unknown_file")]
