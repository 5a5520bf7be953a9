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
    coalesce(nullif(trim("Contact ID"), ''), nullif(trim("Email"), ''), nullif(trim("Full name"), '')) as requester,
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
    regexp_extract_all("Time tracked", '\d+')::int[] as tracked_hms,
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
    (select min(later.created) from latest as later
     where later.requester = latest.requester and later.created > if(latest.done, coalesce(latest.resolved, latest.closed), null)) as next_contact,
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
-- other rules for the same: the first response, at least one reply, no more than one
union all select 'first_contact_resolution_freshdesk', 'mean', solved, team, (replies = 1)::int from tickets
union all select 'first_contact_resolution_helpscout', 'mean', solved, team, (replies = 1)::int from tickets where replies > 0
union all select 'one_touch_rate_zendesk', 'mean', solved, team, (replies <= 1)::int from tickets
union all select 'first_contact_resolution_freshservice', 'mean', solved, team, (answers = 0)::int from tickets
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
select 'repeat_contact_rate', 'mean', solved, team, coalesce(next_contact <= solved + interval 168 hours, false)::int
from tickets where requester is not null and solved + interval 168 hours <= as_of
union all select 'active_agents', 'distinct', solved, team, hash(assignee) from tickets where assignee is not null
union all select 'busiest_hour', 'mode', created, team, hour(created at time zone 'Europe/Berlin') from tickets
union all select 'undated_solves', 'mean', created, team, (solved is null)::int from tickets where done
-- 00:00:00 is nothing logged
union all
select 'ticket_handle_time', 'mean', solved, team, nullif(3600 * tracked_hms[1] + 60 * tracked_hms[2] + tracked_hms[3], 0)
from tickets
union all
select 'csat_score', 'mean', solved, team,
    8 - list_position(['Extremely Happy', 'Very Happy', 'Happy', 'Neutral', 'Unhappy', 'Very Unhappy', 'Extremely Unhappy'], rating)
from tickets where rating is not null
union all
select 'csat', 'mean', solved, team, (rating in ('Extremely Happy', 'Very Happy', 'Happy'))::int
from tickets where rating is not null
union all
select 'csat_zendesk', 'mean', solved, team, (rating in ('Extremely Happy', 'Very Happy', 'Happy'))::int
from tickets where rating is not null and rating <> 'Neutral';

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
from tickets where not (done and solved is null)
union all
select 'time_to_first_reply_km', created, team, coalesce(replied, as_of), replied is not null
from tickets where not by_agent;
