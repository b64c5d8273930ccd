{#
    true for the newest valid version of `key`: among the records without a reason to quarantine them, the one with the
    greatest updated_at (missing = oldest), then delivered_on, then file name, then row number. A quarantined record
    supersedes nothing. Needs the columns site_id, reason, updated_at, delivered_on, file, row_number.
    last_order: a further column, for several rows of one record; the greatest value is the newest.
#}
{% macro is_newest_version(key, last_order=none) -%}
    (
        reason is null
        and row_number() over (
            partition by site_id, {{ key }}, reason is null
            order by updated_at desc nulls last, delivered_on desc nulls last, file desc nulls last, row_number desc nulls last
                {%- if last_order %}, {{ last_order }} desc nulls last{% endif %}
        ) = 1
    )
{%- endmacro %}
