"""What became of points by the month in which they were credited and by their age: the development triangle."""

from __future__ import annotations

from datetime import date, timedelta

import ibis
import pandas as pd
from ibis.expr import types as ir

from retention_lib.estimates import NotEnough
from retention_lib.measures.points import PointLots
from retention_lib.measures.programme import Programme
from retention_lib.measures.purchases import month_number

BUCKETS = 100
"""Groups by chance into which customers are put, so that what leaves the engine stays small."""

NEVER = -1
"""The validity of points that never expire, or of which that is not known."""

_MONTH_DAYS = 30.4375
_PAID_DAYS = 365
_SUMS = ("customers", "credited", "redeemed", "lost", "redemptions")


def point_triangle(
    lots: PointLots | NotEnough, *, kind: str | None = None, buckets: int = BUCKETS
) -> pd.DataFrame | NotEnough:
    """Points credited, redeemed and lost, by month of crediting and age, up to the last whole month.

    Points that no longer can be used count as lost on their day, whether or not an entry says so.

    Args:
        lots: From `points.lots`.
        kind: The lots that count: "earn" for those of purchases, "grant", "adjust"; all if omitted.
        buckets: Groups of customers, by a hash of their id (count).

    Returns:
        Columns bucket (from 0), validity (months from crediting to expiry, rounded; -1 without an expiry), cohort
        (month of crediting, months since January 1970), age (calendar months since, from 0), customers (credited),
        credited (points; both at age 0 only), redeemed (points), lost (points that were reversed, taken back by an
        adjustment, expired or forfeited), redemptions (entries); then `until` (date), the first day not counted.
        Ordered by the first four.
    """
    if isinstance(lots, NotEnough):
        return lots
    until = lots.programme.until.replace(day=1)
    named = _named(lots, until, kind, buckets).cache()
    credited = named.group_by("bucket", "validity", "cohort").aggregate(
        customers=named.customer_id.nunique(), credited=named.points.sum().cast("float64")
    )
    gone = _gone(lots, named, until)
    rows = ibis.union(
        credited.mutate(age=ibis.literal(0, "int64"), redeemed=0.0, lost=0.0, redemptions=ibis.literal(0, "int64")),
        gone.mutate(customers=ibis.literal(0, "int64"), credited=0.0).select(
            "bucket", "validity", "cohort", "customers", "credited", "age", "redeemed", "lost", "redemptions"
        ),
    )
    keys = ["bucket", "validity", "cohort", "age"]
    summed = rows.group_by(keys).aggregate(**{name: rows[name].sum() for name in _SUMS}).order_by(keys)
    return summed.to_pandas().assign(until=until)


def points_paid(programme: Programme | NotEnough) -> pd.DataFrame | NotEnough:
    """What redeemed points paid, over the last 365 days.

    Args:
        programme: From `programme.programme`.

    Returns:
        One row: entries (redemptions whose value is known), points (that they took), paid (money).
    """
    if isinstance(programme, NotEnough):
        return programme
    events = programme.events
    since = programme.until - timedelta(days=_PAID_DAYS)
    paid = events.filter(events.event == "redeem", events.day >= since, events.points < 0, events.value.notnull())
    told = paid.aggregate(
        entries=paid.count(), points=(-paid.points).sum().fill_null(0.0), paid=paid.value.abs().sum().fill_null(0.0)
    )
    return told.to_pandas()


def _named(lots: PointLots, until: date, kind: str | None, buckets: int) -> ir.Table:
    """Lots of a kind credited before a day, with their place in the triangle."""
    asked = ibis.literal(True) if kind is None else lots.lots.kind == kind
    seen = lots.lots.filter(lots.lots.earned < ibis.date(until.isoformat()), asked)
    days = seen.expires.delta(seen.earned, unit="day")
    return seen.select(
        "customer_id",
        "lot",
        "points",
        # The engine's hash may be negative; a remainder twice over is not.
        bucket=((seen.customer_id.hash() % buckets + buckets) % buckets).cast("int64"),
        validity=(days / _MONTH_DAYS).round().cast("int64").fill_null(NEVER),
        cohort=month_number(seen.earned),
    )


def _gone(lots: PointLots, named: ir.Table, until: date) -> ir.Table:
    """Points that went of the lots, by place in the triangle; what went before it was credited went at once."""
    moves = lots.movements.filter(lots.movements.day < ibis.date(until.isoformat()))
    joined = moves.select("lot", "day", "event", gone=moves.points).inner_join(named, "lot")
    used, age = joined.event == "redeem", month_number(joined.day) - joined.cohort
    aged = joined.mutate(age=ibis.greatest(age, 0).cast("int64"), used=used)
    return aged.group_by("bucket", "validity", "cohort", "age").aggregate(
        redeemed=aged.gone.sum(where=aged.used).cast("float64").fill_null(0.0),
        lost=aged.gone.sum(where=~aged.used).cast("float64").fill_null(0.0),
        redemptions=aged.count(where=aged.used),
    )
