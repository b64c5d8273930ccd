"""FHIR resources -> rows of the flat tables: everything but questionnaires.

Each function takes a line and the context and returns [(table, text by flat column, other fields of a record)].
"""

from fractions import Fraction

from tests.integration.oracle import aliases, codes
from tests.integration.oracle.json_paths import (
    PARTIAL_DATE,
    as_text,
    codings,
    every,
    extensions,
    first,
    local,
    reference,
    target,
    whole_day,
)
from tests.integration.oracle.ndjson import Line
from tests.integration.oracle.values import parse_number, parse_timestamp

US_CORE = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-"
Rows = list[tuple[str, dict[str, str | None], dict]]


def decimal_text(number: Fraction) -> str:
    """A number with more digits than a comparison can tell apart."""
    return f"{float(number):.15f}"


def patient(line: Line, context) -> Rows:
    """A Patient."""
    node = line.resource
    birth = first(node, "birthDate")
    precision = "day"
    if birth and PARTIAL_DATE.fullmatch(birth):
        precision = "month" if "-" in birth else "year"
        birth = f"{birth}-01-01"[:10]
    replaced_by = next((link for link in every(node, "link") if first(link, "type") == "replaced-by"), None)
    tags = {first(tag, "code") for path in ("meta.security", "meta.tag") for tag in every(node, path)}
    text = {
        "patient_id": first(node, "id"),
        "birth_date": birth,
        "sex": next((first(e, "valueCode") for e in extensions(node, US_CORE + "birthsex")), None)
        or first(node, "gender"),
        "race": category(node, "race", codes.RACES),
        "ethnicity": category(node, "ethnicity", codes.ETHNICITIES),
        "zip_code": first(node, "address.postalCode"),
        "deceased_on": whole_day(local(first(node, "deceasedDateTime"), line.site_id)),
        "is_test": "true" if has_test_name(node) or codes.TEST_DATA_LABEL in tags else None,
        "merged_into": target(replaced_by, "other.reference", "Patient") if replaced_by else None,
    }
    return [("patients", text, {"precision": precision})]


def category(node: dict, name: str, known: dict[str, str]) -> str | None:
    """Race or ethnicity: the one category of the OMB, `multiple` where there are several."""
    found = [
        code
        for extension in extensions(node, US_CORE + name)
        for part in extensions(extension, "ombCategory")
        for _, code, _ in codings(part, "valueCoding")
        if code
    ]
    if len(set(found)) > 1:
        return "multiple"
    return known.get(found[0], found[0]) if found else None


def has_test_name(node: dict) -> bool:
    """Whether any family name alone, or first given name and family name together, is a test name."""
    for name in every(node, "name"):
        given, family = (
            "".join(letter for letter in (first(name, part) or "").lower() if letter.isalpha())
            for part in ("given", "family")
        )
        if family in aliases.TEST_NAMES or given + family in aliases.TEST_NAMES:
            return True
    return False


def condition(line: Line, context) -> Rows:
    """A Condition: one row, however many codings it has."""
    node, site_id = line.resource, line.site_id
    found = codings(node, "code.coding")
    icd10 = [code for system, code, _ in found if system == "icd10cm" and code]
    others = {(system, code.upper().replace(".", "")) for system, code, _ in found if system != "icd10cm" and code}
    onset = local(first(node, "onsetDateTime", "onsetPeriod.start"), site_id)
    recorded = first(node, "recordedDate")
    if recorded is None:
        visit = context.resource(line, "Encounter", target(node, "encounter.reference", "Encounter"))
        recorded = first(visit, "period.start") if visit else None
    verification = first(node, "verificationStatus.coding.code")
    clinical = first(node, "clinicalStatus.coding.code")
    text = {
        "diagnosis_id": first(node, "id"),
        "patient_id": target(node, "subject.reference", "Patient"),
        "code": ";".join(icd10) if icd10 else None,
        "onset_on": onset,
        "resolved_on": whole_day(local(first(node, "abatementDateTime"), site_id)),
        "recorded_at": whole_day(local(recorded, site_id)) if onset else local(recorded, site_id),
        "status": verification if verification not in (None, "confirmed") else clinical or verification,
    }
    not_required = {"code"} if any(code for _, code, _ in found) else set()
    not_required |= {"recorded_at"} if onset else set()
    return [("diagnoses", text, {"codings": frozenset(others), "not_required": frozenset(not_required)})]


