"""The common frames: the one vocabulary in which readers and metrics meet.

Each frame says what one row is, what identifies it (together with `source`), which columns are its dates and where it
links to. Instants are UTC, durations seconds, ids and words text. Nothing here touches data.

This module is long because it is a dictionary: one line per column, read like a table, never like code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

INSTANT = pl.Datetime("us", "UTC")
TEXT, INTEGER, NUMBER, FLAG, WORDS = pl.String(), pl.Int64(), pl.Float64(), pl.Boolean(), pl.List(pl.String())

STATUSES = ("new", "open", "pending", "on_hold", "solved", "closed", "deleted")
PRIORITIES = ("low", "normal", "high", "urgent")
SURVEY_KINDS = ("csat", "nps", "ces")
CALL_OUTCOMES = ("answered", "abandoned", "missed", "voicemail")
AUTHOR_ROLES = ("customer", "agent", "bot", "system")


@dataclass(frozen=True)
class Column:
    """One column of a frame.

    `words` closes the vocabulary; `default` is what an absent column or empty cell means; `changes` marks what is
    overwritten during a ticket's life, so that an export cannot say what it was in the past.
    """

    dtype: pl.DataType
    meaning: str
    words: tuple[str, ...] = ()
    default: bool | None = None
    changes: bool = False


@dataclass(frozen=True)
class Derived:
    """A column that we compute. `ways` are the sets of columns that each suffice, best first; `derive` builds it."""

    dtype: pl.DataType
    meaning: str
    formula: str
    ways: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Frame:
    """What one row is, its key (with `source`), its dates, the columns a row cannot do without, and its links."""

    row: str
    key: tuple[str, ...]
    dates: tuple[str, ...]
    required: tuple[str, ...]
    columns: Mapping[str, Column]
    derived: Mapping[str, Derived] = field(default_factory=dict)
    links: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # {prefix: (frame, our column)}
    made_of: tuple[str, ...] = ()  # the frames it is computed from
    made_by: str = ""  # the rule that computes it; where the question names none, it is what the files say
    told_by: str = ""  # the frame of single events from which files tell its rows, too

    @property
    def is_read(self) -> bool:
        """Whether files may hold it: whatever is not computed, and what only a rule computes."""
        return not self.made_of or bool(self.made_by)

    def dtype(self, name: str) -> pl.DataType:
        """The type of a column of ours; extra columns (`x_…`) are text."""
        known = self.columns.get(name) or self.derived.get(name)
        return known.dtype if known else TEXT


def _instant(meaning: str, changes: bool = False) -> Column:
    return Column(INSTANT, meaning, changes=changes)


def _text(meaning: str, changes: bool = False) -> Column:
    return Column(TEXT, meaning, changes=changes)


def _count(meaning: str, changes: bool = False) -> Column:
    return Column(INTEGER, meaning, changes=changes)


def _seconds(meaning: str, changes: bool = False) -> Column:
    return Column(NUMBER, f"{meaning}, in seconds", changes=changes)


def _flag(meaning: str) -> Column:
    return Column(FLAG, meaning, default=False)


def _span(meaning: str, formula: str, *ways: tuple[str, ...]) -> Derived:
    return Derived(NUMBER, f"{meaning}, in seconds", formula, ways)


# What a column may rest on beside columns of its own frame; they stand among a frame's columns where they are there.
HISTORY, MESSAGES, CALENDAR, POLICIES = "changes", "messages", "a calendar (--calendar)", "an SLA (--sla)"
CYCLES, WORK = "sla_cycles", "work"
# Where the tone of reviews is not stated but could be told from what was written: what it takes.
SENTIMENT_EXTRA = "the extra sentiment (pip install cs-metrics[sentiment])"

_SOURCE = {"source": _text("the reader's name, the account, or NAME of NAME=path")}
_TICKET_LINK = {"ticket": ("tickets", "ticket_id")}

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

# A ticket's time in some statuses: what the sum is called, what it means, the statuses, what the vendor may report.
STATUS_SPANS: Mapping[str, tuple[str, tuple[str, ...], str]] = {
    "new": ("time as new", ("new",), ""),
    "open": ("time as open", ("open",), ""),
    "pending": ("time as pending", ("pending",), ""),
    "on_hold": ("time on hold", ("on_hold",), "on_hold"),
    "requester_wait": ("time the requester waited for the team", ("new", "open", "on_hold"), "requester_wait"),
    "agent_wait": ("time the team waited for the requester", ("pending",), "agent_wait"),
    "agent_work": ("time with the agents", ("new", "open"), ""),
    "solve": ("time unsolved, without stretches as solved", ("new", "open", "pending", "on_hold"), ""),
}
_HISTORY = ((HISTORY,),)
_STATUS_SPANS = {
    f"{name}_seconds": _span(
        meaning,
        f"sum of its spells as {', '.join(statuses)}",
        (HISTORY,),
        *([(f"reported_{reported}_seconds",)] if reported else []),
    )
    for name, (meaning, statuses, reported) in STATUS_SPANS.items()
} | {
    "unassigned_seconds": _span(
        "time unsolved without an agent", "sum of its unsolved spells without agent", (HISTORY,)
    ),
    "requester_wait_booked_seconds": _span(
        "requester wait, booked when the ticket leaves a status",
        "as requester_wait_seconds, without the status that it is in",
        (HISTORY,),
    ),
    "requester_wait_with_solved_seconds": _span(
        "time as new or open, and as solved where it was reopened",
        "sum of its spells as new or open, and of solved ones that a reopening ended",
        (HISTORY,),
        ("reported_requester_wait_seconds",),
    ),
}
_REPORTED_AS = {name: name for name in ("on_hold", "requester_wait", "agent_wait")}
_REPORTED_AS |= {"requester_wait_with_solved": "requester_wait"}
_BUSINESS_SPANS = {
    f"{name}_business_seconds": _span(
        f"{said.meaning.removesuffix(', in seconds')}, business hours",
        f"as {name}_seconds, within the calendar's opening hours",
        (HISTORY, CALENDAR),
        *([(f"reported_{_REPORTED_AS[name]}_business_seconds",)] if name in _REPORTED_AS else []),
    )
    for name, said in ((name.removesuffix("_seconds"), said) for name, said in _STATUS_SPANS.items())
} | {
    f"{name}_business_seconds": _span(
        f"{name.replace('_', ' ')} time, business hours",
        f"the calendar's opening hours from {since} to {until}, else what the vendor reports",
        (since, until, CALENDAR),
        *(
            [(f"reported_{name}_seconds", since, CALENDAR), (f"reported_{name}_business_seconds",)]
            if since == "created_at" and name != "first_assignment"
            else []
        ),
    )
    for name, since, until in (
        ("first_reply", "created_at", "first_reply_at"),
        ("first_resolution", "created_at", "first_solved_at"),
        ("full_resolution", "created_at", "solved_at"),
        ("first_assignment", "created_at", "first_assigned_at"),
        ("assignment_to_resolution", "last_assigned_at", "solved_at"),
    )
}

_TICKETS = Frame(
    row="a ticket as of the export",
    key=("ticket_id",),
    dates=("created_at", "first_reply_at", "first_solved_at", "solved_at", "closed_at", "updated_at"),
    required=("ticket_id", "created_at"),
    columns=_SOURCE
    | {
        "ticket_id": _text("the ticket's number"),
        "created_at": _instant("when the ticket was opened"),
        "first_reply_at": _instant("the first public reply by a person"),
        "first_solved_at": _instant("the first solve (the close, if it was closed unsolved)"),
        "solved_at": _instant("the last solve, or the close if never solved; empty while unsolved", changes=True),
        "closed_at": _instant("when it was closed for good", changes=True),
        "updated_at": _instant("the last change of any kind", changes=True),
        "due_at": _instant("when the resolution target is due", changes=True),
        "first_reply_due_at": _instant("when the first reply target is due"),
        "status": Column(TEXT, "where the ticket stands", words=STATUSES, changes=True),
        "vendor_status": _text("the status in the helpdesk's own word", changes=True),
        "priority": Column(TEXT, "how urgent it is", words=PRIORITIES, changes=True),
        "vendor_priority": _text("the priority in the helpdesk's own word", changes=True),
        "type": _text("question, incident, problem, task or the firm's own type", changes=True),
        "channel": _text("how it came in: email, web, chat, phone, …"),
        "group": _text("the team that has it", changes=True),
        "assignee": _text("the agent who has it", changes=True),
        "requester": _text("who asked: an id, or a keyed hash of a mail address"),
        "organization": _text("the requester's company"),
        "brand": _text("the brand or product line"),
        "category": _text("what it is about", changes=True),
        "tags": Column(WORDS, "the labels on the ticket", changes=True),
        "language": _text("the requester's language"),
        "agent_replies": _count("public replies by agents", changes=True),
        "customer_replies": _count("messages by the customer after the first", changes=True),
        "reopens": _count("times it went from solved back to unsolved", changes=True),
        "assignee_stations": _count("agents it was with, the first one included", changes=True),
        "group_stations": _count("teams it was with, the first one included", changes=True),
        "handle_seconds": _seconds("logged working time", changes=True),
        "is_spam": _flag("spam, or suspended"),
        "is_merged": _flag("merged into another ticket"),
        "is_test": _flag("a test ticket"),
        "created_by_agent": _flag("opened by an agent, not by the customer"),
        "escalated": _flag("moved to a higher tier; not: overdue"),
        "replies_from_messages": _flag("its replies are told from its messages, the agent's opening known apart"),
        "reported_first_reply_seconds": _seconds("the vendor's first reply time, calendar"),
        "reported_first_reply_business_seconds": _seconds("the vendor's first reply time, business hours"),
        "reported_first_resolution_seconds": _seconds("the vendor's first resolution time, calendar"),
        "reported_first_resolution_business_seconds": _seconds("the vendor's first resolution time, business hours"),
        "reported_full_resolution_seconds": _seconds("the vendor's full resolution time, calendar", changes=True),
        "reported_full_resolution_business_seconds": _seconds("the vendor's resolution time, business hours", True),
        "reported_requester_wait_seconds": _seconds("the vendor's requester wait, calendar", changes=True),
        "reported_requester_wait_business_seconds": _seconds("the vendor's requester wait, business hours", True),
        "reported_agent_wait_seconds": _seconds("the vendor's agent wait, calendar", changes=True),
        "reported_agent_wait_business_seconds": _seconds("the vendor's agent wait, business hours", changes=True),
        "reported_on_hold_seconds": _seconds("the vendor's time on hold, calendar", changes=True),
        "reported_on_hold_business_seconds": _seconds("the vendor's time on hold, business hours", changes=True),
        "reported_first_reply_sla_met": Column(FLAG, "the vendor's verdict on the first reply target"),
        "reported_resolution_sla_met": Column(FLAG, "the vendor's verdict on the resolution target", changes=True),
    }
    | _OVERRULED
    | {
        "reported_durations_exact": _flag("the reported durations are exact and the instants are local wall clock"),
        "measured_at": _instant("of a list of measures beside the tickets: the last change of a measure", changes=True),
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
    | _STATUS_SPANS
    | _BUSINESS_SPANS
    | {
        "first_assigned_at": Derived(INSTANT, "when an agent first had it", "the first change to an agent", _HISTORY),
        "last_assigned_at": Derived(INSTANT, "when its last agent got it", "the last change to an agent", _HISTORY),
        "later_groups": Derived(WORDS, "the teams it was with after its first", "groups of its spells", _HISTORY),
        "is_priority_raised": Derived(FLAG, "whether its priority was ever raised", "by its spells", _HISTORY),
        "first_reopened_at": Derived(
            INSTANT,
            "its first reopening; empty without one, and where nothing but their number is known",
            "the first spell that begins with a reopening",
            (*_HISTORY, ("reopens",)),
        ),
        "bot_replies": Derived(INTEGER, "public messages by bots", "messages of its bots", ((MESSAGES,),)),
        "first_assignment_seconds": _span(
            "time to the first agent", "first_assigned_at − created_at", ("first_assigned_at", "created_at")
        ),
        "assignment_to_resolution_seconds": _span(
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
            (*_HISTORY, ("reopens",)),
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

_MESSAGES = Frame(
    row="one message on a ticket",
    key=("message_id",),
    dates=("sent_at",),
    required=("message_id", "sent_at"),
    columns=_SOURCE
    | {
        "message_id": _text("the message's number"),
        "ticket_id": _text("the ticket it belongs to"),
        "sent_at": _instant("when it was sent"),
        "author_role": Column(TEXT, "who wrote it", words=AUTHOR_ROLES),
        "author": _text("the writer"),
        "is_public": Column(FLAG, "whether the customer sees it"),
        "channel": _text("how it was sent"),
    },
    links=_TICKET_LINK,
)

_CHANGES = Frame(
    row="one change of one field",
    key=("ticket_id", "changed_at", "field", "position", "old", "new"),  # without position, equal rows are one
    dates=("changed_at",),
    required=("ticket_id", "changed_at", "field"),
    columns=_SOURCE
    | {
        "ticket_id": _text("the ticket it belongs to"),
        "changed_at": _instant("when the field changed"),
        "field": _text("which field: status, assignee, group and priority are told, others are passed over"),
        "position": _count("order among changes of one instant"),
        "old": _text("the value before"),
        "new": _text("the value after"),
        "actor_role": Column(TEXT, "who changed it", words=AUTHOR_ROLES),
    },
    links=_TICKET_LINK,
)

_SURVEYS = Frame(
    row="one survey sent or answered",
    key=("survey_id",),
    dates=("answered_at", "sent_at"),
    required=("survey_id",),
    columns=_SOURCE
    | {
        "survey_id": _text("the survey's or the answer's number"),
        "ticket_id": _text("the ticket it is about"),
        "kind": Column(TEXT, "what was asked", words=SURVEY_KINDS),
        "sent_at": _instant("when it was sent"),
        "answered_at": _instant("when it was answered"),
        "score": Column(NUMBER, "the answer, on its own scale"),
        "scale_min": Column(NUMBER, "the least possible answer"),
        "scale_max": Column(NUMBER, "the greatest possible answer"),
        "is_satisfied": Column(FLAG, "a happy answer; computed from the scale where the export does not say it"),
        "is_answered": Column(FLAG, "answered or not; known only where the export lists the unanswered ones too"),
        "has_comment": Column(FLAG, "whether the customer wrote something"),
        "respondent": _text("who answered"),
        "assignee": _text("the agent rated"),
        "group": _text("the team rated"),
        "channel": _text("how it was asked"),
        "low_is_good": _flag("the low answers are the good ones, as on an effort scale from very easy to very hard"),
        "embedded": _flag("a rating read off a ticket's row; yields to a survey row of the same ticket"),
    },
    derived={
        "ease_score": Derived(
            NUMBER,
            "the answer on a scale whose high answers are the good ones; empty on others",
            "score where not low_is_good",
            (("score",),),
        ),
        "is_easy": Derived(
            FLAG,
            "an answer on the good side of the scale's middle: 5 to 7 of 1 to 7, 4 and 5 of 1 to 5",
            "score above the middle of scale_min and scale_max; below it where low_is_good",
            (("score", "scale_min", "scale_max"),),
        ),
        "is_first_answer": Derived(
            FLAG,
            "the first answer of its kind about its ticket that says whether the customer is satisfied",
            "the least answered_at of the same source, ticket_id and kind",
            (("ticket_id", "kind", "answered_at", "is_satisfied"),),
        ),
        "last_is_satisfied": Derived(
            FLAG,
            "whether the last answer of its kind about its ticket is a happy one",
            "is_satisfied of the greatest answered_at of the same source, ticket_id and kind",
            (("ticket_id", "kind", "answered_at", "is_satisfied"),),
        ),
        "has_conversation": Derived(
            FLAG,
            "whether messages of its ticket are here, so that a follow-up would be seen",
            "any message of the same source and ticket_id",
            (("ticket_id", "answered_at", MESSAGES),),
        ),
        "followed_up_at": Derived(
            INSTANT,
            "the first public message by a person on its ticket after the answer",
            "the least sent_at of agents' public messages later than answered_at",
            (("ticket_id", "answered_at", MESSAGES),),
        ),
        "follow_up_seconds": _span(
            "time from the answer to the follow-up",
            "followed_up_at − answered_at",
            ("followed_up_at", "answered_at"),
        ),
    },
    links=_TICKET_LINK,
)

_SPELLS = Frame(
    row="one stretch of a ticket's life in which status, group, assignee and priority stayed the same",
    key=("ticket_id", "began_at"),
    dates=("began_at", "ended_at"),
    required=("ticket_id", "began_at"),
    columns=_SOURCE
    | {
        "ticket_id": _text("the ticket"),
        "created_at": _instant("when the ticket was opened"),
        "began_at": _instant("when this began"),
        "ended_at": _instant("when something changed; empty while it is still so"),
        "status": Column(TEXT, "the status then", words=STATUSES),
        "group": _text("the team that had it then"),
        "assignee": _text("the agent who had it then"),
        "priority": Column(TEXT, "its priority then", words=PRIORITIES),
        "is_open": Column(FLAG, "neither solved nor closed nor deleted"),
        "is_solve": Column(FLAG, "begins with a solve, or with a close of what was unsolved"),
        "is_reopen": Column(FLAG, "begins with a reopening"),
    },
    derived={
        "spell_seconds": _span("how long it lasted, up to as-of", "ended_at − began_at", ("began_at",)),
        "spell_business_seconds": _span(
            "how long it lasted up to as-of, business hours", "opening hours in between", ("began_at", CALENDAR)
        ),
    },
    links=_TICKET_LINK,
    made_of=("tickets",),
)

_WAITS = Frame(
    row="one wait of the customer: from the oldest unanswered message to the next public reply by a person",
    key=("ticket_id", "asked_at"),
    dates=("asked_at", "replied_at"),
    required=("ticket_id", "asked_at"),
    columns=_SOURCE
    | {
        "ticket_id": _text("the ticket"),
        "asked_at": _instant("the oldest unanswered message"),
        "replied_at": _instant("the next public reply by a person; empty while there is none"),
        "author": _text("who replied"),
        "is_first": Column(FLAG, "ends with the ticket's first reply"),
    },
    derived={
        "response_seconds": _span("response time", "replied_at − asked_at", ("asked_at", "replied_at")),
        "response_business_seconds": _span(
            "response time, business hours", "opening hours in between", ("asked_at", "replied_at", CALENDAR)
        ),
    },
    links=_TICKET_LINK,
    made_of=("tickets", "messages"),
)

SLA_CLOCKS = (
    "first_reply_time", "next_reply_time", "periodic_update", "pausable_update", "requester_wait", "agent_work",
    "full_resolution_time",
)  # fmt: skip
SLA_EVENTS = ("start", "pause", "stop", "target", "breach")

_SLA_CYCLES = Frame(
    row="one run of one SLA clock: from its start to its stop, or still running",
    key=("ticket_id", "clock", "policy", "started_at"),
    dates=("stopped_at", "started_at", "breached_at"),
    required=("ticket_id", "started_at"),
    columns=_SOURCE
    | {
        "ticket_id": _text("the ticket"),
        "policy": _text("the SLA policy that applies"),
        "clock": Column(TEXT, "what is promised", words=SLA_CLOCKS),
        "priority": Column(TEXT, "the priority whose target counted last", words=PRIORITIES),
        "target_seconds": _seconds("the target that counted last"),
        "in_business_hours": Column(FLAG, "whether the target counts opening hours only"),
        "started_at": _instant("when the clock started"),
        "stopped_at": _instant("when it stopped for good; empty while it runs or is paused"),
        "due_at": _instant("when the target is over, of clocks that do not pause"),
        "breached_at": _instant("when the target was over while the clock still ran"),
        "elapsed_seconds": _seconds("what the clock shows, in its own hours", changes=True),
        "is_breached": Column(FLAG, "the target was over while the clock still ran"),
        "is_met": Column(FLAG, "stopped at or before the target; false if after, empty while it runs"),
        "share_left": Column(NUMBER, "of a running clock: the share of the target left, 0 once breached", changes=True),
        "updated_at": _instant("the last change of the record, by which the newest version counts", changes=True),
    },
    links=_TICKET_LINK,
    made_of=("tickets",),
    made_by=POLICIES,
    told_by="sla_events",
)

_SLA_EVENTS = Frame(
    row="one event of a helpdesk's own SLA clock",
    key=("event_id", "is_undone"),  # an event that was taken back is told once more
    dates=("happened_at",),
    required=("event_id", "ticket_id", "happened_at"),
    columns=_SOURCE
    | {
        "event_id": _text("the event's number; the greater one is the later of two at one instant"),
        "ticket_id": _text("the ticket"),
        "happened_at": _instant("when it happened"),
        "measure": _text("the helpdesk's own name of the clock"),
        "clock": Column(TEXT, "what is promised", words=SLA_CLOCKS),
        "cycle": _text("which run of the clock"),
        "event": Column(TEXT, "what happened to the clock", words=SLA_EVENTS),
        "is_undone": _flag("taken back, as a breach of a target that was changed"),
        "policy": _text("of a target: the SLA policy"),
        "target_seconds": _seconds("of a target: how long the clock may run"),
        "in_business_hours": Column(FLAG, "of a target: whether it counts opening hours only"),
    },
    links=_TICKET_LINK,
)

_WORK = Frame(
    row="one entry of logged working time",
    key=("entry_id",),
    dates=("worked_at",),
    required=("entry_id", "ticket_id", "worked_at"),
    columns=_SOURCE
    | {
        "entry_id": _text("the entry's number"),
        "ticket_id": _text("the ticket it was spent on"),
        "worked_at": _instant("when the work was done"),
        "seconds": _seconds("how long it took", changes=True),
        "assignee": _text("the agent who did it"),
        "is_billable": Column(FLAG, "whether it is billed"),
        "updated_at": _instant("the last change of the entry, by which the newest version counts", changes=True),
    },
    links=_TICKET_LINK,
)

_CALLS = Frame(
    row="one call",
    key=("call_id",),
    dates=("started_at", "answered_at", "ended_at"),
    required=("call_id", "started_at"),
    columns=_SOURCE
    | {
        "call_id": _text("the call's number"),
        "ticket_id": _text("the ticket it belongs to"),
        "started_at": _instant("when it came in"),
        "answered_at": _instant("when a person took it"),
        "ended_at": _instant("when it ended"),
        "direction": Column(TEXT, "who called whom", words=("inbound", "outbound")),
        "outcome": Column(TEXT, "what became of it", words=CALL_OUTCOMES),
        "wait_seconds": _seconds("time before a person answered"),
        "talk_seconds": _seconds("time spent talking"),
        "hold_seconds": _seconds("time on hold"),
        "wrap_seconds": _seconds("work after the call"),
        "assignee": _text("the agent"),
        "queue": _text("the queue or team"),
        "topic": _text("what it was about"),
        "is_resolved": Column(FLAG, "resolved in this call"),
        "updated_at": _instant("the last change of the record, by which the newest version counts", changes=True),
    },
    derived={
        "is_inbound": Derived(
            FLAG,
            "a call that came in; one without a direction is taken as such",
            "direction",
            (("direction",), ("call_id",)),
        ),
        "is_answered": Derived(
            FLAG,
            "whether a person took it; empty where nobody was to take it",
            "outcome = 'answered', else whether answered_at is there",
            (("outcome",), ("answered_at",)),
        ),
        "waiting_seconds": _span(
            "time until a person answered or the caller gave up",
            "wait_seconds, else answered_at − started_at",
            ("wait_seconds",),
            ("started_at", "answered_at"),
        ),
        "gave_up_seconds": _span(
            "time after which a caller gave up; empty where the export does not say it",
            "wait_seconds, else ended_at − started_at, of abandoned calls",
            ("outcome",),
        ),
        "handling_seconds": _span(
            "work on a call that a person took; empty hold or wrap is none",
            "talk_seconds + hold_seconds + wrap_seconds",
            ("talk_seconds", "wrap_seconds"),
        ),
    },
    links=_TICKET_LINK,
)

_CUSTOMERS = Frame(
    row="one customer relation; who has several subscriptions or comes back has several",
    key=("customer_id", "relation_id", "started_at"),
    dates=("started_at", "ended_at", "updated_at"),
    required=("customer_id",),
    columns=_SOURCE
    | {
        "customer_id": _text("the customer's number"),
        "relation_id": _text("the subscription's or contract's number, where a customer may have several"),
        "started_at": _instant("when the relation began: the first paid day, not the trial's"),
        "ended_at": _instant("when it ended; empty while it goes on, also where its end is planned"),
        "is_churned": Column(FLAG, "has left", changes=True),
        "segment": _text("the segment", changes=True),
        "plan": _text("the plan", changes=True),
        "region": _text("the region"),
        "monthly_value": Column(NUMBER, "recurring value a month, in the file's currency", changes=True),
        "currency": _text("the currency of monthly_value"),
        "is_trial": _flag("never paid: a trial that is running or came to nothing, or a start that failed"),
        "is_deleted": _flag("deleted in the billing system"),
        "updated_at": _instant("the last change of the record, by which the newest version counts", changes=True),
    },
    derived={
        "is_dated": Derived(
            FLAG,
            "whether one can say from when to when it was there: it has a beginning, and an end if it is over",
            "started_at is there, and ended_at too where is_churned",
            (("started_at", "ended_at"),),
        ),
    },
)

_MENTIONS = Frame(
    row="one review or social post",
    key=("mention_id",),
    dates=("posted_at", "replied_at", "updated_at"),
    required=("mention_id", "posted_at"),
    columns=_SOURCE
    | {
        "mention_id": _text("the review's or post's number"),
        "posted_at": _instant("when it was posted"),
        "replied_at": _instant("when it was answered"),
        "network": _text("where it was posted"),
        "site": _text("the location, shop or profile it is about"),
        "language": _text("the language it is written in"),
        "rating": Column(NUMBER, "stars"),
        "needs_reply": Column(FLAG, "calls for an answer, whether or not it has got one"),
        "is_own_post": _flag("posted by the firm itself"),
        "sentiment": Column(TEXT, "its tone", words=("positive", "neutral", "negative")),
        "text": _text("what was written; read only to score its tone"),
        "updated_at": _instant("the last change of the record, by which the newest version counts", changes=True),
    }
    | {name: _count(name) for name in ("likes", "comments", "shares", "clicks", "impressions", "followers")}
    | {"reported_engagements": _count("all that people did with it, as the network counts it")},
    derived={
        "awaits_reply": Derived(
            FLAG,
            "wants an answer: what the export says, else every review or post that is not the firm's own",
            "needs_reply, else not is_own_post",
            (("needs_reply",), ("mention_id",)),
        ),
        "reply_seconds": _span("time to the answer", "replied_at − posted_at", ("posted_at", "replied_at")),
        "engagements": Derived(
            INTEGER,
            "what people did with a post; empty where none of it is known",
            "reported_engagements, else likes + comments + shares + clicks, of which an empty one is none",
            (("reported_engagements",), ("likes",), ("comments",), ("shares",), ("clicks",)),
        ),
    },
)

_VISITS = Frame(
    row="help-centre use in one slot of time",
    key=("site", "slot_start", "page"),
    dates=("slot_start",),
    required=("slot_start",),
    columns=_SOURCE
    | {
        "site": _text("the help centre"),
        "slot_start": _instant("when the slot begins"),
        "page": _text("the page"),
    }
    | {
        name: _count(name.replace("_", " "))
        for name in (
            *("views", "visitors", "searches", "failed_searches", "votes_up", "votes_down"),
            *("tickets_created", "bot_conversations", "bot_resolved"),
        )
    },
)

FRAMES: Mapping[str, Frame] = {
    "tickets": _TICKETS,
    "messages": _MESSAGES,
    "changes": _CHANGES,
    "spells": _SPELLS,
    "waits": _WAITS,
    "sla_cycles": _SLA_CYCLES,
    "sla_events": _SLA_EVENTS,
    "work": _WORK,
    "surveys": _SURVEYS,
    "calls": _CALLS,
    "customers": _CUSTOMERS,
    "mentions": _MENTIONS,
    "visits": _VISITS,
}

# Columns of the report's own zone, computed from a metric's date for `--by`, `where` and `value`.
# EXPORTED_AT dates what is told as it stands in the export and has no date of its own: by how far the export knows.
EXPORTED_AT = "exported_at"
CLOCK_COLUMNS: Mapping[str, pl.DataType] = {"hour": pl.Int8(), "weekday": TEXT, "day": pl.Date(), EXPORTED_AT: INSTANT}
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
