"""Parquet files: native values become text, then the rules for text hold."""

import datetime
from decimal import Decimal

import pyarrow
import pyarrow.parquet
import pytest

from reader.columnar import as_text
from tests.integration.deliveries import Warehouse, deliver

MOMENT = datetime.datetime(2024, 3, 1, 9, 5)


def vitals(**columns) -> pyarrow.Table:
    """A table of vitals with one row a value in `columns`; the rest is filled in."""
    n_rows = len(next(iter(columns.values())))
    filled = {name: ["x"] * n_rows for name in ("vital_id", "patient_id", "vital", "value", "unit", "measured_at")}
    return pyarrow.table(filled | columns)


@pytest.fixture
def read_vitals(tmp_path):
    """A function: deliver a Parquet file of vitals, read it, return the warehouse."""

    def read(table: pyarrow.Table, damage=lambda content: content, **options) -> Warehouse:
        folder = deliver(tmp_path / "raw", {})
        path = folder / "vitals.parquet"
        pyarrow.parquet.write_table(table, path, **options)
        path.write_bytes(damage(path.read_bytes()))
        warehouse = Warehouse(tmp_path / "raw")
        warehouse.read()
        return warehouse

    return read


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (pyarrow.array([" a ", None]), [" a ", None]),
        (pyarrow.array(["a", None, "b"]).dictionary_encode(), ["a", None, "b"]),
        (pyarrow.array(["é"], pyarrow.large_string()), ["é"]),
        (pyarrow.array(["é"], pyarrow.string_view()), ["é"]),
        (pyarrow.array([b"abc"], pyarrow.binary()), ["abc"]),
        (pyarrow.nulls(1), [None]),
        (pyarrow.array([True, False, None]), ["true", "false", None]),
        (pyarrow.array([7, -1, None], pyarrow.int64()), ["7", "-1", None]),
        (pyarrow.array([2**64 - 1], pyarrow.uint64()), ["18446744073709551615"]),
        (pyarrow.array([3.0, 80.5, 0.1, None]), ["3.0", "80.5", "0.1", None]),
        (pyarrow.array([1e-7, 1e20, -1.5e16]), ["0.0000001", "100000000000000000000.0", "-15000000000000000.0"]),
        (pyarrow.array([0.1, 1e10], pyarrow.float32()), ["0.1", "10000000000.0"]),
        (pyarrow.array([float("nan")]), ["nan"]),
        (pyarrow.array([Decimal("1.50"), Decimal("0.00000001")]), ["1.50000000", "0.00000001"]),
        (pyarrow.array([datetime.date(2024, 3, 1)]), ["2024-03-01"]),
        (pyarrow.array([datetime.date(2024, 3, 1)], pyarrow.date64()), ["2024-03-01"]),
        (pyarrow.array([MOMENT, MOMENT.replace(second=30, microsecond=250000)]),
         ["2024-03-01 09:05:00", "2024-03-01 09:05:30.250000"]),
        (pyarrow.array([MOMENT.replace(hour=0, minute=0)], pyarrow.timestamp("s")), ["2024-03-01 00:00:00"]),
        (pyarrow.array([1709283900123456000, 1709283900123456789], pyarrow.timestamp("ns")),
         ["2024-03-01 09:05:00.123456", "2024-03-01 09:05:00.123456789"]),
        (pyarrow.array([1709283900], pyarrow.timestamp("s", "UTC")), ["2024-03-01 09:05:00+00:00"]),
        (pyarrow.array([1709283900], pyarrow.timestamp("s", "America/New_York")), ["2024-03-01 04:05:00-05:00"]),
        (pyarrow.array([1709283900120], pyarrow.timestamp("ms", "+05:30")), ["2024-03-01 14:35:00.120000+05:30"]),
        (pyarrow.array([1709283900], pyarrow.timestamp("s", "Nowhere/Land")), ["2024-03-01 09:05:00+00:00"]),
        (pyarrow.array([[1, 2]]), ["[1, 2]"]),
    ],
)  # fmt: skip
def test_native_values_as_text(values, expected):
    text, is_undecodable = as_text(values)
    assert text.to_pylist() == expected
    assert is_undecodable is None


def test_records_keep_the_order_of_the_file(read_vitals):
    ids = [f"V{number}" for number in range(250_000)]
    warehouse = read_vitals(vitals(vital_id=ids), row_group_size=70_000)
    mismatches = "select count(*) from raw.vitals where vital_id <> 'V' || cast(row_number - 1 as varchar)"
    assert warehouse.rows(mismatches) == [(0,)]
    assert warehouse.rows("select n_records from raw.files") == [(250_000,)]


def test_values_are_trimmed_and_names_matched(read_vitals):
    table = vitals(patient_id=[" P1 ", ""], value=[80.5, None], measured_at=[MOMENT, None])
    table = table.rename_columns([" VITAL_ID", "Patient_Id", "vital", "value", "unit", "measured_at"])
    warehouse = read_vitals(table.append_column("note", [["n", "n"]]))
    assert warehouse.rows("select patient_id, value, measured_at from raw.vitals") == [
        ("P1", "80.5", "2024-03-01 09:05:00"),
        (None, None, None),
    ]
    assert warehouse.ignored() == {("vitals.parquet", "note", "unknown_column")}


def test_bytes_that_are_not_text_spoil_their_own_record(read_vitals):
    warehouse = read_vitals(vitals(unit=pyarrow.array([b"kg", b"\xff"], pyarrow.binary())))
    assert warehouse.rows("select unit, patient_id, is_malformed from raw.vitals order by row_number") == [
        ("kg", "x", False),
        (None, None, True),
    ]


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        (vitals(unit=["x"]).drop_columns(["vital", "value"]), "missing:vital"),
        (vitals(unit=["x"]).append_column("UNIT", [["x"]]), "duplicate:unit"),
        (vitals(unit=["x"]).drop_columns(["vital_id"]).slice(0, 0), "missing:vital_id"),
    ],
)
def test_headers_are_refused_as_those_of_text_files(read_vitals, table, reason):
    assert read_vitals(table).refused() == {"vitals.parquet": reason}


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[:-10],
        lambda content: content[: len(content) // 2],
        lambda content: content[:4] + bytes(200) + content[204:],
    ],
)
def test_broken_files_are_unreadable(read_vitals, damage):
    table = vitals(vital_id=[f"V{number}" for number in range(5000)])
    warehouse = read_vitals(table, damage, write_page_checksum=True)
    assert warehouse.refused() == {"vitals.parquet": "unreadable"}
    assert warehouse.rows("from raw.vitals") == []


def test_values_that_nothing_can_show_make_a_file_unreadable(read_vitals):
    warehouse = read_vitals(vitals(unit=pyarrow.array([2**62], pyarrow.duration("s"))))
    assert warehouse.refused() == {"vitals.parquet": "unreadable"}


def test_no_rows_are_no_records(read_vitals):
    warehouse = read_vitals(vitals(unit=["x"]).slice(0, 0))
    assert warehouse.rows("select file, n_records from raw.files") == [("vitals.parquet", 0)]
