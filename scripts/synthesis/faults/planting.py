"""Plant the faults that were asked for, and tell the truth of it."""

import csv
import hashlib
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq

from synthesis.faults.catalogue import PLANTERS
from synthesis.faults.plot import Plot
from synthesis.faults.records import DeliveredFile, open_file

TRUTH_COLUMNS = ("fault", "site_id", "delivered_on", "file", "row_number", "record_key", "column_name")
DEFAULT_RATE = 0.1


@dataclass(frozen=True)
class Wish:
    """A fault that somebody wants: how often, at which site, from which delivery on."""

    name: str
    rate: float = DEFAULT_RATE
    site_id: str = ""
    since: str = ""


def parse_wish(text: str) -> Wish:
    """NAME[:rate=0.1,site=05,from=2025-01-01]; ValueError says what is wrong with it."""
    name, _, options = text.strip().partition(":")
    if name not in PLANTERS:
        raise ValueError(f"there is no fault {name!r}; `--faults list` shows all of them")
    given: dict[str, str] = {}
    for option in filter(None, options.split(",")):
        key, is_given, value = option.partition("=")
        if key not in ("rate", "site", "from") or not is_given or key in given:
            raise ValueError(f"{option!r} of fault {name}: an option is rate=, site= or from=, once each")
        given[key] = value
    rate = float(given.get("rate", DEFAULT_RATE))
    if not 0 < rate <= 1:
        raise ValueError(f"the rate of fault {name} is {rate:g}, but must be above 0 and at most 1")
    return Wish(name, rate, given.get("site", ""), str(date.fromisoformat(given["from"])) if "from" in given else "")


class Network:
    """The files of each site of a written network, read when a fault first needs them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.sites: dict[str, list[Path]] = {}
        for folder in sorted(root.glob("*/site=*")):
            self.sites.setdefault(folder.parent.name, []).append(folder)
        self.files: dict[Path, list[DeliveredFile]] = {}
        fates = pq.read_table(root / "truth" / "fates.parquet").to_pylist()
        self.special = {(row["site_id"], row["delivered_on"], row["file"], row["row_number"]) for row in fates}

    def files_of(self, folder: Path) -> list[DeliveredFile]:
        """All files of a site, with the junk in them marked."""
        if folder not in self.files:
            files = []
            for path in sorted(folder.glob("delivered_on=*/*")):
                file = open_file(path, folder.name[5:], path.parent.name[13:])
                if file is None:
                    continue
                for number, record in enumerate(file.records, start=1):
                    record.is_special = (file.site_id, file.delivered_on, file.name, number) in self.special
                files.append(file)
            self.files[folder] = files
        return self.files[folder]

    def plots(self, wish: Wish, seed: int) -> list[Plot]:
        """The sites at which a fault may be planted, in an order drawn by the seed."""
        fault = PLANTERS[wish.name]
        folders = [
            folder
            for folder in self.sites.get(fault.format, [])
            if wish.site_id in ("", folder.name.removeprefix("site="))
        ]
        plots = [
            Plot(
                wish.name, fault.format, folder.name.removeprefix("site="), wish.rate, wish.since, seed, folder,
                self.files_of(folder),
            )
            for folder in folders
        ]  # fmt: skip
        return sorted(plots, key=lambda plot: hashlib.sha256(f"{seed} {wish.name} {plot.site_id}".encode()).digest())

    def save(self) -> None:
        """Write what changed."""
        for files in self.files.values():
            for file in files:
                file.save()


def plant_faults(root: Path, wishes: tuple[Wish, ...], seed: int) -> None:
    """Plant each fault at one site below `root`; LookupError where no site can hold it. Writes truth/faults.csv."""
    network = Network(root)
    plots = []
    for wish in wishes:
        for plot in network.plots(wish, seed):
            PLANTERS[wish.name].plant(plot)
            if plot.planted:
                plots.append(plot)
                for planted in plot.planted:  # the next fault leaves these records alone
                    if planted.record is not None:
                        planted.record.is_special = True
                break
        else:
            where = f"site {wish.site_id}" if wish.site_id else f"any site that delivers {PLANTERS[wish.name].format}"
            raise LookupError(f"fault {wish.name} cannot be planted at {where}: nothing there can hold it")
    network.save()
    _write_truth(root / "truth" / "faults.csv", plots)


def _write_truth(path: Path, plots: list[Plot]) -> None:
    """One row for each record (or file) that is at fault; row numbers are those of the finished files."""
    numbers: dict[int, dict[int, int]] = {}
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(TRUTH_COLUMNS)
        for plot in plots:
            for planted in plot.planted:
                number: int | str = ""
                if planted.file is not None and planted.record is not None:
                    records = planted.file.records
                    known = numbers.setdefault(
                        id(planted.file), {id(record): place for place, record in enumerate(records, start=1)}
                    )
                    number = known.get(id(planted.record), "")
                day = planted.path.parent.name.removeprefix("delivered_on=")
                writer.writerow((plot.fault, plot.site_id, day, planted.path.name, number, planted.key, planted.column))
