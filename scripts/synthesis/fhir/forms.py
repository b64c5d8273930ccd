"""QuestionnaireResponse: a form with its answers and, where it tells one, its total."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthesis.fhir.habits import Habits
from synthesis.fhir.medicines import as_fhir_status
from synthesis.fhir.parts import BASE, CANARY, LOINC, meta_of, reference, resource, same
from synthesis.instruments import INSTRUMENTS, NAMES, SCORED
from synthesis.json_columns import (
    Json,
    constant,
    decimal_number,
    given,
    listed,
    listed_by_group,
    members,
    number,
    quoted,
    turn,
    where,
)  # fmt: skip
from synthesis.records import Columns
from synthesis.rows import Rows
from synthesis.text import pick, whole

PANELS = {"PCL-5": "101697-1", "PHQ-9": "44249-1", "GAD-7": "69737-5", "PHQ-2": "55757-9", "PCL-C": "70221-7"}
TOTALS = {"PCL-5": "101698-9", "PHQ-9": "44261-6", "GAD-7": "70274-6", "PHQ-2": "55758-7"}
ITEMS = {
    "PCL-5": {9: "101699-7"},
    "PHQ-9": dict(enumerate(("44250-9", "44255-8", "44259-0", "44254-1", "44251-7", "44258-2", "44252-5", "44253-3",
                             "44260-8"), start=1)),
    "GAD-7": dict(enumerate(("69725-0", "68509-9", "69733-4", "69734-2", "69735-9", "69689-8", "69736-7"), start=1)),
}  # fmt: skip
PARTLY_CODED = tuple(name for name, codes in ITEMS.items() if len(codes) < INSTRUMENTS[name].n_items)
PREFIXES = {"PCL-5": "pcl5", "PHQ-9": "phq9", "GAD-7": "gad7", "QIDS-SR16": "qids", "PCL-C": "pclc", "PHQ-2": "phq2",
            "PHQ-8": "phq8"}  # fmt: skip
HAS_ANSWER_CODES = ("PHQ-9", "GAD-7", "PHQ-2", "PHQ-8")
ANSWER_CODES = ("LA6568-5", "LA6569-3", "LA6570-1", "LA6571-9", None, None)
ORDINALS = {
    "ordinal": "http://hl7.org/fhir/StructureDefinition/ordinalValue",
    "old_ordinal": "http://hl7.org/fhir/StructureDefinition/iso21090-CO-value",
}
MOST_ITEMS = 20
DIFFICULTY = {"linkId": "/69722-7", "answer": [{"valueCoding": {"system": LOINC, "code": "LA6573-5"}}]}


def link_id_table(style: str) -> tuple[list[str], list[str | None]]:
    """linkId and definition of item 1..20 of every instrument, in the order of NAMES."""
    links, definitions = [], []
    for name in NAMES:
        for item in range(1, MOST_ITEMS + 1):
            code = ITEMS.get(name, {}).get(item)
            plain = f"{PREFIXES[name]}-{item}"
            alone = str(item) if name in SCORED else None  # a number alone needs a form that is known to be the one
            usual = {"loinc": code, "slash": code and f"/{code}", "number": alone, "definition": None}.get(style)
            if style == "definition" and code:
                usual = f"{14_000 + item}"  # a number of the form's own: only the definition tells
            definitions.append(f"http://loinc.org/{code}" if style == "definition" and code else None)
            links.append(usual or plain)
    return links, definitions


def _answer(style: str, response: pa.Array, codes: pa.Array) -> Json:
    """One answer in one style."""
    if style == "integer":
        return members(valueInteger=response)
    if style == "decimal":
        return members(valueDecimal=decimal_number(response))
    if style == "text":
        return members(valueString=quoted(response))
    if style == "quantity":
        return members(valueQuantity=members(value=response, unit=constant("{score}")))
    if style == "answer_code":
        coded = members(system=constant(LOINC), code=quoted(codes))
        return where(pc.is_valid(codes), members(valueCoding=coded), members(valueInteger=response))
    extension = listed(members(url=constant(ORDINALS[style]), valueDecimal=response))
    return members(valueCoding=members(extension=extension, code=quoted(response), display=constant("Moderatamente")))


def item_objects(answers: Rows, habits: Habits) -> pa.Array:
    """The items of all answered questions, one object each."""
    links, definitions = link_id_table(habits.link_ids)
    at = answers["instrument"] * MOST_ITEMS + answers["item"] - 1
    response = whole(answers["response"])
    has_codes = np.isin(answers["instrument"], [NAMES.index(name) for name in HAS_ANSWER_CODES])
    codes = pick([*ANSWER_CODES], np.where(has_codes, answers["response"], len(ANSWER_CODES) - 1))
    values = turn(len(at), [_answer(style, response, codes) for style in habits.answers])
    return members(
        linkId=quoted(pick(links, at)),
        definition=quoted(pick(definitions, at)),
        text=constant("Question as it was put"),
        answer=pc.binary_join_element_wise("[", values, "]", ""),
    )


def _total(instrument: pa.Array, score: pa.Array, habits: Habits) -> Json:
    """The item of the total, where the instrument's total has a LOINC code."""
    codes = dict(TOTALS)
    code = pa.array([codes.get(name) for name in instrument.to_pylist()], pa.string())
    value = number(score)
    ways = {
        "integer": members(valueInteger=value),
        "decimal": members(valueDecimal=value),
        "quantity": members(valueQuantity=members(value=value, unit=constant("{score}"))),
    }
    answer = turn(len(score), [ways[style] for style in habits.totals])
    known = pc.and_(pc.is_valid(code), pc.is_valid(score))
    link = pc.binary_join_element_wise("/" if habits.link_ids == "slash" else "", code, "")
    return where(known, members(linkId=quoted(link), answer=pc.binary_join_element_wise("[", answer, "]", "")))


