"""What is cut from kept texts, and what never is: a word that a rule knows."""

from __future__ import annotations

import csv
import re

import pyarrow
import pyarrow.compute
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.declaration import load_formats
from reader.free_text import IN_JSON, IN_TEXT, REMOVED, REMOVED_IN_JSON, without_free_text
from tests.integration.conftest import ROOT

FLAT = load_formats()["ehr"]
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
    "text",
    [
        *("Patient: Jane Roe", "Dr. Roe", "Mrs Jane Roe", "jane@example.org", "MRN 0012345"),
        *("call 415-555-0134", "415/555/0134", "555-0134", "+1 (415) 555 0134", "+44 20 7946 0958"),
        *(
            "03/14/1987",
            "3.14.1987",
            "14-03-1987",
            "1987/03/14",
            "March 14, 1987",
            "14. Mar 1987",
            "03/14/87",
            "03/14-1987",
        ),
        *("wife 4155550134", "Cell: 14155550134", "987 65 4320", "MRN 12 34 56"),
        *("212–555–0100", "0049 30 1234567", "559–67–6817", "559.67.6817", "M.R.N. 92032159", "chart # 29748818"),
        *("jane (at) example.org", "jane @ example.org", "jane[AT]example.org", "jane@klinik.köln"),
        *("20-FEB-1941", "April 20th, 1957", "26th of April 1965", "FEBRUARY 2, 1941", "3 Sept 1950", "Apr 1957"),
        *("Mrs.Roe", "Dr.Roe", "Mr.\tRoe", "Mr.\nRoe", "MRS. JANE ROE", "MR. ROE", "Mrs. roe", "Dr. van Roe"),
        *("Dr Élodie Roe", "Mr. O’Roe", "Mrs. de la Cruz", "Miss Roe", "Prof. Roe", "Mx. Roe", "Frau Roe"),
    ],
)
def test_contacts_and_titled_names_are_cut(text):
    """Whatever surrounds them."""
    assert re.search(IN_TEXT, f"ketamine {text} given")


@pytest.mark.parametrize(
    "text",
    [
        *(
            "MS Contin 15 mg",
            "Ketamine 50 mg/mL, NDC 67457-108-10",
            "Ketamine NDC 0409-2051-05",
            "Ketamine NDC 6745710810",
            "ketamine 0.5 mg/kg/40 min",
        ),
        *("Marcaine 2000 mg", "octreotide 2000 mcg", "KETAMINE MR TABLET", "100 mg @ 0.5 ml", "DR KETAMINE"),
        *("urn:oid:2.16.840.1.113883.6.96", "per chart", "NDC 00409-2051-05", "PCL-5 Rev. B"),
        *("RxNorm 1797862", "19126590", "2024 formulary", "10 mL vial (500 mg/10 mL)", "May repeat 2 times"),
    ],
)
def test_medicines_are_kept(text):
    """MS Contin is morphine, and an NDC is no telephone."""
    assert not re.search(IN_TEXT, text)


def test_texts_in_json_lose_names_telephones_and_dates_and_codes_stay():
    """Dates of records are written as the standard has them."""
    display = "IV, Mrs. Ada Byron, b. 04/12/1980, cell 4155550134, MRN 12 34 56"
    coding = '{"system":"urn:oid:2.16.840.1.113883.6.1.2010","code":"44249-1","start":"2019-04-12"}'
    cut = re.sub(IN_JSON, REMOVED_IN_JSON, f'[{{"display":"{display}"}},{coding}]')
    assert cut == f'[{{"display":"IV, {REMOVED}, b. {REMOVED}, {REMOVED}, {REMOVED}"}},{coding}]'


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ('{"display":"IV, born 1980-04-12"}', '{"display":"IV, born[removed]"}'),
        ('{"display":"1980-04-12 ketamine, call 415-555-0134"}', '{"display":"[removed] ketamine, call [removed]"}'),
        ('{"start":"2019-04-12"}', '{"start":"2019-04-12"}'),
        ('{"start": "2019-04-12"}', '{"start": "2019-04-12"}'),
        ('{"start":"2019-04-12 10:30:00"}', '{"start":"2019-04-12 10:30:00"}'),
        ('{"reference":"Encounter/2019-04-12"}', '{"reference":"Encounter/2019-04-12"}'),
    ],
)
def test_a_date_among_words_in_json_goes_and_a_date_of_a_record_stays(text, kept):
    assert re.sub(IN_JSON, REMOVED_IN_JSON, text) == kept
    arrow = pyarrow.compute.replace_substring_regex(pyarrow.array([text]), IN_JSON, REMOVED_IN_JSON)
    assert arrow.to_pylist() == [kept]


