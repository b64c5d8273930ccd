"""Step 6: patients and their diagnoses."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthesis.diagnoses import CODE_SETS
from synthesis.diagnoses import STATUSES as DIAGNOSIS_STATUSES
from synthesis.people import ETHNICITIES, RACES, SEXES, Chunk, category
from synthesis.records import RETRACTED, SUPERSEDED, Columns, common
from synthesis.rows import MISSING, Rows, count, stack, take
from synthesis.spellings import CODES, FIRST_NAMES, LAST_NAMES, TEST_NAMES, UNKNOWN_SPELLINGS, ZIP_CODES
from synthesis.text import Pen, blank_where, pick, whole


def patient_facts(chunk: Chunk, people: Rows) -> Rows:
    """One row per chart: the people, then their old charts, which name the chart they were merged into."""
    random = chunk.random(10)
    facts = {name: people[name] for name in ("birth_day", "sex", "race", "ethnicity", "zip", "death_day")}
    n = len(people["number"])
    facts |= common(people, np.arange(n), people["intake_day"], 0)
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


def diagnosis_facts(people: Rows, diagnoses: Rows, first_id: int) -> Rows:
    """One row per written diagnosis."""
    facts = diagnoses | common(people, diagnoses["person"], diagnoses["recorded"] // 1440, first_id)
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
