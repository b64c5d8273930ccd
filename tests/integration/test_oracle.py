"""The independent reading itself, against values worked out by hand or published."""

import datetime
from fractions import Fraction
from pathlib import Path

import pytest

from tests.integration.edge_deliveries import write_edge_deliveries
from tests.integration.oracle import aliases, audit
from tests.integration.oracle.build import build
from tests.integration.oracle.fates import Fates, ingredient
from tests.integration.oracle.forms import (
    dsm5_pattern,
    place_columns,
    prorated_score,
    recall_contamination,
    score_columns,
    total_of_items,
)
from tests.integration.oracle.reading import Deliveries, Record, native_text, read_deliveries, tokenise
from tests.integration.oracle.sessions import Session, dose_facts, duration_minutes, induction, last_weight
from tests.integration.oracle.statistics import paired, quantile, smd_level, wilson
from tests.integration.oracle.studies import (
    add_responder_ever,
    change_category,
    code_set_holds,
    codes_in,
    full_years,
)
from tests.integration.oracle.values import (
    Moment,
    parse_boolean,
    parse_date,
    parse_integer,
    parse_number,
    parse_timestamp,
    zip3,
)

DAY = datetime.date(2024, 3, 4)
DELIVERED = datetime.date(2024, 6, 30)


def at(text: str) -> Moment:
    """A moment from its text."""
    return parse_timestamp(text)


def administration(**values: object) -> Record:
    """An administration with parsed values; text columns are given as text."""
    text = {"medication": "Ketamine", "dose_unit": "mg", "route": "IV", "status": None} | {
        name: value for name, value in values.items() if isinstance(value, str)
    }
    value = {"started_at": Moment(DAY, None)} | {
        name: value for name, value in values.items() if not isinstance(value, str)
    }
    return Record("07", DELIVERED, "a.csv", "medication_administrations", 1, text, False, value)


def sessions_on(*days: int, start: datetime.time | None = None) -> list[Session]:
    """Sessions of course 1 on the given days, all with the same start."""
    part = administration(started_at=Moment(DAY, start))
    return [
        Session(("07", "1"), DAY + datetime.timedelta(days=day), [part], number, 1, number, day, None,
                {"dose_mg_per_kg": None})
        for number, day in enumerate(days, start=1)
    ]  # fmt: skip


# --- tokens and values


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"a,b\n1,2\n", [([b"a", b"b"], False), ([b"1", b"2"], False)]),
        (b"a\r\n\r\n\n1", [([b"a"], False), ([b"1"], False)]),
        (b'"x\ny",2\n', [([b"x\ny", b"2"], False)]),
        (b'"a ""b""",2', [([b'a "b"', b"2"], False)]),
        (b'5" bag,2', [([b'5" bag', b"2"], False)]),
        (b' "a,b"\n', [([b' "a', b'b"'], False)]),
        (b'"a"x,"b\nc",2\n3', [([b"ax", b"b\nc", b"2"], True), ([b"3"], False)]),
        (b'1\n"a,\n2\n3\n', [([b"1"], False), ([b"a,\n2\n3\n"], True)]),
        (b",\n", [([b"", b""], False)]),
        (b'""\n', [([b""], False)]),
    ],
)
def test_tokenise(content: bytes, expected: list) -> None:
    """Line ends, empty lines, quotes inside, text behind a closing quote, a quote that never closes."""
    assert tokenise(content) == expected


@pytest.mark.parametrize(
    ("text", "day", "time"),
    [
        ("2024-03-04", DAY, None),
        ("03/04/2024", DAY, None),
        ("03/04/2024 09:30", DAY, datetime.time(9, 30)),
        ("2024-03-04T09:30:15.5Z", DAY, datetime.time(9, 30, 15, 500000)),
        ("2024-03-04 23:59:59.000001-0800", DAY, datetime.time(23, 59, 59, 1)),
        ("2024-03-04 00:00", DAY, None),
        ("2024-03-04 00:00:00.000", DAY, None),
        ("2024-03-04T00:00:00+02:00", DAY, None),
        ("2024-03-04T00:00:00.1+02", DAY, datetime.time(0, 0, 0, 100000)),
    ],
)
def test_timestamps(text: str, day: datetime.date, time: datetime.time | None) -> None:
    """Both notations; an offset is dropped; midnight is an unknown time."""
    assert parse_timestamp(text) == Moment(day, time)


