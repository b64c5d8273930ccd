"""Step 7b: records that no reader can trust: each is made by spoiling a copy of a good record in one column.

The good record itself is always delivered too, so that nothing true is lost. The catalogue says, for each table, which
column gets which text and what a reader ought to say about it; charts merged into nowhere are planted by `mess`.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from synthesis.clinics import Clinic
from synthesis.records import QUARANTINED
from synthesis.sheets import FOREVER, Sheet, accepted_rows
from synthesis.tables import KEYS
from synthesis.text import pick

BLANK = None
FAR_FUTURE = "<far future>"  # these two are replaced by a day or moment in the clinic's style
BEFORE_BIRTH = "<before birth>"
NOBODY = "NO-SUCH-ID"


@dataclass(frozen=True)
class Spoiling:
    """One way to spoil a record: `column` becomes `text`; `only` limits it to records whose column holds a value."""

    table: str
    reason: str
    column: str
    text: str | None
    only: tuple[str, str] | None = None

    @property
    def is_for_text_only(self) -> bool:
        """Whether typed Parquet cannot hold it."""
        return self.reason.startswith(("unparsable", "malformed"))


def _missing(table: str, *columns: str) -> list[Spoiling]:
    return [Spoiling(table, f"missing:{column}", column, BLANK) for column in columns]


def _unparsable(table: str, **texts: str) -> list[Spoiling]:
    return [Spoiling(table, f"unparsable:{column}", column, text) for column, text in texts.items()]


def _out_of_range(table: str, **texts: str) -> list[Spoiling]:
    return [Spoiling(table, f"out_of_range:{column}", column, text) for column, text in texts.items()]


def _both_ends(table: str, *columns: str) -> list[Spoiling]:
    return [
        Spoiling(table, f"out_of_range:{column}", column, text)
        for column in columns
        for text in (FAR_FUTURE, BEFORE_BIRTH)
    ]


def _orphan(table: str, column: str = "patient_id") -> list[Spoiling]:
    return [Spoiling(table, f"orphan:{column}", column, NOBODY)]


COUNTS = ("status", "completed")
WEIGHT = ("vital", "weight")
FORM = ("status", "completed")

CATALOGUE: tuple[Spoiling, ...] = (
    *(Spoiling(table, "malformed", "", "") for table in KEYS),
    *_missing("patients", "patient_id", "birth_date"),
    *_unparsable("patients", birth_date="3/4/1980", deceased_on="unknown", is_test="maybe", updated_at="yesterday"),
    *_both_ends("patients", "birth_date", "deceased_on"),
    *_missing("diagnoses", "diagnosis_id", "patient_id", "code", "recorded_at"),
    *_unparsable("diagnoses", onset_on="2019", resolved_on="n/a", recorded_at="2023-13-01", updated_at="45012"),
    *_both_ends("diagnoses", "onset_on", "resolved_on", "recorded_at"),
    *_orphan("diagnoses"),
    *_missing("medication_administrations", "administration_id", "patient_id", "medication", "started_at"),
    Spoiling("medication_administrations", "missing:dose", "dose", BLANK, COUNTS),
    Spoiling("medication_administrations", "missing:dose_unit", "dose_unit", BLANK, COUNTS),
    *_unparsable(
        "medication_administrations", dose="47,5", concentration_mg_per_ml="50 mg/mL", started_at="12.03.2024 10:00",
        ended_at="10:45", updated_at="-",
    ),
    Spoiling("medication_administrations", "out_of_range:dose", "dose", "0", COUNTS),
    Spoiling("medication_administrations", "out_of_range:dose", "dose", "-40", COUNTS),
    *_both_ends("medication_administrations", "started_at", "ended_at"),
    *_orphan("medication_administrations"),
    *_missing("medications", "medication_id", "patient_id", "medication"),
    *_unparsable("medications", started_on="last spring", stopped_on="ongoing", updated_at="?"),
    *_both_ends("medications", "started_on"),
    *_out_of_range("medications", stopped_on=BEFORE_BIRTH),
    *_orphan("medications"),
    *_missing("vitals", "vital_id", "patient_id", "vital", "value", "measured_at"),
    Spoiling("vitals", "missing:unit", "unit", BLANK, WEIGHT),
    *_unparsable("vitals", value="180 lb", measured_at="2024-02-30", updated_at="n/a"),
    Spoiling("vitals", "unparsable:unit", "unit", "stone", WEIGHT),
    Spoiling("vitals", "out_of_range:value", "value", "20000", WEIGHT),
    Spoiling("vitals", "out_of_range:value", "value", "0.5", WEIGHT),
    *_both_ends("vitals", "measured_at"),
    *_orphan("vitals"),
    *_missing("assessments", "assessment_id", "patient_id", "instrument", "status"),
    *_unparsable(
        "assessments", recall_days="month", sent_at="soon", started_at="24:10", completed_at="2024-06-31 10:00",
        total_score="47/80", updated_at="now",
    ),
    Spoiling("assessments", "out_of_range:recall_days", "recall_days", "366"),
    Spoiling("assessments", "out_of_range:recall_days", "recall_days", "0"),
    *_both_ends("assessments", "sent_at", "started_at", "completed_at"),
    Spoiling("assessments", "out_of_range:total_score", "total_score", "81", FORM),
    Spoiling("assessments", "out_of_range:total_score", "total_score", "-1", FORM),
    *_orphan("assessments"),
    *_missing("assessment_responses", "assessment_id", "item_number", "response"),
    *_unparsable("assessment_responses", item_number="Q3", response="Quite a bit", updated_at="n/a"),
    *_out_of_range("assessment_responses", item_number="21", response="5"),
    *_out_of_range("assessment_responses", item_number="0", response="-1"),
    *_orphan("assessment_responses", "assessment_id"),
    *_missing("adverse_events", "adverse_event_id", "patient_id", "event", "started_at"),
    *_unparsable("adverse_events", started_at="during infusion", updated_at="n/a"),
    *_both_ends("adverse_events", "started_at"),
    *_orphan("adverse_events"),
)  # fmt: skip


# what a format has no place for, so that nothing can be spoiled there
UNWRITABLE: dict[str, frozenset[tuple[str, str]]] = {
    "fhir": frozenset(
        [
            ("patients", "unparsable:is_test"),
            ("medication_administrations", "unparsable:concentration_mg_per_ml"),
            ("vitals", "missing:vital"),  # an observation without a code is no vital sign
            *(("assessments", f"{kind}:{column}") for kind in ("unparsable", "out_of_range")
              for column in ("recall_days", "sent_at", "started_at")),
        ]
    ),
    "omop": frozenset(
        [
            *(("patients", reason) for reason in (
                "unparsable:is_test", "unparsable:birth_date", "unparsable:deceased_on", "out_of_range:deceased_on")),
            *(("diagnoses", reason) for reason in ("missing:code", "unparsable:onset_on", "out_of_range:onset_on")),
            *(("medication_administrations", reason) for reason in (
                "missing:medication", "missing:dose", "missing:dose_unit", "unparsable:dose", "out_of_range:dose",
                "unparsable:concentration_mg_per_ml")),
            *(("medications", reason) for reason in ("missing:medication", "malformed")),
            ("vitals", "missing:vital"),
            *((spoiling.table, spoiling.reason) for spoiling in CATALOGUE
              if spoiling.column == "updated_at" or spoiling.table in ("assessments", "adverse_events")),
            *((spoiling.table, spoiling.reason) for spoiling in CATALOGUE
              if spoiling.table == "assessment_responses" and spoiling.reason != "out_of_range:response"),
        ]
    ),
}  # fmt: skip


def nobody(clinic: Clinic) -> str:
    """An id that no record of the clinic has, in the form that its ids take."""
    return "999999999999" if clinic.has_numbers_as_ids else NOBODY


def can_hold(clinic: Clinic, spoiling: Spoiling) -> bool:
    """Whether this clinic's files can carry a record spoiled so."""
    if spoiling.table in clinic.absent_tables or (spoiling.column == "updated_at" and not clinic.has_updated_at):
        return False
    if (spoiling.table, spoiling.reason) in UNWRITABLE.get(clinic.format, ()):
        return False
    if spoiling.reason == "malformed":
        return clinic.types_by_hand
    return not (clinic.is_native_parquet and spoiling.is_for_text_only)


