"""A user's own map: what it can say, and what is said about a map that is wrong."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import polars as pl
import pytest

from cs_metrics.errors import DataError, DefinitionError
from cs_metrics.readers import Loaded, open_exports, open_table
from cs_metrics.readers._files import Input
from cs_metrics.readers.mapped import load_map, starter_map
from tests.asking import ROOT

MAP = """
source: acme
timezone: Europe/Berlin
frames:
  tickets:
    ticket_id: Case No
    created_at: {from: [Day, Clock], format: '%d.%m.%Y %H:%M'}
    status: {from: State, words: {Neu: new, Erledigt: solved}, other: open}
    vendor_status: State
    reported_first_reply_seconds: {from: FRT, unit: min}
    tags: {from: Labels, separator: ';'}
    created_by_agent: {from: Opened by, one_of: [Agent, Bot]}
    requester: Mail
    language: {value: de}
    reopens: {from: Reopened, blanks: [none]}
  surveys:
    only_where: score
    survey_id: {row: true}
    ticket_id: Case No
    kind: {value: csat}
    score: Rating
    scale_min: {value: 1}
    scale_max: {value: 5}
"""
FILE = """Case No;Day;Clock;State;FRT;Labels;Opened by;Mail;Reopened;Rating;Else
C-1;02.01.2024;09:00;Neu;10;a; Agent ;x@y.example;none;;1

C-2;02.07.2024;09:00;ERLEDIGT;1:30:00;b;c@d.example;;2;5;2
C-3;03.07.2024;09:00;Wartet;n/a;;Bot;;;4;3
""".replace("a; Agent ", '"a; b";Agent').replace("b;c@d.example;;2", "b;Customer;c@d.example;2")


def load(tmp_path: Path, map_text: str = MAP, file_text: str = FILE) -> Loaded:
    (tmp_path / "my.yml").write_text(map_text, encoding="utf-8")
    (tmp_path / "a.csv").write_text(file_text, encoding="utf-8")
    return load_file(tmp_path / "a.csv", tmp_path / "my.yml")


def load_file(path: Path, map_path: Path) -> Loaded:
    part = open_exports([str(path)], maps=[map_path])[0]
    return part.load({frame: part.available(frame) for frame in part.columns}, "Asia/Tokyo")


def problems(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "my.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DefinitionError) as caught:
        load_map(path)
    return [str(problem).removeprefix(f"{path}:") for problem in caught.value.problems]


def test_a_map_may_hold_the_sla_cycles_of_a_helpdesk_but_no_frame_that_is_computed(tmp_path):
    text = """
frames:
  sla_cycles:
    ticket_id: Case
    policy: Promise
    clock: {from: Kind, words: {Antwort: first_reply_time}}
    started_at: Begin
    stopped_at: End
    target_seconds: {from: Goal, unit: h}
    is_met: Kept
