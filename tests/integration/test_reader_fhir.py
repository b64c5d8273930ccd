"""FHIR resources from files to schema `raw`: which files and lines are read, and what is taken from a resource."""

import datetime
import gzip
import json
import random

import pytest

from reader.blocks import Blocks, HashedFile
from reader.declaration import FHIR, load_formats
from reader.ingest import NoDeliveriesError
from reader.preflight.naming import told_name
from reader.resources.lines import LineReader
from reader.resources.paths import parse_path
from reader.resources.references import normalised_reference
from reader.resources.values import score_text_of, text_of
from reader.seeds import values_of_seed
from tests.integration.deliveries import VITAL, VITALS, Warehouse, deliver

LOINC, UNITS = "http://loinc.org", "http://unitsofmeasure.org"
US_CORE = "http://hl7.org/fhir/us/core/StructureDefinition"
ORDINAL = "http://hl7.org/fhir/StructureDefinition/ordinalValue"
CODING = {"system": LOINC, "code": "1-8", "display": "a display", "version": "2.7"}
KEPT = {"system": LOINC, "code": "1-8"}
NAMED = {**KEPT, "display": "a display"}
OTHER = "fhir_other_resource"
HEART_RATE = b'{"resourceType":"Observation","id":"O1","status":"final"}\n'


@pytest.fixture
def warehouse(tmp_path):
    raw = tmp_path / "raw"
    raw.mkdir()
    return Warehouse(raw)


@pytest.fixture
def read(warehouse):
    """A function: read lines (resources or bytes) as one file; returns the warehouse."""

    def read(*lines, name="Lines.ndjson"):
        content = b"\n".join(line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines)
        deliver(warehouse.raw, {name: content}, format_name=FHIR)
        warehouse.read()
        return warehouse

    return read


@pytest.fixture(scope="session")
def line_reader():
    return LineReader(load_formats()[FHIR], values_of_seed, {"test"})


def as_json(value) -> str:
    """The text in which lists and objects are stored."""
    return json.dumps(value, separators=(",", ":"))


# ---------------------------------------------------------------------------------------------------- what is taken


