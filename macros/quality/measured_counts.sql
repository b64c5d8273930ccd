{# How many rows of a group a rule speaks of, and how many of them break it: two columns, for a grouped query. #}
{% macro measured_counts(is_violating, is_checked='true') -%}
    cast(count_if({{ is_checked }}) as bigint) as n_checked,
    cast(count_if(({{ is_checked }}) and ({{ is_violating }})) as bigint) as n_violating
{%- endmacro %}
