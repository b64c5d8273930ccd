"""How the text of a delivery is read: dates, times, numbers, booleans, missing and unparsable columns.

Expected values are written down from the rules for raw deliveries, case by case.
"""

from __future__ import annotations

from datetime import date, datetime

import pytest

from tests.integration.rule_bench import Bench, compile_project

# Text of a date or timestamp -> (day, time or None where only the day is known); None: does not parse.
MOMENTS: dict[str, tuple[date, datetime | None] | None] = {
    "2024-02-29": (date(2024, 2, 29), None),
    "02/29/2024": (date(2024, 2, 29), None),
    "2024-02-29 10:20": (date(2024, 2, 29), datetime(2024, 2, 29, 10, 20)),
    "2024-02-29T10:20:30": (date(2024, 2, 29), datetime(2024, 2, 29, 10, 20, 30)),
    "02/29/2024 23:59:59": (date(2024, 2, 29), datetime(2024, 2, 29, 23, 59, 59)),
    "02/29/2024T00:00:01": (date(2024, 2, 29), datetime(2024, 2, 29, 0, 0, 1)),
    "2024-02-29 10:20:30.5": (date(2024, 2, 29), datetime(2024, 2, 29, 10, 20, 30, 500000)),
    "2024-02-29 00:00:00.000001": (date(2024, 2, 29), datetime(2024, 2, 29, 0, 0, 0, 1)),
    # The offset is read and dropped: the wall clock of the clinic stands.
    "2024-02-29T23:30:00Z": (date(2024, 2, 29), datetime(2024, 2, 29, 23, 30)),
    "2024-02-29T23:30:00-08:00": (date(2024, 2, 29), datetime(2024, 2, 29, 23, 30)),
    "2024-02-29T23:30:00+0530": (date(2024, 2, 29), datetime(2024, 2, 29, 23, 30)),
    "2024-02-29T23:30+02": (date(2024, 2, 29), datetime(2024, 2, 29, 23, 30)),
    "2024-02-29T10:20:30.123456Z": (date(2024, 2, 29), datetime(2024, 2, 29, 10, 20, 30, 123456)),
    # Exactly midnight is an unknown time, however it is written.
    "2024-02-29 00:00": (date(2024, 2, 29), None),
    "2024-02-29T00:00:00.000": (date(2024, 2, 29), None),
    "2024-02-29T00:00:00+02:00": (date(2024, 2, 29), None),
    "2024-02-29 00:00:00Z": (date(2024, 2, 29), None),
    "1990-01-01 00:01": (date(1990, 1, 1), datetime(1990, 1, 1, 0, 1)),
    "2023-02-29": None,
    "2024-13-01": None,
    "13/01/2024": None,
    "2024-00-10": None,
    "0000-01-01": None,
    "3/4/2024": None,
    "2024-3-4": None,
    "24-03-04": None,
    "03-04-2024": None,
    "2024/03/04": None,
    "20240304": None,
    "03/04/24": None,
    "4 March 2024": None,
    "2024-03-04 24:00": None,
    "2024-03-04 10:60": None,
    "2024-03-04 10:20:60": None,
    "2024-03-04 1:20": None,
    "2024-03-04 10": None,
    "2024-03-04 10:20 PM": None,
    "2024-03-04 10:20:30.": None,
    "2024-03-04 10:20:30.1234567": None,
    "2024-03-04 10:20.5": None,
    "2024-03-04  10:20": None,
    "2024-03-04T10:20 Z": None,
    "2024-03-04T10:20+2": None,
    "2024-03-04T10:20+02:0": None,
    "2024-03-04Z": None,
    "2024-03-04T": None,
    "today": None,
}

# Text of a number -> number; None: does not parse.
NUMBERS: dict[str, float | None] = {
    "0": 0.0,
    "80": 80.0,
    "+80": 80.0,
    "-80": -80.0,
    "80.": 80.0,
    ".5": 0.5,
    "-.5": -0.5,
    "080.50": 80.5,
    "1,02": None,
    "47/80": None,
    "180 lb": None,
    "1e3": None,
    "NaN": None,
    "inf": None,
    "0x10": None,
    ".": None,
    "+": None,
    "- 5": None,
    "--5": None,
    "1_000": None,
    "1.2.3": None,
    "٣": None,
}

# Text of a whole number -> number; None: does not parse.
WHOLE_NUMBERS: dict[str, float | None] = {
    "3": 3.0,
    "3.0": 3.0,
    "3.": 3.0,
    "01": 1.0,
    "-0": 0.0,
    "+7": 7.0,
    "-1": -1.0,
    "2.5": None,
    ".5": None,
    "three": None,
    "1e1": None,
    "3,0": None,
}

