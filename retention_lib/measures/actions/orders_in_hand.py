"""Orders that reached the customer: when, with what, and whether anything of them was kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

import ibis
from ibis.expr import types as ir

from retention_lib.measures.actions.due import day_start, seen

if TYPE_CHECKING:
    from retention_lib.measures.actions.context import TriggerContext

LONGEST_DELIVERY_DAYS = 180
"""An order that takes longer to arrive is no longer written about."""

_ORDER = ("customer_id", "order_id")


def orders_in_hand(context: TriggerContext, *, since: date, categories: Sequence[str] = ()) -> ir.Table:
    """Orders handed over since a day, as far as they were not brought back.

    An order is handed over when the last of its goods is: at `delivered_at`; at the order where the store knows of no
    deliveries, or promised none for it (bought in a shop). What is not delivered when the data end is on its way.

    Args:
        context: The plan; nothing from its `until` on is seen.
        since: The first day of handing over that counts.
        categories: Goods of these alone count; none given: all goods.

    Returns:
        Columns `customer_id`, `order_id`, `ordered_at`, `handed_at` (timestamps), `money` (net of what came back,
        positive), `detail` (the product with most of that money; its category where products are not known, the day of
        the order where neither is).
    """
    transactions = context.store.table("transactions")
    rows = seen(transactions, "ordered_at", context, since=since - timedelta(days=LONGEST_DELIVERY_DAYS))
    rows = rows.mutate(handed_at=_handed_at(rows, context))
    sold = rows.filter(rows.amount > 0, rows.handed_at >= day_start(since))
    lines = rows.semi_join(sold.select(*_ORDER).distinct(), list(_ORDER))
    if categories:
        lines = lines.filter(lines.category.isin(list(categories)))
    return _orders(_kept(lines))


def _handed_at(rows: ir.Table, context: TriggerContext) -> ir.Value:
    """When a line reached the customer; NULL while it is on its way."""
    if "delivered_at" not in rows.columns:
        return rows.ordered_at
    delivered = (rows.delivered_at < day_start(context.until)).ifelse(rows.delivered_at, ibis.null("timestamp"))
    if "promised_at" not in rows.columns:
        return delivered
    carried = rows.delivered_at.isnull() & rows.promised_at.isnull()
    return carried.ifelse(rows.ordered_at, delivered)


def _kept(lines: ir.Table) -> ir.Table:
    """The goods of orders that were not brought back, a row a product of an order."""
    named = [lines[name] for name in ("product_id", "category") if name in lines.columns]
    goods = lines.mutate(goods=ibis.coalesce(*named, lines.ordered_at.date().cast("string")) if named else _day(lines))
    # What came back has the order's id and a stamp of its own.
    sold = goods.amount > 0
    items = goods.group_by(*_ORDER, "goods").aggregate(
        kept=goods.amount.sum(),
        ordered_at=goods.ordered_at.min(where=sold),
        handed_at=goods.handed_at.max(where=sold),
        waiting=(sold & goods.handed_at.isnull()).any(),
    )
    return items.filter(items.kept > 0)


def _day(lines: ir.Table) -> ir.StringValue:
    """The day of the order: the first of its lines', so that what came back falls to it."""
    first = lines.ordered_at.min().over(ibis.window(group_by=list(_ORDER)))
    return first.date().cast("string")


def _orders(items: ir.Table) -> ir.Table:
    orders = items.group_by(*_ORDER).aggregate(
        ordered_at=items.ordered_at.min(),
        handed_at=items.handed_at.max(),
        money=items.kept.sum(),
        detail=items.goods.first(order_by=[items.kept.desc(), items.goods]),
        waiting=items.waiting.any(),
    )
    return orders.filter(~orders.waiting).drop("waiting")
