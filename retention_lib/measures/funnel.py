"""How far visits of the site came, how long their buyers took, and what became of the carts left behind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

import ibis
import pandas as pd

from retention_lib.settings.calendar import Month

STEPS = ("visit", "view", "cart_add", "checkout", "purchase")
LEGS: Mapping[str, str] = MappingProxyType({"cart_add": "cart_at", "checkout": "checkout_at"})
"""Where the time to the purchase is counted from, and the column of `Sessions.sessions` that holds it."""
CART_DAYS = 7
_RANK = {step: place for place, step in enumerate(STEPS, start=1)}


@dataclass(frozen=True, kw_only=True, eq=False)
class Sessions:
    """The visits of a month and of the month before.

    Attributes:
        month: The month.
        recorded: The steps that the store records at all, in order.
        sessions: Table, one row a session: `session`, `customer_id` (NULL where nobody signed in), `began`,
            `this_month` (bool), `reached` (place of the farthest step in `STEPS`, from 1), `cart_at`, `checkout_at`,
            `bought_at` (first of each; NULL where there was none).
    """

    month: Month
    recorded: tuple[str, ...]
    sessions: ibis.Table


def month_sessions(web_events: ibis.Table | None, *, month: Month) -> Sessions | None:
    """Events of two months as sessions, each in the month in which it began.

    Without a session's id the visits of a customer on one day are one session; an event with neither is left out.

    Args:
        web_events: The store's `web_events`; None where it has none.
        month: The month; the one before is read too.

    Returns:
        The sessions; None without the table.
    """
    if web_events is None:
        return None
    start, stop = month.previous().start, month.end
    stamp = web_events.occurred_at
    within = (stamp >= ibis.timestamp(start.isoformat())) & (stamp < ibis.timestamp(stop.isoformat()))
    seen = web_events.filter(within, web_events.event.isin(STEPS))
    keyed = _keyed(seen)
    each = keyed.group_by("session").aggregate(
        customer_id=keyed.customer_id.max(),
        began=keyed.occurred_at.min(),
        reached=keyed.place.max(),
        cart_at=keyed.occurred_at.min(where=keyed.place == _RANK["cart_add"]),
        checkout_at=keyed.occurred_at.min(where=keyed.place == _RANK["checkout"]),
        bought_at=keyed.occurred_at.min(where=keyed.place == _RANK["purchase"]),
    )
    sessions = each.mutate(this_month=each.began >= ibis.timestamp(month.start.isoformat())).cache()
    found = set(seen.select("event").distinct().to_pandas()["event"])
    return Sessions(month=month, recorded=tuple(step for step in STEPS if step in found), sessions=sessions)


def visitors_by_steps(sessions: Sessions | None) -> pd.DataFrame | None:
    """Visitors by how many of their sessions reached each step, in the month and in the month before.

    A step counts when it or a later one occurred. Sessions of one visitor are not independent, so what is counted is
    visitors.

    Args:
        sessions: From `month_sessions`.

    Returns:
        Columns `<step>_now` and `<step>_before` for each step recorded (sessions of a visitor), `visitors` (count);
        ordered by all keys. None without the table.
    """
    if sessions is None:
        return None
    table = sessions.sessions
    if not sessions.recorded:
        return pd.DataFrame({"visitors": []})
    counts = {
        f"{step}_{name}": table.count(where=(table.reached >= _RANK[step]) & within)
        for step in sessions.recorded
        for name, within in (("now", table.this_month), ("before", ~table.this_month))
    }
    # Who did not sign in is a visitor for each session.
    visitor = ibis.coalesce(table.customer_id, "/" + table.session)
    visitors = table.group_by(visitor=visitor).aggregate(**counts)
    grouped = visitors.group_by(*counts).aggregate(visitors=ibis._.count())
    return grouped.order_by(*counts).to_pandas().astype("int64")


def minutes_to_purchase(sessions: Sessions | None) -> pd.DataFrame | None:
    """How long buyers took inside a session, from the first cart_add and from the checkout to the purchase.

    Args:
        sessions: From `month_sessions`.

    Returns:
        Columns `leg` (`cart_add` or `checkout`), `this_month` (bool), `minutes` (to a tenth), `sessions` (count);
        ordered by all keys. None without the table.
    """
    if sessions is None:
        return None
    table = sessions.sessions
    parts = []
    for leg, column in LEGS.items():
        took = table.filter(table.bought_at >= table[column])
        minutes = (took.bought_at.epoch_seconds() - took[column].epoch_seconds()) / 60
        parts.append(took.select("this_month", leg=ibis.literal(leg), minutes=minutes.round(1)))
    every = ibis.union(*parts)
    counts = every.group_by("leg", "this_month", "minutes").aggregate(sessions=ibis._.count())
    return counts.order_by("leg", "this_month", "minutes").to_pandas()


def abandoned_carts(sessions: Sessions | None, purchases: ibis.Table) -> pd.DataFrame | None:
    """Carts of known customers that were left without buying, and those whose owner bought within a week anyway.

    Only carts with a whole week of data after them are counted. A customer who left several is counted once, by the
    first of the month.

    Args:
        sessions: From `month_sessions`.
        purchases: From `purchases.purchase_days`: a purchase anywhere in the shop, on the day of the cart or later.

    Returns:
        One row: `customers` (who left a cart in the month), `bought` (of them, within a week). None without the table.
    """
    if sessions is None:
        return None
    table, month = sessions.sessions, sessions.month
    last = ibis.timestamp((month.end - timedelta(days=CART_DAYS)).isoformat())
    left = table.filter(table.this_month, table.bought_at.isnull(), table.customer_id.notnull(), table.cart_at < last)
    carts = left.group_by("customer_id").aggregate(cart_day=left.cart_at.min().date())
    joined = carts.left_join(purchases.select("customer_id", "day"), "customer_id")
    within = (joined.day >= joined.cart_day) & (joined.day <= joined.cart_day + ibis.interval(days=CART_DAYS))
    each = joined.group_by("customer_id").aggregate(bought=within.fill_null(False).any())
    total = each.aggregate(customers=each.count(), bought=each.bought.cast("int64").sum().fill_null(0))
    return total.to_pandas().astype("int64")


def _keyed(events: ibis.Table) -> ibis.Table:
    """The events with the `place` of their step and their session: its id, else the customer's day."""
    columns = events.columns
    customer = events.customer_id if "customer_id" in columns else ibis.null("string")
    of_day = customer + events.occurred_at.strftime("/%Y-%m-%d")
    session = ibis.coalesce(events.session_id, of_day) if "session_id" in columns else of_day
    place = ibis.cases(*((events.event == step, place) for step, place in _RANK.items()))
    keyed = events.select("occurred_at", place=place, customer_id=customer, session=session)
    return keyed.filter(keyed.session.notnull())
