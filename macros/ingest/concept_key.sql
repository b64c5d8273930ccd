{#
    How a concept of an OMOP table is looked up: its id as text; where the id is one that sites give to concepts of their
    own (omop_local_concept_id_min and above), with `@` and the site behind it, so that two sites' concepts are never
    taken for one. Null for 0 (no matching concept) and for what is no id.
#}
{% macro concept_key(text, site_id='site_id') -%}
    {%- set concept_number = "try_cast(" ~ remove_matches(text, '[.].*$') ~ " as bigint)" -%}
    case
        when not {{ regexp_like(text, '^[0-9]{1,18}([.]0*)?$') }} or {{ concept_number }} = 0 then null
        when {{ concept_number }} >= {{ var('omop_local_concept_id_min') }}
            then cast({{ concept_number }} as string) || '@' || {{ site_id }}
        else cast({{ concept_number }} as string)
    end
{%- endmacro %}
