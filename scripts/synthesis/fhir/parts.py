"""What all resources share: their frame, references, codings and quantities."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthesis.fhir.habits import Habits
from synthesis.json_columns import Json, constant, given, listed, members, number, quoted, turn, where
from synthesis.records import Columns

BASE = "https://fhir.clinic.example/r4"
LOINC, SNOMED, UCUM = "http://loinc.org", "http://snomed.info/sct", "http://unitsofmeasure.org"
ICD10CM, RXNORM = "http://hl7.org/fhir/sid/icd-10-cm", "http://www.nlm.nih.gov/research/umls/rxnorm"
US_CORE = "http://hl7.org/fhir/us/core/StructureDefinition"
TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"
CANARY = "Canary text that must never leave the raw layer: call 555-0100"


def resource(kind: str, ident: pa.Array, meta: Json, **values: Json) -> pa.Array:
    """Lines of one resource type; `ident` may be null (a broken record)."""
    line = members(resourceType=constant(kind), id=quoted(ident), meta=meta, **values)
    assert isinstance(line, pa.Array)
    return line


def meta_of(columns: Columns, security: Json = None, tag: Json = None) -> Json:
    """meta, with lastUpdated where the clinic's system tells it; `security` may also be a column of the records."""
    updated = quoted(columns["updated_at"]) if "updated_at" in columns else None
    security = columns.get("security", security)
    return members(lastUpdated=updated, security=security, tag=tag)


def reference(habits: Habits, kind: str, ident: pa.Array) -> pa.Array:
    """References to resources of one type, in the styles of this server; null where the id is."""
    ways = {
        "relative": (f"{kind}/", ""),
        "absolute": (f"{BASE}/{kind}/", ""),
        "versioned": (f"{kind}/", "/_history/1"),
        "urn": ("urn:uuid:", ""),
    }
    texts = [
        pc.binary_join_element_wise(before, ident, after, "") for before, after in map(ways.get, habits.references)
    ]
    text = turn(len(ident), texts)
    return given(ident, members(reference=quoted(text)))


def coding(system: str, code: Json, display: Json = None) -> Json:
    """One coding; null where the code is. `code` and `display` are JSON texts."""
    if not isinstance(code, pa.Array):
        return members(system=constant(system), code=code, display=display)
    return given(code, members(system=constant(system), code=code, display=display))


def concept(codings: Json = None, text: Json = None) -> Json:
    """A CodeableConcept."""
    return members(coding=codings, text=text)


def fixed_concept(system: str, code: str, display: str | None = None) -> str:
    """A CodeableConcept that is the same in every row."""
    value = {"system": system, "code": code} | ({"display": display} if display else {})
    return constant({"coding": [value]})


def quantity(value: pa.Array, unit: pa.Array, code: pa.Array) -> Json:
    """A Quantity with a UCUM code where there is one."""
    return members(value=number(value), unit=quoted(unit), system=given(code, constant(UCUM)), code=quoted(code))


def look_up(values: pa.Array, table: dict[str, str]) -> pa.Array:
    """table[value] for each value; null where the table has none."""
    index = pc.index_in(values, value_set=pa.array(list(table), pa.string()))
    return pa.array(list(table.values()), pa.string()).take(index)


def nothing(n: int) -> pa.Array:
    """n nulls."""
    return pa.nulls(n, pa.string())


def same(text: str, n: int) -> pa.Array:
    """The same text n times."""
    return where(np.ones(n, dtype=bool), text)


def codes_of(system: str, codes: pa.Array, table: dict[str, str]) -> Json:
    """A list with the coding of each value that has one."""
    return listed(coding(system, quoted(look_up(codes, table))))
