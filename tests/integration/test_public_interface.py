"""Names that BI tools and analysts depend on: tables, grains and columns stay; more of them are welcome."""

import pytest

# schema.table: (grain, further columns)
INTERFACE = {
    "core.patients": (
        "site_id patient_id",
        "patient_key birth_date sex race ethnicity zip3 deceased_on",
    ),
    "core.patient_merges": ("site_id patient_id", "surviving_patient_id"),
    "core.assessments": ("site_id assessment_id", "assessment_key patient_key"),
    "marts.patients": (
        "patient_key",
        "site_key age_at_index sex race ethnicity zip3 index_year has_ptsd has_mdd has_gad has_adhd has_panic "
        "has_bipolar has_psychosis has_sud n_sessions other_ketamine_exposure",
    ),
    "marts.infusions": (
        "patient_key course_number infusion_number",
        "day gap_days dose_mg weight_kg weight_age_days dose_mg_per_kg dose_mg_per_kg_raw dose_mg_per_kg_suggested "
        "dose_method dose_issue duration_minutes max_systolic_bp n_adverse_events",
    ),
    "marts.inductions": (
        "patient_key definition_id",
        "n_sessions span_days is_met days_to_fourth final_infusion_number final_dose_mg_per_kg",
    ),
    "marts.induction_summary": (
        "study_id definition_id denominator",
        "n n_met met_rate ci_low ci_high n_with_dose mean_final_dose_mg_per_kg sd_final_dose_mg_per_kg "
        "median_final_dose_mg_per_kg",
    ),
    "marts.assessments": (
        "patient_key assessment_key",
        "instrument day after_infusion_number score score_source prorated_score n_items_answered is_valid "
        "is_total_mismatch same_day_time_unknown recall_days recall_contamination score_b score_c score_d score_e "
        "dsm5_pattern item9_score",
    ),
    "marts.cohort_patients": (
        "study_id patient_key",
        "is_eligible is_analysed exclusion_step met_induction baseline_score baseline_day",
    ),
    "marts.cohort_attrition": (
        "study_id step_number",
        "step_id label evaluated_at_day n_in n_excluded n_remaining share_of_first",
    ),
    "marts.omop_cohort": (
        "cohort_definition_id subject_id",
        "cohort_start_date cohort_end_date",
    ),
    "marts.cohort_characteristics": (
        "study_id population characteristic level",
        "n n_denominator n_missing share mean sd median q1 q3 smd",
    ),
    "marts.outcomes": (
        "study_id patient_key instrument timepoint",
        "infusion_number day baseline_score score change change_pct is_responder is_responder_ever is_remission "
        "is_worsened change_category recall_contamination",
    ),
    "marts.response_by_timepoint": (
        "study_id instrument timepoint response_kind denominator stratum",
        "n_denominator n_observed n_responders response_rate ci_low ci_high bound_low bound_high n_remission "
        "remission_rate n_worsened mean_baseline mean_score mean_change sd_change change_ci_low change_ci_high "
        "d_z d_av d_rms hedges_g is_primary",
    ),
    "marts.outcome_completeness": (
        "study_id instrument stratum_kind stratum",
        "n_eligible n_with_baseline n_with_outcome n_complete outcome_data_rate ci_low ci_high n_sent n_started "
        "n_completed n_valid n_same_day_time_unknown",
    ),
    "marts.published_reconciliation": (
        "figure_id variant",
        "study_id source published_value unit rounding denominator_stated computed_value n_numerator n_denominator "
        "difference is_within_rounding note",
    ),
    "audit.row_accounting": (
        "site_id delivered_on file",
        "table_name records_read accepted superseded duplicate retracted quarantined is_balanced",
    ),
    "audit.quarantine": ("site_id delivered_on file row_number", "table_name reason raw_record"),
    "audit.refused_files": ("site_id delivered_on file", "table_name reason"),
    "audit.ignored_inputs": ("site_id delivered_on file column_name", "reason"),
    "audit.unmapped_values": (
        "site_id table_name column_name raw_value",
        "n_records first_seen_on last_seen_on",
    ),
}


@pytest.fixture(scope="module")
def tables(manifest) -> dict:
    """Models by schema.table, as the warehouse names them."""
    nodes = [node for node in manifest.nodes.values() if node.resource_type == "model"]
    return {f"{node.schema}.{node.alias}": node for node in nodes}


@pytest.mark.parametrize("name", INTERFACE)
def test_columns_stay(tables, name):
    grain, further = INTERFACE[name]
    assert name in tables, f"{name} is gone"
    missing = [column for column in f"{grain} {further}".split() if column not in tables[name].columns]
    assert missing == []
    assert tables[name].contract.enforced


@pytest.mark.parametrize("name", INTERFACE)
def test_grains_stay(manifest, tables, name):
    """A key test holds exactly the columns of the grain."""
    grain = set(INTERFACE[name][0].split())
    keys = []
    for node in manifest.nodes.values():
        metadata = getattr(node, "test_metadata", None)
        if metadata is None or node.attached_node != tables[name].unique_id:
            continue
        if metadata.name == "unique_combination":
            keys.append(set(metadata.kwargs["columns"]))
        elif metadata.name == "unique":
            keys.append({node.column_name})
    assert grain in keys
