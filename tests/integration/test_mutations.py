"""Damaging a rule makes a test of behaviour fail: numbers of seeds and vars, comparisons and columns of models.

Each mutation of the catalogue is applied to a copy of the project. Those that touch different models are applied
together, so that one run of dbt's unit tests judges them all: a mutation counts as noticed when a unit test of a model
that it touches fails. A sample runs always; all of them (a few minutes) with KIT_ALL_MUTATIONS=1.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.integration.conftest import ROOT, failures_of
from tests.integration.mutation_catalogue import CATALOGUE, PROJECT, Mutation

RUNS_ALL = os.environ.get("KIT_ALL_MUTATIONS") == "1"
COPIED = [
    "dbt_project.yml",
    ".dbtignore",
    "pyproject.toml",
    "profiles.yml",
    "models",
    "macros",
    "seeds",
    "tests",
    "scripts",
]
CHOSEN = [mutation for mutation in CATALOGUE if RUNS_ALL or mutation.is_sample]
FOR_DBT = [mutation for mutation in CHOSEN if mutation.noticed_by is None]
FOR_PYTEST = [mutation for mutation in CHOSEN if mutation.noticed_by is not None]


@dataclass
class Copy:
    """A copy of the project with its own warehouse; `manifest` is the parsed project, as dbt writes it."""

    folder: Path
    profiles: Path
    manifest: dict = field(default_factory=dict)

    def dbt(self, *arguments: str):
        """Run dbt on the copy in this process; returns dbt's result."""
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager
        from dbt.cli.main import dbtRunner

        try:
            return dbtRunner().invoke(
                [
                    *arguments,
                    "--quiet",
                    *("--project-dir", str(self.folder)),
                    *("--profiles-dir", str(self.profiles)),
                    *("--target-path", str(self.profiles / "target")),
                    *("--log-path", str(self.profiles / "logs")),
                ]
            )
        finally:
            DuckDBConnectionManager.close_all_connections()
            DuckDBConnectionManager._ENV = None

    def parse(self) -> None:
        """Parse the copy as it stands; AssertionError names what dbt cannot read."""
        result = self.dbt("parse", "--no-partial-parse")
        assert result.success, result.exception
        self.manifest = json.loads((self.profiles / "target" / "manifest.json").read_text())

    def mutate(self, mutation: Mutation) -> None:
        """Apply one mutation to the copy."""
        path = self.folder / mutation.path
        path.write_text(path.read_text().replace(mutation.old, mutation.new))

    def restore(self, mutation: Mutation) -> None:
        """Put the original of a mutated file back."""
        shutil.copy2(ROOT / mutation.path, self.folder / mutation.path)

    def models_touched_by(self, mutation: Mutation) -> set[str]:
        """Names of the models whose behaviour a mutation can change directly."""
        if mutation.path == PROJECT:
            name = mutation.old.partition(":")[0]
            return self._models_with(re.compile(rf"""var\(\s*['"]{name}['"]"""))
        if mutation.path.startswith("macros/"):
            return self._models_calling({name for name, macro in self._macros().items() if macro == mutation.path})
        node = next(
            node_id for node_id, node in self.manifest["nodes"].items() if node["original_file_path"] == mutation.path
        )
        if node.startswith("model."):
            return {self.manifest["nodes"][node]["name"]}
        children = self.manifest["child_map"][node]
        return {self.manifest["nodes"][child]["name"] for child in children if child.startswith("model.")}

    def _macros(self) -> dict[str, str]:
        """Id -> file of the project's own macros."""
        return {
            macro_id: macro["original_file_path"]
            for macro_id, macro in self.manifest["macros"].items()
            if macro["package_name"] == "kit_outcomes"
        }

    def _models_calling(self, macros: set[str]) -> set[str]:
        """Models that use one of the macros, themselves or through another macro."""
        used, before = set(macros), set()
        while used != before:
            before = set(used)
            used |= {
                macro_id
                for macro_id in self._macros()
                if used & set(self.manifest["macros"][macro_id]["depends_on"]["macros"])
            }
        return {
            node["name"]
            for node in self.manifest["nodes"].values()
            if node["resource_type"] == "model" and used & set(node["depends_on"]["macros"])
        }

    def _models_with(self, pattern: re.Pattern) -> set[str]:
        """Models whose text, or a macro of theirs, matches."""
        macros = {name for name in self._macros() if pattern.search(self.manifest["macros"][name]["macro_sql"])}
        direct = {
            node["name"]
            for node in self.manifest["nodes"].values()
            if node["resource_type"] == "model" and pattern.search(node["raw_code"])
        }
        return direct | self._models_calling(macros)

    def unit_tests_of(self, models: set[str]) -> dict[str, str]:
        """Id -> model of the unit tests of some models."""
        return {
            test_id: test["model"] for test_id, test in self.manifest["unit_tests"].items() if test["model"] in models
        }


