"""Step 6: medicines at home, vitals and adverse events."""

import numpy as np

from synthesis.records import STATUSES, Columns, common, encounter_of, status
from synthesis.rows import Rows, count
from synthesis.spellings import ADVERSE_EVENTS, CONCOMITANTS, SEVERITIES
from synthesis.text import Pen, decimals, pick
from synthesis.visits import UNITS, VITALS


def medication_facts(people: Rows, medications: Rows, first_id: int) -> Rows:
    """One row per medicine taken at home."""
    facts = medications | common(people, medications["person"], medications["recorded"] // 1440, first_id)
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
    facts = vitals | common(people, vitals["person"], vitals["minute"] // 1440, first_id)
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
    facts = events | common(people, events["person"], events["minute"] // 1440, first_id)
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
