"""Faults that only OMOP tables can have."""

from collections.abc import Callable

from synthesis.faults.flat import both, change, copies
from synthesis.faults.plot import Plot
from synthesis.faults.records import CsvFile, Record
from synthesis.faults.writing import shifted, value

Plant = Callable[[Plot], None]


def names_of_5_3(plot: Plot) -> None:
    """Column names of CDM 5.3 that 5.4 renamed."""
    renamed = {
        "admitted_from_concept_id": "admitting_source_concept_id",
        "admitted_from_source_value": "admitting_source_value",
        "discharged_to_concept_id": "discharge_to_concept_id",
        "discharged_to_source_value": "discharge_to_source_value",
    }
    for file in plot.tables("visit_occurrence"):
        if isinstance(file, CsvFile):
            file.reorder([*file.columns, *renamed.values()])
            plot.tell(file, None, "", "")


def is_weight(record: Record) -> bool:
    """A weight in kilograms."""
    return value(record, "unit_source_value") == "kg" and value(record, "value_as_number") != ""


def is_ketamine(record: Record) -> bool:
    """Ketamine into a vein."""
    name = value(record, "drug_source_value").lower()
    return "keta" in name and "esket" not in name and value(record, "route_source_value") == "intravenous"


def is_local(record: Record) -> bool:
    """A drug under a name of the clinic's own."""
    return value(record, "drug_source_value") == "K-4711 local"


def is_by_protocol(record: Record) -> bool:
    """A route that tells nothing."""
    return value(record, "route_source_value") == "per protocol"


FAULTS: dict[str, Plant] = {
    "omop_person_is_missing": change("measurement", "person_id", "999999999999", is_weight),
    "omop_concept_zero": change(
        "condition_occurrence", "condition_concept_id", "0", lambda row: value(row, "condition_source_value") != ""
    ),
    "omop_drug_unknown": both(
        change("drug_exposure", "drug_source_value", "K-4711 local", is_ketamine),
        change("drug_exposure", "drug_concept_id", "0", is_local, rate=1.0),
        change("drug_exposure", "drug_source_concept_id", "0", is_local, rate=1.0),
    ),
    "omop_unit_unknown": both(
        change("measurement", "unit_source_value", "stone", is_weight),
        change("measurement", "unit_concept_id", "0", lambda row: value(row, "unit_source_value") == "stone", rate=1.0),
    ),
    "omop_number_as_text": change("measurement", "value_as_number", "eighty", is_weight),
    "omop_date_in_the_future": both(
        change("measurement", "measurement_date", "2031-01-01", is_weight),
        change(
            "measurement",
            "measurement_datetime",
            "",
            lambda row: value(row, "measurement_date") == "2031-01-01",
            rate=1.0,
        ),
    ),
    "omop_names_of_5_3": names_of_5_3,
    "omop_visit_is_missing": change(
        "drug_exposure", "visit_occurrence_id", "888888888888", lambda row: value(row, "visit_occurrence_id") != ""
    ),
    "omop_route_unknown": both(
        change("drug_exposure", "route_source_value", "per protocol", is_ketamine),
        change("drug_exposure", "route_concept_id", "0", is_by_protocol, rate=1.0),
    ),
    "omop_order_as_exposure": copies(
        "drug_exposure",
        None,
        drug_type_concept_id="32833",
        drug_exposure_start_date=lambda row: shifted(value(row, "drug_exposure_start_date"), 1),
        drug_exposure_start_datetime="",
        drug_exposure_end_datetime="",
    ),
}
