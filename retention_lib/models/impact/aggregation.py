"""Group-time effects put together: over the first periods, by time since treatment, by group, by period."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.impact.linearised import (
    Linearised,
    estimate_of,
    ratios,
    simultaneous_reach,
    weighted_means,
)

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_LEVEL = 0.95


@dataclass(frozen=True, kw_only=True, eq=False)
class Aggregation:
    """Effects along one axis, with a band that holds all of them at once.

    Attributes:
        effects: One row each: the axis (`event_time`, `group` or `period`), effect, standard_error, low, high (NaN
            where units do not differ), treated_mean (what the treated did in these periods), units (treated units).
        overall: One figure: over `event_time` and `period` the plain mean from treatment on, over `group` the mean
            weighted by units; NotEnough("sales_variation") where units do not differ.
        reach: Half the width of the band in standard errors.
        level: Confidence level of the band and of `overall`.
        estimates: The effects with their joint uncertainty.
    """

    effects: pd.DataFrame
    overall: Estimate | NotEnough
    reach: float
    level: float
    estimates: Linearised

    def to_frame(self) -> pd.DataFrame:
        """The effects."""
        return self.effects


@dataclass(frozen=True, kw_only=True)
class PreTest:
    """Whether groups moved alike before treatment.

    Attributes:
        statistic: Wald statistic of all effects before treatment being 0.
        degrees_of_freedom: Effects that vary by themselves (count).
        p: P-value by the chi-squared distribution.
        effects: Effects tested (count).
    """

    statistic: float
    degrees_of_freedom: int
    p: float
    effects: int

    def to_frame(self) -> pd.DataFrame:
        """The test as one row."""
        return pd.DataFrame([vars(self)])


@dataclass(frozen=True, kw_only=True, eq=False)
class GroupTimeEffects:
    """Effects of groups first treated together, by period.

    Attributes:
        effects: One row a group and period: group, period, event_time (periods since the first treated one; below 0
            before it), effect (unit of the outcome), standard_error, treated_mean (mean outcome of the treated), units
            (treated units it stands for), left_out (of the group, units without five controls of their kind), controls
            (units compared with).
        estimates: The effects with their joint uncertainty.
        sizes: `units`, as uncertain as they are.
        levels: `treated_mean`, as uncertain as they are.
        clusters: Clusters (count).
        treated_from_start: Units without any period before treatment; left out (count).
        gap: Periods right before treatment that no test looks at.
    """

    effects: pd.DataFrame
    estimates: Linearised
    sizes: Linearised
    levels: Linearised
    clusters: int
    treated_from_start: int
    gap: int = 0

    def to_frame(self) -> pd.DataFrame:
        """The effects."""
        return self.effects

    def banded(self, *, rng: np.random.Generator, level: float = _LEVEL) -> pd.DataFrame:
        """`effects` with `low` and `high` of a band that holds all of them at once.

        Args:
            rng: Source of randomness of the band's width.
            level: Confidence level.
        """
        reach = simultaneous_reach(self.estimates.covariance(), level=level, rng=rng)
        return _with_band(self.effects, reach)

    def overall(self, *, periods: int | None = None, seen_for: int = 1, level: float = _LEVEL) -> Estimate | NotEnough:
        """The mean effect a period on treated units, groups weighted by their units.

        Args:
            periods: Periods from the first treated one on that count; None: all.
            seen_for: Periods from the first treated one on that a group must be seen for; as many as `periods` makes
                it a mean over the same units in each of them.
            level: Confidence level.

        Returns:
            The effect, n = treated units; NotEnough("treated_seen_for") where no group is seen for so long,
            NotEnough("sales_variation") where units do not differ.
        """
        picked = self._after(periods, seen_for)
        if not picked.any():
            return self._not_seen(seen_for)
        mean = weighted_means(self.estimates, self.sizes, picked[None, :].astype(float))
        return estimate_of(mean, level=level, n=self._units(picked))

    def relative(self, *, periods: int | None = None, seen_for: int = 1, level: float = _LEVEL) -> Estimate | NotEnough:
        """`overall` over the mean that the treated would have had without treatment (a share).

        Args:
            periods: As for `overall`.
            seen_for: As for `overall`.
            level: Confidence level.

        Returns:
            The share; besides the refusals of `overall`, NotEnough("level_without_treatment") where that mean is not
            above 0.
        """
        picked = self._after(periods, seen_for)
        if not picked.any():
            return self._not_seen(seen_for)
        picks = picked[None, :].astype(float)
        mean, seen = (weighted_means(told, self.sizes, picks) for told in (self.estimates, self.levels))
        without = Linearised(
            values=seen.values - mean.values, gradients=seen.gradients - mean.gradients, products=mean.products
        )
        if without.values[0] <= 0:
            return NotEnough("level_without_treatment", float(without.values[0]), 0)
        return estimate_of(ratios(mean, without), level=level, n=self._units(picked))

    def by_event_time(
        self,
        *,
        rng: np.random.Generator,
        level: float = _LEVEL,
        first: int | None = None,
        last: int | None = None,
        seen_for: int = 1,
    ) -> Aggregation | NotEnough:
        """Effects by time since treatment, groups weighted by their units.

        Args:
            rng: Source of randomness of the band's width.
            level: Confidence level.
            first: First event time shown, below 0 before treatment; None: as far back as known.
            last: Last one shown; None: as far on as known.
            seen_for: As for `overall`: without it later times rest on early groups alone.

        Returns:
            The effects; NotEnough("treated_seen_for") where none is left.
        """
        time = self.effects["event_time"].to_numpy()
        kept = self._seen(seen_for)
        kept = kept if first is None else kept & (time >= first)
        kept = kept if last is None else kept & (time <= last)
        if not kept.any():
            return self._not_seen(seen_for)
        return self._along("event_time", kept, rng=rng, level=level)

    def by_group(self, *, rng: np.random.Generator, level: float = _LEVEL) -> Aggregation | NotEnough:
        """Mean effects from treatment on, by group.

        Args:
            rng: Source of randomness of the band's width.
            level: Confidence level.
        """
        picked = self._after(None, 1)
        return self._along("group", picked, rng=rng, level=level) if picked.any() else self._not_seen(1)

    def by_period(self, *, rng: np.random.Generator, level: float = _LEVEL) -> Aggregation | NotEnough:
        """Mean effects on whoever is treated by then, by calendar period, groups weighted by their units.

        Args:
            rng: Source of randomness of the band's width.
            level: Confidence level.
        """
        picked = self._after(None, 1)
        return self._along("period", picked, rng=rng, level=level) if picked.any() else self._not_seen(1)

    def pretest(self) -> PreTest | NotEnough:
        """Wald test that every effect before treatment is 0, group by group and period by period.

        Meant for a few large groups, as in the paper. With many small ones, such as who joined in one fortnight, its
        p-value is far too small: take `pretest_by_event_time` there.

        Returns:
            The test; NotEnough("periods_before_treatment") where no group has two periods before.

        References:
            Callaway and Sant'Anna (2021), section 4.2, remark 10; Roth (2022), American Economic Review: Insights 4: a
            test that does not reject does not prove that groups move alike.
        """
        before = self.effects["event_time"].to_numpy() < -self.gap
        return _wald(self.estimates.combined(np.eye(len(before))[before]))

    def pretest_by_event_time(self, *, periods: int | None = None) -> PreTest | NotEnough:
        """Wald test that the effects before treatment, by time to treatment, are 0.

        Args:
            periods: Periods before treatment, and before the gap, that count; None: all.

        Returns:
            As `pretest`.
        """
        time = self.effects["event_time"].to_numpy()
        kept = (time < -self.gap) & (time >= (-np.inf if periods is None else -self.gap - periods))
        picks = _picks(time, kept)
        return _wald(weighted_means(self.estimates, self.sizes, picks)) if kept.any() else _wald(None)

    def _seen(self, seen_for: int) -> Bools:
        """Which effects belong to groups that are seen for so many periods from treatment on."""
        last = self.effects.groupby("group")["event_time"].transform("max").to_numpy()
        return np.asarray(last >= seen_for - 1)

    def _after(self, periods: int | None, seen_for: int) -> Bools:
        """Which effects count from treatment on."""
        time = self.effects["event_time"].to_numpy()
        within = time >= 0 if periods is None else (time >= 0) & (time < periods)
        return np.asarray(within & self._seen(seen_for))

    def _not_seen(self, seen_for: int) -> NotEnough:
        """That no group is seen for long enough."""
        return NotEnough("treated_seen_for", max(int(self.effects["event_time"].max()) + 1, 0), seen_for)

    def _units(self, picked: Bools) -> int:
        """Treated units behind some effects."""
        return int(self.effects[picked].groupby("group")["units"].max().sum())

    def _along(self, axis: str, kept: Bools, *, rng: np.random.Generator, level: float) -> Aggregation:
        """Means along one column of the effects, with their band."""
        places = self.effects[axis].to_numpy()
        picks = _picks(places, kept)
        means, seen = (weighted_means(told, self.sizes, picks) for told in (self.estimates, self.levels))
        frame = pd.DataFrame(
            {
                axis: np.unique(places[kept]),
                "effect": means.values,
                "standard_error": means.standard_errors(),
                "treated_mean": seen.values,
                "units": [self._units(row > 0) for row in picks],
            }
        )
        reach = simultaneous_reach(means.covariance(), level=level, rng=rng)
        return Aggregation(
            effects=_with_band(frame, reach),
            overall=self._overall_along(axis, means, frame, level=level),
            reach=reach,
            level=level,
            estimates=means,
        )

    def _overall_along(
        self, axis: str, means: Linearised, frame: pd.DataFrame, *, level: float
    ) -> Estimate | NotEnough:
        """One figure for an axis."""
        counted = np.ones(len(frame), dtype=bool)
        if axis == "event_time":
            counted = frame["event_time"].to_numpy() >= 0
        if not counted.any():
            return self._not_seen(1)
        picked = self._after(None, 1) & self.effects[axis].isin(frame.loc[counted, axis]).to_numpy()
        if axis == "group":
            first = self.effects["event_time"].to_numpy() == 0
            sizes = self.sizes.combined(np.eye(len(first))[picked & first])
            told = weighted_means(means, sizes, np.ones((1, len(frame))))
        else:
            told = means.combined(counted[None, :] / counted.sum())
        return estimate_of(told, level=level, n=self._units(picked))


def _picks(places: Sequence[int] | NDArray[np.int64], kept: Bools) -> Floats:
    """Which effects belong to each place of an axis: places in order x effects."""
    found = np.unique(np.asarray(places)[kept])
    return ((np.asarray(places)[None, :] == found[:, None]) & kept[None, :]).astype(float)


def _with_band(frame: pd.DataFrame, reach: float) -> pd.DataFrame:
    """A table of effects with the bounds of their band, after the standard error."""
    error = frame["standard_error"].where(frame["standard_error"] > 0)
    place = frame.columns.get_loc("standard_error")
    assert isinstance(place, int)
    banded = frame.copy()
    banded.insert(place + 1, "low", frame["effect"] - reach * error)
    banded.insert(place + 2, "high", frame["effect"] + reach * error)
    return banded


def _wald(told: Linearised | None) -> PreTest | NotEnough:
    """The joint test that estimates are 0; linearly dependent ones count once."""
    from scipy.stats import chi2

    if told is None or len(told.values) == 0:
        return NotEnough("periods_before_treatment", 0, 1)
    covariance = told.covariance()
    errors = np.sqrt(np.diag(covariance))
    kept = errors > 0
    if not kept.any():
        return NotEnough("sales_variation", 0, 1)
    scaled = covariance[np.ix_(kept, kept)] / np.outer(errors[kept], errors[kept])
    inverse = np.linalg.pinv(scaled, rcond=1e-9, hermitian=True)
    rank = int(np.linalg.matrix_rank(scaled, tol=1e-9 * kept.sum(), hermitian=True))
    ratio = told.values[kept] / errors[kept]
    statistic = float(ratio @ inverse @ ratio)
    return PreTest(
        statistic=statistic, degrees_of_freedom=rank, p=float(chi2.sf(statistic, rank)), effects=len(told.values)
    )
