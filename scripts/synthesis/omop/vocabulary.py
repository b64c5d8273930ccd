"""The excerpts of the vocabularies that some clinics deliver beside their tables, and what they say of their data."""

import pyarrow as pa

from synthesis.fhir.forms import ITEMS
from synthesis.omop.codes import KETAMINE, KETAMINE_SOLUTION, PHQ9_TOTAL
from synthesis.records import Columns

FIRST_LOCAL = 2_000_000_100


def _columns(names: tuple[str, ...], rows: list[tuple[str | None, ...]]) -> Columns:
    return {name: pa.array([row[place] for row in rows], pa.string()) for place, name in enumerate(names)}


def _concepts() -> list[tuple[str | None, ...]]:
    rest = ("1970-01-01", "2099-12-31", None)
    listed = [
        (KETAMINE, "ketamine", "Drug", "RxNorm", "Ingredient", "S", "6130", *rest),
        (
            KETAMINE_SOLUTION,
            "ketamine 50 MG/ML Injectable Solution",
            "Drug",
            "Clinic",
            "Clinical Drug",
            None,
            "KET50",
            *rest,
        ),
        (PHQ9_TOTAL, "PHQ-9 total score", "Measurement", "LOINC", "Survey", "S", "44261-6", *rest),
    ]
    items = [code for name in ("PHQ-9", "GAD-7") for code in ITEMS[name].values()]
    for place, code in enumerate(items):  # the site's own numbers for codes of LOINC
        listed.append((str(FIRST_LOCAL + place), "Item", "Observation", "LOINC", "Survey", None, code, *rest))
    return listed


VOCABULARY: dict[str, Columns] = {
    "concept": _columns(
        ("concept_id", "concept_name", "domain_id", "vocabulary_id", "concept_class_id", "standard_concept",
         "concept_code", "valid_start_date", "valid_end_date", "invalid_reason"),
        _concepts(),
    ),
    "concept_ancestor": _columns(
        ("ancestor_concept_id", "descendant_concept_id", "min_levels_of_separation", "max_levels_of_separation"),
        [(KETAMINE, KETAMINE, "0", "0"), (KETAMINE, KETAMINE_SOLUTION, "1", "2")],
    ),
    "drug_strength": _columns(
        ("drug_concept_id", "ingredient_concept_id", "amount_value", "amount_unit_concept_id", "numerator_value",
         "numerator_unit_concept_id", "denominator_value", "denominator_unit_concept_id", "box_size",
         "valid_start_date", "valid_end_date", "invalid_reason"),
        [(KETAMINE_SOLUTION, KETAMINE, None, None, "50", "8576", "1", "8587", None, "1970-01-01", "2099-12-31", None)],
    ),
}  # fmt: skip


def source_rows(released: str) -> Columns:
    """CDM_SOURCE."""
    return _columns(
        ("cdm_source_name", "cdm_source_abbreviation", "cdm_holder", "source_description", "source_release_date",
         "cdm_release_date", "cdm_version", "vocabulary_version"),
        [("Invented clinic", "IC", "Invented holder", "Sample network", released, released, "v5.4", "v5.0 28-FEB-25")],
    )  # fmt: skip
