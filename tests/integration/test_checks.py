"""The check catalogue: one row for each check that exists, judged by its thresholds, and a fatal one blocks."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import duckdb
import pytest

from guards.results import GuardResult
from guards.suites import load_suites
from publication import findings as found
from publication import measuring
from publication.build import BuildOutcome
from publication.fingerprint import Fingerprint
from publication.measuring import CHECK_OF_GENERIC_TEST
from tests.integration.conftest import ROOT


def catalogue(measured_by: str) -> dict[str, dict]:
    """Rows of the seed by check_id."""
    with (ROOT / "seeds" / "quality" / "checks.csv").open(encoding="utf-8", newline="") as stream:
        return {row["check_id"]: row for row in csv.DictReader(stream) if row["measured_by"] == measured_by}


def test_every_guard_is_a_check_of_the_same_severity():
    """tests/expectations says what a guard does; the catalogue lists it."""
    severities = {"critical": "fatal", "warning": "convention"}
    guards = {
        rule.rule_id: (suite.table_name, severities[rule.severity])
        for suite in load_suites(ROOT / "tests" / "expectations")
        for rule in suite.rules
    }
    assert {key: (row["table_name"], row["severity"]) for key, row in catalogue("guard").items()} == guards


def test_every_data_test_is_a_check(manifest):
    """Singular tests by their name, generic ones by what they guard."""
    tests = [node for node in manifest.nodes.values() if node.resource_type == "test"]
    needed = {
        CHECK_OF_GENERIC_TEST[node.test_metadata.name] if hasattr(node, "test_metadata") else node.name
        for node in tests
    }
    assert set(catalogue("data_test")) == needed


def test_every_measurement_is_a_check():
    """No check without SQL, no SQL without a check."""
    folder = ROOT / "models" / "audit" / "measurements"
    text = "\n".join(path.read_text(encoding="utf-8") for path in folder.glob("*.sql"))
    written = r"(?:'check_id': |measured_commonest\()'([a-z0-9_]+)'|'([a-z0-9_]+)' as check_id"
    assert {first or second for first, second in re.findall(written, text)} == set(catalogue("sql"))


def test_every_part_is_united():
    """check_measurements holds every model of measurements."""
    parts = {path.stem for path in (ROOT / "models" / "audit" / "measurements").glob("*.sql")}
    united = (ROOT / "models" / "audit" / "check_measurements.sql").read_text(encoding="utf-8")
    assert set(re.findall(r"'(measured_[a-z_]+)'", united)) == parts


def test_every_reason_is_told():
    """A threshold without a reason is an opinion."""
    for measured_by in ("sql", "guard", "data_test"):
        assert all(len(row["reason"]) > 15 for row in catalogue(measured_by).values())


@pytest.fixture
def judged(tmp_path) -> Path:
    """A candidate with one failing check of each severity."""
    path = tmp_path / "candidate.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema seeds")
        connection.execute("create schema audit")
        connection.execute(
            "create table seeds.checks as from (values ('lost', 'Nothing is lost', 'records', 'sql'), "
            "('odd', 'Nothing is odd', 'records', 'sql')) as checks (check_id, title, table_name, measured_by)"
        )
        connection.execute(
            "create table audit.check_results as from (values ('lost', '07', 100, 3, 'fail', 'fatal', 0.01), "
            "('lost', '08', 100, 1, 'pass', 'fatal', 0.01), ('lost', '09', 0, 0, 'error', 'fatal', 0.01), "
            "('odd', '07', 100, 9, 'fail', 'convention', 0.01)) "
            "as results (check_id, subject, n_checked, n_violating, status, severity, share_at_most)"
        )
    return path


def test_a_fatal_check_blocks_and_names_clinic_and_figure(judged):
    """A convention does not."""
    (finding,) = found.of_checks(judged)
    assert finding.blocks
    assert finding.title == "check lost on records"
    assert finding.places == ["clinic 07: found 3 of 100", "clinic 09: it could not run"]


def test_changed_thresholds_are_told_apart_from_a_changed_key():
    """A new key needs a new build, thresholds do not."""
    before = Fingerprint({"deliveries": "a", "thresholds": "b", "key": "c"})
    assert Fingerprint({"deliveries": "a", "thresholds": "x", "key": "c"}).changed_since(before) == ["thresholds"]
    both = Fingerprint({"deliveries": "a", "thresholds": "x", "key": "y"}).changed_since(before)
    assert both == ["thresholds", "pseudonym key"]


def test_each_group_that_a_guard_found_is_counted_for_itself():
    shared = {"suite": "s", "boundary": "outbound", "column_name": None, "severity": "warning", "message": "Why."}
    found = {"status": "fail", "expected": "10", "found": "9", "n_checked": 1953, "n_unexpected": 2}
    results = [
        GuardResult(rule_id="few", table_name="t", subject="clinic 02", **shared, **found),
        GuardResult(rule_id="few", table_name="t", subject="clinic 05", **shared, **found),
        GuardResult(
            **(shared | found | {"status": "pass", "n_unexpected": 0}), rule_id="many", table_name="t", subject=None
        ),
    ]
    with duckdb.connect() as connection:
        connection.execute("create schema audit")
        connection.execute(
            "create table audit.check_measurements "
            "(check_id varchar, subject varchar, n_checked bigint, n_violating bigint, has_error boolean)"
        )
        measuring.store(connection, BuildOutcome(), results)
        rows = connection.execute("select * from audit.check_measurements order by all").fetchall()
    assert rows == [("few", "clinic 02", 1, 1, False), ("few", "clinic 05", 1, 1, False), ("many", "t", 1953, 0, False)]
