"""What people read at the end of a refresh: who was counted, how they fared, what to be careful about."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

import duckdb
from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from publication.figures import FEW_OBSERVED, Figures, Rate, ResponseFigures, StudyFigures
from publication.findings import Finding, told_reason
from publication.settings import Settings
from reader.preflight.naming import told_name
from reader.preflight.origin import SAMPLE

WIDTH = 100
MAX_LINES = 12
MAX_FINDINGS_SHOWN = 4
MAX_FINDINGS = 25


def make_console(stream=None) -> Console:
    """A console that stays readable at 80 to 100 columns and without a terminal (then 100 columns, no colours)."""
    console = Console(file=stream, highlight=False, soft_wrap=False)
    if not console.is_terminal or console.width > WIDTH:
        console = Console(file=stream, highlight=False, width=WIDTH)
    return console


def show_publication(console: Console, settings: Settings) -> None:
    """Print the summary of the publication that stands; its file is opened read-only."""
    with duckdb.connect(str(settings.published), read_only=True) as connection:
        figures = Figures(connection)
        publication = figures.publication()
        studies, responses = figures.studies(), figures.responses()
        console.rule("KIT Outcomes")
        built_at = publication["built_at"]
        console.print(f"publication {publication['publication_id']}, built {built_at:%Y-%m-%d %H:%M %Z}")
        if publication.get("data_origin") == SAMPLE:
            console.print(
                "The deliveries are a synthetic sample: no figure below is about real patients, and the sample was",
                style="bold",
            )
            console.print("made to resemble what was published, so that agreement proves nothing.", style="bold")
        if not settings.pseudonym_key:
            console.print("KIT_PSEUDONYM_KEY is not set: pseudonyms come from a public key and protect nobody.")
        console.print()
        console.print(_who(studies))
        console.print()
        console.print(_response(responses))
        for line in [*_footnotes(responses), *figures.rules()]:
            console.print(line)
        _show_drift(console, figures)
        _show_warnings(console, figures)
    console.print()
    console.print(Text("Warehouse (restricted): ").append(str(settings.published), style="bold"))
    if settings.shareable.exists():
        console.print(
            Text("May be shared (counts of 1 to 10 are hidden): ").append(str(settings.shareable), style="bold")
        )
    console.print("Read it with: duckdb -readonly, or duckdb.connect(path, read_only=True)")
    if settings.shareable.exists():
        console.print(
            "In shareable.duckdb, file and schema share a name: from shareable.shareable.response_by_timepoint"
        )


def show_findings(console: Console, findings: list[Finding], candidate: Path, standing: str | None) -> None:
    """Print why a candidate was not published, and what stands instead."""
    console.rule("Not published")
    blocking = [finding for finding in findings if finding.blocks]
    for finding in blocking[:MAX_FINDINGS]:
        console.print(Text(f"✗ {finding.title}", style="bold red"))
        console.print(Text(f"  {finding.what}"))
        for place in finding.places:
            console.print(Text(f"    {place}"))
    if len(blocking) > MAX_FINDINGS:
        console.print(f"and {len(blocking) - MAX_FINDINGS} more: see the newest file in {candidate.parent / 'logs'}")
    show_test_warnings(console, findings)
    console.print()
    stands = f"The publication before, {standing}, stands untouched." if standing else "Nothing has been published yet."
    console.print(stands)
    console.print(Text("To look into it: ").append(str(candidate), style="bold"))


def show_test_warnings(console: Console, findings: list[Finding]) -> None:
    """Print dbt tests that warn without blocking."""
    for finding in findings:
        if not finding.blocks:
            console.print(Text(f"! {finding.title}: {finding.what}", style="yellow"))
            for place in finding.places:
                console.print(Text(f"    {place}"))


def _who(studies: list[StudyFigures]) -> Table:
    table = _table("Who was counted")
    table.add_column("study", no_wrap=True)
    table.add_column("eligible", justify="right")
    table.add_column("analysed", justify="right")
    table.add_column("outcome data: n / N\nrate [95 % interval]", justify="right", no_wrap=True)
    table.add_column("published", justify="right")
    for study in studies:
        table.add_row(
            study.study_id,
            f"{study.n_eligible:,}",
            f"{study.n_analysed:,}",
            _rate(study.completeness),
            study.published_completeness or "–",
        )
    return table


def _response(responses: list[ResponseFigures]) -> Table:
    table = _table("Response of those observed there (uncontrolled, pre-post)")
    table.add_column("study, instrument\nafter", no_wrap=True)
    table.add_column(
        "all observed: n / N\nrate [95 % interval]\nbounds over all eligible", justify="right", no_wrap=True
    )
    table.add_column("baseline at or above\ncut-off: n / N, rate", justify="right", no_wrap=True)
    table.add_column("published", justify="right", no_wrap=True)
    for (study_id, instrument), group in groupby(responses, key=lambda row: (row.study_id, row.instrument)):
        table.add_row(f"{study_id}\n{instrument}")
        for row in group:
            at_cutoff = _rate(row.at_cutoff) if row.at_cutoff else "–"
            observed = f"{_rate(row.everybody)}\n{_bounds(row.bounds)}"
            table.add_row(f"  {row.timepoint.replace('_', ' ')}", observed, at_cutoff, row.published or "–")
        table.add_section()
    return table


def _footnotes(responses: list[ResponseFigures]) -> list[str]:
    lines = [
        "Uncontrolled, pre-post: each patient is compared with their own baseline, not with",
        "patients without the treatment. Nothing here is an effect of the treatment, and",
        "those observed differ from those who are not. Different patients are observed at each",
        "infusion, so a rate that rises from line to line is no course of one group.",
        "Outcome data: a baseline and a later form. Analysed: that, and the induction where a",
        "study requires it.",
        "Bounds: the rate if none, or all, of the eligible without a form there had responded",
        "(also those who did not receive that infusion; a baseline of 0 counts nowhere).",
    ]
    if any(row.at_cutoff is None for row in responses):
        lines.append("–  the instrument has no cut-off, or nothing was published")
    if any("(by)" in row.published for row in responses):
        lines.append("(by)  published as response at this or any earlier infusion")
    shown = [rate for row in responses for rate in (row.everybody, row.at_cutoff) if rate]
    if any(0 < rate.n_of < FEW_OBSERVED for rate in shown):
        lines.append(f"†  fewer than {FEW_OBSERVED} patients observed: one of them moves the rate by over 10 points")
    return lines


def _show_drift(console: Console, figures: Figures) -> None:
    """What differs from the publication before; nothing where there was none to compare with."""
    checks = figures.drift_checks()
    if all(status == "not_applicable" for _, _, status, _, _ in checks):
        return
    console.print()
    console.print(Text("Since the publication before (audit.publication_diff)", style="bold"))
    if any(status == "error" for _, _, status, _, _ in checks):
        console.print("  could not be compared: see the log")
        return
    names = {"delivery": "delivered files"}
    sources = [f"{names.get(kind, kind)} {change}: {n:,}" for kind, change, n in figures.drift_sources()]
    lines = [", ".join(sources) or "the same deliveries, code and seeds"]
    lines += _volumes(figures.drift_volumes())
    lines += [
        f"{check}, {subject if check.startswith('figures') else f'clinic {subject}'}: {_share(n, n_checked)}"
        for check, subject, status, n, n_checked in checks
        if status == "fail"
    ]
    lines += [
        f"outcome data of {study_id}: {_percent(before)} before, {_percent(after)} now"
        for study_id, before, after in figures.drift_completeness()
    ]
    _print_some(console, lines, MAX_LINES, "  ")


def _volumes(rows: list[tuple[str, str, int, int, str | None]]) -> list[str]:
    """Each table of a clinic that lost records, the largest losses alone, and all gains in one line."""
    lost = [
        f"clinic {site}, {table}: {before:,} records before, {after:,} now ({moved_by or 'no delivery has changed'})"
        for site, table, before, after, moved_by in rows
        if after < before
    ]
    gained = [after - before for _, _, before, after, _ in rows if after > before]
    lines = lost[:MAX_FINDINGS_SHOWN]
    if len(lost) > MAX_FINDINGS_SHOWN:
        lines.append(f"and {len(lost) - MAX_FINDINGS_SHOWN} tables of clinics more with fewer records")
    if gained:
        lines.append(f"{sum(gained):,} records more in {len(gained)} tables of clinics")
    return lines


def _percent(rate: float | None) -> str:
    return "none" if rate is None else f"{100 * rate:.1f} %"


def _show_warnings(console: Console, figures: Figures) -> None:
    for title, lines in _warnings(figures).items():
        if not lines:
            continue
        console.print()
        console.print(Text(title, style="bold yellow"))
        _print_some(console, lines, MAX_LINES, "  ")
    _show_guards(console, figures)


def _show_guards(console: Console, figures: Figures) -> None:
    """Guards that warn, the findings of each below what it expects, and how many guards were there."""
    counts = figures.expectation_counts()
    if not counts:
        return
    names = {"pass": "hold", "fail": "warn", "not_applicable": "do not apply", "error": "could not run"}
    told = ", ".join(f"{counts[status]} {name}" for status, name in names.items() if status in counts)
    console.print()
    console.print(Text(f"Guards at the boundaries: {told} (audit.expectation_results)", style="bold yellow"))
    for message, group in groupby(figures.expectation_warnings(), key=lambda row: row[1]):
        rows = list(group)
        console.print(Text(f"  {rows[0][0]}: {message}"))
        lines = [f"{subject or 'whole table'}: {found}; expected {expected}" for _, _, subject, expected, found in rows]
        _print_some(console, lines, MAX_FINDINGS_SHOWN, "    ")


def _print_some(console: Console, lines: list[str], most: int, indent: str) -> None:
    for line in lines[:most]:
        console.print(Padding(Text(line), (0, 0, 0, len(indent))))
    if len(lines) > most:
        console.print(f"{indent}and {len(lines) - most} more: see schema audit")


def _warnings(figures: Figures) -> dict[str, list[str]]:
    """Lines by heading; headings without lines are left out when printed."""
    return {
        "Quarantined records, by clinic (each with file, row and reason in audit.quarantine)": [
            f"clinic {site}: {_share(n, n_read)}" for site, n, n_read in figures.quarantined_by_site()
        ],
        "Checks of the deliveries that warn (audit.check_results; thresholds in seeds/quality/checks.csv)": [
            f"{check}, {'' if subject == 'network' else 'clinic '}{subject}: {_share(n, n_checked)}"
            for check, subject, n, n_checked in figures.check_warnings()
        ],
        "Ketamine into a vein of unknown status: counts as no infusion (audit.unmapped_infusion_statuses)": [
            f"clinic {site}: {n:,} administrations" for site, n in figures.unmapped_infusion_statuses()
        ],
        "Found and not read (names in audit.ignored_inputs)": [
            f"{reason.replace('_', ' ')}: {n:,}" + (f", such as in {place}" if place else "")
            for reason, n, place in figures.ignored_inputs()
        ],
        "Patients who could be recognised in marts (share them under an agreement only; audit.k_anonymity)": [
            f"by {known.replace('_', ' ')}: {_share(n, n_of)} are in groups too small; the smallest has {smallest}"
            for known, smallest, n, n_of in figures.k_anonymity()
            if n > 0
        ],
        "Refused files, acknowledged": [
            f"clinic {site}, {day}, {told_name(file)}: {told_reason(reason)}"
            for site, day, file, reason in figures.refused_files()
        ],
    }


def _table(title: str) -> Table:
    style = {"title_justify": "left", "title_style": "bold", "box": box.SIMPLE_HEAD}
    return Table(title=title, pad_edge=False, padding=(0, 1), collapse_padding=True, **style)


def _rate(rate: Rate) -> str:
    """`849 / 1,306` and below it `65.0 % [62.4–67.5]`; a mark where few were observed, a dash where nobody was."""
    if rate.rate is None:
        return f"{rate.n:,} / {rate.n_of:,}\n–"
    mark = " †" if rate.n_of < FEW_OBSERVED else ""
    interval = f"[{100 * rate.low:.1f}–{100 * rate.high:.1f}]"
    return f"{rate.n:,} / {rate.n_of:,}\n{100 * rate.rate:.1f} % {interval}{mark}"


def _bounds(bounds: tuple[int, float | None, float | None]) -> str:
    """`2–98 % of 8,139`; a dash without patients."""
    n_of, low, high = bounds
    return "–" if low is None or high is None else f"{100 * low:.0f}–{100 * high:.0f} % of {n_of:,}"


def _share(n: int, n_of: int) -> str:
    return f"{n:,} of {n_of:,} ({100 * n / n_of:.2f} %)"
