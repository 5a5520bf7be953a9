-- Every duration in business hours (`lives_tables.sql` comes first): weekdays from nine to five in Berlin, by the
-- overlap of each piece of time with each day's opening: (metric, month, total, team, value, n), months of Berlin.
create temp table openings as
select
    (day + interval 9 hours)::timestamp at time zone 'Europe/Berlin' as opens,
    (day + interval 17 hours)::timestamp at time zone 'Europe/Berlin' as closes
from generate_series(timestamp '2025-01-01', timestamp '2025-06-30', interval 1 day) as listed(day)
where isodow(day) <= 5;

with facts as (
    select metric || '_business' as metric, how, moment, team,
        sum(if(opens is null, 0, date_diff('millisecond', greatest(since, opens), least(until, closes)))) / 1000 as v
    from pieces left join openings on since < closes and until > opens
    where until is not null
    group by metric, how, moment, team, id
),
figures as (
    select metric, date_trunc('month', moment at time zone 'Europe/Berlin')::date as month, team, how, v::double as v
    from facts where moment is not null
)
select
    metric, month, grouping(team) = 1 as total, nullif(team, '') as team,
    case any_value(how) when 'mean' then avg(v) when 'median' then median(v) when 'p90' then quantile_cont(v, 0.9) end as value,
    count(v) as n
from figures
group by grouping sets ((metric), (metric, month), (metric, team), (metric, month, team));
