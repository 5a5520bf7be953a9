-- Retention and churn from customers in common columns, instants in UTC: (metric, month, total, team, value, n), months of
-- the variable `zone`, a team being a region. Somebody is a customer just before a midnight if a relation covers it.
create temp table relations as
with told as (
    select
        customer_id as who, nullif(region, '') as team, started_at::timestamptz as began, ended_at::timestamptz as ended,
        coalesce(is_churned, 'false')::boolean as churned, is_churned::boolean as stated
    from read_csv(getvariable('customers'), all_varchar = true, header = true)
),
known as (
    select *, (select max(moment) from (select unnest([began, ended]) as moment from told)
        where moment < timestamptz '2030-01-01 00:00:00+00') as as_of
    from told
)
select *, if(ended <= as_of, ended, null) as gone from known;

with edges as (
    select month::date as month, month at time zone getvariable('zone') as starts,
        (month + interval 1 month) at time zone getvariable('zone') as ends
    from generate_series(timestamp '2022-01-01', timestamp '2025-06-01', interval 1 month) as listed(month)
    union all  -- over all: since the same day a year ago, up to now
    select null, (date_trunc('day', any_value(as_of) at time zone getvariable('zone')) - interval 1 year) at time zone getvariable('zone'),
        timestamptz '9999-01-01 00:00:00+00'
    from relations
),
there as (  -- whom each month begins with, and under which region
    select distinct month, ends, who, team
    from edges join relations on began < starts and (gone is null or (gone >= starts and gone > began))
    where began is not null and not (churned and ended is null)
),
fates as (
    select *, exists (
        select 1 from relations as later
        where later.who = there.who and later.began < there.ends and not (later.churned and later.ended is null)
            and (later.gone is null or (later.gone >= there.ends and later.gone > later.began))
    ) as kept
    from there
),
counted as (
    select month, true as total, null as team, count(distinct who) as n, count(distinct who) filter (kept) as kept from fates group by month
    union all select month, false, team, count(distinct who), count(distinct who) filter (kept) from fates group by month, team
)
select 'customer_retention_rate' as metric, month, total, team, kept / n as value, n from counted
union all select 'churn_rate', month, total, team, 1 - kept / n, n from counted
union all
select 'churned_share', listed.month, grouping(team) = 1, team, avg(stated::int), count(stated)
from (select *, date_trunc('month', as_of at time zone getvariable('zone'))::date as as_of_month from relations)
cross join lateral (select as_of_month as month union all select null) as listed
where stated is not null
group by grouping sets ((listed.month), (listed.month, team));
