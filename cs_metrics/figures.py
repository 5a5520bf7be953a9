"""All figures of a plan in one long frame: every metric, grain, period and by-value, totals included.

Metrics of one frame and date are gathered together, from one narrow frame; periods without rows are there too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import polars as pl

from cs_metrics.aggregate import DAY, PERIOD, SPREAD, Narrow, figures, finite, narrow
from cs_metrics.definitions import Metric
from cs_metrics.entities import NUMBER, TEXT
from cs_metrics.periods import Grain
from cs_metrics.plan import Plan
from cs_metrics.result import Note
from cs_metrics.retention import over_a_year, turnover_figures, who
from cs_metrics.stocks import ENDED, held, stock_figures

OTHER = "other"


@dataclass(frozen=True)
class _Table:
    """The figures of some metrics of one frame at one grain, side by side; a total has no by-columns."""

    metrics: Sequence[Metric]
    grain: Grain
    is_total: bool
    wide: pl.DataFrame


def compute_figures(plan: Plan, grains: Sequence[Grain]) -> pl.DataFrame:
    """(metric, grain, period, total, by…, value, n, of, and the columns of SPREAD) of every direct metric of a plan.

    Totals are computed again from rows, never from parts.
    """
    by, confidence = tuple(plan.question.by), plan.question.spread_confidence
    narrows, stocks = _gathered(plan)
    if plan.question.top:
        renamed = _top(plan, [each.rows for each in narrows] or [there for _, there in stocks])
        narrows = [replace(each, rows=renamed(each.rows)) for each in narrows]
        stocks = [(metric, renamed(there)) for metric, there in stocks]
    if "all" in grains and plan.window.start is None:
        plan.notes += _yearly(plan, [metric for metric, _ in stocks if metric.gathering.turnover])
    days = [day for each in narrows for day in _days(each.rows, DAY)]
    days += [day for _, there in stocks for name in (DAY, ENDED) for day in _days(there, name)]
    spines = {grain: _starts(plan, days, grain) for grain in grains}
    tables: list[_Table] = []
    for grain, starts in spines.items():
        for is_total in (False, True) if by else (False,):
            for each in narrows:
                wide = figures(each, grain, plan.calendar, is_total, confidence)
                tables.append(_Table(each.metrics, grain, is_total, wide))
            for metric, there in stocks:
                asked = (metric, there, () if is_total else by, starts, grain, plan.calendar)
                if metric.gathering.turnover:
                    known = plan.knowledge(metric).as_of
                    wide = turnover_figures(*asked, over_a_year(plan.window, plan.calendar, known))
                else:
                    wide = stock_figures(*asked, confidence)
                tables.append(_Table([metric], grain, is_total, wide))
    values = {frame: _by_values(tables, frame, by) for frame in {table.metrics[0].frame for table in tables}}
    long = [
        _labelled(plan, table, metric, rows)
        for table in tables
        for rows in [_gapless(table, spines[table.grain], values[table.metrics[0].frame]).lazy()]
        for metric in table.metrics
    ]
    return pl.concat(long).collect()


def _yearly(plan: Plan, metrics: Sequence[Metric]) -> list[Note]:
    """That metrics which need a beginning have been given one, and which."""
    if not metrics:
        return []
    year = over_a_year(plan.window, plan.calendar, plan.knowledge(metrics[0]).as_of)
    since = plan.calendar.local_day(year.start) if year.start else None
    text = f"{' and '.join(metric.label for metric in metrics)}: over all, of the year since {since}; see --from"
    return [Note("of-a-year", text)]


def overall(plan: Plan, metric: Metric) -> tuple[float, int] | None:
    """A metric's value and n over the whole window, whatever grain and by; None if these files cannot tell."""
    if metric.is_stock or plan.unanswerable(metric) is not None:
        return None
    known = plan.knowledge(metric).row_until
    whole, _ = finite(narrow(plan.prepared([metric]), [metric], (), plan.window, known, plan.silent))
    told = figures(whole, "all", plan.calendar, total=True).select(f"{metric.name} value", f"{metric.name} n")
    value, n = told.row(0)
    return None if value is None else (float(value), int(n))


def _gathered(plan: Plan) -> tuple[list[Narrow], list[tuple[Metric, pl.DataFrame]]]:
    """The narrow frames, one per frame and date, and for each stock the rows that it may count."""
    groups: dict[tuple[str, tuple[str, ...]], list[Metric]] = {}
    for metric in plan.metrics:
        groups.setdefault((metric.frame, plan.dates_of(metric)), []).append(metric)
    narrows: list[Narrow] = []
    stocks: list[tuple[Metric, pl.DataFrame]] = []
    for (frame, _), metrics in groups.items():
        known = plan.dataset.knowledge[frame]
        flows = [metric for metric in metrics if not metric.is_stock]
        if flows:
            rows = plan.prepared(flows)
            masked = narrow(rows, flows, plan.question.by, plan.window, known.row_until, plan.silent, plan.ahead)
            narrowed, odd = finite(masked)
            if odd:
                plan.notes.append(Note("non-finite", f"{odd:,} values were not finite and are left out", odd))
            narrows.append(narrowed)
        for metric in (metric for metric in metrics if metric.is_stock):
            speaking = ~pl.col("source").is_in(plan.silent.get(metric.name, []))
            rows, zone = plan.prepared([metric]).filter(speaking), plan.calendar.zone
            shown = list(dict.fromkeys([*(who(metric) if metric.gathering.turnover else ()), *plan.question.by]))
            stocks.append((metric, held(rows, metric, shown, plan.window, known.row_until, zone)))
    return narrows, stocks


