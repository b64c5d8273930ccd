"""Small damages to rules, each of which some test of behaviour must notice.

A mutation changes one text of one file: a number of a seed or a var, a comparison or a column of a model or macro.
`old` must occur exactly once in the file. `noticed_by` names a pytest module where dbt's unit tests cannot look: the
reading of texts and the statistics.
"""

from __future__ import annotations

from dataclasses import dataclass

PROJECT = "dbt_project.yml"
SEEDS = "seeds"
CLINICAL = "models/clinical"
MARTS = "models/marts"
VETTING = "models/vetting"


@dataclass(frozen=True)
class Mutation:
    """One damage: `old` becomes `new` in `path` (relative to the project)."""

    name: str
    path: str
    old: str
    new: str
    noticed_by: str | None = None
    is_sample: bool = False


CATALOGUE = [
    # Vars: windows, limits, ranges.
    Mutation("course_gap_91", PROJECT, "course_gap_days: 90", "course_gap_days: 91"),
    Mutation("course_gap_89", PROJECT, "course_gap_days: 90", "course_gap_days: 89"),
    Mutation("weight_age_366", PROJECT, "weight_max_age_days: 365", "weight_max_age_days: 366"),
    Mutation("weight_recent_31", PROJECT, "weight_recent_days: 30", "weight_recent_days: 31"),
    Mutation("baseline_window_31", PROJECT, "baseline_window_days: 30", "baseline_window_days: 31"),
    Mutation("baseline_window_29", PROJECT, "baseline_window_days: 30", "baseline_window_days: 29"),
    Mutation("followup_window_31", PROJECT, "followup_window_days: 30", "followup_window_days: 31"),
    Mutation("post_induction_from_13", PROJECT, "post_induction_from_day: 14", "post_induction_from_day: 13"),
    Mutation("post_induction_to_32", PROJECT, "post_induction_to_day: 31", "post_induction_to_day: 32"),
    Mutation("fourth_is_fifth", PROJECT, "days_to_fourth_infusion_number: 4", "days_to_fourth_infusion_number: 5"),
    Mutation("dose_min_0_11", PROJECT, "dose_mg_per_kg_min: 0.1", "dose_mg_per_kg_min: 0.11"),
    Mutation("dose_max_2_9", PROJECT, "dose_mg_per_kg_max: 3.0", "dose_mg_per_kg_max: 2.9"),
    Mutation("weight_min_26", PROJECT, "weight_kg_min: 25", "weight_kg_min: 26"),
    Mutation("weight_max_349", PROJECT, "weight_kg_max: 350", "weight_kg_max: 349"),
    Mutation("birth_date_min", PROJECT, 'birth_date_min: "1900-01-02"', 'birth_date_min: "1900-01-01"'),
    Mutation("event_date_min", PROJECT, 'event_date_min: "1990-01-01"', 'event_date_min: "1990-01-02"'),
    Mutation("delivery_lag_2", PROJECT, "delivery_lag_days: 1", "delivery_lag_days: 2"),
    Mutation("recall_days_min_0", PROJECT, "recall_days_min: 1", "recall_days_min: 0"),
    Mutation("recall_days_max_366", PROJECT, "recall_days_max: 365", "recall_days_max: 366"),
    Mutation("age_top_code_89", PROJECT, "age_top_code: 90", "age_top_code: 89"),
    Mutation("wilson_z_rounded", PROJECT, "wilson_z: 1.959963984540054", "wilson_z: 1.96", "test_statistics"),
    # Numbers and flags of the seeds.
    Mutation(
        "pcl5_response_29", f"{SEEDS}/instruments/instruments.csv", ",true,20,0,4,0,80,30,", ",true,20,0,4,0,80,29,"
    ),
    Mutation(
        "pcl5_response_31",
        f"{SEEDS}/instruments/instruments.csv",
        ",true,20,0,4,0,80,30,",
        ",true,20,0,4,0,80,31,",
    ),
    Mutation("pcl5_total_81", f"{SEEDS}/instruments/instruments.csv", ",0,80,30,", ",0,81,30,"),
    Mutation("pcl5_remission_33", f"{SEEDS}/instruments/instruments.csv", ",30,32,28,33,", ",30,33,28,33,"),
    Mutation("pcl5_end_state_29", f"{SEEDS}/instruments/instruments.csv", ",30,32,28,33,", ",30,32,29,33,"),
    Mutation("pcl5_cutoff_32", f"{SEEDS}/instruments/instruments.csv", ",30,32,28,33,", ",30,32,28,32,"),
    Mutation("pcl5_proration_16", f"{SEEDS}/instruments/instruments.csv", ",33,31,17,", ",33,31,16,"),
    Mutation(
        "phq9_response_51", f"{SEEDS}/instruments/instruments.csv", ",true,9,0,3,0,27,50,", ",true,9,0,3,0,27,51,"
    ),
    Mutation("phq9_remission_5", f"{SEEDS}/instruments/instruments.csv", ",9,0,3,0,27,50,4,", ",9,0,3,0,27,50,5,"),
    Mutation("gad7_items_8", f"{SEEDS}/instruments/instruments.csv", ",true,7,0,3,0,21,", ",true,8,0,3,0,21,"),
    Mutation("qids_remission_6", f"{SEEDS}/instruments/instruments.csv", ",16,0,3,0,27,50,5,", ",16,0,3,0,27,50,6,"),
    Mutation("cluster_c_may_miss_1", f"{SEEDS}/instruments/instrument_clusters.csv", "PCL-5,C,0,", "PCL-5,C,1,"),
    Mutation("cluster_d_needs_1", f"{SEEDS}/instruments/instrument_clusters.csv", "PCL-5,D,1,2,", "PCL-5,D,1,1,"),
    Mutation("endorsed_from_3", f"{SEEDS}/instruments/instrument_clusters.csv", "PCL-5,B,1,1,2,", "PCL-5,B,1,1,3,"),
    Mutation(
        "sad_is_sleep", f"{SEEDS}/instruments/instrument_items.csv", "feeling sad,,item_5,", "feeling sad,,sleep,"
    ),
    Mutation("restless_alone", f"{SEEDS}/instruments/instrument_items.csv", "restless,,psychomotor,", "restless,,own,"),
    Mutation("blame_in_cluster_e", f"{SEEDS}/instruments/instrument_items.csv", "blame,D,", "blame,E,"),
    Mutation(
        "pcl5_reliable_16", f"{SEEDS}/instruments/change_thresholds.csv", "PCL-5,15,reliable", "PCL-5,16,reliable"
    ),
    Mutation("gad7_reliable_3", f"{SEEDS}/instruments/change_thresholds.csv", "GAD-7,4,minimal", "GAD-7,3,minimal"),
    Mutation("band_to_10", f"{SEEDS}/instruments/severity_bands.csv", "PHQ-9,5,9,", "PHQ-9,5,10,"),
    Mutation("four_in_29", f"{SEEDS}/studies/induction_definitions.csv", ",4,,28,,", ",4,,29,,", is_sample=True),
    Mutation("four_in_27", f"{SEEDS}/studies/induction_definitions.csv", ",4,,28,,", ",4,,27,,"),
    Mutation("three_in_28", f"{SEEDS}/studies/induction_definitions.csv", ",4,,28,,", ",3,,28,,"),
    Mutation("span_6", f"{SEEDS}/studies/induction_definitions.csv", ",4,8,28,7,", ",4,8,28,6,"),
    Mutation("up_to_9", f"{SEEDS}/studies/induction_definitions.csv", ",4,8,28,7,", ",4,9,28,7,"),
    Mutation("six_in_22", f"{SEEDS}/studies/induction_definitions.csv", ",6,,21,,", ",6,,22,,"),
    Mutation("adult_at_19", f"{SEEDS}/studies/studies.csv", ",true,post_induction,18,", ",true,post_induction,19,"),
    Mutation("panel_of_three", f"{SEEDS}/studies/timepoints.csv", "infusion,4,true,", "infusion,4,false,"),
    Mutation("baseline_before_induction", f"{SEEDS}/studies/attrition_steps.csv", "has_baseline,5,", "has_baseline,3,"),
    Mutation("ptsd_code", f"{SEEDS}/code_sets/diagnosis_code_sets.csv", "ptsd,icd10cm,F4310,", "ptsd,icd10cm,F4313,"),
    Mutation("adhd_is_no_prefix", f"{SEEDS}/code_sets/diagnosis_code_sets.csv", "F90,true", "F90,false"),
    Mutation("ketamine_code", f"{SEEDS}/code_sets/ingredient_codes.csv", "rxnorm,6130,", "rxnorm,6131,"),
    Mutation("ketamine_first", f"{SEEDS}/code_sets/ingredient_names.csv", "4,ketamine,", "0,ketamine,"),
    Mutation("stopped_does_not_count", f"{SEEDS}/code_sets/status_roles.csv", "stopped,true,", "stopped,false,"),
    Mutation(
        "amended_is_incomplete",
        f"{SEEDS}/code_sets/status_roles.csv",
        "amended,false,false,false,true",
        "amended,false,false,false,false",
    ),
    Mutation(
        "provisional_counts",
        f"{SEEDS}/code_sets/status_roles.csv",
        "provisional,false,false,true,",
        "provisional,false,false,false,",
    ),
    Mutation("void_retracts_nothing", f"{SEEDS}/code_sets/status_roles.csv", "void,false,true,", "void,false,false,"),
    Mutation("mcg_factor", f"{SEEDS}/code_sets/dose_units.csv", "mcg,mass,0.001,", "mcg,mass,0.01,"),
    Mutation("pound_rounded", f"{SEEDS}/code_sets/weight_units.csv", "lb,0.45359237,", "lb,0.4535924,"),
    Mutation("sparse_zip", f"{SEEDS}/code_sets/sparse_zip3.csv", "\n036,", "\n035,"),
    Mutation(
        "t_quantile", f"{SEEDS}/statistics/student_t_quantiles.csv", "\n2,4.3026", "\n2,4.3027", "test_statistics"
    ),
    # Sessions, weights, doses.
    Mutation(
        "gap_from_90", f"{CLINICAL}/infusions/kit_sessions.sql", "gap_days > {{", "gap_days >= {{", is_sample=True
    ),
    Mutation(
        "latest_start",
        f"{CLINICAL}/infusions/kit_sessions.sql",
        "min(kit_administrations.started_at)",
        "max(kit_administrations.started_at)",
    ),
    Mutation("negative_duration", f"{CLINICAL}/infusions/kit_sessions.sql", "when ended_at >= started_at", "when true"),
    Mutation(
        "unknown_time_last",
        f"{CLINICAL}/infusions/session_weights.sql",
        "weights.measured_at desc nulls last",
        "weights.measured_at desc nulls first",
    ),
    Mutation(
        "weight_age_below",
        f"{CLINICAL}/infusions/session_weights.sql",
        "day - weight_day <= {{",
        "day - weight_day < {{",
    ),
    Mutation(
        "recent_below", f"{CLINICAL}/infusions/session_dose_parts.sql", "weight_age_days <= {{", "weight_age_days < {{"
    ),
    Mutation(
        "concentration_0",
        f"{CLINICAL}/infusions/session_dose_parts.sql",
        "concentration_mg_per_ml > 0",
        "concentration_mg_per_ml >= 0",
    ),
    Mutation("best_method", f"{CLINICAL}/infusions/session_doses.sql", "max(dose_method)", "min(dose_method)"),
    Mutation(
        "partial_sum",
        f"{CLINICAL}/infusions/session_doses.sql",
        "when count(dose_mg) = count(*)",
        "when count(dose_mg) > 0",
    ),
    Mutation(
        "pounds_the_wrong_way",
        f"{CLINICAL}/infusions/session_doses.sql",
        "dose_mg_per_kg_raw * pound",
        "dose_mg_per_kg_raw / pound",
    ),
    Mutation(
        "binary_limits",
        "macros/clinical/is_plausible_dose.sql",
        "round({{ dose_mg_per_kg }}, 12) <=",
        "{{ dose_mg_per_kg }} <=",
    ),
    Mutation(
        "day_28_is_out",
        f"{CLINICAL}/infusions/induction_phases.sql",
        "day <= induction_definitions.max_day as",
        "day < induction_definitions.max_day as",
    ),
    Mutation("span_above_7", f"{CLINICAL}/infusions/induction_phases.sql", ">= min_span_days", "> min_span_days"),
    # Scores.
    Mutation(
        "endorsed_above",
        f"{CLINICAL}/instruments/item_clusters.sql",
        "response >= instrument_clusters",
        "response > instrument_clusters",
    ),
    Mutation(
        "sum_of_groups",
        f"{CLINICAL}/instruments/scored_assessments.sql",
        "max(assessment_items.response) as group_score",
        "sum(assessment_items.response) as group_score",
    ),
    Mutation(
        "prorated_above",
        f"{CLINICAL}/instruments/scored_assessments.sql",
        ">= sourced.proration_min_answered",
        "> sourced.proration_min_answered",
    ),
    Mutation(
        "valid_without_status",
        f"{CLINICAL}/instruments/scored_assessments.sql",
        "is_completed_form and completed_on is not null and score",
        "completed_on is not null and score",
    ),
    # Windows.
    Mutation(
        "after_from_its_start",
        f"{CLINICAL}/windows/placed_assessments.sql",
        "completed_microsecond_of_day > kit",
        "completed_microsecond_of_day >= kit",
    ),
    Mutation(
        "unknown_form_last",
        f"{CLINICAL}/windows/placed_assessments.sql",
        "completed_at nulls first",
        "completed_at nulls last",
    ),
    Mutation(
        "baseline_after_session",
        f"{CLINICAL}/windows/baseline_forms.sql",
        "after_infusion_number = 0",
        "after_infusion_number >= 0",
    ),
    Mutation("earliest_baseline", f"{CLINICAL}/windows/baseline_forms.sql", "form_number desc", "form_number"),
    Mutation("any_course", f"{CLINICAL}/windows/infusion_forms.sql", "course_number = 1", "course_number >= 1"),
    Mutation(
        "followup_below",
        f"{CLINICAL}/windows/infusion_forms.sql",
        "days_since_session <= {{",
        "days_since_session < {{",
    ),
    Mutation(
        "latest_post_induction",
        f"{CLINICAL}/windows/post_induction_forms.sql",
        "order by valid_forms.form_number",
        "order by valid_forms.form_number desc",
    ),
    Mutation(
        "ninth_is_a_timepoint",
        f"{CLINICAL}/windows/timepoint_forms.sql",
        "infusion_number desc) as recency",
        "infusion_number) as recency",
    ),
    # Diagnoses and age.
    Mutation(
        "before_the_index",
        f"{CLINICAL}/diagnoses/patient_conditions.sql",
        "diagnosed_on <= day_zero",
        "diagnosed_on < day_zero",
    ),
    Mutation(
        "recorded_first",
        "models/core/diagnoses.sql",
        "coalesce(vetted_diagnoses.onset_on, vetted_diagnoses.recorded_on)",
        "coalesce(vetted_diagnoses.recorded_on, vetted_diagnoses.onset_on)",
    ),
    Mutation(
        "any_route",
        "models/core/administrations.sql",
        "vetted_administrations.route = 'intravenous'",
        "vetted_administrations.route <> ''",
    ),
    Mutation(
        "birthday_not_yet",
        "macros/clinical/full_years.sql",
        "                < extract(month",
        "                <= extract(month",
    ),
    # Outcomes, cohorts, estimates.
    Mutation(
        "response_above",
        f"{MARTS}/response/outcomes.sql",
        "100 * paired.change >= ",
        "100 * paired.change > ",
        is_sample=True,
    ),
    Mutation(
        "baseline_0_responds",
        f"{MARTS}/response/outcomes.sql",
        "when paired.baseline_score > 0",
        "when paired.baseline_score >= 0",
    ),
    Mutation("unchanged_is_worse", f"{MARTS}/response/outcomes.sql", "responded.change < 0", "responded.change <= 0"),
    Mutation(
        "ever_before",
        f"{MARTS}/response/outcomes.sql",
        "first_response_infusion_number <= responded",
        "first_response_infusion_number < responded",
    ),
    Mutation(
        "omop_analysed_are_eligible",
        f"{MARTS}/cohort/omop_cohort.sql",
        "cohort_patients.is_analysed)",
        "cohort_patients.is_eligible)",
    ),
    Mutation(
        "omop_any_course", f"{MARTS}/cohort/omop_cohort.sql", "where course_number = 1", "where course_number >= 1"
    ),
    Mutation("omop_subject_of_12_digits", "macros/privacy/subject_id.sql", ", 13)", ", 12)"),
    Mutation(
        "older_than_18", f"{MARTS}/cohort/cohort_patients.sql", ">= studies.min_age_years", "> studies.min_age_years"
    ),
    Mutation(
        "step_too_late", f"{MARTS}/cohort/cohort_attrition.sql", "step_order >= exclusions", "step_order > exclusions"
    ),
    Mutation(
        "cutoff_above", f"{MARTS}/response/response_members.sql", ">= members.cutoff_score", "> members.cutoff_score"
    ),
    Mutation("band_below", f"{MARTS}/response/response_members.sql", "<= strata.band_high", "< strata.band_high"),
    Mutation(
        "baseline_0_counts",
        f"{MARTS}/response/response_members.sql",
        "baseline_forms.score > 0",
        "baseline_forms.score >= 0",
    ),
    Mutation(
        "received_anything",
        f"{MARTS}/response/response_by_timepoint.sql",
        "or response_members.n_sessions >= timepoints",
        "or response_members.n_sessions > timepoints",
    ),
    Mutation(
        "bound_without_missing",
        f"{MARTS}/response/response_by_timepoint.sql",
        "(n_responders + n_denominator - n_observed)",
        "(n_responders + n_denominator)",
    ),
    Mutation(
        "flagged_though_invalid", f"{MARTS}/completeness/outcome_completeness.sql", "is_valid and same_day", "same_day"
    ),
    Mutation("sd_over_n", "macros/statistics/exact_sd.sql", "({{ n }} - 1)", "{{ n }}"),
    Mutation(
        "rounding_without_margin",
        f"{MARTS}/published/published_reconciliation.sql",
        "round(abs(difference), 12) <= rounding",
        "abs(difference) <= rounding",
    ),
    Mutation(
        "bound_ignores_the_missing",
        f"{MARTS}/published/published_self_check_results.sql",
        "(left_value * right_value + third_value - right_value)",
        "(left_value * right_value)",
    ),
    # Fates.
    Mutation(
        "missing_is_newest",
        "macros/ingest/is_newest_version.sql",
        "updated_at desc nulls last",
        "updated_at desc nulls first",
    ),
    Mutation("quarantined_supersedes", "macros/ingest/is_newest_version.sql", "{{ key }}, reason is null", "{{ key }}"),
    Mutation(
        "dose_0_is_fine", f"{VETTING}/vetted_administrations.sql", "dose < 0 or (is_counted and dose = 0)", "dose < 0"
    ),
    Mutation(
        "last_id_stays",
        f"{VETTING}/vetted_administrations.sql",
        "administration_id asc nulls last",
        "administration_id desc nulls last",
    ),
    Mutation(
        "cancelled_are_duplicates",
        f"{VETTING}/vetted_administrations.sql",
        "and is_newest and is_counted,",
        "and is_newest,",
    ),
    Mutation("emptier_form_stays", f"{VETTING}/vetted_assessments.sql", "n_items_answered desc", "n_items_answered"),
    Mutation(
        "response_below",
        f"{VETTING}/vetted_assessment_responses.sql",
        "response > item_max",
        "response >= item_max",
    ),
    Mutation("total_below", f"{VETTING}/judged_assessments.sql", "total_score > score_max", "total_score >= score_max"),
    Mutation(
        "onset_has_a_floor",
        f"{VETTING}/vetted_diagnoses.sql",
        "is_outside_delivery('onset_on', has_floor=false)",
        "is_outside_delivery('onset_on')",
    ),
    Mutation(
        "planned_stop_has_a_ceiling",
        f"{VETTING}/vetted_medications.sql",
        "has_floor=false, has_ceiling=false",
        "has_floor=false",
    ),
    Mutation(
        "test_patients_stay",
        f"{VETTING}/patient_identities.sql",
        "followed.is_retracted or coalesce(survivors",
        "coalesce(survivors",
    ),
    # What other formats bring: labels, deletions, parts, forms exported twice.
    Mutation(
        "labels_do_not_restrict",
        "macros/ingest/first_problem.sql",
        "when restricted_label is not null then",
        "when restricted_label = '' then",
    ),
    Mutation(
        "deleted_records_stay",
        f"{VETTING}/vetted_diagnoses.sql",
        "or coalesce(delivered.is_deleted, false) as is_retracting",
        "or false as is_retracting",
    ),
    Mutation(
        "answers_of_older_versions_count",
        f"{VETTING}/vetted_assessment_responses.sql",
        "coalesce(own_forms.is_newest, true) as is_of_newest_form",
        "true as is_of_newest_form",
    ),
    Mutation(
        "forms_count_twice",
        f"{VETTING}/vetted_assessments.sql",
        "is_duplicate='(is_repetition or (",
        "is_duplicate='((",
    ),
    Mutation(
        "forms_of_one_day_are_one",
        f"{VETTING}/vetted_assessments.sql",
        "            possible_repetitions.is_declared\n            and coalesce",
        "            true\n            and coalesce",
    ),
    Mutation(
        "doses_that_cannot_be_told_are_missing",
        f"{VETTING}/vetted_administrations.sql",
        "when is_dose_inexpressible then missing_column",
        "when false then missing_column",
    ),
    Mutation(
        "years_are_days",
        "models/core/patients.sql",
        "case when birth_date_precision = 'day' then birth_date end",
        "birth_date",
    ),
    Mutation(
        "codes_match_in_any_system",
        f"{CLINICAL}/diagnoses/other_coding_matches.sql",
        "codings.code_system = diagnosis_code_sets.code_system",
        "diagnosis_code_sets.code_system is not null",
    ),
    Mutation(
        "binary_weights",
        f"{VETTING}/vetted_vitals.sql",
        "try_cast(regexp_extract(delivered.value_text, '^[+-]?[0-9]*[.]?[0-9]{0,15}', 0) as decimal(22, 15))",
        "delivered.measured_value",
    ),
    Mutation("cut_weight_passes", f"{VETTING}/vetted_vitals.sql", "and is_weight_cut)", "and false)"),
    # The reading of texts, and statistics.
    Mutation("midnight_is_a_time", "macros/ingest/known_time_at.sql", "'[1-9]')", "'[0-9]')", "test_values"),
    Mutation("hour_24", "macros/ingest/day_of.sql", "2[0-3]", "2[0-4]", "test_values"),
    Mutation("exponents", "macros/ingest/number_of.sql", "[.][0-9]+)$", "[.][0-9]+)(e[0-9]+)?$", "test_values"),
    Mutation(
        "status_not_required",
        "models/staging/ehr/_ehr__sources.yml",
        "such as `sent` or `completed`.\n            config: {meta: {type: text, required: true}}",
        "such as `sent` or `completed`.\n            config: {meta: {type: text, required: false}}",
        "test_values",
    ),
    Mutation(
        "wilson_without_correction",
        "macros/statistics/wilson_bound.sql",
        "(4 * {{ n }} * {{ n }})",
        "(2 * {{ n }} * {{ n }})",
        "test_statistics",
    ),
    Mutation("t_expansion", "macros/statistics/student_t_975.sql", "(96 * power", "(95 * power", "test_statistics"),
    Mutation(
        "hedges_factor", f"{MARTS}/response/response_by_timepoint.sql", "1 - 3.0 /", "1 - 4.0 /", "test_statistics"
    ),
]
