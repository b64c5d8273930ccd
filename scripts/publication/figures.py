"""The figures of the summary, read from the marts of a publication: nothing is computed here but text."""

from __future__ import annotations

import csv
from dataclasses import dataclass

import duckdb

from publication.settings import ROOT
from reader.preflight.naming import told_name

CUTOFF_STRATUM = "baseline_at_or_above_cutoff"
FEW_OBSERVED = 10  # as in tests/expectations/outbound/response_by_timepoint.yml


@dataclass(frozen=True)
class Rate:
    """A share with what it rests on: numerator, denominator, 95 % interval (fractions 0..1, None without patients)."""

    n: int
    n_of: int
    rate: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class StudyFigures:
    """Who was counted in a study. published_*: texts of the published figures, empty without one."""

    study_id: str
    title: str
    instrument: str
    n_eligible: int
    n_analysed: int
    completeness: Rate
    published_completeness: str


@dataclass(frozen=True)
class ResponseFigures:
    """Response at one timepoint: all observed, (number, lower, upper bound) over all eligible, those with a baseline at
    or above the cut-off (None where the instrument has none), and what was published."""

    study_id: str
    instrument: str
    timepoint: str
    everybody: Rate
    bounds: tuple[int, float | None, float | None]
    at_cutoff: Rate | None
    published: str


