"""A customer's favourite weekday and hour, shrunk to those of all customers."""

from __future__ import annotations

import ibis
from ibis.expr import types as ir

from retention_lib.measures.profile_columns import PRIOR_STRENGTH


def weekday_part(events: ir.Table, *, name: str, share: str) -> ir.Table:
    """Each customer's favourite weekday.

    Args:
        events: Table of `customer_id` and `at` (stamp), one row an event.
        name: What to call the weekday, 1 = Monday to 7.
        share: What to call its share.

    Returns:
        Table of `customer_id` and these two.
    """
    return _favourites(events.select("customer_id", slot=events.at.day_of_week.index() + 1), name=name, share=share)


def hour_part(events: ir.Table, *, name: str, share: str) -> ir.Table:
    """Each customer's favourite hour.

    Args:
        events: Table of `customer_id` and `at` (stamp), one row an event; a stamp of midnight sharp is a day
            whose time is not known and does not count.
        name: What to call the hour, 0 to 23.
        share: What to call its share.

    Returns:
        Table of `customer_id` and these two.
    """
    timed = events.filter(events.at != events.at.truncate("D"))
    return _favourites(timed.select("customer_id", slot=timed.at.hour()), name=name, share=share)


def _favourites(events: ir.Table, *, name: str, share: str) -> ir.Table:
    """The slot with the largest posterior share.

    The prior is a Dirichlet with the base's shares and the weight of `PRIOR_STRENGTH` events, so a customer's share
    of a slot is (own events in it + strength x base share) / (own events + strength): who bought once has the
    habits of all customers, who bought fifty times his own.
    """
    base = events.group_by("slot").aggregate(events=events.count())
    shares = base.select("slot", base_share=base.events / base.events.sum().over(ibis.window()))
    own = events.group_by("customer_id", "slot").aggregate(events=events.count())
    # Of the slots a customer never used only the base's first can win.
    ranked = base.mutate(place=ibis.row_number().over(ibis.window(order_by=[ibis.desc("events"), "slot"])))
    first = ranked.filter(ranked.place == 0).select("slot", events=ibis.literal(0, "int64"))
    untried = events.select("customer_id").distinct().cross_join(first)
    slots = own.union(untried).group_by("customer_id", "slot").aggregate(events=ibis._.events.sum())
    known = slots.inner_join(shares, "slot")
    weight = known.events + PRIOR_STRENGTH * known.base_share
    total = known.events.sum().over(ibis.window(group_by="customer_id"))
    posterior = known.select("customer_id", "slot", share=(weight / (total + PRIOR_STRENGTH)).round(6))
    window = ibis.window(group_by="customer_id", order_by=[ibis.desc("share"), "slot"])
    best = posterior.mutate(place=ibis.row_number().over(window))
    return best.filter(best.place == 0).select("customer_id", **{name: best.slot, share: best.share})
