"""The pages under docs/ are what the generator writes, and name only what exists."""

import re

import pytest
from conftest import ROOT

from guide import pages
from guide.inputs import declared_tables, delivered_columns, meta_of
from reader.seeds import alias_key_of, known_words

PAGES = pages()
FLAT_COLUMNS = {
    f"{table['name']}.{column['name']}" for table in declared_tables("ehr") for column in delivered_columns(table)
}
FLAT_TABLES = {name.split(".")[0] for name in FLAT_COLUMNS}


@pytest.mark.parametrize("name", PAGES)
def test_page_is_the_one_that_the_generator_writes(name):
    path = ROOT / "docs" / name
    committed = path.read_text(encoding="utf-8") if path.is_file() else ""
    assert committed == PAGES[name], f"docs/{name} is out of date: run `python scripts/mapping_guide.py`"


@pytest.mark.parametrize("name", PAGES)
def test_links_of_a_page_lead_somewhere(name):
    targets = re.findall(r"\]\(([^)#:]+)\)", PAGES[name])
    assert [target for target in targets if not (ROOT / "docs" / target).is_file()] == []


@pytest.mark.parametrize("name", PAGES)
def test_seeds_that_a_page_names_exist(name):
    named = set(re.findall(r"seeds/[a-z_]+/[a-z_]+\.csv", PAGES[name]))
    assert [path for path in sorted(named) if not (ROOT / path).is_file()] == []


@pytest.mark.parametrize("format_name", ["fhir", "omop"])
def test_what_a_field_becomes_is_a_column_of_a_flat_table(format_name):
    for table in declared_tables(format_name):
        becomes = meta_of(table).get("becomes", {})
        assert set(becomes) <= {column["name"] for column in delivered_columns(table)}, table["name"]
        named = {name for text in becomes.values() for name in re.findall(r"\b[a-z_]+\.[a-z_]+\b", text)}
        assert named <= FLAT_COLUMNS, table["name"]
        if meta_of(table)["carries"] != "unused":
            assert {name.split(".")[0] for name in named} >= {meta_of(table)["carries"]}, table["name"]


def test_the_word_that_a_page_adds_is_not_known_yet():
    """A word that is there already would break the key of the aliases."""
    field, word, _ = re.search(r"^(route),(.+?),(intravenous),", PAGES["mapping_ehr.md"], re.MULTILINE).groups()
    assert alias_key_of(word) not in known_words(field)
