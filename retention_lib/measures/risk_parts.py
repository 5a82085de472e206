"""What a store's further tables knew of customers on a day: parts of the rows for the model of churn risk.

Each part looks at a look-back that ends before the cut-off, and has one row a customer it knows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta

import ibis
from ibis.expr import types as ir

RECENT_DAYS = 90
_BAD_SHARE = 0.4
_SECOND = 1_000
PERSON = ("region", "income_band", "age_band", "sex", "acquisition_channel")

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "transactions": (
        *("customer_id", "order_id", "ordered_at", "amount", "discount", "cost"),
        *("quantity", "category", "channel", "promised_at", "delivered_at"),
    ),
    "customers": ("customer_id", *PERSON),
    "contacts": ("customer_id", "sent_at", "opened_at", "clicked_at"),
    "web_events": ("customer_id", "occurred_at", "event"),
    "loyalty_events": ("customer_id", "occurred_at", "event", "tier", "points"),
    "service": ("customer_id", "opened_at"),
    "feedback": ("customer_id", "given_at", "score", "scale", "answered_at"),
}
"""The columns read here of a store's tables; a copy of a table need hold no others."""

STAMPS: Mapping[str, str] = {
    "contacts": "sent_at",
    "web_events": "occurred_at",
    "service": "opened_at",
    "feedback": "given_at",
}
"""The stamps of those tables of which only the look-back is read."""


def line_part(transactions: ir.Table, *, start: date, cutoff: date) -> ir.Table:
    """What the lines of the look-back say, as far as the store has the columns.

    Args:
        transactions: The store's `transactions`.
        start: First day of the look-back.
        cutoff: First day that is not known.

    Returns:
        Table of `customer_id` and: refund_share (money that came back / money of sales), items (pieces, count),
        discount_share (discounts / money before them), categories (count), profit (net money less cost), last_channel
        (text), late_first, late_last (0 or 1: whether the first and the last delivery due were late).
    """
    seen = _between(transactions, "ordered_at", start, cutoff)
    has, sold = seen.columns, seen.amount > 0
    figures = {"refund_share": _ratio(-seen.amount.sum(where=~sold), seen.amount.sum(where=sold))}
    if "quantity" in has:
        figures["items"] = seen.quantity.sum(where=sold)
    if "discount" in has:
        figures["discount_share"] = _ratio(seen.discount.sum(where=sold), (seen.amount + seen.discount).sum(where=sold))
    if "cost" in has:
        figures["profit"] = (seen.amount - seen.cost).sum()
    if "channel" in has:
        # Of two lines with one stamp the hash decides, so that every run takes the same.
        at = seen.ordered_at.epoch_seconds() * _SECOND + seen.channel.hash() % _SECOND
        figures["last_channel"] = seen.channel.argmax(seen.channel.notnull().ifelse(at, None))
    if {"promised_at", "delivered_at"} <= set(has):
        seen = seen.mutate(lateness=_lateness(seen, cutoff))
        figures |= {"late_first": seen.lateness.min() % 2, "late_last": seen.lateness.max() % 2}
    part = seen.group_by("customer_id").aggregate(**figures)
    if "category" not in has:
        return part
    pairs = seen.filter(sold & seen.category.notnull()).group_by("customer_id", "category").aggregate()
    breadth = pairs.group_by("customer_id").aggregate(categories=ibis._.count())
    return part.left_join(breadth, "customer_id").drop("customer_id_right")


def other_parts(others: Mapping[str, ir.Table], *, start: date, cutoff: date) -> Iterator[ir.Table]:
    """What the further tables say, one part a table the store has.

    Args:
        others: Tables by name: customers, contacts, web_events, loyalty_events, service, feedback.
        start: First day of the look-back.
        cutoff: First day that is not known.

    Yields:
        Tables of `customer_id` and: region, income_band, age_band, sex, acquisition_channel (text); messages, opened,
        clicked (count in 90 days); visits_30, visits_90, carts (filled more often than bought, in 90 days), visit_ago
        (days since anything on the site); member (0 or 1), tier (text), points_90 (credited); contacts_service (count
        in the look-back); reviews, bad_reviews, bad_unanswered (count in the look-back).
    """
    for name, part in _PARTS.items():
        if name in others and "customer_id" in others[name].columns:
            yield part(others[name], start, cutoff)


