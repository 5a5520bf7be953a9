"""Google Business Profile: reviews of a firm's locations, from the API or from Google Takeout (JSON), times in UTC.

Takeout is a zip with `Google Business Profile/account-…/location-…/reviews.json` and `reviews-….json`; the API gives
pages of the same records. Every review is one that a firm may answer. A rating without words is a review too. Of a
review that is in several files the version that was changed last counts.

What it cannot carry: reviews that were taken down, the language, when a reply was written first: there is only the time
of its last edit, so that response times are at most what is shown. The location is the number in the record's name.
Left out since they are other things: reviews that the owner of a private account wrote, and the Places API's handful of
reviews. Unconfirmed: how a translation is put into the comment (the text is taken as it stands).
"""

from __future__ import annotations

import polars as pl

from cs_metrics.readers._base import Columns, Formula, Reader, Rows, constant, json_shape
from cs_metrics.readers._cells import instant, points, text

STARS = {"ONE": 1.0, "TWO": 2.0, "THREE": 3.0, "FOUR": 4.0, "FIVE": 5.0}

REVIEWS: Columns = {
    "mention_id": text("reviewId", "name"),
    "posted_at": instant("createTime"),
    "replied_at": instant("reviewReply.updateTime"),
    "network": constant("google"),
    "rating": points("starRating", table=STARS, blanks=("STAR_RATING_UNSPECIFIED",)),
    "needs_reply": constant(True),
    "text": text("comment"),
    "_name": text("name"),
    "site": Formula(("_name",), lambda: pl.col("_name").str.extract(r"(?:^|/)locations/([^/]+)")),
    "_edited_at": instant("updateTime"),
    "updated_at": Formula(  # an answer does not move the review's own time
        (), lambda: pl.max_horizontal("_edited_at", "replied_at"), optional=("_edited_at", "replied_at")
    ),
}

READER = Reader(
    title="Google reviews",
    shapes=(
        json_shape(
            "reviews",
            [{key, "starRating", "createTime"} for key in ("reviewId", "name")],
            {"mentions": Rows(REVIEWS)},
            wrappers=("reviews",),
        ),
    ),
)