RESOURCES = {
    "fhir_patient": (
        {
            "resourceType": "Patient",
            "id": "p1",
            "meta": {
                "lastUpdated": "2024-02-03T10:00:00Z",
                "security": [{"system": "s", "code": "R", "display": "x"}],
                "tag": [{"code": "HTEST", "display": "x"}],
            },
            "birthDate": "1980-02",
            "gender": "female",
            "name": [{"family": "Miller", "given": ["Ann"]}],
            "extension": [
                {"url": f"{US_CORE}/us-core-birthsex", "valueCode": "F"},
                {
                    "url": f"{US_CORE}/us-core-race",
                    "extension": [
                        {"url": "ombCategory", "valueCoding": {"system": "r", "code": "2106-3", "display": "White"}},
                        {"url": "ombCategory", "valueCoding": {"system": "r", "code": "2028-9"}},
                        {"url": "detailed", "valueCoding": {"system": "r", "code": "2108-9"}},
                        {"url": "text", "valueString": "White, Asian"},
                    ],
                },
                {
                    "url": f"{US_CORE}/us-core-ethnicity",
                    "extension": [{"url": "ombCategory", "valueCoding": {"system": "r", "code": "2186-5"}}],
                },
            ],
            "address": [{"line": ["1 Street"]}, {"postalCode": "12345-6789"}, {"postalCode": "99999"}],
            "deceasedDateTime": "2024-01-01",
            "link": [
                {"type": "seealso", "other": {"reference": "Patient/p8"}},
                {"type": "replaced-by", "other": {"reference": "https://a.example/fhir/Patient/p9/_history/2"}},
            ],
        },
        {
            "id": "p1",
            "last_updated": "2024-02-03T10:00:00Z",
            "security_codings": as_json([{"system": "s", "code": "R"}]),
            "tag_codings": as_json([{"code": "HTEST"}]),
            "birth_date": "1980-02",
            "gender": "female",
            "birth_sex": "F",
            "race_codings": as_json([{"system": "r", "code": "2106-3"}, {"system": "r", "code": "2028-9"}]),
            "ethnicity_codings": as_json([{"system": "r", "code": "2186-5"}]),
            "postal_code": "12345-6789",
            "deceased_at": "2024-01-01",
            "replaced_by": "Patient/p9",
            "has_test_name": False,
        },
    ),
    "fhir_condition": (
        {
            "resourceType": "Condition",
            "id": "c1",
            "subject": {"reference": "Patient/p1", "display": "Ann Miller"},
            "code": {"coding": [CODING, {"code": "F43.10"}], "text": "PTSD"},
            "clinicalStatus": {"coding": [{"code": "active"}]},
            "verificationStatus": {"coding": [{"code": "confirmed"}]},
            "onsetDateTime": "2020",
            "onsetPeriod": {"start": "2020-01-02"},
            "recordedDate": "2021-03-04",
            "abatementDateTime": "2022",
            "encounter": {"reference": "Encounter/e1"},
            "note": [{"text": "a note"}],
        },
        {
            "id": "c1",
            "patient": "Patient/p1",
            "codings": as_json([KEPT, {"code": "F43.10"}]),
            "clinical_status": "active",
            "verification_status": "confirmed",
            "onset_at": "2020",
            "onset_started_at": "2020-01-02",
            "recorded_at": "2021-03-04",
            "abated_at": "2022",
            "encounter": "Encounter/e1",
        },
    ),
    "fhir_encounter": (
        {
            "resourceType": "Encounter",
            "id": "e1",
            "subject": {"reference": "Patient/p1"},
            "status": "finished",
            "period": {"start": "2024-01-01T09:00:00Z", "end": "2024-01-01T10:00:00Z"},
        },
        {
            "id": "e1",
            "patient": "Patient/p1",
            "status": "finished",
            "period_start": "2024-01-01T09:00:00Z",
            "period_end": "2024-01-01T10:00:00Z",
        },
    ),
    "fhir_medication": (
        {
            "resourceType": "Medication",
            "id": "m1",
            "code": {"coding": [CODING], "text": "Ketamine"},
            "ingredient": [
                {"itemCodeableConcept": {"coding": [CODING]}},
                {"itemReference": {"reference": "Substance/1"}},
                {"itemCodeableConcept": {"coding": [{"code": "2"}]}},
            ],
        },
        {
            "id": "m1",
            "codings": as_json([NAMED]),
            "text": "Ketamine",
            "ingredient_codings": as_json([NAMED, {"code": "2"}]),
        },
    ),
    "fhir_medication_administration": (
        {
            "resourceType": "MedicationAdministration",
            "id": "a1",
            "subject": {"reference": "Patient/p1"},
            "status": "completed",
            "medicationCodeableConcept": {"coding": [CODING], "text": "Ketamine"},
            "medicationReference": {"reference": "#m1"},
            "contained": [
                {"resourceType": "Practitioner", "id": "x", "name": [{"family": "Doe"}]},
                {
                    "resourceType": "Medication",
                    "id": "m1",
                    "code": {"coding": [CODING], "text": "Ketamine"},
                    "batch": {"lotNumber": "1"},
                },
            ],
            "effectiveDateTime": "2024-01-01",
            "effectivePeriod": {"start": "2024-01-01T09:00:00Z", "end": "2024-01-01T09:40:00Z"},
            "dosage": {
                "text": "a text",
                "route": {"coding": [CODING], "text": "IV"},
                "dose": {"value": 40, "unit": "mg", "system": UNITS, "code": "mg"},
                "rateQuantity": {"value": 1.5, "unit": "mL/h", "code": "mL/h"},
                "rateRatio": {
                    "numerator": {"value": 60, "unit": "milligram", "code": "mg"},
                    "denominator": {"value": 1, "unit": "hour", "code": "h"},
                },
            },
            "note": [{"text": "a note"}],
        },
        {
            "id": "a1",
            "patient": "Patient/p1",
            "status": "completed",
            "medication_codings": as_json([NAMED]),
            "medication_text": "Ketamine",
            "medication": "#/m1",
            "contained_medications": as_json([{"id": "m1", "code": {"coding": [NAMED], "text": "Ketamine"}}]),
            "effective_at": "2024-01-01",
            "effective_start": "2024-01-01T09:00:00Z",
            "effective_end": "2024-01-01T09:40:00Z",
            "route_codings": as_json([NAMED]),
            "route_text": "IV",
            "dose_value": "40",
            "dose_unit": "mg",
            "dose_code": "mg",
            "rate_value": "1.5",
            "rate_unit": "mL/h",
            "rate_code": "mL/h",
            "rate_numerator_value": "60",
            "rate_numerator_unit": "milligram",
            "rate_numerator_code": "mg",
            "rate_denominator_value": "1",
            "rate_denominator_unit": "hour",
            "rate_denominator_code": "h",
        },
    ),
    "fhir_medication_request": (
        {
            "resourceType": "MedicationRequest",
            "id": "r1",
            "subject": {"reference": "Patient/p1"},
            "status": "active",
            "medicationReference": {"reference": "Medication/m1"},
            "authoredOn": "2024-01-01",
            "dosageInstruction": [{"patientInstruction": "x", "route": {"coding": [CODING]}}],
        },
        {
            "id": "r1",
            "patient": "Patient/p1",
            "status": "active",
            "medication": "Medication/m1",
            "authored_on": "2024-01-01",
            "route_codings": as_json([NAMED]),
        },
    ),
    "fhir_medication_statement": (
        {
            "resourceType": "MedicationStatement",
            "id": "s1",
            "subject": {"reference": "Patient/p1"},
            "status": "active",
            "medicationCodeableConcept": {"text": "Sertraline"},
            "effectivePeriod": {"start": "2023"},
            "dosage": [{"route": {"coding": [CODING]}}, {"route": {"coding": {"code": "PO"}}}],
        },
        {
            "id": "s1",
            "patient": "Patient/p1",
            "status": "active",
            "medication_text": "Sertraline",
            "effective_start": "2023",
            "route_codings": as_json([NAMED, {"code": "PO"}]),
        },
    ),
    "fhir_observation": (
        {
            "resourceType": "Observation",
            "id": "o1",
            "subject": {"reference": "Patient/p1"},
            "status": "final",
            "code": {"coding": [CODING], "text": "a text"},
            "effectiveDateTime": "2024-01-01T09:00:00Z",
            "effectivePeriod": {"start": "2024-01-02"},
            "effectiveInstant": "2024-01-03T09:00:00Z",
            "valueQuantity": {"value": 72.50, "unit": "kg", "code": "kg", "system": UNITS, "comparator": "<"},
            "valueInteger": 2,
            "valueDecimal": 2.0,
            "valueString": " 14 ",
            "valueCodeableConcept": {
                "coding": [
                    {**CODING, "extension": [{"url": "x", "valueDecimal": 9}, {"url": ORDINAL, "valueDecimal": 3}]}
                ],
                "text": "a text",
            },
            "component": [
                {"code": {"coding": [CODING]}, "valueQuantity": {"value": 120, "unit": "mmHg", "code": "mm[Hg]"}},
                {"code": {"text": "x"}, "valueString": "y"},
                {"code": {"coding": [CODING]}, "valueInteger": 3, "valueCodeableConcept": {"coding": [CODING]}},
            ],
            "hasMember": [
                {"reference": "Observation/o2"},
                {"display": "x"},
                {"reference": "Observation/o3/_history/1"},
            ],
            "derivedFrom": [{"reference": "QuestionnaireResponse/q1"}],
        },
        {
            "id": "o1",
            "patient": "Patient/p1",
            "status": "final",
            "codings": as_json([KEPT]),
            "effective_at": "2024-01-01T09:00:00Z",
            "effective_start": "2024-01-02",
            "effective_instant": "2024-01-03T09:00:00Z",
            "value_quantity": "72.5",
            "value_unit": "kg",
            "value_unit_code": "kg",
            "value_comparator": "<",
            "value_integer": "2",
            "value_decimal": "2.0",
            "value_number_text": "14",
            "value_codings": as_json([KEPT]),
            "value_ordinal": "3",
            "components": as_json(
                [
                    {
                        "code": {"coding": [KEPT]},
                        "valueQuantity": {"value": "120", "unit": "mmHg", "code": "mm[Hg]"},
                    },
                    {"code": {"coding": [KEPT]}, "valueInteger": "3", "valueCodeableConcept": {"coding": [KEPT]}},
                ]
            ),
            "has_member": as_json(["Observation/o2", "Observation/o3"]),
            "derived_from": as_json(["QuestionnaireResponse/q1"]),
        },
    ),
    "fhir_questionnaire_response": (
        {
            "resourceType": "QuestionnaireResponse",
            "id": "q1",
            "subject": {"reference": "Patient/p1"},
            "status": "completed",
            "questionnaire": "http://a.example/Questionnaire/phq-9|1.0",
            "authored": "2024-01-01T09:00:00Z",
            "source": {"reference": "Practitioner/d1"},
            "item": [
                {
                    "linkId": "group",
                    "text": "How often?",
                    "item": [
                        {
                            "linkId": "1",
                            "definition": "http://a.example#1",
                            "answer": [
                                {
                                    "valueCoding": {
                                        **CODING,
                                        "extension": [{"url": ORDINAL, "valueDecimal": 2}],
                                    },
                                    "item": [{"linkId": "1.1", "answer": [{"valueInteger": 0}, {"valueDecimal": 1.5}]}],
                                }
                            ],
                            "item": {"linkId": "1.2", "answer": {"valueQuantity": {"value": 3, "unit": "x"}}},
                        },
                        {"linkId": "2", "text": "not answered"},
                    ],
                },
                {"linkId": "3", "answer": [{"valueString": "2"}, {"valueString": "call 555 0100"}, {"item": []}]},
            ],
        },
        {
            "id": "q1",
            "patient": "Patient/p1",
            "status": "completed",
            "questionnaire": "http://a.example/Questionnaire/phq-9|1.0",
            "authored": "2024-01-01T09:00:00Z",
            "source": "Practitioner/d1",
            "answers": as_json(
                [
                    {"link_id": "1", "definition": "http://a.example#1", **KEPT, "ordinal": "2"},
                    {"link_id": "1.1", "integer": "0"},
                    {"link_id": "1.1", "decimal": "1.5"},
                    {"link_id": "1.2", "quantity": "3"},
                    {"link_id": "3", "number_text": "2"},
                    {"link_id": "3"},
                ]
            ),
        },
    ),
    "fhir_adverse_event": (
        {
            "resourceType": "AdverseEvent",
            "id": "v1",
            "subject": {"reference": "Patient/p1"},
            "actuality": "actual",
            "event": {"coding": [CODING], "text": "Nausea"},
            "date": "2024-01-01",
            "detected": "2024-01-02",
            "recordedDate": "2024-01-03",
            "severity": {"coding": [CODING]},
        },
        {
            "id": "v1",
            "patient": "Patient/p1",
            "actuality": "actual",
            "event_codings": as_json([NAMED]),
            "event_text": "given",
            "occurred_at": "2024-01-01",
            "detected_at": "2024-01-02",
            "recorded_at": "2024-01-03",
            "severity_codings": as_json([KEPT]),
        },
    ),
    "fhir_bundle": (
        {
            "resourceType": "Bundle",
            "id": "b1",
            "type": "transaction",
            "entry": [
                {"request": {"method": "DELETE", "url": "Patient/p7"}},
                {"request": {"method": "POST", "url": "Patient/p8"}, "resource": {"resourceType": "Patient"}},
                {"request": {"method": "DELETE", "url": "Patient?identifier=1"}},
            ],
        },
        {"id": "b1", "bundle_type": "transaction", "deletions": as_json(["Patient/p7"])},
    ),
    "fhir_other_resource": (
        {"resourceType": "Procedure", "id": "x1", "note": [{"text": "a note"}]},
        {"id": "x1", "resource_type": "Procedure"},
    ),
}


