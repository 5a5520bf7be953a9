-- Every KPI that Zendesk's ticket CSV can tell, written from the definitions: (metric, month, group, value, n), months of
-- Berlin, month and group null where all are taken together. `tickets` is the file, wall-clock times without an offset.
-- Berlin's wall clock as an instant: of the hour that happens twice in autumn the first is meant.
create temp macro later_berlin(clock) as clock at time zone 'Europe/Berlin';
create temp macro berlin(cell) as if(
    (later_berlin(try_strptime(cell, '%Y-%m-%d %H:%M')) - interval 1 hour) at time zone 'Europe/Berlin' = try_strptime(cell, '%Y-%m-%d %H:%M'),
    later_berlin(try_strptime(cell, '%Y-%m-%d %H:%M')) - interval 1 hour,
    later_berlin(try_strptime(cell, '%Y-%m-%d %H:%M'))
);

create temp table latest as
select
    "Id" as id,
    nullif(trim("Requester id"), '') as requester,
    "Requester" is distinct from "Submitter" as by_agent,
    nullif(nullif(trim("Group"), ''), '-') as team,
    nullif(nullif(trim("Assignee"), ''), '-') as assignee,
    list_contains(string_split("Tags", ' '), 'closed_by_merge') is true as merged,
    berlin("Created at") as created,
    berlin("Updated at") as updated,
    berlin("Solved at") as solved_cell,
    "Status" in ('Solved', 'Closed') as done,
    "Satisfaction Score" as rating,
    try_cast("Assignee stations" as int) as stations,
    try_cast("Group stations" as int) as team_stations,
    try_cast("Reopens" as int) as reopens,
    try_cast("Replies" as int) as replies,
    60 * try_cast("First reply time in minutes" as double) as reply_seconds,
    60 * try_cast("First resolution time in minutes" as double) as first_seconds,
    60 * try_cast("Full resolution time in minutes" as double) as full_seconds,
    60 * try_cast("First reply time in minutes within business hours" as double) as reply_hours,
    60 * try_cast("First resolution time in minutes within business hours" as double) as first_hours,
    60 * try_cast("Full resolution time in minutes within business hours" as double) as full_hours,
    60 * try_cast("Agent wait time in minutes" as double) as agent_wait,
    60 * try_cast("Agent wait time in minutes within business hours" as double) as agent_wait_hours,
    60 * try_cast("Requester wait time in minutes" as double) as requester_wait,
    60 * try_cast("Requester wait time in minutes within business hours" as double) as requester_wait_hours,
    60 * try_cast("On hold time in minutes" as double) as on_hold,
    60 * try_cast("On hold time in minutes within business hours" as double) as on_hold_hours
from read_csv(getvariable('tickets'), all_varchar = true, header = true)
where trim(coalesce("Id", '')) <> '' and berlin("Created at") is not null
qualify row_number() over (partition by "Id" order by "Updated at" desc) = 1;

create temp table everybody as
select latest.*, if(done, solved_cell, null) as solved, created + to_seconds(cast(first_seconds as bigint)) as first_solved
from latest;

create temp table tickets as
select
    everybody.*,
    (select min(later.created) from everybody as later
     where later.requester = everybody.requester and later.created > everybody.solved) as next_contact,
    (select max(greatest(created, updated, solved)) from everybody) as as_of
from everybody
where not merged;

create temp table facts as
select 'tickets_created' as metric, 'count' as how, created as moment, team, 1.0 as v from tickets
union all select unnest(['tickets_solved', 'solved_as_of', 'solved_events']), 'count', solved, team, 1.0 from tickets
union all select 'first_reply_time', 'median', created, team, reply_seconds from tickets where not by_agent
union all select 'first_reply_time_p90', 'p90', created, team, reply_seconds from tickets where not by_agent
union all select 'average_first_reply_time', 'mean', created, team, reply_seconds from tickets where not by_agent
union all select 'full_resolution_time', 'median', solved, team, full_seconds from tickets
union all select 'full_resolution_time_p90', 'p90', solved, team, full_seconds from tickets
union all select 'average_resolution_time', 'mean', solved, team, full_seconds from tickets
union all select 'first_resolution_time', 'median', coalesce(first_solved, solved), team, coalesce(first_seconds, full_seconds) from tickets
-- business hours and waits as the helpdesk reports them
union all select 'first_reply_time_business', 'median', created, team, reply_hours from tickets where not by_agent
union all select 'first_reply_time_p90_business', 'p90', created, team, reply_hours from tickets where not by_agent
union all select 'average_first_reply_time_business', 'mean', created, team, reply_hours from tickets where not by_agent
union all select 'full_resolution_time_business', 'median', solved, team, full_hours from tickets
union all select 'full_resolution_time_p90_business', 'p90', solved, team, full_hours from tickets
union all select 'average_resolution_time_business', 'mean', solved, team, full_hours from tickets
union all select 'first_resolution_time_business', 'median', coalesce(first_solved, solved), team, first_hours from tickets
union all select 'agent_wait_time', 'median', created, team, agent_wait from tickets
union all select 'agent_wait_time_business', 'median', created, team, agent_wait_hours from tickets
union all
select unnest(['requester_wait_time', 'requester_wait_time_zendesk_csv']), 'median', created, team, requester_wait from tickets
union all
select unnest(['requester_wait_time_business', 'requester_wait_time_zendesk_csv_business']), 'median', created, team,
    requester_wait_hours
