"""The frame of mentions: reviews and social posts."""

from __future__ import annotations

from cs_metrics.entities._base import (
    FLAG,
    INTEGER,
    NUMBER,
    SOURCE,
    TEXT,
    Column,
    Derived,
    Frame,
    count,
    flag,
    instant,
    span,
    text,
)

# Where the tone of reviews is not stated but could be told from what was written: what it takes.
SENTIMENT_EXTRA = "the extra sentiment (pip install cs-metrics[sentiment])"

MENTION = Frame(
    row="one review or social post",
    key=("mention_id",),
    dates=("posted_at", "replied_at", "updated_at"),
    required=("mention_id", "posted_at"),
    columns=SOURCE
    | {
        "mention_id": text("the review's or post's number"),
        "posted_at": instant("when it was posted"),
        "replied_at": instant("when it was answered"),
        "network": text("where it was posted"),
        "site": text("the location, shop or profile it is about"),
        "language": text("the language it is written in"),
        "rating": Column(NUMBER, "stars"),
        "needs_reply": Column(FLAG, "calls for an answer, whether or not it has got one"),
        "is_own_post": flag("posted by the firm itself"),
        "sentiment": Column(TEXT, "its tone", words=("positive", "neutral", "negative")),
        "text": text("what was written; read only to score its tone"),
        "updated_at": instant("the last change of the record, by which the newest version counts", changes=True),
    }
    | {name: count(name) for name in ("likes", "comments", "shares", "clicks", "impressions", "followers")}
    | {"reported_engagements": count("all that people did with it, as the network counts it")},
    derived={
        "awaits_reply": Derived(
            FLAG,
            "wants an answer: what the export says, else every review or post that is not the firm's own",
            "needs_reply, else not is_own_post",
            (("needs_reply",), ("mention_id",)),
        ),
        "reply_seconds": span("time to the answer", "replied_at − posted_at", ("posted_at", "replied_at")),
        "engagements": Derived(
            INTEGER,
            "what people did with a post; empty where none of it is known",
            "reported_engagements, else likes + comments + shares + clicks, of which an empty one is none",
            (("reported_engagements",), ("likes",), ("comments",), ("shares",), ("clicks",)),
        ),
    },
)
