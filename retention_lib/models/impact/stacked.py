"""One effect over several comparisons (stacks), in per cent and in money, with errors clustered over all of them.

The estimates are those of the regressions with fixed effects for each unit and each week of each stack: Poisson for the
relative effect, least squares for the additive one. With one contrast between two groups both need no more than sums by
stack, group and week, so that a million customers cost as much as a thousand.

References:
    Correia, Guimaraes and Zylkin (2020), Fast Poisson estimation with high-dimensional fixed effects, Stata Journal 20;
    Cengiz, Dube, Lindner and Zipperer (2019), The effect of minimum wages on low-wage jobs, Quarterly Journal of
    Economics 134 (stacks of clean comparisons); Wooldridge (1999), Distribution-free estimation of some nonlinear panel
    data models, Journal of Econometrics 90 (Poisson with fixed effects needs the mean right, not the distribution).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from retention_lib.estimates import Estimate, NotEnough

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_ROUNDS = 60
_CLOSE = 1e-10


@dataclass(frozen=True, kw_only=True, eq=False)
class Stacks:
    """Sums by stack, group and cluster.

    Attributes:
        stack: Stack of each row (running numbers from 0).
        treated: Whether the row's units are treated.
        cluster: Cluster of each row; the same number is the same cluster in every stack.
        units: Units in the row (count).
        sales: Rows by weeks: their sales; NaN where the stack does not hold the week.
        week: The weeks, relative to the start (0 is its week).
        names: Name of each stack.
    """

    stack: Ints
    treated: NDArray[np.bool_]
    cluster: Ints
    units: Floats
    sales: Floats
    week: Ints
    names: tuple[str, ...]

    @property
    def count(self) -> int:
        """How many stacks there are."""
        return len(self.names)

    def of_units(self, *, treated: bool) -> Floats:
        """Treated units, or controls, of each stack."""
        chosen = self.treated == treated
        return np.bincount(self.stack[chosen], self.units[chosen], minlength=self.count).astype(float)

    def clusters_of(self, *, treated: bool) -> int:
        """Units of a group over all stacks, a cluster of several once."""
        chosen = self.treated == treated
        return int(np.unique(self.cluster[chosen]).size)

    def only(self, keep: NDArray[np.bool_]) -> Stacks:
        """Some of the stacks, with new numbers."""
        rows, number = keep[self.stack], np.cumsum(keep) - 1
        return Stacks(
            stack=number[self.stack[rows]],
            treated=self.treated[rows],
            cluster=self.cluster[rows],
            units=self.units[rows],
            sales=self.sales[rows],
            week=self.week,
            names=tuple(name for name, kept in zip(self.names, keep, strict=True) if kept),
        )

    def between(self, first: int, end: int) -> Stacks:
        """The same in the weeks from `first` to before `end`."""
        kept = (self.week >= first) & (self.week < end)
        return Stacks(
            stack=self.stack,
            treated=self.treated,
            cluster=self.cluster,
            units=self.units,
            sales=self.sales[:, kept],
            week=self.week[kept],
            names=self.names,
        )

    def weeks_of(self, first: int, end: int) -> Ints:
        """How many weeks from `first` to before `end` each stack holds (count)."""
        kept = (self.week >= first) & (self.week < end)
        row = np.zeros(self.count, dtype=int)
        row[self.stack] = np.isfinite(self.sales[:, kept]).sum(axis=1)
        return row


@dataclass(frozen=True, kw_only=True, eq=False)
class Contrasts:
    """Fitted contrasts.

    Attributes:
        values: Of each contrast; of the relative scale as logarithms of ratios.
        covariance: Of the values, clustered.
        clusters: Clusters (count).
        freedom: Degrees of freedom of tests: treated clusters less one, as the treated are the fewer.
    """

    values: Floats
    covariance: Floats
    clusters: int
    freedom: int

    def estimate(self, place: int = 0, *, level: float = 0.95, n: float | None = None) -> Estimate:
        """One contrast with Student's interval and the p-value of none."""
        from scipy.stats import t as student

        value, error = float(self.values[place]), float(np.sqrt(self.covariance[place, place]))
        reach = float(student.ppf(0.5 + level / 2, self.freedom)) * error
        p = float(2 * student.sf(abs(value) / error, self.freedom)) if error > 0 else None
        return Estimate(value, low=value - reach, high=value + reach, level=level, n=n, p=p)

    def joint_p(self) -> float | None:
        """P-value that all contrasts are 0 (Hotelling's T-squared as F); None with too few clusters for as many."""
        from scipy.stats import f as fisher

        rank = int(np.linalg.matrix_rank(self.covariance, hermitian=True))
        left = self.freedom - rank + 1
        if rank == 0 or left < 1:
            return None
        wald = float(self.values @ np.linalg.pinv(self.covariance, hermitian=True) @ self.values)
        return float(fisher.sf(wald * left / (self.freedom * rank), rank, left))


