"""One SQL expression per row: what is refused and with which words, names and quotes, and what Polars makes of SQL."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any

import duckdb
import polars as pl
import pytest
from polars.exceptions import ColumnNotFoundError, InvalidOperationError, PolarsError, SchemaError, SQLInterfaceError

from cs_metrics.entities import FLAG, FRAMES, INSTANT, NUMBER
from cs_metrics.expressions import ExpressionError, names_in, parse, resolve
from cs_metrics.sqltext import WORDS
from tests.asking import shipped

DAY = datetime(2024, 1, 8, 9, 30, tzinfo=UTC)


def value(text: str, frame: str = "tickets", **cells: Any) -> Any:
    """What an expression gives on one row."""
    parsed = parse(text, frame)
    row = {name: [cells.get(name)] for name in parsed.columns}
    schema = {name: column.dtype for name, column in parsed.columns.items()}
    return pl.DataFrame(row, schema=schema).with_columns(parsed.expr.alias("_"))["_"][0]


@pytest.mark.parametrize(
    "text",
    ["SUM(reopens)", "reopens > AVG(reopens)", "COUNT(*)", "max(reopens)", "MEDIAN(reopens)",
     "QUANTILE_CONT(reopens, 0.9)", "FIRST(group)", "ARRAY_AGG(group)", "STDEV(reopens)", "STDDEV_SAMP(reopens)",
     "VAR_SAMP(reopens)",
     "FIRST_VALUE(reopens)",
     "LAST_VALUE(reopens)", "COVAR_POP(reopens, agent_replies)", "LISTAGG(group)", "UNNEST(tags)", "COLUMNS('.*')",
     "ROW_NUMBER() OVER ()", "reopens OVER (PARTITION BY group)", "LAG(reopens) OVER (ORDER BY created_at)",
     "RANK() OVER (ORDER BY reopens)", "(SELECT 1)", "reopens IN (SELECT 1)", "EXISTS (SELECT 1)",
     "SUM(reopens) FILTER (WHERE is_spam)"],
)  # fmt: skip
def test_what_looks_at_more_than_its_own_row_is_refused(text):
    with pytest.raises(ExpressionError, match="more than one row"):
        parse(text, "tickets")


@pytest.mark.parametrize(
    "text",
    [
        "NOW() > created_at",
        "CURRENT_DATE > DATE '2024-01-01'",
        "current_timestamp > created_at",
        "created_at < TODAY()",
    ],
)
def test_the_clock_is_refused(text):
    with pytest.raises(ExpressionError, match="tomorrow"):
        parse(text, "tickets")


@pytest.mark.parametrize(
    "text, advice",
    [
        ("escalated IS TRUE", "IS NOT DISTINCT FROM TRUE"),
        ("escalated is not true", "IS DISTINCT FROM TRUE"),
        ("escalated IS FALSE", "IS NOT DISTINCT FROM FALSE"),
        ("EXTRACT(hour FROM created_at) = 9", "hour, weekday or day"),
        ("DATE_TRUNC('month', created_at)", "hour, weekday or day"),
        ("grop = 'x'", "Did you mean 'group'"),
        ("ticket.grup = 'x'", "no column 'ticket.grup'"),
        ("status = 'Resolved'", "vendor_status"),
        ("status IN ('solved', 'closd')", "Did you mean 'closed'"),
        ("'clsed' <> status", "Did you mean 'closed'"),
        ("status NOT IN ('opn')", "Did you mean 'open'"),
        ("weekday = 'Monday'", "Did you mean 'Mon'"),
        ("reopens; DROP TABLE tickets", "';' has no meaning"),
        ("reopens +", "cannot be read"),
        ("SUM(", "more than one row"),
        ("reopens, agent_replies", "cannot be read"),
        ("created_at > '2024-01-02'", "does not fit"),
        ("FROBNICATE(reopens)", "cannot be read"),
        ("", "empty"),
        ("  ", "empty"),
    ],
)
def test_a_refusal_says_what_to_do(text, advice):
    with pytest.raises(ExpressionError, match=advice.replace("(", r"\(")):
        parse(text, "tickets")


def test_our_column_names_need_no_quotes_and_may_have_them():
    assert value("group = 'Billing'", group="Billing") is True
    assert value("\"group\" = 'Billing'", group="Billing") is True
    assert value("type || '/' || group", type="a", group="b") == "a/b"
    assert value("group = 'O''Brien'", group="O'Brien") is True
    assert value("group = 'group'", group="group") is True


def test_a_word_in_quotes_is_never_a_column_or_a_keyword():
    assert value("group = 'SUM(x) OVER NOW()'", group="SUM(x) OVER NOW()") is True


@pytest.mark.parametrize(
    "frame, name, place",
    [
        ("surveys", "group", ("surveys", "group", None)),
        ("surveys", "ticket.group", ("tickets", "group", "ticket")),
        ("surveys", "priority", ("tickets", "priority", "ticket")),
        ("tickets", "segment", ("customers", "segment", "customer")),
        ("tickets", "x_product", ("tickets", "x_product", None)),
        ("surveys", "ticket.x_product", ("tickets", "x_product", "ticket")),
        ("tickets", "weekday", ("tickets", "weekday", None)),
        ("surveys", "ticket.is_solved", ("tickets", "is_solved", "ticket")),
    ],
)
def test_a_frames_own_column_wins_and_a_prefix_borrows(frame, name, place):
    found = resolve(frame, name)
    assert (found.frame, found.column, found.link) == place


@pytest.mark.parametrize(
    "text, expected",
    [
        ("created_at >= DATE '2024-01-08'", True),
        ("created_at < DATE '2024-01-08'", False),
        ("created_at > TIMESTAMPTZ '2024-01-08 09:29:59'", True),
        ("created_at + INTERVAL '7 days' > solved_at", True),
        ("solved_at - created_at > INTERVAL '2 hours'", True),
        ("solved_at - created_at > INTERVAL '4 hours'", False),
    ],
)
def test_dates_are_compared_with_dates_and_spans(text, expected):
    assert value(text, created_at=DAY, solved_at=DAY + timedelta(hours=3)) is expected


@pytest.mark.parametrize(
    "text, cells, expected",
    [
        ("'vip' = ANY(tags)", {"tags": ["a", "vip"]}, True),
        ("ARRAY_CONTAINS(tags, 'vip')", {"tags": ["a"]}, False),
        ("group LIKE 'Bil%'", {"group": "Billing"}, True),
        ("reopens BETWEEN 1 AND 2 AND escalated", {"reopens": 1, "escalated": True}, True),
        ("x_hours::float / 2", {"x_hours": "3"}, 1.5),
        ("x_hours::float > 2", {"x_hours": "n/a"}, None),
        ("CAST(x_hours AS FLOAT)", {"x_hours": "n/a"}, None),
        ("COALESCE(reopens, 0)::float / 2", {"reopens": 5}, 2.5),
        ("(reopens + 1)::float::varchar", {"reopens": 5}, "6.0"),
        ("CASE WHEN reopens > 0 THEN 1 END", {"reopens": 0}, None),
        ("reopens / 2", {"reopens": 3}, 1.5),
        ("reopens / 3.0", {"reopens": 1}, 1 / 3),
        ("reopens / 3000.0 * 100", {"reopens": 1}, 1 / 30),
        ("reopens * 1e-3", {"reopens": 1}, 0.001),
        ("hour >= 9 AND weekday IN ('Mon', 'Tue')", {"hour": 9, "weekday": "Mon"}, True),
        ("day = DATE '2024-01-08'", {"day": date(2024, 1, 8)}, True),
    ],
)
def test_what_an_expression_gives_on_a_row(text, cells, expected):
    assert value(text, **cells) == (expected if not isinstance(expected, float) else pytest.approx(expected, rel=1e-15))


LOGIC = [
    "escalated IS DISTINCT FROM TRUE OR is_spam",
    "escalated IS DISTINCT FROM TRUE AND is_spam",
    "escalated IS NOT DISTINCT FROM TRUE AND is_spam OR is_test",
    "is_spam OR escalated IS DISTINCT FROM is_test AND is_spam",
    "NOT escalated IS DISTINCT FROM TRUE OR is_spam",
    "NOT escalated OR is_spam",
    "NOT (escalated AND is_spam) OR is_test",
    "escalated OR is_spam AND is_test",
    "escalated = is_spam OR is_test",
    "(escalated IS DISTINCT FROM TRUE OR is_spam) AND is_test IS NOT DISTINCT FROM NULL",
    "CASE WHEN escalated IS DISTINCT FROM TRUE THEN is_spam IS DISTINCT FROM FALSE ELSE is_test END OR is_spam",
    "COALESCE(escalated IS DISTINCT FROM TRUE, is_spam) AND is_test",
    "escalated IS NULL OR is_spam IS NOT NULL AND is_test",
    "escalated IN (TRUE) OR is_spam",
    "escalated IS DISTINCT FROM CASE WHEN is_spam THEN is_test ELSE FALSE END OR is_test",
    "1 + 2 * 3 - 4 = 3 AND NOT is_spam",
    "- 2 + 3 = 1 OR is_spam",
]


@pytest.mark.parametrize("text", LOGIC)
def test_brackets_that_nobody_wrote_stand_where_sql_puts_them(text):
    """Polars takes `a IS DISTINCT FROM b OR c` for `a IS DISTINCT FROM (b OR c)`; DuckDB reads it as SQL does."""
    query = (
        "SELECT "
        + text
        + " FROM (SELECT $escalated::bool AS escalated, $is_spam::bool AS is_spam, $is_test::bool AS is_test)"
    )
    with duckdb.connect() as connection:
        for escalated, is_spam, is_test in product([True, False, None], repeat=3):
            cells = {"escalated": escalated, "is_spam": is_spam, "is_test": is_test}
            expected = connection.execute(query, cells).fetchone()[0]
            assert value(text, **cells) == expected, cells


@pytest.mark.parametrize("name", sorted(shipped().metrics))
def test_every_shipped_expression_is_about_its_own_row(name):
    metric = shipped().metrics[name]
    for expression in (*metric.measures, *([metric.where] if metric.where else [])):
        columns = {column: _several(at.dtype) for column, at in expression.columns.items()}
        probe = pl.DataFrame(columns)
        together = probe.with_columns(expression.expr.alias("_"))["_"]
        alone = pl.concat(
            [probe[place : place + 1].with_columns(expression.expr.alias("_"))["_"] for place in range(6)]
        )
        backwards = probe.reverse().with_columns(expression.expr.alias("_"))["_"].reverse()
        assert together.to_list() == alone.to_list() == backwards.to_list(), expression.text


def _several(dtype: pl.DataType) -> pl.Series:
    if dtype == INSTANT:
        return pl.Series(
            [DAY, None, DAY - timedelta(days=9), DAY + timedelta(days=9), DAY, DAY + timedelta(days=3)], dtype=dtype
        )
    if dtype == pl.Boolean:
        return pl.Series([True, None, False, True, False, None])
    if dtype.is_numeric():
        return pl.Series([1, None, 0, 5, 2_000_000, 3]).cast(dtype, strict=False)
    return pl.Series(["csat", None, "nps", "ces", "solved", ""], dtype=dtype)


def test_names_in_a_metric_of_metrics_are_metrics_and_no_functions():
    assert names_in("a / NULLIF(b, 0) + coalesce(a, 1)") == ("a", "b")
    with pytest.raises(ExpressionError, match="more than one row"):
        names_in("SUM(a) / b")


# What Polars makes of SQL: style.md section 5. An upgrade that changes one of these is to be noticed here.

FACTS = pl.DataFrame({"k": ["a", "a", "b"], "x": [1, 2, 5], "y": [2, None, 2], "flag": [True, None, False]})


def gathered(sql: str) -> list[Any]:
    return FACTS.group_by("k", maintain_order=True).agg(pl.sql_expr(sql).alias("_"))["_"].to_list()


@pytest.mark.parametrize(
    "sql, expected",
    [
        ("COUNT(*)", [2, 1]),
        ("COUNT(DISTINCT y)", [1, 1]),
        ("AVG(x)", [1.5, 5]),
        ("QUANTILE_CONT(x, 0.9)", [1.9, 5]),
        ("SUM(x) FILTER (WHERE y = 2)", [1, 5]),
        ("AVG(flag)", [1, 0]),
        ("x > 1", [[False, True], [True]]),  # no error: a list per group
        ("ROW_NUMBER() OVER (ORDER BY x)", [[1, 2], [1]]),
    ],
)
def test_polars_gathers_sql_like_this(sql, expected):
    assert gathered(sql) == expected


def test_polars_divides_whole_numbers_into_decimals_and_decimals_into_few_digits():
    told = FACTS.select(a=pl.sql_expr("x / y"), b=pl.sql_expr("x / 3.0"))
    assert told["a"].to_list() == [0.5, None, 2.5]
    assert told.schema["b"] == pl.Decimal(38, 6)


@pytest.mark.parametrize("sql", ["group = 'a'", "order = 1", "end = 1", "user = 'x'"])
def test_polars_does_not_parse_these_names_without_quotes(sql):
    with pytest.raises(PolarsError):
        pl.DataFrame({"group": ["a"], "order": [1], "end": [1], "user": ["x"]}).select(pl.sql_expr(sql))


@pytest.mark.parametrize(
    "sql, expected", [("NOT flag", [False, None, True]), ("flag IS DISTINCT FROM TRUE", [False, True, True])]
)
def test_polars_negates_nothing_to_nothing(sql, expected):
    assert FACTS.select(pl.sql_expr(sql).alias("_"))["_"].to_list() == expected


def test_polars_says_nothing_about_empty_cells_with_is_not_true():
    assert FACTS.select(pl.sql_expr("flag IS NOT TRUE").alias("_"))["_"].to_list() == [False, None, True]


def test_polars_takes_everything_after_distinct_from():
    """The day this fails `_bracketed` may go."""
    row = pl.DataFrame({"a": [True], "b": [True]})
    assert row.select(pl.sql_expr("a IS DISTINCT FROM TRUE OR b").alias("_"))["_"][0] is False


@pytest.mark.parametrize(
    "sql, error",
    [
        ("DATE_TRUNC('month', t)", SQLInterfaceError),
        ("DATEDIFF('day', t, t)", SQLInterfaceError),
        ("COUNT_IF(x > 1)", SQLInterfaceError),
        ("LIST_CONTAINS(l, 'a')", SQLInterfaceError),
        ("t > '2024-01-02'", InvalidOperationError),
        ("t > TIMESTAMP '2024-01-02 10:00:00'", SchemaError),
        ("(SELECT 1)", InvalidOperationError),
        ("SUM(x", SQLInterfaceError),
        ("nothing > 1", ColumnNotFoundError),
    ],
)
def test_polars_refuses(sql, error):
    schema = {"t": INSTANT, "x": pl.Int64, "l": pl.List(pl.String)}
    with pytest.raises(error):
        pl.LazyFrame(schema=schema).select(pl.sql_expr(sql).alias("_")).collect()


def test_the_word_for_nothing_is_a_column_of_no_frame():
    """A column called like a word of SQL would be taken for it."""
    assert not {name for frame in FRAMES.values() for name in (*frame.columns, *frame.derived) if name.upper() in WORDS}


def test_the_time_between_two_instants_is_a_number_of_seconds():
    later = DAY + timedelta(hours=1, milliseconds=500)
    for text in ("solved_at - first_reply_at", "CASE WHEN reopens = 0 THEN solved_at - first_reply_at END"):
        assert parse(text, "tickets").dtype == NUMBER
        assert value(text, solved_at=later, first_reply_at=DAY, reopens=0) == 3600.5
        assert value(text, solved_at=DAY, first_reply_at=later, reopens=0) == -3600.5
        assert value(text, solved_at=DAY, reopens=0) is None
    assert parse("solved_at - created_at <= INTERVAL '2 days'", "tickets").dtype == FLAG
