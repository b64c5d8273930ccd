"""Forms once more as Observations, as servers that score them keep them: total, items, and a panel that lists both.

Each of these says the same as a QuestionnaireResponse that is delivered too, so that it must not count twice.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthesis.fhir.forms import ANSWER_CODES, HAS_ANSWER_CODES, ITEMS, MOST_ITEMS, PANELS, TOTALS
from synthesis.fhir.habits import Habits
from synthesis.fhir.parts import LOINC, TERMINOLOGY, coding, concept, look_up, meta_of, reference, resource
from synthesis.instruments import NAMES
from synthesis.json_columns import Json, constant, given, listed, listed_by_group, members, number, quoted, turn, where
from synthesis.records import Columns
from synthesis.rows import Rows, repeat_ranges
from synthesis.text import pick, whole

SURVEY = [{"coding": [{"system": f"{TERMINOLOGY}/observation-category", "code": "survey"}]}]


def _observation(
    columns: Columns, habits: Habits, ident: pa.Array, code: pa.Array, is_derived: np.ndarray, **values: Json
) -> pa.Array:
    """One line each; is_derived: the Observation names the form that it comes from."""
    form = listed(reference(habits, "QuestionnaireResponse", columns["assessment_id"]))
    return resource(
        "Observation",
        ident,
        meta_of(columns),
        status=constant("final"),
        category=constant(SURVEY),
        code=concept(listed(coding(LOINC, quoted(code)))),
        subject=reference(habits, "Patient", columns["patient_id"]),
        effectiveDateTime=quoted(columns["completed_at"]),
        **values,
        derivedFrom=where(is_derived, form),
    )


def ident_of(columns: Columns, part: str) -> pa.Array:
    """Ids of the Observations of forms."""
    return pc.binary_join_element_wise("obs-", columns["assessment_id"], f"-{part}", "")


def total_lines(columns: Columns, habits: Habits, is_derived: np.ndarray) -> pa.Array:
    """The totals of forms."""
    score = number(columns["total_score"])
    n = len(score)
    values = (score, None, None), (None, members(value=score, unit=constant("{score}")), None), (None, None, score)
    integer, quantity, decimal = (
        turn(n, [ways[place] if isinstance(ways[place], pa.Array) else pa.nulls(n, pa.string()) for ways in values])
        for place in range(3)
    )
    return _observation(
        columns,
        habits,
        ident_of(columns, "total"),
        look_up(columns["instrument"], TOTALS),
        is_derived,
        valueInteger=integer,
        valueQuantity=quantity,
        valueDecimal=decimal,
    )


class SurveyItems:
    """The items of some forms that have a LOINC code, one row each, by form."""

    def __init__(self, columns: Columns, forms: np.ndarray, answers: Rows) -> None:
        """columns: records of forms; forms: their positions in the facts; answers: all answers, by form."""
        first = np.searchsorted(answers["form"], forms)
        length = np.searchsorted(answers["form"], forms, side="right") - first
        answer = np.repeat(first, length) + repeat_ranges(length)
        owner = np.repeat(np.arange(len(forms)), length)
        codes = [ITEMS.get(name, {}).get(item) for name in NAMES for item in range(1, MOST_ITEMS + 1)]
        code = pick(codes, answers["instrument"][answer] * MOST_ITEMS + answers["item"][answer] - 1)
        coded = np.flatnonzero(code.is_valid().to_numpy(zero_copy_only=False))
        self.owner, answer, self.code = owner[coded], answer[coded], code.take(pa.array(coded))
        self.columns = {name: column.take(pa.array(self.owner)) for name, column in columns.items()}
        item = whole(answers["item"][answer])
        self.ident = pc.binary_join_element_wise("obs-", self.columns["assessment_id"], "-", item, "")
        self.response = answers["response"][answer]
        self.has_codes = np.isin(answers["instrument"][answer], [NAMES.index(name) for name in HAS_ANSWER_CODES])

    def lines(self, habits: Habits, is_derived: np.ndarray) -> pa.Array:
        """Lines of the items."""
        codes = pick([*ANSWER_CODES], np.where(self.has_codes, self.response, len(ANSWER_CODES) - 1))
        coded = concept(listed(coding(LOINC, quoted(codes))))
        return _observation(
            self.columns,
            habits,
            self.ident,
            self.code,
            is_derived[self.owner],
            valueCodeableConcept=given(codes, coded),
            valueInteger=where(pc.is_valid(codes), None, whole(self.response)),
        )

    def panel_lines(self, columns: Columns, habits: Habits, is_derived: np.ndarray) -> pa.Array:
        """Lines of the panels that list the items of each form and its total."""
        n = len(columns["assessment_id"])
        elements = reference(habits, "Observation", self.ident)
        first = np.searchsorted(self.owner, np.arange(n))
        length = np.searchsorted(self.owner, np.arange(n), side="right") - first
        inner = pc.utf8_slice_codeunits(listed_by_group(elements, first, length), 1, -1)
        total = reference(habits, "Observation", ident_of(columns, "total"))
        return _observation(
            columns,
            habits,
            ident_of(columns, "panel"),
            look_up(columns["instrument"], PANELS),
            is_derived,
            hasMember=listed(inner, total),
        )