@pytest.fixture(scope="module")
def project_copy(tmp_path_factory, sample_warehouse) -> Copy:
    """A copy of the project whose warehouse is a copy of the small sample's: its types and seeds are what is needed."""
    folder = tmp_path_factory.mktemp("mutations")
    project, profiles = folder / "project", folder / "profiles"
    project.mkdir()
    profiles.mkdir()
    for name in COPIED:
        copy_in(ROOT / name, project / name)
    shutil.copy(sample_warehouse, profiles / "candidate.duckdb")
    output = {"type": "duckdb", "path": str(profiles / "candidate.duckdb"), "threads": 2}
    profile = {"kit_outcomes": {"target": "candidate", "outputs": {"candidate": output}}}
    (profiles / "profiles.yml").write_text(json.dumps(profile))
    copy = Copy(project, profiles)
    copy.parse()
    return copy


def copy_in(source: Path, target: Path) -> None:
    """Copy a file or a folder; links become files."""
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    elif source.exists():
        shutil.copy(source, target)


def in_batches(copy: Copy, mutations: list[Mutation]) -> Iterator[list[Mutation]]:
    """Mutations in groups of which no two touch the same file or model."""
    waiting = list(mutations)
    while waiting:
        batch, models, files, later = [], set(), set(), []
        for mutation in waiting:
            touched = copy.models_touched_by(mutation)
            if touched & models or (mutation.path in files and mutation.path != PROJECT):
                later.append(mutation)
            else:
                batch.append(mutation)
                models |= touched
                files.add(mutation.path)
        yield batch
        waiting = later


def failing_models(copy: Copy, batch: list[Mutation]) -> set[str]:
    """Models of which a unit test fails (not: cannot run) while the mutations of a batch are in place."""
    models = set().union(*(copy.models_touched_by(mutation) for mutation in batch))
    seeds = [Path(mutation.path).stem for mutation in batch if mutation.path.startswith("seeds/")]
    tests = copy.unit_tests_of(models)
    for mutation in batch:
        copy.mutate(mutation)
    try:
        reseed(copy, seeds)
        result = copy.dbt("test", "--resource-type", "unit_test", "--select", *sorted(models))
        assert result.exception is None, result.exception
        return {tests[run.node.unique_id] for run in result.result.results if str(run.status) == "fail"}
    finally:
        for mutation in batch:
            copy.restore(mutation)
        reseed(copy, seeds)


def reseed(copy: Copy, seeds: list[str]) -> None:
    """Load seeds again."""
    if seeds:
        result = copy.dbt("seed", "--select", *seeds)
        assert result.success, "\n".join(failures_of(result))


@pytest.fixture(scope="module")
def noticed(request, project_copy) -> set[str]:
    """Names of the mutations (those that pytest was asked for) that make a unit test of a model they touch fail."""
    asked = [item for item in request.session.items if item.originalname == test_a_unit_test_notices.__name__]
    found = set()
    for batch in in_batches(project_copy, [item.callspec.params["mutation"] for item in asked]):
        failing = failing_models(project_copy, batch)
        found |= {mutation.name for mutation in batch if project_copy.models_touched_by(mutation) & failing}
    return found


@pytest.mark.parametrize("mutation", CATALOGUE, ids=lambda mutation: mutation.name)
def test_the_catalogue_still_applies(mutation):
    """Each mutation changes exactly one place of a file that is there."""
    assert (ROOT / mutation.path).read_text().count(mutation.old) == 1
    assert mutation.old != mutation.new


def test_the_catalogue_is_large_enough():
    names = {mutation.name for mutation in CATALOGUE}
    assert len(names) == len(CATALOGUE) >= 40
    assert {mutation.path.split("/")[0] for mutation in CATALOGUE} >= {PROJECT, "seeds", "models", "macros"}


@pytest.mark.parametrize("mutation", FOR_DBT, ids=lambda mutation: mutation.name)
def test_a_unit_test_notices(noticed, mutation):
    assert mutation.name in noticed


@pytest.mark.parametrize("mutation", FOR_PYTEST, ids=lambda mutation: mutation.name)
def test_a_python_test_notices(project_copy, mutation):
    """The reading of texts and the statistics are tested by pytest modules, which run in the copy."""
    project_copy.mutate(mutation)
    try:
        run = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-x", f"tests/integration/{mutation.noticed_by}.py"],
            cwd=project_copy.folder,
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        project_copy.restore(mutation)
    assert run.returncode == 1, run.stdout[-2000:]
