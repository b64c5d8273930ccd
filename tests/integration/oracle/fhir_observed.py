"""Which Observations make one form of a questionnaire, and which of them speaks for it.

The newest version of an Observation decides; its older versions go with it. Observations are tied by the
QuestionnaireResponse that they were derived from, by a panel or a total that lists them (or says that it was derived
from them), and otherwise by patient, instrument and moment.
"""

from collections import defaultdict
from dataclasses import dataclass
from typing import NamedTuple

from tests.integration.oracle import aliases, codes
from tests.integration.oracle.json_paths import codings, every, first, local, reference, target
from tests.integration.oracle.ndjson import Line
from tests.integration.oracle.values import parse_timestamp

WITHOUT_VALUE = {"cancelled", "registered"}
EFFECTIVE = ("effectiveDateTime", "effectivePeriod.start", "effectiveInstant")
NESTING = {"panel": 1, "total": 2, "item": 3}


class Place(NamedTuple):
    """What an Observation is in its form: instrument, item, id of the one that speaks for the form, own form or not."""

    instrument: str
    item: int | None
    leader: str | None
    is_form: bool
    questionnaire: str | None


def survey_role(node: dict) -> tuple[str, str, int | None] | None:
    """(instrument, role, item number) of an Observation that belongs to a questionnaire."""
    found = ((system, code) for system, code, _ in codings(node, "code.coding"))
    return next((codes.QUESTIONNAIRE_CODES[pair] for pair in found if pair in codes.QUESTIONNAIRE_CODES), None)


def item_components(node: dict, instrument: str) -> list[tuple[dict, int]]:
    """The components of an Observation that are items of one instrument."""
    components = (part for part in every(node, "component") if isinstance(part, dict))
    found = ((part, survey_role(part)) for part in components)
    return [(part, role[2]) for part, role in found if role and role[:2] == (instrument, "item")]


def has_no_value_yet(node: dict) -> bool:
    """A cancelled or merely registered Observation says nothing."""
    return first(node, "status") in WITHOUT_VALUE


def references_at(node: dict, path: str) -> list[tuple[str, str]]:
    """The references at a path, in order."""
    found = (reference(first(member, "reference")) for member in every(node, path))
    return [name for name in found if name]


@dataclass
class Observed:
    """The newest version of one Observation of a questionnaire."""

    line: Line
    identifier: str
    instrument: str
    role: str
    item: int | None
    is_taken_back: bool
    parent: str | None = None
    group: str | None = None
    questionnaire: str | None = None

    @property
    def moment(self) -> str:
        """The wall clock, or the text where it is none."""
        text = local(first(self.line.resource, *EFFECTIVE), self.line.site_id)
        try:
            return str(parse_timestamp(text or "").instant)
        except ValueError:
            return text or ""

    @property
    def patient(self) -> str | None:
        """The patient's id."""
        return target(self.line.resource, "subject.reference", "Patient")

    @property
    def has_value(self) -> bool:
        """Whether a value is given."""
        return any(name.startswith("value") for name in self.line.resource)

    @property
    def has_items(self) -> bool:
        """Whether a panel or a total has the answers as components of its own."""
        return self.role != "item" and bool(item_components(self.line.resource, self.instrument))

    @property
    def rank(self) -> tuple:
        """The order in which the Observations of a form may speak for it: what was taken back comes last."""
        role = {"total": 2, "panel": 3 if self.has_value else 4, "item": 5}[self.role]
        if self.has_items:
            role = 1
        return self.is_taken_back, role, self.identifier


def newest_versions(lines: list[Line], context) -> dict[tuple, Observed]:
    """(site, id) -> newest version of every Observation of a questionnaire that has a value or may have one."""
    from tests.integration.oracle.fhir import recency

    newest: dict[tuple, Line] = {}
    for line in lines:
        if line.kind == "Observation" and not has_no_value_yet(line.resource) and survey_role(line.resource):
            key = (line.site_id, first(line.resource, "id"))
            if key[1] and (key not in newest or recency(line) > recency(newest[key])):
                newest[key] = line
    found = {}
    for key, line in newest.items():
        is_void = first(line.resource, "status") in aliases.RETRACTING_STATUSES
        instrument, role, item = survey_role(line.resource)
        found[key] = Observed(line, key[1], instrument, role, item, is_void or context.is_deleted(line))
    return found


