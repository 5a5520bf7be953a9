-- Every KPI of reviews and posts in common columns, instants in UTC: (metric, month, total, team, value, n), a team being a
-- network.
create temp table mentions as
select
    network as team, posted_at::timestamptz as posted, replied_at::timestamptz as replied, rating::double as rating,
    coalesce(is_own_post, 'false')::boolean as own, coalesce(needs_reply::boolean, not own) as wanted, sentiment,
    impressions::int as seen, followers::int as readers,
    if(coalesce(likes, comments, shares, clicks) is null, null,
        coalesce(likes::int, 0) + coalesce(comments::int, 0) + coalesce(shares::int, 0) + coalesce(clicks::int, 0)) as deeds,
    max(greatest(posted, replied)) over () as as_of
from read_csv(getvariable('mentions'), all_varchar = true, header = true);

create temp table facts as
select 'review_response_rate' as metric, 'mean' as how, posted as moment, team, (replied is not null)::int as v
from mentions where wanted and posted + interval 168 hours <= as_of
union all
select 'review_response_time', 'median', posted, team,
    if(replied >= posted, date_diff('millisecond', posted, replied) / 1000, null)
from mentions where wanted
union all
select 'net_sentiment', 'mean', posted, team, case sentiment when 'positive' then 100 when 'neutral' then 0 when 'negative' then -100 end
from mentions where not own
union all select 'star_rating', 'mean', posted, team, rating from mentions where not own;

create temp table halves as
select 'engagement_rate' as metric, posted as moment, team, deeds::double as above, seen::double as below from mentions
union all select 'engagement_rate_by_followers', posted, team, deeds, readers from mentions;
