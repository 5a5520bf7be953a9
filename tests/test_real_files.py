"""Real exports with figures known from their own rows; skipped where the folder of them is not there.

Each of them is read with the figures that its README gives, through a map if need be, or refused with the reason.
"""

import csv
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from statistics import mean, median

import pytest

from cs_metrics.catalogue import Catalogue, load_catalogue
from cs_metrics.errors import DataError
from cs_metrics.periods import Calendar
from cs_metrics.question import Question
from cs_metrics.readers import open_exports
from cs_metrics.report import Report, build, drill_down
from tests.asking import NOW, ROOT, account, figure, figures, missing, shipped
from tests.vendor_files import REAL, real_files

MAPS = Path(__file__).parent / "maps"
WAREHOUSE = REAL / "fivetran_zendesk"
DAY, HOUR = 86400, 3600
pytestmark = real_files


def warehouse(*metrics: str) -> tuple[Report, dict[str, dict[str, float]]]:
    """The report on a warehouse's tables, and each metric's value by ticket."""
    names = {"ticket_data": "tickets", "ticket_field_history_data": "changes", "ticket_comment_data": "messages"}
    files = [str(WAREHOUSE / f"{name}.csv") for name in names]
    maps = [MAPS / f"fivetran_{name}.yml" for name in names.values()]
    question = Question(now=datetime(2026, 1, 1, tzinfo=UTC), metrics=metrics, calendar=Calendar(), zone_given=True)
    parts = open_exports(files, None, maps)
    rows = {name: drill_down(name, parts, question, shipped()) for name in metrics}
    return build(parts, question, shipped()), {
        name: dict(frame.select("ticket_id", "value").rows()) for name, frame in rows.items()
    }


@pytest.mark.slow
def test_the_history_of_a_warehouse_gives_each_status_its_days() -> None:
    """Ticket 11071: open 1 + 15 + 2 + 12 days, pending 4 + 10 + 1 + 13, on hold 3 + 14 + 3, from its field history.

    That begins 7:05:09 before the ticket's creation, which is cut off: the first day as open is shorter by it.
    """
    names = ("open_time", "pending_time", "on_hold_time", "solve_time", "requester_wait_time", "agent_work_time")
    _, values = warehouse(*names)
    before = 7 * 3600 + 5 * 60 + 9
    days = dict(zip(names, (30, 28, 20, 78, 50, 30), strict=True))
    expected = {
        name: days[name] * DAY - (before if name not in ("pending_time", "on_hold_time") else 0) for name in names
    }
    assert {name: values[name]["11071"] for name in names} == expected


def test_what_belongs_to_no_ticket_is_counted_and_vanishes_nowhere() -> None:
    """Of 20 comments all belong to tickets that are not here; of 38 changes 19 are of ticket 11071, 3 repeat one."""
    report, _ = warehouse("open_time", "response_time")
    notes = {note.text.split(" belong")[0]: note.count for note in report.result.notes if note.code == "unlinked"}
    assert notes == {"20 messages": 20, "16 changes": 16}
    frames = [source.frames for source in report.result.sources]
    assert frames[1]["changes"]["read"] == 38
    assert frames[1]["changes"]["used"] + frames[1]["changes"]["duplicates"] == 38
    assert frames[2]["messages"] == {"read": 20, "used": 20, "rejected": 0, "duplicates": 0, "excluded": {}}


# Every file: who claims it, and who refuses the rest

CLAIMED = {
    "amazon_connect_ctr/ctr_3_versions.ndjson": "amazon_connect",
    "freshdesk_export_sample/freshdesk_tickets.csv": "freshdesk",
    **{f"freshdesk_json/{name}.json": "freshdesk" for name in ("v1_all_tickets", "v1_ticket_1", "v2_all_tickets")},
    **{f"freshdesk_json/v2_{name}.json": "freshdesk" for name in ("conversations", "search_tickets", "ticket_1")},
    "freshdesk_json/v2_time_entries.json": "freshdesk",
    **{f"helpscout_json/{name}.json": "helpscout" for name in ("get_conversation", "get_rating", "list_conversations")},
    "intercom_json/get_conversations__successful.json": "intercom",
    "intercom_json/post_conversations_search__successful.json": "intercom",
    "intercom_json/post_tickets_search__successful.json": "intercom",
    "jira_csv_english/Jira.csv": "jira",
    **{f"jira_json/complete_sample/SP-{n}.json": "jira" for n in (1, 2, 5, 7, 8, 11)},
    **{f"jira_json/testdata/SP-{n}.json": "jira" for n in (1, 2, 10, 13, 14, 15)},
    "salesforce_case/Case.csv": "salesforce",
    "servicenow_rest/incidents_REST.IBM.csv": "servicenow",
    "zammad_docs/tickets_list.json": "zammad",
    "zendesk_initech/tickets.json": "zendesk",
    **{f"zendesk_json/go-zendesk_{name}.json": "zendesk" for name in ("search_ticket", "ticket", "ticket_audits")},
    **{f"zendesk_json/go-zendesk_{name}.json": "zendesk" for name in ("ticket_show_many", "tickets")},
}


