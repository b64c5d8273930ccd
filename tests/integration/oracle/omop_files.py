"""Files of the OMOP common data model -> rows of text: CSV, tab-separated or Parquet, names in any case."""

import gzip
import re
import zlib
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from tests.integration.oracle.fhir import delivery_folders
from tests.integration.oracle.reading import (
    BYTE_ORDER_MARK,
    EXTENSIONS,
    Deliveries,
    UnreadableFileError,
    read_file,
    trimmed,
)

CARRIES = {
    "person": "patients",
    "condition_occurrence": "diagnoses",
    "drug_exposure": "medication_administrations",
    "measurement": "vitals",
    "observation": "vitals",
}
REQUIRED = {
    "person": ["person_id", "year_of_birth"],
    "observation_period": [],
    "visit_occurrence": ["visit_occurrence_id", "person_id"],
    "death": ["person_id", "death_date"],
    "condition_occurrence": ["condition_occurrence_id", "person_id", "condition_concept_id", "condition_start_date"],
    "drug_exposure": ["drug_exposure_id", "person_id", "drug_concept_id", "drug_exposure_start_date",
                      "drug_type_concept_id"],
    "measurement": ["measurement_id", "person_id", "measurement_concept_id", "measurement_date"],
    "observation": ["observation_id", "person_id", "observation_concept_id", "observation_date"],
    "concept": ["concept_id"],
    "concept_ancestor": ["ancestor_concept_id", "descendant_concept_id"],
    "drug_strength": ["drug_concept_id", "ingredient_concept_id"],
    "cdm_source": [],
}  # fmt: skip
WHOLE_NUMBER = re.compile(r"([0-9]+)[.]0*")
UNKNOWN_COLUMNS = {"note_to_self", "batch"}


@dataclass
class Row:
    """One row of a table: its place and its trimmed text by lower-case column, None where it is malformed."""

    site_id: str
    delivered_on: date
    file: str
    row_number: int
    table: str
    text: dict[str, str | None] | None
    extra: dict = field(default_factory=dict)

    def get(self, column: str) -> str | None:
        """One field."""
        return (self.text or {}).get(column)

    def whole(self, column: str) -> str | None:
        """An id or a concept: a whole number without a point."""
        text = self.get(column)
        match = WHOLE_NUMBER.fullmatch(text or "")
        return match[1] if match else text

    def concept(self, column: str) -> str | None:
        """A concept id; 0 means that there is none."""
        text = self.whole(column)
        return None if text == "0" else text


def read_tabs(content: bytes) -> tuple[list[str], list[list[str | None] | None]]:
    """A tab-separated file without quoting: every line is a record."""
    lines = [line.removesuffix(b"\r") for line in content.split(b"\n")]
    header, *body = [line.split(b"\t") for line in lines if line]
    rows: list[list[str | None] | None] = []
    for fields in body:
        try:
            rows.append([field_bytes.decode("utf-8") for field_bytes in fields] if len(fields) == len(header) else None)
        except UnicodeDecodeError:
            rows.append(None)
    return [name.decode("utf-8") for name in header], rows


def read_table(path: Path) -> tuple[list[str], list[list[str | None] | None]]:
    """Header and records of a file: separated by tabs where the header line of a text holds tabs and no comma."""
    if path.name.endswith(".parquet"):
        return read_file(path)
    content = path.read_bytes()
    if path.name.endswith(".gz") and content:
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError, zlib.error) as error:
            raise UnreadableFileError(path.name) from error
    content = content.removeprefix(BYTE_ORDER_MARK)
    header = content.lstrip(b"\r\n").split(b"\n")[0]
    return read_tabs(content) if b"\t" in header and b"," not in header else read_file(path)


def read_rows(raw: Path, found: Deliveries) -> list[Row]:
    """Every row of every readable file; refused and ignored files and columns are noted in `found`."""
    rows: list[Row] = []
    for folder, site_id, delivered_on in delivery_folders(raw, "omop"):
        for path in sorted(path for path in folder.iterdir() if path.is_file()):
            stem, point, extension = path.name.partition(".")
            table, place = stem.lower(), (site_id, delivered_on, path.name)
            if table not in REQUIRED or point + extension not in EXTENSIONS:
                found.ignored_files.add(place)
                continue
            carried = CARRIES.get(table, "unused")
            try:
                header, body = read_table(path)
            except (UnreadableFileError, UnicodeDecodeError):
                found.refused[place] = (carried, "unreadable")
                continue
            names = [name.strip().lower() for name in header]
            reason = refusal(table, names)
            if reason:
                found.refused[place] = (carried, reason)
                continue
            found.files.append((*place, carried))
            found.ignored_columns |= {(*place, name) for name in names if name in UNKNOWN_COLUMNS}
            for number, fields in enumerate(body, start=1):
                text = None if fields is None else dict(zip(names, map(trimmed, fields), strict=True))
                rows.append(Row(*place, number, table, text))
    return rows


def refusal(table: str, names: list[str]) -> str | None:
    """Why a header refuses its file."""
    for column in REQUIRED[table]:
        if column not in names:
            return f"missing:{column}"
    return next((f"duplicate:{name}" for position, name in enumerate(names) if name in names[:position]), None)
