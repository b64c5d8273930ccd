"""Step 6: administrations of medicines, and what is documented of the dose of a session."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthesis.clinics import Clinic
from synthesis.people import Chunk
from synthesis.records import RETRACTED, STATUSES, Columns, common, encounter_of, status
from synthesis.rows import MISSING, Rows, count, stack, take
from synthesis.spellings import ESKETAMINE_RXNORM, KETAMINE_RXNORM, MEDICINES, UNKNOWN_SPELLINGS
from synthesis.text import Pen, blank_where, decimals, pick, whole

ROUTES = ("intravenous", "intramuscular", "subcutaneous", "sublingual", "oral", "intranasal", "?", "")
DOSE_UNITS = ("mg", "mg/kg", "mL", "mcg", "g")
DRUGS = ("ketamine", "esketamine", "ondansetron", "midazolam", "ketorolac")


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
    shared = common(people, facts["person"], facts["start"] // 1440, first_id)
    in_error = facts["status"] == status("entered-in-error")
    shared["role"] = np.where(in_error, RETRACTED, shared["role"])
    return facts | shared | {"updated": facts["start"] + 70}


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
