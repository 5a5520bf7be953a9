"""The scale of answers that a file gives as bare numbers: told by the greatest of them, if there are enough."""

from __future__ import annotations

from collections.abc import Sequence

ENOUGH = 20
"""Answers without a single one above a scale's top, after which a longer scale is no longer to be thought of."""


def top_of_scale(greatest: float, answers: int, tops: Sequence[int]) -> int | None:
    """Which of the usual `tops`, least first, is that of these answers; None where they leave it open.

    The least that no answer passes is it, if a greater one does not come into question or `ENOUGH` have answered.
    """
    top = next((top for top in tops if greatest <= top), None)
    return top if top == tops[-1] or answers >= ENOUGH else None
