"""What happened on tickets: messages, changes, logged work; and what is told from those, spells and waits."""

from __future__ import annotations

from cs_metrics.entities._base import (
    AUTHOR_ROLES,
    CALENDAR,
    FLAG,
    PRIORITIES,
    SOURCE,
    STATUSES,
    TEXT,
    TICKET_LINK,
    Column,
    Frame,
    count,
    instant,
    seconds,
    span,
    text,
)

MESSAGE = Frame(
    row="one message on a ticket",
    key=("message_id",),
    dates=("sent_at",),
    required=("message_id", "sent_at"),
    columns=SOURCE
    | {
        "message_id": text("the message's number"),
        "ticket_id": text("the ticket it belongs to"),
        "sent_at": instant("when it was sent"),
        "author_role": Column(TEXT, "who wrote it", words=AUTHOR_ROLES),
        "author": text("the writer"),
        "is_public": Column(FLAG, "whether the customer sees it"),
        "channel": text("how it was sent"),
    },
    links=TICKET_LINK,
)

CHANGE = Frame(
    row="one change of one field",
    key=("ticket_id", "changed_at", "field", "position", "old", "new"),  # without position, equal rows are one
    dates=("changed_at",),
    required=("ticket_id", "changed_at", "field"),
    columns=SOURCE
    | {
        "ticket_id": text("the ticket it belongs to"),
        "changed_at": instant("when the field changed"),
        "field": text("which field: status, assignee, group and priority are told, others are passed over"),
        "position": count("order among changes of one instant"),
        "old": text("the value before"),
        "new": text("the value after"),
        "actor_role": Column(TEXT, "who changed it", words=AUTHOR_ROLES),
    },
    links=TICKET_LINK,
)

WORK_ENTRY = Frame(
    row="one entry of logged working time",
    key=("entry_id",),
    dates=("worked_at",),
    required=("entry_id", "ticket_id", "worked_at"),
    columns=SOURCE
    | {
        "entry_id": text("the entry's number"),
        "ticket_id": text("the ticket it was spent on"),
        "worked_at": instant("when the work was done"),
        "seconds": seconds("how long it took", changes=True),
        "assignee": text("the agent who did it"),
        "is_billable": Column(FLAG, "whether it is billed"),
        "updated_at": instant("the last change of the entry, by which the newest version counts", changes=True),
    },
    links=TICKET_LINK,
)

SPELL = Frame(
    row="one stretch of a ticket's life in which status, group, assignee and priority stayed the same",
    key=("ticket_id", "began_at"),
    dates=("began_at", "ended_at"),
    required=("ticket_id", "began_at"),
    columns=SOURCE
    | {
        "ticket_id": text("the ticket"),
        "created_at": instant("when the ticket was opened"),
        "began_at": instant("when this began"),
        "ended_at": instant("when something changed; empty while it is still so"),
        "status": Column(TEXT, "the status then", words=STATUSES),
        "group": text("the team that had it then"),
        "assignee": text("the agent who had it then"),
        "priority": Column(TEXT, "its priority then", words=PRIORITIES),
        "is_open": Column(FLAG, "neither solved nor closed nor deleted"),
        "is_solve": Column(FLAG, "begins with a solve, or with a close of what was unsolved"),
        "is_reopen": Column(FLAG, "begins with a reopening"),
    },
    derived={
        "spell_seconds": span("how long it lasted, up to as-of", "ended_at − began_at", ("began_at",)),
        "spell_business_seconds": span(
            "how long it lasted up to as-of, business hours", "opening hours in between", ("began_at", CALENDAR)
        ),
    },
    links=TICKET_LINK,
    made_of=("tickets",),
)

WAIT = Frame(
    row="one wait of the customer: from the oldest unanswered message to the next public reply by a person",
    key=("ticket_id", "asked_at"),
    dates=("asked_at", "replied_at"),
    required=("ticket_id", "asked_at"),
    columns=SOURCE
    | {
        "ticket_id": text("the ticket"),
        "asked_at": instant("the oldest unanswered message"),
        "replied_at": instant("the next public reply by a person; empty while there is none"),
        "author": text("who replied"),
        "is_first": Column(FLAG, "ends with the ticket's first reply"),
    },
    derived={
        "response_seconds": span("response time", "replied_at − asked_at", ("asked_at", "replied_at")),
        "response_business_seconds": span(
            "response time, business hours", "opening hours in between", ("asked_at", "replied_at", CALENDAR)
        ),
    },
    links=TICKET_LINK,
    made_of=("tickets", "messages"),
)
