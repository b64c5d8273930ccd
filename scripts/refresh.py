"""Refresh the warehouse: read the deliveries, build a candidate, check it, publish it in one step.

Exit code 0: published, or nothing has changed. 1: a check blocked it; the publication before stands and the candidate
is left to look into. 2: wrong usage or environment.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click
import duckdb
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from publication.lock import only_one
from publication.redaction import without_values
from publication.settings import ROOT, NotReadyError, check, from_environment
from reader.preflight.naming import told_path


@click.command()
@click.option("--force", is_flag=True, help="Build and publish although nothing has changed.")
def main(force: bool) -> None:
    """Build, check and publish the warehouse (KIT_RAW_DIR -> KIT_WAREHOUSE_DIR/kit.duckdb)."""
    os.umask(0o077)
    os.chdir(ROOT)
    try:
        settings = from_environment()
        check(settings)
        with only_one(settings.warehouse_dir):
            code = refresh(settings, force)
    except NotReadyError as problem:
        click.echo(str(problem), err=True)
        code = 2
    except (OSError, duckdb.Error) as error:
        place = f" ({told_path(os.fsdecode(error.filename))})" if getattr(error, "filename", None) else ""
        reason = without_values(str(getattr(error, "strerror", None) or error))
        click.echo(f"The refresh could not go on: {reason}{place}. What was published stands.", err=True)
        code = 2
    sys.stdout.flush()
    sys.exit(code)


def refresh(settings, force: bool, manifest=None) -> int:
    """Run a refresh and print how it ended. Returns the exit code. manifest: an already parsed project, for tests."""
    from publication import summary
    from publication.refresh_steps import Refresh

    console = summary.make_console()
    with _progress() as (tell, on_node):
        outcome = Refresh(settings, tell, on_node, manifest).run(force)
    standing = outcome.publication
    if outcome.is_blocked:
        summary.show_findings(
            console, outcome.findings, settings.candidate, standing.publication_id if standing else None
        )
        return 1
    summary.show_publication(console, settings)
    summary.show_test_warnings(console, outcome.findings)
    if outcome.is_unchanged:
        console.print("Deliveries, code, seeds, key and packages are unchanged: nothing was rebuilt (--force does).")
    return 0


@contextmanager
def _progress() -> Iterator[tuple[Callable[[str], None], Callable[[int, int], None]]]:
    """Two functions that show how far a refresh is: a bar on a terminal, plain lines elsewhere."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield (lambda sentence: click.echo(f"{sentence} ...", err=True)), (lambda done, total: None)
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("Starting", total=None)

        def tell(sentence: str) -> None:
            progress.update(task, description=sentence, completed=0, total=None)

        def on_node(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total)

        yield tell, on_node


if __name__ == "__main__":
    main()
