from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import ibis
import numpy as np
import pandas as pd
import pytest
from measures.tables import SALES, engine_sales, random_sales, sales, table

from retention_lib.measures.cohorts import Grain, cohort_cells, customer_periods, group_cells
from retention_lib.measures.purchases import purchase_days
from retention_lib.measures.sales import Sales, daily_sales

UNTIL = date(2021, 2, 1)
FREQUENCIES: dict[Grain, str] = {"month": "M", "week": "W-SUN", "quarter": "Q-DEC"}
COSTED = {**dict(list(SALES.items())[:4]), "cost": "decimal(18, 4)"}


def daily(transactions: ibis.Table) -> Sales:
    return daily_sales(transactions, purchase_days(transactions, until=UNTIL), until=UNTIL)


def cells(transactions: ibis.Table, *, by: Grain = "month", groups: ibis.Table | None = None) -> pd.DataFrame:
    return cohort_cells(customer_periods(daily(transactions), by=by, groups=groups))


def costed(*rows: tuple[str, str, str, str, str | None]) -> ibis.Table:
    """Customer, order, stamp, amount, cost."""
    typed = [
        (customer, order, datetime.fromisoformat(stamp), Decimal(amount), None if cost is None else Decimal(cost))
        for customer, order, stamp, amount, cost in rows
    ]
    return table(typed, COSTED)


def places(frame: pd.DataFrame) -> list[tuple[str, int]]:
    return [(str(day.date()), age) for day, age in zip(frame["cohort"], frame["age"], strict=True)]


@pytest.mark.parametrize("by", ["month", "week", "quarter"])
@pytest.mark.parametrize("seed", [1, 2])
def test_cohorts_of_a_random_store_are_those_of_pandas(seed: int, by: Grain) -> None:
    orders = random_sales(seed, customers=80, until=UNTIL)
    period = orders["ordered_at"].dt.to_period(FREQUENCIES[by]).astype("int64")
    first = period.groupby(orders["customer_id"]).transform("min")
    marked = orders.assign(first=first, age=period - first, day=orders["ordered_at"].dt.date)
    grouped = marked.groupby(["first", "age"])
    expected = grouped.agg(active=("customer_id", "nunique"), revenue=("amount", "sum")).reset_index()
    days = marked.drop_duplicates(["customer_id", "day"]).groupby(["first", "age"]).size()
    sizes = marked.groupby("first")["customer_id"].nunique()
    found = cells(engine_sales(orders), by=by)
    starts = pd.PeriodIndex.from_ordinals(expected["first"], freq=FREQUENCIES[by]).start_time
    assert found["cohort"].tolist() == starts.tolist()
    assert found["age"].tolist() == expected["age"].tolist()
    assert found["customers"].tolist() == expected["first"].map(sizes).tolist()
    assert found["active"].tolist() == expected["active"].tolist()
    assert found["orders"].tolist() == days.tolist()
    assert found["revenue"].tolist() == pytest.approx(expected["revenue"].tolist())
    assert found["unpriced"].tolist() == found["revenue"].tolist()
    assert not found["known_profit"].any()


@pytest.mark.parametrize("seed", [3, 4])
def test_squares_add_up_to_those_of_the_customers_cumulative_profit(seed: int) -> None:
    orders = random_sales(seed, customers=60, until=UNTIL)
    rng = np.random.default_rng(seed)
    cost = np.round(orders["amount"] * rng.uniform(0.3, 0.9, len(orders)), 2)
    cost = cost.where(rng.random(len(orders)) > 0.3)
    paid = [None if np.isnan(each) else f"{each:.2f}" for each in cost]
    stamps = [at.isoformat() for at in orders["ordered_at"]]
    amounts = [f"{amount:.2f}" for amount in orders["amount"]]
    shop = costed(*zip(orders["customer_id"], orders["order_id"], stamps, amounts, paid, strict=True))
    found = cells(shop)
    month = orders["ordered_at"].dt.to_period("M").astype("int64")
    first = month.groupby(orders["customer_id"]).transform("min")
    known = (orders["amount"] - cost).where(cost.notna(), 0.0)
    unpriced = orders["amount"].where(cost.isna(), 0.0)
    for name, left, right in (
        ("known_squares", known, known),
        ("known_by_unpriced", known, unpriced),
        ("unpriced_squares", unpriced, unpriced),
    ):
        cumulative = found.assign(total=found.groupby("cohort")[name].cumsum())
        for (cohort, age), total in cumulative.set_index(["cohort", "age"])["total"].items():
            start = pd.Period(cohort, freq="M").ordinal
            seen = (first == start) & (month - first <= age)
            pairs = (
                pd.DataFrame({"who": orders["customer_id"], "left": left, "right": right})[seen].groupby("who").sum()
            )
            assert total == pytest.approx(float((pairs["left"] * pairs["right"]).sum()), rel=1e-9, abs=1e-6)


