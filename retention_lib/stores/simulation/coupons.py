"""Coupons of campaigns: where one is used, and what it is worth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pyarrow as pa

from retention_lib.stores.simulation.arrays import named
from retention_lib.stores.simulation.stage import CONTROL, OFFER_DAYS, Campaign, Ints, Shop
from retention_lib.stores.simulation.story import Baskets, Occasions, Orders, Story

DELIVERY_FEE = 29_000
"""What a delivery costs, in cents: the customer pays it, or the shop where a coupon makes it free."""

FREE_DELIVERY, DISCOUNT = "free_delivery", "discount20"
"""The arms of a campaign that give a coupon."""

TILL = 2
"""The channel (code) without a delivery."""

_NO_LISTS: Mapping[int, Ints] = MappingProxyType({})
_PART = 5  # a fifth of the goods' price is 20 % off
_NOTHING, _DELIVERY, _PRICE = 0, 1, 2
_GIVES = {FREE_DELIVERY: _DELIVERY, DISCOUNT: _PRICE}


@dataclass(frozen=True, kw_only=True)
class CouponValues:
    """What coupons are worth, in cents; arrays over occasions, 0 where none was used.

    Attributes:
        price: What a coupon takes off the goods' price: `amount` is less by it.
        delivery: What the delivery costs the shop that a coupon makes free: a cost of the offer, not part of `amount`.
    """

    price: Ints
    delivery: Ints

    @property
    def total(self) -> Ints:
        """What the coupon is worth to the customer."""
        return self.price + self.delivery


def coupon_campaigns(
    shop: Shop, occasions: Occasions, baskets: Baskets, arm: Ints, *, first: Mapping[int, Ints] = _NO_LISTS
) -> Ints:
    """For each occasion the campaign (place in the plan) whose coupon is used; -1 for none.

    A coupon is used on every purchase while the offer is valid, where the customer cares (`uses_coupon`); one for free
    delivery not in a shop. Of two offers the later one counts. The world's purchases are not asked for: what holds for
    an occasion holds in each world where it happens and customers have these arms.

    Args:
        shop: What all blocks share.
        occasions: The occasions.
        baskets: What is in their baskets.
        arm: Campaigns by customers: the arm each is in, as in `Fates`; -1 where not taking part.
        first: For each list, by its place in the plan, the first day on which it works (arrays over customers).
    """
    used = np.full(len(occasions.day), -1, dtype=np.int64)
    for place, campaign in enumerate(shop.campaigns):
        if campaign.kind not in ("offer", "list"):
            continue
        began = first[place][occasions.customer] if campaign.kind == "list" else campaign.start
        age = occasions.day - began
        valid = np.flatnonzero((age >= 0) & (age < OFFER_DAYS) & baskets.uses_coupon)
        gives = _gives(campaign)[arm[place, occasions.customer[valid]]]
        delivered = baskets.channel[valid] != TILL
        used[valid[(gives == _PRICE) | ((gives == _DELIVERY) & delivered)]] = place
    return used


def coupon_values(shop: Shop, occasions: Occasions, coupon: Ints, arm: Ints, goods: Ints) -> CouponValues:
    """What the coupons used are worth.

    Args:
        shop: What all blocks share.
        occasions: The occasions.
        coupon: The campaign of each, from `coupon_campaigns`.
        arm: The arms from which it was made.
        goods: Money of each occasion before coupons, promotions taken off, in cents.
    """
    gives = _given(shop, coupon, occasions.customer, arm)
    return CouponValues(
        price=np.where(gives == _PRICE, goods // _PART, 0),
        delivery=np.where(gives == _DELIVERY, DELIVERY_FEE, 0),
    )


def _given(shop: Shop, coupon: Ints, customer: Ints, arm: Ints) -> Ints:
    """What the coupons used were for."""
    gives = np.full(len(coupon), _NOTHING)
    for place, campaign in enumerate(shop.campaigns):
        users = np.flatnonzero(coupon == place)
        gives[users] = _gives(campaign)[arm[place, customer[users]]]
    return gives


def _gives(campaign: Campaign) -> Ints:
    """What the coupon of each arm is for; the last place is for customers who do not take part (-1)."""
    return np.array([_GIVES.get(arm, _NOTHING) for arm in (*campaign.arms, CONTROL)])


def coupon_ids(shop: Shop, coupon: Ints, customer: Ints, arm: Ints) -> pa.Array:
    """The ids of coupons, such as `offer_1-discount20`; null for none.

    Args:
        shop: What all blocks share.
        coupon: The campaign (place in the plan) of each; -1 for none.
        customer: Place of the customer of each in the block.
        arm: Campaigns by customers: the arm each is in.
    """
    names = [f"{campaign.id}-{name}" for campaign in shop.campaigns for name in campaign.arms]
    first = np.cumsum([0, *(len(campaign.arms) for campaign in shop.campaigns)])
    used = coupon >= 0
    codes = np.full(len(coupon), -1, dtype=np.int64)
    codes[used] = first[coupon[used]] + arm[coupon[used], customer[used]]
    return named(codes, names)


def delivery_costs(story: Story, orders: Orders) -> Ints:
    """What deliveries cost the shop, in cents, where a coupon made them free.

    Args:
        story: The block.
        orders: Its orders, or some of them.
    """
    gives = _given(story.shop, orders.coupon, orders.customer, story.fates.arm)
    return np.where(gives == _DELIVERY, orders.coupon_value, 0)
