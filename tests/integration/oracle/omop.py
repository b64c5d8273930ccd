"""Deliveries in the OMOP common data model -> the records of the flat tables that they carry."""

import contextlib
import datetime
import re
from collections import defaultdict
from pathlib import Path

from tests.integration.oracle import codes
from tests.integration.oracle.json_paths import plain_number
from tests.integration.oracle.omop_files import CARRIES, Row, read_rows
from tests.integration.oracle.reading import Deliveries, Record
from tests.integration.oracle.values import Moment, parse_date, parse_number, parse_timestamp

LOINC_CODE = re.compile(r"(?:LOINC:)?([0-9]{1,7}-[0-9])")
DOSE_UNITS = {"mg": "mg", "mcg": "mcg", "ug": "mcg", "g": "g", "mg/kg": "mg/kg", "ml": "mL"}
NAMES = {"6130": "ketamine", "2119365": "esketamine"}
MILLIGRAM, MILLILITRE = "8576", "8587"
Flat = list[tuple[str, dict[str, str | None], dict]]


class Vocabulary:
    """What the delivered vocabulary tables say, of any site."""

    def __init__(self, rows: list[Row]) -> None:
        """Look through all rows once."""
        self.codes: dict[str, tuple[str, str]] = {}
        self.ancestors: dict[str, set[str]] = defaultdict(set)
        self.mg_per_ml: dict[str, str] = {}
        self.deaths: dict[tuple, list[tuple[datetime.date, datetime.date]]] = defaultdict(list)
        for row in rows:
            if row.text is None:
                continue
            if row.table == "concept" and row.get("concept_code"):
                system = codes.system_of(row.get("vocabulary_id"))
                self.codes[row.whole("concept_id")] = system, row.get("concept_code")
            elif row.table == "concept_ancestor":
                self.ancestors[row.whole("descendant_concept_id")].add(row.whole("ancestor_concept_id"))
            elif row.table == "drug_strength":
                self._note_strength(row)
            elif row.table == "death":
                with contextlib.suppress(ValueError):
                    died_on = parse_date(row.get("death_date") or "")
                    self.deaths[row.site_id, row.whole("person_id")].append((row.delivered_on, died_on))

    def _note_strength(self, row: Row) -> None:
        units = (row.whole("numerator_unit_concept_id"), row.whole("denominator_unit_concept_id"))
        if units == (MILLIGRAM, MILLILITRE) and row.get("numerator_value"):
            per = parse_number(row.get("denominator_value") or "1")
            mg_per_ml = parse_number(row.get("numerator_value")) / per
            self.mg_per_ml[row.whole("drug_concept_id")] = f"{float(mg_per_ml):.12f}"

    def with_ancestors(self, concept: str | None) -> set[str]:
        """A concept and all that it is a kind of."""
        return {concept, *self.ancestors.get(concept, ())} if concept else set()

    def loinc(self, row: Row, table: str) -> str | None:
        """The LOINC code of a row: of its source concept, of its concept, or of its source value if it looks so."""
        for column in (f"{table}_source_concept_id", f"{table}_concept_id"):
            system, code = self.codes.get(row.concept(column), ("unknown", None))
            if system == "loinc":
                return code
        match = LOINC_CODE.fullmatch(row.get(f"{table}_source_value") or "")
        return match[1] if match else None


def by_concept(row: Row, concept: str, source: str, known: dict[str, str]) -> str | None:
    """A value by its concept, otherwise as the source wrote it, otherwise the concept's id."""
    return known.get(row.concept(concept) or "") or row.get(source) or row.concept(concept)


def died_on(row: Row, words: Vocabulary) -> str | None:
    """The earliest delivered day of death; one that this version of the person could not know of is no error of it."""
    known = (
        died_on
        for told_on, died_on in words.deaths.get((row.site_id, row.whole("person_id")), [])
        if told_on <= row.delivered_on or died_on <= row.delivered_on + datetime.timedelta(days=1)
    )
    first = min(known, default=None)
    return first.isoformat() if first else None


def is_day(text: str | None) -> bool:
    """Whether a day can be read."""
    try:
        return text is not None and parse_date(re.sub(r"([.][0-9]{6})[0-9]+", r"\1", text)) is not None
    except ValueError:
        return False


def person(row: Row, words: Vocabulary) -> Flat:
    """A PERSON."""
    year, month, day = (row.whole(f"{part}_of_birth") for part in ("year", "month", "day"))
    birth, precision = row.get("birth_datetime"), "day"
    if year is not None and not is_day(birth):
        precision = "year" if month is None else "month" if day is None else "day"
        birth = f"{year:0>4}-{month or '01':0>2}-{(day if month else None) or '01':0>2}"
    text = {
        "patient_id": row.whole("person_id"),
        "birth_date": birth,
        "sex": by_concept(row, "gender_concept_id", "gender_source_value", codes.OMOP_SEXES),
        "race": by_concept(row, "race_concept_id", "race_source_value", codes.OMOP_RACES),
        "ethnicity": by_concept(row, "ethnicity_concept_id", "ethnicity_source_value", codes.OMOP_ETHNICITIES),
        "deceased_on": died_on(row, words),
    }
    return [("patients", text, {"precision": precision})]


