"""Questionnaires in FHIR: as one response with answers, or as observations of single items, totals and panels."""

import re
from collections import Counter
from collections.abc import Iterator

from tests.integration.oracle import aliases, codes, fhir_records
from tests.integration.oracle.fhir_observed import (
    EFFECTIVE,
    Place,
    has_no_value_yet,
    item_components,
    survey_role,
)
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

UNREADABLE = "(unreadable)"
CHANNELS = {"Patient": "patient", "Practitioner": "staff", "PractitionerRole": "staff", "RelatedPerson": "staff"}


def response_of(answer: dict, concept: str, instrument: str | None) -> str | None:
    """A number from one answer: as it is, or by its ordinal, or by its answer code, or from a text that is a number.

    The answer codes are those of the instruments that ask on how many days something bothered.
    """
    number = first(answer, "valueInteger", "valueDecimal", "valueQuantity.value")
    if number is not None:
        return number
    for coding in every(answer, concept):
        for url in sorted(codes.ORDINAL_EXTENSIONS):
            for extension in extensions(coding, url):
                if (ordinal := first(extension, "valueDecimal", "valueInteger")) is not None:
                    return ordinal
    for system, code, _ in codings(answer, concept):
        if (system, code) in codes.ANSWERS and instrument in codes.ANSWERED_IN_DAYS:
            return str(codes.ANSWERS[system, code])
    return plain_number(first(answer, "valueString"))


# --- observations


def total_of(line: Line) -> str | None:
    """The reported total of a total's or a panel's Observation."""
    value, _ = fhir_records.quantity(line.resource)
    return value if value is not None else plain_number(first(line.resource, "valueString"))


def form_row(line: Line, identifier: str | None, place, is_part: bool) -> tuple:
    """The assessment that an Observation carries."""
    node = line.resource
    text = {
        "assessment_id": f"Observation/{identifier}" if identifier else None,
        "patient_id": target(node, "subject.reference", "Patient"),
        "instrument": place.instrument,
        "completed_at": local(first(node, *EFFECTIVE), line.site_id),
        "total_score": None if is_part else total_of(line),
        "status": first(node, "status"),
    }
    return "assessments", text, {
        "is_part": is_part, "is_from_observations": True, "derived_from": place.questionnaire,
    }  # fmt: skip


def item_parts(line: Line, place: Place) -> Rows:
    """The answers that stand as components in the Observation of a whole form."""
    identifier, rows = first(line.resource, "id"), []
    for position, (component, item) in enumerate(item_components(line.resource, place.instrument), start=1):
        text = {
            "assessment_id": f"Observation/{identifier}" if identifier else None,
            "item_number": str(item),
            "response": first(component, "valueInteger", "valueQuantity.value"),
        }
        coded = codings(component, "valueCodeableConcept.coding")
        if text["response"] is None and coded:  # of a component the ordinal is not read
            values = [codes.ANSWERS[pair[:2]] for pair in coded if pair[:2] in codes.ANSWERS]
            is_known = values and place.instrument in codes.ANSWERED_IN_DAYS
            text["response"] = str(values[0]) if is_known else UNREADABLE
        rows.append(("assessment_responses", text, {"is_part": True, "position": position}))
    return rows


def observation(line: Line, context) -> Rows:
    """An Observation: vital signs, a part of a questionnaire, or nothing that is used."""
    node = line.resource
    if has_no_value_yet(node):
        return []
    role = survey_role(node)
    if role is None:
        return fhir_records.vitals(line)
    identifier = first(node, "id")
    place = context.observed.get((line.site_id, identifier)) or Place(role[0], role[2], None, True, None)
    if role[1] != "item":
        is_form = role[1] == "total" or place.is_form
        return [form_row(line, identifier, place, is_part=False), *item_parts(line, place)] if is_form else []
    text = {
        "assessment_id": f"Observation/{place.leader}" if place.leader else None,
        "item_number": str(place.item),
        "response": response_of(node, "valueCodeableConcept.coding", place.instrument),
    }
    is_void = first(node, "status") in aliases.RETRACTING_STATUSES
    rows: Rows = [("assessment_responses", text, {"is_deleted": is_void})]
    if place.leader == identifier and identifier:
        rows.append(form_row(line, identifier, place, is_part=True))
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


