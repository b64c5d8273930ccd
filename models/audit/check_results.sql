with checks as (
    select * from {{ ref('checks') }}
),

check_measurements as (
    select * from {{ ref('check_measurements') }}
),

-- A check of the deliveries that found nothing to look at is told so; what other tools measure comes when they ran.
measured as (
    select
        checks.check_id,
        coalesce(check_measurements.subject, 'network') as subject,
        coalesce(check_measurements.n_checked, 0) as n_checked,
        coalesce(check_measurements.n_violating, 0) as n_violating,
        coalesce(check_measurements.has_error, false) as has_error,
        checks.kahn_category,
        checks.severity,
        checks.share_at_most,
        checks.count_at_most
    from checks
    left join check_measurements on checks.check_id = check_measurements.check_id
    where check_measurements.check_id is not null or checks.measured_by = 'sql'
),

check_results as (
    select
        check_id,
        subject,
        cast(n_checked as bigint) as n_checked,
        cast(n_violating as bigint) as n_violating,
        {{ share('n_violating', 'n_checked') }} as share,
        case
            when has_error then 'error'
            when n_checked = 0 then 'not_applicable'
            when n_violating > count_at_most and {{ share('n_violating', 'n_checked') }} > share_at_most then 'fail'
            else 'pass'
        end as status,
        kahn_category,
        severity,
        share_at_most,
        count_at_most
    from measured
)

select * from check_results
