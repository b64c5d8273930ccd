{#
    Fails once for each rule that is false or unknown for at least one row. `rules`: {sentence: SQL expression}. One pass
    over the model for all of them. Counts only: no value is shown or kept.
#}
{% test all_hold(model, rules) %}

    with counted as (
        select
            {%- for sentence, expression in rules.items() %}
            count(case when not coalesce(({{ expression }}), false) then 1 end) as broken_{{ loop.index }}{{ ',' if not loop.last }}
            {%- endfor %}
        from {{ model }}
    )

    {%- for sentence in rules %}
    select
        '{{ sentence }}' as broken_rule,
        broken_{{ loop.index }} as n_rows
    from counted
    where broken_{{ loop.index }} > 0
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

{% endtest %}
