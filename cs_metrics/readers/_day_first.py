"""Whether the day or the month comes first in dates like 03/04/2024: told by whole columns, never cell by cell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from cs_metrics.readers._instants import NUMERIC, Instants, Order
from cs_metrics.readers._looks import Table
from cs_metrics.readers._plan import Bound, Plan
from cs_metrics.readers._remarks import Remark

_LAST_MONTH = 12
_HALF_OF_DAY = r"(?i)\d\s*[ap]\.?\s?m\.?$"
_SAID: Mapping[bool | None, Order | None] = {True: "day first", False: "month first", None: None}


@dataclass(frozen=True)
class _Dates:
    """What a column's numeric dates show: how many, how many of them only one order can read, and how they look."""

    cells: int
    day_first: int
    month_first: int
    mark: str
    in_halves: bool

    @property
    def proven(self) -> Order | None:
        if self.day_first and self.month_first:
            return "unknown"
        if not self.day_first and not self.month_first:
            return None
        return "day first" if self.day_first else "month first"


@dataclass(frozen=True)
class Decided:
    """The order of one column, and whether it is an assumption, since nothing speaks for either."""

    order: Order
    is_assumed: bool
    cells: int
    mark: str


def orders(table: Table, bounds: Sequence[Bound], stated: bool | None) -> dict[str, Decided]:
    """By their headers the columns of instants that hold numeric dates, and which part of those is the day.

    Looks into the file once more where its first rows have such dates, and not at all elsewhere. What a column proves
    counts first; then what all others of the file prove, what the user has `stated` (day first or not), and what the
    reader's own formats say. Dots mean day first everywhere. Else the month is taken to be first beside AM and PM.
    """
    columns = {headers_of(bound): bound for bound in reversed(bounds) if _is_open(bound)}
    if not any(_has_numeric(bound, table.sample) for bound in columns.values()):
        return {}
    found = {name: dates for name, dates in _looked_at(table, columns).items() if dates.cells}
    proofs = {dates.proven for dates in found.values()} - {None}
    of_file = next(iter(proofs)) if len(proofs) == 1 and "unknown" not in proofs else None
    usual: Order = "month first" if any(dates.in_halves for dates in found.values()) else "day first"
    decided = {}
    for name, dates in found.items():
        by_dots: Order | None = "day first" if dates.mark == "." else None
        known = of_file or _SAID[stated] or _declared(columns[name], dates.mark) or by_dots
        order = dates.proven or known or usual
        if order == "unknown" and stated is not None:
            order = _SAID[stated] or order
        decided[name] = Decided(order, not dates.proven and not known, dates.cells, dates.mark)
    return decided


def remarks_on(plans: Iterable[Plan], orders: Mapping[str, Decided], file: str) -> Iterator[Remark]:
    """What could not be told of the columns that are read."""
    read = dict.fromkeys(headers_of(bound) for plan in plans for bound in plan.cells.values())
    columns = {name: orders[name] for name in read if name in orders}
    for name, dates in columns.items():
        if dates.order == "unknown":
            text = f"{file}: '{name}' has dates with the day first and with the month first, so none of them was read"
            advice = "--dayfirst or --monthfirst reads those that fit"
            yield Remark("day-or-month", f"{text}; {advice}", dates.cells)
    assumed = {name: dates for name, dates in columns.items() if dates.is_assumed}
    for dates in list(assumed.values())[:1]:
        example, flag = ("3 April", "--monthfirst") if dates.order == "day first" else ("March 4", "--dayfirst")
        names = " and ".join(f"'{name}'" for name in assumed)
        text = f"{file}: every date in {names} allows both orders; read {dates.order}"
        example = f"03{dates.mark}04 is {example}; {flag} changes it"
        yield Remark("day-or-month", f"{text} ({example})", sum(each.cells for each in assumed.values()))


def headers_of(bound: Bound) -> str:
    """A column's name for people."""
    return " + ".join(bound.headers)


def _is_open(bound: Bound) -> bool:
    return isinstance(bound.cell.convert, Instants) and not bound.cell.convert.strictly


def _declared(bound: Bound, mark: str) -> Order | None:
    return bound.cell.convert.declared(mark) if isinstance(bound.cell.convert, Instants) else None


def _has_numeric(bound: Bound, sample: pl.DataFrame) -> bool:
    return bool(sample.select(bound.text().str.contains(NUMERIC).any()).item())


def _looked_at(table: Table, columns: Mapping[str, Bound]) -> dict[str, _Dates]:
    texts = {bound.text_name: bound.text().alias(bound.text_name) for bound in columns.values()}
    parts = [
        expression
        for name, bound in columns.items()
        for groups in [pl.col(bound.text_name).str.extract_groups(NUMERIC).struct]
        for expression in (
            groups[0].cast(pl.UInt8).alias(f"{name} first"),
            groups[1].alias(f"{name} mark"),
            groups[2].cast(pl.UInt8).alias(f"{name} second"),
            (groups[0].is_not_null() & pl.col(bound.text_name).str.contains(_HALF_OF_DAY)).alias(f"{name} halves"),
        )
    ]
    seen = table.collect([*texts.values()], parts)
    over = {name: (seen[f"{name} first"] > _LAST_MONTH, seen[f"{name} second"] > _LAST_MONTH) for name in columns}
    return {
        name: _Dates(
            seen[f"{name} first"].count(),
            int((over[name][0] & ~over[name][1]).sum()),  # 31.13. is no date in any order, and proves none
            int((over[name][1] & ~over[name][0]).sum()),
            next(iter(seen[f"{name} mark"].drop_nulls().head(1)), ""),
            bool(seen[f"{name} halves"].any()),
        )
        for name in columns
    }
