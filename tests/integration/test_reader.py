"""The reader from files to schema `raw`: headers, bad files, folders, identifiers, repeated reading."""

import datetime
import gzip
import hashlib
import random
import time

import pytest

from reader.declaration import Column, Table, load_tables
from reader.delimited import HashedFile, read_delimited
from reader.ingest import NoDeliveriesError
from reader.landing import Landing
from tests.integration.deliveries import VITAL, VITALS, Warehouse, deliver
from tests.integration.oracle.tables import TABLES

PATIENTS = b"patient_id,birth_date,first_name,last_name,mrn,email,phone,address\n"


@pytest.fixture
def warehouse(tmp_path):
    raw = tmp_path / "raw"
    raw.mkdir()
    return Warehouse(raw)


def test_the_declaration_is_that_of_the_documented_tables():
    declared = load_tables()
    assert list(declared) == list(TABLES)
    for name, table in TABLES.items():
        assert declared[name].delivered_names == tuple(column.name for column in table.columns)
        assert declared[name].required_names == tuple(column.name for column in table.columns if column.required)
        assert declared[name].identifiers == table.identifiers


def test_values_arrive_trimmed_with_their_place(warehouse):
    deliver(warehouse.raw, {"vitals.csv": VITALS + b'V1, P1 ,weight,"80.5\n",\xc2\xa0,2024-02-01\n\nV2,P1\n'})
    outcome = warehouse.read()
    assert (outcome.n_files, outcome.n_records) == (1, 2)
    day = datetime.date(2024, 3, 1)
    assert warehouse.rows("from raw.vitals order by row_number") == [
        ("V1", "P1", None, "weight", "80.5", None, "2024-02-01", None, "07", day, "vitals.csv", 1, False),
        (None, None, None, None, None, None, None, None, "07", day, "vitals.csv", 2, True),
    ]


def test_a_table_that_nobody_delivers_is_empty_and_typed(warehouse):
    deliver(warehouse.raw, {"vitals.csv": VITALS})
    warehouse.read()
    assert warehouse.rows("from raw.adverse_events") == []
    types = dict(warehouse.rows("select column_name, data_type from duckdb_columns() where table_name = 'patients'"))
    assert types["has_test_name"] == types["is_malformed"] == "BOOLEAN"
    assert types["delivered_on"] == "DATE"
    assert types["row_number"] == "BIGINT"
    assert types["birth_date"] == "VARCHAR"


