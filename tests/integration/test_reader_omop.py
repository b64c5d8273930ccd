"""OMOP tables from files to schema `raw`: names in any case, commas, tabs and Parquet, and no free text."""

import gzip

import pyarrow
import pyarrow.parquet
import pytest

from reader.declaration import OMOP, load_formats
from tests.integration.deliveries import Warehouse, deliver

PERSON = b"person_id,year_of_birth\n1,1980\n"
OBSERVATION = b"observation_id,person_id,observation_concept_id,observation_date"
CONCEPT = b"concept_id\tconcept_name\tvocabulary_id\tconcept_code\tstandard_concept\n"


@pytest.fixture
def warehouse(tmp_path):
    raw = tmp_path / "raw"
    raw.mkdir()
    return Warehouse(raw)


@pytest.fixture
def read(warehouse):
    """A function: read files as one delivery; returns the warehouse."""

    def read(**files):
        named = {name.replace("__", "."): content for name, content in files.items()}
        deliver(warehouse.raw, named, format_name=OMOP)
        warehouse.read()
        return warehouse

    return read


@pytest.mark.parametrize(
    "name",
    ["PERSON.csv", "person.csv", "Person.csv.gz", "PERSON.CSV", "PERSON.CSV.GZ", "person.parquet", "PERSON.PARQUET"],
)
@pytest.mark.parametrize("columns", [("person_id", "year_of_birth"), ("PERSON_ID", "Year_Of_Birth")])
def test_tables_and_columns_in_any_case(warehouse, name, columns):
    content = (",".join(columns) + "\n1,1980\n").encode()
    if name.lower().endswith(".gz"):
        content = gzip.compress(content)
    if name.lower().endswith(".parquet"):
        sink = pyarrow.BufferOutputStream()
        pyarrow.parquet.write_table(pyarrow.table(dict(zip(columns, [[1], [1980]], strict=True))), sink)
        content = sink.getvalue().to_pybytes()
    deliver(warehouse.raw, {name: content}, format_name=OMOP)
    warehouse.read()
    assert warehouse.records("omop_person") == [{"person_id": "1", "year_of_birth": "1980", "is_malformed": False}]
    assert warehouse.rows("select file, table_name, n_records from raw.files") == [(name, "patients", 1)]
    assert warehouse.ignored() == set()


@pytest.mark.parametrize(
    ("table", "carries"),
    [
        ("person", "patients"),
        ("condition_occurrence", "diagnoses"),
        ("drug_exposure", "medication_administrations"),
        ("measurement", "vitals"),
        ("observation", "vitals"),
        ("observation_period", "unused"),
        ("visit_occurrence", "unused"),
        ("death", "unused"),
        ("concept", "unused"),
        ("concept_ancestor", "unused"),
        ("drug_strength", "unused"),
        ("cdm_source", "unused"),
    ],
)
def test_every_table_is_read_with_all_columns_of_the_model(warehouse, table, carries):
    declared = load_formats()[OMOP][table]
    header = [*declared.delivered_names, *declared.identifiers, *declared.unused]
    kept = dict.fromkeys(declared.delivered_names, "7")
    record = ["7"] * len(declared.delivered_names) + ["secret"] * (len(header) - len(declared.delivered_names))
    content = "\n".join(",".join(row) for row in (header, record)).upper().replace("SECRET", "secret")
    deliver(warehouse.raw, {f"{table.upper()}.csv": content.encode()}, format_name=OMOP)
    warehouse.read()
    assert warehouse.records(f"omop_{table}") == [{**kept, "is_malformed": False}]
    assert warehouse.rows("select table_name from raw.files") == [(carries,)]
    assert warehouse.ignored() == set()
    assert "secret" not in warehouse.everything()


def test_other_tables_files_and_columns_are_reported(read):
    warehouse = read(
        PERSON__csv=b"person_id,year_of_birth,shoe_size\n1,1980,9\n", NOTE__csv=b"x", VOCABULARY__CSV=b"x", a__txt=b"x"
    )
    assert warehouse.ignored() == {
        ("PERSON.csv", "shoe_size", "unknown_column"),
        ("NOTE.csv", None, "unknown_table"),
        ("VOCABULARY.CSV", None, "unknown_table"),
        ("a.txt", None, "unknown_file"),
    }


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "missing:person_id"),
        (b"person_id\n1\n", "missing:year_of_birth"),
        (b"person_id,year_of_birth,PERSON_ID\n", "duplicate:person_id"),
        (b"person_id\tyear_of_birth\tprovider_id\tprovider_id\n", "duplicate:provider_id"),
        (b"person_id\tbirth\n", "missing:year_of_birth"),
        (b"person_id\tyear_of_birth,month_of_birth\n", "unreadable"),
        (b"\xff\tperson_id\n", "unreadable"),
        (b"person_id\tyear_of_birth\r1\t1980\r2\t1981\r", "unreadable"),  # else a header without records
    ],
)
def test_headers_refuse_files_as_those_of_flat_tables(read, content, reason):
    warehouse = read(Person__csv=content)
    assert warehouse.refused() == {"Person.csv": reason}
    assert warehouse.rows("select table_name from raw.refused_files") == [("patients",)]


