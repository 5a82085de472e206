"""What the triggers find in a simulated shop, against what is true of it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from measures.actions.trigger_shop import told
from studies.simulated_shops import SimulatedShop
from studies.told_stores import ToldStore

from retention_lib.measures.actions.context import TriggerContext
from retention_lib.measures.actions.second_order import second_order_day
from retention_lib.measures.actions.triggers_orders import after_sale, reactivation, review_request, welcome
from retention_lib.measures.actions.triggers_person import birthday, new_arrivals, rescue
from retention_lib.measures.actions.triggers_site import abandoned_cart, browsed_category, retargeting
from retention_lib.settings.playbook import Playbook
from retention_lib.settings.scenarios import (
    AbandonedCartScenario,
    AfterSaleScenario,
    BirthdayScenario,
    BrowsedCategoryScenario,
    NewArrivalsScenario,
    ReactivationScenario,
    RescueScenario,
    RetargetingScenario,
    ReviewRequestScenario,
    WelcomeScenario,
)
from retention_lib.settings.simulation import Simulation
from retention_lib.stores.simulation.hours import DAY_SECONDS
from retention_lib.stores.simulation.ids import customer_ids
from retention_lib.stores.simulation.visits import site_visits

UNTIL = date(2026, 7, 1)


@pytest.fixture(scope="module")
def shop() -> SimulatedShop:
    return SimulatedShop(Simulation(customers=4_000, months=18, until=date(2026, 6, 30), seed=11))


@pytest.fixture(scope="module")
def context(shop: SimulatedShop) -> TriggerContext:
    store: Any = ToldStore(shop.stories)
    return TriggerContext(store=store, until=UNTIL, start=UNTIL, playbook=Playbook())


@pytest.fixture(scope="module")
def orders(shop: SimulatedShop) -> pd.DataFrame:
    """The true orders, with the days since each."""
    found = shop.truth("orders")
    return found.assign(ago=(pd.Timestamp(UNTIL) - found["ordered_on"]).dt.days)


def test_abandoned_carts_are_those_that_the_simulator_left(shop: SimulatedShop, context: TriggerContext) -> None:
    scenario = AbandonedCartScenario(delays_hours=[24], fresh_days=21)
    expected = set()
    for story in shop.stories:
        visits, made = site_visits(story), story.orders
        second = DAY_SECONDS * visits.day + visits.second + visits.length
        left = visits.cart & visits.known & (visits.order < 0) & (visits.day >= story.shop.calendar.days - 21)
        last = np.full(story.people.count, -1)
        np.maximum.at(last, visits.customer[left], second[left])
        bought = np.full(story.people.count, -1)
        np.maximum.at(bought, made.customer, DAY_SECONDS * made.day + made.second)
        who = np.flatnonzero((last >= 0) & (last > bought))
        expected |= set(customer_ids(story, who, np.zeros(len(who), dtype=np.int64)).to_pylist())
    assert len(expected) > 50
    assert set(told(abandoned_cart(context, scenario))) == expected


def test_welcomed_customers_have_ordered_once(context: TriggerContext, orders: pd.DataFrame) -> None:
    found = told(welcome(context, WelcomeScenario(within_days=7, fresh_days=30)))
    days = orders.groupby("customer_id")["ordered_on"].agg(["nunique", "max"])
    once = days[days["nunique"] == 1]["max"]
    new = once[once.dt.date >= UNTIL - timedelta(days=36)]
    late = new[new.dt.date >= UNTIL]  # due when the plan is over
    assert late.empty
    # Some brought back all that they had ordered; others all of a later order.
    assert len(set(new.index) - set(found)) <= 0.05 * len(new)
    assert len(set(found) - set(new.index)) <= 0.05 * len(found)
    assert len(found) > 50


def test_day_of_the_second_order_is_early(context: TriggerContext) -> None:
    # Rates of buying are gamma-distributed, so that the hazard of a second order falls with time.
    assert second_order_day(context.purchases, first_day=date(2025, 1, 1), until=UNTIL) <= 21


@pytest.mark.parametrize("rule", ["silence", "overdue"])
def test_most_of_the_silent_have_left(shop: SimulatedShop, context: TriggerContext, rule: Any) -> None:
    found = told(reactivation(context, ReactivationScenario(rule=rule, silence_days=60, most_days=540)))
    truth = shop.truth("customers").set_index("customer_id")
    left = truth["left_at"].notna()
    silent = left.index.isin(list(found))
    assert silent.sum() > 200
    assert left[silent].mean() > left[~silent].mean() + 0.2


def test_goods_have_arrived_where_care_and_reviews_are_offered(context: TriggerContext, shop: SimulatedShop) -> None:
    lines = shop.table("transactions")
    lines = lines[lines["customer_id"].notna() & (lines["ordered_at"] < pd.Timestamp(UNTIL))]
    sold = lines[lines["amount"] > 0]
    at = sold["delivered_at"].fillna(sold["ordered_at"].where(sold["promised_at"].isna()))
    by = [sold["customer_id"], sold["order_id"]]
    handed = at.groupby(by).max()[~at.isna().groupby(by).any()]
    net = lines.groupby(["customer_id", "order_id"])["amount"].sum()
    kept = handed[net.loc[handed.index] > 0]
    due, start = kept + pd.Timedelta(days=3), pd.Timestamp(UNTIL)
    soon = kept[(due < start + pd.Timedelta(days=7)) & (due + pd.Timedelta(days=14) > start)]
    expected = soon.groupby("customer_id").max()
    found = told(after_sale(context, AfterSaleScenario(days=3, fresh_days=14)))
    assert len(expected) > 50
    assert {name: row[0] for name, row in found.items()} == expected.dt.strftime("%m-%d %H:%M").to_dict()
    asked = told(review_request(context, ReviewRequestScenario(days=3, fresh_days=14)))
    assert set(asked) < set(found)


def test_who_complained_is_not_asked_for_a_review(context: TriggerContext, orders: pd.DataFrame) -> None:
    asked = told(review_request(context, ReviewRequestScenario(days=10, fresh_days=14)))
    assert len(asked) > 30
    # Of those who reviewed badly lately, some have ordered again since.
    last = orders[orders["ago"] > 0].sort_values("ordered_on").groupby("customer_id").tail(1)
    unhappy = set(last.loc[last["bad_review"], "customer_id"])
    saved = told(rescue(context, RescueScenario(days=60, fresh_days=60)))
    reviewed = {name for name, row in saved.items() if row[3] == "review"}
    assert not reviewed & unhappy & set(asked)


def test_rescued_reviewers_had_a_bad_order_that_nobody_answered(context: TriggerContext, orders: pd.DataFrame) -> None:
    found = told(rescue(context, RescueScenario(days=60, fresh_days=60)))
    reviewed = {name for name, row in found.items() if row[3] == "review"}
    bad = orders[orders["bad_review"] & ~orders["answered"]]
    assert reviewed
    assert reviewed <= set(bad["customer_id"])


def test_visitors_of_the_audience_have_not_bought_lately(context: TriggerContext, orders: pd.DataFrame) -> None:
    found = told(retargeting(context, RetargetingScenario(days=14)))
    lately = set(orders.loc[orders["ago"] <= 14, "customer_id"])
    assert len(found) > 50
    assert not set(found) & lately


def test_browsed_category_is_mostly_the_favourite_one(context: TriggerContext, shop: SimulatedShop) -> None:
    found = told(browsed_category(context, BrowsedCategoryScenario(views=2, days=28, fresh_days=30)))
    favourite = shop.truth("customers").set_index("customer_id")["favourite"]
    hits = [favourite[name] == row[3] for name, row in found.items()]
    assert len(hits) > 50
    assert np.mean(hits) > 2 / 8  # eight categories


def test_one_in_ten_has_a_birthday_in_the_month_and_the_week_after(
    context: TriggerContext, shop: SimulatedShop
) -> None:
    found = told(birthday(context, BirthdayScenario(days_ahead=7)))
    known = shop.table("customers")["birth_date"].notna().sum()
    share = len(found) / known
    assert abs(share - 38 / 365) < 4 * np.sqrt(0.1 * 0.9 / known)


def test_nothing_is_new_in_a_shop_whose_products_never_change(context: TriggerContext) -> None:
    assert told(new_arrivals(context, NewArrivalsScenario())) == {}