@pytest.mark.slow
def test_every_file_is_claimed_by_its_reader_or_refused_with_the_reason_and_what_to_do() -> None:
    """What is refused has no tickets, no link to any (comments without a ticket's number), or needs a map."""
    claimed = {}
    for path in sorted(path for path in REAL.rglob("*") if path.is_file() and path.parent != REAL):
        name = path.relative_to(REAL).as_posix()
        try:
            (part,) = open_exports([str(path)])
        except DataError as refused:
            said = str(refused)
            assert "\n" not in said
            assert said.startswith(f"{path}: no reader knows this file; it has the columns: "), said
            assert said.endswith(f"To map it yourself: cs-metrics inspect {path} --write-map my-map.yml"), said
        else:
            claimed[name] = part.reader
    assert claimed == CLAIMED


def asked(
    files: str | Iterable[str], maps: Iterable[Path], *metrics: str, catalogue: Catalogue | None = None, by: str = "",
    grain: str = "all",
) -> Report:  # fmt: skip
    paths = [str(REAL / name) for name in ([files] if isinstance(files, str) else files)]
    split = (by,) if by else ()
    question = Question(now=NOW, metrics=metrics, by=split, grain=grain, calendar=Calendar(), zone_given=True)
    return build(open_exports(paths, None, [*maps]), question, catalogue or shipped())


@pytest.fixture
def own(tmp_path):
    """The shipped metrics and some of one's own, {name: lines of YAML}, as a folder given with --configs adds them."""

    def loaded(**metrics: str) -> Catalogue:
        folder = tmp_path / "configs/metrics/own"
        folder.mkdir(parents=True)
        for name, lines in metrics.items():
            text = f"label: {name}\nmeaning: {name}\nbetter: neither\n{lines}\n"
            (folder / f"{name}.yml").write_text(text, encoding="utf-8")
        return load_catalogue([ROOT / "configs", tmp_path / "configs"])

    return loaded


def values(report: Report, metric: str) -> dict[str, float | None]:
    return {str(key): value for key, (value, _) in figures(report, metric).items()}


# Through maps

CALLS = {
    "calls": "frame: calls\ndate: started_at\nagg: count\nunit: count",
    "answered": "frame: calls\ndate: started_at\nwhere: outcome = 'answered'\nagg: count\nunit: count",
    "answer_speed": "frame: calls\ndate: started_at\nvalue: wait_seconds\nagg: mean\nunit: duration",
    "talk": "frame: calls\ndate: started_at\nvalue: talk_seconds\nagg: mean\nunit: duration",
    "resolved": "frame: calls\ndate: started_at\nvalue: is_resolved\nagg: share\nunit: share",
    "rating": "frame: surveys\ndate: answered_at\nvalue: score\nagg: mean\nunit: score",
}


def test_the_call_centre_has_the_figures_that_are_printed_of_it(own) -> None:
    ours = own(**CALLS)
    file, maps = "pwc_call_center/Call-Center-Dataset.csv", [MAPS / "pwc_call_center.yml"]
    whole = asked(file, maps, *CALLS, catalogue=ours)
    assert figure(whole, "calls") == (5000, 5000)
    assert figure(whole, "answered") == (4054, 4054)
    speed, n = figure(whole, "answer_speed")
    assert (round(speed, 2), n) == (67.52, 4054)  # 54.75, which is also in print, is over all: blanks read as 0
    assert round(speed * 4054 / 5000, 2) == 54.75
    assert figure(whole, "talk") == (pytest.approx(224.92, abs=0.005), 4054)
    assert figure(whole, "resolved") == (pytest.approx(0.7292), 5000)
    assert figure(whole, "rating") == (pytest.approx(3.4036, abs=0.00005), 4054)
    months = asked(file, maps, "calls", catalogue=ours, grain="month")
    assert values(months, "calls") == {"2021-01-01": 1772, "2021-02-01": 1616, "2021-03-01": 1612}
    assert values(asked(file, maps, "calls", catalogue=ours, by="weekday"), "calls")["Mon"] == 770
    agents = asked(file, maps, "calls", "resolved", catalogue=ours, by="assignee")
    assert values(agents, "calls")["Jim"] == 666
    assert round(100 * values(agents, "resolved")["Dan"], 1) == 74.4


