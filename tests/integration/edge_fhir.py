"""Rows of the edge-case clinics as FHIR resources, in the many shapes that servers write them."""

from random import Random
from typing import Any

from tests.integration.edge_fhir_text import coding, fhir_date, literal, meta, number, reference
from tests.integration.edge_patients import Row
from tests.integration.oracle import codes
from tests.integration.oracle.aliases import ALIASES, normalised
from tests.integration.oracle.values import parse_boolean

US_CORE = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-"


def turned(known: dict[str, str]) -> dict[str, str]:
    """Canonical value -> code."""
    return {value: code for code, value in reversed(known.items())}


def canonical(field: str, text: str | None) -> str | None:
    """The canonical value that a flat text means."""
    return ALIASES[field].get(normalised(text or ""))


def base(rng: Random, resource_type: str, identifier: str | None, row: Row) -> dict[str, Any]:
    """What every resource has."""
    return {
        "resourceType": resource_type,
        "id": identifier,
        "meta": meta(rng, row.get("updated_at")),
        "text": {"status": "generated", "div": "<div>free text, \u2028 with a line separator</div>"}
        if rng.random() < 0.04
        else None,
    }


def patient(rng: Random, row: Row) -> list[dict]:
    """A Patient with US Core extensions, links and names."""
    node = base(rng, "Patient", row["patient_id"], row)
    extensions = []
    sex = canonical("sex", row.get("sex"))
    if sex in ("female", "male") and rng.random() < 0.5:
        extensions.append({"url": US_CORE + "birthsex", "valueCode": sex[0].upper()})
        node["gender"] = rng.choice([sex, "other", None])
    else:
        node["gender"] = sex or row.get("sex")
    for name, known in (("race", codes.RACES), ("ethnicity", codes.ETHNICITIES)):
        code = turned(known).get(canonical(name, row.get(name)) or "")
        chosen = [code] if code else []
        if name == "race" and canonical(name, row.get(name)) == "multiple":
            chosen = ["2106-3", "2028-9"]
        parts = [{"url": "ombCategory", "valueCoding": coding(rng, "urn:oid:2.16.840.1.113883.6.238", one)}
                 for one in chosen]  # fmt: skip
        if parts and rng.random() < 0.3:
            parts.insert(0, {"url": "detailed", "valueCoding": {"code": "2029-7"}})
        parts.append({"url": "text", "valueString": "as said"})
        if chosen or rng.random() < 0.2:
            extensions.append({"url": US_CORE + name, "extension": parts})
    rng.shuffle(extensions)
    birth = fhir_date(rng, row.get("birth_date"), has_partial=0.12)
    node |= {
        "extension": extensions,
        "birthDate": birth[:10] if birth and "T" in birth else birth,
        "address": [{"postalCode": row.get("zip_code"), "line": ["1 Main St"]}] if row.get("zip_code") else None,
        "deceasedDateTime": fhir_date(rng, row.get("deceased_on"), has_partial=0.1),
        "deceasedBoolean": rng.choice([None, None, False]) if not row.get("deceased_on") else None,
        "name": [{"family": row.get("last_name"), "given": [row["first_name"]] if row.get("first_name") else None}],
        "link": [{"type": "seealso", "other": {"reference": "Patient/elsewhere"}}] if rng.random() < 0.1 else [],
    }
    if row.get("merged_into"):
        node["link"].append({"type": "replaced-by", "other": reference(rng, "Patient", row["merged_into"])})
    try:
        is_test = row.get("is_test") is not None and parse_boolean(row["is_test"].strip())
    except ValueError:
        is_test = False
    if is_test:
        label = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HTEST"}
        place = rng.choice(["security", "tag"])
        node["meta"][place] = [*(node["meta"].get(place) or []), label]
    return [node]


