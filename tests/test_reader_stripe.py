"""Stripe: who was a customer and when, from the CSV and from the API, whatever was asked for, tried or planned."""

from __future__ import annotations

import gzip
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from tests.asking import ask, figures, own
from tests.simulator import stripe
from tests.simulator.subscriptions import AS_OF, MONTHS, customers_at, worth_at
from tests.vendor_files import csv_rows, csv_variants, customers_there, frame, load, opened, relations, sample, saved

CSV, API = "stripe/subscriptions.csv", "stripe/subscriptions.json.gz"
SHAPES = {CSV: "subscription CSV", API: "subscriptions JSON"}
EDGES = (*MONTHS, AS_OF, MONTHS[5] - timedelta(minutes=1))


def known_then(ones):
    """What the API's list knew: ends after it were not yet."""
    return [replace(one, leaves=None) if one.leaves and one.leaves > stripe.LISTED else one for one in ones]


def ids(customers):
    return {f"cus_Rk{number:06d}" for number in customers}


def subscription(**changes):
    base = {
        "id": "sub_1", "object": "subscription", "customer": "cus_1", "status": "active", "created": 1_704_103_200,
        "start_date": 1_704_103_200, "cancel_at_period_end": False, "canceled_at": None, "ended_at": None,
        "trial_start": None, "trial_end": None, "currency": "eur",
        "items": {"object": "list", "data": [{"quantity": 1, "price": price("a", 1200)}]},
    }  # fmt: skip
    return base | changes


def price(name, amount, interval="month", count=1):
    return {"id": name, "unit_amount": amount, "recurring": {"interval": interval, "interval_count": count}}


def loaded(tmp_path, *records, **page):
    return frame(saved(tmp_path / "a.json", {"object": "list", **page, "data": list(records)}), "customers")


def csv_row(tmp_path, without=(), **cells):
    """The one row of a CSV with the sample's headers; `cells` by header."""
    header = [name for name in csv_rows(CSV)[0] if name not in without]
    base = {"id": "sub_1", "Customer ID": "cus_1", "Status": "active", "Created (UTC)": "2024-01-01 10:00"}
    row = base | cells
    return frame(saved(tmp_path / "a.csv", [header, [row.get(name, "") for name in header]]), "customers").row(
        0, named=True
    )


@pytest.mark.parametrize("name", [CSV, API])
def test_each_sample_is_claimed_by_the_reader(tmp_path, name):
    content = sample(name).read_bytes()
    content = gzip.decompress(content) if name.endswith(".gz") else content
    part = opened(saved(tmp_path / "download", b"\xef\xbb\xbf" + content))
    assert (part.reader, part.shape.name) == ("stripe", SHAPES[name])


@pytest.mark.parametrize("how", csv_variants(CSV))
def test_the_csv_says_the_same_however_it_is_saved(tmp_path, how):
    without = ("Customer Email", "Cancellation Reason", "Created (UTC)", "Cancel At Period End", "Product", "Quantity")
    content = csv_variants(CSV, without)[how]
    found, expected = frame(saved(tmp_path / "a.csv", content), "customers"), frame(sample(CSV), "customers")
    changed = ("updated_at", "monthly_value") if how == "fewer" else ()
    shared = [name for name in expected.columns if name in found.columns and name not in changed]
    assert found.select(shared).equals(expected.select(shared))
    assert {"customer_id", "relation_id", "started_at", "ended_at", "is_trial", "plan", "currency"} <= set(shared)


def test_who_is_a_customer_at_every_edge_of_a_month_is_who_truly_was():
    rows, account = relations([sample(CSV)])
    true = stripe.exported()
    for instant in EDGES:
        assert customers_there(rows, instant) == ids(customers_at(instant, true)), instant
    assert account.read == len(true)
    assert account.excluded == {"trial": sum(one.joined is None for one in true)}
    then, _ = relations([sample(API)])
    for instant in [edge for edge in EDGES if edge <= stripe.LISTED]:
        assert customers_there(then, instant) == ids(customers_at(instant, stripe.listed())), instant


def test_each_relation_begins_and_ends_when_it_truly_did():
    for name, true in ((CSV, stripe.exported()), (API, known_then(stripe.listed()))):
        rows, _ = relations([sample(name)])
        expected = {stripe.identity(one): (one.joined, one.left) for one in true if one.joined}
        assert {row["relation_id"]: (row["started_at"], row["ended_at"]) for row in rows} == expected


@pytest.mark.parametrize("files", [(CSV, API), (API, CSV)])
def test_of_a_subscription_in_both_files_the_newer_version_counts(files):
    rows, _ = relations([sample(name) for name in files])
    newer = {one.number for one in stripe.exported()}
    true = [*stripe.exported(), *(one for one in known_then(stripe.listed()) if one.number not in newer)]
    assert Counter(row["relation_id"] for row in rows) == Counter(
        stripe.identity(one) for one in true if one.joined is not None
    )
    for instant in EDGES:
        assert customers_there(rows, instant) == ids(customers_at(instant, true)), instant


