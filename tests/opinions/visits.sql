-- Every KPI of a help centre's log in common columns, instants in UTC: (metric, month, total, team, value, n), a team being
-- a site; with tickets, if there are any, for how many visitors come for one of them.
create temp table visits as
select
    site as team, slot_start::timestamptz as slot, visitors::double as visitors, searches::double as searches,
    failed_searches::double as failed, tickets_created::double as tickets, bot_conversations::double as talks,
    bot_resolved::double as resolved
from read_csv(getvariable('visits'), all_varchar = true, header = true);

create temp table facts as
select 'help_centre_visitors' as metric, 'sum' as how, slot as moment, team, visitors as v from visits
union all
select 'tickets_created', 'count', created_at::timestamptz, null, 1
from read_csv(getvariable('tickets'), all_varchar = true, header = true)
where coalesce(is_spam, 'false') = 'false' and coalesce(is_merged, 'false') = 'false'
    and coalesce(is_test, 'false') = 'false' and status is distinct from 'deleted';

create temp table halves as
select 'failed_search_rate' as metric, slot as moment, team, failed as above, searches as below from visits
union all select 'deflection_rate', slot, team, visitors - tickets, visitors from visits
union all select 'bot_resolution_rate_reported', slot, team, resolved, talks from visits;
