"""Four months of a second firm, told in full: tickets with every change and every message, in our common columns.

Times are to the second, because histories are. The export's own columns are what exports are: a first reply that was
a bot's, reopenings that nobody counted, a solve date that outlives the reopening. `lives_truth` counts what is right
from the changes and messages. Rows are awkward on purpose; `AWKWARD` below says which tickets show what.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from random import Random

SEED = 4
START, END = datetime(2025, 2, 1, tzinfo=UTC), datetime(2025, 5, 28, 14, 30, tzinfo=UTC)
TICKETS = 240
GROUPS = {
    "Tier 1": ("Ada", "Núria", "李娜"),
    "Tier 2": ("Kim", "Seán O'Brien"),
    "Tier 3": ("Zoë",),
    "Billing": ("Tom",),
}
PRIORITIES = ("low", "normal", "high", "urgent")
DONE = ("solved", "closed")
ON_HOLD = ("On-hold", "hold", "on_hold", "On hold", "on-hold")  # as vendors spell it
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

TICKET_HEADER = (
    "ticket_id", "created_at", "updated_at", "first_reply_at", "solved_at", "closed_at", "status", "priority", "group",
    "assignee", "requester", "tags", "agent_replies", "customer_replies", "reopens", "assignee_stations", "is_spam",
    "is_merged", "is_test", "created_by_agent",
)  # fmt: skip
CHANGE_HEADER = ("ticket_id", "changed_at", "field", "position", "old", "new")
MESSAGE_HEADER = ("message_id", "ticket_id", "sent_at", "author_role", "author", "is_public")
AWKWARD = {
    901: "no history and no messages; solved, as the export says, and nobody knows how long it was in which status",
    902: "no history and no messages; open",
    903: "its history begins an hour before its creation",
    904: "solved and reopened at one instant, told apart by `position`: it was never solved",
    905: "handed to another agent while it lay solved, then reopened",
    906: "open since its creation, under three agents and two priorities: one status that it has never left",
    907: "the customer's opening is not among its messages",
    908: "nothing but a bot and a private note has answered it; the export takes the bot for the first reply",
    909: "deleted, with its changes and messages",
    910: "the first change says nothing of the status before",
    911: "Tier 2 from its first team on; only at the end is it with Tier 1",
    912: "solved and closed; after the close it got another agent",
    913: "urgent and raised late: its target was over at that moment",
    914: "solved without a reply, reopened, and answered then",
    915: "no history, no messages; solved without a date",
    916: "new, and no change of its status: it has always been new",
}


@dataclass(frozen=True, slots=True)
class Change:
    at: datetime
    field: str
    old: str
    new: str
    position: int = 1


@dataclass(frozen=True, slots=True)
class Said:
    at: datetime
    role: str
    author: str
    public: bool | None = True


@dataclass(frozen=True, slots=True)
class Life:
    """A ticket as of the export, with what happened to it. `told` is what the export's own columns say of it."""

    id: int
    created: datetime
    status: str
    priority: str
    group: str
    assignee: str
    requester: str
    tags: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    messages: tuple[Said, ...] = ()
    by_agent: bool = False
    fate: str = ""  # spam, merged, test: what takes it out of the population
    told: dict[str, str] = field(default_factory=dict)

    @property
    def updated(self) -> datetime:
        return max([self.created, *(one.at for one in self.changes), *(one.at for one in self.messages)])


@cache
def lives() -> tuple[Life, ...]:
    """The same tickets on every machine."""
    rng = Random(SEED)
    told = [_Story(rng, 1000 + number).tell() for number in range(TICKETS)]
    return (*told, *_by_hand())


@cache
def as_of() -> datetime:
    return max(life.updated for life in lives())


def word(status: str) -> str:
    """A status in our words, however the history spells it."""
    plain = status.strip().lower().replace(" ", "_").replace("-", "_")
    return {"hold": "on_hold"}.get(plain, plain)