@pytest.mark.parametrize(
    "header",
    [
        b"measured_at,unit,value,vital,patient_id,vital_id\n",
        b"\xef\xbb\xbf measured_at , UNIT,Value,vital,\tpatient_id,VITAL_ID\r\n",
        b'\xef\xbb\xbf"measured_at","unit","value","vital","patient_id","vital_id"\n',
        b"\n\r\nmeasured_at,unit,value,vital,patient_id,vital_id\n",
    ],
)
def test_columns_are_found_by_name(warehouse, header):
    deliver(warehouse.raw, {"vitals.csv": header + b"2024-02-01,kg,80,weight,P1,V1\n"})
    warehouse.read()
    assert warehouse.rows("select vital_id, patient_id, value, unit from raw.vitals") == [("V1", "P1", "80", "kg")]
    assert warehouse.ignored() == set()


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("vitals.csv", b"", "missing:vital_id"),
        ("vitals.csv.gz", b"", "missing:vital_id"),
        ("vitals.parquet", b"", "missing:vital_id"),
        ("vitals.csv", b"\xef\xbb\xbf\r\n\n", "missing:vital_id"),
        ("vitals.csv", b"vital_id,value,patient_id,unit\n", "missing:vital"),
        ("vitals.csv", b"unit,encounter_id\n", "missing:vital_id"),
        ("vitals.csv", VITALS.replace(b"unit", b" Value "), "duplicate:value"),
        ("vitals.csv", VITALS.replace(b"unit", b"note,NOTE"), "duplicate:note"),
        ("vitals.csv", VITALS.replace(b"unit", b"value").replace(b"measured_at", b"at"), "missing:measured_at"),
        ("patients.csv", b"patient_id,birth_date,email,e_mail,EMAIL\n", "duplicate:email"),
        ("vitals.csv", VITALS.decode().encode("utf-16"), "unreadable"),
        ("vitals.csv", b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "unreadable"),
        ("vitals.csv", bytes(range(256)), "unreadable"),
        ("vitals.csv", VITALS.replace(b"unit", b"u\0nit") + VITAL, "unreadable"),
        ("vitals.csv", VITALS.replace(b"unit", b'"unit"s') + VITAL, "unreadable"),
        ("vitals.csv", b'"' + VITALS + VITAL, "unreadable"),
        # Records that the header would swallow: lines that end with CR alone, a quote that a record closes.
        ("vitals.csv", (VITALS + VITAL).replace(b"\n", b"\r"), "unreadable"),
        ("vitals.csv", VITALS.replace(b"\n", b',"note\n') + VITAL.replace(b"\n", b',"\n') + VITAL, "unreadable"),
        ("vitals.csv", gzip.compress(VITALS + VITAL, mtime=0), "unreadable"),
        ("vitals.csv.gz", gzip.compress(VITALS + VITAL, mtime=0)[:-9], "unreadable"),
        ("vitals.csv.gz", b"\x1f\x8b no gzip", "unreadable"),
        ("vitals.csv.gz", gzip.compress(VITALS + VITAL, mtime=0) + b"rubbish", "unreadable"),
        ("vitals.parquet", VITALS + VITAL, "unreadable"),
    ],
)
def test_a_refused_file_leaves_nothing_and_holds_up_nobody(warehouse, name, content, reason):
    folder = deliver(
        warehouse.raw, {name: content, "assessment_responses.csv": b"assessment_id,item_number,response\n"}
    )
    deliver(warehouse.raw, {"vitals.csv": VITALS + VITAL}, site="08")
    outcome = warehouse.read()
    hashed = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    table = name.partition(".")[0]
    assert warehouse.rows("select site_id, file, table_name, reason, sha256 from raw.refused_files") == [
        ("07", name, table, reason, hashed)
    ]
    assert warehouse.rows("select site_id, file, n_records from raw.files order by site_id") == [
        ("07", "assessment_responses.csv", 0),
        ("08", "vitals.csv", 1),
    ]
    assert warehouse.rows("select distinct site_id from raw.vitals") == [("08",)]
    assert warehouse.ignored() == set()
    (message,) = outcome.messages()
    assert message.startswith(f"refused ehr/site=07/delivered_on=2024-03-01/{name}: ")


# More than one block of bytes, so that records were written before the end turns out to be broken.
def test_a_gzip_that_breaks_late_leaves_none_of_its_records(warehouse):
    randomness = random.Random(1)
    lines = [b"V%d,P%d,weight,%d,kg,2024-02-01\n" % (n, randomness.randrange(10**9), n % 90) for n in range(350_000)]
    content = gzip.compress(VITALS + b"".join(lines), compresslevel=1)
    wrong_sum = content[:-8] + bytes([content[-8] ^ 1]) + content[-7:]
    deliver(warehouse.raw, {"vitals.csv.gz": wrong_sum, "vitals.csv": VITALS + VITAL})
    warehouse.read()
    assert warehouse.refused() == {"vitals.csv.gz": "unreadable"}
    assert warehouse.rows("select file, count(*) from raw.vitals group by all") == [("vitals.csv", 1)]


def test_several_files_of_one_table_are_all_read(warehouse):
    content = VITALS + VITAL
    deliver(warehouse.raw, {"vitals.csv": content, "vitals.csv.gz": content})
    warehouse.read()
    assert warehouse.rows("select file, row_number from raw.vitals order by 1") == [
        ("vitals.csv", 1),
        ("vitals.csv.gz", 1),
    ]


