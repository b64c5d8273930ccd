"""Step 6: forms and the answers to their items."""

import numpy as np

from synthesis.instruments import NAMES
from synthesis.people import Chunk
from synthesis.questionnaires import COMPLETED, SENT
from synthesis.records import ACCEPTED, RETRACTED, STATUSES, Columns, common, status
from synthesis.rows import MISSING, Rows, count
from synthesis.text import Pen, pick, whole


def form_facts(chunk: Chunk, people: Rows, forms: Rows, first_id: int) -> Rows:
    """One row per form that was sent, as it stands at the last export."""
    random = chunk.random(12)
    facts = dict(forms)
    done = facts["progress"] == COMPLETED
    untouched = facts["progress"] == SENT
    changed = np.where(done, facts["completed"], np.where(untouched, facts["sent"], facts["started"]))
    facts |= common(people, facts["person"], changed // 1440, first_id)
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
