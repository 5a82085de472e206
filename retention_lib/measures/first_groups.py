"""What customers are told apart by when they are won: channel, category and discount of the first order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import ibis
from ibis.expr import types as ir

from retention_lib.measures.purchases import first_purchases
from retention_lib.measures.sharing import FEWEST, RARE

Split = Literal["channel", "first_category", "first_discount"]

SPLITS: tuple[Split, ...] = ("channel", "first_category", "first_discount")
"""What the first order may be told apart by, as far as a store knows it."""

OTHER = "(other)"
"""What stands for all values beyond the most common ones."""

WITH_DISCOUNT, FULL_PRICE = "(discount)", "(full price)"
"""A first order with a discount or a coupon, and one without."""

MOST_GROUPS = 12


def first_groups(
    transactions: ir.Table,
    purchases: ir.Table,
    customers: ir.Table | None,
    *,
    splits: Sequence[str] = SPLITS,
    most: int = MOST_GROUPS,
) -> ir.Table:
    """Every customer's groups by the first order, which is all that was bought on the day of the first purchase.

    Args:
        transactions: The store's `transactions`.
        purchases: From `purchases.purchase_days`.
        customers: The store's `customers`; None where it has none.
        splits: Which of `SPLITS` are wanted.
        most: Groups a split has at most; of more values the rarer ones are put together under `OTHER`.

    Returns:
        Engine table, one row a customer who bought: `customer_id` and, of the splits wanted, those that the store
        knows, as text (NULL where not known of a customer):

        - `channel`: the `acquisition_channel` of `customers`; where no customer has one, the channel of the first order
          (the first by name),
        - `first_category`: the category with most money in the first order (the first by name of several),
        - `first_discount`: `WITH_DISCOUNT` or `FULL_PRICE`.

        Channels and categories of fewer than five customers are under `sharing.RARE`, for they may name somebody.

    Raises:
        ValueError: A split is not known.
    """
    if unknown := [name for name in splits if name not in SPLITS]:
        raise ValueError(f"customers are split by {', '.join(SPLITS)}, not by {unknown[0]!r}")
    firsts = first_purchases(purchases)
    sold = _sold(transactions, firsts, splits)
    known = firsts.select("customer_id")
    for part in (_of_order(sold), _acquisition(customers, splits), _category(sold)):
        if part is None:
            continue
        columns = [name for name in part.columns if name == "customer_id" or name not in known.columns]
        known = known.left_join(part.select(*columns), "customer_id").drop("customer_id_right")
    known = _channel(known).cache()
    # Whether there was a discount names nobody.
    for name in [split for split in ("channel", "first_category") if split in known.columns]:
        known = _grouped(known, name, most=most)
    return known.cache()


def _sold(transactions: ir.Table, firsts: ir.Table, splits: Sequence[str]) -> ir.Table:
    """The lines of first orders, with what the splits read of them."""
    rows = transactions.filter(transactions.amount >= 0)
    read = {"channel": ("channel",), "first_category": ("category",), "first_discount": ("discount", "coupon_id")}
    wanted = [name for split in SPLITS if split in splits for name in read[split] if name in rows.columns]
    lines = rows.select("customer_id", "amount", *wanted, first_day=rows.ordered_at.date())
    return lines.semi_join(firsts, ["customer_id", "first_day"]).cache()


def _of_order(sold: ir.Table) -> ir.Table | None:
    """Channel and discount of the first order."""
    found: dict[str, ir.Value] = {}
    if "channel" in sold.columns:
        found["order_channel"] = sold.channel.min()
    marks = []
    if "discount" in sold.columns:
        marks.append((sold.discount > 0).fill_null(False).any())
    if "coupon_id" in sold.columns:
        marks.append(sold.coupon_id.notnull().any())
    if marks:
        reduced = marks[0] | marks[1] if len(marks) == 2 else marks[0]
        found["first_discount"] = reduced.ifelse(WITH_DISCOUNT, FULL_PRICE)
    return sold.group_by("customer_id").aggregate(**found) if found else None


def _acquisition(customers: ir.Table | None, splits: Sequence[str]) -> ir.Table | None:
    if customers is None or "channel" not in splits or "acquisition_channel" not in customers.columns:
        return None
    channels = customers.select("customer_id", acquisition_channel=customers.acquisition_channel.nullif(""))
    return channels if int(channels.acquisition_channel.count().to_pandas()) else None


def _category(sold: ir.Table) -> ir.Table | None:
    if "category" not in sold.columns:
        return None
    baskets = sold.group_by("customer_id", "category").aggregate(amount=sold.amount.sum())
    # The one with most of the money; the first by name of several.
    category = baskets.category.first(order_by=[ibis.desc("amount"), "category"], include_null=True)
    return baskets.group_by("customer_id").aggregate(first_category=category)


def _channel(known: ir.Table) -> ir.Table:
    """One column of channels: how customers were won where the store says it of anybody."""
    if "acquisition_channel" in known.columns:
        chosen = known.acquisition_channel
    elif "order_channel" in known.columns:
        chosen = known.order_channel
    else:
        return known
    names = ["customer_id", *(name for name in ("first_category", "first_discount") if name in known.columns)]
    return known.select(*names, channel=chosen)


def _grouped(known: ir.Table, name: str, *, most: int) -> ir.Table:
    """The customers with rare values of a split, and those beyond the most common ones, put together."""
    stated = known.filter(known[name].notnull())
    sizes = stated.group_by(name).aggregate(sharers=stated.count())
    order = ibis.window(order_by=[ibis.desc("sharers"), name])
    ranked = sizes.mutate(place=ibis.row_number().over(order))
    shown = ranked.select(
        name,
        shown=ibis.cases((ranked.sharers < FEWEST, RARE), (ranked.place >= most, OTHER), else_=ranked[name]),
    )
    joined = known.left_join(shown, name)
    return joined.select(**{kept: joined["shown"] if kept == name else joined[kept] for kept in known.columns})
