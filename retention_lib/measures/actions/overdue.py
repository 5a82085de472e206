"""How long a silence each customer's own rhythm allows."""

from __future__ import annotations

import ibis
from ibis.expr import types as ir

from retention_lib.measures.gaps import MINIMUM_GAPS

FEWEST_CUSTOMERS = 30
"""Customers with a rhythm of their own, below which the base says nothing about the others."""
SHORTEST_DAYS = 7
"""A shorter silence is no reason to write, whatever the rhythm."""


def allowed_silences(purchases: ir.Table, *, level: float, usual_days: int) -> ir.Table:
    """The silence after which each customer is overdue.

    With three gaps between purchases or more, it is the customer's own percentile: the shortest of the own gaps that
    at least the share `level` of them do not exceed. The median of these is the base's. With n = 0, 1 or 2 gaps it is
    drawn towards the base, as own^(n/3) x base^(1 - n/3): for the first order's customers the base's alone. Nobody is
    overdue within a week.

    Args:
        purchases: From `purchases.purchase_days`.
        level: The percentile, in (0, 1).
        usual_days: What is taken for the base where fewer than 30 customers have three gaps.

    Returns:
        Columns `customer_id`, `last_day` (date), `purchase_days` (count), `allowed_days` (int64: overdue when the
        days since `last_day` are more).
    """
    before = purchases.day.lag().over(ibis.window(group_by="customer_id", order_by="day"))
    spaced = purchases.select("customer_id", "day", gap=purchases.day.delta(before, unit="day"))
    each = spaced.group_by("customer_id").aggregate(
        last_day=spaced.day.max(),
        purchase_days=spaced.count(),
        gaps=spaced.gap.collect().sort(),
    )
    n = each.purchase_days - 1
    # Rounded, for .8 x 5 must be the fourth of five.
    place = (n * level).round(9).ceil().cast("int64")
    own = each.select("customer_id", "last_day", "purchase_days", n=n, own=each.gaps[place - 1]).cache()
    base = own.aggregate(
        typical=own.own.quantile(0.5, where=own.n >= MINIMUM_GAPS), judged=(own.n >= MINIMUM_GAPS).cast("int64").sum()
    )
    base = base.select(base=(base.judged >= FEWEST_CUSTOMERS).ifelse(base.typical, float(usual_days)))
    both = own.cross_join(base)
    weight = ibis.least(both.n, MINIMUM_GAPS) / MINIMUM_GAPS
    drawn = both.base.ln() * (1 - weight) + (both.n > 0).ifelse(both.own, 1).ln() * weight
    allowed = ibis.greatest(drawn.exp().round(6).floor().cast("int64"), SHORTEST_DAYS)
    return both.select("customer_id", "last_day", "purchase_days", allowed_days=allowed)
