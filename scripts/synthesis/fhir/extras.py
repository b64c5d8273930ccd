"""What exports carry on top: records that may not be used, that were deleted, and resources that mean nothing here."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthesis.fhir.habits import Habits
from synthesis.fhir.parts import BASE, CANARY, LOINC, TERMINOLOGY, fixed_concept, reference, resource
from synthesis.json_columns import constant, given, listed, members, quoted, turn
from synthesis.records import QUARANTINED, RETRACTED
from synthesis.sheets import Sheet, accepted_rows, take_records

RESTRICTED = ("ETH", "PSYTHPN", "SUD")
HARMLESS = (("v3-Confidentiality", "R"), ("v3-ActCode", "PSY"), ("v3-Confidentiality", "N"))
GLUCOSE = "2345-7"
INFLUENZA_VACCINE = "140"
EXTRA_SHARE = 0.01  # of the records of a table: copies with a restricted label, and deleted ones


def _copies(sheet: Sheet, key: str, prefix: str, random: np.random.Generator) -> Sheet:
    """A few plain records once more, under ids of their own."""
    rows = accepted_rows(sheet)
    n = int(np.ceil(len(rows) * EXTRA_SHARE))
    rows = rows[np.floor(random.random(n) * len(rows)).astype(np.int64)]
    copies = take_records(sheet, rows)
    names = [f"{prefix}-{name}-{number}" for number, name in enumerate(copies.columns[key].to_pylist())]
    copies.columns[key] = pa.array(names, pa.string())
    return copies


def restricted_copies(sheet: Sheet, key: str, random: np.random.Generator) -> Sheet:
    """Copies with a label that forbids any use of them."""
    copies = _copies(sheet, key, "restricted", random)
    labels = [RESTRICTED[number % len(RESTRICTED)] for number in range(len(copies))]
    texts = [constant([{"system": f"{TERMINOLOGY}/v3-ActCode", "code": label}]) for label in labels]
    copies.columns["security"] = pa.array(texts, pa.string())
    copies.role[:] = QUARANTINED
    copies.reason[:] = np.array([f"restricted:{label}" for label in labels], dtype=object)
    copies.story[:] = "restricted"
    return copies


def deleted_copies(sheet: Sheet, key: str, random: np.random.Generator) -> Sheet:
    """Copies that are there in the first export and are deleted by the second."""
    copies = _copies(sheet, key, "deleted", random)
    copies = take_records(copies, np.flatnonzero(copies.start == 0))
    copies.role[:] = RETRACTED
    copies.stop[:] = 1
    copies.story[:] = "deleted"
    return copies


def with_labels(sheet: Sheet) -> Sheet:
    """A sheet whose records carry labels now and then that forbid nothing."""
    n = len(sheet)
    texts = [constant([{"system": f"{TERMINOLOGY}/{system}", "code": code}]) for system, code in HARMLESS]
    labels = turn(n, [*texts, *[None] * 17])
    sheet.columns["security"] = labels
    return sheet


def deletion_lines(kinds: list[tuple[str, pa.Array]]) -> pa.Array:
    """One transaction Bundle for each resource type: what no longer exists."""
    lines = []
    for kind, idents in kinds:
        entries = [{"request": {"method": "DELETE", "url": f"{kind}/{ident}"}} for ident in idents.to_pylist()]
        if entries:
            bundle = {"resourceType": "Bundle", "id": f"deleted-{kind.lower()}", "type": "transaction"}
            lines.append(constant(bundle | {"entry": entries}))
    return pa.array(lines, pa.string())


def manifest(transacted_at: str, files: list[str]) -> str:
    """The manifest of an export: its files by type, and the one of what was deleted."""
    kinds = [next(part for part in name.split(".") if not part.isdigit()) for name in files]
    named = [(kind, f"{BASE}/files/{name}") for kind, name in zip(kinds, files, strict=True)]
    output = [{"type": kind, "url": url} for kind, url in named if kind != "deleted"]
    deleted = [{"type": "Bundle", "url": url} for kind, url in named if kind == "deleted"]
    content = {"transactionTime": transacted_at, "request": f"{BASE}/$export", "requiresAccessToken": True,
               "output": output, "deleted": deleted, "error": []}  # fmt: skip
    return json.dumps(content, indent=1)


def test_patient_lines() -> pa.Array:
    """Two people who do not exist, born in a year and in a month."""
    tag = constant({"tag": [{"system": f"{TERMINOLOGY}/v3-ActReason", "code": "HTEST"}]})
    births = pa.array([constant("1980"), constant("1975-06")])
    return resource("Patient", pa.array(["demo-1", "demo-2"]), tag, birthDate=births, name=constant([{"text": CANARY}]))


def laboratory_lines(patient: pa.Array, habits: Habits, moment: pa.Array) -> pa.Array:
    """Laboratory values."""
    return resource(
        "Observation",
        pc.binary_join_element_wise("lab-", patient, ""),
        None,
        status=constant("final"),
        code=fixed_concept(LOINC, GLUCOSE),
        subject=reference(habits, "Patient", patient),
        effectiveDateTime=quoted(moment),
        valueQuantity=constant({"value": 92, "unit": "mg/dL"}),
        note=constant([{"text": CANARY}]),
    )


def immunization_lines(patient: pa.Array, habits: Habits, moment: pa.Array) -> pa.Array:
    """Vaccinations."""
    return resource(
        "Immunization",
        pc.binary_join_element_wise("shot-", patient, ""),
        None,
        status=constant("completed"),
        vaccineCode=fixed_concept("http://hl7.org/fhir/sid/cvx", INFLUENZA_VACCINE),
        patient=reference(habits, "Patient", patient),
        occurrenceDateTime=given(moment, quoted(moment)),
    )


def organization_lines(n: int) -> pa.Array:
    """Organizations: every export has some."""
    idents = pa.array([f"org-{number}" for number in range(n)])
    contact = listed(members(name=constant({"text": CANARY})))
    return resource("Organization", idents, None, name=quoted(idents), contact=contact)
