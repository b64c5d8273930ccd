-- What differs, counted for the check catalogue: rows (check_id, subject, n_checked, n_violating).
with before as (
    select *, true as is_there from standing.audit.publication_profile
),

after as (
    select *, true as is_there from audit.publication_profile
),

compared as (
    select
        kind, site_id, study_id, subject, detail, period,
        coalesce(before.is_there, false) as was_there,
        coalesce(after.is_there, false) as is_there,
        before.n as n_before, after.n as n_after, before.n_of as n_of_before, after.n_of as n_of_after
    from before
    full join after using (kind, site_id, study_id, subject, detail, period)
),

known_sites as (
    select distinct site_id from before where kind = 'volume'
),

-- Months show what totals hide, where new records make up for lost ones.
volumes as (
    select
        site_id,
        subject,
        sum(n_before) filter (where period = 'all') as n,
        greatest(
            coalesce(sum(greatest(n_before - coalesce(n_after, 0), 0)) filter (where period = 'all'), 0),
            coalesce(sum(greatest(n_before - coalesce(n_after, 0), 0)) filter (where period <> 'all'), 0)
        ) as n_lost
    from compared
    where kind = 'volume' and detail = 'accepted' and was_there
    group by site_id, subject
),

usual_completeness as (
    select site_id, subject, sum(n) / sum(n_of) as share
    from before
    where kind = 'completeness' and period <> 'all'
    group by site_id, subject
),

completeness as (
    select
        site_id,
        subject,
        was_there,
        sum(n_of_after * case when was_there then n_before / n_of_before else usual_completeness.share end) as n,
        n - sum(n_after) as n_lost
    from compared
    inner join usual_completeness using (site_id, subject)
    where kind = 'completeness' and period <> 'all' and is_there
    group by site_id, subject, was_there
),

unmapped as (
    select
        compared.site_id,
        compared.subject,
        any_value(volumes.n) as n,
        sum(greatest(coalesce(compared.n_after, 0) - coalesce(compared.n_before, 0), 0)) as n_lost
    from compared
    inner join after as volumes
        on compared.site_id = volumes.site_id
        and volumes.kind = 'volume' and volumes.detail = 'accepted' and volumes.period = 'all'
        and starts_with(compared.subject, volumes.subject || '.')
    where compared.kind = 'unmapped_value'
    group by compared.site_id, compared.subject
),

-- A clinic without an unmapped value was looked at too.
volumes_after as (
    select site_id, 'all' as subject, sum(n) as n, 0 as n_lost
    from after
    where kind = 'volume' and detail = 'accepted' and period = 'all'
    group by site_id
),

answered_forms as (
    select site_id, subject, max(n_of_before) as n_of_before, max(n_of_after) as n_of_after
    from compared
    where kind = 'questionnaire' and starts_with(detail, 'answers of item')
    group by site_id, subject
),

-- Answers that are missing from today's forms, had they been filled in as before, and answers to items that nobody had.
items as (
    select
        compared.site_id,
        compared.subject,
        case
            when was_there and answered_forms.n_of_after > 0
                then answered_forms.n_of_after * compared.n_before / compared.n_of_before
            when was_there then compared.n_before
            else compared.n_after
        end as n,
        case
            when was_there and answered_forms.n_of_after > 0 then greatest(n - coalesce(compared.n_after, 0), 0)
            else n
        end as n_lost
    from compared
    inner join answered_forms using (site_id, subject)
    where compared.kind = 'questionnaire' and starts_with(compared.detail, 'answers of item')
),

questionnaires as (
    select site_id, subject, sum(n) as n, sum(n_lost) as n_lost
    from items
    group by site_id, subject
),

of_clinics as (
    select 'delivery_volume_dropped' as check_id, site_id, n, n_lost from volumes
    union all
    select case when was_there then 'completeness_dropped' else 'completeness_fell_lately' end, site_id, n, n_lost
    from completeness
    union all
    select 'unmapped_values_grew', site_id, n, n_lost from unmapped
    union all
    select 'unmapped_values_grew', site_id, n, n_lost from volumes_after
    union all
    select 'questionnaire_template_changed', site_id, n, n_lost from questionnaires
),

-- Of a clinic, what lost most speaks: a table, a column or a questionnaire, by number and share.
worst as (
    select
        check_id,
        site_id as subject,
        unnest(max_by(
            {'n_checked': round(n), 'n_violating': least(greatest(round(n_lost), 0), round(n))},
            [greatest(n_lost, 0) * greatest(n_lost, 0) / n, n]
        ))
    from of_clinics
    inner join known_sites using (site_id)
    where n > 0
    group by check_id, site_id
),

moved as (
    select study_id, count(*) as n
    from audit.publication_diff
    where kind = 'figure'
    group by study_id
),

figures as (
    select
        study_id,
        count(*) as n_checked,
        coalesce(any_value(moved.n), 0) as n_violating
    from compared
    left join moved using (study_id)
    where kind = 'figure'
    group by study_id
),

deliveries as (
    select count(*) as n_changed from changed_sources where kind = 'delivery'
)

select check_id, subject, n_checked, n_violating from worst
union all
select 'figures_moved', study_id, n_checked, n_violating from figures
union all
select 'figures_moved_alone', study_id, n_checked, n_violating from figures, deliveries where n_changed = 0
