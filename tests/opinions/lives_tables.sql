-- Tickets with their history and messages, told as tables for `lives.sql` and `business.sql`, from the definitions.
-- `tickets`, `changes`, `messages` are files in common columns with instants in UTC.
set timezone = 'UTC';

create temp table everybody as
select
    ticket_id as id,
    created_at::timestamptz as created,
    coalesce(status, '') as status,
    status in ('solved', 'closed') as done,
    coalesce("group", '') as team, coalesce(assignee, '') as assignee, coalesce(priority, '') as priority, requester,
    first_reply_at::timestamptz as stated_reply,
    solved_at::timestamptz as stated_solve,
    agent_replies::int as stated_replies, customer_replies::int as stated_answers,
    coalesce(is_spam, 'false')::boolean as spam,
    spam or coalesce(is_merged, 'false')::boolean or coalesce(is_test, 'false')::boolean or status = 'deleted' as gone,
    coalesce(created_by_agent, 'false')::boolean as by_agent,
    (select max(updated_at::timestamptz) from read_csv(getvariable('tickets'), all_varchar = true)) as as_of
from read_csv(getvariable('tickets'), all_varchar = true, header = true);

-- Statuses as vendors spell them; what happened before the creation is as if it happened with it.
create temp table changes as
with told as (
    select
        ticket_id as id, changed_at::timestamptz as changed, position::int as place, field,
        coalesce(old, '') as old, coalesce(new, '') as new
    from read_csv(getvariable('changes'), all_varchar = true, header = true)
),
spelled as (
    select id, changed, place, field,
        if(field = 'status', replace(replace(lower(old), ' ', '_'), '-', '_'), old) as old,
        if(field = 'status', replace(replace(lower(new), ' ', '_'), '-', '_'), new) as new
    from told
    union all  -- without a history of statuses a ticket is open from its creation to its solve
    select id, stated_solve, 1, 'status', 'open', status
    from everybody
    where done and stated_solve is not null and id not in (select id from told where field = 'status')
)
select
    id, changed, greatest(changed, created) as moment, place, field,
    if(old = 'hold', 'on_hold', old) as old, if(new = 'hold', 'on_hold', new) as new
from spelled join everybody using (id)
where not gone;

create temp table has_history as
select distinct ticket_id as id from read_csv(getvariable('changes'), all_varchar = true, header = true) where field = 'status';

-- What never changed has always been what it is at the export.
create temp table spells as
with alive as (
    select * from everybody
    where not gone and (not done or id in (select id from changes where field = 'status'))
),
starts as (
    select id, field, if(field = 'status' and old = '', 'open', old) as begins_as from changes
    qualify row_number() over (partition by id, field order by changed, place) = 1
),
instants as (select id, created as moment from alive union select id, moment from changes where id in (select id from alive)),
values_then as (
    select distinct instants.id, instants.moment, fields.field,
        last_value(coalesce(changes.new, starts.begins_as, case fields.field
            when 'status' then if(done, 'open', alive.status) when 'group' then team when 'assignee' then assignee else priority end))
        over (
            partition by instants.id, instants.moment, fields.field order by changes.changed, changes.place
            rows between unbounded preceding and unbounded following
        ) as value
    from instants
    cross join (values ('status'), ('group'), ('assignee'), ('priority')) as fields(field)
    join alive on alive.id = instants.id
    left join starts on starts.id = instants.id and starts.field = fields.field
    left join changes on changes.id = instants.id and changes.field = fields.field and changes.moment <= instants.moment
),
states as (
    select id, moment as began,
        max(value) filter (field = 'status') as status, max(value) filter (field = 'group') as team,
        max(value) filter (field = 'assignee') as assignee, max(value) filter (field = 'priority') as priority
    from values_then group by id, moment
),
differing as (
    select * from states
    window ticket as (partition by id order by began)
    qualify row(status, team, assignee, priority) is distinct from lag(row(status, team, assignee, priority)) over ticket
)
select
    differing.*,
    lead(began) over ticket as ended,
    coalesce(lead(began) over ticket, alive.as_of) as until,
    differing.status in ('new', 'open', 'pending', 'on_hold') as is_open,
    differing.status in ('solved', 'closed') as is_done,
    lag(is_open) over ticket as was_open, lag(is_done) over ticket as was_done,
    lag(differing.status) over ticket as status_before, lag(differing.assignee) over ticket as assignee_before,
    lag(differing.priority) over ticket as priority_before
from differing join alive using (id)
window ticket as (partition by id order by began);

-- What counts as said: the customer unless it is private, a person of the team where it is public.
create temp table said as
select ticket_id as id, sent_at::timestamptz as moment, author_role = 'agent' as is_agent, author, created, by_agent,
    row_number() over (partition by ticket_id order by sent_at, author_role = 'agent') = 1
    and moment <= created + interval 1 second as is_opening
from read_csv(getvariable('messages'), all_varchar = true, header = true)
join everybody on everybody.id = ticket_id
where not gone and ((author_role = 'customer' and coalesce(is_public, 'true') = 'true')
    or (author_role = 'agent' and is_public = 'true'));

create temp table counted as
with spoken as (select distinct ticket_id as id, true as yes from read_csv(getvariable('messages'), all_varchar = true))
select
    everybody.id,
    coalesce(any_value(spoken.yes), false) as has_messages,
    if(has_messages, min(said.moment) filter (is_agent and not is_opening and said.moment >= said.created), any_value(stated_reply)) as replied,
    if(has_messages, count(*) filter (is_agent and not is_opening), any_value(stated_replies)) as replies,
    if(has_messages, count(distinct author) filter (
        is_agent and not is_opening and said.moment >= said.created - interval 1 second), null) as repliers,
    if(has_messages, count(*) filter (not is_agent and not is_opening), any_value(stated_answers)) as answers,
    -- public messages by bots
    if(has_messages, (
        select count(*) from read_csv(getvariable('messages'), all_varchar = true)
        where ticket_id = everybody.id and author_role = 'bot' and is_public = 'true'
    ), null) as bots
