"""Step 2: infusions. Plans, who stops early, maintenance, second courses, doses and weighings, all in time."""

from itertools import pairwise

import numpy as np

from synthesis import parameters
from synthesis.people import TREATED, Chunk, category
from synthesis.rows import MISSING, Rows, choose, integers_between, logistic, position_in_group
from synthesis.symptoms import reduction_trait

N_SLOTS = parameters.LAST_INDUCTION_SLOT + parameters.MAINTENANCE_SLOTS + parameters.REINDUCTION_SLOTS
FIRST_MAINTENANCE = parameters.LAST_INDUCTION_SLOT
FIRST_REINDUCTION = parameters.LAST_INDUCTION_SLOT + parameters.MAINTENANCE_SLOTS


def _induction_gaps(random: np.random.Generator, n: int, slots: int) -> np.ndarray:
    """Days from one induction infusion to the next, (n, slots), at the person's pace."""
    paces = parameters.PACES.values()
    pace = choose(random, [share for _, share in paces], n)
    low = np.array([limits[0] for limits, _ in paces])[pace]
    high = np.array([limits[1] for limits, _ in paces])[pace]
    gaps = low[:, None] + np.floor(random.random((n, slots)) * (high - low + 1)[:, None]).astype(np.int64)
    late = random.random((n, slots)) < parameters.SKIPPED_WEEK_SHARE
    return gaps + late * 7 * (1 + (random.random((n, slots)) < 0.4))


