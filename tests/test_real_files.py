"""Real exports with figures known from their own rows; skipped where the folder of them is not there."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from cs_metrics.periods import Calendar
from cs_metrics.question import Question
from cs_metrics.readers import open_exports
from cs_metrics.report import Report, build, drill_down
from tests.asking import shipped

MAPS = Path(__file__).parent / "maps"
REAL = Path(__file__).parents[2] / "shared/data"
WAREHOUSE = REAL / "fivetran_zendesk"
DAY = 86400
pytestmark = pytest.mark.skipif(not REAL.is_dir(), reason="the folder of real files is not here")


def warehouse(*metrics: str) -> tuple[Report, dict[str, dict[str, float]]]:
    """The report on a warehouse's tables, and each metric's value by ticket."""
    names = {"ticket_data": "tickets", "ticket_field_history_data": "changes", "ticket_comment_data": "messages"}
    files = [str(WAREHOUSE / f"{name}.csv") for name in names]
    maps = [MAPS / f"fivetran_{name}.yml" for name in names.values()]
    question = Question(now=datetime(2026, 1, 1, tzinfo=UTC), metrics=metrics, calendar=Calendar(), zone_given=True)
    parts = open_exports(files, None, maps)
    rows = {name: drill_down(name, parts, question, shipped()) for name in metrics}
    return build(parts, question, shipped()), {
        name: dict(frame.select("ticket_id", "value").rows()) for name, frame in rows.items()
    }


def test_the_history_of_a_warehouse_gives_each_status_its_days() -> None:
    """Ticket 11071: open 1 + 15 + 2 + 12 days, pending 4 + 10 + 1 + 13, on hold 3 + 14 + 3, from its field history.

    That begins 7:05:09 before the ticket's creation, which is cut off: the first day as open is shorter by it.
    """
    names = ("open_time", "pending_time", "on_hold_time", "solve_time", "requester_wait_time", "agent_work_time")
    _, values = warehouse(*names)
    before = 7 * 3600 + 5 * 60 + 9
    days = dict(zip(names, (30, 28, 20, 78, 50, 30), strict=True))
    expected = {
        name: days[name] * DAY - (before if name not in ("pending_time", "on_hold_time") else 0) for name in names
    }
    assert {name: values[name]["11071"] for name in names} == expected


def test_what_belongs_to_no_ticket_is_counted_and_vanishes_nowhere() -> None:
    """Of 20 comments all belong to tickets that are not here; of 38 changes 19 are of ticket 11071, 3 repeat one."""
    report, _ = warehouse("open_time", "response_time")
    notes = {note.text.split(" belong")[0]: note.count for note in report.result.notes if note.code == "unlinked"}
    assert notes == {"20 messages": 20, "16 changes": 16}
    frames = [source.frames for source in report.result.sources]
    assert frames[1]["changes"]["read"] == 38
    assert frames[1]["changes"]["used"] + frames[1]["changes"]["duplicates"] == 38
    assert frames[2]["messages"] == {"read": 20, "used": 20, "rejected": 0, "duplicates": 0, "excluded": {}}
