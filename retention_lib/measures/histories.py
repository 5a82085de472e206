"""Histories of single customers: as they were known at past cut-offs, with what followed, and as they are today.

The buying models read frequency, recency and age; a learning challenger reads recent activity as well. A past cut-off
knows only what was known then: an order that was sent back later still counted.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import ibis
import numpy as np
import pandas as pd
from ibis.expr import types as ir

from retention_lib.measures.sales import Sales

RECENT_DAYS = (30, 90, 180)
FEATURES = tuple(f"purchases_{days}" for days in RECENT_DAYS)
"""What is known of a customer's recent activity: purchases in so many days before the cut-off."""

_BUCKETS = 1_000_000
_MONEY = "decimal(18, 4)"
_HISTORY = ("first_day", "last_day", "frequency", "monetary_value", "paid", "first_paid", "net", *FEATURES)
_OUTCOME = ("holdout_purchases", "holdout_revenue", "weight")


def rolling_histories(
    transactions: ir.Table,
    purchases: ir.Table,
    *,
    windows: pd.DataFrame,
    most_customers: int = 100_000,
    zero_amount_is_purchase: bool = False,
) -> pd.DataFrame:
    """What was known of customers at several cut-offs, and what followed, from one pass over the sales.

    Args:
        transactions: The store's `transactions`.
        purchases: From `purchases.purchase_days`; says how many customers there are.
        windows: Columns `cutoff` (date: first day that is not known) and `horizon_days` (days from it in which
            purchases count). From `models.backtest_plan.plan`.
        most_customers: About so many customers, drawn by a hash of the id, stand for all; everybody where there are
            fewer.
        zero_amount_is_purchase: As in `purchases.purchase_days`.

    Returns:
        One row a window and customer who had bought by its cut-off, the windows in their order and the customers in an
        order by chance that is the same in every run. Columns:

        - `cutoff` (datetime64), `horizon_days`;
        - `first_day`, `last_day` (of purchases, days since 1970-01-01), `frequency` (repeat purchases),
        - `monetary_value` (mean money a repeat purchase; 0 without one, and for customers whose refunds reach what they
          bought), `paid` (money of all purchases), `first_paid` (of the first one), `net` (net money of all rows,
          refunds that name no order included),
        - `purchases_30`, `purchases_90`, `purchases_180` (purchases in so many days before the cut-off),
        - `holdout_purchases` (count) and `holdout_revenue` (net money) in the horizon, as known at its end,
        - `weight` (customers that the row stands for).
    """
    share = min(1.0, most_customers / max(1, int(purchases.customer_id.nunique().to_pandas())))
    kept = max(1, int(share * _BUCKETS))
    table = _engine_windows(windows)
    until = max(day + timedelta(days=int(days)) for day, days in zip(windows.cutoff, windows.horizon_days, strict=True))
    lines = _shuffled(_lines(transactions, until=until, kept=kept).cache()).cache()
    events = _events(lines, table, free=zero_amount_is_purchase)
    rows = events.group_by("window", "customer_id").aggregate(
        **_sums(events, start=events.start),
        holdout_purchases=events.ahead.sum(where=events.purchase),
        holdout_revenue=events.amount.sum(where=~events.purchase & events.ahead),
    )
    rows = _told(rows.filter(rows.frequency >= 0)).order_by("window", "customer_id")
    frame = rows.drop("customer_id").to_pyarrow().to_pandas()
    at = frame["window"].to_numpy()
    frame["cutoff"] = pd.to_datetime(windows["cutoff"]).to_numpy()[at]
    frame["horizon_days"] = windows["horizon_days"].to_numpy()[at]
    frame["weight"] = _BUCKETS / kept if share < 1 else 1.0
    frame[["holdout_purchases", "holdout_revenue"]] = frame[["holdout_purchases", "holdout_revenue"]].fillna(0.0)
    return frame[["cutoff", "horizon_days", *_HISTORY, *_OUTCOME]]