@pytest.mark.parametrize(
    "text",
    ["3/4/2024", "2024-3-04", "2024-02-30", "2024-03-04 24:00", "2024-03-04 9:30", "2024-03-04  09:30", "x",
     "2024-03-04 09:30:00.1234567", "2024-03-04 09:30 +02:00", "2024-03-04t09:30", "2024-03-04 09:30:60",
     "2024-03-04Z", "0000-01-01"],
)  # fmt: skip
def test_no_timestamps(text: str) -> None:
    """Anything else does not parse."""
    with pytest.raises(ValueError):  # noqa: PT011 - the message belongs to whoever raises it
        parse_timestamp(text)


def test_numbers_are_exact() -> None:
    """Digits with an optional sign and point; whole numbers in any spelling."""
    assert [parse_number(text) for text in ("1.", ".5", "+2.50", "-0")] == [1, Fraction(1, 2), Fraction(5, 2), 0]
    assert [parse_integer(text) for text in ("3", "03", "3.0", "3.")] == [3, 3, 3, 3]
    assert parse_date("2024-03-04 10:00") == DAY
    assert parse_boolean("Y") is True
    assert parse_boolean("f") is False


@pytest.mark.parametrize("text", ["1,02", "47/80", "180 lb", "1e3", "NaN", ".", "", "１", "- 1"])
def test_no_numbers(text: str) -> None:
    """A comma, a unit, an exponent, a fraction: not a number."""
    with pytest.raises(ValueError):  # noqa: PT011 - the message belongs to whoever raises it
        parse_number(text)
    with pytest.raises(ValueError):  # noqa: PT011
        parse_integer("2.5")


def test_small_values() -> None:
    """Zip codes, native Parquet values."""
    assert [zip3(text, aliases.SPARSE_ZIP3) for text in ("03601", "12345-6789", "1234", "123456789", None)] == [
        "000", "123", None, None, None,
    ]  # fmt: skip
    assert len(aliases.SPARSE_ZIP3) == 17
    assert [native_text(value) for value in (True, 7, 0.1, 1e-7, None, DAY)] == [
        "true", "7", "0.1", "0.0000001", None, "2024-03-04",
    ]  # fmt: skip


# --- fates


def deliver(folder: Path, table: str, text: str, day: str = "2024-06-30", name: str = "csv") -> None:
    """Write one file of one delivery of site 07."""
    path = folder / "ehr" / "site=07" / f"delivered_on={day}" / f"{table}.{name}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def fates_of(folder: Path, table: str) -> dict[tuple, str]:
    """(delivery day, row number) -> reason or fate of one table."""
    found = read_deliveries(folder)
    Fates(found.records)
    return {
        (str(record.delivered_on), record.row_number): record.reason or record.fate
        for record in found.records
        if record.table == table
    }


def test_merges(tmp_path: Path) -> None:
    """A chain is followed to its end; a loop, what leads into it, and a dangling end are quarantined."""
    deliver(
        tmp_path, "patients",
        "patient_id,birth_date,merged_into,is_test\na,1980-01-01,b,\nb,1980-01-01,c,\nc,1980-01-01,,\n"
        "d,1980-01-01,e,\ne,1980-01-01,f,\nf,1980-01-01,e,\ng,1980-01-01,nobody,\nh,1980-01-01,t,\nt,1980-01-01,,yes\n",
    )  # fmt: skip
    deliver(tmp_path, "adverse_events", "adverse_event_id,patient_id,event,started_at\n" + "".join(
        f"{patient},{patient},nausea,2024-03-04\n" for patient in "acdght"))  # fmt: skip
    bad = "out_of_range:merged_into"
    assert list(fates_of(tmp_path, "patients").values()) == [
        "superseded", "superseded", "accepted", bad, bad, bad, bad, "retracted", "retracted",
    ]  # fmt: skip
    orphan = "orphan:patient_id"
    assert list(fates_of(tmp_path, "adverse_events").values()) == [
        "accepted", "accepted", orphan, orphan, "retracted", "retracted",
    ]  # fmt: skip


