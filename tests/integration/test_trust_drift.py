"""What differs from the publication before is found, counted as by hand, and laid to the delivery that moved it.

Three clinics of twelve patients each, written by hand: all have PTSD, six infusions in March 2024, four weights, and a
PCL-5 before (60 points) and after them; of each clinic the patients 1 to 6 respond (20 points), the others stay at 60.
"""

from __future__ import annotations

import copy
import csv
import io
import shutil
from pathlib import Path

import duckdb
import pytest

from publication import drift, provenance, publish
from publication import fingerprint as fingerprints
from publication.drift import CHECKS
from publication.figures import Figures
from publication.settings import Settings, from_environment
from publication.summary import _show_drift, make_console
from reader.declaration import load_formats
from reader.preflight.inventory import take_inventory
from tests.integration.conftest import ROOT, environment, failures_of, invoke_dbt, settings_for, synthesize

FIRST, SECOND = "2024-02-29", "2024-05-02"
SITES = ("01", "02", "03")
PATIENTS = range(1, 13)
SESSIONS = ("2024-03-01", "2024-03-04", "2024-03-08", "2024-03-11", "2024-03-15", "2024-03-18")
WEIGHED_ON = {FIRST: ("2024-01-10", "2024-02-10"), SECOND: ("2024-03-10", "2024-04-10")}
Rows = list[dict[str, object]]
Network = dict[tuple[str, str, str], Rows]  # (site_id, delivered_on, table) -> records


def network() -> Network:
    """All deliveries of the three clinics."""
    return {
        (site, day, table): rows
        for site in SITES
        for day, tables in {FIRST: first_delivery(), SECOND: second_delivery()}.items()
        for table, rows in tables.items()
    }


def first_delivery() -> dict[str, Rows]:
    """Who they are, and how they were before."""
    return {
        "patients": [
            {
                "patient_id": f"P{number}",
                "birth_date": "1980-05-01",
                "sex": "Female",
                # One spelling of the fourth patient is unknown until it is sent anew.
                "race": "venusian" if number == 4 else "White",
                "zip_code": "10027",
            }
            for number in PATIENTS
        ],
        "diagnoses": [
            {
                "diagnosis_id": f"D{number}",
                "patient_id": f"P{number}",
                "code": "F43.10",
                "code_system": "ICD-10-CM",
                "recorded_at": "2024-01-05 09:00:00",
                "status": "active",
            }
            for number in PATIENTS
        ],
        "vitals": weights(FIRST),
        **forms("before", "2024-02-28", lambda _: 3),
    }


def second_delivery() -> dict[str, Rows]:
    """What was given, and how they were afterwards."""
    return {
        "medication_administrations": [
            {
                "administration_id": f"A{number}-{day}",
                "patient_id": f"P{number}",
                "medication": "Ketamine",
                "rxnorm_code": "6130",
                "route": "IV",
                "dose": "35",
                "dose_unit": "mg",
                "started_at": f"{day} 10:00:00",
                "ended_at": f"{day} 10:40:00",
                "status": "completed",
            }
            for number in PATIENTS
            for day in SESSIONS
        ],
        "vitals": weights(SECOND),
        **forms("after", "2024-03-20", lambda number: 1 if number <= 6 else 3),
    }


def weights(delivered_on: str) -> Rows:
    """Two of each patient."""
    return [
        {
            "vital_id": f"V{number}-{day}",
            "patient_id": f"P{number}",
            "vital": "weight",
            "value": "70",
            "unit": "kg",
            "measured_at": f"{day} 09:00:00",
        }
        for number in PATIENTS
        for day in WEIGHED_ON[delivered_on]
    ]


def forms(name: str, day: str, response_of) -> dict[str, Rows]:
    """A PCL-5 of each patient, all items answered alike."""
    return {
        "assessments": [
            {
                "assessment_id": f"F{number}-{name}",
                "patient_id": f"P{number}",
                "instrument": "PCL-5",
                "sent_at": f"{day} 08:00:00",
                "started_at": f"{day} 09:00:00",
                "completed_at": f"{day} 09:10:00",
                "status": "completed",
                "channel": "patient",
                "recall_days": "30",
            }
            for number in PATIENTS
        ],
        "assessment_responses": [
            {"assessment_id": f"F{number}-{name}", "item_number": item, "response": response_of(number)}
            for number in PATIENTS
            for item in range(1, 21)
        ],
    }


