{#
    Fails for each combination of `columns` that more than one row has, and with `is_complete` for each that lacks a part.
    Counts only: no value is shown or kept.
#}
{% test unique_combination(model, columns, is_complete=false) %}

    select count(*) as n_rows
    from {{ model }}
    group by {{ columns | join(', ') }}
    having count(*) > 1 {{ 'or ' ~ columns | join(' is null or ') ~ ' is null' if is_complete }}

{% endtest %}
