"""What a customer did: the part of the customer profile that comes from the site and from messages."""

from __future__ import annotations

from datetime import date

import ibis
from ibis.expr import types as ir

from retention_lib.measures.profile_columns import PRIOR_STRENGTH

_EVENTS = {"visits": "visit", "views": "view", "carts": "cart_add", "checkouts": "checkout"}


def days_before(until: date, stamp: ir.Value) -> ir.IntegerValue:
    """Days from a stamp's day to the end of the period."""
    return ibis.date(until.isoformat()).delta(stamp.date(), unit="day")


def web_part(web_events: ir.Table, *, until: date) -> ir.Table:
    """Events on the site by customer.

    Args:
        web_events: The store's `web_events`, with `customer_id`; events of strangers do not count.
        until: First day that is no longer seen.

    Returns:
        Table of `customer_id`, `visits`, `views`, `carts`, `checkouts`, `days_since_web_event`.
    """
    stop = ibis.timestamp(until.isoformat())
    seen = web_events.filter(web_events.customer_id.notnull(), web_events.occurred_at < stop)
    counts = {name: (seen.event == event).cast("int64").sum() for name, event in _EVENTS.items()}
    return seen.group_by("customer_id").aggregate(
        **counts, days_since_web_event=days_before(until, seen.occurred_at.max())
    )


def message_part(contacts: ir.Table, *, until: date) -> ir.Table:
    """Messages, openings and clicks by customer.

    Args:
        contacts: The store's `contacts`, with or without `opened_at` and `clicked_at`.
        until: First day that is no longer seen; what was opened later is not opened yet.

    Returns:
        Table of `customer_id`, `messages`, `days_since_message` and, as far as the columns are there, `opens`,
        `open_rate`, `clicks`, `click_rate`.
    """
    sent = sent_messages(contacts, until=until)
    part = sent.group_by("customer_id").aggregate(
        messages=sent.count(), days_since_message=days_before(until, sent.sent_at.max())
    )
    for column, counted, rate in (("opened", "opens", "open_rate"), ("clicked", "clicks", "click_rate")):
        if f"{column}_at" in contacts.columns:
            reacted = _reaction_part(sent, sent[column], count=counted, rate=rate)
            part = part.left_join(reacted, "customer_id").drop("customer_id_right")
    return part


def sent_messages(contacts: ir.Table, *, until: date) -> ir.Table:
    """Messages sent in the period, each with `opened` and `clicked` (boolean), `opened_at` being null if not yet."""
    stop = ibis.timestamp(until.isoformat())
    sent = contacts.filter(contacts.sent_at < stop)
    never = ibis.null("timestamp")
    stamps = {name: sent[name] if name in sent.columns else never for name in ("opened_at", "clicked_at")}
    clicked = (stamps["clicked_at"] < stop).fill_null(False)
    opened_at = (stamps["opened_at"] < stop).fill_null(False).ifelse(stamps["opened_at"], never)
    return sent.select(
        "customer_id", "channel", "sent_at", opened_at=opened_at, opened=opened_at.notnull() | clicked, clicked=clicked
    )


def _reaction_part(sent: ir.Table, reacted: ir.BooleanValue, *, count: str, rate: str) -> ir.Table:
    """How often a customer reacted, and the share in messages of the channels in which anybody ever did.

    An SMS is never seen to be opened; it says nothing about who opens e-mails. The share is shrunk to the base
    with the weight of `PRIOR_STRENGTH` messages (beta prior).
    """
    marked = sent.select("customer_id", "channel", hit=reacted.cast("int64"))
    channels = marked.group_by("channel").aggregate(hits=marked.hit.sum(), messages=marked.count())
    heard = channels.filter(channels.hits > 0)
    base = heard.aggregate(base=heard.hits.sum() / heard.messages.sum())
    told = marked.left_join(heard.select("channel", told=ibis.literal(1)), "channel")
    own = told.group_by("customer_id").aggregate(hits=told.hit.sum(), messages=told.told.count())
    known = own.cross_join(base)
    shrunk = (known.hits + PRIOR_STRENGTH * known.base) / (known.messages + PRIOR_STRENGTH)
    shown = (known.messages > 0).ifelse(shrunk.round(6), ibis.null("float64"))
    return known.select("customer_id", **{count: known.hits, rate: shown})
