-- Every KPI that Freshdesk's ticket CSV can tell, written from the definitions: (metric, month, total, team, value, n),
-- months of Berlin, null where all are taken together. `tickets` is the file, wall-clock times without an offset.
-- Berlin's wall clock as an instant: of the hour that happens twice in autumn the first is meant.
create temp macro later_berlin(clock) as clock at time zone 'Europe/Berlin';
create temp macro berlin(cell) as if(
    (later_berlin(try_strptime(cell, '%Y-%m-%d %H:%M:%S')) - interval 1 hour) at time zone 'Europe/Berlin' = try_strptime(cell, '%Y-%m-%d %H:%M:%S'),
    later_berlin(try_strptime(cell, '%Y-%m-%d %H:%M:%S')) - interval 1 hour,
    later_berlin(try_strptime(cell, '%Y-%m-%d %H:%M:%S'))
);

create temp table latest as
select
    "Ticket ID" as id,
    "Source" = 'Outbound Email' as by_agent,
    nullif(nullif(trim("Group"), ''), 'No Group') as team,
    nullif(nullif(trim("Agent"), ''), 'No Agent') as assignee,
    berlin("Created time") as created,
    berlin("Last update time") as updated,
    berlin("Initial response time") as replied,
    berlin("Resolved time") as resolved,
    berlin("Closed time") as closed,
    berlin("Due by Time") as due,
    "Status" in ('Resolved', 'Closed') as done,
    nullif(trim("Survey results"), '') as rating,
    regexp_extract_all("First response time (in hrs)", '\d+')::int[] as reply_hms,
    regexp_extract_all("Resolution time (in hrs)", '\d+')::int[] as full_hms,
    try_cast("Agent interactions" as int) as replies,
    try_cast("Customer interactions" as int) as answers,
    nullif(trim("First response status"), '') as reply_verdict,
    nullif(trim("Resolution status"), '') as verdict
from read_csv(getvariable('tickets'), all_varchar = true, header = true)
where trim(coalesce("Ticket ID", '')) <> '' and berlin("Created time") is not null
qualify row_number() over (partition by "Ticket ID" order by "Last update time" desc) = 1;

create temp table tickets as
select
    latest.*,
    if(done, coalesce(resolved, closed), null) as solved,
    date_diff('second', created, if(done, coalesce(resolved, closed), null)) as full_seconds,
    if(replied >= created, date_diff('second', created, replied), null) as reply_seconds,
    -- 00:00:00 stands for nothing where there is no reply and no solve; a reply before the creation is none
    if(replied >= created, 3600 * reply_hms[1] + 60 * reply_hms[2] + reply_hms[3], null) as reply_hours,
    if(solved is not null, 3600 * full_hms[1] + 60 * full_hms[2] + full_hms[3], null) as full_hours,
    (select max(greatest(created, updated, replied, resolved, closed)) from latest) as as_of
from latest;

create temp table facts as
select 'tickets_created' as metric, 'count' as how, created as moment, team, 1.0 as v from tickets
union all select unnest(['tickets_solved', 'solved_as_of', 'solved_events']), 'count', solved, team, 1.0 from tickets
-- business hours as the helpdesk reports them
union all select 'first_reply_time_business', 'median', created, team, reply_hours from tickets where not by_agent
union all select 'first_reply_time_p90_business', 'p90', created, team, reply_hours from tickets where not by_agent
union all select 'average_first_reply_time_business', 'mean', created, team, reply_hours from tickets where not by_agent
union all select 'full_resolution_time_business', 'median', solved, team, full_hours from tickets
union all select 'full_resolution_time_p90_business', 'p90', solved, team, full_hours from tickets
union all select 'average_resolution_time_business', 'mean', solved, team, full_hours from tickets
union all select 'first_reply_time', 'median', created, team, reply_seconds from tickets where not by_agent
union all select 'first_reply_time_p90', 'p90', created, team, reply_seconds from tickets where not by_agent
union all select 'average_first_reply_time', 'mean', created, team, reply_seconds from tickets where not by_agent
union all select 'full_resolution_time', 'median', solved, team, full_seconds from tickets
union all select 'full_resolution_time_p90', 'p90', solved, team, full_seconds from tickets
union all select 'average_resolution_time', 'mean', solved, team, full_seconds from tickets
union all select 'first_resolution_time', 'median', solved, team, full_seconds from tickets
union all
select 'resolution_rate', 'mean', created, team,
    case when done and solved is null then null else (coalesce(full_seconds <= 14 * 86400, false))::int end
from tickets where created + interval 336 hours <= as_of
union all select 'resolution_rate_to_date', 'mean', created, team, done::int from tickets
union all select 'agent_replies_per_ticket', 'mean', solved, team, replies from tickets
union all select 'interactions_per_ticket', 'mean', solved, team, replies + answers from tickets
union all
select 'first_reply_sla_attainment', 'mean', created, team, (reply_verdict = 'Within SLA')::int
from tickets where reply_verdict is not null
union all
select 'resolution_sla_attainment', 'mean', coalesce(due, solved), team, (verdict = 'Within SLA')::int
from tickets where verdict is not null and coalesce(due, solved) <= as_of
union all
select 'csat', 'mean', solved, team, (rating in ('Extremely Happy', 'Very Happy', 'Happy'))::int
from tickets where rating is not null;

create temp table stocks as
with months as (
    select month::date as month, (month + interval 1 month)::timestamp at time zone 'Europe/Berlin' as month_end
    from generate_series(timestamp '2025-01-01', timestamp '2025-12-01', interval 1 month) as listed(month)
    union all select null, (select max(as_of) from tickets) + interval 1 microsecond
)
select month, team, assignee is null as unassigned,
    date_diff('millisecond', created, least(month_end, as_of)) / 1000 as age
from months cross join tickets
where not (done and solved is null) and created < month_end and (solved is null or solved >= month_end);

-- Kaplan and Meier: how many are at risk as each of them ends or is lost sight of at as-of.
create temp table survivals as
with waiting as (
    select 'time_to_resolution_km' as metric, created, team, coalesce(solved, as_of) as until, solved is not null as ended
    from tickets where not (done and solved is null)
    union all
    select 'time_to_first_reply_km', created, team, coalesce(replied, as_of), replied is not null
    from tickets where not by_agent
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
select metric, month, all_teams = 1 as total, team, value, n from gathered
union all select metric, month, all_teams = 1, team, value, n from flow
union all select metric, month, all_teams = 1, team, value, n from sizes
union all select metric, month, everyone, team, value, n from survivals;
