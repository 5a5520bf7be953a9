"""Kaplan–Meier: how long until something happens, the rows still waiting for it included.

S(t), the share still waiting after t, is the product of 1 − d/n over the times up to t at which something happened: d
events among n rows that had waited as long (Kaplan and Meier 1958, J. Am. Stat. Assoc. 53). A median of those where it
has happened leaves out who waits longest.
"""

from __future__ import annotations

import polars as pl


def clock(start: pl.Expr, until: pl.Expr, known_until: pl.Expr) -> pl.Expr:
    """How long each row waited, and whether in vain so far, in one integer: 2 × microseconds, odd while it waits.

    Sorted it orders rows by time and, at equal times, events before those still waiting, who were there to see them.
    What has not happened by `known_until` is waited for until then; null where the event lies before the start.
    """
    has_happened = (until <= known_until).fill_null(False)
    waited = (pl.when(has_happened).then(until).otherwise(known_until.dt.round("1ms")) - start).dt.total_microseconds()
    return pl.when(waited >= 0).then(2 * waited + (~has_happened).cast(pl.Int64))


def seconds(clock: pl.Expr) -> pl.Expr:
    """The time on a clock."""
    return clock // 2 / 1e6


def is_event(clock: pl.Expr) -> pl.Expr:
    """Whether a clock was stopped by the event."""
    return clock % 2 == 0


def time_at(clock: pl.Expr, surviving: float) -> pl.Expr:
    """The least time, in seconds, after which at most the share `surviving` still waits; null if it never gets there.

    An aggregate, also within groups.
    """
    ordered = clock.drop_nulls().sort()
    share, rounding = _curve(ordered)
    return seconds(ordered.filter(share <= surviving * rounding).first())


def limits(clock: pl.Expr, surviving: float, z: float) -> tuple[pl.Expr, pl.Expr]:
    """The limits of `time_at`: where those of the curve get to the share (Brookmeyer and Crowley 1982), or null.

    The curve's own are Greenwood's, S^exp(±z·√G / |ln S|) with G = Σ d / (n (n − d)), which stay between 0 and 1.
    """
    ordered = clock.drop_nulls().sort()
    share, rounding = _curve(ordered)
    at_risk = ordered.len() - ordered.cum_count() + 1
    greenwood = pl.when(is_event(ordered)).then(1 / (at_risk * (at_risk - 1))).otherwise(0.0).cum_sum()
    width = z * greenwood.sqrt() / -share.log()
    lower, upper = (share ** (side * width).exp() for side in (1, -1))
    found = [seconds(ordered.filter(curve <= surviving * rounding).first()) for curve in (lower, upper)]
    return found[0], found[1]


def _curve(ordered: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """The share still waiting after each of the sorted clocks, and how much above the true share it can come to lie.

    Taking the events of one instant one after the other multiplies to the same share.
    """
    place = ordered.cum_count()
    at_risk = ordered.len() - place + 1
    share = pl.when(is_event(ordered)).then((at_risk - 1) / at_risk).otherwise(1.0).cum_prod()
    # a division and a product round by half a unit each
    return share, 1 + (place + 1) * 2.0**-52
