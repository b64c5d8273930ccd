"""Networks with faults planted into them, for the tests of what catches a fault."""

from __future__ import annotations

import csv
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from synthesis.faults.planting import Wish, plant_faults
from synthesis.network import write_network

ROOT = Path(__file__).resolve().parents[2]
CODED = "c"  # before the ids of the sites that deliver FHIR or OMOP, so that both networks can be one
PATIENTS, CODED_PATIENTS = 300, 160
# sites whose habits a fault needs, or which are large enough for a share of them to be judged
SITES = {
    "mg_typed_as_mg_per_kg": "04",
    "qids_summed_over_all_items": "05",
    "pounds_stored_as_kilograms": "01",
    "kilograms_stored_as_pounds": "05",
    "height_in_weight_field": "07",
    "weight_copied_forward": "01",
    "concentration_as_dose": "01",
    "stopped_with_full_dose": "03",
    "shifted_to_utc": "05",
    "items_counted_from_one": "07",
    "missing_items_counted_as_zero": "04",
    "phq_2_stored_as_phq_9": "03",
    "two_forms_on_one_day": "10",
    "icd_9_in_icd_10_column": "01",
    "rule_out_in_words": "02",
    "code_before_it_existed": "03",
    "recorded_on_day_of_export": "05",
    "instrument_unknown": "05",
    "zip_lost_its_zero": "07",
    "zip_foreign": "04",
    "clinic_without_forms": "06",
    "history_cut_off": "02",
    "sex_not_told": "05",
    "baseline_of_zero": "01",
    "several_races": "05",
    "filled_in_by_staff": "01",
    "fhir_items_renamed": "01",
    "fhir_answers_in_another_language": "03",
    "fhir_code_system_unknown": "01",
    "omop_drug_unknown": "02",
    "omop_route_unknown": "06",
    "pounds_in_all_weights": "01",
    "weight_by_default": "02",
    "dose_by_default": "03",
    "birth_date_by_default": "01",
    "birth_years_only": "02",
    "sex_by_default": "04",
    "second_chart_not_merged": "03",
    "files_misnamed": "06",
    "codes_cut_off": "01",
    "recorded_on_days_of_import": "04",
    "onset_years_only": "03",
    "form_months_only": "02",
    "answers_lost": "01",
    "answers_copied": "03",
    "forms_left_open": "05",
    "sent_after_completion": "07",
    "pressures_in_kilopascal": "06",
    "ketamine_called_esketamine": "07",
    "administrations_not_delivered": "11",
    "totals_counted_from_one": "10",
    "days_and_months_exchanged": "02",
    "optional_column_renamed": "12",
    "delivery_of_a_later_year": "09",
}
# of a whole clinic: planted into a network of their own, where a chart shows nothing odd
OF_A_CLINIC = (
    "pounds_in_all_weights",
    "weight_by_default",
    "dose_by_default",
    "birth_date_by_default",
    "birth_years_only",
    "sex_by_default",
    "second_chart_not_merged",
    "files_misnamed",
    "codes_cut_off",
    "recorded_on_days_of_import",
    "onset_years_only",
    "form_months_only",
    "answers_lost",
    "answers_copied",
    "forms_left_open",
    "sent_after_completion",
    "pressures_in_kilopascal",
    "ketamine_called_esketamine",
    "administrations_not_delivered",
    "totals_counted_from_one",
    "days_and_months_exchanged",
    "optional_column_renamed",
    "delivery_of_a_later_year",
)
# what a system or a template does wrong it does often
RATES = dict.fromkeys(
    (
        "shifted_to_utc",
        "items_counted_from_one",
        "phq_2_stored_as_phq_9",
        "recorded_on_day_of_export",
        "instrument_unknown",
        "zip_lost_its_zero",
        "zip_foreign",
        "filled_in_by_staff",
        "two_forms_on_one_day",
        "several_races",
        "sex_not_told",
        "code_before_it_existed",
        "rule_out_in_words",
    ),
    0.6,
) | {
    "weight_copied_forward": 0.3,
    "items_counted_from_one": 1.0,
    "straight_lined": 0.9,
    "baseline_of_zero": 0.5,
    **dict.fromkeys(OF_A_CLINIC, 1.0),
    "birth_date_by_default": 0.3,
    "forms_left_open": 0.3,
    "ketamine_called_esketamine": 0.3,
    "birth_years_only": 0.5,
    "second_chart_not_merged": 0.2,
    "onset_years_only": 0.6,
    "form_months_only": 0.5,
    "answers_lost": 0.5,
    "phq_2_stored_as_phq_9": 0.3,
}


