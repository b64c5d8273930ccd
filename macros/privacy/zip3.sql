{#
    The first three digits of a ZIP code of five digits or 5+4; null for anything else. Sparsely populated prefixes are
    replaced by 000 by the model that joins the seed sparse_zip3 (45 CFR 164.514(b)(2)(i)(B)).
#}
{% macro zip3(zip_code) -%}
    case when {{ regexp_like(zip_code, '^[0-9]{5}(-[0-9]{4})?$') }} then left({{ zip_code }}, 3) end
{%- endmacro %}
