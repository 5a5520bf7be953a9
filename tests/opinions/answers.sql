-- What answers about the tickets of a history say (`lives_tables.sql` comes first): (metric, month, total, team, value, n).
-- `surveys` is a file in common columns; the team is the ticket's, and answers about tickets that do not count do not either.
create temp table answers as
select
    survey_id as id, surveys.ticket_id as ticket, kind, coalesce(everybody.team, '') as team,
    sent_at::timestamptz as sent, answered_at::timestamptz as answered, score::double as score,
    score::double >= scale_max::double - 1 as happy, is_answered::boolean as is_in,
    coalesce(low_is_good, 'false')::boolean as low_is_good,
    (select any_value(as_of) from everybody) as as_of
from read_csv(getvariable('surveys'), all_varchar = true, header = true) as surveys
left join everybody on everybody.id = surveys.ticket_id
where not coalesce(gone, false);

create temp table facts as
with unhappy as (
    select
        answers.*,
        ticket in (select ticket_id from read_csv(getvariable('messages'), all_varchar = true)) as told,
        (select min(sent_at::timestamptz) from read_csv(getvariable('messages'), all_varchar = true)
         where ticket_id = ticket and author_role = 'agent' and is_public = 'true' and sent_at::timestamptz > answered) as followed
    from answers where (kind = 'csat' and not happy) or (kind = 'nps' and score <= 6)
),
firsts as (
    select *, last_value(happy) over (
        partition by ticket order by answered, id rows between unbounded preceding and unbounded following) as ends_happy
    from answers where kind = 'csat' and happy is not null and ticket is not null
    qualify row_number() over (partition by ticket order by answered, id) = 1
)
select 'csat' as metric, 'mean' as how, coalesce(answered, sent) as moment, team, happy::int as v from answers where kind = 'csat'
union all select 'csat_score', 'mean', coalesce(answered, sent), team, score from answers where kind = 'csat'
union all select 'csat_surveys_sent', 'count', sent, team, 1 from answers where kind = 'csat'
union all select 'csat_response_rate', 'mean', sent, team, is_in::int from answers where kind = 'csat'
union all select 'tickets_solved', 'count', solved, team, 1 from tickets
union all
select 'csat_recovery', 'mean', answered, team, ends_happy::int
from firsts where not happy and answered + interval 168 hours <= as_of
union all
select 'closed_loop_rate', 'mean', answered, team, coalesce(followed <= answered + interval 48 hours, false)::int
from unhappy where told and answered + interval 48 hours <= as_of
union all
select 'time_to_follow_up', 'median', answered, team, date_diff('millisecond', answered, followed) / 1000 from unhappy
union all select 'nps', 'nps', coalesce(answered, sent), team, score from answers where kind = 'nps'
union all select 'promoter_share', 'mean', coalesce(answered, sent), team, (score >= 9)::int from answers where kind = 'nps'
union all select 'passive_share', 'mean', coalesce(answered, sent), team, (score in (7, 8))::int from answers where kind = 'nps'
union all select 'detractor_share', 'mean', coalesce(answered, sent), team, (score <= 6)::int from answers where kind = 'nps'
union all select 'ces', 'mean', coalesce(answered, sent), team, score from answers where kind = 'ces' and not low_is_good
union all select 'ces_low', 'mean', coalesce(answered, sent), team, score from answers where kind = 'ces' and low_is_good
union all
select 'ces_share', 'mean', coalesce(answered, sent), team, if(low_is_good, score <= 3, score >= 5)::int
from answers where kind = 'ces';