def present_histories(sales: Sales, groups: ir.Table | None = None, *, with_ids: bool = False) -> pd.DataFrame:
    """What is known of every customer today, which is the day until which the sales are seen.

    Args:
        sales: From `sales.daily_sales`.
        groups: A column `customer_id` and others by which customers are grouped, from `first_groups.first_groups`.
        with_ids: Whether `customer_id` comes along, for lists.

    Returns:
        One row a customer, ordered by customer_id: `first_day`, `last_day`, `frequency`, `monetary_value`, `paid`,
        `first_paid`, `net` and recent purchases as in `rolling_histories`, `customers` (1), `cohort` (month of the
        first purchase as 'YYYY-MM', category), and the columns of `groups` (categories; missing values stay missing).
        Ids are texts as Arrow holds them.
    """
    rows = sales.purchases.mutate(purchase=ibis.literal(True), ahead=ibis.literal(False))
    sums = _sums(rows, start=ibis.date(sales.until.isoformat()))
    bought = rows.group_by("number").aggregate(**{name: value for name, value in sums.items() if name != "net"})
    nets = sales.days.group_by("number").aggregate(net=sales.days.revenue.sum())
    known = _told(bought.left_join(nets, "number").drop("number_right"))
    names = [name for name in groups.columns if name != "customer_id"] if groups is not None else []
    if groups is not None or with_ids:
        known = known.inner_join(sales.people.select("number", "customer_id"), "number")
    if groups is not None:
        known = known.left_join(groups, "customer_id").drop("customer_id_right")
    shown = known.order_by("number").select(*(["customer_id"] if with_ids else []), *_HISTORY, *names)
    told = shown.to_pyarrow()
    ids = [pd.Series(told["customer_id"], dtype="string[pyarrow]", name="customer_id")] if with_ids else []
    frame = told.select([*_HISTORY, *names]).to_pandas(strings_to_categorical=True, self_destruct=True)
    months = frame["first_day"].to_numpy().astype("datetime64[D]").astype("datetime64[M]")
    found, at = np.unique(months, return_inverse=True)
    cohort = pd.Categorical.from_codes(at.tolist(), categories=pd.Index(found.astype(str)), ordered=True)
    frame = frame.assign(cohort=cohort, customers=np.int8(1)).astype(dict.fromkeys(names, "category"))
    # The engine has them in the order in which it met them.
    ordered = {name: frame[name].cat.set_categories(sorted(frame[name].cat.categories)) for name in names}
    frame = frame.assign(**ordered)
    frame = pd.concat([*ids, frame], axis="columns")
    return frame[[*(["customer_id"] if with_ids else []), *_HISTORY, "customers", "cohort", *names]]


def _engine_windows(windows: pd.DataFrame) -> ir.Table:
    """The windows in the engine: window (number), start, end (dates)."""
    start = pd.to_datetime(windows["cutoff"])
    end = start + pd.to_timedelta(windows["horizon_days"], unit="D")
    frame = pd.DataFrame({"window": np.arange(len(windows)), "start": start.dt.date, "end": end.dt.date})
    return ibis.memtable(frame, schema={"window": "int64", "start": "date", "end": "date"})


def _lines(transactions: ir.Table, *, until: date, kept: int) -> ir.Table:
    """Net money of each customer, order and day, of the drawn customers."""
    seen = transactions.filter(transactions.ordered_at < ibis.timestamp(until.isoformat()))
    if kept < _BUCKETS:
        # The engine's hash may be negative; a remainder twice over is not.
        seen = seen.filter((seen.customer_id.hash() % _BUCKETS + _BUCKETS) % _BUCKETS < kept)
    order = {"order_id": seen.order_id.fill_null("")} if "order_id" in seen.columns else {}
    rows = seen.select("customer_id", **order, day=seen.ordered_at.date(), amount=seen.amount)
    # With orders, one is free when all of it is; without, a day is when anything was.
    free = (rows.amount == 0).all() if order else (rows.amount == 0).any()
    return rows.group_by("customer_id", *order, "day").aggregate(amount=rows.amount.sum().cast(_MONEY), free=free)


def _shuffled(lines: ir.Table) -> ir.Table:
    """The lines with numbers for customers, in an order by chance that is the same in every run."""
    ids = lines.select("customer_id").distinct()
    order = ibis.window(order_by=[ids.customer_id.hash(), ids.customer_id])
    numbered = ids.mutate(number=ibis.row_number().over(order).cast("int32"))
    joined = lines.inner_join(numbered, "customer_id").drop("customer_id")
    return joined.rename(customer_id="number")


def _events(lines: ir.Table, windows: ir.Table, *, free: bool) -> ir.Table:
    """Purchases and rows of money of every window, before the cut-off and after."""
    settled, unsettled = _settled(lines), None
    if "order_id" in lines.columns:
        orders = lines.group_by("customer_id", "order_id").aggregate(
            day=lines.day.min(), last=lines.day.max(), amount=lines.amount.sum().cast(_MONEY), free=lines.free.all()
        )
        # Orders that changed after their day, and all others of that customer and day, look different at each cut-off.
        orders = orders.cache()
        changed = orders.filter(orders["last"] > orders.day).select("customer_id", "day").distinct()
        settled = _settled(orders.drop("last").anti_join(changed, ["customer_id", "day"]))
        unsettled = _unsettled(lines, orders.semi_join(changed, ["customer_id", "day"]), windows, free=free)
    days = _purchases(settled, free=free)
    parts = [
        _windowed(_event_rows(days, purchase=True), windows),
        _windowed(_event_rows(lines, purchase=False), windows),
    ]
    return parts[0].union(parts[1], *([unsettled] if unsettled is not None else []))


