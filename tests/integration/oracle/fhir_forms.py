"""Questionnaires in FHIR: as one response with answers, or as observations of single items, totals and panels."""

import re
from collections import defaultdict
from collections.abc import Iterator

from tests.integration.oracle import aliases, codes, fhir_records
from tests.integration.oracle.fhir_records import Rows
from tests.integration.oracle.json_paths import (
    codings,
    every,
    extensions,
    first,
    local,
    plain_number,
    reference,
    target,
)
from tests.integration.oracle.ndjson import Line

WITHOUT_VALUE = {"cancelled", "registered"}
CHANNELS = {"Patient": "patient", "Practitioner": "staff", "PractitionerRole": "staff", "RelatedPerson": "staff"}
EFFECTIVE = ("effectiveDateTime", "effectivePeriod.start", "effectiveInstant")


def survey_role(node: dict) -> tuple[str, str, int | None] | None:
    """(instrument, role, item number) of an Observation that belongs to a questionnaire."""
    found = ((system, code) for system, code, _ in codings(node, "code.coding"))
    return next((codes.QUESTIONNAIRE_CODES[pair] for pair in found if pair in codes.QUESTIONNAIRE_CODES), None)


def has_no_value_yet(node: dict) -> bool:
    """A cancelled or merely registered Observation says nothing."""
    return first(node, "status") in WITHOUT_VALUE


def response_of(answer: dict, concept: str) -> str | None:
    """A number from one answer: as it is, or by its ordinal, or by its answer code, or from a text that is a number."""
    number = first(answer, "valueInteger", "valueDecimal", "valueQuantity.value")
    if number is not None:
        return number
    for coding in every(answer, concept):
        for url in sorted(codes.ORDINAL_EXTENSIONS):
            for extension in extensions(coding, url):
                if (ordinal := first(extension, "valueDecimal", "valueInteger")) is not None:
                    return ordinal
    for system, code, _ in codings(answer, concept):
        if (system, code) in codes.ANSWERS:
            return str(codes.ANSWERS[system, code])
    return plain_number(first(answer, "valueString"))


# --- observations


def find_leaders(lines: list[Line]) -> dict[tuple, tuple[str | None, str | None, bool]]:
    """(site, Observation id) -> (id of the Observation that leads its form, QuestionnaireResponse named, only items).

    Only for Observations with an id that belong to a questionnaire. Every total leads a form of its own; the others
    follow the smallest total, or the smallest panel with a value, or the smallest panel, or the smallest item.
    """
    surveys = [
        (line, survey_role(line.resource))
        for line in lines
        if line.kind == "Observation" and not has_no_value_yet(line.resource) and first(line.resource, "id")
    ]
    surveys = [(line, role) for line, role in surveys if role and not (role[1] == "item" and role[2] is None)]
    panel_of = {}
    for line, role in surveys:
        if role[1] == "panel":
            for member in every(line.resource, "hasMember"):
                name = reference(first(member, "reference"))
                if name:
                    panel_of.setdefault((line.site_id, role[0], name[1]), line)
    groups: dict[tuple, list] = defaultdict(list)
    for line, role in surveys:
        groups[group_of(line, role, panel_of)].append((line, role))
    leaders = {}
    for members in groups.values():
        foremost, role = min(members, key=rank)
        leader, only_items = first(foremost.resource, "id"), role[1] == "item"
        for line, role in members:
            identifier = first(line.resource, "id")
            own = identifier if role[1] == "total" else leader
            leaders[line.site_id, identifier, line.file, line.delivered_on, line.row_number] = (
                own, questionnaire_named(line.resource), only_items,
            )  # fmt: skip
    return leaders


def rank(member: tuple[Line, tuple]) -> tuple:
    """The order in which the observations of one form may lead it."""
    line, (_, role, _) = member
    is_without_value = role == "panel" and total_of(line) is None
    return {"total": 0, "panel": 1, "item": 3}[role] + is_without_value, first(line.resource, "id")


def group_of(line: Line, role: tuple, panel_of: dict) -> tuple:
    """What the observations of one form have in common."""
    node = line.resource
    who = (line.site_id, target(node, "subject.reference", "Patient"), role[0])
    if named := questionnaire_named(node):
        return (*who, "response", named)
    panel = panel_of.get((line.site_id, role[0], first(node, "id")))
    if panel is not None and role[1] != "panel":
        return group_of(panel, survey_role(panel.resource), {})
    if role[1] == "panel" and next(every(node, "hasMember"), None) is not None:
        return (*who, "panel", first(node, "id"))
    return (*who, "time", first(node, *EFFECTIVE))


def questionnaire_named(node: dict) -> str | None:
    """The QuestionnaireResponse that an Observation was derived from."""
    names = (reference(first(source, "reference")) for source in every(node, "derivedFrom"))
    return next((name[1] for name in names if name and name[0] == "QuestionnaireResponse"), None)


def total_of(line: Line) -> str | None:
    """The reported total of a total's or a panel's Observation."""
    value, _ = fhir_records.quantity(line.resource)
    return value if value is not None else plain_number(first(line.resource, "valueString"))


