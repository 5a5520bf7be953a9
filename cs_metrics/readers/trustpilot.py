"""Trustpilot: service reviews, Business portal → Manage reviews → Download (CSV or XLSX), and the API's review list.

The CSV's times are UTC, as its headers say, and so are the API's. Every review is one that a firm may answer. Of a
review that is in several files the version with the newest `updatedAt` counts; a CSV has none, so that the API's
version goes before it, and of two CSVs the one with more cells filled.

What it cannot carry: reviews that were taken down, when a reply was written first if it was edited, who was invited to
write one. TrustScore weighs newer reviews more: it is not the mean of the stars. Product reviews are another file,
which this reader does not take. Unconfirmed: the words of `status` and `Source Of Review`, reference ids and tags; they
stay columns of their own.
"""

from __future__ import annotations

import re

import polars as pl

from cs_metrics.readers._base import Columns, Formula, Reader, Rows, constant, csv_shape, first_filled, json_shape
from cs_metrics.readers._cells import count, instant, number, text

IN_UTC = re.compile(r"^(.+\S) \((UTC)\)$", re.IGNORECASE)

# The title is part of what was written: many reviews say it all there.
WRITTEN = Formula(
    (),
    lambda: pl.when(pl.any_horizontal(pl.col("_title", "_content").is_not_null())).then(
        pl.concat_str("_title", "_content", separator="\n", ignore_nulls=True)
    ),
    optional=("_title", "_content"),
)
CALLS_FOR_A_REPLY = {"network": constant("trustpilot"), "needs_reply": constant(True)}

CSV_REVIEWS: Columns = {
    "mention_id": text("Review Id"),
    "posted_at": instant("Review Created"),
    "replied_at": instant("Business Reply Date"),
    "_location": text("Location Name"),
    "_shop": text("Domain Url", "Webshop Name", "Business Unit Id"),
    "site": first_filled("_location", "_shop"),
    "rating": number("Review Stars"),
    "_title": text("Review Title"),
    "_content": text("Review Content"),
    "text": WRITTEN,
    **CALLS_FOR_A_REPLY,
}
API_REVIEWS: Columns = {
    "mention_id": text("id"),
    "posted_at": instant("createdAt"),
    "replied_at": instant("companyReply.createdAt"),
    "updated_at": instant("updatedAt"),
    "site": text("businessUnit.identifyingName", "businessUnit.id"),
    "language": text("language"),
    "rating": number("stars"),
    "likes": count("numberOfLikes"),
    "_title": text("title"),
    "_content": text("text"),
    "text": WRITTEN,
    **CALLS_FOR_A_REPLY,
}

READER = Reader(
    title="Trustpilot",
    shapes=(
        csv_shape(
            "review CSV",
            [{"Review Id", "Review Stars", "Review Created"}],
            {"mentions": Rows(CSV_REVIEWS)},
            header_pattern=IN_UTC,
        ),
        json_shape(
            "API reviews",
            [{"id", "stars", "createdAt", f"{beside}.id"} for beside in ("consumer", "businessUnit")],
            {"mentions": Rows(API_REVIEWS)},
            without={"product.id", "productId"},
            wrappers=("reviews",),
        ),
    ),
)
