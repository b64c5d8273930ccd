{# Fails once for each of `columns` that is missing in at least one row. One pass for all of them; counts only. #}
{% test complete(model, columns) %}

    with counted as (
        select
            {%- for column in columns %}
            count(*) - count({{ column }}) as missing_{{ column }}{{ ',' if not loop.last }}
            {%- endfor %}
        from {{ model }}
    )

    {% for column in columns %}
    select '{{ column }}' as column_name, missing_{{ column }} as n_rows
    from counted
    where missing_{{ column }} > 0
    {{ 'union all' if not loop.last }}
    {% endfor %}

{% endtest %}
