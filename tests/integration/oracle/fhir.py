"""Deliveries of FHIR Bulk Data -> the records of the flat tables that they carry.

Every line becomes one record of one flat table (or of `unused`), and sometimes parts beside it: the second component
of a blood pressure, the answers of a questionnaire, the form that only single observations document.
"""

import datetime
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from tests.integration.oracle import codes, fhir_forms, fhir_observed, fhir_records
from tests.integration.oracle.json_paths import every, first, local, reference
from tests.integration.oracle.ndjson import Line, lines_of, manifest_names, resource_type_of_file
from tests.integration.oracle.reading import DELIVERY_DAY, Deliveries, Record, UnreadableFileError
from tests.integration.oracle.values import parse_timestamp

CARRIES = {
    "Patient": "patients",
    "Condition": "diagnoses",
    "MedicationAdministration": "medication_administrations",
    "MedicationRequest": "medications",
    "MedicationStatement": "medications",
    "Observation": "vitals",
    "QuestionnaireResponse": "assessments",
    "AdverseEvent": "adverse_events",
}

LOOKED_UP = {"Medication", "Encounter"}


def delivery_folders(raw: Path, delivery_format: str) -> Iterator[tuple[Path, str, datetime.date]]:
    """Every well-formed delivery folder of a format: (folder, site, day)."""
    for folder in sorted((raw / delivery_format).glob("site=*/delivered_on=*")):
        text = folder.name.removeprefix("delivered_on=")
        if folder.is_dir() and DELIVERY_DAY.fullmatch(text):
            try:
                yield folder, folder.parent.name.removeprefix("site="), datetime.date.fromisoformat(text)
            except ValueError:
                continue


def read_lines(raw: Path, found: Deliveries) -> list[Line]:
    """Every line of every readable file; refused and ignored files are noted in `found`."""
    lines = []
    for folder, site_id, delivered_on in delivery_folders(raw, "fhir"):
        named = manifest_names(folder)
        for path in sorted(path for path in folder.iterdir() if path.is_file()):
            place = (site_id, delivered_on, path.name)
            promised = resource_type_of_file(path.name, named)
            if promised is None:
                if path.name != "manifest.json":
                    found.ignored_files.add(place)
                continue
            table = CARRIES.get(promised, "unused")
            try:
                resources = lines_of(path)
            except UnreadableFileError:
                found.refused[place] = (table, "unreadable")
                continue
            found.files.append((*place, table))
            lines += [Line(*place, number, resource) for number, resource in enumerate(resources, start=1)]
    return lines


def recency(line: Line) -> tuple:
    """Sorting key of the versions of a resource."""
    try:
        updated_at = parse_timestamp(local(first(line.resource, "meta.lastUpdated"), line.site_id) or "").instant
    except ValueError:
        updated_at = datetime.datetime.min
    return updated_at, line.delivered_on, line.file, line.row_number


class Context:
    """What one line may need from others: newest versions, deletions, the forms that observations make."""

    def __init__(self, lines: list[Line]) -> None:
        """Look through all lines once."""
        self.newest: dict[tuple, Line] = {}
        self.deleted_on: dict[tuple, datetime.date] = {}
        for line in lines:
            if line.kind == "Bundle":
                self._note_deletions(line)
        for line in lines:
            identifier = first(line.resource, "id")
            key = (line.site_id, line.kind, identifier)
            if line.kind not in LOOKED_UP or not identifier:
                continue
            if restricted_label(line.resource) or self.is_deleted(line):
                continue
            if key not in self.newest or recency(line) > recency(self.newest[key]):
                self.newest[key] = line
        self.observed = fhir_observed.find_places(lines, self)

    def _note_deletions(self, line: Line) -> None:
        """The last day on which a resource was reported as deleted."""
        for entry in every(line.resource, "entry"):
            name = reference(first(entry, "request.url"))
            if name and (first(entry, "request.method") or "").upper() == "DELETE":
                key = (line.site_id, *name)
                self.deleted_on[key] = max(line.delivered_on, self.deleted_on.get(key, line.delivered_on))

    def resource(self, line: Line, resource_type: str, identifier: str | None) -> dict | None:
        """The newest version of another resource of the same site that is neither restricted nor deleted."""
        other = self.newest.get((line.site_id, resource_type, identifier))
        return other.resource if other else None

    def is_deleted(self, line: Line) -> bool:
        """Whether a deletion in this or a later delivery names the resource."""
        deleted_on = self.deleted_on.get((line.site_id, line.kind, first(line.resource, "id")))
        return deleted_on is not None and deleted_on >= line.delivered_on


def restricted_label(resource: dict) -> str | None:
    """The first security label that keeps a resource out."""
    labels = every(resource, "meta.security")
    return next((code for label in labels if (code := first(label, "code")) in codes.RESTRICTED_LABELS), None)


def records_of(line: Line, context: Context) -> list[Record]:
    """The record that a line is, and its parts."""
    place = (line.site_id, line.delivered_on, line.file)
    if line.resource is None:
        return [Record(*place, "unused", line.row_number, {}, is_malformed=True)]
    shapes = fhir_records.SHAPES.get(line.kind) or fhir_forms.SHAPES.get(line.kind)
    flat = shapes(line, context) if shapes else []
    label, is_deleted = restricted_label(line.resource), context.is_deleted(line)
    records = []
    for table, text, extra in flat or [("unused", {}, {})]:
        text["updated_at"] = local(first(line.resource, "meta.lastUpdated"), line.site_id)
        record = Record(*place, table, line.row_number, text, is_malformed=False, **extra)
        record.restricted_label, record.is_deleted = label, record.is_deleted or is_deleted
        records.append(record)
    return records


def read_fhir(raw: Path, found: Deliveries) -> None:
    """Add everything below `raw`/fhir to what was found."""
    lines = read_lines(raw, found)
    context = Context(lines)
    for line in lines:
        found.records += records_of(line, context)


def counts_by_kind(lines: list[Line]) -> dict[str, int]:
    """How many lines of each resource type there are; malformed ones under an empty name."""
    counts: dict[str, int] = defaultdict(int)
    for line in lines:
        counts[line.kind] += 1
    return dict(counts)
