"""Files of any content in every format: refused or read line by line, and never more kept than is declared."""

import datetime
import json
import math
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reader.ahead import one_ahead
from reader.blocks import Blocks, HashedFile
from reader.declaration import EHR, FHIR, OMOP, load_formats
from reader.heading import Heading, RefusedFileError
from reader.preflight.inventory import DeliveredFile
from reader.reading import Readers
from reader.resources.extraction import Extractor
from reader.resources.lines import LineReader
from reader.seeds import values_of_seed
from reader.tabbed import split_tabbed
from tests.integration.deliveries import Warehouse, deliver

FORMATS = load_formats()
LINE_READER = LineReader(FORMATS[FHIR], values_of_seed, {"test"})
READERS = Readers(FORMATS, ["test"])
DAY = datetime.date(2024, 3, 1)
one_file = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

# Pieces of lines, whole and broken, so that every short combination turns up.
LINES = [
    b'{"resourceType":"Patient"}',
    b'{"resourceType":"Patient","id":"P1","name":[{"family":"Test"}]}',
    b'{"resourceType":"Observation","valueQuantity":{"value":1e3}}',
    b'{"resourceType":"X"} ',
    b'{"resourceType":7}',
    b'["Patient"]',
    b"{}",
]
TOKENS = [b"{", b"}", b"[", b"]", b",", b":", b'"resourceType"', b'"Patient"', b'"id"', b'"\\u0000"', b'"\\ud800"',
          b"1e999", b"-1", b"01", b"NaN", b"true", b"null", b"\n", b"\n", b"\r", b"\r\n", b" ", b"\t", b"\0", b"\xff",
          b"\xef\xbb\xbf", b"\x0b", "é".encode()]  # fmt: skip
ndjson = st.one_of(
    st.binary(max_size=60),
    st.lists(st.sampled_from(TOKENS), max_size=25).map(b"".join),
    st.lists(st.one_of(st.sampled_from(LINES), st.sampled_from(LINES + TOKENS))).map(b"\n".join),
)


@one_file
@given(ndjson, st.integers(1, 50))
def test_any_bytes_are_lines_that_an_independent_reading_judges_alike(tmp_path, content, block_bytes):
    path = tmp_path / "lines"
    path.write_bytes(content)
    found = {}
    with HashedFile(path) as file:
        for arrival in LINE_READER.read(Blocks(file, is_gzip=False, block_bytes=block_bytes)):
            flags = arrival.batch.is_malformed.to_pylist()
            for number, is_malformed in zip(arrival.row_numbers.to_pylist(), flags, strict=True):
                assert number not in found
                found[number] = is_malformed
            assert all(len(column) == len(flags) for column in arrival.batch.columns.values())
    lines = [line for line in content.removeprefix(b"\xef\xbb\xbf").split(b"\n") if line.strip(b" \t\r")]
    assert [found[number] for number in sorted(found)] == [not is_resource(line) for line in lines]
    assert sorted(found) == list(range(1, len(lines) + 1))


def is_resource(line: bytes) -> bool:
    """Whether a line is a JSON object with a resourceType, by Python's own parser."""

    def refuse(constant):
        raise ValueError(constant)

    try:
        resource = json.loads(line.decode("utf-8"), parse_constant=refuse)
        if line.startswith(b"\xef\xbb\xbf"):
            return False
        json.dumps(resource, ensure_ascii=False).encode("utf-8")  # no half of a surrogate pair
    except ValueError:
        return False
    if not isinstance(resource, dict) or "\0" in str_of(resource) or holds_infinity(resource):
        return False
    return isinstance(resource.get("resourceType"), str) and bool(resource["resourceType"].strip())


def str_of(value) -> str:
    """All keys and texts in a value."""
    if isinstance(value, dict):
        return "".join(map(str_of, [*value, *value.values()]))
    return "".join(map(str_of, value)) if isinstance(value, list) else value if isinstance(value, str) else ""


def holds_infinity(value) -> bool:
    """Whether a number in it was beyond the range of a double."""
    if isinstance(value, dict | list):
        return any(map(holds_infinity, value.values() if isinstance(value, dict) else value))
    return isinstance(value, float) and math.isinf(value)


