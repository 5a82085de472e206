from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pandas as pd
from stores.simulation.members import assert_contract, told

from retention_lib.stores.simulation.costs import CostSums, cost_sums, costs
from retention_lib.stores.simulation.customers import customers
from retention_lib.stores.simulation.experiments import redemptions
from retention_lib.stores.simulation.ledger import loyalty_events
from retention_lib.stores.simulation.messages import contacts
from retention_lib.stores.simulation.story import Story


def sums_of(story: Story) -> CostSums:
    return cost_sums(story, contacts=contacts(story), loyalty_events=loyalty_events(story))


def by_month(frame: pd.DataFrame, stamp: str, value: str, months: list[str]) -> list[Decimal]:
    """The sum of a column of money in each month, by pandas."""
    found = frame.dropna(subset=[value]).groupby(frame[stamp].dt.strftime("%Y-%m"))[value].sum()
    return [Decimal(found.get(month, 0)) for month in months]


def test_costs_are_the_sums_of_the_other_tables() -> None:
    story = told()
    table = costs(story.shop, sums_of(story))
    assert_contract(table, "costs")
    frame = table.to_pandas()
    months = frame.month.tolist()
    assert months == [str(month) for month in pd.period_range("2024-07", "2026-06", freq="M")]
    people, events, sent = (make(story).to_pandas() for make in (customers, loyalty_events, contacts))
    assert frame.acquisition.tolist() == by_month(people, "acquired_at", "acquisition_cost", months)
    used = redemptions(story).to_pandas()
    free = used[used.coupon_id.str.endswith("free_delivery")]  # of a discount the revenue tells already
    messages, deliveries = by_month(sent, "sent_at", "cost", months), by_month(free, "redeemed_at", "value", months)
    assert frame.retention.tolist() == [sum(both) for both in zip(messages, deliveries, strict=True)]
    assert sum(deliveries) > 0
    points = by_month(events, "occurred_at", "value", months)
    won = people.groupby(people.acquired_at.dt.strftime("%Y-%m")).size().reindex(months).cumsum()
    started = str(story.shop.calendar.dates[story.shop.programme_start])[:7]
    running = [2 * int(count) if month >= started else 0 for month, count in won.items()]
    assert frame.loyalty_running.tolist() == [sum(both) for both in zip(points, running, strict=True)]
    assert frame.loyalty_running.iloc[0] == 0
    assert frame.loyalty_running.iloc[-1] > running[-1]


def test_sums_of_blocks_add_up() -> None:
    one = sums_of(told())
    both = one.added(one)
    assert all((vars(both)[name] == 2 * values).all() for name, values in vars(one).items())
    assert all(values.dtype == np.int64 for values in vars(one).values())


def test_without_a_programme_loyalty_costs_nothing() -> None:
    story = told()
    sums = replace(sums_of(story), points=np.zeros(24, dtype=np.int64))
    shop = replace(story.shop, programme_start=story.shop.calendar.days)
    assert set(costs(shop, sums)["loyalty_running"].to_pylist()) == {Decimal("0.00")}