class _Story:
    """One ticket while it is being told; `now` is the state of its fields, `at` the clock."""

    def __init__(self, rng: Random, number: int) -> None:
        self.rng, self.number = rng, number
        self.created = START + timedelta(seconds=rng.randrange(int((END - START - 2 * HOUR).total_seconds())))
        if rng.random() < 0.7:  # most write in the daytime
            self.created = self.created.replace(hour=rng.randrange(7, 17))
        self.at = self.created
        group = rng.choices(["", "Tier 1", "Billing", "Tier 2"], (2, 6, 2, 1))[0]
        self.now = {"status": "new", "group": group, "assignee": "", "priority": rng.choice(("", *PRIORITIES[:3]))}
        self.changes: list[Change] = []
        self.messages: list[Said] = []

    def tell(self) -> Life:
        rng = self.rng
        self.by_agent = rng.random() < 0.08
        fate = rng.choices(("", "spam", "merged", "test"), (92, 3, 3, 2))[0]
        self._open()
        if fate == "merged":
            self.at += 20 * MINUTE
            self._set("status", "closed")
        elif fate != "spam":
            self._work()
        return self._export(fate)

    def _open(self) -> None:
        rng = self.rng
        if self.by_agent:
            self.now["assignee"] = rng.choice(GROUPS["Tier 1"])
            self._say("agent", author=self.now["assignee"])
            return
        if rng.random() < 0.9:  # else it was a call, or a form whose text is not among the messages
            self._say("customer", public=rng.choice((True, True, True, None)), before=rng.choice((0, 0, 0, 20)))
        if rng.random() < 0.3:
            self.at += timedelta(seconds=4)
            self._say("bot")

    def _work(self) -> None:
        rng = self.rng
        self._wait(120)
        if not self.now["priority"] and rng.random() < 0.8:
            self._set("priority", rng.choice(PRIORITIES))
        if not self.now["assignee"] and rng.random() < 0.93:
            self._assign(rng.choice(["Tier 1", "Tier 1", "Billing", "Tier 2"]))
        if rng.random() < 0.85:
            self._wait(30)
            self._set("status", "open")
        for _ in range(rng.choice((1, 1, 2, 3, 4))):
            self._turn()
        self._solve(chance=0.3)

    def _turn(self) -> None:
        """The agent does something about it, and mostly hears from the customer."""
        rng = self.rng
        self._wait(90)
        deed = rng.random()
        if deed < 0.15:
            self._say("agent", public=rng.choice((False, None)))
        elif deed < 0.3:
            self._assign(rng.choice(list(GROUPS)))
        elif deed < 0.38 and self.now["assignee"]:
            self._set("assignee", "")
        elif deed < 0.48:
            self._set("priority", rng.choice(PRIORITIES))
        elif deed < 0.58:
            self._set("status", rng.choice(ON_HOLD))
            self._wait(900)
            self._set("status", "open")
        else:
            self._say("agent")
            if rng.random() < 0.6:
                self._set("status", rng.choice(("pending", "Pending")))
        for _ in range(rng.choice((0, 0, 1, 1, 2, 3))):
            self._wait(200)
            self._say("customer")
            if word(self.now["status"]) == "pending":
                self._set("status", "open")

    def _solve(self, chance: float) -> None:
        rng = self.rng
        self._wait(300)
        if rng.random() < 0.7:
            self._say("agent")
        if rng.random() < 0.05:
            self._set("status", "closed")
            return
        self._set("status", rng.choice(("solved", "solved", "Solved")))
        if rng.random() < chance:
            self._wait(1500)
            if rng.random() < 0.8:
                self._say("customer")
            self._set("status", "open")
            if rng.random() < 0.2:
                self._assign(rng.choice(list(GROUPS)))
            if rng.random() < 0.7:
                self._turn()
                self._solve(chance / 2)
        elif rng.random() < 0.6:
            self.at += 4 * DAY
            self._set("status", "closed")

    def _assign(self, group: str) -> None:
        """At one instant group and agent change, and now and then the agent twice."""
        agents = [one for one in GROUPS[group] if one != self.now["assignee"]]
        self._set("group", group)
        if agents and self.rng.random() < 0.1:
            self._set("assignee", "Triage")
        self._set("assignee", self.rng.choice(agents) if agents else "")

    def _set(self, what: str, value: str) -> None:
        if word(self.now[what]) != word(value):
            place = sum(one.at == self.at for one in self.changes) + 1
            self.changes.append(Change(self.at, what, self.now[what], value, place))
            self.now[what] = value

    def _say(self, role: str, public: bool | None = True, author: str = "", before: int = 0) -> None:
        who = author or {"customer": "customer", "bot": "Bot"}.get(role) or self.now["assignee"] or "Ada"
        self.messages.append(Said(self.at - timedelta(seconds=before), role, who, public))

    def _wait(self, median_minutes: float) -> None:
        self.at += timedelta(seconds=round(self.rng.lognormvariate(0, 1.5) * median_minutes * 60))

    def _export(self, fate: str) -> Life:
        """What the export of END shows: later things have not happened, and the columns are what they are."""
        rng = self.rng
        changes = tuple(one for one in self.changes if one.at <= END)
        messages = tuple(one for one in self.messages if one.at <= END)
        now = dict(self.now)
        for one in reversed(self.changes):
            if one.at > END:
                now[one.field] = one.old
        status = word(now["status"])
        tags = (("vip",) if rng.random() < 0.3 else ()) + (("refund",) if rng.random() < 0.1 else ())
        requester = f"person {rng.randrange(110)}" if fate not in ("spam", "test") else f"nobody {self.number}"
        life = Life(
            self.number, self.created, status, now["priority"], now["group"], now["assignee"], requester, tags,
            changes, messages, self.by_agent, fate,
        )  # fmt: skip
        solves = [one.at for one in changes if one.field == "status" and word(one.new) in DONE]
        stale = rng.random()
        told = {"reopens": rng.choice(("", "0", "7")), "assignee_stations": rng.choice(("", "1", "5"))}
        if solves and (status in DONE or stale < 0.5):  # some exports keep the solve of what was reopened
            told["solved_at"] = iso(min(life.updated, solves[0] + (HOUR if stale < 0.1 else 0 * HOUR)))
        answers = [one.at for one in messages if one.role in ("agent", "bot")]
        if answers and rng.random() < 0.8:
            told |= {"first_reply_at": iso(answers[0]), "agent_replies": str(len(answers)), "customer_replies": "9"}
        return replace(life, told=told)