def test_who_comes_back_is_there_twice_and_not_in_between():
    rows, _ = relations([sample(CSV)])
    times = Counter(row["customer_id"] for row in rows)
    back = [one for one in stripe.exported() if one.left and one.joined and one.customer % 3 == 0]
    back = [one for one in back if times[stripe.customer(one)] > 1]
    assert back
    for one in back:
        assert one.left
        assert stripe.customer(one) not in customers_there(rows, one.left + timedelta(days=10))


def test_the_monthly_value_of_the_relations_is_what_they_truly_bring():
    for name, true, instant in ((CSV, stripe.exported(), AS_OF), (API, known_then(stripe.listed()), stripe.LISTED)):
        rows, _ = relations([sample(name)])
        there = [r for r in rows if r["started_at"] <= instant and (r["ended_at"] is None or r["ended_at"] > instant)]
        for currency in ("EUR", "JPY"):
            worth = sum(row["monthly_value"] for row in there if row["currency"] == currency)
            assert worth == pytest.approx(worth_at(instant, currency, true)) != 0
    assert any(one.price.count == 3 for one in stripe.listed())


def test_a_stock_of_relations_by_month_is_counted_through_the_engine(tmp_path):
    catalogue = own(tmp_path, relations="frame: customers\ndate: started_at\nuntil: ended_at\nagg: stock\n")
    found = figures(ask(str(sample(CSV)), "relations", catalogue, grain="month"), "relations")
    for month, following in pairwise(MONTHS):  # whoever begins with the next month is not there yet
        expected = sum(one.is_there(following - timedelta(minutes=1)) for one in stripe.exported())
        assert found[month.date().isoformat()][0] == expected, month


def test_put_back_to_an_earlier_day_nobody_is_there_who_came_later_and_nobody_gone_who_left_later():
    earlier = MONTHS[6]
    rows, account = relations([sample(CSV)], as_of=earlier)
    true = [one for one in stripe.exported() if one.joined and one.joined <= earlier]
    assert {row["relation_id"] for row in rows} == {stripe.identity(one) for one in true}
    left = {stripe.identity(one): one.left for one in true if one.left and one.left <= earlier}
    assert {row["relation_id"]: row["ended_at"] for row in rows if row["ended_at"]} == left
    assert account.excluded["after_as_of"] > 0


def test_a_cancellation_that_was_asked_for_is_no_end_and_a_planned_one_neither(tmp_path):
    asked = subscription(canceled_at=1_706_000_000, cancel_at_period_end=True, current_period_end=1_708_000_000)
    assert loaded(tmp_path, asked)["ended_at"].to_list() == [None]


def test_without_a_column_for_the_end_it_is_what_the_cancellation_was_to_wait_for(tmp_path):
    cells = {
        "Status": "canceled", "Canceled At (UTC)": "2024-03-05 09:00", "Current Period End (UTC)": "2024-04-01 10:00",
    }  # fmt: skip
    without = ("Ended At (UTC)",)
    waited = csv_row(tmp_path, without, **cells, **{"Cancel At Period End": "TRUE"})
    assert waited["ended_at"] == datetime(2024, 4, 1, 10, tzinfo=UTC)
    at_once = csv_row(tmp_path, without, **cells, **{"Cancel At Period End": "false"})
    assert at_once["ended_at"] == datetime(2024, 3, 5, 9, tzinfo=UTC)
    assert "ended_at" not in csv_row(tmp_path, (*without, "Cancel At Period End"), **cells)


@pytest.mark.parametrize(
    ("changes", "is_trial"),
    [
        ({"status": "trialing"}, True),
        ({"status": "active"}, False),
        ({"status": "paused"}, True),  # no card at the trial's end
        ({"status": "canceled", "ended_at": 1_705_312_800}, True),  # with the trial
        ({"status": "canceled", "ended_at": 1_705_314_000}, True),  # before the first invoice was more than a draft
        ({"status": "canceled", "ended_at": 1_705_399_200}, False),
        ({"status": "trialing", "trial_start": 1_704_300_000}, False),  # given to who had paid for two days
        ({"status": "incomplete_expired", "trial_start": None, "trial_end": None}, True),
        ({"status": "unpaid"}, False),
    ],
)
def test_who_never_paid_was_no_customer(tmp_path, changes, is_trial):
    trial = {"trial_start": 1_704_103_200, "trial_end": 1_705_312_800}
    row = loaded(tmp_path, subscription(**(trial | changes))).row(0, named=True)
    assert row["is_trial"] is is_trial
    begins = 1_704_103_200 if "trial_start" in changes else 1_705_312_800
    assert row["started_at"] == (None if is_trial else datetime.fromtimestamp(begins, UTC))


def test_items_of_a_subscription_are_one_relation_worth_their_sum(tmp_path):
    items = [{"quantity": 2, "price": price("a", 1200)}, {"quantity": 1, "price": price("b", 36000, "year")}]
    odd = [{"quantity": 1, "price": price("a", 1200)}, {"quantity": 1, "price": price("tiers", None)}]
    weekly = [{"quantity": 1, "price": price("w", 500, "week", 2)}]
    several = [
        subscription(id=f"sub_{n}", items={"object": "list", "data": data})
        for n, data in enumerate((items, odd, weekly))
    ]
    found = loaded(tmp_path, *several)
    assert found["relation_id"].to_list() == ["sub_0", "sub_1", "sub_2"]
    assert found["monthly_value"].to_list() == [24 + 30, None, pytest.approx(2.5 * 365.25 / 84)]


