"""What changed between two months in which mostly the same people were customers."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from retention_lib.estimates import Estimate, NotEnough, figures_frame
from retention_lib.models.retention import MonthlyFlows, MonthRetention

NEEDED_MONTHS = 6
ACTIVE_AT_START = ("retained", "lapsed")


@dataclass(frozen=True, kw_only=True)
class UsualLapse:
    """The lapse rates of the months before one.

    Attributes:
        low: The lowest, in [0, 1].
        high: The highest.
        middle: Their median.
        months: How many months (count).
    """

    low: float
    high: float
    middle: float
    months: int


@dataclass(frozen=True, kw_only=True)
class LapseChange:
    """How the rates of a month differ from those of an earlier one, paired by customer.

    Attributes:
        month: The month, 'YYYY-MM'.
        before: The month compared with, 'YYYY-MM'.
        lapse_rate: Difference of the shares that went quiet, in [-1, 1].
        retention_gross: Difference of the shares that stayed, in [-1, 1].
        crr: Difference of the net retention.
        churn_rate: Difference of the net churn: that of CRR with the other sign.
    """

    month: str
    before: str
    lapse_rate: Estimate | NotEnough
    retention_gross: Estimate | NotEnough
    crr: Estimate | NotEnough
    churn_rate: Estimate | NotEnough

    def to_frame(self) -> pd.DataFrame:
        """The differences, one row each; columns as in `figures_frame`."""
        return figures_frame(self)


def lapse_change(
    now: MonthRetention | NotEnough, before: MonthRetention | NotEnough, *, moves: pd.DataFrame | NotEnough
) -> LapseChange | NotEnough:
    """The change of a month's rates on an earlier month, paired by customer.

    Most customers are in both months, and who seldom went quiet before seldom does now. How far the two rates
    move together is taken from the customers' influence on each, which is what a bootstrap by customer would
    find; each month's own interval gives the rest.

    Args:
        now: The month.
        before: The month to compare with.
        moves: Columns before and now (how a customer moved in the two months: "retained", "lapsed", "reactivated",
            "new" or "other") and customers (count).

    Returns:
        The differences, now less before; NotEnough("month_over") while the data stop inside the month.
    """
    if isinstance(now, NotEnough):
        return now
    if isinstance(before, NotEnough):
        return before
    if isinstance(moves, NotEnough):
        return moves
    if not now.whole:
        return NotEnough("month_over", 0, 1)
    stayed = _correlation(moves, ("retained",))
    net = _correlation(moves, ("retained", "reactivated"))
    return LapseChange(
        month=now.month,
        before=before.month,
        # Who stayed and who went quiet are the same people counted from two sides.
        lapse_rate=paired_difference(now.lapse_rate, before.lapse_rate, correlation=stayed),
        retention_gross=paired_difference(now.retention_gross, before.retention_gross, correlation=stayed),
        crr=paired_difference(now.crr, before.crr, correlation=net),
        churn_rate=paired_difference(now.churn_rate, before.churn_rate, correlation=net),
    )


def paired_difference(
    now: Estimate | NotEnough, before: Estimate | NotEnough, *, correlation: float
) -> Estimate | NotEnough:
    """The difference of two estimates that share some of their customers.

    Args:
        now: The estimate.
        before: The same in the earlier period.
        correlation: Of the two estimates' errors, in [-1, 1]; 0 where nobody is in both.

    Returns:
        Now less before, with the base of now; without bounds where one of the two has none.

    Raises:
        ValueError: The correlation is outside [-1, 1].

    References:
        Zou (2008), On the estimation of additive interaction by use of the four-by-two table and beyond,
        American Journal of Epidemiology 168 (method of variance estimates recovery, dependent estimates).
    """
    if not -1 <= correlation <= 1:
        msg = f"a correlation is between -1 and 1, not {correlation}"
        raise ValueError(msg)
    for given in (now, before):
        if isinstance(given, NotEnough):
            return given
    value = now.value - before.value
    if now.low is None or now.high is None or before.low is None or before.high is None:
        return Estimate(value, n=now.n, reason=now.reason or before.reason)
    down = _side(now.value - now.low, before.high - before.value, correlation)
    up = _side(now.high - now.value, before.value - before.low, correlation)
    return Estimate(value, low=value - down, high=value + up, level=now.level, n=now.n)


def usual_lapse(flows: MonthlyFlows | NotEnough, *, month: str) -> UsualLapse | NotEnough:
    """The lapse rates of the months before one, to tell a rise from a return to what is usual.

    Args:
        flows: From `monthly_flows`.
        month: 'YYYY-MM'.

    Returns:
        Their range; NotEnough("months_to_compare") with fewer than six readable and whole months before.
    """
    if isinstance(flows, NotEnough):
        return flows
    table = flows.table
    earlier = table[(table["month"] < month) & table["readable"] & table["whole"] & (table["start"] > 0)]
    if len(earlier) < NEEDED_MONTHS:
        return NotEnough("months_to_compare", len(earlier), NEEDED_MONTHS)
    rates = earlier["lapsed"] / earlier["start"]
    return UsualLapse(
        low=float(rates.min()), high=float(rates.max()), middle=float(rates.median()), months=len(earlier)
    )


def beyond_chance(change: Estimate | NotEnough) -> bool:
    """Whether the interval of a change leaves zero out."""
    if isinstance(change, NotEnough) or change.low is None or change.high is None:
        return False
    return change.low > 0 or change.high < 0


def _side(first: float, second: float, correlation: float) -> float:
    """How far a bound of the difference lies from it; rounding must not put it on the other side."""
    return math.sqrt(max(0.0, first**2 + second**2 - 2 * correlation * first * second))


def _correlation(moves: pd.DataFrame, counted: tuple[str, ...]) -> float:
    """Correlation of one rate's errors in two months: share of `counted` to those active at the start."""
    customers = moves["customers"].to_numpy(dtype=float)
    now, before = (_influence(moves[side], customers, counted) for side in ("now", "before"))
    size = math.sqrt(float(customers @ now**2) * float(customers @ before**2))
    return float(np.clip((customers * now) @ before / size, -1, 1)) if size > 0 else 0.0


def _influence(moved: pd.Series, customers: np.ndarray, counted: tuple[str, ...]) -> np.ndarray:
    """What one customer of each row adds to the ratio's error, up to a common factor."""
    numerator, base = moved.isin(counted).to_numpy(float), moved.isin(ACTIVE_AT_START).to_numpy(float)
    total = float(customers @ base)
    return numerator - (float(customers @ numerator) / total if total else 0.0) * base
