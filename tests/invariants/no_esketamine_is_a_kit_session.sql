with written as (
    select
        vetted_administrations.site_id,
        vetted_administrations.administration_id,
        lower(vetted_administrations.medication_text) as medicine,
        ingredient_codes.ingredient as coded_ingredient
    from {{ ref('vetted_administrations') }} as vetted_administrations
    left join {{ ref('ingredient_codes') }} as ingredient_codes
        on vetted_administrations.rxnorm_code = ingredient_codes.code and ingredient_codes.code_system = 'rxnorm'
    where vetted_administrations.fate = 'accepted'
)

select
    administrations.site_id,
    count(*) as n_administrations
from {{ ref('administrations') }} as administrations
inner join written
    on
        administrations.site_id = written.site_id
        and administrations.administration_id = written.administration_id
where
    administrations.is_kit
    and (
        written.coded_ingredient = 'esketamine'
        or (written.coded_ingredient is null and (written.medicine like '%esketamine%' or written.medicine like '%spravato%'))
    )
group by administrations.site_id
