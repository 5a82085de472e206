"""Sales that a few make up: very large orders, one dominant customer, customers without a net purchase."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import ClassVar

import numpy as np
import pandas as pd

from retention_lib.estimates import NotEnough

NEEDED_ORDERS = 30
ALARMS = 0.01
"""Orders beyond the limit that a lognormal shop without any outlier is expected to have."""

SMALLEST_RATIO = 10.0
"""An order less than so many times the median is never called an outlier."""

MATERIAL_SHARE = 0.01
"""Outliers below this share of the money turned over are not worth a reader's line."""

DOMINANT_SHARE = 0.10
"""A customer with this share of the rows or of the revenue dominates, where the average has far less."""

DOMINANT_TIMES_MEAN = 5.0

STEPS = 100
"""Steps of the natural logarithm by which orders are counted: each is 1 % wide."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Outliers:
    """Orders, and refunds, far larger than the rest, and the sales with and without them.

    Attributes:
        limit: The size above which an order is an outlier, in money.
        median_order: The median order.
        orders: Orders and refunds seen (count).
        revenue: Their net money.
        mean_order: Net money an order.
        outliers: Orders and refunds beyond the limit (count).
        outlier_revenue: Their net money.
        share: Their share of the money turned over (absolute amounts), in [0, 1].
        revenue_without: Net money without them.
        mean_order_without: Net money an order without them.
        largest: The largest of them, largest first: day (date), amount (money), customer (hashed id).
    """

    limit: float
    median_order: float
    orders: int
    revenue: float
    mean_order: float
    outliers: int
    outlier_revenue: float
    share: float
    revenue_without: float
    mean_order_without: float
    largest: pd.DataFrame
    check: ClassVar[str] = "outliers"

    @property
    def found(self) -> bool:
        """Whether they make up a share of the money that is worth knowing."""
        return self.outliers > 0 and self.share >= MATERIAL_SHARE

    def to_frame(self) -> pd.DataFrame:
        """Orders, revenue and mean order with and without the outliers: sales, orders, revenue, mean_order."""
        return pd.DataFrame(
            {
                "sales": ["all", "without_outliers", "outliers"],
                "orders": [self.orders, self.orders - self.outliers, self.outliers],
                "revenue": [self.revenue, self.revenue_without, self.outlier_revenue],
                "mean_order": [
                    self.mean_order,
                    self.mean_order_without,
                    self.outlier_revenue / self.outliers if self.outliers else math.nan,
                ],
            }
        )


@dataclass(frozen=True, kw_only=True)
class DominantCustomer:
    """The largest customer, and the sales with and without.

    Attributes:
        customer: Hashed id.
        customers: Customers in all (count).
        rows: The customer's rows (count).
        rows_share: Their share of all rows, in [0, 1].
        orders: The customer's orders (count).
        revenue: The customer's net money.
        revenue_share: Its share of the net money, in [0, 1]; None where the net money is not above 0 or the
            share is not one.
        mean_order: Net money an order, of all customers.
        mean_order_without: The same without the customer.
        revenue_without: Net money of the others.
        dominates: Whether the share of rows or revenue is at least `DOMINANT_SHARE` and five times an average
            customer's.
    """

    customer: str
    customers: int
    rows: int
    rows_share: float
    orders: int
    revenue: float
    revenue_share: float | None
    mean_order: float
    mean_order_without: float
    revenue_without: float
    dominates: bool
    check: ClassVar[str] = "dominant"

    @property
    def mean_order_own(self) -> float:
        """The customer's net money an order."""
        return self.revenue / self.orders

    @property
    def found(self) -> bool:
        """Whether the customer dominates."""
        return self.dominates

    def to_frame(self) -> pd.DataFrame:
        """The figures as one row."""
        return pd.DataFrame([vars(self)])


@dataclass(frozen=True, kw_only=True)
class NegativeCustomers:
    """Customers whose refunds reach or exceed what they bought.

    Attributes:
        customers: Customers in all (count).
        negative: Of them, those whose net money is 0 or less (count).
        amount: The net money of those, at most 0.
    """

    customers: int
    negative: int
    amount: float
    check: ClassVar[str] = "negative"

    @property
    def found(self) -> bool:
        """Whether there is any."""
        return self.negative > 0

    def to_frame(self) -> pd.DataFrame:
        """The figures as one row."""
        return pd.DataFrame([vars(self)])