@pytest.mark.parametrize(
    ("format_name", "declared_name", "name"),
    [
        (EHR, "vitals", "vitals.csv"),
        (EHR, "vitals", "vitals.csv.gz"),
        (EHR, "vitals", "vitals.parquet"),
        (FHIR, "observation", "Observation.ndjson"),
        (FHIR, "bundle", "deleted.ndjson.gz"),
        (OMOP, "concept_ancestor", "CONCEPT_ANCESTOR.csv"),
        (OMOP, "concept_ancestor", "Concept_Ancestor.CSV.GZ"),
        (OMOP, "observation", "observation.PARQUET"),
    ],
)
def test_any_bytes_are_read_or_refused(tmp_path, format_name, declared_name, name):
    path = tmp_path / name
    found = DeliveredFile(path, name, "07", DAY, format_name, declared_name, "unused")
    headers = [b"", b"ancestor_concept_id,descendant_concept_id\n", b"ancestor_concept_id\tdescendant_concept_id\n"]

    @settings(max_examples=100, deadline=None)
    @given(st.sampled_from(headers), st.one_of(st.binary(max_size=80), ndjson))
    def check(header, content):
        path.write_bytes(header + content)
        try:
            with HashedFile(path) as file:
                unknown, arrivals = READERS.read(found, file)
                numbers = [number for arrival in arrivals for number in arrival.row_numbers.to_pylist()]
        except RefusedFileError:
            return
        assert isinstance(unknown, tuple)
        assert sorted(numbers) == list(range(1, len(numbers) + 1))

    check()


# ---------------------------------------------------------------------------------------------------- never more


def keys_of(path: str) -> list[str]:
    """The keys of a declared path, without its conditions."""
    return re.sub(r"\[[^\]]*\]", "", path).replace(" ", "").split(".")


def allowed_places(table) -> set[str]:
    """Dotted keys from a resource down to every value that the declaration of a table names; lists do not count."""
    places = set()
    for column in table.columns:
        if column.path:
            place = ".".join(keys_of(column.path))
            places |= {f"{place}.{kept}" for kept in column.keep} or {place}
    return places


ANSWER = re.compile(r"item(\.answer\.item|\.item)*\.(linkId|definition|answer\.(valueCoding\.(system|code))|"
                    r"answer\.value(Integer|Decimal)|answer\.valueQuantity\.value|"
                    r"answer\.valueCoding\.extension\.valueDecimal)")  # fmt: skip
VOCABULARY = sorted(
    {key for table in FORMATS[FHIR].values() for place in allowed_places(table) for key in place.split(".")}
    | {
        "answer",
        "linkId",
        "valueCoding",
        "name",
        "family",
        "given",
        "text",
        "note",
        "telecom",
        "value",
        "display",
        "div",
    }
)
leaves = st.sampled_from(["text", "url", 5])
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.dictionaries(st.sampled_from(VOCABULARY), inner, max_size=5), st.lists(inner, max_size=3)
    ),
    max_leaves=25,
)


def place_marks(node, place: str, marks: list[str]):
    """The same tree with every text replaced by a mark, which also is a reference; `marks` gets their places."""
    if isinstance(node, dict):
        return {key: place_marks(value, f"{place}.{key}" if place else key, marks) for key, value in node.items()}
    if isinstance(node, list):
        return [place_marks(value, place, marks) for value in node]
    if node == "url":  # so that conditions on the way hold
        return "Medication"
    marks.append(place)
    return f"Mark/m{len(marks)}m"


@pytest.mark.parametrize("table", FORMATS[FHIR].values(), ids=lambda table: table.name)
def test_nothing_is_kept_that_is_not_declared(table):
    extractor = Extractor(table, values_of_seed, frozenset({"test"}))
    allowed = allowed_places(table)
    first_keys = st.sampled_from([*sorted({place.split(".")[0] for place in allowed}), "name", "text", "note"])

    @settings(max_examples=300, deadline=None)
    @given(st.dictionaries(first_keys, trees, max_size=6))
    def check(tree):
        marks = []
        row = extractor.row(place_marks(tree, "", marks))
        for number in re.findall(r"Mark/m([0-9]+)m", str(row)):
            place = marks[int(number) - 1]
            assert place in allowed or (table.name == "questionnaire_response" and ANSWER.fullmatch(place))
        assert len(row) == len(extractor.names)
        assert all(isinstance(value, str | bool | None) for value in row)

    check()


