"""Values inside a resource as text."""

import re
from decimal import Decimal

Json = dict | list | str | int | float | bool | None
"""A value as a JSON parser gives it."""

OBJECT = "(object)"
"""What stands for an object where a single value is expected: its content may be anything, so it is not kept."""

SCORE = r"^[+-]?([0-9]{1,3}([.][0-9]{0,3})?|[.][0-9]{1,3})$"
"""A plain number of up to three digits. Longer ones could be dates, record or telephone numbers inside free text."""
_SCORE = re.compile(SCORE[:-1] + r"\Z", re.ASCII)


def text_of(value: Json) -> str | None:
    """A single value as trimmed text: numbers without exponent, true and false in lower case; None where it is empty.

    Of a list this is its first value that is not empty.
    """
    kind = type(value)
    if kind is str:
        return value.strip() or None
    if kind is int:
        return str(value)
    if kind is float:
        text = repr(value)
        return format(Decimal(text), "f") if "e" in text else text
    if kind is bool:
        return "true" if value else "false"
    if kind is dict:
        return OBJECT
    return None if value is None else next(filter(None, map(text_of, flat(value))), None)


def score_text_of(value: Json) -> str | None:
    """The same where it is a short number, else None."""
    text = text_of(value)
    return text if text is not None and _SCORE.match(text) else None


def flat(value: Json) -> list[Json]:
    """The value as a list, lists inside lists opened in their order; null alone is nothing."""
    if type(value) is not list:
        return [] if value is None else [value]
    if list not in map(type, value):
        return value
    found, waiting = [], [value]
    while waiting:
        element = waiting.pop()
        if type(element) is list:
            waiting += reversed(element)
        else:
            found.append(element)
    return found
