"""How much the use of points scatters by chance: whose points they are, and whether they are used.

What customers do is not drawn anew each month: who pays with points gladly did so before and will again. So the error
of shares learned from customers, and the chance of what the same customers do next, go the same way, and together are
less than the two one by one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from retention_lib.models.point_triangle import Development, Triangle, carried_on, development

_ORIGINS = 18
_LEAST_ORIGIN, _LEAST_LEARNED = 3, 6
_REDRAWN, _STEP = 100, 3
_LEAST_PART = 0.25
"""Of the scatter of the same size of shop, the least that is left once the error of the shares is taken off."""


def scatter(cells: Triangle, found: Development, lengths: np.ndarray, *, span: int) -> float:
    """How much redemption scatters by chance, beyond what all customers share: variance over mean (points), 1 or more.

    Taken from the buckets: at past months, what a bucket's open points brought in the months after is held against what
    the shares by age and the factors that then came tell.

    Args:
        cells: The triangle.
        found: Its development.
        lengths: As for `development`.
        span: Months to follow, at most: those that points live.
    """
    months = cells.months
    latest = max(months - span, min(_LEAST_ORIGIN, months - 1))
    squares, sums, known = 0.0, 0.0, np.full(len(cells.groups), cells.ages)
    for origin in range(max(min(_LEAST_ORIGIN, months - 1), latest - _ORIGINS), latest + 1):
        path = (found.factors * lengths)[origin : origin + span]
        ages = np.maximum(origin - np.arange(months), 0)
        told = carried_on(cells.open_at(origin), ages, path, used=found.used, lost=found.lost, known=known)[..., :-1]
        inside = (cells.calendar >= origin) & (cells.calendar < origin + span) & (np.arange(months)[:, None] < origin)
        actual = np.where(inside, cells.redeemed, 0.0).sum(axis=(1, 2, 3))
        squares += float(((actual - told.sum(axis=(1, 2, 3))) ** 2).sum())
        sums += float(told.sum())
    return max(squares / sums, 1.0) if sums > 0 else 1.0


@dataclass(frozen=True, kw_only=True, eq=False)
class _Trial:
    """A past month, what was learned before it, and what the open points then brought.

    Attributes:
        past: The triangle before the month.
        open: Points alive when it began, bucket x group x cohort.
        path: What the months after it did to the shares learned.
        actual: Points used of those in these months, by bucket.
        lengths: Of the months before.
    """

    past: Triangle
    open: np.ndarray
    path: np.ndarray
    actual: np.ndarray
    lengths: np.ndarray

    def told(self, weights: np.ndarray | None = None) -> np.ndarray:
        """Points used by bucket, as told by what buckets of these weights had shown before."""
        found, months = development(self.past, self.lengths, weights), self.past.months
        known, ages = np.full(len(self.past.groups), self.past.ages), months - np.arange(months)
        told = carried_on(self.open, ages, self.path, used=found.used, lost=found.lost, known=known)
        return np.asarray(told[..., :-1].sum(axis=(1, 2, 3)))

    def scatter(self, rng: np.random.Generator) -> float:
        """Variance over mean of points used, less what the error of the shares has in it."""
        told, buckets = self.told(), len(self.actual)
        mean = float(told.sum())
        alone = float(((self.actual - told * (self.actual.sum() / mean)) ** 2).sum()) / mean**2
        errors, shares = [], []
        for _ in range(_REDRAWN):
            weights = rng.multinomial(buckets, np.full(buckets, 1 / buckets)).astype(float)
            again = self.told(weights)
            errors.append(float(weights @ self.actual) / max(float(weights @ again), 1e-9))
            shares.append(float(again.sum()) / mean)
        together = float(np.var(errors)) / float(np.mean(errors)) ** 2
        return mean * max(together - float(np.var(shares)), _LEAST_PART * alone)


def scatter_of_the_same(
    cells: Triangle, found: Development, lengths: np.ndarray, *, span: int, rng: np.random.Generator
) -> float:
    """How much redemption scatters by chance beyond the error of shares learned from the same customers.

    At past months the shares by age are learned anew, from buckets drawn again, and held against what the open points
    of these very buckets then brought: the variance of that error, less that of the shares alone, is the chance that is
    left. Where too few months are seen for that, `scatter`.

    Args:
        cells: The triangle.
        found: Its development.
        lengths: As for `development`.
        span: Months that points live, at most as many as are followed.
        rng: For the buckets.

    Returns:
        Variance over mean of points used (points), 1 or more.
    """
    months = [cells.months - span - back for back in (0, _STEP) if cells.months - span - back >= _LEAST_LEARNED]
    trials = [_trial(cells, lengths, month, span) for month in months]
    told = [trial.scatter(rng) for trial in trials if trial.actual.sum() > 0 and trial.told().sum() > 0]
    return max(float(np.mean(told)), 1.0) if told else scatter(cells, found, lengths, span=span)


def _trial(cells: Triangle, lengths: np.ndarray, month: int, span: int) -> _Trial:
    """What was learned before a month, and what happened in the months after."""
    past = cells.before(month)
    inside = (cells.calendar >= month) & (cells.calendar < month + span) & (np.arange(cells.months)[:, None] < month)
    used = np.where(inside, cells.redeemed, 0.0)
    would = np.where(inside, cells.alive.sum(axis=0) * development(past, lengths[:month]).used[:, None, :], 0.0)
    after = [cells.calendar == each for each in range(month, month + span)]
    path = [used[..., at].sum() / max(would[..., at].sum(), 1e-9) for at in after]
    return _Trial(
        past=past,
        open=cells.open_at(month)[:, :, :month],
        path=np.array(path),
        actual=used.sum(axis=(1, 2, 3)),
        lengths=lengths[:month],
    )