def _questionnaire(instrument: pa.Array, habits: Habits) -> pa.Array:
    """Canonical address of the form."""
    panel = pa.array([PANELS.get(name) if habits.questionnaire == "loinc" else None for name in instrument.to_pylist()],
                     pa.string())  # fmt: skip
    version = "|2.1" if habits.questionnaire == "versioned" else ""
    own = pc.binary_join_element_wise(f"{BASE}/Questionnaire/", instrument, version, "")
    return pc.coalesce(pc.binary_join_element_wise("http://loinc.org/q/", panel, ""), own)


def form_lines(columns: Columns, forms: np.ndarray, answers: Rows, habits: Habits) -> pa.Array:
    """Lines of QuestionnaireResponse.

    forms: for each record the position of its form in the facts, -1 for none; answers: facts, sorted by `form`.
    """
    n = len(forms)
    first = np.searchsorted(answers["form"], np.maximum(forms, 0))
    length = np.searchsorted(answers["form"], np.maximum(forms, 0), side="right") - first
    length = np.where(forms >= 0, length, 0)
    instrument, status = columns["instrument"], columns["status"]
    items = listed_by_group(item_objects(answers, habits), first, length)
    inner = pc.utf8_slice_codeunits(items, 1, -1)
    if habits.groups_items:
        inner = given(items, members(linkId=constant("questions"), item=items))
    comment = constant({"linkId": "remarks", "answer": [{"valueString": CANARY}]})
    # the tenth question of the PHQ-9, how difficult all this makes life, is part of no score
    asked = pc.and_(pc.equal(instrument, "PHQ-9"), pc.is_valid(items)) if habits.link_ids == "slash" else None
    difficulty = None if asked is None else where(pc.fill_null(asked, False), constant(DIFFICULTY))
    patient = pc.binary_join_element_wise("Patient/", columns["patient_id"], "")
    staff = pc.equal(columns["channel"], "staff")
    is_done = pc.fill_null(pc.is_in(status, value_set=pa.array(["completed", "amended"])), True)
    return resource(
        "QuestionnaireResponse",
        columns["assessment_id"],
        meta_of(columns),
        questionnaire=quoted(_questionnaire(instrument, habits)),
        status=quoted(as_fhir_status(status)),
        subject=reference(habits, "Patient", columns["patient_id"]),
        authored=where(is_done, quoted(columns["completed_at"]), quoted(columns["started_at"])),
        # in full, for what a urn names could be anybody
        source=where(staff, constant({"reference": "Practitioner/1"}), members(reference=quoted(patient))),
        item=listed(inner, difficulty, _total(instrument, columns["total_score"], habits), same(comment, n)),
    )