def test_folders_and_files_that_fit_no_pattern_are_reported(warehouse):
    raw = warehouse.raw
    folder = deliver(raw, {"vitals.csv": VITALS, "notes.txt": b"x", "weights.csv": b"x", "Vitals.csv": b"x"})
    (folder / "vitals.parquet").mkdir()
    deliver(raw, {"vitals.csv": VITALS}, day="2024-02-30")
    deliver(raw, {"vitals.csv": VITALS}, day="20240201")
    deliver(raw, {}, day="2024-03-02")
    (raw / "truth").mkdir()
    (raw / "truth" / "sessions.parquet").write_bytes(b"x")
    for path in ("ehr/clinic7", "ehr/site=", "ehr/site=09", "ehr/site=07/2024", "csv"):
        (raw / path).mkdir()
    for path in ("readme.md", "ehr/readme.md", "ehr/site=07/readme.md"):
        (raw / path).write_bytes(b"x")
    (raw / "fhir" / "site=11" / "delivered_on=2024-03-01").mkdir(parents=True)
    (raw / "fhir" / "site=11" / "delivered_on=2024-03-01" / "patients.csv").write_bytes(b"x")
    warehouse.read()
    assert {(file, reason) for file, _, reason in warehouse.ignored()} == {
        ("notes.txt", "unknown_file"),
        ("weights.csv", "unknown_table"),
        ("Vitals.csv", "unknown_table"),
        ("ehr/site=07/delivered_on=2024-03-01/vitals.parquet/", "unknown_folder"),
        ("ehr/site=07/delivered_on=2024-02-30/", "invalid_date"),
        ("ehr/site=07/delivered_on=20240201/", "invalid_date"),
        ("ehr/site=07/delivered_on=2024-03-02/", "empty_folder"),
        ("ehr/clinic7/", "unknown_folder"),
        ("ehr/site=/", "unknown_folder"),
        ("ehr/site=09/", "empty_folder"),
        ("ehr/site=07/2024/", "unknown_folder"),
        ("csv/", "unknown_format"),
        ("readme.md", "unknown_file"),
        ("ehr/readme.md", "unknown_file"),
        ("ehr/site=07/readme.md", "unknown_file"),
        ("patients.csv", "unknown_file"),
    }
    assert warehouse.rows("select site_id, file from raw.files") == [("07", "vitals.csv")]


def test_unknown_columns_are_reported_and_identifiers_are_not(warehouse):
    deliver(
        warehouse.raw, {"patients.csv": b"MRN,patient_id,birth_date,Shoe Size,,email,,note\n1,P1,1980-01-01,9,,e,,\n"}
    )
    warehouse.read()
    assert warehouse.ignored() == {
        ("patients.csv", name, "unknown_column") for name in ("shoe size", "note", "(blank)")
    }
    assert warehouse.rows("select patient_id from raw.patients") == [("P1",)]


def test_identifiers_are_in_no_table_and_no_message(warehouse):
    canaries = ["Canaryfirst", "Canarylast", "canary-mrn", "canary@example.org", "555-canary", "1 Canary St"]
    line = "P1,1980-01-01,{},{},{},{},{},{}\n".format(*canaries).encode()
    deliver(
        warehouse.raw, {"patients.csv": PATIENTS + line + b'"P2"x' + line + line.replace(b"P1", b'P3,"'), "x.csv": line}
    )
    outcome = warehouse.read()
    tables = warehouse.rows("select table_name from duckdb_tables()")
    text = str([warehouse.rows(f'from raw."{table}"') for (table,) in tables]) + str(outcome.messages())
    assert "P1" in text
    assert "anary" not in text
    assert warehouse.rows("select row_number, is_malformed from raw.patients") == [(1, False), (2, True), (3, True)]


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ("Zoë", "Test", True),
        ("", " ZZ-TEST 3", True),
        ("Test", "Patient", True),
        ("Te5", "st", True),
        ("Test", "", True),
        ("Test", "Miller", False),
        ("Ann", "Testa", False),
        ("", "", False),
    ],
)
def test_names_of_test_patients_are_found_while_reading(warehouse, first, last, expected):
    deliver(warehouse.raw, {"patients.csv": PATIENTS + f"P1,1980-01-01,{first},{last},,,,\n".encode()})
    warehouse.read()
    assert warehouse.rows("select has_test_name from raw.patients") == [(expected,)]


def test_files_without_names_have_no_test_names(warehouse):
    deliver(warehouse.raw, {"patients.csv": b"patient_id,birth_date\nP1,1980-01-01\nP2\n"})
    warehouse.read()
    assert warehouse.rows("select has_test_name from raw.patients") == [(False,), (False,)]


