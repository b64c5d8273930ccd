"""Whether deliveries are those of the synthetic sample, real ones, or both in one folder."""

from pathlib import Path

import pyarrow
import pyarrow.parquet

from reader.preflight.inventory import SKIPPED_FOLDER, DeliveredFile, Inventory

SAMPLE, DELIVERED, MIXED = "synthetic sample", "delivered", "mixed"
_KEY = ["site_id", "delivered_on", "file"]


def files_beside_the_sample(raw_folder: Path, inventory: Inventory) -> list[DeliveredFile]:
    """The files that the sample network did not write, by its own list of files beside the deliveries; all of them
    where there is no such list."""
    try:
        listed = pyarrow.parquet.read_table(raw_folder / SKIPPED_FOLDER / "deliveries.parquet", columns=_KEY)
        written = {tuple(map(str, row.values())) for row in listed.to_pylist()}
    except (OSError, pyarrow.ArrowException):
        written = set()
    return [found for found in inventory.files if (found.site_id, str(found.delivered_on), found.file) not in written]


def origin_of(raw_folder: Path, inventory: Inventory) -> str:
    """SAMPLE, DELIVERED or MIXED."""
    others = files_beside_the_sample(raw_folder, inventory)
    if not others:
        return SAMPLE
    return DELIVERED if len(others) == len(inventory.files) else MIXED
