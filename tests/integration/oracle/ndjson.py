"""Files of FHIR Bulk Data -> one line object a line. A line that is no resource is malformed."""

import gzip
import json
import re
import zlib
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.integration.oracle.reading import BYTE_ORDER_MARK, UnreadableFileError

FILE_NAME = re.compile(r"(?:[0-9]+[.])?([A-Z][A-Za-z]*).*[.]ndjson(?:[.]gz)?")
DELETED_NAME = re.compile(r"deleted.*[.]ndjson(?:[.]gz)?")
MOST_BYTES = 16 * 1024 * 1024
DEEPEST = 500


@dataclass
class Line:
    """One line of a file: its place, and the resource that it holds (None where it is malformed)."""

    site_id: str
    delivered_on: date
    file: str
    row_number: int
    resource: dict[str, Any] | None
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """The resource type, empty for a malformed line."""
        return self.resource["resourceType"] if self.resource else ""


def no_constant(text: str) -> None:
    """NaN and Infinity are no JSON."""
    raise ValueError(text)


def depth_of(node: Any) -> int:
    """How deep lists and objects are nested."""
    deepest, open_nodes = 0, [(node, 1)]
    while open_nodes:
        member, depth = open_nodes.pop()
        if isinstance(member, dict | list):
            deepest = max(deepest, depth)
            open_nodes += [(child, depth + 1) for child in (member.values() if isinstance(member, dict) else member)]
    return deepest


def parsed(line: bytes) -> dict[str, Any] | None:
    """The resource of a line, None where there is none."""
    if len(line) > MOST_BYTES or b"\x00" in line:
        return None
    try:
        resource = json.loads(line.decode("utf-8"), parse_float=Decimal, parse_constant=no_constant)
    except (ValueError, RecursionError):
        return None
    if not isinstance(resource, dict) or not isinstance(resource.get("resourceType"), str):
        return None
    has_nul = "\\u0000" in line.decode("utf-8").replace("\\\\", "")
    if not resource["resourceType"].strip() or has_nul or depth_of(resource) > DEEPEST:
        return None
    return resource


def lines_of(path: Path) -> list[dict[str, Any] | None]:
    """Every line of a file but blank ones; UnreadableFileError where it cannot be unpacked."""
    content = path.read_bytes()
    if path.name.endswith(".gz"):
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError, zlib.error) as error:
            raise UnreadableFileError(path.name) from error
    lines = content.removeprefix(BYTE_ORDER_MARK).split(b"\n")
    return [parsed(line) for line in lines if line.strip(b" \t\r")]


def manifest_names(folder: Path) -> dict[str, str]:
    """File name -> resource type of every file that the manifest of a delivery names."""
    try:
        manifest = json.loads((folder / "manifest.json").read_bytes())
    except (OSError, ValueError):
        return {}
    names = {}
    for kind in ("output", "deleted", "error"):
        for entry in manifest.get(kind) or [] if isinstance(manifest, dict) else []:
            if isinstance(entry, dict) and isinstance(entry.get("url"), str):
                names[entry["url"].rsplit("/", 1)[-1]] = entry.get("type") or ""
    return names


def resource_type_of_file(name: str, named: dict[str, str]) -> str | None:
    """The resource type that a file's name promises; None for a file that is no part of the delivery."""
    if DELETED_NAME.fullmatch(name):
        return "Bundle"
    match = FILE_NAME.fullmatch(name)
    return match.group(1) if match else named.get(name)
