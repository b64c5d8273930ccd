"""The flat tables: how each is written, and the column that holds its key."""

from synthesis.administration_records import write_administrations
from synthesis.form_records import write_answers, write_forms
from synthesis.patient_records import write_diagnoses, write_patients
from synthesis.visit_records import write_adverse_events, write_medications, write_vitals

WRITERS = {
    "patients": write_patients,
    "diagnoses": write_diagnoses,
    "medication_administrations": write_administrations,
    "medications": write_medications,
    "vitals": write_vitals,
    "assessments": write_forms,
    "assessment_responses": write_answers,
    "adverse_events": write_adverse_events,
}
KEYS = {
    "patients": "patient_id",
    "diagnoses": "diagnosis_id",
    "medication_administrations": "administration_id",
    "medications": "medication_id",
    "vitals": "vital_id",
    "assessments": "assessment_id",
    "assessment_responses": "assessment_id",
    "adverse_events": "adverse_event_id",
}
