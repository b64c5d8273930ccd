"""Patients, eligibility, baselines, forms at timepoints and outcomes."""

import datetime
import re
from dataclasses import dataclass, field

from tests.integration.oracle import aliases
from tests.integration.oracle.fates import Fates, mapped
from tests.integration.oracle.forms import Form, find_forms
from tests.integration.oracle.reading import Record
from tests.integration.oracle.sessions import Session, find_sessions, induction, is_counted_ketamine
from tests.integration.oracle.values import zip3

CODE_START = re.compile(r"(?:[.]|[^\W_])*")


@dataclass
class Patient:
    """One accepted patient that survives its merges, with everything that is theirs."""

    key: tuple
    record: Record
    sessions: list[Session]
    forms: list[Form]
    age: int | None
    conditions: dict[str, bool]
    recorded_late: dict[str, bool]
    other_ketamine_exposure: int
    inductions: dict[str, dict] = field(default_factory=dict)

    @property
    def index(self) -> datetime.date | None:
        """The day of the first session, None without any."""
        return self.sessions[0].date if self.sessions else None

    @property
    def course(self) -> list[Session]:
        """The sessions of course 1."""
        return [session for session in self.sessions if session.course == 1]

    @property
    def shown_age(self) -> int | None:
        """Full years at index, 90 for 90 and over."""
        return None if self.age is None else min(self.age, 90)


def codes_in(cell: str) -> list[str]:
    """Codes of one cell: split at `;` and `,`, trimmed, upper-cased, the longest start of letters, digits and dots."""
    starts = (CODE_START.match(part.strip().upper()).group() for part in re.split("[;,]", cell))
    return [start.replace(".", "") for start in starts]


def code_set_holds(name: str, code: str) -> bool:
    """Whether a normalised code belongs to a code set: exactly, or by its start for the sets of whole families."""
    exact, starts = aliases.CODE_SETS[name]
    return code in exact or (bool(starts) and code.startswith(starts))


def has_code_of(name: str, diagnosis: Record) -> bool:
    """Whether a diagnosis has a code of a code set: an ICD-10-CM code of its cell, or a coding of another system."""
    if any(code_set_holds(name, code) for code in codes_in(diagnosis.text.get("code") or "")):
        return True
    return any(code in aliases.OTHER_CODE_SETS.get((name, system), ()) for system, code in diagnosis.codings)


def recorded_on(diagnosis: Record) -> datetime.date | None:
    """The day of recording; only a diagnosis with an onset may lack it."""
    moment = diagnosis.value.get("recorded_at")
    return moment.day if moment else None


def full_years(birth: datetime.date, day: datetime.date) -> int:
    """Completed years; a birthday on 29 February is completed on 1 March of other years."""
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))


def conditions_of(diagnoses: list[Record], index: datetime.date | None) -> tuple[dict, dict]:
    """(code set -> diagnosed by the index day, code set -> that only recorded after the index day).

    The diagnosis day is the onset, else the day of recording. Rule-out, provisional and differential never qualify;
    without an index every day does.
    """
    has, late = {}, {}
    for name in aliases.CODE_SETS:
        counting = [
            diagnosis for diagnosis in diagnoses
            if mapped(diagnosis, "status") not in aliases.NON_QUALIFYING_STATUSES
            and has_code_of(name, diagnosis)
            and (index is None or (diagnosis.value.get("onset_on") or recorded_on(diagnosis)) <= index)
        ]  # fmt: skip
        has[name] = bool(counting)
        late[name] = (
            bool(counting)
            and index is not None
            and all(recorded_on(diagnosis) is not None and recorded_on(diagnosis) > index for diagnosis in counting)
        )
    return has, late


def find_patients(fates: Fates) -> dict[tuple, Patient]:
    """Every accepted patient with sessions, forms, conditions and inductions."""
    sessions = find_sessions(fates)
    forms = find_forms(fates, sessions)
    diagnoses: dict[tuple, list[Record]] = {}
    for record in fates.current["diagnoses"].values():
        diagnoses.setdefault(fates.survivor(record), []).append(record)
    other: dict[tuple, int] = {}
    for record in fates.current["medication_administrations"].values():
        if is_counted_ketamine(record) and mapped(record, "route") != "intravenous":
            other[fates.survivor(record)] = other.get(fates.survivor(record), 0) + 1
    patients = {}
    for key, record in fates.current["patients"].items():
        own = sessions.get(key, [])
        index = own[0].date if own else None
        patients[key] = Patient(
            key,
            record,
            own,
            forms.get(key, []),
            full_years(record.value["birth_date"], index) if index else None,
            *conditions_of(diagnoses.get(key, []), index),
            other.get(key, 0),
            {name: induction(own, rule) for name, rule in aliases.DEFINITIONS.items()} if own else {},
        )
    return patients


def patient_columns(patient: Patient) -> dict:
    """The columns of marts.patients (the site stands for its key)."""
    record = patient.record
    return {
        "site_key": patient.key[0],
        "age_at_index": patient.shown_age,
        "sex": mapped(record, "sex") or "unknown",
        "race": mapped(record, "race") or "unknown",
        "ethnicity": mapped(record, "ethnicity") or "unknown",
        "zip3": zip3(record.text.get("zip_code"), aliases.SPARSE_ZIP3),
        "index_year": patient.index.year if patient.index else None,
        **{f"has_{name}": has for name, has in patient.conditions.items()},
        "n_sessions": len(patient.sessions),
        "other_ketamine_exposure": patient.other_ketamine_exposure,
    }


def valid_forms(patient: Patient, instrument: str) -> list[Form]:
    """The patient's valid forms of one instrument in order."""
    usable = (form for form in patient.forms if form.instrument == instrument and form.columns["is_valid"])
    return sorted(usable, key=lambda form: form.order)


