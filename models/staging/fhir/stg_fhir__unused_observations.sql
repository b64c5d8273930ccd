with observations as (
    select * from {{ ref('stg_fhir__observations') }}
    where carried = 'nothing' or (carried = 'question' and questionnaire_role = 'panel')
),

forms as (
    select * from {{ ref('stg_fhir__observation_forms') }}
),

-- A panel beside the total of its form, or beside another panel, says nothing of its own.
unused as (
    select
        {{ record_columns('observations') }},
        'unused' as table_name,
        observations.is_malformed,
        observations.restricted_label,
        cast(null as string) as missing_column,
        cast(null as string) as unparsable_column
    from observations
    left join forms
        on observations.site_id = forms.site_id and observations.observation_id = forms.observation_id
    where observations.carried = 'nothing' or not coalesce(forms.is_form, true)
)

select * from unused