from tickets
union all select 'on_hold_time', 'median', created, team, on_hold from tickets
union all select 'on_hold_time_business', 'median', created, team, on_hold_hours from tickets
union all select 'reopen_rate', 'mean', coalesce(first_solved, solved), team, (reopens > 0)::int from tickets
union all select 'one_touch_rate', 'mean', solved, team, (replies = 1 and reopens = 0)::int from tickets
union all
select 'first_contact_resolution', 'mean', solved, team,
    (replies <= 1 and reopens = 0 and (next_contact is null or next_contact > solved + interval 168 hours))::int
from tickets where requester is not null and solved + interval 168 hours <= as_of
-- other rules for the same: the first response, at least one reply, no more than one
union all select 'first_contact_resolution_freshdesk', 'mean', solved, team, (replies = 1)::int from tickets
union all select 'first_contact_resolution_helpscout', 'mean', solved, team, (replies = 1)::int from tickets where replies > 0
union all select 'one_touch_rate_zendesk', 'mean', solved, team, (replies <= 1)::int from tickets
union all
select unnest(['reopen_rate_zendesk_csv', 'reopen_rate_dbt']), 'mean', coalesce(first_solved, solved), team,
    unnest([(reopens > 0)::int, (reopens + done::int > 1)::int])
from tickets
union all
select 'resolution_rate', 'mean', created, team,
    case when done and solved is null then null else (coalesce(full_seconds <= 14 * 86400, false))::int end
from tickets where created + interval 336 hours <= as_of
union all select 'resolution_rate_to_date', 'mean', created, team, done::int from tickets
union all select 'agent_replies_per_ticket', 'mean', solved, team, replies from tickets
union all select 'reassignment_rate', 'mean', solved, team, (stations > 1)::int from tickets
union all select 'handoffs_per_ticket', 'mean', solved, team, if(stations = 0, 0, stations - 1) from tickets
union all select 'group_handoff_rate', 'mean', solved, team, (team_stations > 1)::int from tickets
union all
select 'repeat_contact_rate', 'mean', solved, team, coalesce(next_contact <= solved + interval 168 hours, false)::int
from tickets where requester is not null and solved + interval 168 hours <= as_of
union all select 'active_agents', 'distinct', solved, team, hash(assignee) from tickets where assignee is not null
union all select 'busiest_hour', 'mode', created, team, hour(created at time zone 'Europe/Berlin') from tickets
union all select 'undated_solves', 'mean', created, team, (solved is null)::int from tickets where done
union all
select unnest(['csat', 'csat_zendesk']), 'mean', solved, team, (rating = 'Good')::int
from tickets where rating in ('Good', 'Bad')
union all select 'csat_score', 'mean', solved, team, null from tickets  -- good and bad have no points
union all select 'csat_surveys_sent', 'count', solved, team, 1 from tickets where rating in ('Good', 'Bad', 'Offered')
union all
select 'csat_response_rate', 'mean', solved, team, (rating <> 'Offered')::int
from tickets where rating in ('Good', 'Bad', 'Offered');

-- Open at the end of each month, or now; a ticket that is solved without a date is in no stock.
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

-- From when to when each is waited for, and whether it came.
create temp table waiting as
select 'time_to_resolution_km' as metric, created, team, coalesce(solved, as_of) as until, solved is not null as ended
from tickets where not (done and solved is null);
