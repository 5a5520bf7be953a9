"""Chargebee: who was a customer and when, though ends are planned, keys are left out and subscriptions come back."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime, timedelta

import pytest

from tests.simulator import chargebee
from tests.simulator.subscriptions import AS_OF, MONTHS, customers_at, worth_at
from tests.vendor_files import customers_there, frame, load, opened, relations, sample, saved

SAMPLE = "chargebee/subscriptions.json.gz"
EDGES = (*MONTHS, AS_OF, MONTHS[5] - timedelta(minutes=1))
DAY = 86_400
START = 1_704_103_200  # 1 January 2024, 10:00


def at(seconds):
    return datetime.fromtimestamp(seconds, UTC)


def row(**changes):
    base = {"id": "s1", "customer_id": "c1", "status": "active", "created_at": START, "started_at": START}
    return {"subscription": base | changes, "customer": {"id": "c1"}}


def loaded(tmp_path, *rows):
    return frame(saved(tmp_path / "a.json", {"list": list(rows), "next_offset": "x"}), "customers")


def begins_and_ends(tmp_path, **changes):
    found = loaded(tmp_path, row(**changes)).row(0, named=True)
    return found["started_at"], found.get("ended_at")


def there(ones):
    """Those that count: a deleted subscription does not."""
    return [one for one in ones if one.kind != "deleted"]


def test_the_sample_is_claimed_by_the_reader(tmp_path):
    plain = gzip.decompress(sample(SAMPLE).read_bytes())
    for content in (sample(SAMPLE).read_bytes(), plain, b"\xef\xbb\xbf" + plain):
        part = opened(saved(tmp_path / "download", content))
        assert (part.reader, part.shape.name) == ("chargebee", "subscriptions JSON")
    assert load(sample(SAMPLE)).rejects.is_empty()


def test_who_is_a_customer_at_every_edge_of_a_month_is_who_truly_was():
    rows, account = relations([sample(SAMPLE)])
    true = chargebee.listed()
    for instant in EDGES:
        expected = {f"cb{number:05d}" for number in customers_at(instant, there(true))}
        assert customers_there(rows, instant) == expected, instant
    assert account.read == len(true)
    assert account.excluded == {"trial": sum(one.joined is None for one in true), "deleted": 1}


def test_each_relation_begins_and_ends_when_it_truly_did():
    rows, _ = relations([sample(SAMPLE)])
    expected = {chargebee.identity(one): (one.joined, one.left) for one in there(chargebee.listed()) if one.joined}
    assert {each["relation_id"]: (each["started_at"], each["ended_at"]) for each in rows} == expected


def test_the_monthly_value_is_what_the_subscriptions_truly_bring():
    rows, _ = relations([sample(SAMPLE)])
    there_now = [each for each in rows if each["ended_at"] is None]
    for currency in ("EUR", "JPY"):
        worth = sum(each["monthly_value"] for each in there_now if each["currency"] == currency)
        assert worth == pytest.approx(worth_at(AS_OF, currency, there(chargebee.listed()))) != 0


def test_the_end_of_who_does_not_renew_lies_ahead_and_is_none_however_late_the_file_is_read(tmp_path):
    soon = START + 40 * DAY
    assert begins_and_ends(tmp_path, status="non_renewing", cancelled_at=soon)[1] is None
    assert begins_and_ends(tmp_path, status="cancelled", cancelled_at=soon)[1] == at(soon)


def test_a_relation_begins_after_the_trial_or_when_the_trial_was_cut_short(tmp_path):
    trial = {"trial_start": START, "trial_end": START + 14 * DAY}
    assert begins_and_ends(tmp_path, **trial, activated_at=START + 14 * DAY)[0] == at(START + 14 * DAY)
    assert begins_and_ends(tmp_path, **trial, activated_at=START + 3 * DAY)[0] == at(START + 3 * DAY)
    assert begins_and_ends(tmp_path, **trial)[0] == at(START + 14 * DAY)


@pytest.mark.parametrize(
    ("changes", "is_trial"),
    [
        ({"status": "in_trial"}, True),
        ({"status": "future", "trial_start": None, "trial_end": None}, True),
        ({"status": "cancelled", "cancelled_at": START + 5 * DAY}, True),
        ({"status": "cancelled", "cancelled_at": START + 14 * DAY}, True),
        ({"status": "cancelled", "cancelled_at": START + 20 * DAY, "activated_at": START + 14 * DAY}, False),
        ({"status": "cancelled", "cancelled_at": START + 10 * DAY, "activated_at": START + 3 * DAY}, False),
        ({"status": "paused"}, False),
        ({"status": "in_trial", "trial_start": START + 90 * DAY, "trial_end": START + 120 * DAY}, False),
    ],
)
def test_who_never_paid_was_no_customer(tmp_path, changes, is_trial):
    trial = {"trial_start": START, "trial_end": START + 14 * DAY}
    found = loaded(tmp_path, row(**(trial | changes))).row(0, named=True)
    assert found["is_trial"] is is_trial
    assert (found["started_at"] is None) is is_trial


def test_a_reactivated_subscription_is_two_relations_where_an_older_export_still_knows_the_first(tmp_path):
    first = row(activated_at=START, status="cancelled", cancelled_at=START + 30 * DAY, updated_at=START + 30 * DAY)
    again = row(activated_at=START + 90 * DAY, updated_at=START + 90 * DAY)
    files = [saved(tmp_path / f"{n}.json", {"list": [each]}) for n, each in enumerate((first, again))]
    rows, _ = relations(files)
    spans = sorted((each["started_at"], each["ended_at"]) for each in rows)
    assert spans == [(at(START), at(START + 30 * DAY)), (at(START + 90 * DAY), None)]
    paused = {"activated_at": START + 90 * DAY, "pause_date": START + 60 * DAY, "resume_date": START + 90 * DAY}
    assert begins_and_ends(tmp_path, **paused) == (at(START), None)


def test_a_subscription_deleted_since_is_not_brought_back_by_an_older_export(tmp_path):
    older, newer = row(updated_at=START), row(updated_at=START + DAY, deleted=True)
    files = [saved(tmp_path / f"{n}.json", {"list": [each]}) for n, each in enumerate((older, newer))]
    for order in (files, files[::-1]):
        assert relations(order)[0] == []


def test_a_transferred_subscription_has_ended_here(tmp_path):
    assert begins_and_ends(tmp_path, status="transferred", updated_at=START + DAY, cancelled_at=None)[1] == at(
        START + DAY
    )


def test_where_no_row_has_an_end_there_is_no_column_for_it_rather_than_a_retention_of_all(tmp_path):
    assert "ended_at" not in loaded(tmp_path, row(), row(id="s2")).columns


def test_amounts_are_in_minor_units_and_yen_have_none(tmp_path):
    found = loaded(tmp_path, row(mrr=1250, currency_code="EUR"), row(id="s2", mrr=1250, currency_code="JPY"))
    assert found["monthly_value"].to_list() == [12.5, 1250]


def test_any_key_but_the_ids_and_the_status_may_be_missing(tmp_path):
    dates = {"activated_at": START + DAY, "cancelled_at": START + 9 * DAY, "updated_at": START, "pause_date": START}
    trial = {"trial_start": START, "trial_end": START + DAY}
    full = row(**dates, **trial, mrr=5, currency_code="EUR", deleted=False)["subscription"]
    for key in full.keys() - {"id", "customer_id", "status"}:
        found = loaded(tmp_path, {"subscription": {name: value for name, value in full.items() if name != key}})
        assert found["relation_id"].to_list() == ["s1"], key
