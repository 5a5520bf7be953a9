"""SurveyMonkey: two heading rows, and the ratings told by the questions' texts and answers."""

from __future__ import annotations

import zipfile
from xml.sax.saxutils import escape

import pytest

from cs_metrics.errors import DataError
from cs_metrics.question import Question
from cs_metrics.readers import open_exports
from cs_metrics.report import build
from tests.asking import NOW, ROOT, account, ask, figure, figures, missing, shipped
from tests.simulator import responses, surveymonkey
from tests.vendor_files import BERLIN, agrees, as_csv, csv_rows, csv_variants, frame, load, opened, sample, saved, year

EXPANDED, CONDENSED = "surveymonkey/expanded.csv", "surveymonkey_condensed/condensed.csv"
API = "surveymonkey_api/responses.json"
RATINGS = ("nps", "csat", "ces")


def form(path, *questions, rows=((),), below=None):
    """A file of one response for each row of answers to these questions."""
    head = ["Respondent ID", "Collector ID", "End Date", *questions]
    answers = [[str(n), "7", "01/31/2024 10:00:00", *map(str, row)] for n, row in enumerate(rows, start=1)]
    return saved(path, [head, *([["", "", "", *below]] if below else []), *answers])


def unclear(report):
    return [note.text.partition(": ")[2] for note in report.result.notes if note.code == "survey-question-unclear"]


@pytest.mark.parametrize(
    ("name", "shape"),
    [(EXPANDED, "individual responses"), (CONDENSED, "individual responses"), (API, "responses JSON")],
)
def test_each_sample_is_claimed_by_the_reader(tmp_path, name, shape):
    part = opened(saved(tmp_path / "download", sample(name).read_bytes()))
    assert (part.reader, part.shape.name) == ("surveymonkey", shape)


@pytest.mark.slow
def test_nps_csat_and_ces_are_those_of_the_history_by_month():
    agrees(str(sample(EXPANDED)), responses.figures(year()), RATINGS)


@pytest.mark.slow
def test_a_blank_second_row_says_the_same_and_later_exports_overlap():
    files = [str(sample(EXPANDED)), str(sample(CONDENSED))]
    agrees(files, responses.figures(year()), RATINGS)
    late = [each for each in responses.responses(year()) if surveymonkey.local(each.submitted).month > 9]
    report = ask(str(sample(CONDENSED)), RATINGS, zone=BERLIN)
    assert figure(report, "ces")[1] == sum(each.ces is not None for each in late)
    assert load(sample(CONDENSED)).rejects.is_empty()


SAVED = {how for how in csv_variants(EXPANDED) if how != "turned round"}  # a question's columns stand in their order


@pytest.mark.parametrize("how", [*sorted(SAVED), "second row deleted", "careful way"])
def test_the_file_says_the_same_however_it_is_saved(tmp_path, how):
    rows = csv_rows(EXPANDED)
    extra = {
        "second row deleted": as_csv([rows[0], *rows[2:]]).encode(),
        "careful way": as_csv(rows).replace("\n", "\r\n").encode("utf-16"),
    }
    content = (csv_variants(EXPANDED, without=("IP Address", "Custom Data 1")) | extra)[how]
    found, expected = frame(saved(tmp_path / "a.csv", content), "surveys"), frame(sample(EXPANDED), "surveys")
    ours = [name for name in expected.columns if not name.startswith("x_") and name in found.columns]
    assert found.select(ours).equals(expected.select(ours))
    assert {"survey_id", "answered_at", "kind", "score", "scale_max", "respondent"} <= set(ours)


def test_the_second_row_names_the_columns_of_a_question_and_is_no_response():
    part = opened(sample(EXPANDED))
    used = "x_which_ways_of_getting_help_have_you_tried"
    assert {f"{used}_chat", f"{used}_e_mail", f"{used}_other_please_specify"} <= part.available("surveys")
    assert "x_what_could_we_do_better" in part.available("surveys")
    assert load(sample(EXPANDED)).read == {"surveys": 3 * len(responses.responses(year()))}


def test_every_rating_of_a_response_is_a_survey_with_its_own_scale(tmp_path):
    rows = frame(sample(EXPANDED), "surveys")
    true = {surveymonkey.respondent(each): each for each in responses.responses(year())}
    for row in rows.iter_rows(named=True):
        number, kind = row["survey_id"].split()
        assert row["kind"] == kind
        assert row["score"] == getattr(true[number], kind)
        assert (row["scale_min"], row["scale_max"]) == {"nps": (0, 10), "csat": (1, 5), "ces": (1, 7)}[kind]
        assert row["answered_at"] == true[number].submitted
        assert row["ticket_id"] == str(true[number].ticket)


