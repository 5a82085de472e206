"""Entries of a programme's ledger as changes of balances: what credits points, and what takes them."""

from __future__ import annotations

import ibis
from ibis.expr import types as ir

POINTS = "decimal(18, 4)"
"""Exact, so that sums do not depend on the order of rows."""

GAIN, LOSS = ("earn", "grant"), ("redeem", "expire", "forfeit")
"""Events that credit points and that take them, whichever sign a source writes."""


def signed_points(events: ir.Table) -> ir.Value:
    """Points as they change the balance, whichever sign the source writes them with.

    Earned and granted ones are added, redeemed, expired and forfeited ones taken away; adjusted ones count as written,
    reversed ones too where the table holds negative points, else they are taken away. Those of any other event are 0.

    Args:
        events: With `event`, `points`.
    """
    points = events.points.cast(POINTS)
    signed = (events.points < 0).any().as_scalar().fill_null(False)
    back = signed.ifelse(points, -points)
    return ibis.cases(
        (events.event.isin(GAIN), points.abs()),
        (events.event.isin(LOSS), -points.abs()),
        (events.event == "reverse", back),
        (events.event == "adjust", points),
        else_=ibis.literal(0).cast(POINTS),
    )


def point_entries(events: ir.Table, people: ir.Table) -> ir.Table:
    """Entries that change a balance: `number`, `event`, `moment`, `name`, `expires_at`, `reason`, `points` (signed)."""
    moved = events.select(
        "customer_id",
        "event",
        "reason",
        "expires_at",
        moment="occurred_at",
        name="earned_at",
        points=signed_points(events).cast(POINTS),
    )
    moved = moved.filter(moved.points != 0)
    return moved.inner_join(people.select("customer_id", "number"), "customer_id").drop("customer_id")


def credited_lots(entries: ir.Table) -> ir.Table:
    """One row a lot, materialised: `number`, `lot`, `name`, `moment`, `expires_at`, `kind`, `reason`, `points`."""
    rows = entries.filter(entries.points > 0)
    rows = rows.mutate(name=rows.name.fill_null(rows.moment), kind=rows.event.isin(GAIN).ifelse(rows.event, "adjust"))
    # Of lots credited at one moment, those that expire first are used first.
    order = ["number", "moment", ibis.asc("expires_at", nulls_first=False), "name", "kind", "reason", "points"]
    lot = ibis.row_number().over(ibis.window(order_by=order)).cast("int64")
    return rows.select("number", "name", "moment", "expires_at", "kind", "reason", "points", lot=lot).cache()


def debits(entries: ir.Table) -> ir.Table:
    """What goes, materialised: `number`, `name`, `moment`, `event`, `points` (> 0)."""
    rows = entries.filter(entries.points < 0)
    return rows.select("number", "name", "moment", "event", points=(-rows.points).cast(POINTS)).cache()
