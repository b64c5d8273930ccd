with medication_requests as (
    select * from {{ source('fhir', 'medication_request') }}
),

medication_statements as (
    select * from {{ source('fhir', 'medication_statement') }}
),

concepts as (
    select * from {{ ref('stg_fhir__concepts') }}
),

contained_medications as (
    select * from {{ ref('stg_fhir__contained_medications') }}
),

medication_definitions as (
    select * from {{ ref('stg_fhir__medication_definitions') }}
),

routes as (
    {{ coded_values_of('route') }}
),

security_labels as (
    select * from {{ ref('stg_fhir__security_labels') }}
),

deletions as (
    select * from {{ ref('stg_fhir__deletions') }}
),

site_time_zones as (
    select * from {{ ref('site_time_zones') }}
),

-- An id is unique within its resource type: the orders' ids carry the type.
resources as (
    select
        {{ record_columns() }},
        'MedicationStatement' as resource_type,
        id,
        id as medication_id,
        patient,
        medication_codings,
        medication_text,
        {{ contained_id('medication') }} as contained_medication_id,
        {{ referenced_id('medication', 'Medication') }} as separate_medication_id,
        contained_medications,
        route_codings,
        coalesce(effective_at, effective_start) as started_text,
        effective_end as stopped_text,
        status,
        last_updated,
        security_codings,
        is_malformed
    from medication_statements
    union all
    select
        {{ record_columns() }},
        'MedicationRequest' as resource_type,
        id,
        'MedicationRequest/' || id as medication_id,
        patient,
        medication_codings,
        medication_text,
        {{ contained_id('medication') }} as contained_medication_id,
        {{ referenced_id('medication', 'Medication') }} as separate_medication_id,
        contained_medications,
        route_codings,
        authored_on as started_text,
        null as stopped_text,
        status,
        last_updated,
        security_codings,
        is_malformed
    from medication_requests
),

flat as (
    select
        {{ record_columns('resources') }},
        resources.medication_id,
        {{ referenced_id('resources.patient', 'Patient') }} as patient_id,
        coalesce(
            resources.medication_text,
            concepts.concept_text,
            contained_medications.medication_text,
            contained_concepts.concept_text,
            medication_definitions.medication_text
        ) as medication,
        coalesce(
            concepts.ingredient_rxnorm_code,
            concepts.first_rxnorm_code,
            contained_concepts.ingredient_rxnorm_code,
            contained_concepts.first_rxnorm_code,
            medication_definitions.rxnorm_code
        ) as rxnorm_code,
        coalesce(routes.value, route_concepts.concept_text) as route,
        {{ unless_partial(local_text('resources.started_text', 'site_time_zones.time_zone')) }} as started_on,
        {{ unless_partial(local_text('resources.stopped_text', 'site_time_zones.time_zone')) }} as stopped_on,
        resources.status,
        {{ local_text('resources.last_updated', 'site_time_zones.time_zone') }} as updated_at,
        resources.is_malformed,
        security_labels.restricted_label,
        deletions.resource_id is not null as is_deleted
    from resources
    left join site_time_zones on resources.site_id = site_time_zones.site_id
    left join concepts on resources.medication_codings = concepts.codings
    left join contained_medications
        on
            resources.contained_medications = contained_medications.contained_medications
            and resources.contained_medication_id = contained_medications.medication_id
    left join concepts as contained_concepts on contained_medications.codings = contained_concepts.codings
    left join medication_definitions
        on
            resources.site_id = medication_definitions.site_id
            and resources.separate_medication_id = medication_definitions.medication_id
    left join routes on resources.route_codings = routes.codings
    left join concepts as route_concepts on resources.route_codings = route_concepts.codings
    left join security_labels on resources.security_codings = security_labels.security_codings
    left join deletions
        on
            resources.site_id = deletions.site_id
            and resources.resource_type = deletions.resource_type
            and resources.id = deletions.resource_id
            and resources.delivered_on <= deletions.deleted_on
),

typed as (
    select
        {{ record_columns() }},
        medication_id,
        patient_id,
        medication as medication_text,
        rxnorm_code,
        route as route_text,
        {{ day_of('started_on') }} as started_on,
        {{ day_of('stopped_on') }} as stopped_on,
        status as status_text,
        coalesce(
            {{ known_time_at('updated_at', day_of('updated_at')) }}, cast({{ day_of('updated_at') }} as timestamp)
        ) as updated_at,
        is_malformed,
        restricted_label,
        is_deleted,
        {{ first_missing_column('ehr', 'medications') }} as missing_column,
        {{ first_unparsable_column('ehr', 'medications') }} as unparsable_column
    from flat
)

select * from typed
