"""Which customers go quiet in a month: counts by channel, region, tier, RFM group and whatever else a store knows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

import ibis
import pandas as pd
from ibis.expr import types as ir

from retention_lib.measures.profile_columns import NEGATIVE
from retention_lib.measures.profile_person import loyalty_part, person_part
from retention_lib.measures.sharing import FEWEST, RARE
from retention_lib.settings.calendar import Month

Find = Callable[[str], ir.Table | None]

CUSTOMER_DIMENSIONS = ("acquisition_channel", "region", "income_band", "age_band")
FEEDBACK_DAYS = 180

NO_MEMBER, NO_TIER = "(no member)", "(no tier)"
"""Who is in no loyalty programme, and who is without a tier."""

BAD_SCORE, BETTER_SCORE, NO_SCORE = "(bad)", "(better)", "(none)"
"""Who gave a bad score at least once, only better ones, or none."""


def active_customers(customers: ir.Table, *, lapse_days: int) -> ir.Table:
    """The customers active when the month began.

    Args:
        customers: From `rfm.rfm_customers`.
        lapse_days: The window W: active = bought in the last W days.

    Returns:
        The rows and columns of those active, and `lost` (not active when the month ended).
    """
    active = customers.filter((customers.silence_start <= lapse_days).fill_null(False))
    return active.mutate(lost=active.silence_end > lapse_days)


def lapse_by_dimension(
    customers: ir.Table, find: Find, *, month: Month, lapse_days: int, also: str = "", fewest: int = FEWEST
) -> pd.DataFrame:
    """Customers active when a month began and those of them who went quiet, by everything the store knows of them.

    The dimensions are `rfm` (the group when the month began), `channel` (of the last order before the month), the
    columns `CUSTOMER_DIMENSIONS` of `customers`, `tier` (when the month began) and `feedback` (of the 180 days before
    the month), as far as the store has them.

    Args:
        customers: From `rfm.rfm_customers`.
        find: `Store.find`: a table by name, or None where the store has none.
        month: Month to read.
        lapse_days: The window W.
        also: A further column of the store's `customers`; none if empty, not there, or the id.
        fewest: Values of fewer customers are put together under `sharing.RARE`, for they may name somebody.

    Returns:
        Columns `dimension`, `segment` (text; empty where nothing is known of a customer), `base`, `lost` (counts),
        ordered by both.
    """
    active = active_customers(customers, lapse_days=lapse_days)
    known = active.select("customer_id", lost=active.lost.cast("int64"), rfm=active.group_start)
    people = _people(find("customers"), also, month)
    for part in (people, *_behaviour(find, month, lapse_days)):
        if part is not None:
            known = known.left_join(part, "customer_id").drop("customer_id_right")
    known = known.fill_null({name: absent for name, absent in _ABSENT.items() if name in known.columns}).cache()
    dimensions = [name for name in known.columns if name not in ("customer_id", "lost")]
    counts = [_counts(known, name, people, fewest=fewest) for name in dimensions]
    return ibis.union(*counts).order_by("dimension", "segment").to_pandas()


_ABSENT = {"tier": NO_MEMBER, "feedback": NO_SCORE}


def _people(customers: ir.Table | None, also: str, month: Month) -> ir.Table | None:
    """The columns of the store's `customers` that tell customers apart, as text."""
    if customers is None:
        return None
    person = person_part(customers, until=month.start)
    names = [name for name in CUSTOMER_DIMENSIONS if name in person.columns]
    people = person.select("customer_id", **{name: person[name].cast("string") for name in names})
    # An id names its customer, so there is nothing to compare by it.
    if also in customers.columns and also not in people.columns:
        more = customers.select("customer_id", **{also: customers[also].cast("string")})
        people = people.left_join(more, "customer_id").drop("customer_id_right")
    return people


def _behaviour(find: Find, month: Month, lapse_days: int) -> Iterator[ir.Table]:
    """What customers did before the month began, one table of `customer_id` and a dimension each."""
    transactions, events, feedback = find("transactions"), find("loyalty_events"), find("feedback")
    if transactions is not None and "channel" in transactions.columns:
        yield _last_channel(transactions, month.start, days=lapse_days)
    if events is not None:
        yield _tier(events, month.start)
    if feedback is not None:
        yield _feedback(feedback, month.start)


def _last_channel(transactions: ir.Table, until: date, *, days: int) -> ir.Table:
    """The channel of each customer's last sale in the days before; of two at the same moment, the last by name."""
    end = ibis.timestamp(until.isoformat())
    since = end - ibis.interval(days=days)
    seen = transactions.filter(transactions.amount > 0, transactions.ordered_at >= since, transactions.ordered_at < end)
    last = seen.group_by("customer_id", "channel").aggregate(at=seen.ordered_at.max())
    order = [ibis.desc("at"), ibis.desc("channel")]
    ranked = last.mutate(place=ibis.row_number().over(ibis.window(group_by="customer_id", order_by=order)))
    return ranked.filter(ranked.place == 0).select("customer_id", "channel")


def _tier(events: ir.Table, until: date) -> ir.Table:
    # Points are most of the events, and nothing follows from them here.
    told = events.event.isin(("join", "leave"))
    told = told | events.tier.notnull() if "tier" in events.columns else told
    member = loyalty_part(events.filter(told), until=until)
    tier = member.tier.fill_null(NO_TIER) if "tier" in member.columns else ibis.literal(NO_TIER)
    return member.select("customer_id", tier=member.member.ifelse(tier, NO_MEMBER))


def _feedback(feedback: ir.Table, until: date) -> ir.Table:
    end = ibis.timestamp(until.isoformat())
    recent = feedback.filter(feedback.given_at >= end - ibis.interval(days=FEEDBACK_DAYS), feedback.given_at < end)
    worst = recent.group_by("customer_id").aggregate(score=(recent.score / recent.scale.nullif(0)).min())
    return worst.select("customer_id", feedback=(worst.score <= NEGATIVE).ifelse(BAD_SCORE, BETTER_SCORE))


def _counts(known: ir.Table, name: str, people: ir.Table | None, *, fewest: int) -> ir.Table:
    """One dimension's segments, the rare ones of them together."""
    groups = known.group_by(segment=known[name].fill_null("")).aggregate(base=known.count(), lost=known.lost.sum())
    if people is not None and name in people.columns:
        # Who shares a value is all the store's customers, not only those active now.
        sharers = people.group_by(segment=people[name]).aggregate(sharers=people.count())
        groups = groups.left_join(sharers, "segment").drop("segment_right")
    else:
        groups = groups.mutate(sharers=groups.base if name in ("channel", "tier") else fewest)
    kept = groups.sharers.isnull() | (groups.sharers >= fewest) | (groups.segment == "")
    named = groups.mutate(segment=kept.ifelse(groups.segment, RARE))
    summed = named.group_by("segment").aggregate(base=named.base.sum(), lost=named.lost.sum())
    return summed.select(dimension=ibis.literal(name), segment="segment", base="base", lost="lost")
