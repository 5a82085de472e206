"""The lines of the orders that happened: what they cost after the coupon, and which of them came back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from retention_lib.stores.simulation.arrays import summed
from retention_lib.stores.simulation.coupons import TILL
from retention_lib.stores.simulation.stage import NEVER, Bools, Ints, Shop
from retention_lib.stores.simulation.story import Baskets, Occasions, Orders

_FIRST_BACK, _LAST_BACK = 3, 30
_DESK_OPENS, _DESK_CLOSES = 9 * 3600, 20 * 3600


@dataclass(frozen=True, kw_only=True)
class SoldLines:
    """Lines of orders, by order.

    Attributes:
        order: Place of the order in the block.
        product: The product.
        quantity: Pieces (count).
        amount: Net money, in cents: promotion and the line's part of the coupon taken off.
        discount: Both together.
        cost: What the goods cost the shop.
        back_day: The day on which the line came back; `NEVER` for most.
        back_second: Its second of the day.
    """

    order: Ints
    product: Ints
    quantity: Ints
    amount: Ints
    discount: Ints
    cost: Ints
    back_day: Ints
    back_second: Ints

    @property
    def back(self) -> Bools:
        """Whether a line came back."""
        return self.back_day < NEVER


def sold_lines(shop: Shop, block: int, occasions: Occasions, baskets: Baskets, orders: Orders) -> SoldLines:
    """The lines of orders; nothing of `orders` is read that follows from its lines.

    Args:
        shop: What all blocks share.
        block: The block's number, from 0.
        occasions: Purchases in all worlds.
        baskets: What is in their baskets.
        orders: The orders that happened.
    """
    place = np.full(len(occasions.day), -1, dtype=np.int64)
    place[orders.occasion] = np.arange(orders.count)
    order = place[baskets.line_occasion]
    held = ~baskets.line_extra | ((occasions.used_up[baskets.line_occasion] & 1) != 0)
    kept = np.flatnonzero((order >= 0) & held)
    order, product, promotion = order[kept], baskets.line_product[kept], baskets.line_discount[kept]
    before = baskets.line_gross[kept] - promotion
    coupon = shares(before, order, summed(before, order, orders.count) - orders.amount)
    back_day, back_second = _backs(shop, block, orders, order, product, kept, len(baskets.line_occasion))
    return SoldLines(
        order=order,
        product=product,
        quantity=baskets.line_quantity[kept],
        amount=before - coupon,
        discount=promotion + coupon,
        cost=baskets.line_cost[kept],
        back_day=back_day,
        back_second=back_second,
    )


def shares(money: Ints, order: Ints, total: Ints) -> Ints:
    """A sum of each order split over its lines by their money, to the cent.

    Args:
        money: Money of lines, in cents; positive.
        order: The order of each; lines stand by order, and each order has one.
        total: By order the sum to split, in cents.
    """
    upto = np.cumsum(money)
    first = np.flatnonzero(np.diff(order, prepend=-1))
    start = np.zeros(len(total), dtype=np.int64)
    start[order[first]] = upto[first] - money[first]
    whole = summed(money, order, len(total))[order]
    after, total_of = upto - start[order], total[order]
    return after * total_of // whole - (after - money) * total_of // whole


def _backs(
    shop: Shop, block: int, orders: Orders, order: Ints, product: Ints, kept: Ints, lines: int
) -> tuple[Ints, Ints]:
    """On which day and second lines come back, some weeks after delivery; `NEVER` for most."""
    returned, wait, hour = shop.rng("refunds", block).random((3, lines))[:, kept]
    chance = shop.simulation.sizes.refunds * shop.catalogue.returns[product]
    received = np.where(orders.channel == TILL, orders.day, orders.delivered_day)[order]
    day = received + _FIRST_BACK + (wait * (_LAST_BACK - _FIRST_BACK + 1)).astype(np.int64)
    back = (returned < chance) & (day < shop.calendar.days)
    second = _DESK_OPENS + (hour * (_DESK_CLOSES - _DESK_OPENS)).astype(np.int64)
    return np.where(back, day, NEVER), np.where(back, second, 0)