from everybody left join said on said.id = everybody.id left join spoken on spoken.id = everybody.id
where not gone
group by everybody.id;

create temp table waits as
with heard as (
    select id, moment, is_agent from said where not (is_agent and (is_opening or moment < created))
    union all  -- the opening is not among the messages: it came with the creation
    select id, created, false from everybody
    where not gone and not by_agent and id in (select id from counted where has_messages)
        and id not in (select id from said where is_opening)
),
rounds as (
    select *, coalesce(sum(is_agent::int) over (
        partition by id order by moment, is_agent rows between unbounded preceding and 1 preceding), 0) as nth
    from heard
)
select rounds.id, greatest(min(moment) filter (not is_agent), any_value(created)) as asked, min(moment) filter (is_agent) as replied
from rounds join everybody using (id)
group by rounds.id, nth having count(*) filter (not is_agent) > 0;

create temp table tickets as
with lives as (
    select id,
        min(began) filter (is_done and was_open) as first_solved, max(began) filter (is_done and was_open) as last_solved,
        count(*) filter (is_open and was_done) as reopens,
        count(*) filter (is_open and was_done and status = 'open') as to_open,
        bool_or(status in ('pending', 'on_hold')) as has_waited,
        max(began) filter (is_open and was_done) as last_reopened, min(began) filter (is_open and was_done) as first_reopened,
        min(began) filter (assignee <> '' and assignee is distinct from assignee_before) as first_assigned,
        max(began) filter (assignee <> '' and assignee is distinct from assignee_before) as last_assigned,
        max(began) filter (status is distinct from status_before) as in_status_since,
        bool_or(coalesce(list_position(['low', 'normal', 'high', 'urgent'], priority)
            > list_position(['low', 'normal', 'high', 'urgent'], priority_before), false)) as is_raised
    from spells group by id
),
held as (
    select id,
        coalesce(list(assignee order by began) filter (assignee <> ''), []) as agents,
        coalesce(list(team order by began) filter (team <> ''), []) as teams
    from spells group by id
)
select
    everybody.*, counted.* exclude (id), lives.* exclude (id),
    if(done, last_solved, null) as solved,
    len(list_filter(agents, lambda who, nth: nth = 1 or who <> agents[nth - 1])) as stations,
    len(list_filter(teams, lambda who, nth: nth = 1 or who <> teams[nth - 1])) as team_stations,
    len(list_filter(teams, lambda who, nth: nth > 1 and who <> teams[nth - 1] and who in ('Tier 2', 'Tier 3'))) > 0 as moved_up,
    not by_agent or has_messages as is_timed,
    -- what is solved or waits without a change of status has a history that is not here
    status in ('new', 'open') or id in (from has_history) as is_told
from everybody
join counted using (id) left join lives using (id) left join held using (id)
where not gone;

-- The pieces of time of which every duration is the sum: (metric, how, date, team, id of what has it, from, to).
create temp table pieces as
with sums(metric, statuses) as (
    values ('new_time', ['new']), ('open_time', ['open']), ('pending_time', ['pending']), ('on_hold_time', ['on_hold']),
        ('requester_wait_time', ['new', 'open', 'on_hold']), ('agent_wait_time', ['pending']),
        ('agent_work_time', ['new', 'open'])
)
select metric, 'median' as how, created as moment, tickets.team, id, began as since,
    if(list_contains(statuses, spells.status), until, began) as until
from spells join tickets using (id) cross join sums where is_told
union all
select 'unassigned_time', 'median', created, tickets.team, id, began, if(is_open and spells.assignee = '', until, began)
from spells join tickets using (id) where is_told
union all
select 'solve_time', 'median', solved, tickets.team, id, began, if(is_open, until, began)
from spells join tickets using (id) where done and is_told
union all
select 'requester_wait_time_explore', 'median', created, tickets.team, id, began,
    if(spells.status in ('new', 'open', 'on_hold') and began < in_status_since, until, began)
from spells join tickets using (id) where is_told
union all
select 'requester_wait_time_zendesk_csv', 'median', created, tickets.team, id, began,
    if(spells.status in ('new', 'open') or (spells.status = 'solved' and coalesce(began < last_reopened, false)), until, began)
from spells join tickets using (id) where is_told
union all
select unnest(['first_reply_time', 'first_reply_time_p90', 'average_first_reply_time']), unnest(['median', 'p90', 'mean']),
    created, team, id, created, replied
from tickets where is_timed
union all
select unnest(['full_resolution_time', 'full_resolution_time_p90', 'average_resolution_time']),
    unnest(['median', 'p90', 'mean']), solved, team, id, created, solved
from tickets
union all select 'first_resolution_time', 'median', first_solved, team, id, created, first_solved from tickets
union all select 'first_assignment_time', 'median', created, team, id, created, first_assigned from tickets
union all
select 'assignment_to_resolution_time', 'median', solved, team, id, last_assigned, solved
from tickets where last_assigned <= solved
union all
select unnest(['response_time', 'average_response_time']), unnest(['median', 'mean']), asked, team, id || ' ' || asked, asked, waits.replied
from waits join tickets using (id);
