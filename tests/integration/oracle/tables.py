"""The eight flat tables: columns in their documented order, which are required, and how their text is typed."""

from typing import NamedTuple


class Column(NamedTuple):
    """One column: its name, type (text, date, timestamp, number, integer, boolean) and whether it is required."""

    name: str
    kind: str = "text"
    required: bool = False


class Table(NamedTuple):
    """One table: name, key columns, columns in order, the column that names the parent and the parent's table."""

    name: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    parent_column: str | None = None
    parent_table: str | None = None
    identifiers: tuple[str, ...] = ()


def _columns(text: str) -> tuple[Column, ...]:
    """Columns from a compact notation: `name*:kind`, kind omitted for text; `updated_at` is always the last."""
    columns = []
    for word in f"{text} updated_at:timestamp".split():
        name, _, kind = word.partition(":")
        columns.append(Column(name.rstrip("*"), kind or "text", name.endswith("*")))
    return tuple(columns)


TABLES = {
    table.name: table
    for table in (
        Table(
            "patients", ("patient_id",),
            _columns("patient_id* birth_date*:date sex race ethnicity zip_code deceased_on:date is_test:boolean "
                     "merged_into"),
            identifiers=("mrn", "first_name", "last_name", "email", "phone", "address"),
        ),
        Table(
            "diagnoses", ("diagnosis_id",),
            _columns("diagnosis_id* patient_id* code* code_system description onset_on:date resolved_on:date "
                     "recorded_at*:timestamp status"),
            "patient_id", "patients",
        ),
        Table(
            "medication_administrations", ("administration_id",),
            _columns("administration_id* patient_id* encounter_id medication* rxnorm_code route dose*:number "
                     "dose_unit* concentration_mg_per_ml:number started_at*:timestamp ended_at:timestamp status"),
            "patient_id", "patients",
        ),
        Table(
            "medications", ("medication_id",),
            _columns("medication_id* patient_id* medication* rxnorm_code route started_on:date stopped_on:date "
                     "status"),
            "patient_id", "patients",
        ),
        Table(
            "vitals", ("vital_id",),
            _columns("vital_id* patient_id* encounter_id vital* value*:number unit measured_at*:timestamp"),
            "patient_id", "patients",
        ),
        Table(
            "assessments", ("assessment_id",),
            _columns("assessment_id* patient_id* encounter_id instrument* recall_days:integer sent_at:timestamp "
                     "started_at:timestamp completed_at:timestamp total_score:integer status* channel"),
            "patient_id", "patients",
        ),
        Table(
            "assessment_responses", ("assessment_id", "item_number"),
            _columns("assessment_id* item_number*:integer response*:integer"),
            "assessment_id", "assessments",
        ),
        Table(
            "adverse_events", ("adverse_event_id",),
            _columns("adverse_event_id* patient_id* encounter_id event* severity started_at*:timestamp"),
            "patient_id", "patients",
        ),
    )
}  # fmt: skip

ALIASED_COLUMNS = {"sex", "race", "ethnicity", "route", "instrument", "vital", "dose_unit", "unit", "status"}
