"""Faults that only FHIR can have."""

import json
from collections.abc import Callable
from typing import Any

from synthesis.faults.plot import Plot
from synthesis.faults.records import JsonFile, Record

Plant = Callable[[Plot], None]
LOINC = "http://loinc.org"
PHQ_9_PANEL, PHQ_9_TOTAL = "44249-1", "44261-6"


def alter(
    kind: str, column: str, edit: Callable[[dict[str, Any]], None], where: Callable[[Record], bool] | None = None
) -> Plant:
    """Edit some resources in place."""

    def plant(plot: Plot) -> None:
        for file, record in plot.pick(kind, where):
            edit(record.touch())
            plot.tell(file, record, plot.key_of(kind, record), column)

    return plant


def copy(kind: str, edit: Callable[[dict[str, Any]], None], where: Callable[[Record], bool] | None = None) -> Plant:
    """Edited copies of some resources under new ids."""

    def plant(plot: Plot) -> None:
        def changes(record: Record) -> dict[str, Any]:
            fields = json.loads(json.dumps(record.fields))
            edit(fields)
            return {name: value for name, value in fields.items() if name != "id"}

        plot.copy(kind, changes, where)

    return plant


def holds(*path: str) -> Callable[[Record], bool]:
    """Resources that have an element."""

    def test(record: Record) -> bool:
        node: Any = record.fields
        for name in path:
            node = node.get(name) if isinstance(node, dict) else None
        return bool(node)

    return test


def _patient_elsewhere(resource: dict[str, Any]) -> None:
    resource["subject"] = {"reference": "Patient/no-such-patient"}


def _absolute(resource: dict[str, Any]) -> None:
    for name in ("subject", "patient"):
        reference = resource.get(name, {}).get("reference", "")
        if reference.startswith("Patient/"):
            resource[name] = {"reference": f"https://ehr.example.invalid/fhir/R4/{reference.split('/_history')[0]}"}


def _more_codings(resource: dict[str, Any]) -> None:
    codings = resource["code"]["coding"]
    codings.append(dict(codings[0]))
    codings.append({"system": "urn:local:problem", "code": "LOCAL-1", "display": "as the clinic calls it"})


def _no_medicine(resource: dict[str, Any]) -> None:
    for name in ("medicationCodeableConcept", "contained"):
        resource.pop(name, None)
    resource["medicationReference"] = {"reference": "Medication/no-such-medication"}


def _no_encounter(resource: dict[str, Any]) -> None:
    resource["context"] = {"reference": "Encounter/no-such-visit"}


def _year_only(resource: dict[str, Any]) -> None:
    resource.pop("onsetDateTime", None)
    resource["recordedDate"] = str(resource.get("recordedDate") or "2021")[:4]
    resource.pop("encounter", None)


def _other_items(resource: dict[str, Any]) -> None:
    for number, item in enumerate(_items(resource), start=1):
        item.pop("definition", None)
        item["linkId"] = f"v2-question-{number}-renamed"
        item.pop("text", None)


def _items(node: dict[str, Any]) -> list[dict[str, Any]]:
    items = []
    for item in node.get("item") or []:
        items += [item, *_items(item)]
    return items


def _answers(resource: dict[str, Any], write: Callable[[], dict[str, Any]]) -> None:
    for item in _items(resource):
        if item.get("answer"):
            item["answer"] = [write()]


def _in_portuguese(resource: dict[str, Any]) -> None:
    _answers(resource, lambda: {"valueCoding": {"display": "Moderatamente"}})


def _status(text: str) -> Callable[[dict[str, Any]], None]:
    def edit(resource: dict[str, Any]) -> None:
        resource["status"] = text

    return edit


def _has_total_code(record: Record) -> bool:
    codings = ((record.fields or {}).get("code") or {}).get("coding") or []
    return any(coding.get("code") == PHQ_9_TOTAL for coding in codings)


def _panel_code(resource: dict[str, Any]) -> None:
    resource["code"] = {"coding": [{"system": LOINC, "code": PHQ_9_PANEL}]}