@dataclass
class Fault:
    """A row of the catalogue."""

    name: str
    format: str
    outcome: str
    caught_by: str
    rule: str


@dataclass
class Planted:
    """A network with faults: its deliveries, and for each fault the rows of the truth."""

    raw: Path
    places: dict[str, list[dict[str, str]]] = field(default_factory=dict)

    def records(self, fault: str) -> set[tuple[str, str, str, int]]:
        """Where the records of a fault lie: site, delivery, file, row."""
        return {
            (row["site_id"], row["delivered_on"], row["file"], int(row["row_number"]))
            for row in self.places[fault]
            if row["row_number"]
        }

    def files(self, fault: str) -> set[tuple[str, str, str]]:
        """The files that a fault is in."""
        return {(row["site_id"], row["delivered_on"], row["file"]) for row in self.places[fault]}

    def keys(self, fault: str) -> set[tuple[str, str]]:
        """Site and id of the records of a fault."""
        return {(row["site_id"], row["record_key"]) for row in self.places[fault]}

    def site(self, fault: str) -> str:
        """The site that a fault was planted at."""
        return self.places[fault][0]["site_id"]


def catalogue() -> list[Fault]:
    """All rows of seeds/quality/faults.csv."""
    with (ROOT / "seeds/quality/faults.csv").open(newline="", encoding="utf-8") as stream:
        return [
            Fault(row["fault_id"], row["format"], row["outcome"], row["caught_by"], row["rule"])
            for row in csv.DictReader(stream)
        ]


def write_faulty_network(raw: Path, seed: int, faults: list[Fault], rate: float = 0.1) -> Planted:
    """One network of flat, FHIR and OMOP deliveries with all of these faults in it, no two in one record."""
    planted = Planted(raw)
    coded = raw.parent / f"{raw.name}.coded"
    for folder, patients, formats, mark in (
        (raw, PATIENTS, ("ehr",), ""),
        (coded, CODED_PATIENTS, ("fhir", "omop"), CODED),
    ):
        shutil.rmtree(folder, ignore_errors=True)
        write_network(patients, seed, folder, formats)
        wishes = tuple(
            Wish(fault.name, RATES.get(fault.name, rate), SITES.get(fault.name, ""))
            for fault in faults
            if fault.format in formats
        )
        plant_faults(folder, wishes, seed)
        with (folder / "truth" / "faults.csv").open(newline="", encoding="utf-8") as stream:
            for row in csv.DictReader(stream):
                planted.places.setdefault(row["fault"], []).append(row | {"site_id": mark + row["site_id"]})
    for site in coded.glob("*/site=*"):
        target = raw / site.parent.name / f"site={CODED}{site.name.removeprefix('site=')}"
        target.parent.mkdir(exist_ok=True)
        shutil.move(site, target)
    shutil.rmtree(coded)
    return planted


