"""What billing systems have in common: when a subscription began to be paid, and what it is worth a month.

A customer relation begins with the first day that is to be paid: after the trial, where there was one. A trial that is
running, or that ended before anything was to be paid, never became a relation; it is flagged, and leaves the population
under that name.
"""

from __future__ import annotations

from datetime import timedelta

import polars as pl

# A trial that begins later than this after the start is a gift to somebody who was a customer already.
_AT_THE_START = timedelta(days=1)
# Who is gone an hour after the trial's end was never charged: so long an invoice is a draft.
_DRAFTED = timedelta(hours=1)

PER_MONTH = {"day": 365.25 / 12, "week": 365.25 / 84, "month": 1.0, "year": 1 / 12}

# Currencies whose amounts in minor units are not hundredths.
_WITHOUT_CENTS = ("BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "UGX", "VND", "VUV", "XAF")
_UNITS = dict.fromkeys((*_WITHOUT_CENTS, "XOF", "XPF"), 1) | dict.fromkeys(("BHD", "JOD", "KWD", "OMR", "TND"), 1000)


def trial_came_first(start: pl.Expr, trial_start: str, trial_end: str) -> pl.Expr:
    """Whether the subscription began with a trial."""
    was_later = pl.col(trial_start) > start + _AT_THE_START
    return pl.col(trial_end).is_not_null() & ~was_later.fill_null(False)


def reactivated(began: pl.Expr, activated: str) -> pl.Expr:
    """Whether it became active again after it had begun to be paid."""
    return (pl.col(activated) > began + _AT_THE_START).fill_null(False)


def ended_unpaid(trial_end: pl.Expr, ended: pl.Expr) -> pl.Expr:
    """Whether it ended before the trial was over, or before anybody was charged after it."""
    return (ended <= trial_end + _DRAFTED).fill_null(False)


def in_whole_units(amount: pl.Expr, currency: str) -> pl.Expr:
    """An amount in minor units (cents) as dollars or euros; yen have none, dinars have thousandths."""
    return amount / pl.col(currency).replace_strict(_UNITS, default=100, return_dtype=pl.Int64)
