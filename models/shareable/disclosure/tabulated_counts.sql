with cohort_attrition as (
    select * from {{ ref('cohort_attrition') }}
),

cohort_characteristics as (
    select * from {{ ref('cohort_characteristics') }}
),

induction_summary as (
    select * from {{ ref('induction_summary') }}
),

outcome_completeness as (
    select * from {{ ref('outcome_completeness') }}
    where stratum_kind <> 'site'
),

response_by_timepoint as (
    select * from {{ ref('response_by_timepoint') }}
    where response_kind = 'at' and denominator <> 'fixed_panel' and left(stratum, 5) <> 'band_'
),

studies as (
    select * from {{ ref('studies') }}
),

primary_instruments as (
    select
        study_id,
        instrument
    from {{ ref('study_instruments') }}
    where is_primary
),

induction_definitions as (
    select * from {{ ref('induction_definitions') }}
),

populations as (
    select * from {{ ref('study_populations') }}
),

forms as (
    select * from {{ ref('population_forms') }}
),

steps as (
    select
        cohort_attrition.*,
        case cohort_attrition.step_id
            when 'received_kit' then 'received_kit'
            when 'has_indication' then 'has_' || studies.indication
            when 'is_adult' then 'age ' || cast(studies.min_age_years as string)
            when 'met_induction' then 'induction ' || studies.definition_id
            when 'has_baseline' then 'baseline ' || primary_instruments.instrument
            when 'has_outcome' then 'outcome ' || primary_instruments.instrument || ' ' || studies.definition_id
        end as term
    from cohort_attrition
    inner join studies on cohort_attrition.study_id = studies.study_id
    inner join primary_instruments on cohort_attrition.study_id = primary_instruments.study_id
),

earlier_terms as (
    select
        steps.study_id,
        steps.step_number,
        {{ joined_text("earlier.term || ': yes'", '; ', 'earlier.step_number') }} as terms
    from steps
    inner join steps as earlier on steps.study_id = earlier.study_id and steps.step_number > earlier.step_number
    group by steps.study_id, steps.step_number
),

described_steps as (
    select
        steps.*,
        {{ row_key(['steps.study_id', 'cast(steps.step_number as string)']) }} as row_key,
        coalesce(earlier_terms.terms, '') as terms_before,
        coalesce(earlier_terms.terms || '; ', '') || steps.term as terms_with
    from steps
    left join earlier_terms
        on steps.study_id = earlier_terms.study_id and steps.step_number = earlier_terms.step_number
),

of_attrition as (
    select
        'cohort_attrition' as table_name,
        row_key,
        'n_in' as measure,
        terms_before as terms,
        n_in as n,
        true as is_headline
    from described_steps
    union all
    select
        'cohort_attrition' as table_name,
        row_key,
        'n_excluded' as measure,
        terms_with || ': no' as terms,
        n_excluded as n,
        true as is_headline
    from described_steps
    union all
    select
        'cohort_attrition' as table_name,
        row_key,
        'n_remaining' as measure,
        terms_with || ': yes' as terms,
        n_remaining as n,
        true as is_headline
    from described_steps
),

-- Everybody eligible has an age and a number of sessions; the baseline is that of the primary instrument.
described_characteristics as (
    select
        cohort_characteristics.*,
        {{ row_key([
            'cohort_characteristics.study_id', 'cohort_characteristics.population',
            'cohort_characteristics.characteristic', 'cohort_characteristics.level',
        ]) }} as row_key,
        populations.terms,
        case
            when cohort_characteristics.characteristic = 'baseline_score'
                then '; baseline ' || primary_instruments.instrument || ': yes'
            when cohort_characteristics.characteristic in ('age_at_index', 'n_sessions') then ''
            when cohort_characteristics.level = 'true' then '; ' || cohort_characteristics.characteristic || ': yes'
            when cohort_characteristics.level = 'false' then '; ' || cohort_characteristics.characteristic || ': no'
            else '; ' || cohort_characteristics.characteristic || ': ' || cohort_characteristics.level
        end as term,
        case
            when cohort_characteristics.characteristic = 'baseline_score'
                then populations.terms || '; baseline ' || primary_instruments.instrument || ': no'
        end as terms_missing
    from cohort_characteristics
    inner join populations
        on
            cohort_characteristics.study_id = populations.study_id
            and cohort_characteristics.population = populations.population
    inner join primary_instruments on cohort_characteristics.study_id = primary_instruments.study_id
    where
        cohort_characteristics.characteristic in (
            {%- for condition in shareable_conditions() %}
            'has_{{ condition }}',
            {%- endfor %}
            'age_at_index', 'n_sessions', 'baseline_score', 'sex', 'race', 'ethnicity', 'index_year'
        )
),

