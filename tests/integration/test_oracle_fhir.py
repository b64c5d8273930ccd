"""The warehouse against an independent reading of FHIR Bulk Data deliveries, dense with edge cases."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.compare_warehouse import compare
from tests.integration.conftest import MEASUREMENTS, SHAREABLE
from tests.integration.edge_fhir_deliveries import BROKEN, write_fhir_deliveries
from tests.integration.oracle.build import read_everything
from tests.integration.oracle.fates import Fates
from tests.integration.oracle.json_paths import local, reference
from tests.integration.oracle.ndjson import parsed

SEEDS = [1, 2]


@pytest.mark.parametrize("seed", SEEDS)
def test_no_difference(seed: int, build_warehouse: Callable[..., Path], tmp_path: Path) -> None:
    """Every row and cell of every public table is what the independent reading says."""
    raw = write_fhir_deliveries(tmp_path / "raw", seed, n_patients=16)
    differences = compare(build_warehouse(raw, but=SHAREABLE + MEASUREMENTS), raw)
    listed = "\n".join(str(difference) for difference in differences[:40])
    assert not differences, f"{len(differences)} differences (seed {seed}):\n{listed}"


def deliver(raw: Path, *resources: dict, day: str = "2024-06-30", name: str = "Mixed.ndjson") -> None:
    """Write resources as one file of one delivery of site 07."""
    folder = raw / "fhir" / "site=07" / f"delivered_on={day}"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("".join(json.dumps(resource) + "\n" for resource in resources), encoding="utf-8")


def fates_of(raw: Path) -> dict[tuple, tuple]:
    """(delivery day, row number) -> (table, fate or reason) of every line."""
    found = read_everything(raw)
    Fates(found.records)
    return {
        (str(record.delivered_on), record.row_number): (record.table, record.reason or record.fate)
        for record in found.records
        if not record.is_part
    }


PATIENT = {"resourceType": "Patient", "id": "1", "birthDate": "1980"}
SUBJECT = {"subject": {"reference": "Patient/1"}}


@pytest.mark.parametrize("line", BROKEN, ids=range(len(BROKEN)))
def test_no_resource(line: bytes) -> None:
    """What is no JSON object with a resourceType is malformed."""
    assert parsed(line) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Patient/1", ("Patient", "1")),
        ("https://a.example/fhir/Patient/1/_history/4", ("Patient", "1")),
        ("urn:uuid:0-1", ("?", "0-1")),
        ("#m1", ("#", "m1")),
        ("Patient?identifier=a|1", None),
        ("1", None),
    ],
)
def test_references(text: str, expected: tuple | None) -> None:
    """Relative, absolute, versioned, urn, contained; a search names nobody."""
    assert reference(text) == expected


def test_local_times(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only an instant in UTC, of a site with a time zone, moves; an offset never does, midnight stays unknown."""
    monkeypatch.setitem(__import__("tests.integration.oracle.codes").integration.oracle.codes.SITE_TIME_ZONES,
                        "07", "America/New_York")  # fmt: skip
    assert local("2024-01-05T02:30:00Z", "07") == "2024-01-04T21:30:00"
    assert local("2024-07-05T02:30:00.5Z", "07") == "2024-07-04T22:30:00.5"
    assert local("2024-01-05T02:30:00+00:00", "07") == "2024-01-05T02:30:00+00:00"
    assert local("2024-01-05T00:00:00Z", "07") == "2024-01-05T00:00:00Z"
    assert local("2024-01-05T02:30:00Z", "north") == "2024-01-05T02:30:00Z"


def test_fates(tmp_path: Path) -> None:
    """A line is what it carries: records of flat tables, unused resources, partial dates, labels."""
    label = {"security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "PSYTHPN"}]}
    icd = {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "F43.10"}]}
    weight = {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]}
    kilograms = {"value": 80, "code": "kg"}
    observation = {"resourceType": "Observation", "status": "final", "code": weight, **SUBJECT}
    deliver(
        tmp_path,
        PATIENT,
        {"resourceType": "Practitioner", "id": "1"},
        {"resourceType": "Condition", "id": "1", "code": icd, "onsetDateTime": "2021-05", **SUBJECT},
        {"resourceType": "Condition", "id": "2", "code": icd, "onsetDateTime": "2021-05-01", **SUBJECT},
        {"resourceType": "Condition", "id": "3", "code": icd, **SUBJECT},
        {**observation, "id": "1", "effectiveDateTime": "2024-01-05", "valueQuantity": kilograms},
        {**observation, "id": "2", "effectiveDateTime": "2024", "valueQuantity": kilograms},
        {
            **observation,
            "id": "3",
            "effectiveDateTime": "2024-01-05",
            "valueQuantity": {**kilograms, "comparator": "<"},
        },
        {**observation, "id": "4", "effectiveDateTime": "2024-01-05", "status": "cancelled"},
        {**observation, "id": "5", "effectiveDateTime": "2024-01-05", "valueQuantity": kilograms, "meta": label},
        {"resourceType": "Device", "id": "1", "meta": label},
    )
    assert list(fates_of(tmp_path).values()) == [
        ("patients", "accepted"),
        ("unused", "accepted"),
        ("diagnoses", "unparsable:onset_on"),
        ("diagnoses", "accepted"),
        ("diagnoses", "missing:recorded_at"),
        ("vitals", "accepted"),
        ("vitals", "unparsable:measured_at"),
        ("vitals", "unparsable:value"),
        ("unused", "accepted"),
        ("vitals", "restricted:PSYTHPN"),
        ("unused", "restricted:PSYTHPN"),
    ]


def test_deletion_and_redelivery(tmp_path: Path) -> None:
    """A deletion takes back what was delivered until then; a later version stands."""
    event = {"resourceType": "AdverseEvent", "event": {"text": "nausea"}, "date": "2024-01-05", **SUBJECT}
    entries = [{"request": {"method": "DELETE", "url": f"AdverseEvent/{number}"}} for number in (1, 2)]
    deliver(tmp_path, PATIENT, {**event, "id": "1"}, {**event, "id": "2"})
    deliver(tmp_path, {"resourceType": "Bundle", "entry": entries}, day="2024-07-31", name="deleted.ndjson")
    deliver(tmp_path, {**event, "id": "2"}, day="2024-08-31")
    assert fates_of(tmp_path) == {
        ("2024-06-30", 1): ("patients", "accepted"),
        ("2024-06-30", 2): ("adverse_events", "retracted"),
        ("2024-06-30", 3): ("adverse_events", "superseded"),
        ("2024-07-31", 1): ("unused", "accepted"),
        ("2024-08-31", 1): ("adverse_events", "accepted"),
    }
