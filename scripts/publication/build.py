"""dbt in this process: seeds and models first, all data tests afterwards, so that a failing test never skips a mart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from publication.log import RefreshLog
from publication.settings import ROOT, Settings

JUDGED = ("checks", "check_results")
_BAD = {"error", "fail", "runtime error", "partial success"}


@dataclass
class BuildOutcome:
    """What dbt did. exception: dbt could not even start (no nodes then). nodes: dbt's RunResult objects."""

    exception: BaseException | None = None
    nodes: list = field(default_factory=list)

    @property
    def failed(self) -> list:
        """Nodes that did not do what they should, tests of severity warn excluded."""
        return [node for node in self.nodes if str(node.status) in _BAD]

    @property
    def warned(self) -> list:
        """Tests of severity warn that found something."""
        return [node for node in self.nodes if str(node.status) == "warn"]

    @property
    def skipped(self) -> list:
        """Nodes that could not be built because another failed."""
        return [node for node in self.nodes if str(node.status) == "skipped"]


class Project:
    """The dbt project, parsed once and run against the candidate warehouse."""

    def __init__(self, settings: Settings, log: RefreshLog, on_node: Callable[[int, int], None], manifest=None):
        """on_node(done, total) is called after each node. manifest: an already parsed project, else it is parsed
        first."""
        self._settings = settings
        self._log = log
        self._on_node = on_node
        self._manifest = manifest
        self._done = 0

    @property
    def manifest(self):
        """dbt's parsed project; None until it was parsed."""
        return self._manifest

    def parse(self) -> BuildOutcome:
        """Read the project. Only its outcome's exception counts."""
        if self._manifest is not None:
            return BuildOutcome()
        result = self._invoke(["parse"])
        if result.success:
            self._manifest = result.result
        return BuildOutcome(exception=None if result.success else _reason(result))

    def build(self) -> BuildOutcome:
        """Seeds and models."""
        return self._run(["build", "--resource-type", "seed", "--resource-type", "model"])

    def test(self) -> BuildOutcome:
        """All data tests; unit tests belong to `make test`."""
        return self._run(["test", "--resource-type", "test"])

    def judge(self) -> BuildOutcome:
        """The thresholds of the check catalogue, and what was measured judged by them; nothing is measured again."""
        return self._run(["build", "--resource-type", "seed", "--resource-type", "model", "--select", *JUDGED])

    def close(self) -> None:
        """Close dbt's connections, so that others can open the candidate."""
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager

        DuckDBConnectionManager.close_all_connections()

    def _run(self, arguments: list[str]) -> BuildOutcome:
        self._done = 0
        result = self._invoke(arguments)
        if result.result is None:
            return BuildOutcome(exception=_reason(result))
        return BuildOutcome(nodes=list(result.result.results))

    def _invoke(self, arguments: list[str]):
        from dbt.cli.main import dbtRunner

        return dbtRunner(manifest=self._manifest, callbacks=[self._log.event, self._count]).invoke(
            [
                *arguments,
                *("--target", "candidate"),
                *("--project-dir", str(ROOT)),
                *("--profiles-dir", str(ROOT / "profiles")),
                *("--target-path", str(self._settings.target)),
                *("--log-path", str(self._settings.logs)),
                # Messages of failed nodes may quote values: they go through RefreshLog, not into dbt's files.
                *("--log-level", "none", "--log-level-file", "none", "--no-write-json"),
            ]
        )

    def _count(self, event) -> None:
        if event.info.name in ("LogModelResult", "LogSeedResult", "LogTestResult"):
            self._done += 1
            # Models and seeds come with `total`, tests with `num_models`.
            self._on_node(self._done, getattr(event.data, "total", 0) or getattr(event.data, "num_models", 0))


def _reason(result) -> BaseException:
    return result.exception or RuntimeError("dbt ended without a result")
