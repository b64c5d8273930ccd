"""Write the sample network: deliveries of invented clinics with a known truth beside them.

python scripts/synthesize.py --patients 8142 --seed 2025 --out data/raw
"""

from pathlib import Path

import click
from tqdm import tqdm

from reader.declaration import load_formats
from reader.preflight.inventory import take_inventory
from reader.preflight.origin import files_beside_the_sample
from synthesis import parameters
from synthesis.faults.catalogue import PLANTERS
from synthesis.faults.planting import Wish, parse_wish
from synthesis.formats import WRITERS_OF_FORMATS
from synthesis.network import write_network


def _formats(_context: click.Context, _option: click.Parameter, text: str) -> tuple[str, ...]:
    """Split and check the list of formats."""
    names = tuple(dict.fromkeys(name.strip().lower() for name in text.split(",") if name.strip()))
    for name in names:
        if name not in WRITERS_OF_FORMATS:
            raise click.BadParameter(f"there is no format {name!r}; available: {', '.join(WRITERS_OF_FORMATS)}")
    if not names:
        raise click.BadParameter("name at least one format, for example ehr")
    return names


def _faults(_context: click.Context, _option: click.Parameter, texts: tuple[str, ...]) -> tuple[Wish, ...]:
    """Check the faults that are wanted; `list` shows all there are."""
    if "list" in texts:
        for name, planter in PLANTERS.items():
            click.echo(f"{planter.format}  {name}")
        raise click.exceptions.Exit
    try:
        return tuple(parse_wish(text) for text in texts)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


@click.command(help=__doc__.split("\n", maxsplit=1)[0])
@click.option(
    "--patients",
    type=click.IntRange(min=1),
    default=parameters.DEFAULT_PATIENTS,
    show_default=True,
    help="How many patients eligible for ptsd_kit are written; the others of an export come on top.",
)
@click.option(
    "--seed", type=click.IntRange(min=0), default=2025, show_default=True, help="The same seed gives the same bytes."
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="Folder of the deliveries (what KIT_RAW_DIR points to); its folders of formats and truth are replaced.",
)
@click.option(
    "--formats",
    callback=_formats,
    default="ehr",
    show_default=True,
    help="Formats (ehr, fhir, omop), separated by commas: the clinics deliver in one of them each, in turn.",
)
@click.option(
    "--mirror",
    is_flag=True,
    help="Write every clinic in each of the formats, with the same ids, to compare them. Such a folder is no set of "
    "deliveries, because a clinic uses one format: build from one of its format folders at a time (in a folder alone).",
)
@click.option(
    "--faults",
    callback=_faults,
    multiple=True,
    metavar="NAME[:rate=0.1,site=05,from=2025-01-01]",
    help="A fault to plant on top of the ordinary mess, as often as you like: at a rate of 0.1 and a site drawn by the "
    "seed unless told. `--faults list` shows all; truth/faults.csv tells what was planted.",
)
def main(patients: int, seed: int, out: Path, formats: tuple[str, ...], mirror: bool, faults: tuple[Wish, ...]) -> None:
    """Command line; see the options."""
    if out.is_dir() and (others := files_beside_the_sample(out, take_inventory(out, load_formats()))):
        raise click.UsageError(
            f"{out} holds deliveries that are no sample, such as {others[0].told_place}: nothing was written. "
            "Choose another folder for --out."
        )
    with tqdm(total=patients, unit=" patients", desc="sample network", delay=1) as bar:
        try:
            write_network(patients, seed, out, formats, bar.update, is_mirrored=mirror, faults=faults)
        except LookupError as error:
            raise click.UsageError(f"{error}; nothing was written") from error
    click.echo(f"{patients:,} patients eligible for ptsd_kit and the others of an export: {out} (truth in {out}/truth)")


if __name__ == "__main__":
    main()
