"""The warehouse recovers the truth of the sample network exactly: people, sessions, courses, doses, forms, which
session each form follows, the fate of every record of every file.

Each check is a function of a connection to a warehouse and the folder of the truth, so that other deliveries of the
same network (another format, another seed) can be held against it too; it returns the rows that differ.
"""

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from conftest import MEASUREMENTS, SHAREABLE, synthesize

DEFAULT_SEED = 2025
OTHER_SEEDS = (11, 20_250_204, 3)
OTHER_SEEDS_PATIENTS = 500
SPARSE_ZIP3 = ("036", "830")  # of the zip codes that occur in the network: too few people live there to be shown
CLOSE = 1e-9  # relative, for numbers that are not whole

Differences = list[tuple]


def truth_table(truth: Path, name: str) -> str:
    """SQL text of one table of the truth."""
    return f"read_parquet('{(truth / f'{name}.parquet').as_posix()}')"


def _differ(left: str, right: str) -> str:
    """SQL: two numbers differ by more than rounding, or one of them is missing."""
    near = f"abs({left} - {right}) <= {CLOSE} * greatest(1, abs({right}))"
    return f"not coalesce({near}, {left} is null and {right} is null)"


def _unequal(pairs: dict[str, str]) -> str:
    """SQL: any of the pairs differs (missing equals missing)."""
    return " or ".join(f"{left} is distinct from {right}" for left, right in pairs.items())


def differing_patients(warehouse: duckdb.DuckDBPyConnection, truth: Path) -> Differences:
    """People of the marts against the true people (test patients must be absent)."""
    conditions = ("ptsd", "mdd", "gad", "adhd", "panic", "bipolar", "psychosis", "sud")
    pairs = {f"marts.has_{name}": f"truth.has_{name}" for name in conditions}
    plain = ("sex", "race", "ethnicity", "zip3", "other_ketamine_exposure")
    pairs |= {f"marts.{name}": f"truth.{name}" for name in plain}
    pairs |= {
        "marts.n_sessions": "truth.n_sessions",
        "marts.index_year": "year(truth.index_date)",
        "marts.age_at_index": "truth.age_at_index",
        "core.birth_date": "truth.birth_date",
        "core.deceased_on": "truth.deceased_on",
    }
    return warehouse.execute(
        f"""
        with truth as (
            select *,
                case when index_date is not null then least(90, year(index_date) - year(birth_date)
                    - (strftime(index_date, '%m%d') < strftime(birth_date, '%m%d'))::integer) end as age_at_index,
                case when left(zip_code, 3) in {SPARSE_ZIP3} then '000' else left(zip_code, 3) end as zip3
            from {truth_table(truth, "patients")}
            where not is_test
        ),
        found as (
            select core.site_id, core.patient_id, core.birth_date, core.deceased_on, marts.*
            from core.patients as core inner join marts.patients as marts using (patient_key)
            where not exists (
                select 1 from core.patient_merges as merged
                where merged.site_id = core.site_id and merged.patient_id = core.patient_id
            )
        )
        select site_id, patient_id
        from truth
        full join found as marts using (site_id, patient_id)
        left join found as core using (site_id, patient_id)
        where truth.category is null or marts.patient_key is null or {_unequal(pairs)}
        """
    ).fetchall()


def differing_merges(warehouse: duckdb.DuckDBPyConnection, truth: Path) -> Differences:
    """Charts that were merged away, each with the chart that survives."""
    columns = "site_id, patient_id, surviving_patient_id"
    found = f"select {columns} from core.patient_merges"
    true = f"select {columns} from {truth_table(truth, 'merged_charts')}"
    return warehouse.execute(f"(({found}) except ({true})) union all (({true}) except ({found}))").fetchall()


def differing_sessions(warehouse: duckdb.DuckDBPyConnection, truth: Path) -> Differences:
    """Sessions, their place in a course, dose, weight, vitals and events."""
    exact = ("day", "gap_days", "weight_age_days", "duration_minutes", "n_adverse_events")
    pairs = {f"marts.{name}": f"truth.{name}" for name in exact}
    close = {
        "marts.dose_mg": "truth.dose_mg",
        "marts.weight_kg": "truth.weight_kg",
        "marts.dose_mg_per_kg_raw": "truth.dose_mg_per_kg",
        "marts.max_systolic_bp": "truth.max_systolic_bp",
    }
    return warehouse.execute(
        f"""
        with found as (
            select core.site_id, core.patient_id, marts.*
            from marts.infusions as marts inner join core.patients as core using (patient_key)
            where not exists (
                select 1 from core.patient_merges as merged
                where merged.site_id = core.site_id and merged.patient_id = core.patient_id
            )
        )
        select site_id, patient_id, course_number, infusion_number
        from {truth_table(truth, "sessions")} as truth
        full join found as marts using (site_id, patient_id, course_number, infusion_number)
        where truth.session_date is null or marts.patient_key is null or {_unequal(pairs)}
            or {" or ".join(_differ(left, right) for left, right in close.items())}
            or (not truth.is_dose_intact and truth.dose_mg_per_kg is not null
                and marts.dose_issue is distinct from 'implausible')
        """
    ).fetchall()