def condition(row: Row, words: Vocabulary) -> Flat:
    """A CONDITION_OCCURRENCE.

    The source's value is taken for ICD-10-CM unless the delivered vocabulary says that it is of another system.
    """
    concept = row.concept("condition_concept_id")
    found = {("omop", ancestor) for ancestor in words.with_ancestors(concept)}
    code_text = row.get("condition_source_value")
    for column in ("condition_concept_id", "condition_source_concept_id"):
        system, code = words.codes.get(row.concept(column), ("unknown", None))
        if code and system == "icd10cm":
            code_text = f"{code};{code_text or ''}"
        elif code:
            found.add((system, code.upper().replace(".", "")))
            code_text = None if column == "condition_source_concept_id" else code_text
    text = {
        "diagnosis_id": row.whole("condition_occurrence_id"),
        "patient_id": row.whole("person_id"),
        "code": code_text,
        "resolved_on": row.get("condition_end_date"),
        "recorded_at": row.get("condition_start_date") or row.get("condition_start_datetime"),
        "status": row.get("condition_status_source_value"),
    }
    not_required = frozenset({"code"} if found else ())
    return [("diagnoses", text, {"codings": frozenset(found), "not_required": not_required})]


def drug(row: Row, words: Vocabulary) -> Flat:
    """A DRUG_EXPOSURE: an administration by its type, otherwise a medicine that somebody takes."""
    concept = row.concept("drug_concept_id") or row.concept("drug_source_concept_id")
    concepts = words.with_ancestors(concept)
    rxnorm = next((codes.OMOP_INGREDIENTS[concept] for concept in concepts if concept in codes.OMOP_INGREDIENTS), None)
    common = {
        "patient_id": row.whole("person_id"),
        "medication": row.get("drug_source_value") or NAMES.get(rxnorm) or concept,
        "rxnorm_code": rxnorm,
        "route": by_concept(row, "route_concept_id", "route_source_value", codes.OMOP_ROUTES),
    }
    started = row.get("drug_exposure_start_datetime") or row.get("drug_exposure_start_date")
    ended = row.get("drug_exposure_end_datetime") or row.get("drug_exposure_end_date")
    identifier = row.whole("drug_exposure_id")
    kind = row.concept("drug_type_concept_id")
    if kind not in codes.OMOP_ADMINISTRATION_TYPES:
        text = {"medication_id": identifier, "started_on": started, "stopped_on": ended} | common
        if kind and kind not in codes.OMOP_PRESCRIPTION_TYPES:  # told among the unmapped values
            text["status"] = f"drug_type_concept_id {kind}"
        return [("medications", text, {})]
    unit = DOSE_UNITS.get((row.get("dose_unit_source_value") or "").lower())
    quantity = row.get("quantity")
    mg_per_ml = words.mg_per_ml.get(row.concept("drug_concept_id")) if unit == "mL" else None
    is_expressible = quantity is not None and unit is not None and (unit != "mL" or mg_per_ml is not None)
    text = common | {
        "administration_id": identifier,
        "dose": quantity,
        "dose_unit": unit or row.get("dose_unit_source_value"),
        "concentration_mg_per_ml": mg_per_ml,
        "started_at": started,
        "ended_at": ended,
    }
    extra = (
        {} if is_expressible else {"not_required": frozenset({"dose", "dose_unit"}), "meaningless": frozenset({"dose"})}
    )
    return [("medication_administrations", text, extra)]


def death(row: Row, words: Vocabulary) -> Flat:
    """A DEATH: it carries no record of its own, but must be readable."""
    reason = next((f"missing:{name}" for name in ("person_id", "death_date") if row.get(name) is None), None)
    if reason is None:
        try:
            parse_date(row.get("death_date"))
        except ValueError:
            reason = "unparsable:death_date"
    return [("unused", {}, {"own_reason": reason})]


def own_id(row: Row) -> str | None:
    """The id of a measurement; an observation's id with the name of its table before it."""
    identifier = row.whole(f"{row.table}_id")
    return f"observation/{identifier}" if row.table == "observation" and identifier else identifier


def when(row: Row) -> str | None:
    """The datetime, otherwise the date of a measurement or an observation."""
    return row.get(f"{row.table}_datetime") or row.get(f"{row.table}_date")


def moment_of(row: Row) -> Moment | None:
    """When a row was taken, as a moment; None where that is missing or cannot be read."""
    try:
        return parse_timestamp(when(row) or "")
    except ValueError:
        return None


def survey_role(row: Row, words: Vocabulary) -> tuple | None:
    """(instrument, role, item number) of a row that belongs to a questionnaire."""
    return codes.QUESTIONNAIRE_CODES.get(("loinc", words.loinc(row, row.table)))


