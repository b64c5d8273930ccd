"""Step 5: diagnoses. Which conditions a person has, when they began and when they were written down."""

import numpy as np

from synthesis import parameters
from synthesis.people import Chunk, category
from synthesis.rows import MISSING, Rows, integers_between, stack, take
from synthesis.spellings import CODES

CONDITIONS = ("ptsd", "mdd", "gad", "adhd", "panic", "bipolar", "psychosis", "sud", "nicotine")
CODE_SETS = tuple(CODES)  # positions used in the column `condition`
STATUSES = ("active", "confirmed", "resolved", "", "rule-out", "provisional", "refuted", "entered-in-error")


def _has(people: Rows, random: np.random.Generator) -> np.ndarray:
    """(people, conditions): whether a person has it at the first infusion; more conditions with more severity."""
    kind = people["category"]
    group = np.full(len(kind), 2)
    group[np.isin(kind, [category(name) for name in ("ptsd", "ptsd_recorded_late", "minor", "test")])] = 0
    group[kind == category("depression")] = 1
    shares = np.array(
        [[table.get(name, 0.0) for name in CONDITIONS] for table in parameters.COMORBIDITY_SHARES.values()]
    )
    weight = parameters.COMORBIDITY_SEVERITY_CORRELATION
    own = random.standard_normal((len(kind), len(CONDITIONS)))
    liability = weight * people["mood_severity"][:, None] + np.sqrt(1 - weight**2) * own
    thresholds = _normal_quantiles(1 - shares)
    has = liability > thresholds[group]
    elsewhere = np.isin(kind, [category(name) for name in ("other_route", "esketamine", "untreated", "cancelled")])
    has[:, 0] = (group == 0) | (elsewhere & (random.random(len(kind)) < 0.5))
    return has


def _normal_quantiles(shares: np.ndarray) -> np.ndarray:
    """Quantiles of the standard normal by bisection of its distribution function (shares 0 and 1: far out)."""
    from math import erf, sqrt

    def quantile(share: float) -> float:
        low, high = -8.0, 8.0
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if (1 + erf(middle / sqrt(2))) / 2 < share else (low, middle)
        return low

    return np.vectorize(quantile)(shares)


def make_diagnoses(chunk: Chunk, people: Rows) -> Rows:
    """One row per written diagnosis.

    person; condition (position in CODE_SETS); code (position in its list); onset (day or MISSING); recorded (minute
    since 1970); status (position in STATUSES). Adds first_<condition> to `people`: the day from which a condition is
    documented (its onset where written, else the day of recording), MISSING for never.
    """
    random = chunk.random(5)
    n = len(people["number"])
    has = _has(people, random)
    intake, index = people["intake_day"], people["index_day"]
    treated = np.where(index == MISSING, chunk.last_day, np.minimum(index, chunk.last_day))
    late_ptsd = people["category"] == category("ptsd_recorded_late")
    parts = []
    for position, condition in enumerate(CONDITIONS):
        # recorded between the first visit and the first infusion, or, for a few, only later
        recorded = np.where(random.random(n) < 0.7, intake, integers_between(random, intake, treated))
        onset = intake - 30 - np.floor(random.exponential(2500, n)).astype(np.int64)
        onset = np.maximum(onset, people["birth_day"] + 4 * 365)
        has_onset = random.random(n) < parameters.ONSET_GIVEN_SHARE
        after = np.minimum(treated + 1 + np.floor(random.exponential(120, n)).astype(np.int64), chunk.last_day)
        is_after = after > treated
        retrospective = is_after & (random.random(n) < parameters.ONSET_BEFORE_RECORDED_AFTER_SHARE)
        recorded = np.where(retrospective, after, recorded)
        has_onset |= retrospective
        new = ~has[:, position] & is_after & (random.random(n) < parameters.RECORDED_AFTER_INDEX_SHARE)
        new &= condition != "ptsd"
        if condition == "ptsd":
            has[:, 0] &= ~late_ptsd | is_after
            new = late_ptsd & is_after
        recorded, has_onset = np.where(new, after, recorded), has_onset & ~new
        onset = np.where(has_onset, onset, MISSING)
        who = np.flatnonzero(has[:, position] | new)
        first = np.full(n, MISSING)
        first[who] = np.where(has_onset, onset, recorded)[who]
        people[f"first_{condition}"] = first
        rows = _rows(people, who, condition, recorded[who], onset[who], random)
        again = random.random(len(who)) < parameters.REPEATED_DIAGNOSIS_SHARE
        repeat = take(rows, again)
        repeat["recorded"] = repeat["recorded"] + 1440 * np.floor(30 + random.exponential(90, int(again.sum()))).astype(
            np.int64
        )
        parts += [rows, take(repeat, repeat["recorded"] // 1440 <= chunk.last_day)]
    parts += _distractions(people, treated, random)
    diagnoses = stack(parts)
    return take(diagnoses, np.lexsort((diagnoses["condition"], diagnoses["recorded"], diagnoses["person"])))


def _rows(
    people: Rows, who: np.ndarray, condition: str, day: np.ndarray, onset: np.ndarray, random: np.random.Generator
) -> Rows:
    """Written diagnoses of one condition: code by frequency (the first is the commonest), an ordinary status."""
    n = len(who)
    codes = len(CODES[condition])
    return {
        "person": who,
        "condition": np.full(n, CODE_SETS.index(condition)),
        "code": np.minimum(np.floor(random.exponential(0.8, n)), codes - 1).astype(np.int64),
        "onset": onset,
        "recorded": day * 1440 + 480 + np.floor(random.random(n) * 540).astype(np.int64),
        "status": np.searchsorted([0.7, 0.85, 0.92], random.random(n)),
    }


def _distractions(people: Rows, treated: np.ndarray, random: np.random.Generator) -> list[Rows]:
    """Diagnoses that make nobody eligible: look-alike codes, rule-outs, refuted ones and those entered in error."""
    n = len(people["number"])
    everyone = np.arange(n)
    none = np.full(n, MISSING)
    day = integers_between(random, people["intake_day"], treated)
    similar = _rows(people, everyone, "near_miss", day, none, random)
    similar["code"] = np.floor(random.random(n) * len(CODES["near_miss"])).astype(np.int64)
    other = people["category"] == category("other_indication")
    parts = [take(similar, other | (random.random(n) < parameters.DISTRACTING_DIAGNOSIS_SHARE))]
    ruled_out = _rows(people, everyone, "ptsd", day, none, random)
    draw = random.random(n)
    ruled_out["status"] = 4 + np.searchsorted([0.5, 0.75, 0.9], random.random(n))
    parts.append(take(ruled_out, draw < np.where(other, 0.5, 0.01)))
    return parts
