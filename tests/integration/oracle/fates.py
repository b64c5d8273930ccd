"""Raw records -> exactly one fate each: quarantined (with a reason), retracted, superseded, duplicate, accepted.

The order of the work follows what may depend on what: first each record alone, then patients and their merges,
then records that name a patient, then the answers that name a form, then newest versions, retraction, duplicates.
"""

import datetime
from collections import defaultdict
from collections.abc import Iterable
from fractions import Fraction

from tests.integration.oracle import aliases
from tests.integration.oracle.reading import Record
from tests.integration.oracle.tables import TABLES
from tests.integration.oracle.twice import mark_forms_given_twice
from tests.integration.oracle.values import PARSERS

FIRST_BIRTH_DATE = datetime.date(1900, 1, 2)
FLOOR = datetime.date(1990, 1, 1)
WITHOUT_FLOOR = {("diagnoses", "onset_on"), ("diagnoses", "resolved_on"), ("medications", "started_on"),
                 ("medications", "stopped_on")}  # fmt: skip
WITHOUT_CEILING = {("medications", "stopped_on")}
UNUSED = "unused"
WEIGHT_RANGE = (Fraction(25), Fraction(350))
RECALL_RANGE = (1, 365)


def mapped(record: Record, column: str) -> str | None:
    """The canonical value of an aliased column: None where missing, `unknown` where no alias fits."""
    text = record.text.get(column)
    return None if text is None else aliases.ALIASES[column].get(aliases.normalised(text), "unknown")


def mapped_or_text(record: Record, column: str) -> tuple | None:
    """For comparing two records: the mapped value, or the normalised text where there is no alias."""
    text = record.text.get(column)
    if text is None:
        return None
    plain = aliases.normalised(text)
    canonical = aliases.ALIASES[column].get(plain)
    return ("mapped", canonical) if canonical else ("text", plain)


def counts_as_given(record: Record) -> bool:
    """Whether an administration's status says that something was given: completed, stopped, in progress, missing."""
    return mapped(record, "status") in aliases.COUNTED_STATUSES


def is_required(record: Record, column: str) -> bool:
    """Whether this record must have a value in this column.

    Besides the always required ones: a weight needs its unit; dose and dose_unit may be missing where the
    administration's status does not count.
    """
    if column in record.not_required or column in record.also_required:
        return column in record.also_required
    if record.table == "vitals" and column == "unit":
        return mapped(record, "vital") == "weight"
    if record.table == "medication_administrations" and column in ("dose", "dose_unit") and not counts_as_given(record):
        return False
    return next(known.required for known in TABLES[record.table].columns if known.name == column)


def is_unknown_weight_unit(record: Record, column: str) -> bool:
    """Whether this is the unit of a weight and no unit of weight."""
    return (
        (record.table, column) == ("vitals", "unit")
        and mapped(record, "vital") == "weight"
        and mapped(record, "unit") not in aliases.WEIGHT_UNITS
    )


def reason_alone(record: Record) -> str | None:
    """The first reason that one record shows without any other record: malformed, restricted, missing, unparsable.

    Fills `record.value` with the parsed values. Among several columns the first of the table counts.
    """
    if record.is_malformed:
        return "malformed"
    if record.restricted_label is not None:
        return f"restricted:{record.restricted_label}"
    if record.own_reason is not None:
        return record.own_reason
    columns = TABLES[record.table].columns if record.table != UNUSED else ()
    for column in columns:
        if record.text.get(column.name) is None and is_required(record, column.name):
            return f"missing:{column.name}"
    for column in columns:
        text = record.text.get(column.name)
        if text is None:
            continue
        if column.kind != "text":
            try:
                record.value[column.name] = PARSERS[column.kind](text)
            except ValueError:
                return f"unparsable:{column.name}"
            if column.name in record.meaningless:
                del record.value[column.name]
        elif is_unknown_weight_unit(record, column.name):
            return "unparsable:unit"
    return None


