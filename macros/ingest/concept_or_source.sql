{#
    The text of a value that an OMOP row gives as a concept and as the source wrote it: what the concept means; else the
    source's text; else the concept itself, so that an unmapped one is told. Null where there is none of them.
#}
{% macro concept_or_source(value, source_text, concept_text, site_id='site_id') -%}
    coalesce({{ value }}, {{ source_text }}, {{ concept_key(concept_text, site_id=site_id) }})
{%- endmacro %}
