"""Step 1: who comes to a clinic. People with their latent traits, when they arrive, when treatment starts."""

from dataclasses import dataclass

import numpy as np

from synthesis import parameters
from synthesis.clinics import Clinic
from synthesis.rows import MISSING, Rows, choose, integers_between

CATEGORIES = ("ptsd", *parameters.OTHERS_PER_ELIGIBLE)
TREATED = ("ptsd", "depression", "other_indication", "ptsd_recorded_late", "minor", "test")
SEXES = ("female", "male", "other", "unknown")
RACES = (*parameters.RACE_SHARES, "unknown")
ETHNICITIES = ("hispanic_or_latino", "not_hispanic_or_latino", "unknown")


@dataclass(frozen=True)
class Chunk:
    """What one step needs to know about the piece of a clinic that is being made.

    `first_day`: the day the clinic went live; `last_day`: the day before its last export (days since 1970).
    `export_days`: the days of its exports. `seeds`: where each step's random numbers come from. `network`: the clinics
    of the same format, among which each kind of junk is planted somewhere.
    """

    clinic: Clinic
    number: int
    n_eligible: int
    first_patient_number: int
    first_day: int
    last_day: int
    export_days: tuple[int, ...]
    seeds: np.random.SeedSequence
    network: tuple[Clinic, ...] = ()

    def random(self, step: int) -> np.random.Generator:
        """The random numbers of one step: independent of how many another step drew."""
        return np.random.Generator(
            np.random.PCG64(np.random.SeedSequence(self.seeds.entropy, spawn_key=(*self.seeds.spawn_key, step)))
        )


def category(name: str) -> int:
    """Code of a category of people."""
    return CATEGORIES.index(name)


def _categories(chunk: Chunk, random: np.random.Generator) -> np.ndarray:
    """Exactly `n_eligible` people with PTSD at their first infusion, and the others in proportion, in random order."""
    counts = [chunk.n_eligible]
    for name, ratio in parameters.OTHERS_PER_ELIGIBLE.items():
        wanted = int(chunk.n_eligible * ratio + random.random())
        counts.append(max(wanted, 1) if chunk.number == 0 and name in ("depression", "test", "untreated") else wanted)
    return random.permutation(np.repeat(np.arange(len(counts)), counts))


def civil(days: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Year, month and day of month of days since 1970."""
    dates = days.astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    years = dates.astype("datetime64[Y]")
    return (
        years.astype(np.int64) + 1970,
        (months - years).astype(np.int64) + 1,
        (dates - months).astype(np.int64) + 1,
    )


def _birthday(index_days: np.ndarray, years: np.ndarray) -> np.ndarray:
    """The day `years` before each day (29 February: 28 February)."""
    year, month, day = civil(index_days)
    day = np.where((month == 2) & (day == 29), 28, day)
    months = ((year - years - 1970) * 12 + month - 1).astype("datetime64[M]")
    return months.astype("datetime64[D]").astype(np.int64) + day - 1


def _traits(chunk: Chunk, random: np.random.Generator, n: int) -> Rows:
    """Standard normal traits: severity and response of PTSD and of mood, and how willingly a person answers."""
    ptsd, mood_own, ptsd_response, mood_response_own, answers, gad_own = random.standard_normal((6, n))
    severity, response = parameters.SEVERITY_CORRELATION, parameters.RESPONSE_CORRELATION
    mood = severity * ptsd + np.sqrt(1 - severity**2) * mood_own
    return {
        "ptsd_severity": ptsd,
        "mood_severity": mood,
        "anxiety_severity": 0.6 * mood + 0.8 * gad_own,
        "ptsd_response": ptsd_response,
        "mood_response": response * ptsd_response + np.sqrt(1 - response**2) * mood_response_own,
        "answers": answers * parameters.ANSWER_TRAIT_SD,
    }


def make_people(chunk: Chunk) -> Rows:
    """One row per chart of a real (or test) person.

    index_day is the day of the first planned treatment (MISSING without one), intake_day the first visit. Years of
    age at the index day decide adult or minor by construction.
    """
    random = chunk.random(1)
    kind = _categories(chunk, random)
    n = len(kind)
    people: Rows = {"number": chunk.first_patient_number + np.arange(n), "category": kind}

    # treatment starts become more frequent over the years; the first visit is some days or weeks earlier
    window = chunk.last_day - chunk.first_day
    start = chunk.first_day + 8 + (random.beta(1.5, 1.0, n) * (window - 9)).astype(np.int64)
    lead = np.minimum(3 + random.gamma(1.6, 14.0, n).astype(np.int64), start - chunk.first_day - 1)
    people["index_day"] = np.where(kind == category("untreated"), MISSING, start)
    people["intake_day"] = start - lead

    shape = ((parameters.AGE_MEAN_YEARS - 17.0) / parameters.AGE_SD_YEARS) ** 2
    age_days = (17.0 + random.gamma(shape, (parameters.AGE_MEAN_YEARS - 17.0) / shape, n)) * 365.25
    lowest, highest = parameters.AGE_MIN_YEARS * 365.25 + 2, parameters.AGE_MAX_YEARS * 365.25
    redrawn = lowest + random.random(n) * 365.25 * 40
    adult = np.where((age_days < lowest) | (age_days > highest), redrawn, age_days).astype(np.int64)
    minor = (365.25 * (14.5 + 3.4 * random.random(n))).astype(np.int64)
    birth = start - np.where(kind == category("minor"), minor, adult)
    eighteen = (random.random(n) < parameters.EIGHTEENTH_BIRTHDAY_SHARE) & (kind != category("minor"))
    people["birth_day"] = np.where(eighteen, _birthday(start, np.full(n, 18)), birth)

    sex = choose(random, [parameters.FEMALE_SHARE, 1 - parameters.FEMALE_SHARE], n)
    unusual = random.random(n)
    sex = np.where(unusual < parameters.OTHER_SEX_SHARE, 2, sex)
    people["sex"] = np.where(unusual > 1 - parameters.SEX_BLANK_SHARE, 3, sex)
    race = choose(random, list(parameters.RACE_SHARES.values()), n)
    people["race"] = np.where(random.random(n) < parameters.RACE_BLANK_SHARE, len(RACES) - 1, race)
    ethnicity = (random.random(n) >= parameters.HISPANIC_SHARE).astype(np.int64)
    people["ethnicity"] = np.where(random.random(n) < parameters.ETHNICITY_BLANK_SHARE, 2, ethnicity)
    people["zip"] = (random.random(n) * 13).astype(np.int64)
    death = integers_between(random, start + 200, np.full(n, chunk.last_day))
    dies = (random.random(n) < parameters.DEATH_SHARE) & (start + 200 < chunk.last_day)
    people["death_day"] = np.where(dies, death, MISSING)
    people.update(_traits(chunk, random, n))

    # two or three charts of one person, merged later: until switch_day events are written under the old chart
    merged = (random.random(n) < parameters.MERGED_SHARE) & (kind != category("test"))
    people["n_old_charts"] = merged + (merged & (random.random(n) < parameters.MERGED_TWICE_SHARE)).astype(np.int64)
    people["switch_day"] = np.where(merged, start + (random.random(n) * 40).astype(np.int64) - 10, MISSING)
    people["old_number"] = np.where(merged, chunk.first_patient_number + n + np.cumsum(people["n_old_charts"]) - 1, 0)
    return people


def n_charts(people: Rows) -> int:
    """Charts (patient numbers) that these people use, old ones included."""
    return len(people["number"]) + int(people["n_old_charts"].sum())
