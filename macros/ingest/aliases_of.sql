{# The aliases of one field: alias_key (lower case letters and digits) and the canonical value. #}
{% macro aliases_of(field) -%}
    select
        alias_key,
        value
    from {{ ref('alias_lookup') }}
    where field = '{{ field }}'
{%- endmacro %}
