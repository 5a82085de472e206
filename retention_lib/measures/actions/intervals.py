"""The days between a customer's purchases of the same product."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import ibis
import pandas as pd
from ibis.expr import types as ir

from retention_lib.estimates import NotEnough
from retention_lib.measures.actions.items import Items
from retention_lib.measures.steady import steady_sums

MOST_PRODUCTS = 2_000
"""Products (count) whose intervals are looked at: those bought again most often."""

_SUMS = ("log_within", "log_sum", "log_squares")


@dataclass(frozen=True, kw_only=True, eq=False)
class GapCounts:
    """How long customers waited until they bought the same product again.

    An interval is seen where both purchases lie in the period; those longer than half of it are left out, as few of
    them could be seen.

    Attributes:
        gaps: Columns `item`, `gap_days`, `gaps` (count), ordered by both.
        products: One row a product, ordered: `item`, `name`, `category`, `buyers` (customers who bought it),
            `customers` (who bought it again), `gaps` (count), and of the logarithms of gaps `log_within` (sum over
            customers of squared distances from the customer's own mean), `log_sum` (sum), `log_squares` (sum over
            customers of gaps x squared mean) and `gaps_squared` (sum over customers of squared counts).
        period_days: Days that are read (count).
        customers: Customers looked at (count).
        of_customers: Customers who bought anything (count).
        until: First day that is no longer seen.
    """

    gaps: pd.DataFrame
    products: pd.DataFrame
    period_days: int
    customers: int
    of_customers: int
    until: date

    def to_frame(self) -> pd.DataFrame:
        """One row a product with its sums."""
        return self.products


def gap_counts(items: Items | NotEnough, *, most_products: int = MOST_PRODUCTS) -> GapCounts | NotEnough:
    """Count the days between purchases of the same product by the same customer.

    Args:
        items: From `items.items`.
        most_products: Products looked at: those bought again most often.

    Returns:
        The counts; NotEnough("products_bought_again") where no product was bought twice by anybody, or as given.
    """
    if isinstance(items, NotEnough):
        return items
    gaps = own_gaps(items.sample)
    gaps = gaps.filter(gaps.gap_days <= items.period_days // 2).cache()
    own = gaps.group_by("number", "item").aggregate(
        n=ibis._.count(), log_sum=gaps.log_gap.sum(), log_all=(gaps.log_gap * gaps.log_gap).sum()
    )
    own = own.mutate(between=own.log_sum * own.log_sum / own.n)
    sums = own.group_by("item").aggregate(
        customers=ibis._.count(),
        gaps=own.n.sum(),
        log_within=(own.log_all - own.between).sum(),
        log_sum=own.log_sum.sum(),
        log_squares=own.between.sum(),
        gaps_squared=(own.n * own.n).sum(),
    )
    buyers = items.products.select("item", "name", "category")
    bought = items.sample.group_by("item").aggregate(buyers=ibis._.number.nunique())
    products = sums.inner_join(buyers, "item").inner_join(bought, "item")
    kept = products.order_by(ibis.desc("gaps"), "item").limit(most_products).cache()
    frame = kept.order_by("item").to_pandas()
    if frame.empty:
        return NotEnough("products_bought_again", 0, 1)
    counts = gaps.semi_join(kept, "item").group_by("item", "gap_days").aggregate(gaps=ibis._.count())
    whole = ("item", "buyers", "customers", "gaps", "gaps_squared")
    frame = steady_sums(frame.astype(dict.fromkeys(whole, "int64")), _SUMS)
    return GapCounts(
        gaps=counts.order_by("item", "gap_days").to_pandas().astype("int64"),
        products=frame[["item", "name", "category", "buyers", "customers", "gaps", *_SUMS, "gaps_squared"]],
        period_days=items.period_days,
        customers=items.drawn,
        of_customers=items.customers,
        until=items.until,
    )


def own_gaps(days: ir.Table) -> ir.Table:
    """Every interval between two purchases of the same product by the same customer.

    Args:
        days: `number`, `item`, `day`, as `Items.days`.

    Returns:
        `number`, `item`, `gap_days` (count), `log_gap` (its natural logarithm).
    """
    times = days.group_by("number", "item").aggregate(times=ibis._.count())
    again = days.semi_join(times.filter(times.times > 1), ["number", "item"])
    before = again.day.lag().over(ibis.window(group_by=["number", "item"], order_by="day"))
    gaps = again.select("number", "item", gap_days=again.day.delta(before, unit="day"))
    gaps = gaps.filter(gaps.gap_days.notnull())
    return gaps.mutate(log_gap=gaps.gap_days.cast("float64").ln())
