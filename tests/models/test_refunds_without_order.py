"""What purchases bring in a simulated shop whose customers send three orders in ten back, without naming the order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache

import ibis
import numpy as np
import pandas as pd
import pytest
from models.value_shop import made

from retention_lib.estimates import NotEnough
from retention_lib.measures.histories import present_histories
from retention_lib.measures.margins import kept_revenue, order_profits
from retention_lib.measures.purchases import purchase_days
from retention_lib.measures.sales import Sales, daily_sales
from retention_lib.models.backtest_stages import Money
from retention_lib.models.forecasts import Known, known, learn
from retention_lib.models.horizon import months_horizon
from retention_lib.models.margins import Margin, profit_margin
from retention_lib.models.new_customer import NewCustomer, new_customer
from retention_lib.models.season import Clock
from retention_lib.models.spend import SpendForecast, expected_spend_model

CUSTOMERS, DAYS, KEPT, MARGIN = 6000, 600, 0.7, 0.4
START, UNTIL = pd.Timestamp("2024-01-01"), date(2025, 8, 23)  # 600 days


@dataclass(frozen=True, kw_only=True)
class Shop:
    """The sales as the shop writes them down, and its orders beside what their customers spend on average."""

    sales: pd.DataFrame
    orders: pd.DataFrame
    usual: np.ndarray


@cache
def shop(spread: bool) -> Shop:
    """Customers who leave with 12 % after an order; with `spread` their means differ, else amounts alone do."""
    rng = np.random.default_rng(8)
    usual = 400 / rng.gamma(6, 2, CUSTOMERS) if spread else np.full(CUSTOMERS, 40.0)
    rate = np.maximum(rng.gamma(0.8, 1 / 50, CUSTOMERS), 1e-3)
    first = rng.integers(0, DAYS, CUSTOMERS).astype(float)
    found, living, day = [], np.arange(CUSTOMERS), first
    while living.size:
        found.append(pd.DataFrame({"who": living, "day": day.astype(int), "later": bool(found)}))
        day = day + np.maximum(1, rng.exponential(1 / rate[living]))
        stays = (day < DAYS) & (rng.random(living.size) > 0.12)
        living, day = living[stays], day[stays]
    orders = pd.concat(found, ignore_index=True)
    orders["amount"] = (usual[orders["who"]] * rng.gamma(4, 1 / 4, len(orders))).round(2).clip(0.01)
    back = orders[rng.random(len(orders)) > KEPT]
    back = back.assign(amount=-back["amount"], day=np.minimum(back["day"] + 5, DAYS - 1))
    return Shop(sales=pd.concat([orders, back], ignore_index=True), orders=orders, usual=usual)


@cache
def daily(spread: bool) -> Sales:
    rows = shop(spread).sales
    table = pd.DataFrame(
        {
            "customer_id": rows["who"].map("c{:05d}".format),
            "ordered_at": START + pd.to_timedelta(rows["day"], unit="D"),
            "amount": rows["amount"],
            "cost": rows["amount"] * (1 - MARGIN),
        }
    )
    engine = ibis.memtable(table)
    engine = engine.mutate(amount=engine.amount.cast("decimal(18, 4)"), cost=engine.cost.cast("decimal(18, 4)"))
    return daily_sales(engine, purchase_days(engine, until=UNTIL), until=UNTIL)


def today(spread: bool) -> Known:
    return known(present_histories(daily(spread), with_ids=True), UNTIL, Clock())


def margin(spread: bool) -> Margin:
    sales = daily(spread)
    return made(profit_margin(order_profits(sales), kept_revenue(sales), gross_margin=None), Margin)


def newcomer(spread: bool) -> NewCustomer:
    at, none = today(spread), NotEnough("forecast_errors", 0, 5)
    ahead = months_horizon(UNTIL, months=12, clock=Clock(), discount_rate_annual=0.0)
    forecast, rng = learn("BG/NBD", at), np.random.default_rng(1)
    return made(new_customer(at, forecast, margin(spread), horizon=ahead, errors=none, rng=rng), NewCustomer)


@pytest.mark.parametrize("spread", [False, True])
def test_one_share_is_kept_of_everything_bought(spread: bool) -> None:
    found = margin(spread)
    assert abs(found.kept_share / KEPT - 1) < 0.02
    assert found.customers_without_net > 500
    assert Money.known(today(spread).rows.assign(weight=1.0), None).kept_share == pytest.approx(found.kept_share)


@pytest.mark.parametrize("spread", [False, True])
def test_first_orders_and_later_ones_bring_what_is_kept_of_them(spread: bool) -> None:
    found, orders = newcomer(spread), shop(spread).orders
    first, later = (orders.loc[orders["later"] == part, "amount"].mean() for part in (False, True))
    assert abs(found.first.value / (first * KEPT * MARGIN) - 1) < 0.02
    assert abs(found.money.value / (later * KEPT * MARGIN) - 1) < 0.02


@pytest.mark.parametrize("spread", [False, True])
def test_what_customers_bring_is_right_in_all_and_for_those_who_kept_nothing(spread: bool) -> None:
    rows = today(spread).rows
    spend = made(expected_spend_model(rows), SpendForecast)
    paid = spend.expected_of(rows) * margin(spread).kept_share
    truth = shop(spread).usual[rows["customer_id"].str[1:].astype(int)] * KEPT
    # each customer as often as an order is known, as those who buy often bring more
    often = rows["frequency"].to_numpy(dtype=float) + 1
    assert abs((often @ paid) / (often @ truth) - 1) < 0.02
    nothing = (rows["net"] <= 0).to_numpy()
    assert abs(paid[nothing].sum() / truth[nothing].sum() - 1) < 0.05
