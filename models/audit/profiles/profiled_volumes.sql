{#- Every flat table, with the day that places a record in time; none where a record has no day of its own. -#}
{%- set days = {
    'patients': none,
    'diagnoses': 'recorded_on',
    'medication_administrations': 'started_on',
    'medications': 'started_on',
    'vitals': 'measured_on',
    'assessments': 'coalesce(completed_on, started_on, sent_on)',
    'assessment_responses': none,
    'adverse_events': 'started_on',
} -%}

with records as (
    {%- for table_name, day in days.items() %}
    select
        site_id,
        '{{ table_name }}' as subject,
        fate as detail,
        {{ month_of(day) if day else "cast(null as string)" }} as period
    from {{ ref(vetted_tables()[table_name]) }}
    where fate = 'accepted' or fate = 'quarantined'
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

counted as (
    select
        site_id,
        subject,
        detail,
        'all' as period,
        count(*) as n
    from records
    group by site_id, subject, detail
    union all
    select
        site_id,
        subject,
        detail,
        period,
        count(*) as n
    from records
    where detail = 'accepted' and period is not null
    group by site_id, subject, detail, period
),

profiled_volumes as (
    select
        'volume' as kind,
        site_id,
        'all' as study_id,
        subject,
        detail,
        period,
        cast(n as double) as profiled_value,
        n,
        cast(null as bigint) as n_of
    from counted
)

select * from profiled_volumes