def test_versions(tmp_path: Path) -> None:
    """Newest by updated_at, then delivery; a quarantined version supersedes nothing; a retraction takes all along."""
    header = "administration_id,patient_id,medication,dose,dose_unit,started_at,status,updated_at\n"
    deliver(tmp_path, "patients", "patient_id,birth_date\n1,1980-01-01\n")
    deliver(
        tmp_path, "medication_administrations",
        header + "a,1,Ketamine,50,mg,2024-03-04,,2024-05-01\nb,1,Ketamine,51,mg,2024-03-04,,\n"
        "c,1,Ketamine,52,mg,2024-03-04,,\nd,1,Ketamine,,,2024-03-04,not-done,\ne,1,Ketamine,,,2024-03-04,zebra,\n"
        "f,1,Ketamine,0,mg,2024-03-04,,\ng,1,Ketamine,1e3,mg,,,\n",
    )  # fmt: skip
    deliver(
        tmp_path, "medication_administrations",
        header + "a,1,Ketamine,60,mg,2024-03-04,,\nb,1,Ketamine,61,mg,2024-03-04,,\nb,1,Ketamine,x,mg,2024-03-04,,\n"
        "c,1,Ketamine,52,mg,2024-03-04,void,\n",
        day="2024-07-31",
    )  # fmt: skip
    assert fates_of(tmp_path, "medication_administrations") == {
        ("2024-06-30", 1): "accepted",
        ("2024-06-30", 2): "superseded",
        ("2024-06-30", 3): "retracted",
        ("2024-06-30", 4): "accepted",
        ("2024-06-30", 5): "accepted",
        ("2024-06-30", 6): "out_of_range:dose",
        ("2024-06-30", 7): "missing:started_at",
        ("2024-07-31", 1): "superseded",
        ("2024-07-31", 2): "accepted",
        ("2024-07-31", 3): "unparsable:dose",
        ("2024-07-31", 4): "retracted",
    }


def test_duplicates(tmp_path: Path) -> None:
    """The same event under another id: numbers and mapped words compared; more answers win, then the smallest id."""
    deliver(tmp_path, "patients", "patient_id,birth_date,merged_into\n1,1980-01-01,\n2,1980-01-01,1\n")
    deliver(
        tmp_path, "medication_administrations",
        "administration_id,patient_id,medication,route,dose,dose_unit,started_at,status\n"
        "b,1,Ketamine,IV,50,mg,2024-03-04,\na,2,Ketalar,intravenous,50.0,MG,2024-03-04 00:00,stopped\n"
        "c,1,Ketamine,IV,50,mg,2024-03-04,not-done\nd,1,Ketamine,,50,mg,2024-03-04,\n",
    )  # fmt: skip
    assert list(fates_of(tmp_path, "medication_administrations").values()) == [
        "duplicate", "accepted", "accepted", "accepted",
    ]  # fmt: skip
    deliver(
        tmp_path, "assessments",
        "assessment_id,patient_id,instrument,completed_at,status\n"
        "a,1,PHQ-9,2024-03-04,completed\nb,2,phq 9,03/04/2024,sent\nc,1,PHQ-9,,completed\nd,1,PHQ-9,,completed\n",
    )  # fmt: skip
    answers = "b,1,1\nb,10,1\nb,2,2.5\nx,1,1\n,1,1\nb,01,2\n"
    deliver(tmp_path, "assessment_responses", "assessment_id,item_number,response\n" + answers)
    assert list(fates_of(tmp_path, "assessments").values()) == ["duplicate", "accepted", "accepted", "accepted"]
    assert list(fates_of(tmp_path, "assessment_responses").values()) == [
        "superseded", "out_of_range:item_number", "unparsable:response", "orphan:assessment_id",
        "missing:assessment_id", "accepted",
    ]  # fmt: skip


