-- The last step of an opinion: (metric, month, total, team, value, n) of all, by month, by team and by both. The steps
-- before it make the tables `facts` (metric, how, moment, team, v), `stocks` (month, team, unassigned, age) and `waiting`
-- (metric, created, team, until, ended); months are those of the variable `zone`, and no team is null or ''.

-- Kaplan and Meier: how many are at risk as each of them ends or is lost sight of at as-of.
create temp table survivals as
with asked as (
    select metric, date_trunc('month', created at time zone getvariable('zone'))::date as month, team,
        date_diff('millisecond', created, until) / 1000 as lasted, ended
    from waiting where until >= created
),
cut as (
    select metric, listed.month, everyone, if(everyone, null, team) as team, lasted, ended
    from asked cross join (values (true), (false)) as splits(everyone)
    cross join lateral (select asked.month union all select null) as listed(month)
),
steps as (
    select metric, month, everyone, team, lasted, count(*) filter (ended) as ended, count(*) as leaving
    from cut group by all
),
risks as (
    select *, sum(leaving) over (partition by metric, month, everyone, team order by lasted desc) as at_risk from steps
),
curves as (
    select *, exp(sum(ln(if(ended = at_risk, 1e-300, 1 - ended / at_risk)))
        over (partition by metric, month, everyone, team order by lasted)) as surviving
    from risks
)
select metric, month, everyone, team, min(lasted) filter (ended > 0 and surviving <= 0.5 + 1e-9) as value, sum(leaving)::bigint as n
from curves group by metric, month, everyone, team;

with figures as (
    select metric, date_trunc('month', moment at time zone getvariable('zone'))::date as month, team, how, v::double as v
    from facts where moment is not null
),
gathered as (
    select
        metric, month, team, grouping(team) as all_teams,
        case any_value(how)
            when 'count' then count(v)
            when 'mean' then avg(v)
            when 'median' then median(v)
            when 'p90' then quantile_cont(v, 0.9)
        end as value,
        count(v) as n
    from figures
    group by grouping sets ((metric), (metric, month), (metric, team), (metric, month, team))
),
flow as (
    select 'net_flow' as metric, month, team, all_teams,
        sum(if(metric = 'tickets_created', value, -value)) as value, null::bigint as n
    from gathered where metric in ('tickets_created', 'tickets_solved') group by month, team, all_teams
),
sizes as (
    select month, team, grouping(team) as all_teams, unnest([
        {'metric': 'backlog', 'value': count(*)::double, 'n': count(*)},
        {'metric': 'backlog_age', 'value': median(age), 'n': count(*)},
        {'metric': 'backlog_age_p90', 'value': quantile_cont(age, 0.9), 'n': count(*)},
        {'metric': 'backlog_unassigned', 'value': count(*) filter (unassigned), 'n': count(*) filter (unassigned)},
        {'metric': 'backlog_under_1d', 'value': count(*) filter (age < 86400), 'n': count(*) filter (age < 86400)},
        {'metric': 'backlog_1d_to_7d', 'value': count(*) filter (age >= 86400 and age < 604800),
         'n': count(*) filter (age >= 86400 and age < 604800)},
        {'metric': 'backlog_7d_to_30d', 'value': count(*) filter (age >= 604800 and age < 2592000),
         'n': count(*) filter (age >= 604800 and age < 2592000)},
        {'metric': 'backlog_over_30d', 'value': count(*) filter (age >= 2592000), 'n': count(*) filter (age >= 2592000)}
    ], recursive := true)
    from stocks group by grouping sets ((month), (month, team))
)
select metric, month, all_teams = 1 as total, nullif(team, '') as team, value, n from gathered
union all select metric, month, all_teams = 1, nullif(team, ''), value, n from flow
union all select metric, month, all_teams = 1, nullif(team, ''), value, n from sizes
where metric <> 'backlog_unassigned' or exists (select 1 from stocks where unassigned is not null)
union all select metric, month, everyone, nullif(team, ''), value, n from survivals;