def differing_courses(warehouse: duckdb.DuckDBPyConnection, truth: Path) -> Differences:
    """Courses and how many sessions each has."""
    found = """
        select core.site_id, core.patient_id, marts.course_number, count(*) as n_infusions
        from marts.infusions as marts inner join core.patients as core using (patient_key)
        where (core.site_id, core.patient_id) not in (select (site_id, patient_id) from core.patient_merges)
        group by core.site_id, core.patient_id, marts.course_number
    """
    true = f"select site_id, patient_id, course_number, n_infusions from {truth_table(truth, 'courses')}"
    return warehouse.execute(f"(({found}) except ({true})) union all (({true}) except ({found}))").fetchall()


def differing_forms(warehouse: duckdb.DuckDBPyConnection, truth: Path) -> Differences:
    """Forms: whose, which, score, validity, and how many sessions each follows."""
    pairs = {
        f"marts.{name}": f"truth.{name}"
        for name in ("instrument", "day", "score", "n_items_answered", "is_valid", "is_total_mismatch")
    }
    pairs |= {
        "marts.after_infusion_number": "truth.follows_session",
        "core.completed_on": "truth.answered_on",
        "core.patient_key": "owner.patient_key",
    }
    return warehouse.execute(
        f"""
        select site_id, assessment_id
        from {truth_table(truth, "assessments")} as truth
        full join core.assessments as core using (site_id, assessment_id)
        left join marts.assessments as marts using (assessment_key)
        left join core.patients as owner on owner.site_id = truth.site_id and owner.patient_id = truth.patient_id
        where truth.progress is null or marts.assessment_key is null or {_unequal(pairs)}
        """
    ).fetchall()


def differing_cohort(warehouse: duckdb.DuckDBPyConnection, truth: Path) -> Differences:
    """Who is eligible for ptsd_kit."""
    true = f"""
        select core.patient_key
        from {truth_table(truth, "patients")} as truth inner join core.patients as core using (site_id, patient_id)
        where truth.is_eligible_for_ptsd_kit
    """
    found = "select patient_key from marts.cohort_patients where study_id = 'ptsd_kit' and is_eligible"
    return warehouse.execute(f"(({found}) except ({true})) union all (({true}) except ({found}))").fetchall()


def differing_outcomes(warehouse: duckdb.DuckDBPyConnection, truth: Path) -> Differences:
    """Baselines and forms after infusion 1..8 and last observed, of every study's eligible patients."""
    return warehouse.execute(
        f"""
        with forms as (
            select forms.*, core.patient_key
            from {truth_table(truth, "assessments")} as forms
            inner join core.patients as core using (site_id, patient_id)
        ),
        true_outcomes as (
            select
                cohort.study_id, after.patient_key, after.instrument, after.timepoint, after.infusion_number,
                after.day, baseline.score as baseline_score, after.score
            from forms as baseline
            inner join (
                select *, after_infusion as infusion_number, 'infusion_' || after_infusion as timepoint
                from forms where after_infusion <= 8
                union all
                select *, after_infusion, 'last_observed' from forms where is_last_observed
            ) as after
                on after.patient_key = baseline.patient_key and after.instrument = baseline.instrument
            inner join marts.cohort_patients as cohort
                on cohort.patient_key = baseline.patient_key and cohort.is_eligible
            inner join seeds.study_instruments as measured
                on measured.study_id = cohort.study_id and measured.instrument = baseline.instrument
            where baseline.is_baseline
        ),
        found as (
            select study_id, patient_key, instrument, timepoint, infusion_number, day, baseline_score, score
            from marts.outcomes where timepoint <> 'post_induction'
        )
        (from found except from true_outcomes) union all (from true_outcomes except from found)
        """
    ).fetchall()


