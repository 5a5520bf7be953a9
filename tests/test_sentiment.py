"""The tone of reviews: the export's own word, else what VADER makes of the text, else what it would take to know."""

from __future__ import annotations

import subprocess
import sys

import polars as pl
import pytest
from typer.testing import CliRunner
from vaderSentiment import vaderSentiment

from cs_metrics import sentiment
from cs_metrics.catalogue import load_catalogue
from cs_metrics.cli import app
from cs_metrics.conversion import convert_files
from cs_metrics.population import load_population
from cs_metrics.question import Question
from cs_metrics.readers import open_exports
from tests.asking import NOW, ROOT, ask, figure, missing, write

WHEN = "2024-01-08T09:00:00Z"
PRAISE, BLAME, FACT, FOREIGN = (
    "VADER is smart, handsome, and funny!",  # 0.8439, as its authors publish it
    "Today sux",  # -0.3612, likewise
    "The parcel arrived on Monday.",
    "Schlecht, nie wieder!",
)


@pytest.fixture(scope="module")
def configs(tmp_path_factory):
    """A folder with a metric that is the share of the positive."""
    folder = tmp_path_factory.mktemp("configs") / "metrics" / "own"
    folder.mkdir(parents=True)
    value = "CASE WHEN sentiment IS NULL THEN NULL ELSE sentiment = 'positive' END"
    lines = ("label: Praise", "meaning: own", "frame: mentions", "date: posted_at", f"value: {value}", "agg: share",
             "unit: share", "better: higher")  # fmt: skip
    (folder / "praise.yml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder.parents[1]


@pytest.fixture(scope="module")
def catalogue(configs):
    return load_catalogue([ROOT / "configs", configs])


@pytest.fixture
def without_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "vaderSentiment", None)
    monkeypatch.setitem(sys.modules, "vaderSentiment.vaderSentiment", None)


def reviews(path, *texts, **columns):
    more = [{name: values[n] for name, values in columns.items()} for n in range(len(texts))]
    rows = [{"mention_id": str(n), "posted_at": WHEN, "text": text} | more[n] for n, text in enumerate(texts)]
    return write(path, rows)


def tones(*files):
    parts = open_exports(list(files))
    dataset = load_population(parts, {"mentions": {"mention_id", "posted_at", "sentiment"}}, None, NOW)
    return dataset.frames["mentions"].sort("source", "mention_id"), dataset


def test_english_texts_are_scored_and_a_note_says_so(tmp_path, catalogue):
    path = reviews(tmp_path / "a.csv", PRAISE, BLAME, FACT, "")
    report = ask(path, "praise", catalogue)
    assert figure(report, "praise") == (pytest.approx(1 / 3), 3)
    (note,) = [note for note in report.result.notes if note.code == "vader"]
    assert note.text == "the export states no sentiment: VADER, which knows English alone, scored 3 texts"
    assert tones(path)[0]["sentiment"].to_list() == ["positive", "negative", "neutral", None]


@pytest.mark.parametrize(
    ("compound", "tone"),
    [
        (1, "positive"),
        (0.05, "positive"),
        (0.0499, "neutral"),
        (-0.0499, "neutral"),
        (-0.05, "negative"),
        (-1, "negative"),
    ],
)
def test_the_thresholds_are_those_of_vaders_authors(monkeypatch, compound, tone):
    monkeypatch.setattr(
        vaderSentiment.SentimentIntensityAnalyzer, "polarity_scores", lambda self, text: {"compound": compound}
    )
    scored, count = sentiment.scored(pl.DataFrame({"text": ["x"]}))
    assert (scored["sentiment"].to_list(), count) == ([tone], 1)


