{#
    One check measured over a relation: how many rows of each clinic have a value, and how many have the commonest one.
    Where far more share it than chance allows, a system filled it in. value: SQL expression; rows without one are left out.
#}
{% macro measured_commonest(check_id, relation, value) -%}
    select
        '{{ check_id }}' as check_id,
        site_id as subject,
        cast(sum(n_rows) as bigint) as n_checked,
        cast(max(n_rows) as bigint) as n_violating
    from (
        select
            site_id,
            {{ value }} as common_value,
            count(*) as n_rows
        from {{ relation }}
        where {{ value }} is not null
        group by site_id, {{ value }}
    ) as counted_values
    group by site_id
{%- endmacro %}
