-- How far does the share of patients who completed the induction depend on its definition, and on whom one asks?
-- Papers report one cell of this table. Dose at the last infusion: of those who met the definition and have one.
select
    induction_summary.study_id,
    induction_summary.definition_id,
    induction_summary.denominator,
    induction_summary.n_met,
    induction_summary.n,
    induction_summary.met_rate,
    induction_summary.ci_low,
    induction_summary.ci_high,
    induction_summary.n_with_dose,
    induction_summary.mean_final_dose_mg_per_kg,
    induction_summary.sd_final_dose_mg_per_kg,
    induction_summary.median_final_dose_mg_per_kg
from marts.induction_summary
order by
    induction_summary.study_id,
    induction_summary.definition_id,
    induction_summary.n