def number_of(row: Row, words: Vocabulary) -> str | None:
    """The number that a row says: its own, of its answer's concept, or of a text that is a number."""
    if row.get("value_as_number") is not None:
        return row.get("value_as_number")
    answer = words.codes.get(row.concept("value_as_concept_id"))
    if answer in codes.ANSWERS:
        return str(codes.ANSWERS[answer])
    return plain_number(row.get("value_as_string")) or plain_number(row.get("value_source_value"))


def total_of(row: Row) -> str | None:
    """A total is a number; the concept of an answer is none."""
    if row.get("value_as_number") is not None:
        return row.get("value_as_number")
    return plain_number(row.get("value_as_string")) or plain_number(row.get("value_source_value"))


def find_leaders(rows: list[Row], words: Vocabulary) -> dict[tuple, tuple[str, bool]]:
    """place of a row -> (id of the row that leads its form, whether the form has items only).

    A form is what one person answered at one moment: rows without a person or a moment belong to none.
    """
    groups: dict[tuple, list[tuple[Row, tuple]]] = defaultdict(list)
    for row in rows:
        if row.table in ("measurement", "observation") and row.text and own_id(row):
            role = survey_role(row, words)
            if role and row.whole("person_id") and moment_of(row):
                groups[row.site_id, row.whole("person_id"), role[0], moment_of(row)].append((row, role))
    leaders = {}
    for members in groups.values():
        foremost, (_, kind, _) = min(members, key=lambda member: rank(*member))
        for row, role in members:
            leader = own_id(row) if role[1] == "total" else own_id(foremost)
            leaders[place_of(row)] = leader, kind == "item"
    return leaders


def rank(row: Row, role: tuple) -> tuple:
    """The order in which the rows of one form may lead it."""
    is_without_value = role[1] == "panel" and total_of(row) is None
    return {"total": 0, "panel": 1, "item": 3}[role[1]] + is_without_value, own_id(row)


def place_of(row: Row) -> tuple:
    """Where a row lies."""
    return row.site_id, row.delivered_on, row.file, row.row_number


def form(row: Row, instrument: str, leader: str | None, total: str | None, is_part: bool) -> tuple:
    """The assessment that a leading row carries."""
    text = {
        "assessment_id": leader,
        "patient_id": row.whole("person_id"),
        "instrument": instrument,
        "completed_at": when(row),
        "total_score": total,
        "status": "completed",
    }
    required = frozenset({"completed_at"})
    return "assessments", text, {"is_part": is_part, "is_from_observations": True, "also_required": required}


def measured(row: Row, words: Vocabulary, leaders: dict) -> Flat:
    """A row of MEASUREMENT or OBSERVATION: a vital sign, a part of a questionnaire, or nothing that is used."""
    role = survey_role(row, words)
    identifier = own_id(row)
    if role:
        instrument, kind, number = role
        leader, only_items = leaders.get(place_of(row), (identifier if kind != "item" else None, False))
        if kind != "item":
            is_leader = leader == identifier
            return [form(row, instrument, leader, total_of(row), is_part=False)] if is_leader else []
        text = {"assessment_id": leader, "item_number": str(number), "response": number_of(row, words)}
        # An item finds its form by its day: one that cannot be read leads to none.
        has_bad_day = leader is None and identifier and when(row) and moment_of(row) is None
        flat: Flat = [("assessment_responses", text, {"own_reason": "unparsable:assessment_id"} if has_bad_day else {})]
        if only_items and leader == identifier:
            flat.append(form(row, instrument, leader, None, is_part=True))
        return flat
    vital = codes.VITALS.get(words.loinc(row, row.table) or "") or codes.OMOP_VITALS.get(
        row.concept(f"{row.table}_concept_id") or ""
    )
    if vital is None:
        return []
    text = {
        "vital_id": identifier,
        "patient_id": row.whole("person_id"),
        "vital": vital,
        "value": row.get("value_as_number"),
        "unit": by_concept(row, "unit_concept_id", "unit_source_value", codes.OMOP_UNITS),
        "measured_at": when(row),
    }
    return [("vitals", text, {})]


def read_omop(raw: Path, found: Deliveries) -> None:
    """Add everything below `raw`/omop to what was found."""
    rows = read_rows(raw, found)
    words = Vocabulary(rows)
    leaders = find_leaders(rows, words)
    shapes = {"person": person, "condition_occurrence": condition, "drug_exposure": drug, "death": death}
    for row in rows:
        place = (row.site_id, row.delivered_on, row.file)
        if row.text is None:
            found.records.append(
                Record(*place, CARRIES.get(row.table, "unused"), row.row_number, {}, is_malformed=True)
            )
            continue
        if row.table in ("measurement", "observation"):
            flat = measured(row, words, leaders)
        else:
            flat = shapes[row.table](row, words) if row.table in shapes else []
        for table, text, extra in flat or [("unused", {}, {})]:
            found.records.append(Record(*place, table, row.row_number, text, is_malformed=False, **extra))
