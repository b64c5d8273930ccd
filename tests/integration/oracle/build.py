"""The whole path: a raw folder -> every public table as {key: {column: value}}."""

from pathlib import Path

from tests.integration.oracle import audit, marts
from tests.integration.oracle.aliases import SPARSE_ZIP3, STUDIES
from tests.integration.oracle.fates import Fates
from tests.integration.oracle.fhir import read_fhir
from tests.integration.oracle.omop import read_omop
from tests.integration.oracle.reading import Deliveries, read_deliveries
from tests.integration.oracle.studies import Patient, find_patients, member_of, patient_columns
from tests.integration.oracle.values import zip3


def core_patients(patients: list[Patient]) -> marts.Rows:
    """The accepted patients with their dates."""
    return {
        (patient.key,): {
            "birth_date": patient.record.value["birth_date"] if patient.record.precision == "day" else None,
            "earliest_birth_date": patient.record.value["birth_date"],
            **{column: patient_columns(patient)[column] for column in ("sex", "race", "ethnicity")},
            "zip3": zip3(patient.record.text.get("zip_code"), SPARSE_ZIP3),
            "deceased_on": patient.record.value.get("deceased_on"),
        }
        for patient in patients
    }


def core_patient_merges(fates: Fates) -> marts.Rows:
    """Patients merged away (their newest valid row is superseded by the merge) and who survives."""
    return {
        (key,): {"surviving_patient_id": fates.survivors[key][1]}
        for key, record in fates.latest["patients"].items()
        if record.fate == "superseded"
    }


def read_everything(raw: Path) -> Deliveries:
    """The records of the deliveries in every format."""
    found = read_deliveries(raw)
    read_fhir(raw, found)
    read_omop(raw, found)
    return found


def build(raw: Path) -> dict[str, marts.Rows]:
    """Every table of the public interface, computed from the raw deliveries below `raw`."""
    found = read_everything(raw)
    fates = Fates(found.records)
    patients = list(find_patients(fates).values())
    members = {study_id: [member_of(patient, study_id) for patient in patients] for study_id in STUDIES}
    return {
        "core.patients": core_patients(patients),
        "core.patient_merges": core_patient_merges(fates),
        "core.assessments": {(form.key,): {"patient_key": form.patient} for p in patients for form in p.forms},
        "marts.patients": {(patient.key,): patient_columns(patient) for patient in patients},
        "marts.infusions": marts.infusions(patients),
        "marts.inductions": marts.inductions(patients),
        "marts.induction_summary": marts.induction_summary(members),
        "marts.assessments": marts.assessments(patients),
        "marts.cohort_patients": marts.cohort_patients(members),
        "marts.cohort_attrition": marts.cohort_attrition(members),
        "marts.cohort_characteristics": marts.cohort_characteristics(members),
        "marts.outcomes": marts.outcomes(members),
        "marts.response_by_timepoint": marts.response_by_timepoint(members),
        "marts.outcome_completeness": marts.outcome_completeness(members),
        "audit.row_accounting": audit.row_accounting(found),
        "audit.quarantine": audit.quarantine(found),
        "audit.refused_files": audit.refused_files(found),
        "audit.ignored_inputs": audit.ignored_inputs(found),
        "audit.unmapped_values": audit.unmapped_values(found),
    }
