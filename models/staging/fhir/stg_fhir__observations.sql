{{ config(materialized='table') }}

with source as (
    select * from {{ source('fhir', 'observation') }}
),

concepts as (
    select * from {{ ref('stg_fhir__observation_concepts') }}
),

parts as (
    select * from {{ ref('stg_fhir__observation_parts') }}
),

coded_answers as (
    select * from {{ ref('stg_fhir__coded_answers') }}
),

coded_units as (
    select * from {{ ref('coded_values') }}
    where field = 'unit' and code_system = 'ucum'
),

observation_statuses as (
    select * from {{ ref('observation_statuses') }}
),

site_time_zones as (
    select * from {{ ref('site_time_zones') }}
),

security_labels as (
    select * from {{ ref('stg_fhir__security_labels') }}
),

deletions as (
    select * from {{ ref('stg_fhir__deletions') }}
    where resource_type = 'Observation'
),

panels as (
    select
        {{ record_columns() }},
        min(vital) as part_vital,
        count(case when vital is not null and value_text is not null then 1 end) as n_measured_parts,
        count(case when questionnaire_role = 'item' then 1 end) as n_item_parts,
        min(case when questionnaire_role = 'total' then value_text end) as part_total_text
    from parts
    group by {{ record_columns() }}
),

recognised as (
    select
        {{ record_columns('source') }},
        source.id as observation_id,
        {{ referenced_id('source.patient', 'Patient') }} as patient_id,
        source.status,
        case
            when source.is_malformed or not coalesce(observation_statuses.has_value, true) then 'nothing'
            when concepts.vital is not null then 'vital'
            when concepts.instrument is not null then 'question'
            when panels.part_vital is not null then 'vital'
            else 'nothing'
        end as carried,
        concepts.vital,
        concepts.instrument,
        concepts.questionnaire_role,
        concepts.item_number,
        source.codings,
        {{ observed_number(['value_quantity', 'value_integer', 'value_decimal'], relation='source') }} as measured_text,
        {{ observed_number(['value_integer', 'value_decimal', 'value_quantity', 'value_ordinal'], relation='source') }} as score_text,
        source.value_codings,
        source.value_number_text,
        coalesce(coded_units.value, source.value_unit, source.value_unit_code) as unit_text,
        panels.part_vital,
        coalesce(panels.n_measured_parts, 0) as n_measured_parts,
        coalesce(panels.n_item_parts, 0) as n_item_parts,
        panels.part_total_text,
        {{ local_text('coalesce(source.effective_at, source.effective_start, source.effective_instant)', 'site_time_zones.time_zone') }}
            as effective_text,
        source.has_member,
        source.derived_from,
        {{ local_text('source.last_updated', 'site_time_zones.time_zone') }} as updated_text,
        source.is_malformed,
        security_labels.restricted_label,
        coalesce(deletions.deleted_on >= source.delivered_on, false) as is_deleted
    from source
    left join concepts on source.codings = concepts.codings
    left join panels
        on
            source.site_id = panels.site_id
            and source.delivered_on = panels.delivered_on
            and source.file = panels.file
            and source.row_number = panels.row_number
    left join coded_units on source.value_unit_code = coded_units.code
    left join observation_statuses on source.status = observation_statuses.observation_status
    left join site_time_zones on source.site_id = site_time_zones.site_id
    left join security_labels on source.security_codings = security_labels.security_codings
    left join deletions on source.site_id = deletions.site_id and source.id = deletions.resource_id
),

valued as (
    select
        {{ record_columns('recognised') }},
        recognised.observation_id,
        recognised.patient_id,
        recognised.status,
        recognised.carried,
        recognised.vital,
        recognised.instrument,
        recognised.questionnaire_role,
        recognised.item_number,
        recognised.codings,
        case
            when recognised.carried = 'vital' then recognised.measured_text
            when recognised.carried = 'question'
                then coalesce(
                    recognised.score_text,
                    coded_answers.response_text,
                    recognised.value_number_text,
                    case when recognised.value_codings is not null then '(coded)' end,
                    recognised.part_total_text
                )
        end as value_text,
        recognised.unit_text,
        recognised.part_vital,
        recognised.n_measured_parts,
        recognised.n_item_parts,
        recognised.effective_text,
        recognised.has_member,
        recognised.derived_from,
        recognised.updated_text,
        recognised.is_malformed,
        recognised.restricted_label,
        recognised.is_deleted
    from recognised
    left join coded_answers
        on recognised.value_codings = coded_answers.codings and recognised.instrument = coded_answers.instrument
)

select * from valued
