"""Every public table of marts as {key: {column: value}}; patients are (site_id, patient_id) throughout."""

from collections.abc import Callable, Iterable

from tests.integration.oracle import aliases
from tests.integration.oracle.statistics import (
    deviation,
    mean,
    paired,
    quantile,
    ratio,
    smd_continuous,
    smd_level,
    wilson,
)
from tests.integration.oracle.studies import Member, Patient, patient_columns

Rows = dict[tuple, dict]
EVALUATED_AT = {"received_kit": 0, "has_indication": 0, "is_adult": 0, "has_baseline": 0, "has_outcome": None}


def infusions(patients: Iterable[Patient]) -> Rows:
    """One row per session: course, number, day, gap and the dose facts."""
    return {
        (patient.key, session.course, session.number_in_course): {
            "day": session.day,
            "gap_days": session.gap_days,
            **session.facts,
        }
        for patient in patients
        for session in patient.sessions
    }


def inductions(patients: Iterable[Patient]) -> Rows:
    """Every patient with a session, every definition."""
    columns = ("n_sessions", "span_days", "is_met", "days_to_fourth", "final_infusion_number",
               "final_dose_mg_per_kg")  # fmt: skip
    return {
        (patient.key, definition): {column: result[column] for column in columns}
        for patient in patients
        for definition, result in patient.inductions.items()
    }


def assessments(patients: Iterable[Patient]) -> Rows:
    """Every accepted form, valid or not."""
    return {(patient.key, form.key): dict(form.columns) for patient in patients for form in patient.forms}


def induction_summary(members: dict[str, list[Member]]) -> Rows:
    """Every study x definition x denominator: how many met it, and the last dose of the phase of those."""
    rows = {}
    for study_id, everybody in members.items():
        eligible = [member for member in everybody if member.is_eligible]
        for definition, rule in aliases.DEFINITIONS.items():
            groups = {
                "eligible": eligible,
                "analysed": [member for member in eligible if member.is_analysed],
                "reached_minimum": [member for member in eligible if len(member.patient.course) >= rule["min"]],
            }
            for denominator, group in groups.items():
                met = [result for member in group if (result := member.patient.inductions[definition])["is_met"]]
                doses = [result["final_dose_mg_per_kg"] for result in met]
                doses = [dose for dose in doses if dose is not None]
                low, high = wilson(len(met), len(group))
                rows[(study_id, definition, denominator)] = {
                    "n": len(group),
                    "n_met": len(met),
                    "met_rate": ratio(len(met), len(group)),
                    "ci_low": low,
                    "ci_high": high,
                    "n_with_dose": len(doses),
                    "mean_final_dose_mg_per_kg": mean(doses),
                    "sd_final_dose_mg_per_kg": deviation(doses),
                    "median_final_dose_mg_per_kg": quantile(doses, 0.5),
                }
    return rows


def cohort_patients(members: dict[str, list[Member]]) -> Rows:
    """Every study x patient with a session: eligible, analysed, the first step failed, the primary baseline."""
    rows = {}
    for study_id, everybody in members.items():
        study = aliases.STUDIES[study_id]
        for member in everybody:
            if not member.patient.sessions:
                continue
            start = member.baselines[study["instruments"][0]]
            rows[(study_id, member.patient.key)] = {
                "is_eligible": member.is_eligible,
                "is_analysed": member.is_analysed,
                "exclusion_step": member.exclusion_step,
                "met_induction": member.patient.inductions[study["definition"]]["is_met"],
                "baseline_score": start.score if start else None,
                "baseline_day": start.columns["day"] if start else None,
            }
    return rows


def cohort_attrition(members: dict[str, list[Member]]) -> Rows:
    """Step by step from all patients to the analysed; the induction step only where the study requires it."""
    rows = {}
    for study_id, everybody in members.items():
        study = aliases.STUDIES[study_id]
        step_ids = ["received_kit", "has_indication", "is_adult"]
        step_ids += ["met_induction"] * study["required"] + ["has_baseline", "has_outcome"]
        remaining, first = everybody, None
        for number, step_id in enumerate(step_ids, start=1):
            n_in = len(remaining)
            remaining = [member for member in remaining if member.steps[step_id]]
            first = len(remaining) if first is None else first
            rows[(study_id, number)] = {
                "step_id": step_id,
                "evaluated_at_day": EVALUATED_AT.get(step_id, aliases.DEFINITIONS[study["definition"]]["max_day"]),
                "n_in": n_in,
                "n_excluded": n_in - len(remaining),
                "n_remaining": len(remaining),
                "share_of_first": ratio(len(remaining), first),
            }
            if step_id == "has_indication":
                rows[(study_id, number)]["n_recorded_after_index"] = sum(
                    member.is_eligible and member.patient.recorded_late[study["indication"]] for member in everybody
                )
    return rows