def moved(before: Network) -> Network:
    """The network after four faults and one repair."""
    after = copy.deepcopy(before)
    # Clinic 01 loses the weights of every other patient in its second delivery: 12 of 48, six in each of two months.
    weighed = after["01", SECOND, "vitals"]
    after["01", SECOND, "vitals"] = [row for row in weighed if int(row["patient_id"][1:]) % 2]
    # Clinic 02 asks no longer than item 14 after the infusions: 12 forms without their last 6 items.
    answers = after["02", SECOND, "assessment_responses"]
    after["02", SECOND, "assessment_responses"] = [row for row in answers if row["item_number"] <= 14]
    # Clinic 03 writes a race that nobody knows for three patients, and mends that of the fourth.
    for row in after["03", FIRST, "patients"][:3]:
        row["race"] = "martian"
    after["03", FIRST, "patients"][3]["race"] = "White"
    # The seventh patient of clinic 03 responds after all.
    for row in after["03", SECOND, "assessment_responses"]:
        if row["assessment_id"] == "F7-after":
            row["response"] = 1
    return after


def write(deliveries: Network, raw: Path) -> Path:
    """The network as CSV files."""
    for (site, day, table), rows in deliveries.items():
        path = raw / "ehr" / f"site={site}" / f"delivered_on={day}" / f"{table}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    return raw


class Warehouse:
    """A warehouse folder in which builds are compared and published as scripts/refresh.py does."""

    def __init__(self, folder: Path, manifest, build_warehouse):
        self.folder = folder
        self._manifest = manifest
        self._build = build_warehouse

    def settings(self, raw: Path) -> Settings:
        """Settings of a run over these deliveries."""
        with environment(**settings_for(raw, self.folder)):
            return from_environment()

    def build(self, raw: Path) -> None:
        """A new candidate."""
        self._build(raw, warehouse_dir=self.folder)

    def compare(self, raw: Path) -> str | None:
        """Compare the candidate with what stands, and judge."""
        settings = self.settings(raw)
        standing = publish.standing(settings)
        inventory = take_inventory(raw, load_formats())
        sources = provenance.of_inputs(settings, inventory, fingerprints.take(settings), "v1")
        problem = drift.compare(settings.candidate, standing.warehouse if standing else None, sources)
        with environment(**settings_for(raw, self.folder)):
            judged = invoke_dbt(
                [
                    *("build", "--select", "checks", "check_results"),
                    *("--resource-type", "seed", "--resource-type", "model", "--target", "candidate"),
                ],
                self.folder,
                self._manifest,
            )
        assert judged.success, failures_of(judged)
        return problem

    def publish(self, raw: Path) -> None:
        """Let the candidate stand."""
        settings = self.settings(raw)
        publish.publish(settings, fingerprints.take(settings))

    def rows(self, query: str) -> list[tuple]:
        """Rows of the candidate."""
        with duckdb.connect(str(self.folder / "candidate.duckdb"), read_only=True) as connection:
            return connection.execute(query).fetchall()

    def verdicts(self) -> dict[tuple[str, str], tuple[str, int, int]]:
        """(check, subject) -> (status, violations, looked at) of the checks of drift."""
        named = ", ".join(f"'{check}'" for check in CHECKS)
        return {
            (check, subject): tuple(values)
            for check, subject, *values in self.rows(
                "select check_id, subject, status, n_violating, n_checked from audit.check_results "
                f"where check_id in ({named}) order by all"
            )
        }

    def summary(self) -> str:
        """What the summary tells of the candidate."""
        stream = io.StringIO()
        with duckdb.connect(str(self.folder / "candidate.duckdb"), read_only=True) as connection:
            _show_drift(make_console(stream), Figures(connection))
        return " ".join(stream.getvalue().split())


