"""How the generator of FHIR edge cases writes dates, numbers, codings and references."""

import json
import re
from random import Random
from typing import Any

from tests.integration.oracle.codes import SYSTEMS
from tests.integration.oracle.values import NUMBER, parse_timestamp

LITERAL = re.compile(r'"@@(.*?)@@"')
JSON_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)([.][0-9]+)?")
DIGITS = 15  # what JSON readers agree on: a longer number comes as text
LABEL_SYSTEM = "http://terminology.hl7.org/CodeSystem/v3-ActCode"


def fhir_date(rng: Random, text: str | None, *, has_partial: float = 0.01) -> str | None:
    """A date or timestamp of a flat table as FHIR writes it; one that does not parse stays as it is."""
    if text is None:
        return None
    try:
        moment = parse_timestamp(text.strip())
    except ValueError:
        return text
    day = moment.day.isoformat()
    if rng.random() < has_partial:
        return rng.choice([day[:4], day[:7]])
    if moment.time is None:
        return rng.choice([day, day, day, day + "T00:00:00Z", day + "T00:00:00.000-05:00"])
    clock = moment.time.strftime("T%H:%M:%S")
    if moment.time.microsecond or rng.random() < 0.2:
        clock += f".{moment.time.microsecond:06d}" + rng.choice(["", "", "0", "999"])
    return day + clock + rng.choice(["Z", "Z", "+00:00", "-05:00", "+05:30", ""])


def literal(text: str) -> str:
    """A text that `dumped` writes without quotes, such as a number with its zeros."""
    return f"@@{text}@@"


def number(rng: Random, text: str | None) -> Any:
    """A number of a flat table: as a JSON number where it can be one, sometimes as text."""
    if text is None:
        return None
    bare = text.strip()
    if JSON_NUMBER.fullmatch(bare) and len(bare) <= DIGITS and rng.random() < 0.93:
        return literal(bare)
    if NUMBER.fullmatch(bare) and rng.random() < 0.3 and len(bare) < 8 and float(bare) != 0:
        value = float(bare)
        return literal(rng.choice([f"{value!r}", f"{value / 10!r}e1"]) if value == int(value) else f"{value!r}")
    return text


def dumped(rng: Random, node: Any) -> str:
    """A resource as one line of JSON; empty parts are left out."""
    separators = rng.choice([(",", ":"), (", ", ": ")])
    text = json.dumps(without_nothing(node), separators=separators, ensure_ascii=rng.random() < 0.3)
    return LITERAL.sub(lambda match: match[1], text)


def without_nothing(node: Any) -> Any:
    """A node without members that are None or empty."""
    if isinstance(node, dict):
        cleaned = {name: without_nothing(value) for name, value in node.items()}
        return {name: value for name, value in cleaned.items() if value not in (None, {}, [])}
    return [without_nothing(member) for member in node] if isinstance(node, list) else node


def coding(rng: Random, system: str | None, code: str, display: str | None = None) -> dict:
    """One coding: its system as an address or an OID, rarely with another case or a slash behind it."""
    if system is None:
        return {"code": code, "display": display}
    identifiers = SYSTEMS.get(system, [system])
    address = identifiers[0] if rng.random() < 0.8 else rng.choice([identifiers[1], identifiers[0] + "/"]) if len(
        identifiers) > 1 else identifiers[0]  # fmt: skip
    return {"system": address, "code": code, "display": display}


def reference(rng: Random, resource_type: str, identifier: str | None) -> dict | None:
    """A reference in one of the shapes that servers write."""
    if identifier is None:
        return rng.choice([None, {"display": "somebody"}, {"reference": f"{resource_type}?identifier=1|2"}])
    plain = f"{resource_type}/{identifier}"
    shapes = [plain] * 6 + [
        f"https://fhir.example.org/r4/{plain}",
        f"{plain}/_history/3",
        f"http://x.example/{plain}/_history/12",
        f"urn:uuid:{identifier}",
    ]
    return {"reference": rng.choice(shapes), "display": rng.choice([None, "x"])}


def meta(rng: Random, updated_at: str | None) -> dict:
    """lastUpdated, and sometimes labels: some keep the resource out, most do not."""
    labels = []
    if rng.random() < 0.012:
        labels = [{"system": LABEL_SYSTEM, "code": rng.choice(["PSYTHPN", "ETH", "SUD"])}]
    if rng.random() < 0.04:
        labels.append({"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality",
                       "code": rng.choice(["R", "N", "V"])})  # fmt: skip
        rng.shuffle(labels)
    return {
        "versionId": str(rng.randint(1, 9)) if rng.random() < 0.3 else None,
        "lastUpdated": fhir_date(rng, updated_at, has_partial=0.004),
        "security": labels,
        "profile": ["http://hl7.org/fhir/us/core/StructureDefinition/us-core-patient"] if rng.random() < 0.2 else None,
    }