def test_every_table_has_an_example():
    assert {table.identifier for table in load_formats()[FHIR].values()} == set(RESOURCES)


@pytest.mark.parametrize("table", RESOURCES)
def test_what_is_declared_is_taken(read, table):
    resource, expected = RESOURCES[table]
    assert read(resource).records(table) == [{**expected, "is_malformed": False}]


def test_every_declared_column_is_filled_by_an_example():
    for table in load_formats()[FHIR].values():
        columns = set(table.delivered_names) - {"last_updated", "security_codings"}
        filled = set(RESOURCES[table.identifier][1])
        if not table.name.startswith("medication_"):
            assert columns <= filled, table.name


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (" a ", "a"),
        ("", None),
        (" \t", None),
        (72.5, "72.5"),
        (1, "1"),
        (1.0, "1.0"),
        (-0.000001, "-0.000001"),
        (1e20, "100000000000000000000"),
        (0.1, "0.1"),
        (2**63, "9223372036854775808"),
        (True, "true"),
        (False, "false"),
        (None, None),
        ({}, "(object)"),
        ({"value": "secret"}, "(object)"),
        ([], None),
        ([None, "", [["b"]], "c"], "b"),
        ([{"a": 1}], "(object)"),
    ],
)
def test_single_values_as_text(value, text):
    assert text_of(value) == text


