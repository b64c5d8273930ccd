with value_aliases as (
    select * from {{ ref('value_aliases') }}
),

keyed as (
    select
        field,
        {{ alias_key('alias') }} as alias_key,
        value
    from value_aliases
)

select * from keyed