def outliers(sizes: pd.DataFrame, largest: pd.DataFrame) -> Outliers | NotEnough:
    """Orders too large for the shop's own sizes, which are taken as lognormal.

    The scale comes from the upper half of the log sizes (75th and 95th percentile, whichever is wider), so that
    neither the outliers nor many small orders move it; the limit grows with the number of orders, so that a
    clean shop of any size has one about once in a hundred.

    Args:
        sizes: One row a step of size: log_step (floor of 100 x the natural logarithm of the absolute amount),
            refund (bool), orders (count), revenue (net money).
        largest: The largest orders and refunds: day, amount, customer (hashed).

    Returns:
        The outliers; NotEnough("orders") below 30 orders.
    """
    sold = sizes[~sizes["refund"].astype(bool)]
    orders = int(sold["orders"].sum())
    if orders < NEEDED_ORDERS:
        return NotEnough("orders", orders, NEEDED_ORDERS)
    median, limit = _median_and_limit(sold, orders)
    # Only steps that lie beyond the limit as a whole, so that every order counted is beyond it.
    far = sizes[np.exp(sizes["log_step"].to_numpy() / STEPS) >= limit]
    revenue, beyond = float(sizes["revenue"].sum()), float(far["revenue"].sum())
    count, found = int(sizes["orders"].sum()), int(far["orders"].sum())
    turned_over = float(sizes["revenue"].abs().sum())
    first = math.exp(float(far["log_step"].min()) / STEPS) if found else math.inf
    return Outliers(
        limit=limit,
        median_order=median,
        orders=count,
        revenue=revenue,
        mean_order=revenue / count,
        outliers=found,
        outlier_revenue=beyond,
        share=float(far["revenue"].abs().sum()) / turned_over,
        revenue_without=revenue - beyond,
        mean_order_without=(revenue - beyond) / (count - found),
        largest=largest[largest["amount"].abs() >= first].reset_index(drop=True),
    )


def dominant_customer(largest: pd.DataFrame) -> DominantCustomer | NotEnough:
    """The customer with the largest share of rows or revenue.

    Args:
        largest: The customers with the most rows and the most revenue, and all others as one row with an empty
            customer: customer (hashed), customers, rows, orders (counts), revenue (money).

    Returns:
        The customer; NotEnough("customers_with_sales") below two.
    """
    total = largest[["customers", "rows", "orders", "revenue"]].sum()
    customers = int(total["customers"])
    if customers < 2:
        return NotEnough("customers_with_sales", customers, 2)
    named = largest[largest["customer"] != ""]
    shares = named.assign(
        rows_share=named["rows"] / total["rows"],
        revenue_share=named["revenue"] / total["revenue"] if total["revenue"] > 0 else 0.0,
    )
    shares = shares.assign(share=shares[["rows_share", "revenue_share"]].max(axis=1))
    top = shares.sort_values(["share", "customer"], ascending=[False, True], kind="stable").iloc[0]
    left = total - top[["customers", "rows", "orders", "revenue"]]
    known = total["revenue"] > 0 and 0 <= top["revenue_share"] <= 1
    return DominantCustomer(
        customer=str(top["customer"]),
        customers=customers,
        rows=int(top["rows"]),
        rows_share=float(top["rows_share"]),
        orders=int(top["orders"]),
        revenue=float(top["revenue"]),
        revenue_share=float(top["revenue_share"]) if known else None,
        mean_order=float(total["revenue"] / total["orders"]),
        mean_order_without=float(left["revenue"] / left["orders"]),
        revenue_without=float(left["revenue"]),
        dominates=bool(top["share"] >= max(DOMINANT_SHARE, DOMINANT_TIMES_MEAN / customers)),
    )


def negative_customers(nets: pd.DataFrame) -> NegativeCustomers | NotEnough:
    """The customers whose refunds reach what they bought.

    Args:
        nets: One row: customers, negative (counts), amount (money); no row without sales.

    Returns:
        The counts; NotEnough("customers_with_sales") without customers.
    """
    if nets.empty or int(nets["customers"].iloc[0]) == 0:
        return NotEnough("customers_with_sales", 0, 1)
    row = nets.iloc[0]
    return NegativeCustomers(
        customers=int(row["customers"]), negative=int(row["negative"]), amount=float(row["amount"])
    )


def _median_and_limit(sold: pd.DataFrame, orders: int) -> tuple[float, float]:
    """The median order and the size beyond which an order is an outlier."""
    median, upper, high = _log_quantiles(sold, (0.5, 0.75, 0.95))
    normal = NormalDist()
    scale = max((upper - median) / normal.inv_cdf(0.75), (high - median) / normal.inv_cdf(0.95))
    beyond = normal.inv_cdf(1 - ALARMS / orders)
    return math.exp(median), math.exp(median + max(beyond * scale, math.log(SMALLEST_RATIO)))


def _log_quantiles(sold: pd.DataFrame, shares: tuple[float, ...]) -> list[float]:
    """Quantiles of the log sizes: the middle of the step that holds each."""
    ordered = sold.sort_values("log_step")
    reached = np.cumsum(ordered["orders"].to_numpy())
    places = np.searchsorted(reached, np.array(shares) * reached[-1])
    return [float((step + 0.5) / STEPS) for step in ordered["log_step"].to_numpy()[places]]
