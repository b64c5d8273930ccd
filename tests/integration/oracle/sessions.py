"""Accepted administrations -> infusion sessions with their doses, courses and induction phases."""

import datetime
from collections import defaultdict
from dataclasses import dataclass, field
from fractions import Fraction

from tests.integration.oracle import aliases
from tests.integration.oracle.fates import Fates, counts_as_given, ingredient, mapped, weight_kg
from tests.integration.oracle.reading import Record
from tests.integration.oracle.values import Moment

METHODS = "ABCDX"


@dataclass
class Session:
    """One patient's infusions of one local calendar day. Days are relative to the patient's first session."""

    patient: tuple
    date: datetime.date
    parts: list[Record]
    number: int = 0
    course: int = 0
    number_in_course: int = 0
    day: int = 0
    gap_days: int | None = None
    facts: dict = field(default_factory=dict)

    @property
    def start(self) -> datetime.time | None:
        """Earliest known start of the day, None if no part's time is known."""
        times = [part.value["started_at"].time for part in self.parts]
        return min((time for time in times if time is not None), default=None)

    def comes_before(self, moment: Moment) -> bool:
        """Whether something at `moment` belongs after this session.

        On another day the days decide. On the session's day it belongs before the session if its time is at or
        before the start, or if either time is unknown; otherwise after it.
        """
        if moment.day != self.date:
            return moment.day > self.date
        return moment.time is not None and self.start is not None and moment.time > self.start

    def has_unknown_order_with(self, moment: Moment) -> bool:
        """Whether `moment` lies on the session's day and either of the two times is unknown."""
        return moment.day == self.date and (moment.time is None or self.start is None)


def find_sessions(fates: Fates) -> dict[tuple, list[Session]]:
    """Surviving patient -> sessions in time order.

    A session holds all accepted intravenous ketamine administrations of one day whose status counts. A gap of more
    than 90 days since the patient's previous session starts the next course.
    """
    days: dict[tuple, dict[datetime.date, list[Record]]] = defaultdict(lambda: defaultdict(list))
    for record in fates.current["medication_administrations"].values():
        if is_counted_ketamine(record) and mapped(record, "route") == "intravenous":
            days[fates.survivor(record)][record.value["started_at"].day].append(record)
    by_patient = {}
    for patient, parts_by_day in days.items():
        sessions = [Session(patient, day, parts) for day, parts in sorted(parts_by_day.items())]
        for position, session in enumerate(sessions):
            previous = sessions[position - 1] if position else None
            session.number = position + 1
            session.day = (session.date - sessions[0].date).days
            session.gap_days = (session.date - previous.date).days if previous else None
            if previous and session.gap_days <= aliases.COURSE_GAP_DAYS:
                session.course, session.number_in_course = previous.course, previous.number_in_course + 1
            else:
                session.course, session.number_in_course = (previous.course + 1 if previous else 1), 1
        by_patient[patient] = sessions
    _add_facts(fates, by_patient)
    return by_patient


def is_counted_ketamine(record: Record) -> bool:
    """A ketamine (never esketamine) administration that was really given, by whatever route."""
    return ingredient(record) == "ketamine" and counts_as_given(record)


def _add_facts(fates: Fates, by_patient: dict[tuple, list[Session]]) -> None:
    """Weight, dose, duration, blood pressure and adverse events of every session."""
    weights, pressures, events = defaultdict(list), defaultdict(list), defaultdict(int)
    for record in fates.current["vitals"].values():
        moment = record.value["measured_at"]
        if mapped(record, "vital") == "weight":
            weights[fates.survivor(record)].append((*moment.order, record.key[1], weight_kg(record)))
        if mapped(record, "vital") == "systolic_bp":
            pressures[(fates.survivor(record), moment.day)].append(record.value["value"])
    for record in fates.current["adverse_events"].values():
        events[(fates.survivor(record), record.value["started_at"].day)] += 1
    for patient, sessions in by_patient.items():
        for session in sessions:
            session.facts = dose_facts(session.parts, *last_weight(weights[patient], session.date))
            session.facts["duration_minutes"] = duration_minutes(session)
            session.facts["max_systolic_bp"] = max(pressures[(patient, session.date)], default=None)
            session.facts["n_adverse_events"] = events[(patient, session.date)]


def last_weight(weights: list[tuple], day: datetime.date) -> tuple[Fraction | None, int | None]:
    """(kg, age in days) of the last weight on or before `day` and at most 365 days before it.

    Latest by day, then time (unknown first), then id; one that was taken later on the day itself counts.
    """
    usable = [weight for weight in weights if 0 <= (day - weight[0]).days <= aliases.WEIGHT_MAX_AGE_DAYS]
    if not usable:
        return None, None
    latest = max(usable, key=lambda weight: weight[:4])
    return latest[4], (day - latest[0]).days


