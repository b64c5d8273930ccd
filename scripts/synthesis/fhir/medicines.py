"""MedicationAdministration, MedicationStatement and MedicationRequest, and the Medication that they refer to."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthesis.fhir.habits import Habits
from synthesis.fhir.parts import (
    BASE,
    CANARY,
    RXNORM,
    SNOMED,
    coding,
    concept,
    look_up,
    meta_of,
    nothing,
    quantity,
    reference,
    resource,
)  # fmt: skip
from synthesis.json_columns import Json, constant, given, listed, members, number, quoted, where
from synthesis.records import Columns

ROUTES = {
    "intravenous": "47625008", "intramuscular": "78421000", "subcutaneous": "34206005", "sublingual": "37839007",
    "oral": "26643006", "intranasal": "46713006",
}  # fmt: skip
DOSE_UNITS = {"mg": "mg", "mg/kg": "mg/kg", "mL": "mL", "mcg": "ug", "g": "g"}
STATUSES = {"void": "entered-in-error"}  # FHIR has no other word; all else is written as it is
STATEMENT_STATUSES = {"active": "active", "inactive": "stopped"}
MG_PER_ML = ({"unit": "mg", "system": "http://unitsofmeasure.org", "code": "mg"},
             {"value": 1, "unit": "mL", "system": "http://unitsofmeasure.org", "code": "mL"})  # fmt: skip


def as_fhir_status(status: pa.Array) -> pa.Array:
    """Statuses that the flat tables and FHIR write differently."""
    return pc.coalesce(look_up(status, STATUSES), status)


def _medicine(columns: Columns) -> Json:
    """CodeableConcept of a medicine: its RxNorm code where there is one, and its name."""
    text, code = columns["medication"], columns["rxnorm_code"]
    return given(text, concept(listed(coding(RXNORM, quoted(code), quoted(text))), quoted(text)))


def _strength(concentration: pa.Array) -> Json:
    """What a millilitre holds, as the ingredient's strength."""
    numerator = members(value=number(concentration), **{name: constant(text) for name, text in MG_PER_ML[0].items()})
    ratio = members(numerator=numerator, denominator=constant(MG_PER_ML[1]))
    item = constant({"text": "active ingredient"})
    return listed(given(concentration, members(itemCodeableConcept=item, strength=ratio)))


def _keys(columns: Columns, concentration: pa.Array) -> pa.Array:
    """What makes a Medication of its own: name, code and strength."""
    blank = [pc.fill_null(column, "") for column in (columns["rxnorm_code"], concentration)]
    return pc.binary_join_element_wise(columns["medication"], *blank, "|")


