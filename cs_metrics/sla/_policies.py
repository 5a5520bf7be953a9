"""SLA policies as frozen objects: which tickets a policy is for, and what it promises. `sla` reads them from YAML."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import polars as pl

from cs_metrics.entities import FLAG, FRAMES, INSTANT, SLA_CLOCKS, TEXT, WORDS, Column
from cs_metrics.errors import did_you_mean

ORDERS: Mapping[str, Callable[[pl.Expr, Any], pl.Expr]] = {
    "less_than": pl.Expr.lt,
    "less_than_equal": pl.Expr.le,
    "less_than_or_equal": pl.Expr.le,
    "greater_than": pl.Expr.gt,
    "greater_than_equal": pl.Expr.ge,
    "greater_than_or_equal": pl.Expr.ge,
}


@dataclass(frozen=True)
class Condition:
    """One condition on a ticket's row; `values` have the type of the column, and are none for (not_)present."""

    field: str
    operator: str
    values: tuple[Any, ...]

    def met(self) -> pl.Expr:
        """True or false, never null: an empty cell is nothing, so it is not what it is compared with."""
        column, declared = pl.col(self.field), FRAMES["tickets"].columns.get(self.field)
        is_list = declared is not None and declared.dtype == WORDS
        if self.operator in ORDERS:
            (limit,) = self.values
            if declared is None:
                column = column.cast(pl.Float64, strict=False)
            elif declared.words:  # urgent is more than high, solved more than open: the order of the vocabulary
                ranks = {word: rank for rank, word in enumerate(declared.words)}
                column, limit = column.replace_strict(ranks, default=None, return_dtype=pl.Int64), ranks[limit]
            return ORDERS[self.operator](column, limit).fill_null(False)
        if self.operator in ("present", "not_present"):
            test = column.list.len() > 0 if is_list else column.is_not_null()
        elif is_list:
            test = pl.any_horizontal(column.list.contains(word) for word in self.values)
        else:
            test = column.is_in(list(self.values))
        plain = test.fill_null(False)
        return ~plain if self.operator in ("is_not", "not_includes", "not_present") else plain


def condition_on(field: str, operator: str, values: Sequence[object]) -> Condition:
    """A condition whose values have the type of its column. Raises `ValueError` with everything that does not fit."""
    declared = FRAMES["tickets"].columns.get(field)
    lists = operator in ("includes", "not_includes")
    if operator in ("present", "not_present"):
        if values:
            raise ValueError(f"value: {operator} takes no value")
    elif declared and declared.dtype == WORDS and not lists:
        raise ValueError(f"operator: {field} are several values; use includes or not_includes")
    elif operator in ORDERS and declared and not _has_order(declared):
        raise ValueError(f"operator: {field} has no order that {operator} could go by")
    elif lists and not values:
        raise ValueError(f"value: {operator} takes a list of values")
    elif not lists and len(values) != 1:
        raise ValueError(f"value: {operator} takes one value; for several use includes or not_includes")
    typed, wrong = [], []
    for value in values:
        try:
            typed.append(_typed(field, operator, value))
        except ValueError as error:
            wrong.append(str(error))
    if wrong:
        raise ValueError(f"value: {'; '.join(wrong)}")
    return Condition(field, operator, tuple(typed))


def _has_order(declared: Column) -> bool:
    return bool(declared.words) or declared.dtype == INSTANT or declared.dtype.is_numeric()


def _typed(field: str, operator: str, value: object) -> object:
    declared = FRAMES["tickets"].columns.get(field)
    dtype = declared.dtype if declared else pl.Float64() if operator in ORDERS else TEXT
    if declared and declared.words and value not in declared.words:
        hint = did_you_mean(str(value), declared.words)
        raise ValueError(f"'{value}' is no {field}: {', '.join(declared.words)}.{hint}")
    if dtype == INSTANT:
        try:
            at = datetime.fromisoformat(str(value))
        except ValueError:
            raise ValueError(f"'{value}' is not an instant such as 2024-01-31 or 2024-01-31T09:00Z") from None
        return at if at.tzinfo else at.replace(tzinfo=UTC)
    if dtype == FLAG and not isinstance(value, bool):
        raise ValueError(f"{field} is true or false, not '{value}'")
    if dtype.is_numeric() and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise ValueError(f"'{value}' is not a number, as {field} needs here")
    if dtype in (TEXT, WORDS):  # ids and labels are text, however YAML takes them
        return str(value).lower() if isinstance(value, bool) else str(value)
    return value


@dataclass(frozen=True)
class Target:
    """What is promised for one clock: `seconds` of calendar time or of opening hours. `priority` None: any other."""

    clock: str
    priority: str | None
    seconds: float
    in_business_hours: bool


@dataclass(frozen=True)
class Policy:
    """Targets, and the tickets that they are promised for: all of `every`, and one of `some` if there are any."""

    title: str
    description: str
    every: tuple[Condition, ...]
    some: tuple[Condition, ...]
    targets: tuple[Target, ...]

    def matches(self, have: Set[str]) -> pl.Expr:
        """Whether a ticket's row meets the filter, given the columns that there are."""
        every, some = (
            [each.met() if each.field in have else pl.lit(False) for each in conditions]
            for conditions in (self.every, self.some)
        )
        return pl.all_horizontal(pl.lit(True), *every, *([pl.any_horizontal(some)] if some else []))

    def target(self, clock: str, priority: str | None) -> Target | None:
        """The target of a clock for a priority: its own, else the one for any other priority."""
        own = {target.priority: target for target in self.targets if target.clock == clock}
        return own.get(priority, own.get(None))


@dataclass(frozen=True)
class SlaPolicies:
    """The policies of one SLA file, in the order in which they are tried. `calendar` is a name or a path, or None."""

    name: str
    title: str
    calendar: str | None
    policies: tuple[Policy, ...]

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The ticket columns that the filters name."""
        conditions = (each for policy in self.policies for each in (*policy.every, *policy.some))
        return tuple(dict.fromkeys(each.field for each in conditions))

    @cached_property
    def clocks(self) -> tuple[str, ...]:
        """The clocks for which there is a target."""
        promised = {target.clock for policy in self.policies for target in policy.targets}
        return tuple(clock for clock in SLA_CLOCKS if clock in promised)

    @property
    def needs_calendar(self) -> bool:
        """Whether any target counts opening hours only."""
        return any(target.in_business_hours for policy in self.policies for target in policy.targets)

    def absent(self, have: Set[str]) -> tuple[str, ...]:
        """The columns that filters name and that are not there: conditions on them are never met."""
        return tuple(name for name in self.columns if name not in have)

    def matching(self, have: Set[str]) -> pl.Expr:
        """The place in `policies` of the first one that a ticket's row matches, null if none does (UInt16)."""
        places = [pl.when(policy.matches(have)).then(place) for place, policy in enumerate(self.policies)]
        return pl.coalesce(places).cast(pl.UInt16)
