"""What the shelf did to customers before a past day: favourites gone, prices up, own category no longer bought.

Nothing of this is recorded by a shop; it is inferred from what was sold, to whom and at which price.
"""

from __future__ import annotations

import math
from datetime import timedelta

import ibis
import pandas as pd

from retention_lib.measures.leaving import RECENT_DAYS, YEAR_DAYS, ActiveBase, before, counted_reasons, reasons_frame

CHANCE_OF_GAP = 0.01
"""A product is taken as out of stock when a gap as long as its last one has at most this chance."""
RHYTHM_DAYS = 180
FEWEST_SELLING_DAYS = 10
PRICE_RISE = 0.05


def product_reasons(base: ActiveBase, transactions: ibis.Table) -> pd.DataFrame:
    """Active customers whose usual products were gone or had become dearer, against those whose were not.

    Usual are products bought on two days at least in the year before the cut-off; the favourite is the one bought most
    often. A product sold on the share p of days has a gap of n days with chance (1 - p)^n; when the gap before the
    cut-off has a chance below `CHANCE_OF_GAP`, the product is taken as out of stock. Its price is the median price of a
    piece before discounts, by month; the usual products are priced as of the months of their purchases and as of the
    last month before the cut-off.

    Args:
        base: From `leaving.active_base`.
        transactions: The store's `transactions`.

    Returns:
        Counted reasons `out_of_stock` and, where there are quantities, `price_rise` (columns as in
        `leaving.counted_reasons`); no rows without `product_id`.
    """
    if "product_id" not in transactions.columns:
        return reasons_frame([])
    usual = _usual_products(base, transactions)
    marks = usual.group_by("customer_id").aggregate(
        most=usual.bought.max(),
        most_out=usual.bought.max(where=usual.out),
        ratio=(usual.now.sum() / usual.then.sum()).round(6),
    )
    out, dearer = (ibis._.most_out == ibis._.most).fill_null(False), ibis._.ratio >= 1 + PRICE_RISE
    reasons = {"out_of_stock": (out, ibis._.most.notnull() & ~out)}
    if "quantity" in transactions.columns:
        reasons["price_rise"] = (dearer, ~dearer)
    return counted_reasons(base, marks, reasons)


def category_reasons(base: ActiveBase, transactions: ibis.Table) -> pd.DataFrame:
    """Active customers who no longer bought their main category but others, against those who did.

    Args:
        base: From `leaving.active_base`.
        transactions: The store's `transactions`.

    Returns:
        Counted reason `lost_category` (columns as in `leaving.counted_reasons`); no rows without `category`.
    """
    if "category" not in transactions.columns:
        return reasons_frame([])
    lines = _lines(base, transactions).filter(ibis._.category.notnull())
    recent = lines.ordered_at >= before(base, RECENT_DAYS)
    own = lines.group_by("customer_id", "category").aggregate(
        earlier=(~recent).cast("int64").sum(), recently=recent.any()
    )
    marks = own.group_by("customer_id").aggregate(
        main=own.earlier.max(), kept=own.earlier.max(where=own.recently), buying=own.recently.any()
    )
    judged = (ibis._.main >= 2) & ibis._.buying
    return counted_reasons(
        base,
        marks,
        {"lost_category": (judged & (ibis._.kept < ibis._.main), judged & (ibis._.kept == ibis._.main))},
    )


def _year(base: ActiveBase, transactions: ibis.Table) -> ibis.Table:
    """Lines sold in the year before the cut-off."""
    stamp = transactions.ordered_at
    return transactions.filter(stamp >= before(base, YEAR_DAYS), stamp < before(base, 0), transactions.amount > 0)


def _lines(base: ActiveBase, transactions: ibis.Table) -> ibis.Table:
    """What the active customers bought in the year, with its day."""
    lines = _year(base, transactions).semi_join(base.customers, "customer_id")
    kept = [name for name in ("product_id", "category") if name in lines.columns]
    return lines.select("customer_id", "ordered_at", *kept, day=lines.ordered_at.date())


def _usual_products(base: ActiveBase, transactions: ibis.Table) -> ibis.Table:
    """Customers' usual products: how often `bought`, whether `out`, money at prices of `then` and `now`."""
    lines = _lines(base, transactions).filter(ibis._.product_id.notnull())
    own = _with_prices(base, transactions, lines)
    products = own.group_by("customer_id", "product_id").aggregate(
        bought=ibis._.count(),
        first_day=own.day.min(),
        last_day=own.day.max(),
        then=own.then.sum(),
        now=own.now.sum(),
    )
    usual = products.filter(products.last_day > products.first_day)
    marked = usual.left_join(_out_of_stock(base, transactions), "product_id")
    return marked.select("customer_id", "bought", "then", "now", out=marked.out.fill_null(False))


def _with_prices(base: ActiveBase, transactions: ibis.Table, lines: ibis.Table) -> ibis.Table:
    """The lines with the product's price `then`, in the month of the line, and `now`; NULL where not known."""
    if "quantity" not in transactions.columns:
        return lines.mutate(then=ibis.null("float64"), now=ibis.null("float64"))
    monthly = lines.mutate(month=lines.day.truncate("M"))
    return monthly.left_join(_prices(base, transactions), ["product_id", "month"])


def _prices(base: ActiveBase, transactions: ibis.Table) -> ibis.Table:
    """Price of a piece before discounts by product and earlier month (`then`), and in the last month (`now`)."""
    lines = _year(base, transactions).filter(ibis._.quantity > 0)
    paid = lines.amount + lines.discount.fill_null(0) if "discount" in lines.columns else lines.amount
    pieces = lines.select(
        "product_id", month=lines.ordered_at.date().truncate("M"), price=paid.cast("float64") / lines.quantity
    )
    months = pieces.group_by("product_id", "month").aggregate(price=pieces.price.median()).cache()
    last = (base.cutoff - timedelta(days=1)).replace(day=1)
    today = months.filter(months.month == ibis.date(last.isoformat())).select("product_id", now="price")
    joined = months.inner_join(today, "product_id")
    earlier = joined.filter(joined.month < ibis.date(last.isoformat()))
    return earlier.select("product_id", "month", then=earlier.price, now=earlier.now).cache()


def _out_of_stock(base: ActiveBase, transactions: ibis.Table) -> ibis.Table:
    """Products with a gap before the cut-off that their own rhythm makes unlikely: `product_id`, `out`."""
    sold = transactions.filter(
        transactions.ordered_at >= before(base, RHYTHM_DAYS),
        transactions.ordered_at < before(base, 0),
        transactions.amount > 0,
    )
    days = sold.select("product_id", day=sold.ordered_at.date()).distinct()
    rhythm = days.group_by("product_id").aggregate(
        selling_days=ibis._.count(), first_day=days.day.min(), last_day=days.day.max()
    )
    regular = rhythm.filter(rhythm.selling_days >= FEWEST_SELLING_DAYS)
    # After the first sale: on which share of the days to the last one was the product sold?
    share = (regular.selling_days - 1) / regular.last_day.delta(regular.first_day, unit="day")
    gap = ibis.date(base.cutoff.isoformat()).delta(regular.last_day, unit="day") - 1
    silent = ibis.greatest(1 - share, 1e-9).ln() * gap
    out = (gap > 0) & (silent.round(9) <= round(math.log(CHANCE_OF_GAP), 9))
    return regular.select("product_id", out=out).cache()