# Text of a boolean -> value; None: does not parse.
BOOLEANS: dict[str, bool | None] = {
    **dict.fromkeys(["true", "TRUE", "True", "t", "T", "yes", "Yes", "y", "Y", "1"], True),
    **dict.fromkeys(["false", "FALSE", "f", "F", "no", "NO", "n", "N", "0"], False),
    **dict.fromkeys(["2", "on", "off", "x", "ja", "1.0", "null", "tru"], None),
}

# Required columns of each table in the order in which they are missed. The dose, its unit and the unit of a weight
# depend on other values: the vetting models look after them.
REQUIRED = {
    "patients": ["patient_id", "birth_date"],
    "diagnoses": ["diagnosis_id", "patient_id", "code", "recorded_at"],
    "medication_administrations": ["administration_id", "patient_id", "medication", "started_at"],
    "medications": ["medication_id", "patient_id", "medication"],
    "vitals": ["vital_id", "patient_id", "vital", "value", "measured_at"],
    "assessments": ["assessment_id", "patient_id", "instrument", "status"],
    "assessment_responses": ["assessment_id", "item_number", "response"],
    "adverse_events": ["adverse_event_id", "patient_id", "event", "started_at"],
}

# Typed columns of each table in the order in which they are looked at, with a text that parses.
TYPED = {
    "patients": {"birth_date": "1980-01-01", "deceased_on": "2024-01-01", "is_test": "no"},
    "diagnoses": {"onset_on": "2020-01-01", "resolved_on": "2021-01-01", "recorded_at": "2022-01-01"},
    "medication_administrations": {
        "dose": "50",
        "concentration_mg_per_ml": "10",
        "started_at": "2024-01-01 10:00",
        "ended_at": "2024-01-01 10:40",
    },
    "medications": {"started_on": "2020-01-01", "stopped_on": "2021-01-01"},
    "vitals": {"value": "80", "measured_at": "2024-01-01"},
    "assessments": {
        "recall_days": "30",
        "sent_at": "2024-01-01",
        "started_at": "2024-01-01",
        "completed_at": "2024-01-01",
        "total_score": "40",
    },
    "assessment_responses": {"item_number": "1", "response": "2"},
    "adverse_events": {"started_at": "2024-01-01"},
}


@pytest.fixture(scope="module")
def bench() -> Bench:
    return Bench(compile_project())


def staged(bench: Bench, table: str, rows: list[dict], columns: str) -> list[tuple]:
    """`columns` of the staging model for the given raw records, in their order."""
    bench.deliver(table, rows)
    bench.build(f"staging.stg_ehr__{table}")
    return bench.rows(f"select {columns} from staging.stg_ehr__{table} order by row_number")


def test_dates_and_timestamps(bench):
    found = staged(
        bench,
        "vitals",
        [{"measured_at": text} for text in MOMENTS],
        "measured_on, measured_at, unparsable_column",
    )
    for (text, expected), (day, moment, unparsable) in zip(MOMENTS.items(), found, strict=True):
        if expected is None:
            assert (day, moment, unparsable) == (None, None, "measured_at"), text
        else:
            assert (day, moment, unparsable) == (*expected, None), text


def test_a_date_column_ignores_the_time(bench):
    texts = ["1980-02-29 23:59:59", "02/29/1980T00:00Z", "1980-02-29"]
    found = staged(bench, "patients", [{"birth_date": text} for text in texts], "birth_date, unparsable_column")
    assert found == [(date(1980, 2, 29), None)] * 3


def test_updated_at_takes_a_day_for_its_start(bench):
    texts = ["2024-02-29", "2024-02-29 00:00:00", "2024-02-29T10:20Z", None]
    found = staged(bench, "vitals", [{"updated_at": text} for text in texts], "updated_at")
    midnight = datetime(2024, 2, 29)
    assert found == [(midnight,), (midnight,), (datetime(2024, 2, 29, 10, 20),), (None,)]


def test_numbers(bench):
    found = staged(
        bench, "vitals", [{"value": text} for text in NUMBERS], "measured_value, coalesce(unparsable_column, '')"
    )
    assert found == [(number, "" if number is not None else "value") for number in NUMBERS.values()]


