"""The shape of a shop: what holds its customers, their purchases, orders and days, as counts that compare anywhere.

Shops differ in how long they are seen, so purchases and gaps are counted in a window of the same length after each
customer's first purchase, for the customers who are seen for the whole of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

import ibis
import pandas as pd

from retention_lib.measures.ids import order_days
from retention_lib.measures.purchases import purchase_days
from retention_lib.measures.quality import sales_days
from retention_lib.measures.sizes import order_sizes, order_totals

if TYPE_CHECKING:
    from retention_lib.stores.store import Store

WINDOW_DAYS = 270
"""How long each customer is followed, the day of the first purchase included: as long as CDNOW's last ones are."""

OWN = ""
"""What the shop that is asked about is called in the frames."""


def shape_facts(store: Store, peers: Sequence[Store]) -> dict[str, pd.DataFrame]:
    """The shapes of a store and of the stores it is compared with.

    Args:
        store: The store that is asked about.
        peers: Public data sets; none where the question is not asked.

    Returns:
        `purchases` (see `purchases_followed`), `gaps` (`gaps_followed`), `products`, `pieces` (`order_products`,
        `order_pieces`), `sizes` (`measures.sizes.order_sizes`), `refunds` (`refunded_money`) and `days`
        (`measures.quality.sales_days`), each with a last column `shop`: empty for the store, else the peer's
        name. Nothing without peers; a store without sales has no rows.
    """
    if not peers:
        return {}
    shops = {OWN: store, **{peer.name: peer for peer in peers}}
    found = {shop: _shape(one) for shop, one in shops.items() if one.coverage is not None}
    return {
        name: pd.concat([frames[name].assign(shop=shop) for shop, frames in found.items()], ignore_index=True)
        for name in next(iter(found.values()))
    }


def followed_purchases(purchases: ibis.Table, *, until: date, window_days: int = WINDOW_DAYS) -> ibis.Table:
    """Purchases in the window after each customer's first, of those seen for the whole window.

    Args:
        purchases: From `purchases.purchase_days`.
        until: First day that is no longer seen.
        window_days: Length of the window, which begins with the day of the first purchase.

    Returns:
        Table of `customer_id`, `day` (date).
    """
    first_day = purchases.day.min().over(ibis.window(group_by="customer_id"))
    placed = purchases.select("customer_id", "day", first_day=first_day)
    latest = ibis.date((until - timedelta(days=window_days)).isoformat())
    inside = placed.day.delta(placed.first_day, unit="day") < window_days
    return placed.filter(placed.first_day <= latest, inside).drop("first_day")


def purchases_followed(followed: ibis.Table) -> pd.DataFrame:
    """Customers by how often they bought in their window.

    Args:
        followed: From `followed_purchases`.

    Returns:
        Columns `purchases`, `customers` (counts), ordered by purchases.
    """
    each = followed.group_by("customer_id").aggregate(purchases=followed.count())
    counts = each.group_by("purchases").aggregate(customers=each.count())
    return counts.order_by("purchases").to_pandas()


def gaps_followed(followed: ibis.Table) -> pd.DataFrame:
    """Gaps between purchase days that follow one another in the window, by length.

    Args:
        followed: From `followed_purchases`.

    Returns:
        Columns `gap_days`, `gaps` (count), ordered by length.
    """
    previous = followed.day.lag().over(ibis.window(group_by="customer_id", order_by="day"))
    gaps = followed.select(gap_days=followed.day.delta(previous, unit="day"))
    known = gaps.filter(gaps.gap_days.notnull())
    counts = known.group_by("gap_days").aggregate(gaps=known.count())
    return counts.order_by("gap_days").to_pandas()


def order_products(transactions: ibis.Table) -> pd.DataFrame:
    """Orders by the number of different products in them.

    Args:
        transactions: The store's `transactions`. Where they name no product, a row is an order and its pieces
            stand for its products, as the discs of CDNOW's orders do.

    Returns:
        Columns `products`, `orders` (counts), ordered by products; without rows where neither is known.
    """
    if "product_id" not in transactions.columns:
        return order_pieces(transactions).rename(columns={"pieces": "products"})
    sold = transactions.filter(transactions.amount > 0)
    orders = sold.group_by("customer_id", "order_id").aggregate(products=sold.product_id.nunique())
    return _orders_by(orders, "products")


def order_pieces(transactions: ibis.Table) -> pd.DataFrame:
    """Orders by the number of pieces in them.

    Args:
        transactions: The store's `transactions`.

    Returns:
        Columns `pieces`, `orders` (counts), ordered by pieces; without rows where the quantity is not known.
    """
    if "quantity" not in transactions.columns:
        return pd.DataFrame({"pieces": [], "orders": []}, dtype="int64")
    sold = transactions.filter(transactions.amount > 0)
    orders = sold.group_by("customer_id", "order_id").aggregate(pieces=sold.quantity.sum().round().cast("int64"))
    return _orders_by(orders, "pieces")


def refunded_money(transactions: ibis.Table) -> pd.DataFrame:
    """Money that was taken and money that went back.

    Args:
        transactions: The store's `transactions`.

    Returns:
        One row: `sold`, `refunded` (money of rows above and below zero, neither negative).
    """
    amount = transactions.amount.cast("float64")
    sums = transactions.aggregate(sold=amount.sum(where=amount > 0), refunded=-amount.sum(where=amount < 0))
    return sums.to_pandas().fillna(0.0).astype("float64").abs()


def _shape(store: Store) -> dict[str, pd.DataFrame]:
    """The frames of one store, to the last day of its sales."""
    if store.coverage is None:
        raise LookupError(f"the store {store.name} has no sales, so it has no shape")
    transactions = store.table("transactions")
    until = (store.as_of or store.coverage.last_day) + timedelta(days=1)
    purchases = purchase_days(transactions, until=until, zero_amount_is_purchase=store.zero_amount_is_purchase)
    followed = followed_purchases(purchases, until=until).cache()
    seen = transactions.filter(transactions.ordered_at < ibis.timestamp(until.isoformat()))
    return {
        "purchases": purchases_followed(followed),
        "gaps": gaps_followed(followed),
        "products": order_products(transactions),
        "pieces": order_pieces(transactions),
        "sizes": order_sizes(order_totals(transactions)),
        "refunds": refunded_money(transactions),
        "days": sales_days(seen, order_days(seen)),
    }


def _orders_by(orders: ibis.Table, name: str) -> pd.DataFrame:
    """Orders counted by one of their columns, those without any left out."""
    known = orders.filter(orders[name] > 0)
    counts = known.group_by(name).aggregate(orders=known.count())
    return counts.order_by(name).to_pandas().astype("int64")