def code_cell(text: str | None) -> str | None:
    """What is kept of the cell of a diagnosis code."""
    columns = {"code": pyarrow.array([text], pyarrow.string())}
    return without_free_text(columns, FLAT["diagnoses"])["code"].to_pylist()[0]


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("F43.10", "F43.10"),
        ("f4310", "f4310"),
        ("F43.10 - PTSD, told by Jane Roe", "F43.10,"),
        ("F43.10 Jane Roe; f33.2(Roe)", "F43.10;f33.2"),
        (" F43.10:Roe , \tF41.1\nRoe", "F43.10,F41.1"),
        ("F43.10 - R/O PTSD, Jane Roe", "F43.10 [doubted],"),
        ("F43.10 (history-of, Roe);f33.2 Roe", "F43.10 [doubted],;f33.2"),
        ("F43.10; f33.2 suspected by Roe", "F43.10;f33.2 [doubted]"),
        ("F43.10 impossible, prehistory of", "F43.10,"),
        ("F43.10\x01Roe", "F43.10"),
        ("..F.43.1 Roe", "..F.43.1"),
        ("309.81 Roe", "309.81"),
        ("47505003", "47505003"),
        ("415.555.0134 F43.10", REMOVED),
        ("F43.10, 987-65-4320; 987.65.4320", "F43.10,;"),
        ("Jane Roe", REMOVED),
        ("PTSD", REMOVED),
        ("jane7@example.org", REMOVED),
        (";", ";"),
        (None, None),
    ],
)
def test_of_a_cell_of_codes_the_codes_are_kept(written, kept):
    assert code_cell(written) == kept


def codes_of(text: str) -> list[str]:
    """Codes of a cell by the words of the rule: of each part the longest start of letters, digits and dots."""
    starts = (re.match("[A-Z0-9.]*", part.strip().upper())[0] for part in re.split("[;,]", text))
    # Codes of ICD-10-CM begin with a letter and a digit; what begins otherwise is in no code set.
    return [code for start in starts if re.match("[A-Z][0-9]", code := start.replace(".", ""))]


PIECES = [*"F43.1 9;,(-:JaneıſK\t\n\u00a0\x01", "r/o", " history of ", "[doubted]"]


@given(st.lists(st.sampled_from(PIECES), max_size=25).map("".join).filter(str.strip))
def test_no_code_is_lost_or_made_by_what_is_cut(text):
    kept = code_cell(text.strip())
    assert kept
    assert codes_of(kept) == codes_of(text)


@pytest.mark.parametrize(
    ("table", "column", "written", "kept"),
    [
        ("assessments", "channel", "Patient Portal", "Patient Portal"),
        ("assessments", "channel", "STAFF", "STAFF"),
        ("assessments", "channel", "Roe", REMOVED),
        ("adverse_events", "severity", "life-threatening", "life-threatening"),
        ("adverse_events", "severity", "severe, told by Jane Roe", REMOVED),
        ("adverse_events", "severity", None, None),
    ],
)
def test_words_that_no_alias_knows_are_not_kept(table, column, written, kept):
    columns = {column: pyarrow.array([written, None], pyarrow.string())}
    assert without_free_text(columns, FLAT[table])[column].to_pylist() == [kept, None]


def test_a_whole_name_goes_whatever_alphabet_of_europe_it_is_written_in():
    """With the expressions of Arrow, by which deliveries are read."""
    texts = pyarrow.array(["for Mr.  García López", "for Mrs. de la Cruz and IV", "Dr. Élodie O’Roe-Źak, IV"])
    kept = pyarrow.compute.replace_substring_regex(texts, IN_TEXT, REMOVED).to_pylist()
    assert kept == ["for [removed]", "for [removed] and IV", "[removed], IV"]
