"""Profit of first and of repeat orders and what is kept of purchases: by hand, and against pandas on random stores."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from measures.tables import random_sales, table
from studies.simulated_shops import SimulatedShop

from retention_lib.measures.first_groups import first_groups
from retention_lib.measures.margins import kept_revenue, order_profits
from retention_lib.measures.purchases import purchase_days
from retention_lib.measures.sales import Sales, daily_sales
from retention_lib.settings.simulation import Simulation
from retention_lib.stores.simulation.tables import MAKERS

UNTIL = date(2021, 2, 4)
SCHEMA = {
    "customer_id": "string",
    "order_id": "string",
    "ordered_at": "timestamp",
    "amount": "decimal(18, 4)",
    "cost": "decimal(18, 4)",
    "channel": "string",
}
SUMS = ["revenue", "unpriced", "known_profit", "costed_squares", "profit_squares", "products"]


def sold(*rows: tuple[str, str | None, str, str, str | None, str]) -> ibis.Table:
    """Lines of (customer, order, day, amount, cost, channel)."""
    typed = [
        (
            customer,
            order,
            datetime.fromisoformat(day),
            Decimal(amount),
            None if cost is None else Decimal(cost),
            channel,
        )
        for customer, order, day, amount, cost, channel in rows
    ]
    return table(typed, SCHEMA)


# Ann: a first order of 100 with a line of 40 sent back, then one of 50 without a cost, then a refund that names no
# order. Bob: two orders on the first day. Eve: an order sent back in full, so she never bought.
LINES = sold(
    ("ann", "1", "2020-01-05", "100", "60", "web"),
    ("ann", "1", "2020-01-20", "-40", "-25", "web"),
    ("ann", "2", "2020-03-01", "50", None, "web"),
    ("ann", None, "2020-03-09", "-10", None, "web"),
    ("bob", "3", "2020-02-01", "30", "10", "shop"),
    ("bob", "4", "2020-02-01", "20", "10", "shop"),
    ("eve", "5", "2020-02-02", "70", "30", "shop"),
    ("eve", "5", "2020-02-07", "-70", "-30", "shop"),
)


def daily(lines: ibis.Table) -> Sales:
    return daily_sales(lines, purchase_days(lines, until=UNTIL), until=UNTIL)


def profits(lines: ibis.Table, **options: ibis.Table) -> pd.DataFrame:
    return order_profits(daily(lines), **options)


def test_first_and_repeat_orders_by_hand() -> None:
    found = profits(LINES).set_index("part")
    assert (found["dimension"] == "").all()
    # First: Ann 60 with profit 100 - 60 - (40 - 25) = 25; Bob 50 with 30. Repeat: Ann's 40, all of unknown cost.
    assert found.loc["first", ["customers", *SUMS]].tolist() == [2, 110, 0, 55, 3600 + 2500, 625 + 900, 1500 + 1500]
    assert found.loc["repeat", ["customers", *SUMS]].tolist() == [0, 40, 40, 0, 0, 0, 0]
    assert found.loc["all", ["customers", *SUMS]].tolist() == [2, 150, 40, 55, 6100, 1525, 3000]


def test_groups_add_up_to_all() -> None:
    purchases = purchase_days(LINES, until=UNTIL)
    groups = purchases.select("customer_id").distinct().mutate(channel=ibis._.customer_id.substr(0, 1))
    found = profits(LINES, groups=groups).set_index(["dimension", "segment", "part"])
    assert found.loc[("channel", "a", "first"), "known_profit"] == 25
    assert found.loc[("channel", "b", "first"), "known_profit"] == 30
    by_group = found.loc["channel"].groupby("part")[SUMS].sum()
    pd.testing.assert_frame_equal(by_group, found.loc[("", "")][SUMS], check_names=False, check_like=True)


def test_a_store_without_costs_has_no_row() -> None:
    assert profits(LINES.drop("cost")).empty


def test_a_store_without_order_ids_counts_refunds_to_the_rest() -> None:
    found = profits(LINES.drop("order_id")).set_index("part")
    assert found.loc["first", "revenue"] == 100 + 50 + 70
    assert found.loc["repeat", "revenue"] == -40 + 50 - 10 - 70


def test_kept_revenue_by_hand() -> None:
    # Ann bought 60 + 50 and kept 100; Bob 50 and 50; Sue's 20 came back without an order's name.
    lines = LINES.union(
        sold(("sue", "6", "2020-02-05", "20", "5", "web"), ("sue", None, "2020-02-09", "-20", None, "web"))
    )
    row = kept_revenue(daily(lines)).iloc[0]
    assert row.tolist() == [3, 1, 180, 150, 110**2 + 50**2 + 20**2, 100**2 + 50**2, 110 * 100 + 50 * 50]


def test_nobody_bought() -> None:
    lines = LINES.filter(LINES.customer_id == "eve")
    row = kept_revenue(daily(lines)).iloc[0]
    assert (row == 0).all()
    assert profits(lines)["revenue"].sum() == 0


@pytest.mark.parametrize("seed", range(4))
def test_random_stores_agree_with_pandas(seed: int) -> None:
    rng = np.random.default_rng(seed)
    lines = random_sales(seed, customers=25)
    back = lines.sample(frac=0.2, random_state=seed)
    back = back.assign(
        amount=-(back["amount"] * rng.choice([0.5, 1], len(back))).round(2),
        ordered_at=back["ordered_at"] + pd.to_timedelta(rng.integers(0, 40, len(back)), unit="D"),
        order_id=back["order_id"].where(rng.random(len(back)) < 0.7, None),
    )
    lines = pd.concat([lines, back], ignore_index=True)
    lines["cost"] = (lines["amount"] * 0.6).round(2).where(rng.random(len(lines)) < 0.8)
    named = lines[["customer_id", "order_id", "ordered_at", "amount", "cost"]].itertuples(index=False)
    rows = [
        (customer, order, at.isoformat(), f"{amount:.2f}", None if np.isnan(cost) else f"{cost:.2f}", "web")
        for customer, order, at, amount, cost in named
    ]
    engine = sold(*rows)
    purchases = purchase_days(engine, until=UNTIL)
    found = order_profits(daily_sales(engine, purchases, until=UNTIL)).set_index("part")
    expected = by_pandas(lines, purchases.to_pandas())
    for part in ("first", "repeat", "all"):
        assert found.loc[part, ["customers", *SUMS]].tolist() == pytest.approx(expected[part], rel=1e-9, abs=1e-6)


def by_pandas(lines: pd.DataFrame, purchases: pd.DataFrame) -> dict[str, list[float]]:
    """The same sums, line by line."""
    first_day = pd.to_datetime(purchases.groupby("customer_id")["day"].min())
    lines = lines[(lines["ordered_at"] < pd.Timestamp(UNTIL)) & lines["customer_id"].isin(first_day.index)].copy()
    lines["begun"] = lines["ordered_at"].dt.normalize() <= lines["customer_id"].map(first_day)
    orders = set(zip(*(lines.loc[lines["begun"], name] for name in ("customer_id", "order_id")), strict=True))
    named = [
        pair[1] is not None and pair in orders
        for pair in zip(lines["customer_id"], lines["order_id"].where(lines["order_id"].notna(), None), strict=True)
    ]
    lines["begun"] |= (lines["amount"] < 0) & np.array(named)
    known = lines["cost"].notna()
    lines["costed"], lines["profit"] = lines["amount"].where(known, 0), (lines["amount"] - lines["cost"]).fillna(0)
    lines["known"] = known
    result = {}
    for part, chosen in (("first", lines["begun"]), ("repeat", ~lines["begun"]), ("all", lines["amount"].notna())):
        rows = lines[chosen]
        each = rows.groupby("customer_id").agg(
            c=("costed", "sum"), p=("profit", "sum"), known=("known", "any"), amount=("amount", "sum")
        )
        unpriced = rows.loc[~rows["known"], "amount"].sum()
        c, p = each["c"], each["p"]
        result[part] = [
            each["known"].sum(), each["amount"].sum(), unpriced, p.sum(), (c * c).sum(), (p * p).sum(), (c * p).sum()
        ]  # fmt: skip
    return result


def test_the_simulated_shop_earns_what_its_tables_say() -> None:
    # docs/simulated-store.md: `cost` is what the goods cost the shop, and a line that came back takes it back in full;
    # so the profit of all buyers is the plain sum of amount less cost over their lines.
    until = date(2026, 6, 30)
    shop = SimulatedShop(Simulation(customers=2000, months=12, until=until, seed=5))
    sales = pa.concat_tables([MAKERS["transactions"](story) for story in shop.stories]).unify_dictionaries()
    lines = ibis.memtable(sales)
    lines = lines.filter(lines.customer_id.notnull())  # as a store opens it
    purchases = purchase_days(lines, until=date(2026, 7, 1))
    groups = first_groups(lines, purchases, None)
    found = order_profits(daily_sales(lines, purchases, until=date(2026, 7, 1)), groups)
    found = found.set_index(["dimension", "segment", "part"])[["revenue", "known_profit"]]
    told = sales.to_pandas()
    told = told[told["customer_id"].notna() & told["customer_id"].isin(purchases.to_pandas()["customer_id"])]
    amount, cost = told["amount"].astype(float).sum(), told["cost"].astype(float).sum()
    assert found.loc[("", "", "all")].tolist() == pytest.approx([amount, amount - cost])
    assert found.loc[("", "")].loc[["first", "repeat"]].sum().tolist() == pytest.approx([amount, amount - cost])
    for dimension in ("channel", "first_category", "first_discount"):
        whole = found.loc[dimension].xs("all", level="part").sum()
        assert whole.tolist() == pytest.approx([amount, amount - cost])