def where_planted(clinics: tuple[Clinic, ...]) -> dict[str, list[Spoiling]]:
    """For each site the spoilings of which it surely gets one: each is planted somewhere, at the larger clinics."""
    planted: dict[str, list[Spoiling]] = {clinic.site_id: [] for clinic in clinics}
    for turn, spoiling in enumerate(CATALOGUE):
        able = [clinic for clinic in clinics if can_hold(clinic, spoiling)][:5]
        if able:
            planted[able[turn % len(able)].site_id].append(spoiling)
    return planted


def _dates(style: str, column: str, text: str | None, writes_clock: str) -> str | None:
    """FAR_FUTURE and BEFORE_BIRTH in the clinic's style; any other text as it is."""
    days = {FAR_FUTURE: ("2035-06-15", "06/15/2035"), BEFORE_BIRTH: ("1900-01-01", "01/01/1900")}
    if text not in days:
        return text
    day = days[text][0 if style == "iso" else 1]
    clock = writes_clock.replace("HH", "10").replace("MM", "30").replace("SS", "00")
    return day + clock if column.endswith("_at") else day


def spoil(
    sheet: Sheet,
    spoiling: Spoiling,
    copies: int,
    style: tuple[str, str],
    serial: int,
    n_exports: int,
    random: np.random.Generator,
    preferred: dict[str, str],
    clinic: Clinic,
) -> Sheet | None:
    """`copies` spoiled copies of accepted records of the sheet, or None where there is nothing to copy.

    Half of them keep the id of the good record (a broken correction), the others get an id of their own.
    """  # fmt: skip
    if spoiling.column and spoiling.column not in sheet.columns:
        return None
    rows = accepted_rows(sheet)
    if spoiling.only:
        column, value = spoiling.only
        wanted = preferred.get(f"{column}:{value}", value)
        texts = sheet.columns[column].take(pa.array(rows)).to_pylist()
        rows = rows[np.array([text == wanted for text in texts], dtype=bool)]
    if not len(rows):
        return None
    rows = rows[np.floor(random.random(copies) * len(rows)).astype(np.int64)]
    index = pa.array(rows)
    is_digits_only = clinic.has_numbers_as_ids
    columns = {name: column.take(index) for name, column in sheet.columns.items()}
    key = KEYS[spoiling.table]
    if key != spoiling.column and spoiling.table != "assessment_responses":
        old = columns[key].to_pylist()
        new = [
            name if copy % 2 else (f"9{serial:08d}{copy:04d}" if is_digits_only else f"{name}-q{serial}-{copy}")
            for copy, name in enumerate(old, start=serial % 2)
        ]
        columns[key] = pa.array(new, pa.string())
    if spoiling.column:
        text = _dates(style[0], spoiling.column, spoiling.text, style[1])
        text = nobody(clinic) if text == NOBODY else text
        columns[spoiling.column] = pick([text], np.zeros(copies, dtype=np.int64))
    start = np.floor(random.random(copies) * n_exports).astype(np.int64)
    return Sheet(
        columns,
        np.full(copies, QUARANTINED),
        np.maximum(start, sheet.start[rows]),
        np.full(copies, FOREVER),
        random.random(copies) * max(len(sheet), 1),
        np.full(copies, spoiling.reason, dtype=object),
        np.full(copies, "spoiled", dtype=object),
        np.full(copies, FOREVER),
    )
