from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from stores.simulation.told import story

from retention_lib.settings.tables import TABLES
from retention_lib.stores.simulation.experiments import assignments, outcomes, redemptions
from retention_lib.stores.simulation.messages import contacts
from retention_lib.stores.simulation.sales import transactions
from retention_lib.stores.simulation.stage import CONTROL, WINDOW_DAYS
from retention_lib.stores.simulation.story import Story
from retention_lib.stores.simulation.visits import web_events

MONEY = ["amount", "cost"]


def sales(told: Story) -> pd.DataFrame:
    """The orders of the table of sales, with what came back taken off at the time of the order."""
    frame = transactions(told).to_pandas().dropna(subset="customer_id")
    frame[MONEY] = frame[MONEY].astype(float)
    orders = frame.groupby(["customer_id", "order_id"], as_index=False).agg(
        ordered_at=("ordered_at", "min"),
        amount=("amount", "sum"),
        cost=("cost", "sum"),
        coupon_id=("coupon_id", "first"),
    )
    return orders.round(2)


def within(frame: pd.DataFrame, column: str, days: pd.Interval) -> pd.DataFrame:
    return frame[(frame[column] >= days.left) & (frame[column] < days.right)].copy()


def measured(told: Story, campaign_id: str) -> pd.DataFrame:
    """What an analyst makes of the tables for one experiment, indexed by customer."""
    start = next(one.start for one in told.shop.campaigns if one.id == campaign_id)
    first = pd.Timestamp(told.shop.calendar.dates[start])
    days = pd.Interval(first, first + pd.Timedelta(days=WINDOW_DAYS), closed="left")
    assigned = assignments(told).to_pandas().query("experiment_id == @campaign_id")
    orders = within(sales(told), "ordered_at", days)
    free = orders["coupon_id"].astype("str").str.endswith("free_delivery")
    value = redemptions(told).to_pandas().set_index("order_id")["value"].astype(float)
    orders["profit"] = orders["amount"] - orders["cost"] - orders["order_id"].map(value).where(free, 0.0)
    sums = orders.groupby("customer_id").agg(
        orders=("amount", lambda amounts: (amounts > 0).sum()), spend=("amount", "sum"), gross_profit=("profit", "sum")
    )
    seen = within(web_events(told).to_pandas(), "occurred_at", days)["customer_id"]
    found = assigned.set_index("customer_id")[[]].join(sums).fillna(0.0)
    found["visit"] = found.index.isin(seen) | found.index.isin(orders["customer_id"])
    return found.assign(conversion=found["orders"] > 0).astype(float)


@pytest.mark.parametrize("campaign_id", ["offer_2", "overlap_1", "broken_1"])
def test_outcomes_are_what_one_makes_of_the_tables(campaign_id: str) -> None:
    told = story()
    names = ["visit", "conversion", "orders", "spend", "gross_profit"]
    table = outcomes(told).to_pandas().query("experiment_id == @campaign_id").set_index("customer_id")
    expected = measured(told, campaign_id)[names]
    assert expected["conversion"].sum() > 50
    assert (expected["visit"] > expected["conversion"]).sum() > 50
    pd.testing.assert_frame_equal(table[names].astype(float), expected, atol=0.005, rtol=0)


def test_assignments_hold_the_arms_of_random_experiments() -> None:
    told = story(customers=2000, programme="invited")
    frame = assignments(told).to_pandas()
    place = frame["customer_id"].str[1:].astype(int)
    for row, campaign in enumerate(told.shop.campaigns):
        mine = frame["experiment_id"] == campaign.id
        if campaign.kind == "letter":
            assert not mine.any()
            continue
        listed = (told.fates.arm[row] >= 0) & ~told.fates.lost[row]
        assert place[mine].tolist() == np.flatnonzero(listed).tolist()
        assert frame.loc[mine, "variant"].tolist() == [campaign.arms[code] for code in told.fates.arm[row][listed]]
        stamp = pd.Timestamp(told.shop.calendar.dates[campaign.start]) + pd.Timedelta(minutes=5)
        assert (frame.loc[mine, "assigned_at"] == stamp).all()
    assert set(frame.loc[frame["experiment_id"] == "programme_invitation", "variant"]) == {"invite", CONTROL}