"""
    file = "Case,Promise,Kind,Begin,End,Goal,Kept\nC-1,Gold,Antwort,2024-01-08 09:00,2024-01-08 10:00,2,yes\n"
    found = load(tmp_path, text, file).frames["sla_cycles"]
    columns = ("ticket_id", "policy", "clock", "target_seconds", "is_met")
    assert found.select(columns).rows() == [("C-1", "Gold", "first_reply_time", 7200, True)]
    first, *_ = problems(tmp_path, "frames:\n  spells:\n    ticket_id: Case\n")
    assert "spells are computed from tickets: map those" in first


def test_a_map_reads_dates_words_units_lists_flags_and_constants(tmp_path):
    table = load(tmp_path).frames["tickets"]
    assert table["ticket_id"].to_list() == ["C-1", "C-2", "C-3"]
    assert table["created_at"].dt.strftime("%m-%d %H:%M").to_list() == ["01-02 08:00", "07-02 07:00", "07-03 07:00"]
    assert table["status"].to_list() == ["new", "solved", "open"]
    assert table["vendor_status"].to_list() == ["Neu", "ERLEDIGT", "Wartet"]
    assert table["reported_first_reply_seconds"].to_list() == [600, 5400, None]
    assert table["tags"].to_list() == [["a", "b"], ["b"], None]
    assert table["created_by_agent"].to_list() == [True, False, True]
    assert table["requester"].str.starts_with("mail-").to_list() == [True, True, None]
    assert table["language"].to_list() == ["de"] * 3
    assert table["reopens"].to_list() == [None, 2, None]
    assert table["x_else"].to_list() == ["1", "2", "3"]


def test_only_rows_with_the_named_cell_make_a_survey_and_row_numbers_are_those_of_the_file(tmp_path):
    found = load(tmp_path)
    columns = ["survey_id", "ticket_id", "kind", "score", "scale_max"]
    assert found.frames["surveys"].select(columns).rows() == [("4", "C-2", "csat", 5, 5), ("5", "C-3", "csat", 4, 5)]
    assert found.read == {"tickets": 3, "surveys": 2}
    assert found.rejects.select("row", "column", "value").rows() == [(5, "FRT", "n/a"), (5, "State", "Wartet")]


def test_a_blank_line_is_no_row_even_where_the_rows_number_is_the_id(tmp_path):
    text = "frames: {surveys: {survey_id: {row: true}, kind: {value: nps}, score: Answer}}"
    found = load(tmp_path, text, "Answer,Else\n9,a\n\n7,b\n")
    assert found.frames["surveys"]["survey_id"].to_list() == ["2", "4"]
    assert found.read == {"surveys": 2}


def test_a_whole_number_may_have_commas_between_its_thousands_and_nowhere_else(tmp_path):
    text = "frames: {visits: {slot_start: Day, views: Views}}"
    cells = ("1,234", "-12,345,678", "7", "3.0", "3.5", "1,23", "1234,567", "1,234.5")
    lines = "\n".join(f"2024-01-0{n};{cell}" for n, cell in enumerate(cells, 1))
    found = load(tmp_path, text, f"Day;Views\n{lines}\n")
    assert found.frames["visits"]["views"].to_list() == [1234, -12_345_678, 7, 3, None, None, None, None]
    assert found.rejects["value"].to_list() == ["3.5", "1,23", "1234,567", "1,234.5"]


def test_the_maps_name_is_the_source_unless_it_says_another(tmp_path):
    (tmp_path / "a.csv").write_text(FILE, encoding="utf-8")
    for text, source in ((MAP, "acme"), (MAP.replace("source: acme", ""), "my")):
        (tmp_path / "my.yml").write_text(text, encoding="utf-8")
        assert open_exports([str(tmp_path / "a.csv")], maps=[tmp_path / "my.yml"])[0].source == source


def test_a_header_that_is_not_needed_may_be_missing_and_a_needed_one_is_named(tmp_path):
    found = load(tmp_path, file_text="Case No,Day,Clock\n1,02.01.2024,10:00\n")
    assert "tags" not in found.frames["tickets"].columns
    with pytest.raises(
        DataError, match=r"the map .*my.yml does not fit, for this file has no clock; it has: Case No, Day"
    ):
        load(tmp_path, file_text="Case No,Day\n1,02.01.2024\n")


def test_a_map_reads_json_by_paths_too(tmp_path):
    (tmp_path / "my.yml").write_text("frames: {tickets: {ticket_id: key, created_at: dates.made}}", encoding="utf-8")
    (tmp_path / "a.json").write_text('[{"key": 7, "dates": {"made": "2024-01-01T00:00:00Z"}}]', encoding="utf-8")
    found = load_file(tmp_path / "a.json", tmp_path / "my.yml").frames["tickets"]
    assert found.select("ticket_id", pl.col("created_at").dt.year()).rows() == [("7", 2024)]


def test_a_map_goes_before_the_readers_that_would_claim_the_file(tmp_path):
    text = "frames: {tickets: {ticket_id: ticket_id, created_at: opened}}"
    found = load(tmp_path, text, "ticket_id,created_at,opened\n1,2024-01-01,2023-05-05\n")
    assert found.frames["tickets"]["created_at"].dt.year().to_list() == [2023]


def test_all_problems_of_a_map_are_said_at_once_with_their_lines(tmp_path):
    text = """sorce: acme
timezone: Berlin
frames:
  tickets:
    created_at: {from: Opened, fromat: x}
    stats: State
    status: {from: State, words: {Neu: nwe}, other: opn}
    priority: {value: medium}
    reopens: {from: R, unit: min}
    reported_first_reply_seconds: {from: F, unit: weeks}
    solved_at: {from: S, format: 'Q%Q'}
    group: {form: X}
    is_spam: {value: 1}
  tickts: {a: b}