@pytest.fixture(scope="module")
def history(tmp_path_factory, manifest, build_warehouse):
    """A warehouse: first publication, its own candidate again, moved deliveries; and what was told of the first two."""
    folder = tmp_path_factory.mktemp("drift")
    warehouse = Warehouse(folder / "warehouse", manifest, build_warehouse)
    warehouse.folder.mkdir()
    before = network()
    raw = write(before, folder / "raw")
    warehouse.build(raw)
    told = {"first": warehouse.compare(raw)}
    told["first diff"] = warehouse.rows("from audit.publication_diff")
    told["first verdicts"] = warehouse.verdicts()
    told["first summary"] = warehouse.summary()
    warehouse.publish(raw)
    told["same"] = warehouse.compare(raw)
    told["same diff"] = warehouse.rows("from audit.publication_diff")
    told["same verdicts"] = warehouse.verdicts()
    told["same summary"] = warehouse.summary()
    told["sources"] = warehouse.rows(
        "select site_id, cast(delivered_on as varchar), file, n_records, n_patients, n_analysed "
        "from audit.figure_sources where study_id = 'ptsd_kit' order by all"
    )
    other = write(moved(before), folder / "other")
    warehouse.build(other)
    told["moved"] = warehouse.compare(other)
    return warehouse, told


def test_every_drift_check_is_a_check():
    """Those that are measured here, and no others."""
    with (ROOT / "seeds" / "quality" / "checks.csv").open(encoding="utf-8", newline="") as stream:
        assert {row["check_id"] for row in csv.DictReader(stream) if row["measured_by"] == "drift"} == set(CHECKS)


def test_a_first_publication_has_nothing_to_be_compared_with(history):
    _, told = history
    assert told["first"] is None
    assert told["first diff"] == []
    assert told["first verdicts"] == {(check, "network"): ("not_applicable", 0, 0) for check in CHECKS}
    assert told["first summary"] == ""


def test_the_same_deliveries_differ_in_nothing(history):
    _, told = history
    assert told["same"] is None
    assert told["same diff"] == []
    statuses = {
        check: {value[0] for (of, _), value in told["same verdicts"].items() if of == check} for check in CHECKS
    }
    assert statuses == {
        # All forms of this network are of two months, which no later month follows.
        check: {"not_applicable" if check == "completeness_fell_lately" else "pass"}
        for check in CHECKS
    }
    assert told["same summary"].endswith("the same deliveries, code and seeds")


def test_figures_are_traced_to_files(history):
    """Each clinic's patients have all of their records in eight files."""
    _, told = history
    records = {
        (FIRST, "patients.csv"): 12,
        (FIRST, "diagnoses.csv"): 12,
        (FIRST, "vitals.csv"): 24,
        (FIRST, "assessments.csv"): 12,
        (FIRST, "assessment_responses.csv"): 240,
        (SECOND, "medication_administrations.csv"): 72,
        (SECOND, "vitals.csv"): 24,
        (SECOND, "assessments.csv"): 12,
        (SECOND, "assessment_responses.csv"): 240,
    }
    assert told["sources"] == sorted(
        (site, day, file, n_records, 12, 12) for site in SITES for (day, file), n_records in records.items()
    )


MOVED_BY = {
    "01": "ehr/site=01/delivered_on=2024-05-02: changed vitals.csv",
    "02": "ehr/site=02/delivered_on=2024-05-02: changed assessment_responses.csv",
    "03": "ehr/site=03/delivered_on=2024-05-02: changed assessment_responses.csv; "
    "ehr/site=03/delivered_on=2024-02-29: changed patients.csv",
}


def test_changed_deliveries_are_named(history):
    warehouse, told = history
    assert told["moved"] is None
    assert warehouse.rows(
        "select kind, site_id, subject, change from audit.publication_diff "
        "where kind in ('delivery', 'code', 'seed', 'package') order by all"
    ) == [
        ("delivery", "01", "ehr/site=01/delivered_on=2024-05-02/vitals.csv", "changed"),
        ("delivery", "02", "ehr/site=02/delivered_on=2024-05-02/assessment_responses.csv", "changed"),
        ("delivery", "03", "ehr/site=03/delivered_on=2024-02-29/patients.csv", "changed"),
        ("delivery", "03", "ehr/site=03/delivered_on=2024-05-02/assessment_responses.csv", "changed"),
    ]
    assert warehouse.rows(
        "select distinct is_code_changed, is_seed_changed, difference is distinct from after - before "
        "from audit.publication_diff"
    ) == [(False, False, False)]


