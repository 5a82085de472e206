"""What would have been forecast for the last month before it began, and what happened."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
import pandas as pd

from retention_lib.estimates import Estimate, NotEnough, figures_frame
from retention_lib.models.backtest import Backtest
from retention_lib.models.backtest_plan import Plan
from retention_lib.models.backtest_stages import Judged, Money, SpendFit, Stages, drawn_customers
from retention_lib.models.forecasts import AVERAGE, Forecast, learn
from retention_lib.models.season import Clock
from retention_lib.models.uncertainty import FEWEST_CUTOFFS, ForecastErrors, Total, model_sd, own_parts


@dataclass(frozen=True, kw_only=True)
class LastMonthForecast:
    """The forecast for the last month, of the customers won before it, and what they did.

    Attributes:
        month: The month, 'YYYY-MM'.
        purchases: Purchases forecast, with the interval that the forecast would have had.
        revenue: Net revenue forecast, likewise; `NotEnough` without a spend model.
        actual_purchases: Purchases of the same customers in the month.
        actual_revenue: Net money of the same customers in the month.
        inside: Whether the purchases lie in their interval.
        customers: Customers won before the month (count).
        forecast: Name of the candidate.
        drawn: Customers drawn by chance on whom it rests, totals scaled up from them; None where all were looked at.
    """

    month: str
    purchases: Estimate
    revenue: Estimate | NotEnough
    actual_purchases: float
    actual_revenue: float
    inside: bool
    customers: int
    forecast: str
    drawn: int | None = None

    @property
    def revenue_inside(self) -> bool | None:
        """Whether the net revenue lies in its interval; None where none was forecast."""
        told = self.revenue
        if not isinstance(told, Estimate) or told.low is None or told.high is None:
            return None
        return told.low <= self.actual_revenue <= told.high

    def to_frame(self) -> pd.DataFrame:
        """The figures, one row each."""
        return figures_frame(self)


def last_month(
    histories: pd.DataFrame | NotEnough,
    judged: Backtest | NotEnough,
    errors: ForecastErrors | NotEnough,
    *,
    plan: Plan,
    clock: Clock,
    rng: np.random.Generator,
    spend_model: SpendFit | None = None,
) -> LastMonthForecast | NotEnough:
    """The chosen candidate, learned on what was known before the last month, against what the month brought.

    Args:
        histories: From `measures.histories.rolling_histories` with the windows of the plan.
        judged: From `backtest.backtest`; without one the average of the purchase models is taken.
        errors: From `uncertainty.forecast_errors`; without at least five cut-offs the interval holds no error of the
            model's form.
        plan: From `backtest_plan.plan`.
        clock: The store's clock; the season it holds is learned without the month.
        rng: For the interval.
        spend_model: Fits a spend model, for the revenue.

    Returns:
        The forecast and what happened; `NotEnough` where none of the purchase models could be fitted before the month,
        or the one that came in.
    """
    if isinstance(histories, NotEnough):
        return histories
    made = _made(histories, judged, plan, clock, spend_model)
    if isinstance(made, NotEnough):
        return made
    weight = made.rows["weight"].to_numpy(dtype=float)
    bought, brought = (made.rows[name].to_numpy(dtype=float) for name in ("holdout_purchases", "holdout_revenue"))
    expected = made.forecast.expected_by(made.rows, [made.horizon])[:, 0]
    actual = float(weight @ bought)
    purchases = _interval(made, errors, "purchases", float(weight @ expected), rng)
    revenue: Estimate | NotEnough = NotEnough("repeat_customers_with_spend", 0, 1)
    if made.money.spend is not None:
        revenue = _interval(made, errors, "revenue", made.money.revenue(made.rows, expected), rng)
    return LastMonthForecast(
        month=f"{made.cutoff:%Y-%m}",
        purchases=purchases,
        revenue=revenue,
        actual_purchases=actual,
        actual_revenue=float(weight @ brought),
        inside=purchases.low is not None and purchases.high is not None and purchases.low <= actual <= purchases.high,
        customers=round(float(weight.sum())),
        forecast=made.forecast.name,
        drawn=drawn_customers(made.rows),
    )


def _made(
    histories: pd.DataFrame, judged: Backtest | NotEnough, plan: Plan, clock: Clock, spend_model: SpendFit | None
) -> Judged | NotEnough:
    """The forecast as it would have been made on the first of the month."""
    start, days = plan.month, (plan.end - plan.month).days
    unseen = clock.without(start, plan.end)
    stages = Stages(histories=histories, plan=plan)
    today = stages.known(start, days, unseen)
    before = stages.known(start - timedelta(days=days), days, unseen)
    name = judged.chosen if isinstance(judged, Backtest) else AVERAGE
    found = learn(name, today, before=before, horizon_days=days)
    forecast = found if isinstance(found, Forecast) else learn(AVERAGE, today)
    if isinstance(forecast, NotEnough):
        return forecast
    return Judged(
        cutoff=start,
        horizon_days=days,
        horizon=float(unseen.ahead(start, [plan.end])[0]),
        last=False,
        forecast=forecast,
        rows=today.rows,
        money=Money.known(today.rows, spend_model),
    )


def _interval(
    made: Judged, errors: ForecastErrors | NotEnough, total: Total, value: float, rng: np.random.Generator
) -> Estimate:
    """A total with the interval it would have had; the errors of cut-offs whose windows ended before it."""
    spend = made.money.spend if total == "revenue" else None
    spread = own_parts(made.forecast, made.rows, made.horizon, rng=rng, spend=spend)
    if isinstance(errors, ForecastErrors):
        table = errors.of(total)
        over = pd.to_datetime(table["cutoff"]) + pd.to_timedelta(table["horizon_days"], unit="D")
        seen = table[over <= pd.Timestamp(made.cutoff)]
        if len(seen) >= FEWEST_CUTOFFS:
            model = model_sd(seen, horizon_days=made.horizon_days)
            spread = replace(spread, model=model, cutoffs=len(seen))
    return spread.interval(value, n=round(float(made.rows["weight"].sum())))