def differences(
    warehouse: Path, other: Path, schema: str = "marts", but: frozenset[tuple[str, str]] = frozenset()
) -> dict[str, int]:
    """Tables of a schema in which rows differ, with how many; `but`: columns left out, as (table, column)."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{warehouse}' as one (read_only)")
        connection.execute(f"attach '{other}' as two (read_only)")
        columns: dict[str, list[str]] = {}
        for table, column in connection.execute(
            "select table_name, column_name from duckdb_columns() where database_name = 'one' and schema_name = ?",
            [schema],
        ).fetchall():
            if (table, column) not in but:
                columns.setdefault(table, []).append(f'"{column}"')
        found = {}
        for table, names in sorted(columns.items()):
            row = ", ".join(names)
            here, there = (f"select {row} from {name}.{schema}.{table}" for name in ("one", "two"))
            n = connection.execute(
                f"select count(*) from (({here} except all {there}) union all ({there} except all {here}))"
            ).fetchall()[0][0]
            if n:
                found[table] = n
        return found


OF_PATIENTS = (
    "patients",
    "diagnoses",
    "medications",
    "medication_administrations",
    "vitals",
    "assessments",
    "adverse_events",
)
MARTS_OF_PATIENTS = ("patients", "infusions", "inductions", "assessments", "cohort_patients", "outcomes")
_PLACE = {"file", "row_number"}


def touched_patients(warehouse: Path, other: Path) -> set[tuple[str, str]]:
    """(site_id, patient_id) of the flat deliveries whose delivered records differ between two warehouses.

    Whoever was merged with one of them is touched too.
    """
    with duckdb.connect() as connection:
        connection.execute(f"attach '{warehouse}' as one (read_only)")
        connection.execute(f"attach '{other}' as two (read_only)")
        touched: set[tuple[str, str]] = set()
        for table in (*OF_PATIENTS, "assessment_responses"):
            columns = [
                f'delivered."{column}"'
                for (column,) in connection.execute(
                    "select column_name from duckdb_columns() "
                    "where database_name = 'one' and schema_name = 'raw' and table_name = ? order by column_index",
                    [table],
                ).fetchall()
                if column not in _PLACE
            ]
            of_patient, join = "delivered.patient_id", ""
            if table == "assessment_responses":
                of_patient = "forms.patient_id"
                join = (
                    "left join (select site_id, assessment_id, min(patient_id) as patient_id "
                    "from {database}.raw.assessments group by all) as forms "
                    "on delivered.site_id = forms.site_id and delivered.assessment_id = forms.assessment_id"
                )
            here, there = (
                f"select {of_patient} as of_patient, {', '.join(columns)} from {database}.raw.{table} as delivered "
                + join.format(database=database)
                for database in ("one", "two")
            )
            touched |= set(
                connection.execute(
                    f"select distinct site_id, of_patient from (({here} except all {there}) union all "
                    f"({there} except all {here})) where of_patient is not null"
                ).fetchall()
            )
        links = [
            link
            for database in ("one", "two")
            for link in connection.execute(
                f"select site_id, patient_id, merged_into from {database}.raw.patients where merged_into is not null"
            ).fetchall()
        ]
    is_growing = True
    while is_growing:
        before = len(touched)
        for site, patient, other_patient in links:
            if {(site, patient), (site, other_patient)} & touched:
                touched |= {(site, patient), (site, other_patient)}
        is_growing = len(touched) > before
    return touched


def moved_patients(warehouse: Path, other: Path, touched: set[tuple[str, str]]) -> dict[str, list[tuple]]:
    """Rows of the marts that differ although nothing of their patient was touched: (site_id, patient_id) by table."""
    found = {}
    with duckdb.connect() as connection:
        connection.execute(f"attach '{warehouse}' as one (read_only)")
        connection.execute(f"attach '{other}' as two (read_only)")
        for table in MARTS_OF_PATIENTS:
            rows = connection.execute(
                f"with moved as ((select * from one.marts.{table} except all select * from two.marts.{table}) "
                f"union all (select * from two.marts.{table} except all select * from one.marts.{table})), "
                "people as (select patient_key, site_id, patient_id from one.core.patients "
                "union select patient_key, site_id, patient_id from two.core.patients) "
                "select distinct site_id, patient_id from moved inner join people using (patient_key) "
                "where not starts_with(site_id, ?)",
                [CODED],
            ).fetchall()
            moved = sorted(set(rows) - touched)
            if moved:
                found[table] = moved
    return found
