"""A clock that runs as fast as the same customers buy: a season makes no gap longer or shorter on it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from retention_lib.estimates import NotEnough

Floats = NDArray[np.float64]
Days = NDArray[np.int64]

NEEDED_MONTHS = 3


@dataclass(frozen=True, kw_only=True, eq=False)
class WorkingTime:
    """Days weighted by how much the same customers buy in their month; 1 on average.

    Attributes:
        first_month: Months since January 1970 of the first month (count).
        logs: Logarithm of each month's pace a day over that of the month before; 0 for the first.
        variances: Of these, by the chance of counting.
    """

    first_month: int
    logs: Floats
    variances: Floats

    @property
    def start(self) -> int:
        """First day (days since 1 January 1970)."""
        return _first_day(self.first_month)

    @property
    def end(self) -> int:
        """First day behind the last month."""
        return _first_day(self.first_month + len(self.logs))

    @cached_property
    def _days(self) -> Floats:
        """The weight of each day."""
        lengths = _month_days(self.first_month, len(self.logs))
        weights = np.repeat(np.exp(np.cumsum(self.logs)), lengths)
        return np.asarray(weights / weights.mean())

    @cached_property
    def _sums(self) -> Floats:
        """The weight of all days before each."""
        return np.concatenate([[0.0], np.cumsum(self._days)])

    def elapsed(self, start: Days, end: Days | int) -> Floats:
        """Working time of the days after `start`, with the day `end`."""
        first = self.start
        return np.asarray(self._sums[end + 1 - first] - self._sums[start + 1 - first])

    def gap(self, start: Days, end: Days) -> Floats:
        """Working time from an order to the next; the day of the next, of which the hour is not known, counts half."""
        return np.asarray(self.elapsed(start, end) - self._days[end - self.start] / 2)

    def overlap(self, start: Days, end: Days, low: Days, high: Days) -> Floats:
        """Working time of the part of a gap after the day `low`, with the day `high`."""
        begun, over = np.maximum(start, low), np.minimum(np.minimum(end, high), self.end - 1)
        inside = over > begun
        length = self.elapsed(np.minimum(begun, over), over)
        half = np.where(over == end, self._days[over - self.start] / 2, 0.0)
        return np.where(inside, length - half, 0.0)

    def faster_from(self, month: int, step: float) -> WorkingTime:
        """The same with a month's pace, and all later ones, raised by a step of its logarithm."""
        logs = self.logs.copy()
        logs[month] += step
        return WorkingTime(first_month=self.first_month, logs=logs, variances=self.variances)


def working_time(pace: pd.DataFrame | NotEnough) -> WorkingTime | NotEnough:
    """The clock from how many purchases the same customers made in each month and in the month before it.

    Args:
        pace: From `measures.tier_gaps.month_pace`; months without a purchase of theirs in either run like the one
            before.

    Returns:
        A clock from the month before the first of them to the last; NotEnough("months_of_history") below three.
    """
    if isinstance(pace, NotEnough):
        return pace
    known = pace[(pace["purchases"] > 0) & (pace["before"] > 0)]
    if len(known) < NEEDED_MONTHS:
        return NotEnough("months_of_history", len(known), NEEDED_MONTHS)
    first, last = int(known["month"].min()) - 1, int(known["month"].max())
    lengths = _month_days(first, last - first + 1)
    logs, variances = np.zeros(len(lengths)), np.zeros(len(lengths))
    place = known["month"].to_numpy(dtype=np.int64) - first
    now, before = known["purchases"].to_numpy(dtype=float), known["before"].to_numpy(dtype=float)
    logs[place] = np.log(now / lengths[place]) - np.log(before / lengths[place - 1])
    variances[place] = 1 / now + 1 / before
    return WorkingTime(first_month=first, logs=logs, variances=variances)


def _first_day(month: int) -> int:
    """The first day of a month, in days since 1970."""
    return int(np.datetime64(month, "M").astype("datetime64[D]").astype(np.int64))


def _month_days(first: int, months: int) -> Days:
    """How many days each of some months has."""
    starts = np.arange(first, first + months + 1).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    return np.diff(starts)
