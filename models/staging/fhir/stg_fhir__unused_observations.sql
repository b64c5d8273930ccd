with observations as (
    select * from {{ ref('stg_fhir__observations') }}
    where carried = 'nothing' or (carried = 'question' and questionnaire_role <> 'total')
),

forms as (
    select * from {{ ref('stg_fhir__observation_forms') }}
),

-- A panel beside the total of its form says nothing of its own, nor does an item where the total says all.
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
    where
        observations.carried = 'nothing'
        or (observations.questionnaire_role = 'panel' and not forms.is_form)
        or (observations.questionnaire_role = 'item' and not forms.is_answer)
)

select * from unused