@pytest.mark.parametrize("text", ["0", "14", "-1", "+3", "2.", ".5", "12.125", " 027 "])
def test_short_numbers_may_stay(text):
    assert score_text_of(text) == text.strip()


@pytest.mark.parametrize(
    "text", ["", "a", "1234", "5550100", "20240101", "12-3", "1,5", "1e2", "1.2345", "٣", "14\n15", "1 4", "NaN", "."]
)
def test_other_text_may_not(text):
    assert score_text_of(text) is None


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("Patient/p1", "Patient/p1"),
        (" Patient/p1 ", "Patient/p1"),
        ("/Patient/p1", "Patient/p1"),
        ("Patient/p1/", "Patient/p1"),
        ("Patient/p1/_history/2", "Patient/p1"),
        ("https://a.example:8080/r4/Patient/p1", "Patient/p1"),
        ("https://a.example/r4/Patient/p1/_history/7", "Patient/p1"),
        ("Patient/p1#part", "Patient/p1"),
        ("urn:uuid:6b7e", "?/6b7e"),
        ("URN:OID:1.2.3", "?/1.2.3"),
        ("#m1", "#/m1"),
        ("#", None),
        ("p1", None),
        ("Patient", None),
        ("Patient/", None),
        ("patient/p1", None),
        ("Patient?identifier=http://a.example|12345", None),
        ("https://a.example/r4/Patient?identifier=12345", None),
        ("https://a.example/r4/Patient/p1?_format=json", None),
        ("Ann Miller", None),
        ("Patient/Ann Miller", None),
        ("", None),
        ("Patient/" + 1000 * "1", None),
        (1000 * "a/" + "Patient/p1", None),
    ],
)
def test_references_in_one_form(reference, expected):
    assert normalised_reference(reference) == expected