def test_unchanged_deliveries_are_not_read_again(warehouse):
    folder = deliver(warehouse.raw, {"vitals.csv": VITALS + VITAL})
    assert not warehouse.read().is_unchanged
    assert warehouse.read().is_unchanged
    (folder / "vitals.csv").write_bytes(VITALS + VITAL.replace(b"V1", b"V2"))
    assert not warehouse.read().is_unchanged
    assert warehouse.rows("select vital_id from raw.vitals") == [("V2",)]
    (folder / "readme.txt").write_bytes(b"")
    assert not warehouse.read().is_unchanged


def test_a_failure_leaves_the_previous_records(warehouse, monkeypatch):
    folder = deliver(warehouse.raw, {"vitals.csv": VITALS + VITAL})
    warehouse.read()
    (folder / "vitals.csv").write_bytes(VITALS)

    def fail(*_):
        raise MemoryError

    monkeypatch.setattr(Landing, "report", fail)
    with pytest.raises(MemoryError):
        warehouse.read()
    assert warehouse.rows("select vital_id from raw.vitals") == [("V1",)]
    assert warehouse.rows("select n_records from raw.files") == [(1,)]


def test_nothing_to_read_names_folder_and_remedy(warehouse):
    with pytest.raises(NoDeliveriesError, match="holds no deliveries") as caught:
        warehouse.read()
    assert str(warehouse.raw) in str(caught.value)
    assert "make build" in str(caught.value)
    deliver(warehouse.raw, {})
    with pytest.raises(NoDeliveriesError, match="empty folders: 1"):
        warehouse.read()
    warehouse.raw = warehouse.raw / "nowhere"
    with pytest.raises(NoDeliveriesError, match="There is no folder"):
        warehouse.read()


TWO_COLUMNS = Table("pairs", (Column("left", "varchar", is_required=True), Column("right", "varchar")))


def read_in_blocks(path, block_bytes):
    """All records of a file of two columns, read in blocks of so many bytes."""
    with HashedFile(path) as file:
        _, batches = read_delimited(file, TWO_COLUMNS, is_gzip=False, block_bytes=block_bytes)
        return [
            row
            for batch in batches
            for row in zip(*(batch.columns[name].to_pylist() for name in ("left", "right")), strict=True)
        ]


@pytest.mark.parametrize("block_bytes", [1, 2, 3, 7, 1000])
def test_blocks_may_end_anywhere(tmp_path, block_bytes):
    content = b'\xef\xbb\xbfleft,right\r\na,"b ""c""\r\nd"\r\n\r\n\xc3\xa9,f\n"g"h,i\n\xff,j\n"k",l\nm,"n'
    (tmp_path / "pairs.csv").write_bytes(content)
    expected = [("a", 'b "c"\r\nd'), ("é", "f"), (None, None), (None, None), ("k", "l"), (None, None)]
    assert read_in_blocks(tmp_path / "pairs.csv", block_bytes) == expected


@pytest.mark.parametrize("closing", [b"", b'",x\nc,d\n'])
def test_an_endless_record_is_one_malformed_record(tmp_path, monkeypatch, closing):
    monkeypatch.setattr("reader.delimited.LONGEST_RECORD_BYTES", 1000)
    path = tmp_path / "pairs.csv"
    path.write_bytes(b'left,right\na,b\n"' + 1000 * b"x\ny" + closing)
    assert read_in_blocks(path, 100) == [("a", "b"), (None, None)] + ([("c", "d")] if closing else [])


def test_a_header_that_holds_values_is_not_repeated(warehouse):
    header = VITALS.replace(b"\n", b",ann@leak.example,+1 555 0100\n")
    deliver(warehouse.raw, {"vitals.csv": header + VITAL.replace(b"\n", b",x,y\n")})
    warehouse.read()
    assert {name for _, name, _ in warehouse.ignored()} == {"(column 7)", "(column 8)"}


def test_a_header_of_very_many_columns_is_read_in_one_pass(warehouse):
    extra = b"".join(b",extra_%d" % number for number in range(50_000))
    deliver(warehouse.raw, {"vitals.csv": VITALS.replace(b"\n", extra + b"\n")})
    started = time.monotonic()
    warehouse.read()
    assert len(warehouse.ignored()) == 50_000
    assert time.monotonic() - started < 30