def _by_hand() -> list[Life]:
    def at(day: int, hour: int, minute: int = 0) -> datetime:
        return datetime(2025, 4, day, hour, minute, tzinfo=UTC)

    def made(number: int, status: str, changes: Iterable[tuple[datetime, str, str, str]] = (),
             messages: Iterable[Said] = (), created: datetime | None = None, **more: object) -> Life:  # fmt: skip
        placed: list[Change] = []
        for moment, what, old, new in changes:
            placed.append(Change(moment, what, old, new, sum(one.at == moment for one in placed) + 1))
        given = {"priority": "normal", "group": "Tier 1", "assignee": "Ada", "requester": f"by hand {number}"} | more
        return Life(number, created or at(1, 7), status, changes=tuple(placed), messages=tuple(messages), **given)  # type: ignore[arg-type]

    question, answer = Said(at(1, 7), "customer", "customer"), Said(at(1, 9), "agent", "Ada")
    return [
        made(901, "solved", told={"solved_at": iso(at(3, 10)), "first_reply_at": iso(at(1, 8)), "agent_replies": "1",
                                  "customer_replies": "0", "reopens": "0", "assignee_stations": "1"}),
        made(902, "open", created=at(20, 7), assignee=""),
        made(903, "solved", [(at(1, 6), "status", "new", "open"), (at(1, 6), "assignee", "", "Ada"),
                             (at(1, 12), "status", "open", "solved")], [question, answer]),
        made(904, "open", [(at(1, 8), "status", "new", "open"), (at(1, 9), "status", "open", "solved"),
                           (at(1, 9), "status", "solved", "open")], [question, answer]),
        made(905, "solved", [(at(1, 8), "status", "new", "open"), (at(1, 8), "assignee", "", "Ada"),
                             (at(1, 10), "status", "open", "solved"), (at(1, 20), "assignee", "Ada", "Kim"),
                             (at(2, 9), "status", "solved", "open"), (at(2, 11), "status", "open", "solved")],
             [question, answer], assignee="Kim"),
        made(906, "open", [(at(1, 8), "assignee", "", "Ada"), (at(1, 8), "status", "new", "open"),
                           (at(9, 8), "assignee", "Ada", "Kim"), (at(12, 8), "priority", "low", "high"),
                           (at(20, 8), "assignee", "Kim", "")], [question, answer], priority="high", assignee=""),
        made(907, "open", [(at(1, 8), "status", "new", "open")],
             [Said(at(1, 7, 5), "customer", "customer"), answer, Said(at(2, 7), "customer", "customer")]),
        made(908, "open", [(at(1, 8), "status", "new", "open")],
             [question, Said(at(1, 7, 1), "bot", "Bot"), Said(at(1, 9), "agent", "Ada", False)],
             told={"first_reply_at": iso(at(1, 7, 1)), "agent_replies": "2"}),
        made(909, "deleted", [(at(1, 8), "status", "new", "open"), (at(1, 9), "status", "open", "deleted")],
             [question, answer]),
        made(910, "solved", [(at(1, 8), "status", "", "pending"), (at(1, 12), "status", "pending", "solved")],
             [question, answer]),
        made(911, "solved", [(at(1, 8), "group", "", "Tier 2"), (at(1, 9), "status", "open", "pending"),
                             (at(1, 10), "group", "Tier 2", "Tier 1"), (at(1, 12), "status", "pending", "solved")],
             [question, answer]),
        made(912, "closed", [(at(1, 8), "assignee", "", "Ada"), (at(1, 8), "status", "new", "open"),
                             (at(1, 12), "status", "open", "solved"), (at(5, 12), "status", "solved", "closed"),
                             (at(6, 8), "assignee", "Ada", "Kim")], [question, answer], assignee="Kim"),
        made(913, "solved", [(at(1, 8), "status", "new", "open"), (at(2, 13), "priority", "low", "urgent"),
                             (at(2, 15), "status", "open", "solved")], [question, Said(at(2, 14), "agent", "Ada")],
             priority="urgent", tags=("vip",)),
        made(914, "solved", [(at(1, 8), "status", "new", "open"), (at(1, 9), "status", "open", "solved"),
                             (at(2, 9), "status", "solved", "open"), (at(2, 13), "status", "open", "solved")],
             [question, Said(at(2, 11), "agent", "Ada")]),
        made(915, "solved", created=at(3, 7)),
        made(916, "new", [(at(21, 8), "assignee", "", "Ada")], created=at(21, 7)),
    ]  # fmt: skip


