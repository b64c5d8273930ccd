"""Every invariant holds on the sample network, and fails as soon as the warehouse is wrong in the way it watches for.

A test that cannot fail proves nothing: each invariant is tried on a copy of the warehouse with one thing broken.
"""

import shutil

import duckdb
import pytest
from conftest import ROOT, environment, failures_of, invoke_dbt, settings_for

RESPONSES = "marts.response_by_timepoint"


def _one(table: str, where: str = "true") -> str:
    """Condition: one row of a table, the first for which `where` holds."""
    return f"rowid = (select min(rowid) from {table} where {where})"


def _change(table: str, assignment: str, where: str = "true") -> str:
    return f"update {table} set {assignment} where {_one(table, where)}"


def _delete(table: str, where: str = "true") -> str:
    return f"delete from {table} where {_one(table, where)}"


# invariant: statements, each of which breaks what it watches
BREAKAGES = {
    "a_patient_has_at_most_one_session_a_day": [
        "insert into marts.infusions"
        " select * replace (infusion_number + 50 as infusion_number) from marts.infusions limit 1"
    ],
    "assessments_of_marts_are_those_of_core": [
        _delete("core.assessments"),
        _change("marts.assessments", "patient_key = 'another'"),
    ],
    "attrition_ends_with_the_analysed": [
        _change("marts.cohort_patients", "is_analysed = false", "is_analysed"),
        _change("marts.cohort_patients", "is_eligible = true", "not is_eligible"),
    ],
    "attrition_steps_chain": [
        _change("marts.cohort_attrition", "n_in = n_in + 1"),
        "update marts.cohort_attrition set step_number = step_number + 1 where step_number > 3",
        "update marts.cohort_attrition set share_of_first = 0.01 where step_number = 2",
    ],
    "completeness_and_attrition_count_the_same_patients": [
        "update marts.outcome_completeness set n_complete = n_complete - 1"
        " where stratum = 'all' and instrument = 'PCL-5'",
        "update marts.outcome_completeness set n_eligible = n_eligible - 1"
        " where stratum = 'all' and instrument = 'GAD-7'",
    ],
    "every_published_figure_is_reconciled_once": [_delete("marts.published_reconciliation")],
    "every_record_has_exactly_one_fate": [
        _delete("vetting.vetted_vitals"),
        "insert into vetting.vetted_vitals select * from vetting.vetted_vitals limit 1",
        _change("vetting.vetted_vitals", "fate = 'lost'"),
    ],
    "every_treated_patient_is_judged_by_every_study_and_definition": [
        _delete("marts.cohort_patients"),
        _delete("marts.inductions"),
    ],
    "exactly_one_primary_row_for_each_study": [
        f"update {RESPONSES} set is_primary = true where timepoint = 'infusion_1' and study_id = 'ptsd_kit'",
        _delete(RESPONSES, "is_primary"),
    ],
    "forms_lie_between_the_sessions_they_are_counted_between": [
        _change("marts.assessments", "after_infusion_number = after_infusion_number + 1", "day < 0"),
        _change("marts.assessments", "after_infusion_number = 0", "after_infusion_number > 2"),
    ],
    "inductions_are_summed_over_the_cohort": [
        _change("marts.induction_summary", "n = n - 1", "denominator = 'analysed'")
    ],
    "infusions_and_courses_are_numbered_without_gaps": [
        _delete("marts.infusions", "infusion_number = 2"),
        _change("marts.infusions", "gap_days = 200", "infusion_number = 2"),
    ],
    "levels_of_characteristics_add_up_to_the_population": [
        _change("marts.cohort_characteristics", "n = n + 1", "characteristic = 'sex'"),
        _delete("marts.cohort_characteristics", "characteristic = 'race' and n > 0"),
    ],
    "merged_charts_end_at_patients_of_core": [
        "insert into core.patients (site_id, patient_id) select site_id, patient_id from core.patient_merges limit 1",
        "delete from core.patients where (site_id, patient_id) in"
        " (select (site_id, surviving_patient_id) from core.patient_merges limit 1)",
    ],
    "no_esketamine_is_a_kit_session": [
        "update core.administrations set is_kit = true where (site_id, administration_id) in (select"
        " (site_id, administration_id) from vetting.vetted_administrations"
        " where ingredient = 'esketamine' and fate = 'accepted' limit 1)"
    ],
    "no_file_is_refused_without_acknowledgement": [
        "insert into audit.refused_files values ('01', '2024-01-01', 'vitals.csv', 'vitals', 'unreadable', 'a', false)"
    ],
    "no_test_patient_reaches_core": [
        "insert into core.patients (site_id, patient_id) select site_id, patient_id from vetting.patient_identities"
        f" where {flag} limit 1"
        for flag in ("is_retracted", "is_merged_away")
    ],
    "omop_cohorts_are_those_of_the_studies": [
        _delete("marts.omop_cohort", "cohort_definition_id = 102"),
        _change("marts.cohort_patients", "is_eligible = false", "is_eligible and not is_analysed"),
    ],
    "only_eligible_patients_have_outcomes": [_change("marts.cohort_patients", "is_eligible = false", "is_analysed")],
    "patients_of_marts_are_those_of_core": [_delete("marts.patients"), _delete("core.patients")],
    "quarantine_holds_every_quarantined_record": [
        _delete("audit.quarantine"),
        _delete("audit.row_accounting", "quarantined > 0"),
    ],
    "responses_are_those_of_the_outcomes": [
        f"update {RESPONSES} set n_responders = n_responders + 1 where is_primary",
        _delete("marts.outcomes", "is_responder is not null and study_id = 'ptsd_kit'"),
    ],
    "responses_up_to_an_infusion_never_fall": [
        f"update {RESPONSES} set n_responders = 0"
        " where response_kind = 'ever_by' and timepoint = 'infusion_4' and stratum = 'all'",
        f"update {RESPONSES} set response_rate = 0"
        " where response_kind = 'ever_by' and timepoint = 'infusion_4' and denominator = 'fixed_panel'",
    ],
    "row_accounting_balances": [_change("audit.row_accounting", "is_balanced = false")],
    "strata_of_completeness_add_up_to_all": [
        _change("marts.outcome_completeness", "n_sent = n_sent + 1", "stratum_kind = 'race'")
    ],
    "strata_of_responses_add_up_to_all": [
        f"update {RESPONSES} set n_observed = n_observed + 1 where stratum = 'no_mdd'",
        f"update {RESPONSES} set n_responders = n_responders + 1 where stratum = 'baseline_below_cutoff'",
    ],
    "the_analysed_are_those_with_an_outcome_of_the_primary_instrument": [
        _change("marts.cohort_patients", "is_analysed = false", "is_analysed"),
        _change("marts.cohort_patients", "is_analysed = true", "exclusion_step = 'has_outcome'"),
    ],
    "the_fixed_panel_is_the_same_at_every_timepoint": [
        f"update {RESPONSES} set n_denominator = n_denominator + 1"
        " where denominator = 'fixed_panel' and timepoint = 'infusion_3'"
    ],
}


