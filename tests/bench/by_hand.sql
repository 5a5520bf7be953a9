-- Twenty KPIs of a Zendesk export, by month and group and by month for all groups, as an analyst writes them by hand.
-- Created-side figures belong to the month of Created at, solved-side ones to that of Solved at, first resolution and
-- reopens to that of the first solve; durations in seconds.
set variable all_groups = 'ALL GROUPS';

create view if not exists tickets_csv as from read_csv(getvariable('tickets'));

create temp table latest as                          -- the same ticket twice: the newest state of it
select
    "Requester id" as requester,
    "Group" as "group",
    coalesce(contains("Tags", 'closed_by_merge'), false) as is_merged,
    "Created at" as created_at,
    "Updated at" as updated_at,
    if("Status" in ('Solved', 'Closed'), "Solved at", null) as solved_at,
    "Satisfaction Score" as rating,
    "Assignee stations" as assignee_stations,
    "Reopens" as reopens,
    "Replies" as replies,
    "First reply time in minutes" * 60 as first_reply,
    "First resolution time in minutes" * 60 as first_resolution,
    "Full resolution time in minutes" * 60 as full_resolution
from tickets_csv
qualify row_number() over (partition by "Id" order by "Updated at" desc) = 1;

with file as (                                       -- what happened after this instant, the file cannot know
    select max(greatest(created_at, updated_at, solved_at)) as as_of from latest
),

-- Merged tickets are no work of their own, but they are contacts: the next one after a solve ends "first contact".
tickets as (
    select
        latest.*,
        date_trunc('month', latest.created_at)::date as created_month,
        date_trunc('month', latest.solved_at)::date as solved_month,
        date_trunc('month', coalesce(
            latest.created_at + to_seconds(latest.first_resolution), latest.solved_at
        ))::date as first_solved_month,
        next_contact.created_at as next_contact_at,
        latest.created_at + interval 14 days <= as_of as is_old_enough,
        latest.solved_at + interval 7 days <= as_of and latest.requester is not null as is_followed
    from latest
    cross join file
    asof left join (select requester, created_at from latest) as next_contact
        on latest.requester = next_contact.requester and latest.solved_at < next_contact.created_at
    where not is_merged
),

by_created as (
    select
        created_month as month,
        if(grouping("group") = 1, getvariable('all_groups'), "group") as "group",
        count(*) as tickets_created,
        median(first_reply) as first_reply_time,
        quantile_cont(first_reply, 0.9) as first_reply_time_p90,
        avg(first_reply) as average_first_reply_time,
        avg((coalesce(solved_at <= created_at + interval 14 days, false))::int)
            filter (where is_old_enough) as resolution_rate,
        avg((solved_at is not null)::int) as resolution_rate_to_date
    from tickets
    group by grouping sets ((created_month, "group"), (created_month))
),

by_solved as (
    select
        solved_month as month,
        if(grouping("group") = 1, getvariable('all_groups'), "group") as "group",
        count(*) as tickets_solved,
        median(full_resolution) as full_resolution_time,
        quantile_cont(full_resolution, 0.9) as full_resolution_time_p90,
        avg(full_resolution) as average_resolution_time,
        avg((replies = 1 and reopens = 0)::int) as one_touch_rate,
        avg((
            replies <= 1 and reopens = 0
            and coalesce(next_contact_at > solved_at + interval 7 days, true)
        )::int) filter (where is_followed) as first_contact_resolution,
        avg(replies) as agent_replies_per_ticket,
        avg((assignee_stations > 1)::int) as reassignment_rate,
        count(*) filter (where rating = 'Good')
            / nullif(count(*) filter (where rating in ('Good', 'Bad')), 0) as csat,
        count(*) filter (where rating in ('Good', 'Bad'))
            / nullif(count(*) filter (where rating in ('Offered', 'Good', 'Bad')), 0) as csat_response_rate
    from tickets
    where solved_at is not null
    group by grouping sets ((solved_month, "group"), (solved_month))
),

by_first_solved as (
    select
        first_solved_month as month,
        if(grouping("group") = 1, getvariable('all_groups'), "group") as "group",
        median(first_resolution) as first_resolution_time,
        avg((reopens > 0)::int) as reopen_rate
    from tickets
    where first_solved_month is not null
    group by grouping sets ((first_solved_month, "group"), (first_solved_month))
),

months as (select month from by_created union select month from by_solved),
groups as (select "group" from by_created union select "group" from by_solved)

select
    month,
    "group",
    coalesce(tickets_created, 0) as tickets_created,
    coalesce(tickets_solved, 0) as tickets_solved,
    coalesce(tickets_created, 0) - coalesce(tickets_solved, 0) as net_flow,
    sum(coalesce(tickets_created, 0) - coalesce(tickets_solved, 0))
        over (partition by "group" order by month) as backlog,
    by_created.* exclude (month, "group", tickets_created),
    by_solved.* exclude (month, "group", tickets_solved),
    by_first_solved.* exclude (month, "group")
from months
cross join groups
left join by_created using (month, "group")
left join by_solved using (month, "group")
left join by_first_solved using (month, "group")
order by month, "group";
