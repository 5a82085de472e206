"""Do those who came back stay: how many are still active later, beside those who had stayed and the new."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.intervals import wilson

MINIMUM_CUSTOMERS, ENOUGH_CUSTOMERS = 30, 100
LONGEST_MONTH = 31
STEPS, MOST_MONTHS = 3, 12
GROUPS = ("came_back", "stayed", "new")


@dataclass(frozen=True, kw_only=True, eq=False)
class Staying:
    """How many are still active months after they came back, stayed or were new.

    Attributes:
        table: One row a group ("came_back", "stayed": active when the month began and when it ended, and bought in
            it as the others did; "new") and time, ordered: group, months_after, customers (for "stayed" the mean
            of a month, rounded), share (still active), low, high.
        came_back: Still active at the longest time, of those who came back.
        stayed: The same of those who had stayed; months weigh as they do among those who came back.
        new: The same of the new; NotEnough below 30.
        months_after: The longest time (months).
        first_month: First month whose movements are followed ('YYYY-MM').
        last_month: Last one.
        lapse_days: Active means a silence of at most so many days.
    """

    table: pd.DataFrame
    came_back: Estimate
    stayed: Estimate
    new: Estimate | NotEnough
    months_after: int
    first_month: str
    last_month: str
    lapse_days: int

    def to_frame(self) -> pd.DataFrame:
        """The table of groups and times."""
        return self.table


def staying(patterns: pd.DataFrame | NotEnough, *, months: Sequence[object], lapse_days: int) -> Staying | NotEnough:
    """Of those who came back in a month, how many are still active later.

    A customer counts once among those who came back, in the first month of it, and once among the new. Who stayed
    does so in many months: their share is taken month by month and averaged with the weights that the months
    have among those who came back. Its interval is Wilson's for the customers of one month: the months hold much
    the same people, so together they are taken to say no more than one does.

    The times are 1, 2 and 3 steps, a step being the fewest whole months as long as the window: to be active so
    much later takes a purchase after the month in which they came back. Where fewer than 100 who came back can be
    followed for three steps, two are read, or one.

    Args:
        patterns: Columns first, active, bought, customers, as from `measures.staying.activity_patterns`.
        months: The months of the patterns, in order.
        lapse_days: The window W the patterns were read with.

    Returns:
        The shares; NotEnough("customers_came_back_followed") where fewer than 30 who came back can be followed
        for one step.
    """
    if isinstance(patterns, NotEnough):
        return patterns
    step = max(1, math.ceil(lapse_days / LONGEST_MONTH))
    most = 0
    for steps in range(STEPS, 0, -1):
        last = len(months) - 1 - steps * step  # index of the last month that can be followed so long
        starts = range(max(0, last - MOST_MONTHS + 1), last + 1)
        groups = _members(patterns, starts)
        came_back = sum(int(groups["came_back"][start].sum()) for start in starts)
        most = max(most, came_back)
        if came_back >= (MINIMUM_CUSTOMERS if steps == 1 else ENOUGH_CUSTOMERS):
            times = [step * place for place in range(1, steps + 1)]
            named = (str(months[starts[0]]), str(months[starts[-1]]))
            return _result(patterns, groups, times=times, months=named, lapse_days=lapse_days)
    return NotEnough("customers_came_back_followed", most, MINIMUM_CUSTOMERS)


def _members(patterns: pd.DataFrame, starts: range) -> dict[str, dict[int, np.ndarray]]:
    """Customers of each row who belong to a group in a month; those who came back in the first such month alone."""
    customers = patterns["customers"].to_numpy(dtype="int64")
    first = patterns["first"].to_numpy(dtype="int64")
    free = np.ones(len(patterns), dtype=bool)
    groups: dict[str, dict[int, np.ndarray]] = {name: {} for name in GROUPS}
    for start in starts:
        before, after = (_bit(patterns, "active", boundary) for boundary in (start, start + 1))
        bought = _bit(patterns, "bought", start)
        back = (first <= start) & ~before & after & free
        free &= ~back
        groups["came_back"][start] = customers * back
        groups["stayed"][start] = customers * (before & after & bought)
        groups["new"][start] = customers * ((first == start + 1) & after)
    return groups


def _result(
    patterns: pd.DataFrame,
    groups: dict[str, dict[int, np.ndarray]],
    *,
    times: list[int],
    months: tuple[str, str],
    lapse_days: int,
) -> Staying | NotEnough:
    """The shares of every group and time."""
    weights = {start: int(members.sum()) for start, members in groups["came_back"].items()}
    rows, last = [], {}
    for name in GROUPS:
        for time in times:
            counts = {start: _counts(patterns, members, start + 1 + time) for start, members in groups[name].items()}
            found = _weighted(counts, weights) if name == "stayed" else _pooled(counts)
            last[name] = found
            if isinstance(found, Estimate):
                rows.append((name, time, round(found.n or 0), found.value, found.low, found.high))
    came_back, stayed, new = (last[name] for name in GROUPS)
    if isinstance(came_back, NotEnough) or isinstance(stayed, NotEnough):
        return NotEnough("customers_stayed_followed", 0, 1)
    return Staying(
        table=pd.DataFrame(rows, columns=["group", "months_after", "customers", "share", "low", "high"]),
        came_back=came_back,
        stayed=stayed,
        new=new,
        months_after=times[-1],
        first_month=months[0],
        last_month=months[1],
        lapse_days=lapse_days,
    )


def _counts(patterns: pd.DataFrame, members: np.ndarray, boundary: int) -> tuple[int, int]:
    """Members of a group, and those of them active on a later boundary."""
    return int(members.sum()), int(members[_bit(patterns, "active", boundary)].sum())


def _pooled(counts: dict[int, tuple[int, int]]) -> Estimate | NotEnough:
    """The share over all months, one row a customer."""
    base = sum(count for count, _ in counts.values())
    if base < MINIMUM_CUSTOMERS:
        return NotEnough("customers_in_base", base, MINIMUM_CUSTOMERS)
    return wilson(sum(active for _, active in counts.values()), base)


def _weighted(counts: dict[int, tuple[int, int]], weights: dict[int, int]) -> Estimate | NotEnough:
    """The share averaged over months with given weights; its base is that of one month."""
    weighed = {start: weight for start, weight in weights.items() if weight and counts[start][0]}
    total = sum(weighed.values())
    if not total:
        return NotEnough("customers_in_base", 0, 1)
    share = sum(weight * counts[start][1] / counts[start][0] for start, weight in weighed.items()) / total
    # The harmonic mean: the variance of an average of like shares that move together.
    base = total / sum(weight / counts[start][0] for start, weight in weighed.items())
    return wilson(min(share, 1.0) * base, base)


def _bit(patterns: pd.DataFrame, column: str, place: int) -> np.ndarray:
    """For which rows a pattern has a bit."""
    return (patterns[column].to_numpy(dtype="int64") >> place & 1) == 1
