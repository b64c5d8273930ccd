{#
    One check measured over a relation: how many rows of each subject were looked at, and how many break the rule.
    is_violating: SQL condition of a row that breaks it; unknown counts as kept. is_checked: SQL condition of the rows
    that the rule speaks of. subject: column or expression that names the group, a site_id or `network`.
#}
{% macro measured(check_id, relation, is_violating, is_checked='true', subject='site_id') -%}
    select
        '{{ check_id }}' as check_id,
        {{ subject }} as subject,
        {{ measured_counts(is_violating, is_checked) }}
    from {{ relation }}
    group by {{ subject }}
{%- endmacro %}
