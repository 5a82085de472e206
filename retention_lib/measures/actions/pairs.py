"""What customers buy together with a product or within days after it, beside what they buy with any other product."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import pandas as pd
from ibis.expr import types as ir

from retention_lib.estimates import NotEnough
from retention_lib.measures.actions.items import Items

MOST_ITEMS = 200
"""Products (count) among which pairs are looked for: those with the most buyers."""

FEWEST_TOGETHER = 5
"""Customers (count) of a pair below which it is not handed on; a stated support may be higher, not lower."""


@dataclass(frozen=True, kw_only=True, eq=False)
class PairCounts:
    """How often products followed one another.

    A look is a customer's first purchase of a product in the period, with all that was bought on that day and within
    `within_days` after it. Each customer counts once for each product.

    Attributes:
        pairs: Columns `first`, `then` (numbers of products), `together` (customers who bought `then` within the days),
            `same_day` (of them, on the very day; counts), ordered by both.
        firsts: Columns `item`, `size` (class of how many other products were bought in the look; 0 for none), `looks`
            (looks at the product; count), ordered by both.
        followers: Columns `item`, `size`, `looks` (looks at other products in which it was bought; count), ordered.
        names: Columns `item`, `name`, `category`: the products among which pairs are looked for.
        within_days: Days after the purchase.
        customers: Customers looked at (count).
        of_customers: Customers who bought anything (count).
        of_items: Products sold to five customers or more (count).
        by: `product_id` or `category`.
    """

    pairs: pd.DataFrame
    firsts: pd.DataFrame
    followers: pd.DataFrame
    names: pd.DataFrame
    within_days: int
    customers: int
    of_customers: int
    of_items: int
    by: str

    def to_frame(self) -> pd.DataFrame:
        """The pairs with their counts."""
        return self.pairs


def pair_counts(
    items: Items | NotEnough, *, within_days: int = 14, most_items: int = MOST_ITEMS
) -> PairCounts | NotEnough:
    """Count which products follow which, each customer once a product.

    Args:
        items: From `items.items`, or its `by_category`.
        within_days: Days after a purchase in which another counts as following it; the day itself counts too.
        most_items: Products among which pairs are looked for.

    Returns:
        The counts; NotEnough("pairs_days") where the sales do not reach back further than `within_days`, or as given.
    """
    if isinstance(items, NotEnough):
        return items
    if items.period_days <= within_days:
        return NotEnough("pairs_days", items.period_days, within_days + 1)
    names = items.products.filter(items.products.item < most_items).select("item", "name", "category")
    frame = names.order_by("item").to_pandas()
    own = items.sample.filter(items.sample.item < most_items)
    begun = _begun(own, items, within_days)
    others = _others(begun, own, within_days).cache()
    firsts = _firsts(begun, others)
    pairs = others.group_by("item", "then").aggregate(together=ibis._.count(), same_day=others.same.sum())
    kept = pairs.filter(pairs.together >= FEWEST_TOGETHER).rename(first="item")
    followers = others.group_by("size", item=others.then).aggregate(looks=ibis._.count())
    return PairCounts(
        pairs=_whole(kept, ["first", "then"]),
        firsts=_whole(firsts, ["item", "size"]),
        followers=_whole(followers.relocate("item"), ["item", "size"]),
        names=frame,
        within_days=within_days,
        customers=items.drawn,
        of_customers=items.customers,
        of_items=int(items.products.count().to_pyarrow().as_py()),
        by=items.by,
    )


def _begun(own: ir.Table, items: Items, within_days: int) -> ir.Table:
    """Each customer's first purchase of each product, but for those of the last days: what follows is not seen yet."""
    last = ibis.date(items.until.isoformat()) - ibis.interval(days=within_days)
    begun = own.group_by("number", "item").aggregate(first=own.day.min())
    return begun.filter(begun["first"] < last).cache()


def _others(begun: ir.Table, own: ir.Table, within_days: int) -> ir.Table:
    """What else was bought from that day on, each product once: `number`, `item`, `then`, `same`, `size`."""
    joined = begun.inner_join(own.select("number", "day", then="item"), "number")
    gap = joined.day.delta(joined["first"], unit="day")
    inside = joined.filter(gap >= 0, gap <= within_days, joined.then != joined.item)
    met = inside.group_by("number", "item", "then").aggregate(same=(inside.day == inside["first"]).any())
    found = ibis._.count().over(group_by=["number", "item"])
    counted = met.mutate(found=found)
    # Alike are looks with about as many products: steps of half a doubling.
    size = ((2 * counted.found.log2()).floor() + 1).cast("int8")
    return counted.select("number", "item", "then", "same", size=size)


def _firsts(begun: ir.Table, others: ir.Table) -> ir.Table:
    """Looks at each product by their size."""
    sizes = others.select("number", "item", "size").distinct()
    joined = begun.left_join(sizes, ["number", "item"])
    return joined.group_by("item", size=joined.size.fill_null(0)).aggregate(looks=ibis._.count())


def _whole(table: ir.Table, keys: list[str]) -> pd.DataFrame:
    """An ordered frame of whole numbers."""
    return table.order_by(keys).to_pandas().astype("int64")
