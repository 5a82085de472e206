"""On which past days forecasts are tried out before the last holdout is looked at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import pandas as pd

SHORTEST_DAYS = 28
"""A selection window is no shorter."""

LONGEST_DAYS = 365
"""A last holdout that nobody asked for is no longer."""

FEWEST_CUTOFFS, MOST_CUTOFFS = 6, 8
_STEPS = (1, 2, 3, 4)  # parts of the horizon between two cut-offs
_PART = 4  # the horizon takes no more than this part of what lies before the last cut-off


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The cut-offs of a backtest.

    Attributes:
        start: First day of the data.
        end: First day that is no longer seen.
        cutoffs: Selection cut-offs, ascending; their windows all end by the last cut-off and before the last month.
            Empty where the history is too short.
        horizon_days: Length of the selection windows.
        last_cutoff: First day of the last holdout.
        last_horizon_days: Its length.
        learned_days: Length of the window before the last cut-off on which a learning candidate is trained.
    """

    start: date
    end: date
    cutoffs: tuple[date, ...]
    horizon_days: int
    last_cutoff: date
    last_horizon_days: int
    learned_days: int

    @property
    def month(self) -> date:
        """First day of the last month seen."""
        return (self.end - timedelta(days=1)).replace(day=1)

    @property
    def windows(self) -> pd.DataFrame:
        """All windows whose histories are read: columns cutoff (date), horizon_days; no window twice.

        Those of the selection and of the last holdout, the last month, and the windows before each of them.
        """
        windows = [(day - timedelta(days=self.horizon_days), self.horizon_days) for day in self.cutoffs]
        windows += [(day, self.horizon_days) for day in self.cutoffs]
        windows.append((self.last_cutoff - timedelta(days=self.learned_days), self.learned_days))
        days = (self.end - self.month).days
        windows += [(self.month - timedelta(days=days), days), (self.month, days)]
        kept = sorted({window for window in windows if window[0] > self.start and window[1] > 0})
        last = (self.last_cutoff, self.last_horizon_days)
        return pd.DataFrame([*(window for window in kept if window != last), last], columns=["cutoff", "horizon_days"])

    def to_frame(self) -> pd.DataFrame:
        """One row a cut-off: cutoff, horizon_days, last (whether it is the last holdout)."""
        rows = [(day, self.horizon_days, False) for day in self.cutoffs]
        rows.append((self.last_cutoff, self.last_horizon_days, True))
        return pd.DataFrame(rows, columns=["cutoff", "horizon_days", "last"])


def holdout_length(start: date, end: date, *, wanted: int | Literal["auto"]) -> int:
    """Days kept back for the last test.

    Args:
        start: First day of the data.
        end: First day that is no longer seen.
        wanted: As many days; "auto" takes a quarter of the history, a year at most.

    Returns:
        Days, at least 28.
    """
    if wanted != "auto":
        return wanted
    return max(SHORTEST_DAYS, min(LONGEST_DAYS, (end - start).days // _PART))


def plan(start: date, end: date, holdout_days: int) -> Plan:
    """Cut-offs for the choice among forecasts, none of which sees the last holdout or the last month.

    The windows are a quarter of what lies before both, or as long as the holdout where that is shorter.
    Each cut-off has a window before it and half a window of history before that. They follow each other by a whole
    window, or by the largest part of one (1/2, 1/3, 1/4) that leaves six of them.

    Args:
        start: First day of the data.
        end: First day that is no longer seen.
        holdout_days: Length of the last holdout.

    Returns:
        The plan; without selection cut-offs where fewer than four windows of 28 days lie before the last cut-off and
        the last month.
    """
    last = end - timedelta(days=holdout_days)
    learned = min(holdout_days, max(0, (last - start).days) // 2)
    # The last month is forecast too, by what was chosen without it; a short holdout begins amid it.
    unseen = min(last, (end - timedelta(days=1)).replace(day=1))
    past = max(0, (unseen - start).days)
    horizon = min(holdout_days, past // _PART)
    cutoffs: list[date] = []
    if horizon >= SHORTEST_DAYS:
        reach = past - 2 * horizon - (horizon + 1) // 2
        step = next((horizon // part for part in _STEPS if reach // (horizon // part) + 1 >= FEWEST_CUTOFFS), 0)
        step = step or horizon // _STEPS[-1]
        back = range(min(MOST_CUTOFFS, reach // step + 1))
        cutoffs = [unseen - timedelta(days=horizon + k * step) for k in reversed(back)]
    return Plan(
        start=start,
        end=end,
        cutoffs=tuple(cutoffs),
        horizon_days=horizon,
        last_cutoff=last,
        last_horizon_days=holdout_days,
        learned_days=learned,
    )
