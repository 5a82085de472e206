"""What an order of each customer is worth: the own mean, drawn towards that of customers who bought as often.

References:
    Buehlmann and Straub (1970), "Glaubwuerdigkeit fuer Schadensaetze": the weight of n own orders is n / (n + k), where
    k is the variance of orders of one customer over the variance of means between customers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_BANDS = np.array([2, 3, 5, 10])
_NEEDED = 30


@dataclass(frozen=True, kw_only=True, eq=False)
class OrderMoney:
    """Money an order, by customer.

    Attributes:
        revenue: Revenue an order; the mean of all for customers without one.
        profit: Gross profit an order, >= 0; likewise.
        credible: Orders at which the own mean weighs as much as that of others; infinite where customers differ by no
            more than chance.
        spread: Standard deviation of an order's revenue over its mean, of orders of one customer.
    """

    revenue: Floats
    profit: Floats
    credible: float
    spread: float


def order_money(orders: Floats, revenue: Floats, squares: Floats, profit: Floats) -> OrderMoney:
    """Shrunk means of revenue and gross profit an order.

    Args:
        orders: Orders of each customer; 0 without one.
        revenue: Their money.
        squares: The sum of their squares.
        profit: Their gross profit.

    Returns:
        Arrays over the customers.
    """
    bought = orders > 0
    within, between, mean = _variances(orders[bought], revenue[bought], squares[bought])
    credible = within / between if between > 0 else np.inf
    own = orders / (orders + credible) if np.isfinite(credible) else np.zeros(len(orders))
    level = np.searchsorted(_BANDS, orders, side="right")
    return OrderMoney(
        revenue=_drawn(orders, revenue, own, level),
        # What an offer brings is counted in orders, and an order that loses money is no reason to send one.
        profit=np.maximum(_drawn(orders, profit, own, level), 0.0),
        credible=float(credible),
        spread=float(np.sqrt(within) / mean) if mean > 0 else 0.0,
    )


def _variances(orders: Floats, money: Floats, squares: Floats) -> tuple[float, float, float]:
    """Variance of orders within customers, of means between them, and the mean of all orders."""
    count = float(orders.sum())
    if count <= 0:
        return 0.0, 0.0, 0.0
    means = money / orders
    mean = float(money.sum()) / count
    freedom = count - len(orders)
    within = max(0.0, float((squares - orders * means**2).sum()) / freedom) if freedom > 0 else 0.0
    scale = count - float((orders**2).sum()) / count
    scatter = float((orders * (means - mean) ** 2).sum()) - (len(orders) - 1) * within
    return within, max(0.0, scatter / scale) if scale > 0 and freedom > 0 else 0.0, mean


def _drawn(orders: Floats, money: Floats, own: Floats, level: NDArray[np.int64]) -> Floats:
    """Own means drawn towards those of customers with as many orders; of few such customers, of all."""
    size = len(_BANDS) + 1
    counts, sums = (np.bincount(level, weights=column, minlength=size) for column in (orders, money))
    customers = np.bincount(level[orders > 0], minlength=size)
    mean = float(money.sum()) / float(orders.sum()) if orders.sum() > 0 else 0.0
    usual = np.where(customers >= _NEEDED, np.divide(sums, counts, out=np.full(size, mean), where=counts > 0), mean)
    means = np.divide(money, orders, out=np.zeros(len(orders)), where=orders > 0)
    return np.asarray(own * means + (1 - own) * usual[level])
