"""Rows of the clinical tables, column by column, from the written records of the flat tables."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthesis.fhir.parts import CANARY, look_up, nothing, same
from synthesis.json_columns import turn, where
from synthesis.omop import codes
from synthesis.records import Columns


def day_of(text: pa.Array) -> pa.Array:
    """The day of a written moment; anything that is no moment as it is."""
    is_moment = pc.match_substring_regex(text, r"^\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}")
    return pc.if_else(is_moment, pc.utf8_slice_codeunits(text, 0, 10), text)


def time_of(text: pa.Array) -> pa.Array:
    """The written moment where it has a clock time, else null."""
    return where(pc.match_substring_regex(text, r"^\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}"), text)


def concept_of(values: pa.Array, table: dict[str, str]) -> pa.Array:
    """Standard concepts; 0 where there is none."""
    return pc.fill_null(look_up(values, table), "0")


def _date_part(text: pa.Array, start: int, stop: int) -> pa.Array:
    part = pc.utf8_slice_codeunits(text, start, stop)
    return pc.replace_substring_regex(part, "^0+", "")


def person_rows(columns: Columns) -> Columns:
    """PERSON."""
    birth, sex, race, ethnicity = (columns[name] for name in ("birth_date", "sex", "race", "ethnicity"))
    n = len(birth)
    return {
        "person_id": columns["patient_id"],
        "gender_concept_id": concept_of(sex, codes.SEXES),
        "year_of_birth": _date_part(birth, 0, 4),
        "month_of_birth": _date_part(birth, 5, 7),
        "day_of_birth": _date_part(birth, 8, 10),
        "birth_datetime": where(turn(n, ["x", None]).is_valid(), pc.binary_join_element_wise(birth, "00:00:00", " ")),
        "race_concept_id": concept_of(race, codes.RACES),
        "ethnicity_concept_id": concept_of(ethnicity, codes.ETHNICITIES),
        "location_id": nothing(n),
        "provider_id": nothing(n),
        "care_site_id": nothing(n),
        "person_source_value": columns["mrn"],
        "gender_source_value": sex,
        "gender_source_concept_id": same("0", n),
        "race_source_value": race,
        "race_source_concept_id": same("0", n),
        "ethnicity_source_value": ethnicity,
        "ethnicity_source_concept_id": same("0", n),
    }


def death_rows(columns: Columns) -> Columns:
    """DEATH."""
    n = len(columns["patient_id"])
    return {
        "person_id": columns["patient_id"],
        "death_date": columns["deceased_on"],
        "death_datetime": nothing(n),
        "death_type_concept_id": same(codes.EHR, n),
        "cause_concept_id": same("0", n),
        "cause_source_value": same(CANARY, n),
    }


def condition_rows(columns: Columns) -> Columns:
    """CONDITION_OCCURRENCE; it begins with the onset where that is known, else when it was recorded."""
    code, status = columns["code"], columns["status"]
    n = len(code)
    plain = pc.replace_substring(pc.utf8_trim_whitespace(pc.replace_substring_regex(code, ";.*", "")), ".", "")
    start = pc.coalesce(columns["onset_on"], columns["recorded_at"])
    return {
        "condition_occurrence_id": columns["diagnosis_id"],
        "person_id": columns["patient_id"],
        "condition_concept_id": concept_of(plain, codes.CONDITIONS),
        "condition_start_date": day_of(start),
        "condition_start_datetime": time_of(start),
        "condition_end_date": day_of(columns["resolved_on"]),
        "condition_type_concept_id": same(codes.EHR, n),
        "condition_status_concept_id": concept_of(status, codes.DIAGNOSIS_STATUSES),
        "condition_status_source_value": status,
        "stop_reason": same(CANARY, n),
        "condition_source_value": code,
        "condition_source_concept_id": same("0", n),
    }


def administration_rows(columns: Columns) -> Columns:
    """DRUG_EXPOSURE for what was given: the amount is the quantity, its unit a source value."""
    n = len(columns["dose"])
    start, end, unit = columns["started_at"], columns["ended_at"], columns["dose_unit"]
    ingredient = look_up(columns["rxnorm_code"], codes.INGREDIENTS)
    is_solution = pc.and_(pc.equal(unit, "mL"), pc.equal(columns["concentration_mg_per_ml"], "50"))
    drug = where(pc.fill_null(is_solution, False), codes.KETAMINE_SOLUTION, ingredient)
    return _exposures(
        columns, columns["administration_id"], codes.ADMINISTRATION, pc.fill_null(drug, "0"), day_of(start),
        time_of(start), pc.coalesce(day_of(end), day_of(start)), time_of(end), columns["dose"], unit,
        columns["encounter_id"], n,
    )  # fmt: skip


def medication_rows(columns: Columns) -> Columns:
    """DRUG_EXPOSURE for what is taken at home."""
    n = len(columns["medication"])
    return _exposures(
        columns, columns["medication_id"], codes.PRESCRIPTION, same("0", n), columns["started_on"], nothing(n),
        columns["stopped_on"], nothing(n), nothing(n), nothing(n), nothing(n), n,
    )  # fmt: skip


def _exposures(
    columns: Columns, ident: pa.Array, kind: str, drug: pa.Array, start: pa.Array, start_time: pa.Array, end: pa.Array,
    end_time: pa.Array, quantity: pa.Array, unit: pa.Array, visit: pa.Array, n: int,
) -> Columns:  # fmt: skip
    route = columns["route"]
    return {
        "drug_exposure_id": ident,
        "person_id": columns["patient_id"],
        "drug_concept_id": drug,
        "drug_exposure_start_date": start,
        "drug_exposure_start_datetime": start_time,
        "drug_exposure_end_date": end,
        "drug_exposure_end_datetime": end_time,
        "drug_type_concept_id": same(kind, n),
        "quantity": quantity,
        "sig": same(CANARY, n),
        "route_concept_id": concept_of(route, codes.ROUTES),
        "visit_occurrence_id": visit,
        "drug_source_value": columns["medication"],
        "drug_source_concept_id": same("0", n),
        "route_source_value": route,
        "dose_unit_source_value": unit,
    }


def vital_rows(columns: Columns) -> Columns:
    """MEASUREMENT for vitals: sometimes only the concept tells what it is, sometimes only the LOINC code."""
    vital, unit, moment = columns["vital"], columns["unit"], columns["measured_at"]
    n = len(vital)
    by_code, by_concept = (np.arange(n) % 5 == turn_number for turn_number in (3, 4))
    concept = concept_of(vital, {name: pair[0] for name, pair in codes.VITALS.items()})
    code = look_up(vital, {name: pair[1] for name, pair in codes.VITALS.items()})
    unit_concept = look_up(unit, codes.UNITS)
    only_concept = pa.array(by_code) if n else pa.array([], pa.bool_())
    return measurement_columns(
        columns["vital_id"],
        columns["patient_id"],
        where(by_code, "0", concept),
        moment,
        columns["value"],
        where(by_concept, None, code),
        visit=columns["encounter_id"],
        unit_concept=where(pc.is_valid(unit), pc.fill_null(where(by_concept, None, unit_concept), "0")),
        unit=where(pc.and_(only_concept, pc.is_valid(unit_concept)), None, unit),
    )


def measurement_columns(
    ident: pa.Array,
    person: pa.Array,
    concept: pa.Array,
    moment: pa.Array,
    value: pa.Array,
    source: pa.Array,
    source_concept: pa.Array | None = None,
    visit: pa.Array | None = None,
    unit_concept: pa.Array | None = None,
    unit: pa.Array | None = None,
) -> Columns:
    """MEASUREMENT."""
    n = len(ident)
    return {
        "measurement_id": ident,
        "person_id": person,
        "measurement_concept_id": concept,
        "measurement_date": day_of(moment),
        "measurement_datetime": time_of(moment),
        "measurement_type_concept_id": same(codes.EHR, n),
        "value_as_number": value,
        "value_as_concept_id": nothing(n),
        "unit_concept_id": nothing(n) if unit_concept is None else unit_concept,
        "visit_occurrence_id": nothing(n) if visit is None else visit,
        "measurement_source_value": source,
        "measurement_source_concept_id": same("0", n) if source_concept is None else source_concept,
        "unit_source_value": nothing(n) if unit is None else unit,
        "value_source_value": same(CANARY, n),
    }


def observation_columns(
    ident: pa.Array, person: pa.Array, moment: pa.Array, value: pa.Array, source: pa.Array
) -> Columns:
    """OBSERVATION: numbers as numbers or as text."""
    n = len(ident)
    as_text = np.arange(n) % 3 == 2
    return {
        "observation_id": ident,
        "person_id": person,
        "observation_concept_id": same("0", n),
        "observation_date": day_of(moment),
        "observation_datetime": time_of(moment),
        "observation_type_concept_id": same(codes.EHR, n),
        "value_as_number": where(as_text, None, value),
        "value_as_string": where(as_text, value),
        "value_as_concept_id": nothing(n),
        "unit_concept_id": nothing(n),
        "observation_source_value": source,
        "observation_source_concept_id": same("0", n),
    }
