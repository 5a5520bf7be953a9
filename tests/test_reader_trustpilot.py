"""Trustpilot: its reviews from the CSV and from the API, each once, with stars and replies as they truly were."""

from __future__ import annotations

import pytest

from cs_metrics.errors import DataError
from cs_metrics.population import load_population
from cs_metrics.readers import open_exports
from tests.asking import NOW, account
from tests.simulator import reviews, trustpilot
from tests.vendor_files import csv_rows, csv_variants, frame, load, opened, sample, saved, tells_of_reviews

CSV, API = "trustpilot/reviews.csv", "trustpilot/reviews.json"


def review(**changes):
    base = {
        "id": "1", "stars": 4, "title": "Fine", "text": "Well\ndone", "createdAt": "2024-01-05T10:00:00Z",
        "consumer": {"id": "c"}, "businessUnit": {"id": "b", "identifyingName": "firm.example"}, "companyReply": None,
    }  # fmt: skip
    return base | changes


def mentions(tmp_path, *records):
    return frame(saved(tmp_path / "a.json", {"links": [], "reviews": list(records)}), "mentions")


@pytest.mark.parametrize(("name", "shape"), [(CSV, "review CSV"), (API, "API reviews")])
def test_each_sample_is_claimed_by_the_reader(tmp_path, name, shape):
    part = opened(saved(tmp_path / "download", b"\xef\xbb\xbf" + sample(name).read_bytes()))
    assert (part.reader, part.shape.name) == ("trustpilot", shape)


@pytest.mark.parametrize("how", csv_variants(CSV))
def test_the_csv_says_the_same_however_it_is_saved(tmp_path, how):
    content = csv_variants(CSV, without=("Review Content", "Source Of Review", "Webshop Name"))[how]
    found, expected = frame(saved(tmp_path / "a.csv", content), "mentions"), frame(sample(CSV), "mentions")
    shared = [name for name in expected.columns if name in found.columns and name != "text"]
    assert found.select(shared).equals(expected.select(shared))
    assert {"mention_id", "posted_at", "replied_at", "rating", "network", "needs_reply", "site"} <= set(shared)


def test_both_files_together_give_the_figures_of_the_true_reviews(tmp_path):
    csv, api = reviews.seen_at(trustpilot.DOWNLOADED), trustpilot.listed()
    report = tells_of_reviews(tmp_path, [CSV, API], reviews.seen_at(reviews.END))
    told, both = account(report, "mentions"), {one.number for one in csv} & {one.number for one in api}
    assert (told["read"], told["duplicates"]) == (len(csv) + len(api), len(both))


@pytest.mark.parametrize(
    ("name", "true"), [(CSV, reviews.seen_at(trustpilot.DOWNLOADED)), (API, trustpilot.listed())], ids=["csv", "api"]
)
def test_each_row_is_the_true_review_with_its_times_in_utc_wherever_it_is_read(tmp_path, name, true):
    loaded = load(sample(name), zone="Asia/Tokyo")
    rows = loaded.frames["mentions"]
    assert rows["mention_id"].to_list() == [trustpilot.identity(one) for one in true]
    assert rows["posted_at"].to_list() == [one.posted for one in true]
    assert rows["replied_at"].to_list() == [one.replied for one in true]
    assert rows["rating"].to_list() == [one.rating for one in true]
    assert rows["text"].to_list() == ["\n".join(filter(None, (one.title, one.text))) or None for one in true]
    assert set(rows["network"]) == {"trustpilot"}
    assert loaded.rejects.is_empty()


@pytest.mark.parametrize("files", [(CSV, API), (API, CSV)])
def test_a_review_that_was_changed_counts_with_its_newest_stars_in_any_order_of_files(files):
    then = {one.number: one for one in reviews.seen_at(trustpilot.DOWNLOADED)}
    changed = [one for one in trustpilot.listed() if one.number in then and then[one.number].rating != one.rating]
    assert changed
    parts = open_exports([str(sample(name)) for name in files])
    rows = load_population(parts, {"mentions": {"mention_id", "rating", "updated_at"}}, None, NOW).frames["mentions"]
    stars = dict(rows.select("mention_id", "rating").rows())
    assert [stars[trustpilot.identity(one)] for one in changed] == [one.rating for one in changed]


def test_a_product_review_is_not_a_review_of_the_firm(tmp_path):
    with pytest.raises(DataError, match="no reader knows this file"):
        mentions(tmp_path, review(product={"id": "p"}))
    with pytest.raises(DataError, match="no reader knows this file"):
        opened(saved(tmp_path / "a.csv", [["review_id", "stars", "product_name", "product_sku"], ["1", "5", "a", "b"]]))


def test_stars_written_as_text_are_stars_and_other_words_are_counted_as_unread(tmp_path):
    found = load(saved(tmp_path / "a.json", [review(stars="5"), review(id="2", stars="great")]))
    assert found.frames["mentions"]["rating"].to_list() == [5, None]
    assert found.rejects.select("column", "value").rows() == [("stars", "great")]


def test_a_review_calls_for_an_answer_whether_or_not_it_got_one(tmp_path):
    answered = review(id="2", companyReply={"text": "Thanks", "createdAt": "2024-01-06T10:00:00.250Z"})
    found = mentions(tmp_path, review(), answered)
    assert found["needs_reply"].to_list() == [True, True]
    assert found["replied_at"].is_null().to_list() == [True, False]


def test_a_review_of_no_location_is_one_of_the_shop(tmp_path):
    rows = csv_rows(CSV)[:3]
    rows[1][rows[0].index("Location Name")] = ""
    found = frame(saved(tmp_path / "a.csv", rows), "mentions")["site"].to_list()
    assert found == ["firm.example", rows[2][rows[0].index("Location Name")]]


def test_the_id_is_spelled_in_two_ways_and_headers_may_be_small(tmp_path):
    rows = csv_rows(CSV)
    for spell in (lambda name: name.replace("Review Id", "Review ID").replace("Domain Url", "Domain URL"), str.lower):
        path = saved(tmp_path / "a.csv", [[spell(name) for name in rows[0]], *rows[1:]])
        assert frame(path, "mentions").equals(frame(sample(CSV), "mentions"))


def test_any_other_column_may_be_missing(tmp_path):
    rows, needed = csv_rows(CSV), ("Review Id", "Review Stars", "Review Created (UTC)")
    for place, header in enumerate(rows[0]):
        if header not in needed:
            path = saved(tmp_path / "a.csv", [line[:place] + line[place + 1 :] for line in rows])
            loaded = load(path)
            assert (loaded.frames["mentions"].height, loaded.rejected["mentions"]) == (len(rows) - 1, 0), header
