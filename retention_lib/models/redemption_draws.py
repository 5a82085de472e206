"""Possible futures of points outstanding: other shares by age, other months ahead, and chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from retention_lib.models.month_factors import KNOWN_SEASON, UNKNOWN_SEASON, MonthsAhead, MonthsSeen, months_ahead
from retention_lib.models.point_triangle import Development, Triangle, carried_on, development
from retention_lib.models.season import SeasonalIndex

BUCKET_DRAWS, DRAWS = 200, 2_000
"""How often buckets of customers are drawn again, and futures in all."""

_LEVEL_MONTHS = 36
_MEAN_DAYS = 30.4375


@dataclass(frozen=True, kw_only=True, eq=False)
class Draws:
    """Possible futures of the open points.

    Attributes:
        used: Points expected to be used within the ages seen, draw x group x cohort x month ahead.
        beyond: Points that get older than any seen, draw x group x cohort.
        chance: Variance over mean of points used, by chance.
        rng: For that chance.
    """

    used: np.ndarray
    beyond: np.ndarray
    chance: float
    rng: np.random.Generator

    def by_chance(self, means: np.ndarray) -> np.ndarray:
        """Points used where so many are expected: a gamma variable of that mean and of the scatter.

        Args:
            means: Of any shape.
        """
        return np.asarray(self.rng.gamma(np.maximum(means, 0.0) / self.chance) * self.chance)


def month_lengths(cells: Triangle, season: SeasonalIndex | None) -> np.ndarray:
    """Length and season of the months seen, and of as many ahead as points may still live.

    Args:
        cells: The triangle.
        season: The store's season; None where it has none or it is not known.

    Returns:
        Factors, their mean about 1.
    """
    months = cells.first + np.arange(cells.months + max(int(cells.known.max(initial=0)) - 1, 1))
    first = months.astype("datetime64[M]")
    days = ((first + 1).astype("datetime64[D]") - first.astype("datetime64[D]")).astype(float)
    factors = np.ones(12) if season is None else np.array(season.factors)
    return np.asarray(days / _MEAN_DAYS * factors[months % 12])


def told_months(found: Development, chance: float) -> np.ndarray:
    """The months of the last three years in which as much was expected as tells anything: half a redemption.

    Args:
        found: The development.
        chance: From `redemption_chance`: points that are used at once.

    Returns:
        Places among the months seen, ascending.
    """
    return np.asarray(np.flatnonzero(found.expected > chance / 2)[-_LEVEL_MONTHS:])


def factors_ahead(
    cells: Triangle, found: Development, chance: float, rng: np.random.Generator, *, count: int, seasonal: bool
) -> MonthsAhead:
    """Factors of the months ahead, from those seen; half a redemption more evens out empty ones.

    Args:
        cells: The triangle.
        found: Its development.
        chance: From `redemption_chance`.
        rng: For the draws.
        count: Months ahead.
        seasonal: Whether the season is taken out of the factors already.
    """
    used = told_months(found, chance)
    expected = found.expected[used] + chance / 2
    seen = MonthsSeen(
        month=cells.first + used,
        log_factors=np.log((found.redeemed[used] + chance / 2) / expected),
        counting=chance / expected,
    )
    ahead = cells.first + cells.months + np.arange(count)
    season = KNOWN_SEASON if seasonal else UNKNOWN_SEASON
    return months_ahead(seen, ahead, rng=rng, count=DRAWS, season=season)


def drawn(
    cells: Triangle,
    found: Development,
    lengths: np.ndarray,
    factors: MonthsAhead,
    chance: float,
    rng: np.random.Generator,
) -> Draws:
    """The open points carried on with the shares of other customers, through other months ahead.

    Args:
        cells: The triangle.
        found: Its development.
        lengths: From `month_lengths`.
        factors: From `factors_ahead`.
        chance: From `redemption_chance`.
        rng: For the draws.
    """
    each = DRAWS // BUCKET_DRAWS
    buckets, months = len(cells.credited), cells.months
    open_points, ages = cells.open.sum(axis=0), months - np.arange(months)
    shares = []
    for _ in range(BUCKET_DRAWS):
        weights = rng.multinomial(buckets, np.full(buckets, 1 / buckets)).astype(float)
        shares.append(_of_others(cells, found, lengths[:months], weights))
    used, lost = (np.repeat(np.stack(part), each, axis=0) for part in zip(*shares, strict=True))
    path = factors.draws * lengths[months:]
    known = np.minimum(cells.known, cells.ages)
    told = carried_on(open_points, ages, path, used=used, lost=lost, known=known)
    return Draws(used=told[..., :-1], beyond=told[..., -1], chance=chance, rng=rng)


def _of_others(
    cells: Triangle, found: Development, lengths: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Shares by age of buckets drawn again, at the level found: the level's own error is that of the months ahead."""
    drawn = development(cells, lengths, weights)
    alive, month = cells.alive.sum(axis=0), np.minimum(cells.calendar, cells.months - 1)
    known = np.where(cells.seen, (lengths * found.factors)[month], 0.0)
    exposed = (alive * known).sum(axis=1)
    level = float((exposed * found.used).sum() / max(float((exposed * drawn.used).sum()), 1e-12))
    return drawn.used * level, drawn.lost
