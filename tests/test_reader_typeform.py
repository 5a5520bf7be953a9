"""Typeform: a form's responses as CSV, whose questions tell the ratings, and as JSON, whose field types do."""

from __future__ import annotations

import pytest

from cs_metrics.question import Question
from cs_metrics.readers import open_exports
from cs_metrics.report import build
from tests.asking import NOW, ROOT, account, ask, figure, missing, shipped
from tests.simulator import responses, typeform
from tests.simulator.clock import local
from tests.vendor_files import agrees, csv_rows, csv_variants, frame, load, opened, sample, saved, year

CSV, API = "typeform/responses.csv", "typeform_api/responses.json"
RATINGS = ("nps", "csat", "ces")


def form(path, question, *answers):
    rows = [[f"{n:032x}", str(answer), "2024-01-31 10:00:00"] for n, answer in enumerate(answers)]
    return str(saved(path, [["#", question, "Submit Date (UTC)"], *rows]))


def unclear(report):
    return [note.text.partition(": ")[2] for note in report.result.notes if note.code == "survey-question-unclear"]


@pytest.mark.parametrize(("name", "shape"), [(CSV, "form responses"), (API, "responses JSON")])
def test_each_sample_is_claimed_by_the_reader(tmp_path, name, shape):
    part = opened(saved(tmp_path / "download", sample(name).read_bytes()))
    assert (part.reader, part.shape.name) == ("typeform", shape)


@pytest.mark.slow
def test_nps_csat_and_ces_are_those_of_the_history_by_month():
    agrees(str(sample(CSV)), responses.figures(year()), RATINGS)


@pytest.mark.parametrize("how", csv_variants(CSV))
def test_the_csv_says_the_same_however_it_is_saved(tmp_path, how):
    content = csv_variants(CSV, without=("plan", "Network ID", "Tags", "Ending", "ticket_id"))[how]
    found, expected = frame(saved(tmp_path / "a.csv", content), "surveys"), frame(sample(CSV), "surveys")
    ours = [name for name in expected.columns if not name.startswith("x_") and name in found.columns]
    by = ["survey_id", "kind"]
    assert found.select(ours).sort(by).equals(expected.select(ours).sort(by))
    assert {"survey_id", "answered_at", "kind", "score", "scale_max"} <= set(ours)


def test_every_answer_has_its_date_its_ticket_and_its_points():
    true = {typeform.token(each): each for each in responses.responses(year())}
    rows = frame(sample(CSV), "surveys", "America/New_York")
    told = [row for row in rows.iter_rows(named=True) if row["answered_at"]]
    assert len(told) == 3 * len(true)
    for row in told:
        number, kind = row["survey_id"].split()
        each = true[number]
        assert (row["kind"], row["score"]) == (kind, getattr(each, kind))
        assert (row["answered_at"], row["ticket_id"]) == (each.submitted, str(each.ticket))


def test_who_has_not_sent_the_form_in_is_counted_in_a_note_and_in_no_figure():
    report = ask(str(sample(CSV)), RATINGS)
    left = sum(each.ticket % 13 == 0 for each in responses.responses(year()))
    (note,) = [note for note in report.result.notes if note.code == "not-submitted"]
    assert note.count == left > 5
    assert note.text.endswith(f"{left} of the responses were never submitted: they are in no figure")
    assert figure(report, "nps") == pytest.approx(responses.figures(year())["nps"]["all"])


def test_in_json_the_field_type_tells_nps_and_nothing_else():
    expected = [each for each in responses.responses(year()) if local(each.submitted).month in typeform.API_MONTHS]
    rows = frame(sample(API), "surveys")
    scores = {f"{typeform.token(each)} nps": each.nps for each in expected if each.nps is not None}
    assert dict(rows.select("survey_id", "score").rows()) == scores
    report = ask(str(sample(API)), RATINGS)
    assert missing(report).keys() == {"csat", "ces"}


def test_the_same_response_as_csv_and_as_json_counts_once():
    report = ask([str(sample(CSV)), str(sample(API))], RATINGS)
    assert account(report, "surveys")["duplicates"] == frame(sample(API), "surveys").height > 10
    assert figure(report, "nps") == pytest.approx(responses.figures(year())["nps"]["all"])


