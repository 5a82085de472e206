"""How many of the points credited so far will have been used in the end: the ultimate redemption rate.

What is still to come is carried on from the shares of points used, and lost, at each age (`point_triangle`), times what
the months ahead do to all customers alike (`month_factors`). Its interval holds three things: other customers might
have shown other shares (buckets of customers drawn again), months ahead are not known, and who of those with points
uses them is chance, as far as the same customers' past has not told it (`redemption_chance`).

References:
    England and Verrall (1999), Analytic and bootstrap estimates of prediction errors in claims reserving, Insurance:
        Mathematics and Economics 25.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from retention_lib.estimates import Estimate, NotEnough, figures_frame
from retention_lib.models.month_factors import MonthsAhead
from retention_lib.models.point_triangle import (
    NEEDED_CUSTOMERS,
    Development,
    Triangle,
    development,
    triangle,
)
from retention_lib.models.redemption_chance import scatter, scatter_of_the_same
from retention_lib.models.redemption_draws import Draws, drawn, factors_ahead, month_lengths, told_months
from retention_lib.models.season import SeasonalIndex

LEVEL = 0.90
NEEDED_REDEMPTIONS = 100
"""Redemptions from which on the future of points is carried on from their past."""

NEEDED_MONTHS = 4
"""Months with redemptions enough from which on it is known what months do to all customers alike."""

_SPAN_MONTHS = 6
_LEAST_TAIL = 0.005
_NOTHING = 0.5


@dataclass(frozen=True, kw_only=True, eq=False)
class Tail:
    """Points that will be older than any that were seen of enough customers.

    Attributes:
        points: How many will reach that age (points).
        share: Share of them that is taken to be used in the end: an assumption, in [0, 1].
        ages: Months of age up to which points were seen, by the group of validity seen least of all those with a tail.
    """

    points: float
    share: float
    ages: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Redemption:
    """What has been used of points, and what will be.

    Attributes:
        rate: The ultimate redemption rate: points used in the end of all credited so far, in [0, 1].
        credited: Points credited so far.
        redeemed: Points used so far.
        outstanding: Points that can still be used.
        expected: Points of them that will be used.
        cohorts: One row a month of crediting: month (YYYY-MM), customers (credited with points of the kind that most
            were), credited, redeemed, outstanding, expected (points), rate, low, high (ultimate, in [0, 1]), finished
            (nothing is outstanding), thin (under 30 customers).
        groups: One row a validity: validity (months; -1 without expiry or where not known), credited, redeemed,
            outstanding, expected (points), rate, low, high.
        ages: One row a group and age: validity, age (months), alive (points seen at its beginning), used, lost (shares
            of them in a month like the mean of the last 12).
        ahead: One row a month ahead in which points are used: month (YYYY-MM), expected, low, high (points).
        tail: What stands on an assumption; None where enough points were seen until all were gone.
        until: First day that is no longer seen.
        scatter: Variance of points used over their mean, by chance alone (points).
        shock_sd: Standard deviation of what a single month does to all customers alike, log scale.
        seasonal: Whether the store's season is in the months ahead.
        level: Confidence level of all intervals.
    """

    rate: Estimate
    credited: float
    redeemed: float
    outstanding: float
    expected: Estimate
    cohorts: pd.DataFrame
    groups: pd.DataFrame
    ages: pd.DataFrame
    ahead: pd.DataFrame
    tail: Tail | None
    until: date
    scatter: float
    shock_sd: float
    seasonal: bool
    level: float = LEVEL

    @property
    def unused(self) -> float:
        """Points outstanding that will not be used."""
        return max(self.outstanding - self.expected.value, 0.0)

    @property
    def unused_share(self) -> float:
        """Share of the points outstanding that will not be used, in [0, 1]; 0 where none are."""
        return self.unused / self.outstanding if self.outstanding > 0 else 0.0

    def to_frame(self) -> pd.DataFrame:
        """The figures, one row each; columns as in `figures_frame`."""
        return figures_frame(self)


def redemption(
    points: pd.DataFrame | NotEnough,
    *,
    rng: np.random.Generator,
    season: SeasonalIndex | NotEnough | None = None,
    tail_share: float = 0.5,
) -> Redemption | NotEnough:
    """The ultimate redemption rate of the points credited so far, and what of them is still to be used.

    Args:
        points: From `measures.redemption.point_triangle`.
        rng: For the draws.
        season: From `season.seasonal_index`; without it, months of the year are told apart by the redemptions alone.
        tail_share: Share of points older than any seen that is taken to be used in the end, in [0, 1]. The interval
            reaches from none of them to all.

    Returns:
        The rates; NotEnough("point_redemptions") under 100 redemptions, NotEnough("redemption_months") under 4 months
        with any.

    Raises:
        ValueError: `tail_share` is not within [0, 1].
    """
    if not 0 <= tail_share <= 1:
        msg = f"tail_share is a share of points, from 0 to 1, not {tail_share}"
        raise ValueError(msg)
    if isinstance(points, NotEnough):
        return points
    redemptions = int(points["redemptions"].sum())
    if redemptions < NEEDED_REDEMPTIONS:
        return NotEnough("point_redemptions", redemptions, NEEDED_REDEMPTIONS)
    cells = triangle(points)
    index = season if isinstance(season, SeasonalIndex) and season.seasonal else None
    lengths = month_lengths(cells, index)
    found = development(cells, lengths[: cells.months])
    seen = lengths[: cells.months]
    by_month = scatter(cells, found, seen, span=1)
    if len(told_months(found, by_month)) < NEEDED_MONTHS:
        return NotEnough("redemption_months", len(told_months(found, by_month)), NEEDED_MONTHS)
    count, seasonal = len(lengths) - cells.months, index is not None
    factors = factors_ahead(cells, found, by_month, rng, count=count, seasonal=seasonal)
    chance = scatter_of_the_same(cells, found, seen, span=min(cells.ages, _SPAN_MONTHS), rng=rng)
    draws = drawn(cells, found, lengths, factors, chance, rng)
    return _told(cells, found, draws, factors, tail_share, seasonal=seasonal)


def _told(
    cells: Triangle, found: Development, draws: Draws, factors: MonthsAhead, tail_share: float, *, seasonal: bool
) -> Redemption:
    """The result of the draws."""
    credited, redeemed = cells.credited.sum(axis=0), cells.redeemed.sum(axis=(0, 3))
    used, open_points = draws.used.sum(axis=-1), cells.open.sum(axis=0)
    expected = _interval(used.sum(axis=(1, 2)), draws.beyond.sum(axis=(1, 2)), draws, tail_share)
    parts = {"credited": credited, "redeemed": redeemed, "outstanding": open_points}
    cohorts = _rates({name: part.sum(axis=0) for name, part in parts.items()}, used, draws, tail_share, axis=1)
    groups = _rates({name: part.sum(axis=1) for name, part in parts.items()}, used, draws, tail_share, axis=2)
    months = pd.Series(np.datetime_as_string((cells.first + np.arange(cells.months)).astype("datetime64[M]")))
    cohorts.insert(0, "month", months)
    cohorts.insert(1, "customers", cells.customers.max(axis=0).astype(int))
    cohorts = cohorts.assign(finished=cohorts["outstanding"] < _NOTHING, thin=cohorts["customers"] < NEEDED_CUSTOMERS)
    groups.insert(0, "validity", cells.groups)
    return Redemption(
        rate=_rate(float(credited.sum()), float(redeemed.sum()), expected, cells.redemptions),
        credited=float(credited.sum()),
        redeemed=float(redeemed.sum()),
        outstanding=float(open_points.sum()),
        expected=expected,
        cohorts=cohorts[cohorts["credited"] > 0].reset_index(drop=True),
        groups=groups,
        ages=_ages(cells, found),
        ahead=_by_month(cells, draws),
        tail=_tail(cells, draws, tail_share),
        until=cells.until,
        scatter=draws.chance,
        shock_sd=factors.shock_sd,
        seasonal=seasonal,
    )


def _interval(means: np.ndarray, beyond: np.ndarray, draws: Draws, tail_share: float) -> Estimate:
    """Points used: from none of those that get older than any seen, to all of them."""
    some = draws.by_chance(means)
    return Estimate(
        float(means.mean() + tail_share * beyond.mean()),
        low=float(np.quantile(some, (1 - LEVEL) / 2)),
        high=float(np.quantile(some + beyond, (1 + LEVEL) / 2)),
        level=LEVEL,
    )


def _rate(credited: float, redeemed: float, expected: Estimate, redemptions: int) -> Estimate:
    """The ultimate rate of points of which some are used already."""
    value, low, high = (
        min((redeemed + (more or 0.0)) / credited, 1.0) for more in (expected.value, expected.low, expected.high)
    )
    return Estimate(value, low=min(low, value), high=max(high, value), level=LEVEL, n=redemptions)


def _rates(
    parts: dict[str, np.ndarray], used: np.ndarray, draws: Draws, tail_share: float, *, axis: int
) -> pd.DataFrame:
    """Points and ultimate rates of each cohort or group, the draws summed over the other.

    Args:
        parts: Points credited, redeemed and outstanding.
        used: Draw x group x cohort.
        draws: The draws.
        tail_share: As for `redemption`.
        axis: What is summed over: 1 for groups, 2 for cohorts.
    """
    means, beyond = used.sum(axis=axis), draws.beyond.sum(axis=axis)
    rows: list[dict[str, float | None]] = []
    for place, credited in enumerate(parts["credited"]):
        expected = _interval(means[:, place], beyond[:, place], draws, tail_share)
        rate = _rate(max(float(credited), _NOTHING), float(parts["redeemed"][place]), expected, 0)
        told = {name: float(part[place]) for name, part in parts.items()}
        rows.append({**told, "expected": expected.value, "rate": rate.value, "low": rate.low, "high": rate.high})
    return pd.DataFrame(rows)


def _ages(cells: Triangle, found: Development) -> pd.DataFrame:
    """Shares used and lost by age, as far as seen of enough customers."""
    alive = cells.alive.sum(axis=(0, 2))
    rows = [
        (months, age, alive[place, age], found.used[place, age], found.lost[place, age])
        for place, months in enumerate(cells.groups)
        for age in range(min(int(cells.known[place]), cells.ages))
        if alive[place, age] > 0
    ]
    return pd.DataFrame(rows, columns=["validity", "age", "alive", "used", "lost"])


def _by_month(cells: Triangle, draws: Draws) -> pd.DataFrame:
    """Points used in each month ahead in which any are."""
    means = draws.used.sum(axis=(1, 2))
    some = draws.by_chance(means)
    months = (cells.first + cells.months + np.arange(means.shape[1])).astype("datetime64[M]")
    low, high = np.quantile(some, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    columns = {"month": np.datetime_as_string(months), "expected": means.mean(axis=0), "low": low, "high": high}
    table = pd.DataFrame(columns)
    return table[table["expected"] >= 1.0].reset_index(drop=True)


def _tail(cells: Triangle, draws: Draws, tail_share: float) -> Tail | None:
    """What gets older than any points seen, where that is more than a trifle."""
    beyond = draws.beyond.mean(axis=0)
    points, outstanding = float(beyond.sum()), float(cells.open.sum())
    if points < _LEAST_TAIL * outstanding or points < 1:
        return None
    known = cells.known[beyond.sum(axis=1) > 0]
    return Tail(points=points, share=tail_share, ages=int(known.min()))
