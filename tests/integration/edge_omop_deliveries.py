"""OMOP deliveries, extremely dense with edge cases, from the same clinics as the flat ones.

    python -m tests.integration.edge_omop_deliveries FOLDER --seed 1

The same seed writes the same files. Nothing in here resembles a real person.
"""

import csv
import datetime
import gzip
import io
from collections import defaultdict
from pathlib import Path
from random import Random

import click
import pyarrow
import pyarrow.parquet

from tests.integration import edge_omop
from tests.integration.edge_faults import duplicate_events, place_in_deliveries
from tests.integration.edge_patients import Clinic, Row, add_patient
from tests.integration.oracle.omop_files import REQUIRED

SITES = ["07", "north", "B-2", "x%20y"]
DAY = datetime.timedelta(days=1)
FALLBACK = {"cdm_source": "cdm_version"}
SPOILED = [lambda fields: fields[:-1], lambda fields: [*fields, "more"], lambda fields: ["\udcff", *fields[1:]]]


def write_omop_deliveries(folder: Path, seed: int, n_patients: int | None = None) -> Path:
    """Write deliveries below `folder`/omop; returns `folder`."""
    rng = Random(f"omop {seed}")
    sites = rng.sample(SITES, 2)
    total = n_patients or rng.randint(24, 60)
    for site_id in sites:
        clinic = Clinic(rng, site_id)
        for _ in range(max(2, total // len(sites))):
            add_patient(clinic)
        duplicate_events(clinic)
        answers: dict[str | None, list[Row]] = defaultdict(list)
        for row in clinic.rows.pop("assessment_responses", []):
            answers[row["assessment_id"]].append(row)
        first = datetime.date(2024, 12, rng.randint(1, 28))
        deliveries = [first + 31 * number * DAY for number in range(rng.choice([2, 3]))]
        for (number, table), rows in tables_of(clinic, deliveries, answers).items():
            path = folder / "omop" / f"site={site_id}" / f"delivered_on={deliveries[number]}"
            path.mkdir(parents=True, exist_ok=True)
            write_table(rng, path, table, rows)
        for delivered_on in deliveries:
            add_strange_files(rng, folder / "omop" / f"site={site_id}" / f"delivered_on={delivered_on}")
    return folder


def tables_of(clinic: Clinic, deliveries: list[datetime.date], answers: dict) -> dict[tuple[int, str], list[Row]]:
    """(number of the delivery, table) -> its rows."""
    rng, numbers = clinic.rng, edge_omop.Numbers(clinic.rng)
    tables: dict[tuple[int, str], list[Row]] = defaultdict(list)
    for number, table, row in place_in_deliveries(clinic, deliveries):
        if table == "assessments":
            own = [one for one in answers.get(row["assessment_id"], []) if rng.random() < 0.98]
            found = edge_omop.form(rng, numbers, row, own)
        elif table in edge_omop.SHAPES and edge_omop.is_deliverable(table, row):
            found = edge_omop.SHAPES[table](rng, numbers, row)
        else:
            found = []
        for name, omop_row in found:
            tables[number, name].append(omop_row)
    for name, row in edge_omop.vocabulary():
        tables[0, name].append(row)
    people = [row["person_id"] for row in tables.get((0, "person"), []) if row["person_id"]]
    for person in people[:3]:
        tables[0, "observation_period"].append({"person_id": person, "observation_period_start_date": "unknown"})
        tables[0, "visit_occurrence"].append({"visit_occurrence_id": numbers.fresh(), "person_id": person})
    for rows in tables.values():
        rng.shuffle(rows)
    return tables


def write_table(rng: Random, folder: Path, table: str, rows: list[Row]) -> None:
    """One table as one or two files: comma, tab or Parquet; names in any case."""
    name = rng.choice([table.upper(), table.lower(), table.title()])
    shapes = rng.sample(["csv", "csv.gz", "parquet"], rng.choice([1, 1, 2]))
    shares: dict[str, list[Row]] = {shape: [] for shape in shapes}
    for row in rows:
        shares[rng.choice(shapes)].append(row)
    for shape, share in shares.items():
        used = sorted({column for row in share for column in row} | set(REQUIRED[table]))
        columns = rng.sample(used, len(used)) or [FALLBACK.get(table, "person_id")]
        spelled = [column.upper() if rng.random() < 0.3 else column for column in columns]
        if rng.random() < 0.15:
            spelled.append("note_to_self")
        if shape == "parquet":
            content = parquet_bytes(rng, columns, spelled, share)
        else:
            content = text_bytes(rng, columns, spelled, share)
        (folder / f"{name}.{shape}").write_bytes(gzip.compress(content, mtime=0) if shape == "csv.gz" else content)


def text_bytes(rng: Random, columns: list[str], spelled: list[str], rows: list[Row]) -> bytes:
    """Comma-separated with quotes, or tab-separated without; some rows spoiled."""
    is_tabbed = rng.random() < 0.3 and len(spelled) > 1
    end = rng.choice(["\n", "\r\n"])
    output = io.StringIO()
    writer = csv.writer(output, lineterminator=end)
    records = [spelled]
    for row in rows:
        fields = [row.get(column) or "" for column in columns] + [""] * (len(spelled) - len(columns))
        records.append(rng.choice(SPOILED)(fields) if rng.random() < 0.008 and len(fields) > 2 else fields)
    for fields in records:
        if is_tabbed:
            output.write("\t".join(" ".join(field.split()) for field in fields) + end)
        else:
            writer.writerow(fields)
        if rng.random() < 0.01:
            output.write(end)
    mark = b"\xef\xbb\xbf" if rng.random() < 0.15 else b""
    return mark + output.getvalue().encode("utf-8", "surrogateescape")


def parquet_bytes(rng: Random, columns: list[str], spelled: list[str], rows: list[Row]) -> bytes:
    """Text columns, and whole numbers where every value is one."""
    arrays = []
    for column in columns:
        texts = [row.get(column) for row in rows]
        if rng.random() < 0.7 and all(text is None or (text.isascii() and text.isdigit()) for text in texts):
            try:
                arrays.append(pyarrow.array([text and int(text) for text in texts], pyarrow.int64()))
                continue
            except OverflowError:
                pass
        arrays.append(pyarrow.array(texts, pyarrow.string()))
    arrays += [pyarrow.array([None] * len(rows), pyarrow.string())] * (len(spelled) - len(columns))
    output = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.Table.from_arrays(arrays, names=spelled), output)
    return output.getvalue()


def add_strange_files(rng: Random, folder: Path) -> None:
    """Files that are refused, empty ones, and tables that are not read."""
    choices = {
        "Death.csv.gz": b"plain text",
        "CONCEPT_ANCESTOR.csv.gz": gzip.compress(b"ancestor_concept_id\n1\n"),
        "observation_period.csv": b"",
        "cdm_source.csv": b"cdm_version,cdm_version\n5.4,5.4\n",
        "NOTE.csv": b"note_id,note_text\n1,free text\n",
        "procedure_occurrence.csv": b"procedure_occurrence_id\n1\n",
        "person.tsv": b"person_id\tyear_of_birth\n1\t1980\n",
        "visit_occurrence.parquet": b"PAR1 no parquet",
    }
    for name in rng.sample(sorted(choices), rng.choice([0, 1, 2])):
        if folder.exists() and name.lower() not in {path.name.lower() for path in folder.iterdir()}:
            (folder / name).write_bytes(choices[name])


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--seed", default=1, show_default=True, help="The same seed writes the same files.")
@click.option("--patients", type=int, help="How many patients in all; 24 to 60 if not given.")
def main(folder: Path, seed: int, patients: int | None) -> None:
    """Write edge-case OMOP deliveries below FOLDER."""
    write_omop_deliveries(folder, seed, patients)
    click.echo(f"OMOP deliveries of seed {seed} lie in {folder}.")


if __name__ == "__main__":
    main()
