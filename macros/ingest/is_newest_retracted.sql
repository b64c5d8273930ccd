{# true for every version of a `key` whose newest valid version carries a retracting status. Needs is_newest and is_retracting. #}
{% macro is_newest_retracted(key) -%}
    max(case when is_newest and is_retracting then 1 else 0 end) over (partition by site_id, {{ key }}) = 1
{%- endmacro %}
