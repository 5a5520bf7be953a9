"""The maps in `configs/maps`: a file with the headers that each one's head tells gives the right figures."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import pytest

from cs_metrics.periods import Calendar
from cs_metrics.question import Question
from cs_metrics.readers import open_exports
from cs_metrics.report import build
from tests.asking import NOW, ROOT, figures, own
from tests.vendor_files import REAL, real_files, saved

MAPS = ROOT / "configs/maps"
SPROUT_HEADER = (
    "Date", "Network", "Post Type", "Content Type", "Post", "Link", "Impressions", "Reach", "Engagements",
    "Engagement Rate (per Impression)", "Saves", "Post Link Clicks", "Video Views",
)  # fmt: skip
SPROUT_ROWS = (
    '01/31/2025 9:05 am,Facebook,Post,Photo,"New!\nToday, ""half"" price",https://f.example/1,"10,000",8,250,2.5%,,30,',
    '02/01/2025 11:30 pm,X,Post,Text,Hello,https://x.example/2,"1,000,000",,"1,000",0.1%,,,',
    '2/14/2025 12:00 am,TikTok,Post,Video,Cats,https://t.example/3,,,40,,,,"1,204"',
)
SPROUT = "\n".join((",".join(SPROUT_HEADER), *SPROUT_ROWS))
HOOTSUITE_HEADER = (
    "Conversation ID", "Medium", "Channel", "Channel Display Name", "Contact Profile ID", "Contact Primary Identifier",
    "Contact Secondary Identifier", "Created at", "Last Status Change Agent ID",
)  # fmt: skip
HOOTSUITE_ROWS = (
    "c-1,FACEBOOK,PAGE,Firm,p1,Anna,,2025-01-31 23:30:00,77",
    "c-2,INSTAGRAM,DM,Firm,p2,ben_b,,2025-02-01 08:00:00,78",
    "c-2,INSTAGRAM,DM,Firm,p2,ben_b,,2025-02-01 08:00:00,78",
)
HOOTSUITE = "\n".join((",".join(HOOTSUITE_HEADER), *HOOTSUITE_ROWS))
HELP_CENTRE = """\
Date,Brand,Article,Views,Visitors,Searches,Searches with no results,Up votes,Down votes,Tickets created
2025-01-30,Shop,Returns,"1,200",900,80,8,12,3,9
2025-01-30,Shop,Delivery,300,250,20,12,1,0,1
2025-02-01,Shop,Returns,10,,,,0,0,
"""


def told(tmp_path, name, content, metrics, grain="all", **question):
    """The figures of some metrics of this test, of a file through a shipped map."""
    path = saved(tmp_path / "export.csv", content)
    parts = open_exports([str(path)], None, [MAPS / f"{name}.yml"])
    asked = Question(
        now=NOW, metrics=tuple(metrics), grain=grain, calendar=Calendar("UTC"), zone_given=True, **question
    )
    report = build(parts, asked, own(tmp_path, **metrics))
    assert not report.result.missing
    assert report.rejects.is_empty()
    return {metric: figures(report, metric) for metric in metrics}


def rows(tmp_path, name, content, frame, zone=None):
    (part,) = open_exports([str(saved(tmp_path / "export.csv", content))], None, [MAPS / f"{name}.yml"])
    return part.load({frame: part.available(frame)}, zone).frames[frame]


def test_sprout_gives_the_engagement_of_all_posts_by_their_impressions_and_no_mean_of_rates(tmp_path):
    lines = "frame: mentions\ndate: posted_at\nwhere: is_own_post\n"
    metrics = {
        "rate": f"{lines}numerator: reported_engagements\ndenominator: impressions\nagg: ratio\n",
        "posts": f"{lines}agg: count\n",
    }
    found = told(tmp_path, "sprout", SPROUT, metrics)
    assert found["rate"][()] == (pytest.approx((250 + 1000) / (10_000 + 1_000_000)), 2)
    assert found["posts"][()] == (3, 3)
    by_month = told(tmp_path, "sprout", SPROUT, metrics, grain="month")["posts"]
    assert by_month == {"2025-01-01": (1, 1), "2025-02-01": (2, 2)}


def test_sprouts_dates_are_month_first_in_the_zone_that_is_said_and_a_blank_is_not_zero(tmp_path):
    found = rows(tmp_path, "sprout", SPROUT, "mentions", "America/New_York")
    expected = [datetime(2025, 1, 31, 14, 5), datetime(2025, 2, 2, 4, 30), datetime(2025, 2, 14, 5)]
    assert found["posted_at"].to_list() == [instant.replace(tzinfo=UTC) for instant in expected]
    assert found["impressions"].to_list() == [10_000, 1_000_000, None]
    assert found["clicks"].to_list() == [30, None, None]
    assert found["network"].to_list() == ["Facebook", "X", "TikTok"]
    assert found["needs_reply"].to_list() == [False] * 3
    assert "likes" not in found.columns


def test_hootsuite_counts_each_conversation_once_and_does_not_say_which_were_answered(tmp_path):
    metrics = {"conversations": "frame: mentions\ndate: posted_at\nwhere: needs_reply\nagg: count\n"}
    found = told(tmp_path, "hootsuite", HOOTSUITE, metrics, grain="month", by=("network",))
    january, february = ("2025-01-01", "FACEBOOK"), ("2025-02-01", "INSTAGRAM")
    assert {key: n for key, (_, n) in found["conversations"].items() if n} == {january: 1, february: 1}
    assert "replied_at" not in rows(tmp_path, "hootsuite", HOOTSUITE, "mentions").columns


def test_a_help_centre_gives_its_failed_searches_and_views_by_month(tmp_path):
    lines = "frame: visits\ndate: slot_start\n"
    metrics = {
        "failed": f"{lines}numerator: failed_searches\ndenominator: searches\nagg: ratio\n",
        "views": f"{lines}value: views\nagg: sum\n",
    }
    found = told(tmp_path, "help_centre", HELP_CENTRE, metrics)
    assert found["failed"][()] == (pytest.approx(20 / 100), 2)
    assert told(tmp_path, "help_centre", HELP_CENTRE, metrics, grain="month")["views"] == {
        "2025-01-01": (1500, 2),
        "2025-02-01": (10, 1),
    }
    votes = rows(tmp_path, "help_centre", HELP_CENTRE, "visits").select(pl.col("votes_up", "tickets_created").sum())
    assert votes.row(0) == (13, 10)


@real_files
def test_of_the_telephone_companys_customers_26_54_percent_have_left(tmp_path):
    name = REAL / "telco_churn/WA_Fn-UseC_-Telco-Customer-Churn.csv"
    (part,) = open_exports([str(name)], None, [MAPS / "churned_customers.yml"])
    loaded = part.load({"customers": part.available("customers")}, None)
    customers = loaded.frames["customers"]
    assert (customers.height, customers["is_churned"].sum()) == (7043, 1869)
    assert round(100 * customers["is_churned"].mean(), 2) == 26.54
    assert loaded.rejects.is_empty()


def test_customers_without_dates_are_each_there_once_with_whether_they_have_left(tmp_path):
    content = "customerID,Contract,MonthlyCharges,Churn\na,One year,10.5,No\nb,Month-to-month,20,Yes\n"
    found = rows(tmp_path, "churned_customers", content, "customers")
    columns = ["customer_id", "is_churned", "plan", "monthly_value"]
    assert found.select(columns).rows() == [("a", False, "One year", 10.5), ("b", True, "Month-to-month", 20)]
