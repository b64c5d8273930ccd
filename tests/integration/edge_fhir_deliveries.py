"""FHIR Bulk Data deliveries, extremely dense with edge cases, from the same clinics as the flat ones.

    python -m tests.integration.edge_fhir_deliveries FOLDER --seed 1

The same seed writes the same files. Nothing in here resembles a real person.
"""

import datetime
import gzip
import json
from collections import defaultdict
from pathlib import Path
from random import Random

import click

from tests.integration import edge_fhir, edge_fhir_forms
from tests.integration.edge_faults import duplicate_events, mark_test_patients, merge_patients, place_in_deliveries
from tests.integration.edge_fhir_text import dumped
from tests.integration.edge_patients import Clinic, Row, add_patient

SITES = ["07", "north", "B-2", "x%20y", "é"]
DAY = datetime.timedelta(days=1)
UNSAFE_IN_IDS = "/?#| \n\x00"
BROKEN = [
    b'{"resourceType": "Patient", "id": "1"',
    b'{"resourceType":"Patient",}',
    b"not json",
    b"null",
    b"[]",
    b'"Patient"',
    b"{}",
    b'{"id":"1"}',
    b'{"resourceType":null,"id":"1"}',
    b'{"resourceType":7}',
    b'{"resourceType":["Patient"]}',
    b'{"resourceType":"Patient","id":"\xff"}',
    b'{"resourceType":"Patient","id":"a\x00b"}',
    b'{"resourceType":"Observation","valueInteger":NaN}',
    b'{"resourceType":"Observation","valueInteger":-Infinity}',
    b'{"resourceType":"Observation","valueInteger":01}',
    b'{"resourceType":"Observation"} {"resourceType":"Observation"}',
    b"{'resourceType':'Patient'}",
    b'{"resourceType":"Basic","x":' + b"[" * 20_000 + b"]" * 20_000 + b"}",
    b'{"resourceType":"Basic","text":"tab\there"}',
]
UNUSED = [
    {"resourceType": "Practitioner", "id": "1", "name": [{"family": "Test"}]},
    {"resourceType": "Location", "id": "1", "meta": {"security": [{"code": "R"}]}},
    {"resourceType": "Organization"},
    {"resourceType": "Observation", "id": "lab", "status": "final",
     "code": {"coding": [{"system": "http://loinc.org", "code": "2345-7"}]}, "subject": {"reference": "Patient/1"}},
    {"resourceType": "Observation", "id": "none"},
    {"resourceType": "Questionnaire", "id": "phq-9"},
    {"resourceType": "OperationOutcome", "issue": [{"severity": "error"}]},
    {"resourceType": "Vendorthing", "id": "1", "extra": {"deep": [[[1]]]}},
    {"resourceType": "Encounter", "id": "E", "period": {"start": "unknown"},
     "meta": {"security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "PSYTHPN"}]}},
]  # fmt: skip


def write_fhir_deliveries(folder: Path, seed: int, n_patients: int | None = None) -> Path:
    """Write deliveries below `folder`/fhir; returns `folder`."""
    rng = Random(f"fhir {seed}")
    sites = rng.sample(SITES, 2)
    total = n_patients or rng.randint(24, 60)
    for site_id in sites:
        clinic = clinic_of(rng, site_id, max(2, total // len(sites)))
        answers: dict[str | None, list[Row]] = defaultdict(list)
        for row in clinic.rows.pop("assessment_responses", []):
            answers[row["assessment_id"]].append(row)
        first = datetime.date(2024, 12, rng.randint(1, 28))
        deliveries = [first + 31 * number * DAY for number in range(rng.choice([2, 3]))]
        resources = resources_of(clinic, deliveries, answers)
        for number, delivered_on in enumerate(deliveries):
            path = folder / "fhir" / f"site={site_id}" / f"delivered_on={delivered_on}"
            path.mkdir(parents=True, exist_ok=True)
            write_delivery(rng, path, resources[number], resources)
    return folder


def clinic_of(rng: Random, site_id: str, n_patients: int) -> Clinic:
    """A clinic with its patients, duplicates and merges; ids that references can carry."""
    clinic = Clinic(rng, site_id)
    for _ in range(n_patients):
        add_patient(clinic)
    mark_test_patients(clinic)
    duplicate_events(clinic)
    merge_patients(clinic)
    for rows in clinic.rows.values():
        for row in rows:
            for column in ("patient_id", "merged_into"):
                if row.get(column):
                    row[column] = "".join("-" if sign in UNSAFE_IN_IDS else sign for sign in row[column]).strip()
    return clinic


def resources_of(clinic: Clinic, deliveries: list[datetime.date], answers: dict) -> dict[int, list[dict]]:
    """Number of the delivery -> its resources."""
    rng = clinic.rng
    resources: dict[int, list[dict]] = defaultdict(list)
    for number, table, row in place_in_deliveries(clinic, deliveries):
        if table == "assessments":
            own = [one for one in answers.get(row["assessment_id"], []) if rng.random() < 0.99]
            resources[number] += edge_fhir_forms.form(rng, row, own)
        else:
            resources[number] += edge_fhir.SHAPES[table](rng, row)
    return resources


def write_delivery(rng: Random, folder: Path, resources: list[dict], everything: dict[int, list[dict]]) -> None:
    """Write the files of one delivery: by type, sometimes split, zipped, mixed up or broken."""
    resources = [*resources, *rng.sample(UNUSED, rng.randint(1, 5))]
    rng.shuffle(resources)
    files: dict[str, list[bytes]] = defaultdict(list)
    types = sorted({resource["resourceType"] for resource in resources})
    names = {name: [file_name(rng, name, part) for part in range(rng.choice([1, 1, 1, 2]))] for name in types}
    for resource in resources:
        kind = resource["resourceType"] if rng.random() < 0.99 else rng.choice(types)
        files[rng.choice(names[kind])].append(line_of(rng, resource))
    for lines in files.values():
        if rng.random() < 0.4:
            for _ in range(rng.choice([1, 1, 2, 3])):
                lines.insert(rng.randrange(len(lines) + 1), rng.choice(BROKEN))
    deleted = deletions(rng, everything)
    if deleted:
        files[rng.choice(["deleted.ndjson", "deleted_1.ndjson.gz", "Bundle.ndjson"])] += deleted
    if rng.random() < 0.3:
        files[rng.choice(["Patient.009.ndjson", "7.Device.ndjson.gz"])] = []
    for name, lines in files.items():
        write_file(rng, folder / name, lines)
    add_strange_files(rng, folder)


def file_name(rng: Random, resource_type: str, part: int) -> str:
    """A name that bulk servers give."""
    names = [
        f"{resource_type}.{part:03d}.ndjson",
        f"{part + 1}.{resource_type}.ndjson",
        f"{resource_type}-{part}.ndjson",
    ]
    return rng.choice(names) + rng.choice(["", "", ".gz"])


def line_of(rng: Random, resource: dict) -> bytes:
    """One resource as a line; rarely with a key twice or with an object where a value belongs."""
    text = dumped(rng, resource)
    chance = rng.random()
    if chance < 0.004:
        text = text.replace("{", '{"implicitRules":"x", "implicitRules":"y",', 1)
    elif chance < 0.006:
        text = text.replace('"resourceType"', '"implicitRules":' + "[" * 40 + "]" * 40 + ',"resourceType"', 1)
    elif chance < 0.008:
        return b"  " + text.encode() + b" \t"
    return text.encode()


def write_file(rng: Random, path: Path, lines: list[bytes]) -> None:
    """Line ends of any kind, blank lines, a byte-order mark, gzip."""
    end = rng.choice([b"\n", b"\n", b"\r\n"])
    content = b"\xef\xbb\xbf" if rng.random() < 0.15 else b""
    for position, line in enumerate(lines):
        if rng.random() < 0.02:
            content += rng.choice([end, b"  " + end, b"\t\r\n"])
        content += line + (end if position < len(lines) - 1 or rng.random() < 0.7 else b"")
    path.write_bytes(gzip.compress(content, mtime=0) if path.name.endswith(".gz") else content)


def deletions(rng: Random, everything: dict[int, list[dict]]) -> list[bytes]:
    """Transaction bundles that delete a few resources of any delivery, and some that nobody knows."""
    known = [resource for resources in everything.values() for resource in resources if resource.get("id")]
    chosen = rng.sample(known, min(len(known), rng.choice([0, 3, 8])))
    names = [f"{one['resourceType']}/{one['id']}" for one in chosen] + ["Patient/nobody-at-all"]
    entries = [{"request": {"method": rng.choice(["DELETE"] * 9 + ["PUT"]), "url": name}} for name in names]
    bundles = [entries[start : start + 4] for start in range(0, len(entries), 4)] if chosen else []
    return [
        json.dumps({"resourceType": "Bundle", "id": f"b{number}", "type": "transaction", "entry": entry}).encode()
        for number, entry in enumerate(bundles)
    ]


def add_strange_files(rng: Random, folder: Path) -> None:
    """Files that are refused, and files that are none of the delivery's."""
    choices = {
        "Goal.ndjson.gz": gzip.compress(b'{"resourceType":"Goal"}\n' * 500, mtime=0)[:-9],
        "Vitals_Observation.ndjson.gz": b"plain text",
        "patient.ndjson": b'{"resourceType":"Patient"}\n',
        "Patient.json": b"{}",
        "notes.txt": b"x",
        "Patient.csv": b"a\n1\n",
        "manifest.json": b'{"transactionTime":"2024-01-01","output":[{"type":"Patient","url":"http://x/y/part1.ndjson"}]}',
        "part1.ndjson": b'{"resourceType":"Device","id":"1"}\n',
    }  # fmt: skip
    for name in rng.sample(sorted(choices), rng.choice([0, 1, 2, 3])):
        (folder / name).write_bytes(choices[name])


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--seed", default=1, show_default=True, help="The same seed writes the same files.")
@click.option("--patients", type=int, help="How many patients in all; 24 to 60 if not given.")
def main(folder: Path, seed: int, patients: int | None) -> None:
    """Write edge-case FHIR deliveries below FOLDER."""
    write_fhir_deliveries(folder, seed, patients)
    click.echo(f"FHIR deliveries of seed {seed} lie in {folder}.")


if __name__ == "__main__":
    main()