def stacks_of(sums: pd.DataFrame, names: dict[int, str]) -> Stacks:
    """The arrays of some stacks.

    Args:
        sums: From `measures.campaign_stacks`: stack, treated, cluster, units, before_<k>, after_<k>.
        names: The stacks wanted: number in `sums` to name.
    """
    wanted = sums[sums["stack"].isin(names)]
    place = {stack: at for at, stack in enumerate(names)}
    columns = [str(name) for name in sums.columns if str(name).startswith(("before_", "after_"))]
    week = [-int(name[7:]) if name.startswith("before_") else int(name[6:]) for name in columns]
    order = np.argsort(week)
    return Stacks(
        stack=np.array([place[stack] for stack in wanted["stack"]], dtype=np.int64),
        treated=wanted["treated"].to_numpy(dtype=bool),
        cluster=wanted["cluster"].to_numpy(dtype=np.int64),
        units=wanted["units"].to_numpy(dtype=float),
        sales=wanted[columns].to_numpy(dtype=float)[:, order],
        week=np.array(week, dtype=np.int64)[order],
        names=tuple(names.values()),
    )


def relative_contrasts(stacks: Stacks, design: Floats) -> Contrasts | NotEnough:
    """Log ratios of the treated's course to the controls', common to all stacks: Poisson with fixed effects.

    With effects for each unit and each week of a stack, what is left of the Poisson likelihood is that of the treated's
    share in each week's sales: a logistic regression on stacks and contrasts. Sales of a week may be negative
    (refunds); only their expectation must be positive.

    Args:
        stacks: The sums.
        design: Weeks by contrasts: what each contrast adds to the treated's logarithm in each week.

    Returns:
        The contrasts; NotEnough("sales_variation") where no group has sales or no ratio fits them.

    References:
        Hausman, Hall and Griliches (1984), Econometric models for count data, Econometrica 52, section 2 (conditioning
        on totals gives the same estimate as the fixed effects).
    """
    cells = _blocks(stacks, design)
    share = _fitted(cells)
    if isinstance(share, NotEnough):
        return share
    rows = np.where(stacks.treated[:, None], 1 - share.share[stacks.stack], -share.share[stacks.stack])
    weights = np.einsum("swk,kc->swc", share.regressors, share.inverse[:, stacks.count :])
    scores = np.einsum("rw,rwc->rc", rows * np.nan_to_num(cells.by_row), weights[stacks.stack])
    return _clustered(stacks, share.values, scores)


def additive_change(stacks: Stacks) -> Contrasts | NotEnough:
    """The difference in differences of sales a week, over all stacks: least squares with fixed effects.

    Each stack's difference counts with the weight that the regression gives it: n_T n_C / n times the same of its weeks
    before and after.

    Args:
        stacks: The sums; weeks below 0 are before, the others after.

    Returns:
        One contrast, in money a unit-week; NotEnough("sales_variation") where nothing varies.
    """
    before, after = stacks.week < 0, stacks.week >= 0
    weeks_before = stacks.weeks_of(int(stacks.week[0]), 0).astype(float)
    weeks_after = stacks.weeks_of(0, int(stacks.week[-1]) + 1).astype(float)
    change = np.nansum(stacks.sales[:, after], axis=1) / weeks_after[stacks.stack]
    change -= np.nansum(stacks.sales[:, before], axis=1) / weeks_before[stacks.stack]
    treated, everyone = stacks.of_units(treated=True), np.bincount(stacks.stack, stacks.units, minlength=stacks.count)
    share = treated / everyone
    # What is left of the treatment after its means by unit and by week of the stack, of each row and week.
    weight = weeks_before * weeks_after / (weeks_before + weeks_after)
    left = (stacks.treated - share[stacks.stack]) * weight[stacks.stack]
    total = float((weight * everyone * share * (1 - share)).sum())
    if total <= 0:
        return NotEnough("sales_variation", 0, 1)
    value = float((left * change).sum()) / total
    mean = np.bincount(stacks.stack, change, minlength=stacks.count) / everyone
    expected = mean[stacks.stack] + value * (stacks.treated - share[stacks.stack])
    scores = left * (change - stacks.units * expected) / total
    return _clustered(stacks, np.array([value]), scores[:, None])