def test_a_refund_counts_in_its_own_month_and_makes_nobody_active() -> None:
    shop = sales(
        ("ann", "1", "2020-11-30 23:00:00", "20.00"),
        ("ann", "1", "2021-01-02", "-5.00"),
        ("bob", "2", "2020-11-01", "10.00"),
        ("bob", "3", "2020-12-31", "4.00"),
        ("bob", "4", "2021-02-01", "99.00"),  # not seen
        ("cid", "5", "2021-01-05", "-3.00"),  # never bought
    )
    found = cells(shop)
    inside = found[found["cohort"].notna()]
    assert places(inside) == [("2020-11-01", 0), ("2020-11-01", 1), ("2020-11-01", 2)]
    assert inside["customers"].tolist() == [2, 2, 2]
    assert inside["active"].tolist() == [2, 1, 0]
    assert inside["again"].tolist() == [0, 1, 0]
    assert inside["orders"].tolist() == [2, 1, 0]
    assert inside["revenue"].tolist() == [30.0, 4.0, -5.0]
    # 20^2 + 10^2; (10 + 4)^2 more than 10^2; (20 - 5)^2 less than 20^2.
    assert inside["unpriced_squares"].tolist() == [500.0, 96.0, -175.0]
    outside = found[found["cohort"].isna()]
    assert outside[["age", "customers", "revenue"]].values.tolist() == [[51 * 12, 0, -3.0]]


def test_money_before_the_first_purchase_is_the_customers_own_and_calendar_months_add_up() -> None:
    shop = sales(
        ("ann", "1", "2020-10-05", "50.00"),  # sent back after the first purchase that was kept
        ("ann", "2", "2020-11-05", "20.00"),
        ("ann", "1", "2020-12-01", "-50.00"),
    )
    found = cells(shop)
    inside, outside = found[found["cohort"].notna()], found[found["cohort"].isna()]
    assert places(inside) == [("2020-11-01", 0), ("2020-11-01", 1)]
    assert inside["revenue"].tolist() == [70.0, -50.0]
    assert outside.set_index("age")["revenue"].to_dict() == {50 * 12 + 9: 50.0, 50 * 12 + 10: -50.0}


def test_profit_is_of_the_rows_whose_cost_is_known() -> None:
    shop = costed(
        ("ann", "1", "2020-11-03", "20.00", "12.00"),
        ("ann", "2", "2020-11-04", "10.00", None),
        ("ann", "1", "2020-12-04", "-5.00", "-3.00"),
    )
    found = cells(shop)
    assert found["known_profit"].tolist() == [8.0, -2.0]
    assert found["unpriced"].tolist() == [10.0, 0.0]
    assert found["known_squares"].tolist() == [64.0, 36.0 - 64.0]
    assert found["known_by_unpriced"].tolist() == [80.0, 60.0 - 80.0]


def test_millions_have_squares_too() -> None:
    found = cells(sales(("ann", "1", "2020-11-30", "70000000.05"), ("ann", "2", "2021-01-30", "80000000.00")))
    assert found["unpriced_squares"].cumsum().tolist() == pytest.approx([70000000.05**2, 150000000.05**2])


def test_groups_split_the_cells_and_keep_their_sums() -> None:
    orders = random_sales(5, customers=40, until=UNTIL)
    shop = engine_sales(orders)
    names = sorted(orders["customer_id"].unique())
    groups = table(
        [(name, "even" if int(name[1:]) % 2 == 0 else None, "all") for name in names],
        {"customer_id": "string", "parity": "string", "one": "string"},
    )
    periods = customer_periods(daily(shop), groups=groups)
    whole, split = cohort_cells(periods), group_cells(periods)
    assert split["dimension"].drop_duplicates().tolist() == ["parity", "one"]
    assert split.loc[split["dimension"] == "parity", "segment"].drop_duplicates().tolist() == ["", "even"]
    sums = ["customers", "active", "again", "orders", "revenue", "unpriced_squares"]
    for name in ("parity", "one"):
        part = split[split["dimension"] == name]
        counted = part.groupby(["cohort", "age"])[sums[1:]].sum()
        pd.testing.assert_frame_equal(counted, whole.set_index(["cohort", "age"])[sums[1:]], check_exact=False)
        of_cohorts = part.groupby(["segment", "cohort"])["customers"].max().groupby("cohort").sum()
        assert of_cohorts.tolist() == whole.groupby("cohort")["customers"].max().tolist()


def test_a_store_without_a_purchase_has_no_cohort() -> None:
    found = cells(sales(("ann", "1", "2020-11-30", "-1.00")))
    assert found["cohort"].isna().all()
    assert found["revenue"].tolist() == [-1.0]
    nothing = group_cells(customer_periods(daily(sales())))
    assert nothing.empty
    assert {"dimension", "segment", "cohort"} <= set(nothing.columns)


def test_another_period_is_refused() -> None:
    shop = sales(("ann", "1", "2020-11-30", "1.00"))
    with pytest.raises(ValueError, match="month, week or quarter, not by 'day'"):
        customer_periods(daily(shop), by="day")  # type: ignore[arg-type]
