"""Codes of the seeds: check digits, and values that the warehouse knows.

A wrong code that is valid is found by neither, which is why the items of the scored forms are written down here again.
"""

import csv
import re
from collections import Counter

import pytest
from conftest import ROOT

SEEDS = ROOT / "seeds"

# Dihedral group of ten elements (Verhoeff 1969): products, and the permutation of each position.
PRODUCTS = (
    "0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
    "5987604321", "6598710432", "7659821043", "8765932104", "9876543210",
)  # fmt: skip
POSITIONS = (
    "0123456789", "1576283094", "5803796142", "8916043527",
    "9453126870", "4286573901", "2793806415", "7046913258",
)  # fmt: skip


def rows_of(name: str) -> list[dict[str, str]]:
    """Rows of a seed, wherever it lies."""
    (path,) = SEEDS.rglob(f"{name}.csv")
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def is_loinc(code: str) -> bool:
    """Whether a LOINC code ends in its check digit (mod 10, Luhn)."""
    body, check = code.split("-")
    doubled = [int(digit) * (2 - position % 2) for position, digit in enumerate(reversed(body))]
    return (sum(number // 10 + number % 10 for number in doubled) + int(check)) % 10 == 0


def is_snomed(code: str) -> bool:
    """Whether a SNOMED CT identifier ends in its check digit (Verhoeff)."""
    check = 0
    for position, digit in enumerate(reversed(code)):
        check = int(PRODUCTS[check][int(POSITIONS[position % 8][int(digit)])])
    return check == 0


def codes_of(code_system: str) -> list[str]:
    """Codes of a system in every seed that has the two columns."""
    found = []
    for path in sorted(SEEDS.rglob("*.csv")):
        with path.open(encoding="utf-8", newline="") as stream:
            reader = csv.DictReader(stream)
            if {"code", "code_system"} <= set(reader.fieldnames or ()):
                found += [row["code"] for row in reader if row["code_system"] == code_system]
    return sorted(set(found))


LOINC = [code for code in codes_of("loinc") if not code.startswith("LA")]
ALIASES = rows_of("value_aliases")
VALUES = {(row["field"], row["value"]) for row in ALIASES}
INSTRUMENTS = {row["instrument"]: row for row in rows_of("instruments")}
ITEMS = [row for row in rows_of("questionnaire_codes") if row["role"] == "item"]


@pytest.mark.parametrize(
    ("code", "expected"), [("44261-6", True), ("44261-5", False), ("44621-6", False), ("101698-9", True)]
)
def test_check_digit_of_loinc(code, expected):
    assert is_loinc(code) is expected


@pytest.mark.parametrize(("code", "expected"), [("47505003", True), ("47505004", False), ("74505003", False)])
def test_check_digit_of_snomed(code, expected):
    assert is_snomed(code) is expected


def test_loinc_codes_have_their_check_digit():
    assert len(LOINC) > 40
    assert [code for code in LOINC if not is_loinc(code)] == []


def test_loinc_codes_of_aliases_have_their_check_digit():
    fields = {"vital", "instrument"}
    codes = [row["alias"] for row in ALIASES if row["field"] in fields and re.fullmatch(r"\d+-\d", row["alias"])]
    assert codes
    assert [code for code in codes if not is_loinc(code)] == []


def test_snomed_codes_have_their_check_digit():
    codes = codes_of("snomed")
    assert len(codes) > 40
    assert [code for code in codes if not is_snomed(code)] == []


def test_codes_of_icd_are_written_without_dot():
    wrong = [
        row["code"]
        for row in rows_of("diagnosis_code_sets")
        if row["code_system"].startswith("icd") and not re.fullmatch(r"[A-Z0-9]{3,7}", row["code"])
    ]
    assert wrong == []


def test_values_of_codes_are_those_of_the_aliases():
    wrong = [row for row in rows_of("coded_values") if (row["field"], row["value"]) not in VALUES]
    assert wrong == []


def test_values_of_concepts_are_known():
    known = VALUES | {("administration_type", "administration"), ("prescription_type", "prescription")}
    known |= {("ingredient", row["ingredient"]) for row in rows_of("ingredient_codes")}
    known |= {("diagnosis_status", value) for field, value in VALUES if field == "status"}
    assert [row for row in rows_of("omop_concepts") if (row["field"], row["value"]) not in known] == []


def test_a_code_means_one_thing():
    roles = Counter((row["code_system"], row["code"]) for row in rows_of("questionnaire_codes"))
    vitals = {(row["code_system"], row["code"]) for row in rows_of("coded_values") if row["field"] == "vital"}
    assert [code for code, count in roles.items() if count > 1 or code in vitals] == []


def test_items_are_items_of_their_questionnaire():
    assert [
        row for row in ITEMS if not 1 <= int(row["item_number"]) <= int(INSTRUMENTS[row["instrument"]]["n_items"])
    ] == []
    assert [row for row in rows_of("questionnaire_codes") if (row["role"] == "item") != bool(row["item_number"])] == []


@pytest.mark.parametrize(
    ("instrument", "codes"),
    [
        ("PHQ-9", "44250-9 44255-8 44259-0 44254-1 44251-7 44258-2 44252-5 44253-3 44260-8"),
        # Annoyed before afraid, as in the panel 69737-5: some exports swap the two, and the total hides it.
        ("GAD-7", "69725-0 68509-9 69733-4 69734-2 69735-9 69689-8 69736-7"),
    ],
)
def test_items_stand_in_the_order_of_the_form(instrument, codes):
    found = sorted((int(row["item_number"]), row["code"]) for row in ITEMS if row["instrument"] == instrument)
    assert [code for _, code in found] == codes.split()


def test_points_of_answers_are_points_of_their_questionnaire():
    for row in rows_of("answer_codes"):
        instrument = INSTRUMENTS[row["instrument"]]
        low, high = instrument["item_min"] or 0, instrument["item_max"] or 3
        assert int(low) <= int(row["response"]) <= int(high), row


def test_identifiers_of_code_systems_are_written_as_they_are_compared():
    identifiers = [row["identifier"] for row in rows_of("code_systems")]
    assert [text for text in identifiers if text != text.lower().rstrip("/") or "|" in text] == []


def test_every_study_has_its_cohorts():
    found = {(row["study_id"], row["population"]) for row in rows_of("omop_cohort_definitions")}
    assert found == {(row["study_id"], name) for row in rows_of("studies") for name in ("eligible", "analysed")}