@dataclass(frozen=True, kw_only=True, eq=False)
class _Cells:
    """Sums by stack and block of weeks that no contrast tells apart; blocks that a stack does not hold are 0."""

    treated: Floats
    both: Floats
    by_row: Floats
    regressors: Floats


@dataclass(frozen=True, kw_only=True, eq=False)
class _Shares:
    """The treated's fitted share by stack and block, the parameters and the inverse of their information."""

    share: Floats
    values: Floats
    inverse: Floats
    regressors: Floats


def _blocks(stacks: Stacks, design: Floats) -> _Cells:
    """Weeks with the same row of the design added up: what is summed over week effects is the same."""
    kinds, block = np.unique(design, axis=0, return_inverse=True)
    block = block.reshape(-1)
    member = (block[:, None] == np.arange(len(kinds))).astype(float)
    by_row = np.nan_to_num(stacks.sales) @ member
    sums = np.zeros((2, stacks.count, len(kinds)))
    np.add.at(sums, (stacks.treated.astype(int), stacks.stack), by_row)
    dummies = np.broadcast_to(np.eye(stacks.count)[:, None, :], (stacks.count, len(kinds), stacks.count))
    contrasts = np.broadcast_to(kinds[None, :, :], (stacks.count, *kinds.shape))
    return _Cells(
        treated=sums[1], both=sums.sum(axis=0), by_row=by_row, regressors=np.concatenate([dummies, contrasts], axis=2)
    )


def _fitted(cells: _Cells) -> _Shares | NotEnough:
    """The logistic regression of the treated's share, by Newton's method."""
    refusal = NotEnough("sales_variation", 0, 1)
    stacks, _, terms = cells.regressors.shape
    total, own = cells.both.sum(axis=1), cells.treated.sum(axis=1)
    if (own <= 0).any() or (own >= total).any():
        return refusal
    values = np.zeros(terms)
    values[:stacks] = np.log(own / (total - own))
    for _ in range(_ROUNDS):
        share = 1 / (1 + np.exp(-np.clip(cells.regressors @ values, -30, 30)))
        slope = np.einsum("swk,sw->k", cells.regressors, cells.treated - share * cells.both)
        weight = cells.both * share * (1 - share)
        information = np.einsum("swk,sw,swl->kl", cells.regressors, weight, cells.regressors)
        scale = np.sqrt(np.abs(np.diag(information)))
        if (scale <= 0).any() or np.linalg.cond(information / np.outer(scale, scale)) > 1e12:
            return refusal
        step = np.linalg.solve(information, slope)
        values = values + np.clip(step, -1, 1)
        if np.abs(step).max() < _CLOSE:
            inverse = np.linalg.inv(information)
            return _Shares(share=share, values=values[stacks:], inverse=inverse, regressors=cells.regressors)
    return refusal


def _clustered(stacks: Stacks, values: Floats, scores: Floats) -> Contrasts | NotEnough:
    """The covariance of contrasts from what each row adds to them, summed by cluster over all stacks."""
    names, place = np.unique(stacks.cluster, return_inverse=True)
    sums = np.zeros((names.size, scores.shape[1]))
    np.add.at(sums, place.reshape(-1), scores)
    clusters = names.size
    covariance = sums.T @ sums * clusters / (clusters - 1) if clusters > 1 else np.zeros((values.size, values.size))
    freedom = stacks.clusters_of(treated=True) - 1
    if freedom < 1 or (np.diag(covariance) <= 1e-24).any():
        return NotEnough("sales_variation", 0, 1)
    return Contrasts(values=values, covariance=covariance, clusters=clusters, freedom=freedom)
