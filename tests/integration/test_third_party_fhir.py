"""FHIR resources that nobody here wrote: US Core's examples of one PHQ-9, as a questionnaire and as observations.

And, where $KIT_THIRD_PARTY_DIR holds them, whole exports: <folder>/bulk_fhir/<export>/*.ndjson and
<folder>/omop/<export>/*.csv. Each is read as one delivery and compared with the independent reading.
"""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from tests.integration.compare_warehouse import compare
from tests.integration.third_party import third_party_folder

DELIVERY = "site=07/delivered_on=2026-01-31"
PATIENT = {"resourceType": "Patient", "id": "example", "birthDate": "1970-05", "gender": "female"}
PHQ9_TOTAL, PHQ9_ITEMS = 12, [2, 2, 2, 2, 1, 1, 2, 0, 0]


def deliver_examples(examples: Path, raw: Path) -> int:
    """Write the example files, and the patient that they name, as NDJSON by resource type; returns how many lines."""
    folder = raw / "fhir" / DELIVERY
    folder.mkdir(parents=True)
    resources = [PATIENT, *(json.loads(path.read_text(encoding="utf-8")) for path in sorted(examples.glob("*.json")))]
    for resource in resources:
        with (folder / f"{resource['resourceType']}.ndjson").open("a", encoding="utf-8") as file:
            file.write(json.dumps(resource) + "\n")
    return len(resources)


def test_one_form_told_twice(build_warehouse: Callable[..., Path], tmp_path: Path) -> None:
    """The answers are scored once, from the questionnaire; the observations are a duplicate of it."""
    examples = third_party_folder("fhir_uscore_phq9") / "input" / "examples"
    n_lines = deliver_examples(examples, tmp_path / "raw")
    warehouse = build_warehouse(tmp_path / "raw")
    assert not [str(difference) for difference in compare(warehouse, tmp_path / "raw")]
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        forms = connection.execute("select instrument, score, score_source, is_valid from marts.assessments").fetchall()
        items = connection.execute("select response from core.assessment_items order by item_number").fetchall()
        counts = connection.execute(
            "select sum(records_read), sum(accepted), sum(duplicate), bool_and(is_balanced) from audit.row_accounting"
        ).fetchone()
    assert forms == [("PHQ-9", PHQ9_TOTAL, "items", True)]
    assert [response for (response,) in items] == PHQ9_ITEMS
    assert counts == (n_lines, n_lines - 1, 1, True)


@pytest.mark.parametrize(("delivery_format", "kind"), [("fhir", "bulk_fhir"), ("omop", "omop")])
def test_whole_exports(delivery_format: str, kind: str, build_warehouse: Callable[..., Path], tmp_path: Path) -> None:
    """Exports of other generators and servers: read without an error, every line a fate, no cell differs."""
    for number, export in enumerate(sorted(path for path in third_party_folder(kind).iterdir() if path.is_dir())):
        folder = tmp_path / "raw" / delivery_format / f"site={number}" / "delivered_on=2026-01-31"
        shutil.copytree(export, folder)
    warehouse = build_warehouse(tmp_path / "raw")
    differences = compare(warehouse, tmp_path / "raw")
    assert not differences, "\n".join(str(difference) for difference in differences[:40])
