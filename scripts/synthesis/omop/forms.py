"""Forms as measurements: the total leads and has the form's id; items have ids of another range.

Where a form tells no total, its first item leads. Only items and totals with a LOINC code can be written.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthesis.fhir.forms import ITEMS, MOST_ITEMS, TOTALS
from synthesis.fhir.parts import look_up
from synthesis.instruments import INSTRUMENTS, NAMES
from synthesis.records import Columns
from synthesis.rows import MISSING, Rows
from synthesis.sheets import Sheet
from synthesis.text import pick, whole

SUMMED = tuple(name for name in TOTALS if name in INSTRUMENTS and len(ITEMS.get(name, {})) < INSTRUMENTS[name].n_items)
# where only some items have a code none is written: a form with one item of twenty would look unfinished
ITEM_CODES = [
    None if name in SUMMED else ITEMS.get(name, {}).get(item) for name in NAMES for item in range(1, MOST_ITEMS + 1)
]


class WrittenForms:
    """What OMOP can hold of the forms of a chunk: forms by position in the facts, ids and persons as text."""

    def __init__(self, sheet: Sheet, forms: Rows, answers: Rows, ids: pa.Array) -> None:
        """sheet: the assessments that are left for OMOP, all completed; ids: of all forms of the facts."""
        self.ids = ids
        columns = sheet.columns
        found = pc.fill_null(pc.index_in(columns["assessment_id"], value_set=ids), -1)
        self.positions = found.to_numpy(zero_copy_only=False).astype(np.int64)
        n = len(ids)
        self.total = self._totals(forms)
        newest = np.full(n, -1)
        current = np.flatnonzero((self.positions >= 0) & (sheet.story != "corrected") & (sheet.story != "spoiled"))
        newest[self.positions[current]] = current
        self.newest = newest
        self._keep_one_of_a_moment(sheet, forms, newest)
        # of the answers with a code, the first one of each form leads where there is no total
        coded = pick(ITEM_CODES, forms["instrument"][answers["form"]] * MOST_ITEMS + answers["item"] - 1).is_valid()
        self.first_item = np.full(n, MOST_ITEMS + 1)
        chosen = np.flatnonzero(coded.to_numpy(zero_copy_only=False))
        np.minimum.at(self.first_item, answers["form"][chosen], answers["item"][chosen])

    @staticmethod
    def _totals(forms: Rows) -> np.ndarray:
        """The total that is written: as reported, or summed where the items themselves cannot be written."""
        summed = np.isin(forms["instrument"], [NAMES.index(name) for name in SUMMED])
        has_code = np.isin(forms["instrument"], [NAMES.index(name) for name in TOTALS])
        total = np.where(summed & forms["has_items"] & forms["is_complete"], forms["total"], forms["reported_total"])
        return np.where(has_code, total, MISSING)

    def _keep_one_of_a_moment(self, sheet: Sheet, forms: Rows, newest: np.ndarray) -> None:
        """Forms of one person and instrument at one time cannot be told apart: the fullest, then the first, is kept."""
        known = np.flatnonzero(newest >= 0)
        at = pa.array(newest[known])
        persons = sheet.columns["patient_id"].take(at).to_pylist()
        moments = sheet.columns["completed_at"].take(at).to_pylist()
        order = np.lexsort((known, -forms["n_answered"][known]))
        seen, keep = set(), np.zeros(len(forms["id"]), dtype=bool)
        for place in order:
            key = (persons[place], int(forms["instrument"][known[place]]), moments[place])
            keep[known[place]] = key not in seen
            seen.add(key)
        self.is_kept = keep

    def has_total(self) -> np.ndarray:
        """Whether a form leads with a total."""
        return self.total != MISSING


def total_rows(sheet: Sheet, written: WrittenForms) -> tuple[np.ndarray, pa.Array, pa.Array]:
    """Positions of the records of the sheet that become totals, their values and LOINC codes."""
    summed = pc.is_in(sheet.columns["instrument"], value_set=pa.array(SUMMED))
    at = np.maximum(written.positions, 0)
    known = written.positions >= 0
    n_forms = len(written.total)
    own = whole(written.total[at]) if n_forms else pa.nulls(len(sheet), pa.string())
    score = pc.if_else(pc.and_(pc.fill_null(summed, False), pa.array(known)), own, sheet.columns["total_score"])
    code = look_up(sheet.columns["instrument"], TOTALS)
    kept = written.is_kept[at] & known if n_forms else known
    rows = np.flatnonzero((kept | ~known) & score.is_valid().to_numpy(zero_copy_only=False)
                          & code.is_valid().to_numpy(zero_copy_only=False))  # fmt: skip
    return rows, score.take(pa.array(rows)), code.take(pa.array(rows))


def item_columns(
    sheet: Sheet, forms_sheet: Sheet, forms: Rows, written: WrittenForms
) -> tuple[np.ndarray, Columns, np.ndarray]:
    """The answers that can be written: positions; id, person, moment, value and code; whether each leads its form."""
    columns = sheet.columns
    found = pc.fill_null(pc.index_in(columns["assessment_id"], value_set=written.ids), -1)
    form = found.to_numpy(zero_copy_only=False).astype(np.int64)
    at = np.maximum(form, 0)
    numbers = pa.array([str(number) for number in range(1, MOST_ITEMS + 1)])
    item = pc.fill_null(pc.index_in(columns["item_number"], value_set=numbers), -1)
    item = item.to_numpy(zero_copy_only=False).astype(np.int64) + 1
    possible = np.flatnonzero((form >= 0) & (item > 0) & written.is_kept[at] & (written.newest[at] >= 0))
    form, item = form[possible], item[possible]
    code = pick(ITEM_CODES, forms["instrument"][form] * MOST_ITEMS + item - 1)
    coded = np.flatnonzero(code.is_valid().to_numpy(zero_copy_only=False))
    rows, form, item, code = possible[coded], form[coded], item[coded], code.take(pa.array(coded))
    leads = ~written.has_total()[form] & (item == written.first_item[form])
    own = written.ids.take(pa.array(form))
    padded = pick([f"{number:02d}" for number in range(MOST_ITEMS + 1)], item)
    other = pc.binary_join_element_wise("7", own, padded, "")
    source = pa.array(written.newest[form])
    result = {
        "id": pc.if_else(pa.array(leads), own, other),
        "person": forms_sheet.columns["patient_id"].take(source),
        "moment": forms_sheet.columns["completed_at"].take(source),
        "value": columns["response"].take(pa.array(rows)),
        "code": code,
    }
    return rows, result, leads
