"""Write the pages under docs/ from the YAML of the sources, the seeds and dbt_project.yml.

python scripts/mapping_guide.py
"""

from pathlib import Path

import click

from guide import pages
from reader.declaration import PROJECT_ROOT

DOCS = PROJECT_ROOT / "docs"


@click.command(help=__doc__.split("\n", maxsplit=1)[0])
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), default=DOCS, help="Another folder for the pages."
)
def main(out: Path) -> None:
    """Write every page; files that are not ours stay."""
    out.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (out / name).write_text(text, encoding="utf-8", newline="\n")
        click.echo(f"wrote {name}")


if __name__ == "__main__":
    main()