def _settled(orders: ir.Table) -> ir.Table:
    """Orders by customer and day."""
    return orders.group_by("customer_id", "day").aggregate(
        amount=orders.amount.sum().cast(_MONEY), free=orders.free.any()
    )


def _purchases(days: ir.Table, *, free: bool) -> ir.Table:
    """The days that are purchases, as `purchases.purchase_days` has it."""
    given = days.free & (days.amount == 0)
    return days.filter((days.amount > 0) | given if free else days.amount > 0).drop("free")


def _unsettled(lines: ir.Table, orders: ir.Table, windows: ir.Table, *, free: bool) -> ir.Table:
    """Purchase days with orders that changed later: as known at each window's cut-off, and at its end."""
    rows = lines.semi_join(orders, ["customer_id", "order_id"])
    points = windows.select(point="start").union(windows.select(point="end")).distinct()
    known = rows.join(points, rows.day < points.point)
    by_order = known.group_by("point", "customer_id", "order_id").aggregate(
        day=known.day.min(), amount=known.amount.sum().cast(_MONEY), free=known.free.all()
    )
    by_day = by_order.group_by("point", "customer_id", "day").aggregate(
        amount=by_order.amount.sum().cast(_MONEY), free=by_order.free.any()
    )
    days = _purchases(by_day, free=free).cache()
    before = days.join(windows, [days.point == windows.start, days.day < windows.start])
    after = days.join(windows, [days.point == windows.end, days.day >= windows.start])
    both = before.union(after)
    return _marked(both.mutate(purchase=ibis.literal(True)))


def _event_rows(rows: ir.Table, *, purchase: bool) -> ir.Table:
    """Rows of one kind in common columns."""
    return rows.select("customer_id", "day", amount=rows.amount.cast(_MONEY), purchase=ibis.literal(purchase))


def _windowed(rows: ir.Table, windows: ir.Table) -> ir.Table:
    """Rows once for every window that sees them."""
    return _marked(rows.join(windows, rows.day < windows.end))


def _marked(rows: ir.Table) -> ir.Table:
    """Whether a row lies in the horizon."""
    ahead = rows.day >= rows.start
    return rows.select("window", "start", "customer_id", "day", "amount", "purchase", ahead=ahead)


def _sums(rows: ir.Table, *, start: ir.DateValue) -> dict[str, ir.Value]:
    """What is known of a customer before a cut-off."""
    known = rows.purchase & ~rows.ahead
    recent = {
        name: (rows.day >= start - ibis.interval(days=days)).sum(where=known)
        for name, days in zip(FEATURES, RECENT_DAYS, strict=True)
    }
    return {
        "frequency": known.sum() - 1,
        "first": rows.day.min(where=known),
        "last": rows.day.max(where=known),
        "paid": rows.amount.sum(where=known),
        "first_paid": rows.amount.argmin(rows.day, where=known),
        "net": rows.amount.sum(where=~rows.purchase & ~rows.ahead),
        **recent,
    }


def _told(rows: ir.Table) -> ir.Table:
    """The sums in the documented columns and types."""
    epoch = ibis.date("1970-01-01")
    paid, net = rows.paid.cast("float64"), rows.net.cast("float64")
    repeated = (rows.frequency > 0) & (rows.net > 0)
    mean = (rows.paid - rows.first_paid).cast("float64") / rows.frequency.cast("float64").nullif(0.0)
    told: dict[str, Any] = {
        "first_day": rows["first"].delta(epoch, unit="day").cast("int64"),
        "last_day": rows["last"].delta(epoch, unit="day").cast("int64"),
        "frequency": rows.frequency.cast("int64"),
        "monetary_value": repeated.ifelse(mean.round(6), 0.0),
        "paid": paid,
        "first_paid": rows.first_paid.cast("float64"),
        "net": net,
        **{name: rows[name].fill_null(0).cast("int32") for name in FEATURES},
    }
    outcome = ("holdout_purchases", "holdout_revenue")
    told |= {name: rows[name].cast("float64") for name in outcome if name in rows.columns}
    kept = [name for name in rows.columns if name not in (*told, "first", "last")]
    return rows.select(*kept, **told)
