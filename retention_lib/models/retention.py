"""Who stayed, who went quiet, who came back: the flows of a month and the rates made of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from retention_lib.estimates import Estimate, NotEnough, figures_frame
from retention_lib.models.intervals import wilson

BOOTSTRAP_DRAWS = 4000
# A customer first seen later than a window and so many days after the data begin is taken for new.
UNSETTLED_DAYS = 90


@dataclass(frozen=True, kw_only=True, eq=False)
class MonthlyFlows:
    """The movements of the active base, month by month.

    Attributes:
        table: One row a month, ordered: month, start, retained, lapsed, reactivated, new, passed_through, end,
            first_bought (counts), readable, settled, whole (bool). Passed through: not active at either end, but
            bought inside the month. First bought: the first purchase lies inside the month, active at its end or
            not. Readable: a whole window of history lies before it. Settled: a window and a horizon, enough to know
            who is new. Whole: the data reach its end.
        lapse_days: Active at a boundary means a silence of at most so many days.
    """

    table: pd.DataFrame
    lapse_days: int

    def to_frame(self) -> pd.DataFrame:
        """The table of months."""
        return self.table


@dataclass(frozen=True, kw_only=True, eq=False)
class LapseCurve:
    """The lapse rate of one month against the window that defines it.

    Attributes:
        table: One row a window, ordered: lapse_days, start, lapsed (counts), share, low, high (Wilson).
        month: 'YYYY-MM'.
        lapse_days: The window the report uses; it has a row.
    """

    table: pd.DataFrame
    month: str
    lapse_days: int

    @property
    def used(self) -> pd.Series:
        """The row of the window the report uses."""
        return self.table.loc[self.table["lapse_days"] == self.lapse_days].iloc[0]

    def to_frame(self) -> pd.DataFrame:
        """The table of windows."""
        return self.table


@dataclass(frozen=True, kw_only=True)
class MonthRetention:
    """Retention of one month, gross and net, with the flows inside.

    The gross pair are shares of the customers active at the start. The net pair counts those who came back
    as well, so it is no proportion: CRR can pass 1 and churn can be negative.

    Attributes:
        month: The month, 'YYYY-MM'.
        lapse_days: A customer is active at a boundary when the last purchase is at most so many days before.
        customers_active_start: Active at the month's first day (count).
        customers_active_end: Active at the first day after the month (count).
        customers_new: First purchase inside the month, active at its end (count).
        customers_retained: Active at both boundaries (count).
        customers_lapsed: Active at the start, not at the end (count).
        customers_reactivated: Bought before, not active at the start, active at the end (count).
        passed_through: Not active at either boundary, bought in between (count).
        retention_gross: Retained / start, with Wilson's interval.
        lapse_rate: Lapsed / start, with Wilson's interval.
        crr: (End - new) / start, with its interval (see `month_retention`).
        churn_rate: 1 - CRR = (start + new - end) / start; both add up to exactly 1.
        growth: End / start, with its interval.
        whole: Whether the data reach the end of the month.
    """

    month: str
    lapse_days: int
    customers_active_start: int
    customers_active_end: int
    customers_new: int
    customers_retained: int
    customers_lapsed: int
    customers_reactivated: int
    passed_through: int
    retention_gross: Estimate
    lapse_rate: Estimate
    crr: Estimate
    churn_rate: Estimate
    growth: Estimate
    whole: bool

    def to_frame(self) -> pd.DataFrame:
        """The figures, one row each; columns as in `figures_frame`."""
        return figures_frame(self)


def monthly_flows(
    silences: pd.DataFrame | NotEnough,
    *,
    lapse_days: int,
    first_day: date | None = None,
    last_day: date | None = None,
    slack_days: int = 0,
    horizon_days: int = UNSETTLED_DAYS,
) -> MonthlyFlows | NotEnough:
    """Customers active at both ends of each month, and the movements between.

    For every month end = start - lapsed + reactivated + new, and start = retained + lapsed. Who bought inside a
    month is retained, lapsed, reactivated, new or passed through, one of these.

    Args:
        silences: Columns month ('YYYY-MM'), silence_start and silence_end (days since the last purchase at
            the month's first day and at the first day after it; missing = never bought before), customers
            (count of customers with these values).
        lapse_days: Active at a boundary means a silence of at most so many days.
        first_day: First day of the data; all history is known if omitted.
        last_day: Last day of the data; every month is whole if omitted.
        slack_days: A month is whole with data to its last day less so many days.
        horizon_days: So many days and a window after the data begin it is known who is new.

    Returns:
        The flows, one row a month; NotEnough("months_with_history") when there is no month to read.

    Raises:
        ValueError: lapse_days is below 1.
    """
    if isinstance(silences, NotEnough):
        return silences
    _check_lapse_days(lapse_days)
    start, end = _days(silences["silence_start"]), _days(silences["silence_end"])
    # NaN compares as False, so a customer who never bought is active nowhere.
    active_start, active_end, known = start <= lapse_days, end <= lapse_days, ~np.isnan(start)
    bought_inside = end <= _days_in_month(silences["month"])
    groups = {
        "start": active_start,
        "retained": active_start & active_end,
        "lapsed": active_start & ~active_end,
        "reactivated": known & ~active_start & active_end,
        "new": ~known & active_end,
        "passed_through": ~active_start & ~active_end & bought_inside,
        "end": active_end,
        "first_bought": ~known & bought_inside,
    }
    customers = silences["customers"].to_numpy(dtype="int64")
    counts = pd.DataFrame({name: customers * member for name, member in groups.items()})
    table = counts.groupby(silences["month"].to_numpy()).sum().rename_axis("month").reset_index()
    if table.empty:
        return NotEnough("months_with_history", 0, 1)
    months = pd.PeriodIndex(table["month"], freq="M")
    first, last = months.start_time, months.end_time.normalize() - pd.Timedelta(days=slack_days)
    before = np.full(len(table), np.inf) if first_day is None else (first - pd.Timestamp(first_day)).days.to_numpy()
    table = table.assign(
        readable=before >= lapse_days,
        settled=before >= lapse_days + horizon_days,
        whole=True if last_day is None else last <= pd.Timestamp(last_day),
    )
    return MonthlyFlows(table=table, lapse_days=lapse_days)


def month_retention(
    flows: MonthlyFlows | NotEnough, *, month: str, rng: np.random.Generator
) -> MonthRetention | NotEnough:
    """Retention of one month, gross and net.

    The intervals of CRR and of the base's growth are a bootstrap by customer: customers are drawn anew from the
    month's classes (retained, lapsed, reactivated, new, passed through), which is a multinomial draw of their
    counts. Half a customer is added to each class, so that the interval does not collapse where nobody moved.
    It says how far the month's figure would move with other customers of the same kind; it is no forecast.

    Args:
        flows: From `monthly_flows`.
        month: 'YYYY-MM'.
        rng: Draws the bootstrap.

    Returns:
        The month's figures; NotEnough("months_with_history") for a month without flows,
        NotEnough("customers_active_start") when nobody was active at its start, and
        NotEnough("window_before_month") when the data begin too late to know who was.
    """
    if isinstance(flows, NotEnough):
        return flows
    rows = flows.table.loc[flows.table["month"] == month]
    if rows.empty:
        return NotEnough("months_with_history", 0, 1)
    row = {name: int(rows[name].iloc[0]) for name in rows.columns if name != "month"}
    gross, lapse = wilson(row["retained"], row["start"]), wilson(row["lapsed"], row["start"])
    if isinstance(gross, NotEnough) or isinstance(lapse, NotEnough):
        return NotEnough("customers_active_start", 0, 1)
    if not row["readable"]:
        return NotEnough("window_before_month", 0, 1)
    crr, growth = _net_ratios(row, rng)
    return MonthRetention(
        month=month,
        lapse_days=flows.lapse_days,
        customers_active_start=row["start"],
        customers_active_end=row["end"],
        customers_new=row["new"],
        customers_retained=row["retained"],
        customers_lapsed=row["lapsed"],
        customers_reactivated=row["reactivated"],
        passed_through=row["passed_through"],
        retention_gross=gross,
        lapse_rate=lapse,
        crr=crr,
        churn_rate=_complement(crr),
        growth=growth,
        whole=bool(row["whole"]),
    )


def lapse_curve(
    silences: pd.DataFrame | NotEnough, *, month: str, lapse_days: int, windows: Sequence[int]
) -> LapseCurve | NotEnough:
    """The share of lapsed customers of one month against the window that defines lapsing.

    Args:
        silences: As for `monthly_flows`.
        month: 'YYYY-MM'.
        lapse_days: The window the report uses; it is among those tried.
        windows: Further lapse windows to try, in days.

    Returns:
        The curve; a window under which nobody was active at the start has no row, and
        NotEnough("customers_active_start") when that is so under the window used.
    """
    if isinstance(silences, NotEnough):
        return silences
    of_month = silences.loc[silences["month"] == month]
    start, end = _days(of_month["silence_start"]), _days(of_month["silence_end"])
    customers = of_month["customers"].to_numpy(dtype="int64")
    rows = []
    for window in sorted({*windows, lapse_days}):
        _check_lapse_days(window)
        active = start <= window
        base, lapsed = int(customers[active].sum()), int(customers[active & ~(end <= window)].sum())
        share = wilson(lapsed, base)
        if isinstance(share, Estimate):
            rows.append((window, base, lapsed, share.value, share.low, share.high))
    table = pd.DataFrame(rows, columns=["lapse_days", "start", "lapsed", "share", "low", "high"])
    if lapse_days not in set(table["lapse_days"]):
        return NotEnough("customers_active_start", 0, 1)
    return LapseCurve(table=table, month=month, lapse_days=lapse_days)


def repeat_rate(counts: pd.DataFrame | NotEnough) -> Estimate | NotEnough:
    """The share of customers who bought a second time.

    Args:
        counts: Columns frequency (repeat purchases) and customers (count).

    Returns:
        Wilson's interval; NotEnough("customers_in_base") without customers.
    """
    if isinstance(counts, NotEnough):
        return counts
    repeaters = counts.loc[counts["frequency"] > 0, "customers"]
    return wilson(int(repeaters.sum()), int(counts["customers"].sum()))


def _net_ratios(row: dict[str, int], rng: np.random.Generator) -> tuple[Estimate, Estimate]:
    """CRR = (end - new) / start and growth = end / start, with bootstrap intervals by customer.

    References:
        Efron and Tibshirani (1993), An Introduction to the Bootstrap, chapter 13 (percentile interval).
    """
    counts = np.array([row[name] for name in ("retained", "lapsed", "reactivated", "new", "passed_through")])
    shares = (counts + 0.5) / (counts.sum() + 2.5)
    retained, lapsed, back, new, _ = rng.multinomial(counts.sum(), shares, size=BOOTSTRAP_DRAWS).T
    start = np.where(retained + lapsed > 0, retained + lapsed, np.nan)
    ratios = ((row["end"] - row["new"], (retained + back) / start), (row["end"], (retained + back + new) / start))
    crr, growth = (_bootstrapped(count / row["start"], draws, row["start"]) for count, draws in ratios)
    return crr, growth


def _bootstrapped(value: float, draws: np.ndarray, base: int) -> Estimate:
    """The value with the middle 95 % of its draws; at the edge of what is possible the bound is the value itself."""
    low, high = np.nanquantile(draws, (0.025, 0.975))
    return Estimate(value, low=min(float(low), value), high=max(float(high), value), level=0.95, n=base)


def _complement(estimate: Estimate) -> Estimate:
    """1 - estimate. For any x >= 0 the floats x and 1 - x add up to exactly 1."""
    if estimate.low is None or estimate.high is None:
        return Estimate(1 - estimate.value, n=estimate.n)
    low, high = 1 - estimate.high, 1 - estimate.low
    return Estimate(1 - estimate.value, low=low, high=high, level=estimate.level, n=estimate.n)


def _days(silence: pd.Series) -> np.ndarray:
    """A nullable column of days as floats, NaN where missing."""
    return silence.to_numpy(dtype="float64", na_value=np.nan)


def _days_in_month(months: pd.Series) -> np.ndarray:
    """Days in each row's month."""
    days = {month: pd.Period(month, freq="M").days_in_month for month in months.unique()}
    return months.map(days).to_numpy(dtype="float64")


def _check_lapse_days(lapse_days: int) -> None:
    """Refuse a window shorter than a day."""
    if lapse_days < 1:
        msg = f"lapse_days is {lapse_days}; it must be 1 or more"
        raise ValueError(msg)