@pytest.mark.slow
def test_the_kaggle_tickets_have_no_created_date_and_still_the_time_between_two_instants(own) -> None:
    between = "frame: tickets\ndate: solved_at\nwhere: solved_at >= first_reply_at\nunit: duration"
    between += "\nvalue: solved_at - first_reply_at"
    ours = own(
        **{name: f"{between}\nagg: {name.removesuffix('_span')}" for name in ("mean_span", "p90_span", "max_span")},
        rating="frame: surveys\ndate: solved_at\nvalue: score\nagg: mean\nunit: score",
    )
    file, maps = "kaggle_support_tickets/customer_support_tickets.csv", [MAPS / "kaggle_support_tickets.yml"]
    undated = ("first_reply_time", "full_resolution_time", "backlog")
    assert missing(asked(file, maps, *undated)) == dict.fromkeys(undated, "needs created_at")
    report = asked(file, maps, "mean_span", "p90_span", "max_span", "tickets_solved", "rating", catalogue=ours)
    assert account(report)["used"] == account(report)["read"] == 8469
    assert figure(report, "tickets_solved") == (2769, 2769)
    mean_span, n = figure(report, "mean_span")
    longest, ninety = figure(report, "max_span")[0], figure(report, "p90_span")[0]
    assert (n, round(mean_span / HOUR, 2), round(longest / HOUR, 2), round(ninety / HOUR)) == (1404, 7.58, 23.47, 16)
    assert figure(report, "rating") == (pytest.approx(2.99, abs=0.005), 2769)
    by_type = values(asked(file, maps, "rating", catalogue=ours, by="type"), "rating")
    assert (round(by_type["Refund request"], 2), round(by_type["Billing inquiry"], 2)) == (2.93, 3.03)


@pytest.mark.slow
def test_the_synthetic_tickets_have_the_days_and_the_backlog_of_their_readme(own) -> None:
    ours = own(
        days="frame: tickets\ndate: created_at\nvalue: full_resolution_seconds / 86400\nagg: mean\nunit: ratio",
        in_two="frame: tickets\ndate: created_at\nvalue: full_resolution_seconds <= 172800\nagg: share\nunit: share",
        waiting="frame: tickets\ndate: created_at\nwhere: status IN ('pending', 'open') AND escalated "
        "IS DISTINCT FROM TRUE\nagg: count\nunit: count",
    )
    file = "synthetic_tickets_yashwanth/customer_support_tickets.csv"
    maps = [MAPS / "synthetic_tickets_yashwanth.yml"]
    channels = asked(file, maps, "days", "in_two", catalogue=ours, by="channel")
    assert {name: round(value, 6) for name, value in values(channels, "days").items()} == {
        **{"Chat": 2.771028, "Email": 2.231111, "Phone": 2.409283, "Web": 2.623318},
    }
    assert {name: round(100 * value, 2) for name, value in values(channels, "in_two").items()} == {
        **{"Chat": 60.75, "Email": 63.56, "Phone": 64.56, "Web": 60.54},
    }
    backlog = asked(file, maps, "waiting", catalogue=ours, by="category")
    assert values(backlog, "waiting") == {"Account Access": 22, "Billing": 20, "General": 9, "Technical": 17}


def test_of_the_customers_26_54_percent_have_churned() -> None:
    """They have no dates, so that a metric, which is dated, cannot tell it."""
    (part,) = open_exports([str(next((REAL / "telco_churn").glob("*.csv")))], None, [MAPS / "telco_churn.yml"])
    customers = part.load({"customers": ["is_churned", "monthly_value"]}, None).frames["customers"]
    assert (customers.height, round(100 * customers["is_churned"].mean(), 2)) == (7043, 26.54)
    assert customers["monthly_value"].null_count() == 0


