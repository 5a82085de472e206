"""The orders that happened: at what time, how they were delivered, with which coupon, and for how much."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from retention_lib.stores.simulation.arrays import ranks, summed
from retention_lib.stores.simulation.baskets import drawn, edges_of
from retention_lib.stores.simulation.calendar import weekdays
from retention_lib.stores.simulation.coupons import TILL, coupon_campaigns, coupon_values
from retention_lib.stores.simulation.hours import favourite_hours, online_seconds
from retention_lib.stores.simulation.lines import sold_lines
from retention_lib.stores.simulation.people import CARRIER_SHARES
from retention_lib.stores.simulation.stage import REGIONS, REMOTE, Bools, Ints, Shop, promised_days
from retention_lib.stores.simulation.story import Baskets, Fates, Occasions, Orders, People

ORDERS_OF_BLOCK = 10_000_000
"""From one block's first order number to that of the next (count)."""

_HOURS = np.array(
    [
        [10, 5, 2, 1, 1, 2, 6, 14, 26, 38, 46, 50, 54, 52, 46, 44, 46, 50, 58, 66, 72, 70, 50, 26],  # weekdays
        [16, 9, 4, 2, 1, 2, 4, 8, 18, 34, 52, 62, 66, 64, 60, 58, 56, 56, 58, 62, 66, 64, 48, 28],  # weekends
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 12, 30, 42, 52, 50, 42, 42, 46, 56, 66, 58, 36, 0, 0, 0],  # the till
    ]
)
_AT_TILL = 2
_USUAL_HOUR = 0.5
_FRIDAY = 4

_LATE = 0.08
_LATE_CARRIER = np.array([0.6, 1.0, 1.8])
_LATE_REMOTE, _LATE_DECEMBER = 1.8, 1.8
_LATE_BEFORE_BAD_REVIEW = 0.5
_LATE_DAYS, _LATEST = 2.0, 21
_COURIER_STARTS, _COURIER_ENDS = 9 * 3600, 21 * 3600


def orders(shop: Shop, block: int, people: People, occasions: Occasions, fates: Fates, baskets: Baskets) -> Orders:
    """The orders of a block that happened.

    Args:
        shop: What all blocks share.
        block: The block's number, from 0.
        people: Its customers.
        occasions: Their purchases, in all worlds.
        fates: In which arms they are.
        baskets: What is in their baskets.
    """
    occasion = np.flatnonzero((occasions.bought & 1) != 0)
    customer, day = occasions.customer[occasion], occasions.day[occasion]
    way = _deliveries(shop, block, people, occasions, baskets)
    used_up = (occasions.used_up & 1).astype(np.int64)
    goods = baskets.amount + used_up * baskets.extra_amount
    coupon = coupon_campaigns(shop, occasions, baskets, fates.arm, first=fates.list_days)
    value = coupon_values(shop, occasions, coupon, fates.arm, goods)
    found = Orders(
        occasion=occasion,
        customer=customer,
        day=day,
        second=_seconds(shop, block, people, occasions, baskets)[occasion],
        number=block * ORDERS_OF_BLOCK + np.arange(len(occasion)),
        rank=ranks(customer),
        channel=baskets.channel[occasion],
        carrier=way.carrier[occasion],
        promised=way.promised[occasion],
        delivered_day=way.day[occasion],
        delivered_second=way.second[occasion],
        late=way.late[occasion],
        coupon=coupon[occasion],
        coupon_value=value.total[occasion],
        amount=(goods - value.price)[occasion],
        cost=(baskets.cost + used_up * baskets.extra_cost)[occasion],
        refunded=np.zeros_like(occasion),
        refund_cost=np.zeros_like(occasion),
    )
    lines = sold_lines(shop, block, occasions, baskets, found)
    back = lines.order[lines.back]
    return replace(
        found,
        refunded=summed(lines.amount[lines.back], back, found.count),
        refund_cost=summed(lines.cost[lines.back], back, found.count),
    )


def _seconds(shop: Shop, block: int, people: People, occasions: Occasions, baskets: Baskets) -> Ints:
    """The second of the day of each occasion: on the site, half of the time near the customer's favourite hour."""
    rng, size = shop.rng("order times", block), len(occasions.day)
    at_till = baskets.channel == TILL
    any_time = seconds_of_day(shop, occasions.day, rng.random(size), rng.random(size), at_till=at_till)
    near = online_seconds(favourite_hours(shop, block, people.count)[occasions.customer], rng)
    return np.where((rng.random(size) < _USUAL_HOUR) & ~at_till, near, any_time)


def seconds_of_day(shop: Shop, day: Ints, chance: np.ndarray, within: np.ndarray, *, at_till: Bools) -> Ints:
    """Seconds at which orders are made, by the hours of weekdays, weekends and shops.

    Args:
        shop: What all blocks share.
        day: The day of each order.
        chance: In [0, 1): how early or late in the day.
        within: In [0, 1): where in the hour.
        at_till: Whether it is made in a shop.
    """
    weekday = weekdays(shop.calendar.dates[day])
    row = np.where(at_till, _AT_TILL, (weekday > _FRIDAY).astype(np.int64))
    return 3600 * drawn(edges_of(_HOURS), row, chance) + (3600 * within).astype(np.int64)


@dataclass(frozen=True, kw_only=True)
class _Deliveries:
    carrier: Ints
    promised: Ints
    day: Ints
    second: Ints
    late: Bools


def _deliveries(shop: Shop, block: int, people: People, occasions: Occasions, baskets: Baskets) -> _Deliveries:
    """How each occasion is delivered, if it happens; -1 where it is bought in a shop."""
    rng, size, customer = shop.rng("deliveries", block), len(occasions.day), occasions.customer
    first = occasions.day == people.acquired[customer]
    remote = np.isin(np.arange(len(REGIONS)), REMOTE).astype(np.int64)[people.region[customer]]
    carrier = drawn(edges_of(CARRIER_SHARES), remote, rng.random(size))
    carrier = np.where(first, people.first_carrier[customer], carrier)
    chance = _late_chances(shop, occasions, carrier, remote)
    late = np.where(first, people.late[customer], rng.random(size) < chance)
    promised = promised_days(carrier, people.region[customer])
    early = (rng.random(size) * promised).astype(np.int64)
    behind = np.minimum(1 + (_LATE_DAYS * rng.standard_exponential(size)).astype(np.int64), _LATEST)
    day = occasions.day + promised + np.where(late, behind, -early)
    hours = _COURIER_ENDS - _COURIER_STARTS
    second = _COURIER_STARTS + (hours * rng.random(size)).astype(np.int64)
    sent = baskets.channel != TILL
    return _Deliveries(
        carrier=np.where(sent, carrier, -1),
        promised=np.where(sent, occasions.day + promised, -1),
        day=np.where(sent, day, -1),
        second=np.where(sent, second, -1),
        late=late & sent,
    )


def _late_chances(shop: Shop, occasions: Occasions, carrier: Ints, remote: Ints) -> np.ndarray:
    """The chances that deliveries after the first are late; a bad review often has a late one behind it."""
    december = shop.calendar.december[occasions.day]
    causes = _LATE_CARRIER[carrier] * np.where(remote, _LATE_REMOTE, 1.0) * np.where(december, _LATE_DECEMBER, 1.0)
    chance = np.minimum(_LATE * causes**shop.simulation.sizes.late_confounding, 1.0)
    return np.where(occasions.bad_review, np.maximum(chance, _LATE_BEFORE_BAD_REVIEW), chance)