def outcomes(members: dict[str, list[Member]]) -> Rows:
    """A row where an eligible patient has both a baseline and a form at the timepoint."""
    return {
        (study_id, member.patient.key, instrument, timepoint): row
        for study_id, everybody in members.items()
        for member in everybody
        if member.is_eligible
        for instrument, rows in member.outcomes.items()
        for timepoint, row in rows.items()
    }


def level_of(value: object) -> str | None:
    """A level as text: true/false for flags."""
    if value is None:
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)


def cohort_characteristics(members: dict[str, list[Member]]) -> Rows:
    """Eligible, analysed and not analysed side by side, with the standardised difference of the latter two."""
    rows = {}
    for study_id, everybody in members.items():
        primary = aliases.STUDIES[study_id]["instruments"][0]
        eligible = [member for member in everybody if member.is_eligible]
        populations = {
            "eligible": eligible,
            "analysed": [member for member in eligible if member.is_analysed],
            "not_analysed": [member for member in eligible if not member.is_analysed],
        }
        columns = {member.patient.key: patient_columns(member.patient) for member in eligible}
        continuous: dict[str, Callable[[Member], int | None]] = {
            "age_at_index": lambda member: member.patient.shown_age,
            "n_sessions": lambda member: len(member.patient.course),
            "baseline_score": lambda member, name=primary: (
                member.baselines[name].score if member.baselines[name] else None
            ),
        }
        for characteristic, value_of in continuous.items():
            values = {name: [value_of(member) for member in group] for name, group in populations.items()}
            known = {name: [value for value in group if value is not None] for name, group in values.items()}
            smd = smd_continuous(known["analysed"], known["not_analysed"])
            for population, group in known.items():
                rows[(study_id, population, characteristic, "all")] = {
                    "n": len(group),
                    "n_denominator": len(values[population]),
                    "n_missing": len(values[population]) - len(group),
                    "share": None,
                    "mean": mean(group),
                    "sd": deviation(group),
                    "median": quantile(group, 0.5),
                    "q1": quantile(group, 0.25),
                    "q3": quantile(group, 0.75),
                    "smd": smd,
                }
        flags = [f"has_{name}" for name in aliases.CODE_SETS]
        for characteristic in ["sex", "race", "ethnicity", "index_year", *flags]:
            found = {
                name: [level_of(columns[member.patient.key][characteristic]) for member in group]
                for name, group in populations.items()
            }
            levels = {"true", "false"} if characteristic in flags else set(found["eligible"])
            for level in levels:
                smd = smd_level(
                    found["analysed"].count(level), len(found["analysed"]),
                    found["not_analysed"].count(level), len(found["not_analysed"]),
                )  # fmt: skip
                for population, group in found.items():
                    rows[(study_id, population, characteristic, level)] = {
                        "n": group.count(level),
                        "n_denominator": len(group),
                        "n_missing": 0,
                        "share": ratio(group.count(level), len(group)),
                        **dict.fromkeys(("mean", "sd", "median", "q1", "q3")),
                        "smd": smd,
                    }
    return rows


def strata_of(instrument: str) -> dict[str, Callable[[Member], bool]]:
    """stratum -> whether a member belongs to it; those by severity need a baseline of the instrument."""

    def by_baseline(low: int, high: int) -> Callable[[Member], bool]:
        return lambda member: bool(member.baselines[instrument]) and low <= member.baselines[instrument].score <= high

    strata: dict[str, Callable[[Member], bool]] = {
        "all": lambda member: True,
        "has_mdd": lambda member: member.patient.conditions["mdd"],
        "no_mdd": lambda member: not member.patient.conditions["mdd"],
    }
    if instrument == "PCL-5":
        strata["baseline_at_or_above_cutoff"] = by_baseline(aliases.PCL5_CUTOFF, 80)
        strata["baseline_below_cutoff"] = by_baseline(0, aliases.PCL5_CUTOFF - 1)
    for low, high in aliases.BANDS[instrument]:
        strata[f"band_{low}_{high}"] = by_baseline(low, high)
    return strata


def denominators_of(members: list[Member], instrument: str, timepoint: str, kind: str) -> dict[str, list[Member]]:
    """denominator -> its patients, among those who can be evaluated (no baseline of 0).

    `there` is the timepoint itself, or any infusion up to it for ever_by.
    """
    eligible = [
        member for member in members
        if member.is_eligible and not (member.baselines[instrument] and member.baselines[instrument].score == 0)
    ]  # fmt: skip
    passed = [member for member in eligible if member.passed_induction]
    with_baseline = [member for member in passed if member.baselines[instrument]]
    minimum = int(timepoint.removeprefix("infusion_")) if timepoint in aliases.INFUSION_TIMEPOINTS else 0
    groups = {
        "observed": [member for member in passed if rows_there(member, instrument, timepoint, kind)],
        "received": [member for member in with_baseline if len(member.patient.course) >= minimum],
        "eligible": eligible,
    }
    if timepoint in aliases.FIXED_PANEL:
        groups["fixed_panel"] = [
            member for member in with_baseline
            if all(panel in member.outcomes[instrument] for panel in aliases.FIXED_PANEL)
        ]  # fmt: skip
    return groups


