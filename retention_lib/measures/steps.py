"""The time from each purchase of a new customer to the next one: first to second, second to third and so on."""

from __future__ import annotations

from datetime import date

import ibis
import pandas as pd


def step_episodes(purchases: ibis.Table, *, start: date, end: date, steps: int = 4) -> pd.DataFrame:
    """Time from purchase k to purchase k + 1 of customers whose first purchase is known to be their first.

    Only who is first seen at or after `start` is counted: of the others nobody knows which purchase is which. One
    episode a customer and step; without a next purchase before the end it is censored there.

    Args:
        purchases: From `purchases.purchase_days`, with all history.
        start: First day on which somebody seen for the first time is truly new.
        end: First day that is no longer seen.
        steps: How many steps, from the first purchase on.

    Returns:
        Columns `step` (1: from the first purchase to the second), `days` (to the next purchase, or to the end),
        `observed` (bool: there was one), `customers` (count); ordered by the first three.
    """
    seen = purchases.filter(purchases.day < ibis.date(end.isoformat()))
    customers = seen.group_by("customer_id").aggregate(days=seen.day.collect().sort()[: steps + 1])
    new = customers.filter(customers.days[0] >= ibis.date(start.isoformat())).select("days").cache()
    parts = [_step(new, step, end) for step in range(1, steps + 1)]
    frame = ibis.union(*parts).order_by("step", "days", "observed").to_pandas()
    return frame.astype({"step": "int64", "days": "int64", "observed": bool, "customers": "int64"})


def _step(new: ibis.Table, step: int, end: date) -> ibis.Table:
    """The counted episodes of one step."""
    reached = new.filter(new.days.length() >= step)
    bought, following = reached.days[step - 1], reached.days[step]
    stop = ibis.coalesce(following, ibis.date(end.isoformat()))
    episodes = reached.select(
        step=ibis.literal(step), days=stop.delta(bought, unit="day"), observed=following.notnull()
    )
    return episodes.group_by("step", "days", "observed").aggregate(customers=ibis._.count())
