with cohort_patients as (
    select * from {{ ref('cohort_patients') }}
    where is_eligible
),

patients as (
    select * from {{ ref('marts_patients') }}
),

studies as (
    select * from {{ ref('studies') }}
),

kit_sessions as (
    select * from {{ ref('kit_sessions') }}
    where course_number = 1
),

first_courses as (
    select
        patient_key,
        count(*) as n_sessions
    from kit_sessions
    group by patient_key
),

described as (
    select
        cohort_patients.study_id,
        cohort_patients.patient_key,
        case when cohort_patients.is_analysed then 'analysed' else 'not_analysed' end as population,
        patients.age_at_index,
        first_courses.n_sessions,
        cohort_patients.baseline_score,
        patients.sex,
        patients.race,
        patients.ethnicity,
        {%- for condition in conditions() %}
        case when patients.has_{{ condition }} then 'true' else 'false' end as has_{{ condition }},
        {%- endfor %}
        cast(patients.index_year as string) as index_year
    from cohort_patients
    inner join patients on cohort_patients.patient_key = patients.patient_key
    inner join first_courses on cohort_patients.patient_key = first_courses.patient_key
),

populations as (
    select 'eligible' as population
    union all
    select 'analysed' as population
    union all
    select 'not_analysed' as population
),

-- Each patient counts among the eligible, and either among the analysed or the others.
populated as (
    select
        populations.population,
        described.study_id,
        described.age_at_index,
        described.n_sessions,
        described.baseline_score,
        described.sex,
        described.race,
        described.ethnicity,
        {%- for condition in conditions() %}
        described.has_{{ condition }},
        {%- endfor %}
        described.index_year
    from described
    inner join populations
        on populations.population = 'eligible' or described.population = populations.population
),

population_sizes as (
    select
        studies.study_id,
        populations.population,
        count(populated.study_id) as n_denominator
    from studies
    cross join populations
    left join populated
        on studies.study_id = populated.study_id and populations.population = populated.population
    group by studies.study_id, populations.population
),

{% set continuous = ['age_at_index', 'n_sessions', 'baseline_score'] -%}
measured as (
    {%- for characteristic in continuous %}
    select
        study_id,
        population,
        '{{ characteristic }}' as characteristic,
        {{ characteristic }} as measurement
    from populated
    where {{ characteristic }} is not null
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

continuous_names as (
    {%- for characteristic in continuous %}
    select '{{ characteristic }}' as characteristic
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

measured_summaries as (
    select
        study_id,
        population,
        characteristic,
        count(*) as n,
        sum(measurement) as sum_measurement,
        sum(measurement * measurement) as sum_measurement_squared,
        percentile_cont(0.5) within group (order by cast(measurement as double)) as median,
        percentile_cont(0.25) within group (order by cast(measurement as double)) as q1,
        percentile_cont(0.75) within group (order by cast(measurement as double)) as q3
    from measured
    group by study_id, population, characteristic
),

continuous_rows as (
    select
        population_sizes.study_id,
        population_sizes.population,
        continuous_names.characteristic,
        'all' as level,
        coalesce(measured_summaries.n, 0) as n,
        population_sizes.n_denominator,
        population_sizes.n_denominator - coalesce(measured_summaries.n, 0) as n_missing,
        cast(null as double) as share,
        {{ share('measured_summaries.sum_measurement', 'measured_summaries.n') }} as mean,
        {{ exact_sd(
            'measured_summaries.n', 'measured_summaries.sum_measurement', 'measured_summaries.sum_measurement_squared'
        ) }} as sd,
        measured_summaries.median,
        measured_summaries.q1,
        measured_summaries.q3
    from population_sizes
    cross join continuous_names
    left join measured_summaries
        on
            population_sizes.study_id = measured_summaries.study_id
            and population_sizes.population = measured_summaries.population
            and continuous_names.characteristic = measured_summaries.characteristic
),

{% set categorical = ['sex', 'race', 'ethnicity', 'index_year'] -%}
levelled as (
    {%- for characteristic in categorical %}
    select
        study_id,
        population,
        '{{ characteristic }}' as characteristic,
        {{ characteristic }} as level
    from populated
    union all
    {%- endfor %}
    {%- for condition in conditions() %}
    select
        study_id,
        population,
        'has_{{ condition }}' as characteristic,
        has_{{ condition }} as level
    from populated
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

level_counts as (
    select
        study_id,
        population,
        characteristic,
        level,
        count(*) as n
    from levelled
    group by study_id, population, characteristic, level
),

-- A level that occurs among the eligible has a row in all three populations; true and false always do.
levels as (
    select
        study_id,
        characteristic,
        level
    from level_counts
    where population = 'eligible' and left(characteristic, 4) <> 'has_'
    {%- for condition in conditions() %}
    {%- for level in ['true', 'false'] %}
    union all
    select
        study_id,
        'has_{{ condition }}' as characteristic,
        '{{ level }}' as level
    from studies
    {%- endfor %}
    {%- endfor %}
),

level_rows as (
    select
        population_sizes.study_id,
        population_sizes.population,
        levels.characteristic,
        levels.level,
        coalesce(level_counts.n, 0) as n,
        population_sizes.n_denominator,
        cast(0 as bigint) as n_missing,
        {{ share('coalesce(level_counts.n, 0)', 'population_sizes.n_denominator') }} as share,
        cast(null as double) as mean,
        cast(null as double) as sd,
        cast(null as double) as median,
        cast(null as double) as q1,
        cast(null as double) as q3
    from population_sizes
    inner join levels on population_sizes.study_id = levels.study_id
    left join level_counts
        on
            population_sizes.study_id = level_counts.study_id
            and population_sizes.population = level_counts.population
            and levels.characteristic = level_counts.characteristic
            and levels.level = level_counts.level
),

all_rows as (
    select * from continuous_rows
    union all
    select * from level_rows
),

differences as (
    select
        analysed.study_id,
        analysed.characteristic,
        analysed.level,
        case
            when analysed.share is null and not_analysed.share is null
                then {{ standardised_mean_difference(
                    'analysed.mean', 'not_analysed.mean', 'analysed.sd * analysed.sd', 'not_analysed.sd * not_analysed.sd'
                ) }}
            else {{ standardised_mean_difference(
                'analysed.share',
                'not_analysed.share',
                'analysed.share * (1 - analysed.share)',
                'not_analysed.share * (1 - not_analysed.share)'
            ) }}
        end as smd
    from all_rows as analysed
    inner join all_rows as not_analysed
        on
            analysed.study_id = not_analysed.study_id
            and analysed.characteristic = not_analysed.characteristic
            and analysed.level = not_analysed.level
    where analysed.population = 'analysed' and not_analysed.population = 'not_analysed'
),

cohort_characteristics as (
    select
        all_rows.*,
        differences.smd
    from all_rows
    inner join differences
        on
            all_rows.study_id = differences.study_id
            and all_rows.characteristic = differences.characteristic
            and all_rows.level = differences.level
)

select * from cohort_characteristics
