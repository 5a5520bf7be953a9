"""Metrics and a question, put to a population: the figures, and the rows behind each of them.

All metrics of one frame and date are computed together. A figure's rows and its number come from the same filters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property

import polars as pl

from cs_metrics import derive, quality
from cs_metrics.aggregate import DATE, DAY, ENDED, PERIOD, Narrow, figures, finite, narrow, stock, stock_figures
from cs_metrics.definitions import Metric
from cs_metrics.entities import CLOCK_COLUMNS, FRAMES, WEEKDAYS
from cs_metrics.expressions import ColumnAt, ExpressionError, RowExpression, parse, resolve
from cs_metrics.needs import lacking, missing, unknown_flags
from cs_metrics.periods import Calendar, Grain, Knowledge, local_date
from cs_metrics.population import Dataset, link_keys
from cs_metrics.question import Question, Window, window_of
from cs_metrics.result import Missing, Note

OTHER = "other"
_LEFT_TRUNCATED = "left-truncated"


@dataclass
class Plan:
    """A question bound to a population. `by` are the by-columns as each frame resolves them."""

    dataset: Dataset
    question: Question
    metrics: Sequence[Metric]
    by: Mapping[str, Mapping[str, ColumnAt]]
    where: Mapping[str, RowExpression]
    notes: list[Note] = field(default_factory=list)

    @cached_property
    def window(self) -> Window:
        """The stretch of time asked for. The last complete periods are those of the least informed frame."""
        known = min(self.dataset.knowledge.values(), key=lambda knowledge: knowledge.as_of, default=None)
        if known is None:
            return window_of(self.question, self.question.now)
        return window_of(self.question, known.as_of, known.reaches)

    @property
    def calendar(self) -> Calendar:
        return self.question.calendar

    def unanswerable(self, metric: Metric) -> Missing | None:
        """Why a metric cannot be told from this population; None if it can."""
        lack = missing(metric, self.dataset.have)
        if lack is not None:
            past = self.question.as_of is not None and any(
                column in FRAMES[metric.frame].columns and FRAMES[metric.frame].columns[column].changes for column in lack.needs
            )
            reason = f"not answerable as of {self.question.as_of:%Y-%m-%d}: it needs the history of " if past else ""
            return Missing(lack.metric, lack.label, lack.needs, reason + ", ".join(lack.needs) if past else lack.reason)
        for name in self.question.by:
            column = self.by.get(metric.frame, {}).get(name)
            needs = [name] if column is None else lacking(column, self.dataset.have)
            if needs:
                return Missing(metric.name, metric.label, tuple(needs), f"cannot be split by {name}")
        condition = self.where.get(metric.frame)
        if self.question.where and condition is None:
            return Missing(metric.name, metric.label, (), f"its rows cannot be filtered by {self.question.where}")
        for name, column in (condition.columns if condition else {}).items():
            if lacking(column, self.dataset.have):
                return Missing(metric.name, metric.label, (name,), f"cannot be filtered by {name}")
        if metric.agg == "stock" and metric.frame == "tickets" and quality.undated_share(self.dataset.frames["tickets"]) > quality.UNDATED_LIMIT:
            return Missing(metric.name, metric.label, ("solved_at",), "too many tickets are solved without a date")
        return None

    def dates_of(self, metric: Metric) -> tuple[str, ...]:
        """The dates of a metric that these files hold, best first; a row is dated by the first that it fills."""
        return tuple(name for name in metric.dates if self._has(metric, name))

    def _has(self, metric: Metric, name: str) -> bool:
        return not lacking(metric.columns[name], self.dataset.have)

    def _rows(self, frame: str, columns: Mapping[str, ColumnAt]) -> pl.DataFrame:
        """A frame's rows with these columns under the names by which they were asked for, clock columns left out."""
        rows = self.dataset.frames[frame]
        rows = rows.with_columns(self._absent(frame, rows, [c.column for c in columns.values() if not c.link]))
        for link, (target, key) in FRAMES[frame].links.items():
            borrowed = {name: column for name, column in columns.items() if column.link == link}
            if borrowed:
                rows = self._with_borrowed(rows, target, key, borrowed)
        return rows

    def _absent(self, frame: str, rows: pl.DataFrame, names: Sequence[str]) -> list[pl.Expr]:
        """Derived columns, and flags that no file fills, as far as the rows lack them."""
        return derive.absent_columns(frame, set(rows.columns), names)

    def _with_borrowed(
        self, rows: pl.DataFrame, target: str, key: str, borrowed: Mapping[str, ColumnAt]
    ) -> pl.DataFrame:
        there = self.dataset.frames[target]
        there = there.with_columns(self._absent(target, there, [column.column for column in borrowed.values()]))
        their_key = FRAMES[target].key[0]
        keys = link_keys(rows, there, key)
        picked = there.select(
            *([pl.col("source")] if "source" in keys else []),
            pl.col(their_key).alias(key),
            *(pl.col(c.column).alias(n) for n, c in borrowed.items()),
        )
        own = rows.drop([n for n in borrowed if n in rows.columns])
        return own.join(picked, on=keys, how="left", maintain_order="left")

    def prepared(self, metric: Metric, dates: tuple[str, ...], metrics: Sequence[Metric]) -> pl.LazyFrame:
        """The rows of a frame with all that these metrics name, the date, its local day and the by-columns."""
        columns: dict[str, ColumnAt] = {name: metric.columns[name] for name in dates}
        for each in metrics:
            measured = {n for expr in (*each.measures, each.where) if expr is not None for n in expr.columns}
            columns |= {n: c for n, c in each.columns.items() if n not in each.dates or n in measured}
        condition = self.where.get(metric.frame)
        by = self.by.get(metric.frame, {})
        columns |= {**(condition.columns if condition else {}), **by}
        lazy = self._rows(metric.frame, columns).lazy()
        dated = [pl.col(name) for name in dates]
        lazy = lazy.with_columns((dated[0] if len(dated) == 1 else pl.coalesce(dated)).alias(DATE))
        lazy = lazy.with_columns(local_date(pl.col(DATE), self.calendar.zone).alias(DAY))
        clock = {name for name, column in columns.items() if column.column in CLOCK_COLUMNS}
        lazy = lazy.with_columns(_clock_column(name, self.calendar.zone) for name in sorted(clock))
        if condition is not None:
            lazy = lazy.filter(condition.expr.fill_null(False))
        return lazy

    def figures(self, grains: Sequence[Grain]) -> pl.DataFrame:
        """(metric, grain, period, total, by…, value, n, of) of every direct metric; periods without rows are there too."""
        found: list[pl.DataFrame] = []
        computed: list[tuple[Metric, Grain, bool, pl.DataFrame]] = []
        days: list[tuple[date, date]] = []
        groups: dict[tuple[str, tuple[str, ...]], list[Metric]] = {}
        for metric in self.metrics:
            groups.setdefault((metric.frame, self.dates_of(metric)), []).append(metric)
        by = tuple(self.question.by)
        stocks: list[tuple[Metric, pl.DataFrame]] = []
        narrows: list[Narrow] = []
        for (frame, dates), metrics in groups.items():
            known = self.dataset.knowledge[frame]
            flows = [metric for metric in metrics if metric.agg != "stock"]
            if flows:
                rows = self.prepared(flows[0], dates, flows)
                narrowed, odd = finite(narrow(rows, flows, by, self.window, known.row_until))
                if odd:
                    self.notes.append(Note("non-finite", f"{odd:,} values were not finite and are left out", odd))
                narrows.append(narrowed)
                days += _day_range(narrowed.rows, DAY)
            for metric in (metric for metric in metrics if metric.agg == "stock"):
                rows = self.prepared(metric, dates, [metric])
                # what ended before it began was never there
                until = pl.col(str(metric.until))
                ended = pl.when(until.is_not_null()).then(pl.max_horizontal(DATE, until))
                rows = rows.with_columns(local_date(ended, self.calendar.zone).alias(ENDED))
                stocks.append((metric, stock(rows, metric, by, self.window, known.row_until)))
                days += _day_range(stocks[-1][1], DAY) + _day_range(stocks[-1][1], ENDED)
        counted = [narrowed.rows for narrowed in narrows] or [held for _, held in stocks]
        renamed = self._top(counted, by) if self.question.top and counted else None
        for narrowed in narrows:
            rows = renamed(narrowed.rows) if renamed else narrowed.rows
            cut = Narrow(rows, by, narrowed.metrics, narrowed.values, narrowed.conditions)
            for grain in grains:
                for total in (False, True) if by else (False,):
                    tables = figures(cut, grain, self.calendar, total)
                    computed += [(metric, grain, total, tables[metric.name]) for metric in cut.metrics]
        for metric, held in stocks:
            rows = renamed(held) if renamed else held
            for grain in grains:
                starts = self._starts(days, grain)
                for total in (False, True) if by else (False,):
                    table = stock_figures(rows, () if total else by, starts, grain, self.calendar)
                    computed.append((metric, grain, total, table))
        split = {metric.frame: pl.DataFrame() for metric, *_ in computed}
        for frame in split:
            parts = [table.select(by) for metric, _, total, table in computed if metric.frame == frame and not total]
            split[frame] = pl.concat(parts).unique()
        for metric, grain, total, table in computed:
            table = self._gapless(table, metric, grain, split[metric.frame] if by and not total else None, days)
            found.append(
                table.with_columns(
                    *(pl.lit(None, self._by_dtype(name)).alias(name) for name in by if total),
                    pl.lit(metric.name).alias("metric"),
                    pl.lit(grain).alias("grain"),
                    pl.lit(total).alias("total"),
                ).select("metric", "grain", PERIOD, "total", *(pl.col(n).cast(self._by_dtype(n)) for n in by), "value", "n", "of")
            )
        return pl.concat(found)

    def _by_dtype(self, name: str) -> pl.DataType:
        columns = [columns[name] for columns in self.by.values() if name in columns]
        dtype = columns[0].dtype if columns else pl.String()
        return pl.String() if self.question.top or isinstance(dtype, pl.List) else dtype

    def _starts(self, days: Sequence[tuple[date, date]], grain: Grain) -> list[date]:
        """The periods to show: from the first date, or `from`, to the last, or `to`."""
        if not days or grain == "all":
            return []
        first, last = min(first for first, _ in days), max(last for _, last in days)
        if self.window.start is not None:
            first = self.calendar.local_day(self.window.start)
        if self.window.end is not None:
            last = min(last, self.calendar.local_day(self.window.end - timedelta(microseconds=1)))
        return self.calendar.starts(first, last, grain)

    def _gapless(
        self,
        table: pl.DataFrame,
        metric: Metric,
        grain: Grain,
        split: pl.DataFrame | None,
        days: Sequence[tuple[date, date]],
    ) -> pl.DataFrame:
        """With a row for every period, from the first to the last, and by-value of the frame: counts 0, the rest null."""
        starts = self._starts(days, grain) if grain != "all" else [None]
        spine = pl.DataFrame({PERIOD: starts}, schema={PERIOD: pl.Date()})
        if split is not None:
            spine = spine.join(split, how="cross")
        return _counts_filled(spine.join(table, on=spine.columns, how="left", nulls_equal=True), metric)

    def _top(self, frames: Sequence[pl.DataFrame], by: tuple[str, ...]) -> Callable[[pl.DataFrame], pl.DataFrame]:
        """Keeps the by-values with most rows over all frames and calls the rest `other`."""
        counts = pl.concat([frame.select(pl.col(by).cast(pl.String)).group_by(by).len() for frame in frames])
        ranked = counts.group_by(by).agg(pl.col("len").sum()).sort("len", *by, descending=[True, *[False] * len(by)])
        kept = ranked.head(self.question.top or 0).select(by).with_columns(pl.lit(True).alias("__kept"))
        rest = ranked.height - kept.height
        if rest > 0:
            text = f"the {kept.height} with most rows are shown, {rest} more are gathered as '{OTHER}'"
            self.notes.append(Note("top", f"by {', '.join(by)}: {text}", rest))

        def renamed(rows: pl.DataFrame) -> pl.DataFrame:
            named = rows.with_columns(pl.col(by).cast(pl.String)).join(kept, on=by, how="left", nulls_equal=True)
            is_kept = pl.col("__kept").is_not_null()
            return named.with_columns(pl.when(is_kept).then(pl.col(by)).otherwise(pl.lit(OTHER))).drop("__kept")

        return renamed

    def knowledge(self, metric: Metric) -> Knowledge:
        """What the metric's frame knows of time."""
        return self.dataset.knowledge[metric.frame]

    def is_settling(self, metric: Metric, start: date | None, grain: Grain) -> bool:
        """Whether a stock or a solved-dated figure still misses tickets from before the file begins."""
        known = self.knowledge(metric)
        born = {"created_at", "sent_at", "answered_at", "started_at", "posted_at", "first_reply_due_at", "due_at"}
        if metric.agg != "stock" and set(self.dates_of(metric)) & born:
            return False
        settled = known.covers_from + known.settling
        if grain == "all" or start is None:
            return metric.agg == "stock" and known.as_of < settled
        return self.calendar.instant(start) < settled

    def is_complete(self, metric: Metric, start: date | None, end: date | None) -> bool:
        """Whether a period is whole: over, ripe, and cut by no edge of the question or of the files."""
        known = self.knowledge(metric)
        if start is None or end is None:
            return self.window.end is None or known.reaches(self.window.end + metric.ripens)
        begins, ends = self.calendar.instant(start), self.calendar.instant(end)
        if self.window.start is not None and begins < self.window.start:
            return False
        if self.window.end is not None and ends > self.window.end:
            return False
        return known.reaches(ends + metric.ripens) and (metric.agg == "stock" or known.begins_by(begins))

    def rows(self, metric: Metric) -> pl.DataFrame:
        """The rows behind a metric's number: key, by-columns, date and value, oldest first; there are `n` of them."""
        dates = self.dates_of(metric)
        known = self.knowledge(metric)
        by = tuple(self.question.by)
        keys = ["source", *(n for n in FRAMES[metric.frame].key if n in self.dataset.have[metric.frame])]
        shown = list(dict.fromkeys([*keys, *by]))
        lazy = self.prepared(metric, dates, [metric])
        if metric.agg == "stock":
            lazy = lazy.with_columns(pl.lit(None, pl.Date).alias(ENDED))
            ended = pl.col(str(metric.until)).alias(ENDED)
            held = stock(lazy.with_columns(ended), metric, [*shown, DATE], self.window, known.row_until)
            found = held.filter(pl.col(ENDED).is_null()).select(*shown, pl.col(DATE).alias("date"), pl.lit(1.0).alias("value"))
        else:
            narrowed, _ = finite(narrow(lazy, [metric], [*shown, DATE], self.window, known.row_until))
            names, condition = narrowed.values[metric.name], narrowed.conditions[metric.name]
            counted = [pl.col(name).is_not_null() for name in names] or ([pl.col(condition)] if condition else [])
            rows = narrowed.rows.filter(*counted) if counted else narrowed.rows
            value = pl.lit(1.0) if not names else pl.col(names[0])
            parts = [pl.col(names[1]).alias("denominator")] if len(names) > 1 else []
            found = rows.select(*shown, pl.col(DATE).alias("date"), value.alias("value"), *parts)
        return found.sort("date", *keys)