def test_every_invariant_is_tried():
    invariants = {path.stem for path in (ROOT / "tests" / "invariants").glob("*.sql")}
    assert invariants == set(BREAKAGES)


@pytest.fixture(scope="module")
def compiled(sample_warehouse, manifest, tmp_path_factory):
    """(connection to a private copy of the sample warehouse, SQL of each invariant by name)."""
    folder = tmp_path_factory.mktemp("invariants")
    shutil.copy(sample_warehouse, folder / "candidate.duckdb")
    with environment(**settings_for(folder / "raw", folder)):
        result = invoke_dbt(["compile", "--target", "candidate", "--select", "test_type:singular"], folder, manifest)
    assert result.success, failures_of(result)
    statements = {item.node.name: item.node.compiled_code for item in result.result}
    with duckdb.connect(str(folder / "candidate.duckdb")) as connection:
        yield connection, statements


@pytest.mark.parametrize("invariant", BREAKAGES)
def test_invariant_holds_until_something_breaks(compiled, invariant):
    connection, statements = compiled
    assert connection.execute(statements[invariant]).fetchall() == []
    for breakage in BREAKAGES[invariant]:
        connection.execute("begin")
        try:
            connection.execute(breakage)
            assert connection.execute(statements[invariant]).fetchall(), f"not noticed: {breakage}"
        finally:
            connection.execute("rollback")
