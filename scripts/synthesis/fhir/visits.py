"""Observation (vitals), AdverseEvent and Encounter."""

import numpy as np
import pyarrow as pa

from synthesis.fhir.habits import Habits
from synthesis.fhir.parts import (
    CANARY,
    LOINC,
    TERMINOLOGY,
    coding,
    concept,
    fixed_concept,
    look_up,
    meta_of,
    quantity,
    reference,
    resource,
)  # fmt: skip
from synthesis.json_columns import Json, constant, given, listed, members, quoted
from synthesis.records import Columns

PRESSURE_PANEL = "85354-9"
VITALS = {
    "weight": "29463-7", "height": "8302-2", "systolic_bp": "8480-6", "diastolic_bp": "8462-4", "heart_rate": "8867-4",
    "spo2": "59408-5",
}  # fmt: skip
UNITS = {
    "kg": "kg", "lb": "[lb_av]", "oz": "[oz_av]", "g": "g", "mmHg": "mm[Hg]", "bpm": "/min", "percent": "%", "cm": "cm",
    "in": "[in_i]",
}  # fmt: skip


def vital_lines(columns: Columns, habits: Habits) -> pa.Array:
    """Lines of Observation for vitals, one for each value."""
    vital, unit = columns["vital"], columns["unit"]
    return resource(
        "Observation",
        columns["vital_id"],
        meta_of(columns),
        status=constant("final"),
        category=constant([{"coding": [{"system": f"{TERMINOLOGY}/observation-category", "code": "vital-signs"}]}]),
        code=concept(listed(coding(LOINC, quoted(look_up(vital, VITALS)))), quoted(vital)),
        subject=reference(habits, "Patient", columns["patient_id"]),
        encounter=reference(habits, "Encounter", columns["encounter_id"]),
        effectiveDateTime=quoted(columns["measured_at"]),
        valueQuantity=quantity(columns["value"], unit, look_up(unit, UNITS)),
        note=constant([{"text": CANARY}]),
    )


def pressure_panel_lines(columns: Columns, diastolic: pa.Array, habits: Habits) -> pa.Array:
    """Lines of Observation that hold both blood pressures: the systolic one's record, with the diastolic value."""
    unit = columns["unit"]

    def component(code: str, value: pa.Array) -> Json:
        return members(code=fixed_concept(LOINC, code), valueQuantity=quantity(value, unit, look_up(unit, UNITS)))

    return resource(
        "Observation",
        columns["vital_id"],
        meta_of(columns),
        status=constant("final"),
        code=fixed_concept(LOINC, PRESSURE_PANEL, "Blood pressure panel"),
        subject=reference(habits, "Patient", columns["patient_id"]),
        effectiveDateTime=quoted(columns["measured_at"]),
        component=listed(component("8480-6", columns["value"]), component("8462-4", diastolic)),
    )


def event_lines(columns: Columns, habits: Habits) -> pa.Array:
    """Lines of AdverseEvent."""
    severity = coding(f"{TERMINOLOGY}/adverse-event-severity", quoted(columns["severity"]))
    return resource(
        "AdverseEvent",
        columns["adverse_event_id"],
        meta_of(columns),
        actuality=constant("actual"),
        event=concept(None, quoted(columns["event"])),
        subject=reference(habits, "Patient", columns["patient_id"]),
        encounter=reference(habits, "Encounter", columns["encounter_id"]),
        date=quoted(columns["started_at"]),
        severity=concept(listed(severity)),
    )


def encounter_lines(ident: pa.Array, patient: pa.Array, start: pa.Array, habits: Habits) -> pa.Array:
    """Lines of Encounter, finished visits."""
    codes = constant({"system": f"{TERMINOLOGY}/v3-ActCode", "code": "AMB"})
    return resource(
        "Encounter",
        ident,
        None,
        status=constant("finished"),
        class_=codes,
        subject=reference(habits, "Patient", patient),
        period=given(start, members(start=quoted(start))),
    )


def pressure_pairs(columns: Columns, is_plain: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Positions of systolic and diastolic pressures of one person and moment: plain records only."""
    systolic, pairs = {}, []
    vitals, persons, moments = (columns[name].to_pylist() for name in ("vital", "patient_id", "measured_at"))
    for row in np.flatnonzero(is_plain):
        if vitals[row] == "systolic_bp":
            systolic[persons[row], moments[row]] = row
    for row in np.flatnonzero(is_plain):
        if vitals[row] == "diastolic_bp" and (other := systolic.pop((persons[row], moments[row]), None)) is not None:
            pairs.append((other, row))
    first, second = zip(*pairs, strict=True) if pairs else ((), ())
    return np.array(first, dtype=np.int64), np.array(second, dtype=np.int64)
