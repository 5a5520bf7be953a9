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
-- other rules for the same: the first response, at least one reply, no more than one
union all select 'first_contact_resolution_freshdesk', 'mean', solved, team, (replies = 1)::int from tickets
union all select 'first_contact_resolution_helpscout', 'mean', solved, team, (replies = 1)::int from tickets where replies > 0
union all select 'one_touch_rate_zendesk', 'mean', solved, team, (replies <= 1)::int from tickets
union all select 'first_contact_resolution_freshservice', 'mean', solved, team, (answers = 0)::int from tickets
union all
select 'first_contact_resolution_intercom', 'mean', created, team, (done and reopens = 0 and repliers = 1)::int from tickets
union all
select 'one_touch_rate_zendesk_messaging', 'mean', solved, team, (replies > 0 and reopens = 0 and not if(is_told, has_waited, null))::int
from tickets
union all
select unnest(['reopen_rate_zendesk_csv', 'reopen_rate_dbt']), 'mean', first_solved, team,
    unnest([(to_open > 0)::int, (reopens + done::int > 1)::int])
from tickets
union all
select unnest(['average_response_time_freshdesk', 'average_response_time_intercom']), unnest(['mean', 'median']),
    unnest([waits.replied, created]), team, date_diff('millisecond', asked, waits.replied) / 1000
from waits join tickets using (id)
union all
select 'average_response_time_zendesk', 'mean', asked, team, date_diff('millisecond', asked, waits.replied) / 1000
from waits join tickets using (id) where waits.replied is distinct from tickets.replied
union all
select 'resolution_rate', 'mean', created, team, coalesce(solved <= created + interval 336 hours, false)::int
from tickets where created + interval 336 hours <= as_of and not (done and solved is null)
union all select 'resolution_rate_to_date', 'mean', created, team, done::int from tickets
union all select 'agent_replies_per_ticket', 'mean', solved, team, replies from tickets
union all select 'interactions_per_ticket', 'mean', solved, team, replies + answers from tickets
union all select 'reassignment_rate', 'mean', solved, team, (stations > 1)::int from tickets
union all select 'handoffs_per_ticket', 'mean', solved, team, if(stations = 0, 0, stations - 1) from tickets
union all select 'group_handoff_rate', 'mean', solved, team, (team_stations > 1)::int from tickets
union all select 'agents_per_ticket', 'mean', solved, team, repliers from tickets
union all select 'active_agents', 'distinct', solved, team, hash(assignee) from tickets where assignee <> ''
union all select 'busiest_hour', 'mode', created, team, hour(created at time zone 'Europe/Berlin') from tickets
union all select 'undated_solves', 'mean', created, team, (solved is null)::int from tickets where done
union all
select 'repeat_contact_rate', 'mean', solved, team, exists (
    from everybody as later
    where later.requester = tickets.requester and not later.spam
        and later.created > tickets.solved and later.created <= tickets.solved + interval 168 hours
)::int
from tickets where solved + interval 168 hours <= as_of
union all
select 'bot_resolution_rate', 'mean', created, team, (
    first_solved is not null and first_solved <= created + interval 168 hours
    and not coalesce(replied <= first_solved + interval 168 hours, false)
    and not coalesce(first_reopened <= first_solved + interval 168 hours, false)
)::int
from tickets
where bots > 0 and not by_agent and created + interval 336 hours <= as_of and not (done and first_solved is null)
    and not exists (from said where said.id = tickets.id and is_opening and is_agent)
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
select month, spells.team, spells.assignee = '' as unassigned, date_diff('millisecond', created, now) / 1000 as age
from ends join spells on is_open and (began < now or (is_now and began = now))
    and (ended is null or ended > now or (ended = now and not is_now))
join tickets using (id);

-- From when to when each is waited for, and whether it came.
create temp table waiting as
select 'time_to_resolution_km' as metric, created, team, coalesce(solved, as_of) as until, solved is not null as ended
from tickets where not (done and solved is null)
union all
select 'time_to_first_reply_km', created, team, coalesce(replied, as_of), replied is not null from tickets where is_timed;
