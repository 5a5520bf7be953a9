"""Freshdesk's tickets: rows of the ticket list's CSV, and objects of the API, old (v1) and new (v2).

In the CSV `Initial response time` is an instant, while the two columns "(in hrs)" are spans in business hours, written
H:MM:SS and 00:00:00 where nothing has happened.
"""

from __future__ import annotations

import polars as pl

from cs_metrics.entities import INTEGER
from cs_metrics.readers._base import Columns, Formula, first_filled, unless_nothing_happened
from cs_metrics.readers._cells import (
    CSV_DATES,
    count,
    duration,
    flag,
    identity,
    instant,
    labels,
    one_of,
    renamed,
    text,
    truths,
    words,
)
from cs_metrics.readers._freshdesk_surveys import NOBODY
from cs_metrics.readers._freshworks import HANDLED, PRIORITIES, PRIORITY_NAMES, SOLVED_AT, STATUS, VERDICTS, verdict

# Accounts add statuses of their own; 6 and 7 are the numbers of the two that every new account begins with.
STATUSES = {
    **{"open": "open", "pending": "pending", "resolved": "solved", "closed": "closed"},
    **{"waiting on customer": "pending", "waiting on third party": "on_hold"},
    **{"2": "open", "3": "pending", "4": "solved", "5": "closed", "6": "pending", "7": "on_hold"},
}
STATUS_NAMES = {"2": "Open", "3": "Pending", "4": "Resolved", "5": "Closed"}
STATUS_NAMES |= {"6": "Waiting on Customer", "7": "Waiting on Third Party"}
TYPES = {word: word for word in ("question", "incident", "problem", "task")}
OUTBOUND = ("Outbound Email", "10")
CHANNELS = {
    **{"email": "email", "portal": "web", "phone": "phone", "forum": "forum", "twitter": "twitter"},
    **{"facebook": "facebook", "chat": "chat", "mobihelp": "mobile", "feedback widget": "web"},
    **{"outbound email": "email", "ecommerce": "ecommerce", "bot": "bot", "whatsapp": "whatsapp"},
}
SOURCE_NUMBERS = {str(number): channel for number, channel in enumerate(CHANNELS.values(), start=1)}


CSV_TICKETS: Columns = {
    "ticket_id": text("Ticket ID"),
    "created_at": instant("Created time", formats=CSV_DATES),
    "first_reply_at": instant("Initial response time", formats=CSV_DATES, blanks=NOBODY),
    "_resolved_at": instant("Resolved time", formats=CSV_DATES, blanks=NOBODY),
    "closed_at": instant("Closed time", formats=CSV_DATES, blanks=NOBODY),
    "solved_at": SOLVED_AT,
    "updated_at": instant("Last update time", "Last updated time", formats=CSV_DATES),
    "due_at": instant("Due by Time", formats=CSV_DATES, blanks=NOBODY),
    "status": words("Status", table=STATUSES, other="open"),
    "vendor_status": text("Status"),
    "priority": words("Priority", table=PRIORITIES, blanks=NOBODY),
    "vendor_priority": text("Priority", blanks=NOBODY),
    "type": renamed("Type", table=TYPES, blanks=NOBODY),
    "channel": renamed("Source", table=CHANNELS, blanks=NOBODY),
    "group": text("Group", blanks=NOBODY),
    "assignee": text("Agent", blanks=NOBODY),
    "requester": identity("Contact ID", "Email", "Full name", blanks=NOBODY),
    "organization": text("Company Name", blanks=NOBODY),
    "brand": text("Product", blanks=NOBODY),
    "tags": labels("Tags", blanks=NOBODY),
    "language": text("Language", blanks=NOBODY),
    "agent_replies": count("Agent interactions"),
    "customer_replies": count("Customer interactions"),
    "_tracked": duration("Time tracked", unit=3600, blanks=NOBODY),
    "handle_seconds": HANDLED,
    "created_by_agent": one_of("Source", values=OUTBOUND),
    "_reply_hours": duration("First response time (in hrs)", unit=3600, blanks=NOBODY),
    "_reply_minutes": duration("First response time (in mins)", unit=60, blanks=NOBODY),
    "_reply_span": first_filled("_reply_hours", "_reply_minutes"),
    "reported_first_reply_business_seconds": unless_nothing_happened("_reply_span", "first_reply_at"),
    "_resolution_span": duration("Resolution time (in hrs)", unit=3600, blanks=NOBODY),
    "reported_full_resolution_business_seconds": unless_nothing_happened("_resolution_span", "solved_at"),
    "reported_first_reply_sla_met": truths("First response status", table=VERDICTS, blanks=NOBODY),
    "reported_resolution_sla_met": truths("Resolution status", table=VERDICTS, blanks=NOBODY),
}


JSON_TICKETS: Columns = {
    "ticket_id": text("display_id", "id"),  # of the old API's two numbers the one that people see
    "created_at": instant("created_at"),
    "first_reply_at": instant("stats.first_responded_at"),
    "_resolved_at": instant("stats.resolved_at"),
    "closed_at": instant("stats.closed_at"),
    "solved_at": SOLVED_AT,
    "updated_at": instant("updated_at"),
    "due_at": instant("due_by"),
    "first_reply_due_at": instant("fr_due_by", "frDueBy"),
    "_status": words("status", table=STATUSES, other="open"),
    "_deleted": flag("deleted"),
    "status": STATUS,
    "vendor_status": renamed("status_name", "status", table=STATUS_NAMES),
    "priority": words("priority", table=PRIORITIES),
    "vendor_priority": renamed("priority_name", "priority", table=PRIORITY_NAMES),
    "type": renamed("type", "ticket_type", table=TYPES),
    "channel": renamed("source", table=SOURCE_NUMBERS),
    "group": text("group_id"),
    "assignee": text("responder_id"),
    "requester": identity("requester_id"),
    "organization": text("company_id"),
    "brand": text("product_id"),
    "tags": labels("tags"),
    "is_spam": flag("spam"),
    "created_by_agent": one_of("source", values=OUTBOUND),
    # The API keeps the last reopening only: one or none is all that can be said.
    "_reopened_at": instant("stats.reopened_at"),
    "reopens": Formula(("_reopened_at",), lambda: pl.col("_reopened_at").is_not_null().cast(INTEGER)),
    # These two flags say that a target is overdue; nobody has passed the ticket on to a higher tier.
    "_reply_overdue": flag("fr_escalated"),
    "_resolution_overdue": flag("is_escalated", "isescalated"),
    "reported_first_reply_sla_met": verdict("first_reply_at", "first_reply_due_at", "_reply_overdue"),
    "reported_resolution_sla_met": verdict("solved_at", "due_at", "_resolution_overdue", "_resolved_at"),
}
