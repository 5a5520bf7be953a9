"""The text of an SQL expression, before anything is known of columns: its tokens, what is refused, what is mended.

Polars reads some SQL otherwise than the standard says; what would give another number silently is rewritten here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

Token = tuple[str, str]
"""(kind, text): kind is text, quoted, number, name, mark or bad."""

_TOKEN = re.compile(
    r"""(?P<text>'(?:[^']|'')*')|(?P<quoted>"(?:[^"]|"")*")|(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
    |(?P<name>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)?)|(?P<mark><=|>=|<>|!=|::|\|\||[-+*/%(),=<>\[\]])|(?P<blank>\s+)|(?P<bad>.)""",
    re.VERBOSE | re.DOTALL,
)
WORDS = frozenset(
    (
        "AND OR NOT IS NULL TRUE FALSE IN LIKE ILIKE BETWEEN CASE WHEN THEN ELSE END DISTINCT FROM AS CAST ANY "
        "DATE TIMESTAMP TIMESTAMPTZ INTERVAL ESCAPE"
    ).split()
)
TYPES = frozenset(
    "FLOAT DOUBLE REAL INT INTEGER BIGINT SMALLINT VARCHAR TEXT STRING BOOLEAN BOOL DATE TIMESTAMP".split()
)
_CLOCK = frozenset("NOW TODAY CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP LOCALTIME LOCALTIMESTAMP".split())
_BEYOND_THE_ROW = frozenset(
    (
        "SUM COUNT AVG MEAN MEDIAN MIN MAX STDDEV VARIANCE VAR QUANTILE_CONT QUANTILE_DISC FIRST LAST ARRAY_AGG "
        "CORR COVAR ROW_NUMBER RANK DENSE_RANK LAG LEAD OVER SELECT UNION WITH EXISTS FILTER PARTITION STRING_AGG "
        "LISTAGG STDEV STDDEV_SAMP VAR_SAMP COVAR_POP COVAR_SAMP FIRST_VALUE LAST_VALUE UNNEST COLUMNS"
    ).split()
)

_OPERAND_ENDS = frozenset(("AND", "OR", "NOT", "WHEN", "THEN", "ELSE", ","))


class ExpressionError(ValueError):
    """What is wrong with an expression, as a sentence without the place."""


def tokens_of(text: str) -> list[Token]:
    """The tokens of an expression, blanks left out. Raises `ExpressionError` if there is none."""
    tokens = [(str(match.lastgroup), match.group()) for match in _TOKEN.finditer(text) if match.lastgroup != "blank"]
    if not tokens:
        raise ExpressionError("the expression is empty")
    return tokens


def refuse(tokens: list[Token], text: str) -> None:
    for place, (kind, token) in enumerate(tokens):
        upper = token.upper()
        rest = [t.upper() for _, t in tokens[place + 1 : place + 3]]
        if kind == "bad":
            raise ExpressionError(f"'{text}': '{token}' has no meaning here")
        if kind != "name":
            continue
        called = rest[:1] == ["("]
        if upper in _CLOCK and (called or upper != "TODAY"):
            raise ExpressionError(f"'{text}': {upper} would give another number tomorrow; use --as-of, --from and --to")
        if upper in _BEYOND_THE_ROW and (called or upper in ("OVER", "SELECT", "UNION", "EXISTS", "PARTITION")):
            raise ExpressionError(
                f"'{text}': {upper} looks at more than one row; an expression is about one row, and `agg` gathers them"
            )
        if upper in ("EXTRACT", "DATE_PART", "DATE_TRUNC") and called:
            raise ExpressionError(f"'{text}': {upper} is not known here; use the columns hour, weekday or day")
        if upper == "IS" and (rest[:1] in (["TRUE"], ["FALSE"]) or rest in (["NOT", "TRUE"], ["NOT", "FALSE"])):
            flag = rest[-1] if rest[0] == "NOT" else rest[0]
            advice = f"IS {'' if rest[0] == 'NOT' else 'NOT '}DISTINCT FROM {flag}"
            raise ExpressionError(f"'{text}': IS … {flag} says nothing about empty cells here; write `{advice}`")


def comparisons(tokens: list[Token]) -> Iterator[tuple[str, str]]:
    """(column, quoted word) of every `column = 'word'`, `'word' = column` and `column IN ('word', …)`."""
    for place, (_, token) in enumerate(tokens):
        if token in ("=", "<>", "!=") and 0 < place < len(tokens) - 1:
            left, right = tokens[place - 1], tokens[place + 1]
            if right[0] == "text":
                yield left[1].strip('"'), right[1]
            elif left[0] == "text":
                yield right[1].strip('"'), left[1]
        elif token.upper() == "IN" and place > 0:
            negated = tokens[place - 1][1].upper() == "NOT"
            column = tokens[place - 2 if negated else place - 1][1].strip('"')
            for kind, word in tokens[place + 2 :]:
                if word == ")":
                    break
                if kind == "text":
                    yield column, word


def forgiving(words: list[str]) -> list[str]:
    """With every cast as TRY_CAST: a cell that does not convert is null, as everywhere, and does not end the run."""
    cast: list[str] = []
    place = 0
    while place < len(words):
        if words[place] == "::" and cast and place + 1 < len(words):
            start = _operand_start(cast)
            cast[start:] = [f"TRY_CAST({' '.join(cast[start:])} AS {words[place + 1]})"]
            place += 2
            continue
        is_cast = words[place].upper() == "CAST" and words[place + 1 : place + 2] == ["("]
        cast.append("TRY_CAST" if is_cast else words[place])
        place += 1
    return cast


def _operand_start(words: list[str]) -> int:
    """Where the name, number, brackets or function call at the end of `words` begins."""
    start = len(words) - 1
    if words[start] == ")":
        depth = 0
        for start in range(len(words) - 1, -1, -1):
            depth += (words[start] == ")") - (words[start] == "(")
            if depth == 0:
                break
        if start and re.fullmatch(r"[A-Za-z]\w*", words[start - 1]) and words[start - 1].upper() not in WORDS:
            start -= 1
    return start


def bracketed(words: list[str]) -> list[str]:
    """With brackets around each `x IS DISTINCT FROM y`: Polars would take everything after FROM for y."""
    before, after = [""] * len(words), [""] * len(words)
    for place, word in enumerate(words):
        if word.upper() == "DISTINCT" and place >= 2:
            is_place = place - 2 if words[place - 1].upper() == "NOT" else place - 1
            before[_operand_end(words, is_place - 1, -1)] += "("
            after[_operand_end(words, place + 2, 1)] += ")"
    return [f"{opened}{word}{closed}" for opened, word, closed in zip(before, words, after, strict=True)]


def _operand_end(words: list[str], place: int, step: int) -> int:
    """The last word of the operand that starts at `place`, walking forwards or backwards."""
    opening, closing = {"(", "[", "CASE"}, {")", "]", "END"}
    if step < 0:
        opening, closing = closing, opening
    depth = 0
    while 0 <= place < len(words):
        word = words[place].upper()
        if depth == 0 and (word in closing or word in _OPERAND_ENDS):
            break
        depth += (word in opening) - (word in closing)
        place += step
    return min(max(place - step, 0), len(words) - 1)