def condition(rng: Random, row: Row) -> list[dict]:
    """A Condition with one to four codings, and sometimes the Encounter that alone knows its day."""
    node = base(rng, "Condition", row["diagnosis_id"], row)
    code = row.get("code")
    if code is None:
        found = rng.choice([[], [coding(rng, "snomed", "47505003")], [{"display": "said only"}]])
    elif rng.random() < 0.75:
        parts = code.split(";") if ";" in code and rng.random() < 0.5 else [code]
        found = [coding(rng, "icd10cm", part, "a diagnosis") for part in parts if part.strip()]
        if rng.random() < 0.4:
            found.insert(rng.randrange(len(found) + 1), coding(rng, "snomed", rng.choice(
                ["47505003", "370143000", "67195008", "21897009", "35489007", "13746004"])))  # fmt: skip
    else:
        found = [
            rng.choice(
                [
                    coding(rng, "icd9cm", rng.choice(["309.81", "30981", "300.02", "300.01", "314.01", "309.28"])),
                    coding(rng, "snomed", rng.choice(["47505003", "370143000", "371631005", "444613000", "1"])),
                    coding(rng, None, code),
                    coding(rng, "http://vendor.example/problem-list", code),
                ]
            )
        ]
    status = row.get("status")
    is_verification = canonical("status", status) in ("confirmed", "provisional", "differential", "refuted",
                                                      "entered-in-error")  # fmt: skip
    node |= {
        "code": {"coding": found, "text": rng.choice([None, "said by the patient"])},
        "verificationStatus": {"coding": [{"code": status if is_verification else rng.choice([None, "confirmed"])}]},
        "clinicalStatus": {"coding": [{"code": rng.choice(["active", None]) if is_verification else status}]},
        "subject": reference(rng, "Patient", row.get("patient_id")),
        "abatementDateTime": fhir_date(rng, row.get("resolved_on"), has_partial=0.2),
        "recordedDate": fhir_date(rng, row.get("recorded_at")),
    }
    onset = fhir_date(rng, row.get("onset_on"), has_partial=0.06)
    if onset:
        node |= rng.choice([{"onsetDateTime": onset}, {"onsetDateTime": onset}, {"onsetPeriod": {"start": onset}}])
    elif rng.random() < 0.05:
        node["onsetString"] = "as a child"
    others = []
    kind = rng.random()
    if kind < 0.15:
        identifier = f"E-{row['diagnosis_id'] or 'x'}"
        if rng.random() < 0.85:
            visit = base(rng, "Encounter", identifier, {"updated_at": row.get("updated_at")})
            visit["meta"]["security"] = None
            others.append(visit | {"status": "finished", "class": {"code": "AMB"},
                                   "period": {"start": node.pop("recordedDate")}})  # fmt: skip
        else:
            del node["recordedDate"]
        node["encounter"] = reference(rng, "Encounter", identifier)
    elif kind < 0.25 and onset:
        del node["recordedDate"]
    return [node, *others]


def medicine(rng: Random, row: Row, identifier: str) -> tuple[dict, list[dict]]:
    """(the members that say which medicine it is, other resources)."""
    name, code = row.get("medication"), row.get("rxnorm_code")
    found = [coding(rng, "rxnorm", code, rng.choice([name, None]))] if code else []
    if code and rng.random() < 0.2:
        found.insert(0, coding(rng, "rxnorm", "1797487", None))
    if rng.random() < 0.2:
        found.append(coding(rng, "http://hl7.org/fhir/sid/ndc", "67457-108-10", rng.choice([None, name])))
    shape = rng.random()
    concept = {"coding": found, "text": name}
    if shape < 0.1 and not code:
        concept = {"coding": [coding(rng, "http://vendor.example/drugs", "77", name)]}
    if shape < 0.65:
        return {"medicationCodeableConcept": concept}, []
    if shape < 0.8:
        contained = [{"resourceType": "Medication", "id": "m1", "code": concept},
                     {"resourceType": "Organization", "id": "m1"}]  # fmt: skip
        return {"contained": contained, "medicationReference": {"reference": "#m1"}}, []
    medication = {"resourceType": "Medication", "id": f"med-{identifier}", "code": concept,
                  "meta": {"lastUpdated": "2024-01-01T10:00:00Z"}}  # fmt: skip
    if shape < 0.84 and found:
        medication |= {"code": {"text": name}, "ingredient": [{"itemCodeableConcept": {"coding": found}}]}
    target = {"medicationReference": reference(rng, "Medication", medication["id"])}
    return target, [medication] if shape < 0.97 else []


