"""Step 6: facts become the columns of the flat tables, in the clinic's own writing.

Each table has a list of facts (numpy columns) and a function that writes them. Common columns of the facts:
id, suffix (of the key), person, chart (the patient number written down), available (the day from which an export holds
the record), updated (minute of the last change, MISSING: not written) and role.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthesis.clinics import Clinic
from synthesis.diagnoses import CODE_SETS
from synthesis.diagnoses import STATUSES as DIAGNOSIS_STATUSES
from synthesis.instruments import NAMES
from synthesis.people import ETHNICITIES, RACES, SEXES, Chunk, category
from synthesis.questionnaires import COMPLETED, SENT
from synthesis.rows import MISSING, Rows, count, stack, take
from synthesis.spellings import (
    ADVERSE_EVENTS,
    CODES,
    CONCOMITANTS,
    ESKETAMINE_RXNORM,
    FIRST_NAMES,
    KETAMINE_RXNORM,
    LAST_NAMES,
    MEDICINES,
    SEVERITIES,
    TEST_NAMES,
    UNKNOWN_SPELLINGS,
    ZIP_CODES,
)
from synthesis.text import Pen, blank_where, decimals, pick, whole
from synthesis.visits import UNITS, VITALS

# what becomes of a record, by intention
ACCEPTED, SUPERSEDED, DUPLICATE, RETRACTED, QUARANTINED = range(5)
ROLES = ("accepted", "superseded", "duplicate", "retracted", "quarantined")

ROUTES = ("intravenous", "intramuscular", "subcutaneous", "sublingual", "oral", "intranasal", "?", "")
DOSE_UNITS = ("mg", "mg/kg", "mL", "mcg", "g")
STATUSES = ("completed", "stopped", "in-progress", "", "not-done", "on-hold", "entered-in-error", "void", "amended",
            "sent", "expired", "active", "inactive")  # fmt: skip
DRUGS = ("ketamine", "esketamine", "ondansetron", "midazolam", "ketorolac")
Columns = dict[str, pa.Array]


def status(name: str) -> int:
    """Code of a status in the facts."""
    return STATUSES.index(name)


def chart_of(people: Rows, person: np.ndarray, day: np.ndarray) -> np.ndarray:
    """The patient number under which something that happened on `day` was written down."""
    switch, old, number = (people[name][person] for name in ("switch_day", "old_number", "number"))
    oldest = old - (people["n_old_charts"][person] > 1) * (day < switch - 12)
    return np.where((switch != MISSING) & (day < switch), oldest, number)


def encounter_of(facts: Rows, day: np.ndarray) -> np.ndarray:
    """Number of the visit of a chart on `day`; MISSING where the record belongs to no session."""
    return np.where(facts["session"] >= 0, facts["chart"] * 10_000 + day - 17_000, MISSING)


def _common(people: Rows, person: np.ndarray, day: np.ndarray, first_id: int) -> Rows:
    n = len(person)
    is_test = people["category"][person] == category("test")
    return {
        "id": first_id + np.arange(n),
        "suffix": np.zeros(n, dtype=np.int64),
        "person": person,
        "chart": chart_of(people, person, day),
        "available": day,
        "role": np.where(is_test, RETRACTED, ACCEPTED),
    }


# --- patients


def patient_facts(chunk: Chunk, people: Rows) -> Rows:
    """One row per chart: the people, then their old charts, which name the chart they were merged into."""
    random = chunk.random(10)
    facts = {name: people[name] for name in ("birth_day", "sex", "race", "ethnicity", "zip", "death_day")}
    n = len(people["number"])
    facts |= _common(people, np.arange(n), people["intake_day"], 0)
    facts |= {"id": people["number"], "chart": people["number"], "merged_into": np.full(n, MISSING)}
    died = people["death_day"] != MISSING
    facts["updated"] = np.where(died, people["death_day"], people["intake_day"]) * 1440 + 700
    facts["is_test"] = people["category"] == category("test")
    facts["first_name"] = np.floor(random.random(n) * len(FIRST_NAMES)).astype(np.int64)
    facts["last_name"] = np.floor(random.random(n) * len(LAST_NAMES)).astype(np.int64)
    parts = [facts]
    for step in (1, 2):
        old = take(facts, people["n_old_charts"] >= step)
        number = people["old_number"][people["n_old_charts"] >= step]
        old["id"], old["merged_into"] = number - step + 1, old["id"] if step == 1 else number
        old["chart"] = old["id"]
        old["death_day"] = np.full(len(number), MISSING)
        old["role"] = np.where(old["role"] == RETRACTED, RETRACTED, SUPERSEDED)
        merged = np.minimum(people["switch_day"][people["n_old_charts"] >= step] + 15, chunk.last_day)
        old["updated"] = np.maximum(merged, old["available"]) * 1440 + 1000
        parts.append(old)
    return stack(parts)


def write_patients(facts: Rows, pen: Pen) -> Columns:
    """Columns of the patients table, with invented identifiers as real exports carry them."""
    random, n = pen.random, count(facts)
    race = pen.spelled("race", RACES, facts["race"])
    unread = (facts["race"] == len(RACES) - 1) & (random.random(n) < 0.04)
    race = pc.if_else(pa.array(unread), UNKNOWN_SPELLINGS["race"], race)
    ethnicity = pen.spelled("ethnicity", ETHNICITIES, facts["ethnicity"])
    says_unknown = (facts["sex"] == SEXES.index("unknown")) & (random.random(n) < 0.5)
    sex = blank_where(pen.spelled("sex", SEXES, facts["sex"]), says_unknown)

    code = pick(list(ZIP_CODES), facts["zip"] % len(ZIP_CODES))
    kind = random.random(n)
    plus_four = pc.binary_join_element_wise(code, whole(1000 + facts["id"] % 9000), "-")
    code = pc.if_else(pa.array(kind < 0.15), plus_four, code)
    code = blank_where(code, facts["zip"] == len(ZIP_CODES))
    is_test = facts["is_test"]
    by_name = is_test & (facts["id"] % 2 == 0)
    test_name = facts["id"] // 2 % len(TEST_NAMES)
    first = pc.if_else(
        pa.array(by_name),
        pick([name for name, _ in TEST_NAMES], test_name),
        pick(list(FIRST_NAMES), facts["first_name"]),
    )
    last = pc.if_else(
        pa.array(by_name),
        pick([name for _, name in TEST_NAMES], test_name),
        pick(list(LAST_NAMES), facts["last_name"]),
    )
    no = pick([None, "false", "No", "0", "f"], np.where(random.random(n) < 0.7, 0, 1 + facts["id"] % 4))
    flag = pc.if_else(pa.array(is_test & ~by_name), pick(["true", "Yes", "1", "T"], facts["id"] % 4), no)
    if pen.clinic.is_native_parquet:
        flag = pick(["false", "true"], (is_test & ~by_name).astype(np.int64))
    number = whole(facts["id"])
    street = pick(["Invented St", "Example Ave, Apt 4", 'Mock Rd "rear house"', "Sample Blvd\nUnit B"], facts["id"] % 4)
    return {
        "patient_id": pen.identifier(facts["id"], facts["suffix"]),
        "birth_date": pen.day(facts["birth_day"]),
        "sex": sex,
        "race": race,
        "ethnicity": ethnicity,
        "zip_code": code,
        "deceased_on": pen.day(facts["death_day"]),
        "is_test": flag,
        "merged_into": pen.identifier(facts["merged_into"]),
        "mrn": pc.binary_join_element_wise("SYN", number, ""),
        "first_name": first,
        "last_name": last,
        "email": pc.binary_join_element_wise("patient", number, "@example.invalid", ""),
        "phone": pc.binary_join_element_wise("555-01", pick([f"{i:02d}" for i in range(100)], facts["id"] % 100), ""),
        "address": pc.binary_join_element_wise(number, street, " "),
        "updated_at": pen.moment(facts["updated"]),
    }


# --- diagnoses


def diagnosis_facts(people: Rows, diagnoses: Rows, first_id: int) -> Rows:
    """One row per written diagnosis."""
    facts = diagnoses | _common(people, diagnoses["person"], diagnoses["recorded"] // 1440, first_id)
    facts["updated"] = facts["recorded"] + 3
    facts["second"] = np.full(count(facts), -1)  # a second condition written into the same cell
    facts["role"] = np.where(facts["status"] >= DIAGNOSIS_STATUSES.index("refuted"), RETRACTED, facts["role"])
    return facts


def combine_cells(facts: Rows) -> Rows:
    """Some clinics write two codes into one cell: a diagnosis of depression joins the PTSD one before it, where both
    were written down at the same visit and say the same otherwise."""
    ptsd, mdd = CODE_SETS.index("ptsd"), CODE_SETS.index("mdd")
    follows = np.r_[False, (facts["condition"][1:] == mdd) & (facts["condition"][:-1] == ptsd)]
    for name in ("person", "available"):
        follows &= np.r_[False, facts[name][1:] == facts[name][:-1]]
    plain = (facts["onset"] == MISSING) & (facts["status"] < 4)
    follows &= plain & np.r_[False, plain[:-1]]
    facts["second"][:-1] = np.where(follows[1:], facts["code"][1:], -1)
    return take(facts, ~follows)


def write_diagnoses(facts: Rows, pen: Pen) -> Columns:
    """Columns of the diagnoses table; codes in the clinic's style."""
    random, n = pen.random, count(facts)
    starts = np.cumsum([0] + [len(codes) for codes in CODES.values()])
    codes = [code for listed in CODES.values() for code, _ in listed]
    titles = [title for listed in CODES.values() for _, title in listed]
    undotted = [code.replace(".", "") for code in codes]
    styles = {
        "plain": codes,
        "undotted": undotted,
        "lower": [f"{code.lower()} " for code in codes],
        "described": [f"{code} - {title}" for code, title in zip(codes, titles, strict=True)],
        "several": codes,
    }
    at = starts[facts["condition"]] + facts["code"]
    usual = pick(styles[pen.clinic.code_style], at)
    text = pc.if_else(pa.array(random.random(n) < 0.9), usual, pick(codes, at))
    also = pick(codes, starts[CODE_SETS.index("mdd")] + np.maximum(facts["second"], 0))
    joined = pc.binary_join_element_wise(text, also, "; ")
    text = pc.if_else(pa.array(facts["second"] >= 0), joined, text)
    description = pc.if_else(
        pa.array(random.random(n) < 0.02), 'Reported as "long standing",\nper referral', pick(titles, at)
    )
    return {
        "diagnosis_id": pen.identifier(facts["id"], facts["suffix"], "D"),
        "patient_id": pen.identifier(facts["chart"]),
        "code": text,
        "code_system": pick(["ICD-10-CM", "ICD10", None], np.floor(random.random(n) * 3).astype(np.int64)),
        "description": blank_where(description, random.random(n) < 0.3),
        "onset_on": pen.day(facts["onset"]),
        "resolved_on": pen.day(np.full(n, MISSING)),
        "recorded_at": pen.moment(facts["recorded"]),
        "status": pen.spelled("status", DIAGNOSIS_STATUSES, facts["status"]),
        "updated_at": pen.moment(facts["updated"]),
    }


