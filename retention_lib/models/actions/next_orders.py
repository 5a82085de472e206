"""On which day each customer is expected to buy next, and how often such an expectation held."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Protocol

import numpy as np
import pandas as pd

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.btyd import PurchaseModel, fit_mbg_nbd
from retention_lib.models.btyd.distinct import Distinct
from retention_lib.models.forecasts import grained
from retention_lib.models.intervals import wilson
from retention_lib.models.next_purchases import next_purchase_dates
from retention_lib.models.season import Clock

FEWEST = 30
"""Customers who bought again, of whom it is said how often the expectation held."""

_CALIBRATION = ("told_from", "told_to", "customers", "told", "came", "inside")


class HistoriesLike(Protocol):
    """What `measures.actions.next_days.order_histories` gives."""

    @property
    def now(self) -> pd.DataFrame:
        """One row a customer."""

    @property
    def past(self) -> pd.DataFrame:
        """Histories of a window ago, with the wait for the next purchase."""

    @property
    def until(self) -> date:
        """First day that is not seen."""

    @property
    def window_days(self) -> int:
        """Days of the window."""


@dataclass(frozen=True, kw_only=True, eq=False)
class NextOrders:
    """When customers buy next.

    Attributes:
        frame: One row a customer who ever bought, by row: row, chance_of_another (of a purchase within `ahead_days`),
            next_order (half of those who buy again have done so by then), low, high (between them `level` of these do);
            days as datetime64.
        ahead_days: Days ahead that are looked at.
        level: Share of next purchases that `low` and `high` should hold.
        coverage: Share of those who bought again in the last window whose day lay between the bounds told before it,
            with Wilson's interval; NotEnough("customers_who_bought_again") below 30.
        early: Share of them that bought before the lower bound.
        late: Share of them that bought after the upper bound.
        calibration: One row a group of customers by the day told, ordered: told_from, told_to (days ahead),
            customers (who bought again), told (median of the days told), came (median of the days on which they did),
            inside (share between the bounds). Groups are fifths; without rows where coverage is not known.
        expected: Customers expected to buy within the next 7, 14, 21 and 28 days: days, customers (sum of chances),
            share (of `frame`).
        past_until: First day of the last window.
        until: Today: first day that is not seen.
    """

    frame: pd.DataFrame = field(repr=False)
    ahead_days: int
    level: float
    coverage: Estimate | NotEnough
    early: float
    late: float
    calibration: pd.DataFrame
    expected: pd.DataFrame
    past_until: date
    until: date

    def of(self, rows: np.ndarray | pd.Series) -> pd.DataFrame:
        """The expectation of customers.

        Args:
            rows: Numbers of customers, in any order.

        Returns:
            The columns of `frame` without row, in the order of `rows`; missing for who never bought.
        """
        return self.frame.set_index("row").reindex(np.asarray(rows)).reset_index(drop=True)

    def to_frame(self) -> pd.DataFrame:
        """How the expectations of a window ago held."""
        return self.calibration


def next_orders(
    histories: HistoriesLike | NotEnough, *, clock: Clock | None = None, level: float = 0.8
) -> NextOrders | NotEnough:
    """When each customer buys next, by a model of repeat purchases (MBG/NBD) on distinct histories.

    Args:
        histories: From `measures.actions.next_days.order_histories`; as many days are looked ahead as its window has.
        clock: The store's clock; one that runs evenly if omitted.
        level: Share of next purchases that the bounds should hold.

    Returns:
        The days; a `NotEnough` as it came; that of the model ("repeat_customers", "purchase_model_fit").
    """
    if isinstance(histories, NotEnough):
        return histories
    now, past, until, window_days = histories.now, histories.past, histories.until, histories.window_days
    time, begin = clock or Clock(), until - timedelta(days=window_days)
    today = _told(now, time, until, days=window_days, level=level)
    then = _told(past, time.without(begin, until), begin, days=window_days, level=level)
    if isinstance(today, NotEnough):
        return today
    chances = {days: _chance(today, days) for days in (7, 14, 21, 28) if days <= window_days}
    expected = pd.DataFrame({"days": list(chances), "customers": list(chances.values())})
    judged = _judged(then, begin)
    return NextOrders(
        frame=today.rows[["row", "chance_of_another", "next_order", "low", "high"]],
        ahead_days=window_days,
        level=level,
        coverage=judged.coverage,
        early=judged.early,
        late=judged.late,
        calibration=judged.calibration,
        expected=expected.assign(share=expected["customers"] / len(now)),
        past_until=begin,
        until=until,
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Told:
    """What is told of customers by a model: their rows, the model, and the clock."""

    rows: pd.DataFrame
    model: PurchaseModel
    clock: Clock
    until: date


def _told(rows: pd.DataFrame, clock: Clock, until: date, *, days: int, level: float) -> _Told | NotEnough:
    """The rows with the days on which their customers buy next, from a model fitted on them."""
    whole = grained(rows, until)
    model = fit_mbg_nbd(clock.counted(whole, until))
    if isinstance(model, NotEnough):
        return model
    timed = clock.histories(whole, until)
    dated = next_purchase_dates(model, timed, clock=clock, until=until, most_days=days, level=level)
    if isinstance(dated, NotEnough):
        return dated
    names = {"next_purchase": "next_order", "next_purchase_low": "low", "next_purchase_high": "high"}
    return _Told(rows=dated.rename(columns=names), model=model, clock=clock, until=until)


def _chance(told: _Told, days: int) -> float:
    """Customers expected to buy within so many days: the sum of their chances."""
    time = told.clock.ahead(told.until, [told.until + timedelta(days=days)])[0]
    histories = Distinct.of_histories(told.rows)
    frequency, recency, age = histories.columns
    none = told.model.chance_of_no_purchase(frequency, recency, age, time)
    return float((1 - none)[histories.place].sum())


@dataclass(frozen=True, kw_only=True, eq=False)
class _Judged:
    """How the days told a window ago held; where that is not known, shares of 0 and no rows."""

    coverage: Estimate | NotEnough
    early: float = 0.0
    late: float = 0.0
    calibration: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(_CALIBRATION)))


def _judged(then: _Told | NotEnough, begin: date) -> _Judged:
    """Those who bought again in the last window, beside what had been told of them."""
    if isinstance(then, NotEnough):
        return _Judged(coverage=then)
    again = then.rows[then.rows["wait_days"].notna()]
    came = again.loc[again.index.repeat(again["customers"])]
    if len(came) < FEWEST:
        return _Judged(coverage=NotEnough("customers_who_bought_again", len(came), FEWEST))
    wait = came["wait_days"].to_numpy(dtype=np.int64)
    low, high, told = (_days_ahead(came[name], begin) for name in ("low", "high", "next_order"))
    inside = (wait >= low) & (wait <= high)
    return _Judged(
        coverage=wilson(int(inside.sum()), len(came)),
        early=float((wait < low).mean()),
        late=float((wait > high).mean()),
        calibration=_fifths(pd.DataFrame({"told": told, "came": wait, "inside": inside})),
    )


def _days_ahead(day: pd.Series, begin: date) -> np.ndarray:
    """Whole days from the first day of a window."""
    return np.asarray((day.to_numpy() - np.datetime64(begin)) // np.timedelta64(1, "D")).astype(np.int64)


def _fifths(each: pd.DataFrame) -> pd.DataFrame:
    """The customers who bought again, in fifths by the day told."""
    by = each.groupby(pd.qcut(each["told"], 5, duplicates="drop"), observed=True)
    table = by.agg(
        told_from=("told", "min"),
        told_to=("told", "max"),
        customers=("told", "size"),
        told=("told", "median"),
        came=("came", "median"),
        inside=("inside", "mean"),
    )
    return table.reset_index(drop=True)[list(_CALIBRATION)]