def medicine(line: Line, context) -> dict[str, str | None]:
    """Name and RxNorm code of a medicine: stated, contained, or in the file of medications."""
    node = line.resource
    found, text = codings(node, "medicationCodeableConcept.coding"), first(node, "medicationCodeableConcept.text")
    name = reference(first(node, "medicationReference.reference"))
    if not found and not text and name:
        if name[0] == "#":
            contained = (other for other in every(node, "contained") if first(other, "resourceType") == "Medication")
            other = next((other for other in contained if first(other, "id") == name[1]), None)
        else:
            other = context.resource(line, "Medication", name[1]) if name[0] in ("Medication", "?") else None
        found = codings(other, "code.coding") + codings(other, "ingredient.itemCodeableConcept.coding")
        text = first(other, "code.text")
    rxnorm = [code for system, code, _ in found if system == "rxnorm" and code]
    known = [code for code in rxnorm if code in aliases.KETAMINE_CODES | aliases.ESKETAMINE_CODES]
    return {
        "medication": text
        or next((display for *_, display in found if display), None)
        or next((code for _, code, _ in found if code), None),
        "rxnorm_code": next(iter(known + rxnorm), None),
    }


def route(node: dict, path: str, *, has_text: bool) -> str | None:
    """A route: by its code, otherwise as it is written. The text of a route is read for administrations only."""
    found = codings(node, f"{path}.coding")
    known = [codes.ROUTES[code] for system, code, _ in found if system == "snomed" and code in codes.ROUTES]
    displays = [display for *_, display in found if display]
    written = [first(node, f"{path}.text")] if has_text else []
    candidates = known + written + displays + [code for _, code, _ in found]
    return next((candidate for candidate in candidates if candidate), None)


def known_instant(text: str | None):
    """The wall clock of a dateTime with a known time of the day, otherwise None."""
    try:
        moment = parse_timestamp(text or "")
    except ValueError:
        return None
    return moment.instant if moment.time is not None else None


def dose_of(line: Line) -> tuple[str | None, str | None]:
    """(dose, unit) as documented, or from a rate between a known start and a known end."""
    node, site_id = line.resource, line.site_id
    dose = first(node, "dosage.dose.value")
    code = first(node, "dosage.dose.code")
    unit = codes.DOSE_UNITS.get(code or "") or first(node, "dosage.dose.unit") or code
    if dose is not None:
        return dose, unit
    start, end = (known_instant(local(first(node, f"effectivePeriod.{part}"), site_id)) for part in ("start", "end"))
    rate, rate_unit = rate_of(node)
    if rate is None or rate_unit not in codes.RATES or start is None or end is None or end <= start:
        return None, unit
    dose_unit, per_hour = codes.RATES[rate_unit]
    hours = Fraction(int((end - start).total_seconds() * 1_000_000), 3_600_000_000)
    return decimal_text(rate * hours * Fraction(per_hour)), dose_unit


def rate_of(node: dict) -> tuple[Fraction | None, str | None]:
    """(rate, its unit): a quantity, or a ratio of two."""
    try:
        if value := first(node, "dosage.rateQuantity.value"):
            return parse_number(value), first(node, "dosage.rateQuantity.code", "dosage.rateQuantity.unit")
        top, bottom = (first(node, f"dosage.rateRatio.{part}.value") for part in ("numerator", "denominator"))
        if top and bottom and parse_number(bottom) != 0:
            units = (
                first(node, f"dosage.rateRatio.{part}.code", f"dosage.rateRatio.{part}.unit")
                for part in ("numerator", "denominator")
            )
            return parse_number(top) / parse_number(bottom), "/".join(unit or "" for unit in units)
    except ValueError:
        pass
    return None, None


