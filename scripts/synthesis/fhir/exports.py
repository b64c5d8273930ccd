"""One clinic's exports as FHIR R4: a file of JSON lines for each resource type, perhaps in several parts."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthesis.clinics import CLINICS, Clinic
from synthesis.deliveries import Exports
from synthesis.fhir import extras
from synthesis.fhir.conditions import condition_lines, visit_of
from synthesis.fhir.forms import PARTLY_CODED, TOTALS, form_lines
from synthesis.fhir.habits import HABITS
from synthesis.fhir.medicines import Medications, administration_lines, medication_lines, request_lines, statement_lines
from synthesis.fhir.patients import patient_lines
from synthesis.fhir.surveys import SurveyItems, total_lines
from synthesis.fhir.visits import encounter_lines, event_lines, pressure_pairs, pressure_panel_lines, vital_lines
from synthesis.files import LineSink, Sink
from synthesis.mess import exports_of, make_mess
from synthesis.people import Chunk
from synthesis.questionnaires import COMPLETED
from synthesis.records import ACCEPTED, DUPLICATE, RETRACTED, encounter_of
from synthesis.rows import MISSING, Rows
from synthesis.sheets import REST, Sheet, join_sheets, plain_sheet, take_records
from synthesis.text import Pen, whole

UNWRITABLE_FORMS = ("sent", "expired")  # nothing was answered: there is no response yet
SCORED_SHARE = 0.08  # of the forms with a total: an Observation tells it too
RATE_SHARE = 0.05  # of the infusions with a known duration
BY_VISIT_SHARE = 0.2  # of the conditions without an onset


def _is_plain(sheet: Sheet) -> np.ndarray:
    return (sheet.role == ACCEPTED) & (sheet.story == "")


def _valid(column: pa.Array) -> np.ndarray:
    return column.is_valid().to_numpy(zero_copy_only=False)


def _is_in(column: pa.Array, values: tuple[str, ...]) -> np.ndarray:
    found = pc.fill_null(pc.is_in(column, value_set=pa.array(values)), False)
    return found.to_numpy(zero_copy_only=False)


class FhirExports(Exports):
    """NDJSON files of one clinic."""

    format = "fhir"

    def __init__(self, root: Path, clinic: Clinic) -> None:
        super().__init__(root, clinic)
        position = [known.site_id for known in CLINICS].index(clinic.site_id)
        self.habits = HABITS[position % len(HABITS)]
        if clinic.has_numbers_as_ids:  # a mirrored network: ids and rows as in the other formats
            self.habits = replace(self.habits, statement="MedicationStatement", has_panels=False)
        self.medications = Medications()
        self.deleted: list[tuple[str, pa.Array]] = []

    def file_of(self, name: str) -> str:
        """Name with the extension; the larger files are compressed where the clinic does so."""
        is_large = "Observation" in name or "QuestionnaireResponse" in name
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
        """Each table as its resources, and what is in an export beside them."""
        sheet = make_mess(chunk, "patients", facts["patients"])
        fates = self.lines("Patient", "patients", sheet, patient_lines(sheet.columns, self.habits))
        fates += self._conditions(chunk, facts)
        fates += self._administrations(chunk, facts)
        fates += self._medications(chunk, facts)
        fates += self._vitals(chunk, facts)
        fates += self._forms(chunk, facts)
        sheet = make_mess(chunk, "adverse_events", facts["adverse_events"])
        if "adverse_events" not in self.clinic.absent_tables:
            fates += self.lines("AdverseEvent", "adverse_events", sheet, event_lines(sheet.columns, self.habits))
        fates += self._encounters(chunk, facts["medication_administrations"])
        return fates + self._others(chunk, people)

    def _with_extras(self, chunk: Chunk, sheet: Sheet, kind: str, key: str, step: int) -> Sheet:
        """The sheet with labels, copies that may not be used and, where there are bundles of them, deleted ones."""
        random = chunk.random(step)
        sheet = extras.with_labels(sheet)
        parts = [sheet, extras.restricted_copies(sheet, key, random)]
        if self.habits.has_deletions:
            deleted = extras.deleted_copies(sheet, key, random)
            self.deleted.append((kind, deleted.columns[key]))
            parts.append(deleted)
        return join_sheets([part for part in parts if len(part)] or [sheet])

    def _conditions(self, chunk: Chunk, facts: dict[str, Rows]) -> list[Rows]:
        """Diagnoses; some have no day of their own but that of a visit, which is delivered too."""
        sheet = make_mess(chunk, "diagnoses", facts["diagnoses"])
        has_onset = _valid(sheet.columns["onset_on"])
        # with an onset, nobody misses the day of recording
        sheet = take_records(sheet, np.flatnonzero(~(has_onset & (sheet.reason == "missing:recorded_at"))))
        sheet = self._with_extras(chunk, sheet, "Condition", "diagnosis_id", 64)
        at_visit = _is_plain(sheet) & ~_valid(sheet.columns["onset_on"]) & self.habits.tells_day_by_visit
        at_visit &= chunk.random(65).random(len(sheet)) < BY_VISIT_SHARE
        fates = self.lines("Condition", "diagnoses", sheet, condition_lines(sheet.columns, self.habits, at_visit))
        visits = take_records(sheet, np.flatnonzero(at_visit))
        columns = visits.columns
        lines = encounter_lines(
            visit_of(columns["diagnosis_id"]), columns["patient_id"], columns["recorded_at"], self.habits
        )
        return fates + self.lines("Encounter", "unused", plain_sheet(visits.start), lines)

    def _medicines(
        self,
        sheet: Sheet,
        kind: str,
        table: str,
        concentration: pa.Array,
        write: Callable[[pa.Array | None], pa.Array],
    ) -> list[Rows]:
        """Lines with a medicine; the Medications that they refer to are there from the first export on."""
        if self.habits.medicines != "reference":
            return self.lines(kind, table, sheet, write(None))
        ident, new = self.medications.refer(sheet.columns, concentration)
        index = pa.array(new)
        written = {name: column.take(index) for name, column in sheet.columns.items()}
        resources = medication_lines(written, concentration.take(index), ident.take(index))
        fates = self.lines("Medication", "unused", plain_sheet(np.zeros(len(new))), resources)
        return fates + self.lines(kind, table, sheet, write(ident))

    def _administrations(self, chunk: Chunk, facts: dict[str, Rows]) -> list[Rows]:
        """What was given; some servers tell a rate and a time instead of a dose."""
        given = facts["medication_administrations"]
        sheet = make_mess(chunk, "medication_administrations", given)
        sheet = self._with_extras(chunk, sheet, "MedicationAdministration", "administration_id", 66)
        columns = sheet.columns
        minutes = None
        if self.habits.writes_rates:
            ids = Pen(self.clinic, chunk.random(67)).identifier(given["id"], given["suffix"], "A")
            at = pc.fill_null(pc.index_in(columns["administration_id"], value_set=ids), 0)
            at = at.to_numpy(zero_copy_only=False).astype(np.int64)
            spent = np.where(given["end"] == MISSING, MISSING, given["end"] - given["start"])[at]
            known = given["is_start_known"][at] & (spent > 0) & _valid(columns["dose"])
            known &= chunk.clinic.writes_times & _is_plain(sheet) & _is_in(columns["dose_unit"], ("mg", "mg/kg"))
            known &= chunk.random(68).random(len(sheet)) < RATE_SHARE
            minutes = whole(np.where(known, spent, MISSING))

        def write(ident: pa.Array | None) -> pa.Array:
            return administration_lines(columns, self.habits, ident, minutes)

        table, concentration = "medication_administrations", columns["concentration_mg_per_ml"]
        return self._medicines(sheet, "MedicationAdministration", table, concentration, write)

    def _medications(self, chunk: Chunk, facts: dict[str, Rows]) -> list[Rows]:
        """What is taken at home: as a statement or as a prescription, which has no end."""
        if "medications" in self.clinic.absent_tables:
            return []
        sheet = make_mess(chunk, "medications", facts["medications"])
        kind = self.habits.statement
        if kind == "MedicationRequest":
            is_written = np.array([not reason.endswith(":stopped_on") for reason in sheet.reason], dtype=bool)
            sheet = take_records(sheet, np.flatnonzero(is_written))
        lines = request_lines if kind == "MedicationRequest" else statement_lines

        def write(ident: pa.Array | None) -> pa.Array:
            return lines(sheet.columns, self.habits, ident)

        return self._medicines(sheet, kind, "medications", pa.nulls(len(sheet), pa.string()), write)

    def _vitals(self, chunk: Chunk, facts: dict[str, Rows]) -> list[Rows]:
        """Vitals, one Observation each, or one for both blood pressures."""
        sheet = make_mess(chunk, "vitals", facts["vitals"])
        sheet = self._with_extras(chunk, sheet, "Observation", "vital_id", 69)
        fates = []
        if self.habits.has_panels:
            systolic, diastolic = pressure_pairs(sheet.columns, _is_plain(sheet))
            panels = take_records(sheet, systolic)
            lower = sheet.columns["value"].take(pa.array(diastolic))
            lines = pressure_panel_lines(panels.columns, lower, self.habits)
            fates += self.lines("Observation", "vitals", panels, lines)
            alone = np.ones(len(sheet), dtype=bool)
            alone[np.r_[systolic, diastolic]] = False
            sheet = take_records(sheet, np.flatnonzero(alone))
        return fates + self.lines("Observation", "vitals", sheet, vital_lines(sheet.columns, self.habits))

    def _forms(self, chunk: Chunk, facts: dict[str, Rows]) -> list[Rows]:
        """Forms with their answers as they stand at last; of some forms Observations tell the same once more."""
        forms, answers = facts["assessments"], facts["assessment_responses"]
        sheet = make_mess(chunk, "assessments", forms)
        columns = sheet.columns
        is_done = _is_in(columns["status"], ("completed", "amended")) | ~_valid(columns["status"])
        reasons = sheet.reason.astype(str)
        # what is spoiled must stand where this format writes it
        lost = np.char.endswith(reasons, ":completed_at") & ~is_done
        lost |= np.char.endswith(reasons, ":total_score") & ~_is_in(columns["instrument"], tuple(TOTALS))
        sheet = take_records(sheet, np.flatnonzero(~lost & ~_is_in(columns["status"], UNWRITABLE_FORMS)))
        ids = Pen(self.clinic, chunk.random(60)).identifier(forms["id"], forms["suffix"], "F")
        found = pc.fill_null(pc.index_in(sheet.columns["assessment_id"], value_set=ids), -1)
        position = found.to_numpy(zero_copy_only=False).astype(np.int64)
        position = np.where(sheet.reason == "missing:instrument", -1, position)  # its items would tell it
        lines = form_lines(sheet.columns, position, answers, self.habits)
        fates = self.lines("QuestionnaireResponse", "assessments", sheet, lines)
        return fates + self._surveys(chunk, sheet, position, forms, answers)

    def _surveys(self, chunk: Chunk, sheet: Sheet, position: np.ndarray, forms: Rows, answers: Rows) -> list[Rows]:
        """Totals of some forms as Observations, half of them with their items and a panel."""
        at = np.maximum(position, 0)
        scored = _is_plain(sheet) & (position >= 0) & _is_in(sheet.columns["instrument"], tuple(TOTALS))
        if len(forms["id"]):
            scored &= (forms["progress"][at] == COMPLETED) & (forms["reported_total"][at] != MISSING)
            scored &= ~forms["is_mismatch"][at]
        rows = np.flatnonzero(scored & (chunk.random(70).random(len(sheet)) < SCORED_SHARE))
        totals = take_records(sheet, rows)
        totals.role[:], totals.story[:] = DUPLICATE, "scored once more"
        is_derived = np.arange(len(rows)) % 2 == 0
        lines = total_lines(totals.columns, self.habits, is_derived)
        fates = self.lines("Observation", "assessments", totals, lines)

        chosen = np.arange(len(rows)) % 4 < 2
        chosen &= forms["has_items"][position[rows]] if len(rows) else False
        detailed, is_derived = take_records(sheet, rows[chosen]), is_derived[chosen]
        items = SurveyItems(detailed.columns, position[rows[chosen]], answers)
        lines = items.lines(self.habits, is_derived)
        answered = take_records(detailed, items.owner)
        # one coded item of twenty beside a total is no answer of the form: nobody counts it
        is_alone = _is_in(items.columns["instrument"], PARTLY_CODED)
        counted, uncounted = np.flatnonzero(~is_alone), np.flatnonzero(is_alone)
        fates += self.lines(
            "Observation", "assessment_responses", take_records(answered, counted), lines.take(pa.array(counted))
        )
        plain = plain_sheet(answered.start[uncounted])
        plain.order = answered.order[uncounted]
        fates += self.lines("Observation", "unused", plain, lines.take(pa.array(uncounted)))
        panels = plain_sheet(detailed.start)
        panels.order = detailed.order
        lines = items.panel_lines(detailed.columns, self.habits, is_derived)
        return fates + self.lines("Observation", "unused", panels, lines)

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

    def _others(self, chunk: Chunk, people: Rows) -> list[Rows]:
        """Resources that mean nothing here, and people who are none."""
        pen = Pen(self.clinic, chunk.random(71))
        some = np.flatnonzero(people["number"] % 10 == 0)
        patient, moment = pen.identifier(people["number"][some]), pen.day(people["intake_day"][some])
        sheet = plain_sheet(exports_of(chunk, people["intake_day"][some]))
        fates = self.lines("Observation", "unused", sheet, extras.laboratory_lines(patient, self.habits, moment))
        fates += self.lines("Immunization", "unused", sheet, extras.immunization_lines(patient, self.habits, moment))
        if chunk.number == 0:
            fates += self.lines("Organization", "unused", plain_sheet(np.zeros(2)), extras.organization_lines(2))
            nobody = plain_sheet(np.zeros(2))
            nobody.role[:], nobody.story[:] = RETRACTED, "test data"
            fates += self.lines("Patient", "patients", nobody, extras.test_patient_lines())
        return fates

    def close(self) -> list[dict]:
        """Bundles of what was deleted, with the second export, and the manifests that name all files."""
        if self.habits.has_deletions:
            bundles = extras.deletion_lines(self.deleted)
            self.append("deleted", "unused", Sheet({"line": bundles}, *_columns_of(plain_sheet(np.ones(len(bundles))))))
        accounts = super().close()
        for export, delivery in enumerate(self.clinic.deliveries if self.habits.has_deletions else ()):
            files = sorted(file for (of_export, _), (file, _) in self.sinks.items() if of_export == export)
            moment = f"{delivery.delivered_on.isoformat()}T03:00:00Z"
            (self.folder_of(export) / "manifest.json").write_text(extras.manifest(moment, files), encoding="utf-8")
        return accounts


def _columns_of(sheet: Sheet) -> tuple[np.ndarray, ...]:
    return tuple(getattr(sheet, name) for name in REST)
