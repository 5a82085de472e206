"""What sales leave after the cost of the goods, and what buyers keep of what they bought."""

from __future__ import annotations

from collections.abc import Sequence

import ibis
import pandas as pd
from ibis.expr import types as ir

from retention_lib.measures.sales import MONEY, WIDE, Sales

FIRST, REPEAT, WHOLE = "first", "repeat", "all"
"""What a customer bought on the day of the first purchase, all the rest, and both."""

_KEYS = ("dimension", "segment", "part")
_PRODUCTS = {
    "costed_squares": ("costed", "costed"),
    "profit_squares": ("known_profit", "known_profit"),
    "products": ("costed", "known_profit"),
}
_SUMS = ("revenue", "unpriced", "known_profit", *_PRODUCTS)


def order_profits(sales: Sales, groups: ir.Table | None = None) -> pd.DataFrame:
    """Revenue and profit of first orders and of all that came after, refunds included, where costs are known.

    The first order is all that was bought on the day of the first purchase, with what came back of it under its order
    id. A refund that names no order counts to the rest.

    Args:
        sales: From `sales.daily_sales`.
        groups: From `first_groups.first_groups`; none if omitted.

    Returns:
        One row a group and part, ordered by `dimension` (a column of `groups`; empty: all customers), `segment` (empty
        where not known) and `part` (`all`, `first`, `repeat`); no row where the sales know no cost.

        - `customers`: those with a row of known cost in the part (count),
        - `revenue`: net money; `unpriced`: of it, that of rows without a known cost,
        - `known_profit`: net money less cost of the rows with a known cost,
        - `costed_squares`, `profit_squares`, `products`: sums over customers of the squares and products of the net
          money with a known cost and of the known profit.
    """
    if not sales.has_costs:
        return pd.DataFrame(columns=[*_KEYS, "customers", *_SUMS])
    each = _of_customers(sales)
    dimensions = [] if groups is None else [name for name in groups.columns if name != "customer_id"]
    if groups is not None:
        each = each.inner_join(sales.people.select("number", "customer_id"), "number")
        each = each.left_join(groups, "customer_id").drop("customer_id_right", "customer_id")
    # All groups of all dimensions at once: few rows, which then are added up for each.
    sums = _moments(each, dimensions).cache()
    rows = ibis.union(*(_of_part(sums, name, part) for name in ("", *dimensions) for part in (WHOLE, FIRST, REPEAT)))
    frame = rows.order_by(*_KEYS).to_pandas()
    return frame.astype(dict.fromkeys(("customers",), "int64") | dict.fromkeys(_SUMS, "float64"))


def kept_revenue(sales: Sales) -> pd.DataFrame:
    """What buyers kept of what they bought, once refunds that name no order are taken off too.

    Args:
        sales: From `sales.daily_sales`; its purchases have refunds that name an order taken off already.

    Returns:
        One row: `customers` (who bought), `without_net` (of them, those whose refunds reach what they bought: their net
        amount is not positive), and of all of them `bought` (money of their purchases), `net` (of all their rows),
        `bought_squares`, `net_squares`, `products` (sums over customers).
    """
    days, purchases = sales.days, sales.purchases
    nets = days.group_by("number").aggregate(net=days.revenue.sum().cast(MONEY))
    spent = purchases.group_by("number").aggregate(bought=purchases.amount.sum().cast(MONEY))
    each = spent.left_join(nets, "number").drop("number_right")
    each = each.mutate(net=each.net.fill_null(each.bought))
    net, bought = each.net.cast(WIDE), each.bought.cast(WIDE)
    sums = {
        "customers": each.count(),
        "without_net": (each.net <= 0).sum(),
        "bought": each.bought.sum(),
        "net": each.net.sum(),
        "bought_squares": (bought * bought).sum(),
        "net_squares": (net * net).sum(),
        "products": (bought * net).sum(),
    }
    frame = each.aggregate(**{name: value.fill_null(0) for name, value in sums.items()}).to_pandas()
    return frame.astype({name: "int64" if name in ("customers", "without_net") else "float64" for name in sums})


def _of_customers(sales: Sales) -> ir.Table:
    """One row a customer who bought: sums over all rows, those of the first order and the rest."""
    names = ("known", "unpriced", "known_profit", "revenue")
    people = sales.people.filter(sales.people.first_day.notnull()).select("number", "first_day")
    joined = sales.days.inner_join(people, "number")
    begun = joined.day <= joined.first_day
    both = {f"{name}_{WHOLE}": joined[name] for name in names}
    rows = joined.select(
        "number",
        **both,
        **{f"{name}_{FIRST}": begun.ifelse(joined[name], 0).cast(joined[name].type()) for name in names},
    )
    if sales.returned is not None:
        # These rows are in the whole already.
        back = {f"{name}_{FIRST}": sales.returned[name] for name in names}
        nothing = {f"{name}_{WHOLE}": ibis.literal(0).cast(sales.days[name].type()) for name in names}
        rows = rows.union(sales.returned.select("number", **nothing, **back))
    sums = rows.group_by("number").aggregate(**{name: rows[name].sum() for name in rows.columns if name != "number"})
    rest = {f"{name}_{REPEAT}": sums[f"{name}_{WHOLE}"] - sums[f"{name}_{FIRST}"] for name in names}
    each = sums.mutate(**rest)
    told: dict[str, ir.Value] = {}
    for part in (WHOLE, FIRST, REPEAT):
        told[f"known_{part}"] = each[f"known_{part}"] > 0
        told[f"costed_{part}"] = (each[f"revenue_{part}"] - each[f"unpriced_{part}"]).cast(MONEY)
        told |= {f"{name}_{part}": each[f"{name}_{part}"].cast(MONEY) for name in ("unpriced", "known_profit")}
    return each.select("number", **told)


def _moments(each: ir.Table, dimensions: Sequence[str]) -> ir.Table:
    """Sums over the customers who are alike in all dimensions, of every part."""
    sums: dict[str, ir.Value] = {}
    for part in (WHOLE, FIRST, REPEAT):
        sums[f"customers_{part}"] = each[f"known_{part}"].sum()
        sums |= {f"{name}_{part}": each[f"{name}_{part}"].sum() for name in ("costed", "unpriced", "known_profit")}
        for name, (one, other) in _PRODUCTS.items():
            sums[f"{name}_{part}"] = (each[f"{one}_{part}"].cast(WIDE) * each[f"{other}_{part}"].cast(WIDE)).sum()
    keys = {name: each[name].fill_null("") for name in dimensions} or {"everybody": ibis.literal("")}
    return each.group_by(**keys).aggregate(**sums)


def _of_part(sums: ir.Table, dimension: str, part: str) -> ir.Table:
    """A part's sums for every value of a dimension, or for all."""
    names = ("customers", "costed", "unpriced", "known_profit", *_PRODUCTS)
    segment = sums[dimension] if dimension else ibis.literal("")
    marked = sums.select(segment=segment, **{name: sums[f"{name}_{part}"] for name in names})
    added = marked.group_by("segment").aggregate(**{name: marked[name].sum() for name in names})
    return added.select(
        "segment",
        "customers",
        revenue=added.costed + added.unpriced,
        **{name: added[name] for name in _SUMS if name != "revenue"},
        dimension=ibis.literal(dimension),
        part=ibis.literal(part),
    ).relocate(*_KEYS)
