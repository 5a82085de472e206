"""The vital signs of a month: repeat purchases, frequency, orders, returns, money kept and what it costs."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from retention_lib.estimates import Estimate, NotAsked, NotEnough
from retention_lib.models.changes import LapseChange, paired_difference
from retention_lib.models.costs import CustomerCosts
from retention_lib.models.intervals import normal_quantile, wilson
from retention_lib.models.retention import MonthRetention
from retention_lib.models.second_purchase import SecondPurchases
from retention_lib.models.signs import VitalSign

RATES = ("retention_gross", "lapse_rate", "crr", "churn_rate")
SHARES = ("repeat_rate", "one_time_share")
ORDER = (
    *("repeat_rate", "second_purchase_30d", "second_purchase_60d", "second_purchase_90d", "one_time_share"),
    *("purchase_frequency", "average_order", "refund_share", "revenue_month", "revenue_retention_year"),
    *("cost_of_keeping", "cost_of_winning"),
)


@dataclass(frozen=True, kw_only=True)
class VitalSigns:
    """The vital signs of a month, each with its changes.

    Attributes:
        month: The month, 'YYYY-MM'.
        signs: The month's rates first, then the signs in the order of a reader's questions.
    """

    month: str
    signs: tuple[VitalSign, ...]

    @property
    def figures(self) -> dict[str, Estimate | NotEnough]:
        """The values by figure id, without the month's rates, which the headline has."""
        return {sign.figure: sign.value for sign in self.signs if sign.figure not in RATES}

    def to_frame(self) -> pd.DataFrame:
        """One row a sign: figure, value, low, high, n, reason, change_month, change_month_low, ... change_year_high.

        Shares and changes of shares are in [-1, 1]; money is in the store's currency; what is not known is missing.
        """
        return pd.DataFrame([sign.as_row() for sign in self.signs])


def vital_signs(
    moments: pd.DataFrame | NotEnough,
    *,
    now: MonthRetention | NotEnough,
    on_month: LapseChange | NotEnough,
    on_year: LapseChange | NotEnough,
    second: SecondPurchases | NotEnough,
    costs: CustomerCosts | NotEnough,
) -> VitalSigns | NotEnough:
    """The vital signs of a month and their changes on the month before and on the same month last year.

    Shares of customers have Wilson's interval; ratios of sums (purchases a buyer, money an order, money returned or
    kept) and totals have the delta method's with customers as the sampling unit. A change is paired by customer: the
    covariance of the two periods is that of the same customers' sums.

    Args:
        moments: Columns month ('YYYY-MM'), figure, period ("now", "month", "year"), months_seen, months_needed,
            customers, numerator, denominator (NaN for a total), numerator_squares, denominator_squares, products,
            now_n_n, now_n_d, now_d_n, now_d_d (sums over customers; NaN where history is too short).
        now: The month's retention.
        on_month: Its change on the month before.
        on_year: Its change on the same month last year.
        second: Second purchases of new customers.
        costs: What keeping and winning a customer cost; left out where not asked.

    Returns:
        The signs. Nothing is compared while the month is not over.
    """
    if isinstance(moments, NotEnough):
        return moments
    signs = {sign.figure: sign for sign in _moment_signs(moments)}
    for days in ("30", "60", "90"):
        value = second if isinstance(second, NotEnough) else second.signs[f"second_purchase_{days}d"]
        signs[f"second_purchase_{days}d"] = _sign(f"second_purchase_{days}d", value)
    if not isinstance(costs, NotAsked):
        for figure in ("cost_of_keeping", "cost_of_winning"):
            value = costs if isinstance(costs, NotEnough) else costs.signs[figure]
            signs[figure] = _sign(figure, value)
    rates = [
        VitalSign(
            figure=name,
            value=getattr(now, name),
            change_month=getattr(on_month, name),
            change_year=getattr(on_year, name),
        )
        for name in RATES
    ]
    found = [*rates, *(signs[figure] for figure in ORDER if figure in signs)]
    # A month that is not over is not compared with whole ones; of one that cannot be read it is not known.
    open_month = now if isinstance(now, NotEnough) else None if now.whole else NotEnough("month_over", 0, 1)
    shown = found if open_month is None else [sign.uncompared(open_month) for sign in found]
    return VitalSigns(month=str(moments["month"].iloc[0]), signs=tuple(shown))


def _sign(figure: str, value: VitalSign | NotEnough) -> VitalSign:
    """The sign, or the refusal in its place."""
    if isinstance(value, VitalSign):
        return value
    return VitalSign(figure=figure, value=value, change_month=value, change_year=value)


def _moment_signs(moments: pd.DataFrame) -> list[VitalSign]:
    signs = []
    for figure, rows in moments.groupby("figure", sort=True):
        periods = {str(row["period"]): row for _, row in rows.iterrows()}
        found = {period: _estimate(row) for period, row in periods.items()}
        if figure == "refund_share" and rows["numerator"].fillna(0).eq(0).all():
            found = dict.fromkeys(found, NotEnough("refunds_known", 0, 1))
        changes = {
            period: paired_difference(
                found["now"], found[period], correlation=_correlation(periods["now"], periods[period])
            )
            for period in ("month", "year")
        }
        signs.append(
            VitalSign(
                figure=str(figure), value=found["now"], change_month=changes["month"], change_year=changes["year"]
            )
        )
    return signs


def _estimate(row: pd.Series) -> Estimate | NotEnough:
    """One sign in one period."""
    seen, needed = int(row["months_seen"]), int(row["months_needed"])
    if seen < needed:
        return NotEnough("months_of_history", seen, needed)
    customers = int(row["customers"])
    if customers == 0:
        return NotEnough("customers_in_base", 0, 1)
    if row["figure"] in SHARES:
        return wilson(row["numerator"], row["denominator"])
    value, variance = _value(row), _variance(row)
    if customers < 2 or variance <= 0:
        return Estimate(value, n=customers, reason="zero_variance")
    half = normal_quantile(0.95) * math.sqrt(variance * customers / (customers - 1))
    low = value - half if row["numerator"] < 0 else max(0.0, value - half)
    return Estimate(value, low=low, high=value + half, level=0.95, n=customers)


def _is_total(row: pd.Series) -> bool:
    return math.isnan(row["denominator"])


def _value(row: pd.Series) -> float:
    return row["numerator"] if _is_total(row) else row["numerator"] / row["denominator"]


def _variance(row: pd.Series) -> float:
    """Of a ratio of sums over customers, or of a total: that of the customers' influence on it.

    References:
        Cochran (1977), Sampling Techniques, equation 6.13 (the ratio estimator's variance).
    """
    if _is_total(row):
        return row["numerator_squares"]
    ratio = _value(row)
    spread = row["numerator_squares"] - 2 * ratio * row["products"] + ratio**2 * row["denominator_squares"]
    return max(0.0, spread) / row["denominator"] ** 2


def _correlation(now: pd.Series, then: pd.Series) -> float:
    """Of the errors of one sign in two periods, from the same customers' sums in both."""
    if any(row["months_seen"] < row["months_needed"] or not row["customers"] for row in (now, then)):
        return 0.0
    size = math.sqrt(_variance(now) * _variance(then))
    if size == 0:
        return 0.0
    if _is_total(now):
        shared = then["now_n_n"]
    else:
        ratio, other = _value(now), _value(then)
        shared = then["now_n_n"] - other * then["now_n_d"] - ratio * then["now_d_n"] + ratio * other * then["now_d_d"]
        shared /= now["denominator"] * then["denominator"]
    return min(1.0, max(-1.0, shared / size))
