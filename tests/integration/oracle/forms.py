"""Accepted questionnaires -> scored forms, and their place between the patient's sessions."""

import datetime
from dataclasses import dataclass
from fractions import Fraction

from tests.integration.oracle import aliases
from tests.integration.oracle.fates import Fates, mapped
from tests.integration.oracle.reading import Record
from tests.integration.oracle.sessions import Session
from tests.integration.oracle.values import Moment


@dataclass
class Form:
    """One accepted questionnaire of a surviving patient."""

    key: tuple
    patient: tuple
    instrument: str
    completed_at: Moment | None
    is_started: bool
    is_finished: bool
    columns: dict

    @property
    def order(self) -> tuple:
        """Sorting key: by day, then time (unknown first), then id."""
        return (*self.completed_at.order, self.key[1])

    @property
    def date(self) -> datetime.date:
        """The calendar day of completion."""
        return self.completed_at.day

    @property
    def score(self) -> int:
        """The total of a valid form."""
        return self.columns["score"]


def total_of_items(instrument: str, answers: dict[int, int]) -> int:
    """Total of a completely answered form; the QIDS counts the highest of 1-4, of 6-9 and of 15-16 once each."""
    if instrument != "QIDS-SR16":
        return sum(answers.values())
    highest = [max(answers[item] for item in group) for group in (range(1, 5), range(6, 10), (15, 16))]
    return sum(highest) + sum(answers[item] for item in (5, 10, 11, 12, 13, 14))


def sum_of_answers(instrument: str, answers: dict[int, int]) -> int | None:
    """The sum of what was answered; of the QIDS's groups the highest answer. None without any answer."""
    if not answers:
        return None
    groups = [range(1, 5), range(6, 10), (15, 16)] if instrument == "QIDS-SR16" else []
    grouped = {item for group in groups for item in group}
    highest = [max((answers[item] for item in group if item in answers), default=0) for group in groups]
    return sum(highest) + sum(value for item, value in answers.items() if item not in grouped)


def prorated_score(instrument: str, answers: dict[int, int]) -> Fraction | None:
    """Mean of the answered items times the number of items, where few enough are missing; never for the QIDS."""
    if len(answers) < aliases.PRORATION_ANSWERED.get(instrument, 1000):
        return None
    if instrument == "PCL-5":
        for cluster, items in aliases.PCL5_CLUSTERS.items():
            if sum(item not in answers for item in items) > aliases.PCL5_PRORATION_MISSING[cluster]:
                return None
    return Fraction(sum(answers.values()), len(answers)) * aliases.SCORED[instrument]["items"]


def dsm5_pattern(answers: dict[int, int]) -> str:
    """Provisional pattern: enough items rated 2 or more in every cluster; open while missing items could decide."""
    certain = possible = True
    for cluster, items in aliases.PCL5_CLUSTERS.items():
        endorsed = sum(answers.get(item, 0) >= 2 for item in items)
        missing = sum(item not in answers for item in items)
        certain = certain and endorsed >= aliases.PCL5_PATTERN_NEEDED[cluster]
        possible = possible and endorsed + missing >= aliases.PCL5_PATTERN_NEEDED[cluster]
    if certain:
        return "met"
    return "indeterminate" if possible else "not_met"


def score_columns(instrument: str, answers: dict[int, int], total: int | None) -> dict:
    """Score, its source and what is derived from the items; all null or false for instruments not scored here."""
    columns = {
        "score": None, "score_source": None, "prorated_score": None, "n_items_answered": len(answers),
        "is_total_mismatch": False, "score_b": None, "score_c": None, "score_d": None, "score_e": None,
        "dsm5_pattern": None, "item9_score": answers.get(9) if instrument == "PHQ-9" else None,
    }  # fmt: skip
    if instrument not in aliases.SCORED:
        return columns
    if len(answers) == aliases.SCORED[instrument]["items"]:
        columns["score"], columns["score_source"] = total_of_items(instrument, answers), "items"
        columns["is_total_mismatch"] = total is not None and total != columns["score"]
    elif not answers and total is not None:
        columns["score"], columns["score_source"] = total, "reported"
    else:
        columns["score_source"] = "incomplete"
        columns["prorated_score"] = prorated_score(instrument, answers)
    if instrument == "PCL-5":
        columns["dsm5_pattern"] = dsm5_pattern(answers)
        for cluster, items in aliases.PCL5_CLUSTERS.items():
            if all(item in answers for item in items):
                columns[f"score_{cluster.lower()}"] = sum(answers[item] for item in items)
    return columns


def recall_contamination(recall_days: int | None, days_since: int | None) -> Fraction | None:
    """Share of the recall window that lies before the preceding session; null without either."""
    if recall_days is None or days_since is None:
        return None
    return min(Fraction(1), max(Fraction(0), Fraction(recall_days - days_since, recall_days)))


def place_columns(completed_at: Moment | None, sessions: list[Session], recall_days: int | None) -> dict:
    """Where a form lies between the patient's sessions of all courses; nulls without a time of completion."""
    if completed_at is None:
        return {"day": None, "after_infusion_number": None, "same_day_time_unknown": False,
                "recall_contamination": None}  # fmt: skip
    preceding = [session for session in sessions if session.comes_before(completed_at)]
    days_since = (completed_at.day - preceding[-1].date).days if preceding else None
    return {
        "day": (completed_at.day - sessions[0].date).days if sessions else None,
        "after_infusion_number": len(preceding),
        "same_day_time_unknown": any(session.has_unknown_order_with(completed_at) for session in sessions),
        "recall_contamination": recall_contamination(recall_days, days_since),
    }


def read_form(fates: Fates, record: Record, sessions: list[Session]) -> Form:
    """One accepted assessment with its accepted answers."""
    instrument = mapped(record, "instrument")
    completed_at = record.value.get("completed_at")
    recall_days = record.value.get("recall_days")
    columns = score_columns(instrument, fates.answers.get(record.key, {}), record.value.get("total_score"))
    columns |= place_columns(completed_at, sessions, recall_days)
    is_finished = mapped(record, "status") in aliases.FINISHED_STATUSES and completed_at is not None
    columns["is_valid"] = is_finished and columns["score"] is not None
    columns["recall_days"] = recall_days
    return Form(
        record.key,
        fates.survivor(record),
        instrument,
        completed_at,
        completed_at is not None or record.value.get("started_at") is not None,
        is_finished,
        {"instrument": instrument, **columns},
    )


def find_forms(fates: Fates, sessions: dict[tuple, list[Session]]) -> dict[tuple, list[Form]]:
    """Surviving patient -> all accepted forms, valid or not."""
    forms: dict[tuple, list[Form]] = {}
    for record in fates.current["assessments"].values():
        form = read_form(fates, record, sessions.get(fates.survivor(record), []))
        forms.setdefault(form.patient, []).append(form)
    return forms
