"""Step 4: who is sent which form when, who answers it, and what they answer."""

import numpy as np

from synthesis import parameters
from synthesis.instruments import INSTRUMENTS, NAMES
from synthesis.people import Chunk, category
from synthesis.rows import MISSING, Rows, count, integers_between, logistic, stack, take
from synthesis.symptoms import TOP_SCORE, TRAITS, baseline, reduction

KINDS = tuple(parameters.ANSWER_LOGIT)
SENT, STARTED, COMPLETED = 0, 1, 2


def _kind(name: str) -> int:
    return KINDS.index(name)


def _occasion(rows: dict[str, np.ndarray | int | bool]) -> Rows:
    """Occasions with their columns filled up to one length."""
    n = len(rows["person"])
    return {name: np.broadcast_to(np.asarray(values), n).copy() for name, values in rows.items()}


def _before_treatment(chunk: Chunk, people: Rows, sessions: Rows, random: np.random.Generator) -> list[Rows]:
    """Occasions before the first session: at the first visit, at home, at check-in (and of those never infused)."""
    n = len(people["number"])
    person = np.arange(n)
    first = sessions["number"] == 1
    index_day = np.full(n, MISSING)
    index_day[sessions["person"][first]] = sessions["day"][first]
    has_index = index_day != MISSING
    intake = people["intake_day"]
    nothing = {"number": 0, "course": 0, "infusion": 0, "session_day": MISSING, "must_be_known": False}
    parts = []

    # at the first visit: more than 30 days before the first infusion, or without any infusion
    room = np.where(has_index, index_day - 31, np.minimum(intake + 10, chunk.last_day))
    early = (room >= intake) & (random.random(n) < np.where(has_index, parameters.INTAKE_FORM_SHARE, 0.8))
    day = integers_between(random, intake, room)
    edge = random.random(n) < parameters.EDGE_BASELINE_SHARE / parameters.INTAKE_FORM_SHARE
    day = np.where(edge & has_index, room, day)
    rows = {"person": person, "kind": _kind("intake"), "day": day, "minute": _waking_minute(random, n), **nothing}
    parts.append(take(_occasion(rows), early))

    # at home, 30 to 1 days before the first infusion
    draw = random.random(n)
    at_home = has_index & (draw < parameters.BASELINE_LINK_SHARE + parameters.BASELINE_BOTH_SHARE)
    lowest = np.maximum(intake, index_day - 30)
    close = np.maximum(lowest, index_day - 8)
    day = integers_between(random, np.where(random.random(n) < 0.3, lowest, close), index_day - 1)
    day = np.where(random.random(n) < parameters.EDGE_BASELINE_SHARE, lowest, day)
    rows = {"person": person, "kind": _kind("link"), "day": day, "minute": _waking_minute(random, n), **nothing}
    parts.append(take(_occasion(rows), at_home))

    # at check-in for the first infusion
    here = (draw >= parameters.BASELINE_LINK_SHARE)[sessions["person"]] & first
    parts.append(_check_in(take(sessions, here), random, nothing))
    return parts


def _waking_minute(random: np.random.Generator, n: int) -> np.ndarray:
    """A minute of the day between 07:00 and 22:59."""
    return 420 + np.floor(random.random(n) * 960).astype(np.int64)


def _check_in(at: Rows, random: np.random.Generator, follows: dict) -> Rows:
    """Forms answered in the waiting room of the sessions `at`: up to the minute at which the infusion starts."""
    n = count(at)
    early = 4 + np.floor(random.random(n) * 40).astype(np.int64)
    early[random.random(n) < parameters.AT_START_SHARE] = 0
    start = at["start"] - early
    rows = {"person": at["person"], "kind": _kind("check_in"), "day": at["day"], "minute": start - at["day"] * 1440}
    return _occasion(rows | follows)


