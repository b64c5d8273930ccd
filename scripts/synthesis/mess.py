"""Step 7: what happens to records on their way: second copies, mistakes taken back, corrections, junk.

Whatever destroys a record hits a copy that was made for it; the true record always arrives.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from synthesis import parameters
from synthesis.clinics import CLINICS
from synthesis.diagnoses import CODE_SETS
from synthesis.instruments import FOREIGN, NAMES
from synthesis.junk import CATALOGUE, can_hold, nobody, spoil, where_planted
from synthesis.people import RACES, Chunk
from synthesis.questionnaires import COMPLETED
from synthesis.records import ACCEPTED, DUPLICATE, QUARANTINED, RETRACTED, SUPERSEDED, status
from synthesis.rows import MISSING, Rows, count, repeat_ranges, stack, take
from synthesis.sheets import FOREVER, Sheet, join_sheets, make_sheet
from synthesis.spellings import SPELLINGS
from synthesis.tables import WRITERS
from synthesis.text import Pen

COUNTING = [status(name) for name in ("completed", "stopped", "in-progress", "")]


@dataclass
class Version:
    """Older versions of some rows of a table: the facts as they were, whose they are and which exports hold them."""

    facts: Rows
    rows: np.ndarray
    start: np.ndarray
    stop: np.ndarray
    story: str


def exports_of(chunk: Chunk, days: np.ndarray) -> np.ndarray:
    """Position of the first export after each day."""
    return np.searchsorted(np.asarray(chunk.export_days), days, side="right")


def add_copies(facts: Rows, chosen: np.ndarray, role: int, suffix: int, **changes: np.ndarray | int) -> Rows:
    """The facts with copies of the chosen rows below, under an id of their own and with the changes given."""
    copies = take(facts, chosen)
    n = count(copies)
    copies["suffix"] = np.full(n, suffix)
    copies["role"] = np.full(n, role)
    for name, values in changes.items():
        copies[name] = np.broadcast_to(values, n).astype(facts[name].dtype)
    return stack([facts, copies])


def add_administration_copies(people: Rows, facts: Rows, random: np.random.Generator) -> Rows:
    """Some administrations were exported twice, under another id; for merged charts under the other chart too."""
    counts = (facts["role"] == ACCEPTED) & np.isin(facts["status"], COUNTING) & (facts["drug"] < 2)
    share = np.where(people["n_old_charts"][facts["person"]] > 0, 0.08, parameters.DUPLICATE_SHARE)
    chosen = np.flatnonzero(counts & (random.random(count(facts)) < share))
    return add_copies(
        facts, chosen, DUPLICATE, 1,
        chart=people["number"][facts["person"][chosen]], is_coded=1, end=MISSING, updated=facts["updated"][chosen] + 9,
    )  # fmt: skip


def add_form_copies(forms: Rows, answers: Rows, random: np.random.Generator) -> tuple[Rows, Rows]:
    """Some forms arrive twice (with all their answers or only with the total), some by mistake (taken back later)."""
    good = (forms["role"] == ACCEPTED) & (forms["progress"] == COMPLETED)
    draw = random.random(count(forms))
    twice = np.flatnonzero(good & (draw < parameters.DUPLICATE_SHARE))
    mistaken = np.flatnonzero(good & (draw > 1 - parameters.RETRACTED_SHARE))
    n = count(forms)
    forms = add_copies(forms, twice, DUPLICATE, 1)
    wrong = np.where(np.arange(len(mistaken)) % 3 == 0, status("void"), status("entered-in-error"))
    later = forms["finished"][mistaken] + 7
    forms = add_copies(forms, mistaken, RETRACTED, 2, status=wrong, finished=later)

    copied = np.r_[twice, mistaken]
    with_answers = np.r_[np.arange(len(twice)) % 2 == 0, np.ones(len(mistaken), dtype=bool)]
    first = np.searchsorted(answers["form"], copied)
    lengths = (np.searchsorted(answers["form"], copied, side="right") - first) * with_answers
    extra = take(answers, np.repeat(first, lengths) + repeat_ranges(lengths))
    extra["form"] = np.repeat(n + np.arange(len(copied)), lengths)
    return forms, stack([answers, extra])


# --- corrections: how a record may have looked before


def _before_patients(old: Rows) -> None:
    old["race"] = np.full(count(old), len(RACES) - 1)
    old["zip"] = (old["zip"] + 5) % 13


def _before_diagnoses(old: Rows) -> None:
    old["condition"] = np.full(count(old), CODE_SETS.index("near_miss"))
    old["code"] = np.full(count(old), 3)
    old["second"] = np.full(count(old), -1)


def _before_administrations(old: Rows) -> None:
    old["dose"] = np.where(old["dose"] > 0, old["dose"] * 2, old["dose"])


def _before_medications(old: Rows) -> None:
    old["stopped"] = np.full(count(old), MISSING)


def _before_vitals(old: Rows) -> None:
    old["tenths"] = old["tenths"] + 30


def _before_forms(old: Rows) -> None:
    total = old["reported_total"]
    old["reported_total"] = np.where(total == MISSING, MISSING, np.maximum(total - 3, 0))
    old["is_staff"] = ~old["is_staff"]


def _before_answers(old: Rows) -> None:
    old["response"] = (old["response"] + 1) % 4


def _before_events(old: Rows) -> None:
    old["severity"] = np.zeros(count(old), dtype=np.int64)


BEFORE: dict[str, Callable[[Rows], None]] = {
    "patients": _before_patients,
    "diagnoses": _before_diagnoses,
    "medication_administrations": _before_administrations,
    "medications": _before_medications,
    "vitals": _before_vitals,
    "assessments": _before_forms,
    "assessment_responses": _before_answers,
    "adverse_events": _before_events,
}


def _correct(
    chunk: Chunk, table: str, facts: Rows, start: np.ndarray, plain: np.ndarray, random: np.random.Generator
) -> list[Version]:
    """Choose records that were corrected. Moves `start` and "updated" of the newest version, returns the older ones.

    Three ways: the correction comes with a later export; both versions lie in one export; the old version arrives
    again, after the new one. The last two need updated_at to tell which is newer.
    """
    last = len(chunk.export_days) - 1
    rows = np.flatnonzero(plain & (random.random(count(facts)) < parameters.CORRECTED_SHARE))
    if table == "assessment_responses":
        rows = rows[random.random(len(rows)) < 0.15]
    draw = random.random(len(rows))
    can_wait = start[rows] < last
    late_old = can_wait & (draw < parameters.LATE_OLD_VERSION_SHARE) & chunk.clinic.has_updated_at
    later = can_wait & ~late_old & ((draw < 0.6) | (not chunk.clinic.has_updated_at))
    keep = later | late_old | np.full(len(rows), chunk.clinic.has_updated_at)
    rows, later, late_old = rows[keep], later[keep], late_old[keep]

    old = take(facts, rows)
    BEFORE[table](old)
    then = start[rows]
    new = then + 1 + np.floor(random.random(len(rows)) * (last - then)).astype(np.int64)
    old_start = np.where(late_old, new, then)
    old_stop = np.where(later, new, np.where(late_old, new + 1, FOREVER))
    start[rows] = np.where(later, new, then)
    facts["updated"][rows] += 60 * (1 + np.floor(random.random(len(rows)) * 20).astype(np.int64))
    return [Version(old, rows, old_start, old_stop, "corrected")]


def _progress(chunk: Chunk, table: str, facts: Rows, start: np.ndarray) -> list[Version]:
    """Records that looked different in an earlier export because life had not got further then."""
    if table == "assessments":
        before = exports_of(chunk, facts["sent_day"])
        rows = np.flatnonzero(before < start)
        old = take(facts, rows)
        old["status"] = np.full(len(rows), status("sent"))
        for name in ("opened", "finished", "reported_total"):
            old[name] = np.full(len(rows), MISSING)
        old["updated"] = old["sent"]
    elif table == "patients":  # charts before they were merged, people before they died
        before = start.copy()
        changed = (facts["merged_into"] != MISSING) | (facts["death_day"] != MISSING)
        start[:] = np.where(changed, exports_of(chunk, facts["updated"] // 1440), start)
        rows = np.flatnonzero(before < start)
        old = take(facts, rows)
        for name in ("merged_into", "death_day"):
            old[name] = np.full(len(rows), MISSING)
        old["updated"] = old["available"] * 1440 + 700
    else:
        return []
    return [Version(old, rows, before[rows], start[rows], "progress")]


def _taken_back(chunk: Chunk, table: str, facts: Rows, start: np.ndarray) -> list[Version]:
    """Retracted records often looked fine at first: every version of them is retracted."""
    if table not in ("assessments", "medication_administrations"):
        return []
    wrong = np.isin(facts["status"], [status("entered-in-error"), status("void")])
    last = len(chunk.export_days) - 1
    rows = np.flatnonzero(wrong & (chunk.clinic.has_updated_at | (start < last)))
    old = take(facts, rows)
    old["status"] = np.full(len(rows), status("completed"))
    then = start[rows].copy()
    start[rows] = np.minimum(then + 1, last)
    facts["updated"][rows] += 300
    return [Version(old, rows, then, np.where(start[rows] > then, start[rows], FOREVER), "retracted")]


def make_mess(chunk: Chunk, table: str, facts: Rows) -> Sheet:
    """The records of one table as they will be exported: newest versions, older ones, and junk."""
    random = chunk.random(20 + list(WRITERS).index(table))
    n = count(facts)
    facts = dict(facts) | {"updated": facts["updated"].copy()}
    start = exports_of(chunk, facts["available"])
    versions = _progress(chunk, table, facts, start) + _taken_back(chunk, table, facts, start)
    foreign = np.zeros(n, dtype=bool)
    if "instrument" in facts:
        foreign = np.isin(facts["instrument"], [NAMES.index(name) for name in FOREIGN])
    plain = (facts["role"] == ACCEPTED) & ~foreign
    plain[np.concatenate([version.rows for version in versions] or [np.zeros(0, dtype=np.int64)])] = False
    versions += _correct(chunk, table, facts, start, plain, random)
    versioned = np.concatenate([version.rows for version in versions])
    plain[versioned] = False
    facts["updated"] = np.where(plain & (random.random(n) < 0.15), MISSING, facts["updated"])

    pen = Pen(chunk.clinic, random)
    write = WRITERS[table]
    order = np.arange(n, dtype=float)
    current = make_sheet(write(facts, pen), facts, start, order)
    current.story[foreign] = "other instrument"
    current.story[versioned] = "newest version"
    for role, story in ((DUPLICATE, "second copy"), (RETRACTED, "taken back"), (SUPERSEDED, "merged away")):
        current.story[facts["role"] == role] = story
    sheets = [current]
    for version in versions:
        side = np.where(random.random(len(version.rows)) < 0.5, -0.25, 0.25)
        older = make_sheet(write(version.facts, pen), version.facts, version.start, version.rows + side)
        older.stop = version.stop
        older.role = np.where(older.role == RETRACTED, RETRACTED, SUPERSEDED)
        older.story[:] = version.story
        older.replaced = start[version.rows]
        sheets.append(older)
    sheets += _junk(chunk, table, current, n, random)
    sheet = join_sheets(sheets)
    if not chunk.clinic.has_updated_at:
        del sheet.columns["updated_at"]
    return sheet


def _junk(chunk: Chunk, table: str, sheet: Sheet, n: int, random: np.random.Generator) -> list[Sheet]:
    """Junk of every kind that this clinic's files can carry, at a small rate; some of it surely."""
    clinic = chunk.clinic
    sure = where_planted(chunk.network or CLINICS).get(clinic.site_id, []) if chunk.number == 0 else []
    style = (clinic.date_style, clinic.clock_style if clinic.writes_times else "")
    preferred = {
        f"{column}:{value}": SPELLINGS[field][value][clinic.spelling]
        for column, field, value in (("status", "status", "completed"), ("vital", "vital", "weight"))
    }
    parts = []
    for serial, spoiling in enumerate(CATALOGUE):
        if spoiling.table != table or not can_hold(clinic, spoiling):
            continue
        expected = parameters.JUNK_PER_PATIENT * chunk.n_eligible / 10
        copies = max(int(random.poisson(expected)), int(spoiling in sure))
        if copies:
            number = chunk.number * len(CATALOGUE) + serial
            part = spoil(sheet, spoiling, copies, style, number, len(chunk.export_days), random, preferred, clinic)
            parts += [part] if part else []
    if table == "patients":
        parts.append(_merged_nowhere(chunk, sheet, random))
    return parts


def _merged_nowhere(chunk: Chunk, sheet: Sheet, random: np.random.Generator) -> Sheet:
    """Three charts that lead nowhere: two name each other, one names a chart that nobody has."""
    row = pa.array([0, 0, 0]) if len(sheet) else pa.array([], pa.int64())
    columns = {name: column.take(row) for name, column in sheet.columns.items()}
    ids = [f"ZZ{chunk.number}-{letter}" for letter in "abc"][: len(row)]
    if chunk.clinic.has_numbers_as_ids:
        ids = [f"8{chunk.number:06d}{letter}" for letter in "123"][: len(row)]
    columns["patient_id"] = pa.array(ids, pa.string())
    columns["merged_into"] = pa.array([ids[1], ids[0], nobody(chunk.clinic)] if ids else [], pa.string())
    n = len(row)
    return Sheet(
        columns,
        np.full(n, QUARANTINED),
        np.full(n, sheet.start[0] if n else 0),
        np.full(n, FOREVER),
        random.random(n) * max(len(sheet), 1),
        np.full(n, "out_of_range:merged_into", dtype=object),
        np.full(n, "spoiled", dtype=object),
        np.full(n, FOREVER),
    )