def test_ranges_of_days_and_weights(tmp_path: Path) -> None:
    """A day from birth and 1990 on until the day after the delivery; 25..350 kg compared exactly after conversion."""
    deliver(tmp_path, "patients", "patient_id,birth_date\n1,1995-01-01\n2,1900-01-01\n3,1900-01-02\n4,2024-07-01\n")
    assert list(fates_of(tmp_path, "patients").values()) == [
        "accepted", "out_of_range:birth_date", "accepted", "out_of_range:birth_date",
    ]  # fmt: skip
    rows = ["1,25,kg,2024-07-01 23:00", "1,25,kg,2024-07-02", "1,24.99,kg,2024-01-01", "1,55.2,lb,1994-12-31",
            "3,55.1,lb,1990-01-01", "3,55.2,lb,1989-12-31", "2,70,kg,2024-01-01", "1,70,,2024-01-01",
            "1,x,mmHg,2024-01-01", "1,70,mmHg,2024-01-01"]  # fmt: skip
    deliver(
        tmp_path,
        "vitals",
        "vital_id,vital,patient_id,value,unit,measured_at\n"
        + "".join(f"{number},weight,{row}\n" for number, row in enumerate(rows)),
    )
    assert list(fates_of(tmp_path, "vitals").values()) == [
        "accepted", "out_of_range:measured_at", "out_of_range:value", "out_of_range:measured_at", "out_of_range:value",
        "out_of_range:measured_at", "orphan:patient_id", "missing:unit", "unparsable:value", "unparsable:unit",
    ]  # fmt: skip


def test_files(tmp_path: Path) -> None:
    """Refused, empty and header-only files; unknown columns."""
    deliver(tmp_path, "patients", "patient_id, Birth_Date ,Note\n1,1980-01-01,x\n")
    deliver(tmp_path, "vitals", "")
    deliver(tmp_path, "diagnoses", "diagnosis_id,patient_id,code,recorded_at,CODE\n")
    deliver(tmp_path, "medications", "medication_id,patient_id,medication\n")
    deliver(tmp_path, "adverse_events", "no gzip", name="csv.gz")
    found = read_deliveries(tmp_path)
    Fates(found.records)
    day = DELIVERED
    assert {place[2]: reason for place, (_, reason) in found.refused.items()} == {
        "vitals.csv": "missing:vital_id", "diagnoses.csv": "duplicate:code", "adverse_events.csv.gz": "unreadable",
    }  # fmt: skip
    assert found.ignored_columns == {("07", day, "patients.csv", "note")}
    accounting = audit.row_accounting(found)
    assert accounting[("07", day, "medications.csv")]["records_read"] == 0
    assert accounting[("07", day, "patients.csv")]["accepted"] == 1
    assert isinstance(found, Deliveries)


# --- sessions and doses


@pytest.mark.parametrize(
    ("name", "code", "expected"),
    [("Ketamine HCl", None, "ketamine"), ("S-Ketamine", None, "esketamine"), ("Spravato", "6130", "ketamine"),
     ("Ketalar", "2119365", "esketamine"), ("Bolus ketamine", None, "esketamine"), ("Ketorolac", "6103", None)],
)  # fmt: skip
def test_ingredient(name: str, code: str | None, expected: str | None) -> None:
    """By code where it is one of theirs, otherwise by the letters of the name, esketamine first."""
    record = administration(medication=name)
    record.text["rxnorm_code"] = code
    assert ingredient(record) == expected