def _during_treatment(chunk: Chunk, sessions: Rows, random: np.random.Generator) -> list[Rows]:
    """Occasions after a session and before the next one."""
    clinic, n = chunk.clinic, count(sessions)
    nobody_next = sessions["next_day"] == MISSING
    until = np.where(nobody_next, sessions["day"] + 400, sessions["next_day"])  # answered before this day
    parts = []

    def after(chosen: np.ndarray) -> dict:
        at = take(sessions, chosen)
        return {"number": at["number"], "course": at["course"], "infusion": at["infusion"], "session_day": at["day"]}

    # in the waiting room of the next session
    goes_on = ~nobody_next & (random.random(n) < clinic.sends_check_in)
    at_next = take(sessions, np.flatnonzero(goes_on) + 1)
    parts.append(_check_in(at_next, random, after(goes_on) | {"must_be_known": False}))

    # a link on the evening of the session, or one to three days later
    asks = random.random(n) < clinic.sends_next_day
    evening = asks & sessions["is_time_known"] & (random.random(n) < parameters.EVENING_SHARE)
    over = sessions["start"] + sessions["minutes"]
    minute = integers_between(random, over + 30, sessions["day"] * 1440 + 1430) - sessions["day"] * 1440
    rows = {"person": sessions["person"][evening], "kind": _kind("next_day"), "day": sessions["day"][evening]}
    rows |= {"minute": minute[evening], "must_be_known": True} | after(evening)
    parts.append(_occasion(rows))
    day = sessions["day"] + integers_between(random, np.full(n, 1), np.full(n, 3))
    later = asks & ~evening & (day < until)
    rows = {"person": sessions["person"][later], "kind": _kind("next_day"), "day": day[later]}
    rows |= {"minute": _waking_minute(random, n)[later], "must_be_known": False} | after(later)
    parts.append(_occasion(rows))

    # follow-up two to four weeks after the last of a series, and once more after about a month
    for name, first, last, share in (
        ("follow_up", 14, 28, parameters.FOLLOW_UP_SHARE),
        ("one_month", 29, 45, parameters.ONE_MONTH_SHARE),
    ):
        room = np.minimum(until - 1, sessions["day"] + last)
        asked = (room >= sessions["day"] + first) & (sessions["infusion"] >= 2) & (random.random(n) < share)
        day = integers_between(random, sessions["day"] + first, room)
        rows = {"person": sessions["person"][asked], "kind": _kind(name), "day": day[asked]}
        rows |= {"minute": _waking_minute(random, n)[asked], "must_be_known": False} | after(asked)
        parts.append(_occasion(rows))
    return parts


def make_forms(chunk: Chunk, people: Rows, sessions: Rows) -> tuple[Rows, Rows]:
    """Forms, and the answers to their items.

    forms: one row per form that was sent. person; instrument (position in NAMES); completed: minute since 1970 at
    which it was (or would have been) completed; is_time_known; number: how many of the person's sessions had taken
    place when it was answered; course, infusion: of the last of them; progress: SENT, STARTED, COMPLETED;
    n_answered; total: of the items as answered (complete forms); reported_total (MISSING: none); is_amended, ...
    answers: one row per item answered. form: position in `forms`; item 1..; response.
    """
    random = chunk.random(4)
    occasions = stack(_before_treatment(chunk, people, sessions, random) + _during_treatment(chunk, sessions, random))
    alive = people["death_day"][occasions["person"]]
    keep = (occasions["day"] >= people["intake_day"][occasions["person"]]) & (occasions["day"] <= chunk.last_day + 6)
    occasions = take(occasions, keep & ((alive == MISSING) | (occasions["day"] < alive)))
    parts = [
        part
        for instrument, share in chunk.clinic.forms.items()
        for part in [_forms_of(chunk, people, occasions, instrument, share, random)]
    ]
    if chunk.clinic.foreign_forms:
        pick = random.random(count(occasions)) < parameters.FOREIGN_FORM_SHARE * 5
        parts += [
            _forms_of(chunk, people, take(occasions, pick), name, share, random)
            for name, share in (("PCL-C", 0.3), ("PHQ-2", 0.2), ("PHQ-8", 0.1))
        ]
    forms = stack(parts)
    forms = take(forms, np.lexsort((forms["instrument"], forms["completed"], forms["person"])))
    answers = _answer(chunk, people, forms, random)
    return forms, answers


