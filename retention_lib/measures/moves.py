"""How the same customers moved in two months."""

from __future__ import annotations

from datetime import date

import ibis
import pandas as pd

from retention_lib.measures.activity import last_days
from retention_lib.settings.calendar import Month


def paired_moves(purchases: ibis.Table, month: Month, *, earlier: Month, lapse_days: int) -> pd.DataFrame:
    """Customers by how they moved in an earlier month and in this one.

    The classes are those of `models.retention.monthly_flows`: active on a boundary means that the last purchase is
    at most the window before it.

    Args:
        purchases: From `purchases.purchase_days`.
        month: The month.
        earlier: The month compared with.
        lapse_days: The window W.

    Returns:
        Columns `before`, `now` (in the earlier month and in this one: "retained", "lapsed", "reactivated", "new";
        "other" for who was active at neither end or had not bought yet) and `customers` (count); ordered by both.
    """
    boundaries = sorted({earlier.start, earlier.end, month.start, month.end})
    customers = last_days(purchases, boundaries)
    moved = customers.select(
        before=_move(customers, earlier, lapse_days=lapse_days), now=_move(customers, month, lapse_days=lapse_days)
    )
    counts = moved.group_by("before", "now").aggregate(customers=ibis._.count())
    return counts.order_by("before", "now").to_pandas()


def _move(customers: ibis.Table, month: Month, *, lapse_days: int) -> ibis.Value:
    start, end = (_active(customers, day, lapse_days=lapse_days) for day in (month.start, month.end))
    known = customers[_before(month.start)].notnull()
    return ibis.cases(
        (start & end, "retained"),
        (start, "lapsed"),
        (end & known, "reactivated"),
        (end, "new"),
        else_="other",
    )


def _active(customers: ibis.Table, boundary: date, *, lapse_days: int) -> ibis.BooleanValue:
    first = ibis.date(boundary.isoformat()) - ibis.interval(days=lapse_days)
    return (customers[_before(boundary)] >= first).fill_null(False)


def _before(boundary: date) -> str:
    return f"before_{boundary}"