def tie(found: dict[tuple, Observed]) -> None:
    """Parents (the lowest panel, else total, that lists an Observation), questionnaires and names of groups."""
    listings: dict[tuple, set[tuple]] = defaultdict(set)
    for (site_id, identifier), one in found.items():
        if one.role == "item":
            continue
        names = references_at(one.line.resource, "hasMember") + references_at(one.line.resource, "derivedFrom")
        for resource_type, member in names:
            other = found.get((site_id, member))
            if resource_type in ("Observation", "?") and other and NESTING[one.role] < NESTING[other.role]:
                listings[site_id, member].add((NESTING[one.role], identifier))
    for key, parents in listings.items():
        found[key].parent = min(parents)[1]
    listing = {(site_id, found[site_id, member].parent) for site_id, member in listings}
    for (site_id, identifier), one in found.items():
        chain = [one]
        while chain[-1].parent:
            chain.append(found[site_id, chain[-1].parent])
        named = (
            name for link in chain for kind, name in references_at(link.line.resource, "derivedFrom")
            if kind == "QuestionnaireResponse"
        )  # fmt: skip
        one.questionnaire = next(named, None)
        if one.questionnaire:
            one.group = f"QuestionnaireResponse/{one.questionnaire}"
        elif len(chain) > 1 or (site_id, identifier) in listing:
            one.group = f"Observation/{chain[-1].identifier}"


def join_untied(found: dict[tuple, Observed]) -> None:
    """What nothing ties belongs to the one form of its patient, instrument and moment, or makes one."""
    at_once: dict[tuple, list[Observed]] = defaultdict(list)
    for (site_id, _), one in found.items():
        at_once[site_id, one.patient, one.instrument, one.moment].append(one)
    for (_, patient, _, moment), members in at_once.items():
        groups = {one.group for one in members if one.group}
        questionnaires = [one.questionnaire for one in members if one.questionnaire]
        for one in members:
            if one.group is None and len(groups) == 1:
                one.questionnaire = min(questionnaires, default=None)
        for one in members:
            one.group = one.group or (min(groups) if len(groups) == 1 else f"Patient/{patient or ''}/{moment}")


def use_short_forms(found: dict[tuple, Observed]) -> None:
    """Items that a short form shares are the short form's, where that one was scored and not the long one."""
    scored: dict[tuple, set[str]] = defaultdict(set)
    for (site_id, _), one in found.items():
        if one.role != "item":
            scored[site_id, one.group].add(one.instrument)
    for (site_id, _), one in found.items():
        short = [
            (name, item)
            for _, code, _ in codings(one.line.resource, "code.coding")
            for name, item in codes.SHORT_FORM_ITEMS.get(code, {}).items()
            if name in scored[site_id, one.group]
        ]
        if one.role == "item" and short and one.instrument not in scored[site_id, one.group]:
            one.instrument, one.item = min(short)


def find_places(lines: list[Line], context) -> dict[tuple, Place]:
    """(site, Observation id) -> what it is in its form."""
    found = newest_versions(lines, context)
    tie(found)
    join_untied(found)
    use_short_forms(found)
    forms: dict[tuple, list[Observed]] = defaultdict(list)
    for (site_id, _), one in found.items():
        forms[site_id, one.group, one.instrument].append(one)
    places = {}
    for (site_id, _, _), members in forms.items():
        leader = min(members, key=lambda one: one.rank)
        for one in members:
            stands_apart = one.role == "item" and one.is_taken_back and not leader.is_taken_back
            is_form = one.role != "item" and (
                one.role == "total" or one is leader or one.has_items or (one.has_value and leader.role != "total")
            )
            speaker = one.identifier if is_form or stands_apart else leader.identifier
            places[site_id, one.identifier] = Place(one.instrument, one.item, speaker, is_form, one.questionnaire)
    return places
