with strata as (
    select * from {{ ref('strata') }}
),

severity_bands as (
    select * from {{ ref('severity_bands') }}
),

instruments as (
    select * from {{ ref('instruments') }}
    where is_scored
),

named_strata as (
    select
        instruments.instrument,
        strata.stratum,
        strata.kind,
        strata.is_present,
        cast(null as bigint) as band_low,
        cast(null as bigint) as band_high
    from instruments
    cross join strata
    where strata.kind <> 'cutoff' or instruments.cutoff_score is not null
),

band_strata as (
    select
        instrument,
        'band_' || cast(band_low as string) || '_' || cast(band_high as string) as stratum,
        'band' as kind,
        cast(null as boolean) as is_present,
        cast(band_low as bigint) as band_low,
        cast(band_high as bigint) as band_high
    from severity_bands
),

response_strata as (
    select * from named_strata
    union all
    select * from band_strata
)

select * from response_strata
