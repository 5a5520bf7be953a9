"""A question bound to a population: what can be answered, which periods are whole, and the rows behind a number.

The rows of a drill-down and the figures of a report come from the same filters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property

import polars as pl

from cs_metrics import quality, survival
from cs_metrics.aggregate import DATE, finite, narrow
from cs_metrics.dataset import FILE, Dataset
from cs_metrics.definitions import Metric
from cs_metrics.entities import FLAG, FRAMES, INTEGER, NUMBER
from cs_metrics.expressions import ColumnAt, RowExpression
from cs_metrics.needs import lacking, missing
from cs_metrics.periods import Calendar, Grain, Knowledge
from cs_metrics.prepare import prepared
from cs_metrics.question import Question, Window, window_of
from cs_metrics.result import Missing, Note
from cs_metrics.retention import over_a_year, there_at_start, who
from cs_metrics.stocks import ENDED, KNOWN, age, held

_SOLVED_WITHIN = {"first_solved_at", "full_resolution_seconds"}  # tell whether a ticket was solved in time


@dataclass
class Plan:
    """A question bound to a population. `by` are the by-columns as each frame resolves them.

    `stretch` stands for the question's own window where another one is compared with it, `ahead` is how long before
    what it is compared with it lies; `top_values` are the by-values that are not gathered as `other`, once known.
    """

    dataset: Dataset
    question: Question
    metrics: Sequence[Metric]
    by: Mapping[str, Mapping[str, ColumnAt]]
    where: Mapping[str, RowExpression]
    notes: list[Note] = field(default_factory=list)
    stretch: Window | None = None
    ahead: timedelta = timedelta(0)
    top_values: pl.DataFrame | None = None

    def over(self, stretch: Window, metrics: Sequence[Metric], ahead: timedelta) -> Plan:
        """The same for another stretch of time, as it was known so much earlier, with notes of its own."""
        return replace(self, stretch=stretch, metrics=metrics, ahead=ahead, notes=[])

    @cached_property
    def window(self) -> Window:
        """The stretch of time asked for. The last complete periods are those of the least informed frame."""
        if self.stretch is not None:
            return self.stretch
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
            reason = self._as_of_reason(metric, lack.needs) or lack.reason
            return Missing(lack.metric, lack.label, lack.needs, reason)
        is_cut = self.question.grain != "all" or self.window.start is not None or self.window.end is not None
        if is_cut and not self.knowledge(metric).is_dated and self.dataset.frames.get(metric.frame) is not None:
            return Missing(metric.name, metric.label, (), f"its {metric.frame} have no dates: only for all together")
        for name in self.question.by:
            column = self.by.get(metric.frame, {}).get(name)
            needs = [name] if column is None else lacking(column, self.dataset.have)
            if needs:
                reason = self._as_of_reason(metric, needs) or f"cannot be split by {name}"
                return Missing(metric.name, metric.label, tuple(needs), reason)
        condition = self.where.get(metric.frame)
        if self.question.where and condition is None:
            return Missing(metric.name, metric.label, (), f"its rows cannot be filtered by {self.question.where}")
        for name, column in (condition.columns if condition else {}).items():
            if lacking(column, self.dataset.have):
                return Missing(metric.name, metric.label, (name,), f"cannot be filtered by {name}")
        undated = self._without_solves(metric)
        if undated and len(undated) == self.dataset.frames["tickets"]["source"].n_unique():
            return Missing(metric.name, metric.label, ("solved_at",), "too many tickets are solved without a date")
        return None

    def _as_of_reason(self, metric: Metric, needs: Sequence[str]) -> str:
        """Why a past day cannot be told, where that is what is lacking: it was overwritten since."""
        frames = (metric.frame, *FRAMES[metric.frame].made_of)
        overwritten = [n for n in needs for f in frames if n in FRAMES[f].columns and FRAMES[f].columns[n].changes]
        if self.question.as_of is None or not overwritten:
            return ""
        return f"not answerable as of {self.question.as_of:%Y-%m-%d}: it lacks the history of {', '.join(needs)}"

    def dates_of(self, metric: Metric) -> tuple[str, ...]:
        """The dates of a metric that these files hold, best first; a row is dated by the first that it fills."""
        return tuple(name for name in metric.dates if self._has(metric, name))

    def _has(self, metric: Metric, name: str) -> bool:
        return not lacking(metric.columns[name], self.dataset.have)

    @cached_property
    def silent(self) -> dict[str, list[str]]:
        """For each metric the sources that say nothing of what it measures, or counts by, where others do.

        "One reply and no reopen" is false of every ticket with two replies, also where reopens are not known at all.
        """
        return {metric.name: sources for metric in self.metrics if (sources := self._silent(metric))}

    def _silent(self, metric: Metric) -> list[str]:
        frame = "tickets" if self._is_backlog(metric) else metric.frame
        rows = self.dataset.frames.get(frame)
        if rows is None or rows["source"].n_unique() < 2:
            return []
        counted = {name for name, said in FRAMES[frame].derived.items() if said.dtype in (INTEGER, NUMBER, FLAG)}
        own = (FRAMES[frame].columns.keys() | counted) & {*rows.columns}
        measured = own & {name for measure in metric.measures for name in measure.columns}
        told = [self._is_told(frame, name) for name in sorted(measured)]
        if metric.gathering.surviving is not None and metric.until in rows.columns:
            told.append(pl.col(str(metric.until)).is_not_null().any())  # one without an event does not tell of events
        dates = ["solved_at"] if self._is_backlog(metric) else self.dates_of(metric) if metric.gathering.counts else []
        if dates := [name for name in dates if name in own]:
            told.append(pl.any_horizontal(self._is_told(frame, name) for name in dates))
        silent = set(self._without_solves(metric))
        if told:
            by_source = rows.group_by("source").agg(pl.all_horizontal(told).alias("told"))
            silent |= {*by_source.filter(~pl.col("told"))["source"]}
        return sorted(silent)

    def _is_told(self, frame: str, name: str) -> pl.Expr:
        """Whether the rows of a group say something of a column, or come from files with a place for it.

        Nothing may be right there: no solve, no team, no score beside a verdict.
        """
        declared, number = FRAMES[frame].columns.get(name), pl.col(FILE) if len(self.dataset.parts) > 1 else pl.lit(0)
        files = [place for place, part in enumerate(self.dataset.parts) if name in part.available(frame)]
        has_default = declared is not None and declared.default is not None
        is_there = pl.col(name) if has_default else pl.col(name).is_not_null()
        return is_there.any() | number.is_in(files).any()

    @staticmethod
    def _is_backlog(metric: Metric) -> bool:
        return metric.is_stock and metric.frame in ("tickets", "spells")

    def _without_solves(self, metric: Metric) -> list[str]:
        """The sources of which too many tickets are solved without a date for this metric.

        A stock would hold them for ever. What counts solves, or judges tickets by them, leaves them out, which is noted
        as long as most have a date; of a file without the column only the unsolved would be judged.
        """
        measured = {name for measure in metric.measures for name in measure.columns}
        if self._is_backlog(metric):
            limit = quality.UNDATED_LIMIT
        elif metric.frame == "tickets" and (
            (metric.agg == "count" and metric.dates == ("solved_at",))
            or (metric.gathering.surviving is not None and metric.until == "solved_at")
            or (metric.agg == "share" and "is_solved" in measured and measured & _SOLVED_WITHIN)
        ):
            limit = quality.MOSTLY_UNDATED
        else:
            return []
        return [source for source, share in self._undated.items() if share > limit]

    @cached_property
    def _undated(self) -> dict[str, float]:
        """Of each source the share of solved tickets that are without a date."""
        rows, have = self.dataset.rows("tickets"), self.dataset.have["tickets"]
        sources = self.dataset.frames["tickets"]["source"].unique().sort()
        return {source: quality.undated_share(rows.filter(source=source), have) for source in sources}

    def prepared(self, metrics: Sequence[Metric]) -> pl.LazyFrame:
        """The rows of metrics of one frame and date, with all columns that they and the question name."""
        frame, dates = metrics[0].frame, self.dates_of(metrics[0])
        columns = {name: metrics[0].columns[name] for name in dates}
        for each in metrics:
            measured = {name for expr in (*each.measures, each.where) if expr is not None for name in expr.columns}
            columns |= {name: at for name, at in each.columns.items() if name not in each.dates or name in measured}
        condition = self.where.get(frame)
        columns |= {**(condition.columns if condition else {}), **self.by.get(frame, {})}
        return prepared(self.dataset, frame, dates, columns, condition, self.calendar.zone)

    def knowledge(self, metric: Metric) -> Knowledge:
        """What the metric's frame knows of time."""
        return self.dataset.knowledge[metric.frame]

    def is_settling(self, metric: Metric, start: date | None, grain: Grain) -> bool:
        """Whether a stock or a solved-dated figure still misses tickets from before the file begins."""
        known = self.knowledge(metric)
        born = {"created_at", "sent_at", "answered_at", "started_at", "posted_at", "first_reply_due_at", "due_at"}
        if not metric.is_stock and set(self.dates_of(metric)) & born:
            return False
        settled = known.covers_from + known.settling
        if grain == "all" or start is None:
            return metric.is_stock and known.as_of < settled
        return self.calendar.instant(start) < settled

    def is_unripe(self, metric: Metric) -> bool:
        """Whether even the oldest rows are younger than what a metric waits for before it judges one."""
        known = self.knowledge(metric)
        return bool(metric.ripens) and known.is_dated and known.covers_from + metric.ripens > known.as_of

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
        return known.reaches(ends + metric.ripens) and (metric.is_stock or known.begins_by(begins))

    def rows(self, metric: Metric) -> pl.DataFrame:
        """The rows behind a metric's number: key, by-columns, date and value, oldest first; there are `n` of them."""
        keys = ["source", *(n for n in FRAMES[metric.frame].key if n in self.dataset.have[metric.frame])]
        return self.measured(metric, list(dict.fromkeys([*keys, *self.question.by]))).sort("date", *keys)

    def measured(self, metric: Metric, shown: Sequence[str]) -> pl.DataFrame:
        """The rows behind a metric's number in any order: the `shown` columns, date and value."""
        known = self.knowledge(metric)
        lazy = self.prepared([metric])
        if metric.is_stock:
            lazy = lazy.filter(~pl.col("source").is_in(self.silent.get(metric.name, [])))
        if metric.gathering.turnover:
            named = list(dict.fromkeys([*who(metric), *shown, DATE]))
            there = held(lazy, metric, named, self.window, known.row_until, self.calendar.zone)
            year = over_a_year(self.window, self.calendar, known.as_of)
            return there_at_start(metric, there, [*shown, DATE], self.calendar, year).rename({DATE: "date"})
        if metric.is_stock:
            there = held(lazy, metric, [*shown, DATE], self.window, known.row_until, self.calendar.zone)
            value = age(pl.col(KNOWN)) if metric.gathering.quantile else pl.lit(1.0)
            found = there.filter(pl.col(ENDED).is_null()).select(
                *shown, pl.col(DATE).alias("date"), value.alias("value")
            )
            return found.drop_nulls("value")
        narrowed, _ = finite(narrow(lazy, [metric], [*shown, DATE], self.window, known.row_until, self.silent))
        names, condition = narrowed.values[metric.name], narrowed.conditions[metric.name]
        counted = [pl.col(name).is_not_null() for name in names] or ([pl.col(condition)] if condition else [])
        rows = narrowed.rows.filter(*counted) if counted else narrowed.rows
        value = pl.lit(1.0) if not names else pl.col(names[0])
        parts = [pl.col(names[1]).alias("denominator")] if len(names) > 1 else []
        if metric.gathering.surviving is not None:
            value, parts = survival.seconds(value), [survival.is_event(value).alias("is_event")]
        return rows.select(*shown, pl.col(DATE).alias("date"), value.alias("value"), *parts)
