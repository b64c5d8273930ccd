{#
    Follows links to their ends: for each row of `links` (a CTE with site_id, from_id, to_id; one row for each from_id)
    the id that is reached when no link leads on: (site_id, start_id, reached_id). On a loop it is some id of the loop.
    Each round doubles the length of every path, so 20 rounds follow chains of a million links.
#}
{% macro follow_links(links) -%}
    {{ return(adapter.dispatch('follow_links', 'kit_outcomes')(links)) }}
{%- endmacro %}

{% macro default__follow_links(links) -%}
    {%- set rounds = 20 -%}
    (
        with paths_0 as materialized (
            select
                site_id,
                from_id as start_id,
                to_id as reached_id
            from {{ links }}
        )
        {%- for round in range(rounds) %},

        paths_{{ round + 1 }} as materialized (
            select
                near.site_id,
                near.start_id,
                coalesce(far.reached_id, near.reached_id) as reached_id
            from paths_{{ round }} as near
            left join paths_{{ round }} as far
                on near.site_id = far.site_id and near.reached_id = far.start_id
        )
        {%- endfor %}

        select
            site_id,
            start_id,
            reached_id
        from paths_{{ rounds }}
    )
{%- endmacro %}
