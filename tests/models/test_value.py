"""What known customers bring: by hand, on the exact calendar, and by group."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from models.value_shop import FORECAST, MODEL, SPEND, SPREAD, crowd, histories, horizon, known, made, margin

from retention_lib.estimates import NotEnough
from retention_lib.models.customer_values import CustomerValues, customer_values
from retention_lib.models.uncertainty import Spread
from retention_lib.models.value import BaseValue, ValueBy, base_value, value_by

ROWS = histories((0, 0, 100, np.nan), (2, 200, 240, 50.0), (9, 330, 350, 30.0))
# By hand: 40 for all without a purchase, and the own mean with weights 12/15 and 54/57 beside it.
MONEY = np.array([40, 0.2 * 40 + 0.8 * 50, (3 * 40 + 54 * 30) / 57])
REFUSAL = NotEnough("repeat_customers", 3, 30)


def values(
    rows: pd.DataFrame = ROWS, *, months: int = 12, rate: float = 0.0, share: float | None = 0.3, kept: float = 1.0
) -> CustomerValues:
    found = customer_values(
        known(rows), FORECAST, SPEND, margin(share, share, kept=kept), horizon=horizon(months, rate)
    )
    return made(found, CustomerValues)


def base(found: CustomerValues, spread: Spread = SPREAD) -> BaseValue:
    return made(base_value(found, money=spread, purchases=spread), BaseValue)


def by(found: CustomerValues, name: str) -> ValueBy:
    return made(value_by(found, SPREAD, by=name), ValueBy)


def test_value_is_purchases_times_money_times_what_is_left_of_it() -> None:
    purchases = MODEL.conditional_expected_purchases(ROWS["frequency"], ROWS["recency"], ROWS["T"], 365)
    sales, profit, refunded = values(share=None), values(), values(kept=0.9)
    assert (sales.measure, profit.measure) == ("revenue", "gross_profit")
    assert sales.value == pytest.approx(purchases * MONEY)
    assert profit.value == pytest.approx(0.3 * purchases * MONEY)
    assert refunded.value == pytest.approx(0.9 * profit.value)
    assert profit.purchases == pytest.approx(purchases)
    assert profit.mean_spend == pytest.approx((purchases * MONEY).sum() / purchases.sum())


def test_a_customer_who_sent_everything_back_is_worth_what_is_usual_for_the_history() -> None:
    found = values(ROWS.assign(net=[50.0, 0.0, -3.0]), kept=0.7)
    assert found.value == pytest.approx(0.3 * 0.7 * found.purchases * 40)
    assert (found.purchases > 0).all()


def test_months_follow_the_calendar_and_add_up() -> None:
    found = base(values(rate=0.21))
    assert (found.as_of, found.horizon_end) == (date(1998, 6, 30), date(1999, 6, 30))
    assert found.months["end"].tolist()[:3] == [date(1998, 7, 31), date(1998, 8, 31), date(1998, 9, 30)]
    only = values(ROWS.iloc[[1]], rate=0.21)
    first = MODEL.conditional_expected_purchases(2, 200, 240, 31) * 48 * 0.3 * 1.21 ** (-1 / 24)
    assert only.months["discounted_value"][0] == pytest.approx(float(first))
    assert found.months["discounted_value"].sum() == pytest.approx(found.total.value)
    assert found.months["cumulative"].iloc[-1] == pytest.approx(found.total.value)
    assert found.months["discounted_value"].sum() < found.months["value"].sum()
    assert found.months["low"].iloc[-1] == pytest.approx(found.total.low)


def test_what_was_bought_before_is_not_in_the_value() -> None:
    # Ten times as much paid before, with the same mean of the repeat purchases: only the first order was dearer.
    assert values(ROWS.assign(first_paid=500.0)).value.tolist() == values().value.tolist()


@settings(max_examples=20, deadline=None)
@given(first=st.integers(1, 30), more=st.integers(1, 30))
def test_horizons_add_up_without_a_discount(first: int, more: int) -> None:
    short, long = values(months=first), values(months=first + more)
    both = long.months["value"]
    assert short.value.sum() == pytest.approx(both.iloc[:first].sum())
    assert long.value.sum() == pytest.approx(both.sum())


def test_a_discount_takes_something_off_every_customer() -> None:
    assert (values(rate=0.1).value < values().value).all()


def test_the_base_is_the_sum_of_its_customers_with_the_spreads_interval() -> None:
    found, each = base(values()), values()
    factor = np.exp(1.6448536 * np.sqrt(0.03**2 + 0.04**2 + 0.12**2))
    assert found.total.value == pytest.approx(each.value.sum())
    assert (found.total.low, found.total.high) == pytest.approx((each.value.sum() / factor, each.value.sum() * factor))
    assert found.per_customer.value == pytest.approx(each.value.mean())
    assert found.per_customer.high == pytest.approx(found.total.high / 3)
    assert found.expected_purchases.value == pytest.approx(each.purchases.sum())
    assert (found.customers, found.cutoffs, found.without_purchase) == (3, 8, int((each.purchases < 1).sum()))


@pytest.mark.parametrize("name", ["channel", "cohort"])
def test_groups_add_up_to_the_base(name: str) -> None:
    today = crowd()
    found = made(customer_values(today, FORECAST, SPEND, margin(), horizon=horizon(rate=0.1)), CustomerValues)
    table = by(found, name).table
    assert table["total"].sum() == pytest.approx(found.value.sum())
    assert table["purchases"].sum() == pytest.approx(found.purchases.sum())
    assert table["customers"].sum() == 600
    assert table["share"].sum() == pytest.approx(1)
    assert table["thin"].tolist() == (table["customers"] < 30).tolist()
    assert table["low"].isna().tolist() == table["thin"].tolist()


def test_a_small_group_has_more_of_the_luck() -> None:
    found = made(customer_values(crowd(), FORECAST, SPEND, margin(), horizon=horizon()), CustomerValues)
    table = by(found, "channel").table.set_index("group")
    for row in table.itertuples():
        sd = np.log(row.high / row.value) / 1.6448536
        assert sd == pytest.approx(np.sqrt(0.03**2 + 0.12**2 + 0.04**2 / row.share), rel=1e-5)
    assert table.loc["search", "total"] > table.loc["referral", "total"]
    assert by(found, "channel").table["group"].tolist() == ["search", "referral"]  # by total


def test_refusals_are_handed_on() -> None:
    assert customer_values(known(ROWS), REFUSAL, SPEND, margin(), horizon=horizon()) is REFUSAL
    assert customer_values(known(ROWS), FORECAST, SPEND, REFUSAL, horizon=horizon()) is REFUSAL
    assert customer_values(known(ROWS.head(0)), FORECAST, SPEND, margin(), horizon=horizon()) == NotEnough(
        "customers", 0, 1
    )
    assert base_value(REFUSAL, money=SPREAD, purchases=SPREAD) is REFUSAL
    assert value_by(values(), REFUSAL, by="channel") is REFUSAL
    assert value_by(values(), SPREAD, by="channel") == NotEnough("customers_in_segments", 0, 2)
    one = values(ROWS.assign(channel="shop"))
    assert value_by(one, SPREAD, by="channel") == NotEnough("customers_in_segments", 0, 2)


def test_a_loss_has_an_interval_on_the_scale_of_money() -> None:
    found = base(values(share=-0.2), Spread(parameter=0.03, process=0.04, model=0.12, cutoffs=8))
    total, half = found.total.value, 1.644854 * 0.13  # 3, 4 and 12 are the sides of a box with a diagonal of 13
    assert total == pytest.approx(-2 / 3 * base(values()).total.value)
    assert (found.total.low, found.total.high) == pytest.approx((total * (1 + half), total * (1 - half)))
    assert found.months["low"].iloc[-1] == pytest.approx(found.total.low)
    table = by(values(ROWS.assign(channel=["a", "b", "b"]), share=-0.2), "channel").table
    assert table["share"].sum() == pytest.approx(1.0)
    assert base(values(share=0.0)).total.high == 0