def test_lost_records_are_found_with_their_months(history):
    warehouse, _ = history
    assert warehouse.rows(
        "select site_id, subject, period, n_before, n_after, difference, moved_by from audit.publication_diff "
        "where kind = 'volume' and subject = 'vitals' order by all"
    ) == [
        ("01", "vitals", "2024-03", 12, 6, -6.0, MOVED_BY["01"]),
        ("01", "vitals", "2024-04", 12, 6, -6.0, MOVED_BY["01"]),
        ("01", "vitals", "all", 48, 36, -12.0, MOVED_BY["01"]),
    ]
    verdicts = warehouse.verdicts()
    assert verdicts["delivery_volume_dropped", "01"] == ("fail", 12, 48)
    # The answers that clinic 02 sends no longer: 72 of 480.
    assert verdicts["delivery_volume_dropped", "02"] == ("fail", 72, 480)
    assert verdicts["delivery_volume_dropped", "03"][:2] == ("pass", 0)


def test_lost_items_of_a_questionnaire_are_found(history):
    warehouse, _ = history
    rows = warehouse.rows(
        "select site_id, subject, detail, before, after, n_before, n_after, n_of_after, moved_by "
        "from audit.publication_diff where kind = 'questionnaire' order by all"
    )
    assert rows == [
        *(("02", "PCL-5", f"answers of item {item}", 1.0, 0.5, 24, 12, 24, MOVED_BY["02"]) for item in range(15, 21)),
        ("02", "PCL-5", "items of the newest forms", 20.0, 14.0, 20, 14, None, MOVED_BY["02"]),
    ]
    verdicts = warehouse.verdicts()
    assert verdicts["questionnaire_template_changed", "02"] == ("fail", 72, 480)
    assert verdicts["questionnaire_template_changed", "01"] == ("pass", 0, 480)
    # Without their last items the forms are not valid: nobody of the twelve has one in March any longer.
    assert warehouse.rows(
        "select site_id, period, before, after, n_of_before, n_of_after, moved_by from audit.publication_diff "
        "where kind = 'completeness' and subject = 'PCL-5' order by all"
    ) == [("02", "2024-03", 1.0, 0.0, 12, 12, MOVED_BY["02"])]
    assert verdicts["completeness_dropped", "02"] == ("fail", 12, 12)
    assert verdicts["completeness_dropped", "01"] == ("pass", 0, 12)


def test_unknown_words_that_are_new_and_gone_are_found(history):
    warehouse, _ = history
    assert warehouse.rows(
        "select site_id, subject, detail, change, n_before, n_after, moved_by from audit.publication_diff "
        "where kind = 'unmapped_value' order by all"
    ) == [
        ("03", "patients.race", "martian", "new", None, 3, MOVED_BY["03"]),
        ("03", "patients.race", "venusian", "gone", 1, None, MOVED_BY["03"]),
    ]
    verdicts = warehouse.verdicts()
    assert verdicts["unmapped_values_grew", "03"] == ("fail", 3, 12)
    # A clinic without unknown words: all of its 12 + 12 + 36 + 72 + 24 + 480 records were looked at.
    assert verdicts["unmapped_values_grew", "01"] == ("pass", 0, 636)


def test_figures_that_moved_name_population_and_deliveries(history):
    """Before, 18 of 36 respond. The twelve forms of clinic 02 are lost (6 of them of responders), and one of clinic 03
    responds more: 13 of 24."""
    warehouse, _ = history
    (row,) = warehouse.rows(
        "select site_id, before, after, n_before, n_after, n_of_before, n_of_after, moved_by "
        "from audit.publication_diff where kind = 'figure' and study_id = 'ptsd_kit' and subject = 'response_rate' "
        "and detail = 'PCL-5, infusion_6, at, observed, all'"
    )
    # The newest deliveries first.
    second = [f"ehr/site={site}/delivered_on={SECOND}: changed" for site in SITES]
    assert row == (
        *("network", 0.5, 13 / 24, 18, 13, 36, 24),
        f"{second[0]} vitals.csv; {second[1]} assessment_responses.csv; {second[2]} assessment_responses.csv; "
        f"ehr/site=03/delivered_on={FIRST}: changed patients.csv",
    )
    assert warehouse.rows(
        "select site_id, before, after, n_of_after, moved_by from audit.publication_diff where kind = 'figure' "
        "and study_id = 'ptsd_kit' and subject = 'outcome_data_rate' and detail = 'PCL-5, site'"
    ) == [("02", 1.0, 0.0, 12, MOVED_BY["02"])]
    status, n_moved, n_figures = warehouse.verdicts()["figures_moved", "ptsd_kit"]
    assert status == "fail"
    assert 0 < n_moved < n_figures
    assert warehouse.verdicts()["figures_moved_alone", "network"] == ("not_applicable", 0, 0)


