"""What the shop's tests and coupons leave in the tables: who was in which arm, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from retention_lib.stores.simulation.arrays import moments, money, named, numbers, summed
from retention_lib.stores.simulation.columns import picked, stacked
from retention_lib.stores.simulation.coupons import coupon_ids, delivery_costs
from retention_lib.stores.simulation.ids import customer_ids, order_ids
from retention_lib.stores.simulation.stage import WINDOW_DAYS, Bools, Ints, Shop
from retention_lib.stores.simulation.story import Story
from retention_lib.stores.simulation.visits import SiteVisits, site_visits

STRATA, STRATUM_FROM = ("0-1", "2-4", "5+"), (2, 5)
"""The strata of experiments, by purchases before, and where the second and the third begin."""

ASSIGNED_SECOND = 5 * 60
"""The second of the day at which an experiment assigns its customers."""


def experiments(shop: Shop) -> tuple[int, ...]:
    """The campaigns (places in the plan) that are experiments; letters go to those chosen by score."""
    return tuple(place for place, campaign in enumerate(shop.campaigns) if campaign.kind != "letter")


def listed(story: Story, campaign: int) -> Bools:
    """Who takes part in a campaign, as far as the tables know: a broken test lost some.

    Args:
        story: The block.
        campaign: The campaign (place in the plan).
    """
    return (story.fates.arm[campaign] >= 0) & ~story.fates.lost[campaign]


def arm_names(story: Story, campaign: Ints, customer: Ints) -> pa.Array:
    """The names of the arms in which customers are; null where the campaign is -1.

    Args:
        story: The block.
        campaign: Campaigns (places in the plan).
        customer: The customer to each (place in the block).
    """
    names = tuple(dict.fromkeys(arm for one in story.shop.campaigns for arm in one.arms))
    codes = np.full(len(campaign), -1)
    for place, one in enumerate(story.shop.campaigns):
        here = np.flatnonzero(campaign == place)
        of_arms = np.array([names.index(arm) for arm in one.arms])
        codes[here] = of_arms[story.fates.arm[place, customer[here]]]
    return named(codes, names)


def assignments(story: Story) -> pa.Table:
    """The table `assignments` of the block."""
    places = experiments(story.shop)
    part = np.array([listed(story, place) for place in places], dtype=bool).reshape(len(places), story.people.count)
    customer, chosen = np.nonzero(part.T)
    campaign = np.array(places, dtype=np.int64)[chosen]
    day = _starts(story.shop)[campaign]
    before = story.fates.purchases_before[campaign, customer]
    return pa.table(
        {
            "customer_id": customer_ids(story, customer, day),
            "experiment_id": named(campaign, _names(story.shop)),
            "variant": arm_names(story, campaign, customer),
            "assigned_at": moments(story.shop.calendar, day, np.full(len(day), ASSIGNED_SECOND)),
            "stratum": named(np.searchsorted(STRATUM_FROM, before, side="right"), STRATA),
        }
    )


def _starts(shop: Shop) -> Ints:
    """The day on which each campaign starts."""
    return np.array([campaign.start for campaign in shop.campaigns], dtype=np.int64)


def _names(shop: Shop) -> list[str]:
    return [campaign.id for campaign in shop.campaigns]


def redemptions(story: Story) -> pa.Table:
    """The table `redemptions` of the block: coupons used."""
    used = picked(story.orders, np.flatnonzero(story.orders.coupon >= 0))
    return pa.table(
        {
            "customer_id": customer_ids(story, used.customer, used.day),
            "coupon_id": coupon_ids(story.shop, used.coupon, used.customer, story.fates.arm),
            "campaign_id": named(used.coupon, _names(story.shop)),
            "redeemed_at": moments(story.shop.calendar, used.day, used.second),
            "order_id": order_ids(used.number),
            "value": money(used.coupon_value),
        }
    )


@dataclass(frozen=True, kw_only=True)
class Outcomes:
    """What came of experiments within `WINDOW_DAYS` of their start; arrays over customers assigned, by customer.

    Attributes:
        customer: Place of the customer in the block.
        campaign: Place of the experiment in the plan.
        visited: Whether the customer was seen on the site, or bought.
        orders: Orders of which something was kept (count).
        spend: Net money of the orders made within it, refunds taken off whenever they came, in cents.
        gross_profit: The same less what the goods cost and the deliveries that coupons made free, in cents.
    """

    customer: Ints
    campaign: Ints
    visited: Bools
    orders: Ints
    spend: Ints
    gross_profit: Ints


def outcomes(story: Story) -> pa.Table:
    """The table `outcomes` of the block: a row a customer of each experiment that ends inside the window."""
    measured = measured_outcomes(story)
    return pa.table(
        {
            "customer_id": customer_ids(story, measured.customer, _starts(story.shop)[measured.campaign]),
            "experiment_id": named(measured.campaign, _names(story.shop)),
            "visit": numbers(measured.visited.astype(np.int64)),
            "conversion": numbers((measured.orders > 0).astype(np.int64)),
            "orders": numbers(measured.orders),
            "spend": money(measured.spend),
            "gross_profit": money(measured.gross_profit),
        }
    )


def measured_outcomes(story: Story) -> Outcomes:
    """What came of every experiment for the block's customers."""
    visits, starts = site_visits(story), _starts(story.shop)
    seen = picked(visits, np.flatnonzero(visits.known))
    parts = [
        _outcomes(story, place, visits=seen)
        for place in experiments(story.shop)
        if starts[place] + WINDOW_DAYS <= story.shop.calendar.days
    ]
    if not parts:
        none = np.empty(0, dtype=np.int64)
        return Outcomes(customer=none, campaign=none, visited=none > 0, orders=none, spend=none, gross_profit=none)
    every = stacked(parts)
    return picked(every, np.lexsort((every.campaign, every.customer)))


def _outcomes(story: Story, campaign: int, *, visits: SiteVisits) -> Outcomes:
    """What came of one experiment."""
    who, start = np.flatnonzero(listed(story, campaign)), story.shop.campaigns[campaign].start
    orders = picked(story.orders, _within(story.orders.day, start))
    kept = orders.amount - orders.refunded
    profit = kept - (orders.cost - orders.refund_cost) - delivery_costs(story, orders)
    visitors = np.concatenate([visits.customer[_within(visits.day, start)], orders.customer])
    return Outcomes(
        customer=who,
        campaign=np.full(len(who), campaign),
        visited=np.isin(who, visitors),
        orders=summed((kept > 0).astype(np.int64), orders.customer, story.people.count)[who],
        spend=summed(kept, orders.customer, story.people.count)[who],
        gross_profit=summed(profit, orders.customer, story.people.count)[who],
    )


def _within(day: Ints, start: int) -> Bools:
    """Whether days lie in those of a test."""
    return (day >= start) & (day < start + WINDOW_DAYS)
