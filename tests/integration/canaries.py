"""Canaries: invented names, numbers and addresses planted in deliveries of every format, and a search for them."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

import duckdb

NAMES = ("Quillabeth", "Vantrossingham")
CONTACTS = ("canary.quill@nowhere.example", "(415) 555-0137", "415-555-0199", "987-65-4320", "MRN-77345512")
PLACES = ("4711 Zymurgy Lane",)
CANARIES = (*NAMES, *CONTACTS, *PLACES)
SENTENCE = "; ".join(CANARIES)
# Columns that real exports carry beside the declared ones, and columns of free text.
EXTRA = ("notes", "ssn", "provider_name")
FREE_TEXT = ("description", "event", "note_text", "sig", "stop_reason", "value_source_value", "person_source_value")
WORDS = ("severity", "channel")  # of a list: any other word is unknown
CODE_CELLS = ("code", "condition_source_value")  # the words behind a code
PEOPLE = {
    "mrn": CONTACTS[4],
    "first_name": NAMES[0],
    "last_name": NAMES[1],
    "email": CONTACTS[0],
    "phone": CONTACTS[1],
    "address": PLACES[0],
}
EVERY = 7  # one record in so many carries them


def plant(raw: Path, *, also_contacts_in: Iterable[str] = ()) -> int:
    """Plant canaries in the written deliveries below `raw`; returns in how many records.

    also_contacts_in: columns whose text is kept (such as medication): contacts are put behind what stands there.
    """
    planted = 0
    for path in sorted(raw.glob("*/site=*/delivered_on=*/*")):
        if path.name.endswith((".csv", ".csv.gz")):
            planted += _rewrite(path, partial(_in_table, file=path.name, kept=tuple(also_contacts_in)))
        elif path.name.endswith((".ndjson", ".ndjson.gz")):
            planted += _rewrite(path, _in_resources)
    return planted


def found_in(folder: Path, canaries: Iterable[str] = CANARIES) -> list[str]:
    """Where a canary is, as bytes of any file, in a compressed file, or as a value of a DuckDB file."""
    wanted = [canary.lower() for canary in canaries]
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not path.is_file():
            continue
        content = path.read_bytes()
        if path.suffix == ".gz":
            content = gzip.decompress(content)
        for place, text in [(str(path), content.decode("utf-8", "replace") + str(path)), *_values(path)]:
            found += [f"{canary} in {place}" for canary in wanted if canary in text.lower()]
    return found


def _values(path: Path) -> Iterator[tuple[str, str]]:
    """(place, all values) of each column of text of a DuckDB file, which keeps them compressed."""
    if path.suffix != ".duckdb":
        return
    with duckdb.connect(str(path), read_only=True) as connection:
        columns = connection.execute(
            "select database_name, schema_name, table_name, column_name from duckdb_columns() where not internal "
            "and data_type in ('VARCHAR', 'JSON', 'VARCHAR[]', 'BLOB')"
        ).fetchall()
        for database, schema, table, column in columns:
            place = f'"{database}"."{schema}"."{table}"'  # shareable.duckdb has a schema of its own name
            rows = connection.execute(f'select distinct "{column}"::varchar from {place}').fetchall()
            yield f"{path.name}: {schema}.{table}.{column}", "\n".join(value for (value,) in rows if value)


def _rewrite(path: Path, change) -> int:
    is_compressed = path.suffix == ".gz"
    content = path.read_bytes()
    text = (gzip.decompress(content) if is_compressed else content).decode("utf-8-sig", "surrogateescape")
    changed, planted = change(text)
    written = changed.encode("utf-8", "surrogateescape")
    path.write_bytes(gzip.compress(written, mtime=0) if is_compressed else written)
    return planted


def _in_table(text: str, file: str, kept: tuple[str, ...]) -> tuple[str, int]:
    heading = text.split("\n", 1)[0]
    delimiter = "\t" if "\t" in heading else ","
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    if len(rows) < 2 or file.lower().startswith(("concept", "vocabulary")):
        return text, 0
    names = [name.strip().lower() for name in rows[0]]
    people = [name for name in PEOPLE if file.startswith("patients") and name not in names]
    planted = 0
    for number, row in enumerate(rows[1:]):
        is_whole, carries = len(row) == len(names), number % EVERY == 0
        for place, name in enumerate(names if is_whole and carries else ()):
            if name in FREE_TEXT:
                row[place] = SENTENCE
            elif name in PEOPLE:
                row[place] = PEOPLE[name]
            elif name in CODE_CELLS:
                row[place] = f"{row[place]} - {' '.join(NAMES)}; {SENTENCE}"
            elif name in WORDS:
                row[place] = NAMES[0]
            elif name in kept:
                row[place] = f"{row[place]} {'; '.join(CONTACTS)}"
        if is_whole:
            planted += carries
            row += [PEOPLE[name] if carries else "" for name in people] + [SENTENCE if carries else ""] * len(EXTRA)
    rows[0] += [*people, *EXTRA]
    rows.append([SENTENCE] * (len(rows[0]) + 2))  # of too many fields
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return out.getvalue(), planted


def _in_resources(text: str) -> tuple[str, int]:
    lines = [line for line in text.split("\n") if line.strip()]
    planted = 0
    for number, line in enumerate(lines):
        if number % EVERY:
            continue
        try:
            resource = json.loads(line)
        except ValueError:
            continue
        if not isinstance(resource, dict) or "resourceType" not in resource:
            continue
        planted += 1
        resource["text"] = {"status": "generated", "div": f"<div>{SENTENCE}</div>"}
        resource["identifier"] = [{"system": "urn:oid:1.2.3", "value": CONTACTS[4]}]
        resource["extension"] = [{"url": "http://example.org/remark", "valueString": SENTENCE}]
        if resource["resourceType"] == "Patient":
            resource["name"] = [{"family": NAMES[1], "given": [NAMES[0]], "text": " ".join(NAMES)}]
            resource["telecom"] = [{"system": "phone", "value": CONTACTS[1]}, {"system": "email", "value": CONTACTS[0]}]
            resource["address"] = [*resource.get("address", []), {"line": list(PLACES), "text": PLACES[0]}]
            resource["contact"] = [{"name": {"text": " ".join(NAMES)}}]
        else:
            resource["note"] = [{"text": SENTENCE}]
        if isinstance(resource.get("subject"), dict):
            resource["subject"]["display"] = " ".join(NAMES)
        if resource["resourceType"] in ("Observation", "QuestionnaireResponse"):
            resource["performer"] = resource["author"] = {"display": SENTENCE}
        if resource["resourceType"] == "AdverseEvent":
            resource["event"] = {**resource.get("event", {}), "text": SENTENCE}
        if resource["resourceType"] == "Condition" and isinstance(resource.get("code"), dict):
            resource["code"]["text"] = SENTENCE
        lines[number] = json.dumps(resource)
    lines.append('{"resourceType": "Patient", "name": "' + SENTENCE)  # ends too early
    return "\n".join(lines) + "\n", planted