def administration(line: Line, context) -> Rows:
    """A MedicationAdministration."""
    node, site_id = line.resource, line.site_id
    dose, dose_unit = dose_of(line)
    text = {
        "administration_id": first(node, "id"),
        "patient_id": target(node, "subject.reference", "Patient"),
        **medicine(line, context),
        "route": route(node, "dosage.route", has_text=True),
        "dose": dose,
        "dose_unit": dose_unit,
        "started_at": local(first(node, "effectiveDateTime", "effectivePeriod.start"), site_id),
        "ended_at": whole_day(local(first(node, "effectivePeriod.end"), site_id)),
        "status": first(node, "status"),
    }
    return [("medication_administrations", text, {})]


def medication(line: Line, context) -> Rows:
    """A MedicationRequest or a MedicationStatement: what somebody takes, never an exposure."""
    node, site_id = line.resource, line.site_id
    is_order = line.kind == "MedicationRequest"
    identifier = first(node, "id")
    started = first(node, "authoredOn") if is_order else first(node, "effectiveDateTime", "effectivePeriod.start")
    text = {
        "medication_id": f"MedicationRequest/{identifier}" if is_order and identifier else identifier,
        "patient_id": target(node, "subject.reference", "Patient"),
        **medicine(line, context),
        "route": route(node, "dosageInstruction.route" if is_order else "dosage.route", has_text=False),
        "started_on": whole_day(local(started, site_id)),
        "stopped_on": None if is_order else whole_day(local(first(node, "effectivePeriod.end"), site_id)),
        "status": first(node, "status"),
    }
    return [("medications", text, {})]


def adverse_event(line: Line, context) -> Rows:
    """An AdverseEvent."""
    node = line.resource
    found = codings(node, "event.coding")
    names = [display for *_, display in found if display] + [code for _, code, _ in found if code]
    text = {
        "adverse_event_id": first(node, "id"),
        "patient_id": target(node, "subject.reference", "Patient"),
        "event": first(node, "event.text") or next(iter(names), None),
        "severity": first(node, "severity.coding.code"),
        "started_at": local(first(node, "date", "detected", "recordedDate"), line.site_id),
    }
    return [("adverse_events", text, {})]


def quantity(node: dict) -> tuple[str | None, str | None]:
    """(value, unit) of something measured; a comparator makes the value no number."""
    value = first(node, "valueQuantity.value", "valueInteger", "valueDecimal")
    comparator = first(node, "valueQuantity.comparator")
    code = first(node, "valueQuantity.code")
    unit = codes.UNITS.get(code or "") or first(node, "valueQuantity.unit") or code
    return (f"{comparator}{value}" if value and comparator else value), unit


def vital_of(node: dict) -> str | None:
    """The vital sign that a code stands for."""
    return next(
        (codes.VITALS[code] for system, code, _ in codings(node, "code.coding")
         if system == "loinc" and code in codes.VITALS),
        None,
    )  # fmt: skip


def vitals(line: Line) -> Rows:
    """An Observation of vital signs; empty where it is none."""
    node = line.resource
    own = vital_of(node)
    signs = [(vital, part) for part in every(node, "component") if isinstance(part, dict) and (vital := vital_of(part))]
    valued = [(vital, part) for vital, part in signs if quantity(part)[0] is not None]
    rows = [(own, node)] if own else valued or signs[:1]
    identifier = first(node, "id")
    flat = []
    for position, (vital, part) in enumerate(rows):
        value, unit = quantity(part)
        text = {
            "vital_id": f"{identifier}#{vital}" if identifier and len(rows) > 1 else identifier,
            "patient_id": target(node, "subject.reference", "Patient"),
            "vital": vital,
            "value": value,
            "unit": unit,
            "measured_at": local(first(node, "effectiveDateTime", "effectivePeriod.start", "effectiveInstant"),
                                 line.site_id),
            "status": as_text(node["status"]) if node.get("status") is not None else None,
        }  # fmt: skip
        flat.append(("vitals", text, {"is_part": position > 0, "position": position}))
    return flat


SHAPES = {
    "Patient": patient,
    "Condition": condition,
    "MedicationAdministration": administration,
    "MedicationRequest": medication,
    "MedicationStatement": medication,
    "AdverseEvent": adverse_event,
}
