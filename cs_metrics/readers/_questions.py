"""Which questions of a form are its ratings: told by their texts and by what was answered, or not told at all.

A form's questions are its owner's. "Recommend" asks for NPS, "satisfied" for CSAT, "easy" for CES, if the answers are
numbers or the usual words. Whatever leaves a doubt is passed over with a remark: then a map (--map) has to name it.
"""

from __future__ import annotations

import html
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from cs_metrics.readers._looks import Table
from cs_metrics.readers._remarks import Remark
from cs_metrics.readers._scales import ENOUGH, top_of_scale

NUMBERED = r"^(\d\d?)(?:\s*[-–—=:(].*)?$"  # 10, and 10 - Extremely likely
NO_ANSWERS = ("n/a", "na", "not applicable", "don't know", "-")

_ASKS = {
    "nps": re.compile(r"\brecommend|\bnps\b", re.IGNORECASE),
    "csat": re.compile(r"\b(?:satisf|csat\b)", re.IGNORECASE),
    "ces": re.compile(r"\b(?:eas(?:y|ier|iest|ily|e)|effort|ces)\b", re.IGNORECASE),
}
_EASY, _OVERALL = re.compile(r"\beas", re.IGNORECASE), re.compile(r"\boverall\b", re.IGNORECASE)
_SCALE = re.compile(r"(?<![\d.])([01])\s*(?:-|–|—|\bto\b|\bthrough\b)\s*([3-9]|10)(?!\d|\.\d|%)", re.IGNORECASE)
_BEST_FIRST = re.compile(
    r"\b1\s*(?:=|-|–|—|:|\(|being\b|is\b|means\b)\s*(?:the\s+)?"
    r"(?:best|excellent|easy|satisfied|(?:very|extremely|completely|highly)\s+(?:satisfied|easy|likely))",
    re.IGNORECASE,
)
_TOPS = (5, 7, 10)
_NAMES = {"nps": "NPS", "csat": "CSAT", "ces": "CES"}
_CHOICES = 11  # more different answers than this are no choice but text
_SHOWN = 50  # characters of a question
_MAP = "a map (--map) says what it is"


def _points(*words: str) -> Mapping[str, float]:
    """The words of a scale, the least first, with their points; several words for one stand with bars between them."""
    return {word: float(point) for point, several in enumerate(words, start=1) for word in several.split("|")}


_SATISFIED, _EASE, _AGREE = (
    f"neutral|neither {pair}" for pair in ("satisfied nor dissatisfied", "easy nor difficult", "agree nor disagree")
)
_AGREEMENT = (
    _points("strongly disagree", "disagree", _AGREE, "agree", "strongly agree"),
    _points(
        *("strongly disagree", "disagree", "somewhat disagree", _AGREE, "somewhat agree", "agree", "strongly agree")
    ),
)
_WORDS: Mapping[str, Sequence[Mapping[str, float]]] = {
    "nps": (),
    "csat": (
        _points("very dissatisfied", "dissatisfied", _SATISFIED, "satisfied", "very satisfied"),
        _points("very dissatisfied", "somewhat dissatisfied", _SATISFIED, "somewhat satisfied", "very satisfied"),
        _points(*(f"{how} satisfied" for how in ("not at all", "not so", "somewhat", "very", "extremely"))),
        *_AGREEMENT,
    ),
    "ces": (
        _points("very difficult", "difficult", _EASE, "easy", "very easy"),
        _points(*(f"{how} easy" for how in ("not at all", "not so", "somewhat", "very", "extremely"))),
        *_AGREEMENT,
    ),
}


@dataclass(frozen=True)
class Rating:
    """A question that was taken: its kind, its header, the ends of its scale, and its words if answers are words."""

    kind: str
    header: str
    least: float
    most: float
    words: Mapping[str, float] | None = None


class _DoubtError(Exception):
    """Why a question that looks like a rating is not taken for one."""


def find_ratings(table: Table, others: Collection[str], as_seen: bool) -> tuple[list[Rating], list[Remark]]:
    """The ratings of a form, one of a kind at most, and what was taken for what, or was not, and why.

    `others` are headers, casefolded, that are no questions. `as_seen` says that numbers are those that people saw as
    they answered, and not the places of the answers, of which the first is often the best.
    """
    kinds = {
        header: [kind for kind, asks in _ASKS.items() if asks.search(_plain(header))]
        for header in table.headers
        if header.casefold() not in others
    }
    asked = {header: several for header, several in kinds.items() if several}
    found: list[Rating] = []
    doubts: list[str] = []
    for header, answers in _answers(table, list(asked)).items():
        try:
            rating = _rating(asked[header], header, answers, as_seen)
        except _DoubtError as doubt:
            doubts.append(f"{_shown(header)} is not read as {_NAMES[asked[header][0]]}: {doubt}; {_MAP}")
        else:
            found += [rating] if rating else []
    taken: list[Rating] = []
    for kind in dict.fromkeys(rating.kind for rating in found):
        several = [rating for rating in found if rating.kind == kind]
        overall = [rating for rating in several if _OVERALL.search(rating.header)]
        chosen = overall if len(overall) == 1 else several
        if len(chosen) == 1:
            taken += chosen
        else:
            which = " and ".join(_shown(rating.header) for rating in several)
            doubts.append(f"{which} could each be the question for {_NAMES[kind]}, so none is read; {_MAP}")
    return taken, [*_remarks(table.item.name, taken, doubts)]


