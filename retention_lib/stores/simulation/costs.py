"""What winning and keeping customers costs the shop, month by month."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from retention_lib.stores.simulation.arrays import money
from retention_lib.stores.simulation.coupons import delivery_costs
from retention_lib.stores.simulation.stage import Calendar, Ints, Shop
from retention_lib.stores.simulation.story import Story

PROGRAMME_CENTS = 200
"""What running the programme costs a month from its start, in cents for each customer won so far."""


@dataclass(frozen=True, kw_only=True)
class CostSums:
    """Sums by month of the window, of a block or of several; in cents but for `customers`.

    Attributes:
        acquisition: What winning the customers cost who were acquired in the month.
        messages: What the messages of the month cost.
        deliveries: What the deliveries cost that coupons made free in the month.
        points: What points paid in the month.
        customers: Customers acquired in the month (count).
    """

    acquisition: Ints
    messages: Ints
    deliveries: Ints
    points: Ints
    customers: Ints

    def added(self, other: CostSums) -> CostSums:
        """The sums of both."""
        return CostSums(**{name: mine + vars(other)[name] for name, mine in vars(self).items()})


def cost_sums(story: Story, *, contacts: pa.Table, loyalty_events: pa.Table) -> CostSums:
    """The sums of a block.

    Args:
        story: The block.
        contacts: Its table of contacts.
        loyalty_events: Its table of events in the programme.
    """
    calendar, people, orders = story.shop.calendar, story.people, story.orders
    return CostSums(
        acquisition=_by_month(calendar, people.acquired, people.acquisition_cost),
        messages=money_by_month(calendar, contacts["sent_at"], contacts["cost"]),
        deliveries=_by_month(calendar, orders.day, delivery_costs(story, orders)),
        points=money_by_month(calendar, loyalty_events["occurred_at"], loyalty_events["value"]),
        customers=_by_month(calendar, people.acquired, np.ones_like(people.acquired)),
    )


def money_by_month(calendar: Calendar, stamps: pa.ChunkedArray, amounts: pa.ChunkedArray) -> Ints:
    """A table's money by month of the window, in cents.

    Args:
        calendar: The shop's.
        stamps: When; all within the window.
        amounts: Money; null counts as nothing.
    """
    days = pc.cast(pc.cast(stamps, pa.date32()), pa.int32()).to_numpy()
    first = np.datetime64(calendar.first_day, "D").astype(np.int64)
    cents = pc.fill_null(pc.cast(pc.multiply(amounts, pa.scalar(100)), pa.int64()), 0).to_numpy()
    return _by_month(calendar, days - first, cents)


def _by_month(calendar: Calendar, day: Ints, amounts: Ints) -> Ints:
    # The sums stay far below 2**53, so that they are exact in whatever order they are made.
    months = int(calendar.month[-1]) + 1
    return np.bincount(calendar.month[day], weights=amounts, minlength=months).astype(np.int64)


def costs(shop: Shop, sums: CostSums) -> pa.Table:
    """The table `costs`: a row for each month of the window.

    Retention is messages, and the deliveries that coupons made free. A discount is missing from the revenue of
    `transactions` already and not taken off twice.

    The programme costs the points that were used, at their face value, and from the month of its start on
    `PROGRAMME_CENTS` for every customer won so far, member or not.

    Args:
        shop: What all blocks share.
        sums: Those of all blocks.
    """
    calendar = shop.calendar
    months = np.arange(len(sums.customers))
    started = months >= _programme_month(shop)
    running = PROGRAMME_CENTS * np.cumsum(sums.customers) * started
    names = np.datetime64(calendar.first_day, "M") + months
    return pa.table(
        {
            "month": pa.array(names.astype(str), type=pa.string()),
            "acquisition": money(sums.acquisition),
            "retention": money(sums.messages + sums.deliveries),
            "loyalty_running": money(sums.points + running),
        }
    )


def _programme_month(shop: Shop) -> int:
    """Months from the shop's first to that in which the programme starts; beyond the last without one."""
    month = shop.calendar.month
    return int(month[shop.programme_start]) if shop.programme_start < len(month) else len(month)
