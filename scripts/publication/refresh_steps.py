"""The steps of a refresh, from the environment to the swap; scripts/refresh.py is their command line."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field

import duckdb

from guards.results import GuardResult, store
from publication import drift, measuring, provenance, publish
from publication import findings as found
from publication import fingerprint as fingerprints
from publication.build import BuildOutcome, Project
from publication.findings import Finding
from publication.fingerprint import Fingerprint
from publication.guarding import GuardsFailedError, WaitingGuards
from publication.log import RefreshLog
from publication.settings import Settings
from reader.declaration import load_formats
from reader.preflight.inventory import take_inventory


@dataclass
class Outcome:
    """How a refresh ended. publication: what stands now, if anything. findings: what blocks, and dbt tests that
    warn."""

    publication: publish.Publication | None
    was_published: bool = False
    is_unchanged: bool = False
    changed: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def is_blocked(self) -> bool:
        """Whether something kept the candidate from publication."""
        return not (self.was_published or self.is_unchanged)


class Refresh:
    """One refresh of one warehouse folder; the caller holds its lock."""

    def __init__(
        self,
        settings: Settings,
        tell: Callable[[str], None],
        on_node: Callable[[int, int], None] = lambda done, total: None,
        manifest=None,
    ):
        """tell: receives a sentence as each step begins. on_node(done, total): progress in dbt. manifest: see
        Project."""
        self._settings = settings
        self._tell = tell
        self._on_node = on_node
        self._manifest = manifest
        self._tested = BuildOutcome()

    def run(self, force: bool = False) -> Outcome:
        """Build, check and publish, unless nothing has changed since the publication that stands."""
        settings = self._settings
        publish.sweep_links(settings)
        standing = publish.standing(settings)
        fingerprint = fingerprints.take(settings)
        changed = fingerprint.changed_since(standing.fingerprint if standing else None)
        if not changed and not force:
            return Outcome(standing, is_unchanged=True)
        self._tell(_why(standing, publish.linked(settings), changed))
        os.environ.update(settings.for_dbt())
        if not force and self._is_measured(fingerprint):
            return self._judge_and_publish(standing, fingerprint, changed)
        publish.sweep(settings)
        log = RefreshLog(settings.logs, settings.pseudonym_key)
        guards = WaitingGuards(
            settings.candidate,
            standing.warehouse.resolve() if standing else None,
            settings.warehouse_dir / ".guards",
        )
        try:
            return self._build_and_publish(log, guards, standing, fingerprint, changed)
        finally:
            guards.dismiss()
            log.close()

    def _is_measured(self, fingerprint: Fingerprint) -> bool:
        """Whether the candidate that lies there differs by thresholds at most: then it only needs to be judged."""
        measured = Fingerprint.read(self._settings.measured)
        return (
            measured is not None
            and self._settings.candidate.is_file()
            and set(fingerprint.changed_since(measured)) <= {"thresholds"}
        )

    def _judge_and_publish(
        self, standing: publish.Publication | None, fingerprint: Fingerprint, changed: list[str]
    ) -> Outcome:
        log = RefreshLog(self._settings.logs, self._settings.pseudonym_key)
        project = Project(self._settings, log, self._on_node, self._manifest)
        blocked = Outcome(standing, changed=changed)
        try:
            self._tell("Judging by the changed thresholds; nothing is measured again")
            parsed = project.parse()
            blocked.findings = found.of_build(parsed) if parsed.exception is not None else self._judge(project)
            if any(finding.blocks for finding in blocked.findings):
                _log_findings(log, blocked.findings)
                return blocked
            self._tell("Publishing")
            publication = publish.publish(self._settings, fingerprint)
            log.write("info", f"published {publication.publication_id}")
            return Outcome(publication, was_published=True, changed=changed)
        finally:
            project.close()
            log.close()

    def _judge(self, project: Project) -> list[Finding]:
        judged = found.of_build(project.judge())
        project.close()
        return judged or found.of_checks(self._settings.candidate)

    def _build_and_publish(
        self,
        log: RefreshLog,
        guards: WaitingGuards,
        standing: publish.Publication | None,
        fingerprint: Fingerprint,
        changed: list[str],
    ) -> Outcome:
        blocked = Outcome(standing, changed=changed)
        project = Project(self._settings, log, self._on_node, self._manifest)
        try:
            blocked.findings = self._build(project)
        finally:
            project.close()
        if log.error:
            raise log.error
        if any(finding.blocks and finding.is_final for finding in blocked.findings):
            return blocked
        self._compare(log, standing, fingerprint)
        blocked.findings += self._guard(guards)
        if not any(finding.blocks for finding in blocked.findings):
            fingerprint.write(self._settings.measured)
        blocked.findings += self._judge(project)
        if any(finding.blocks for finding in blocked.findings):
            _log_findings(log, blocked.findings)
            return blocked
        self._tell("Publishing")
        publication = publish.publish(self._settings, fingerprint)
        log.write("info", f"published {publication.publication_id}")
        return Outcome(publication, was_published=True, changed=changed, findings=blocked.findings)

    def _build(self, project: Project) -> list[Finding]:
        self._tell("Reading the project")
        parsed = project.parse()
        if parsed.exception is not None:
            return _final(found.of_build(parsed))
        self._tell("Reading the deliveries and building the candidate")
        built = project.build()
        problems = found.of_build(built)
        if built.exception is not None or not self._settings.candidate.is_file():
            return _final(problems or [Finding("nothing was built", "dbt ended without a warehouse")])
        if problems:  # tests and guards would only say that tables are missing
            return _final(problems) + found.of_refused_files(self._settings.candidate)
        self._tell("Checking the candidate")
        self._tested = tested = project.test()
        project.close()
        candidate = self._settings.candidate
        return found.of_refused_files(candidate) + found.of_tests(tested, candidate)

    def _compare(self, log: RefreshLog, standing: publish.Publication | None, fingerprint: Fingerprint) -> None:
        if standing:
            self._tell(f"Comparing with {standing.publication_id}")
        inventory = take_inventory(self._settings.raw_dir, load_formats())
        version = publish.code_version(fingerprint)
        sources = provenance.of_inputs(self._settings, inventory, fingerprint, version)
        problem = drift.compare(self._settings.candidate, standing.warehouse if standing else None, sources)
        if problem:
            log.write("warn", f"the publication that stands could not be compared with: {problem}")

    def _guard(self, guards: WaitingGuards) -> list[Finding]:
        self._tell("Guarding the boundaries")
        try:
            results = guards.run()
        except GuardsFailedError as error:
            return [Finding("the guards of tests/expectations could not run", str(error))]
        with duckdb.connect(str(self._settings.candidate)) as connection:
            store(connection, results)
            measuring.store(connection, self._tested, results)
            connection.execute("checkpoint")
        return [_of_guard(result) for result in results if result.blocks]


def _log_findings(log: RefreshLog, findings: list[Finding]) -> None:
    for finding in findings:
        log.write("block" if finding.blocks else "warn", f"{finding.title}: {finding.what}")


def _of_guard(result: GuardResult) -> Finding:
    column = f", column {result.column_name}" if result.column_name else ""
    title = f"guard {result.rule_id} on {result.table_name}{column}"
    if result.status == "error":
        return Finding(title, result.message)
    place = f"{result.subject}: " if result.subject else ""
    return Finding(title, result.message, [f"{place}expected {result.expected}, found {result.found}"])


def _final(findings: list[Finding]) -> list[Finding]:
    for finding in findings:
        finding.is_final = True
    return findings


def _why(standing: publish.Publication | None, linked: str | None, changed: list[str]) -> str:
    if standing is None:
        return f"{linked} is damaged: building anew" if linked else "Nothing is published yet: building"
    if not changed:
        return f"Nothing has changed since {standing.publication_id}: building all the same"
    return f"Changed since {standing.publication_id}: {', '.join(changed)}"
