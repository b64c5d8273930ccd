-- In what do the patients whose outcome is known differ from the other eligible ones, and by how much?
-- A standardised mean difference beyond 0.1 is commonly read as imbalance (Austin 2009, doi 10.1002/sim.3697). The analysed
-- cannot stand for the others in what they differ in.
select
    analysed.study_id,
    analysed.characteristic,
    analysed.level,
    analysed.n as n_analysed,
    analysed.n_denominator as n_all_analysed,
    not_analysed.n as n_not_analysed,
    not_analysed.n_denominator as n_all_not_analysed,
    coalesce(analysed.share, analysed.mean) as share_or_mean_analysed,
    coalesce(not_analysed.share, not_analysed.mean) as share_or_mean_not_analysed,
    analysed.smd
from marts.cohort_characteristics as analysed
inner join marts.cohort_characteristics as not_analysed
    on
        analysed.study_id = not_analysed.study_id
        and analysed.characteristic = not_analysed.characteristic
        and analysed.level = not_analysed.level
where
    analysed.population = 'analysed'
    and not_analysed.population = 'not_analysed'
    and analysed.level <> 'false'
    and abs(analysed.smd) > 0.1
order by
    analysed.study_id asc,
    abs(analysed.smd) desc,
    analysed.characteristic asc,
    analysed.level asc
