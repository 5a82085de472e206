"""What a new customer brings: by hand, by group, and on a simulation whose rates are known."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from models.value_shop import FORECAST, MODEL, crowd, histories, horizon, known, made, margin

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.acquisition import AcquisitionCost
from retention_lib.models.forecasts import Known
from retention_lib.models.intervals import sd_behind
from retention_lib.models.new_customer import NewCustomer, NewCustomersBy, new_customer, new_customers_by
from retention_lib.models.uncertainty import ForecastErrors

NO_ERRORS = NotEnough("forecast_errors", 0, 5)
NO_COST = NotEnough("acquisition_cost_known", 0, 1)


def newcomer(today: Known, *, months: int = 12, rate: float = 0.0, errors: Any = NO_ERRORS, **kept: Any) -> NewCustomer:
    found = new_customer(
        today,
        FORECAST,
        margin(kept.pop("first", 0.3), kept.pop("repeat", 0.3), **kept),
        horizon=horizon(months, rate),
        errors=errors,
        rng=np.random.default_rng(1),
    )
    return made(found, NewCustomer)


def groups(today: Known, by: str = "channel", *, cost: Any = NO_COST, share: float = 0.3) -> NewCustomersBy:
    everybody = newcomer(today, first=share, repeat=share)
    return made(new_customers_by(today, FORECAST, everybody, by=by, cost=cost), NewCustomersBy)


def fifty(**columns: Any) -> Known:
    """Fifty customers: thirty with two repeat purchases of 45 on average, one with one of 30, the rest with none."""
    rows = [(2, 60, 300, 45.0)] * 30 + [(1, 60, 300, 30.0)] + [(0, 0, 300, np.nan)] * 19
    return known(histories(*rows, **columns))


def test_value_is_the_first_order_and_the_repeats_expected() -> None:
    found = newcomer(fifty(), first=0.4, kept=0.9)
    repeats = float(MODEL.expected_purchases(365.0))
    each = (60 * 45 + 30) / 61  # money over repeat purchases, the customer with one counting once
    assert found.first.value == pytest.approx(50 * 0.9 * 0.4)
    assert found.repeats.value == pytest.approx(repeats)
    assert found.money.value == pytest.approx(each * 0.9 * 0.3)
    assert found.value.value == pytest.approx(50 * 0.9 * 0.4 + repeats * each * 0.9 * 0.3)
    assert (found.customers, found.months, found.measure) == (50, 12, "gross_profit")
    assert newcomer(fifty(), first=None, repeat=None).measure == "revenue"


def test_refunds_are_taken_off_once() -> None:
    # Half of them sent back all, which is in the share kept by all and nowhere else.
    sent_back = {"net": [95.0] * 25 + [0.0] * 25, "monetary_value": [45.0] * 25 + [0.0] * 25}
    found = newcomer(fifty(**sent_back), kept=0.5)
    assert found.first.value == pytest.approx(0.3 * 50 * 0.5)
    assert found.money.value == pytest.approx(0.3 * (60 * 45 + 30) / 61 * 0.5)


def test_repeats_are_discounted_and_the_first_order_is_not() -> None:
    found = newcomer(fifty(), months=2, rate=0.21)
    one, two = (float(MODEL.expected_purchases(days)) for days in (31.0, 62.0))
    later = one * 1.21 ** (-1 / 24) + (two - one) * 1.21 ** (-3 / 24)
    assert found.value.value == pytest.approx(found.first.value + later * found.money.value)
    assert found.by_month["value"].tolist()[0] == found.first.value
    assert found.by_month["value"].iloc[-1] == pytest.approx(found.value.value)


def test_the_error_of_the_forecast_widens_the_interval() -> None:
    table = pd.DataFrame({"total": "revenue", "cutoff": pd.date_range("1997-01-01", periods=6, freq="90D").date})
    table = table.assign(horizon_days=90, error=[0.4, -0.4] * 3, parameter=0.01, process=0.01)
    sure, unsure = newcomer(fifty()), newcomer(fifty(), errors=ForecastErrors(table=table))
    assert unsure.value.value == sure.value.value
    assert unsure.value.high > sure.value.high * 1.1
    assert unsure.repeats == sure.repeats  # a count, which past errors of money say nothing of
    assert unsure.first == sure.first


def test_a_group_has_the_repeats_it_made_beside_those_of_all() -> None:
    # Both groups are of one age, so the model's expectation cancels: repeats are to each other as those made.
    rows = [(2, 60, 300, 40.0)] * 250 + [(1, 60, 300, 40.0)] * 250
    found = groups(known(histories(*rows, channel=["a"] * 250 + ["b"] * 250))).table.set_index("group")
    repeats = float(MODEL.expected_purchases(365.0))
    assert found.loc["a", "repeats"] == pytest.approx(repeats * 2 / 1.5)
    assert found.loc["b", "repeats"] == pytest.approx(repeats * 1 / 1.5)
    assert found.loc["a", "value"] == pytest.approx(0.3 * (50 + repeats * 2 / 1.5 * 40))
    assert found.index.tolist() == ["a", "b"]
    assert found["differs"].tolist() == [True, True]
    assert not found["pooled"].any()


def test_a_group_of_few_who_came_back_takes_the_repeats_of_all() -> None:
    today = fifty(channel=["a"] * 40 + ["b"] * 10)
    found = groups(today)
    table = found.table.set_index("group")
    assert table["pooled"].tolist() == [True, True]
    assert table["repeats"].tolist() == pytest.approx([found.everybody.repeats.value] * 2)
    assert not table["differs"].any()
    assert table["thin"].to_dict() == {"a": False, "b": True}
    assert np.isnan(table.loc["b", "low"])


def test_groups_that_buy_alike_are_not_told_apart() -> None:
    # Groups large enough to be told apart; at most 10 % of the tables are to say so: 99 % of binomial counts are below.
    found = [groups(crowd(1200, seed=seed)).table for seed in range(100)]
    assert not any(table["pooled"].all() for table in found)
    assert sum(bool(table["differs"].any()) for table in found) <= 17


def test_the_channel_that_buys_four_times_as_often_is_found() -> None:
    table = groups(crowd(3000, pull=4.0)).table.set_index("group")
    ratio = table.loc["referral", "repeats"] / table.loc["search", "repeats"]
    # Poisson purchases at rates of Gamma(.6, 1/42), those of the first channel four times as high
    assert 3.4 < ratio < 4.6
    assert table["differs"].all()


def test_costs_stand_beside_the_groups_that_know_them() -> None:
    known_costs = pd.DataFrame(
        [("channel", "search", 400, 9.0, 8.0, 10.0)],
        columns=["dimension", "segment", "customers", "cost", "low", "high"],
    )
    cost = AcquisitionCost(per_customer=Estimate(9.0), source="customers", by_group=known_costs)
    table = groups(crowd(), cost=cost).table.set_index("group")
    assert table.loc["search", "cost"] == 9
    assert np.isnan(table.loc["referral", "cost"])


def test_cohorts_that_may_hold_older_customers_are_left_out() -> None:
    # The data begin with 900 regulars of six purchases; 40 a month come after them, with two.
    regulars = [(6, 300, 330, 40.0)] * 900
    fresh = [(2, 100, age, 40.0) for age in (300, 270, 240, 210) for _ in range(40)]
    months = ["1997-08"] * 900 + ["1997-09"] * 40 + ["1997-10"] * 40 + ["1997-11"] * 40 + ["1997-12"] * 40
    found = newcomer(known(histories(*regulars, *fresh, cohort=months)))
    ages = np.array([330.0] * 900 + [300.0] * 40 + [270.0] * 40 + [240.0] * 40 + [210.0] * 40)
    expected = MODEL.expected_purchases(ages)
    all_made, new_made = (900 * 6 + 160 * 2) / expected.sum(), 160 * 2 / expected[900:].sum()
    assert found.left_out == ("1997-08",)
    assert found.customers == 160
    assert found.repeats.value == pytest.approx(float(MODEL.expected_purchases(365.0)) * new_made / all_made)
    few = newcomer(known(histories(*regulars, *fresh[:20], cohort=months[:920])))
    assert (few.left_out, few.customers) == ((), 920)


def test_refusals() -> None:
    few = known(histories(*[(1, 9, 90, 10.0)] * 29, *[(0, 0, 90, np.nan)] * 40))
    found = new_customer(few, FORECAST, margin(), horizon=horizon(), errors=NO_ERRORS, rng=np.random.default_rng(1))
    assert found == NotEnough("repeat_customers", 29, 30)
    assert new_customers_by(crowd(), FORECAST, NO_COST, by="channel", cost=NO_COST) is NO_COST
    one = new_customers_by(crowd(), FORECAST, newcomer(crowd()), by="first_category", cost=NO_COST)
    assert one == NotEnough("customers_in_segments", 0, 2)


def test_a_margin_of_nothing_leaves_nothing() -> None:
    found = newcomer(fifty(), first=0.0, repeat=0.0)
    assert (found.value.value, found.value.low, found.value.high) == (0.0, 0.0, 0.0)
    rows = [(2, 60, 300, 40.0)] * 250 + [(1, 60, 300, 40.0)] * 250
    today = known(histories(*rows, channel=["a"] * 250 + ["b"] * 250))
    table = groups(today, share=0.0).table
    assert table["value"].tolist() == [0.0, 0.0]
    assert not table["differs"].any()


def test_a_loss_has_the_interval_of_the_same_profit_mirrored_on_the_scale_of_money() -> None:
    loss, profit = newcomer(fifty(), first=-0.2, repeat=-0.2), newcomer(fifty(), first=0.2, repeat=0.2)
    assert loss.value.value == pytest.approx(-profit.value.value)
    # every first order is 50, so no chance is in it
    assert (loss.first.low, loss.first.value, loss.first.high) == pytest.approx((-10.0, -10.0, -10.0))
    sd = sd_behind(profit.value)
    assert sd > 0
    assert loss.value.low == pytest.approx(-profit.value.value - 1.644854 * sd)
    assert loss.value.high == pytest.approx(-profit.value.value + 1.644854 * sd)


def test_a_loss_on_the_first_order_and_profit_on_repeats_add_their_errors_in_money() -> None:
    paid, later = np.array([40.0, 60.0] * 25), np.array([90.0] * 30 + [30.0] + [0.0] * 19)
    found = newcomer(fifty(first_paid=paid, paid=paid + later), first=-0.3, repeat=0.4)
    times, each = found.repeats, (60 * 45 + 30) / 61
    assert found.first.value == pytest.approx(-15.0)
    assert found.money.value == pytest.approx(0.4 * each)
    first_sd = 0.3 * 10 / 50**0.5
    money_sd = 0.4 * (30 * (90 - 2 * each) ** 2 + (30 - each) ** 2) ** 0.5 / 61
    later_sd = np.hypot(times.value * money_sd, sd_behind(times) * found.money.value)
    half = 1.644854 * np.hypot(first_sd, later_sd)
    assert found.value.value == pytest.approx(-15 + times.value * 0.4 * each)
    assert (found.value.low, found.value.high) == pytest.approx((found.value.value - half, found.value.value + half))


def test_a_margin_that_may_be_a_loss_counts_with_its_own_error() -> None:
    # 1.96 standard deviations of the margin are .098, so one is .05: of 50 of a first order, 2.5.
    unsure = Estimate(0.0, low=-0.098, high=0.098, level=0.95)
    found = new_customer(
        fifty(),
        FORECAST,
        replace(margin(), first=unsure),
        horizon=horizon(),
        errors=NO_ERRORS,
        rng=np.random.default_rng(1),
    )
    assert made(found, NewCustomer).first.high == pytest.approx(1.644854 * 2.5, rel=1e-4)


def test_groups_of_a_loss_are_told_apart_only_by_more_than_chance() -> None:
    apart = [bool(groups(crowd(2000, seed=seed), share=-0.2).table["differs"].any()) for seed in range(20)]
    assert sum(apart) <= 6  # 10 % of the tables by construction
    table = groups(crowd(3000, pull=4.0), share=-0.2).table
    assert (table["low"] < table["value"]).all()
    assert (table["value"] < table["high"]).all()
    assert table["differs"].all()


def test_without_past_forecasts_of_money_those_of_purchases_count() -> None:
    table = pd.DataFrame({"total": "purchases", "cutoff": pd.date_range("1997-01-01", periods=6, freq="90D").date})
    table = table.assign(horizon_days=90, error=[0.4, -0.4] * 3, parameter=0.01, process=0.01)
    both = pd.concat([table, table.assign(total="revenue")])
    only, two = (newcomer(fifty(), errors=ForecastErrors(table=known)) for known in (table, both))
    assert only.value == two.value
    assert only.repeats == two.repeats
    assert only.value.high > newcomer(fifty()).value.high * 1.1