def weight_kg(record: Record) -> Fraction:
    """A weight in kilograms, exactly (1 lb = 0.45359237 kg, 1 oz = 1/16 lb)."""
    return record.value["value"] * aliases.WEIGHT_UNITS[mapped(record, "unit")]


def is_day_in_range(record: Record, column: str, day: datetime.date, birth_date: datetime.date | None) -> bool:
    """Whether a date lies where it can: from the birth date and 1990 on, up to the day after the delivery.

    The birth date itself lies in 1900-01-02 .. delivery; some dates have no floor, a planned stop has no ceiling.
    """
    if column == "birth_date":
        return FIRST_BIRTH_DATE <= day <= record.delivered_on
    if birth_date is not None and day < birth_date:
        return False
    place = (record.table, column)
    if place not in WITHOUT_FLOOR and day < FLOOR:
        return False
    return place in WITHOUT_CEILING or day <= record.delivered_on + datetime.timedelta(days=1)


def reason_of_range(record: Record, birth_date: datetime.date | None, instrument: str | None) -> str | None:
    """The first column whose value lies outside its range, or None.

    `birth_date` is the patient's, None where there is no valid patient. `instrument` is the one whose ranges hold:
    the form's own, or for an answer that of the newest valid version of its form.
    """
    scored = aliases.SCORED.get(instrument)
    for column in TABLES[record.table].columns:
        value = record.value.get(column.name)
        if value is None or column.name == "updated_at":
            continue
        if column.kind in ("date", "timestamp"):
            day = value if column.kind == "date" else value.day
            is_fine = is_day_in_range(record, column.name, day, birth_date)
        elif column.name == "value":
            is_weight = mapped(record, "vital") == "weight"
            is_fine = not is_weight or WEIGHT_RANGE[0] <= weight_kg(record) <= WEIGHT_RANGE[1]
        elif column.name == "dose":
            is_fine = value > 0 or (value == 0 and not counts_as_given(record))
        elif column.name == "recall_days":
            is_fine = RECALL_RANGE[0] <= value <= RECALL_RANGE[1]
        elif column.name == "total_score":
            is_fine = scored is None or 0 <= value <= scored["total_max"]
        elif column.name == "item_number":
            is_fine = scored is None or 1 <= value <= scored["items"]
        elif column.name == "response":
            is_fine = scored is None or 0 <= value <= scored["item_max"]
        else:
            is_fine = True
        if not is_fine:
            return f"out_of_range:{column.name}"
    return None


def key_of(record: Record) -> tuple:
    """(site, id ...) of a parsed record; the item number counts as a number."""
    return (record.site_id, *(record.value.get(name, record.text[name]) for name in TABLES[record.table].key))


def recency(record: Record) -> tuple:
    """Sorting key of versions: updated_at (missing is oldest), then delivery day, file name, row number."""
    updated_at = record.value.get("updated_at")
    return (
        updated_at is not None,
        updated_at.instant if updated_at else datetime.datetime.min,
        record.delivered_on,
        record.file,
        record.row_number,
        record.position,
    )


def place_of(record: Record) -> tuple:
    """Where a record lies: its line."""
    return record.site_id, record.delivered_on, record.file, record.row_number


def newest(records: Iterable[Record]) -> dict[tuple, Record]:
    """key -> newest version among the records that are not quarantined."""
    latest: dict[tuple, Record] = {}
    for record in records:
        if record.reason is None:
            record.key = key_of(record)
            if record.key not in latest or recency(record) > recency(latest[record.key]):
                latest[record.key] = record
    return latest


def is_test_patient(patient: Record) -> bool:
    """Whether a patient row says so itself, or its last name alone or first and last name is a test name."""
    if patient.value.get("is_test"):
        return True
    first, last = (
        "".join(letter for letter in (patient.text.get(column) or "").lower() if letter.isalpha())
        for column in ("first_name", "last_name")
    )
    return last in aliases.TEST_NAMES or first + last in aliases.TEST_NAMES