def test_the_same_answers_give_the_same_figures_in_every_survey_tool():
    files = [str(sample(name)) for name in (EXPANDED, "delighted/survey_responses.json", "typeform/responses.csv")]
    report = ask(files, RATINGS, by="source", zone=BERLIN)
    for metric, true in responses.figures(year()).items():
        found = figures(report, metric)
        assert found.keys() == {"surveymonkey", "delighted", "typeform"}
        assert all(value == pytest.approx(true["all"]) for value in found.values())
    assert not report.result.missing


def test_a_note_says_which_question_was_taken_for_which():
    report = ask(str(sample(EXPANDED)), RATINGS)
    (note,) = [note.text for note in report.result.notes if note.code == "survey-questions"]
    assert "is read as NPS from 0 to 10, 'Overall, how satisfied" in note
    assert "so that a response is 3 surveys" in note
    assert "yesterday's" not in note  # cut short, for questions may be long


@pytest.mark.parametrize(
    ("answers", "share"),
    [
        (
            ["Extremely satisfied", "Very satisfied", "Somewhat satisfied", "Not so satisfied", "Not at all satisfied"],
            0.4,
        ),
        (["Very satisfied", "Satisfied", "Neither satisfied nor dissatisfied", "Dissatisfied"], 0.5),
        (["Very satisfied", "Somewhat satisfied", "Somewhat dissatisfied", "N/A"], 2 / 3),
    ],
)
def test_words_are_read_on_the_scale_that_has_all_of_them(tmp_path, answers, share):
    path = form(tmp_path / "a.csv", "How satisfied are you?", rows=[[answer] for answer in answers])
    assert figure(ask(str(path), "csat"), "csat")[0] == pytest.approx(share)


def test_words_of_several_scales_are_not_guessed(tmp_path):
    path = form(tmp_path / "a.csv", "How satisfied are you?", rows=[["Very satisfied"], ["Somewhat satisfied"]])
    report = ask(str(path), "csat")
    assert "csat" in missing(report)
    said = "'How satisfied are you?' is not read as CSAT: its words are of more than one scale"
    assert unclear(report) == [f"{said}; a map (--map) says what it is"]


def test_numbers_may_be_the_places_of_answers_and_are_only_read_where_the_question_says_the_scale(tmp_path):
    bare = form(tmp_path / "a.csv", "How satisfied are you?", rows=[[n % 5 + 1] for n in range(40)])
    report = ask(str(bare), "csat")
    assert "csat" in missing(report)
    assert "its numbers may be the places of the answers, the best first" in unclear(report)[0]
    said = form(tmp_path / "b.csv", "From 1 to 5, how satisfied are you?", rows=[[n % 5 + 1] for n in range(40)])
    assert figure(ask(str(said), "csat"), "csat") == (0.4, 40)
    turned = form(tmp_path / "c.csv", "How satisfied are you, from 1 to 5? (1 = very satisfied)", rows=[[1], [5]])
    assert "its best answer is 1" in unclear(ask(str(turned), "csat"))[0]


def test_nps_is_read_from_numbers_but_not_where_eleven_is_one_of_them(tmp_path):
    question = "How likely is it that you would recommend us?"
    fine = form(tmp_path / "a.csv", question, rows=[[10], [9], [0], [7]], below=["Response"])
    assert figure(ask(str(fine), "nps"), "nps") == (25, 4)
    places = form(tmp_path / "b.csv", question, rows=[[11], [10], [1]])
    assert "its scale is not known to go from 0 to 10" in unclear(ask(str(places), "nps"))[0]


def test_the_same_question_twice_is_none_unless_one_asks_about_it_all(tmp_path):
    words = [["Very satisfied", "Very dissatisfied"], ["Satisfied", "Dissatisfied"]]
    questions = ("How satisfied are you with the price?", "How satisfied are you with the help?")
    report = ask(str(form(tmp_path / "a.csv", *questions, rows=words)), "csat")
    assert "csat" in missing(report)
    assert "could each be the question for CSAT, so none is read" in unclear(report)[0]
    overall = form(tmp_path / "b.csv", questions[0], "Overall, how satisfied are you?", rows=words)
    assert figure(ask(str(overall), "csat"), "csat") == (0, 2)


