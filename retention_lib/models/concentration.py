"""Who carries the value: how unequal customers are in what they are expected to bring."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.cohorts import Measure
from retention_lib.models.customer_values import CustomerValues
from retention_lib.models.season import day_number

LEVEL = 0.90
DECILES = 10
NEEDED_CUSTOMERS = 100
_DRAWS = 400
_LARGEST = 2_000  # customers with the highest values, each drawn by itself
_GROUPS = 2_000  # groups of neighbours by value, as which all others are drawn
_POINTS = 100


@dataclass(frozen=True, kw_only=True, eq=False)
class Concentration:
    """How the expected value of the known customers is spread over them.

    Intervals are of the draw of customers (bootstrap), with the forecast of each taken as it is. Expected values differ
    less than what customers will really bring: chance makes that more unequal.

    Attributes:
        top_decile_share: Share of all value with the tenth of customers who have the highest.
        gini: Gini coefficient of the value a customer, in [0, 1].
        half_of: The smallest number of customers who carry half of the value.
        customers: Customers.
        measure: "gross_profit", or "revenue" without a margin.
        months: Calendar months ahead.
        lorenz: Points of the Lorenz curve, customers with the highest value first: customers, value (shares so far).
        deciles: One row a tenth of the customers by value, the highest first: decile (from 1), customers, value (mean
            money), total (money), share (of all), purchases (expected, mean), bought (purchases so far, mean), silent
            (median days since the last one).
    """

    top_decile_share: Estimate
    gini: Estimate
    half_of: int
    customers: int
    measure: Measure
    months: int
    lorenz: pd.DataFrame
    deciles: pd.DataFrame

    def to_frame(self) -> pd.DataFrame:
        """The tenths by value."""
        return self.deciles


def concentration(values: CustomerValues | NotEnough, *, rng: np.random.Generator) -> Concentration | NotEnough:
    """How unequal the customers are.

    Args:
        values: From `customer_values.customer_values`.
        rng: Of the bootstrap.

    Returns:
        The shares; the `NotEnough` that came in; "customers_valued" with fewer than 100 customers, or where none has
        any value.
    """
    if isinstance(values, NotEnough):
        return values
    money = values.value
    if money.size < NEEDED_CUSTOMERS or money.sum() <= 0:
        return NotEnough("customers_valued", int((money > 0).sum()), NEEDED_CUSTOMERS)
    order = np.argsort(-money, kind="stable")
    falling = money[order]
    carried = np.cumsum(falling)
    grouped, sizes = _neighbours(falling)
    drawn = rng.poisson(sizes, size=(_DRAWS, sizes.size)).astype(float)
    return Concentration(
        top_decile_share=_estimate(top_share(grouped, sizes), [top_share(grouped, row) for row in drawn], money.size),
        gini=_estimate(gini(falling, np.ones(money.size)), [gini(grouped, row) for row in drawn], money.size),
        half_of=int(np.searchsorted(carried, carried[-1] / 2)) + 1,
        customers=money.size,
        measure=values.measure,
        months=values.horizon.months,
        lorenz=_lorenz(carried),
        deciles=_deciles(values, order),
    )


def gini(falling: np.ndarray, customers: np.ndarray) -> float:
    """The Gini coefficient of values of 0 or more.

    Args:
        falling: Values, the highest first.
        customers: How many have each.

    Returns:
        1 - 2 x the area under the Lorenz curve, in [0, 1).
    """
    held, people = np.cumsum(falling * customers), np.cumsum(customers)
    before = np.concatenate([[0.0], held[:-1]])
    return float(((before + held) * customers).sum() / (held[-1] * people[-1]) - 1)


def top_share(falling: np.ndarray, customers: np.ndarray, share: float = 1 / DECILES) -> float:
    """The share of all value with those who have the highest.

    Args:
        falling: Values, the highest first.
        customers: How many have each.
        share: Share of the customers looked at.

    Returns:
        A share; the customer on the edge counts in part.
    """
    people = np.concatenate([[0.0], np.cumsum(customers)])
    held = np.concatenate([[0.0], np.cumsum(falling * customers)])
    return float(np.interp(share * people[-1], people, held) / held[-1])


def _neighbours(falling: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean values of groups of neighbours and how many are in each; the highest values stay single."""
    single = min(_LARGEST, falling.size)
    rest = np.array_split(falling[single:], min(_GROUPS, falling.size - single) or 1)
    rest = [group for group in rest if group.size]
    values = np.concatenate([falling[:single], [group.mean() for group in rest]])
    sizes = np.concatenate([np.ones(single), [float(group.size) for group in rest]])
    return values, sizes


def _estimate(value: float, drawn: list[float], n: int) -> Estimate:
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail])
    return Estimate(value, low=min(float(low), value), high=max(float(high), value), level=LEVEL, n=n)


def _lorenz(carried: np.ndarray) -> pd.DataFrame:
    """The curve at even shares of the customers."""
    shares = np.linspace(0, 1, _POINTS + 1)
    people = np.arange(carried.size + 1) / carried.size
    reached = np.interp(shares, people, np.concatenate([[0.0], carried]) / carried[-1])
    return pd.DataFrame({"customers": shares, "value": reached})


def _deciles(values: CustomerValues, order: np.ndarray) -> pd.DataFrame:
    """The tenths, the highest first."""
    rows, money = values.rows, values.value
    last_seen = day_number(values.horizon.until) - 1
    frame = pd.DataFrame(
        {
            "decile": np.arange(order.size) * DECILES // order.size + 1,
            "money": money[order],
            "purchases": values.purchases[order],
            "bought": rows["frequency"].to_numpy()[order] + 1,
            "silent": last_seen - rows["last_day"].to_numpy()[order],
        }
    )
    table = frame.groupby("decile").agg(
        customers=("money", "size"),
        value=("money", "mean"),
        total=("money", "sum"),
        purchases=("purchases", "mean"),
        bought=("bought", "mean"),
        silent=("silent", "median"),
    )
    table.insert(3, "share", table["total"] / money.sum())
    return table.reset_index()