"""
    found = problems(tmp_path, text)
    assert [int(problem.partition(":")[0]) for problem in found] == [1, 2, 4, 5, 6, 7, 7, 8, 9, 10, 11, 12, 12, 13, 14]
    said = "\n".join(found)
    for part in (
        "'sorce' is not known here (source, timezone, frames). Did you mean 'source'?",
        "there is no time zone 'Berlin'",
        "tickets need the column 'ticket_id'",
        "Did you mean 'format'?",
        "tickets have no column 'stats'. Did you mean 'status'?",
        "'nwe' is not one of new, open",
        "'medium' is not one of low, normal, high, urgent",
        "`unit` has no meaning for 'reopens'",
        "`unit` is one of ms, s, min, h, not 'weeks'",
        "'Q%Q' is no date format",
        "'group' needs one of: from, first, last, value, row",
        "1 is not true or false",
        "Did you mean 'tickets'?",
    ):
        assert part in said


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("source: x", "a map needs `frames:`"),
        ("frames: {tickets: 3}", "'tickets' needs lines of"),
        ("frames: {tickets: {ticket_id: [a, 3], created_at: b}}", "'ticket_id' needs a header"),
        ("frames: {tickets: {ticket_id: a, status: {from: b, words: c}}}", "`words` holds lines of"),
        ("frames: {surveys: {survey_id: a, only_where: scor}}", "`only_where` names a column of this frame"),
        ("frames: {tickets: {ticket_id: {row: yes}}}", "`row: true` takes the row's number"),
        ("frames: {tickets: {ticket_id: a, status: {last: b}}}", "`first` and `last` need a date that is told by one"),
        ("frames: {tickets: {ticket_id: a, created_at: {first: b, last: c}}}", "needs one of: from, first, last"),
        (
            "frames: {tickets: {ticket_id: a, created_at: {first: b}, is_spam: c, only_where: is_spam}}",
            "`only_where` has no meaning beside `first` and `last`",
        ),
    ],
)
def test_a_wrong_map_is_told_what_it_needs(tmp_path, text, message):
    assert message in "\n".join(problems(tmp_path, text))


def test_the_starter_map_of_a_file_is_a_map_that_reads_it(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(
        "Case Number;Date Opened: x;Opened;Status;Owner;Mood # 1\nC-1;;31.01.2024 10:00;In Progress;Ann;a\tb\n"
        "C-2;;01.02.2024 11:30;Resolved;Bob;\n",
        encoding="utf-8",
    )
    text = starter_map(open_table(Input(path, "a.csv")))
    assert 'created_at: {from: Opened, format: "%d.%m.%Y %H:%M"}  # 31.01.2024 10:00, 01.02.2024 11:30' in text
    assert '#   "Mood # 1"  # a b' in text
    (tmp_path / "my.yml").write_text(text, encoding="utf-8")
    found = load_file(path, tmp_path / "my.yml").frames["tickets"]
    assert found.select("ticket_id", "status", "assignee").rows() == [("C-1", "open", "Ann"), ("C-2", "solved", "Bob")]
    assert found["created_at"].dt.day().to_list() == [31, 1]


# Event logs

LOG_MAP = """
frames:
  tickets:
    ticket_id: Case
    created_at: {first: At}
    solved_at: {last: At}
    status: {last: What, words: {opened: new, taken: open, done: solved}, other: open}
    vendor_status: {first: What}
    assignee: {last: Who}
    category: Kind
  changes:
    ticket_id: Case
    changed_at: At
    field: {value: status}
    new: {from: What, words: {opened: new, taken: open, done: solved}}