def route(rng: Random, text: str | None) -> dict | None:
    """A route as code, text or display."""
    if text is None:
        return None
    code = turned(codes.ROUTES).get(canonical("route", text) or "")
    if code is None:
        return rng.choice([{"text": text}, {"coding": [{"system": "http://vendor.example/routes", "display": text}]}])
    return rng.choice(
        [
            {"coding": [coding(rng, "snomed", code, "some route")]},
            {"coding": [{"system": "http://vendor.example/routes", "code": "x9"}, coding(rng, "snomed", code)]},
            {"text": text},
            {"coding": [coding(rng, "snomed", code)], "text": "as ordered"},
        ]
    )


def dose_unit(rng: Random, text: str | None) -> dict:
    """A dose's unit: as UCUM code, as text, or both."""
    code = turned(codes.DOSE_UNITS).get(canonical("dose_unit", text) or "")
    if code is None:
        return {"unit": text}
    ucum = {"system": codes.SYSTEMS["ucum"][0], "code": code}
    return rng.choice([ucum, {**ucum, "unit": text}, {"unit": text}, {"unit": text}])


def administration(rng: Random, row: Row) -> list[dict]:
    """A MedicationAdministration, with a dose or with a rate over a period."""
    node = base(rng, "MedicationAdministration", row["administration_id"], row)
    members, others = medicine(rng, row, row["administration_id"] or "x")
    start, end = fhir_date(rng, row.get("started_at")), fhir_date(rng, row.get("ended_at"), has_partial=0.03)
    dosage = {"route": route(rng, row.get("route")), "text": "free text"}
    if row.get("dose") is not None or row.get("dose_unit") is not None:
        dosage["dose"] = {"value": number(rng, row.get("dose")), **dose_unit(rng, row.get("dose_unit"))}
    if rng.random() < 0.08:
        dosage.pop("dose", None)
        unit = rng.choice(["mg/h", "mg/min", "mg/kg/h", "mL/h", "furlong/h"])
        rate = literal(rng.choice(["50", "0.5", "75.5", "30"]))
        top, bottom = unit.rsplit("/", 1)
        dosage |= rng.choice(
            [
                {"rateQuantity": {"value": rate, "code": unit, "system": codes.SYSTEMS["ucum"][0]}},
                {"rateQuantity": {"value": rate, "unit": unit}},
                {"rateRatio": {"numerator": {"value": rate, "code": top},
                               "denominator": {"value": literal(rng.choice(["1", "2", "40"])), "code": bottom}}},
            ]
        )  # fmt: skip
    node |= members | {
        "status": row.get("status"),
        "subject": reference(rng, "Patient", row.get("patient_id")),
        "dosage": dosage,
    }
    node |= {"effectivePeriod": {"start": start, "end": end}} if end or rng.random() < 0.3 else {
        "effectiveDateTime": start}  # fmt: skip
    return [node, *others]


def medication(rng: Random, row: Row) -> list[dict]:
    """A MedicationRequest or a MedicationStatement."""
    is_order = rng.random() < 0.5
    node = base(rng, "MedicationRequest" if is_order else "MedicationStatement", row["medication_id"], row)
    members, others = medicine(rng, row, row["medication_id"] or "x")
    start = fhir_date(rng, row.get("started_on"), has_partial=0.2)
    node |= members | {"status": row.get("status"), "subject": reference(rng, "Patient", row.get("patient_id"))}
    if is_order:
        node |= {"intent": "order", "authoredOn": start, "dosageInstruction": [{"route": route(rng, row.get("route"))}]}
    else:
        end = fhir_date(rng, row.get("stopped_on"), has_partial=0.2)
        node |= {"dosage": [{"route": route(rng, row.get("route"))}]}
        node |= {"effectivePeriod": {"start": start, "end": end}} if end else {"effectiveDateTime": start}
    return [node, *others]


