-- Every KPI of tickets in common columns, instants in UTC: (metric, month, total, team, value, n), months of New York.
-- Flags that are empty mean no; what is spam, merged away, a test or deleted leaves; but a merged-away ticket is a contact.
create temp table everybody as
select
    ticket_id as id, status, nullif(requester, '') as requester, nullif("group", '') as team,
    created_at::timestamptz as created,
    first_reply_at::timestamptz as replied,
    coalesce(status, 'solved') in ('solved', 'closed') as may_be_done,
    if(may_be_done, coalesce(solved_at, closed_at)::timestamptz, null) as solved,
    coalesce(first_solved_at::timestamptz, solved) as first_solved,
    if(status is null, solved is not null, status in ('solved', 'closed')) as done,
    updated_at::timestamptz as updated,
    due_at::timestamptz as due,
    first_reply_due_at::timestamptz as reply_due,
    agent_replies::int as replies, customer_replies::int as answers, reopens::int as reopens, assignee_stations::int as stations,
    coalesce(is_spam, 'false')::boolean as spam,
    coalesce(is_merged, 'false')::boolean as merged,
    coalesce(is_test, 'false')::boolean as test,
    coalesce(created_by_agent, 'false')::boolean as by_agent,
    coalesce(escalated, 'false')::boolean as escalated,
    reported_first_reply_sla_met::boolean as reply_met,
    reported_resolution_sla_met::boolean as met
from read_csv(getvariable('tickets'), all_varchar = true, header = true)
qualify row_number() over (partition by ticket_id order by updated_at desc) = 1;

-- Somebody with more than 50 tickets in any 30 days is a mailbox or a machine: nobody can say what is a next contact.
create temp table busy as
select distinct one.requester
from everybody as one
join everybody as other
    on one.requester = other.requester and other.created between one.created and one.created + interval 720 hours
where not one.spam and not other.spam
group by one.requester, one.id having count(*) > 50;

create temp table tickets as
select
    everybody.*,
    date_diff('millisecond', created, solved) / 1000 as full_seconds,
    date_diff('millisecond', created, first_solved) / 1000 as first_seconds,
    if(replied >= created, date_diff('millisecond', created, replied) / 1000, null) as reply_seconds,
    (select min(later.created) from everybody as later
     where later.requester = everybody.requester and later.created > everybody.solved and not later.spam) as next_contact,
    requester is not null and requester not in (from busy) as traceable,
    (select max(greatest(created, updated, replied, solved, first_solved)) from everybody) as as_of
from everybody
where not (spam or merged or test or coalesce(status = 'deleted', false));

create temp table facts as
select 'tickets_created' as metric, 'count' as how, created as moment, team, 1.0 as v from tickets
union all select unnest(['tickets_solved', 'solved_as_of', 'solved_events']), 'count', solved, team, 1.0 from tickets
union all select 'first_reply_time', 'median', created, team, reply_seconds from tickets where not by_agent
union all select 'first_reply_time_p90', 'p90', created, team, reply_seconds from tickets where not by_agent
union all select 'average_first_reply_time', 'mean', created, team, reply_seconds from tickets where not by_agent
union all select 'full_resolution_time', 'median', solved, team, full_seconds from tickets
union all select 'full_resolution_time_p90', 'p90', solved, team, full_seconds from tickets
union all select 'average_resolution_time', 'mean', solved, team, full_seconds from tickets
union all select 'first_resolution_time', 'median', first_solved, team, first_seconds from tickets
union all select 'reopen_rate', 'mean', first_solved, team, (reopens > 0)::int from tickets
union all select 'one_touch_rate', 'mean', solved, team, (replies = 1 and reopens = 0)::int from tickets
union all
select 'first_contact_resolution', 'mean', solved, team,
    (replies <= 1 and reopens = 0 and (next_contact is null or next_contact > solved + interval 168 hours))::int
from tickets where traceable and solved + interval 168 hours <= as_of
-- other rules for the same: the first response, at least one reply, no more than one
union all select 'first_contact_resolution_freshdesk', 'mean', solved, team, (replies = 1)::int from tickets
union all select 'first_contact_resolution_helpscout', 'mean', solved, team, (replies = 1)::int from tickets where replies > 0
union all select 'one_touch_rate_zendesk', 'mean', solved, team, (replies <= 1)::int from tickets
union all select 'first_contact_resolution_freshservice', 'mean', solved, team, (answers = 0)::int from tickets
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
union all select 'interactions_per_ticket', 'mean', solved, team, replies + answers from tickets
union all select 'reassignment_rate', 'mean', solved, team, (stations > 1)::int from tickets
union all select 'handoffs_per_ticket', 'mean', solved, team, if(stations = 0, 0, stations - 1) from tickets
union all
select 'repeat_contact_rate', 'mean', solved, team, coalesce(next_contact <= solved + interval 168 hours, false)::int
from tickets where traceable and solved + interval 168 hours <= as_of
union all select 'busiest_hour', 'mode', created, team, hour(created at time zone 'America/New_York') from tickets
union all select 'undated_solves', 'mean', created, team, (solved is null)::int from tickets where done
union all select 'escalation_rate', 'mean', solved, team, escalated::int from tickets
union all
select 'first_reply_sla_attainment', 'mean', coalesce(reply_due, created), team, reply_met::int
from tickets where coalesce(reply_due, created) <= as_of
union all
select 'resolution_sla_attainment', 'mean', coalesce(due, solved), team, met::int
from tickets where coalesce(due, solved) <= as_of;

create temp table stocks as
with months as (
    select month::date as month, (month + interval 1 month)::timestamp at time zone 'America/New_York' as month_end
    from generate_series(timestamp '2024-01-01', timestamp '2024-06-01', interval 1 month) as listed(month)
    union all select null, (select max(as_of) from tickets) + interval 1 microsecond
)
select month, team, null::boolean as unassigned,  -- the file has no agents
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