def _lateness(seen: ir.Table, cutoff: date) -> ir.Value:
    """Whether a delivery was late, as known at the cut-off: not there in time is late as well.

    The stamp of the order and the answer are one number, so that the first and the last need no second pass.
    """
    cut = ibis.timestamp(cutoff.isoformat())
    arrived = (seen.delivered_at < cut).ifelse(seen.delivered_at, None)
    known = (
        seen.promised_at.notnull() & (seen.amount > 0) & (arrived.notnull() | (seen.promised_at.date() < cut.date()))
    )
    late = arrived.isnull() | (arrived.date() > seen.promised_at.date())
    return known.ifelse(seen.ordered_at.epoch_seconds() * 2 + late.cast("int64"), None)


def _person(table: ir.Table, start: date, cutoff: date) -> ir.Table:
    return table.select("customer_id", *(name for name in PERSON if name in table.columns))


def _messages(table: ir.Table, start: date, cutoff: date) -> ir.Table:
    seen = _between(table, "sent_at", cutoff - timedelta(days=RECENT_DAYS), cutoff)
    cut = ibis.timestamp(cutoff.isoformat())
    figures = {"messages": seen.count()}
    for column, name in (("opened_at", "opened"), ("clicked_at", "clicked")):
        if column in seen.columns:
            figures[name] = (seen[column] < cut).sum()
    return seen.group_by("customer_id").aggregate(**figures)


def _visits(table: ir.Table, start: date, cutoff: date) -> ir.Table:
    cut = ibis.date(cutoff.isoformat())
    seen = _between(table, "occurred_at", start, cutoff)
    seen = seen.filter(seen.customer_id.notnull())
    seen = seen.mutate(ago=cut.delta(seen.occurred_at.date(), unit="day"))
    recent = seen.ago <= RECENT_DAYS
    filled, bought = ((recent & (seen.event == event)).sum() for event in ("cart_add", "purchase"))
    return seen.group_by("customer_id").aggregate(
        visits_30=((seen.ago <= RECENT_DAYS // 3) & (seen.event == "visit")).sum(),
        visits_90=(recent & (seen.event == "visit")).sum(),
        visit_ago=seen.ago.min(),
        carts=ibis.greatest(filled - bought, 0),
    )


def _programme(table: ir.Table, start: date, cutoff: date) -> ir.Table:
    seen = table.filter(table.occurred_at < ibis.timestamp(cutoff.isoformat()))
    joined, left = (seen.occurred_at.max(where=seen.event == event) for event in ("join", "leave"))
    figures = {"member": (joined.notnull() & (left.isnull() | (joined > left))).cast("int64")}
    if "tier" in seen.columns:
        at = seen.occurred_at.epoch_seconds() * _SECOND + seen.tier.hash() % _SECOND
        figures["tier"] = seen.tier.argmax(seen.tier.notnull().ifelse(at, None))
    if "points" in seen.columns:
        since = ibis.timestamp((cutoff - timedelta(days=RECENT_DAYS)).isoformat())
        figures["points_90"] = seen.points.sum(where=(seen.points > 0) & (seen.occurred_at >= since))
    return seen.group_by("customer_id").aggregate(**figures)


def _service(table: ir.Table, start: date, cutoff: date) -> ir.Table:
    seen = _between(table, "opened_at", start, cutoff)
    return seen.group_by("customer_id").aggregate(contacts_service=seen.count())


def _reviews(table: ir.Table, start: date, cutoff: date) -> ir.Table:
    seen = _between(table, "given_at", start, cutoff)
    bad = seen.score <= _BAD_SHARE * seen.scale
    figures = {"reviews": seen.count(), "bad_reviews": bad.sum()}
    if "answered_at" in seen.columns:
        answered = (seen.answered_at < ibis.timestamp(cutoff.isoformat())).fill_null(False)
        figures["bad_unanswered"] = (bad & ~answered).sum()
    return seen.group_by("customer_id").aggregate(**figures)


_PARTS: Mapping[str, Callable[[ir.Table, date, date], ir.Table]] = {
    "customers": _person,
    "contacts": _messages,
    "web_events": _visits,
    "loyalty_events": _programme,
    "service": _service,
    "feedback": _reviews,
}


def _between(table: ir.Table, stamp: str, start: date, cutoff: date) -> ir.Table:
    at = table[stamp]
    return table.filter(at >= ibis.timestamp(start.isoformat()), at < ibis.timestamp(cutoff.isoformat()))


def _ratio(part: ir.NumericValue, whole: ir.NumericValue) -> ir.NumericValue:
    """A share; nothing where there is no whole."""
    return (part.cast("float64") / whole.cast("float64").nullif(0.0)).fill_null(0.0)
