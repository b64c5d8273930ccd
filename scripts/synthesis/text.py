"""How a clinic writes values down: days, moments, numbers, ids and words as columns of text."""

from datetime import date, timedelta
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthesis.clinics import Clinic
from synthesis.rows import MISSING
from synthesis.spellings import PREFERRED_SHARE, SPELLINGS

DIGITS_OF_LETTERS = {"": "", "E": "", "A": "1", "M": "2", "D": "3", "V": "4", "F": "5", "Y": "6"}
FIRST_DAY = (date(1900, 1, 1) - date(1970, 1, 1)).days
LAST_DAY = (date(2040, 1, 1) - date(1970, 1, 1)).days


@cache
def _day_table(style: str) -> pa.Array:
    pattern = {"iso": "%Y-%m-%d", "us": "%m/%d/%Y"}[style]
    days = (date(1970, 1, 1) + timedelta(days=number) for number in range(FIRST_DAY, LAST_DAY))
    return pa.array([day.strftime(pattern) for day in days])


@cache
def _clock_table(style: str, unknown: str) -> pa.Array:
    """Text behind the day for each minute of it; the last one stands for an unknown time."""

    def write(minute: int) -> str:
        hour = f"{minute // 60:02d}"
        return style.replace("HH", hour).replace("MM", f"{minute % 60:02d}").replace("SS", "00")

    return pa.array([write(minute) for minute in range(1440)] + ["" if unknown == "date" else write(0)])


def blank_where(text: pa.Array, mask: np.ndarray) -> pa.Array:
    """Null where `mask`, else the text."""
    return pc.if_else(pa.array(mask), pa.scalar(None, pa.string()), text)


def pick(table: pa.Array | list, index: np.ndarray) -> pa.Array:
    """table[index] as text."""
    values = table if isinstance(table, pa.Array) else pa.array(table, pa.string())
    return values.take(pa.array(index))


def whole(values: np.ndarray) -> pa.Array:
    """Whole numbers as text; MISSING as null."""
    return blank_where(pc.cast(pa.array(values), pa.string()), values == MISSING)


def decimals(values: np.ndarray, places: int) -> pa.Array:
    """Numbers given in units of 10 ** -places as the shortest text: 812 with one place is 81.2, 800 is 80."""
    scale = 10**places
    missing = values == MISSING
    values = np.where(missing, 0, values)
    fractions = pa.array([("." + f"{part:0{places}d}").rstrip("0").rstrip(".") for part in range(scale)])
    text = pc.binary_join_element_wise(
        pc.cast(pa.array(values // scale), pa.string()), fractions.take(pa.array(values % scale)), ""
    )
    return blank_where(text, missing)


class Pen:
    """Writes values in one clinic's way. Random choices (another spelling now and then) come from `random`."""

    def __init__(self, clinic: Clinic, random: np.random.Generator) -> None:
        self.clinic = clinic
        self.random = random

    def day(self, days: np.ndarray) -> pa.Array:
        """Days since 1970 as text; MISSING as null."""
        missing = days == MISSING
        return blank_where(pick(_day_table(self.clinic.date_style), np.where(missing, 0, days - FIRST_DAY)), missing)

    def moment(self, minutes: np.ndarray, is_time_known: np.ndarray | bool = True) -> pa.Array:
        """Minutes since 1970 as text, the day alone where the time is unknown; MISSING as null."""
        missing = minutes == MISSING
        minutes = np.where(missing, 0, minutes)
        known = np.broadcast_to(is_time_known, len(minutes)) & self.clinic.writes_times
        clock = _clock_table(self.clinic.clock_style, self.clinic.unknown_time_style)
        text = pc.binary_join_element_wise(
            pick(_day_table(self.clinic.date_style), minutes // 1440 - FIRST_DAY),
            pick(clock, np.where(known, minutes % 1440, 1440)),
            "",
        )
        return blank_where(text, missing)

    def identifier(self, numbers: np.ndarray, suffixes: np.ndarray | None = None, letter: str = "") -> pa.Array:
        """Ids as this clinic numbers them; `suffixes`: 0 none, 1 a second copy, 2 a mistaken one. MISSING: null."""
        prefix, digits = self.clinic.id_style
        missing = numbers == MISSING
        if self.clinic.has_numbers_as_ids:
            return blank_where(self._plain_number(np.where(missing, 0, numbers), suffixes, letter), missing)
        text = pc.utf8_lpad(pc.cast(pa.array(np.where(missing, 0, numbers)), pa.string()), digits, "0")
        ends = pick(["", "-2", "-x"], np.zeros(len(numbers), dtype=np.int64) if suffixes is None else suffixes)
        starts = pa.scalar((letter if prefix or letter == "E" else "") or prefix)
        return blank_where(pc.binary_join_element_wise(starts, text, ends, ""), missing)

    def _plain_number(self, numbers: np.ndarray, suffixes: np.ndarray | None, letter: str) -> pa.Array:
        """Ids of digits alone: patients and visits by their number, all else behind a digit of its table.

        Tables of one format may share a key (weights and forms are measurements), so no two tables share a number.
        """
        if not DIGITS_OF_LETTERS[letter]:
            return pc.cast(pa.array(numbers), pa.string())
        last = np.zeros(len(numbers), dtype=np.int64) if suffixes is None else suffixes
        text = pc.cast(pa.array(numbers * 10 + last), pa.string())
        return pc.binary_join_element_wise(DIGITS_OF_LETTERS[letter], text, "")

    def spelled(self, field: str, names: tuple[str, ...], codes: np.ndarray) -> pa.Array:
        """Names as people here write them; a name without spellings (and code -1) stays blank."""
        known = SPELLINGS[field]
        table = [text for name in (*names, "") for text in known.get(name, (None,) * 3)]
        usual = self.random.random(len(codes)) < PREFERRED_SHARE
        other = np.floor(self.random.random(len(codes)) * 3).astype(np.int64)
        codes = np.where(codes < 0, len(names), codes)
        if self.clinic.format != "ehr":  # coded formats write the value itself as a code
            return pick([name if name in known else None for name in (*names, "")], codes)
        return pick(table, codes * 3 + np.where(usual, self.clinic.spelling, other))