of_characteristics as (
    select
        'cohort_characteristics' as table_name,
        row_key,
        'n' as measure,
        terms || term as terms,
        n,
        false as is_headline
    from described_characteristics
    union all
    select
        'cohort_characteristics' as table_name,
        row_key,
        'n_denominator' as measure,
        terms,
        n_denominator as n,
        false as is_headline
    from described_characteristics
    union all
    select
        'cohort_characteristics' as table_name,
        row_key,
        'n_missing' as measure,
        terms_missing as terms,
        n_missing as n,
        false as is_headline
    from described_characteristics
    where terms_missing is not null
),

described_inductions as (
    select
        induction_summary.*,
        {{ row_key([
            'induction_summary.study_id', 'induction_summary.definition_id', 'induction_summary.denominator',
        ]) }} as row_key,
        populations.terms
        || case
            when induction_summary.denominator = 'reached_minimum'
                then '; infusions ' || cast(induction_definitions.min_sessions as string) || ': yes'
            else ''
        end as terms
    from induction_summary
    inner join induction_definitions on induction_summary.definition_id = induction_definitions.definition_id
    inner join populations
        on
            induction_summary.study_id = populations.study_id
            and populations.population = case induction_summary.denominator
                when 'analysed' then 'analysed'
                else 'eligible'
            end
),

of_inductions as (
    select
        'induction_summary' as table_name,
        row_key,
        'n' as measure,
        terms,
        n,
        false as is_headline
    from described_inductions
    union all
    select
        'induction_summary' as table_name,
        row_key,
        'n_met' as measure,
        terms || '; induction ' || definition_id || ': yes' as terms,
        n_met as n,
        false as is_headline
    from described_inductions
    union all
    select
        'induction_summary' as table_name,
        row_key,
        'n_with_dose' as measure,
        terms || '; dose after ' || definition_id || ': yes' as terms,
        n_with_dose as n,
        false as is_headline
    from described_inductions
),

described_completeness as (
    select
        outcome_completeness.*,
        {{ row_key([
            'outcome_completeness.study_id', 'outcome_completeness.instrument', 'outcome_completeness.stratum_kind',
            'outcome_completeness.stratum',
        ]) }} as row_key,
        populations.terms
        || case
            when outcome_completeness.stratum_kind = 'all' then ''
            else '; ' || outcome_completeness.stratum_kind || ': ' || outcome_completeness.stratum
        end as terms,
        '; baseline ' || outcome_completeness.instrument || ': yes' as with_baseline,
        '; outcome ' || outcome_completeness.instrument || ' ' || studies.definition_id || ': yes' as with_outcome
    from outcome_completeness
    inner join studies on outcome_completeness.study_id = studies.study_id
    inner join populations
        on outcome_completeness.study_id = populations.study_id and populations.population = 'eligible'
),

of_completeness as (
    select
        'outcome_completeness' as table_name,
        row_key,
        'n_eligible' as measure,
        terms,
        n_eligible as n,
        stratum_kind = 'all' as is_headline
    from described_completeness
    union all
    select
        'outcome_completeness' as table_name,
        row_key,
        'n_with_baseline' as measure,
        terms || with_baseline as terms,
        n_with_baseline as n,
        stratum_kind = 'all' as is_headline
    from described_completeness
    union all
    select
        'outcome_completeness' as table_name,
        row_key,
        'n_with_outcome' as measure,
        terms || with_outcome as terms,
        n_with_outcome as n,
        stratum_kind = 'all' as is_headline
    from described_completeness
    union all
    select
        'outcome_completeness' as table_name,
        row_key,
        'n_complete' as measure,
        terms || with_baseline || with_outcome as terms,
        n_complete as n,
        stratum_kind = 'all' as is_headline
    from described_completeness
),

