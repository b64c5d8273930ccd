{#
    A keyed hash (64 hexadecimal digits) of the parts of an identity, such as a site and a local id. The length of each
    part is hashed too, so that no two identities read alike. kind: what is named ('patient', 'site', 'assessment').
#}
{% macro pseudonym(kind, parts) -%}
    {%- set pieces = ["'" ~ kind ~ "'"] -%}
    {%- for part in parts -%}
        {%- do pieces.append("'|' || cast(length(" ~ part ~ ") as string) || ':' || " ~ part) -%}
    {%- endfor -%}
    {{ keyed_hash(pieces | join(' || ')) }}
{%- endmacro %}
