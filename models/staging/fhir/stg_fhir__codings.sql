{%- set codings_columns = [
    ('patient', ['security_codings', 'tag_codings', 'race_codings', 'ethnicity_codings']),
    ('condition', ['security_codings', 'codings']),
    ('encounter', ['security_codings']),
    ('medication', ['security_codings', 'codings', 'ingredient_codings']),
    ('medication_administration', ['security_codings', 'medication_codings', 'route_codings']),
    ('medication_request', ['security_codings', 'medication_codings', 'route_codings']),
    ('medication_statement', ['security_codings', 'medication_codings', 'route_codings']),
    ('observation', ['security_codings', 'codings', 'value_codings']),
    ('questionnaire_response', ['security_codings']),
    ('adverse_event', ['security_codings', 'event_codings', 'severity_codings']),
    ('bundle', ['security_codings']),
    ('other_resource', ['security_codings']),
] -%}

{{ config(materialized='table') }}

with contained_medications as (
    select * from {{ ref('stg_fhir__contained_medications') }}
),

observation_components as (
    select * from {{ ref('stg_fhir__observation_components') }}
),

code_systems as (
    select
        {{ system_key('identifier') }} as system_key,
        min(code_system) as code_system
    from {{ ref('code_systems') }}
    group by {{ system_key('identifier') }}
),

texts as (
    {%- for table, columns in codings_columns %}
    {%- for column in columns %}
    select {{ column }} as codings from {{ source('fhir', table) }}
    union distinct
    {%- endfor %}
    {%- endfor %}
    select codings from contained_medications
    union distinct
    select codings from observation_components
    union distinct
    select value_codings as codings from observation_components
),

exploded as (
    select
        codings,
        coding_position,
        {{ system_key(json_text('coding', '$.system')) }} as system_key,
        {{ json_text('coding', '$.code') }} as code,
        {{ json_text('coding', '$.display') }} as display
    from {{ json_rows('texts', ['codings'], 'codings', 'coding', 'coding_position') }} as elements
),

codings as (
    select
        exploded.codings,
        exploded.coding_position,
        coalesce(code_systems.code_system, 'unknown') as code_system,
        exploded.code,
        exploded.display
    from exploded
    left join code_systems on exploded.system_key = code_systems.system_key
)

select * from codings