def test_a_form_without_a_known_question_says_what_was_looked_for(tmp_path):
    report = ask(str(form(tmp_path / "a.csv", "What is your name?", rows=[["Ann"], ["Bob"]])), RATINGS)
    assert missing(report).keys() == set(RATINGS)
    assert unclear(report) == [
        "no question with recommend, satisfied or easy in it has ratings for answers; a map (--map) names the rating"
    ]


def test_the_shipped_map_reads_answers_in_another_language(tmp_path):
    question = "Wie zufrieden sind Sie mit unserem Service?"
    path = form(tmp_path / "a.csv", question, rows=[["Sehr zufrieden"], ["Unzufrieden"], [""]], below=["Response"])
    parts = open_exports([str(path)], None, [ROOT / "configs/maps/surveymonkey.yml"])
    report = build(parts, Question(now=NOW, metrics=("csat",)), shipped())
    assert figure(report, "csat") == (0.5, 2)
    assert account(report, "surveys")["used"] == 3


def test_dates_have_the_month_first_also_with_am_and_pm(tmp_path):
    head = "Respondent ID,Collector ID,Date Modified"
    lines = ["1,7,03/04/2024 02:30:00 PM", "2,7,03/05/2024 11:30:00 AM"]
    found = frame(saved(tmp_path / "a.csv", "\n".join([head, *lines])), "surveys", None)["answered_at"]
    assert found.dt.strftime("%m-%d %H:%M").to_list() == ["03-04 14:30", "03-05 11:30"]


def test_ids_that_a_spreadsheet_has_rounded_are_refused_with_advice(tmp_path):
    text = "Respondent ID,Collector ID,End Date\n1.18052E+11,4,01/31/2024 10:00:00\n1.18052E+11,4,01/31/2024 10:00:00\n"
    path = saved(tmp_path / "a.csv", text)
    with pytest.raises(DataError, match="a spreadsheet has rounded the ids in 'Respondent ID'"):
        load(path)


def test_the_apis_list_has_dates_and_people_and_no_score():
    rows = frame(sample(API), "surveys")
    true = surveymonkey.in_page(year())
    assert rows["answered_at"].to_list() == [each.submitted for each in true]
    assert rows["survey_id"].to_list() == [surveymonkey.respondent(each) for each in true]
    assert missing(ask(str(sample(API)), RATINGS)).keys() == set(RATINGS)


def test_a_workbook_says_the_same_as_the_csv_also_where_the_last_question_has_several_columns(tmp_path):
    rows = csv_rows(EXPANDED)
    for number, lines in enumerate((rows, [line[:-1] for line in rows])):
        workbook(tmp_path / f"{number}.xlsx", lines)
        found = frame(tmp_path / f"{number}.xlsx", "surveys")
        expected = frame(saved(tmp_path / f"{number}.csv", lines), "surveys")
        assert found.select(expected.columns).equals(expected)
        assert load(tmp_path / f"{number}.xlsx").rejects.is_empty()


def workbook(path, rows):
    """The least that a workbook holds; empty cells at the end of a row are not in it."""
    lines = []
    for row in rows:
        cells = "".join(f"<c t='inlineStr'><is><t xml:space='preserve'>{escape(cell)}</t></is></c>" for cell in row)
        while cells.endswith("<c t='inlineStr'><is><t xml:space='preserve'></t></is></c>"):
            cells = cells.removesuffix("<c t='inlineStr'><is><t xml:space='preserve'></t></is></c>")
        lines.append(f"<row>{cells}</row>")
    space = "xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'"
    office = "xmlns:r='http://schemas.openxmlformats.org/officeDocument/2006/relationships'"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(
            "xl/workbook.xml",
            f"<workbook {space} {office}><sheets><sheet name='Sheet' r:id='rId1'/></sheets></workbook>",
        )
        relation = "<Relationship Id='rId1' Target='worksheets/sheet1.xml'/>"
        archive.writestr("xl/_rels/workbook.xml.rels", f"<Relationships>{relation}</Relationships>")
        sheet = f"<worksheet {space}><sheetData>{''.join(lines)}</sheetData></worksheet>"
        archive.writestr("xl/worksheets/sheet1.xml", sheet)


def test_the_interfaces_list_says_where_its_ratings_can_be_had():
    (doubt,) = unclear(ask(str(ROOT / "sample_data/surveymonkey_api/responses.json")))
    assert "no rating is read; the website's export as CSV has them" in doubt
