"""How faults write days and times: in the style of the value that stands there."""

import re
from datetime import date, timedelta

from synthesis.faults.records import Record

DAY = re.compile(r"^(\d{4}-\d{2}-\d{2}|\d{2}/\d{2}/\d{4})")
CLOCK = re.compile(r"(?<=[ T])\d{2}:\d{2}")


def value(record: Record, column: str) -> str:
    """The text of a column, blank where there is none."""
    return str((record.fields or {}).get(column) or "")


def day_of(text: str) -> date | None:
    """The day at the start of a text."""
    found = DAY.match(text)
    if not found:
        return None
    day = found[0]
    try:
        return date.fromisoformat(day if day[4] == "-" else f"{day[6:]}-{day[:2]}-{day[3:5]}")
    except ValueError:
        return None


def with_day(text: str, day: date) -> str:
    """The text with another day."""
    return DAY.sub(day.isoformat() if text[4] == "-" else day.strftime("%m/%d/%Y"), text)


def is_exchangeable(text: str) -> bool:
    """Whether the day at the start of a text is another one with day and month exchanged."""
    day = day_of(text)
    return day is not None and day.day <= 12 and day.day != day.month


def with_exchanged(text: str) -> str:
    """The text with day and month exchanged; the day must be exchangeable."""
    day = day_of(text)
    return with_day(text, day.replace(month=day.day, day=day.month))


def shifted(text: str, days: int) -> str:
    """The text some days later (or earlier)."""
    day = day_of(text)
    return with_day(text, day + timedelta(days=days)) if day else text


def with_clock(text: str, clock: str) -> str:
    """The text with another time of day."""
    return CLOCK.sub(clock, text, count=1)


def has_clock(text: str) -> bool:
    """Whether a time of day is told."""
    return bool(CLOCK.search(text)) and " 00:00" not in text and "T00:00" not in text