@pytest.mark.parametrize(
    "resource",
    [
        {"subject": [{"reference": "Patient/p1"}], "code": [[{"coding": {"system": LOINC, "code": "1-8"}}]]},
        {"subject": {"reference": ["Patient/p1", "Patient/p2"]}, "code": {"coding": [None, "x", [[KEPT]], {"a": 1}]}},
        {"subject": [{"display": "x"}, {"reference": "?"}, {"reference": "Patient/p1"}], "code": [{"coding": KEPT}]},
    ],
)
def test_lists_are_looked_through_wherever_they_stand(read, resource):
    (record,) = read({"resourceType": "Condition", **resource}).records("fhir_condition")
    assert record == {"patient": "Patient/p1", "codings": as_json([KEPT]), "is_malformed": False}


def test_what_has_another_form_is_not_kept(read):
    line = {
        "resourceType": "Observation",
        "id": {"value": "secret"},
        "subject": "Patient/secret",
        "code": {"coding": [{"system": {"x": "secret"}, "code": ["1-8"], "userSelected": True}]},
        "valueQuantity": ["secret", {"value": {"x": "secret"}}],
        "component": [{"code": "secret"}, {"code": {"coding": {"code": 7}}}],
        "hasMember": {"reference": {"reference": "Observation/secret"}},
        "meta": None,
        "effectivePeriod": 5,
    }
    (record,) = read(line).records("fhir_observation")
    assert record == {
        "id": "(object)",
        "codings": as_json([{"system": "(object)", "code": "1-8"}]),
        "value_quantity": "(object)",
        "components": as_json([{"code": {"coding": {"code": "7"}}}]),
        "is_malformed": False,
    }


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ([{"family": "Test", "given": ["Zoë"]}], True),
        ([{"family": "Miller"}, {"family": " ZZ-TEST 3"}], True),
        ([{"family": "Patient", "given": ["Test", "Ann"]}], True),
        ({"family": "st", "given": "Te5"}, True),
        ([{"given": ["Test"]}], True),
        ([{"family": "Miller", "given": ["Test"]}], False),
        ([{"family": "Patient", "given": ["Ann", "Test"]}], False),
        ([{"text": "Test"}, "Test", None, {"family": {"x": "Test"}}], False),
        ([], False),
        (None, False),
    ],
)
def test_names_of_test_patients_are_found_while_reading(read, names, expected):
    (record,) = read({"resourceType": "Patient", "name": names}).records("fhir_patient")
    assert record["has_test_name"] is expected


def test_names_of_resource_types_and_questions_stay_names(read):
    secret = "Ann Miller, 555 0100"
    item = {"linkId": 300 * "x", "definition": 300 * "y", "answer": [{"valueInteger": 1}]}
    warehouse = read({"resourceType": secret, "id": "1"}, {"resourceType": "QuestionnaireResponse", "item": [item]})
    assert warehouse.records(OTHER) == [{"id": "1", "resource_type": "(unnamed)", "is_malformed": False}]
    assert warehouse.records("fhir_questionnaire_response")[0]["answers"] == '[{"integer":"1"}]'


def test_deep_items_are_answers_too(read):
    item = {"linkId": "deepest", "answer": [{"valueInteger": 3}]}
    for _ in range(250):
        item = {"linkId": "x", "item": [item]}
    (record,) = read({"resourceType": "QuestionnaireResponse", "item": [item]}).records("fhir_questionnaire_response")
    assert record["answers"] == '[{"link_id":"deepest","integer":"3"}]'


@pytest.mark.parametrize("path", ["", "a..b", "a[b]", "a[b=c", "a.b c", "a[b=@no_such_seed]"])
def test_a_path_that_is_none_is_an_error(path):
    with pytest.raises(ValueError, match=r"path|seed"):
        parse_path(path, values_of_seed)


# ---------------------------------------------------------------------------------------------------- lines


