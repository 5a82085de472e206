"""Customers whom a message may be about today, and what became of such customers in the past."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import ibis
import pandas as pd

from retention_lib.measures.profile_columns import NEGATIVE
from retention_lib.settings.calendar import Month

CONSENTS = ("email_consent", "sms_consent", "messenger_consent")


def audiences(
    purchases: ibis.Table,
    feedback: ibis.Table | None,
    *,
    month: Month,
    cutoff: date,
    horizon_days: int,
    lapse_days: int,
) -> pd.DataFrame:
    """Who is in each audience when a month ends, and how those who were in it at a past cut-off went on by themselves.

    The audiences: `just_quiet` (active when the month began, not when it ended), `one_order` (the one purchase so far
    was made in the month), `bad_review` (a bad review in the month, by a buyer). At the cut-off as many days before
    it count for the month.

    Args:
        purchases: From `purchases.purchase_days`, reaching to the month's end.
        feedback: The store's `feedback`; None where it has none, which leaves that audience out.
        month: The month whose end is today.
        cutoff: A past day with a whole horizon before the month's end.
        horizon_days: Days from the cut-off in which a purchase counts as a return.
        lapse_days: The lapse window W.

    Returns:
        Columns `audience`, `customers` (at the month's end), `past_customers` (at the cut-off), `past_returned` (of
        them, bought within the horizon; counts), `past_spend` (net money of those within it), in the order above.
    """
    days = (month.end - month.start).days
    frames = [_at(purchases, feedback, day=day, days=days, lapse_days=lapse_days) for day in (month.end, cutoff)]
    ahead = _bought(purchases, start=cutoff, days=horizon_days)
    parts = []
    for place, name in enumerate(frames[0]):
        now, then = frames[0][name], frames[1][name].left_join(ahead, "customer_id")
        today = now.aggregate(customers=now.count())
        past = then.aggregate(
            past_customers=then.count(),
            past_returned=then.spend.count(),
            past_spend=then.spend.sum().fill_null(0).cast("float64"),
        )
        parts.append(today.cross_join(past).mutate(audience=ibis.literal(name), place=ibis.literal(place)))
    frame = ibis.union(*parts).order_by("place").to_pandas()
    counts = ["customers", "past_customers", "past_returned"]
    return frame[["audience", *counts, "past_spend"]].astype(dict.fromkeys(counts, "int64"))


def consents(customers: ibis.Table | None) -> pd.DataFrame | None:
    """Which channels each customer agreed to.

    Args:
        customers: The store's `customers`; None where it has none.

    Returns:
        `customer_id` and, of `email_consent`, `sms_consent`, `messenger_consent`, the columns that the store has
        (bool; unknown counts as refused), ordered by id, which are texts as Arrow holds them; None where the store
        knows of none. For lists, never shown.
    """
    known = [] if customers is None else [name for name in CONSENTS if name in customers.columns]
    if customers is None or not known:
        return None
    agreed = {name: customers[name].fill_null(False) for name in known}
    told = customers.select("customer_id", **agreed).order_by("customer_id").to_pyarrow()
    ids = pd.Series(told["customer_id"], dtype="string[pyarrow]", name="customer_id")
    return pd.concat([ids, told.drop_columns("customer_id").to_pandas()], axis="columns")


def _at(
    purchases: ibis.Table, feedback: ibis.Table | None, *, day: date, days: int, lapse_days: int
) -> Mapping[str, ibis.Table]:
    """The ids in each audience on a day."""
    boundary = ibis.date(day.isoformat())
    start = boundary - ibis.interval(days=days)
    seen = purchases.filter(purchases.day < boundary)
    customers = seen.group_by("customer_id").aggregate(
        bought=ibis._.count(),
        silence=boundary.delta(seen.day.max(), unit="day"),
        silence_before=start.delta(seen.day.max(where=seen.day < start), unit="day"),
    )
    quiet = (customers.silence > lapse_days) & (customers.silence_before <= lapse_days)
    fresh = (customers.bought == 1) & (customers.silence <= days)
    chosen = {"just_quiet": customers.filter(quiet), "one_order": customers.filter(fresh)}
    if feedback is not None:
        written = feedback.given_at.date()
        lately = (written < boundary) & (written >= boundary - ibis.interval(days=days))
        bad = feedback.filter(lately, feedback.score <= NEGATIVE * feedback.scale).select("customer_id").distinct()
        chosen["bad_review"] = customers.semi_join(bad, "customer_id")
    return {name: table.select("customer_id") for name, table in chosen.items()}


def _bought(purchases: ibis.Table, *, start: date, days: int) -> ibis.Table:
    first = ibis.date(start.isoformat())
    inside = purchases.filter(purchases.day >= first, purchases.day < first + ibis.interval(days=days))
    return inside.group_by("customer_id").aggregate(spend=inside.amount.sum())
