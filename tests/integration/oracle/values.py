"""The text of one field -> a value. Every parser takes trimmed, non-empty text and raises ValueError otherwise."""

import datetime
import re
from fractions import Fraction
from typing import NamedTuple

DATE = re.compile(r"(?:([0-9]{4})-([0-9]{2})-([0-9]{2})|([0-9]{2})/([0-9]{2})/([0-9]{4}))")
TIME = re.compile(r"[ T]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:[.]([0-9]{1,6}))?)?(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?)?")
NUMBER = re.compile(r"[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)")
BOOLEANS = {"true": True, "t": True, "yes": True, "y": True, "1": True,
            "false": False, "f": False, "no": False, "n": False, "0": False}  # fmt: skip
ZIP = re.compile(r"([0-9]{3})[0-9]{2}(?:-[0-9]{4})?")


class Moment(NamedTuple):
    """A local calendar day with its wall-clock time; `time` is None where the time of the day is unknown."""

    day: datetime.date
    time: datetime.time | None

    @property
    def order(self) -> tuple:
        """Sorting key: by day, then time, an unknown time first."""
        return (self.day, self.time is not None, self.time or datetime.time.min)

    @property
    def instant(self) -> datetime.datetime:
        """The wall clock as one value; an unknown time is the start of the day."""
        return datetime.datetime.combine(self.day, self.time or datetime.time.min)


def parse_timestamp(text: str) -> Moment:
    """A date, or a date and a time of the day. An offset is read and dropped; midnight means an unknown time."""
    head = DATE.match(text)
    if not head:
        raise ValueError("not a date")
    year, month, day = head.group(1, 2, 3) if head.group(1) else head.group(6, 4, 5)
    calendar_day = datetime.date(int(year), int(month), int(day))
    if head.end() == len(text):
        return Moment(calendar_day, None)
    tail = TIME.fullmatch(text, head.end())
    if not tail:
        raise ValueError("not a time of the day")
    hour, minute, second, fraction = tail.groups()
    time = datetime.time(int(hour), int(minute), int(second or 0), int((fraction or "0").ljust(6, "0")))
    return Moment(calendar_day, None if time == datetime.time.min else time)


def parse_date(text: str) -> datetime.date:
    """A calendar day in either notation; a timestamp is taken too and its time ignored."""
    return parse_timestamp(text).day


def parse_number(text: str) -> Fraction:
    """An exact decimal number: digits, an optional sign, an optional point. No exponent, no comma, no unit."""
    if not NUMBER.fullmatch(text):
        raise ValueError("not a number")
    return Fraction(text.rstrip(".") if text.endswith(".") else text)


def parse_integer(text: str) -> int:
    """A whole number, however it is written: `3`, `03` and `3.0` are the same; `2.5` is none."""
    number = parse_number(text)
    if number.denominator != 1:
        raise ValueError("not a whole number")
    return int(number)


def parse_boolean(text: str) -> bool:
    """true/false, t/f, yes/no, y/n, 1/0 in any case."""
    if text.lower() not in BOOLEANS:
        raise ValueError("not a boolean")
    return BOOLEANS[text.lower()]


def zip3(text: str | None, sparse: set[str]) -> str | None:
    """First three digits of a five-digit or five-plus-four code; sparsely populated areas become 000."""
    match = ZIP.fullmatch(text or "")
    if not match:
        return None
    return "000" if match.group(1) in sparse else match.group(1)


PARSERS = {"date": parse_date, "timestamp": parse_timestamp, "number": parse_number, "integer": parse_integer,
           "boolean": parse_boolean}  # fmt: skip