def part_dose_mg(part: Record, weight: Fraction | None) -> Fraction | None:
    """Milligrams of one part: mg; mcg / 1000; g * 1000; mL * positive concentration; mg/kg * weight; else None."""
    dose, unit = part.value.get("dose"), mapped(part, "dose_unit")
    factor = {"mg": Fraction(1), "mcg": Fraction(1, 1000), "g": Fraction(1000), "mg/kg": weight}.get(unit)
    if unit == "mL":
        concentration = part.value.get("concentration_mg_per_ml")
        factor = concentration if concentration is not None and concentration > 0 else None
    return None if factor is None or dose is None else dose * factor


def part_method(part: Record, dose_mg: Fraction | None, weight_age: int | None) -> str:
    """How well one part's mg/kg is founded: A, B by the weight's age; C documented; D by volume; X not derivable."""
    unit = mapped(part, "dose_unit")
    if unit == "mg/kg" and part.value.get("dose") is not None:
        return "C"
    if dose_mg is None or weight_age is None:
        return "X"
    if unit == "mL":
        return "D"
    return "A" if weight_age <= aliases.WEIGHT_FRESH_DAYS else "B"


def dose_facts(parts: list[Record], weight: Fraction | None, weight_age: int | None) -> dict:
    """The dose columns of a session from its parts and the weight of the day.

    dose_mg is the sum, null if any part is not derivable. The raw mg/kg is the sum of the documented ones where
    every part is so documented, otherwise dose_mg / weight. Outside 0.1..3.0 it is implausible: the plausible
    column is null and a suggestion, never applied, is the first fitting of: mg typed as mg/kg; mg/kg typed as mg;
    a weight in pounds taken as kilograms; the reverse.
    """
    units = {mapped(part, "dose_unit") for part in parts}
    doses = [part_dose_mg(part, weight) for part in parts]
    dose_mg = None if any(dose is None for dose in doses) else sum(doses, Fraction(0))
    if units == {"mg/kg"} and all(part.value.get("dose") is not None for part in parts):
        raw = sum((part.value["dose"] for part in parts), Fraction(0))
    else:
        raw = dose_mg / weight if dose_mg is not None and weight is not None else None
    methods = [part_method(part, dose, weight_age) for part, dose in zip(parts, doses, strict=True)]
    is_implausible = raw is not None and not is_plausible(raw)
    suggestion = None
    if is_implausible:
        candidates = []
        if units == {"mg/kg"} and weight is not None:
            candidates.append(raw / weight)
        if units == {"mg"}:
            candidates.append(dose_mg)
        candidates += [raw / aliases.POUND, raw * aliases.POUND]
        suggestion = next((candidate for candidate in candidates if is_plausible(candidate)), None)
    return {
        "dose_mg": dose_mg,
        "weight_kg": weight,
        "weight_age_days": weight_age,
        "dose_mg_per_kg": None if is_implausible else raw,
        "dose_mg_per_kg_raw": raw,
        "dose_mg_per_kg_suggested": suggestion,
        "dose_method": max(methods, key=METHODS.index),
        "dose_issue": "implausible" if is_implausible else None,
    }


def is_plausible(mg_per_kg: Fraction) -> bool:
    """0.1 and 3.0 mg/kg are plausible themselves."""
    return aliases.PLAUSIBLE_LOW <= mg_per_kg <= aliases.PLAUSIBLE_HIGH


def duration_minutes(session: Session) -> int | None:
    """Whole minutes, cut off, from the session's start to the latest known end; null when unknown or negative."""
    ends = [part.value["ended_at"].instant for part in session.parts
            if part.value.get("ended_at") and part.value["ended_at"].time]  # fmt: skip
    if session.start is None or not ends:
        return None
    duration = max(ends) - datetime.datetime.combine(session.date, session.start)
    return None if duration < datetime.timedelta(0) else duration // datetime.timedelta(minutes=1)


def induction(sessions: list[Session], definition: dict) -> dict:
    """One induction definition on course 1: its phase, whether it is met, and its last session.

    The phase is the sessions that exist: the first `first`, whatever their day, or all up to `max_day`. Met: the
    number of course-1 sessions up to `max_day` lies in min..max and the last phase session is late enough.
    """
    course = [session for session in sessions if session.course == 1]
    in_time = [session for session in course if session.day <= definition["max_day"]]
    phase = course[: definition["first"]] if definition["first"] else in_time
    is_enough = definition["min"] <= len(in_time) <= (definition["max"] or len(in_time))
    return {
        "phase": phase,
        "n_course": len(course),
        "n_sessions": len(phase),
        "span_days": phase[-1].day,
        "is_met": is_enough and phase[-1].day >= (definition["span"] or 0),
        "days_to_fourth": course[3].day if len(course) > 3 else None,
        "final_infusion_number": phase[-1].number_in_course,
        "final_dose_mg_per_kg": phase[-1].facts["dose_mg_per_kg"],
    }
