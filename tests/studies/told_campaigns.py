"""Units of a simulated campaign in memory, as measures give them to models, and what each would have brought.

Told without tables, so that two hundred thousand customers take seconds: the columns are those that
`measures.experiment_features` makes of a store with sales, customers and assignments.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from retention_lib.settings.simulation import MOST, Simulation
from retention_lib.stores.simulation.coupons import delivery_costs
from retention_lib.stores.simulation.customers import _stated_income
from retention_lib.stores.simulation.graded import Graded, graded_effects, purchases
from retention_lib.stores.simulation.shop import open_shop, tell_story
from retention_lib.stores.simulation.stage import (
    AGE_BANDS,
    CHANNELS,
    CONTROL,
    INCOME_BANDS,
    REGIONS,
    REMOTE,
    Bools,
    Floats,
    Ints,
    Shop,
)
from retention_lib.stores.simulation.story import Story

CAMPAIGN = "offer_2"
"""The campaign told, in the eighth month of a store that is simulated for a year; the others are left out."""

MONTHS = 12
BEFORE_DAYS, FULL_DAYS = 180, 56
"""Days of history, and days from the start in which money counts: the window of 28 and as many after it."""

RESULTS = ("net_full", "orders_full", "conversion")

_WINDOW_DAYS = 28


@dataclass(frozen=True, kw_only=True, eq=False)
class ToldUnits:
    """Customers of a campaign, as `models.experiments.scores` takes them.

    Attributes:
        frame: One row a customer: `cluster` (household), `arm`, the features and `RESULTS`.
        kinds: The features, each a `number` or a `flag`.
        arms: The arms, control first.
        truth: Money that each customer brings in each arm, by customer and arm.
        remote: Whether the customer lives far from the stock.
        income: Code of the income told; -1 where none was.
    """

    frame: pd.DataFrame
    kinds: Mapping[str, str]
    arms: tuple[str, ...]
    truth: Floats = field(repr=False)
    remote: Bools = field(repr=False)
    income: Ints = field(repr=False)
    results: tuple[str, ...] = RESULTS
    control: str = CONTROL
    unit: str = "customer"

    @property
    def units_all(self) -> int:
        """Customers (count)."""
        return len(self.frame)


def campaign_shop(simulation: Simulation) -> Shop:
    """A shop with the one campaign; of customers as many blocks as are asked for."""
    shop = open_shop(simulation.model_copy(update={"customers": MOST}))
    return replace(shop, campaigns=tuple(one for one in shop.campaigns if one.id == CAMPAIGN))


def told_units(simulation: Simulation, customers: int) -> ToldUnits:
    """So many customers of the campaign.

    Args:
        simulation: The store; as many of its customers are told as it takes.
        customers: Customers who take part (count).
    """
    shop, have = campaign_shop(simulation), 0
    blocks: list[ToldUnits] = []
    while have < customers:
        blocks.append(_block(tell_story(shop, len(blocks))))
        have += len(blocks[-1].frame)
    first = blocks[0]
    return ToldUnits(
        frame=pd.concat([block.frame for block in blocks], ignore_index=True).iloc[:customers],
        kinds=first.kinds,
        arms=first.arms,
        truth=np.concatenate([block.truth for block in blocks])[:customers],
        remote=np.concatenate([block.remote for block in blocks])[:customers],
        income=np.concatenate([block.income for block in blocks])[:customers],
    )


def _block(story: Story) -> ToldUnits:
    """The customers of one block."""
    graded = next(one for one in graded_effects(story) if one.effect == CAMPAIGN)
    arms = (CONTROL, *(arm for arm in graded.arms if arm != CONTROL))
    who, people = graded.customer, story.people
    numbers, flags = _history(story, graded), _flags(story, who)
    frame = pd.DataFrame({"cluster": people.household[who], "arm": np.array(graded.arms)[graded.arm]})
    results = pd.DataFrame(_results(story, graded))
    return ToldUnits(
        frame=pd.concat([frame, pd.DataFrame({**numbers, **flags}), results], axis=1),
        kinds={**dict.fromkeys(numbers, "number"), **dict.fromkeys(flags, "flag")},
        arms=arms,
        truth=np.column_stack([_true_money(story, graded, arm) for arm in arms]),
        remote=np.isin(people.region[who], REMOTE),
        income=_stated_income(story)[who],
    )


def _history(story: Story, graded: Graded) -> dict[str, Floats]:
    """What customers bought before the campaign."""
    orders, start, n = story.orders, int(graded.started[0]), len(graded.customer)
    place = _places(story, graded)[orders.customer]
    kept = (orders.amount - orders.refunded) / 100
    late = (place >= 0) & (orders.day < start) & (orders.day >= start - BEFORE_DAYS)
    ever = (place >= 0) & (orders.day < start)
    last = np.full(n, -1.0)
    np.maximum.at(last, place[ever], orders.day[ever].astype(float))
    count = np.bincount(place[late], minlength=n).astype(float)
    revenue = np.bincount(place[late], weights=kept[late], minlength=n)
    profit = kept - (orders.cost - orders.refund_cost) / 100
    return {
        "orders_before": count,
        "revenue_before": revenue,
        "gross_profit_before": np.bincount(place[late], weights=profit[late], minlength=n),
        "mean_order_before": np.where(count > 0, revenue / np.maximum(count, 1), np.nan),
        "days_since_last": start - last,
        "days_since_first": (start - story.people.acquired[graded.customer]).astype(float),
    }


def _flags(story: Story, who: Ints) -> dict[str, Floats]:
    """What is known of customers, as 0 and 1."""
    people, income = story.people, _stated_income(story)
    words = (
        ("region", REGIONS, people.region),
        ("income", INCOME_BANDS, income),
        ("channel", CHANNELS, people.channel),
        ("age", AGE_BANDS, people.age_band),
        ("sex", ("female",), people.sex),
    )
    return {
        f"{name}_{value}": (codes[who] == code).astype(float)
        for name, values, codes in words
        for code, value in enumerate(values)
    }


def _results(story: Story, graded: Graded) -> dict[str, Floats]:
    """What customers did, as sales show it."""
    orders, start, n = story.orders, int(graded.started[0]), len(graded.customer)
    place, age = _places(story, graded)[orders.customer], orders.day - start
    full = (place >= 0) & (age >= 0) & (age < FULL_DAYS)
    net = orders.amount - orders.refunded - (orders.cost - orders.refund_cost) - delivery_costs(story, orders)
    window = full & (age < _WINDOW_DAYS)
    return {
        "net_full": np.bincount(place[full], weights=net[full] / 100, minlength=n),
        "orders_full": np.bincount(place[full], minlength=n).astype(float),
        "conversion": (np.bincount(place[window], minlength=n) > 0).astype(float),
    }


def _true_money(story: Story, graded: Graded, arm: str) -> Floats:
    """Money of each customer where all are in one arm, over the days in which a campaign can do anything."""
    bought = purchases(story, graded, graded.arms.index(arm))
    money = (bought.gross_profit - bought.offer_cost) / 100
    return np.bincount(bought.subject, weights=money, minlength=len(graded.customer)).astype(float)


def _places(story: Story, graded: Graded) -> Ints:
    """For each customer of the block the row; -1 for those who do not take part."""
    place = np.full(story.people.count, -1)
    place[graded.customer] = np.arange(len(graded.customer))
    return place
