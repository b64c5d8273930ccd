"""Small raw deliveries, extremely dense with edge cases: two or three sites, two or three deliveries each.

    python -m tests.integration.edge_deliveries FOLDER --seed 1

The same seed writes the same files. Nothing in here resembles a real person.
"""

import datetime
from itertools import groupby
from pathlib import Path
from random import Random

import click

from tests.integration.edge_faults import duplicate_events, mark_test_patients, merge_patients, place_in_deliveries
from tests.integration.edge_files import add_strange_files, write_table
from tests.integration.edge_patients import Clinic, add_patient

SITES = ["07", "north", "B-2", "7", "x%20y", "a b", "é", "null", "1e3"]


def write_edge_deliveries(folder: Path, seed: int, n_patients: int | None = None) -> Path:
    """Write deliveries below `folder`/ehr: 30 to 120 patients in all unless `n_patients` is given; returns `folder`."""
    rng = Random(seed)
    sites = rng.sample(SITES, rng.choice([2, 3]))
    total = n_patients or rng.randint(30, 120)
    for site_id in sites:
        clinic = Clinic(rng, site_id)
        for _ in range(max(2, total // len(sites))):
            add_patient(clinic)
        mark_test_patients(clinic)
        duplicate_events(clinic)
        merge_patients(clinic)
        first = datetime.date(2024, 12, rng.randint(1, 28))
        deliveries = [first + datetime.timedelta(days=31 * number) for number in range(rng.choice([2, 2, 3]))]
        placed = place_in_deliveries(clinic, deliveries)
        rng.shuffle(placed)
        placed.sort(key=lambda item: item[:2])
        for (delivery, table), group in groupby(placed, key=lambda item: item[:2]):
            write_table(rng, delivery_folder(folder, site_id, deliveries[delivery]), table, [row for *_, row in group])
        for delivered_on in deliveries:
            add_strange_files(rng, delivery_folder(folder, site_id, delivered_on), delivered_on)
    return folder


def delivery_folder(folder: Path, site_id: str, delivered_on: datetime.date) -> Path:
    """Where one delivery of one site lies; made if need be."""
    path = folder / "ehr" / f"site={site_id}" / f"delivered_on={delivered_on}"
    path.mkdir(parents=True, exist_ok=True)
    return path


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--seed", default=1, show_default=True, help="The same seed writes the same files.")
@click.option("--patients", type=int, help="How many patients in all; 30 to 120 if not given.")
def main(folder: Path, seed: int, patients: int | None) -> None:
    """Write edge-case deliveries below FOLDER."""
    write_edge_deliveries(folder, seed, patients)
    click.echo(f"Deliveries of seed {seed} lie in {folder}.")


if __name__ == "__main__":
    main()
