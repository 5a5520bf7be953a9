-- NPS and CES from a file in common columns: (metric, month, total, team, value, n), months of Berlin by the answer.
-- An answer from 0 to 10 counts for NPS; CES is the plain mean of its answers, which all have one scale here.
with answers as (
    select kind, try_cast(score as double) as score,
        date_trunc('month', coalesce(answered_at, sent_at)::timestamptz at time zone 'Europe/Berlin')::date as month
    from read_csv(getvariable('surveys'), all_varchar = true, header = true)
    where try_cast(score as double) is not null
)
select 'nps' as metric, month, true as total, null as team,
    100.0 * (count(*) filter (where score >= 9) - count(*) filter (where score <= 6)) / count(*) as value, count(*) as n
from answers where kind = 'nps' and score between 0 and 10
group by grouping sets ((), (month))
union all
select unnest(['promoter_share', 'passive_share', 'detractor_share']), month, true, null,
    unnest([count(*) filter (score >= 9), count(*) filter (score > 6 and score < 9), count(*) filter (score <= 6)]) / count(*),
    count(*)
from answers where kind = 'nps' and score between 0 and 10
group by grouping sets ((), (month))
union all
select unnest(['ces', 'ces_share']), month, true, null, unnest([avg(score), avg((score >= 5)::int)]), count(*)
from answers where kind = 'ces' group by grouping sets ((), (month));