def _plan(people: Rows, treated: np.ndarray, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Which of the slots take place and the gap before each: (n, slots) booleans and days.

    Slots: eight of the induction, then maintenance (same course: gaps of at most 90 days), then a second course
    (opened by a gap of more than 90 days).
    """
    n = len(treated)
    gaps = np.zeros((n, N_SLOTS), dtype=np.int64)
    happens = np.zeros((n, N_SLOTS), dtype=bool)
    planned = np.array(list(parameters.INDUCTION_PLANS))[choose(random, list(parameters.INDUCTION_PLANS.values()), n)]
    gain = reduction_trait("PCL-5", people["ptsd_response"])[treated]
    mood_gain = reduction_trait("PHQ-9", people["mood_response"])[treated]
    gain = (gain + mood_gain) / 2

    gaps[:, 1:FIRST_MAINTENANCE] = _induction_gaps(random, n, FIRST_MAINTENANCE - 1)
    stays = np.ones(n, dtype=bool)
    for slot in range(FIRST_MAINTENANCE):
        happens[:, slot] = stays & (slot < planned)
        so_far = gain * (1 - np.exp(-(slot + 1) / parameters.REDUCTION_TAU_INFUSIONS))
        stops = logistic(parameters.STOP_LOGIT + parameters.STOP_LOGIT_PER_REDUCTION * (so_far - 0.3))
        stays &= random.random(n) >= stops
    finished = stays & (happens[:, :FIRST_MAINTENANCE].sum(axis=1) >= 3)

    low, high = parameters.MAINTENANCE_GAP_DAYS
    slots = slice(FIRST_MAINTENANCE, FIRST_REINDUCTION)
    shape = (n, parameters.MAINTENANCE_SLOTS)
    usual = low + np.floor(random.random(shape) * (high - low + 1)).astype(np.int64)
    longest = random.random(shape) < parameters.LONGEST_GAP_SHARE
    gaps[:, slots] = np.where(longest, parameters.LONGEST_GAP_DAYS, usual)
    comes_back = random.random(n) < logistic(
        parameters.MAINTENANCE_SHARE_LOGIT + parameters.MAINTENANCE_LOGIT_PER_REDUCTION * (gain - 0.4)
    )
    continues = random.random(shape) < parameters.MAINTENANCE_CONTINUES
    continues[:, 0] = finished & comes_back
    happens[:, slots] = np.logical_and.accumulate(continues, axis=1)

    again = random.random(n) < parameters.REINDUCTION_SHARE
    gaps[:, FIRST_REINDUCTION:] = _induction_gaps(random, n, parameters.REINDUCTION_SLOTS)
    pause = parameters.REINDUCTION_FIRST_GAP_DAYS + random.exponential(parameters.REINDUCTION_GAP_MEAN_DAYS, n)
    shortest = random.random(n) < parameters.REINDUCTION_SHORTEST_SHARE
    gaps[:, FIRST_REINDUCTION] = np.where(shortest, parameters.REINDUCTION_FIRST_GAP_DAYS, pause.astype(np.int64))
    continues = random.random((n, parameters.REINDUCTION_SLOTS)) < 0.85
    continues[:, 0] = again
    happens[:, FIRST_REINDUCTION:] = np.logical_and.accumulate(continues, axis=1)
    return happens, gaps


def make_sessions(chunk: Chunk, people: Rows) -> Rows:
    """One row per infusion session that took place before the clinic's last export, by person and time.

    person: position in `people`. course, infusion: 1.., as they were made. number: 1.. over all courses. gap: days
    since the previous session (0 for the first). start, end: minutes since 1970; is_time_known: whether the clinic
    wrote the clock time down. next_day, previous_day: of the neighbouring sessions (MISSING at the ends).
    """
    random = chunk.random(2)
    treated = np.flatnonzero(np.isin(people["category"], [category(name) for name in TREATED]))
    happens, gaps = _plan(people, treated, random)
    day = people["index_day"][treated][:, None] + np.cumsum(np.where(happens, gaps, 0), axis=1)
    end_of_life = np.where(people["death_day"] == MISSING, chunk.last_day + 1, people["death_day"])[treated]
    happens &= (day <= chunk.last_day) & (day < end_of_life[:, None])

    row, slot = np.nonzero(happens)
    sessions: Rows = {"person": treated[row], "day": day[row, slot]}
    number = position_in_group(row)
    course = 1 + (slot >= FIRST_REINDUCTION)
    sessions["course"] = course
    sessions["infusion"] = position_in_group(row * 2 + course) + 1
    sessions["number"] = number + 1
    n = len(row)
    first, last = number == 0, np.r_[number[1:] == 0, True] if n else number == 0
    sessions["previous_day"] = np.where(first, MISSING, np.roll(sessions["day"], 1))
    sessions["next_day"] = np.where(last, MISSING, np.roll(sessions["day"], -1))
    sessions["gap"] = np.where(first, 0, sessions["day"] - sessions["previous_day"])

    clock = 8 * 60 + 5 * np.floor(random.random(n) * 108).astype(np.int64)  # 08:00 to 16:55
    sessions["start"] = sessions["day"] * 1440 + clock
    low, high = parameters.INFUSION_MINUTES
    sessions["minutes"] = low + np.floor(random.random(n) * (high - low + 1)).astype(np.int64)
    known = random.random(n) < chunk.clinic.time_known_share
    sessions["is_time_known"] = known & chunk.clinic.writes_times
    sessions["is_end_known"] = sessions["is_time_known"] & (random.random(n) < 0.9)
    _add_doses(chunk, people, sessions, random)
    return sessions


def _add_doses(chunk: Chunk, people: Rows, sessions: Rows, random: np.random.Generator) -> None:
    """Titration towards the person's dose, and the weighings that the clinic makes.

    weight_tenths: weight in tenths of the unit of this weighing (code in `weight_unit`), 0 where not weighed.
    """
    n_people, n = len(people["number"]), len(sessions["day"])
    person = sessions["person"]
    spread = np.sqrt(np.log1p((parameters.FINAL_DOSE_SD / parameters.FINAL_DOSE_MG_PER_KG) ** 2))
    centre = np.log(parameters.FINAL_DOSE_MG_PER_KG) - spread**2 / 2
    final = np.exp(centre + spread * random.standard_normal(n_people))
    final = np.clip(final, parameters.DOSE_FLOOR_MG_PER_KG, parameters.DOSE_CEILING_MG_PER_KG)
    start = parameters.START_DOSE_MG_PER_KG + parameters.START_DOSE_SD * random.standard_normal(n_people)
    start = np.minimum(np.clip(start, parameters.DOSE_FLOOR_MG_PER_KG, None), final)
    share = np.minimum((sessions["infusion"] - 1) / (parameters.DOSE_FULL_FROM_INFUSION - 1), 1.0)
    share = np.where(sessions["course"] > 1, 1.0, share)
    sessions["planned_mg_per_kg"] = start[person] + share * (final - start)[person]

    means = np.where(people["sex"] == 1, *[parameters.WEIGHT_KG[sex][0] for sex in ("male", "female")])
    spreads = np.where(people["sex"] == 1, *[parameters.WEIGHT_KG[sex][1] for sex in ("male", "female")])
    skewed = (np.exp(0.25 * random.standard_normal(n_people)) - 1.0) / 0.26
    weight = np.clip(means + spreads * skewed, *parameters.WEIGHT_LIMITS_KG)
    people["weight_kg"] = weight
    drift = weight[person] * 0.004 * random.standard_normal(n) * np.sqrt(sessions["number"])
    sessions["true_weight_kg"] = np.clip(weight[person] + drift, *parameters.WEIGHT_LIMITS_KG)

    rare = random.random(n)
    sessions["is_stopped"] = rare < parameters.STOPPED_SHARE
    sessions["slips"] = (rare > 1 - parameters.DOSE_SLIP_SHARE).astype(np.int64)

    # some clinics weigh at each visit, some at intake only; nobody relies on a weight older than ten months, except
    # where there is none at all
    clinic = chunk.clinic
    at_intake = random.random(n_people) < clinic.weighs_at_intake
    people["is_weighed_at_intake"] = at_intake
    weighs = random.random(n) < clinic.weighs_each_session
    last_weighed = np.where(at_intake, people["intake_day"], MISSING)
    order = np.argsort(sessions["number"], kind="stable")
    bounds = np.searchsorted(sessions["number"][order], np.arange(1, N_SLOTS + 2))
    for first, after in pairwise(bounds):  # all first sessions, all second ones, ...
        rows = order[first:after]
        who, day = person[rows], sessions["day"][rows]
        weighs[rows] |= (last_weighed[who] != MISSING) & (day - last_weighed[who] > 300)
        last_weighed[who] = np.where(weighs[rows], day, last_weighed[who])
    sessions["is_weighed"] = weighs


def make_other_treatments(chunk: Chunk, people: Rows, sessions: Rows) -> Rows:
    """Administrations that are no infusion session: other routes, esketamine, cancelled, in error, other medicines.

    kind: 0 ketamine by another route, 1 esketamine, 2 cancelled infusion, 3 infusion entered in error, 4 another
    medicine beside an infusion. Only kind 0 is ketamine that counts as exposure elsewhere.
    """
    random = chunk.random(3)
    parts = []

    def add(kind: int, person: np.ndarray, start: np.ndarray) -> None:
        keep = (start // 1440 <= chunk.last_day) & (start // 1440 >= people["intake_day"][person])
        parts.append({"kind": np.full(int(keep.sum()), kind), "person": person[keep], "start": start[keep]})

    def series(kind: int, person: np.ndarray, mean: float, low: int, high: int) -> None:
        repeats = 1 + random.poisson(mean, len(person))
        who = np.repeat(person, repeats)
        steps = low + np.floor(random.random(len(who)) * (high - low + 1)).astype(np.int64)
        position = position_in_group(np.repeat(np.arange(len(person)), repeats))
        total = np.cumsum(steps)
        base = np.repeat(total[position == 0], repeats) if len(who) else total
        add(kind, who, (people["index_day"][who] + total - base) * 1440 + _office_minutes(random, len(who)))

    everyone = np.arange(len(people["number"]))
    series(0, everyone[people["category"] == category("other_route")], 4.0, 2, 9)
    series(1, everyone[people["category"] == category("esketamine")], 7.0, 3, 8)
    boosted = np.unique(sessions["person"])
    boosted = boosted[random.random(len(boosted)) < parameters.OTHER_ROUTE_BOOSTER_SHARE]
    series(0, boosted, 1.0, 11, 40)
    series(2, everyone[people["category"] == category("cancelled")], 1.0, 3, 9)

    n = len(sessions["day"])
    draw = random.random(n)
    planned = sessions["start"] + integers_between(random, np.full(n, 1), np.full(n, 3)) * 1440
    free = (sessions["next_day"] == MISSING) | (planned // 1440 < sessions["next_day"])
    cancelled = (draw < parameters.CANCELLED_PER_SESSION) & free
    add(2, sessions["person"][cancelled], planned[cancelled])
    mistaken = (draw > 1 - parameters.ENTERED_IN_ERROR_PER_SESSION) & free
    add(3, sessions["person"][mistaken], planned[mistaken])
    helped = random.random(n) < parameters.RESCUE_MEDICINE_SHARE
    add(4, sessions["person"][helped], sessions["start"][helped] + 10)
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _office_minutes(random: np.random.Generator, n: int) -> np.ndarray:
    """A time of day between 08:00 and 17:00."""
    return 8 * 60 + np.floor(random.random(n) * 540).astype(np.int64)
