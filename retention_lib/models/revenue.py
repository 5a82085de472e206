"""What moved the revenue between two months: arithmetic that adds up to the cent, not causes.

References:
    Ang (2004), Decomposition analysis for policymaking in energy, Energy Policy 32 (LMDI-I, additive).
    Shapley (1953); as a decomposition: Shorrocks (2013), Journal of Economic Inequality 11.
"""

from __future__ import annotations

import calendar
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise, permutations
from typing import Literal

import numpy as np
import pandas as pd

from retention_lib.estimates import NotEnough

Method = Literal["log-mean", "Shapley"]

FACTORS = ("customers", "frequency", "items", "price")
KINDS = ("new", "won_since", "reactivated", "retained", "lapsed", "refunded")
# Two methods that differ by more than this on the largest item do not agree.
AGREEMENT = 0.10
_COUNTS = ["customers", "orders", "items", "sales"]


@dataclass(frozen=True, kw_only=True, eq=False)
class RevenueByKind:
    """The change of net sales by what became of the customers; the parts add up to it exactly.

    Attributes:
        month: The month ('YYYY-MM').
        compared: The earlier month.
        change: Net sales of the month less those of the earlier one (money).
        table: One row a kind that occurs, in the order of `KINDS`: kind, customers (with a sale in either month),
            then, now (net sales, money), change.
        retained: The change of those who bought in both months by factor, as `RevenueChange.table`; empty where
            there are none.
        new_known: Whether the data reach back far enough for those first seen in the month to be new.
    """

    month: str
    compared: str
    change: float
    table: pd.DataFrame
    retained: pd.DataFrame
    new_known: bool

    def to_frame(self) -> pd.DataFrame:
        """One row a kind of customer."""
        return self.table


@dataclass(frozen=True, kw_only=True, eq=False)
class RevenueChange:
    """The change of net sales between two months by factor: customers x orders x items x price, less refunds.

    Attributes:
        month: The month ('YYYY-MM').
        compared: The earlier month.
        days: Days of the month.
        compared_days: Days of the earlier one.
        now: Net sales of the month (money, refunds booked in it deducted).
        then: Net sales of the earlier month.
        change: now - then.
        customers: Customers with a sale in the month (count).
        table: One row a factor: factor (customers, frequency = orders a customer, items = items an order, price =
            sales an item, refunds), then, now (the factor's own value; refunds are money), change (its share of the
            change, money; they add up to it exactly), other (by the other method; missing where that is undefined).
        method: How the sales before refunds are divided: the log-mean Divisia index, or Shapley's value where a month
            without sales leaves the logarithm undefined.
        largest: The factor that moved most, refunds aside: they are no factor of the product, the same by any method.
        agrees: Whether the other method gives it the same sign and a size within 10 %; None where it is undefined.
        kinds: The same change by kind of customer.
    """

    month: str
    compared: str
    days: int
    compared_days: int
    now: float
    then: float
    change: float
    customers: int
    table: pd.DataFrame
    method: Method
    largest: str
    agrees: bool | None
    kinds: RevenueByKind

    def to_frame(self) -> pd.DataFrame:
        """One row a factor."""
        return self.table


def revenue_change(
    parts: pd.DataFrame | NotEnough, *, month: str, compared: str, data_from: date, new_from: date
) -> RevenueChange | NotEnough:
    """Divide the change of net sales between two months, by factor and by kind of customer.

    Args:
        parts: From `measures.revenue.revenue_parts`: kind, period, customers, orders, items, sales, refunds.
        month: The month ('YYYY-MM').
        compared: The earlier month.
        data_from: First day of the data.
        new_from: First day on which somebody seen for the first time is taken for new.

    Returns:
        The change; NotEnough("month_compared_seen") where the data begin after the earlier month does,
        NotEnough("sales_in_two_months") where nobody bought in either.
    """
    if isinstance(parts, NotEnough):
        return parts
    start, days = _first_day(compared), _days(compared)
    if data_from > start:
        return NotEnough("month_compared_seen", max(0, days - (data_from - start).days), days)
    cents = parts.assign(**{name: (parts[name] * 100).round().astype("int64") for name in ("sales", "refunds")})
    if cents["sales"].sum() == 0:
        return NotEnough("sales_in_two_months", 0, 1)
    table, method = _factors(cents)
    net = {period: _net(cents.loc[cents["period"] == period]) for period in ("now", "then")}
    largest = table.iloc[int(table["change"].abs().to_numpy()[: len(FACTORS)].argmax())]
    return RevenueChange(
        month=month,
        compared=compared,
        days=_days(month),
        compared_days=days,
        now=net["now"] / 100,
        then=net["then"] / 100,
        change=(net["now"] - net["then"]) / 100,
        customers=int(cents.loc[cents["period"] == "now", "customers"].sum()),
        table=table,
        method=method,
        largest=str(largest["factor"]),
        agrees=_agrees(float(largest["change"]), float(largest["other"])),
        kinds=_by_kind(cents, month=month, compared=compared, new_known=new_from <= _first_day(month)),
    )