@pytest.mark.slow
def test_an_event_log_becomes_a_ticket_for_each_of_its_cases(own) -> None:
    """Against a loop over the rows. (The README's median of 39.87 days is the greater of the two in the middle.)"""
    span = "frame: tickets\ndate: created_at\nvalue: updated_at - created_at\nunit: duration"
    ours = own(**{f"{agg}_case": f"{span}\nagg: {agg}" for agg in ("mean", "median", "max")})
    file, maps = "helpdesk_italian/helpdesk.csv", [ROOT / "configs/maps/event_log.yml"]
    cases = defaultdict(list)
    with (REAL / file).open(encoding="utf-8", newline="") as lines:
        for line in csv.DictReader(lines):
            at = datetime.strptime(line["Complete Timestamp"], "%Y/%m/%d %H:%M:%S.%f").replace(tzinfo=UTC)
            cases[line["Case ID"]].append((at, line["Activity"]))
    spans = [(max(events)[0] - min(events)[0]).total_seconds() for events in cases.values()]
    over = [
        (max(at for at, _ in events) - min(at for at, _ in events)).total_seconds()
        for events in cases.values()
        if [activity for _, activity in sorted(events, key=lambda event: event[0])][-1] in ("Closed", "Resolve ticket")
    ]
    names = ("tickets_created", "tickets_solved", "average_resolution_time", "mean_case", "median_case", "max_case")
    report = asked(file, maps, *names, catalogue=ours)
    assert figure(report, "tickets_created") == (len(cases), len(cases)) == (4580, 4580)
    assert figure(report, "tickets_solved") == (len(over), len(over))
    assert figure(report, "average_resolution_time") == (pytest.approx(mean(over)), len(over))
    days = [figure(report, name)[0] / DAY for name in ("mean_case", "median_case", "max_case")]
    assert days == pytest.approx([mean(spans) / DAY, median(spans) / DAY, max(spans) / DAY])
    assert [round(value, 2) for value in days] == [40.86, 39.86, 59.99]


def test_a_warehouses_hubspot_tickets_have_replies_and_closes() -> None:
    """25 rows: replies after 91733, 2106, 17064 and 2837 seconds; one has a close in a stage that is open."""
    report = asked(
        "fivetran_hubspot/ticket_data.csv",
        [MAPS / "fivetran_hubspot.yml"],
        *("tickets_created", "first_reply_time", "tickets_solved"),
    )
    assert figure(report, "tickets_created") == (25, 25)
    assert figure(report, "first_reply_time") == ((2837 + 17064) / 2, 4)
    assert figure(report, "tickets_solved") == (22, 22)


def test_of_a_warehouses_versions_of_a_conversation_the_newest_counts() -> None:
    """Nine rows of two conversations, the newest of each closed and not in the last line."""
    file = "fivetran_intercom/conversation_history_data.csv"
    report = asked(file, [MAPS / "fivetran_intercom.yml"], "tickets_created", by="status")
    assert figures(report, "tickets_created") == {"closed": (2, 2)}
    assert (account(report)["read"], account(report)["duplicates"]) == (9, 7)


def test_a_warehouses_jira_issues_and_qualtrics_responses_are_counted(own) -> None:
    report = asked("fivetran_jira/issue.csv", [MAPS / "fivetran_jira.yml"], "tickets_created", by="priority")
    assert values(report, "tickets_created") == {"low": 1, "normal": 2, "urgent": 1}
    ours = own(responses="frame: surveys\ndate: answered_at\nagg: count\nunit: count")
    maps = [MAPS / "fivetran_qualtrics.yml"]
    months = asked("fivetran_qualtrics/survey_response.csv", maps, "responses", catalogue=ours, by="channel")
    assert values(months, "responses") == {"anonymous": 3, "email": 2}


# By their readers


def test_the_zendesk_copy_without_solve_times_says_what_it_lacks() -> None:
    report = asked("zendesk_initech/tickets.json", [], "tickets_created", by="status")
    assert values(report, "tickets_created") == {"pending": 45, "solved": 43, "open": 39, "on_hold": 37, "closed": 36}
    solves = ("tickets_solved", "full_resolution_time")
    assert missing(asked("zendesk_initech/tickets.json", [], *solves)) == dict.fromkeys(solves, "needs solved_at")


def test_the_freshdesk_list_in_which_nothing_is_resolved_has_no_durations() -> None:
    file = "freshdesk_export_sample/freshdesk_tickets.csv"
    report = asked(file, [], "tickets_created", "full_resolution_time", by="vendor_status")
    assert values(report, "tickets_created") == {
        **{"Open": 26, "Pending": 10, "Waiting on Third Party": 8, "OpenPending": 1},
    }
    assert set(values(report, "full_resolution_time").values()) == {None}


def test_the_servicenow_incidents_have_27_resolved() -> None:
    report = asked("servicenow_rest/incidents_REST.IBM.csv", [], "tickets_created", "tickets_solved")
    assert (figure(report, "tickets_created"), figure(report, "tickets_solved")) == ((67, 67), (27, 27))


def test_the_jira_list_has_87_done() -> None:
    report = asked("jira_csv_english/Jira.csv", [], "tickets_created", "tickets_solved")
    assert (figure(report, "tickets_created"), figure(report, "tickets_solved")) == ((120, 120), (87, 87))
    report = asked("jira_csv_english/Jira.csv", [], "tickets_created", by="vendor_status")
    assert values(report, "tickets_created")["Done"] == 87