def test_lines_are_counted_as_they_stand(read):
    warehouse = read(
        b"\xef\xbb\xbf" + HEART_RATE.strip() + b"\r",
        b"",
        b" \t\r",
        b'{"resourceType": "Patient", "id": "P1"}',
        b"rubbish",
        b'  {"resourceType":"Patient","id":"P2"}  ',
        name="Observation.ndjson",
    )
    assert warehouse.rows("select id, row_number from raw.fhir_observation") == [("O1", 1)]
    assert warehouse.rows("select id, row_number from raw.fhir_patient order by 2") == [("P1", 2), ("P2", 4)]
    assert warehouse.rows(f"select row_number, is_malformed from raw.{OTHER}") == [(3, True)]
    assert warehouse.rows("select table_name, n_records from raw.files") == [("vitals", 4)]


MALFORMED = [
    b"{",
    b"[]",
    b"7",
    b'"Patient"',
    b"null",
    b"{}",
    b'{"resourceType":null}',
    b'{"resourceType":["Patient"]}',
    b'{"resourceType":" "}',
    b'{"resourceType":"Patient",}',
    b'{"resourceType":"Patient"}{"resourceType":"Patient"}',
    b"{'resourceType':'Patient'}",
    b'{"resourceType":"Patient","x":NaN}',
    b'{"resourceType":"Patient","x":-Infinity}',
    b'{"resourceType":"Patient","x":01}',
    b'{"resourceType":"Patient","x":.5}',
    b'{"resourceType":"Patient","x":1e999}',
    b'{"resourceType":"Patient","x":"\t"}',
    b'{"resourceType":"Patient","x":"\xff"}',
    b'{"resourceType":"Patient","x":"\xed\xa0\x80"}',
    b'{"resourceType":"Patient","x":"\\ud800"}',
    b'{"resourceType":"Patient","x":"\\x41"}',
    b'{"resourceType":"Patient","x":"\\u0000"}',
    b'{"resourceType":"Patient","\\u0000":[{"a":"b"}]}',
    b'{"resourceType":"Patient"}\0',
    b"\0",
    b'\x0b{"resourceType":"Patient"}',
    b'\xef\xbb\xbf{"resourceType":"Patient"}',
    b'{"resourceType":"Patient","x":' + 2000 * b"[" + 2000 * b"]" + b"}",
    b'{"resourceType":"Condition","code":{"coding":[{"code":"F43.10"}' + 200 * b',{"code":"x"}' + b"]}}",
    b'{"resourceType":"Condition","code":{"coding":[{"code":"' + 70_000 * b"x" + b'"}]}}',
]
WELL_FORMED = [
    b'{"resourceType":"Patient","x":"\\\\u0000"}',
    b'{"resourceType":"Patient","x":"\\ud83d\\ude00"}',
    b'{"resourceType":"Patient","x":123456789012345678901234567890}',
    b'{"resourceType":"Condition","resourceType":"Patient"}',
    b'\t{"x":' + 900 * b"[" + 900 * b"]" + b',"resourceType":"Patient"}\r',
    b'{"resourceType":"Patient","meta":{"tag":[{"code":"y"}' + 199 * b',{"code":"x"}' + b"]}}",
]


@pytest.mark.parametrize("line", MALFORMED)
def test_lines_that_are_no_resource(read, line):
    warehouse = read(HEART_RATE.strip(), line, HEART_RATE.strip(), name="1.Patient.ndjson")
    assert warehouse.records(OTHER) == [{"is_malformed": True}]
    assert warehouse.rows("select row_number from raw.fhir_observation order by 1") == [(1,), (3,)]


@pytest.mark.parametrize("line", WELL_FORMED)
def test_lines_that_are_one(read, line):
    assert read(line).rows("select row_number, is_malformed from raw.fhir_patient") == [(1, False)]


def test_a_line_that_is_too_long_is_one_malformed_record(tmp_path, monkeypatch, line_reader):
    for module in ("reader.blocks", "reader.resources.lines"):
        monkeypatch.setattr(f"{module}.LONGEST_RECORD_BYTES", 1000)
    path = tmp_path / "lines"
    long_line = HEART_RATE.replace(b"O1", 5000 * b"x")
    path.write_bytes(HEART_RATE + long_line + HEART_RATE + HEART_RATE.replace(b"O1", 990 * b"x") + long_line)
    for block_bytes in (10, 100, 1_000_000):
        assert numbers_of(path, line_reader, block_bytes) == ({"observation": [1, 3]}, [2, 4, 5])


@pytest.mark.parametrize("block_bytes", [1, 2, 3, 7, 1000])
def test_blocks_may_end_anywhere(tmp_path, line_reader, block_bytes):
    path = tmp_path / "lines"
    path.write_bytes(b"\xef\xbb\xbf" + HEART_RATE + b"\r\n\n{\n" + '{"resourceType":"Patient","id":"é"}'.encode())
    assert numbers_of(path, line_reader, block_bytes) == ({"observation": [1], "patient": [3]}, [2])


