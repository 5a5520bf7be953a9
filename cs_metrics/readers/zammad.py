"""Zammad: the API's ticket list (`/api/v1/tickets`, best with `?expand=true`), its search, the report's download.

Times in the JSON are UTC; the download has the wall clock of whoever took it, and English headers are known only. With
`expand` groups, owners and states have their names; without, the numbers that every new installation begins with are
taken as what they mean there: an installation with states of its own needs `expand`.

`close_at` is the first close and never set again; the last one is `last_close_at`, which older versions do not have:
their files can tell first resolutions, but not when a ticket was solved last. The reply and close times in minutes run
on the SLA's calendar and are there only where an SLA applies. Of reopens one or none is all that can be said.

What it cannot carry: messages, how many replies, ratings, tags (in the JSON). `time_unit` counts whatever the firm
accounts in, so it stays `x_time_unit`. A search's answer keeps its tickets under `assets` by their ids, with numbers
for names. Unconfirmed: which names `expand` adds, and how the download writes its dates.
"""

from __future__ import annotations

import polars as pl

from cs_metrics.entities import INTEGER
from cs_metrics.readers._base import Columns, Formula, Reader, Rows, csv_shape, json_shape, while_done
from cs_metrics.readers._cells import identity, instant, labels, number, one_of, renamed, text, words

UNASSIGNED = ("-", "1")  # the system's own user, by its name and by its number
STATES = {
    **{"new": "new", "open": "open", "pending reminder": "pending", "pending close": "pending", "closed": "closed"},
    **{"merged": "closed", "removed": "deleted"},
    **{"1": "new", "2": "open", "3": "pending", "4": "closed", "5": "closed", "6": "deleted", "7": "pending"},
}
MERGED = ("merged", "5")
PRIORITIES = {"1 low": "low", "2 normal": "normal", "3 high": "high", "1": "low", "2": "normal", "3": "high"}
CHANNELS = {
    **{"1": "email", "2": "sms", "3": "chat", "4": "fax", "5": "phone", "6": "twitter", "7": "twitter"},
    **{"8": "facebook", "9": "facebook", "10": "note", "11": "web", "12": "telegram", "13": "facebook"},
    **{"14": "whatsapp", "twitter status": "twitter", "twitter direct-message": "twitter"},
    **{"facebook feed post": "facebook", "facebook feed comment": "facebook", "facebook direct-message": "facebook"},
    **{"telegram personal-message": "telegram", "whatsapp message": "whatsapp"},
}
AGENT = ("agent", "1")


def _in_time(minutes_left: str) -> Formula:
    return Formula((minutes_left,), lambda: pl.col(minutes_left) >= 0)


# Closed again later than at first, or closed once and now open.
REOPENS = Formula(
    ("status", "first_solved_at", "_last_close_at"),
    lambda: (
        pl.col("first_solved_at").is_not_null()
        & ((pl.col("status") != "closed") | (pl.col("_last_close_at") > pl.col("first_solved_at")))
    ).cast(INTEGER),
)

JSON_TICKETS: Columns = {
    "ticket_id": text("number"),  # of the two numbers the one that people see
    "created_at": instant("created_at"),
    "updated_at": instant("updated_at"),
    "first_reply_at": instant("first_response_at"),
    "first_solved_at": instant("close_at"),
    "_last_close_at": instant("last_close_at"),
    "solved_at": while_done("_last_close_at"),
    "closed_at": while_done("_last_close_at"),
    "due_at": instant("close_escalation_at"),
    "first_reply_due_at": instant("first_response_escalation_at"),
    "status": words("state", "state_id", table=STATES, other="open"),
    "vendor_status": text("state", "state_id"),
    "is_merged": one_of("state", "state_id", values=MERGED),
    "priority": words("priority", "priority_id", table=PRIORITIES),
    "vendor_priority": text("priority", "priority_id"),
    "channel": renamed("create_article_type", "create_article_type_id", table=CHANNELS),
    "created_by_agent": one_of("create_article_sender", "create_article_sender_id", values=AGENT),
    "group": text("group", "group_id"),
    "assignee": text("owner", "owner_id", blanks=UNASSIGNED),
    "requester": identity("customer_id"),
    "organization": text("organization", "organization_id"),
    "reopens": REOPENS,
    "reported_first_reply_business_seconds": number("first_response_in_min", times=60),
    "reported_first_resolution_business_seconds": number("close_in_min", times=60),
    "_reply_minutes_left": number("first_response_diff_in_min"),
    "_close_minutes_left": number("close_diff_in_min"),
    "reported_first_reply_sla_met": _in_time("_reply_minutes_left"),
    "reported_resolution_sla_met": _in_time("_close_minutes_left"),
}

CSV_TICKETS: Columns = {
    "ticket_id": text("#"),
    "created_at": instant("Created At"),
    "updated_at": instant("Updated At"),
    "first_reply_at": instant("First Response At"),
    "first_solved_at": instant("Closed At"),
    "due_at": instant("Close Escalation At"),
    "first_reply_due_at": instant("First Response Escalation At"),
    "status": words("State", table=STATES, other="open"),
    "vendor_status": text("State"),
    "is_merged": one_of("State", values=MERGED),
    "priority": words("Priority", table=PRIORITIES),
    "vendor_priority": text("Priority"),
    "channel": renamed("Create Channel", table=CHANNELS),
    "created_by_agent": one_of("Sender", values=AGENT),
    "group": text("Group"),
    "assignee": text("Owner", blanks=UNASSIGNED),
    "requester": identity("Customer"),
    "organization": text("Organization"),
    "tags": labels("Tags"),
    "reported_first_reply_business_seconds": number("First Response In Min", times=60),
    "reported_first_resolution_business_seconds": number("Close In Min", times=60),
    "_reply_minutes_left": number("First Response Diff In Min"),
    "_close_minutes_left": number("Close Diff In Min"),
    "reported_first_reply_sla_met": _in_time("_reply_minutes_left"),
    "reported_resolution_sla_met": _in_time("_close_minutes_left"),
}

READER = Reader(
    title="Zammad",
    shapes=(
        json_shape(
            "tickets JSON",
            [{"number", "created_at", key} for key in ("first_response_diff_in_min", "close_escalation_at")],
            {"tickets": Rows(JSON_TICKETS)},
        ),
        json_shape(
            "search", [{"tickets", "tickets_count"}], {"tickets": Rows(JSON_TICKETS, each=("assets.Ticket.*",))}
        ),
        csv_shape(
            "report download",
            [{"#", "State", "Created At", "Close Escalation At"}],
            {"tickets": Rows(CSV_TICKETS)},
        ),
    ),
)
