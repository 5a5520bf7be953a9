"""Freshservice: Tickets → Export (CSV), and the API's ticket list with stats (JSON).

Columns of the CSV are chosen by the user. Its dates are wall clock without an offset; the JSON's are in UTC. As in
Freshdesk `Initial Response Time` is an instant, while the two columns "(in Hrs)" are spans, H:MM:SS or decimal hours,
and 00:00:00 where nothing has happened. Headers differ from Freshdesk's only in their capitals: a list that has nothing
but columns of both is read as Freshdesk's, with the same figures.

Neither form knows merged tickets, the number of reopens or messages. Unconfirmed: the numbers of the statuses, the keys
inside `stats`, whether the spans are business hours. Surveys are left out: the words of `Survey Result` are the firm's
own, and the API's `csat_response` names neither its ticket nor its scale.
"""

from __future__ import annotations

from cs_metrics.readers._base import (
    Columns,
    Reader,
    Rows,
    csv_shape,
    json_shape,
    unless_nothing_happened,
)
from cs_metrics.readers._cells import (
    CSV_DATES,
    count,
    duration,
    flag,
    identity,
    instant,
    labels,
    renamed,
    text,
    truths,
    words,
)
from cs_metrics.readers._freshworks import (
    HANDLED,
    OF_ZOHO,
    PRIORITIES,
    PRIORITY_NAMES,
    SOLVED_AT,
    STATUS,
    VERDICTS,
    verdict,
)

NOBODY = ("No Agent", "No Group", "No data", "-", "--")

# Accounts add statuses of their own, which are taken as open.
STATUSES = {
    **{"open": "open", "pending": "pending", "resolved": "solved", "closed": "closed"},
    **{"2": "open", "3": "pending", "4": "solved", "5": "closed"},
}
STATUS_NAMES = {"2": "Open", "3": "Pending", "4": "Resolved", "5": "Closed"}
TYPES = {word: word for word in ("incident", "problem", "question", "task")}
CHANNELS = {"email": "email", "portal": "web", "phone": "phone", "chat": "chat", "feedback widget": "web"}

CSV_TICKETS: Columns = {
    "ticket_id": text("Ticket Id"),
    "created_at": instant("Created Time", formats=CSV_DATES),
    "first_reply_at": instant("Initial Response Time", formats=CSV_DATES, blanks=NOBODY),
    "_resolved_at": instant("Resolved Time", formats=CSV_DATES, blanks=NOBODY),
    "closed_at": instant("Closed Time", formats=CSV_DATES, blanks=NOBODY),
    "solved_at": SOLVED_AT,
    "updated_at": instant("Last Updated Time", formats=CSV_DATES),
    "due_at": instant("Due by Time", formats=CSV_DATES, blanks=NOBODY),
    "status": words("Status", table=STATUSES, other="open"),
    "vendor_status": text("Status"),
    "priority": words("Priority", table=PRIORITIES, blanks=NOBODY),
    "vendor_priority": text("Priority", blanks=NOBODY),
    "type": renamed("Type", table=TYPES, blanks=NOBODY),
    "channel": renamed("Source", table=CHANNELS, blanks=NOBODY),
    "group": text("Group", blanks=NOBODY),
    "assignee": text("Agent", blanks=NOBODY),
    "requester": identity("Requester Email", "Requester Name", blanks=NOBODY),
    "organization": text("Company", blanks=NOBODY),
    "category": text("Category", blanks=NOBODY),
    "tags": labels("Tags", blanks=NOBODY),
    "agent_replies": count("Agent interactions"),
    "customer_replies": count("Customer interactions"),
    "_tracked": duration("Time Tracked", unit=3600, blanks=NOBODY),
    "handle_seconds": HANDLED,
    "_reply_span": duration("First Response Time (in Hrs)", unit=3600, blanks=NOBODY),
    "reported_first_reply_business_seconds": unless_nothing_happened("_reply_span", "first_reply_at"),
    "_resolution_span": duration("Resolution Time (in Hrs)", unit=3600, blanks=NOBODY),
    "reported_full_resolution_business_seconds": unless_nothing_happened("_resolution_span", "solved_at"),
    "reported_first_reply_sla_met": truths("First Response Status", table=VERDICTS, blanks=NOBODY),
    "reported_resolution_sla_met": truths("Resolution Status", table=VERDICTS, blanks=NOBODY),
}

JSON_TICKETS: Columns = {
    "ticket_id": text("id"),
    "created_at": instant("created_at"),
    "first_reply_at": instant("stats.first_responded_at"),
    "_resolved_at": instant("stats.resolved_at"),
    "closed_at": instant("stats.closed_at"),
    "solved_at": SOLVED_AT,
    "updated_at": instant("updated_at"),
    "due_at": instant("due_by"),
    "first_reply_due_at": instant("fr_due_by"),
    "_status": words("status", table=STATUSES, other="open"),
    "_deleted": flag("deleted"),
    "status": STATUS,
    "vendor_status": renamed("status", table=STATUS_NAMES),
    "priority": words("priority", table=PRIORITIES),
    "vendor_priority": renamed("priority", table=PRIORITY_NAMES),
    "type": renamed("type", table=TYPES),
    "group": text("group_id"),
    "assignee": text("responder_id"),
    "requester": identity("requester_id"),
    "organization": text("department_id"),
    "category": text("category"),
    "tags": labels("tags"),
    "agent_replies": count("stats.outbound_count"),
    "customer_replies": count("stats.inbound_count"),
    "is_spam": flag("spam"),
    # These two flags say that a target is overdue; nobody has passed the ticket on to a higher tier.
    "_reply_overdue": flag("fr_escalated"),
    "_resolution_overdue": flag("is_escalated"),
    "reported_first_reply_sla_met": verdict("first_reply_at", "first_reply_due_at", "_reply_overdue"),
    "reported_resolution_sla_met": verdict("solved_at", "due_at", "_resolution_overdue", "_resolved_at"),
}

# Columns that Freshdesk's lists do not have; urgency and impact could be somebody's own fields there, but not both.
PEOPLE = ("Requester Name", "Requester Email", "Requester VIP", "Requester Location")
OWN = (*PEOPLE, "Survey Result", "Experience Score", "Approval Status")
BOTH_FIELDS = {"Urgency", "Impact"}
SHARED = ("Status", "Agent interactions", "First Response Time (in Hrs)", "Resolution Time (in Hrs)")

READER = Reader(
    title="Freshservice",
    shapes=(
        csv_shape(
            "ticket CSV",
            [
                *({"Ticket Id", "Created Time", header} for header in OWN),
                {"Ticket Id", "Created Time", *BOTH_FIELDS},
                *({"Ticket Id", "Created Time", *BOTH_FIELDS, header} for header in SHARED),
            ],
            {"tickets": Rows(CSV_TICKETS)},
            without=OF_ZOHO,
            blanks=NOBODY,
        ),
        json_shape(
            "tickets JSON",
            [
                {"id", "created_at", "responder_id", "department_id", "urgency", header}
                for header in ("sub_category", "item_category")
            ],
            {"tickets": Rows(JSON_TICKETS)},
            wrappers=("tickets", "ticket"),
        ),
    ),
)
