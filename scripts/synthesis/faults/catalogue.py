"""Every fault that can be planted, by its name in seeds/quality/faults.csv, in the order of that seed."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from synthesis.faults import fhir, flat, omop
from synthesis.faults.flat import (
    ANSWERS,
    DIAGNOSES,
    EVENTS,
    FORMS,
    GIVEN,
    MEDICATIONS,
    PATIENTS,
    POUNDS,
    VITALS,
    Plant,
    at_clock,
    both,
    change,
    copies,
    file_beside,
    first_of,
    has,
    in_milligrams,
    is_completed,
    is_form,
    is_infusion,
    is_weight,
    later,
    lower,
    on_day,
    scaled,
)
from synthesis.faults.writing import day_of, has_clock, value, with_day


@dataclass(frozen=True)
class Planter:
    """How a fault is planted, and into deliveries of which format."""

    format: str
    plant: Plant


ANY_DAY = date(1900, 1, 1)
EXPORT_DAY = date(2023, 10, 2)
KILOPASCAL = Decimal("0.1333")  # of a mmHg
IMPORT_DAYS = (3, 17)  # after it
IS_HEART_RATE = has("vital", "heart_rate", "heart rate", "pulse")
IS_SYSTOLIC = has("vital", "systolic_bp", "systolic bp", "systolic blood pressure")
IS_PTSD_CODE = has("code", "f43.10", "f43.12", "f43.11", "f4310", "f4312", "f4311")

FLAT: dict[str, Plant] = {
    "test_patients": both(
        change(PATIENTS, "last_name", "Zztest", has("first_name")),
        change(PATIENTS, "is_test", "true", has("first_name")),
    ),
    "duplicate_patient": flat.two_charts,
    "administration_exported_twice": flat.exported_twice,
    "bolus_and_drip": flat.bolus_and_drip,
    "add_on_code_billed": file_beside("billing.csv", b"1,000001,96365,1,2024-03-01", b"2,000001,96366,1,2024-03-01"),
    "package_billed_on_first_day": file_beside("packages.csv", b"1,000001,J3490,6,2024-03-01"),
    "cancelled_with_drafted_note": copies(
        GIVEN, is_infusion, status="not-done", started_at=later("started_at", 1), ended_at="", encounter_id=""
    ),
    "entered_in_error": copies(
        GIVEN, is_infusion, status="entered-in-error", started_at=later("started_at", 1), ended_at=""
    ),
    "order_without_administration": copies(
        MEDICATIONS, None, medication="Ketamine infusion, series of 6", route="IV", status="active", stopped_on=""
    ),
    "route_blank": change(GIVEN, "route", "", is_infusion),
    "esketamine_named_alike": copies(
        GIVEN,
        is_infusion,
        medication="Spravato (esketamine) 56 mg ketamine nasal",
        rxnorm_code="",
        route="Intranasal",
        dose="56",
        dose_unit="mg",
        started_at=later("started_at", 1),
        ended_at="",
        concentration_mg_per_ml="",
    ),
    "troche_at_home": copies(
        GIVEN,
        is_infusion,
        medication="Ketamine troche 100 mg",
        rxnorm_code="",
        route="SL",
        dose="100",
        dose_unit="mg",
        started_at=later("started_at", 1),
        ended_at="",
        concentration_mg_per_ml="",
    ),
    "esketamine_authorised": file_beside("authorizations.csv", b"1,000001,G2082,1,2024-03-01"),
    "pounds_stored_as_kilograms": change(
        VITALS, "value", scaled("value", POUNDS), lambda row: is_weight(row) and lower(row, "unit") == "kg"
    ),
    "kilograms_stored_as_pounds": change(
        VITALS, "unit", "lb", lambda row: is_weight(row) and lower(row, "unit") == "kg"
    ),
    "height_in_weight_field": flat.heights_as_weights,
    "weight_copied_forward": flat.copied_weights,
    "mg_per_kg_typed_as_mg": change(GIVEN, "dose", "0.5", in_milligrams),
    "mg_typed_as_mg_per_kg": change(
        GIVEN, "dose", "75", lambda row: is_infusion(row) and lower(row, "dose_unit").replace(" ", "") == "mg/kg"
    ),
    "concentration_as_dose": both(
        change(GIVEN, "dose", "50", in_milligrams), change(GIVEN, "concentration_mg_per_ml", "50", in_milligrams)
    ),
    "salt_in_the_name": change(
        GIVEN,
        "medication",
        "KETAMINE HCl 50 mg/mL",
        lambda row: is_infusion(row) and "50" not in lower(row, "medication"),
    ),
    "stopped_with_full_dose": flat.stopped_with_full_dose,
    "ends_before_it_starts": change(
        GIVEN,
        "ended_at",
        lambda row: flat.shifted(value(row, "ended_at"), -1),
        lambda row: is_infusion(row) and bool(value(row, "ended_at")),
    ),
    "given_before_birth": change(GIVEN, "started_at", on_day("started_at", ANY_DAY), is_infusion),
    "given_in_the_future": change(GIVEN, "started_at", on_day("started_at", date(2031, 5, 1)), is_infusion),
    "given_after_death": flat.died_before_treatment,
    "shifted_to_utc": change(
        GIVEN,
        "started_at",
        at_clock("started_at", "02:30"),
        lambda row: is_infusion(row) and has_clock(value(row, "started_at")) and not value(row, "ended_at"),
    ),
    "hour_of_clock_change": change(
        VITALS,
        "measured_at",
        at_clock("measured_at", "02:30"),
        lambda row: IS_HEART_RATE(row) and has_clock(value(row, "measured_at")),
    ),
    "days_and_months_exchanged": flat.days_and_months_exchanged,
    "spreadsheet_serial_dates": change(VITALS, "measured_at", "45292"),
    "day_before_month": change(
        VITALS,
        "measured_at",
        lambda row: (day_of(value(row, "measured_at")) or ANY_DAY).strftime("%d/%m/%Y"),
        lambda row: (day_of(value(row, "measured_at")) or ANY_DAY).day > 12,
    ),
    "sentinel_dates": change(
        DIAGNOSES,
        "recorded_at",
        lambda row: with_day(value(row, "recorded_at"), date(9999, 12, 31)),
        has("recorded_at"),
    ),
    "partial_dates": change(DIAGNOSES, "recorded_at", "2021", has("recorded_at")),
    "total_above_maximum": change(FORMS, "total_score", "96", is_form("pcl5", "ptsd")),
    "pcl_c_stored_as_pcl_5": change(
        ANSWERS, "response", "5", lambda row: value(row, "item_number") in ("13", "14", "15", "16", "17")
    ),
    "items_counted_from_one": flat.items_from_one,
    "total_differs_from_items": change(
        FORMS,
        "total_score",
        lambda row: str(int(value(row, "total_score")) - 3),
        lambda row: (
            is_form("pcl5", "phq9", "patienthealth", "ptsd", "gad7", "qids")(row) and int(value(row, "total_score")) > 5
        ),
    ),
    "missing_items_counted_as_zero": flat.total_of_too_few,
    "tenth_item_of_phq_9_counted": change(FORMS, "total_score", "30", is_form("phq9", "patienthealth")),
    "phq_2_stored_as_phq_9": flat.two_items_only,
    "qids_summed_over_all_items": change(FORMS, "total_score", "41", is_form("qids")),
    "score_as_text": change(FORMS, "total_score", "47/80", is_form("pcl5", "ptsd", "phq9", "patienthealth")),
    "two_forms_on_one_day": copies(
        FORMS,
        lambda row: is_form("pcl5", "phq9", "ptsd", "patienthealth")(row) and has_clock(value(row, "completed_at")),
        total_score=lambda row: str(max(int(value(row, "total_score")) - 2, 0)),
        completed_at=at_clock("completed_at", "07:15"),
        started_at="",
        sent_at="",
        updated_at="",
    ),
    "form_exported_twice": copies(FORMS, is_form("pcl5", "phq9", "ptsd", "patienthealth")),
    "unfinished_form_with_total": copies(
        FORMS, is_form("pcl5", "phq9", "ptsd", "patienthealth"), status="in-progress", completed_at="", updated_at=""
    ),
    "straight_lined": flat.straight_lined,
    "baseline_after_infusion": flat.forms_copied(lambda _: 0, "23:40"),
    "baseline_too_old": flat.forms_copied(lambda _: -45, "10:00"),
    "form_long_after_infusion": flat.forms_copied(lambda _: -200, "10:00"),
    "baseline_of_zero": flat.baseline_of_zero,
    "codes_spelled_otherwise": change(
        DIAGNOSES,
        "code",
        lambda row: value(row, "code").lower().replace(".", "").split(";")[0].split(" ")[0] + " ",
        lambda row: IS_PTSD_CODE(row),
    ),
    "rule_out_in_words": change(
        DIAGNOSES, "code", lambda row: f"{value(row, 'code')} - r/o post-traumatic stress disorder", IS_PTSD_CODE
    ),
    "icd_9_in_icd_10_column": both(
        change(DIAGNOSES, "code", "309.81", IS_PTSD_CODE),
        change(DIAGNOSES, "code_system", "ICD-10-CM", has("code", "309.81"), rate=1.0),
    ),
    "ruled_out_diagnosis": copies(DIAGNOSES, has("code"), code="F43.10", status="rule-out", description=""),
    "history_of_diagnosis": copies(DIAGNOSES, has("code"), code="Z86.59", description="History of PTSD"),
    "several_codes_in_a_cell": change(
        DIAGNOSES,
        "code",
        lambda row: f"{value(row, 'code')}; Z79.899",
        lambda row: ";" not in value(row, "code") and " " not in value(row, "code"),
    ),
    "code_before_it_existed": both(
        change(
            DIAGNOSES,
            "code",
            "F32.A",
            lambda row: (day_of(value(row, "recorded_at")) or EXPORT_DAY) < date(2021, 10, 1) and not IS_PTSD_CODE(row),
        ),
    ),
    "recorded_on_day_of_export": change(
        DIAGNOSES, "recorded_at", on_day("recorded_at", EXPORT_DAY), has("recorded_at")
    ),
    "drug_code_transposed": change(
        GIVEN, "rxnorm_code", "6103", lambda row: is_infusion(row) and "ketam" in lower(row, "medication")
    ),
    "drug_code_of_another": change(
        GIVEN, "rxnorm_code", "2119365", lambda row: is_infusion(row) and "ketamine" in lower(row, "medication")
    ),
    "visit_is_missing": change(GIVEN, "encounter_id", "E-NOWHERE", is_infusion),
    "patient_is_missing": change(VITALS, "patient_id", "NO-SUCH-PATIENT"),
    "broken_lines": flat.broken_lines,
    "truncated_file": flat.cut_off,
    "instrument_unknown": change(FORMS, "instrument", "PTSD short screen 2024", is_completed),
    "answers_in_another_language": change(ANSWERS, "response", "Moderatamente"),
    "zip_lost_its_zero": change(PATIENTS, "zip_code", "4101", has("zip_code")),
    "zip_with_four_more": change(
        PATIENTS, "zip_code", lambda row: f"{value(row, 'zip_code')}-1234", lambda row: len(value(row, "zip_code")) == 5
    ),
    "zip_foreign": change(PATIENTS, "zip_code", "M5V 2T6", has("zip_code")),
    "older_than_89": change(PATIENTS, "birth_date", on_day("birth_date", date(1926, 2, 3)), has("birth_date")),
    "contact_data_in_text": change(EVENTS, "event", "Nausea, call 503-555-0199 or ann@example.invalid"),
    "clinic_without_forms": flat.remove_forms,
    "history_cut_off": flat.history_cut_off,
    "forms_arrive_late": flat.late_arrival,
    "optional_column_renamed": flat.rename_column(FORMS, "recall_days", "lookback_days"),
    "delivery_of_a_later_year": flat.last_delivery_in_a_later_year,
    "column_renamed": flat.rename_column(VITALS, "measured_at", "taken_at"),
    "columns_in_other_order": flat.reorder_columns,
    "column_too_many": flat.add_column,
    "decimal_comma": change(VITALS, "value", lambda row: value(row, "value").split(".")[0] + ",5", is_weight),
    "sex_not_told": change(PATIENTS, "sex", "X", has("sex")),
    "several_races": change(PATIENTS, "race", "White; Asian", has("race")),
    "filled_in_by_staff": change(FORMS, "channel", "staff", is_completed),
    "both_pressures_in_a_cell": change(VITALS, "value", "120/80", IS_SYSTOLIC),
    "pressures_swapped": change(VITALS, "value", "41", IS_SYSTOLIC),
    "weight_without_unit": both(change(VITALS, "unit", "", is_weight)),
    "pounds_in_all_weights": change(
        VITALS, "value", scaled("value", POUNDS), lambda row: is_weight(row) and lower(row, "unit") == "kg"
    ),
    "weight_by_default": change(VITALS, "value", "70", lambda row: is_weight(row) and lower(row, "unit") == "kg"),
    "dose_by_default": change(GIVEN, "dose", "50", in_milligrams),
    "birth_date_by_default": change(PATIENTS, "birth_date", on_day("birth_date", date(1970, 1, 1)), has("birth_date")),
    "birth_years_only": change(PATIENTS, "birth_date", first_of("birth_date", "year"), has("birth_date")),
    "sex_by_default": change(PATIENTS, "sex", "F", has("sex")),
    "second_chart_not_merged": copies(PATIENTS, has("birth_date"), merged_into=""),
    "files_misnamed": flat.misnamed_files,
    "codes_cut_off": change(DIAGNOSES, "code", "F43", IS_PTSD_CODE),
    "recorded_on_days_of_import": change(
        DIAGNOSES,
        "recorded_at",
        lambda row: with_day(
            value(row, "recorded_at"), EXPORT_DAY + timedelta(days=IMPORT_DAYS[flat.of_patient(row)[-1] in "02468"])
        ),
        has("recorded_at"),
    ),
    "onset_years_only": change(DIAGNOSES, "onset_on", first_of("onset_on", "year"), has("onset_on")),
    "form_months_only": change(FORMS, "completed_at", first_of("completed_at", "month"), is_completed),
    "answers_lost": flat.answers_lost,
    "answers_copied": flat.answers_copied,
    "forms_left_open": change(FORMS, "status", "sent", is_completed),
    "sent_after_completion": change(
        FORMS,
        "sent_at",
        lambda row: flat.shifted(value(row, "completed_at"), 1),
        lambda row: is_completed(row) and bool(value(row, "sent_at")),
    ),
    "pressures_in_kilopascal": change(VITALS, "value", scaled("value", KILOPASCAL), IS_SYSTOLIC),
    "ketamine_called_esketamine": both(
        change(GIVEN, "rxnorm_code", "", is_infusion, by=flat.of_patient),
        change(GIVEN, "medication", "Esketamine infusion", is_infusion, by=flat.of_patient),
    ),
    "administrations_not_delivered": flat.nothing_given,
    "totals_counted_from_one": change(
        FORMS,
        "total_score",
        lambda row: str(int(value(row, "total_score")) + 9),
        lambda row: is_form("phq9", "patienthealth")(row) and int(value(row, "total_score")) <= 18,
    ),
}

PLANTERS: dict[str, Planter] = (
    {name: Planter("ehr", plant) for name, plant in FLAT.items()}
    | {name: Planter("fhir", plant) for name, plant in fhir.FAULTS.items()}
    | {name: Planter("omop", plant) for name, plant in omop.FAULTS.items()}
)