def _remarks(file: str, taken: Sequence[Rating], doubts: Sequence[str]) -> Iterator[Remark]:
    if taken:
        said = [f"{_shown(r.header)} is read as {_NAMES[r.kind]} from {r.least:.0f} to {r.most:.0f}" for r in taken]
        each = f", so that a response is {len(taken)} surveys" if len(taken) > 1 else ""
        yield Remark("survey-questions", f"{file}: {', '.join(said)}{each}; a map (--map) says it otherwise")
    for doubt in doubts:
        yield Remark("survey-question-unclear", f"{file}: {doubt}")
    if not taken and not doubts:
        looked_for = "recommend, satisfied or easy"
        text = f"{file}: no question with {looked_for} in it has ratings for answers; a map (--map) names the rating"
        yield Remark("survey-question-unclear", text)


def _answers(table: Table, headers: Sequence[str]) -> dict[str, dict[str, int]]:
    """How often each answer was given, small letters, without what is none."""
    if not headers:
        return {}
    texts = table.collect([pl.col(header).str.strip_chars().str.to_lowercase() for header in headers])
    found = {}
    for column in texts.get_columns():
        filled = column.drop_nulls()
        filled = filled.filter(~filled.is_in(["", *NO_ANSWERS]))
        found[column.name] = dict(zip(*filled.value_counts(sort=True, name="n").get_columns(), strict=True))
    return found


def _rating(kinds: Sequence[str], header: str, answers: Mapping[str, int], as_seen: bool) -> Rating | None:
    """The question as a rating, None if it is something else. Raises `_DoubtError`."""
    kind, count = kinds[0], sum(answers.values())
    if not answers:
        return None
    numbers = [int(found[1]) for answer in answers if (found := re.match(NUMBERED, answer))]
    is_numbers = len(numbers) == len(answers)
    scales = [scale for scale in _WORDS[kind] if answers.keys() <= scale.keys()]
    if not is_numbers and not scales:
        if len(answers) <= _CHOICES and count >= ENOUGH:
            raise _DoubtError("its answers are neither numbers nor words that are known here")
        return None
    if len(kinds) > 1:
        raise _DoubtError("it asks for more than one thing")
    if kind == "ces" and not any(map(_EASY.search, (header, *answers))):
        raise _DoubtError("whether a high answer is a good one is not told")
    if is_numbers:
        return Rating(kind, header, *_ends(kind, _plain(header), numbers, count, as_seen))
    scale = _only(scales, answers, count)
    return Rating(kind, header, 1.0, max(scale.values()), scale)


def _ends(kind: str, question: str, numbers: Sequence[int], count: int, as_seen: bool) -> tuple[float, float]:
    """The ends of a scale of numbers: as the question says them, else as its answers show. Raises `_DoubtError`."""
    if _BEST_FIRST.search(question):
        raise _DoubtError("its best answer is 1")
    said = [(int(least), int(most)) for least, most in _SCALE.findall(question)]
    stated = next(((least, most) for least, most in said if least <= min(numbers) and max(numbers) <= most), None)
    top = stated[1] if stated else top_of_scale(max(numbers), count, _TOPS)
    if kind == "nps":
        if top != _TOPS[-1]:
            raise _DoubtError("its scale is not known to go from 0 to 10")
        return 0.0, 10.0
    if stated:
        return float(stated[0]), float(stated[1])
    if not as_seen:
        raise _DoubtError("its numbers may be the places of the answers, the best first: export the answers' text")
    if top is None:
        raise _DoubtError(f"the scale cannot be told from {count} answer{'s' if count != 1 else ''}")
    return float(min(*numbers, 1)), float(top)


def _only(scales: Sequence[Mapping[str, float]], answers: Mapping[str, int], count: int) -> Mapping[str, float]:
    """The scale that the words are of; the shortest, if enough have answered. Raises `_DoubtError`."""
    shortest = min(max(scale.values()) for scale in scales)
    left = [scale for scale in scales if count < ENOUGH or max(scale.values()) == shortest]
    readings = {(max(scale.values()), *(scale[answer] for answer in answers)) for scale in left}
    if len(readings) > 1:
        raise _DoubtError("its words are of more than one scale")
    return left[0]


def _plain(header: str) -> str:
    """A question without markup and line breaks."""
    return " ".join(html.unescape(header).replace("*", "").split())


def _shown(header: str) -> str:
    question = _plain(header)
    return f"'{question if len(question) <= _SHOWN else question[:_SHOWN].rstrip() + '…'}'"
