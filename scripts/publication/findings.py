"""Why a candidate is not published, in words that name check, file, column and clinic, and never a patient."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from publication.build import BuildOutcome
from publication.redaction import without_values
from reader.declaration import load_formats
from reader.preflight.naming import told_name

# Columns of a failing test's rows that may be shown: where to look, and figures of groups.
_SHOWN = (
    "broken_rule", "site_id", "delivered_on", "file", "table_name", "column_name", "reason", "row_number", "study_id",
    "instrument", "timepoint", "definition_id", "denominator", "stratum_kind", "stratum", "step_number", "step_id",
    "population", "characteristic", "level", "figure_id", "variant", "response_kind", "records_read", "accepted",
    "superseded", "duplicate", "retracted", "quarantined",
)  # fmt: skip
MAX_PLACES = 10
MAX_CHARACTERS = 1500


@dataclass
class Finding:
    """One reason. title: the check. what: found against expected. places: where, one line each.

    blocks: keeps the candidate from publication. is_final: there is nothing that further checks could look at.
    """

    title: str
    what: str
    places: list[str] = field(default_factory=list)
    blocks: bool = True
    is_final: bool = False


def of_build(outcome: BuildOutcome) -> list[Finding]:
    """Seeds and models that could not be built."""
    if outcome.exception is not None:
        return [Finding("dbt could not run", _short(str(outcome.exception)))]
    findings = [
        Finding(f"{node.node.resource_type} {node.node.name} could not be built", _reason(node))
        for node in outcome.failed
    ]
    if findings and outcome.skipped:
        names = [node.node.name for node in outcome.skipped if node.node.resource_type in ("model", "seed")]
        findings.append(Finding("not built because of it", f"{len(names)} models", _first(names)))
    return findings


def of_tests(outcome: BuildOutcome, candidate: Path) -> list[Finding]:
    """Data tests that found something: errors block, warnings are told."""
    if outcome.exception is not None:
        return [Finding("dbt could not run its tests", _short(str(outcome.exception)))]
    tests = [(node, True) for node in outcome.failed] + [(node, False) for node in outcome.warned]
    with duckdb.connect(str(candidate), read_only=True) as connection:
        return [_of_test(node, blocks, connection) for node, blocks in tests]


def of_refused_files(candidate: Path) -> list[Finding]:
    """Files that were refused and not acknowledged, each with its reason in words."""
    try:
        with duckdb.connect(str(candidate), read_only=True) as connection:
            rows = connection.execute(
                "select refused.site_id, refused.delivered_on, refused.file, refused.reason "
                "from raw.refused_files as refused where not exists ("
                "select 1 from seeds.acknowledged_refusals as known where known.site_id = refused.site_id "
                "and known.delivered_on = refused.delivered_on and known.file = refused.file "
                "and known.sha256 = refused.sha256) order by all"
            ).fetchall()
    except duckdb.Error:
        return []
    if not rows:
        return []
    places = [
        f"clinic {site}, delivery of {day}, {told_name(file)}: {_refusal(reason)}" for site, day, file, reason in rows
    ]
    what = (
        f"{len(rows)} {'file' if len(rows) == 1 else 'files'} could not be read. Ask the clinic for a new file; "
        "or, to go on without it, enter it in seeds/quality/acknowledged_refusals.csv (names and digests: "
        f"audit.refused_files in {candidate.name})."
    )
    return [Finding("refused files", what, _first(places, 50))]


def of_checks(candidate: Path) -> list[Finding]:
    """Fatal checks of the catalogue that failed or could not run. Those of dbt's tests and of the guards are told by
    them, and refused files with their reasons."""
    with duckdb.connect(str(candidate), read_only=True) as connection:
        rows = connection.execute(
            "select results.check_id, checks.title, checks.table_name, results.subject, results.status, "
            "results.n_violating, results.n_checked, results.share_at_most "
            "from audit.check_results as results "
            "inner join seeds.checks as checks on results.check_id = checks.check_id "
            "where results.severity = 'fatal' and results.status in ('fail', 'error') "
            "and checks.measured_by in ('sql', 'drift') and results.check_id <> 'files_refused' order by all"
        ).fetchall()
    findings: dict[str, Finding] = {}
    for check_id, title, table, subject, status, n_violating, n_checked, share_at_most in rows:
        what = f"expected: {title[:1].lower()}{title[1:]}, at most {100 * share_at_most:.3g} % otherwise."
        finding = findings.setdefault(check_id, Finding(f"check {check_id} on {table}", what))
        found = "it could not run" if status == "error" else f"found {n_violating:,} of {n_checked:,}"
        finding.places.append(f"{'' if subject == 'network' else 'clinic '}{subject}: {found}")
    return list(findings.values())


def told_reason(reason: str) -> str:
    """A reason without a column's name that nobody declared: a lost line end puts the first record into the header."""
    kind, _, column = reason.partition(":")
    declared = {
        name
        for tables in load_formats().values()
        for table in tables.values()
        for name in (*table.delivered_names, *table.identifiers, *table.unused)
    }
    return reason if kind != "duplicate" or column in declared else f"{kind}:(not declared)"


