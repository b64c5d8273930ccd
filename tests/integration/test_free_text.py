"""What is cut from kept texts, and what never is: a word that a rule knows."""

from __future__ import annotations

import csv
import re

import pytest

from reader.free_text import IN_TEXT
from tests.integration.conftest import ROOT

KNOWN_WORDS = {
    "aliases/value_aliases.csv": "alias",
    "instruments/questionnaires.csv": None,
    "instruments/instruments.csv": "title",
    "code_sets/ingredient_names.csv": "name_part",
}


@pytest.mark.parametrize("seed", KNOWN_WORDS)
def test_known_words_are_kept_in_any_case(seed):
    """Patient Health Questionnaire is a form, not a patient."""
    with (ROOT / "seeds" / seed).open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    column = KNOWN_WORDS[seed]
    words = [
        word for row in rows for name, word in row.items() if word and name == (column or name) and name != "source"
    ]
    spellings = {form for word in words for form in (word, word.upper(), word.title(), word.capitalize())}
    assert spellings
    assert [word for word in sorted(spellings) if re.search(IN_TEXT, word)] == []


@pytest.mark.parametrize(
    "text", ["Patient: Jane Roe", "Dr. Roe", "Mrs Jane Roe", "call 415-555-0134", "jane@example.org", "MRN 0012345"]
)
def test_contacts_and_titled_names_are_cut(text):
    """Whatever surrounds them."""
    assert re.search(IN_TEXT, f"ketamine {text} given")


def test_medicines_are_kept():
    """MS Contin is morphine."""
    assert not re.search(IN_TEXT, "MS Contin 15 mg")
