-- Satisfaction of Help Scout's ratings report: (metric, month, total, team, value, n), months of Berlin by the rating.
-- `ratings` is the file; 1 is great, 2 okay, 3 not good. CSAT is great by all, Zendesk's great by great and not good,
-- happiness great less not good in points. Whatever was rated again counts as it was rated last: here nothing was.
with ratings as (
    select unnest(results, recursive := true) from read_json(getvariable('ratings'), auto_detect = true)
),
counts as (
    select date_trunc('month', ratingCreatedAt::timestamptz at time zone 'Europe/Berlin')::date as month,
        count(*) filter (ratingId = 1) as great, count(*) filter (ratingId = 3) as bad, count(*) as n
    from ratings group by grouping sets ((), (month))
)
select 'csat' as metric, month, true as total, null as team, great / n as value, n from counts
union all select 'csat_zendesk', month, true, null, great / (great + bad), great + bad from counts
union all select 'csat_helpscout', month, true, null, 100 * (great - bad) / n, n from counts;