def measured(rng: Random, value: str | None, unit: str | None) -> dict:
    """The value of an observation: a quantity, an integer, nothing, or one with a comparator."""
    if value is None:
        return rng.choice([{}, {"dataAbsentReason": {"coding": [{"code": "unknown"}]}}])
    code = turned(codes.UNITS).get(canonical("unit", unit) or "")
    units = [{"unit": unit}]
    if code:
        units += [{"code": code, "system": codes.SYSTEMS["ucum"][0]}, {"code": code, "unit": unit}]
    quantity = {"value": number(rng, value), **rng.choice(units)}
    if rng.random() < 0.02:
        quantity["comparator"] = rng.choice(["<", ">", ">="])
    if unit is None and value.isdigit() and rng.random() < 0.5:
        return {"valueInteger": literal(str(int(value)))}
    return {"valueQuantity": quantity}


def vital(rng: Random, row: Row) -> list[dict]:
    """An Observation of a vital sign; a blood pressure is often one of two components."""
    node = base(rng, "Observation", row["vital_id"], row)
    sign = canonical("vital", row.get("vital"))
    known = [code for code, name in codes.VITALS.items() if name == sign]
    code = coding(rng, "loinc", rng.choice(known)) if known else coding(rng, "loinc", rng.choice(["2345-7", "718-7"]))
    value = measured(rng, row.get("value"), row.get("unit"))
    day = fhir_date(rng, row.get("measured_at"))
    node |= {
        "status": rng.choice(
            ["final"] * 12
            + ["amended", "corrected", "preliminary", "entered-in-error", "cancelled", "registered", "unknown"]
        ),
        "category": [{"coding": [{"code": "vital-signs"}]}],
        "subject": reference(rng, "Patient", row.get("patient_id")),
    }
    node |= rng.choice(
        [{"effectiveDateTime": day}] * 4 + [{"effectivePeriod": {"start": day}}, {"effectiveInstant": day}]
    )
    if sign in ("systolic_bp", "diastolic_bp") and rng.random() < 0.6:
        other_code = "8462-4" if sign == "systolic_bp" else "8480-6"
        other = rng.choice(
            [
                [{"code": {"coding": [coding(rng, "loinc", other_code)]}, **measured(rng, "70", "mmHg")}],
                [{"code": {"coding": [coding(rng, "loinc", other_code)]}, "dataAbsentReason": {"text": "refused"}}],
                [],
                [{"code": {"coding": [coding(rng, "loinc", "8478-0")]}, **measured(rng, "90", "mmHg")}],
            ]
        )
        components = [{"code": {"coding": [code]}, **value}, *other]
        rng.shuffle(components)
        node |= {"code": {"coding": [coding(rng, "loinc", "85354-9")]}, "component": components}
    else:
        found = [code, coding(rng, "http://vendor.example/flowsheet", "14")]
        rng.shuffle(found)
        node |= {"code": {"coding": found if rng.random() < 0.3 else [code]}} | value
    return [node]


def adverse_event(rng: Random, row: Row) -> list[dict]:
    """An AdverseEvent."""
    node = base(rng, "AdverseEvent", row["adverse_event_id"], row)
    event = row.get("event")
    if event is not None:
        event = event.replace("\x00", "")
        node["event"] = rng.choice([{"text": event}, {"coding": [{"system": "http://x.example", "display": event}]}])
    node |= {
        "actuality": "actual",
        "subject": reference(rng, "Patient", row.get("patient_id")),
        "severity": {"coding": [{"code": rng.choice(["mild", "severe"])}]} if row.get("severity") else None,
    } | {rng.choice(["date", "date", "detected", "recordedDate"]): fhir_date(rng, row.get("started_at"))}
    return [node]


SHAPES = {
    "patients": patient,
    "diagnoses": condition,
    "medication_administrations": administration,
    "medications": medication,
    "vitals": vital,
    "adverse_events": adverse_event,
}