def follow_merges(patients: dict[tuple, Record]) -> tuple[dict[tuple, tuple], set[tuple]]:
    """(patient -> surviving patient, patients on a chain that loops or ends at nobody).

    Chains are followed once, over the newest valid versions, within a site.
    """
    survivors: dict[tuple, tuple] = {}
    broken: set[tuple] = set()
    for key in patients:
        chain = [key]
        while True:
            target = patients[chain[-1]].text.get("merged_into")
            if target is None:
                survivors[key] = chain[-1]
                break
            step = (key[0], target)
            if step in chain or step not in patients:
                broken |= set(chain)
                break
            chain.append(step)
    return {key: end for key, end in survivors.items() if key not in broken}, broken


def ingredient(record: Record) -> str | None:
    """`ketamine`, `esketamine` or None: by RxNorm code where it is one of theirs, otherwise by name.

    The name is tested with everything but letters removed, esketamine / sketamine / spravato first.
    """
    code = record.text.get("rxnorm_code")
    if code in aliases.KETAMINE_CODES:
        return "ketamine"
    if code in aliases.ESKETAMINE_CODES:
        return "esketamine"
    name = "".join(letter for letter in record.text["medication"].lower() if letter.isalpha())
    if any(part in name for part in ("esketamine", "sketamine", "spravato")):
        return "esketamine"
    return "ketamine" if any(part in name for part in ("ketamine", "ketalar")) else None