def baseline(patient: Patient, instrument: str) -> Form | None:
    """The latest valid form before the index session and at most 30 days before the index day."""
    if not patient.sessions:
        return None
    usable = [
        form for form in valid_forms(patient, instrument)
        if form.columns["after_infusion_number"] == 0 and form.columns["day"] >= -aliases.BASELINE_WINDOW_DAYS
    ]  # fmt: skip
    return usable[-1] if usable else None


def forms_at_timepoints(patient: Patient, instrument: str, definition: str) -> dict[str, tuple[int, Form]]:
    """timepoint -> (number of the session that the form follows, form), with or without a baseline.

    After infusion k: the latest valid form after session k, before the next session (of any course) and at most 30
    days after it. Post induction: the earliest one 14..31 days after the last session of the phase and before the
    next session. Last observed: the latest of the forms after any infusion of course 1.
    """
    found: dict[str, tuple[int, Form]] = {}
    if not patient.sessions:
        return found
    forms = valid_forms(patient, instrument)
    for session in patient.course:
        usable = [
            form for form in forms
            if form.columns["after_infusion_number"] == session.number
            and (form.date - session.date).days <= aliases.FOLLOWUP_WINDOW_DAYS
        ]  # fmt: skip
        if usable:
            found["last_observed"] = (session.number, usable[-1])
            if session.number <= len(aliases.INFUSION_TIMEPOINTS):
                found[f"infusion_{session.number}"] = (session.number, usable[-1])
    last = patient.inductions[definition]["phase"][-1]
    for form in forms:
        days = (form.date - last.date).days
        is_in_window = aliases.POST_INDUCTION_FROM <= days <= aliases.POST_INDUCTION_TO
        if form.columns["after_infusion_number"] == last.number and is_in_window:
            found["post_induction"] = (last.number, form)
            break
    return found


def change_category(instrument: str, change: int) -> str | None:
    """Reliable improvement, reliable worsening or neither, where a threshold is cited."""
    threshold = aliases.SCORED[instrument]["reliable"]
    if threshold is None:
        return None
    if change >= threshold:
        return "reliable_improvement"
    return "reliable_worsening" if change <= -threshold else "no_reliable_change"


@dataclass
class Member:
    """One patient in one study: the attrition steps passed, and outcomes per instrument and timepoint."""

    patient: Patient
    study_id: str
    steps: dict[str, bool]
    baselines: dict[str, Form | None]
    forms: dict[str, dict[str, tuple[int, Form]]]
    outcomes: dict[str, dict[str, dict]]

    @property
    def is_eligible(self) -> bool:
        """Received an infusion, has the indication, is an adult."""
        return all(self.steps[step] for step in ("received_kit", "has_indication", "is_adult"))

    @property
    def passed_induction(self) -> bool:
        """Eligible, and met the induction where the study requires it."""
        return self.is_eligible and self.steps.get("met_induction", True)

    @property
    def is_analysed(self) -> bool:
        """Passed every step."""
        return all(self.steps.values())

    @property
    def exclusion_step(self) -> str | None:
        """The first step failed."""
        return next((step for step, passed in self.steps.items() if not passed), None)


def outcome_columns(instrument: str, start: Form, number: int, form: Form) -> dict:
    """The columns of one outcome: both a baseline and a form at the timepoint. Thresholds are compared in integers."""
    rules = aliases.SCORED[instrument]
    change = start.score - form.score
    return {
        "infusion_number": number,
        "day": form.columns["day"],
        "baseline_score": start.score,
        "score": form.score,
        "change": change,
        "change_pct": 100 * change / start.score if start.score else None,
        "is_responder": 100 * change >= rules["response"] * start.score if start.score else None,
        "is_remission": form.score <= rules["remission"],
        "is_worsened": change < 0,
        "change_category": change_category(instrument, change),
        "recall_contamination": form.columns["recall_contamination"],
    }


def add_responder_ever(outcomes: dict[str, dict]) -> None:
    """A responder in this row, or at an infusion timepoint with a number not above this row's; null for baseline 0."""
    for row in outcomes.values():
        earlier = [
            outcomes[timepoint] for timepoint in aliases.INFUSION_TIMEPOINTS
            if timepoint in outcomes and outcomes[timepoint]["infusion_number"] <= row["infusion_number"]
        ]  # fmt: skip
        is_evaluable = row["is_responder"] is not None
        row["is_responder_ever"] = any(other["is_responder"] for other in [row, *earlier]) if is_evaluable else None


def member_of(patient: Patient, study_id: str) -> Member:
    """One patient's way through one study."""
    study = aliases.STUDIES[study_id]
    baselines = {instrument: baseline(patient, instrument) for instrument in study["instruments"]}
    forms = {name: forms_at_timepoints(patient, name, study["definition"]) for name in study["instruments"]}
    outcomes: dict[str, dict[str, dict]] = {name: {} for name in study["instruments"]}
    for instrument, start in baselines.items():
        if start is not None:
            for timepoint, (number, form) in forms[instrument].items():
                outcomes[instrument][timepoint] = outcome_columns(instrument, start, number, form)
            add_responder_ever(outcomes[instrument])
    primary = study["instruments"][0]
    steps = {
        "received_kit": bool(patient.sessions),
        "has_indication": patient.conditions[study["indication"]],
        "is_adult": patient.age is not None and patient.age >= 18,
    }
    if study["required"]:
        steps["met_induction"] = bool(patient.sessions) and patient.inductions[study["definition"]]["is_met"]
    steps["has_baseline"] = baselines[primary] is not None
    steps["has_outcome"] = bool(forms[primary])
    return Member(patient, study_id, steps, baselines, forms, outcomes)
