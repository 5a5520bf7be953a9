"""Zendesk Support: the account's CSV and JSON exports, API pages with metric sets, satisfaction ratings."""

from __future__ import annotations

from cs_metrics.readers._base import Reader, Rows, csv_shape
from cs_metrics.readers._cells import count, instant, number, text

READER = Reader(
    title="Zendesk Support",
    shapes=(
        csv_shape(
            "account CSV",
            [{"Summation column", "Id", "Created at"}],
            {"tickets": Rows({
                "ticket_id": text("Id"), "requester": text("Requester id"), "group": text("Group"), "status": text("Status"),
                "created_at": instant("Created at"), "updated_at": instant("Updated at"), "solved_at": instant("Solved at"),
                "assignee_stations": count("Assignee stations"),
                "reopens": count("Reopens"), "agent_replies": count("Replies"),
                "reported_first_reply_seconds": number("First reply time in minutes", times=60),
                "reported_first_resolution_seconds": number("First resolution time in minutes", times=60),
                "reported_full_resolution_seconds": number("Full resolution time in minutes", times=60),
            })},
        ),
    ),
)
