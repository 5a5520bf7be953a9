"""Zendesk Support and Talk: exports of the account and of views, pages of the API, satisfaction, history, calls.

Where they come from: the account's CSV and JSON from Admin Center → Account → Tools → Reports → Export; a view's CSV
from the view's own menu "Export CSV"; everything else from the API, which scripts store page by page
(`/api/v2/incremental/tickets`, `…/ticket_events`, `…/ticket_metric_events`, `/api/v2/ticket_audits`, `ticket_metrics`,
`satisfaction_ratings`, `survey_responses`, `/api/v2/channels/voice/stats/incremental/calls` and `…/legs`).

Tickets and what the API keeps apart from them are given together: `ticket_metrics` complete the row of a ticket that
holds no metric set, `ticket_metric_events` tell the cycles of its SLA clocks (a page holds a hundred events, so give
all pages), survey responses are told to their ticket by the name in `subjects`.

Zone: the CSVs have the account's wall clock without an offset, the account CSV beside exact minutes; JSON is in UTC.

What they cannot carry: no form says when a ticket was closed, but audits and ticket events show it. The CSVs have no
deleted tickets and no messages. A rating on a ticket's row has no date. Comments and audits name people by number only
(see `_zendesk_history`). Talk does not say when a call was answered or ended. Metric events do not say how much of a
target is left. The account's export as XML is not read, for no source shows its elements: take the JSON.

Unconfirmed: the columns of a view, the key `comments` in the account export, the wrapper of the list of audits, the
scale 1–5 of survey responses, the key `group_sla` of a group's target, and that Talk says `not_answered`.
"""

from __future__ import annotations

from cs_metrics.readers._base import Reader, Rows, csv_shape, json_shape
from cs_metrics.readers._zendesk_history import (
    AUDITS_IN_LIST,
    AUDITS_ON_TICKETS,
    CHILD_EVENTS,
    COMMENTS_IN_LIST,
    COMMENTS_ON_TICKETS,
)
from cs_metrics.readers._zendesk_sla import CREATIONS, SLA_EVENTS
from cs_metrics.readers._zendesk_surveys import (
    CSV_SURVEYS,
    EMPTY,
    JSON_SURVEYS,
    RATINGS,
    SURVEY_RESPONSES,
    VIEW_SURVEYS,
)
from cs_metrics.readers._zendesk_talk import CALLS, LEGS
from cs_metrics.readers._zendesk_tickets import CSV_TICKETS, JSON_TICKETS, METRIC_TICKETS, VIEW_TICKETS

TICKET = {"id", "created_at", "status", "submitter_id", "assignee_id"}
TICKETS = {"tickets": Rows(JSON_TICKETS), "surveys": Rows(JSON_SURVEYS, only_where="_was_asked")}
TICKET_WRAPPERS = ("ticket", "tickets", "results")
METRIC_SETS = {"metric_sets": ("id", "ticket_id", "metric_set")}

READER = Reader(
    title="Zendesk Support",
    shapes=(
        csv_shape(
            "account CSV",
            [
                {"Summation column", "Id", "Created at"},
                {"Id", "Created at", "Requester wait time in minutes", "Assignee stations"},
            ],
            {"tickets": Rows(CSV_TICKETS), "surveys": Rows(CSV_SURVEYS, only_where="_was_asked")},
            blanks=EMPTY,
        ),
        csv_shape(
            "view CSV",
            [{"ID", "Subject", "Requester", "Requested"}],
            {"tickets": Rows(VIEW_TICKETS), "surveys": Rows(VIEW_SURVEYS, only_where="_was_asked")},
            blanks=EMPTY,
        ),
        json_shape(
            "tickets JSON",
            [TICKET, {"_id", "created_at", "status", "submitter_id"}],
            TICKETS | {"messages": Rows(COMMENTS_ON_TICKETS, each=("comments",))},
            wrappers=TICKET_WRAPPERS,
            joined=METRIC_SETS,
        ),
        json_shape(
            "tickets JSON with audits",
            [TICKET | {"audits"}],
            TICKETS | AUDITS_ON_TICKETS,
            wrappers=TICKET_WRAPPERS,
            joined=METRIC_SETS,
        ),
        # a page is taken as one record, for a ticket that holds its own audits has the same key
        json_shape("ticket audits", [{"audits"}], AUDITS_IN_LIST, without={"id", "_id"}),
        json_shape(
            "ticket comments",
            [{"id", "ticket_id", "author_id", "public", "created_at"}],
            {"messages": Rows(COMMENTS_IN_LIST)},
            wrappers=("comments",),
            joined={"users": ("author_id", "id", "user")},
        ),
        json_shape(
            "ticket events",
            [{"id", "ticket_id", "child_events"}],
            CHILD_EVENTS,
            wrappers=("ticket_events",),
        ),
        json_shape(
            "ticket metrics",
            [{"id", "ticket_id", "created_at", "assignee_stations", "reply_time_in_minutes.calendar"}],
            {"tickets": Rows(METRIC_TICKETS)},
            wrappers=("ticket_metrics", "ticket_metric"),
        ),
        json_shape(
            "ticket metric events",
            [{"id", "ticket_id", "metric", "instance_id", "type", "time"}],
            {
                "tickets": Rows(CREATIONS, only_where="_is_creation"),
                "sla_events": Rows(SLA_EVENTS, only_where="_is_event"),
            },
            wrappers=("ticket_metric_events",),
        ),
        json_shape(
            "satisfaction ratings",
            [{"id", "ticket_id", "requester_id", "assignee_id", "score", "created_at"}],
            {"surveys": Rows(RATINGS)},
            wrappers=("satisfaction_ratings", "satisfaction_rating"),
        ),
        json_shape(
            "survey responses",
            [{"id", "responder_id", "subjects", "answers"}],
            {"surveys": Rows(SURVEY_RESPONSES, only_where="_is_rating", each=("answers",))},
            wrappers=("survey_responses", "survey_response"),
        ),
        json_shape(
            "Talk calls",
            [{"id", "created_at", "direction", "completion_status", "wait_time"}],
            {"calls": Rows(CALLS)},
            wrappers=("calls",),
        ),
        json_shape(
            "Talk legs",
            [{"id", "call_id", "created_at", "type", "completion_status"}],
            {"calls": Rows(LEGS)},
            wrappers=("legs",),
        ),
    ),
)
