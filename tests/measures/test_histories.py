"""Histories at past cut-offs and today: by hand, and against the summaries of what was known then."""

from __future__ import annotations

from datetime import date, timedelta

import ibis
import numpy as np
import pandas as pd
import pytest
from measures.tables import engine_sales, random_sales, sales

from retention_lib.measures.histories import present_histories, rolling_histories
from retention_lib.measures.purchases import purchase_days
from retention_lib.measures.sales import Sales, daily_sales
from retention_lib.measures.summaries import customer_values, holdout_purchases

UNTIL = date(2021, 2, 4)
EPOCH = date(1970, 1, 1)


def number(day: str) -> int:
    return (date.fromisoformat(day) - EPOCH).days


def frame(*windows: tuple[str, int]) -> pd.DataFrame:
    return pd.DataFrame([(date.fromisoformat(day), days) for day, days in windows], columns=["cutoff", "horizon_days"])


SHOP = sales(
    ("ann", "a1", "2020-01-01 10:00", "10"),
    ("ann", "a2", "2020-02-01 10:00", "20"),
    ("ann", "a3", "2020-03-01 10:00", "40"),
    ("bob", "b1", "2020-02-01 10:00", "30"),
    ("bob", "b2", "2020-02-10 10:00", "50"),
    ("bob", "b2", "2020-03-05 10:00", "-50"),  # the second order is sent back a month later
    ("cat", "c1", "2020-03-02 10:00", "60"),
    ("cat", "c2", "2020-03-20 10:00", "7"),
    ("ann", "a9", "2020-03-10 10:00", "-5"),  # a refund that names no order
)


def rolled(table: ibis.Table, windows: pd.DataFrame, **options: object) -> pd.DataFrame:
    return rolling_histories(table, purchase_days(table, until=UNTIL), windows=windows, **options)


def test_windows_by_hand() -> None:
    found = rolled(SHOP, frame(("2020-03-01", 20), ("2020-04-01", 30)))
    first = found[found["cutoff"] == "2020-03-01"].sort_values("first_day").reset_index(drop=True)
    assert first["first_day"].tolist() == [number("2020-01-01"), number("2020-02-01")]
    assert first["last_day"].tolist() == [number("2020-02-01"), number("2020-02-10")]
    assert first["frequency"].tolist() == [1, 1]
    # On the first of March nobody knew that bob would send back his second order.
    assert first["monetary_value"].tolist() == [20, 50]
    assert first["paid"].tolist() == [30, 80]
    assert first["first_paid"].tolist() == [10, 30]
    assert first["purchases_30"].tolist() == [1, 2]
    assert first["purchases_90"].tolist() == [2, 2]
    # 2020-03-01 is in the horizon, 2020-03-20 is not in one of 20 days (half-open), the refunds are
    assert first["holdout_purchases"].tolist() == [1, 0]
    assert first["holdout_revenue"].tolist() == [35, -50]
    second = found[found["cutoff"] == "2020-04-01"].sort_values("net").reset_index(drop=True)
    assert second["net"].tolist() == [30, 65, 67]
    assert second["frequency"].tolist() == [0, 2, 1]
    assert second["last_day"].tolist() == [number(day) for day in ("2020-02-01", "2020-03-01", "2020-03-20")]
    assert second["monetary_value"].tolist() == [0, 30, 7]
    assert second["holdout_purchases"].tolist() == [0, 0, 0]
    assert second["weight"].tolist() == [1, 1, 1]


def test_an_order_sent_back_in_the_horizon_is_no_purchase_there() -> None:
    table = sales(
        ("ann", "a1", "2020-01-01", "10"), ("ann", "a2", "2020-01-10", "10"), ("ann", "a2", "2020-01-15", "-10")
    )
    found = rolled(table, frame(("2020-01-05", 7), ("2020-01-05", 14)))
    assert found["holdout_purchases"].tolist() == [1, 0]  # on the 12th it still stood
    assert found["holdout_revenue"].tolist() == [10, 0]


def test_who_had_not_bought_is_not_there() -> None:
    found = rolled(SHOP, frame(("2020-01-01", 30), ("2020-01-02", 30)))
    assert found["cutoff"].tolist() == [pd.Timestamp("2020-01-02")]