"""


def cases(tmp_path: Path, *lines: str) -> tuple[dict[str, tuple[object, ...]], Loaded]:
    found = load(tmp_path, LOG_MAP, "\n".join(["Case,What,At,Who,Kind", *lines, ""]))
    times = [pl.col(name).dt.strftime("%d %H:%M") for name in ("created_at", "solved_at")]
    rows = found.frames["tickets"].select("ticket_id", *times, "status", "vendor_status", "assignee", "category")
    return {row[0]: row[1:] for row in rows.rows()}, found


def test_the_rows_of_a_case_become_one_ticket_whatever_their_order(tmp_path):
    lines = [
        "a,opened,2024-01-08T09:00Z,Ann,x",
        "b,opened,2024-01-09T09:00Z,,",
        "a,done,2024-01-10T09:00Z,,z",
        "a,taken,2024-01-08T10:00Z,Bob,y",
    ]
    expected = {
        "a": ("08 09:00", "10 09:00", "solved", "opened", "Bob", "z"),  # nobody is named at the end, so the last who is
        "b": ("09 09:00", "09 09:00", "new", "opened", None, None),
    }
    for order in permutations(lines):
        assert cases(tmp_path, *order)[0] == expected
    found = cases(tmp_path, *lines)[1]
    assert (found.read["tickets"], found.read["changes"]) == (2, 4)
    assert found.frames["changes"]["new"].to_list() == ["new", "new", "solved", "open"]
    assert found.rejects.is_empty()


def test_of_a_cases_rows_at_one_instant_the_lowest_in_the_file_is_the_last(tmp_path):
    at = "2024-01-08T09:00Z"
    found, _ = cases(tmp_path, f"a,opened,{at},Ann,x", f"a,taken,{at},Bob,x", f"a,done,{at},Cy,x")
    assert found == {"a": ("08 09:00", "08 09:00", "solved", "opened", "Cy", "x")}


def test_events_that_cannot_be_placed_are_counted_and_cost_no_case_its_others(tmp_path):
    found, loaded = cases(
        tmp_path,
        "a,opened,2024-01-08T09:00Z,Ann,x",
        "a,done,soon,Bob,x",
        ",taken,2024-01-08T10:00Z,Cy,x",
        ",taken,2024-01-08T11:00Z,Cy,x",
        "b,done,never,Cy,x",
        "c,lost,2024-01-08T10:00Z,Cy,x",
    )
    assert set(found) == {"a", "c"}
    assert found["a"][:3] == ("08 09:00", "08 09:00", "new")
    assert found["c"][2] == "open"
    assert (loaded.read["tickets"], loaded.rejected["tickets"]) == (5, 3)  # a, b, c and two rows of no case
    rejects = loaded.rejects.filter(frame="tickets").select("row", "column", "value")
    assert rejects.rows() == [
        *((3, "At", "soon"), (4, "Case", None), (5, "Case", None), (6, "At", "never"), (7, "What", "lost")),
    ]


def test_the_shipped_map_of_event_logs_reads_the_headers_that_it_names(tmp_path):
    (tmp_path / "log.csv").write_text(
        "Case ID,Activity,Resource,Complete Timestamp,Variant,Variant\n"
        "Case 1,Assign seriousness,Value 1,2012/10/09 14:50:17.000,1,1\n"
        "Case 1,Closed,Value 2,2012/11/09 12:54:39.000,1,1\n"
    )
    (part,) = open_exports([str(tmp_path / "log.csv")], maps=[ROOT / "configs/maps/event_log.yml"])
    found = part.load({"tickets": ["created_at", "solved_at", "status", "assignee"]}, None)
    (row,) = found.frames["tickets"].rows(named=True)
    assert row["ticket_id"] == "Case 1"
    assert (row["status"], row["assignee"]) == ("closed", "Value 2")
    assert (row["solved_at"] - row["created_at"]).total_seconds() == 31 * 86400 - (1 * 3600 + 55 * 60 + 38)
    assert found.rejects.is_empty()


@pytest.mark.parametrize(
    ("dates", "warning"),
    [
        (("03/04/2024", "05/06/2024"), "month first reads them too: look"),
        (("03/04/2024", "25/06/2024"), None),
        (("03/04/2024", "05/26/2024"), None),
        (("2024-04-03", "2024-06-05"), None),
    ],
)
def test_a_starter_map_warns_where_day_and_month_may_stand_the_other_way_round(tmp_path, dates, warning):
    path = tmp_path / "a.csv"
    path.write_text("Ticket Id,Created\n" + "".join(f"{n},{date}\n" for n, date in enumerate(dates)), encoding="utf-8")
    (line,) = [line for line in starter_map(open_table(Input(path, "a.csv"))).splitlines() if " created_at: " in line]
    assert line.endswith(warning) if warning else "first reads" not in line