def test_the_summary_tells_it_without_values_of_patients(history):
    warehouse, _ = history
    text = warehouse.summary()
    assert "delivered files changed: 4" in text
    assert f"clinic 01, vitals: 48 records before, 36 now ({MOVED_BY['01']})" in text
    assert "questionnaire_template_changed, clinic 02: 72 of 480 (15.00 %)" in text
    assert "outcome data of ptsd_kit: 100.0 % before, 66.7 % now" in text
    assert "martian" not in text


def test_code_that_moves_figures_alone_is_told(history, tmp_path):
    """The same candidate, said to be of the deliveries that stand and of other code."""
    warehouse, _ = history
    candidate = tmp_path / "candidate.duckdb"
    shutil.copy(warehouse.folder / "candidate.duckdb", candidate)
    standing = (warehouse.folder / "current").resolve() / "kit.duckdb"
    with duckdb.connect(str(standing), read_only=True) as connection:
        sources = [
            provenance.Source(kind, name, "other" if kind == "code" else digest, None, *place)
            for kind, name, digest, *place in connection.execute(
                "select kind, name, digest, site_id, delivered_on, file from audit.provenance where kind <> 'table'"
            ).fetchall()
        ]
    assert drift.compare(candidate, standing, sources) is None
    with duckdb.connect(str(candidate), read_only=True) as connection:
        flags = connection.execute(
            "select distinct moved_by, is_code_changed, is_seed_changed from audit.publication_diff"
        ).fetchall()
        n_alone = connection.execute(
            "select n_violating from audit.check_measurements "
            "where check_id = 'figures_moved_alone' and subject = 'ptsd_kit'"
        ).fetchone()[0]
    assert flags == [(None, True, False)]
    assert n_alone > 0


def test_a_publication_that_cannot_be_compared_is_an_error_and_no_pass(history, tmp_path):
    warehouse, _ = history
    candidate = tmp_path / "candidate.duckdb"
    shutil.copy(warehouse.folder / "candidate.duckdb", candidate)
    damaged = tmp_path / "kit.duckdb"
    damaged.write_bytes(b"no warehouse")
    assert drift.compare(candidate, damaged, [])
    with duckdb.connect(str(candidate), read_only=True) as connection:
        assert connection.execute("from audit.publication_diff").fetchall() == []
        named = ", ".join(f"'{check}'" for check in CHECKS)
        assert connection.execute(
            f"select distinct n_checked, has_error from audit.check_measurements where check_id in ({named})"
        ).fetchall() == [(0, True)]


def test_refreshes_tell_what_the_last_delivery_moved(tmp_path, run_refresh, trust, capsys):
    """The whole way, with a network of which the last delivery of a clinic comes later (only with KIT_TRUST=full)."""
    if not trust.is_full:
        pytest.skip("make trust")
    raw = synthesize(tmp_path / "raw", 100, trust.seed)
    clinic = max((raw / "ehr").glob("site=*"), key=lambda path: sum(1 for _ in path.rglob("*.*")))
    late = sorted(clinic.iterdir())[-1]
    shutil.move(late, tmp_path / "late")
    warehouse = tmp_path / "warehouse"
    assert run_refresh(raw, warehouse) == 0
    assert "Since the publication before" not in capsys.readouterr().out
    shutil.move(tmp_path / "late", late)
    assert run_refresh(raw, warehouse) == 0
    assert "Since the publication before" in capsys.readouterr().out
    with duckdb.connect(str(warehouse / "kit.duckdb"), read_only=True) as connection:
        n_rows, n_laid_to_it = connection.execute(
            "select count(*), count(*) filter (where contains(moved_by, ?)) from audit.publication_diff "
            "where kind not in ('delivery', 'code', 'seed', 'package')",
            [late.relative_to(raw).as_posix()],
        ).fetchone()
        new = connection.execute(
            "select count(*) from audit.publication_diff where kind = 'delivery' and change = 'new'"
        ).fetchone()[0]
    assert n_rows == n_laid_to_it > 0
    assert new == sum(1 for path in late.iterdir() if path.name != "read me.txt")
    assert run_refresh(raw, warehouse, force=True) == 0
    with duckdb.connect(str(warehouse / "kit.duckdb"), read_only=True) as connection:
        assert connection.execute("from audit.publication_diff").fetchall() == []
    trust.tell("numbers that a late delivery moved, laid to it", f"{n_laid_to_it:,} of {n_rows:,}")