def _enrolled(chunk: Chunk, people: Rows, instrument: str, share: float, random: np.random.Generator) -> np.ndarray:
    """Who is sent this form at all: the PCL-5 is for those who come for PTSD, a few others get it too."""
    n = len(people["number"])
    draw = random.random(n)
    if not instrument.startswith("PCL"):
        return draw < share
    concerned = [category(name) for name in ("ptsd", "ptsd_recorded_late", "minor", "other_route", "test")]
    return draw < np.where(np.isin(people["category"], concerned), share, 0.05 * share)


def _forms_of(
    chunk: Chunk, people: Rows, occasions: Rows, instrument: str, share: float, random: np.random.Generator
) -> Rows:
    """The forms of one instrument: sent to the enrolled at each occasion, answered or not."""
    enrolled = _enrolled(chunk, people, instrument, share, random)
    forms = take(occasions, enrolled[occasions["person"]])
    n, person = count(forms), forms["person"]
    forms["instrument"] = np.full(n, NAMES.index(instrument))

    severity, response = TRAITS.get(instrument, ("mood_severity", "mood_response"))
    early = reduction("PCL-5", people[response][person], forms["course"], forms["infusion"], np.zeros(n, np.int64))
    willing = (
        np.array(list(parameters.ANSWER_LOGIT.values()))[forms["kind"]]
        + chunk.clinic.answer_logit
        + parameters.ANSWER_LOGIT_OF.get(instrument, 0.0)
        + people["answers"][person]
        + parameters.ANSWER_PER_SEVERITY * people[severity][person]
        + np.where(forms["number"] > 0, parameters.ANSWER_PER_REDUCTION * (early - 0.3), 0.0)
    )
    finished = random.random(n) < logistic(willing)
    draw = random.random(n)
    started = draw < np.where(finished, 1.0, parameters.OPENED_SHARE)
    finished &= draw >= parameters.STARTED_NOT_FINISHED_SHARE
    forms["progress"] = np.where(finished, COMPLETED, np.where(started & (draw < 0.3), STARTED, SENT))

    waited = np.where(forms["kind"] == _kind("check_in"), 60, 60 * 26) * random.random(n)
    forms["completed"] = forms["day"] * 1440 + forms["minute"]
    spent = 2 + np.floor(random.random(n) * 9).astype(np.int64)
    forms["started"] = forms["completed"] - spent
    floor = people["intake_day"][person] * 1440
    forms["sent"] = np.maximum(forms["started"] - 1 - waited.astype(np.int64), np.minimum(floor, forms["started"]))
    known = forms["must_be_known"] | (random.random(n) >= parameters.TIME_UNKNOWN_SHARE)
    forms["is_time_known"] = known & chunk.clinic.writes_times
    # what lies beyond the last export has not been answered yet
    beyond = forms["day"] > chunk.last_day
    forms["progress"] = np.where(beyond, SENT, forms["progress"])
    forms["is_staff"] = random.random(n) < parameters.STAFF_SHARE
    return take(forms, forms["sent"] // 1440 <= chunk.last_day)


def _answer(chunk: Chunk, people: Rows, forms: Rows, random: np.random.Generator) -> Rows:
    """Answer the items of each form that was started; adds the totals and what is missing to `forms`."""
    n = count(forms)
    for name in ("n_answered", "total"):
        forms[name] = np.zeros(n, dtype=np.int64)
    forms["reported_total"] = np.full(n, MISSING)
    completed = forms["progress"] == COMPLETED
    draw, other = random.random(n), random.random(n)
    by_item = random.random(n) < chunk.clinic.item_level_share
    skips = completed & by_item & (draw < parameters.SKIPPED_ITEM_SHARE)
    empty = completed & (draw > 1 - parameters.EMPTY_COMPLETED_SHARE)
    mismatch = completed & by_item & ~skips & ~empty & (other < parameters.TOTAL_MISMATCH_SHARE)
    silent = by_item & (other > 0.6)  # no total beside the items
    forms["is_amended"] = completed & (random.random(n) < parameters.AMENDED_SHARE)
    forms["is_complete"] = completed & ~skips & ~empty
    forms["has_items"] = by_item & completed & ~empty
    parts = []
    for code, name in enumerate(NAMES):
        rows = np.flatnonzero((forms["instrument"] == code) & (forms["progress"] != SENT))
        if not len(rows):
            continue
        instrument = INSTRUMENTS[name]
        responses = _responses(people, take(forms, rows), name, random)
        total = instrument.totals(responses)
        forms["total"][rows] = total
        shown = np.where(mismatch[rows], np.maximum(total - 1 - (total % 3), 0), total)
        shown = np.where(mismatch[rows] & (total == 0), 1, shown)
        says = completed[rows] & ~skips[rows] & ~empty[rows] & ~silent[rows]
        forms["reported_total"][rows] = np.where(says, shown, MISSING)

        # complete forms have all items; skipped ones lack one to three; those given up have the first few
        answered = np.ones(responses.shape, dtype=bool)
        order = random.random(responses.shape).argsort(axis=1)
        n_skipped = np.where(skips[rows], 1 + (random.random(len(rows)) * min(3, instrument.n_items - 1)), 0)
        answered &= order >= n_skipped.astype(np.int64)[:, None]
        given_up = forms["progress"][rows] == STARTED
        reached = (random.random(len(rows)) * instrument.n_items).astype(np.int64)
        answered &= ~given_up[:, None] | (np.arange(instrument.n_items) < reached[:, None])
        answered &= (forms["has_items"][rows] | given_up)[:, None]
        forms["n_answered"][rows] = answered.sum(axis=1)
        form, item = np.nonzero(answered)
        parts.append({"form": rows[form], "item": item + 1, "response": responses[form, item]})
    forms["is_mismatch"] = mismatch
    if not parts:
        return {name: np.zeros(0, dtype=np.int64) for name in ("form", "item", "response")}
    answers = stack(parts)
    return take(answers, np.argsort(answers["form"], kind="stable"))


def _responses(people: Rows, forms: Rows, name: str, random: np.random.Generator) -> np.ndarray:
    """Ratings (forms, items) that scatter around the true severity of the day."""
    instrument, person = INSTRUMENTS[name], forms["person"]
    source = name if name in TRAITS else ("PCL-5" if name.startswith("PCL") else "PHQ-9")
    before = baseline(source, people)[person]
    since = np.where(forms["number"] > 0, forms["day"] - forms["session_day"], 0)
    lost = reduction(source, people[TRAITS[source][1]][person], forms["course"], forms["infusion"], since)
    noise = parameters.FORM_NOISE_SHARE * random.standard_normal(len(person))
    today = np.clip(before * (1 - lost + noise), 0.0, TOP_SCORE[source])
    span = instrument.highest - instrument.lowest
    level = span * today / TOP_SCORE[source]
    weights = np.asarray(instrument.item_weights) - np.mean(instrument.item_weights)
    # near the ends of the scale items differ less: nobody without symptoms rates a favourite item
    room = np.minimum(1.0, 2.2 * np.minimum(level, span - level) / span + 0.05)[:, None]
    scatter = parameters.ITEM_NOISE[source] * random.standard_normal((len(person), instrument.n_items))
    ratings = np.clip(np.rint(level[:, None] + room * (weights + scatter)), 0, span)
    return (ratings + instrument.lowest).astype(np.int64)
