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
    look_up,
    meta_of,
    quantity,
    reference,
    resource,
)  # fmt: skip
from synthesis.json_columns import constant, given, listed, members, quoted
from synthesis.records import Columns

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


def organization_lines(n: int) -> pa.Array:
    """Lines of Organization: nothing that counts, but every export has some."""
    numbers = pa.array([f"org-{number}" for number in range(n)])
    return resource("Organization", numbers, None, name=quoted(numbers), active="true" if n else None)


def is_vital(columns: Columns) -> np.ndarray:
    """Which records have a vital sign that FHIR has a code for."""
    return look_up(columns["vital"], VITALS).is_valid().to_numpy(zero_copy_only=False)
