"""One clinic's exports as OMOP tables, as an extraction into the model writes them.

The model holds one version of a record, no record that was taken back, no test patient and one person for charts that
were merged: what cannot be held is left out, and listed in the seed `format_losses`.
"""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthesis.clinics import CLINICS, Clinic
from synthesis.deliveries import Exports
from synthesis.files import Sink, TabSink
from synthesis.mess import exports_of, make_mess
from synthesis.omop import codes
from synthesis.omop.forms import WrittenForms, item_columns, total_rows
from synthesis.omop.records import (
    administration_rows,
    condition_rows,
    day_of,
    death_rows,
    measurement_columns,
    medication_rows,
    observation_columns,
    person_rows,
    time_of,
    vital_rows,
)  # fmt: skip
from synthesis.omop.vocabulary import VOCABULARY, source_rows
from synthesis.people import Chunk, category
from synthesis.records import ACCEPTED, QUARANTINED, RETRACTED, Columns, encounter_of
from synthesis.rows import Rows
from synthesis.sheets import REST, Sheet, plain_sheet, take_records
from synthesis.text import Pen

SMALL_TABLES = ("person", "death", "condition_occurrence", "observation_period", "cdm_source")
NOT_GIVEN = ("not-done", "on-hold", "entered-in-error", "void")


