-- Every KPI of a call log in common columns, instants in UTC: (metric, month, total, team, value, n), a team being a queue.
create temp table calls as
with told as (
    select
        call_id, nullif(queue, '') as team, nullif(direction, '') as direction, nullif(outcome, '') as outcome,
        started_at::timestamptz as started, answered_at::timestamptz as answered, ended_at::timestamptz as ended,
        if(wait_seconds::double >= 0, wait_seconds::double, null) as stated_wait,
        talk_seconds::double as talk, hold_seconds::double as hold, wrap_seconds::double as wrap,
        is_resolved::boolean as resolved
    from read_csv(getvariable('calls'), all_varchar = true, header = true)
    qualify row_number() over (partition by call_id order by updated_at desc) = 1
)
select
    *,
    direction is distinct from 'outbound' as inbound,
    case when outcome = 'answered' then true when outcome is not null then false when answered is not null then true end as taken,
    coalesce(stated_wait, if(answered >= started, date_diff('millisecond', started, answered) / 1000, null)) as waited,
    -- after how long the caller gave up
    if(outcome = 'abandoned',
        coalesce(stated_wait, if(ended >= started, date_diff('millisecond', started, ended) / 1000, null)), null) as gave_up
from told;

create temp table facts as
with offered as (select * from calls where inbound and taken is not null),
counted as (select * from offered where not coalesce(gave_up < 5, false))
select 'calls_offered' as metric, 'count' as how, started as moment, team, 1.0 as v from offered
union all select 'answer_rate', 'mean', started, team, taken::int from offered
union all select 'abandonment_rate', 'mean', started, team, (outcome = 'abandoned')::int from counted
union all select 'service_level', 'mean', started, team, if(taken, (waited <= 20)::int, 0) from counted
union all select 'average_speed_of_answer', 'mean', started, team, waited from offered where taken
union all select 'first_call_resolution', 'mean', started, team, resolved::int from offered where taken
union all select 'first_call_resolution_offered', 'mean', started, team, if(taken, resolved::int, 0) from offered
union all select 'talk_time', 'mean', started, team, talk from calls where taken
union all select 'hold_time', 'mean', started, team, hold from calls where taken
union all select 'wrap_time', 'mean', started, team, wrap from calls where taken
union all
select 'average_handle_time', 'mean', started, team, talk + coalesce(hold, 0) + coalesce(wrap, 0) from calls where taken;