def bind_by(names: Sequence[str], frames: Sequence[str]) -> dict[str, dict[str, ColumnAt]]:
    """The by-columns as each frame resolves them. Raises `ExpressionError` for one that no frame knows."""
    bound: dict[str, dict[str, ColumnAt]] = {frame: {} for frame in frames}
    for name in names:
        errors = []
        for frame in frames:
            try:
                bound[frame][name] = resolve(frame, name)
            except ExpressionError as error:
                errors.append(error)
        if len(errors) == len(frames):
            raise errors[0]
    return bound


def bind_where(text: str | None, frames: Sequence[str]) -> dict[str, RowExpression]:
    """The condition as each frame reads it. Raises `ExpressionError` where no frame can."""
    if text is None:
        return {}
    bound, errors = {}, []
    for frame in frames:
        try:
            bound[frame] = parse(text, frame)
            if bound[frame].dtype != pl.Boolean:
                raise ExpressionError(f"'{text}' is not a condition")
        except ExpressionError as error:
            errors.append(error)
            bound.pop(frame, None)
    if not bound:
        raise errors[0]
    return bound


def flag_notes(metrics: Sequence[Metric], dataset: Dataset) -> list[Note]:
    """One note for the flags that are taken as false because no file fills them."""
    flags = unknown_flags(metrics, dataset.have)
    return [Note("flag-unknown", f"not in these files, taken as no: {', '.join(flags)}", len(flags))] if flags else []


def _counts_filled(table: pl.DataFrame, metric: Metric) -> pl.DataFrame:
    counts = metric.agg in ("count", "count_distinct", "stock")
    return table.with_columns(pl.col("n", "of").fill_null(0), *([pl.col("value").fill_null(0)] if counts else []))


def _day_range(rows: pl.DataFrame, column: str) -> list[tuple[date, date]]:
    first, last = rows[column].min(), rows[column].max()
    return [(first, last)] if isinstance(first, date) and isinstance(last, date) else []


def _clock_column(name: str, zone: str) -> pl.Expr:
    local = pl.col(DATE).dt.convert_time_zone(zone)
    if name == "hour":
        return local.dt.hour().alias(name)
    if name == "weekday":
        return (local.dt.weekday() - 1).replace_strict(dict(enumerate(WEEKDAYS)), return_dtype=pl.String).alias(name)
    return pl.col(DAY).alias(name)

