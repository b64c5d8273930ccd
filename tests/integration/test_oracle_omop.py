"""The warehouse against an independent reading of OMOP deliveries, dense with edge cases."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.compare_warehouse import compare
from tests.integration.conftest import MEASUREMENTS, SHAREABLE
from tests.integration.edge_omop_deliveries import write_omop_deliveries
from tests.integration.oracle.build import read_everything
from tests.integration.oracle.fates import Fates

SEEDS = [1, 2]


@pytest.mark.parametrize("seed", SEEDS)
def test_no_difference(seed: int, build_warehouse: Callable[..., Path], tmp_path: Path) -> None:
    """Every row and cell of every public table is what the independent reading says."""
    raw = write_omop_deliveries(tmp_path / "raw", seed, n_patients=16)
    differences = compare(build_warehouse(raw, but=SHAREABLE + MEASUREMENTS), raw)
    listed = "\n".join(str(difference) for difference in differences[:40])
    assert not differences, f"{len(differences)} differences (seed {seed}):\n{listed}"


def deliver(raw: Path, name: str, text: str) -> None:
    """Write one file of one delivery of site 07."""
    folder = raw / "omop" / "site=07" / "delivered_on=2024-06-30"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")


def fates_of(raw: Path, file: str) -> list[tuple]:
    """(table, fate or reason) of every row of a file."""
    found = read_everything(raw)
    Fates(found.records)
    return [
        (record.table, record.reason or record.fate)
        for record in found.records
        if record.file == file and not record.is_part
    ]


def test_fates(tmp_path: Path) -> None:
    """Rows are what they carry: administrations by their type, scores by their code, and what nobody asks for."""
    deliver(tmp_path, "PERSON.csv", "PERSON_ID\tYEAR_OF_BIRTH\n1.0\t1980\n")
    deliver(
        tmp_path,
        "drug_exposure.csv",
        "drug_exposure_id,person_id,drug_concept_id,drug_exposure_start_date,drug_type_concept_id,quantity,"
        "dose_unit_source_value\n"
        "1,1,785649,2024-01-05,32818,35,mg\n"
        "2,1,785649,2024-01-06,32818,1,vial\n"
        "3,1,785649,2024-01-07,32838,35,mg\n"
        "4,2,785649,2024-01-07,32818,35,mg\n"
        "5,1,785649,2024-01-08,32818,0,mg\n",
    )
    deliver(
        tmp_path,
        "Measurement.csv",
        "measurement_id,person_id,measurement_concept_id,measurement_date,value_as_number,measurement_source_value\n"
        "1,1,0,2024-01-05,12,44261-6\n2,1,0,2024-01-05,3,LOINC:44250-9\n3,1,3004501,2024-01-05,99,\n"
        "4,1,0,2024-01-05\n5,1,0,,12,44261-6\n",
    )
    assert fates_of(tmp_path, "PERSON.csv") == [("patients", "accepted")]
    assert fates_of(tmp_path, "drug_exposure.csv") == [
        ("medication_administrations", "accepted"),
        ("medication_administrations", "accepted"),
        ("medications", "accepted"),
        ("medication_administrations", "orphan:patient_id"),
        ("medication_administrations", "out_of_range:dose"),
    ]
    assert fates_of(tmp_path, "Measurement.csv") == [
        ("assessments", "accepted"),
        ("assessment_responses", "accepted"),
        ("unused", "accepted"),
        ("vitals", "malformed"),
        ("assessments", "missing:completed_at"),
    ]
