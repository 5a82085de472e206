"""What the shop's tests and coupons leave in the tables: who was in which arm, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from retention_lib.stores.simulation.arrays import moments, money, named, numbers, summed
from retention_lib.stores.simulation.columns import picked, stacked
from retention_lib.stores.simulation.coupons import coupon_ids, delivery_costs
from retention_lib.stores.simulation.ids import customer_ids, order_ids
from retention_lib.stores.simulation.members import LEFT_ALONE
from retention_lib.stores.simulation.stage import LIST_ARMS, WINDOW_DAYS, Bools, Ints, Shop
from retention_lib.stores.simulation.story import Story
from retention_lib.stores.simulation.visits import SiteVisits, site_visits

STRATA, STRATUM_FROM = ("0-1", "2-4", "5+"), (2, 5)
"""The strata of experiments, by purchases before, and where the second and the third begin."""

ASSIGNED_SECOND = 5 * 60
"""The second of the day at which an experiment assigns its customers."""


TREATMENT, LEFT_OUT = "treatment", "control"
"""The variants of a list in the tables, whatever the treated are offered."""


def experiments(shop: Shop) -> tuple[int, ...]:
    """The campaigns (places in the plan) that are experiments; letters go to those chosen by score."""
    return tuple(place for place, campaign in enumerate(shop.campaigns) if campaign.kind != "letter")


def measured(shop: Shop) -> tuple[int, ...]:
    """The experiments (places in the plan) that end in the window and whose outcomes the shop keeps: no lists."""
    plan, days = shop.campaigns, shop.calendar.days
    ended = (place for place in experiments(shop) if plan[place].start + WINDOW_DAYS <= days)
    return tuple(place for place in ended if plan[place].kind != "list")


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


def offer_names(story: Story, campaign: Ints, customer: Ints) -> pa.Array:
    """As `arm_names`, but that a message of a list without an offer has none."""
    lists = np.array([place for place, members in story.fates.members.items()], dtype=np.int64)
    inside = np.isin(campaign, lists)
    plain = np.zeros(len(campaign), dtype=np.bool_)
    plain[inside] = story.fates.arm[campaign[inside], customer[inside]] == LIST_ARMS.index("letter")
    return arm_names(story, np.where(plain, -1, campaign), customer)


def assignments(story: Story) -> pa.Table:
    """The table `assignments` of the block."""
    places = experiments(story.shop)
    part = np.array([listed(story, place) for place in places], dtype=bool).reshape(len(places), story.people.count)
    customer, chosen = np.nonzero(part.T)
    campaign = np.array(places, dtype=np.int64)[chosen]
    day, second = _assigned(story, campaign, customer)
    before = story.fates.purchases_before[campaign, customer]
    return pa.table(
        {
            "customer_id": customer_ids(story, customer, day),
            "experiment_id": named(campaign, _names(story.shop)),
            "variant": _variants(story, campaign, customer),
            "assigned_at": moments(story.shop.calendar, day, second),
            "stratum": named(np.searchsorted(STRATUM_FROM, before, side="right"), STRATA),
        }
    )


def _assigned(story: Story, campaign: Ints, customer: Ints) -> tuple[Ints, Ints]:
    """The day and the second at which customers are assigned; to a list at the planned time of sending."""
    day, second = _starts(story.shop)[campaign], np.full(len(campaign), ASSIGNED_SECOND)
    for place, members in story.fates.members.items():
        here = np.flatnonzero(campaign == place)
        day[here], second[here] = members.day[customer[here]], members.second[customer[here]]
    return day, second


def _variants(story: Story, campaign: Ints, customer: Ints) -> pa.Array:
    """The arms in which customers are, by name; of a list whether they are contacted at all."""
    arms = arm_names(story, campaign, customer)
    lists = np.isin(campaign, list(story.fates.members))
    if not lists.any():
        return arms
    alone = story.fates.arm[campaign, customer] == LEFT_ALONE
    sides = named(np.where(lists, alone.astype(np.int64), -1), (TREATMENT, LEFT_OUT))
    return pc.if_else(pa.array(lists), sides.cast(pa.string()), arms.cast(pa.string())).dictionary_encode()


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
    """The table `outcomes` of the block: a row a customer of each experiment that ends inside the window, no lists."""
    found = measured_outcomes(story)
    return pa.table(
        {
            "customer_id": customer_ids(story, found.customer, _starts(story.shop)[found.campaign]),
            "experiment_id": named(found.campaign, _names(story.shop)),
            "visit": numbers(found.visited.astype(np.int64)),
            "conversion": numbers((found.orders > 0).astype(np.int64)),
            "orders": numbers(found.orders),
            "spend": money(found.spend),
            "gross_profit": money(found.gross_profit),
        }
    )


def measured_outcomes(story: Story) -> Outcomes:
    """What came of every experiment for the block's customers, but for lists."""
    visits = site_visits(story)
    seen = picked(visits, np.flatnonzero(visits.known))
    parts = [_outcomes(story, place, visits=seen) for place in measured(story.shop)]
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