def test_a_csv_with_a_row_for_each_item_is_one_relation_worth_their_sum(tmp_path):
    header = [
        "id",
        "Customer ID",
        "Status",
        "Plan",
        "Amount",
        "Interval",
        "Canceled At (UTC)",
        "Current Period End (UTC)",
    ]
    header += ["Start (UTC)", "Ended At (UTC)"]
    tail = ["", "2024-06-01 00:00", "2024-01-01 00:00", ""]
    lines = [
        ["sub_1", "cus_1", "active", "a", "10", "month", *tail],
        ["sub_1", "cus_1", "active", "b", "5", "month", *tail],
    ]
    rows, account = relations([saved(tmp_path / "a.csv", [header, *lines])])
    assert [(row["relation_id"], row["plan"], row["monthly_value"]) for row in rows] == [("sub_1", "a", 15)]
    assert (account.read, account.duplicates) == (2, 1)


@pytest.mark.parametrize(
    ("written", "amount"), [("1,234.50", 1234.5), ("12,5", 12.5), ("1.234,50", 1234.5), ("10", 10), ("1,234", 1234)]
)
def test_an_amount_may_have_a_decimal_comma(tmp_path, written, amount):
    assert csv_row(tmp_path, Amount=written, Interval="month")["monthly_value"] == amount


def test_yen_have_no_cents_and_dinars_have_thousandths(tmp_path):
    found = loaded(tmp_path, *(subscription(id=money, currency=money) for money in ("usd", "jpy", "kwd")))
    assert found["monthly_value"].to_list() == [12, 1200, 1.2]
    assert found["currency"].to_list() == ["USD", "JPY", "KWD"]


def test_an_older_record_with_one_plan_and_an_expanded_customer_reads_the_same(tmp_path):
    older = subscription(customer={"id": "cus_1"}, current_period_end=1, quantity=2, start=1_704_103_200)
    older |= {"plan": {"id": "gold", "amount": 500, "interval": "month", "interval_count": 1}}
    del older["items"], older["start_date"]
    path = saved(tmp_path / "a.json", [older])
    assert opened(path).shape.name == "subscriptions JSON, one plan each"
    row = frame(path, "customers").row(0, named=True)
    assert (row["customer_id"], row["plan"], row["monthly_value"]) == ("cus_1", "gold", 10)
    assert row["started_at"] == datetime(2024, 1, 1, 10, tzinfo=UTC)


def test_the_old_start_that_moves_with_the_plan_speaks_last(tmp_path):
    created = csv_row(tmp_path)["started_at"]
    header = ["id", "Customer ID", "Status", "Canceled At (UTC)", "Current Period End (UTC)", "Start (UTC)"]
    line = ["sub_1", "cus_1", "active", "", "2024-09-01 00:00", "2024-06-01 00:00"]
    both = frame(saved(tmp_path / "b.csv", [[*header, "Created (UTC)"], [*line, "2024-01-01 10:00"]]), "customers")
    assert both["started_at"].to_list() == [created] == [datetime(2024, 1, 1, 10, tzinfo=UTC)]
    alone = frame(saved(tmp_path / "c.csv", [header, line]), "customers")
    assert alone["started_at"].to_list() == [datetime(2024, 6, 1, tzinfo=UTC)]


def test_two_subscriptions_that_began_in_one_instant_stay_two(tmp_path):
    two = [subscription(), subscription(id="sub_2", status="canceled", ended_at=1_709_000_000)]
    rows, account = relations([saved(tmp_path / "a.json", {"object": "list", "data": two})])
    assert (len(rows), account.duplicates) == (2, 0)


def test_nothing_of_the_samples_is_unread():
    for name in (CSV, API):
        assert load(sample(name)).rejects.is_empty()


@pytest.mark.slow
def test_any_other_column_may_be_missing(tmp_path):
    rows, needed = csv_rows(CSV), ("id", "Customer ID", "Status", "Canceled At (UTC)", "Current Period End (UTC)")
    for place, header in enumerate(rows[0]):
        if header not in needed:
            path = saved(tmp_path / "a.csv", [line[:place] + line[place + 1 :] for line in rows])
            loaded = load(path)
            assert (loaded.frames["customers"].height, loaded.rejected["customers"]) == (len(rows) - 1, 0), header


def test_any_other_key_may_be_missing(tmp_path):
    needed = {"id", "customer", "status", "cancel_at_period_end", "items"}
    full = [subscription(current_period_start=1_709_000_000, current_period_end=1_711_000_000), subscription(id="b")]
    for key in full[0].keys() - needed:
        found = loaded(tmp_path, *({name: value for name, value in one.items() if name != key} for one in full))
        assert found["relation_id"].to_list() == ["sub_1", "b"], key