_TOLD = {"reason": told_reason, "file": told_name}  # what somebody else named is not told as it stands


def _refusal(reason: str) -> str:
    kind, _, column = told_reason(reason).partition(":")
    words = {
        "missing": f"the required column {column} is missing",
        "duplicate": f"the column {column} appears twice",
        "unreadable": "unreadable (truncated or corrupt, not text, or not Parquet)",
    }
    return words.get(kind, reason)


def _of_test(node, blocks: bool, connection: duckdb.DuckDBPyConnection) -> Finding:
    test = node.node
    column = getattr(test, "column_name", None)
    watched = _watched(test)
    title = f"check {_name(test)}" + (f" on {watched}" if watched else "") + (f", column {column}" if column else "")
    if str(node.status) in ("error", "runtime error"):
        return Finding(title, f"the check itself could not run: {_short(node.message or '')}", blocks=blocks)
    rows = "row breaks" if node.failures == 1 else "rows break"
    description = " ".join((test.description or "").split())
    what = f"expected none, found {node.failures} {rows} it." + (f" {description}" if description else "")
    return Finding(title, what, _places(test, connection), blocks)


def _name(test) -> str:
    """`unique` for a generic test (its full name repeats table and arguments), the file's name for a singular one."""
    metadata = getattr(test, "test_metadata", None)
    return metadata.name if metadata else test.name


def _watched(test) -> str:
    attached = getattr(test, "attached_node", None)
    return attached.rsplit(".", 1)[-1] if attached else ""


def _places(test, connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Where the rows of a failing test lie, by the columns that may be shown. Nothing where there is none of them."""
    statement = getattr(test, "compiled_code", None)
    if not statement:
        return []
    try:
        names = [column[0] for column in connection.execute(f"select * from ({statement}) limit 0").description]
        shown = [name for name in _SHOWN if name in names]
        if not shown:
            return []
        rows = connection.execute(
            f"select {', '.join(shown)}, count(*) from ({statement}) group by all order by all limit {MAX_PLACES}"
        ).fetchall()
    except duckdb.Error:
        return []
    return [
        ", ".join(
            f"{name} {_TOLD.get(name, str)(value)}"
            for name, value in zip(shown, row, strict=False)
            if value is not None
        )
        + (f" ({row[-1]} rows)" if row[-1] > 1 else "")
        for row in rows
    ]


def _first(lines: list[str], most: int = MAX_PLACES) -> list[str]:
    if len(lines) <= most:
        return lines
    return [*lines[:most], f"and {len(lines) - most} more"]


def _reason(node) -> str:
    """Why a node could not be built. Seeds are the project's own words: those that are wrong may be quoted.

    Behind the first empty line DuckDB lists how it reads files.
    """
    message = node.message or "no reason given"
    if node.node.resource_type == "seed":
        return re.split(r"\n\s*\n", message.strip())[0][:MAX_CHARACTERS]
    return _short(message)


def _short(message: str) -> str:
    return without_values(message).strip()[:MAX_CHARACTERS]