def test_a_form_that_asks_twice_for_nps_has_two_surveys_in_json(tmp_path):
    answers = [
        {"field": {"id": field, "type": "nps"}, "type": "number", "number": n} for field, n in (("a", 9), ("b", 2))
    ]
    item = {"landing_id": "x", "token": "x", "submitted_at": "2024-01-31T10:00:00Z", "answers": answers}
    found = frame(saved(tmp_path / "a.json", {"items": [item]}), "surveys")
    assert found["survey_id"].to_list() == ["x nps a", "x nps b"]


@pytest.mark.parametrize(
    ("question", "answers", "said"),
    [
        ("How *satisfied* are you?", [5, 1, 3] * 7, None),
        ("How satisfied are you?", [4] * 20, None),
        ("How satisfied are you?", [4, 2, 1], "the scale cannot be told from 3 answers"),
        ("How satisfied are you (1-5)?", [4, 2, 1], None),
        ("How satisfied are you?", [10, 0, 3], None),
        ("How satisfied are you? 1 is very satisfied", [5, 1], "its best answer is 1"),
        ("Was it easy, and would you recommend us?", [5, 1], "it asks for more than one thing"),
        ("How much effort did it take?", [1, 7], "whether a high answer is a good one is not told"),
        ("How easy was it?", [7, 6], "the scale cannot be told from 2 answers"),
        ("Would you recommend us?", [5, 5, 4] * 10, "its scale is not known to go from 0 to 10"),
        (
            "Would you recommend us?",
            ["sure", "no"] * 10,
            "its answers are neither numbers nor words that are known here",
        ),
    ],
)
def test_a_question_is_a_rating_only_where_nothing_is_left_to_guess(tmp_path, question, answers, said):
    report = ask(form(tmp_path / "a.csv", question, *answers), RATINGS)
    if said is None:
        assert len(missing(report)) == 2
        assert not unclear(report)
    else:
        assert missing(report).keys() == set(RATINGS)
        assert f": {said}; a map (--map) says what it is" in unclear(report)[0]


@pytest.mark.parametrize(
    ("answers", "expected"), [([5, 4, 3, 1], 0.5), ([7, 6, 5, 1], 0.5), ([10, 9, 8, 0], 0.5), ([0, 5, 4, 1], 0.5)]
)
def test_the_scale_is_the_shortest_that_no_answer_passes(tmp_path, answers, expected):
    report = ask(form(tmp_path / "a.csv", "How satisfied are you?", *answers * 6), "csat")
    assert figure(report, "csat") == (expected, 24)


def test_comments_on_satisfaction_are_no_rating_and_need_no_note(tmp_path):
    comments = [f"because of {n}" for n in range(30)]
    rows = [[f"{n:032x}", "9", comments[n], "2024-01-31 10:00:00"] for n in range(30)]
    header = ["#", "Would you recommend us? (0-10)", "What would make you more satisfied?", "Submit Date (UTC)"]
    report = ask(str(saved(tmp_path / "a.csv", [header, *rows])), RATINGS)
    assert not unclear(report)
    assert figure(report, "nps") == (100, 30)


def test_the_shipped_map_decides_what_is_left_open(tmp_path):
    path = form(tmp_path / "a.csv", "How much did we help to make it easy?", 1, 5)
    assert "the scale cannot be told from 2 answers" in unclear(ask(path, "ces"))[0]
    parts = open_exports([path], None, [ROOT / "configs/maps/typeform.yml"])
    report = build(parts, Question(now=NOW, metrics=("ces",)), shipped())
    assert figure(report, "ces") == (3, 2)
    assert not unclear(report)


def test_two_questions_of_one_title_and_hidden_fields_are_there_by_name():
    assert csv_rows(CSV)[0].count("Why?") == 2
    assert {"x_why", "x_why_1", "x_plan", "x_network_id"} <= opened(sample(CSV)).available("surveys")
    assert load(sample(CSV)).rejects.is_empty()
