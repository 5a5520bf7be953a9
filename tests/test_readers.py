"""Each file finds its reader, and each reader gives the figures that the file holds.

Expected values come from the simulator's history (which the sample files were written from) or are counted by hand.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from cs_metrics.entities import FRAMES
from cs_metrics.errors import DataError, UsageError
from cs_metrics.readers import FilePart, Loaded, all_readers, open_exports, open_table
from tests.simulator.__main__ import SAMPLE_DATA
from tests.simulator.accounts import expected_accounts
from tests.simulator.history import simulate
from tests.simulator.model import History
from tests.vendor_files import REAL, real_files

SAMPLES = {
    "zendesk/tickets.csv": ("zendesk", "account CSV"),
    "zendesk/satisfaction_ratings.json": ("zendesk", "satisfaction ratings"),
    "zendesk_api/tickets.ndjson.gz": ("zendesk", "tickets JSON"),
    "zendesk_api/incremental.json": ("zendesk", "tickets JSON"),
    "freshdesk/tickets.csv": ("freshdesk", "ticket CSV"),
    "freshdesk_api/tickets.json": ("freshdesk", "tickets JSON"),
    "freshdesk_api/satisfaction_ratings.json": ("freshdesk", "satisfaction ratings"),
    "common/surveys.csv": ("common", "surveys CSV"),
}
CSV_SAMPLES = [name for name in SAMPLES if name.endswith(".csv")]


@cache
def year() -> History:
    return simulate()


def opened(path: Path) -> FilePart:
    return open_exports([str(path)])[0]


def load(path: Path, zone: str | None = "Europe/Berlin") -> Loaded:
    part = opened(path)
    return part.load({frame: part.available(frame) for frame in part.columns}, zone)


def tickets(path: Path, **by: Any) -> pl.DataFrame:
    return load(path).frames["tickets"].filter(**by)


def saved(path: Path, content: Any) -> Path:
    if isinstance(content, (dict, list)):
        content = json.dumps(content)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def sample_rows(name: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO((SAMPLE_DATA / name).read_text(encoding="utf-8"), newline="")))


def as_csv(rows: list[list[str]], delimiter: str = ",") -> str:
    stream = io.StringIO()
    csv.writer(stream, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return stream.getvalue()


# Which reader


@pytest.mark.parametrize("name", SAMPLES)
def test_each_sample_is_claimed_by_its_reader_under_any_name(tmp_path, name):
    part = opened(saved(tmp_path / "download", (SAMPLE_DATA / name).read_bytes()))
    assert (part.reader, part.shape.name) == SAMPLES[name]


@pytest.mark.slow
@pytest.mark.parametrize("name", CSV_SAMPLES)
def test_a_csv_says_the_same_with_a_bom_with_semicolons_and_with_its_columns_in_another_order(tmp_path, name):
    rows = sample_rows(name)
    expected = load(SAMPLE_DATA / name)
    order = list(range(len(rows[0])))[::-1]
    header = [column if column not in rows[0][:place] else f"{column}.1" for place, column in enumerate(rows[0])]
    reordered = as_csv([[line[place] for place in order] for line in [header, *rows[1:]]])
    for content in (
        b"\xef\xbb\xbf" + as_csv(rows).encode(),
        as_csv(rows, ";"),
        as_csv(rows).encode("utf-16"),
        reordered,
    ):
        found = load(saved(tmp_path / "a.csv", content))
        assert (found.read, found.rejected) == (expected.read, expected.rejected)
        for frame, rows_of_frame in expected.frames.items():
            assert found.frames[frame].select(rows_of_frame.columns).equals(rows_of_frame)


@pytest.mark.parametrize("name", SAMPLES)
def test_every_column_has_the_type_of_the_common_frames(name):
    for frame, rows in load(SAMPLE_DATA / name).frames.items():
        assert {column: dtype for column, dtype in rows.schema.items() if dtype != FRAMES[frame].dtype(column)} == {}


@pytest.mark.parametrize("name", SAMPLES)
def test_a_file_fills_every_column_that_it_says_is_available(name):
    part = opened(SAMPLE_DATA / name)
    for frame in part.columns:
        loaded = part.load({frame: part.available(frame)}, None)
        assert set(loaded.frames[frame].columns) == part.available(frame)


@pytest.mark.parametrize("name", expected_accounts(year()))
def test_the_accounts_of_read_and_rejected_rows_are_those_of_the_history(name):
    expected = expected_accounts(year())[name]
    loaded = [part.load({next(iter(part.columns)): []}, None) for part in open_exports([str(SAMPLE_DATA / name)])]
    frame = "surveys" if "surveys" in name or "ratings" in name else "tickets"
    parts = [each for each in loaded if frame in each.read]
    assert sum(each.read[frame] for each in parts) == expected["read"]
    assert sum(each.rejected[frame] for each in parts) == expected["rejected"]


def test_readers_have_titles_and_are_found_by_the_names_of_their_modules():
    assert {name: reader.title for name, reader in all_readers().items()}.keys() >= {"zendesk", "freshdesk", "common"}
    assert all(reader.title for reader in all_readers().values())


def test_another_vendors_json_with_ticket_id_and_created_at_is_not_taken_for_our_columns(tmp_path):
    entries = [{"id": 1, "ticket_id": 2, "created_at": "2024-01-01T00:00:00Z", "time_spent": "00:15"}]
    with pytest.raises(DataError, match="no reader knows this file"):
        opened(saved(tmp_path / "time_entries.json", entries))


@pytest.mark.parametrize(("other", "reader"), [("Requester Email", "freshservice"), ("Ticket Owner", "zoho_desk")])
def test_freshservice_and_zoho_lists_are_not_taken_for_freshdesk(tmp_path, other, reader):
    line = f"Ticket Id,Created Time,Status,{other}\n1,2024-01-01 10:00:00,Open,x\n"
    assert opened(saved(tmp_path / "a.csv", line)).reader == reader


def test_a_named_reader_that_does_not_know_the_file_says_so_and_a_misspelt_one_is_corrected():
    path = str(SAMPLE_DATA / "zendesk/tickets.csv")
    with pytest.raises(DataError, match="not a file that the reader 'freshdesk' knows; it has the columns: Summation"):
        open_exports([path], "freshdesk")
    with pytest.raises(UsageError, match=r"no reader 'zendes'\. Did you mean 'zendesk'"):
        open_exports([path], "zendes")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("empty.csv", "the file is empty"),
        ("image.csv", "this is a PNG image"),
        ("login_page.csv", "this is a web page"),
        ("truncated.json", "the JSON is broken or cut off"),
    ],
)
def test_a_file_that_is_no_export_is_refused_in_one_line(name, message):
    with pytest.raises(DataError, match=message) as caught:
        opened(SAMPLE_DATA / "broken" / name)
    assert "\n" not in str(caught.value)
    assert name in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"%PDF-1.7 x", "a PDF document"),
        (b"PK\x03\x04rest", "unpack it, or save the sheet as CSV"),
        (b" \n\t", "the file is empty"),
        (b"\x1f\x8b broken", "cannot be read"),
        (b'{"tickets": []}', "there are no records in it"),
        (b"Col A,Col B\n1,2\n", "it has the columns: Col A, Col B. To map it yourself: cs-metrics inspect"),
    ],
)
def test_what_cannot_be_used_says_what_it_is_or_what_to_do(tmp_path, content, message):
    with pytest.raises(DataError, match=message):
        opened(saved(tmp_path / "a.csv", content))


def test_broken_rows_are_counted_and_the_rest_is_used():
    counts = {
        name: load(SAMPLE_DATA / "broken" / name) for name in ("ragged.csv", "stray_quote.csv", "header_only.csv")
    }
    assert {name: (found.read["tickets"], found.rejected["tickets"]) for name, found in counts.items()} == {
        "ragged.csv": (20, 2),
        "stray_quote.csv": (20, 1),
        "header_only.csv": (0, 0),
    }
    assert counts["ragged.csv"].rejects["row"].to_list() == [9, 15]
    assert load(SAMPLE_DATA / "broken/utf16.csv").frames["tickets"].height == 20


def test_the_same_file_named_twice_is_read_once_and_a_missing_one_is_an_error(tmp_path):
    path = str(SAMPLE_DATA / "zendesk/tickets.csv")
    assert len(open_exports([path, path])) == 1
    with pytest.raises(DataError, match="there is no such file"):
        open_exports([str(tmp_path / "none.csv")])


def test_folders_globs_and_names_for_sources_work():
    assert [part.shape.name for part in open_exports([str(SAMPLE_DATA / "zendesk")])] == [
        "satisfaction ratings",
        "account CSV",
    ]
    everywhere = open_exports([str(SAMPLE_DATA / "*" / "tickets.csv")])
    assert len(everywhere) == len(list(SAMPLE_DATA.glob("*/tickets.csv"))) > 1
    named = open_exports([f"acme={SAMPLE_DATA / 'zendesk/tickets.csv'}"])[0]
    assert (named.source, named.reader) == ("acme", "zendesk")


def test_a_folder_passes_over_what_nobody_knows_unless_that_is_all_it_holds(tmp_path):
    saved(tmp_path / "notes.txt", "remember the milk")
    with pytest.raises(DataError, match=r"no file in it is an export that a reader knows\n.*notes\.txt"):
        open_exports([str(tmp_path)])
    saved(tmp_path / "a.csv", (SAMPLE_DATA / "zendesk/tickets.csv").read_bytes())
    assert [part.reader for part in open_exports([str(tmp_path)])] == ["zendesk"]


def test_standard_input_is_read_like_a_file(monkeypatch):
    piped = io.TextIOWrapper(io.BytesIO(gzip.compress((SAMPLE_DATA / "zendesk/tickets.csv").read_bytes())))
    monkeypatch.setattr("sys.stdin", piped)
    part = open_exports(["-"])[0]
    assert (part.reader, part.item.name) == ("zendesk", "standard input")
    assert part.load({"tickets": []}, None).frames["tickets"].height == 585


# The loader


def test_rejects_name_file_row_column_and_value():
    rejects = load(SAMPLE_DATA / "zendesk/tickets.csv").rejects.drop("file")
    assert rejects.rows() == [
        ("tickets", 582, "Id", None, "the row is left out: no ticket_id"),
        ("tickets", 583, "Created at", "31.13.2025 25:61", "the row is left out: no created_at"),
        ("tickets", 584, "First reply time in minutes", "n/a", "not read as a number"),
        ("tickets", 586, "Priority", "Blocker", "not read as a known word"),
    ]


def test_spellings_that_begin_behind_the_sample_are_read_too(tmp_path):
    early = [f"{number},2024-01-01 10:00,Open" for number in range(1500)]
    text = "\n".join(["Summation column,Id,Created at,Status", *(f"1,{line}" for line in early)])
    found = load(saved(tmp_path / "a.csv", text + "\n1,x,02-01-2024 11:30,cLOSED\n"), None)
    assert found.rejects.is_empty()
    assert found.frames["tickets"].select("ticket_id", "status", pl.col("created_at").cast(pl.String)).row(-1) == (
        "x",
        "closed",
        "2024-01-02 11:30:00.000000+00:00",
    )


def test_wall_clock_times_are_taken_in_the_sources_zone_and_summer_time_leaves_nothing_unread(tmp_path):
    rows = ["1,a,2024-03-31 02:30", "1,b,2024-10-27 02:30", "1,c,2024-07-01 12:00"]
    path = saved(tmp_path / "a.csv", "\n".join(["Summation column,Id,Created at", *rows]))
    found = load(path, "Europe/Berlin").frames["tickets"]["created_at"].dt.strftime("%m-%d %H:%M").to_list()
    assert found == ["03-31 01:30", "10-27 00:30", "07-01 10:00"]
    assert load(path, None).frames["tickets"]["created_at"].dt.hour().to_list() == [2, 2, 12]


def test_unknown_columns_are_there_under_x_names_and_an_x_name_stays_as_it_is(tmp_path):
    part = opened(SAMPLE_DATA / "zendesk/tickets.csv")
    assert part.extras["x_product_list"] == "Product [list]"
    products = part.load({"tickets": ["x_product_list"]}, None).frames["tickets"]["x_product_list"]
    assert "-" not in products.to_list()
    assert "App" in products.to_list()
    ours = saved(tmp_path / "a.csv", "ticket_id,created_at,x_product\n1,2024-01-01,App\n")
    assert opened(ours).load({"tickets": ["x_product"]}, None).frames["tickets"]["x_product"].to_list() == ["App"]


# Zendesk


def test_zendesk_csv_gives_what_the_history_holds():
    by_id = {str(ticket.id): ticket for ticket in year().tickets}
    table = tickets(SAMPLE_DATA / "zendesk/tickets.csv")
    true = table.filter(pl.col("ticket_id").cast(pl.Int64) > 1000)
    assert true.height > 500
    for row in true.iter_rows(named=True):
        ticket = by_id[row["ticket_id"]]
        assert row["created_at"] == ticket.created
        assert row["solved_at"] == (ticket.solves[-1] if ticket.status in ("solved", "closed") else None)
        assert row["status"] == {"hold": "on_hold"}.get(ticket.status, ticket.status)
        assert (row["priority"], row["type"], row["channel"]) == (ticket.priority, ticket.type, ticket.channel)
        assert (row["agent_replies"], row["reopens"]) == (len(ticket.replies), len(ticket.reopenings))
        assert bool(row["is_merged"]) == (ticket.merged_into is not None)
        assert row["created_by_agent"] == (ticket.opened_by is not None)
        assert sorted(row["tags"] or []) == sorted(ticket.tags)
        assert row["reported_durations_exact"] is True
        if ticket.replies:
            assert row["reported_first_reply_seconds"] == (ticket.replies[0].at - ticket.created).total_seconds()


def test_zendesk_json_gives_what_the_history_holds():
    by_id = {str(ticket.id): ticket for ticket in year().tickets}
    for row in tickets(SAMPLE_DATA / "zendesk_api/incremental.json").iter_rows(named=True):
        ticket = by_id[row["ticket_id"]]
        assert row["created_at"] == ticket.created
        assert row["solved_at"] == (ticket.solves[-1] if ticket.status in ("solved", "closed") else None)
        assert row["status"] == ("deleted" if ticket.deleted else {"hold": "on_hold"}.get(ticket.status, ticket.status))
        assert (row["reopens"], row["agent_replies"]) == (len(ticket.reopenings), len(ticket.replies))
        assert row["channel"] == ticket.channel
        assert "reported_durations_exact" not in row


def test_zendesk_surveys_on_tickets_are_the_offered_and_answered_ones():
    shown = [ticket for ticket in year().tickets if not (ticket.deleted or ticket.spam)]
    surveys = load(SAMPLE_DATA / "zendesk/tickets.csv").frames["surveys"]
    offered = [ticket for ticket in shown if ticket.offered or ticket.answer]
    assert surveys.height == len(offered)
    assert surveys["is_answered"].sum() == sum(ticket.answer is not None for ticket in shown)
    assert surveys["is_satisfied"].sum() == sum(ticket.answer is not None and ticket.answer.good for ticket in shown)
    assert surveys["is_satisfied"].null_count() == surveys.height - surveys["is_answered"].sum()
    assert surveys["embedded"].all()
    assert surveys.filter(ticket_id="1003").select("survey_id", "kind").row(0) == ("ticket 1003 csat", "csat")


def test_zendesk_scores_from_one_to_five_come_with_their_scale(tmp_path):
    scores = ["5", "4", "3", "1", "Good", "Bad", "Offered", "Not Offered", "", "-"]
    lines = [f"1,{place},2024-01-01 10:00,{score}" for place, score in enumerate(scores)]
    text = "\n".join(["Summation column,Id,Created at,Satisfaction Score", *lines])
    found = load(saved(tmp_path / "a.csv", text))
    columns = ["ticket_id", "score", "scale_max", "is_satisfied", "is_answered"]
    assert found.frames["surveys"].select(columns).rows() == [
        ("0", 5, 5, True, True), ("1", 4, 5, True, True), ("2", 3, 5, False, True), ("3", 1, 5, False, True),
        ("4", None, None, True, True), ("5", None, None, False, True), ("6", None, None, None, False),
    ]  # fmt: skip
    assert found.rejects.is_empty()


@pytest.mark.parametrize("word", ["On-hold", "on-hold", "Hold", "On hold", "ON-HOLD"])
def test_zendesk_spellings_of_hold_and_an_unknown_status_that_is_counted(tmp_path, word):
    text = f"Summation column,ID,Created at,Status\n1,1,2024-01-01,{word}\n1,2,2024-01-01,Wartet\n"
    found = load(saved(tmp_path / "a.csv", text))
    assert found.frames["tickets"]["status"].to_list() == ["on_hold", "open"]
    assert found.frames["tickets"]["vendor_status"].to_list() == [word, "Wartet"]
    assert found.rejects["reason"].to_list() == ["not read as a known word, taken as open"]


@pytest.mark.parametrize("key", ["metric_set", "metric_sets", "metrics"])
def test_zendesk_metrics_hang_on_the_ticket_under_three_names(tmp_path, key):
    path = saved(tmp_path / "a.json", {"results": [zendesk_ticket(1) | {key: METRICS}]})
    assert tickets(path).select("reopens", "reported_first_reply_seconds").row(0) == (2, 1800)


def test_zendesk_metrics_may_lie_beside_the_tickets_and_messaging_counts_seconds(tmp_path):
    fast = {"reply_time_in_seconds": {"calendar": 42}, "reply_time_in_minutes": {"calendar": 1, "business": 1}}
    page = {
        "tickets": [zendesk_ticket(1), zendesk_ticket(2)],
        "metric_sets": [METRICS | {"ticket_id": 2}, METRICS | fast | {"ticket_id": 1}],
    }
    assert tickets(saved(tmp_path / "a.json", page))["reported_first_reply_seconds"].to_list() == [42, 1800]


def test_zendesk_solve_times_are_found_even_if_the_page_begins_with_hundreds_of_unsolved_tickets(tmp_path):
    solved = zendesk_ticket(999) | {"metric_set": METRICS | {"solved_at": "2024-01-02T00:00:00Z"}}
    page = {"tickets": [*(zendesk_ticket(number) | {"metric_set": METRICS} for number in range(300)), solved]}
    assert tickets(saved(tmp_path / "a.json", page))["solved_at"].drop_nulls().dt.day().to_list() == [2]


def test_zendesk_ratings_without_offers_say_nothing_about_the_response_rate(tmp_path):
    def rating(number: int, score: str) -> dict[str, Any]:
        times = {"created_at": "2024-01-01T00:00:00Z", "updated_at": "2024-01-02T00:00:00Z"}
        who = {"requester_id": 5, "assignee_id": 6, "comment": None}
        return {"id": number, "ticket_id": number, "score": score, **who, **times}

    answered = [rating(1, "good_with_comment"), rating(2, "bad")]
    alone = load(saved(tmp_path / "a.json", {"satisfaction_ratings": answered})).frames["surveys"]
    assert alone["is_satisfied"].to_list() == [True, False]
    assert alone["is_answered"].to_list() == [None, None]
    assert alone["answered_at"].dt.day().to_list() == [2, 2]
    mixed = load(saved(tmp_path / "a.json", {"satisfaction_ratings": [*answered, rating(3, "offered")]}))
    assert mixed.frames["surveys"]["is_answered"].to_list() == [True, True, False]
    assert mixed.frames["surveys"]["answered_at"].to_list()[-1] is None
    assert mixed.rejects.is_empty()


METRICS = {"reopens": 2, "replies": 3, "reply_time_in_minutes": {"calendar": 30, "business": 10}}


def zendesk_ticket(number: int) -> dict[str, Any]:
    who = {"requester_id": 5, "submitter_id": 5, "assignee_id": 6}
    return {"id": number, "created_at": "2024-01-01T00:00:00Z", "status": "open", "via": {"channel": "web"}, **who}


# Freshdesk


def freshdesk_csv(path: Path, header: str, *lines: str) -> Path:
    return saved(path, "\n".join(["Ticket ID,Status,Created time," + header, *lines]) + "\n")


def test_freshdesk_csv_gives_what_the_history_holds():
    by_id = {str(ticket.id): ticket for ticket in year().tickets}
    table = tickets(SAMPLE_DATA / "freshdesk/tickets.csv").filter(pl.col("ticket_id").cast(pl.Int64) > 1000)
    assert table.height > 500
    for row in table.iter_rows(named=True):
        ticket = by_id[row["ticket_id"]]
        reply = ticket.replies[0].at if ticket.replies else None
        solved = ticket.solves[-1] if ticket.status in ("solved", "closed") else None
        assert (row["created_at"], row["first_reply_at"], row["solved_at"]) == (ticket.created, reply, solved)
        assert row["status"] == {"hold": "on_hold", "new": "open"}.get(ticket.status, ticket.status)
        assert row["priority"] == (ticket.priority or "low")
        assert (row["group"], row["assignee"]) == (ticket.group, ticket.assignee)
        assert (row["agent_replies"], row["channel"]) == (
            len(ticket.replies),
            "email" if ticket.opened_by else ticket.channel,
        )
        assert row["created_by_agent"] == (ticket.opened_by is not None)
        assert (row["reported_first_reply_business_seconds"] is None) == (reply is None)
        assert (row["reported_full_resolution_business_seconds"] is None) == (solved is None)


def test_freshdesk_zero_is_a_span_only_where_something_has_happened(tmp_path):
    header = "Initial response time,First response time (in hrs),Resolved time,Resolution time (in hrs)"
    path = freshdesk_csv(
        tmp_path / "a.csv",
        header,
        "1,Open,2024-01-06 23:00:00,,00:00:00,,00:00:00",
        "2,Resolved,2024-01-06 23:00:00,2024-01-06 23:30:00,00:00:00,2024-01-06 23:40:00,00:00:00",
        "3,Resolved,2024-01-08 09:00:00,2024-01-10 09:30:00,123:04:05,2024-01-10 09:40:00,1.5",
        "4,Open,2024-01-08 09:00:00,2024-01-08 08:00:00,-01:00:00,,-1.5",
    )
    found = load(path)
    assert found.frames["tickets"]["reported_first_reply_business_seconds"].to_list() == [None, 0, 443045, None]
    assert found.frames["tickets"]["reported_full_resolution_business_seconds"].to_list() == [None, 0, 5400, None]
    assert found.rejects.select("row", "value").rows() == [(5, "-01:00:00"), (5, "-1.5")]


def test_freshdesk_zero_without_an_instant_beside_it_is_no_span_and_minutes_are_minutes(tmp_path):
    path = freshdesk_csv(
        tmp_path / "a.csv", "First response time (in mins)", "1,Open,2024-01-06,0", "2,Open,2024-01-06,90"
    )
    assert tickets(path)["reported_first_reply_business_seconds"].to_list() == [None, 5400]


def test_freshdesk_verdicts_are_read_from_their_words(tmp_path):
    header = "First response status,Resolution status"
    path = freshdesk_csv(tmp_path / "a.csv", header, "1,Open,2024-01-06,Within SLA,SLA Violated", "2,Open,2024-01-06,,")
    columns = ["reported_first_reply_sla_met", "reported_resolution_sla_met"]
    assert tickets(path).select(columns).rows() == [(True, False), (None, None)]


def freshdesk_ticket(number: int, **changed: Any) -> dict[str, Any]:
    stats = {"first_responded_at": None, "resolved_at": None, "closed_at": None, "reopened_at": None}
    base = {
        "id": number,
        "created_at": "2024-01-01T09:00:00Z",
        "status": 2,
        "priority": 2,
        "source": 1,
        "requester_id": 5,
    }
    base |= {"responder_id": 6, "fr_escalated": False, "is_escalated": False, "spam": False, "deleted": False}
    base |= {"fr_due_by": "2024-01-01T10:00:00Z", "due_by": "2024-01-02T09:00:00Z"}
    given = changed.pop("stats", {})
    return base | changed | {"stats": stats | given}


def test_freshdesk_api_verdicts_come_from_instants_and_from_overdue_flags(tmp_path):
    cases = [
        (freshdesk_ticket(1, stats={"first_responded_at": "2024-01-01T10:00:00Z"}), True),
        (freshdesk_ticket(2, stats={"first_responded_at": "2024-01-01T10:00:01Z"}), False),
        (freshdesk_ticket(3), None),
        (freshdesk_ticket(4, fr_escalated=True), False),
        (freshdesk_ticket(5, fr_escalated=True, stats={"first_responded_at": "2024-01-01T09:30:00Z"}), True),
    ]
    found = tickets(saved(tmp_path / "a.json", [ticket for ticket, _ in cases]))
    assert found["reported_first_reply_sla_met"].to_list() == [verdict for _, verdict in cases]
    assert "escalated" not in found.columns


def test_freshdesk_api_without_stats_gives_no_verdicts_and_no_reopens(tmp_path):
    bare = {key: value for key, value in freshdesk_ticket(1, fr_escalated=True).items() if key != "stats"}
    available = opened(saved(tmp_path / "a.json", [bare])).available("tickets")
    assert not available & {"reported_first_reply_sla_met", "reported_resolution_sla_met", "reopens", "solved_at"}


def test_freshdesk_api_flags_deleted_spam_and_one_reopen_and_names_its_numbers(tmp_path):
    page = [
        freshdesk_ticket(1, deleted=True, source=10),
        freshdesk_ticket(2, spam=True, status=7, stats={"reopened_at": "2024-01-03T00:00:00Z"}),
        freshdesk_ticket(3, status=5, stats={"closed_at": "2024-01-04T00:00:00Z"}),
        freshdesk_ticket(4, status=99),
    ]
    found = load(saved(tmp_path / "a.json", {"total": 4, "results": page}))
    columns = ["status", "vendor_status", "is_spam", "reopens", "created_by_agent"]
    assert found.frames["tickets"].select(columns).rows() == [
        ("deleted", "Open", False, 0, True),
        ("on_hold", "Waiting on Third Party", True, 1, False),
        ("closed", "Closed", False, 0, False),
        ("open", "99", False, 0, False),
    ]
    assert found.frames["tickets"]["solved_at"].dt.day().to_list() == [None, None, 4, None]
    assert found.rejects.select("row", "value").rows() == [(4, "99")]


def test_freshdesk_ratings_count_by_sign_and_the_classic_survey_upside_down(tmp_path):
    codes = {103: True, 101: True, 100: False, -101: False, -103: False, 1: True, 2: False, 3: False}
    base = {"survey_id": 1, "user_id": 5, "feedback": "", "created_at": "2024-01-01T00:00:00Z"}
    page = [
        base | {"id": place, "ticket_id": place, "ratings": {"default_question": code}}
        for place, code in enumerate(codes)
    ]
    for content in (page, {"data": page, "paging": {"next": None}}):
        found = load(saved(tmp_path / "a.json", content)).frames["surveys"]
        assert found["is_satisfied"].to_list() == list(codes.values())
        assert found["score"].to_list() == [7, 5, 4, 3, 1, 5, 4, 3]
        assert not found["has_comment"].any()
        assert "is_answered" not in found.columns


def test_freshdesk_survey_labels_and_numbers_on_tickets(tmp_path):
    cells = ["Extremely Happy", "Happy", "Neutral", "Unhappy", "103", "-101", "", "Ganz toll"]
    lines = [f"{place},Closed,2024-01-01,{cell}" for place, cell in enumerate(cells)]
    found = load(freshdesk_csv(tmp_path / "a.csv", "Survey results", *lines))
    assert found.frames["surveys"]["is_satisfied"].to_list() == [True, True, False, False, True, False, None]
    assert found.rejects["value"].to_list() == ["Ganz toll"]


def test_freshdesk_surveys_are_the_answers_of_the_history():
    answers = [ticket.answer for ticket in year().tickets if ticket.answer and not (ticket.deleted or ticket.spam)]
    for name in ("freshdesk/tickets.csv", "freshdesk_api/satisfaction_ratings.json"):
        found = load(SAMPLE_DATA / name).frames["surveys"]
        assert Counter(found["score"].to_list()) == Counter(float(answer.grade) for answer in answers)
        assert found["is_satisfied"].sum() == sum(answer.good for answer in answers)


# Our own columns


def test_a_rows_own_source_is_read_and_the_files_name_is_only_the_default(tmp_path):
    path = saved(
        tmp_path / "a.csv", 'ticket_id,created_at,source,tags,status\n1,2024-01-01T10:00+02:00,acme,"a,b",solved\n'
    )
    part = opened(path)
    row = part.load({"tickets": ["source", "tags", "status"]}, None).frames["tickets"].row(0, named=True)
    assert (part.source, row["source"], row["tags"], row["status"]) == ("common", "acme", ["a", "b"], "solved")
    assert row["created_at"].isoformat() == "2024-01-01T08:00:00+00:00"


def test_parquet_in_our_columns_comes_back_as_it_was(tmp_path):
    original = tickets(SAMPLE_DATA / "zendesk/tickets.csv").select(
        "ticket_id", "created_at", "tags", "reopens", "is_merged"
    )
    original.write_parquet(tmp_path / "a.parquet")
    assert tickets(tmp_path / "a.parquet").select(original.columns).equals(original)


def test_common_surveys_know_who_was_asked():
    surveys = load(SAMPLE_DATA / "common/surveys.csv").frames["surveys"]
    assert surveys["is_answered"].sum() == sum(survey.answered is not None for survey in year().surveys)
    assert surveys["is_answered"].null_count() == 0
    assert surveys["respondent"].str.starts_with("mail-").all()


def test_common_surveys_that_say_themselves_who_answered_are_believed(tmp_path):
    path = saved(
        tmp_path / "a.csv", "survey_id,sent_at,is_answered\n1,2024-01-01,true\n2,2024-01-01,no\n3,2024-01-01,\n"
    )
    assert load(path).frames["surveys"]["is_answered"].to_list() == [True, False, None]


def test_common_surveys_that_hold_only_answers_say_nothing_about_the_response_rate(tmp_path):
    path = saved(tmp_path / "a.csv", "survey_id,kind,score\n1,nps,9\n2,nps,3\n")
    assert load(path).frames["surveys"]["is_answered"].to_list() == [None, None]


@pytest.mark.parametrize(
    ("header", "frame"),
    [
        ("ticket_id,created_at", "tickets"),
        ("message_id,sent_at,ticket_id", "messages"),
        ("ticket_id,changed_at,field,old,new", "changes"),
        ("survey_id,score", "surveys"),
        ("call_id,started_at,ticket_id", "calls"),
        ("customer_id,is_churned", "customers"),
        ("mention_id,posted_at", "mentions"),
        ("slot_start,views", "visits"),
    ],
)
def test_each_frame_is_known_by_its_key_and_date(tmp_path, header, frame):
    assert list(opened(saved(tmp_path / "a.csv", header + "\n")).columns) == [frame]
    record = dict.fromkeys(header.split(","), "x")
    assert list(opened(saved(tmp_path / "a.json", [record])).columns) == [frame]


def test_a_table_can_be_looked_at_without_any_reader(tmp_path):
    table = open_table(open_exports([str(SAMPLE_DATA / "freshdesk/tickets.csv")])[0].item)
    assert table.headers[:3] == ("Ticket ID", "Subject", "Status")


# Real files that nobody of this project wrote


@real_files
def test_the_initech_copy_of_zendesk_tickets():
    found = tickets(REAL / "zendesk_initech/tickets.json")
    counts = dict(found["vendor_status"].value_counts().iter_rows())
    assert counts == {"pending": 45, "solved": 43, "open": 39, "hold": 37, "closed": 36}
    assert found["status"].is_in(["on_hold"]).sum() == 37
    first = found.row(0, named=True)
    assert (first["created_at"].isoformat(), first["channel"]) == ("2016-04-28T21:19:34+00:00", "web")
    assert first["tags"][2] == "American Samoa"


@real_files
@pytest.mark.parametrize("name", ["ticket", "tickets", "search_ticket", "ticket_show_many"])
def test_zendesk_pages_of_a_real_account(name):
    found = load(REAL / f"zendesk_json/go-zendesk_{name}.json")
    assert found.read["tickets"] == found.frames["tickets"].height == (1 if name in ("ticket", "search_ticket") else 2)


@real_files
@pytest.mark.parametrize(
    "name",
    [
        "zendesk_json/go-zendesk_users.json",
        "zendesk_initech/users.json",
        "kaggle_support_tickets/customer_support_tickets.csv",
    ],
)
def test_other_peoples_files_are_claimed_by_nobody(name):
    with pytest.raises(DataError, match="no reader knows this file"):
        opened(REAL / name)


@real_files
def test_a_real_freshdesk_export_with_another_choice_of_columns():
    found = load(REAL / "freshdesk_export_sample/freshdesk_tickets.csv")
    counts = dict(found.frames["tickets"]["vendor_status"].value_counts().iter_rows())
    assert counts == {"Open": 26, "Pending": 10, "Waiting on Third Party": 8, "OpenPending": 1}
    assert dict(found.frames["tickets"]["status"].value_counts().iter_rows()) == {
        "open": 27,
        "pending": 10,
        "on_hold": 8,
    }
    assert found.rejects["value"].to_list() == ["OpenPending"]
    assert found.frames["tickets"]["solved_at"].null_count() == 45


@real_files
def test_freshdesk_objects_of_both_api_versions():
    old = tickets(REAL / "freshdesk_json/v1_ticket_1.json").row(0, named=True)
    assert (old["ticket_id"], old["first_reply_due_at"].isoformat()) == ("1", "2015-01-01T02:27:09+00:00")
    new = tickets(REAL / "freshdesk_json/v2_ticket_1.json").row(0, named=True)
    assert (new["reported_first_reply_sla_met"], new["tags"]) == (False, ["foo", "bar"])
    assert tickets(REAL / "freshdesk_json/v2_search_tickets.json").height == 2
