"""What each customer bought on which day, product by product: read once for pairs, intervals and lists."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property

import ibis
from ibis.expr import types as ir

from retention_lib.estimates import NotEnough
from retention_lib.measures.sharing import FEWEST
from retention_lib.measures.splitting import unit_key

YEAR_DAYS = 365
"""Days before the last one seen that are read."""

MOST_CUSTOMERS = 100_000
"""Customers (count) from whom pairs and the ranking of products are learned: of a larger store so many by chance."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Items:
    """Products by customer and day, in the engine. Customers and products are numbers, which it compares faster.

    Attributes:
        people: One row a customer: `number` (int32, in an order by chance that depends on the ids alone, from 0),
            `customer_id`.
        products: One row a product or category: `item` (int32, from 0, the one with the most buyers first), `name`,
            `category` (text; empty where not known), `customers` (who bought it; count).
        days: One row a customer, product and day: `number`, `item`, `day`.
        by: What a product is here: `product_id` or `category`.
        since: First day that is read.
        until: First day that is no longer seen.
    """

    people: ir.Table
    products: ir.Table
    days: ir.Table
    by: str
    since: date
    until: date

    @property
    def period_days(self) -> int:
        """Days that are read (count)."""
        return (self.until - self.since).days

    @cached_property
    def customers(self) -> int:
        """Customers with a purchase (count)."""
        return int(self.people.count().to_pyarrow().as_py())

    @property
    def drawn(self) -> int:
        """Customers from whom pairs and rankings are learned (count)."""
        return min(self.customers, MOST_CUSTOMERS)

    @cached_property
    def sample(self) -> ir.Table:
        """The days of the customers that are drawn: all where there are few."""
        if self.customers <= MOST_CUSTOMERS:
            return self.days
        return self.days.filter(self.days.number < MOST_CUSTOMERS).cache()

    def by_category(self) -> Items | NotEnough:
        """The same by category instead of by product.

        Returns:
            The items; NotEnough("categories_known") where no category is known.
        """
        named = self.products.filter(self.products.category != "")
        rows = self.days.inner_join(named.select("item", "category"), "item")
        days = rows.select("number", "day", name="category").distinct().cache()
        counts = days.group_by("name").aggregate(customers=days.number.nunique())
        shared = counts.filter(counts.customers >= FEWEST)
        products = _ranked(shared.mutate(category=shared["name"])).cache()
        if not int(products.count().to_pyarrow().as_py()):
            return NotEnough("categories_known", 0, 1)
        numbered = days.inner_join(products.select("name", "item"), "name").select("number", "item", "day")
        return replace(self, products=products, days=numbered.cache(), by="category")


def items(transactions: ir.Table, *, until: date) -> Items | NotEnough:
    """The products of the last 365 days by customer and day, materialised in the engine.

    Several lines of a product on a day are one; lines that came back are not taken off, for who sent something back
    had wanted it. A product of fewer than five customers is left out: it has no pattern, and may name somebody.

    Args:
        transactions: The store's `transactions`.
        until: First day that is no longer seen.

    Returns:
        The items; NotEnough("products_known") where the sales name no product.
    """
    if "product_id" not in transactions.columns:
        return NotEnough("products_known", 0, 1)
    first = until - timedelta(days=YEAR_DAYS)
    stamps = [ibis.timestamp(day.isoformat()) for day in (first, until)]
    sold = transactions.filter(
        transactions.ordered_at >= stamps[0],
        transactions.ordered_at < stamps[1],
        transactions.amount > 0,
        transactions.product_id.notnull(),
        transactions.customer_id.notnull(),
    )
    category = sold.category.fill_null("") if "category" in sold.columns else ibis.literal("")
    lines = sold.select("customer_id", "product_id", category=category, day=sold.ordered_at.date())
    people, kinds = _numbered(lines), _kinds(lines)
    known = lines.inner_join(kinds.select("code", "product_id"), "product_id").inner_join(people, "customer_id")
    with known.select("number", "code", "day").distinct().cache() as raw:
        products = _products(raw, kinds).cache()
        days = raw.inner_join(products.select("code", "item"), "code").select("number", "item", "day").cache()
    if not int(products.count().to_pyarrow().as_py()):
        return NotEnough("products_known", 0, 1)
    since = days.day.min().to_pyarrow().as_py()
    return Items(people=people, products=products.drop("code"), days=days, by="product_id", since=since, until=until)


def _numbered(lines: ir.Table) -> ir.Table:
    """The customers, in an order by chance."""
    ids = lines.select("customer_id").distinct()
    number = ibis.row_number().over(order_by=[unit_key("items", ids.customer_id), ids.customer_id])
    return ids.mutate(number=number.cast("int32")).cache()


def _kinds(lines: ir.Table) -> ir.Table:
    """Every product with a number and the category most of its lines have."""
    counts = lines.group_by("product_id", "category").aggregate(lines=ibis._.count())
    category = counts.category.first(order_by=[counts.lines.desc(), counts.category])
    kinds = counts.group_by("product_id").aggregate(category=category)
    return kinds.mutate(code=ibis.row_number().over(order_by="product_id").cast("int32")).cache()


def _products(raw: ir.Table, kinds: ir.Table) -> ir.Table:
    """The products that five customers or more bought."""
    buyers = raw.group_by("code").aggregate(customers=raw.number.nunique())
    shared = buyers.filter(buyers.customers >= FEWEST).inner_join(kinds, "code")
    return _ranked(shared.select("code", "category", "customers", name="product_id"))


def _ranked(products: ir.Table) -> ir.Table:
    """Products numbered by their buyers, those with the most first."""
    order = [ibis.desc(products.customers), products.name]
    item = ibis.row_number().over(order_by=order).cast("int32")
    return products.mutate(item=item)