def ticket_rows() -> list[list[str]]:
    return [
        [
            str({
                "ticket_id": life.id, "created_at": iso(life.created), "updated_at": iso(life.updated),
                "status": life.status, "priority": life.priority, "group": life.group, "assignee": life.assignee,
                "requester": life.requester, "tags": ",".join(life.tags),
                "is_spam": "true" if life.fate == "spam" else "", "is_merged": "true" if life.fate == "merged" else "",
                "is_test": "true" if life.fate == "test" else "", "created_by_agent": "true" if life.by_agent else "",
                **life.told,
            }.get(name, ""))
            for name in TICKET_HEADER
        ]
        for life in lives()
    ]  # fmt: skip


def change_rows() -> list[list[str]]:
    """In no useful order: of changes at one instant the last stands first. Two are of a ticket that is not there."""
    rows = [
        [str(life.id), iso(one.at), one.field, str(one.position), one.old, one.new]
        for life in lives()
        for one in reversed(life.changes)
    ]
    stray = [["7", iso(START + DAY), "status", "1", "new", "open"], ["7", iso(START + 2 * DAY), "group", "1", "", "X"]]
    return rows + stray


def message_rows() -> list[list[str]]:
    """Two are of a ticket that is not there."""
    rows = [
        [f"{life.id}-{number}", str(life.id), iso(one.at), one.role, one.author,
         "" if one.public is None else str(one.public).lower()]
        for life in lives()
        for number, one in enumerate(life.messages, 1)
    ]  # fmt: skip
    stray = [[f"7-{number}", "7", iso(START + number * DAY), "customer", "customer", "true"] for number in (1, 2)]
    return rows + stray


def iso(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")
