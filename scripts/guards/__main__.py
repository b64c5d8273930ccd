"""`python -m guards`: run the suites over a warehouse and write their results as JSON.

With --wait it first loads what takes long, and starts when a line comes in on standard input; when the input
ends without one, it leaves without a word (the build failed, or nobody is there any more).
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import click

from guards.suites import SuiteError, load_suites


@click.command()
@click.option("--warehouse", type=click.Path(path_type=Path), required=True, help="DuckDB file to look at (read-only).")
@click.option("--previous", type=click.Path(path_type=Path), help="The publication that stands, to compare with.")
@click.option("--suites", type=click.Path(path_type=Path), required=True, help="Folder of the suites.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="JSON file for the results.")
@click.option("--wait", is_flag=True, help="Load, then wait for a line on standard input.")
def main(warehouse: Path, previous: Path | None, suites: Path, out: Path, wait: bool) -> None:
    """Run the suites over a warehouse. Exit 0 when they ran, whatever they found; 2 when they could not."""
    try:
        declared = load_suites(suites)
    except SuiteError as error:
        click.echo(str(error), err=True)
        _leave(2)
    from guards.runner import Guards

    if wait and not sys.stdin.readline():
        _leave(0)
    guards = Guards(warehouse, previous)
    results = guards.run(declared)
    guards.close()
    out.write_text(json.dumps([result.as_row() for result in results]), encoding="utf-8")
    _leave(0)


def _leave(code: int) -> None:
    """End at once: DuckDB's binding may otherwise report leaked objects when SQLAlchemy's pool is torn down."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
