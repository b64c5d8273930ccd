{%- set counts = [
    'n_eligible', 'n_with_baseline', 'n_with_outcome', 'n_complete',
    'n_sent', 'n_started', 'n_completed', 'n_valid', 'n_same_day_time_unknown',
] %}
with totals as (
    select
        study_id,
        instrument,
        stratum_kind,
        {%- for column in counts %}
        sum({{ column }}) as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('outcome_completeness') }}
    group by study_id, instrument, stratum_kind
)

select
    totals.study_id,
    totals.instrument,
    totals.stratum_kind
from totals
inner join totals as overall
    on totals.study_id = overall.study_id and totals.instrument = overall.instrument and overall.stratum_kind = 'all'
where
    {%- for column in counts %}
    {{ 'or ' if not loop.first }}totals.{{ column }} <> overall.{{ column }}
    {%- endfor %}