def item_number(names: list[str], instrument: str | None, has_plain: bool = False) -> int | str | None:
    """The item of an answer, `total` for a total, None for something else; plain numbers where nothing names items."""
    role = loinc_role(names)
    if role:
        return (role[2] if role[1] == "item" else role[1]) if role[0] == instrument else None
    n_items = aliases.SCORED.get(instrument, {}).get("items", 0)
    for name in names[:1]:
        text = name.removeprefix("/").lower()
        match = re.fullmatch(r"(.*?)[-_.]?([0-9]+)", text)
        if match and (
            (match[1] == "" and has_plain) or (match[1] and codes.LINK_ID_PREFIXES.get(match[1]) == instrument)
        ):
            return int(match[2]) if 1 <= int(match[2]) <= n_items else None
    return None


def short_name(names: list[str]) -> str | None:
    """The instrument whose short name stands before the number of an item, such as `phq9-1`."""
    match = re.fullmatch(r"(.*?)[-_.]?[0-9]+", names[0].removeprefix("/").lower()) if names else None
    return codes.LINK_ID_PREFIXES.get(match[1]) if match else None


def instruments_of(node: dict, answers: list[tuple[list[str], dict]]) -> list[str | None]:
    """The main instrument, as it is written, and further ones that are asked as well.

    What the questionnaire is called counts first, then what the answers speak for: the instrument that is complete,
    has a total, has most answers.
    """
    items, totals = Counter(), Counter()
    for names, _ in answers:
        role = loinc_role(names)
        instrument = role[0] if role else short_name(names)
        if role and role[1] != "item":
            totals[instrument] += 1
        elif instrument and isinstance(item_number(names, instrument), int):
            items[instrument] += 1

    def rank(name: str) -> tuple:
        rules = aliases.SCORED.get(name)
        is_complete = rules is not None and items[name] >= rules["items"]
        return not is_complete, totals[name] == 0, -items[name], rules is None, name

    ranked = sorted({*items, *totals}, key=rank)
    address = (first(node, "questionnaire") or "").split("|")[0].rstrip("/")
    called = address.rsplit("/", 1)[-1] or None
    canonical = aliases.ALIASES["instrument"].get(aliases.normalised(called or ""))
    main = canonical or next(iter(ranked), None)
    further = [name for name in ranked if name != main and items[name] and items[main] and not is_version(name, main)]
    return [called if canonical else main or called, *further]


def is_version(name: str, other: str) -> bool:
    """Whether two instruments share items: they are never two forms in one."""
    return name.startswith("PHQ") and other.startswith("PHQ")


def questionnaire_response(line: Line, context) -> Rows:
    """A QuestionnaireResponse: the form, and its answers as parts; a second instrument in it is a part as well."""
    node = line.resource
    answers = list(answers_of(node))
    main, *further = instruments_of(node, answers)
    identifier = first(node, "id")
    rows = asked(line, answers, main, identifier, is_part=False)
    for instrument in further:
        rows += asked(line, answers, instrument, f"{identifier}#{instrument}" if identifier else None, is_part=True)
    return rows


def asked(line: Line, answers: list, instrument: str | None, identifier: str | None, is_part: bool) -> Rows:
    """One form of a QuestionnaireResponse with its answers."""
    node = line.resource
    canonical = aliases.ALIASES["instrument"].get(aliases.normalised(instrument or ""))
    status, authored = first(node, "status"), local(first(node, "authored"), line.site_id)
    is_finished = status in (None, "completed", "amended")
    source = reference(first(node, "source.reference"))
    total, parts = None, []
    has_plain = not any(isinstance(item_number(names, canonical), int) for names, _ in answers)
    for position, (names, answer) in enumerate(answers, start=1):
        number = item_number(names, canonical, has_plain)
        response = response_of(answer, "valueCoding", canonical)
        if number == "total":
            total = total if total is not None else response or UNREADABLE
        elif isinstance(number, int):
            text = {
                "assessment_id": identifier,
                "item_number": str(number),
                "response": response if response is not None else UNREADABLE,
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
    return [("assessments", form, {"is_part": is_part}), *parts]


SHAPES = {"Observation": observation, "QuestionnaireResponse": questionnaire_response}
