"""What customers do on the site: visits that end in an order, and those that do not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from retention_lib.stores.simulation.arrays import moments, money, named, numbered
from retention_lib.stores.simulation.baskets import Visits, products
from retention_lib.stores.simulation.campaigns import effects
from retention_lib.stores.simulation.catalogue import product_ids
from retention_lib.stores.simulation.columns import picked, stacked
from retention_lib.stores.simulation.coupons import TILL
from retention_lib.stores.simulation.hours import DAY_SECONDS, favourite_hours, online_seconds
from retention_lib.stores.simulation.ids import customer_ids
from retention_lib.stores.simulation.stage import OFFER_DAYS, Bools, Floats, Ints
from retention_lib.stores.simulation.story import Story

EVENTS = ("visit", "view", "cart_add", "checkout", "purchase")

UNKNOWN_SHARE = 0.10
"""Share of visits without an order that nobody has signed in for."""

_AFTER_LEAVING = 0.05  # visits after the relation ended, as a share of those before
_CHECKOUT_SHARE = 0.4  # of the carts that are left
_VIEW_SHARES = (0.3, 0.4, 0.3)
_ORDER_LENGTH, _BROWSING_LENGTH = (180, 1_500), (30, 900)
_SESSIONS_OF_BLOCK = 100_000_000


@dataclass(frozen=True, kw_only=True)
class SiteVisits:
    """The block's visits of the site; arrays over visits, by their start.

    Attributes:
        customer: Place of the customer in the block.
        day: The day.
        second: Second of the day at which it begins.
        length: Seconds until its last event.
        order: The order that ends it (place in `Orders`); -1 without.
        views: Products looked at (count).
        cart: Whether something goes into the cart.
        checkout: Whether it comes to the checkout.
        known: Whether the shop knows whose it is; always where there is an order.
    """

    customer: Ints
    day: Ints
    second: Ints
    length: Ints
    order: Ints
    views: Ints
    cart: Bools
    checkout: Bools
    known: Bools

    @property
    def count(self) -> int:
        """Visits of the block."""
        return len(self.customer)


def site_visits(story: Story) -> SiteVisits:
    """Every visit of the site and the app in the block."""
    ordering = _ordering_visits(story)
    visits = stacked([ordering, _browsing_visits(story, orders=ordering.count)])
    return picked(visits, np.argsort(visits.day * DAY_SECONDS + visits.second, kind="stable"))


def _ordering_visits(story: Story) -> SiteVisits:
    """One visit for each order of the site or the app, in the minutes before it and on its day."""
    orders, rng = story.orders, story.rng("ordering visits")
    length, views = rng.integers(*_ORDER_LENGTH, size=orders.count), rng.integers(1, 3, size=orders.count)
    order = np.flatnonzero(orders.channel != TILL)
    length = np.minimum(length[order], orders.second[order])
    always = np.ones(len(order), dtype=bool)
    return SiteVisits(
        customer=orders.customer[order],
        day=orders.day[order],
        second=orders.second[order] - length,
        length=length,
        order=order,
        views=views[order],
        cart=always,
        checkout=always,
        known=always,
    )


def _browsing_visits(story: Story, *, orders: int) -> SiteVisits:
    """Visits without an order: `Sizes.visits` for each order of the site or the app, on average over the block."""
    sizes, rng = story.shop.simulation.sizes, story.rng("browsing visits")
    stretches = _stretches(story)
    weight = stretches.weight.sum()
    mean = stretches.weight * (sizes.visits * orders / weight if weight > 0 else 0.0)
    stretch = np.repeat(np.arange(len(mean)), rng.poisson(mean))
    n = len(stretch)
    customer, day = stretches.customer[stretch], stretches.days(stretch, rng.random(n))
    length = rng.integers(*_BROWSING_LENGTH, size=n)
    cart = rng.random(n) < sizes.abandoned_carts
    views = rng.choice(len(_VIEW_SHARES), size=n, p=_VIEW_SHARES)
    return SiteVisits(
        customer=customer,
        day=day,
        second=np.minimum(
            online_seconds(favourite_hours(story.shop, story.block, story.people.count)[customer], rng),
            DAY_SECONDS - 1 - length,
        ),
        length=length,
        order=np.full(n, -1),
        views=np.maximum(views, cart),
        cart=cart,
        checkout=cart & (rng.random(n) < _CHECKOUT_SHARE),
        known=rng.random(n) >= UNKNOWN_SHARE,
    )


@dataclass(frozen=True, kw_only=True)
class _Stretches:
    """Stretches of days in which a customer visits the site at a steady rate but for the calendar.

    Attributes:
        customer: Place of the customer.
        low: The calendar's sum before the stretch.
        high: The calendar's sum at its end.
        rate: Visits for one unit of the calendar, up to a factor common to all.
        calendar: Sums of the calendar's factors before each day and after the last.
    """

    customer: Ints
    low: Floats
    high: Floats
    rate: Floats
    calendar: Floats

    @property
    def weight(self) -> Floats:
        """Visits of each stretch, up to a factor common to all."""
        return self.rate * (self.high - self.low)

    def days(self, stretch: Ints, share: Floats) -> Ints:
        """The day at which a share of a stretch's visits is over."""
        reached = self.low[stretch] + share * (self.high - self.low)[stretch]
        return np.searchsorted(self.calendar[1:-1], reached, side="right")


