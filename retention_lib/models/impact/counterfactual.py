"""What members would have done without the programme: fitted on everybody not (yet) in it, told for all cells.

The multiplicative scale is a Poisson regression with fixed effects, `log E[y] = group + calendar step + age`: groups
differ in level, and seasons and the wearing-off of new customers multiply. The additive scale is least squares with the
same effects on the mean. Both need the sums of cells alone: customers of a group have the same regressors, so that the
fixed effect of the group stands for those of its customers, and the estimate is that of a regression on customers.

Fitting on untreated cells only and comparing treated ones with what it gives is the estimator of Borusyak, Jaravel and
Spiess (2024), Revisiting event-study designs, Review of Economic Studies 91, and, for the multiplicative scale, that of
Wooldridge (2023), Simple approaches to nonlinear difference-in-differences with panel data, Econometrics Journal 26.
The influence of every customer on a result comes from the same fit, so that standard errors are clustered exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from retention_lib.models.impact.panel import Bools, Floats, Ints, Panel

Scale = Literal["multiplicative", "additive"]

_ITERATIONS, _TOLERANCE, _NEAR = 60, 1e-7, 1e-3
_HALVINGS, _LONGEST = 12, 2.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Counterfactual:
    """The untreated course of all cells.

    Attributes:
        expected: Sums expected without treatment, groups x steps; NaN where nothing untreated tells.
        scale: How effects combine.
        converged: Whether the fit reached its maximum.
    """

    expected: Floats
    scale: Scale
    converged: bool
    _fit: _Fit
    _outcome: str
    _panel: Panel

    def influence(self, cells: Bools) -> Floats:
        """How the expected sum over cells depends on every cell's observed sum.

        Args:
            cells: Which cells are added up: groups x steps x results, or groups x steps.

        Returns:
            The derivatives: cells (flat) x results.
        """
        chosen = cells.reshape(cells.shape[0] * cells.shape[1], -1).astype(float)
        return self._fit.derivatives(chosen)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Fit:
    """A fit on untreated cells: rows are cells, groups are absorbed, the other effects are dummies.

    Attributes:
        row: Flat place of each row's cell.
        group: Its group.
        share: Weight of the row within its group (sums to 1 over a group's rows).
        base: What a group's level multiplies in a cell, or 1: all cells, flat.
        level: Each group's level.
        columns: Dummies of every cell, flat; -1 where the fit knows none of them.
        inverse: Inverse of the information of the dummies.
        fitted: Whether the group had a say in the dummies.
        customers: Customers of each group.
        steps: Steps.
        scale: How effects combine.
    """

    row: Ints
    group: Ints
    share: Floats
    base: Floats
    level: Floats
    columns: Ints
    inverse: Floats
    fitted: Bools
    customers: Floats
    steps: int
    scale: Scale

    def derivatives(self, chosen: Floats) -> Floats:
        """Derivatives of the expected sums of chosen cells by every observed cell."""
        means = self._group_means()
        cells = np.arange(len(chosen))
        group = cells // self.steps
        weight = self.customers[group] * (self.base if self.scale == "multiplicative" else 1.0)
        reach = _by_group(group, weight[:, None] * chosen, len(self.level))
        size = self.level[group] * weight if self.scale == "multiplicative" else weight
        told = _dummies(self.columns, self.inverse.shape[0]).T @ (size[:, None] * chosen)
        total = _by_group(group, size[:, None] * chosen, len(self.level))
        slope = self.inverse @ (told - means.T @ total)
        scale = _by_group(self.group, self._per_level(), len(self.level))[:, 0]
        own = np.divide(reach, scale[:, None], out=np.zeros_like(reach), where=scale[:, None] > 0)
        rows = _dummies(self.columns[self.row], self.inverse.shape[0])
        through = rows @ slope - (means @ slope)[self.group]
        result = np.zeros_like(chosen)
        result[self.row] = own[self.group] + through * self.fitted[self.group][:, None]
        return result

    def _per_level(self) -> Floats:
        """How much of its group's level each row tells."""
        one = self.base[self.row] if self.scale == "multiplicative" else np.ones(len(self.row))
        return (self.customers[self.group] * one)[:, None]

    def _group_means(self) -> Any:
        """Each group's mean of the dummies over its rows."""
        from scipy.sparse import csr_matrix

        shape = (len(self.level), len(self.row))
        averaging = csr_matrix((self.share, (self.group, np.arange(len(self.row)))), shape=shape)
        return averaging @ _dummies(self.columns[self.row], self.inverse.shape[0])


def counterfactual(panel: Panel, outcome: str, *, untreated: Bools, scale: Scale = "multiplicative") -> Counterfactual:
    """Fit the untreated course of an outcome.

    Args:
        panel: The panel.
        outcome: Its name.
        untreated: Which cells are untreated and told: groups x steps.
        scale: How effects combine.
    """
    sums = panel.sums(outcome)
    if scale == "multiplicative":
        untreated = _telling(panel, sums, untreated)
    columns = _columns(panel, untreated)
    row = np.flatnonzero(untreated.ravel())
    group = row // panel.steps
    known = np.bincount(group, minlength=len(panel.started)) > 0
    totals = np.bincount(group, weights=sums.ravel()[row], minlength=len(panel.started))
    # A group without purchases has nothing to say about how they rise and fall.
    fitted = known & (totals > 0) if scale == "multiplicative" else known
    kept = fitted[group]
    cells = _Cells(
        sums=sums.ravel()[row][kept],
        customers=panel.customers[group[kept]],
        group=group[kept],
        columns=columns[row[kept]],
        groups=len(panel.started),
        dummies=int(columns.max(initial=-1)) + 1,
    )
    effects, inverse = _poisson(cells) if scale == "multiplicative" else _least_squares(cells)
    told = (columns >= 0).all(axis=1)
    linear = np.where(told, effects[columns].sum(axis=1), np.nan)
    base = np.exp(linear) if scale == "multiplicative" else linear
    level, share = _levels(scale, sums.ravel()[row], panel.customers[group], group, base[row], len(panel.started))
    mean = level[:, None] * base.reshape(sums.shape)
    if scale == "additive":
        mean = level[:, None] + base.reshape(sums.shape)
    expected = np.where(known[:, None], panel.customers[:, None] * mean, np.nan)
    fit = _Fit(
        row=row,
        group=group,
        share=share,
        base=np.nan_to_num(base),
        level=level,
        columns=columns,
        inverse=inverse,
        fitted=fitted,
        customers=panel.customers,
        steps=panel.steps,
        scale=scale,
    )
    converged = scale == "additive" or _at_maximum(cells, effects, inverse)
    return Counterfactual(expected=expected, scale=scale, converged=converged, _fit=fit, _outcome=outcome, _panel=panel)


def _at_maximum(cells: _Cells, effects: Floats, inverse: Floats) -> bool:
    """Whether another Newton step would change hardly anything."""
    mean, _ = cells.means(effects)
    step = inverse @ _dummy_sums(cells.sums - mean, cells.columns, cells.dummies)
    return bool(np.abs(step).max(initial=0.0) < _NEAR)


def _telling(panel: Panel, sums: Floats, untreated: Bools) -> Bools:
    """The untreated cells without calendar steps and ages in which nothing was bought: their factor has no estimate."""
    while True:
        columns = _columns(panel, untreated)
        row = np.flatnonzero(untreated.ravel())
        group = row // panel.steps
        totals = np.bincount(group, weights=sums.ravel()[row], minlength=len(panel.started))
        some = totals[group] > 0
        bought = _dummy_sums(sums.ravel()[row[some]], columns[row[some]], int(columns.max(initial=-1)) + 1)
        empty = (bought <= 0)[columns[row]].any(axis=1)
        if not empty.any():
            return untreated
        untreated = untreated.copy()
        untreated.ravel()[row[empty]] = False


def _columns(panel: Panel, untreated: Bools) -> Ints:
    """The dummies of every cell: its calendar step and its age; -1 where no untreated cell knows one of them."""
    step = np.broadcast_to(np.arange(panel.steps), untreated.shape)
    age = step - panel.started[:, None] - 1
    both = np.stack([step, panel.steps + np.clip(age, 0, panel.steps)], axis=-1).reshape(-1, 2)
    seen = np.zeros(2 * panel.steps + 1, dtype=bool)
    seen[both[untreated.ravel()]] = True
    place = np.where(seen, np.cumsum(seen) - 1, -1)
    told = place[both]
    told[(age < 0).ravel()] = -1
    return np.asarray(told, dtype=np.int64)


def _dummies(columns: Ints, count: int) -> Any:
    """Dummies as a sparse matrix: rows x effects; a row with an unknown one is empty."""
    from scipy.sparse import csr_matrix

    known = (columns >= 0).all(axis=1)
    rows = np.repeat(np.flatnonzero(known), columns.shape[1])
    return csr_matrix((np.ones(len(rows)), (rows, columns[known].ravel())), shape=(len(columns), count))


def _by_group(group: Ints, values: Floats, count: int) -> Floats:
    """Sums by group: groups x columns."""
    sums = [np.bincount(group, weights=values[:, at], minlength=count) for at in range(values.shape[1])]
    return np.stack(sums, axis=1) if sums else np.zeros((count, 0))


def _levels(
    scale: Scale, sums: Floats, customers: Floats, group: Ints, base: Floats, groups: int
) -> tuple[Floats, Floats]:
    """Each group's level, and how its rows share in the mean of its dummies."""
    weight = customers * base if scale == "multiplicative" else customers
    whole = np.bincount(group, weights=weight, minlength=groups)
    gone = sums if scale == "multiplicative" else sums - customers * base
    level = np.divide(np.bincount(group, weights=gone, minlength=groups), whole, out=np.zeros(groups), where=whole > 0)
    return level, np.divide(weight, whole[group], out=np.zeros(len(group)), where=whole[group] > 0)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Cells:
    """What a fit looks at; arrays over cells.

    Attributes:
        sums: What was observed.
        customers: Customers of the cell's group.
        group: The group.
        columns: The dummies.
        groups: Groups (count).
        dummies: Dummies (count).
    """

    sums: Floats
    customers: Floats
    group: Ints
    columns: Ints
    groups: int
    dummies: int

    def by_group(self, values: Floats) -> Floats:
        """Values added up by group."""
        return np.asarray(np.bincount(self.group, weights=values, minlength=self.groups), dtype=float)

    def means(self, effects: Floats) -> tuple[Floats, float]:
        """Expected sums with every group's total as observed, and the likelihood that is left of the effects."""
        linear = effects[self.columns].sum(axis=1)
        part = self.customers * np.exp(linear)
        whole, totals = self.by_group(part), self.by_group(self.sums)
        told = whole > 0
        mean = part * np.divide(totals, whole, out=np.zeros(self.groups), where=told)[self.group]
        return mean, float(self.sums @ linear - totals[told] @ np.log(whole[told]))


def _poisson(cells: _Cells) -> tuple[Floats, Floats]:
    """Maximum of the Poisson likelihood with groups absorbed, by damped Newton steps; and the inverse information."""
    effects = np.zeros(cells.dummies)
    mean, likelihood = cells.means(effects)
    for _ in range(_ITERATIONS):
        inverse = _inverse_information(cells, mean)
        step = inverse @ _dummy_sums(cells.sums - mean, cells.columns, cells.dummies)
        # Where hardly anything is expected the information is next to nothing, and a whole step leads far too far.
        step /= max(1.0, np.abs(step).max(initial=0.0) / _LONGEST)
        for _ in range(_HALVINGS):
            trial, higher = cells.means(effects + step)
            if higher >= likelihood - _TOLERANCE * abs(likelihood):
                break
            step = step / 2
        effects, mean, likelihood = effects + step, trial, higher
        if np.abs(step).max(initial=0.0) < _TOLERANCE:
            break
    return effects, inverse


def _least_squares(cells: _Cells) -> tuple[Floats, Floats]:
    """Least squares of the cells' means, weighted by customers, with groups absorbed; and the inverse information."""
    inverse = _inverse_information(cells, cells.customers)
    whole = cells.by_group(cells.customers)
    level = np.divide(cells.by_group(cells.sums), whole, out=np.zeros(cells.groups), where=whole > 0)
    left = cells.sums - cells.customers * level[cells.group]
    return inverse @ _dummy_sums(left, cells.columns, cells.dummies), inverse


def _dummy_sums(values: Floats, columns: Ints, count: int) -> Floats:
    """Values of rows added up by dummy."""
    sums = np.zeros(count)
    for column in columns.T:
        sums += np.bincount(column, weights=values, minlength=count)
    return sums


def _inverse_information(cells: _Cells, weights: Floats) -> Floats:
    """Inverse of the dummies' information once groups are absorbed; effects that cannot be told apart share theirs."""
    count, groups = cells.dummies, cells.groups
    within, information = np.zeros((groups, count)), np.zeros((count, count))
    for one in cells.columns.T:
        sums = np.bincount(cells.group * count + one, weights=weights, minlength=groups * count)
        within += sums.reshape(groups, count)
        for other in cells.columns.T:
            pairs = np.bincount(one * count + other, weights=weights, minlength=count * count)
            information += pairs.reshape(count, count)
    whole = cells.by_group(weights)
    told = whole > 0
    information -= within[told].T @ (within[told] / whole[told, None])
    return np.asarray(np.linalg.pinv(information, rcond=1e-10, hermitian=True))