class Fates:
    """All records with their fates, and the lookups that later steps need.

    survivors: (site, patient_id) -> (site, surviving patient_id) for every valid patient
    current: table -> key -> the accepted record
    answers: (site, assessment_id) -> {item_number: response} of accepted answers
    """

    def __init__(self, records: list[Record]) -> None:
        """Decide every fate of `records` (they are changed in place)."""
        self.tables: dict[str, list[Record]] = {name: [] for name in (*TABLES, UNUSED)}
        for record in records:
            record.reason = reason_alone(record)
            self.tables[record.table].append(record)
        self.latest: dict[str, dict[tuple, Record]] = {}
        self._judge_patients()
        for name, table in TABLES.items():
            if table.parent_table == "patients":
                self._judge_children_of_patients(name)
        self._judge_answers()
        self._retract_and_supersede()
        self._find_duplicates()
        for record in records:
            record.fate = record.fate or "accepted"
        self.current = {
            name: {record.key: record for record in rows if record.fate == "accepted"}
            for name, rows in self.tables.items()
            if name != UNUSED
        }

    def _judge_patients(self) -> None:
        """Ranges of patient rows by their own birth date, then merge chains."""
        rows = self.tables["patients"]
        for record in rows:
            if record.reason is None:
                record.reason = reason_of_range(record, record.value["birth_date"], None)
        self.survivors, broken = follow_merges(newest(rows))
        for record in rows:
            if record.reason is None and record.key in broken:
                record.reason = "out_of_range:merged_into"
        self.latest["patients"] = newest(rows)

    def _judge_children_of_patients(self, name: str) -> None:
        """Ranges by the birth date of the patient that the record names (before merges), then orphans."""
        patients = self.latest["patients"]
        for record in self.tables[name]:
            if record.reason is not None:
                continue
            patient = patients.get((record.site_id, record.text["patient_id"]))
            instrument = mapped(record, "instrument") if name == "assessments" else None
            record.reason = reason_of_range(record, patient.value["birth_date"] if patient else None, instrument)
            if record.reason is None and patient is None:
                record.reason = "orphan:patient_id"
        self.latest[name] = newest(self.tables[name])

    def _judge_answers(self) -> None:
        """Item ranges by the form, then orphans. The form: see `form_of`.

        An answer that stands inside a form is never newer than that version of its form.
        """
        self.lines = {(*place_of(form), form.text.get("assessment_id")): form for form in self.tables["assessments"]}
        rows = self.tables["assessment_responses"]
        for record in rows:
            if record.reason is not None:
                continue
            form = self.form_of(record)
            record.reason = reason_of_range(record, None, mapped(form, "instrument") if form else None)
            if record.reason is None and (form is None or form.reason is not None):
                record.reason = "orphan:assessment_id"
        self.latest["assessment_responses"] = newest(
            record for record in rows if record.reason is not None or not self.is_of_older_form(record)
        )

    def form_of(self, answer: Record) -> Record | None:
        """The form of an answer: the one on its own line if it stands inside one, else the newest valid version."""
        if answer.is_part:
            return self.lines.get((*place_of(answer), answer.text["assessment_id"]))
        return self.latest["assessments"].get((answer.site_id, answer.text["assessment_id"]))

    def is_of_older_form(self, answer: Record) -> bool:
        """Whether an answer stands inside a version of its form that is not the newest one."""
        form = self.form_of(answer)
        return answer.is_part and self.latest["assessments"].get(form.key) is not form

    def names_test_patient(self, record: Record) -> bool:
        """Whether the patient that the record names, or the one that survives its merges, is a test patient.

        A patient whose newest version was deleted takes the records along in the same way.
        """
        patients = self.latest["patients"]
        named = (record.site_id, record.text["patient_id"])
        return any(is_test_patient(patients[key]) or patients[key].is_deleted for key in {named, self.survivors[named]})

    def _retract_and_supersede(self) -> None:
        """Quarantined first; then retracted by the newest status, by a test patient, by the form; then superseded."""
        for record in self.tables[UNUSED]:
            record.fate = "accepted" if record.reason is None else "quarantined"
        for name in TABLES:
            rows = self.tables[name]
            for record in rows:
                if record.reason is not None:
                    record.fate = "quarantined"
                    continue
                if name == "assessment_responses":
                    is_retracted = self.form_of(record).fate == "retracted"
                    if not is_retracted and self.is_of_older_form(record):
                        record.fate = "superseded"
                        continue
                else:
                    is_retracted = self.names_test_patient(record)
                latest = self.latest[name].get(key_of(record), record)
                is_void = mapped(latest, "status") in aliases.RETRACTING_STATUSES
                if is_retracted or latest.is_deleted or is_void:
                    record.fate = "retracted"
                elif latest is not record or (name == "patients" and record.text.get("merged_into")):
                    record.fate = "superseded"

    def survivor(self, record: Record) -> tuple:
        """(site, patient_id) of the surviving patient whose the record is."""
        return self.survivors[(record.site_id, record.text["patient_id"])]

    def _find_duplicates(self) -> None:
        """The same administration or the same form under another key: one stays."""
        self.answers: dict[tuple, dict[int, int]] = defaultdict(dict)
        for key, record in self.latest["assessment_responses"].items():
            if record.fate is None:
                self.answers[key[:2]][record.value["item_number"]] = record.value["response"]
        mark_forms_given_twice(self)
        groups: dict[tuple, list[Record]] = defaultdict(list)
        for record in self.tables["medication_administrations"]:
            if record.fate is None and counts_as_given(record):
                groups[("administration", self.survivor(record), *self._administration_event(record))].append(record)
        for record in self.tables["assessments"]:
            completed_at = record.value.get("completed_at")
            if record.fate is None and completed_at is not None:
                event = (self.survivor(record), mapped_or_text(record, "instrument"), completed_at)
                groups[("assessment", *event)].append(record)
        for group in groups.values():
            ranked = sorted(group, key=lambda record: (-len(self.answers.get(record.key, {})), record.key[1]))
            for record in ranked[1:]:
                record.fate = "duplicate"

    @staticmethod
    def _administration_event(record: Record) -> tuple:
        """What makes two administrations the same event: time, ingredient, route, dose as a number and unit."""
        substance = ingredient(record)
        name = ("ingredient", substance) if substance else ("name", aliases.normalised(record.text["medication"]))
        return (
            record.value["started_at"],
            name,
            mapped_or_text(record, "route"),
            record.value.get("dose"),
            mapped_or_text(record, "dose_unit"),
        )