def _labelled(plan: Plan, table: _Table, metric: Metric, rows: pl.LazyFrame) -> pl.LazyFrame:
    """One metric out of a table; an empty period counts 0, and has no other value, nor has a source that is silent."""
    dtypes = {name: _by_dtype(plan, name) for name in plan.question.by}
    value, n, of = (pl.col(f"{metric.name} {name}") for name in ("value", "n", "of"))
    spread = {name: f"{metric.name} {name}" for name in SPREAD}
    if metric.gathering.counts:
        value = value.fill_null(0)
        if "source" in plan.question.by and not table.is_total and metric.name in plan.silent:
            value = pl.when(~pl.col("source").is_in(plan.silent[metric.name])).then(value)
    return rows.select(
        pl.lit(metric.name).alias("metric"),
        pl.lit(table.grain, TEXT).alias("grain"),
        PERIOD,
        pl.lit(table.is_total).alias("total"),
        *((pl.lit(None, t).alias(n) if table.is_total else pl.col(n).cast(t)) for n, t in dtypes.items()),
        value.alias("value"),
        n.fill_null(0).alias("n"),
        of.fill_null(0).alias("of"),
        *(
            (pl.col(at) if at in table.wide.columns else pl.lit(None)).cast(NUMBER).alias(name)
            for name, at in spread.items()
        ),
    )


def _by_dtype(plan: Plan, name: str) -> pl.DataType:
    dtype = next((columns[name].dtype for columns in plan.by.values() if name in columns), TEXT)
    return TEXT if plan.question.top or isinstance(dtype, pl.List) else dtype


def _by_values(tables: Sequence[_Table], frame: str, by: tuple[str, ...]) -> pl.DataFrame:
    """The by-values that a frame's metrics have anywhere."""
    if not by:
        return pl.DataFrame()
    parts = [table.wide.select(by) for table in tables if table.metrics[0].frame == frame and not table.is_total]
    return pl.concat(parts).unique()


def _starts(plan: Plan, days: Sequence[date], grain: Grain) -> list[date]:
    """The periods to show: from the first date, or `from`, to the last, or `to`; none for the whole."""
    if not days or grain == "all":
        return []
    first, last = min(days), max(days)
    if plan.window.start is not None:
        first = plan.calendar.local_day(plan.window.start)
    if plan.window.end is not None:
        last = min(last, plan.calendar.local_day(plan.window.end - timedelta(microseconds=1)))
    return plan.calendar.starts(first, last, grain)


def _gapless(table: _Table, starts: Sequence[date], values: pl.DataFrame) -> pl.DataFrame:
    """With a row for every period and by-value of the frame."""
    spine = pl.DataFrame({PERIOD: starts if table.grain != "all" else [None]}, schema={PERIOD: pl.Date()})
    if values.width and not table.is_total:
        spine = spine.join(values, how="cross")
    return spine.join(table.wide, on=spine.columns, how="left", nulls_equal=True)


def _top(plan: Plan, frames: Sequence[pl.DataFrame]) -> Callable[[pl.DataFrame], pl.DataFrame]:
    """Keeps the by-values with most rows over all frames and calls the rest `other`; what it is compared with, too."""
    by = list(plan.question.by)
    if plan.top_values is None:
        counts = pl.concat([frame.select(pl.col(by).cast(TEXT)).group_by(by).len() for frame in frames])
        ranked = counts.group_by(by).agg(pl.col("len").sum()).sort("len", *by, descending=[True, *[False] * len(by)])
        plan.top_values = ranked.head(plan.question.top or 0).select(by).with_columns(pl.lit(True).alias("__kept"))
        rest = ranked.height - plan.top_values.height
        if rest > 0:
            text = f"the {plan.top_values.height} with most rows are shown, {rest} more are gathered as '{OTHER}'"
            plan.notes.append(Note("top", f"by {', '.join(by)}: {text}", rest))
    kept = plan.top_values

    def renamed(rows: pl.DataFrame) -> pl.DataFrame:
        named = rows.with_columns(pl.col(by).cast(TEXT)).join(kept, on=by, how="left", nulls_equal=True)
        is_kept = pl.col("__kept").is_not_null()
        return named.with_columns(pl.when(is_kept).then(pl.col(by)).otherwise(pl.lit(OTHER))).drop("__kept")

    return renamed


def _days(rows: pl.DataFrame, column: str) -> list[date]:
    """The first and the last day of a column, if it has any."""
    return [day for day in (rows[column].min(), rows[column].max()) if isinstance(day, date)]
