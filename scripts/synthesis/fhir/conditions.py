"""Condition resources: codes of several systems side by side, two kinds of status."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthesis.fhir.habits import Habits
from synthesis.fhir.parts import ICD10CM, SNOMED, TERMINOLOGY, coding, concept, look_up, meta_of, reference, resource
from synthesis.json_columns import constant, given, listed, quoted, turn, where
from synthesis.records import Columns

# ICD-10-CM without the dot -> the SNOMED CT concept that the same set of codes holds
SNOMED_OF = (
    dict.fromkeys(("F431", "F4310", "F4311", "F4312"), "47505003")
    | dict.fromkeys(("F332", "F331", "F322", "F339", "F321", "F3341"), "370143000")
    | dict.fromkeys(("F900", "F902", "F909"), "406506008")
    | dict.fromkeys(("F3181", "F319"), "13746004")
    | {"F411": "21897009", "F410": "371631005", "F259": "68890003", "F430": "67195008"}
)
CLINICAL = {"active": "active", "resolved": "resolved"}
VERIFICATION = {
    "active": "confirmed", "confirmed": "confirmed", "resolved": "confirmed", "provisional": "provisional",
    "rule-out": "differential", "refuted": "refuted", "entered-in-error": "entered-in-error",
}  # fmt: skip


def visit_of(ident: pa.Array) -> pa.Array:
    """Id of the visit at which a condition was recorded."""
    return pc.binary_join_element_wise("visit-", ident, "")


def condition_lines(columns: Columns, habits: Habits, is_by_visit: np.ndarray) -> pa.Array:
    """Lines of Condition; is_by_visit: only the visit tells the day."""
    by_visit = pa.array(is_by_visit)
    code = columns["code"]
    first = pc.utf8_trim_whitespace(pc.replace_substring_regex(code, ";.*", ""))
    second = where(pc.match_substring(code, ";"), pc.utf8_trim_whitespace(pc.replace_substring_regex(code, ".*;", "")))
    snomed = look_up(pc.replace_substring(first, ".", ""), SNOMED_OF)
    n = len(code)
    icd = coding(ICD10CM, quoted(first), quoted(columns["description"]))
    other = coding(SNOMED, quoted(snomed))
    local = coding("urn:clinic:problem-list", quoted(first))
    also = coding(ICD10CM, quoted(second))
    codings = turn(n, [listed(icd, also), listed(other, icd, local, also), listed(icd, other, also)])
    clinical, verification = (look_up(columns["status"], table) for table in (CLINICAL, VERIFICATION))
    # an active or resolved condition need not say that it is confirmed
    silent = pc.and_(pc.is_valid(clinical), turn(n, ["x", None]).is_valid())
    verification = where(silent, None, verification)
    return resource(
        "Condition",
        columns["diagnosis_id"],
        meta_of(columns),
        clinicalStatus=concept(listed(coding(f"{TERMINOLOGY}/condition-clinical", quoted(clinical)))),
        verificationStatus=concept(listed(coding(f"{TERMINOLOGY}/condition-ver-status", quoted(verification)))),
        category=constant([{"coding": [{"code": "encounter-diagnosis"}]}]),
        code=given(code, concept(codings, quoted(columns["description"]))),
        subject=reference(habits, "Patient", columns["patient_id"]),
        onsetDateTime=quoted(columns["onset_on"]),
        abatementDateTime=quoted(columns["resolved_on"]),
        encounter=where(by_visit, reference(habits, "Encounter", visit_of(columns["diagnosis_id"]))),
        recordedDate=where(by_visit, None, quoted(columns["recorded_at"])),
    )
