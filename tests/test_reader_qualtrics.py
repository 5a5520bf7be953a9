"""Qualtrics: three heading rows, what is no response, and the score through a map."""

from __future__ import annotations

import pytest

from cs_metrics.periods import Calendar
from cs_metrics.question import Question
from cs_metrics.readers import open_exports
from cs_metrics.report import build
from tests.asking import NOW, ROOT, ask, figures, missing, shipped
from tests.simulator import qualtrics, truth
from tests.vendor_files import BERLIN, csv_rows, csv_variants, frame, load, opened, sample, saved, year

pytestmark = pytest.mark.slow  # a year of a vendor's files against the history they were written from

NPS, CES = "qualtrics/nps.csv", "qualtrics/ces_without_texts.csv"
MAP = ROOT / "configs/maps/qualtrics.yml"


@pytest.mark.parametrize("name", [NPS, CES])
def test_each_sample_is_claimed_by_the_reader(tmp_path, name):
    part = opened(saved(tmp_path / "download", sample(name).read_bytes()))
    assert (part.reader, part.shape.name) == ("qualtrics", "survey responses")


@pytest.mark.parametrize("how", csv_variants(NPS))
def test_the_file_says_the_same_however_it_is_saved(tmp_path, how):
    content = csv_variants(NPS, without=("IPAddress", "Q2_TEXT", "RecipientLastName"))[how]
    found, expected = frame(saved(tmp_path / "a.csv", content), "surveys"), frame(sample(NPS), "surveys")
    shared = [name for name in expected.columns if name in found.columns]
    assert found.select(shared).equals(expected.select(shared))
    assert {"survey_id", "answered_at", "respondent", "x_q1"} <= set(shared)


def test_a_tab_separated_file_in_utf_16_says_the_same(tmp_path):
    text = "\n".join("\t".join(cell.replace("\n", " ").replace('"', "") for cell in row) for row in csv_rows(CES))
    path = saved(tmp_path / "a.tsv", text.encode("utf-16"))
    assert frame(path, "surveys").equals(frame(sample(CES), "surveys"))


@pytest.mark.parametrize(("name", "kind"), [(NPS, "nps"), (CES, "ces")])
def test_the_rows_are_the_responses_without_texts_import_ids_previews_tests_and_spam(name, kind):
    true = qualtrics.answered(year(), kind)
    rows = frame(sample(name), "surveys")
    assert rows["survey_id"].to_list() == [qualtrics.response_id(each) for each in true]
    assert rows["answered_at"].to_list() == [each.answered for each in true]
    assert rows["x_q1"].to_list() == [str(each.score) for each in true]
    assert rows["respondent"].str.starts_with("mail-").all()


def test_three_rows_and_one_row_of_headings_say_the_same(tmp_path):
    rows = csv_rows(NPS)
    path = saved(tmp_path / "a.csv", [rows[0], *rows[3:]])
    assert frame(path, "surveys").equals(frame(sample(NPS), "surveys"))
    assert load(path).rejects.is_empty()


def test_status_in_words_or_in_numbers_tells_previews_and_tests(tmp_path):
    words = ("IP Address", "0", "Imported", "4", "Survey Preview", "1", "Survey Test", "2", "spam", "8")
    lines = [f"{word},R_{n}aZ,2024-01-01 10:00:00" for n, word in enumerate(words)]
    path = saved(tmp_path / "a.csv", "\n".join(["Status,ResponseId,RecordedDate", *lines]))
    assert frame(path, "surveys")["survey_id"].to_list() == ["R_0aZ", "R_1aZ", "R_2aZ", "R_3aZ"]


def test_without_a_map_there_is_no_score_and_nothing_is_made_of_it():
    assert missing(ask(str(sample(NPS)), ("nps", "csat", "ces"))).keys() == {"nps", "csat", "ces"}


def test_the_shipped_map_gives_the_nps_of_the_history():
    question = Question(
        now=NOW, metrics=("nps",), grain="month", where="x_status = 'IP Address'",
        calendar=Calendar(BERLIN), zone_given=True,
    )  # fmt: skip
    report = build(open_exports([str(sample(NPS))], None, [MAP]), question, shipped())
    found = {month[:7]: figure for month, figure in figures(report, "nps").items()}
    expected = truth.survey_figures(year())["nps"]
    answers = {month: n for month, (_, n) in expected.items() if n and month != "all"}
    assert {month: n for month, (_, n) in found.items() if n} == answers
    for month, (value, n) in found.items():
        assert value == (pytest.approx(expected[month][0]) if n else None)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("zone", [None, "America/New_York"])
def test_the_zone_in_the_third_row_wins_and_heading_rows_are_nowhere_counted(tmp_path, zone, encoding):
    found = load(saved(tmp_path / "a.csv", sample(NPS).read_text(encoding="utf-8").encode(encoding)), zone)
    assert found.frames["surveys"]["answered_at"].to_list() == [e.answered for e in qualtrics.answered(year(), "nps")]
    assert found.rejects.is_empty()


def test_a_file_without_its_map_says_that_a_map_is_needed():
    (note,) = [n.text for n in ask(str(sample(NPS))).result.notes if n.code == "survey-question-unclear"]
    assert "no rating is read; a map (--map) names the rating" in note