-- Terms of the denominator; and of the observed, who have a baseline above 0 and a form there.
described_responses as (
    select
        response_by_timepoint.*,
        {{ row_key([
            'response_by_timepoint.study_id', 'response_by_timepoint.instrument', 'response_by_timepoint.timepoint',
            'response_by_timepoint.denominator', 'response_by_timepoint.stratum',
        ]) }} as row_key,
        forms.form,
        populations.terms
        || '; baseline of 0 ' || response_by_timepoint.instrument || ': no'
        || case response_by_timepoint.stratum
            when 'all' then ''
            when 'has_mdd' then '; has_mdd: yes'
            when 'no_mdd' then '; has_mdd: no'
            when 'baseline_at_or_above_cutoff'
                then '; baseline at or above cutoff ' || response_by_timepoint.instrument || ': yes'
            when 'baseline_below_cutoff'
                then '; baseline at or above cutoff ' || response_by_timepoint.instrument || ': no'
        end as terms,
        '; baseline ' || response_by_timepoint.instrument || ': yes' as with_baseline,
        case
            when forms.infusion_number is not null and response_by_timepoint.denominator = 'received'
                then '; infusions ' || cast(forms.infusion_number as string) || ': yes'
            else ''
        end as with_infusion
    from response_by_timepoint
    inner join studies on response_by_timepoint.study_id = studies.study_id
    inner join forms
        on
            response_by_timepoint.instrument = forms.instrument
            and response_by_timepoint.timepoint = forms.timepoint
            and (forms.definition_id is null or studies.definition_id = forms.definition_id)
    inner join populations
        on
            response_by_timepoint.study_id = populations.study_id
            and populations.population = case response_by_timepoint.denominator
                when 'eligible' then 'eligible'
                else 'induction_satisfied'
            end
),

observed_responses as (
    select
        *,
        terms || with_baseline || '; ' || form || ': yes' as terms_observed
    from described_responses
),

of_responses as (
    select
        'response_by_timepoint' as table_name,
        row_key,
        'n_denominator' as measure,
        case denominator
            when 'observed' then terms_observed
            when 'received' then terms || with_baseline || with_infusion
            else terms
        end as terms,
        n_denominator as n,
        stratum = 'all' and denominator = 'observed' as is_headline
    from observed_responses
    union all
    select
        'response_by_timepoint' as table_name,
        row_key,
        'n_observed' as measure,
        terms_observed as terms,
        n_observed as n,
        stratum = 'all' and denominator = 'observed' as is_headline
    from observed_responses
    union all
    select
        'response_by_timepoint' as table_name,
        row_key,
        'n_responders' as measure,
        terms_observed || '; ' || form || ' response: responder' as terms,
        n_responders as n,
        stratum = 'all' and denominator = 'observed' as is_headline
    from observed_responses
    union all
    select
        'response_by_timepoint' as table_name,
        row_key,
        'n_worsened' as measure,
        terms_observed || '; ' || form || ' response: worsened' as terms,
        n_worsened as n,
        stratum = 'all' and denominator = 'observed' as is_headline
    from observed_responses
    union all
    select
        'response_by_timepoint' as table_name,
        row_key,
        'n_remission' as measure,
        terms_observed || '; ' || form || ' remission: yes' as terms,
        n_remission as n,
        stratum = 'all' and denominator = 'observed' as is_headline
    from observed_responses
),

tabulated_counts as (
    select * from of_attrition
    union all
    select * from of_characteristics
    union all
    select * from of_inductions
    union all
    select * from of_completeness
    union all
    select * from of_responses
)

select
    table_name,
    row_key,
    measure,
    terms,
    cast(n as bigint) as n,
    is_headline
from tabulated_counts