def numbers_of(path, line_reader, block_bytes):
    """(table -> row numbers of its records, those of malformed lines) of a file read in blocks of so many bytes."""
    found, malformed = {}, []
    with HashedFile(path) as file:
        for arrival in line_reader.read(Blocks(file, is_gzip=False, block_bytes=block_bytes)):
            numbers = arrival.row_numbers.to_pylist()
            for number, is_malformed in zip(numbers, arrival.batch.is_malformed.to_pylist(), strict=True):
                target = malformed if is_malformed else found.setdefault(arrival.table.name, [])
                target.append(number)
    return found, malformed


# ---------------------------------------------------------------------------------------------------- files


@pytest.mark.parametrize(
    ("name", "carries"),
    [
        ("Patient.ndjson", "patients"),
        ("Patient.ndjson.gz", "patients"),
        ("1.Condition.ndjson", "diagnoses"),
        ("001.MedicationAdministration.000.ndjson", "medication_administrations"),
        ("MedicationRequest_2.ndjson", "medications"),
        ("MedicationStatement-part-1.ndjson", "medications"),
        ("Observation.vitals.ndjson.gz", "vitals"),
        ("QuestionnaireResponse.ndjson", "assessments"),
        ("AdverseEvent 1.ndjson", "adverse_events"),
        ("Medication.ndjson", "unused"),
        ("ObservationDefinition.ndjson", "unused"),
        ("deleted.ndjson", "unused"),
        ("deleted-1.ndjson.gz", "unused"),
    ],
)
def test_files_by_their_names(warehouse, name, carries):
    deliver(warehouse.raw, {name: HEART_RATE}, format_name=FHIR)
    warehouse.read()
    assert warehouse.rows("select file, table_name, n_records from raw.files") == [(name, carries, 1)]
    assert warehouse.records("fhir_observation") == [{"id": "O1", "status": "final", "is_malformed": False}]
    assert warehouse.ignored() == set()


@pytest.mark.parametrize(
    "name",
    ["patient.ndjson", "Patient.json", "Patient.csv", "Patient.NDJSON", "x.Patient.ndjson", "log.txt", "1.ndjson"],
)
def test_other_files_are_ignored_and_reported(warehouse, name):
    deliver(warehouse.raw, {name: HEART_RATE, "Patient.ndjson": b""}, format_name=FHIR)
    warehouse.read()
    assert warehouse.ignored() == {(name, None, "unknown_file")}
    assert warehouse.rows("select file, table_name, n_records from raw.files") == [("Patient.ndjson", "patients", 0)]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("1.Patient.ndjson", "1.Patient.ndjson"),
        ("Patient-part-12.ndjson.gz", "Patient-part-12.ndjson.gz"),
        ("deleted.ndjson", "deleted.ndjson"),
        ("PERSON.csv", "PERSON.csv"),
        ("Patient.John_Smith.ndjson", "Patient*"),
        ("Patient_5551234567.ndjson", "Patient*"),
        ("SmithJohn.ndjson", "*"),
        ("export for John Smith", "*"),
    ],
)
def test_messages_tell_of_a_name_only_what_exports_put_there(name, told):
    assert told_name(name) == told


def test_the_manifest_names_files_of_any_name(warehouse):
    manifest = {
        "output": [
            {"type": "Observation", "url": "https://a.example/x/export%20part.1?token=a"},
            {"type": "Thing", "url": "https://a.example/thing"},
            {"type": "Patient", "url": "https://a.example/not-delivered"},
            {"url": 5},
            "x",
        ],
        "deleted": [{"type": "Bundle", "url": "https://a.example/gone.gz"}],
        "error": [{"type": "OperationOutcome", "url": "errors"}],
    }
    contents = dict.fromkeys(["export part.1", "thing", "gone.gz", "errors", "other"], HEART_RATE)
    deliver(warehouse.raw, {**contents, "manifest.json": json.dumps(manifest).encode()}, format_name=FHIR)
    warehouse.read()
    assert set(warehouse.rows("select file, table_name from raw.files")) == {
        ("export part.1", "vitals"),
        ("thing", "unused"),
        ("gone.gz", "unused"),
        ("errors", "unused"),
    }
    assert warehouse.ignored() == {("other", None, "unknown_file")}
    assert warehouse.rows("select count(*) from raw.fhir_observation") == [(4,)]