def log_mean_parts(then: Sequence[float], now: Sequence[float]) -> list[float]:
    """The change of a product divided among its factors by the log-mean Divisia index; NaN where one is not above 0.

    Args:
        then: The factors before.
        now: The factors after.

    Returns:
        One part a factor; they add up to the change of the product.
    """
    if min(*then, *now) <= 0:
        return [math.nan] * len(then)
    before, after = math.prod(then), math.prod(now)
    growth = math.log(after / before)
    # The limit of (after - before) / log(after / before) where both are equal.
    weight = before if abs(growth) < 1e-12 else (after - before) / growth
    return [weight * math.log(new / old) for old, new in zip(then, now, strict=True)]


def shapley_parts(then: Sequence[float], now: Sequence[float]) -> list[float]:
    """The change of a product divided among its factors: each one's mean step over all orders of changing them.

    Args:
        then: The factors before, finite.
        now: The factors after, finite.

    Returns:
        One part a factor; they add up to the change of the product.
    """
    parts = np.zeros(len(then))
    orders = list(permutations(range(len(then))))
    for order in orders:
        at = list(then)
        for factor in order:
            before = math.prod(at)
            at[factor] = now[factor]
            parts[factor] += math.prod(at) - before
    return [float(part) / len(orders) for part in parts]


def _factors(cents: pd.DataFrame) -> tuple[pd.DataFrame, Method]:
    """The factors of all rows with their parts of the change."""
    sums = {period: cents.loc[cents["period"] == period, [*_COUNTS, "refunds"]].sum() for period in ("then", "now")}
    then, now = (_ratios(sums[period], sums[other]) for period, other in (("then", "now"), ("now", "then")))
    log_mean, shapley = log_mean_parts(then, now), shapley_parts(then, now)
    defined = not math.isnan(log_mean[0])
    used, other = (log_mean, shapley) if defined else (shapley, log_mean)
    refunded = float(sums["then"]["refunds"] - sums["now"]["refunds"])
    change = [*_whole(used, int(sums["now"]["sales"] - sums["then"]["sales"])), refunded]
    table = pd.DataFrame(
        {
            "factor": [*FACTORS, "refunds"],
            "then": [*_in_money(then), float(sums["then"]["refunds"]) / 100],
            "now": [*_in_money(now), float(sums["now"]["refunds"]) / 100],
            "change": np.array(change) / 100,
            "other": np.array([*other, refunded]) / 100,
        }
    )
    return table, "log-mean" if defined else "Shapley"


def _ratios(sums: pd.Series, other: pd.Series) -> list[float]:
    """Customers, orders a customer, items an order, sales an item (cents).

    A month without sales has none of the last three; it takes the other month's, so that the customers carry all.
    """
    customers = float(sums["customers"])
    counts = sums if customers else other
    steps = [float(counts[name]) for name in _COUNTS]
    return [customers, *(after / before for before, after in pairwise(steps))]


def _in_money(ratios: list[float]) -> list[float]:
    """The factors with the price in money instead of cents."""
    return [*ratios[:-1], ratios[-1] / 100]


def _whole(parts: Sequence[float], total: int) -> list[float]:
    """Parts rounded to whole cents that add up to the total: what rounding leaves goes to the largest."""
    rounded = [round(part) for part in parts]
    largest = max(range(len(parts)), key=lambda place: abs(parts[place]))
    rounded[largest] += total - sum(rounded)
    return [float(part) for part in rounded]


def _by_kind(cents: pd.DataFrame, *, month: str, compared: str, new_known: bool) -> RevenueByKind:
    """The change by kind of customer, and the factors of those who stayed."""
    rows = []
    for kind in KINDS:
        own = cents.loc[cents["kind"] == kind]
        now, then = (_net(own.loc[own["period"] == period]) for period in ("now", "then"))
        # Whoever bought in both months is counted once.
        customers = int(own["customers"].max()) if len(own) else 0
        if customers or now or then:
            rows.append((kind, customers, then / 100, now / 100, (now - then) / 100))
    table = pd.DataFrame(rows, columns=["kind", "customers", "then", "now", "change"])
    stayed = cents.loc[cents["kind"] == "retained"]
    return RevenueByKind(
        month=month,
        compared=compared,
        change=(_net(cents.loc[cents["period"] == "now"]) - _net(cents.loc[cents["period"] == "then"])) / 100,
        table=table,
        retained=_factors(stayed)[0].iloc[1:].reset_index(drop=True)
        if stayed["customers"].sum()
        else _factors(cents)[0].iloc[:0],
        new_known=new_known,
    )


def _net(cents: pd.DataFrame) -> int:
    """Sales less refunds, in cents."""
    return int(cents["sales"].sum()) - int(cents["refunds"].sum())


def _agrees(change: float, other: float) -> bool | None:
    """Whether two methods say the same of an item."""
    if math.isnan(other):
        return None
    return change * other >= 0 and abs(change - other) <= AGREEMENT * abs(change)


def _first_day(month: str) -> date:
    return date.fromisoformat(f"{month}-01")


def _days(month: str) -> int:
    first = _first_day(month)
    return calendar.monthrange(first.year, first.month)[1]
