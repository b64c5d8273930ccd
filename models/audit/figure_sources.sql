{#- Every flat table with patients' records, but answers, which know their form only. -#}
{%- set tables_of_patients = [
    'patients',
    'diagnoses',
    'medication_administrations',
    'medications',
    'vitals',
    'assessments',
    'adverse_events',
] -%}

with patients as (
    select * from {{ ref('patients') }}
),

cohort_patients as (
    select * from {{ ref('cohort_patients') }}
),

vetted_assessments as (
    select * from {{ ref('vetted_assessments') }}
    where fate = 'accepted'
),

vetted_assessment_responses as (
    select * from {{ ref('vetted_assessment_responses') }}
    where fate = 'accepted'
),

accepted as (
    {%- for table_name in tables_of_patients %}
    select
        {{ record_columns() }},
        surviving_patient_id
    from {{ ref(vetted_tables()[table_name]) }}
    where fate = 'accepted'
    union all
    {%- endfor %}
    select
        {{ record_columns('vetted_assessment_responses') }},
        vetted_assessments.surviving_patient_id
    from vetted_assessment_responses
    inner join vetted_assessments
        on
            vetted_assessment_responses.site_id = vetted_assessments.site_id
            and vetted_assessment_responses.assessment_id = vetted_assessments.assessment_id
),

-- One record may give several rows, such as a blood pressure its two values.
records as (
    select
        {{ record_columns('accepted') }},
        patients.patient_key
    from accepted
    inner join patients
        on accepted.site_id = patients.site_id and accepted.surviving_patient_id = patients.patient_id
    group by {{ record_columns('accepted') }}, patients.patient_key
),

figure_sources as (
    select
        cohort_patients.study_id,
        records.site_id,
        records.delivered_on,
        records.file,
        count(*) as n_records,
        count(distinct records.patient_key) as n_patients,
        cast(count_if(cohort_patients.is_eligible) as bigint) as n_records_of_eligible,
        count(distinct case when cohort_patients.is_eligible then records.patient_key end) as n_eligible,
        count(distinct case when cohort_patients.is_analysed then records.patient_key end) as n_analysed
    from cohort_patients
    inner join records on cohort_patients.patient_key = records.patient_key
    group by cohort_patients.study_id, records.site_id, records.delivered_on, records.file
)

select * from figure_sources