class Figures:
    """Reads one published warehouse (an open DuckDB connection)."""

    def __init__(self, connection: duckdb.DuckDBPyConnection):
        self._connection = connection
        self._studies = _seed("studies/studies.csv")
        self._primary = {
            row["study_id"]: row["instrument"]
            for row in _seed("studies/study_instruments.csv")
            if row["is_primary"].lower() == "true"
        }
        self._instruments = _seed("instruments/instruments.csv")
        self._cutoffs = {row["instrument"]: row["cutoff_score"] for row in self._instruments if row["cutoff_score"]}
        self._published = _seed("published/published_figures.csv")

    def publication(self) -> dict:
        """The row of audit.publication by column name."""
        cursor = self._connection.execute("select * from audit.publication")
        return dict(zip([column[0] for column in cursor.description], cursor.fetchone(), strict=True))

    def studies(self) -> list[StudyFigures]:
        """Each study of the seed, in its order."""
        return [self._study(row) for row in self._studies if row["study_id"] in self._primary]

    def responses(self) -> list[ResponseFigures]:
        """Each study at its published timepoints."""
        return [
            self._response(row["study_id"], self._primary[row["study_id"]], timepoint)
            for row in self._studies
            for timepoint in (row.get("published_timepoints") or row["primary_timepoint"]).split(";")
        ]

    def rules(self) -> list[str]:
        """What counts as response, and the cut-offs, as the seed of the instruments says."""
        used = set(self._primary.values())
        falls = [
            f"{row['response_reduction_pct']} % ({row['instrument']})"
            for row in self._instruments
            if row["instrument"] in used
        ]
        cutoffs = [f"{score} ({instrument})" for instrument, score in self._cutoffs.items()]
        return [f"Response: a fall from baseline by {', '.join(falls)}.", f"Cut-off: {', '.join(cutoffs)}."]

    def quarantined_by_site(self) -> list[tuple[str, int, int]]:
        """(site_id, quarantined, records read) of the clinics with a quarantined record, largest share first."""
        return self._connection.execute(
            "select site_id, cast(sum(quarantined) as bigint), cast(sum(records_read) as bigint) "
            "from audit.row_accounting group by site_id having sum(quarantined) > 0 "
            "order by sum(quarantined) / sum(records_read) desc, site_id"
        ).fetchall()

    def unmapped_infusion_statuses(self) -> list[tuple[str, int]]:
        """(site_id, administrations) of intravenous ketamine whose status no alias knows; a status may be any text."""
        return self._if_there(
            "audit",
            "unmapped_infusion_statuses",
            "select site_id, cast(sum(n_records) as bigint) from audit.unmapped_infusion_statuses "
            "group by site_id order by 2 desc, 1",
        )

    def ignored_inputs(self) -> list[tuple[str, int, str]]:
        """(reason, inputs, place of the first of them) of everything that was found and not read.

        A file, folder or column that nobody declared may be called after a patient: its name stays in the warehouse.
        """
        rows = self._connection.execute(
            "select reason, count(*), min([site_id, case when column_name is not null then file end]) "
            "from audit.ignored_inputs group by reason order by 2 desc, 1"
        ).fetchall()
        return [(reason, n, _place(site_id, file)) for reason, n, (site_id, file) in rows]

    def refused_files(self) -> list[tuple[str, str, str, str]]:
        """(site_id, delivered_on, file, reason) of refused files; in a publication all of them are acknowledged."""
        return self._connection.execute(
            "select site_id, cast(delivered_on as varchar), file, reason from audit.refused_files order by all"
        ).fetchall()

    def k_anonymity(self) -> list[tuple[str, int, int, int]]:
        """(what a stranger knows, smallest class, patients in small classes, patients) of marts.patients."""
        return self._if_there(
            "audit",
            "k_anonymity",
            "select quasi_identifiers, k_min, n_patients_in_small_classes, n_patients from audit.k_anonymity "
            "where mart = 'patients' order by length(quasi_identifiers) desc limit 1",
        )

    def expectation_warnings(self) -> list[tuple]:
        """(rule_id, message, subject, expected, found) of the guards that warned."""
        return self._if_there(
            "audit",
            "expectation_results",
            "select rule_id, message, subject, expected, found from audit.expectation_results "
            "where status = 'fail' and severity = 'warning' "
            "order by boundary desc, rule_id not like 'completeness%', suite, rule_id, subject",
        )

    def check_warnings(self) -> list[tuple[str, str, int, int]]:
        """(check, clinic, violations, looked at) of the checks of the deliveries that warn, worst share first."""
        measured_here = {row["check_id"] for row in _seed("quality/checks.csv") if row["measured_by"] == "sql"}
        rows = self._if_there(
            "audit",
            "check_results",
            "select check_id, subject, n_violating, n_checked from audit.check_results "
            "where status = 'fail' and severity = 'convention' order by share desc, check_id, subject",
        )
        return [row for row in rows if row[0] in measured_here]

    def drift_checks(self) -> list[tuple[str, str, str, int, int]]:
        """(check, clinic or study, status, violations, looked at) of the checks against the publication before; all of
        status not_applicable after a first one."""
        measured_here = {row["check_id"] for row in _seed("quality/checks.csv") if row["measured_by"] == "drift"}
        rows = self._if_there(
            "audit",
            "check_results",
            "select check_id, subject, status, n_violating, n_checked from audit.check_results "
            "order by severity = 'characterization', share desc, check_id, subject",
        )
        return [row for row in rows if row[0] in measured_here]

    def drift_sources(self) -> list[tuple[str, str, int]]:
        """(delivery, code, seed or package; new, gone or changed; how many) since the publication before."""
        return self._if_there(
            "audit",
            "publication_diff",
            "select kind, change, count(*) from audit.publication_diff "
            "where kind in ('delivery', 'code', 'seed', 'package') "
            "group by kind, change order by kind <> 'delivery', kind, change",
        )

    def drift_volumes(self) -> list[tuple[str, str, int, int, str | None]]:
        """(site_id, flat table, accepted records before, and now, what moved them), the largest losses first."""
        return self._if_there(
            "audit",
            "publication_diff",
            "select site_id, subject, coalesce(n_before, 0), coalesce(n_after, 0), moved_by "
            "from audit.publication_diff where kind = 'volume' and detail = 'accepted' and period = 'all' "
            "order by coalesce(n_after, 0) - coalesce(n_before, 0), site_id, subject",
        )

    def drift_completeness(self) -> list[tuple[str, float | None, float | None]]:
        """(study, outcome data rate before, and now) of the studies where it moved."""
        rows = self._if_there(
            "audit",
            "publication_diff",
            "select study_id, detail, before, after from audit.publication_diff "
            "where kind = 'figure' and subject = 'outcome_data_rate' order by all",
        )
        return [(study_id, *values) for study_id, detail, *values in rows if self._primary.get(study_id) == detail]

    def expectation_counts(self) -> dict[str, int]:
        """Number of rules by status."""
        return dict(
            self._if_there(
                "audit",
                "expectation_results",
                "select status, count(distinct rule_id) from audit.expectation_results group by status",
            )
        )

    def _study(self, study: dict) -> StudyFigures:
        study_id, instrument = study["study_id"], self._primary[study["study_id"]]
        n_eligible, n_analysed = self._connection.execute(
            "select count(*) filter (where is_eligible), count(*) filter (where is_analysed) "
            "from marts.cohort_patients where study_id = ?",
            [study_id],
        ).fetchone()
        row = self._connection.execute(
            "select n_complete, n_eligible, outcome_data_rate, ci_low, ci_high from marts.outcome_completeness "
            "where study_id = ? and instrument = ? and stratum_kind = 'all'",
            [study_id, instrument],
        ).fetchone()
        return StudyFigures(
            study_id=study_id,
            title=study["title"],
            instrument=instrument,
            n_eligible=n_eligible,
            n_analysed=n_analysed,
            completeness=Rate(*row) if row else Rate(0, 0, None, None, None),
            published_completeness=self._published_values(study_id, "outcome_data_rate", instrument, ""),
        )

    def _response(self, study_id: str, instrument: str, timepoint: str) -> ResponseFigures:
        return ResponseFigures(
            study_id=study_id,
            instrument=instrument,
            timepoint=timepoint,
            everybody=self._response_rate(study_id, instrument, timepoint, "all"),
            bounds=self._bounds(study_id, instrument, timepoint),
            at_cutoff=self._response_rate(study_id, instrument, timepoint, CUTOFF_STRATUM)
            if instrument in self._cutoffs
            else None,
            published=self._published_values(study_id, "response_rate", instrument, timepoint),
        )

    def _response_rate(self, study_id: str, instrument: str, timepoint: str, stratum: str) -> Rate:
        row = self._connection.execute(
            "select n_responders, n_observed, response_rate, ci_low, ci_high from marts.response_by_timepoint "
            "where study_id = ? and instrument = ? and timepoint = ? and stratum = ? "
            "and response_kind = 'at' and denominator = 'observed'",
            [study_id, instrument, timepoint, stratum],
        ).fetchone()
        return Rate(*row) if row else Rate(0, 0, None, None, None)

    def _bounds(self, study_id: str, instrument: str, timepoint: str) -> tuple[int, float | None, float | None]:
        row = self._connection.execute(
            "select n_denominator, bound_low, bound_high from marts.response_by_timepoint "
            "where study_id = ? and instrument = ? and timepoint = ? and stratum = 'all' "
            "and response_kind = 'at' and denominator = 'eligible'",
            [study_id, instrument, timepoint],
        ).fetchone()
        return row or (0, None, None)

    def _published_values(self, study_id: str, metric: str, instrument: str, timepoint: str) -> str:
        """The published values of a figure, from marts.published_reconciliation, those of another kind marked."""
        shown = []
        for figure in self._published:
            keys = (figure["study_id"], figure["computed_metric"], figure["instrument"], figure["timepoint"])
            if keys != (study_id, metric, instrument, timepoint):
                continue
            row = self._connection.execute(
                "select published_value from marts.published_reconciliation where figure_id = ? and variant = ?",
                [figure["figure_id"], figure["variant"]],
            ).fetchone()
            if row and row[0] is not None:
                text = f"{100 * float(row[0]):.3g} %" + (" (by)" if figure["response_kind"] == "ever_by" else "")
                if text not in shown:
                    shown.append(text)
        return "\n".join(shown)

    def _if_there(self, schema: str, table: str, query: str) -> list[tuple]:
        known = self._connection.execute(
            "select count(*) from duckdb_tables() where schema_name = ? and table_name = ?", [schema, table]
        ).fetchone()[0]
        return self._connection.execute(query).fetchall() if known else []


def _place(site_id: str | None, file: str | None) -> str:
    return ", ".join([*([f"clinic {site_id}"] if site_id else []), *([told_name(file)] if file else [])])


def _seed(name: str) -> list[dict]:
    with (ROOT / "seeds" / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))
