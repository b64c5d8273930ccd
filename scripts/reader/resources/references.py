"""References between resources, brought to one form."""

import re
from functools import lru_cache

_URN = re.compile(r"urn:(?:uuid|oid):([^/?#\s]+)", re.IGNORECASE)
_CONTAINED = re.compile(r"#([^/?#\s]+)")
_LITERAL = re.compile(r"(?:[^?#\s]*/)?([A-Z][A-Za-z]*)/([^/?#\s]+?)(?:/_history/[^/?#\s]+)?/?(?:#\S*)?")


_LONGEST = 1000


def normalised_reference(text: str) -> str | None:
    """`<Type>/<id>`, whatever the server or version; `?/<id>` of a urn:uuid or urn:oid; `#/<id>` of a contained one.

    None of anything else: a conditional reference such as `Patient?identifier=...` may hold a record number.
    """
    return _normalised(text) if len(text) <= _LONGEST else None


@lru_cache(maxsize=1 << 16)
def _normalised(text: str) -> str | None:
    text = text.strip()
    if literal := _LITERAL.fullmatch(text):
        return f"{literal[1]}/{literal[2]}"
    if contained := _CONTAINED.fullmatch(text):
        return f"#/{contained[1]}"
    if urn := _URN.fullmatch(text):
        return f"?/{urn[1]}"
    return None
