with drugs as (
    select * from {{ ref('stg_omop__drugs') }}
    where is_administration
),

drug_strengths as (
    select * from {{ ref('stg_omop__drug_strengths') }}
),

value_aliases as (
    select
        {{ alias_key('alias') }} as alias_key,
        value
    from {{ ref('value_aliases') }}
    where field = 'dose_unit'
),

dose_units as (
    select * from {{ ref('dose_units') }}
),

flat as (
    select
        {{ record_columns('drugs') }},
        drugs.drug_id as administration_id,
        drugs.patient_id,
        drugs.medication,
        drugs.rxnorm_code,
        drugs.route,
        drugs.quantity as dose,
        drugs.dose_unit_source_value as dose_unit,
        -- Checked as a number where the vocabulary is read.
        cast(null as string) as concentration_mg_per_ml,
        drugs.started_at,
        drugs.ended_at,
        cast(null as string) as status,
        cast(null as string) as updated_at,
        drugs.is_malformed,
        drug_strengths.concentration_mg_per_ml as concentration,
        drugs.quantity is not null
        and dose_units.dose_unit is not null
        and (dose_units.dose_basis <> 'volume' or drug_strengths.concentration_mg_per_ml is not null) as is_expressible
    from drugs
    left join value_aliases on {{ alias_key('drugs.dose_unit_source_value') }} = value_aliases.alias_key
    left join dose_units on value_aliases.value = dose_units.dose_unit
    left join drug_strengths
        on
            dose_units.dose_basis = 'volume'
            and drugs.drug_key = drug_strengths.concept_key
            and coalesce(drugs.ingredient, 'other') = drug_strengths.ingredient
),

typed as (
    select
        {{ record_columns() }},
        administration_id,
        patient_id,
        medication as medication_text,
        rxnorm_code,
        route as route_text,
        case when is_expressible then {{ number_of('dose') }} end as dose,
        false as is_dose_missing,
        not is_expressible and not is_malformed as is_dose_inexpressible,
        dose_unit as dose_unit_text,
        concentration as concentration_mg_per_ml,
        {{ day_of('started_at') }} as started_on,
        {{ known_time_at('started_at', day_of('started_at')) }} as started_at,
        {{ day_of('ended_at') }} as ended_on,
        {{ known_time_at('ended_at', day_of('ended_at')) }} as ended_at,
        status as status_text,
        cast(null as timestamp) as updated_at,
        is_malformed,
        {{ unlabelled_columns() }},
        {{ first_missing_column('ehr', 'medication_administrations', except=['dose', 'dose_unit']) }} as missing_column,
        {{ first_unparsable_column('ehr', 'medication_administrations') }} as unparsable_column
    from flat
)

select * from typed