def test_whole_numbers(bench):
    found = staged(
        bench,
        "assessments",
        [{"total_score": text} for text in WHOLE_NUMBERS],
        "total_score, coalesce(unparsable_column, '')",
    )
    assert found == [(number, "" if number is not None else "total_score") for number in WHOLE_NUMBERS.values()]


def test_booleans(bench):
    found = staged(
        bench,
        "patients",
        [{"is_test": text} for text in BOOLEANS],
        "is_test_patient, coalesce(unparsable_column, '')",
    )
    assert found == [(bool(value), "" if value is not None else "is_test") for value in BOOLEANS.values()]


def test_a_test_patient_is_marked_or_named(bench):
    rows = [
        {"is_test": None, "has_test_name": False},
        {"is_test": "no", "has_test_name": True},
        {"is_test": "yes", "has_test_name": False},
        {"is_test": None, "has_test_name": None},
    ]
    found = staged(bench, "patients", rows, "is_test_patient")
    assert found == [(False,), (True,), (True,), (False,)]


def test_zip_codes(bench):
    texts = {
        "94110": "941",
        "94110-1234": "941",
        "00501": "005",
        "9411": None,
        "941101": None,
        "94110-12": None,
        "SW1A": None,
    }
    texts |= {"94110 1234": None, "941-10": None}
    found = staged(bench, "patients", [{"zip_code": text} for text in texts], "zip3")
    assert found == [(prefix,) for prefix in texts.values()]


@pytest.mark.parametrize("table", REQUIRED)
def test_the_first_missing_column_is_told(bench, table):
    """With the first k required columns filled the next one is missed; with all of them none, whatever else lacks."""
    columns = REQUIRED[table]
    rows = [dict.fromkeys(columns[:filled], "1") for filled in range(len(columns) + 1)]
    found = staged(bench, table, rows, "missing_column")
    assert found == [(name,) for name in [*columns, None]]


@pytest.mark.parametrize("table", TYPED)
def test_the_first_unparsable_column_is_told(bench, table):
    """With the first k typed columns readable the next one is told, required or not; updated_at comes last."""
    readable = {**TYPED[table], "updated_at": "2024-01-01"}
    columns = list(readable)
    rows = [
        {name: readable[name] if place < filled else "?" for place, name in enumerate(columns)}
        for filled in range(len(columns) + 1)
    ]
    found = staged(bench, table, rows, "unparsable_column")
    assert found == [(name,) for name in [*columns, None]]


def test_missing_comes_before_unparsable_and_both_after_malformed(bench):
    rows = [
        {"patient_id": None, "birth_date": "?", "is_malformed": True},
        {"patient_id": None, "birth_date": "?"},
        {"patient_id": "p", "birth_date": "?"},
        {"patient_id": "p", "birth_date": "1899-12-31"},
    ]
    bench.deliver("patients", rows)
    bench.build("vetting.vetted_patients")
    reasons = bench.rows("select reason from vetting.vetted_patients order by row_number")
    assert reasons == [
        ("malformed",),
        ("missing:patient_id",),
        ("unparsable:birth_date",),
        ("out_of_range:birth_date",),
    ]


def test_quarantine_keeps_the_record_without_identifiers(bench):
    bench.deliver("patients", [{"patient_id": "p", "birth_date": "?", "sex": "f"}, {"is_malformed": True}])
    bench.build("audit.quarantine")
    found = bench.rows(
        """
        select
            reason,
            json_extract_string(raw_record, '$.patient_id'),
            json_extract_string(raw_record, '$.birth_date'),
            json_extract_string(raw_record, '$.last_name'),
            raw_record is null
        from audit.quarantine
        where table_name = 'patients'
        order by row_number
        """
    )
    assert found == [("unparsable:birth_date", "p", "?", "", False), ("malformed", None, None, None, True)]


def test_weights_are_read_as_decimals_from_their_text(bench):
    """A weight with a sign, a bare point or blanks in between is a number too, or none."""
    bench.deliver("patients", [{"patient_id": "p", "birth_date": "1980-01-01"}])
    texts = {
        "+80": None,
        "80.": None,
        ".08": "out_of_range:value",
        "80 kg": "unparsable:value",
        "180,5": "unparsable:value",
    }
    bench.deliver(
        "vitals",
        [
            {
                "vital_id": text,
                "patient_id": "p",
                "vital": "weight",
                "value": text,
                "unit": "kg",
                "measured_at": "2024-01-01",
            }
            for text in texts
        ],
    )
    bench.build("vetting.vetted_vitals")
    found = bench.rows("select vital_id, reason from vetting.vetted_vitals order by row_number")
    assert found == list(texts.items())