def rows_there(member: Member, instrument: str, timepoint: str, kind: str) -> list[dict]:
    """The member's outcome rows that count at a timepoint: that one, or for ever_by every infusion up to it."""
    found = member.outcomes[instrument]
    if kind == "at":
        return [found[timepoint]] if timepoint in found else []
    upto = aliases.INFUSION_TIMEPOINTS[: aliases.INFUSION_TIMEPOINTS.index(timepoint) + 1]
    return [found[earlier] for earlier in upto if earlier in found]


def estimate(group: list[Member], instrument: str, timepoint: str, kind: str) -> dict:
    """One row of response_by_timepoint for one denominator and stratum."""
    observed = [there for member in group if (there := rows_there(member, instrument, timepoint, kind))]
    n_responders = sum(any(row["is_responder"] for row in there) for there in observed)
    low, high = wilson(n_responders, len(observed))
    columns = {
        "n_denominator": len(group),
        "n_observed": len(observed),
        "n_responders": n_responders,
        "response_rate": ratio(n_responders, len(observed)),
        "ci_low": low,
        "ci_high": high,
        "bound_low": ratio(n_responders, len(group)),
        "bound_high": ratio(n_responders + len(group) - len(observed), len(group)),
    }
    singles = [there[0] for there in observed]
    statistics = paired([row["baseline_score"] for row in singles], [row["score"] for row in singles])
    n_remission = sum(row["is_remission"] for row in singles)
    at_only = {
        "n_remission": n_remission,
        "remission_rate": ratio(n_remission, len(observed)),
        "n_worsened": sum(row["is_worsened"] for row in singles),
        **statistics,
    }
    return columns | (at_only if kind == "at" else dict.fromkeys(at_only))


def response_by_timepoint(members: dict[str, list[Member]]) -> Rows:
    """Every study, instrument, timepoint, kind, denominator and stratum, empty cells included."""
    rows = {}
    for study_id, everybody in members.items():
        study = aliases.STUDIES[study_id]
        for instrument in study["instruments"]:
            for timepoint in aliases.TIMEPOINTS:
                for kind in ["at"] + ["ever_by"] * (timepoint in aliases.INFUSION_TIMEPOINTS):
                    groups = denominators_of(everybody, instrument, timepoint, kind)
                    for denominator, group in groups.items():
                        for stratum, belongs in strata_of(instrument).items():
                            row = estimate([m for m in group if belongs(m)], instrument, timepoint, kind)
                            row["is_primary"] = (instrument, timepoint, kind, denominator, stratum) == (
                                study["instruments"][0], study["timepoint"], "at", "observed", "all",
                            )  # fmt: skip
                            rows[(study_id, instrument, timepoint, kind, denominator, stratum)] = row
    return rows


def outcome_completeness(members: dict[str, list[Member]]) -> Rows:
    """How many of the eligible have a baseline, an outcome, both; and their forms from sent to valid."""
    rows = {}
    kinds = {"site": "site_key", "index_year": "index_year", "sex": "sex", "race": "race"}
    for study_id, everybody in members.items():
        eligible = [member for member in everybody if member.is_eligible]
        groups: dict[tuple[str, str], list[Member]] = {("all", "all"): eligible}
        for member in eligible:
            columns = patient_columns(member.patient)
            for kind, column in kinds.items():
                groups.setdefault((kind, str(columns[column])), []).append(member)
        for instrument in aliases.STUDIES[study_id]["instruments"]:
            for stratum, group in groups.items():
                rows[(study_id, instrument, *stratum)] = completeness(group, instrument)
    return rows


def completeness(group: list[Member], instrument: str) -> dict:
    """One row of outcome_completeness."""
    forms = [form for member in group for form in member.patient.forms if form.instrument == instrument]
    n_complete = sum(bool(member.baselines[instrument] and member.forms[instrument]) for member in group)
    low, high = wilson(n_complete, len(group))
    valid = [form for form in forms if form.columns["is_valid"]]
    return {
        "n_eligible": len(group),
        "n_with_baseline": sum(bool(member.baselines[instrument]) for member in group),
        "n_with_outcome": sum(bool(member.forms[instrument]) for member in group),
        "n_complete": n_complete,
        "outcome_data_rate": ratio(n_complete, len(group)),
        "ci_low": low,
        "ci_high": high,
        "n_sent": len(forms),
        "n_started": sum(form.is_started for form in forms),
        "n_completed": sum(form.is_finished for form in forms),
        "n_valid": len(valid),
        "n_same_day_time_unknown": sum(form.columns["same_day_time_unknown"] for form in valid),
    }
