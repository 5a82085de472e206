"""The season of buying, and the clock of a store: time that runs faster in months in which customers buy more.

Buying models suppose a steady rate. Where the rate has a season, time is stretched by it instead: a month with the
factor 1.3 lasts 1.3 months. In stretched time the rate is steady again, so that every buying model is fitted and
asked in it without a change.

References:
    Cinlar (1975), Introduction to Stochastic Processes, chapter 4.7: a non-homogeneous Poisson process is a homogeneous
    one in stretched time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from retention_lib.estimates import NotEnough
from retention_lib.models.btyd import PurchaseModel, fit_mbg_nbd
from retention_lib.models.intervals import normal_quantile
from retention_lib.models.month_effects import MonthEffects, month_effects

SEASON_HISTORY_DAYS = 730
"""Days of history from which on a season is told from a trend: every month of the year twice."""

_LEAST_DAYS = 365
_LEAST_PURCHASES = 10
_FITTED_CUSTOMERS = 50_000
_LEVEL = 0.95
_EPOCH = date(1970, 1, 1)
_MONTH_DAYS = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])


@dataclass(frozen=True, kw_only=True, eq=False)
class SeasonalIndex:
    """How much more customers buy in a month of the year than in the mean of the year.

    Attributes:
        factors: Of January to December, all above 0; their mean over the days of a common year is 1.
        low: Lower bounds of the factors.
        high: Upper bounds of the factors.
        level: Confidence level of the bounds.
        shock_sd: Standard deviation of what a single month does beyond season and trend, on the log scale.
        days: One row a day of history: day (since 1970-01-01), actual and expected (repeat purchases, the latter as of
            a model that knows no season).
        seasonal: Whether months of the year differ by more than chance.
    """

    factors: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    level: float
    shock_sd: float
    days: pd.DataFrame
    seasonal: bool

    @property
    def strongest(self) -> int:
        """The month in which customers buy most, 1 for January."""
        return int(np.argmax(self.factors)) + 1

    @property
    def weakest(self) -> int:
        """The month in which customers buy least, 1 for January."""
        return int(np.argmin(self.factors)) + 1

    @property
    def purchases(self) -> int:
        """Repeat purchases that it rests on (count)."""
        return int(self.days["actual"].sum())

    @property
    def years(self) -> float:
        """Years of history (of 365.25 days)."""
        return len(self.days) / 365.25

    def to_frame(self) -> pd.DataFrame:
        """One row a month of the year: month (1 to 12), factor, low, high, years (days seen, in years)."""
        month = _months(self.days["day"].to_numpy()) % 12
        seen = np.bincount(month, minlength=12) / (_MONTH_DAYS + np.where(np.arange(12) == 1, 0.25, 0.0))
        columns = {"factor": self.factors, "low": self.low, "high": self.high, "years": seen}
        return pd.DataFrame({"month": np.arange(1, 13), **columns})


@dataclass(frozen=True, kw_only=True)
class Clock:
    """How long it is from one day to another for those who buy.

    Attributes:
        unit_days: Days in a unit of time: 1 or 7.
        index: The season by which time is stretched; None where it runs evenly.
    """

    unit_days: float = 1.0
    index: SeasonalIndex | None = None

    @classmethod
    def of(cls, index: SeasonalIndex | NotEnough, *, unit_days: float = 1.0) -> Clock:
        """The clock of a season; one that runs evenly where no season could be told, or there is none."""
        told = None if isinstance(index, NotEnough) or not index.seasonal else index
        return cls(unit_days=unit_days, index=told)

    def time(self, start: ArrayLike, end: ArrayLike) -> np.ndarray:
        """Time from one day to another.

        Args:
            start: Days since 1970-01-01.
            end: Days since 1970-01-01, in a shape that goes with `start`.

        Returns:
            Units of time: the days after `start` up to and with `end`, each as long as its month's factor says.
        """
        first, last = np.asarray(start, dtype=np.int64), np.asarray(end, dtype=np.int64)
        if self.index is None or not first.size or not last.size:
            return np.asarray((last - first) / self.unit_days)
        lowest = int(min(first.min(), last.min()))
        days = np.arange(lowest, int(max(first.max(), last.max())) + 1)
        passed = np.cumsum(np.array(self.index.factors)[_months(days) % 12]) / self.unit_days
        return np.asarray(passed[last - lowest] - passed[first - lowest])

    def histories(self, rows: pd.DataFrame, until: date) -> pd.DataFrame:
        """Histories with their times.

        Args:
            rows: Columns first_day and last_day (of a customer's purchases, in days since 1970-01-01), others.
            until: First day that is no longer seen.

        Returns:
            The rows with `recency` (from the first purchase to the last) and `T` (to the last day seen), in units.
        """
        first, last = rows["first_day"].to_numpy(), rows["last_day"].to_numpy()
        seen = np.full(first.shape, day_number(until) - 1)
        return with_columns(rows, {"recency": self.time(first, last), "T": self.time(first, seen)})

    def counted(self, rows: pd.DataFrame, until: date) -> pd.DataFrame:
        """The distinct histories, which is what buying models are fitted on.

        Args:
            rows: Columns frequency, first_day, last_day, and `customers` or `weight` where a row stands for several.
            until: First day that is no longer seen.

        Returns:
            Columns frequency, recency, T (units), customers; ordered by first day, last day and frequency.
        """
        keys = ["first_day", "last_day", "frequency"]
        stands = next((rows[name] for name in ("customers", "weight") if name in rows), None)
        counted = rows[keys].assign(customers=1 if stands is None else stands).groupby(keys, sort=True).sum()
        told = self.histories(counted.reset_index(), until)
        return told[["frequency", "recency", "T", "customers"]]

    def ahead(self, until: date, ends: Sequence[date]) -> np.ndarray:
        """Times from the end of observation to days ahead.

        Args:
            until: First day that is no longer seen.
            ends: First days beyond each horizon (half-open, as `until` is).

        Returns:
            Units of time, one for each end.
        """
        last = np.array([day_number(end) for end in ends], dtype=np.int64) - 1
        return self.time(np.full(last.shape, day_number(until) - 1), last)

    def without(self, start: date, until: date) -> Clock:
        """The clock as it would be had a window not been seen: no forecast is judged by a season learned from it.

        Args:
            start: First day of the window.
            until: First day after it.

        Returns:
            The clock with the season of the other days; without one where they are less than a year or show none.
        """
        if self.index is None:
            return self
        days = self.index.days
        kept = days[(days["day"] < day_number(start)) | (days["day"] >= day_number(until))]
        return Clock.of(_index(kept), unit_days=self.unit_days)


def with_columns(rows: pd.DataFrame, columns: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """The rows with further or other columns; the columns that stay are shared, not copied.

    Args:
        rows: Which are left as they are.
        columns: The columns by name.
    """
    told = rows.copy(deep=False)
    for name, values in columns.items():
        told[name] = values
    return told


def day_number(day: date) -> int:
    """Days from 1970-01-01 to a day."""
    return (day - _EPOCH).days


def seasonal_index(
    histories: pd.DataFrame | NotEnough, repeat_purchases: pd.DataFrame, *, start: date, until: date
) -> SeasonalIndex | NotEnough:
    """The season in which known customers buy again.

    Actual repeat purchases of each month are held against what a buying model (MBG/NBD) expects, without a season, of
    the customers first seen by then; so that neither growth nor the ageing of customers passes for a season. Since the
    model is fitted best in stretched time, it is fitted and the season found twice. What may be chance is drawn
    towards 1, see `month_effects`.

    Args:
        histories: One row a customer: frequency, first_day, last_day (days since 1970-01-01), and `customers` or
            `weight` where a row stands for several.
        repeat_purchases: Columns day_index (days since `start`), repeat_purchases.
        start: First day of history.
        until: First day that is no longer seen.

    Returns:
        The season; `NotEnough` under 730 days of history ("season_history_days"), or from the buying model.
    """
    if isinstance(histories, NotEnough):
        return histories
    length = (until - start).days
    if length < SEASON_HISTORY_DAYS:
        return NotEnough("season_history_days", length, SEASON_HISTORY_DAYS)
    day = np.arange(day_number(start), day_number(until))
    inside = repeat_purchases[repeat_purchases["day_index"].between(0, length - 1)]
    actual = np.zeros(length)
    actual[inside["day_index"].to_numpy()] = inside["repeat_purchases"].to_numpy()
    days = pd.DataFrame({"day": day, "actual": actual})
    found = _found(histories, days, Clock(), until)
    return found if isinstance(found, NotEnough) else _found(histories, days, Clock.of(found), until)


def _found(histories: pd.DataFrame, days: pd.DataFrame, clock: Clock, until: date) -> SeasonalIndex | NotEnough:
    """The season, by a model that is fitted with a clock."""
    model = fit_mbg_nbd(clock.counted(_some(histories), until))
    if isinstance(model, NotEnough):
        return model
    return _index(days.assign(expected=_expected_by_day(model, clock, histories, days["day"].to_numpy())))


def _some(histories: pd.DataFrame) -> pd.DataFrame:
    """At most so many rows, evenly from all: what a model of all customers needs to be fitted."""
    return histories.iloc[:: -(-len(histories) // _FITTED_CUSTOMERS)]


def _expected_by_day(model: PurchaseModel, clock: Clock, histories: pd.DataFrame, day: np.ndarray) -> np.ndarray:
    """Repeat purchases that a model expects on each day of those born before it, as if the day had no season."""
    stands = next((histories[name] for name in ("customers", "weight") if name in histories), None)
    weights = None if stands is None else stands.to_numpy(dtype=float)
    # Histories rounded to weeks may begin a little before the store does.
    first = np.clip(histories["first_day"].to_numpy() - day[0], 0, len(day) - 1)
    born = np.bincount(first, weights=weights, minlength=len(day))
    lengths = clock.time(day - 1, day)
    reached = np.cumsum(lengths)
    ages = np.linspace(0, reached[-1], min(len(day), 2_000) + 1)
    grown = model.expected_purchases(ages)
    expected = np.zeros(len(day))
    for place in range(1, len(day)):
        age = reached[place] - reached[:place]
        more = np.interp(age, ages, grown) - np.interp(age - lengths[place], ages, grown)
        expected[place] = born[:place] @ more / lengths[place]
    return expected


def _index(days: pd.DataFrame) -> SeasonalIndex | NotEnough:
    """The season in days of history that need not follow each other."""
    if len(days) < _LEAST_DAYS:
        return NotEnough("season_history_days", len(days), SEASON_HISTORY_DAYS)
    month = pd.Series(_months(days["day"].to_numpy()), index=days.index)
    sums = days[["actual", "expected"]].groupby(month).sum()
    told = sums[(sums["actual"] >= _LEAST_PURCHASES) & (sums["expected"] >= _LEAST_PURCHASES)]
    if len(told) < 12:
        return NotEnough("season_months", len(told), 12)
    effects = month_effects(told.index.to_numpy(), told["actual"].to_numpy(), told["expected"].to_numpy())
    return _of_effects(effects, days)


def _of_effects(effects: MonthEffects, days: pd.DataFrame) -> SeasonalIndex:
    """Factors with a mean of 1, and their bounds."""
    centre = np.exp(effects.effects)
    share = _MONTH_DAYS * centre / (_MONTH_DAYS * centre).sum()
    # The factor is the effect less the log of the mean of all: to first order, effects less their weighted mean.
    turned = np.eye(12) - share[None, :]
    spread = np.exp(normal_quantile(_LEVEL) * np.sqrt(np.diag(turned @ effects.covariance @ turned.T)))
    factors = centre / ((_MONTH_DAYS * centre).sum() / _MONTH_DAYS.sum())
    return SeasonalIndex(
        factors=tuple(factors.tolist()),
        low=tuple((factors / spread).tolist()),
        high=tuple((factors * spread).tolist()),
        level=_LEVEL,
        shock_sd=effects.shock_sd,
        days=days,
        seasonal=effects.effect_sd > 0,
    )


def _months(days: np.ndarray) -> np.ndarray:
    """Months since January 1970 of days since 1970-01-01."""
    return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
