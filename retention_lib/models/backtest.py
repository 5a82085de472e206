"""How right a forecast of purchases would have been: made on past days, judged on what followed.

The choice among the candidates is made on selection cut-offs whose windows all end before the last holdout; the last
holdout then judges the choice, which has not seen it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from retention_lib.estimates import NotEnough
from retention_lib.models.backtest_plan import SHORTEST_DAYS, Plan
from retention_lib.models.backtest_stages import Judged, SpendFit, Stages, Tried, drawn_customers
from retention_lib.models.btyd import PurchaseModel
from retention_lib.models.forecasts import AVERAGE, CANDIDATES, NAIVE, Candidate, Forecast, Known, learn
from retention_lib.models.season import Clock

NEEDED_CUSTOMERS = 30
TOLERANCE = 0.0025
"""Candidates with a mean absolute error within so much of the lowest count as equally good for the single customer."""

_LAST_FREQUENCY = 7
_WEEK_DAYS = 7
_JUDGED = ("mean_absolute_error", "root_mean_squared_error", "rank_correlation", "total_error", "expected", "actual")
_ERRORS = ("cutoff", "horizon_days", "expected", "actual", "expected_revenue", "actual_revenue", "last")


@dataclass(frozen=True, kw_only=True, eq=False)
class Backtest:
    """Candidates against what happened, and the choice among them.

    Attributes:
        candidates: One row a candidate and cut-off: cutoff (date), candidate, horizon_days, customers, expected, actual
            (purchases), total_error (expected / actual - 1), mean_absolute_error, root_mean_squared_error (purchases a
            customer), rank_correlation (Spearman's; missing where all are alike), expected_revenue (missing without a
            spend model), actual_revenue (net money), last (whether it is the last holdout).
        table: One row a candidate: candidate, mae_ratio (geometric mean over the selection cut-offs of its mean
            absolute error over the lowest there, the first cut-off weighing 1, the second 2 and so on; missing for one
            that could not be made at all of them), total_error_median (median absolute total error over the selection
            cut-offs), then, of the last holdout, mean_absolute_error, root_mean_squared_error, rank_correlation,
            total_error, expected, actual; chosen.
        chosen: The candidate chosen on the selection cut-offs: of those whose mae_ratio is within 0.25 % of the lowest,
            the one with the smallest total_error_median. The naive rate does not compete.
        cutoffs: Selection cut-offs.
        horizon_days: Length of their windows.
        last_cutoff: First day of the last holdout.
        last_horizon_days: Its length.
        customers: Customers judged in the last holdout.
        by_frequency: Of the last holdout, one row a past frequency 0, 1, ..., "7+": frequency (text), customers,
            actual, expected (means a customer, by the chosen).
        errors: Of the chosen, one row a cut-off: cutoff, horizon_days, expected, actual, expected_revenue,
            actual_revenue, last.
        total_error: Of the chosen in the last holdout.
        mean_absolute_error: Of the chosen in the last holdout, purchases a customer.
        expected: Purchases in the last holdout that the chosen expected.
        actual: Purchases in the last holdout.
        total_error_median: Median absolute total error of the chosen over all cut-offs, the last one included.
        beats_naive: Whether the chosen has the smaller absolute total error and the smaller mean absolute error in the
            last holdout than the naive rate, which lets every customer go on at the past pace for ever.
        judged: The chosen's forecasts, in the order of `errors`.
        drawn: Customers drawn by chance on whom the last holdout rests, all totals scaled up from them; None where all
            were looked at.
    """

    candidates: pd.DataFrame
    table: pd.DataFrame
    chosen: Candidate
    cutoffs: tuple[date, ...]
    horizon_days: int
    last_cutoff: date
    last_horizon_days: int
    customers: int
    by_frequency: pd.DataFrame
    errors: pd.DataFrame
    total_error: float
    mean_absolute_error: float
    expected: float
    actual: int
    total_error_median: float
    beats_naive: bool
    judged: tuple[Judged, ...]
    drawn: int | None = None

    @property
    def last_forecast(self) -> Forecast:
        """The chosen forecast as it was learned at the last cut-off."""
        return self.judged[-1].forecast

    def to_frame(self) -> pd.DataFrame:
        """The comparison, one row a candidate."""
        return self.table


@dataclass(frozen=True, kw_only=True, eq=False)
class Tracking:
    """Repeat purchases week by week, as they happened and as a forecast expected them.

    Attributes:
        table: One row a full week of seven days from the first day: week (1, 2, ...), actual, expected,
            cumulative_actual, cumulative_expected (repeat purchases), holdout (True when the week begins after
            the calibration).
        model: The forecast's name.
    """

    table: pd.DataFrame
    model: str

    def to_frame(self) -> pd.DataFrame:
        """The table of weeks."""
        return self.table


def backtest(
    histories: pd.DataFrame | NotEnough, *, plan: Plan, clock: Clock, spend_model: SpendFit | None = None
) -> Backtest | NotEnough:
    """Make every candidate's forecast on past days, choose among them, and judge the choice.

    A window is forecast by a clock that has not seen it. Nothing after the last cut-off is looked at for the choice.

    Args:
        histories: From `measures.histories.rolling_histories` with the windows of the plan.
        plan: From `backtest_plan.plan`.
        clock: The store's clock.
        spend_model: Fits a spend model, for the revenue; none if omitted.

    Returns:
        The backtest; the `NotEnough` that came in, or one: without selection cut-offs ("backtest_days"), under 30
        customers in the last holdout ("holdout_customers"), without a purchase in it ("holdout_purchases"), or where no
        purchase model can be fitted at any selection cut-off or the last one.
    """
    if isinstance(histories, NotEnough):
        return histories
    stages = Stages(histories=histories, plan=plan)
    last = stages.rows(plan.last_cutoff, plan.last_horizon_days)
    if not plan.cutoffs:
        past = (min(plan.last_cutoff, plan.month) - plan.start).days
        return NotEnough("backtest_days", max(0, past), 4 * SHORTEST_DAYS)
    if last["weight"].sum() < NEEDED_CUSTOMERS:
        return NotEnough("holdout_customers", float(last["weight"].sum()), NEEDED_CUSTOMERS)
    if last["holdout_purchases"].sum() <= 0:
        return NotEnough("holdout_purchases", 0, 1)
    seen = clock.without(plan.last_cutoff, plan.end)
    everything = [stages.tried(day, seen, spend_model=spend_model) for day in plan.cutoffs]
    selection = [tried for tried in everything if AVERAGE in tried.judged and tried.rows[0]["actual"] > 0]
    final = stages.tried(plan.last_cutoff, seen, last=True, spend_model=spend_model)
    if not selection or AVERAGE not in final.judged:
        refused = final if selection else everything[-1]
        return refused.refusal or NotEnough("purchase_models", 0, 1)
    return _result(plan, selection, final)


def forecast_ahead(
    judged: Backtest | NotEnough, today: Known | NotEnough, histories: pd.DataFrame | NotEnough, *, plan: Plan
) -> Forecast | NotEnough:
    """The chosen candidate, learned on everything known today.

    Args:
        judged: From `backtest`; without one the average of the purchase models is taken.
        today: From `forecasts.known`, of all customers at the end of the data.
        histories: From `measures.histories.rolling_histories`: the last holdout is the window that trees learn on.
        plan: From `backtest_plan.plan`.

    Returns:
        The forecast; the average of the purchase models where the chosen one cannot be learned today, `NotEnough` where
        none of them can, or the one that came in.
    """
    if isinstance(today, NotEnough):
        return today
    if isinstance(histories, NotEnough):
        return histories
    name = judged.chosen if isinstance(judged, Backtest) else AVERAGE
    stages = Stages(histories=histories, plan=plan)
    before = stages.known(plan.last_cutoff, plan.last_horizon_days, today.clock)
    found = learn(name, today, before=before, horizon_days=plan.last_horizon_days)
    return learn(AVERAGE, today) if isinstance(found, NotEnough) else found


def rule(candidates: pd.DataFrame) -> pd.DataFrame:
    """The choice among candidates by their errors at selection cut-offs.

    Later cut-offs weigh more, since the histories known there are more like those of today. Both the weights and the
    small tolerance were settled on simulated stores whose customers' pace drifts.

    Args:
        candidates: One row a candidate and cut-off: cutoff, candidate, mean_absolute_error, total_error.

    Returns:
        One row a candidate, in the order of `forecasts.CANDIDATES`: candidate, mae_ratio, total_error_median, chosen;
        as told at `Backtest`. Of two that are equal the earlier one is chosen.
    """
    order = [name for name in CANDIDATES if (candidates["candidate"] == name).any()]
    errors = candidates.pivot(index="cutoff", columns="candidate", values="mean_absolute_error")[order]
    totals = candidates.pivot(index="cutoff", columns="candidate", values="total_error")[order].abs()
    competing = [name for name in order if name != NAIVE]
    lowest = errors[competing].min(axis=1)
    logs = errors.div(lowest, axis=0).map(np.log).to_numpy(dtype=float)
    ratio = pd.Series(np.exp(np.average(logs, axis=0, weights=np.arange(len(logs)) + 1)), index=order)
    median = totals.median()
    good = [name for name in competing if ratio[name] <= ratio[competing].min() * (1 + TOLERANCE)]
    best = min(good, key=lambda name: median[name])
    return pd.DataFrame(
        {
            "candidate": order,
            "mae_ratio": ratio.to_numpy(),
            "total_error_median": median.to_numpy(),
            "chosen": [name == best for name in order],
        }
    )


def tracking(
    births: pd.DataFrame,
    purchases: pd.DataFrame,
    model: PurchaseModel | Forecast | NotEnough,
    *,
    unit_days: float,
    calibration_days: int,
    total_days: int,
) -> Tracking | NotEnough:
    """Repeat purchases week by week against the model's expectation, by the first purchase alone.

    Args:
        births: Columns birth_day_index (0 = first day of the data), customers whose first purchase it was.
        purchases: Columns day_index, repeat_purchases of these customers.
        model: A purchase model or a forecast, fitted on the calibration days.
        unit_days: Days in the model's time unit.
        calibration_days: Days used for the fit.
        total_days: Days of the data, holdout included.

    Returns:
        The weeks; a last one of fewer than seven days is left out. NotEnough("holdout_weeks") when no whole
        week lies on each side of the calibration's end.
    """
    if isinstance(model, NotEnough):
        return model
    # Weeks count from the first day, so one that begins in the calibration is not the holdout's.
    held = total_days // _WEEK_DAYS - -(-calibration_days // _WEEK_DAYS)
    if calibration_days < _WEEK_DAYS or held < 1:
        return NotEnough("holdout_weeks", max(0, min(held, calibration_days // _WEEK_DAYS)), 1)
    weeks = np.arange(1, total_days // _WEEK_DAYS + 1)
    last_days = weeks * _WEEK_DAYS - 1
    by_week = purchases.groupby(purchases["day_index"] // _WEEK_DAYS)["repeat_purchases"].sum()
    actual = by_week.reindex(weeks - 1, fill_value=0).to_numpy(dtype=float)
    # A customer's age is the last day less the day of birth, as T is: none on the day itself.
    ages = np.arange(total_days)
    grown = model.expected_purchases(ages / unit_days)
    born, customers = births["birth_day_index"].to_numpy(dtype=int), births["customers"].to_numpy(dtype=float)
    age = last_days[:, None] - born[None, :]
    cumulative = (np.where(age > 0, grown[np.maximum(age, 0)], 0.0) * customers).sum(axis=1)
    table = pd.DataFrame(
        {
            "week": weeks,
            "actual": actual,
            "expected": np.diff(cumulative, prepend=0.0),
            "cumulative_actual": actual.cumsum(),
            "cumulative_expected": cumulative,
            "holdout": (weeks - 1) * _WEEK_DAYS >= calibration_days,
        }
    )
    return Tracking(table=table, model=model.name)


def _result(plan: Plan, selection: list[Tried], final: Tried) -> Backtest:
    """The choice on the selection, and what became of it."""
    candidates = pd.DataFrame([row for tried in (*selection, final) for row in tried.rows])
    held = candidates[candidates["last"]].set_index("candidate")
    # One that cannot be learned at the last cut-off cannot be chosen there; what follows has no part in that.
    ruled = rule(candidates[~candidates["last"] & candidates["candidate"].isin(held.index)])
    table = ruled.drop(columns="chosen").join(held[[*_JUDGED]], on="candidate").assign(chosen=ruled["chosen"])
    chosen: Candidate = table.loc[table["chosen"], "candidate"].iloc[0]
    best, naive = held.loc[chosen], held.loc[NAIVE]
    errors = candidates.loc[candidates["candidate"] == chosen, [*_ERRORS]].reset_index(drop=True)
    tried = [*selection, final]
    return Backtest(
        candidates=candidates,
        table=table,
        chosen=chosen,
        cutoffs=tuple(each.rows[0]["cutoff"] for each in selection),
        horizon_days=plan.horizon_days,
        last_cutoff=plan.last_cutoff,
        last_horizon_days=plan.last_horizon_days,
        customers=int(best["customers"]),
        by_frequency=_by_frequency(final, chosen),
        errors=errors,
        total_error=float(best["total_error"]),
        mean_absolute_error=float(best["mean_absolute_error"]),
        expected=float(best["expected"]),
        actual=int(best["actual"]),
        total_error_median=float((errors["expected"] / errors["actual"] - 1).abs().median()),
        beats_naive=bool(
            abs(best["total_error"]) < abs(naive["total_error"])
            and best["mean_absolute_error"] < naive["mean_absolute_error"]
        ),
        judged=tuple(each.judged[chosen] for each in tried),
        drawn=drawn_customers(final.judged[chosen].rows),
    )


def _by_frequency(final: Tried, chosen: Candidate) -> pd.DataFrame:
    """Mean purchases a customer by past frequency, the frequent ones together."""
    rows = final.judged[chosen].rows
    weight = rows["weight"].to_numpy(dtype=float)
    frame = pd.DataFrame(
        {
            "group": np.minimum(rows["frequency"].to_numpy(dtype=int), _LAST_FREQUENCY),
            "customers": weight,
            "actual": weight * rows["holdout_purchases"].to_numpy(dtype=float),
            "expected": weight * final.expected[chosen],
        }
    )
    sums = frame.groupby("group", sort=True).sum()
    names = [f"{_LAST_FREQUENCY}+" if group == _LAST_FREQUENCY else str(group) for group in sums.index]
    return pd.DataFrame(
        {
            "frequency": names,
            "customers": sums["customers"].round().astype(int).to_numpy(),
            "actual": (sums["actual"] / sums["customers"]).to_numpy(),
            "expected": (sums["expected"] / sums["customers"]).to_numpy(),
        }
    )
