"""A bench for tests of single rules: raw text in, any model out, in memory, without files and without a build.

dbt compiles the project once; on top of empty raw tables and the real seeds a test inserts a few raw records, builds
the model that it is about with all that this one reads, and asks it.
"""

from __future__ import annotations

import functools
import tempfile
from dataclasses import dataclass
from pathlib import Path

import duckdb

from tests.integration.conftest import ROOT, failures_of, invoke_dbt

EMPTY_PAD = "00" * 64
READER_DEFAULTS = {"site_id": "s1", "delivered_on": "2024-03-01", "file": "f.csv", "is_malformed": False}


@dataclass(frozen=True)
class CompiledProject:
    """What dbt made of the project for an in-memory target.

    folder: where dbt wrote, reused for later compilations. sources: relation -> {column: type}. seeds: relation ->
    (csv path, {column: type}). models: relation -> SQL, in the order in which they can be created. parents: relation ->
    the models that it reads.
    """

    folder: Path
    sources: dict[str, dict[str, str]]
    seeds: dict[str, tuple[Path, dict[str, str]]]
    models: dict[str, str]
    parents: dict[str, set[str]]

    def needed_for(self, relation: str) -> list[str]:
        """A model, such as `marts.patients`, behind all the models that it is made of."""
        needed = {relation}
        for name in reversed(self.models):
            if name in needed:
                needed |= self.parents[name]
        return [name for name in self.models if name in needed]


@functools.cache
def _session_folder() -> tempfile.TemporaryDirectory:
    """A folder that lives as long as the process: compiling once serves all test modules."""
    return tempfile.TemporaryDirectory(prefix="kit_compiled_")


@functools.cache
def compile_project() -> CompiledProject:
    """Compile every model for an in-memory DuckDB; AssertionError names what did not compile."""
    folder = Path(_session_folder().name)
    result = invoke_dbt(["compile", "--target", "lint", "--no-introspect", "--select", "resource_type:model"], folder)
    assert result.success, "\n".join(failures_of(result))
    nodes = _in_order([run.node for run in result.result.results])
    relations = {node.unique_id: f"{node.schema}.{node.alias}" for node in nodes}
    from dbt.artifacts.schemas.manifest import WritableManifest

    manifest = WritableManifest.read_and_check_versions(str(folder / "target" / "manifest.json"))
    return CompiledProject(
        folder=folder,
        sources={
            f"{source.schema}.{source.identifier}": {name: column.data_type for name, column in source.columns.items()}
            for source in manifest.sources.values()
        },
        seeds={
            f"{node.schema}.{node.alias}": (ROOT / node.original_file_path, dict(node.config.column_types))
            for node in manifest.nodes.values()
            if node.resource_type == "seed"
        },
        models={relations[node.unique_id]: node.compiled_code for node in nodes},
        parents={
            relations[node.unique_id]: {relations[name] for name in node.depends_on.nodes if name in relations}
            for node in nodes
        },
    )


def _in_order(nodes: list) -> list:
    """The models so that each stands behind those that it reads."""
    waiting = {node.unique_id: node for node in nodes}
    ordered = []
    while waiting:
        ready = [name for name, node in waiting.items() if not waiting.keys() & set(node.depends_on.nodes)]
        for name in ready:
            ordered.append(waiting.pop(name))
    return ordered


def render(inline: str) -> str:
    """SQL of a template that uses the project's macros; AssertionError with dbt's message where it does not render."""
    folder = Path(_session_folder().name)
    result = invoke_dbt(["compile", "--target", "lint", "--no-introspect", "--inline", inline], folder)
    assert result.success, "\n".join(failures_of(result))
    return result.result.results[0].node.compiled_code


class Bench:
    """Raw tables, seeds and built models in one in-memory connection (`connection`)."""

    def __init__(self, project: CompiledProject) -> None:
        self.project = project
        self.connection = duckdb.connect()
        self.connection.execute("set threads = 1")
        for pad in ("pseudonym_inner_pad", "pseudonym_outer_pad"):
            self.connection.execute(f"set variable {pad} = unhex('{EMPTY_PAD}')")
        for relation, columns in project.sources.items():
            self.create_table(relation, columns)
        for relation, (path, column_types) in project.seeds.items():
            self.create_table(relation, column_types)
            self.connection.execute(f"insert into {relation} by name from read_csv(?, all_varchar = true)", [str(path)])

    def _create_schema(self, relation: str) -> None:
        self.connection.execute(f"create schema if not exists {relation.split('.')[0]}")

    def create_table(self, relation: str, columns: dict[str, str]) -> None:
        """An empty table, such as `marts.outcomes`, in the place of a seed, a source or a model."""
        self._create_schema(relation)
        typed = ", ".join(f"{name} {data_type}" for name, data_type in columns.items())
        self.connection.execute(f"create or replace table {relation} ({typed})")

    def deliver(self, table: str, rows: list[dict]) -> None:
        """Replace the records of a flat table; rows count from 1, reader columns have defaults, the rest is null."""
        columns = self.project.sources[f"raw.{table}"]
        self.connection.execute(f"delete from raw.{table}")
        places = ", ".join("?" for _ in columns)
        for number, row in enumerate(rows, start=1):
            unknown = row.keys() - columns.keys()
            assert not unknown, f"raw.{table} has no column {', '.join(sorted(unknown))}"
            record = {"row_number": number, **READER_DEFAULTS, **row}
            values = [record.get(name) for name in columns]
            self.connection.execute(f"insert into raw.{table} values ({places})", values)

    def build(self, relation: str) -> None:
        """Build a model, such as `vetting.vetted_patients`, and all that it is made of, from what is delivered now."""
        for name in self.project.needed_for(relation):
            self.build_alone(name)

    def build_alone(self, relation: str) -> None:
        """Build one model from the tables that stand in its parents' places."""
        self._create_schema(relation)
        self.connection.execute(f"create or replace table {relation} as {self.project.models[relation]}")

    def rows(self, sql: str, *parameters) -> list[tuple]:
        """All rows of a query."""
        return self.connection.execute(sql, list(parameters)).fetchall()
