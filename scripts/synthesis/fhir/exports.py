"""One clinic's exports as FHIR R4: a file of JSON lines for each resource type, perhaps in several parts."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthesis.clinics import CLINICS, Clinic
from synthesis.deliveries import Exports
from synthesis.fhir.conditions import condition_lines
from synthesis.fhir.forms import form_lines
from synthesis.fhir.habits import HABITS
from synthesis.fhir.medicines import Medications, administration_lines, medication_lines, request_lines, statement_lines
from synthesis.fhir.patients import patient_lines
from synthesis.fhir.visits import encounter_lines, event_lines, organization_lines, vital_lines
from synthesis.files import LineSink, Sink
from synthesis.mess import exports_of, make_mess
from synthesis.people import Chunk
from synthesis.records import encounter_of
from synthesis.rows import Rows
from synthesis.sheets import REST, Sheet, plain_sheet, take_records
from synthesis.text import Pen

UNWRITABLE_FORMS = ("sent", "expired")  # nothing was answered: there is no response yet


class FhirExports(Exports):
    """NDJSON files of one clinic."""

    format = "fhir"

    def __init__(self, root: Path, clinic: Clinic) -> None:
        super().__init__(root, clinic)
        position = [known.site_id for known in CLINICS].index(clinic.site_id)
        self.habits = HABITS[position % len(HABITS)]
        self.medications = Medications()

    def file_of(self, name: str) -> str:
        """Name with the extension; the larger files are compressed where the clinic does so."""
        is_large = name.split(".")[0] in ("Observation", "QuestionnaireResponse") or "Observation" in name
        return f"{name}.ndjson.gz" if is_large and self.clinic.extension.endswith("gz") else f"{name}.ndjson"

    def open(self, path: Path, columns: list[str]) -> Sink:
        """A new file of lines."""
        return LineSink(path, self.clinic)

    def lines(self, kind: str, table: str, sheet: Sheet, lines: pa.Array) -> list[Rows]:
        """Append the lines that stand for the records of a sheet, dealt out to the parts of the file."""
        sheet = Sheet({"line": lines}, *(getattr(sheet, name) for name in REST))
        fates = []
        n_parts = self.habits.n_parts
        for part in range(n_parts):
            name = self.habits.part_style.format(name=kind, part=part, number=part + 1)
            rows = np.flatnonzero(np.arange(len(sheet)) * n_parts // max(len(sheet), 1) == part)
            fates += self.append(name, table, take_records(sheet, rows))
        return fates

    def write_chunk(self, chunk: Chunk, people: Rows, facts: dict[str, Rows]) -> list[Rows]:
        """Each table as its resources."""
        habits = self.habits
        fates = []
        sheet = make_mess(chunk, "patients", facts["patients"])
        fates += self.lines("Patient", "patients", sheet, patient_lines(sheet.columns, habits))
        sheet = make_mess(chunk, "diagnoses", facts["diagnoses"])
        fates += self.lines("Condition", "diagnoses", sheet, condition_lines(sheet.columns, habits))
        fates += self._medicines(chunk, facts)
        sheet = make_mess(chunk, "vitals", facts["vitals"])
        fates += self.lines("Observation", "vitals", sheet, vital_lines(sheet.columns, habits))
        fates += self._forms(chunk, facts)
        sheet = make_mess(chunk, "adverse_events", facts["adverse_events"])
        if "adverse_events" not in self.clinic.absent_tables:
            fates += self.lines("AdverseEvent", "adverse_events", sheet, event_lines(sheet.columns, habits))
        fates += self._encounters(chunk, facts["medication_administrations"])
        if chunk.number == 0:
            fates += self.lines("Organization", "unused", plain_sheet(np.zeros(2)), organization_lines(2))
        return fates

    def _medicines(self, chunk: Chunk, facts: dict[str, Rows]) -> list[Rows]:
        """Administrations and what is taken at home; a Medication is there from the first export on."""
        fates = []
        is_request = self.habits.statement == "MedicationRequest"
        write = request_lines if is_request else statement_lines
        for table, kind, lines in (
            ("medication_administrations", "MedicationAdministration", administration_lines),
            ("medications", self.habits.statement, write),
        ):
            sheet = make_mess(chunk, table, facts[table])
            if table in self.clinic.absent_tables:
                continue
            strength = sheet.columns.get("concentration_mg_per_ml", pa.nulls(len(sheet), pa.string()))
            ident = None
            if self.habits.medicines == "reference":
                ident, new = self.medications.refer(sheet.columns, strength)
                written = {name: column.take(pa.array(new)) for name, column in sheet.columns.items()}
                resources = medication_lines(written, strength.take(pa.array(new)), ident.take(pa.array(new)))
                fates += self.lines("Medication", "unused", plain_sheet(np.zeros(len(new))), resources)
            fates += self.lines(kind, table, sheet, lines(sheet.columns, self.habits, ident))
        return fates

    def _forms(self, chunk: Chunk, facts: dict[str, Rows]) -> list[Rows]:
        """Forms with their answers as they stand at last."""
        forms = facts["assessments"]
        sheet = make_mess(chunk, "assessments", forms)
        unwritable = pc.fill_null(pc.is_in(sheet.columns["status"], value_set=pa.array(UNWRITABLE_FORMS)), False)
        sheet = take_records(sheet, np.flatnonzero(~unwritable.to_numpy(zero_copy_only=False)))
        ids = Pen(self.clinic, chunk.random(60)).identifier(forms["id"], forms["suffix"], "F")
        found = pc.fill_null(pc.index_in(sheet.columns["assessment_id"], value_set=ids), -1)
        position = found.to_numpy(zero_copy_only=False).astype(np.int64)
        lines = form_lines(sheet.columns, position, facts["assessment_responses"], self.habits)
        return self.lines("QuestionnaireResponse", "assessments", sheet, lines)

    def _encounters(self, chunk: Chunk, administrations: Rows) -> list[Rows]:
        """The visits at which something was given."""
        number = encounter_of(administrations, administrations["start"] // 1440)
        known = np.flatnonzero((administrations["session"] >= 0) & (administrations["suffix"] == 0))
        _, first = np.unique(number[known], return_index=True)
        rows = known[first]
        pen = Pen(self.clinic, chunk.random(61))
        lines = encounter_lines(
            pen.identifier(number[rows], letter="E"),
            pen.identifier(administrations["chart"][rows]),
            pen.moment(administrations["start"][rows], administrations["is_start_known"][rows]),
            self.habits,
        )
        start = exports_of(chunk, administrations["available"][rows])
        return self.lines("Encounter", "unused", plain_sheet(start), lines)