class OmopExports(Exports):
    """Tables of one clinic."""

    format = "omop"

    def __init__(self, root: Path, clinic: Clinic) -> None:
        super().__init__(root, clinic)
        position = [known.site_id for known in CLINICS].index(clinic.site_id)
        self.is_upper = position % 3 == 0
        self.has_concepts = position % 2 == 0 or clinic.dose_style in ("mL", "mixed")  # a strength needs its concept
        self.tables["observation"] = "vitals"  # whatever its rows turn out to be

    def file_of(self, name: str) -> str:
        """Table in upper or lower case; vocabulary tables are CSV by name and tab-separated, as they are downloaded."""
        extension = self.clinic.small_extension if name in SMALL_TABLES else self.clinic.extension
        extension = "csv" if name in VOCABULARY else extension
        return f"{name.upper() if self.is_upper else name}.{extension}"

    def open(self, path: Path, columns: list[str]) -> Sink:
        """A new file."""
        if path.name.split(".")[0].lower() in VOCABULARY:
            return TabSink(path, columns)
        return super().open(path, columns)

    def rows(self, name: str, table: str, sheet: Sheet, columns: Columns) -> list[Rows]:
        """Append the rows that stand for the records of a sheet."""
        return self.append(name, table, Sheet(columns, *(getattr(sheet, field) for field in REST)))

    def write_chunk(self, chunk: Chunk, people: Rows, facts: dict[str, Rows]) -> list[Rows]:
        """Each table of the model."""
        held = _Holding(chunk, people)
        fates = []
        sheet = held.of_patients(make_mess(chunk, "patients", facts["patients"]))
        fates += self.rows("person", "patients", sheet, person_rows(sheet.columns))
        dead = take_records(sheet, np.flatnonzero(_valid(sheet.columns["deceased_on"])))
        fates += self.rows("death", "unused", as_unused(dead), death_rows(dead.columns))
        fates += self._periods(chunk, people)

        sheet = held.of_diagnoses(make_mess(chunk, "diagnoses", facts["diagnoses"]))
        fates += self.rows("condition_occurrence", "diagnoses", sheet, condition_rows(sheet.columns))
        sheet = held.of_events(make_mess(chunk, "medication_administrations", facts["medication_administrations"]))
        not_given = pc.is_in(sheet.columns["status"], value_set=pa.array(NOT_GIVEN))
        sheet = take_records(sheet, np.flatnonzero(~pc.fill_null(not_given, False).to_numpy(zero_copy_only=False)))
        fates += self.rows("drug_exposure", "medication_administrations", sheet, administration_rows(sheet.columns))
        if "medications" not in self.clinic.absent_tables:
            sheet = held.of_events(make_mess(chunk, "medications", facts["medications"]))
            fates += self.rows("drug_exposure", "medications", sheet, medication_rows(sheet.columns))
        fates += self._visits(chunk, held, facts["medication_administrations"])
        sheet = held.of_events(make_mess(chunk, "vitals", facts["vitals"]))
        fates += self.rows("measurement", "vitals", sheet, vital_rows(sheet.columns))
        fates += self._forms(chunk, held, facts)
        if chunk.number == 0:
            for name, columns in VOCABULARY.items() if self.has_concepts else ():
                fates += self.rows(name, "unused", plain_sheet(np.zeros(len(next(iter(columns.values()))))), columns)
            released = self.clinic.deliveries[0].delivered_on.isoformat()
            fates += self.rows("cdm_source", "unused", plain_sheet(np.zeros(1)), source_rows(released))
        return fates

    def _periods(self, chunk: Chunk, people: Rows) -> list[Rows]:
        """OBSERVATION_PERIOD: from the first visit to the last export."""
        rows = np.flatnonzero(people["category"] != category("test"))
        pen = Pen(self.clinic, chunk.random(62))
        ident = pen.identifier(people["number"][rows])
        columns = {
            "observation_period_id": ident,
            "person_id": ident,
            "observation_period_start_date": pen.day(people["intake_day"][rows]),
            "observation_period_end_date": pen.day(np.full(len(rows), chunk.last_day)),
            "period_type_concept_id": pa.array([codes.EHR] * len(rows), pa.string()),
        }
        start = exports_of(chunk, people["intake_day"][rows])
        return self.rows("observation_period", "unused", plain_sheet(start), columns)

    def _visits(self, chunk: Chunk, held: "_Holding", administrations: Rows) -> list[Rows]:
        """VISIT_OCCURRENCE: the visits at which something was given."""
        number = encounter_of(administrations, administrations["start"] // 1440)
        is_first = (administrations["session"] >= 0) & (administrations["suffix"] == 0)
        known = np.flatnonzero(is_first & (administrations["role"] == ACCEPTED))
        _, first = np.unique(number[known], return_index=True)
        rows = known[first]
        pen = Pen(self.clinic, chunk.random(61))
        moment = pen.moment(administrations["start"][rows], administrations["is_start_known"][rows])
        n = len(rows)
        columns = {
            "visit_occurrence_id": pen.identifier(number[rows], letter="E"),
            "person_id": held.survivor(pen.identifier(administrations["chart"][rows])),
            "visit_concept_id": pa.array(["9202"] * n, pa.string()),
            "visit_start_date": day_of(moment),
            "visit_start_datetime": time_of(moment),
            "visit_end_date": day_of(moment),
            "visit_type_concept_id": pa.array([codes.EHR] * n, pa.string()),
        }
        start = exports_of(chunk, administrations["available"][rows])
        return self.rows("visit_occurrence", "unused", plain_sheet(start), columns)

    def _forms(self, chunk: Chunk, held: "_Holding", facts: dict[str, Rows]) -> list[Rows]:
        """Totals and items of completed forms, in MEASUREMENT and, of the items, some in OBSERVATION."""
        forms, answers = facts["assessments"], facts["assessment_responses"]
        sheet = held.of_events(make_mess(chunk, "assessments", forms))
        completed = pc.is_in(sheet.columns["status"], value_set=pa.array(["completed", "amended"]))
        sheet = take_records(sheet, np.flatnonzero(pc.fill_null(completed, False).to_numpy(zero_copy_only=False)))
        ids = Pen(self.clinic, chunk.random(60)).identifier(forms["id"], forms["suffix"], "F")
        written = WrittenForms(sheet, forms, answers, ids)

        rows, value, code = total_rows(sheet, written)
        totals = take_records(sheet, rows)
        columns = measurement_columns(
            totals.columns["assessment_id"], totals.columns["patient_id"], *self._named(totals.columns["completed_at"],
            value, code), source_concept=self._source_concepts(code),
        )  # fmt: skip
        fates = self.rows("measurement", "assessments", totals, columns)

        answered = held.of_answers(make_mess(chunk, "assessment_responses", answers))
        rows, item, leads = item_columns(answered, sheet, forms, written)
        items = take_records(answered, rows)
        in_measurement = leads | (np.arange(len(rows)) % 2 == 0)
        chosen = np.flatnonzero(in_measurement)
        part = {name: column.take(pa.array(chosen)) for name, column in item.items()}
        columns = measurement_columns(
            part["id"], part["person"], *self._named(part["moment"], part["value"], part["code"]),
            source_concept=self._source_concepts(part["code"]),
        )  # fmt: skip
        fates += self.rows("measurement", "assessment_responses", take_records(items, chosen), columns)
        chosen = np.flatnonzero(~in_measurement)
        part = {name: column.take(pa.array(chosen)) for name, column in item.items()}
        source = pc.binary_join_element_wise("LOINC:" if self.is_upper else "", part["code"], "")
        columns = observation_columns(part["id"], part["person"], part["moment"], part["value"], source)
        return fates + self.rows("observation", "assessment_responses", take_records(items, chosen), columns)

    def _named(
        self, moment: pa.Array, value: pa.Array, code: pa.Array
    ) -> tuple[pa.Array, pa.Array, pa.Array, pa.Array]:
        """Concept, moment, value and source value of survey rows: the code is in the source value, or in CONCEPT."""
        concept = pa.array(["0"] * len(code), pa.string())
        if self.has_concepts:
            is_total = pc.equal(code, "44261-6")
            concept = pc.if_else(is_total, codes.PHQ9_TOTAL, concept)
            source = pc.if_else(pc.is_in(code, value_set=VOCABULARY["concept"]["concept_code"]), "form", code)
        else:
            source = code
        return concept, moment, value, source

    def _source_concepts(self, code: pa.Array) -> pa.Array:
        """Ids of the site's own concepts for LOINC codes; 0 where it has none."""
        own = VOCABULARY["concept"]
        index = pc.index_in(code, value_set=own["concept_code"])
        found = pc.fill_null(own["concept_id"].take(index), "0")
        return found if self.has_concepts else pa.array(["0"] * len(code), pa.string())


def _valid(column: pa.Array | pa.ChunkedArray) -> np.ndarray:
    return column.is_valid().to_numpy(zero_copy_only=False)


def as_unused(sheet: Sheet) -> Sheet:
    """The same records as ones that carry nothing by themselves: plainly accepted."""
    plain = plain_sheet(sheet.start)
    plain.stop, plain.order = sheet.stop, sheet.order
    return plain


class _Holding:
    """What an extraction keeps of the records of a chunk's people."""

    def __init__(self, chunk: Chunk, people: Rows) -> None:
        pen = Pen(chunk.clinic, chunk.random(63))
        self.test_charts = pen.identifier(people["number"][people["category"] == category("test")])
        merged = [np.flatnonzero(people["n_old_charts"] > step) for step in (0, 1)]
        old = np.concatenate([people["old_number"][who] - step for step, who in enumerate(merged)])
        self.old_charts = pen.identifier(old)
        self.survivors = pen.identifier(np.concatenate([people["number"][who] for who in merged]))

    def survivor(self, charts: pa.Array) -> pa.Array:
        """The surviving chart of each."""
        return pc.coalesce(self.survivors.take(pc.index_in(charts, value_set=self.old_charts)), charts)

    def _latest(self, sheet: Sheet, drop: np.ndarray) -> Sheet:
        """Without the dropped records, older versions that a newer one replaces in the same export, and junk merges."""
        stop = np.minimum(sheet.stop, sheet.replaced)
        sheet = take_records(sheet, np.flatnonzero(~drop & (stop > sheet.start)))
        sheet.stop = np.minimum(sheet.stop, sheet.replaced)
        return sheet

    def _is_test(self, sheet: Sheet) -> np.ndarray:
        return pc.is_in(sheet.columns["patient_id"], value_set=self.test_charts).to_numpy(zero_copy_only=False)

    def of_patients(self, sheet: Sheet) -> Sheet:
        """People: no test patients, no charts that were merged."""
        old = pc.is_in(sheet.columns["patient_id"], value_set=self.old_charts).to_numpy(zero_copy_only=False)
        return self._latest(sheet, old | self._is_test(sheet) | _valid(sheet.columns["merged_into"]))

    def of_diagnoses(self, sheet: Sheet) -> Sheet:
        """Diagnoses: those taken back say so in their status."""
        spoiled_day = np.isin(sheet.reason.astype(str), RECORDED_REASONS) & _valid(sheet.columns["onset_on"])
        sheet = self._moved(self._latest(sheet, self._is_test(sheet) | spoiled_day))
        # the day of an onset long ago stands where the day of the record is read, which has a floor
        is_old = pc.fill_null(pc.less(sheet.columns["onset_on"], FIRST_RECORDED_DAY), False)
        is_old = is_old.to_numpy(zero_copy_only=False) & (sheet.role != QUARANTINED)
        sheet.role[is_old], sheet.reason[is_old] = QUARANTINED, "out_of_range:recorded_at"
        return sheet

    def of_events(self, sheet: Sheet) -> Sheet:
        """Anything else: nothing that was taken back."""
        return self._moved(self._latest(sheet, self._is_test(sheet) | (sheet.role == RETRACTED)))

    def of_answers(self, sheet: Sheet) -> Sheet:
        """Answers, which name a form only."""
        return self._latest(sheet, sheet.role == RETRACTED)

    def _moved(self, sheet: Sheet) -> Sheet:
        sheet.columns["patient_id"] = self.survivor(sheet.columns["patient_id"])
        return sheet


FIRST_RECORDED_DAY = "1990-01-01"  # nothing electronic is older
RECORDED_REASONS = ("missing:recorded_at", "unparsable:recorded_at", "out_of_range:recorded_at")
