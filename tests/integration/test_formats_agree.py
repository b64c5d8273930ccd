"""The same clinics written as flat tables, FHIR resources and OMOP tables give one warehouse, but for named losses.

What a format cannot carry stands in the seed format_losses, as SQL on the tables of core. Here these losses are done to
the warehouse of the flat tables, everything to the right of core is built again from it, and then every table of core,
clinical and marts must be equal, row by row and column by column, to that of the format.
"""

import csv
import shutil
import subprocess
import sys

import duckdb
import pytest
from conftest import MEASUREMENTS, ROOT, SHAREABLE, environment, failures_of, invoke_dbt, settings_for

PATIENTS = 300
SEED = 5
# What the other formats bring beyond the flat tables: codes of further systems beside those of ICD-10-CM.
ADDED_COLUMNS = {("core", "diagnoses", "other_codings")}
ADDED_TABLES = {("clinical", "other_coding_matches")}


def losses_of(format_name: str) -> list[dict[str, str]]:
    with (ROOT / "seeds" / "quality" / "format_losses.csv").open(encoding="utf-8", newline="") as stream:
        losses = [row for row in csv.DictReader(stream) if row["format"] == format_name]
    return sorted(losses, key=lambda row: int(row["loss_order"]))


def statement_of(loss: dict[str, str]) -> str:
    if not loss["column_name"]:
        return f"delete from core.{loss['table_name']} where {loss['lost_where']}"
    return f"update core.{loss['table_name']} set {loss['column_name']} = {loss['becomes']} where {loss['lost_where']}"


@pytest.fixture(scope="module")
def mirrored(tmp_path_factory, build_warehouse):
    """One network in three formats: format -> (folder of the deliveries, path of the warehouse)."""
    folder = tmp_path_factory.mktemp("mirrored")
    subprocess.run(
        [
            *(sys.executable, ROOT / "scripts" / "synthesize.py", "--patients", str(PATIENTS), "--seed", str(SEED)),
            *("--formats", "ehr,fhir,omop", "--mirror", "--out", folder / "all"),
        ],
        check=True,
        capture_output=True,
    )
    built = {}
    for format_name in ("ehr", "fhir", "omop"):
        raw = folder / format_name / "raw"
        raw.mkdir(parents=True)
        (folder / "all" / format_name).rename(raw / format_name)
        warehouse = folder / format_name / "warehouse"
        built[format_name] = (raw, build_warehouse(raw, warehouse_dir=warehouse, but=SHAREABLE + MEASUREMENTS))

    return built


def tables_of(connection, database: str) -> dict[tuple[str, str], list[str]]:
    """Columns of every table of core, clinical and marts."""
    rows = connection.execute(
        "select table_schema, table_name, list(column_name order by ordinal_position) from information_schema.columns "
        "where table_catalog = ? and table_schema in ('core', 'clinical', 'marts') group by all order by all",
        [database],
    ).fetchall()
    return {(schema, table): columns for schema, table, columns in rows}


@pytest.mark.parametrize("format_name", ["fhir", "omop"])
def test_every_table_agrees_but_for_the_named_losses(mirrored, tmp_path, format_name):
    raw, flat_warehouse = mirrored["ehr"]
    reduced = tmp_path / "reduced" / "candidate.duckdb"
    reduced.parent.mkdir()
    shutil.copy(flat_warehouse, reduced)
    without_effect = []
    with duckdb.connect(str(reduced)) as connection:
        for loss in losses_of(format_name):
            (n_changed,) = connection.execute(statement_of(loss)).fetchone()
            if not n_changed:
                without_effect.append(loss["what_is_lost"])
    assert without_effect == [], "losses that this network does not show"

    with environment(**settings_for(raw, reduced.parent)):
        result = invoke_dbt(["run", "--select", "clinical", "marts", "--target", "candidate"], tmp_path)
    assert failures_of(result) == []

    differences = {}
    with duckdb.connect() as connection:
        connection.execute(f"attach '{reduced}' as reduced (read_only)")
        connection.execute(f"attach '{mirrored[format_name][1]}' as delivered (read_only)")
        tables = tables_of(connection, "reduced")
        assert tables == tables_of(connection, "delivered")
        assert len(tables) > 40
        for (schema, table), columns in tables.items():
            if (schema, table) in ADDED_TABLES:
                continue
            names = ", ".join(f'"{name}"' for name in columns if (schema, table, name) not in ADDED_COLUMNS)
            left, right = (f'select {names} from {side}.{schema}."{table}"' for side in ("reduced", "delivered"))
            only_reduced, only_delivered = (
                connection.execute(f"select count(*) from ({one} except all {other})").fetchone()[0]
                for one, other in ((left, right), (right, left))
            )
            if only_reduced or only_delivered:
                differences[f"{schema}.{table}"] = (only_reduced, only_delivered)
    assert differences == {}


@pytest.mark.parametrize("format_name", ["ehr", "fhir", "omop"])
def test_every_record_has_its_fate(mirrored, format_name):
    """Accounts of all files and reasons of all quarantined records are those of the generator's truth."""
    raw, warehouse = mirrored[format_name]
    truth = raw.parents[1] / "all" / "truth"
    counts = "records_read, accepted, superseded, duplicate, retracted, quarantined"
    places = "site_id, delivered_on::date, file"
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        for found, true, columns in (
            ("row_accounting", "deliveries", f"{places}, table_name, {counts}"),
            ("quarantine", "fates", f"{places}, row_number, table_name, reason"),
        ):
            intended = f"select {columns} from '{truth}/{true}.parquet' where format = '{format_name}'"
            if true == "fates":
                intended += " and fate = 'quarantined'"
            kept = f"select {columns} from audit.{found}"
            different = connection.execute(
                f"(({kept}) except all ({intended})) union all (({intended}) except all ({kept}))"
            ).fetchall()
            assert different == [], f"{len(different)} differ, for example {different[:5]}"
