"""What every customer paid, brought back and left as profit day by day: read once from the sales for many measures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import ibis
from ibis.expr import types as ir

from retention_lib.measures.purchases import first_two_purchases

MONEY = "decimal(18, 4)"

WIDE = "decimal(38, 4)"
"""What money is cast to before it is multiplied: the engine multiplies narrower decimals in 64 bits."""

_COSTS = ("known_profit", "unpriced", "known")


@dataclass(frozen=True, kw_only=True, eq=False)
class Sales:
    """The sales by customer and day, in the engine. Customers are numbers, which the engine compares faster than ids.

    Attributes:
        people: One row a customer with a sale or a purchase: `number` (in the order of the ids, from 0), `customer_id`,
            `first_day`, `second_day` (of purchases; dates, NULL where there is none).
        purchases: One row a purchase: `number`, `day`, `amount` (net money), as `purchases.purchase_days` has it.
        days: One row a customer and day with a sale or a refund: `number`, `day`, `revenue` (net money), and, where the
            sales know costs, `known_profit` (of the rows with a known cost: net money less cost), `unpriced` (net money
            of the others) and `known` (rows with a known cost; count).
        returned: Of these days, what came back later of the first order under its order id, in the same columns; None
            where the sales know no cost or no order.
        until: First day that is no longer seen.
    """

    people: ir.Table
    purchases: ir.Table
    days: ir.Table
    returned: ir.Table | None
    until: date

    @property
    def has_costs(self) -> bool:
        """Whether the sales know any cost."""
        return "known" in self.days.columns


def daily_sales(transactions: ir.Table, purchases: ir.Table, *, until: date) -> Sales:
    """Every customer's money by day, materialised in the engine.

    Args:
        transactions: The store's `transactions`; their `cost`, where they have one, is taken back by a refund as far as
            the store says so.
        purchases: From `purchases.purchase_days`, until the same day.
        until: First day that is no longer seen.
    """
    seen = transactions.filter(transactions.ordered_at < ibis.timestamp(until.isoformat()))
    bought = purchases.filter(purchases.day < ibis.date(until.isoformat()))
    people = _people(seen, bought)
    numbers = people.select("customer_id", "number")
    days = _summed(_numbered(seen, people))
    return Sales(
        people=people,
        purchases=bought.inner_join(numbers, "customer_id").select("number", "day", "amount").cache(),
        days=days.cache(),
        returned=_returned(seen, people),
        until=until,
    )


def _people(seen: ir.Table, bought: ir.Table) -> ir.Table:
    """Everybody with a row, numbered."""
    everybody = seen.select("customer_id").union(bought.select("customer_id")).distinct()
    firsts = first_two_purchases(bought)
    joined = everybody.left_join(firsts, "customer_id").drop("customer_id_right")
    number = ibis.row_number().over(ibis.window(order_by="customer_id")).cast("int32")
    return joined.mutate(number=number).cache()


def _numbered(rows: ir.Table, people: ir.Table) -> ir.Table:
    """Rows of sales with the customer's number, the day of the first purchase and what they left."""
    money: dict[str, ir.Value] = {"revenue": rows.amount}
    if "cost" in rows.columns:
        known = rows.cost.notnull()
        money["known_profit"] = (rows.amount - rows.cost).fill_null(0)
        money["unpriced"] = known.ifelse(0, rows.amount)
        money["known"] = known.cast("int32")
    names = [name for name in ("order_id",) if name in rows.columns]
    told = rows.select("customer_id", *names, day=rows.ordered_at.date(), **money)
    return told.inner_join(people.select("customer_id", "number", "first_day"), "customer_id")


def _summed(rows: ir.Table) -> ir.Table:
    """Money by customer and day."""
    sums: dict[str, ir.Value] = {"revenue": rows.revenue.sum().cast(MONEY)}
    if "known" in rows.columns:
        sums["known_profit"] = rows.known_profit.sum().cast(MONEY)
        sums["unpriced"] = rows.unpriced.sum().cast(MONEY)
        sums["known"] = rows.known.sum().cast("int32")
    return rows.group_by("number", "day").aggregate(**sums)


def _returned(seen: ir.Table, people: ir.Table) -> ir.Table | None:
    """What came back later of first orders."""
    if not {"cost", "order_id"} <= set(seen.columns):
        return None
    back = _numbered(seen.filter(seen.amount < 0), people)
    back = back.filter(back.day > back.first_day).cache()
    # From the few rows that came back to their orders, never from all orders.
    begun = seen.select("customer_id", "order_id", day=seen.ordered_at.date()).semi_join(back, "order_id")
    begun = begun.inner_join(people.select("customer_id", "number", "first_day"), "customer_id")
    first_orders = begun.filter(begun.day <= begun.first_day).select("number", "order_id").distinct()
    return _summed(back.semi_join(first_orders, ["number", "order_id"])).cache()