def form_row(line: Line, leader: str, total: str | None, instrument: str, named: str | None, is_part: bool) -> tuple:
    """The assessment that a leading Observation carries."""
    node = line.resource
    text = {
        "assessment_id": f"Observation/{leader}",
        "patient_id": target(node, "subject.reference", "Patient"),
        "instrument": instrument,
        "completed_at": local(first(node, *EFFECTIVE), line.site_id),
        "total_score": total,
        "status": first(node, "status"),
    }
    return "assessments", text, {"is_part": is_part, "is_from_observations": True, "derived_from": named}


def observation(line: Line, context) -> Rows:
    """An Observation: vital signs, a part of a questionnaire, or nothing that is used."""
    node = line.resource
    if has_no_value_yet(node):
        return []
    role = survey_role(node)
    if role is None:
        return fhir_records.vitals(line)
    instrument, kind, number = role
    identifier = first(node, "id")
    place = (line.site_id, identifier, line.file, line.delivered_on, line.row_number)
    leader, named, only_items = context.leaders.get(place, (identifier, questionnaire_named(node), False))
    if kind in ("total", "panel"):
        if leader != identifier:
            return []
        row = form_row(line, leader, total_of(line), instrument, named, is_part=False)
        if identifier is None:
            row[1]["assessment_id"] = None
        return [row]
    rows: Rows = [
        (
            "assessment_responses",
            {
                "assessment_id": f"Observation/{leader}" if leader else None,
                "item_number": str(number),
                "response": response_of(node, "valueCodeableConcept.coding"),
            },
            {},
        )
    ]
    if only_items and leader == identifier:
        rows.append(form_row(line, leader, None, instrument, named, is_part=True))
    return rows


# --- questionnaire responses


def answers_of(node: dict) -> Iterator[tuple[list[str], dict]]:
    """([linkId, definition], answer) of every answer in the order of the document, nested items included."""
    for item in every(node, "item"):
        if not isinstance(item, dict):
            continue
        names = [name for name in (first(item, "linkId"), first(item, "definition")) if name]
        for answer in every(item, "answer"):
            if isinstance(answer, dict):
                yield names, answer
                yield from answers_of(answer)
        yield from answers_of(item)


def loinc_role(names: list[str]) -> tuple[str, str, int | None] | None:
    """What a linkId or a definition means by its LOINC code."""
    for name in names:
        role = codes.QUESTIONNAIRE_CODES.get(("loinc", re.split("[/#]", name)[-1]))
        if role:
            return role
    return None


def item_number(names: list[str], instrument: str | None) -> int | str | None:
    """The item of an answer, `total` for a total, None for something else."""
    role = loinc_role(names)
    if role:
        return (role[2] if role[1] == "item" else role[1]) if role[0] == instrument else None
    n_items = aliases.SCORED.get(instrument, {}).get("items", 0)
    for name in names[:1]:
        text = name.removeprefix("/").lower()
        match = re.fullmatch(r"(.*?)[-_.]?([0-9]+)", text)
        if match and (match[1] == "" or codes.LINK_ID_PREFIXES.get(match[1]) == instrument):
            return int(match[2]) if 1 <= int(match[2]) <= n_items else None
    return None


def instrument_of(node: dict, answers: list[tuple[list[str], dict]]) -> str | None:
    """The instrument: by the codes of its items, by the questionnaire's address, by the items' names."""
    roles = [role for names, _ in answers if (role := loinc_role(names))]
    if roles:
        return roles[0][0]
    address = (first(node, "questionnaire") or "").split("|")[0].rstrip("/")
    last_part = address.rsplit("/", 1)[-1] or None
    if last_part and aliases.normalised(last_part) in aliases.ALIASES["instrument"]:
        return last_part
    for names, _ in answers:
        match = re.fullmatch(r"(.*?)[-_.]?[0-9]+", names[0].removeprefix("/").lower()) if names else None
        if match and match[1] in codes.LINK_ID_PREFIXES:
            return codes.LINK_ID_PREFIXES[match[1]]
    return last_part


def questionnaire_response(line: Line, context) -> Rows:
    """A QuestionnaireResponse: the form, and its answers as parts."""
    node = line.resource
    answers = list(answers_of(node))
    instrument = instrument_of(node, answers)
    canonical = aliases.ALIASES["instrument"].get(aliases.normalised(instrument or ""))
    status = first(node, "status")
    identifier, authored = first(node, "id"), local(first(node, "authored"), line.site_id)
    is_finished = status in (None, "completed", "amended")
    source = reference(first(node, "source.reference"))
    total, parts = None, []
    for position, (names, answer) in enumerate(answers, start=1):
        number = item_number(names, canonical)
        response = response_of(answer, "valueCoding")
        if number == "total":
            total = total if total is not None else response
        elif isinstance(number, int):
            text = {
                "assessment_id": identifier,
                "item_number": str(number),
                "response": response if response is not None else "(unreadable)",
            }
            parts.append(("assessment_responses", text, {"is_part": True, "position": position}))
    form = {
        "assessment_id": identifier,
        "patient_id": target(node, "subject.reference", "Patient"),
        "instrument": instrument,
        "started_at": None if is_finished else authored,
        "completed_at": authored if is_finished else None,
        "total_score": total,
        "status": status,
        "channel": CHANNELS.get(source[0]) if source else None,
    }
    return [("assessments", form, {}), *parts]


SHAPES = {"Observation": observation, "QuestionnaireResponse": questionnaire_response}
