"""The frame of tickets: what an export states of them, and what is computed for them."""

from __future__ import annotations

from cs_metrics.entities._base import (
    CYCLES,
    FLAG,
    HISTORY,
    INSTANT,
    INTEGER,
    MESSAGES,
    NUMBER,
    POLICIES,
    PRIORITIES,
    SOURCE,
    STATUSES,
    TEXT,
    WORDS,
    Column,
    Derived,
    Frame,
    count,
    flag,
    instant,
    seconds,
    span,
    text,
)
from cs_metrics.entities._ticket_times import TICKET_TIMES

# What the export states and messages or changes say better; the stated value stays under this name.
OVERRULED = {
    HISTORY: ("first_solved_at", "solved_at", "reopens", "assignee_stations", "group_stations"),
    MESSAGES: ("first_reply_at", "agent_replies", "customer_replies"),
}
_OVERRULED = {
    f"reported_{name}": Column(
        INSTANT if name.endswith("_at") else INTEGER,
        f"{name} as the export states it",
        changes=name != "first_reply_at",
    )
    for names in OVERRULED.values()
    for name in names
}

TICKET = Frame(
    row="a ticket as of the export",
    key=("ticket_id",),
    dates=("created_at", "first_reply_at", "first_solved_at", "solved_at", "closed_at", "updated_at"),
    required=("ticket_id", "created_at"),
    columns=SOURCE
    | {
        "ticket_id": text("the ticket's number"),
        "created_at": instant("when the ticket was opened"),
        "first_reply_at": instant("the first public reply by a person"),
        "first_solved_at": instant("the first solve (the close, if it was closed unsolved)"),
        "solved_at": instant("the last solve, or the close if never solved; empty while unsolved", changes=True),
        "closed_at": instant("when it was closed for good", changes=True),
        "updated_at": instant("the last change of any kind", changes=True),
        "due_at": instant("when the resolution target is due", changes=True),
        "first_reply_due_at": instant("when the first reply target is due"),
        "status": Column(TEXT, "where the ticket stands", words=STATUSES, changes=True),
        "vendor_status": text("the status in the helpdesk's own word", changes=True),
        "priority": Column(TEXT, "how urgent it is", words=PRIORITIES, changes=True),
        "vendor_priority": text("the priority in the helpdesk's own word", changes=True),
        "type": text("question, incident, problem, task or the firm's own type", changes=True),
        "channel": text("how it came in: email, web, chat, phone, …"),
        "group": text("the team that has it", changes=True),
        "assignee": text("the agent who has it", changes=True),
        "requester": text("who asked: an id, or a keyed hash of a mail address"),
        "organization": text("the requester's company"),
        "brand": text("the brand or product line"),
        "category": text("what it is about", changes=True),
        "tags": Column(WORDS, "the labels on the ticket", changes=True),
        "language": text("the requester's language"),
        "agent_replies": count("public replies by agents", changes=True),
        "customer_replies": count("messages by the customer after the first", changes=True),
        "reopens": count("times it went from solved back to unsolved", changes=True),
        "assignee_stations": count("agents it was with, the first one included", changes=True),
        "group_stations": count("teams it was with, the first one included", changes=True),
        "handle_seconds": seconds("logged working time", changes=True),
        "is_spam": flag("spam, or suspended"),
        "is_merged": flag("merged into another ticket"),
        "is_test": flag("a test ticket"),
        "created_by_agent": flag("opened by an agent, not by the customer"),
        "escalated": flag("moved to a higher tier; not: overdue"),
        "replies_from_messages": flag("its replies are told from its messages, the agent's opening known apart"),
        "reported_first_reply_seconds": seconds("the vendor's first reply time, calendar"),
        "reported_first_reply_business_seconds": seconds("the vendor's first reply time, business hours"),
        "reported_first_resolution_seconds": seconds("the vendor's first resolution time, calendar"),
        "reported_first_resolution_business_seconds": seconds("the vendor's first resolution time, business hours"),
        "reported_full_resolution_seconds": seconds("the vendor's full resolution time, calendar", changes=True),
        "reported_full_resolution_business_seconds": seconds("the vendor's resolution time, business hours", True),
        "reported_requester_wait_seconds": seconds("the vendor's requester wait, calendar", changes=True),
        "reported_requester_wait_business_seconds": seconds("the vendor's requester wait, business hours", True),
        "reported_agent_wait_seconds": seconds("the vendor's agent wait, calendar", changes=True),
        "reported_agent_wait_business_seconds": seconds("the vendor's agent wait, business hours", changes=True),
        "reported_on_hold_seconds": seconds("the vendor's time on hold, calendar", changes=True),
        "reported_on_hold_business_seconds": seconds("the vendor's time on hold, business hours", changes=True),
        "reported_first_reply_sla_met": Column(FLAG, "the vendor's verdict on the first reply target"),
        "reported_resolution_sla_met": Column(FLAG, "the vendor's verdict on the resolution target", changes=True),
    }
    | _OVERRULED
    | {
        "reported_durations_exact": flag("the reported durations are exact and the instants are local wall clock"),
        "measured_at": instant("of a list of measures beside the tickets: the last change of a measure", changes=True),
    },
    derived={
        "is_solved": Derived(
            FLAG, "solved or closed at the export", "status IN ('solved', 'closed')", (("status",), ("solved_at",))
        ),
        "first_reply_seconds": Derived(
            NUMBER,
            "first reply time; empty without a reply, or where the reply lies before the creation",
            "first_reply_at − created_at, else what the vendor reports",
            (("first_reply_at", "created_at"), ("reported_first_reply_seconds",)),
        ),
        "first_resolution_seconds": Derived(
            NUMBER,
            "first resolution time, of tickets that were ever solved",
            "first_solved_at − created_at, else what the vendor reports, else as full_resolution_seconds",
            (
                ("first_solved_at", "created_at"),
                ("reported_first_resolution_seconds",),
                ("solved_at", "created_at"),
            ),
        ),
        "full_resolution_seconds": Derived(
            NUMBER,
            "full resolution time, of tickets that are solved at the export",
            "solved_at − created_at, else what the vendor reports",
            (("solved_at", "created_at"), ("reported_full_resolution_seconds",)),
        ),
    }
    | TICKET_TIMES
    | {
        "first_assigned_at": Derived(
            INSTANT, "when an agent first had it", "the first change to an agent", ((HISTORY,),)
        ),
        "last_assigned_at": Derived(
            INSTANT, "when its last agent got it", "the last change to an agent", ((HISTORY,),)
        ),
        "later_groups": Derived(WORDS, "the teams it was with after its first", "groups of its spells", ((HISTORY,),)),
        "is_priority_raised": Derived(FLAG, "whether its priority was ever raised", "by its spells", ((HISTORY,),)),
        "first_reopened_at": Derived(
            INSTANT,
            "its first reopening; empty without one, and where nothing but their number is known",
            "the first spell that begins with a reopening",
            ((HISTORY,), ("reopens",)),
        ),
        "bot_replies": Derived(INTEGER, "public messages by bots", "messages of its bots", ((MESSAGES,),)),
        "first_assignment_seconds": span(
            "time to the first agent", "first_assigned_at − created_at", ("first_assigned_at", "created_at")
        ),
        "assignment_to_resolution_seconds": span(
            "time from the last agent's getting it to the solve",
            "solved_at − last_assigned_at",
            ("last_assigned_at", "solved_at"),
        ),
        "replying_agents": Derived(
            INTEGER, "agents who replied in public", "distinct authors of its replies", ((MESSAGES,),)
        ),
        "reopens_to_open": Derived(
            INTEGER,
            "times it went from solved to open, without reopenings to another status",
            "reopenings among its spells that begin as open, else the reopens that the export states",
            ((HISTORY,), ("reopens",)),
        ),
        "is_sla_met": Derived(
            FLAG,
            "every SLA target met; false with any breach, empty while a clock runs unbreached or where none applies",
            "all is_met of the ticket's SLA cycles",
            ((POLICIES,), (CYCLES,)),
        ),
        "next_contact_at": Derived(
            INSTANT,
            "the requester's next ticket opened after this one's solve (merged-away ones count, spam does not)",
            "the least created_at of the same source and requester that is later than solved_at",
            (("requester", "created_at", "solved_at"),),
        ),
        "is_contact_traceable": Derived(
            FLAG,
            "whether a next contact would be seen: there is a requester, of at most 50 tickets in any 30 days",
            "requester present and not a mailbox or integration that opens tickets in bulk",
            (("requester", "created_at"),),
        ),
    },
    links={"customer": ("customers", "organization")},
)
