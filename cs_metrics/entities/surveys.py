"""The frame of surveys."""

from __future__ import annotations

from cs_metrics.entities._base import (
    FLAG,
    INSTANT,
    MESSAGES,
    NUMBER,
    SOURCE,
    TEXT,
    TICKET_LINK,
    Column,
    Derived,
    Frame,
    flag,
    instant,
    span,
    text,
)

SURVEY_KINDS = ("csat", "nps", "ces")

SURVEY = Frame(
    row="one survey sent or answered",
    key=("survey_id",),
    dates=("answered_at", "sent_at"),
    required=("survey_id",),
    columns=SOURCE
    | {
        "survey_id": text("the survey's or the answer's number"),
        "ticket_id": text("the ticket it is about"),
        "kind": Column(TEXT, "what was asked", words=SURVEY_KINDS),
        "sent_at": instant("when it was sent"),
        "answered_at": instant("when it was answered"),
        "score": Column(NUMBER, "the answer, on its own scale"),
        "scale_min": Column(NUMBER, "the least possible answer"),
        "scale_max": Column(NUMBER, "the greatest possible answer"),
        "is_satisfied": Column(FLAG, "a happy answer; computed from the scale where the export does not say it"),
        "is_answered": Column(FLAG, "answered or not; known only where the export lists the unanswered ones too"),
        "has_comment": Column(FLAG, "whether the customer wrote something"),
        "respondent": text("who answered"),
        "assignee": text("the agent rated"),
        "group": text("the team rated"),
        "channel": text("how it was asked"),
        "low_is_good": flag("the low answers are the good ones, as on an effort scale from very easy to very hard"),
        "embedded": flag("a rating read off a ticket's row; yields to a survey row of the same ticket"),
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
        "follow_up_seconds": span(
            "time from the answer to the follow-up",
            "followed_up_at − answered_at",
            ("followed_up_at", "answered_at"),
        ),
    },
    links=TICKET_LINK,
)
