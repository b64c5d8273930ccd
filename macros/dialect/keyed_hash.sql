{#
    HMAC-SHA-256 of `message` as 64 hexadecimal digits (RFC 2104). The key is never in SQL: the reader's plugin puts
    the two padded halves of KIT_PSEUDONYM_KEY into session variables of each connection.
#}
{% macro keyed_hash(message) -%}
    {{ return(adapter.dispatch('keyed_hash', 'kit_outcomes')(message)) }}
{%- endmacro %}

{% macro default__keyed_hash(message) -%}
    sha256(
        getvariable('pseudonym_outer_pad')
        || unhex(sha256(getvariable('pseudonym_inner_pad') || encode({{ message }})))
    )
{%- endmacro %}