def test_of_the_contact_that_came_three_times_the_last_version_counts(own) -> None:
    in_all = "frame: calls\ndate: started_at\nagg: sum\nunit: duration\nvalue: "
    ours = own(handle=f"{in_all}talk_seconds + hold_seconds + wrap_seconds", waited=f"{in_all}wait_seconds")
    report = asked("amazon_connect_ctr/ctr_3_versions.ndjson", [], "handle", "waited", catalogue=ours)
    assert (figure(report, "handle"), figure(report, "waited")) == ((465, 1), (346, 1))
    assert (account(report, "calls")["read"], account(report, "calls")["duplicates"]) == (3, 2)


# By the shipped metrics


def call_centre(*metrics: str, **question: object) -> Report:
    path = str(REAL / "pwc_call_center/Call-Center-Dataset.csv")
    asked = Question(
        now=datetime(2026, 1, 1, tzinfo=UTC), metrics=metrics, calendar=Calendar(), zone_given=True, **question
    )
    return build(open_exports([path], None, [MAPS / "pwc_call_center.yml"]), asked, shipped())


def test_a_call_centre_has_its_published_figures() -> None:
    """As printed of this file: 4,054 of 5,000 answered, 72.92 % resolved, 67.52 s to an answer, 3.749 min of talk.

    54.75 s to an answer is also in print: there the blanks of who was not answered are read as 0.
    """
    report = call_centre()
    told = {name: figure(report, name) for name in report.result.metrics}
    assert told["calls_offered"] == (5000, 5000)
    assert told["answer_rate"] == (4054 / 5000, 5000)
    assert told["abandonment_rate"] == (946 / 5000, 5000)
    assert told["first_call_resolution"] == (3646 / 4054, 4054)
    value, n = told["average_speed_of_answer"]
    assert (round(value, 2), n) == (67.52, 4054) and round(value, 2) != 54.75
    value, n = told["talk_time"]
    assert (round(value, 2), round(value / 60, 3), n) == (224.92, 3.749, 4054)
    assert told["csat"] == (pytest.approx(2023 / 4054), 4054)
    lacking = {lack.metric: lack.needs for lack in report.result.missing if lack.needs}
    assert lacking["average_handle_time"] == ("wrap_seconds",)  # talk alone is no handle time
    report = call_centre("first_call_resolution_offered", "csat_score")
    assert figure(report, "first_call_resolution_offered") == (0.7292, 5000)
    value, n = figure(report, "csat_score")
    assert (round(value, 4), n) == (3.4036, 4054)


def test_a_call_centre_is_split_as_published() -> None:
    months = figures(call_centre("calls_offered", grain="month"), "calls_offered")
    assert [value for value, _ in months.values()] == [1772, 1616, 1612]
    assert figures(call_centre("calls_offered", by=("weekday",)), "calls_offered")["Mon"] == (770, 770)
    by_agent = call_centre("calls_offered", "first_call_resolution_offered", by=("assignee",))
    assert figures(by_agent, "calls_offered")["Jim"] == (666, 666)
    assert round(100 * figures(by_agent, "first_call_resolution_offered")["Dan"][0], 1) == 74.4


def test_a_quarter_of_a_telephone_companys_customers_has_left(tmp_path) -> None:
    """26.54 %, as published. The file has no dates, so that there is no churn rate and no retention."""
    mapping = tmp_path / "telco.yml"
    mapping.write_text("frames: {customers: {customer_id: customerID, is_churned: Churn, segment: Contract}}\n")
    files = open_exports([str(next((REAL / "telco_churn").glob("*.csv")))], None, [mapping])
    report = build(files, Question(now=datetime(2026, 1, 1, tzinfo=UTC)), shipped())
    value, n = figure(report, "churned_share")
    assert (round(100 * value, 2), n) == (26.54, 7043)
    assert set(missing(report)) == {"churn_rate", "customer_retention_rate"}


def test_a_contact_that_was_sent_three_times_is_one_call_with_its_last_word() -> None:
    """239 s of talk, 221 s on hold and 5 s of wrap-up, after 346 s in the queue, as its newest record says."""
    files = open_exports([str(next((REAL / "amazon_connect_ctr").iterdir()))])
    metrics = ("calls_offered", "average_handle_time", "average_speed_of_answer", "service_level")
    report = build(files, Question(now=datetime(2026, 1, 1, tzinfo=UTC), metrics=metrics), shipped())
    assert [figure(report, name) for name in metrics] == [(1, 1), (239 + 221 + 5, 1), (346, 1), (0, 1)]
