"""The development of points: what share of those still alive is used, and lost, at each age.

Points that are alive at the beginning of an age are used at a rate of their age, times what the calendar month does to
all ages alike; expiry, refunds and leaving are competing ways in which they go.

References:
    Mack (1993), Distribution-free calculation of the standard error of chain ladder reserve estimates, ASTIN Bulletin
        23, for the development by age.
    Kuang, Nielsen and Nielsen (2008), Forecasting with the age-period-cohort model and the extended chain-ladder model,
        Biometrika 95, for the factor of the calendar.
    Prentice et al. (1978), The analysis of failure times in the presence of competing risks, Biometrics 34.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

import numpy as np
import pandas as pd

NEVER = -1
"""The validity of points that never expire, or of which that is not known."""

NEEDED_CUSTOMERS = 30
"""Customers whose points must have been seen at an age for its shares to be known."""

LEVEL_MONTHS = 12
"""Months whose mean calendar factor is 1."""

_LEAST_SHARE = 0.02
_ROUNDS = 30


@dataclass(frozen=True, kw_only=True, eq=False)
class Triangle:
    """Points by bucket of customers, validity, month of crediting and age.

    Attributes:
        groups: Validity of each group (months; -1 for points that never expire, or of which that is not known).
        first: The first month of crediting, in months since January 1970; cohorts follow month by month.
        until: First day that is no longer in the table, the first of a month.
        customers: Customers credited, group x cohort (a customer counts in each).
        credited: Points, bucket x group x cohort.
        redeemed: Points used, bucket x group x cohort x age; 0 where not seen yet.
        lost: Points that went otherwise, of the same shape.
        redemptions: Entries (count).
    """

    groups: tuple[int, ...]
    first: int
    until: date
    customers: np.ndarray
    credited: np.ndarray
    redeemed: np.ndarray
    lost: np.ndarray
    redemptions: int

    @property
    def months(self) -> int:
        """Months from the first crediting to the end, as many as cohorts."""
        return int(self.credited.shape[2])

    @property
    def ages(self) -> int:
        """Ages at which any points were alive, and, where that was seen, one at which none were any more (count)."""
        return int(self.redeemed.shape[3])

    @cached_property
    def calendar(self) -> np.ndarray:
        """The calendar month of each cell, cohort x age, counted from `first`."""
        return np.arange(self.months)[:, None] + np.arange(self.ages)[None, :]

    @cached_property
    def seen(self) -> np.ndarray:
        """Whether the calendar month of a cell is over, cohort x age."""
        return self.calendar < self.months

    @cached_property
    def alive(self) -> np.ndarray:
        """Points alive at the beginning of an age, bucket x group x cohort x age; 0 where not seen yet."""
        gone = self.redeemed + self.lost
        before = np.cumsum(gone, axis=3) - gone
        return np.where(self.seen, np.maximum(self.credited[..., None] - before, 0.0), 0.0)

    @cached_property
    def open(self) -> np.ndarray:
        """Points alive at the end, bucket x group x cohort."""
        return np.maximum(self.credited - (self.redeemed + self.lost).sum(axis=3), 0.0)

    @cached_property
    def known(self) -> np.ndarray:
        """Ages seen of enough customers, by group (count)."""
        reached = np.cumsum(self.customers, axis=1)[:, ::-1][:, : self.ages]
        return np.asarray((reached >= NEEDED_CUSTOMERS).sum(axis=1))

    def before(self, month: int) -> Triangle:
        """The triangle as it was seen when a month began.

        Args:
            month: Counted from `first`, at least 1.
        """
        past = (self.calendar < month)[:month]
        return replace(
            self,
            customers=self.customers[:, :month],
            credited=self.credited[:, :, :month],
            redeemed=np.where(past, self.redeemed[:, :, :month], 0.0),
            lost=np.where(past, self.lost[:, :, :month], 0.0),
        )

    def open_at(self, month: int) -> np.ndarray:
        """Points alive at the beginning of a month, bucket x group x cohort; 0 for cohorts not credited by then.

        Args:
            month: Counted from `first`, at most `months`.
        """
        before = (self.calendar < month)[None, None]
        gone = np.where(before, self.redeemed + self.lost, 0.0).sum(axis=3)
        credited = np.where(np.arange(self.months) < month, self.credited, 0.0)
        return np.asarray(np.where(np.arange(self.months) < month, np.maximum(credited - gone, 0.0), 0.0))


@dataclass(frozen=True, kw_only=True, eq=False)
class Development:
    """How points develop.

    Attributes:
        used: Share of the points alive at the beginning of an age that is used at it, group x age, in a month whose
            factor is 1.
        lost: Share that goes otherwise, group x age; 1 where none were alive.
        factors: What each calendar month does to all ages alike, beyond its length and season; their mean, weighted by
            what is expected, is 1 over the last 12 months. 1 where nothing was expected.
        expected: Points that each month would use with a factor of 1.
        redeemed: Points that each month used.
    """

    used: np.ndarray
    lost: np.ndarray
    factors: np.ndarray
    expected: np.ndarray
    redeemed: np.ndarray


def triangle(rows: pd.DataFrame) -> Triangle:
    """The triangle of a table; validities with hardly any points join their neighbour.

    Args:
        rows: From `measures.redemption.point_triangle`, not empty.
    """
    until = pd.Timestamp(rows["until"].iloc[0])
    first, end = int(rows["cohort"].min()), (until.year - 1970) * 12 + until.month - 1
    group_of = _groups(rows)
    groups = tuple(sorted(set(group_of.values()), key=lambda months: (months == NEVER, months)))
    place = np.array([groups.index(group_of[int(months)]) for months in rows["validity"]])
    bucket, cohort, age = (rows[name].to_numpy(dtype=np.int64) for name in ("bucket", "cohort", "age"))
    shape = (int(bucket.max()) + 1, len(groups), end - first)
    cells = (bucket, place, cohort - first)
    credited = _summed(rows["credited"], cells, shape)
    parts = {name: _summed(rows[name], (*cells, age), (*shape, shape[2])) for name in ("redeemed", "lost")}
    ages = _ages(credited, parts["redeemed"] + parts["lost"])
    return Triangle(
        groups=groups,
        first=first,
        until=until.date(),
        customers=_summed(rows["customers"], (place, cohort - first), shape[1:]),
        credited=credited,
        redeemed=parts["redeemed"][..., :ages],
        lost=parts["lost"][..., :ages],
        redemptions=int(rows["redemptions"].sum()),
    )


def _groups(rows: pd.DataFrame) -> dict[int, int]:
    """The group of each validity: itself, or the nearest one with points enough."""
    points = rows.groupby("validity")["credited"].sum()
    large = [int(months) for months in points.index[points >= _LEAST_SHARE * points.sum()]]
    return {
        int(months): months if months in large else min(large, key=lambda other: (abs(other - months), other))
        for months in (int(each) for each in points.index)
    }


def _summed(values: pd.Series, places: tuple[np.ndarray, ...], shape: tuple[int, ...]) -> np.ndarray:
    sums = np.zeros(shape)
    np.add.at(sums, places, values.to_numpy(dtype=float))
    return sums


def _ages(credited: np.ndarray, gone: np.ndarray) -> int:
    """Ages at whose beginning points are alive in any cohort that is that old, and one at which none are."""
    total, went = credited.sum(axis=(0, 1)), gone.sum(axis=(0, 1))
    left = total[:, None] - (np.cumsum(went, axis=1) - went)
    months = len(total)
    seen = np.add.outer(np.arange(months), np.arange(months)) < months
    some = ((left > 1e-6) & seen).any(axis=0) | (went > 0).any(axis=0)
    return min(int(np.flatnonzero(some).max(initial=0)) + 2, months)


def development(cells: Triangle, lengths: np.ndarray, weights: np.ndarray | None = None) -> Development:
    """Shares by age and factors by calendar month, fitted in turns until they agree (a Poisson model of points).

    Args:
        cells: The triangle.
        lengths: What is known of each month before: its length and season, as a factor.
        weights: How often each bucket counts; once if omitted.

    References:
        Deming and Stephan (1940), On a least squares adjustment of a sampled frequency table, Annals of Mathematical
            Statistics 11: fitting margins in turns.
    """
    counts = np.ones(len(cells.credited)) if weights is None else weights
    alive, used, lost = (np.tensordot(counts, part, axes=1) for part in (cells.alive, cells.redeemed, cells.lost))
    month = np.minimum(cells.calendar, cells.months - 1)
    known = np.where(cells.seen, lengths[month], 0.0)
    redeemed = np.bincount(month[cells.seen], used.sum(axis=0)[cells.seen], cells.months)
    factors, expected = np.ones(cells.months), redeemed
    for _ in range(_ROUNDS):
        shares = _ratio(used.sum(axis=1), (alive * known * factors[month]).sum(axis=1))
        would = (alive * shares[:, None, :]).sum(axis=0) * known
        expected = np.bincount(month[cells.seen], would[cells.seen], cells.months)
        factors = np.where(expected > 0, _ratio(redeemed, expected), 1.0)
        factors = factors / _level(redeemed, expected)
    return Development(
        used=_ratio(used.sum(axis=1), (alive * known * factors[month]).sum(axis=1)),
        lost=np.where(alive.sum(axis=1) > 0, _ratio(lost.sum(axis=1), alive.sum(axis=1)), 1.0),
        factors=factors,
        expected=expected,
        redeemed=redeemed,
    )


def _level(redeemed: np.ndarray, expected: np.ndarray) -> float:
    """The mean factor of the last months."""
    some, would = redeemed[-LEVEL_MONTHS:].sum(), expected[-LEVEL_MONTHS:].sum()
    return float(some / would) if some > 0 and would > 0 else 1.0


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """A ratio, 0 where nothing is below."""
    return np.divide(above, below, out=np.zeros_like(above, dtype=float), where=below > 0)


def carried_on(
    points: np.ndarray,
    ages: np.ndarray,
    path: np.ndarray,
    *,
    used: np.ndarray,
    lost: np.ndarray,
    known: np.ndarray,
) -> np.ndarray:
    """What is used of points in the months ahead, until those months or the ages known are over.

    Args:
        points: Alive at the beginning, ... x group x cohort.
        ages: Age of each cohort at the beginning.
        path: Factor of each month ahead, length and season in it: month, or ... x month.
        used: As in `Development`, ... x group x age.
        lost: As in `Development`, ... x group x age.
        known: Ages seen of enough customers, by group (count); points get no further.

    Returns:
        Points used, ... x group x cohort x month; then, as one more month, those alive beyond the ages known.
    """
    last = used.shape[-1] - 1
    left, rows = np.asarray(points, dtype=float), []
    for step in range(path.shape[-1]):
        age = ages + step
        place, inside = np.minimum(age, last), age < known[:, None]
        rate = np.minimum(used[..., place] * path[..., step, None, None], 1.0) * inside
        other = np.minimum(lost[..., place], 1.0 - rate) * inside
        rows.append(left * rate)
        left = left * (1.0 - rate - other)
    return np.stack(np.broadcast_arrays(*rows, left), axis=-1)