# --- administrations


def administration_facts(chunk: Chunk, people: Rows, sessions: Rows, others: Rows, first_id: int) -> Rows:
    """One row per administration: the sessions in one or two parts, then everything else that was given or planned.

    dose in thousandths of its unit; concentration in mg/mL. Adds to `sessions` what was documented: dose_mg (nan where
    it cannot be known), mg_per_kg (nan likewise), is_dose_intact, n_parts.
    """
    random = chunk.random(11)
    session_parts = _session_parts(chunk.clinic, sessions, random)
    parts = [session_parts, _other_parts(others, random)]
    facts = stack(parts)
    order = np.lexsort((facts["dose"], facts["start"], facts["person"]))
    facts = take(facts, order)
    common = _common(people, facts["person"], facts["start"] // 1440, first_id)
    in_error = facts["status"] == status("entered-in-error")
    common["role"] = np.where(in_error, RETRACTED, common["role"])
    return facts | common | {"updated": facts["start"] + 70}


def _session_parts(clinic: Clinic, sessions: Rows, random: np.random.Generator) -> Rows:
    """The infusions themselves, and what can be known of their dose from what is written."""
    n = count(sessions)
    styles = {"mg": 0, "mg/kg": 1, "mL": 2}
    unit = np.full(n, styles.get(clinic.dose_style, 0))
    if clinic.dose_style == "mixed":
        unit = np.searchsorted([0.6, 0.75, 0.88, 0.94], random.random(n))
    rare = random.random(n) < 0.002  # other units now and then
    unit = np.where(rare & (unit == 0), 3 + (random.random(n) < 0.5), unit)
    given = np.where(sessions["is_stopped"], 0.5, 1.0) * sessions["planned_mg_per_kg"]
    step = np.where(unit == 2, 5, clinic.dose_step_mg)
    mg = np.maximum(np.rint(given * sessions["true_weight_kg"] / step), 1).astype(np.int64) * step
    mg_per_kg = np.maximum(np.rint(given * 100), 10).astype(np.int64)  # hundredths
    two = random.random(n) < clinic.bolus_share

    slips = (sessions["slips"] > 0) & (unit <= 1) & ~two
    written = np.select(
        [slips & (unit == 0), slips, unit == 1, unit == 2, unit == 3, unit == 4],
        [mg_per_kg * 10, mg * 1000, mg_per_kg * 10, mg * 20, mg * 1_000_000, mg],
        mg * 1000,
    )
    first_share = np.where(unit == 1, mg_per_kg // 5 * 10, written // mg * (mg // 5))
    first_share = np.maximum(first_share, np.where(unit == 1, 10, written // mg))
    status_code = np.where(sessions["is_stopped"], status("stopped"), status("completed"))
    draw = random.random(n)
    status_code = np.where(draw < 0.003, status("in-progress"), status_code)
    status_code = np.where(draw > 1 - clinic.status_blank_share, status(""), status_code)
    concentration = np.where(unit == 2, 50, MISSING)
    no_strength = (unit == 2) & (random.random(n) < 0.01)  # forgotten: the dose cannot be known
    concentration = np.where(no_strength, MISSING, concentration)

    weight = sessions["weight_kg"]
    mg_known = np.select([slips & (unit == 0), unit == 1], [mg_per_kg / 100, np.nan], mg.astype(float))
    documented = np.where(slips, mg, mg_per_kg / 100)
    sessions["mg_per_kg"] = np.where(unit == 1, documented, mg_known / weight)
    sessions["dose_mg"] = np.where(unit == 1, documented * weight, mg_known)
    for name in ("mg_per_kg", "dose_mg"):
        sessions[name] = np.where(no_strength, np.nan, sessions[name])
    sessions["is_dose_intact"] = ~slips
    sessions["dose_unit"] = unit
    sessions["n_parts"] = 1 + two

    def part(which: np.ndarray, dose: np.ndarray, start: np.ndarray, end: np.ndarray) -> Rows:
        k = int(which.sum())
        coded = random.random(k) < clinic.gives_rxnorm
        return {
            "person": sessions["person"][which],
            "session": np.flatnonzero(which),
            "drug": np.zeros(k, dtype=np.int64),
            "is_coded": coded,
            "is_named_by_code": coded & (random.random(k) < 0.05),
            "route": np.zeros(k, dtype=np.int64),
            "dose": dose[which],
            "unit": unit[which],
            "concentration": concentration[which],
            "start": start[which],
            "is_start_known": sessions["is_time_known"][which],
            "end": end[which],
            "is_end_known": sessions["is_end_known"][which],
            "status": status_code[which],
            "is_unmapped_route": np.zeros(k, dtype=bool),
        }

    begin = sessions["start"]
    end = np.where(sessions["is_end_known"], begin + sessions["minutes"], MISSING)
    whole_dose = part(~two, written, begin, end)
    bolus = part(two, first_share, begin, np.where(end == MISSING, MISSING, begin + 3))
    drip = part(two, written - first_share, np.where(sessions["is_time_known"], begin + 5, begin), end)
    return stack([whole_dose, bolus, drip])


def _other_parts(others: Rows, random: np.random.Generator) -> Rows:
    """Other routes, esketamine, cancelled and mistaken infusions, other medicines."""
    n, kind = count(others), others["kind"]
    route = np.select(
        [kind == 0, kind == 1], [1 + np.searchsorted([0.6, 0.65, 0.85, 0.92, 0.95, 0.98], random.random(n)), 5], 0
    )  # 1 intramuscular .. 5 intranasal, 6 not understood, 7 blank
    drug = np.select([kind == 1, kind == 4], [1, 2 + np.floor(random.random(n) * 3).astype(np.int64)], 0)
    dose = np.select(
        [kind == 1, kind == 4], [np.where(random.random(n) < 0.5, 56, 84), 4], 20 + np.floor(random.random(n) * 16) * 5
    ).astype(np.int64)
    draw = random.random(n)
    not_given = np.where(draw < 0.8, status("not-done"), status("on-hold"))
    status_code = np.select([kind == 2, kind == 3], [not_given, status("entered-in-error")], status("completed"))
    empty = (kind == 2) & (random.random(n) < 0.6)
    coded = random.random(n) < 0.5
    return {
        "person": others["person"],
        "session": np.full(n, -1),
        "drug": drug,
        "is_coded": coded & (drug < 2),
        "is_named_by_code": np.zeros(n, dtype=bool),
        "route": np.minimum(route, 7),
        "dose": np.where(empty, np.where(random.random(n) < 0.5, 0, MISSING), dose * 1000),
        "unit": np.where(empty & (random.random(n) < 0.5), -1, 0),
        "concentration": np.full(n, MISSING),
        "start": others["start"],
        "is_start_known": random.random(n) < 0.97,
        "end": np.full(n, MISSING),
        "is_end_known": np.zeros(n, dtype=bool),
        "status": status_code,
        "is_unmapped_route": route == 6,
    }


def write_administrations(facts: Rows, pen: Pen) -> Columns:
    """Columns of the medication_administrations table."""
    random, n = pen.random, count(facts)
    names = [MEDICINES[drug] for drug in DRUGS]
    starts = np.cumsum([0] + [len(listed) for listed in names])
    variant = np.floor(random.random(n) * np.array([len(listed) for listed in names])[facts["drug"]]).astype(np.int64)
    variant = np.where(random.random(n) < 0.8, np.minimum(pen.clinic.spelling, variant), variant)
    medicine = pick([name for listed in names for name in listed], starts[facts["drug"]] + variant)
    vague = pick(list(MEDICINES["ketamine_by_code"]), facts["id"] % 2)
    medicine = pc.if_else(pa.array(facts["is_named_by_code"]), vague, medicine)
    code = pick([KETAMINE_RXNORM, ESKETAMINE_RXNORM, None, None, None], facts["drug"])
    route = pen.spelled("route", ROUTES, facts["route"])
    route = pc.if_else(pa.array(facts["is_unmapped_route"]), UNKNOWN_SPELLINGS["route"], route)
    return {
        "administration_id": pen.identifier(facts["id"], facts["suffix"], "A"),
        "patient_id": pen.identifier(facts["chart"]),
        "encounter_id": pen.identifier(encounter_of(facts, facts["start"] // 1440), letter="E"),
        "medication": medicine,
        "rxnorm_code": blank_where(code, ~facts["is_coded"]),
        "route": route,
        "dose": decimals(facts["dose"], 3),
        "dose_unit": pen.spelled("dose_unit", DOSE_UNITS, facts["unit"]),
        "concentration_mg_per_ml": whole(facts["concentration"]),
        "started_at": pen.moment(facts["start"], facts["is_start_known"]),
        "ended_at": pen.moment(facts["end"], facts["is_end_known"]),
        "status": pen.spelled("status", STATUSES, facts["status"]),
        "updated_at": pen.moment(facts["updated"]),
    }


# --- medicines at home, vitals, adverse events


def medication_facts(people: Rows, medications: Rows, first_id: int) -> Rows:
    """One row per medicine taken at home."""
    facts = medications | _common(people, medications["person"], medications["recorded"] // 1440, first_id)
    facts["status"] = np.where(facts["id"] % 5 == 0, status("inactive"), status("active"))
    return facts | {"updated": facts["recorded"]}


def write_medications(facts: Rows, pen: Pen) -> Columns:
    """Columns of the medications table."""
    return {
        "medication_id": pen.identifier(facts["id"], facts["suffix"], "M"),
        "patient_id": pen.identifier(facts["chart"]),
        "medication": pick([name for name, _ in CONCOMITANTS], facts["medicine"]),
        "rxnorm_code": pick([None], np.zeros(count(facts), dtype=np.int64)),
        "route": pen.spelled("route", tuple(route for _, route in CONCOMITANTS), facts["medicine"]),
        "started_on": pen.day(facts["started"]),
        "stopped_on": pen.day(facts["stopped"]),
        "status": pen.spelled("status", STATUSES, facts["status"]),
        "updated_at": pen.moment(facts["updated"]),
    }


def vital_facts(people: Rows, vitals: Rows, first_id: int) -> Rows:
    """One row per measurement."""
    facts = vitals | _common(people, vitals["person"], vitals["minute"] // 1440, first_id)
    return facts | {"updated": facts["minute"] + 5}


def write_vitals(facts: Rows, pen: Pen) -> Columns:
    """Columns of the vitals table."""
    return {
        "vital_id": pen.identifier(facts["id"], facts["suffix"], "V"),
        "patient_id": pen.identifier(facts["chart"]),
        "encounter_id": pen.identifier(encounter_of(facts, facts["minute"] // 1440), letter="E"),
        "vital": pen.spelled("vital", VITALS, facts["vital"]),
        "value": decimals(facts["tenths"], 1),
        "unit": pen.spelled("unit", UNITS, facts["unit"]),
        "measured_at": pen.moment(facts["minute"], facts["is_time_known"]),
        "updated_at": pen.moment(facts["updated"]),
    }


def adverse_event_facts(people: Rows, events: Rows, first_id: int) -> Rows:
    """One row per adverse event."""
    facts = events | _common(people, events["person"], events["minute"] // 1440, first_id)
    return facts | {"updated": facts["minute"] + 30}


def write_adverse_events(facts: Rows, pen: Pen) -> Columns:
    """Columns of the adverse_events table."""
    return {
        "adverse_event_id": pen.identifier(facts["id"], facts["suffix"], "Y"),
        "patient_id": pen.identifier(facts["chart"]),
        "encounter_id": pen.identifier(encounter_of(facts, facts["minute"] // 1440), letter="E"),
        "event": pick(list(ADVERSE_EVENTS), facts["event"]),
        "severity": pick(list(SEVERITIES), facts["severity"]),
        "started_at": pen.moment(facts["minute"]),
        "updated_at": pen.moment(facts["updated"]),
    }


# --- forms


def form_facts(chunk: Chunk, people: Rows, forms: Rows, first_id: int) -> Rows:
    """One row per form that was sent, as it stands at the last export."""
    random = chunk.random(12)
    facts = dict(forms)
    done = facts["progress"] == COMPLETED
    untouched = facts["progress"] == SENT
    changed = np.where(done, facts["completed"], np.where(untouched, facts["sent"], facts["started"]))
    facts |= _common(people, facts["person"], changed // 1440, first_id)
    facts["sent_day"] = facts["sent"] // 1440
    expired = untouched & (facts["completed"] < (chunk.last_day - 40) * 1440)
    facts["status"] = np.select(
        [facts["is_amended"], done, untouched & expired, untouched],
        [status("amended"), status("completed"), status("expired"), status("sent")],
        status("in-progress"),
    )
    facts["opened"] = np.where(untouched & (random.random(count(facts)) < 0.8), MISSING, facts["started"])
    facts["opened"] = np.where(facts["opened"] // 1440 > chunk.last_day, MISSING, facts["opened"])
    facts["finished"] = np.where(done, facts["completed"], MISSING)
    facts["updated"] = changed + 1
    return facts


def write_forms(facts: Rows, pen: Pen) -> Columns:
    """Columns of the assessments table."""
    n, days = count(facts), pen.clinic.recall_days
    is_ptsd = facts["instrument"] == NAMES.index("PCL-5")
    recall = np.where(is_ptsd & (days is not None), days or 0, MISSING)
    known = facts["is_time_known"]
    return {
        "assessment_id": pen.identifier(facts["id"], facts["suffix"], "F"),
        "patient_id": pen.identifier(facts["chart"]),
        "encounter_id": pick([None], np.zeros(n, dtype=np.int64)),
        "instrument": pen.spelled("instrument", NAMES, facts["instrument"]),
        "recall_days": whole(recall),
        "sent_at": pen.moment(facts["sent"]),
        "started_at": pen.moment(facts["opened"], known),
        "completed_at": pen.moment(facts["finished"], known),
        "total_score": whole(facts["reported_total"]),
        "status": pen.spelled("status", STATUSES, facts["status"]),
        "channel": pick(["patient", "staff"], facts["is_staff"].astype(np.int64)),
        "updated_at": pen.moment(facts["updated"]),
    }


def answer_facts(forms: Rows, answers: Rows) -> Rows:
    """One row per answered item of the forms (facts of forms); `form` is a position in them."""
    at = answers["form"]
    facts = dict(answers)
    for name in ("id", "suffix", "person", "chart", "available", "updated", "instrument"):
        facts[name] = forms[name][at]
    facts["role"] = np.where(forms["role"][at] == RETRACTED, RETRACTED, ACCEPTED)
    return facts


def write_answers(facts: Rows, pen: Pen) -> Columns:
    """Columns of the assessment_responses table."""
    return {
        "assessment_id": pen.identifier(facts["id"], facts["suffix"], "F"),
        "item_number": whole(facts["item"]),
        "response": whole(facts["response"]),
        "updated_at": pen.moment(facts["updated"]),
    }


WRITERS = {
    "patients": write_patients,
    "diagnoses": write_diagnoses,
    "medication_administrations": write_administrations,
    "medications": write_medications,
    "vitals": write_vitals,
    "assessments": write_forms,
    "assessment_responses": write_answers,
    "adverse_events": write_adverse_events,
}
KEYS = {
    "patients": "patient_id",
    "diagnoses": "diagnosis_id",
    "medication_administrations": "administration_id",
    "medications": "medication_id",
    "vitals": "vital_id",
    "assessments": "assessment_id",
    "assessment_responses": "assessment_id",
    "adverse_events": "adverse_event_id",
}
