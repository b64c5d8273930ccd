"""The questions under analyses/ open with the question and run as they are on a published warehouse.

Those that export patients to their own clinic read core as well.
"""

import re

import duckdb
import pytest
from conftest import ROOT

ANALYSES = sorted((ROOT / "analyses").glob("*.sql"))


@pytest.mark.parametrize("path", ANALYSES, ids=lambda path: path.stem)
def test_opens_with_its_question(path):
    comment = " ".join(re.findall(r"^-- (.*)$", path.read_text(encoding="utf-8"), flags=re.MULTILINE))
    assert path.read_text(encoding="utf-8").startswith("-- ")
    assert "?" in comment


@pytest.mark.parametrize("path", ANALYSES, ids=lambda path: path.stem)
def test_runs_as_it_is_over_the_marts(path, sample_warehouse):
    statement = path.read_text(encoding="utf-8")
    schemas = {"marts", "core"} if path.stem.startswith("export_") else {"marts"}
    assert set(re.findall(r"\b(?:from|join) ([a-z]+)\.", statement)) == schemas
    with duckdb.connect(str(sample_warehouse), read_only=True) as connection:
        assert connection.execute(statement).fetchall()
