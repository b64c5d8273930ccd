"""Suites of rules, read from tests/expectations/<boundary>/*.yml and checked before anything runs.

A suite watches one table. A rule is one of Great Expectations' own types with its arguments, or an
`unexpected_rows_expectation`, whose query returns one row for each finding with exactly the text columns subject,
expected and found: names and figures of groups (a study, a clinic), never of a patient. `{batch}` is the suite's
table, `{name}` a list of values under `parameters`, and `previous.<schema>.<table>` the publication that stands.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import yaml

BOUNDARIES = ("inbound", "outbound")
SEVERITIES = ("critical", "warning")
QUERY_TYPE = "unexpected_rows_expectation"
FINDING_COLUMNS = ("subject", "expected", "found")
_SUITE_KEYS = {"name", "boundary", "table", "notes", "parameters", "rules"}
_RULE_KEYS = {
    "rule_id", "type", "severity", "description", "reason", "kwargs", "expected",
    "query", "checked", "not_applicable", "previous",
}  # fmt: skip


class SuiteError(ValueError):
    """A suite is not written as it should be; the message names file and rule."""


@dataclass(frozen=True)
class Rule:
    """One rule.

    query: findings (only for QUERY_TYPE). checked: query of one number, how many groups were looked at; 0 means that
    the rule does not apply, for the reason in not_applicable. previous: tables and columns of the standing
    publication that the query needs.
    """

    rule_id: str
    type: str
    severity: str
    description: str
    reason: str = ""
    kwargs: dict = field(default_factory=dict)
    expected: str | None = None
    query: str | None = None
    checked: str | None = None
    not_applicable: str = "nothing to check"
    previous: dict[str, list[str]] = field(default_factory=dict)

    @property
    def column(self) -> str | None:
        """The column that the rule looks at, if it is one."""
        return self.kwargs.get("column")


@dataclass(frozen=True)
class Suite:
    """The rules of one table (`schema.table`) at one boundary."""

    name: str
    boundary: str
    table: str
    rules: tuple[Rule, ...]

    @property
    def schema_name(self) -> str:
        return self.table.split(".")[0]

    @property
    def table_name(self) -> str:
        return self.table.split(".")[1]


def load_suites(folder: Path) -> list[Suite]:
    """All suites below `folder`, by path. Raises SuiteError where a file is not as it should be or a rule id comes
    twice."""
    paths = sorted(folder.rglob("*.yml"))
    if not paths:
        raise SuiteError(f"no suite found: {folder} holds no .yml file")
    suites = [_load_suite(path) for path in paths]
    seen: set[str] = set()
    for suite in suites:
        for rule in suite.rules:
            if rule.rule_id in seen:
                raise SuiteError(f"the rule id {rule.rule_id} is used twice (once in suite {suite.name})")
            seen.add(rule.rule_id)
    return suites


def _load_suite(path: Path) -> Suite:
    where = f"{path.parent.name}/{path.name}"
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise SuiteError(f"{where} is not readable YAML: {error}") from error
    if not isinstance(document, dict):
        raise SuiteError(f"{where} is empty")
    _require_keys(document, _SUITE_KEYS, {"name", "boundary", "table", "rules"}, where)
    if document["boundary"] not in BOUNDARIES:
        raise SuiteError(f"{where}: boundary is {document['boundary']!r}, expected one of {', '.join(BOUNDARIES)}")
    if document["table"].count(".") != 1:
        raise SuiteError(f"{where}: table is {document['table']!r}, expected <schema>.<table>")
    parameters = {
        name: _as_relation(rows, f"{where}, {name}") for name, rows in (document.get("parameters") or {}).items()
    }
    rules = tuple(_load_rule(entry, parameters, where) for entry in document["rules"])
    return Suite(document["name"], document["boundary"], document["table"], rules)


def _load_rule(entry: dict, parameters: dict[str, str], where: str) -> Rule:
    where = f"{where}, rule {entry.get('rule_id', '(without rule_id)')}"
    _require_keys(entry, _RULE_KEYS, {"rule_id", "type", "severity", "description"}, where)
    if entry["severity"] not in SEVERITIES:
        raise SuiteError(f"{where}: severity is {entry['severity']!r}, expected one of {', '.join(SEVERITIES)}")
    if (entry["type"] == QUERY_TYPE) != ("query" in entry):
        raise SuiteError(f"{where}: `query` belongs to {QUERY_TYPE}, and only to it")
    if entry["type"] == QUERY_TYPE and "checked" not in entry:
        raise SuiteError(f"{where}: a query needs `checked`, so that an empty denominator is never a pass")
    filled = dict(entry)
    for key in ("query", "checked"):
        for name, relation in parameters.items():
            if key in filled:
                filled[key] = filled[key].replace("{" + name + "}", relation)
    return Rule(**filled)


def _require_keys(entry: dict, known: set[str], required: set[str], where: str) -> None:
    unknown, missing = sorted(set(entry) - known), sorted(required - set(entry))
    if unknown:
        raise SuiteError(f"{where}: unknown key {', '.join(unknown)}")
    if missing:
        raise SuiteError(f"{where}: {', '.join(missing)} is missing")


def _as_relation(rows: list[dict], where: str) -> str:
    """SQL of a derived table that holds the declared values (`reason` stays in the file)."""
    if not rows or not all(isinstance(row, dict) and row.keys() == rows[0].keys() for row in rows):
        raise SuiteError(f"{where}: expected a list of rows with the same keys")
    names = [name for name in rows[0] if name != "reason"]
    values = ", ".join("(" + ", ".join(_literal(row[name], where) for name in names) + ")" for row in rows)
    return f"(select * from (values {values}) as declared ({', '.join(names)}))"


def _literal(value, where: str) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return f"cast({Decimal(str(value)):f} as double)" if isinstance(value, float) else str(value)
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    raise SuiteError(f"{where}: {type(value).__name__} is not a value for a rule")