class Medications:
    """The Medication resources of one clinic: each is written once, when it is first referred to."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}

    def refer(self, columns: Columns, concentration: pa.Array) -> tuple[pa.Array, np.ndarray]:
        """Ids of the Medications of some records, and the positions of those records that name a new one."""
        keys = _keys(columns, concentration).to_pylist()
        new = []
        for row, key in enumerate(keys):
            if key is not None and key not in self.numbers:
                self.numbers[key] = len(self.numbers) + 1
                new.append(row)
        ids = [None if key is None else f"med-{self.numbers[key]}" for key in keys]
        return pa.array(ids, pa.string()), np.array(new, dtype=np.int64)


def medication_lines(columns: Columns, concentration: pa.Array, ident: pa.Array) -> pa.Array:
    """Lines of Medication."""
    return resource("Medication", ident, None, code=_medicine(columns), ingredient=_strength(concentration))


def _medicine_members(
    columns: Columns, habits: Habits, concentration: pa.Array, ident: pa.Array | None
) -> dict[str, Json]:
    """The medicine in the way of this server."""
    if habits.medicines == "concept" and not pc.any(pc.is_valid(concentration)).as_py():
        return {"medicationCodeableConcept": _medicine(columns)}
    if habits.medicines == "reference" and ident is not None:
        return {"medicationReference": reference(habits, "Medication", ident)}
    inside = members(
        resourceType=constant("Medication"), id=constant("m1"), code=_medicine(columns),
        ingredient=_strength(concentration),
    )  # fmt: skip
    has_name = columns["medication"]
    return {
        "contained": listed(given(has_name, inside)),
        "medicationReference": given(has_name, constant({"reference": "#m1"})),
    }


def _rate(columns: Columns, minutes: pa.Array) -> Json:
    """The dose as a rate: so much in so many minutes."""
    amount = quantity(columns["dose"], columns["dose_unit"], look_up(columns["dose_unit"], DOSE_UNITS))
    return members(numerator=amount, denominator=quantity(minutes, given(minutes, "min"), given(minutes, "min")))


def administration_lines(
    columns: Columns, habits: Habits, ident: pa.Array | None, minutes: pa.Array | None = None
) -> pa.Array:
    """Lines of MedicationAdministration.

    ident: ids of the Medications, where they are resources of their own. minutes: how long it took, where a rate is
    written instead of a dose.
    """
    by_rate = pc.is_valid(minutes) if minutes is not None else pa.array(np.zeros(len(columns["dose"]), dtype=bool))
    n = len(columns["dose"])
    start, end = columns["started_at"], columns["ended_at"]
    in_period = pc.or_(pc.is_valid(end), pa.array(np.full(n, habits.has_period)))
    route = columns["route"]
    coded = look_up(route, ROUTES)
    unit = columns["dose_unit"]
    return resource(
        "MedicationAdministration",
        columns["administration_id"],
        meta_of(columns),
        status=quoted(as_fhir_status(columns["status"])),
        **_medicine_members(columns, habits, columns["concentration_mg_per_ml"], ident),
        subject=reference(habits, "Patient", columns["patient_id"]),
        context=reference(habits, "Encounter", columns["encounter_id"]),
        effectiveDateTime=where(in_period, None, quoted(start)),
        effectivePeriod=where(in_period, members(start=quoted(start), end=quoted(end))),
        dosage=members(
            text=constant(CANARY),
            route=concept(listed(coding(SNOMED, quoted(coded))), where(pc.is_valid(coded), None, quoted(route))),
            dose=where(by_rate, None, quantity(columns["dose"], unit, look_up(unit, DOSE_UNITS))),
            rateRatio=where(by_rate, _rate(columns, minutes)) if minutes is not None else None,
        ),
    )


def statement_lines(columns: Columns, habits: Habits, ident: pa.Array | None) -> pa.Array:
    """Lines of MedicationStatement: what is taken at home."""
    n = len(columns["medication"])
    route = concept(listed(coding(SNOMED, quoted(look_up(columns["route"], ROUTES)))))
    return resource(
        "MedicationStatement",
        columns["medication_id"],
        meta_of(columns),
        status=quoted(look_up(columns["status"], STATEMENT_STATUSES)),
        **_medicine_members(columns, habits, nothing(n), ident),
        subject=reference(habits, "Patient", columns["patient_id"]),
        effectivePeriod=members(start=quoted(columns["started_on"]), end=quoted(columns["stopped_on"])),
        dosage=listed(members(text=constant(CANARY), route=route)),
    )


def request_lines(columns: Columns, habits: Habits, ident: pa.Array | None) -> pa.Array:
    """Lines of MedicationRequest: what was prescribed."""
    n = len(columns["medication"])
    route = concept(listed(coding(SNOMED, quoted(look_up(columns["route"], ROUTES)))))
    return resource(
        "MedicationRequest",
        columns["medication_id"],
        meta_of(columns),
        status=quoted(look_up(columns["status"], STATEMENT_STATUSES)),
        intent=constant("order"),
        **_medicine_members(columns, habits, nothing(n), ident),
        subject=reference(habits, "Patient", columns["patient_id"]),
        authoredOn=quoted(columns["started_on"]),
        requester=constant({"reference": f"{BASE}/Practitioner/1"}),
        dosageInstruction=listed(members(text=constant(CANARY), route=route)),
    )