@pytest.mark.parametrize("manifest", [b"", b"{", b"[]", b"\xff", b'{"output": {"url": "a"}}', 5000 * b"["])
def test_a_broken_manifest_names_nothing(warehouse, manifest):
    deliver(warehouse.raw, {"manifest.json": manifest, "a": HEART_RATE, "Patient.ndjson": b"\n"}, format_name=FHIR)
    warehouse.read()
    assert warehouse.ignored() == {("a", None, "unknown_file")}


def test_a_manifest_alone_is_no_delivery(warehouse):
    deliver(warehouse.raw, {"manifest.json": b"{}"}, format_name=FHIR)
    with pytest.raises(NoDeliveriesError, match="holds no deliveries"):
        warehouse.read()


def test_a_new_manifest_is_read_again_where_it_names_other_files(warehouse):
    folder = deliver(warehouse.raw, {"a": HEART_RATE, "Patient.ndjson": b""}, format_name=FHIR)
    warehouse.read()
    assert warehouse.read().is_unchanged
    (folder / "manifest.json").write_bytes(b'{"output": [{"type": "Observation", "url": "a"}]}')
    assert not warehouse.read().is_unchanged
    assert warehouse.rows("select id from raw.fhir_observation") == [("O1",)]


@pytest.mark.parametrize("name", ["Observation.ndjson", "Observation.ndjson.gz"])
@pytest.mark.parametrize("content", [b"", b"\n\r\n \n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\n"])
def test_an_empty_file_has_no_records(warehouse, name, content):
    deliver(warehouse.raw, {name: content}, format_name=FHIR)
    assert warehouse.read().refused == []
    assert warehouse.rows("select n_records from raw.files") == [(0,)]


# More than one block of bytes, so that records were written before the end turns out to be broken.
@pytest.mark.parametrize("cut", [9, 1000, 100_000])
def test_a_truncated_gzip_leaves_none_of_its_records(warehouse, cut):
    randomness = random.Random(1)
    lines = [HEART_RATE.replace(b"O1", b"%d" % randomness.randrange(10**12)) for _ in range(400_000)]
    patient = b'{"resourceType":"Patient","id":"P1"}\n'
    content = gzip.compress(patient + b"".join(lines) + patient, compresslevel=1)
    deliver(
        warehouse.raw,
        {"Observation.ndjson.gz": content[:-cut], "Patient.ndjson": patient + HEART_RATE},
        format_name=FHIR,
    )
    warehouse.read()
    assert warehouse.refused() == {"Observation.ndjson.gz": "unreadable"}
    assert warehouse.rows("select table_name from raw.refused_files") == [("vitals",)]
    assert warehouse.rows("select file from raw.fhir_observation") == [("Patient.ndjson",)]
    assert warehouse.rows("select file from raw.fhir_patient") == [("Patient.ndjson",)]


def test_formats_lie_side_by_side(warehouse):
    deliver(warehouse.raw, {"vitals.csv": VITALS + VITAL})
    deliver(warehouse.raw, {"Patient.ndjson": HEART_RATE}, site="08", day="2024-04-01", format_name=FHIR)
    outcome = warehouse.read()
    assert (outcome.n_files, outcome.n_records) == (2, 2)
    assert warehouse.rows("select vital_id from raw.vitals") == [("V1",)]
    expected = ("08", datetime.date(2024, 4, 1), "Patient.ndjson", 1)
    columns = "site_id, delivered_on, file, row_number"
    assert warehouse.rows(f"select {columns} from raw.fhir_observation") == [expected]


def test_seeds_and_sources_count_as_what_was_read(warehouse, monkeypatch, tmp_path):
    deliver(warehouse.raw, {"Patient.ndjson": HEART_RATE}, format_name=FHIR)
    seed = tmp_path / "seed.csv"
    seed.write_text("url\na\n")
    monkeypatch.setattr("reader.ingest.SEEDS", [seed])
    assert not warehouse.read().is_unchanged
    assert warehouse.read().is_unchanged
    seed.write_text("url\nb\n")
    assert not warehouse.read().is_unchanged
    monkeypatch.setattr("reader.ingest.FORMAT_SOURCES", {"fhir": seed})
    assert not warehouse.read().is_unchanged


@pytest.mark.parametrize("name", ["Patient.ndjson", "Patient.ndjson.gz"])
def test_progress_reaches_the_size_of_the_file(tmp_path, line_reader, name):
    folder = deliver(tmp_path, {name: 1000 * HEART_RATE}, format_name=FHIR)
    counted = []
    with HashedFile(folder / name, counted.append) as file:
        list(line_reader.read(Blocks(file, is_gzip=name.endswith(".gz"), block_bytes=1000)))
        file.sha256()
    assert sum(counted) == (folder / name).stat().st_size
