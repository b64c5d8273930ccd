"""Step 5b: what else is written at visits: weights and other vitals, adverse events, medicines taken at home."""

import numpy as np

from synthesis import parameters
from synthesis.people import Chunk
from synthesis.rows import MISSING, Rows, integers_between, stack, take
from synthesis.spellings import ADVERSE_EVENTS, CONCOMITANTS, SEVERITIES

VITALS = ("weight", "height", "systolic_bp", "diastolic_bp", "heart_rate", "spo2")
UNITS = ("kg", "lb", "oz", "g", "mmHg", "bpm", "percent", "cm", "in")
KG_OF = {"kg": 1.0, "lb": 0.45359237, "oz": 0.45359237 / 16, "g": 0.001}  # pound and ounce: exact by definition


def _weight_unit(clinic_unit: str, random: np.random.Generator, n: int) -> np.ndarray:
    """Unit of each weighing (position in UNITS)."""
    draw = random.random(n)
    if clinic_unit == "mixed":
        return (draw < 0.45).astype(np.int64)
    if clinic_unit == "ounces":
        return np.where(draw < 0.02, 2, np.where(draw < 0.03, 3, 1))
    return np.full(n, UNITS.index(clinic_unit))


def weigh(chunk: Chunk, people: Rows, sessions: Rows, random: np.random.Generator) -> Rows:
    """All weighings; adds to `sessions` what the newest weighing up to that day said.

    value is in tenths of the unit. sessions["weight_tenths"], ["weight_unit"], ["weighed_day"]: MISSING without one.
    """
    unit_kg = np.array([KG_OF.get(unit, 1.0) for unit in UNITS])
    at_intake = np.flatnonzero(people["is_weighed_at_intake"])
    at_session = np.flatnonzero(sessions["is_weighed"])
    clock = 480 + np.floor(random.random(len(at_intake)) * 480).astype(np.int64)
    person = np.r_[at_intake, sessions["person"][at_session]]
    minute = np.r_[people["intake_day"][at_intake] * 1440 + clock, sessions["start"][at_session] - 12]
    kg = np.r_[people["weight_kg"][at_intake], sessions["true_weight_kg"][at_session]]
    unit = _weight_unit(chunk.clinic.weight_unit, random, len(person))
    rows = {
        "person": person,
        "session": np.r_[np.full(len(at_intake), -1), at_session],
        "vital": np.zeros(len(person), dtype=np.int64),
        "tenths": np.rint(kg / unit_kg[unit] * 10).astype(np.int64),
        "unit": unit,
        "minute": minute,
        "is_time_known": random.random(len(person)) < 0.9,
    }

    # the newest weighing up to each session: carry forward along the sessions of a person
    n = len(sessions["day"])
    newest = np.full(n, -1)
    newest[at_session] = len(at_intake) + np.arange(len(at_session))
    intake_row = np.full(len(people["number"]), -1)
    intake_row[at_intake] = np.arange(len(at_intake))
    first = sessions["number"] == 1
    newest = np.where(first & (newest < 0), intake_row[sessions["person"]], newest)
    source = np.maximum.accumulate(np.where((newest >= 0) | first, np.arange(n), 0))
    newest = newest[source] if n else newest
    found = newest >= 0
    for name, column in (("weight_tenths", "tenths"), ("weight_unit", "unit")):
        sessions[name] = np.where(found, rows[column][newest] if len(person) else 0, MISSING)
    sessions["weighed_day"] = np.where(found, rows["minute"][newest] // 1440 if len(person) else 0, MISSING)
    kg = np.where(found, sessions["weight_tenths"], 0) / 10 * unit_kg[np.where(found, sessions["weight_unit"], 0)]
    sessions["weight_kg"] = np.where(found, kg, np.nan)
    return rows


def make_vitals(chunk: Chunk, people: Rows, sessions: Rows) -> Rows:
    """One row per measurement; adds max_systolic (MISSING: not measured) to `sessions`."""
    random = chunk.random(6)
    weights = weigh(chunk, people, sessions, random)
    n = len(sessions["day"])
    monitored = np.flatnonzero(random.random(n) < chunk.clinic.vitals_share)
    m = len(monitored)
    before = np.rint(124 + 14 * random.standard_normal(m)).astype(np.int64)
    during = before + np.rint(14 + 11 * random.standard_normal(m)).astype(np.int64)
    sessions["max_systolic"] = np.full(n, MISSING)
    sessions["max_systolic"][monitored] = np.maximum(before, during)

    def row(vital: str, unit: str, which: np.ndarray, tenths: np.ndarray, minutes: int) -> Rows:
        session = monitored[which]
        k = len(session)
        return {
            "person": sessions["person"][session],
            "session": session,
            "vital": np.full(k, VITALS.index(vital)),
            "tenths": tenths[which],
            "unit": np.full(k, UNITS.index(unit)),
            "minute": sessions["start"][session] + minutes,
            "is_time_known": np.ones(k, dtype=bool),
        }

    everyone = np.arange(m)
    some = np.flatnonzero(random.random(m) < 0.4)
    parts = [
        weights,
        row("systolic_bp", "mmHg", everyone, before * 10, -8),
        row("systolic_bp", "mmHg", everyone, during * 10, 20),
        row("diastolic_bp", "mmHg", everyone, np.rint(before * 0.62).astype(np.int64) * 10, -8),
        row("heart_rate", "bpm", some, np.rint(74 + 10 * random.standard_normal(m)).astype(np.int64) * 10, -8),
        row("spo2", "percent", some, (94 + np.floor(random.random(m) * 6)).astype(np.int64) * 10, -8),
    ]
    tall = np.flatnonzero(random.random(len(people["number"])) < 0.5)
    centimetres = np.rint((169 + 9 * random.standard_normal(len(tall))) * 10).astype(np.int64)
    in_inches = chunk.clinic.weight_unit in ("lb", "ounces")
    parts.append(
        {
            "person": tall,
            "session": np.full(len(tall), -1),
            "vital": np.full(len(tall), 1),
            "tenths": np.rint(centimetres / 2.54).astype(np.int64) if in_inches else centimetres,
            "unit": np.full(len(tall), UNITS.index("in" if in_inches else "cm")),
            "minute": people["intake_day"][tall] * 1440 + 600,
            "is_time_known": np.ones(len(tall), dtype=bool),
        }
    )
    vitals = stack(parts)
    return take(vitals, np.lexsort((vitals["vital"], vitals["minute"], vitals["person"])))


def make_adverse_events(chunk: Chunk, sessions: Rows) -> Rows:
    """One row per adverse event during or after a session, same day; adds n_adverse_events to `sessions`."""
    random = chunk.random(7)
    n = len(sessions["day"])
    number = np.minimum(random.poisson(parameters.ADVERSE_EVENT_PER_SESSION, n), 3)
    if "adverse_events" in chunk.clinic.absent_tables:
        number[:] = 0
    sessions["n_adverse_events"] = number
    session = np.repeat(np.arange(n), number)
    k = len(session)
    return {
        "person": sessions["person"][session],
        "session": session,
        "event": np.floor(random.random(k) * len(ADVERSE_EVENTS)).astype(np.int64),
        "severity": np.minimum(np.floor(random.exponential(0.7, k)), len(SEVERITIES) - 1).astype(np.int64),
        "minute": sessions["start"][session] + 5 + np.floor(random.random(k) * 90).astype(np.int64),
    }


def make_medications(chunk: Chunk, people: Rows) -> Rows:
    """One row per medicine taken at home (never an infusion): medicine, days of start and (planned) stop."""
    random = chunk.random(8)
    number = random.poisson(parameters.CONCOMITANT_MEDICINES_MEAN, len(people["number"]))
    person = np.repeat(np.arange(len(number)), number)
    k = len(person)
    recorded = people["intake_day"][person]
    started = recorded - np.floor(random.exponential(700, k)).astype(np.int64)
    started = np.maximum(started, people["birth_day"][person] + 9)
    stopped = integers_between(random, recorded + 20, np.full(k, chunk.last_day + 200))
    return {
        "person": person,
        "medicine": np.floor(random.random(k) * len(CONCOMITANTS)).astype(np.int64),
        "started": np.where(random.random(k) < 0.8, started, MISSING),
        "stopped": np.where(random.random(k) < 0.3, stopped, MISSING),
        "recorded": recorded * 1440 + 620,
    }
