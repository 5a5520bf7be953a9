"""Delighted: one list of answers to surveys of several kinds, each on its own scale."""

from __future__ import annotations

import pytest

from tests.asking import account, ask, figure, missing
from tests.simulator import delighted, responses
from tests.vendor_files import agrees, frame, load, opened, sample, saved, year

LIST, WEBHOOKS = "delighted/survey_responses.json", "delighted/webhooks_december.ndjson"


def answers(path, kind, *scores, **changes):
    base = {"person": "5", "permalink": "p", "comment": None, "created_at": 1_700_000_000, "updated_at": None}
    rows = [base | {"id": str(n), "survey_type": kind, "score": score} | changes for n, score in enumerate(scores)]
    return saved(path, rows)


@pytest.mark.parametrize("name", [LIST, WEBHOOKS])
def test_each_sample_is_claimed_by_the_reader(tmp_path, name):
    part = opened(saved(tmp_path / "download", sample(name).read_bytes()))
    assert (part.reader, part.shape.name) == ("delighted", "survey responses")


@pytest.mark.slow
def test_nps_csat_and_ces_are_those_of_the_history_by_month():
    agrees(str(sample(LIST)), responses.figures(year()), ("nps", "csat", "ces"))


def test_answers_that_a_webhook_brings_again_are_duplicates():
    report = ask(str(sample("delighted")), ("nps", "csat", "ces"))
    again = [*delighted.webhooks(year())]
    assert account(report, "surveys")["duplicates"] == len(again) > 10
    true = responses.figures(year())
    assert all(figure(report, metric) == pytest.approx(true[metric]["all"]) for metric in ("nps", "csat", "ces"))


def test_surveys_of_employees_and_of_product_fit_are_rows_without_a_kind(tmp_path):
    rows = frame(sample(LIST), "surveys")
    mixed = [each for each in delighted.records(year()) if each["survey_type"] in ("enps", "pmf")]
    assert rows["kind"].null_count() == len(mixed) > 10
    assert load(sample(LIST)).rejects.is_empty()
    assert "nps" in missing(ask(str(answers(tmp_path / "a.json", "enps", 9, 9, 2)), "nps"))


def test_zero_is_an_answer(tmp_path):
    assert figure(ask(str(answers(tmp_path / "a.json", "nps", 0, 10, 10, 8)), "nps"), "nps") == (25, 4)


@pytest.mark.parametrize(
    ("kind", "scores", "share"),
    [
        ("smileys", [5, 4, 3, 1], 0.5),
        ("stars", [5, 4, 3, 1], 0.5),
        ("thumbs", [1, 1, 1, 0], 0.75),
        ("csat", [5, 4, 3, 1], 0.5),
        ("csat", [3] * 15 + [2, 1, 1, 1, 1], 0.75),  # nobody ever gives more than 3: three smileys
    ],
)
def test_who_is_satisfied_is_told_by_the_scale_of_the_kind(tmp_path, kind, scores, share):
    report = ask(str(answers(tmp_path / "a.json", kind, *scores)), "csat")
    assert figure(report, "csat") == (share, len(scores))


def test_a_few_low_answers_leave_the_scale_open_and_a_note_says_so(tmp_path):
    path = answers(tmp_path / "a.json", "csat", 3, 3, 1)
    report = ask(str(path), "csat")
    assert figure(report, "csat") == (None, 0)
    (note,) = [note for note in report.result.notes if note.code == "scale-unknown"]
    assert note.text == f"{path}: 3 answers to CSAT and none above 3: whether the scale ends at 3 or 5 is not told"


def test_ces_has_seven_points_once_somebody_gives_more_than_five_and_high_is_easy(tmp_path):
    seven = frame(answers(tmp_path / "a.json", "ces", 6, 2), "surveys")
    five = frame(answers(tmp_path / "b.json", "ces", *[5, 4] * 10), "surveys")
    open_ = frame(answers(tmp_path / "c.json", "ces", 5, 2), "surveys")
    assert [set(rows["scale_max"]) for rows in (seven, five, open_)] == [{7}, {5}, {None}]
    assert figure(ask(str(tmp_path / "c.json"), "ces"), "ces") == (3.5, 2)  # the mean needs no scale


def test_a_kind_that_nobody_knows_is_counted_as_unread(tmp_path):
    rejects = load(answers(tmp_path / "a.json", "vibes", 3)).rejects
    assert rejects.select("column", "value").rows() == [("survey_type", "vibes")]


def test_the_person_is_an_id_or_an_object(tmp_path):
    expanded = answers(tmp_path / "a.json", "nps", 9, person={"id": "5", "email": "a@b.example"})
    assert frame(expanded, "surveys")["respondent"].to_list() == ["5"]
    assert frame(answers(tmp_path / "b.json", "nps", 9), "surveys")["respondent"].to_list() == ["5"]


def test_nobody_is_told_a_response_rate():
    assert "csat_response_rate" in missing(ask(str(sample(LIST)), "csat_response_rate"))
