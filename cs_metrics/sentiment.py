"""The tone of reviews and posts whose export does not state it: VADER reads what was written.

VADER (Hutto and Gilbert, 2014) is a lexicon with rules; by its authors' thresholds a text whose compound score is at
least 0.05 is positive, at most -0.05 negative, and else neutral. It knows English alone: what is known to be written in
another language has no tone. What was written is read for this and for nothing else, and let go at once.
"""

from __future__ import annotations

from collections.abc import Set
from importlib.util import find_spec

import polars as pl

from cs_metrics.entities import TEXT
from cs_metrics.result import Note

WRITTEN = "text"
_POSITIVE, _NEGATIVE = 0.05, -0.05
_ENGLISH = r"(?i)^en(?:$|[-_]|glish)"


def is_installed() -> bool:
    """Whether the package is there; it is not loaded."""
    return find_spec("vaderSentiment") is not None


def can_be_scored(available: Set[str]) -> bool:
    """Whether a file's tone is to be told by what was written: it states none."""
    return WRITTEN in available and "sentiment" not in available


def columns_to_score(available: Set[str]) -> set[str]:
    """What has to be read for it."""
    return {WRITTEN, "language"} & available


def scored(mentions: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """Mentions with their `sentiment` in place of what was written, and how many have one."""
    written = pl.col(WRITTEN)
    if "language" in mentions.columns:
        written = pl.when(pl.col("language").is_null() | pl.col("language").str.contains(_ENGLISH)).then(written)
    texts = mentions.select(written)[WRITTEN]
    tones = _tones(texts.drop_nulls().unique().to_list())
    sentiment = texts.replace_strict(tones, default=None, return_dtype=TEXT).alias("sentiment")
    return mentions.drop(WRITTEN).with_columns(sentiment), len(sentiment) - sentiment.null_count()


def _tones(texts: list[str]) -> dict[str, str]:
    """The tone of each text. A loop over texts, for that is all that VADER can do; each different one comes once."""
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    analyzer = SentimentIntensityAnalyzer()
    return {text: _tone(analyzer.polarity_scores(text)["compound"]) for text in texts}


def _tone(compound: float) -> str:
    if compound >= _POSITIVE:
        return "positive"
    return "negative" if compound <= _NEGATIVE else "neutral"


def note(count: int) -> Note:
    """What to know of tones that nobody stated."""
    texts = "1 text" if count == 1 else f"{count:,} texts"
    return Note("vader", f"the export states no sentiment: VADER, which knows English alone, scored {texts}", count)
