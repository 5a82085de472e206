"""What customers are worth in a simulated shop, against rates of buying and leaving that are known there."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
from models.value_shop import made
from studies.simulated_shops import SimulatedShop

from retention_lib.estimates import NotEnough
from retention_lib.measures.first_groups import first_groups
from retention_lib.measures.histories import present_histories
from retention_lib.measures.margins import kept_revenue, order_profits
from retention_lib.measures.purchases import purchase_days
from retention_lib.measures.sales import daily_sales
from retention_lib.models.concentration import top_share
from retention_lib.models.customer_values import CustomerValues, customer_values
from retention_lib.models.forecasts import Forecast, Known, known, learn
from retention_lib.models.horizon import Horizon, months_horizon
from retention_lib.models.margins import Margin, profit_margin
from retention_lib.models.new_customer import NewCustomer, new_customer, new_customers_by
from retention_lib.models.season import Clock
from retention_lib.models.spend import SpendForecast, expected_spend_model
from retention_lib.settings.simulation import Simulation, Sizes
from retention_lib.stores.simulation.tables import MAKERS

UNTIL = date(2026, 7, 1)
YEAR = 365.0
# Without what moves the rate of everybody or what makes customers leave at an order: buying is what the rates say.
QUIET = Sizes(
    season=0.0,
    weekday=0.0,
    monthly_shock=0.0,
    price_rise=0.0,
    stock_out=0.0,
    replenishment=0.0,
    anonymous=0.0,
    promotions=0.0,
    refunds=0.0,
    late_harm=0.0,
    bad_review_harm=0.0,
    programme_effect=0.0,
    tier_effort=0.0,
    tier_dip=0.0,
    free_delivery_effect=0.0,
    discount_effect=0.0,
    letter_effect=0.0,
    pull_forward=0.0,
)


@cache
def shop() -> SimulatedShop:
    last = UNTIL - timedelta(days=1)
    return SimulatedShop(Simulation(customers=12_000, months=18, until=last, seed=7, sizes=QUIET))


@cache
def table(name: str) -> ibis.Table:
    return ibis.memtable(pa.concat_tables([MAKERS[name](story) for story in shop().stories]).unify_dictionaries())


@cache
def today() -> Known:
    sales = table("transactions")
    purchases = purchase_days(sales, until=UNTIL)
    groups = first_groups(sales, purchases, table("customers"), splits=("channel",))
    return known(present_histories(daily_sales(sales, purchases, until=UNTIL), groups, with_ids=True), UNTIL, Clock())


@cache
def forecast() -> Forecast:
    return made(learn("Pareto/NBD", today()), Forecast)


@cache
def margin() -> Margin:
    sales = table("transactions")
    purchases = purchase_days(sales, until=UNTIL)
    daily = daily_sales(sales, purchases, until=UNTIL)
    profits, kept = order_profits(daily), kept_revenue(daily)
    return made(profit_margin(profits, kept, gross_margin=None), Margin)


def horizon() -> Horizon:
    return made(months_horizon(UNTIL, months=12, clock=Clock(), discount_rate_annual=0.0), Horizon)


@cache
def truth() -> pd.DataFrame:
    """Repeat purchases expected in a year, of each customer as a new one and from now on."""
    known_rates = shop().truth("customers").set_index("customer_id").reindex(today().rows["customer_id"])
    a_year = known_rates["rate"] * -np.expm1(-known_rates["hazard"] * YEAR) / known_rates["hazard"]
    stays = known_rates["left_at"].isna() | (known_rates["left_at"] >= pd.Timestamp(UNTIL))
    return pd.DataFrame({"new": a_year.to_numpy(), "ahead": np.where(stays, a_year, 0.0)})


@cache
def values() -> CustomerValues:
    spend = made(expected_spend_model(today().rows.assign(customers=1)), SpendForecast)
    return made(customer_values(today(), forecast(), spend, margin(), horizon=horizon()), CustomerValues)


def newcomer() -> NewCustomer:
    none = NotEnough("forecast_errors", 0, 5)
    rng = np.random.default_rng(1)
    return made(new_customer(today(), forecast(), margin(), horizon=horizon(), errors=none, rng=rng), NewCustomer)


def test_the_base_buys_as_its_rates_say() -> None:
    assert abs(values().purchases.sum() / truth()["ahead"].sum() - 1) < 0.05


def test_those_ranked_first_buy_most() -> None:
    # Nobody can know who has just left: the top tenth by the forecast holds nearly what its own values say it does.
    order = np.argsort(-values().purchases, kind="stable")
    expected, ahead = values().purchases[order], truth()["ahead"].to_numpy()[order]
    said = top_share(expected, np.ones(expected.size))
    assert abs(top_share(ahead, np.ones(ahead.size)) - said) < 0.03


def test_a_new_customer_buys_as_the_rates_say() -> None:
    assert abs(newcomer().repeats.value / truth()["new"].mean() - 1) < 0.05


def test_channels_are_told_apart_as_they_are() -> None:
    none = NotEnough("acquisition_cost_known", 0, 1)
    found = new_customers_by(today(), forecast(), newcomer(), by="channel", cost=none).table.set_index("group")
    channel = today().rows["channel"].astype(str).to_numpy()
    told = truth()["new"].groupby(channel).mean()
    # of 1,500 to 3,500 customers each, with a relative standard deviation of 2 to 4 %
    assert (found["repeats"] / told - 1).abs().max() < 0.12
    assert found.sort_values("repeats").index.tolist() == told.sort_values().index.tolist()
    assert found["differs"].any()


def test_profit_of_the_first_order_is_that_of_the_sales() -> None:
    sales = shop().table("transactions")
    sales = sales[sales["customer_id"].notna()]
    day = sales["ordered_at"].dt.floor("D")
    firsts = sales[day == day.groupby(sales["customer_id"]).transform("min")]
    profit = (firsts["amount"] - firsts["cost"]).sum() / firsts["customer_id"].nunique()
    assert abs(newcomer().first.value / profit - 1) < 0.01