@pytest.mark.parametrize(
    ("dose", "unit", "weight", "age", "expected"),
    [
        ("7", "mg", "70", 30, (7, "0.1", "0.1", "A", None, None)),
        ("6.993", "mg", "70", 31, ("6.993", None, "0.0999", "B", "implausible", "0.2202417999")),
        ("1.2", "mg", "60", 31, ("1.2", None, "0.02", "B", "implausible", "1.2")),
        ("210", "mg", "70", 0, (210, "3", "3", "A", None, None)),
        ("8.16466266", "mg", "81.6466266", 0, ("8.16466266", "0.1", "0.1", "A", None, None)),
        ("35000", "mcg", "70", 0, (35, "0.5", "0.5", "A", None, None)),
        ("0.5", "mg", "70", 0, ("0.5", None, "0.0071428571", "A", "implausible", "0.5")),
        ("75", "mg/kg", "75", 0, (5625, None, "75", "C", "implausible", "1")),
        ("1", "mg/kg", None, None, (None, "1", "1", "C", None, None)),
        ("35", "mg", None, None, (35, None, None, "X", None, None)),
        ("4", "vials", "70", 0, (None, None, None, "X", None, None)),
        ("1", "mL", "70", 0, (None, None, None, "X", None, None)),
    ],
)
def test_doses(dose: str, unit: str, weight: str | None, age: int | None, expected: tuple) -> None:
    """dose_mg, plausible and raw mg/kg, method, issue, suggestion."""
    kilograms = None if weight is None else Fraction(weight)
    facts = dose_facts([administration(dose=Fraction(dose), dose_unit=unit)], kilograms, age)
    names = ("dose_mg", "dose_mg_per_kg", "dose_mg_per_kg_raw", "dose_method", "dose_issue", "dose_mg_per_kg_suggested")
    for name, value in zip(names, expected, strict=True):
        if value is None or name in ("dose_method", "dose_issue"):
            assert facts[name] == value, name
        else:
            assert float(facts[name]) == pytest.approx(float(value), abs=1e-9), name


def test_mixed_parts() -> None:
    """mg and mg/kg together are summed as milligrams, and the worst method counts."""
    parts = [administration(dose=Fraction(35)), administration(dose=Fraction(1, 2), dose_unit="mg/kg")]
    facts = dose_facts(parts, Fraction(70), 3)
    assert (facts["dose_mg"], facts["dose_mg_per_kg"], facts["dose_method"]) == (70, 1, "C")
    assert dose_facts(parts, None, None)["dose_method"] == "X"


def test_last_weight() -> None:
    """The latest by day, then time (unknown first), then id; 365 days old is in, 366 is out."""
    day = datetime.timedelta(days=1)
    assert last_weight([(*Moment(DAY - 365 * day, None).order, "a", Fraction(70))], DAY) == (70, 365)
    assert last_weight([(*Moment(DAY - 366 * day, None).order, "a", Fraction(70))], DAY) == (None, None)
    known = (*at("2024-03-04 00:01").order, "a", Fraction(71))
    assert last_weight([(*Moment(DAY, None).order, "z", Fraction(70)), known], DAY) == (71, 0)
    assert last_weight([known, (*known[:3], "b", Fraction(72))], DAY) == (72, 0)


def test_duration() -> None:
    """Whole minutes cut off, over midnight too; negative is null."""
    session = sessions_on(0, start=datetime.time(23, 30, 30))[0]
    for end, expected in (("2024-03-05 00:10:29", 39), ("2024-03-04 23:30:29", None), ("2024-03-05", None)):
        session.parts = [administration(started_at=at("2024-03-04 23:30:30"), ended_at=at(end))]
        assert duration_minutes(session) == expected


@pytest.mark.parametrize(
    ("days", "met", "final"),
    [
        ((0, 7, 14, 28), (True, True, False), (4, 4, 4)),
        ((0, 7, 14, 29), (False, False, False), (4, 3, 4)),
        ((0, 2, 4, 6), (True, False, False), (4, 4, 4)),
        ((0, 4, 8, 12, 16, 21), (True, True, True), (4, 6, 6)),
        ((0, 4, 8, 12, 16, 22), (True, True, False), (4, 6, 6)),
        ((0, 3, 6, 9, 12, 15, 18, 21, 28), (True, False, True), (4, 9, 6)),
        ((0,), (False, False, False), (1, 1, 1)),
    ],
)
def test_inductions(days: tuple, met: tuple, final: tuple) -> None:
    """Day 28 is in, day 29 is out; nine are too many; a span of seven days is needed where it is."""
    results = [induction(sessions_on(*days), definition) for definition in aliases.DEFINITIONS.values()]
    assert tuple(result["is_met"] for result in results) == met
    assert tuple(result["final_infusion_number"] for result in results) == final


# --- forms


