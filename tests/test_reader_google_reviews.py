"""Google's reviews: from the API and from Takeout, stars in words, each review once in its newest version."""

from __future__ import annotations

import json
import zipfile

import pytest

from cs_metrics.readers import open_exports
from tests.simulator import google_reviews, reviews
from tests.vendor_files import frame, load, opened, sample, saved, tells_of_reviews

FILES = [f"google_reviews/{name}.json" for name in ("page", "reviews-1", "reviews-2")]


def review(**changes):
    base = {
        "name": "accounts/1/locations/77/reviews/a", "reviewId": "a", "starRating": "FIVE",
        "createTime": "2024-01-05T10:00:00Z", "updateTime": "2024-01-05T10:00:00Z",
    }  # fmt: skip
    return base | changes


@pytest.mark.parametrize("name", FILES)
def test_each_sample_is_claimed_by_the_reader(tmp_path, name):
    part = opened(saved(tmp_path / "download", b"\xef\xbb\xbf" + sample(name).read_bytes()))
    assert (part.reader, part.shape.name) == ("google_reviews", "reviews")


@pytest.mark.parametrize("files", [FILES, FILES[::-1]], ids=["in order", "turned round"])
def test_all_files_together_give_the_figures_of_the_true_reviews_in_any_order(tmp_path, files):
    tells_of_reviews(tmp_path, files, reviews.seen_at(reviews.END))


def test_each_row_is_the_true_review_and_its_reply_the_last_edit_of_it():
    true = [one for one in reviews.seen_at(reviews.END) if one.location == reviews.LOCATIONS[0]]
    loaded = load(sample(FILES[0]), zone="Asia/Tokyo")
    rows = loaded.frames["mentions"]
    assert rows["mention_id"].to_list() == [google_reviews.identity(one) for one in true]
    assert rows["posted_at"].dt.truncate("1s").to_list() == [one.posted for one in true]
    assert rows["replied_at"].dt.truncate("1s").to_list() == [one.last_reply for one in true]
    assert any(one.reply_edited for one in true)
    assert rows["rating"].to_list() == [one.rating for one in true]
    assert rows["text"].to_list() == [one.text for one in true]
    assert set(rows["site"]) == {reviews.LOCATIONS[0]}
    assert loaded.rejects.is_empty()


def test_a_takeout_zip_gives_the_reviews_of_all_its_locations_and_passes_over_the_rest(tmp_path):
    path, folder = tmp_path / "takeout.zip", "Takeout/Google Business Profile/account-1/location-"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{folder}1/reviews.json", json.dumps({"reviews": [review()]}))
        archive.writestr(f"{folder}2/reviews-2.json", json.dumps({"reviews": [review(reviewId="b")]}))
        archive.writestr(f"{folder}2/data.json", json.dumps({"title": "Shop"}))
    parts = open_exports([str(path)])
    assert [part.reader for part in parts] == ["google_reviews"] * 2
    assert [part.load({"mentions": ["mention_id"]}, None).frames["mentions"].item(0, 0) for part in parts] == ["a", "b"]


def test_stars_are_words_and_an_unspecified_rating_is_none(tmp_path):
    words = (*google_reviews.WORDS, "STAR_RATING_UNSPECIFIED", "SIX")
    found = load(saved(tmp_path / "a.json", [review(reviewId=word, starRating=word) for word in words]))
    assert found.frames["mentions"]["rating"].to_list() == [1, 2, 3, 4, 5, None, None]
    assert found.rejects.select("column", "value").rows() == [("starRating", "SIX")]


def test_a_second_has_none_to_nine_digits(tmp_path):
    times = [f"2024-01-05T10:00:00{fraction}Z" for fraction in ("", ".5", ".123456789", ".000000001")]
    found = frame(saved(tmp_path / "a.json", [review(reviewId=at, createTime=at) for at in times]), "mentions")
    assert found["posted_at"].dt.microsecond().to_list() == [0, 500_000, 123_456, 0]


def test_a_later_answer_makes_the_newer_version_though_the_review_did_not_change(tmp_path):
    older = review(reviewReply={"comment": "Thanks", "updateTime": "2024-01-06T10:00:00Z"})
    newer = review(reviewReply={"comment": "Thank you", "updateTime": "2024-01-07T10:00:00Z"})
    found = frame(saved(tmp_path / "a.json", [older, newer, review(reviewId="b")]), "mentions")
    assert found["updated_at"].dt.day().to_list() == [6, 7, 5]


def test_without_an_id_the_name_tells_reviews_apart(tmp_path):
    records = [{key: value for key, value in review().items() if key != "reviewId"}]
    assert frame(saved(tmp_path / "a.json", records), "mentions")["mention_id"].to_list() == [review()["name"]]