def test_the_broken_test_loses_treated_customers_and_says_so_nowhere() -> None:
    told = story()
    broken = next(place for place, campaign in enumerate(told.shop.campaigns) if campaign.broken)
    name = told.shop.campaigns[broken].id
    lost = {f"C{number:09d}" for number in np.flatnonzero(told.fates.lost[broken])}
    assert lost
    for table, column in ((assignments, "experiment_id"), (outcomes, "experiment_id"), (contacts, "campaign_id")):
        frame = table(told).to_pandas()
        assert not set(frame.loc[frame[column] == name, "customer_id"]) & lost
    counts = assignments(told).to_pandas().query("experiment_id == @name")["variant"].value_counts()
    assert counts["discount20"] < 0.95 * counts[CONTROL]
    whole = assignments(story(broken_split=0.0)).to_pandas().query("experiment_id == @name")["variant"].value_counts()
    assert 0.95 < whole["discount20"] / whole[CONTROL] < 1.05


def test_strata_are_purchases_before() -> None:
    told = story()
    campaign = told.shop.campaigns[0]
    frame = assignments(told).to_pandas().query("experiment_id == @campaign.id")
    days = told.orders.day < campaign.start
    before = np.bincount(told.orders.customer[days], minlength=told.people.count)
    expected = pd.cut(before[frame["customer_id"].str[1:].astype(int)], [-1, 1, 4, np.inf], labels=["0-1", "2-4", "5+"])
    assert frame["stratum"].tolist() == list(expected)
    assert frame["stratum"].nunique() == 3


def test_redemptions_are_the_orders_with_a_coupon() -> None:
    told = story()
    columns = ["customer_id", "order_id", "coupon_id", "at"]
    used = redemptions(told).to_pandas().rename(columns={"redeemed_at": "at"})
    sold = sales(told).dropna(subset="coupon_id").rename(columns={"ordered_at": "at"})
    for frame in (used, sold):
        frame["coupon_id"] = frame["coupon_id"].astype(str)
    assert len(used) > 300
    pd.testing.assert_frame_equal(used[columns], sold[columns].reset_index(drop=True))
    assert (used["coupon_id"].str.rsplit("-", n=1).str[0] == used["campaign_id"]).all()
    assert (used["value"] > 0).all()
    assigned = assignments(story(broken_split=0.0)).to_pandas()
    arms = assigned.assign(coupon_id=assigned["experiment_id"].astype(str) + "-" + assigned["variant"].astype(str))
    assert len(used.merge(arms, on=["customer_id", "coupon_id"])) == len(used)


def test_an_experiment_that_is_not_over_has_no_outcomes() -> None:
    told = story()
    first, *others = told.shop.campaigns
    late = replace(first, start=told.shop.calendar.days - WINDOW_DAYS + 1)
    moved = replace(told, shop=replace(told.shop, campaigns=(late, *others)))
    assert first.id in set(outcomes(told).to_pandas()["experiment_id"])
    assert first.id not in set(outcomes(moved).to_pandas()["experiment_id"])


def test_the_columns_are_those_of_the_contract() -> None:
    told = story()
    assert tuple(assignments(told).column_names) == TABLES["assignments"].names
    assert tuple(redemptions(told).column_names) == TABLES["redemptions"].names
    assert tuple(outcomes(told).column_names[:2]) == TABLES["outcomes"].names


def test_a_store_without_campaigns_has_the_tables_without_rows() -> None:
    told = story(customers=1000)
    arm: Any = told.fates.arm[:0]
    fates = replace(told.fates, arm=arm, lost=arm > 0, purchases_before=arm)
    orders = replace(told.orders, coupon=np.full(told.orders.count, -1))
    bare = replace(told, shop=replace(told.shop, campaigns=()), fates=fates, orders=orders)
    for table in (assignments, outcomes, redemptions):
        empty, full = table(bare), table(told)
        assert empty.num_rows == 0
        assert empty.schema == full.schema
    assert contacts(bare).schema == contacts(told).schema
    assert contacts(bare)["offer"].null_count == contacts(bare).num_rows > 0
