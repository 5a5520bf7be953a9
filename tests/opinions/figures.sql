-- The last step of an opinion: (metric, month, total, team, value, n) of all, by month, by team and by both. The steps
-- before it make the tables `facts` (metric, how, moment, team, v), `stocks` (month, team, unassigned, age) and `waiting`
-- (metric, created, team, until, ended); months are those of the variable `zone`, and no team is null or ''.

-- Ratios of sums have their own table, `halves` (metric, moment, team, above, below); what an opinion does not need is empty.
create temp table if not exists stocks (month date, team varchar, unassigned boolean, age double);
create temp table if not exists waiting (metric varchar, created timestamptz, team varchar, until timestamptz, ended boolean);
create temp table if not exists halves (metric varchar, moment timestamptz, team varchar, above double, below double);

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
            when 'sum' then sum(v)
            when 'distinct' then count(distinct v)
            -- of equally frequent ones the least
            when 'mode' then list_min(list_transform(
                list_filter(map_entries(histogram(v)), lambda one: one.value = list_max(map_values(histogram(v)))),
                lambda one: one.key))
            when 'nps' then 100.0 * (count(*) filter (v >= 9) - count(*) filter (v <= 6)) / nullif(count(v), 0)
        end as value,
        count(v) as n
    from figures
    group by grouping sets ((metric), (metric, month), (metric, team), (metric, month, team))
),
divided as (
    select metric, month, team, grouping(team) as all_teams, sum(above) / nullif(sum(below), 0) as value, count(*) as n
    from (
        select *, date_trunc('month', moment at time zone getvariable('zone'))::date as month
        from halves where above is not null and below is not null
    )
    group by grouping sets ((metric), (metric, month), (metric, team), (metric, month, team))
),
flow as (
    select 'net_flow' as metric, month, team, all_teams,
        sum(if(metric = 'tickets_created', value, -value)) as value, null::bigint as n
    from gathered where metric in ('tickets_created', 'tickets_solved') group by month, team, all_teams
),
quotients as (
    select asked.metric, above.month, above.team, above.all_teams, above.value / nullif(below.value, 0) as value, null::bigint as n
    from (values ('tickets_per_agent', 'tickets_solved', 'active_agents'),
        ('survey_coverage', 'csat_surveys_sent', 'tickets_solved'),
        ('self_service_ratio', 'help_centre_visitors', 'tickets_created')) as asked(metric, above, below)
    join gathered as above on above.metric = asked.above
    join gathered as below on below.metric = asked.below and above.all_teams = below.all_teams
        and above.month is not distinct from below.month and above.team is not distinct from below.team
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
union all select metric, month, all_teams = 1, nullif(team, ''), value, n from divided
union all select metric, month, all_teams = 1, nullif(team, ''), value, n from quotients
union all select metric, month, all_teams = 1, nullif(team, ''), value, n from sizes
where metric <> 'backlog_unassigned' or exists (select 1 from stocks where unassigned is not null)
union all select metric, month, everyone, nullif(team, ''), value, n from survivals;