def differing_follow_ups(warehouse: duckdb.DuckDBPyConnection, truth: Path) -> Differences:
    """Forms 14 to 31 days after the last induction session: the first four sessions, or those of the first 28 days."""
    return warehouse.execute(
        f"""
        with phases (study_id, last_infusion, last_day) as (
            values ('ptsd_kit', 4, 100000), ('depression_kit', 1000, 28), ('depression_anxiety_kit', 1000, 28)
        ),
        ends as (
            select phases.study_id, site_id, patient_id, max(session_number) as number, max(session_date) as ended_on
            from {truth_table(truth, "sessions")} as sessions
            inner join phases
                on sessions.infusion_number <= phases.last_infusion and sessions.day <= phases.last_day
            where sessions.course_number = 1
            group by all
        ),
        true_outcomes as (
            select
                ends.study_id, core.patient_key, forms.instrument, arg_min(forms.day, forms.answered_on) as day,
                arg_min(forms.score, forms.answered_on) as score, any_value(baseline.score) as baseline_score
            from ends
            inner join {truth_table(truth, "assessments")} as forms
                on forms.site_id = ends.site_id and forms.patient_id = ends.patient_id
                and forms.follows_session = ends.number and forms.is_valid
                and forms.answered_on - ends.ended_on between 14 and 31
            inner join {truth_table(truth, "assessments")} as baseline
                on baseline.site_id = ends.site_id and baseline.patient_id = ends.patient_id
                and baseline.instrument = forms.instrument and baseline.is_baseline
            inner join core.patients as core on core.site_id = ends.site_id and core.patient_id = ends.patient_id
            inner join marts.cohort_patients as cohort
                on cohort.study_id = ends.study_id and cohort.patient_key = core.patient_key and cohort.is_eligible
            inner join seeds.study_instruments as measured
                on measured.study_id = ends.study_id and measured.instrument = forms.instrument
            group by ends.study_id, core.patient_key, forms.instrument
        ),
        found as (
            select study_id, patient_key, instrument, day, score, baseline_score
            from marts.outcomes where timepoint = 'post_induction'
        )
        (from found except from true_outcomes) union all (from true_outcomes except from found)
        """
    ).fetchall()


def differing_accounts(warehouse: duckdb.DuckDBPyConnection, truth: Path) -> Differences:
    """How many records of each fate every file holds."""
    fates = "accepted, superseded, duplicate, retracted, quarantined"
    columns = f"site_id, delivered_on::date, file, table_name, records_read, {fates}"
    found = f"select {columns} from audit.row_accounting"
    true = f"select {columns} from {truth_table(truth, 'deliveries')}"
    return warehouse.execute(f"(({found}) except ({true})) union all (({true}) except ({found}))").fetchall()


def differing_quarantine(warehouse: duckdb.DuckDBPyConnection, truth: Path) -> Differences:
    """Which records are quarantined, and why."""
    columns = "site_id, delivered_on::date, file, row_number, table_name, reason"
    found = f"select {columns} from audit.quarantine"
    true = f"select {columns} from {truth_table(truth, 'fates')} where fate = 'quarantined'"
    return warehouse.execute(f"(({found}) except ({true})) union all (({true}) except ({found}))").fetchall()


CHECKS: tuple[Callable[[duckdb.DuckDBPyConnection, Path], Differences], ...] = (
    differing_patients,
    differing_merges,
    differing_sessions,
    differing_courses,
    differing_forms,
    differing_cohort,
    differing_outcomes,
    differing_follow_ups,
    differing_accounts,
    differing_quarantine,
)


@pytest.fixture(scope="module", params=["default", *OTHER_SEEDS])
def network(request, tmp_path_factory, build_warehouse) -> tuple[Path, Path]:
    """Warehouse and truth of the default sample network and of three others."""
    from synthesis.parameters import DEFAULT_PATIENTS

    is_default = request.param == "default"
    patients, seed = (DEFAULT_PATIENTS, DEFAULT_SEED) if is_default else (OTHER_SEEDS_PATIENTS, request.param)
    raw = synthesize(tmp_path_factory.mktemp("network") / "raw", patients, seed)
    return build_warehouse(raw, but=SHAREABLE + MEASUREMENTS), raw / "truth"


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_truth_is_recovered(network: tuple[Path, Path], check) -> None:
    """Nothing differs; the message shows the first few rows that do."""
    warehouse_file, truth = network
    with duckdb.connect(str(warehouse_file), read_only=True) as warehouse:
        different = check(warehouse, truth)
    assert not different, f"{len(different)} differ, for example {different[:5]}"


def test_nothing_was_refused(network: tuple[Path, Path]) -> None:
    """The mess of the sample network never refuses a whole file, so that a build of it can be published."""
    with duckdb.connect(str(network[0]), read_only=True) as warehouse:
        assert warehouse.execute("select * from audit.refused_files").fetchall() == []


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_a_check_sees_another_truth(sample_warehouse: Path, tmp_path_factory, check) -> None:
    """No check is empty: held against the truth of another seed, each of them finds differences."""
    other = tmp_path_factory.getbasetemp() / "another truth"
    if not other.exists():
        synthesize(other, 60, 1)
    with duckdb.connect(str(sample_warehouse), read_only=True) as warehouse:
        assert check(warehouse, other / "truth")
