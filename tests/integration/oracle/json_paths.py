"""Values out of one FHIR resource: paths, codings, references, dates."""

import datetime
import re
import zoneinfo
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from tests.integration.oracle import codes
from tests.integration.oracle.reading import trimmed
from tests.integration.oracle.values import NUMBER

PARTIAL_DATE = re.compile(r"[0-9]{4}(-[0-9]{2})?")
INSTANT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(?::[0-9]{2})?)([.][0-9]{1,6})?Z")
LONG_FRACTION = re.compile(r"([.][0-9]{6})[0-9]{1,3}(?![0-9])")
NOT_ONE_VALUE = "(object)"


def every(node: Any, path: str = "") -> Iterator[Any]:
    """All values at a path; lists on the way are walked through in order."""
    if isinstance(node, list):
        for member in node:
            yield from every(member, path)
    elif not path:
        if node is not None:
            yield node
    elif isinstance(node, dict):
        name, _, rest = path.partition(".")
        if node.get(name) is not None:
            yield from every(node[name], rest)


def as_text(value: Any) -> str | None:
    """A JSON value as trimmed text; numbers without exponent; an object where a value belongs will not parse."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal):
        return format(value, "f") if isinstance(value, Decimal) else str(value)
    return trimmed(value) if isinstance(value, str) else NOT_ONE_VALUE


def first(node: Any, *paths: str) -> str | None:
    """The text of the first value found at the first path that has one."""
    for path in paths:
        for value in every(node, path):
            if (text := as_text(value)) is not None:
                return text
    return None


def extensions(node: Any, url: str) -> list[dict]:
    """The extensions of a node with one url."""
    return [found for found in every(node, "extension") if isinstance(found, dict) and found.get("url") == url]


def codings(node: Any, path: str) -> list[tuple[str, str | None, str | None]]:
    """(short name of the system, code, display) of every coding at a path."""
    found = []
    for coding in every(node, path):
        if isinstance(coding, dict):
            system = codes.system_of(first(coding, "system"))
            found.append((system, first(coding, "code"), first(coding, "display")))
    return found


def reference(text: str | None) -> tuple[str, str] | None:
    """(resource type, id) of a reference, however it is written; type `?` for a urn, `#` for a contained resource."""
    if not text or "?" in text:
        return None
    if text.startswith("#"):
        return "#", text[1:]
    if text.lower().startswith(("urn:uuid:", "urn:oid:")):
        name = text.split(":", 2)[2].strip()
        return ("?", name) if name else None
    parts = text.split("/_history/")[0].rstrip("/").split("/")
    return (parts[-2], parts[-1].strip()) if len(parts) > 1 and parts[-1].strip() and parts[-2] else None


def target(node: Any, path: str, resource_type: str) -> str | None:
    """The id that a reference names, where it is of one type (or a urn, which may be of any)."""
    found = reference(first(node, path))
    return found[1] if found and found[0] in (resource_type, "?") else None


def local(text: str | None, site_id: str) -> str | None:
    """A FHIR dateTime as the flat tables' rules read it: at most six digits of a second, the site's wall clock."""
    if text is None:
        return None
    text = LONG_FRACTION.sub(r"\1", text)
    zone = codes.SITE_TIME_ZONES.get(site_id)
    match = INSTANT.fullmatch(text)
    if zone and match and match.group(1)[11:] not in ("00:00", "00:00:00"):
        moment = datetime.datetime.fromisoformat(match.group(1)).replace(tzinfo=datetime.UTC)
        return moment.astimezone(zoneinfo.ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M:%S") + (match.group(2) or "")
    return text


def whole_day(text: str | None) -> str | None:
    """A date where no day is needed: a year or a month alone is missing."""
    return None if text and PARTIAL_DATE.fullmatch(text) else text


def plain_number(text: str | None) -> str | None:
    """The text where it is a number and nothing else, as free text never passes."""
    return text if text and NUMBER.fullmatch(text) else None