CANARIES = ["Canaryfamily", "Canarygiven", "canary@example.org", "555-010-0199", "1 Canary Street", "MRN-Canary-77"]


def test_names_contact_data_and_narratives_are_in_no_table(tmp_path):
    family, given, email, phone, street, record_number = CANARIES
    person = {"reference": f"Patient?identifier={record_number}", "display": f"{given} {family}"}
    private = {
        "text": {"status": "generated", "div": f"<div>{family}</div>"},
        "identifier": [{"system": "mrn", "value": record_number}],
        "name": [{"family": family, "given": [given], "text": f"{given} {family}"}],
        "telecom": [{"system": "phone", "value": phone}, {"value": email}],
        "address": [{"line": [street], "city": street, "text": street}],
        "contact": [{"name": {"family": family}, "telecom": [{"value": phone}]}],
        "note": [{"text": f"call {phone}"}],
        "subject": {**person, "identifier": {"value": record_number}},
        "performer": [{"actor": {"display": family}}],
        "author": {"display": family},
        "valueString": f"said by {family}",
        "code": {"coding": [{"userSelected": family}]},
        "contained": [{"resourceType": "RelatedPerson", "name": [{"family": family}]}],
        "extension": [{"url": "x", "valueString": family}, {"url": family, "valueCode": family}],
        "meta": {"source": email, "security": [{"display": family}], "tag": [family]},
        "item": [{"text": family, "answer": [{"valueString": phone}, {"valueReference": person}]}],
        "dosage": {"text": family, "patientInstruction": phone},
        "component": [{"valueString": family, "code": {"text": family, "coding": [{"display": family}]}}],
        "entry": [{"resource": {"name": family}, "request": {"method": "DELETE", "url": f"Patient?name={family}"}}],
        "hasMember": [person],
        "gender": {"x": family},
        "birthDate": [{"x": family}],
    }
    types = [table.resource_type or "Procedure" for table in FORMATS[FHIR].values()]
    lines = [json.dumps({"resourceType": name, **private}) for name in types]
    lines += [lines[0] + family, f'{{"{family}": "{phone}"', json.dumps([private]), json.dumps({family: private})]
    deliver(tmp_path, {"Patient.ndjson": "\n".join(lines).encode()}, format_name=FHIR)
    warehouse = Warehouse(tmp_path)
    outcome = warehouse.read()
    assert outcome.n_records == len(lines)
    stored = warehouse.everything() + str(outcome.messages())
    assert [canary for canary in CANARIES if canary.lower() in stored.lower()] == []
    assert "DELETE" not in stored


# ---------------------------------------------------------------------------------------------------- tabs


TAB_PIECES = [b"\t", b"\t", b"\n", b"\r\n", b"\r", b'"', b",", b"a", b" b", "é".encode(), b"\xff", b"\0", b"1\t2\n"]


@settings(max_examples=500, deadline=None)
@given(st.lists(st.sampled_from(TAB_PIECES), max_size=40).map(b"".join))
def test_tabs_split_alike_the_fast_way_and_the_slow(lines):
    expected = []
    for line in lines.split(b"\n"):
        line = line.removesuffix(b"\r")
        if line:
            try:
                fields = line.decode("utf-8").split("\t")
            except UnicodeDecodeError:
                fields = []
            expected.append([field.strip() or None for field in fields] if len(fields) == 2 else None)
    batch = split_tabbed(lines, Heading(2, {"first": 0, "second": 1}, ()))
    assert batch.is_malformed.to_pylist() == [record is None for record in expected]
    for position, name in enumerate(("first", "second")):
        assert batch.columns[name].to_pylist() == [record and record[position] for record in expected]


# ---------------------------------------------------------------------------------------------------- one ahead


def test_one_ahead_keeps_order_and_errors():
    def items():
        yield from range(5)
        raise RefusedFileError("unreadable")

    taken = []
    with pytest.raises(RefusedFileError):
        taken.extend(one_ahead(items()))
    seen = []
    coming = one_ahead(iter(range(5)))
    for item in coming:
        seen.append(item)
        if item == 2:
            coming.close()
    assert seen == [0, 1, 2]
    assert list(one_ahead(iter([]))) == []