def test_equal_texts_are_scored_once(monkeypatch):
    seen = []
    monkeypatch.setattr(
        vaderSentiment.SentimentIntensityAnalyzer,
        "polarity_scores",
        lambda self, text: seen.append(text) or {"compound": 0.0},
    )
    scored, count = sentiment.scored(pl.DataFrame({"text": ["a", "b", "a", None, "a"]}))
    assert sorted(seen) == ["a", "b"]
    assert (scored["sentiment"].to_list(), count) == (["neutral", "neutral", "neutral", None, "neutral"], 4)


def test_what_is_known_to_be_in_another_language_has_no_tone(tmp_path):
    languages = ["en", "en-GB", "de", "", "English", "ensk"]
    path = reviews(tmp_path / "a.csv", *[PRAISE] * 6, language=languages)
    rows, dataset = tones(path)
    assert rows["sentiment"].to_list() == ["positive", "positive", None, "positive", "positive", None]
    assert [note.count for note in dataset.notes if note.code == "vader"] == [4]


def test_the_exports_own_word_counts_and_then_no_text_is_read(tmp_path, catalogue, without_package):
    path = reviews(tmp_path / "a.csv", PRAISE, BLAME, FACT, sentiment=["negative", "positive", ""])
    report = ask(path, "praise", catalogue)
    assert figure(report, "praise") == (0.5, 2)
    assert not [note for note in report.result.notes if note.code == "vader"]


def test_of_two_files_only_the_one_without_a_word_of_its_own_is_scored(tmp_path):
    own = reviews(tmp_path / "a.csv", PRAISE, PRAISE, sentiment=["negative", ""])
    rows, dataset = tones(f"own={own}", f"scored={reviews(tmp_path / 'b.csv', PRAISE)}")
    assert rows.select("source", "sentiment").rows() == [("own", "negative"), ("own", None), ("scored", "positive")]
    assert [note.count for note in dataset.notes] == [1]


def test_without_the_package_the_metric_is_not_in_this_export_and_the_advice_is_there(
    tmp_path, catalogue, without_package
):
    path = reviews(tmp_path / "a.csv", PRAISE)
    found = missing(ask(path, "praise", catalogue))
    assert found == {"praise": "needs the extra sentiment (pip install cs-metrics[sentiment])"}
    bare = write(tmp_path / "b.csv", [{"mention_id": "1", "posted_at": WHEN}])
    assert missing(ask(bare, "praise", catalogue)) == {"praise": "needs sentiment"}


def test_what_was_written_is_kept_and_shown_nowhere(tmp_path, catalogue, configs):
    path = reviews(tmp_path / "a.csv", PRAISE, BLAME)
    rows, dataset = tones(path)
    assert "text" not in rows.columns
    assert "text" not in dataset.have["mentions"]
    assert "praise" in missing(ask(path, "praise", catalogue, by="text"))
    assert "praise" in missing(ask(path, "praise", catalogue, where="text LIKE '%sux%'"))
    converted = convert_files(open_exports([path]), Question(now=NOW), extras=True)["mentions"]
    assert converted.columns == ["source", "mention_id", "posted_at"]
    for command in (["inspect", path], ["report", path, "-m", "praise"], ["rows", "praise", path]):
        shown = CliRunner().invoke(app, [*command, "--configs", str(configs)])
        assert shown.exit_code == 0
        assert "smart" not in shown.output
        assert "sux" not in shown.output


def test_a_metric_that_does_not_ask_for_the_tone_reads_no_text_and_loads_no_package(tmp_path):
    reviews(tmp_path / "a.csv", PRAISE)
    code = (
        "import sys\n"
        "from datetime import UTC, datetime\n"
        "from cs_metrics.population import load_population\n"
        "from cs_metrics.readers import open_exports\n"
        f"parts = open_exports([{str(tmp_path / 'a.csv')!r}])\n"
        "wanted = {'mentions': {'mention_id', 'posted_at', 'text'}}\n"
        "load_population(parts, wanted, None, datetime(2030, 1, 1, tzinfo=UTC))\n"
        "print('vaderSentiment' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "False"