@pytest.mark.parametrize("seed", [3, 17])
def test_rows_are_those_of_the_summaries(seed: int) -> None:
    orders = random_sales(seed, customers=60)
    table = engine_sales(orders)
    cuts = [UNTIL - timedelta(days=days) for days in (30, 100, 250)]
    found = rolled(table, pd.DataFrame({"cutoff": cuts, "horizon_days": [30, 60, 90]}))
    for cut, days in zip(cuts, (30, 60, 90), strict=True):
        rows = found[found["cutoff"] == pd.Timestamp(cut)]
        last = (cut - EPOCH).days - 1
        own = rows.assign(recency=rows["last_day"] - rows["first_day"], T=last - rows["first_day"])
        keys = ["frequency", "recency", "T", "monetary_value"]
        values = customer_values(purchase_days(table, until=cut), table, until=cut)
        counted = own.groupby(keys).size().reset_index(name="customers")
        np.testing.assert_allclose(counted, values[counted.columns], atol=1e-6)
        end = cut + timedelta(days=days)
        ahead = holdout_purchases(purchase_days(table, until=end), calibration_until=cut, until=end)
        counted = own.groupby([*keys[:3], "holdout_purchases"]).size().reset_index(name="customers")
        np.testing.assert_allclose(counted, ahead[counted.columns])


def test_recent_purchases_against_counting() -> None:
    orders = random_sales(5, customers=30)
    found = rolled(engine_sales(orders), frame(("2020-12-01", 30)))
    days = orders[orders["ordered_at"] < "2020-12-01"].assign(day=lambda rows: rows["ordered_at"].dt.normalize())
    days = days.drop_duplicates(["customer_id", "day"])
    for recent in (30, 90, 180):
        late = days[days["day"] >= pd.Timestamp("2020-12-01") - pd.Timedelta(days=recent)]
        expected = late.groupby("customer_id").size().reindex(days["customer_id"].unique(), fill_value=0)
        assert sorted(found[f"purchases_{recent}"]) == sorted(expected)


def test_free_orders_are_purchases_where_the_store_says_so() -> None:
    table = sales(("ann", "a1", "2020-01-01", "10"), ("ann", "a2", "2020-01-03", "0"), ("ann", "a3", "2020-01-09", "0"))
    given = rolled(table, frame(("2020-01-05", 10)), zero_amount_is_purchase=True)
    plain = rolled(table, frame(("2020-01-05", 10)))
    assert (given["frequency"].item(), given["holdout_purchases"].item()) == (1, 1)
    assert (plain["frequency"].item(), plain["holdout_purchases"].item()) == (0, 0)


def test_a_sample_is_the_same_customers_in_every_window_and_every_run() -> None:
    table = engine_sales(random_sales(8, customers=300, days=300))
    windows = frame(("2020-10-01", 30), ("2020-12-01", 30), ("2021-01-01", 30))
    everybody, few, again = (rolled(table, windows, most_customers=most) for most in (10**6, 100, 100))
    pd.testing.assert_frame_equal(few, again)
    last, sample = (rows[rows["cutoff"] == "2021-01-01"] for rows in (everybody, few))
    assert 50 < len(sample) < 150
    # Every row stands for as many customers as were drawn from.
    assert sample["weight"].sum() == pytest.approx(len(last), rel=0.25)
    assert sample["weight"].nunique() == 1
    keys = ["cutoff", "first_day", "last_day", "frequency", "net"]
    assert len(few.merge(everybody[keys].drop_duplicates(), on=keys)) == len(few)
    # Whoever is drawn in an earlier window is there in the later ones.
    known = [set(zip(rows["first_day"], rows["first_paid"], strict=True)) for _, rows in few.groupby("cutoff")]
    assert known[0] <= known[1] <= known[2]


def test_without_order_ids_days_are_netted() -> None:
    rows = sales(("ann", "a", "2020-01-01", "10"), ("ann", "b", "2020-01-04", "9"), ("ann", "c", "2020-01-04", "-9"))
    found = rolled(rows.drop("order_id"), frame(("2020-01-10", 5)))
    assert found["frequency"].tolist() == [0]
    assert found["net"].tolist() == [10]


def today() -> Sales:
    return daily_sales(SHOP, purchase_days(SHOP, until=UNTIL), until=UNTIL)


def test_today_has_a_row_a_customer_in_order() -> None:
    found = present_histories(today(), with_ids=True)
    assert found["customer_id"].tolist() == ["ann", "bob", "cat"]
    assert found["frequency"].tolist() == [2, 0, 1]
    assert found["monetary_value"].tolist() == [30, 0, 7]
    assert found["net"].tolist() == [65, 30, 67]
    assert found["cohort"].astype(str).tolist() == ["2020-01", "2020-02", "2020-03"]
    assert "customer_id" not in present_histories(today())


def test_groups_come_along_as_categories() -> None:
    groups = ibis.memtable({"customer_id": ["ann", "cat"], "channel": ["web", "shop"]})
    found = present_histories(today(), groups)
    assert found["channel"].dtype == "category"
    assert found["channel"].astype(object).where(found["channel"].notna(), None).tolist() == ["web", None, "shop"]