def test_commas_follow_the_rules_of_flat_tables(read):
    rows = b'1,1,"2","2024-01-01"\n1,1\n\n"2",1,2,"2024\n-01-02"\n3,"x'
    warehouse = read(OBSERVATION__csv=OBSERVATION + b"\n" + rows)
    assert warehouse.rows("select observation_id, row_number, is_malformed from raw.omop_observation order by 2") == [
        ("1", 1, False),
        (None, 2, True),
        ("2", 3, False),
        (None, 4, True),
    ]


@pytest.mark.parametrize("name", ["CONCEPT.csv", "CONCEPT.csv.gz"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf", b"\r\n\n"])
def test_tabs_know_no_quotes(warehouse, name, mark):
    rows = (
        b'1\t"Weight, measured\tLOINC\t3141-9\tS\r\n'
        b"\n"
        b'2\t5" tube\tSNOMED\t"x"\t\n'
        b"3\tshort\tLOINC\n"
        b"4\tbad \xff\tLOINC\t1-8\tS\n"
        b"5\t \t LOINC \t1-8\t"
    )
    deliver(warehouse.raw, {name: mark + CONCEPT + rows}, format_name=OMOP)
    warehouse.read()
    assert warehouse.records("omop_concept") == [
        {"concept_id": "1", "vocabulary_id": "LOINC", "concept_code": "3141-9", "standard_concept": "S",
         "is_malformed": False},
        {"concept_id": "2", "vocabulary_id": "SNOMED", "concept_code": '"x"', "is_malformed": False},
        {"is_malformed": True},
        {"is_malformed": True},
        {"concept_id": "5", "vocabulary_id": "LOINC", "concept_code": "1-8", "is_malformed": False},
    ]  # fmt: skip
    assert warehouse.ignored() == set()


def test_tabs_in_large_files(read):
    lines = [b'%d\t"name %d\tLOINC\t%d-8\tS\n' % (number, number, number) for number in range(300_000)]
    lines[250_000] = b"250000\tLOINC\n"
    warehouse = read(CONCEPT__csv=CONCEPT + b"".join(lines))
    wrong = "concept_id <> cast(row_number - 1 as varchar) or concept_code <> concept_id || '-8'"
    query = "select count(*), count(concept_id), min(row_number) filter (is_malformed) from raw.omop_concept"
    assert warehouse.rows(query) == [(300_000, 299_999, 250_001)]
    assert warehouse.rows(f"select count(*) from raw.omop_concept where {wrong}") == [(0,)]


def test_tabs_in_a_flat_table_are_no_columns(tmp_path):
    deliver(tmp_path, {"vitals.csv": b"vital_id\tpatient_id\tvital\tvalue\tmeasured_at\n"})
    warehouse = Warehouse(tmp_path)
    warehouse.read()
    assert warehouse.refused() == {"vitals.csv": "unreadable"}


@pytest.mark.parametrize("extension", ["csv", "parquet"])
def test_free_text_is_dropped_unless_it_is_a_short_number(warehouse, extension):
    values = ["14", " 2.5 ", "555-0100", "5550100", "call Ann Miller", "", "1980", None]
    columns = {
        "observation_id": [str(number) for number in range(len(values))],
        **{name: ["1"] * len(values) for name in ("person_id", "observation_concept_id", "observation_date")},
        "VALUE_AS_STRING": values,
        "value_source_value": values[::-1],
    }
    table = pyarrow.table(columns)
    if extension == "parquet":
        sink = pyarrow.BufferOutputStream()
        pyarrow.parquet.write_table(table, sink)
        content = sink.getvalue().to_pybytes()
    else:
        rows = [columns, *zip(*[[value or "" for value in column] for column in columns.values()], strict=True)]
        content = "\n".join(",".join(row) for row in rows).encode()
    deliver(warehouse.raw, {f"OBSERVATION.{extension}": content}, format_name=OMOP)
    warehouse.read()
    kept = ["14", "2.5", None, None, None, None, None, None]
    query = "select value_as_string, value_source_value from raw.omop_observation order by row_number"
    assert warehouse.rows(query) == list(zip(kept, kept[::-1], strict=True))
    assert "Miller" not in warehouse.everything()


def test_identifiers_and_free_text_are_in_no_table(read):
    warehouse = read(
        PERSON__csv=b"person_id,year_of_birth,person_source_value,provider_id\n1,1980,MRN-Canary,Dr Canary\n1\n",
        DRUG_EXPOSURE__csv=b"drug_exposure_id,person_id,drug_concept_id,drug_exposure_start_date,drug_type_concept_id,"
        b"sig,stop_reason,lot_number\n1,1,2,2024-01-01,3,give Canary,Canary left,Canary\n",
        CONDITION_OCCURRENCE__csv=b"condition_occurrence_id,person_id,condition_concept_id,condition_start_date,"
        b"stop_reason,note_text\n1,1,2,2024-01-01,Canary,Canary\n",
    )
    assert warehouse.rows("select count(*) from raw.omop_drug_exposure") == [(1,)]
    assert "anary" not in warehouse.everything()
