"""Every fault of the catalogue is planted and caught by what the catalogue names, or changes no figure."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
from conftest import ROOT, TRUST
from fault_bench import (
    CODED,
    OF_A_CLINIC,
    Fault,
    Planted,
    catalogue,
    differences,
    moved_patients,
    touched_patients,
    write_faulty_network,
)

from synthesis.faults.catalogue import PLANTERS
from synthesis.faults.planting import Wish, plant_faults
from synthesis.network import write_network

CATALOGUE = catalogue()
BY_CHECK = [fault for fault in CATALOGUE if fault.caught_by.startswith("check ")]
BY_FATE = [fault for fault in CATALOGUE if fault.outcome == "caught" and fault not in BY_CHECK]
# harmless, although they change what follows from them: each has a proof of its own below
IMPLIED = (
    "esketamine_named_alike",
    "troche_at_home",
    "unfinished_form_with_total",
    "baseline_after_infusion",
    "baseline_too_old",
    "form_long_after_infusion",
    "baseline_of_zero",
    "older_than_89",
    "contact_data_in_text",
    "fhir_unfinished_form",
)
UNCHANGED = [fault for fault in CATALOGUE if fault.outcome == "harmless" and fault.name not in IMPLIED]
# Of few patients hardly any is in the middle of a series on the day of the new system: it needs a large clinic.
IN_A_LARGE_CLINIC = "history_cut_off"
ONE_NETWORK_MORE = "one more network: only in make trust"
LARGE_CLINIC, LARGE_NETWORK_PATIENTS = "01", 1500


@dataclass
class Built:
    """A network and the warehouse built from it."""

    planted: Planted
    warehouse: Path

    def rows(self, query: str, *values: object) -> list[tuple]:
        """All rows of a query."""
        with duckdb.connect(str(self.warehouse), read_only=True) as connection:
            return connection.execute(query, list(values)).fetchall()

    def assessments_of(self, fault: str) -> list[str]:
        """Keys of the planted forms."""
        known = {(site, key): name for site, key, name in self.rows(
            "select site_id, assessment_id, assessment_key from core.assessments"
        )}  # fmt: skip
        return [known[place] for place in self.planted.keys(fault) if place in known]


Build = Callable[[list[Fault]], Built]


@pytest.fixture(scope="module")
def build(tmp_path_factory, build_warehouse, trust) -> Build:
    """A function that plants faults and builds."""

    def plant_and_build(faults: list[Fault]) -> Built:
        planted = write_faulty_network(tmp_path_factory.mktemp("faults") / "raw", 4 + trust.seed, faults)
        return Built(planted, build_warehouse(planted.raw))

    return plant_and_build


@pytest.fixture(scope="module")
def without(build: Build) -> Built:
    """The network without faults."""
    return build([])


@pytest.fixture(scope="module")
def caught(build: Build) -> Built:
    """The network with all faults that are caught, by fate, refusal or check."""
    return build(BY_FATE)


@pytest.fixture(scope="module")
def checked(build: Build) -> Built:
    """The network with all faults that a check catches, but those of a whole clinic."""
    return build([fault for fault in BY_CHECK if fault.name not in OF_A_CLINIC])


@pytest.fixture(scope="module")
def alike(build: Build, trust) -> Built:
    """The network with the faults that all charts of a clinic share."""
    if not trust.is_full:
        pytest.skip(ONE_NETWORK_MORE)
    return build([fault for fault in BY_CHECK if fault.name in OF_A_CLINIC])


@pytest.fixture(scope="module")
def unchanged(build: Build) -> Built:
    """The network with all faults that change nothing."""
    return build(UNCHANGED)


@pytest.fixture(scope="module")
def implied(build: Build, trust) -> Built:
    """The network with the harmless faults that change what follows from them."""
    if not trust.is_full:
        pytest.skip(ONE_NETWORK_MORE)
    return build([fault for fault in CATALOGUE if fault.name in IMPLIED])


def names(fault: Fault) -> str:
    """Name of a case."""
    return fault.name


def test_catalogue_is_what_can_be_planted():
    expressible = {fault.name for fault in CATALOGUE if fault.outcome != "not_expressible"}
    assert expressible == set(PLANTERS)
    assert {fault.name: fault.format for fault in CATALOGUE if fault.format} == {
        name: planter.format for name, planter in PLANTERS.items()
    }
    assert len(CATALOGUE) >= 80


def test_checks_that_catch_are_in_the_catalogue_of_checks():
    path = ROOT / "seeds/quality/checks.csv"
    if not path.is_file():
        pytest.skip("there is no catalogue of checks yet")
    with path.open(newline="", encoding="utf-8") as stream:
        known = {row["check_id"] for row in csv.DictReader(stream)}
    assert {fault.caught_by.removeprefix("check ") for fault in BY_CHECK} - known == set()


@pytest.mark.parametrize("fault", BY_FATE, ids=names)
def test_fault_is_caught_by_fate(caught: Built, fault: Fault):
    kind, _, what = fault.caught_by.partition(" ")
    if kind == "refusal":
        found = {tuple(row[:3]): row[3] for row in caught.rows(
            "select site_id, cast(delivered_on as varchar), file, reason from audit.refused_files"
        )}  # fmt: skip
        fates = {found.get(place) for place in caught.planted.files(fault.name)}
    else:
        table, column = ("audit.quarantine", "reason") if kind == "quarantine" else ("vetting.record_fates", "fate")
        found = {tuple(row[:4]): row[4] for row in caught.rows(
            f"select site_id, cast(delivered_on as varchar), file, row_number, {column} from {table}"
        )}  # fmt: skip
        fates = {found.get(place) for place in caught.planted.records(fault.name)}
    assert fates == {what}


def test_accounting_balances_with_faults(caught: Built, unchanged: Built):
    for built in (caught, unchanged):
        assert built.rows("select count(*) from audit.row_accounting where not is_balanced") == [(0,)]


@pytest.mark.parametrize("faulty", ["caught", "checked", "alike"])
def test_faults_move_nobody_whose_records_they_leave_alone(without: Built, request, faulty: str, trust):
    built = request.getfixturevalue(faulty)
    touched = touched_patients(without.warehouse, built.warehouse)
    everybody = without.rows("select count(*) from core.patients where not starts_with(site_id, ?)", CODED)[0][0]
    assert 0 < len(touched) < everybody
    assert moved_patients(without.warehouse, built.warehouse, touched) == {}
    trust.tell(f"patients whose records no planted fault touches ({faulty})", "unmoved in every mart")


@pytest.mark.parametrize("fault", BY_CHECK, ids=names)
def test_fault_makes_its_check_fail(without: Built, request, fault: Fault):
    planted = request.getfixturevalue("alike" if fault.name in OF_A_CLINIC else "checked")
    if not planted.rows("select 1 from information_schema.tables where table_name = 'check_results'"):
        pytest.skip("audit.check_results is not built yet: nothing is proved")
    if fault.name == IN_A_LARGE_CLINIC:
        pytest.skip("has a proof of its own")
    check_id = fault.caught_by.removeprefix("check ")
    query = "select subject, status, n_violating from audit.check_results where check_id = ?"
    before, after = ({row[0]: row[1:] for row in built.rows(query, check_id)} for built in (without, planted))
    site = planted.planted.site(fault.name)
    assert after, f"nothing measures {check_id}"
    of_site = [subject for subject in after if subject == site or subject.startswith(f"{site}, ")] or list(after)
    failing = [subject for subject in of_site if after[subject][0] == "fail"]
    assert failing, [after[subject] for subject in of_site]
    assert any(before.get(subject, ("absent",))[0] != "fail" for subject in failing)


@pytest.mark.skipif(not TRUST.is_full, reason="a large network: only where all attempts are made (make trust)")
def test_a_history_that_was_cut_off_shows_in_a_large_clinic(tmp_path, build_warehouse, trust):
    statuses = {}
    for name in ("without", "planted"):
        raw = tmp_path / name
        write_network(LARGE_NETWORK_PATIENTS, 4 + trust.seed, raw, ("ehr",))
        if name == "planted":
            plant_faults(raw, (Wish(IN_A_LARGE_CLINIC, 1.0, LARGE_CLINIC),), trust.seed)
        with duckdb.connect(str(build_warehouse(raw)), read_only=True) as connection:
            statuses[name] = connection.execute(
                "select status, n_violating, n_checked from audit.check_results "
                "where check_id = 'patients_left_truncated' and subject = ?",
                [LARGE_CLINIC],
            ).fetchone()
    assert statuses["without"][0] == "pass", statuses
    assert statuses["planted"][0] == "fail", statuses


def test_harmless_faults_change_no_figure(without: Built, unchanged: Built, trust):
    assert set(unchanged.planted.places) == {fault.name for fault in UNCHANGED}
    assert differences(without.warehouse, unchanged.warehouse) == {}
    trust.tell("harmless faults", f"{len(UNCHANGED)} planted together, every table of marts as without them")


@pytest.mark.parametrize("fault", ["esketamine_named_alike", "troche_at_home"])
def test_other_ketamine_is_no_infusion(without: Built, implied: Built, fault: str):
    assert implied.planted.keys(fault)
    every = "from marts.infusions order by all"
    assert implied.rows(every) == without.rows(every)


@pytest.mark.parametrize("fault", ["unfinished_form_with_total", "fhir_unfinished_form"])
def test_unfinished_form_is_never_valid(implied: Built, fault: str):
    keys = implied.assessments_of(fault)
    assert keys
    query = "select is_valid from marts.assessments where list_contains(?, assessment_key) group by all"
    assert implied.rows(query, keys) == [(False,)]


@pytest.mark.parametrize("fault", ["baseline_after_infusion", "baseline_too_old", "form_long_after_infusion"])
def test_form_outside_a_window_is_not_used(implied: Built, fault: str):
    keys = implied.assessments_of(fault)
    assert keys
    query = "select count(*) from clinical.baseline_forms where list_contains(?, assessment_key)"
    assert implied.rows(query, keys) == [(0,)]
    if fault != "baseline_after_infusion":
        query = "select count(*) from clinical.timepoint_forms where list_contains(?, assessment_key)"
        assert implied.rows(query, keys) == [(0,)]


def test_baseline_of_zero_has_no_response(implied: Built):
    query = "select count(*) > 0, count(change_pct), count(is_responder) from marts.outcomes where baseline_score = 0"
    assert implied.rows(query) == [(True, 0, 0)]


def test_oldest_age_is_a_class(implied: Built):
    assert implied.rows("select max(age_at_index) from marts.patients") == [(90,)]


def test_contact_data_in_text_reaches_no_mart(implied: Built):
    columns = implied.rows(
        "select table_name, column_name from information_schema.columns "
        "where table_schema = 'marts' and data_type = 'VARCHAR'"
    )
    assert columns
    for table, column in columns:
        query = f"""select count(*) from marts.{table} where contains("{column}", '555-0199')
            or contains("{column}", 'ann@example')"""
        assert implied.rows(query) == [(0,)], (table, column)
