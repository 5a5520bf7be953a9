-- Every KPI of tickets with history and messages (`lives_tables.sql` comes first), but for business hours and SLAs:
-- (metric, month, total, team, value, n), months of Berlin.
create temp table facts as
select metric, how, moment, team, sum(date_diff('millisecond', since, until)) / 1000 as v
from pieces where until is not null group by metric, how, moment, team, id
union all select 'tickets_created', 'count', created, team, 1 from tickets
union all select unnest(['tickets_solved', 'solved_as_of']), 'count', solved, team, 1 from tickets
union all select 'solved_events', 'count', began, team, 1 from spells where is_done and was_open
union all select 'reopened_events', 'count', began, team, 1 from spells where is_open and was_done
union all select 'reopen_rate', 'mean', first_solved, team, (reopens > 0)::int from tickets
union all select 'one_touch_rate', 'mean', solved, team, (replies = 1 and reopens = 0)::int from tickets
union all
select 'first_contact_resolution', 'mean', solved, team, (replies <= 1 and reopens = 0 and not exists (
    from everybody as later
    where later.requester = tickets.requester and not later.spam
        and later.created > tickets.solved and later.created <= tickets.solved + interval 168 hours
))::int
from tickets where solved + interval 168 hours <= as_of
union all
select 'resolution_rate', 'mean', created, team, coalesce(solved <= created + interval 336 hours, false)::int
from tickets where created + interval 336 hours <= as_of and not (done and solved is null)
union all select 'resolution_rate_to_date', 'mean', created, team, done::int from tickets
union all select 'agent_replies_per_ticket', 'mean', solved, team, replies from tickets
union all select 'interactions_per_ticket', 'mean', solved, team, replies + answers from tickets
union all select 'reassignment_rate', 'mean', solved, team, (stations > 1)::int from tickets
union all select 'escalation_rate_by_priority', 'mean', created, team, is_raised::int from tickets
union all select 'escalation_rate_by_tier', 'mean', created, team, moved_up::int from tickets;

-- Open just before the end of each month, or now, and how old then.
create temp table stocks as
with months as (
    select month::date as month, (month + interval 1 month)::timestamp at time zone 'Europe/Berlin' as month_end
    from generate_series(timestamp '2025-01-01', timestamp '2025-05-01', interval 1 month) as listed(month)
    union all select null, timestamptz '9999-01-01 00:00:00+00'
),
ends as (
    select month, month_end > as_of as is_now, least(month_end, as_of) as now
    from months cross join (select max(as_of) as as_of from everybody)
)
select month, spells.team, spells.assignee, date_diff('millisecond', created, now) / 1000 as age
from ends join spells on is_open and (began < now or (is_now and began = now))
    and (ended is null or ended > now or (ended = now and not is_now))
join tickets using (id);

-- Kaplan and Meier: how many are at risk as each of them ends or is lost sight of.
create temp table survivals as
with waiting as (
    select 'time_to_resolution_km' as metric, created, team, coalesce(solved, as_of) as until, solved is not null as ended
    from tickets where not (done and solved is null)
    union all
    select 'time_to_first_reply_km', created, team, coalesce(replied, as_of), replied is not null from tickets where is_timed
),
asked as (
    select metric, date_trunc('month', created at time zone 'Europe/Berlin')::date as month, team,
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
    select metric, date_trunc('month', moment at time zone 'Europe/Berlin')::date as month, team, how, v::double as v
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
        {'metric': 'backlog_unassigned', 'value': count(*) filter (assignee = ''), 'n': count(*) filter (assignee = '')},
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
union all select metric, month, everyone, nullif(team, ''), value, n from survivals;