def _stretches(story: Story) -> _Stretches:
    """The relation, the time after it, and the days of offers, which raise visits by as much as they raise buying."""
    people, calendar = story.people, story.shop.calendar
    everyone, after, end = np.arange(people.count), people.acquired + 1, np.full(people.count, calendar.days)
    left = np.clip(np.floor(story.fates.left).astype(np.int64), after, end)
    lasting, over = np.ones(people.count), np.full(people.count, _AFTER_LEAVING)
    parts = [(everyone, after, left, lasting), (everyone, left, end, over)]
    for place, campaign in enumerate(story.shop.campaigns):
        lift = effects(people, campaign, story.fates.arm[place], story.shop.simulation.sizes)
        who = np.flatnonzero(lift > 0)
        begins = story.fates.list_days[place][who] if campaign.kind == "list" else np.full(len(who), campaign.start)
        first, last = np.minimum(begins, calendar.days), np.minimum(begins + OFFER_DAYS, calendar.days)
        parts.append((who, np.clip(after[who], first, last), np.clip(left[who], first, last), lift[who]))
    customer, low, high, factor = (np.concatenate(column) for column in zip(*parts, strict=True))
    sums = np.concatenate([[0.0], np.cumsum(calendar.buying)])
    return _Stretches(
        customer=customer, low=sums[low], high=sums[high], rate=people.rate[customer] * factor, calendar=sums
    )


def web_events(story: Story) -> pa.Table:
    """The table `web_events` of the block: visit by visit, and within a visit from its start to its end."""
    visits = site_visits(story)
    size = 1 + visits.views + visits.cart + visits.checkout + (visits.order >= 0)
    visit = np.repeat(np.arange(visits.count), size)
    step = np.arange(len(visit)) - np.repeat(np.cumsum(size) - size, size)
    event = np.where(step <= visits.views[visit], step > 0, step - visits.views[visit] + 1)
    second = _event_seconds(story, visits, visit, step, size[visit] - 1)
    bought = event == EVENTS.index("purchase")
    product = _event_products(story, visits, visit, step)
    looked = (event == EVENTS.index("view")) | (event == EVENTS.index("cart_add"))
    session = story.block * _SESSIONS_OF_BLOCK + np.arange(visits.count)
    ids = customer_ids(story, visits.customer, visits.day)
    return pa.table(
        {
            "occurred_at": moments(story.shop.calendar, visits.day[visit], second),
            "event": named(event, EVENTS),
            "customer_id": ids.take(pa.array(visit, mask=~visits.known[visit])),
            "session_id": numbered("S", session, width=13).take(pa.array(visit)),
            "product_id": named(np.where(looked, product, -1), product_ids(story.shop.catalogue)),
            "value": money(story.orders.amount[np.where(bought, visits.order[visit], 0)], present=bought),
        }
    )


def _event_seconds(story: Story, visits: SiteVisits, visit: Ints, step: Ints, last: Ints) -> Ints:
    """Seconds of the day of events: the first at the visit's start, the last at its end, the others between them."""
    jitter = 0.8 * story.rng("events").random(len(visit)) * ((step > 0) & (step < last))
    share = (step + jitter) / np.maximum(last, 1)
    return visits.second[visit] + (visits.length[visit] * share).astype(np.int64)


def _event_products(story: Story, visits: SiteVisits, visit: Ints, step: Ints) -> Ints:
    """The product that each event is about: what is ordered or might have been, and on the way to it another one."""
    people = story.people
    wishes = Visits(
        day=visits.day,
        taste=people.taste[visits.customer],
        favourite=people.favourite[visits.customer],
        product=np.full(visits.count, -1),
        lines=np.full(visits.count, 2),
    )
    _, wished = products(story.shop, story.rng("products looked at"), wishes)
    own, other = wished.reshape(-1, 2).T
    own = np.where(visits.order >= 0, _ordered_products(story)[visits.order], own)
    passing = (step == 1) & (visits.views[visit] > 1)
    return np.where(passing, other[visit], own[visit])


def _ordered_products(story: Story) -> Ints:
    """A product of each order's basket: the used-up product where it holds nothing else."""
    baskets, lines = story.baskets, np.flatnonzero(~story.baskets.line_extra)
    of_occasion = story.people.product[story.occasions.customer]
    of_occasion[baskets.line_occasion[lines]] = baskets.line_product[lines]
    return of_occasion[story.orders.occasion]