def _restricted(resource: dict[str, Any]) -> None:
    resource["meta"] = (resource.get("meta") or {}) | {
        "security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "ETH"}]
    }


def _refuted(resource: dict[str, Any]) -> None:
    system = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
    resource["verificationStatus"] = {"coding": [{"system": system, "code": "refuted"}]}


def _swapped_items(resource: dict[str, Any]) -> None:
    answered = [item for item in _items(resource) if item.get("answer")]
    if len(answered) > 6:
        answered[5]["answer"], answered[6]["answer"] = answered[6]["answer"], answered[5]["answer"]


def _unchanged(_: dict[str, Any]) -> None:
    """A copy as it is."""


def _unknown_system(resource: dict[str, Any]) -> None:
    for coding in resource["code"]["coding"]:
        coding["system"] = "urn:clinic:codes"


def panel_code_with_total(plot: Plot) -> None:
    """Totals of PHQ-9 under the code of its panel; the ordinary mess scores forms once more, so these are no junk."""
    for file in plot.tables("Observation"):
        for record in file.records:
            if record.fields is not None and _has_total_code(record):
                _panel_code(record.touch())
                plot.tell(file, record, plot.key_of("Observation", record), "code")


def broken_lines(plot: Plot) -> None:
    """Lines that end in the middle."""
    for file, record in plot.pick("Condition"):
        if isinstance(file, JsonFile) and record.raw:
            record.raw = record.raw[: len(record.raw) // 2]
            plot.tell(file, record, plot.key_of("Condition", record), "")


def byte_order_mark(plot: Plot) -> None:
    """A byte order mark before the first line."""
    for file in plot.tables("Condition"):
        if isinstance(file, JsonFile):
            file.mark = b"\xef\xbb\xbf"
            plot.tell(file, None, "", "")


def deleted_but_present(plot: Plot) -> None:
    """Copies of infusions that a bundle of deletions names."""
    plot.copy("MedicationAdministration", lambda _: {}, holds("effectivePeriod"))
    entries = [
        {"request": {"method": "DELETE", "url": f"MedicationAdministration/{planted.key}"}} for planted in plot.planted
    ]
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
    if entries:
        for delivered_on in sorted({planted.path.parent.name for planted in plot.planted}):
            path = plot.folder / delivered_on / "deleted.Bundle.ndjson"
            path.write_bytes(json.dumps(bundle).encode() + b"\n")


FAULTS: dict[str, Plant] = {
    "fhir_broken_lines": broken_lines,
    "fhir_byte_order_mark": byte_order_mark,
    "fhir_patient_is_missing": alter("Condition", "subject", _patient_elsewhere),
    "fhir_absolute_references": alter("Condition", "subject", _absolute),
    "fhir_visit_is_missing": alter("MedicationAdministration", "context", _no_encounter, holds("effectivePeriod")),
    "fhir_several_codings": alter("Condition", "code", _more_codings, holds("code", "coding")),
    "fhir_medication_not_resolved": alter("MedicationAdministration", "medicationReference", _no_medicine),
    "fhir_year_only": alter("Condition", "recordedDate", _year_only),
    "fhir_items_renamed": alter("QuestionnaireResponse", "item.linkId", _other_items, holds("item")),
    "fhir_items_swapped": alter("QuestionnaireResponse", "item.answer", _swapped_items, holds("item")),
    "fhir_total_told_again": copy("Observation", _unchanged, holds("derivedFrom")),
    "fhir_answers_in_another_language": alter("QuestionnaireResponse", "item.answer", _in_portuguese, holds("item")),
    "fhir_unfinished_form": copy("QuestionnaireResponse", _status("in-progress"), holds("item")),
    "fhir_status_entered_in_error": copy("MedicationAdministration", _status("entered-in-error")),
    "fhir_panel_code_with_total": panel_code_with_total,
    "fhir_restricted_copy": copy("MedicationAdministration", _restricted),
    "fhir_refuted_diagnosis": copy("Condition", _refuted),
    "fhir_code_system_unknown": alter("Condition", "code.coding.system", _unknown_system, holds("code", "coding")),
    "fhir_deleted_but_present": deleted_but_present,
}
