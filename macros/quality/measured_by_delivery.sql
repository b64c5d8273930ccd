{#
    Several checks over one relation of records, by clinic and for the newest delivery of each clinic alone: what a new
    system does wrong drowns in the records of all the years before. The relation has columns site_id and delivered_on.
    checks: list of dictionaries with check_id, is_violating and is_checked, as in `measured`.
#}
{% macro measured_by_delivery(relation, checks) -%}
    select
        check_id,
        subject,
        cast(sum(n_checked) as bigint) as n_checked,
        cast(sum(n_violating) as bigint) as n_violating
    from (
        with of_deliveries as (
            {%- for check in checks %}
            select
                '{{ check.check_id }}' as check_id,
                site_id,
                delivered_on,
                {{ measured_counts(check.is_violating, check.is_checked or 'true') }}
            from {{ relation }}
            group by site_id, delivered_on
            {%- if not loop.last %}
            union all
            {%- endif %}
            {%- endfor %}
        ),

        placed as (
            select
                *,
                min(delivered_on) over (partition by check_id, site_id) as first_delivered_on,
                max(delivered_on) over (partition by check_id, site_id) as last_delivered_on
            from of_deliveries
        )

        select
            check_id,
            site_id as subject,
            n_checked,
            n_violating
        from placed
        union all
        select
            check_id,
            site_id || ', newest delivery' as subject,
            n_checked,
            n_violating
        from placed
        where delivered_on = last_delivered_on and first_delivered_on < last_delivered_on
    ) as of_clinics
    group by check_id, subject
{%- endmacro %}
