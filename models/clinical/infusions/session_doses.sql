with session_dose_parts as (
    select * from {{ ref('session_dose_parts') }}
),

session_weights as (
    select * from {{ ref('session_weights') }}
),

weight_units as (
    select * from {{ ref('weight_units') }}
),

pound as (
    select cast(kg_factor as double) as kg_per_lb
    from weight_units
    where weight_unit = 'lb'
),

summed as (
    select
        patient_key,
        session_number,
        case when count(dose_mg) = count(*) then {{ exact_sum('dose_mg') }} end as dose_mg,
        case when count(documented_mg_per_kg) = count(*) then {{ exact_sum('documented_mg_per_kg') }} end
            as documented_mg_per_kg,
        coalesce(bool_and(dose_unit = 'mg'), false) as is_all_mg,
        -- A to X in the order of the alphabet, so the greatest is the worst.
        max(dose_method) as dose_method
    from session_dose_parts
    group by patient_key, session_number
),

weighed as (
    select
        summed.*,
        session_weights.weight_kg,
        session_weights.weight_age_days,
        coalesce(summed.documented_mg_per_kg, summed.dose_mg / nullif(session_weights.weight_kg, 0))
            as dose_mg_per_kg_raw
    from summed
    left join session_weights
        on
            summed.patient_key = session_weights.patient_key
            and summed.session_number = session_weights.session_number
),

judged as (
    select
        *,
        case when not {{ is_plausible_dose('dose_mg_per_kg_raw') }} then 'implausible' end as dose_issue
    from weighed
),

-- What may have been meant, never applied: mg typed as mg/kg, mg/kg typed as mg, kg stored as lb, lb stored as kg.
suggestions as (
    select
        judged.*,
        case when judged.documented_mg_per_kg is not null then judged.dose_mg_per_kg_raw / nullif(judged.weight_kg, 0) end
            as suggestion_mg,
        case when judged.is_all_mg then judged.dose_mg end as suggestion_mg_per_kg,
        judged.dose_mg_per_kg_raw / pound.kg_per_lb as suggestion_weight_in_lb,
        judged.dose_mg_per_kg_raw * pound.kg_per_lb as suggestion_weight_in_kg
    from judged
    cross join pound
),

session_doses as (
    select
        patient_key,
        session_number,
        dose_mg,
        weight_kg,
        weight_age_days,
        case when dose_issue is null then dose_mg_per_kg_raw end as dose_mg_per_kg,
        dose_mg_per_kg_raw,
        case
            when dose_issue is null then null
            when {{ is_plausible_dose('suggestion_mg') }} then suggestion_mg
            when {{ is_plausible_dose('suggestion_mg_per_kg') }} then suggestion_mg_per_kg
            when {{ is_plausible_dose('suggestion_weight_in_lb') }} then suggestion_weight_in_lb
            when {{ is_plausible_dose('suggestion_weight_in_kg') }} then suggestion_weight_in_kg
        end as dose_mg_per_kg_suggested,
        dose_method,
        dose_issue
    from suggestions
)

select * from session_doses