def test_scores() -> None:
    """Totals, mismatches, reported totals, and proration only within its limits."""
    qids = dict.fromkeys(range(1, 17), 1) | {4: 3, 15: 2}
    assert total_of_items("QIDS-SR16", qids) == 3 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 2
    phq = dict.fromkeys(range(1, 10), 2)
    assert score_columns("PHQ-9", phq, 17)["is_total_mismatch"] is True
    assert score_columns("PHQ-9", {}, 17)["score_source"] == "reported"
    assert score_columns("PHQ-9", {}, None)["score_source"] == "incomplete"
    assert prorated_score("PHQ-9", dict.fromkeys(range(1, 8), 2)) == 18
    assert prorated_score("PHQ-9", dict.fromkeys(range(1, 7), 2)) is None
    pcl = dict.fromkeys(range(1, 21), 2)
    for missing, expected in (({1, 8, 15}, 40), ({1, 2}, None), ({6}, None), ({1, 8, 15, 9}, None)):
        assert prorated_score("PCL-5", {item: 2 for item in pcl if item not in missing}) == expected
    assert prorated_score("QIDS-SR16", dict.fromkeys(range(1, 16), 1)) is None
    assert score_columns("PCL-C", {1: 5}, 30)["score_source"] is None


def test_dsm5_pattern() -> None:
    """One B, one C, two D, two E items rated 2 or more; open while missing items could decide it."""
    met = dict.fromkeys(range(1, 21), 0) | {1: 2, 6: 2, 8: 2, 9: 2, 15: 2, 16: 2}
    assert dsm5_pattern(met) == "met"
    assert dsm5_pattern(met | {16: 1}) == "not_met"
    assert dsm5_pattern({item: value for item, value in met.items() if item != 16}) == "indeterminate"
    assert dsm5_pattern({item: value for item, value in met.items() if item != 2}) == "met"
    assert dsm5_pattern(dict.fromkeys(range(1, 6), 0)) == "not_met"
    assert dsm5_pattern({}) == "indeterminate"


@pytest.mark.parametrize(
    ("start", "form", "after", "unknown"),
    [
        (datetime.time(9), "2024-03-04 08:59", 0, False),
        (datetime.time(9), "2024-03-04 09:00", 0, False),
        (datetime.time(9), "2024-03-04 09:00:00.000001", 1, False),
        (datetime.time(9), "2024-03-04", 0, True),
        (None, "2024-03-04 23:00", 0, True),
        (None, "2024-03-05", 1, False),
    ],
)
def test_order_on_a_day(start: datetime.time | None, form: str, after: int, unknown: bool) -> None:
    """Before the session if at or before its start, or if either time is unknown."""
    columns = place_columns(at(form), sessions_on(0, start=start), 30)
    assert (columns["after_infusion_number"], columns["same_day_time_unknown"]) == (after, unknown)


def test_recall_contamination() -> None:
    """The share of the recall window before the preceding session."""
    assert recall_contamination(30, 3) == Fraction(9, 10)
    assert recall_contamination(7, 14) == 0
    assert recall_contamination(30, 0) == 1
    assert recall_contamination(None, 3) is None
    assert recall_contamination(30, None) is None


# --- studies


def test_codes() -> None:
    """Several codes in a cell, text behind a code, blanks and dots."""
    assert codes_in("F43.10 - PTSD; f33.2,F41.1(x)") == ["F4310", "F332", "F411"]
    assert codes_in("f43 .10") == ["F43"]
    assert [code_set_holds("adhd", code) for code in ("F90", "F902", "F9")] == [True, True, False]
    assert [code_set_holds("mdd", code) for code in ("F32A", "F3340", "F33", "F341")] == [False, True, False, False]
    assert [code_set_holds("psychosis", code) for code in ("F22", "F220", "F259")] == [True, False, True]
    assert not code_set_holds("sud", "F17210")


def test_age() -> None:
    """A birthday on 29 February is completed on 1 March."""
    born = datetime.date(2004, 2, 29)
    assert full_years(born, datetime.date(2022, 2, 28)) == 17
    assert full_years(born, datetime.date(2022, 3, 1)) == 18
    assert full_years(datetime.date(1980, 3, 4), DAY) == 44


