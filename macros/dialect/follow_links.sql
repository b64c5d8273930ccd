{#
    Follows links to their ends: all pairs (site_id, start_id, reached_id) that can be reached from a row of `links`
    (a CTE with site_id, from_id, to_id; one row for each from_id). Ends on loops too, since a pair is kept once.
#}
{% macro follow_links(links) -%}
    {{ return(adapter.dispatch('follow_links', 'kit_outcomes')(links)) }}
{%- endmacro %}

{% macro default__follow_links(links) -%}
    (
        with recursive reached as (
            select
                site_id,
                from_id as start_id,
                to_id as reached_id
            from {{ links }}
            union
            select
                reached.site_id,
                reached.start_id,
                next_link.to_id as reached_id
            from reached
            inner join {{ links }} as next_link
                on reached.site_id = next_link.site_id and reached.reached_id = next_link.from_id
        )

        select
            site_id,
            start_id,
            reached_id
        from reached
    )
{%- endmacro %}
