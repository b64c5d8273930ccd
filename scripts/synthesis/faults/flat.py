"""Faults of the flat tables."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from synthesis.faults.plot import Plot
from synthesis.faults.records import CsvFile, Record
from synthesis.faults.writing import (
    day_of,
    has_clock,
    is_exchangeable,
    shifted,
    value,
    with_clock,
    with_day,
    with_exchanged,
)

Plant = Callable[[Plot], None]
Test = Callable[[Record], bool]

PATIENTS, DIAGNOSES, MEDICATIONS, VITALS = "patients", "diagnoses", "medications", "vitals"
GIVEN, FORMS, ANSWERS, EVENTS = "medication_administrations", "assessments", "assessment_responses", "adverse_events"
POUNDS = Decimal("2.2046")
NEW_SYSTEM = timedelta(days=75)
BILLING = b"claim_id,patient_id,code,units,billed_on\n"


def lower(record: Record, column: str) -> str:
    """The text of a column in lower case."""
    return value(record, column).lower()


def has(column: str, *texts: str) -> Test:
    """Records whose column holds one of the texts (in lower case); any text where none is named."""
    return lambda record: lower(record, column) in texts if texts else bool(value(record, column))


def is_infusion(record: Record) -> bool:
    """Ketamine into a vein that was given, with its dose."""
    return (
        "ket" in lower(record, "medication").replace("esket", "").replace("s-ket", "")
        and lower(record, "route") in ("iv", "intravenous", "i.v.")
        and lower(record, "status") in ("completed", "complete")
        and bool(value(record, "dose"))
    )


def in_milligrams(record: Record) -> bool:
    """An infusion whose dose is written in mg."""
    return is_infusion(record) and lower(record, "dose_unit") in ("mg", "milligrams")


def is_weight(record: Record) -> bool:
    """A weight with its unit."""
    return lower(record, "vital") in ("weight", "body weight") and bool(value(record, "unit"))


def is_completed(record: Record) -> bool:
    """A form that counts."""
    return lower(record, "status") in ("completed", "complete") and bool(value(record, "completed_at"))


def is_form(*names: str) -> Test:
    """Completed forms of an instrument, with a total."""
    start = tuple(name.lower() for name in names)
    return lambda record: (
        is_completed(record)
        and bool(value(record, "total_score"))
        and lower(record, "instrument").replace("-", "").replace(" ", "").startswith(start)
    )


def change(table: str, column: str, text: Any, where: Test | None = None, **options: Any) -> Plant:
    """Another value in a column of some records."""
    return lambda plot: plot.change(table, column, text, where, **options)


def copies(table: str, where: Test | None = None, **changes: Any) -> Plant:
    """Changed copies of some records under new ids; a change may be a function of the record."""

    def plant(plot: Plot) -> None:
        plot.copy(
            table,
            lambda record: {name: text(record) if callable(text) else text for name, text in changes.items()},
            where,
        )

    return plant


def both(*plants: Plant) -> Plant:
    """Several changes that make up one fault."""

    def plant(plot: Plot) -> None:
        for step in plants:
            step(plot)

    return plant


def scaled(column: str, factor: Decimal) -> Callable[[Record], str]:
    """A number times a factor."""
    return lambda record: str(round(Decimal(value(record, column)) * factor, 1))


def later(column: str, days: int) -> Callable[[Record], str]:
    """A day (or moment) some days later."""
    return lambda record: shifted(value(record, column), days)


def on_day(column: str, day: date) -> Callable[[Record], str]:
    """A moment on another day."""
    return lambda record: with_day(value(record, column), day)


def first_of(column: str, period: str) -> Callable[[Record], str]:
    """The first day of the month or the year of a moment."""

    def text(record: Record) -> str:
        day = day_of(value(record, column))
        return with_day(value(record, column), day.replace(day=1, month=1 if period == "year" else day.month))

    return text


def at_clock(column: str, clock: str) -> Callable[[Record], str]:
    """A moment at another time of day."""
    return lambda record: with_clock(value(record, column), clock)


def of_patient(record: Record) -> str:
    """Whose record it is: a fault of a chart meets all of its records."""
    return value(record, "patient_id")


def of_form(record: Record) -> str:
    """Which form an answer belongs to."""
    return value(record, "assessment_id")


def file_beside(name: str, *lines: bytes) -> Plant:
    """A file that no table of ours is called like."""
    return lambda plot: plot.add_file(name, BILLING + b"".join(line + b"\n" for line in lines))


# --- whole files


def rename_column(table: str, column: str, name: str) -> Plant:
    """Another name in the header of each file of a table."""

    def plant(plot: Plot) -> None:
        for file in plot.tables(table):
            if isinstance(file, CsvFile):
                file.rename({column: name})
                plot.tell(file, None, "", column)

    return plant


def reorder_columns(plot: Plot) -> None:
    """The columns from the last to the first."""
    for file in plot.tables(VITALS):
        if isinstance(file, CsvFile):
            file.reorder(file.columns[::-1])
            plot.tell(file, None, "", "")


def add_column(plot: Plot) -> None:
    """A column that nobody asked for."""
    for file in plot.tables(DIAGNOSES):
        if isinstance(file, CsvFile):
            file.reorder([*file.columns, "reviewed_by"])
            plot.tell(file, None, "", "reviewed_by")


def misnamed_files(plot: Plot) -> None:
    """The files of a table under another name."""
    for file in plot.tables(DIAGNOSES):
        file.path = file.path.rename(file.path.with_name(file.path.name.replace(DIAGNOSES, "diagnosis")))
        plot.tell(file, None, "", "")


def last_delivery_in_a_later_year(plot: Plot) -> None:
    """The newest delivery under a day of the next century."""
    newest = max(file.delivered_on for file in plot.files)
    moved_to = f"21{newest[2:]}"
    folder = plot.folder / f"delivered_on={newest}"
    folder = folder.rename(folder.with_name(f"delivered_on={moved_to}"))
    for file in plot.files:
        if file.delivered_on == newest:
            file.path, file.delivered_on = folder / file.path.name, moved_to
            plot.tell(file, None, "", "")


def cut_off(plot: Plot) -> None:
    """A compressed file whose end got lost on its way."""
    for file in plot.tables(GIVEN)[:1]:
        if file.path.suffix == ".gz":
            data = file.path.read_bytes()
            file.path.write_bytes(data[: len(data) // 2])
            plot.tell(file, None, "", "")
            file.is_changed = False


def broken_lines(plot: Plot) -> None:
    """Lines that were cut off in the middle."""
    for file, record in plot.pick(VITALS):
        if isinstance(file, CsvFile) and record.raw:
            record.raw = record.raw.split(b",")[0] + b",cut off"
            plot.tell(file, record, plot.key_of(VITALS, record), "")


def remove_forms(plot: Plot) -> None:
    """No form at all, although the tables are there."""
    for table in (FORMS, ANSWERS):
        for file in plot.tables(table):
            file.records.clear()
            plot.tell(file, None, "", "")


def late_arrival(plot: Plot) -> None:
    """Forms of the first delivery arrive with the last one only."""
    files = plot.tables(FORMS)
    if len(files) < 2 or any("updated_at" not in file.columns for file in files):
        return
    for file, record in plot.pick(FORMS):
        if file is files[0]:
            file.records.remove(record)
            plot.tell(files[-1], files[-1].add(dict(record.fields or {})), plot.key_of(FORMS, record), "")
            file.is_changed = True


def exported_twice(plot: Plot) -> None:
    """The same record once more in the same file, under the same id."""
    for file, record in plot.pick(GIVEN, is_infusion):
        plot.tell(file, file.add(dict(record.fields or {})), plot.key_of(GIVEN, record), "")


def copied_weights(plot: Plot) -> None:
    """The first weight of a chart is carried on for good."""
    first: dict[str, tuple[str, str]] = {}
    n_weights: dict[str, int] = {}
    for _, record in plot.plain(VITALS, is_weight):
        first.setdefault(of_patient(record), (value(record, "value"), value(record, "unit")))
        n_weights[of_patient(record)] = n_weights.get(of_patient(record), 0) + 1
    long = {patient for patient, n in n_weights.items() if n > 5}
    for file, record in plot.pick(VITALS, lambda row: is_weight(row) and of_patient(row) in long, by=of_patient):
        weight, unit = first[of_patient(record)]
        record.set(value=weight, unit=unit)
        plot.tell(file, record, plot.key_of(VITALS, record), "value")


def stopped_with_full_dose(plot: Plot) -> None:
    """A stopped infusion with the dose that the patient usually gets."""
    usual: dict[tuple[str, str], int] = {}
    for _, record in plot.plain(GIVEN, is_infusion):
        pair = (of_patient(record), value(record, "dose"))
        usual[pair] = usual.get(pair, 0) + 1
    plot.change(
        GIVEN, "status", "stopped", lambda row: is_infusion(row) and usual[of_patient(row), value(row, "dose")] >= 4
    )


def days_and_months_exchanged(plot: Plot) -> None:
    """Infusions whose day and month are read the wrong way round."""
    for file, record in plot.pick(GIVEN, lambda row: is_infusion(row) and is_exchangeable(value(row, "started_at"))):
        ends = value(record, "ended_at")
        record.set(
            started_at=with_exchanged(value(record, "started_at")),
            ended_at=with_exchanged(ends) if is_exchangeable(ends) else ends,
        )
        plot.tell(file, record, plot.key_of(GIVEN, record), "started_at")


def heights_as_weights(plot: Plot) -> None:
    """The number of the height stands in the field of the weight."""
    heights = {
        of_patient(record): value(record, "value")
        for _, record in plot.plain(VITALS, lambda row: lower(row, "vital") in ("height", "body height"))
    }
    for file, record in plot.pick(VITALS, lambda row: is_weight(row) and of_patient(row) in heights):
        record.set(value=heights[of_patient(record)])
        plot.tell(file, record, plot.key_of(VITALS, record), "value")


def two_charts(plot: Plot) -> None:
    """A second chart of some patients, merged into the first: half of their measurements stand under it."""
    taken = set()
    for file, record in plot.pick(PATIENTS, lambda row: not value(row, "merged_into")):
        key = plot.key_of(PATIENTS, record)
        copied = file.add(dict(record.fields or {}) | {"patient_id": f"{key}-f", "merged_into": key})
        plot.tell(file, copied, f"{key}-f", "")
        taken.add(key)
    for file, record in plot.plain(VITALS, lambda row: of_patient(row) in taken):
        if plot.key_of(VITALS, record)[-1] in "02468":
            record.set(patient_id=f"{of_patient(record)}-f")
            file.is_changed = True


def bolus_and_drip(plot: Plot) -> None:
    """One infusion in two rows: a bolus of 5 mg and the rest."""
    for file, record in plot.pick(GIVEN, lambda row: in_milligrams(row) and Decimal(value(row, "dose")) > 10):
        rest = Decimal(value(record, "dose")) - 5
        fields = dict(record.fields or {})
        bolus = file.add(fields | {"administration_id": plot.new_id(fields["administration_id"]), "dose": "5"})
        record.set(dose=str(rest))
        plot.tell(file, bolus, plot.key_of(GIVEN, bolus), "dose")


def split_forms(plot: Plot, table: str = ANSWERS) -> dict[str, list[tuple[Any, Record]]]:
    """Plain answers by their form."""
    forms: dict[str, list[tuple[Any, Record]]] = {}
    for file, record in plot.plain(table):
        forms.setdefault(of_form(record), []).append((file, record))
    return forms


def forms_of(plot: Plot, *names: str) -> set[str]:
    """Ids of the completed plain forms of some instruments."""
    return {plot.key_of(FORMS, record) for _, record in plot.plain(FORMS, is_form(*names))}


def items_from_one(plot: Plot) -> None:
    """Answers counted from 1 instead of 0."""
    wanted = forms_of(plot, "pcl5", "ptsdchecklist")
    for file, record in plot.pick(ANSWERS, lambda row: of_form(row) in wanted and value(row, "response").isdigit()):
        record.set(response=str(int(value(record, "response")) + 1))
        plot.tell(file, record, of_form(record), "response")


def total_of_too_few(plot: Plot) -> None:
    """An answer is missing and the total is the sum of the others: as if it had been zero."""
    answers = split_forms(plot)
    wanted = {
        name
        for name in forms_of(plot, "pcl5", "phq9", "ptsd", "patienthealth", "gad7")
        if len(answers.get(name, ())) >= 7
    }
    chosen = {}
    for file, record in plot.pick(FORMS, lambda row: plot.key_of(FORMS, row) in wanted):
        rows = answers[plot.key_of(FORMS, record)]
        numbers = {value(row, "item_number"): row for _, row in rows}
        gone = min(numbers)
        total = sum(int(value(row, "response")) for number, row in numbers.items() if number != gone)
        chosen[plot.key_of(FORMS, record)] = gone
        record.set(total_score=str(total))
        plot.tell(file, record, plot.key_of(FORMS, record), "total_score")
    for file in plot.tables(ANSWERS):
        file.records = [
            row for row in file.records if row.fields is None or chosen.get(of_form(row)) != value(row, "item_number")
        ]
        file.is_changed = True


def two_items_only(plot: Plot) -> None:
    """The first two items and their sum, called PHQ-9."""
    answers = split_forms(plot)
    wanted = {name for name in forms_of(plot, "phq9", "patienthealth") if len(answers.get(name, ())) == 9}
    chosen = set()
    for file, record in plot.pick(FORMS, lambda row: plot.key_of(FORMS, row) in wanted):
        rows = [row for _, row in answers[plot.key_of(FORMS, record)] if value(row, "item_number") in ("1", "2")]
        record.set(total_score=str(sum(int(value(row, "response")) for row in rows)))
        chosen.add(plot.key_of(FORMS, record))
        plot.tell(file, record, plot.key_of(FORMS, record), "total_score")
    for file in plot.tables(ANSWERS):
        file.records = [
            row
            for row in file.records
            if row.fields is None or of_form(row) not in chosen or value(row, "item_number") in ("1", "2")
        ]
        file.is_changed = True


def answers_lost(plot: Plot) -> None:
    """The middle items of some completed forms were not exported."""
    wanted = forms_of(plot, "pcl5", "phq9", "ptsd", "patienthealth", "gad7")
    chosen = set()
    for file, record in plot.pick(ANSWERS, lambda row: of_form(row) in wanted, by=of_form):
        chosen.add(of_form(record))
        plot.tell(file, record, of_form(record), "")
    for file in plot.tables(ANSWERS):
        file.records = [
            row
            for row in file.records
            if row.fields is None or of_form(row) not in chosen or value(row, "item_number") not in ("3", "4", "5")
        ]


def answers_copied(plot: Plot) -> None:
    """The same answers in every form, though not all alike."""
    wanted = forms_of(plot, "pcl5", "ptsd")
    for file, record in plot.pick(ANSWERS, lambda row: of_form(row) in wanted, by=of_form):
        record.set(response=str(int(value(record, "item_number")) % 4))
        plot.tell(file, record, of_form(record), "response")


def nothing_given(plot: Plot) -> None:
    """Administrations with a header and no record."""
    for file in plot.tables(GIVEN):
        file.records = []
        plot.tell(file, None, "", "")


def straight_lined(plot: Plot) -> None:
    """Every answer the same."""
    wanted = forms_of(plot, "pcl5", "phq9", "ptsd", "patienthealth")
    chosen = {}
    for file, record in plot.pick(ANSWERS, lambda row: of_form(row) in wanted and value(row, "response").isdigit()):
        record.set(response="2")
        chosen[of_form(record)] = chosen.get(of_form(record), 0) + 2
        plot.tell(file, record, of_form(record), "response")
    for file, record in plot.plain(FORMS, lambda row: plot.key_of(FORMS, row) in chosen):
        record.set(total_score="")
        file.is_changed = True


def baseline_of_zero(plot: Plot) -> None:
    """Forms with nothing but zeros."""
    wanted = forms_of(plot, "phq9", "patienthealth")
    chosen = set()
    for file, record in plot.pick(ANSWERS, lambda row: of_form(row) in wanted and value(row, "response").isdigit()):
        record.set(response="0")
        chosen.add(of_form(record))
        plot.tell(file, record, of_form(record), "response")
    for file, record in plot.plain(FORMS, lambda row: plot.key_of(FORMS, row) in chosen):
        record.set(total_score="")
        file.is_changed = True


def died_before_treatment(plot: Plot) -> None:
    """A day of death before things that happened to the patient."""
    first: dict[str, date] = {}
    for _, record in plot.plain(GIVEN, is_infusion):
        day = day_of(value(record, "started_at"))
        if day:
            first[of_patient(record)] = min(day, first.get(of_patient(record), day))
    for file, record in plot.pick(
        PATIENTS, lambda row: plot.key_of(PATIENTS, row) in first and not value(row, "deceased_on")
    ):
        birth = value(record, "birth_date")
        died = with_day(birth, first[plot.key_of(PATIENTS, record)])
        record.set(deceased_on=died)
        plot.tell(file, record, plot.key_of(PATIENTS, record), "deceased_on")


def history_cut_off(plot: Plot) -> None:
    """A new system, a few weeks old, without the old charts: what was before its first day is gone."""
    columns = {GIVEN: "started_at", VITALS: "measured_at", FORMS: "completed_at"}
    days = sorted(filter(None, (day_of(value(row, "started_at")) for _, row in plot.plain(GIVEN, is_infusion))))
    if len(days) < 10:
        return
    start = max(days[len(days) // 2], days[-1] - NEW_SYSTEM)
    for table, column in columns.items():
        for file in plot.tables(table):
            file.records = [
                row for row in file.records if row.fields is None or (day_of(value(row, column)) or start) >= start
            ]
            plot.tell(file, None, "", column)


def forms_copied(days: Callable[[date], int], clock: str, **changes: str) -> Plant:
    """Copies of forms (total only), moved by some days from the first infusion of the patient."""

    def plant(plot: Plot) -> None:
        first: dict[str, date] = {}
        for _, record in plot.plain(GIVEN, is_infusion):
            day = day_of(value(record, "started_at"))
            if day and has_clock(value(record, "started_at")):
                first[of_patient(record)] = min(day, first.get(of_patient(record), day))

        def moved(record: Record) -> dict[str, str]:
            index = first[of_patient(record)]
            day = date.fromordinal(index.toordinal() + days(index))
            text = with_clock(with_day(value(record, "completed_at"), day), clock)
            return {"completed_at": text, "started_at": "", "sent_at": "", "updated_at": text} | changes

        def is_known(record: Record) -> bool:
            has_time = has_clock(value(record, "completed_at"))
            return is_form("pcl5", "phq9")(record) and of_patient(record) in first and has_time

        plot.copy(FORMS, moved, is_known)

    return plant