def test_change() -> None:
    """Reliable change at its threshold; null where none is cited; `ever` goes by number."""
    assert [change_category("PCL-5", change) for change in (15, 14, -14, -15)] == [
        "reliable_improvement", "no_reliable_change", "no_reliable_change", "reliable_worsening",
    ]  # fmt: skip
    assert change_category("QIDS-SR16", 20) is None
    rows = {
        "infusion_1": {"infusion_number": 1, "is_responder": False},
        "infusion_2": {"infusion_number": 2, "is_responder": True},
        "last_observed": {"infusion_number": 3, "is_responder": False},
    }
    add_responder_ever(rows)
    assert [row["is_responder_ever"] for row in rows.values()] == [False, True, True]


# --- statistics


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [(353, 1306, 0.246904, 0.295025), (849, 1306, 0.623804, 0.675469), (1306, 8142, 0.152592, 0.168534),
     (0, 10, 0, 0.277533), (10, 10, 0.722467, 1), (1, 1, 0.206549, 1), (7, 10, 0.396778, 0.892209)],
)  # fmt: skip
def test_wilson(successes: int, n: int, low: float, high: float) -> None:
    """Published and textbook intervals to six digits."""
    assert wilson(successes, n) == pytest.approx((low, high), abs=5e-7)


def test_bounds_of_the_published_cohort() -> None:
    """27 % of 1,306 observed among 8,142: 4.3 % if nobody else responded, 88.3 % if everybody did."""
    responders, observed, everybody = 353, 1306, 8142
    assert responders / everybody == pytest.approx(0.043, abs=5e-4)
    assert (responders + everybody - observed) / everybody == pytest.approx(0.883, abs=5e-4)


def test_root_mean_square_effect_size() -> None:
    """52.39 (11.90) -> 29.42 (16.52) is 1.596 over the root mean square of the two deviations."""
    half = Fraction(1, 2)
    spread_before, spread_after = Fraction("11.90") ** 2, Fraction("16.52") ** 2
    assert (52.39 - 29.42) / float((spread_before + spread_after) * half) ** 0.5 == pytest.approx(1.596, abs=5e-4)


def test_paired() -> None:
    """Two pairs by hand: changes 10 and 20, both deviations known."""
    row = paired([40, 40], [30, 20])
    assert row["mean_change"] == 15
    assert row["sd_change"] == pytest.approx(50**0.5)
    assert row["change_ci_low"] == pytest.approx(15 - 12.706204736 * 5, abs=1e-6)
    assert row["d_z"] == pytest.approx(15 / 50**0.5)
    assert row["d_av"] == pytest.approx(15 / (50**0.5 / 2))
    assert row["d_rms"] == pytest.approx(15 / 25**0.5)
    assert row["hedges_g"] == 0
    assert paired([40], [30])["sd_change"] is None
    assert paired([40, 41], [30, 31])["d_z"] is None
    assert paired([], [])["mean_baseline"] is None


def test_small_statistics() -> None:
    """Interpolated quantiles; a standardised difference needs variance."""
    assert quantile([1, 2, 3, 4], 0.25) == 1.75
    assert smd_level(1, 2, 1, 4) == pytest.approx(0.25 / ((0.25 + 0.1875) / 2) ** 0.5)
    assert smd_level(2, 2, 4, 4) is None
    assert smd_level(0, 0, 1, 4) is None


# --- the whole path


def test_whole_path_on_edge_cases(tmp_path: Path) -> None:
    """The edge-case deliveries reach every fate, every dose method and every study; the accounting balances."""
    tables = build(write_edge_deliveries(tmp_path, seed=3, n_patients=60))
    for fate in audit.FATES:
        assert sum(row[fate] for row in tables["audit.row_accounting"].values()) > 0, fate
    reasons = {row["reason"].partition(":")[0] for row in tables["audit.quarantine"].values()}
    assert reasons == {"malformed", "missing", "unparsable", "out_of_range", "orphan"}
    assert {row["dose_method"] for row in tables["marts.infusions"].values()} == set("ABCDX")
    assert {key[0] for key in tables["marts.outcomes"]} == set(aliases.STUDIES)
    primaries = [key[0] for key, row in tables["marts.response_by_timepoint"].items() if row["is_primary"]]
    assert sorted(primaries) == sorted(aliases.STUDIES)
