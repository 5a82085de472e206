"""Effects of a treatment that reaches units one after another, by group and period, in the unit of the outcome.

A group is all units first treated in the same period. Its effect in a period is the change of its mean outcome since
the last period before treatment, less that of units not treated by then. No unit treated earlier is ever a control,
which is what misleads two-way fixed effects. Before treatment the same is told against the period before ("varying
base"): what should be nothing, where groups would have moved alike.

Where units are of several kinds (strata), changes are compared within a kind and averaged over the kinds of the
treated: regression adjustment, weighting and the doubly robust estimator of the paper are all the same then.

References:
    Callaway and Sant'Anna (2021), Difference-in-differences with multiple time periods, Journal of Econometrics 225:
    equations 2.8 and 2.9 (never and not yet treated), section 3 (aggregation), section 4 (inference).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from retention_lib.estimates import NotEnough
from retention_lib.models.impact.aggregation import GroupTimeEffects
from retention_lib.models.impact.linearised import Linearised
from retention_lib.models.impact.staggered import StaggeredPanel, Totals, totals

Floats = NDArray[np.float64]

NEEDED_UNITS = 5
"""Units that an effect, and each kind among its controls, must have at least."""


def group_time_effects(
    panel: StaggeredPanel | NotEnough,
    *,
    controls: Literal["not_yet", "never"] = "not_yet",
    base_periods: int = 1,
    gap: int = 0,
    periods_before: int = 1,
) -> GroupTimeEffects | NotEnough:
    """Effects by group and period.

    Args:
        panel: Units by period; a refusal is handed on.
        controls: `not_yet`: units not treated by the end of the comparison, among them those never treated; `never`:
            those not treated within the panel alone.
        base_periods: Periods whose mean is the base; 1 is the paper's. More are less noisy where units seldom do
            anything, as long as groups move alike.
        gap: Last periods before treatment that are left out of the base, and of tests of it: units may know what is
            coming, or be treated midway. Those about to be treated are no controls for as long ("anticipation").
        periods_before: Periods in which a unit must have been looked at before its treatment for an effect of its
            kind and group to be told; where there are fewer, it is a control until it is treated.

    Returns:
        The effects with their joint uncertainty; NotEnough("treated_with_past") where no group of five units has
        enough periods before, NotEnough("controls_of_kind") where such groups have no five controls of their kind.

    Raises:
        ValueError: The panel has a missing outcome, or copies in a shared cluster.
    """
    if isinstance(panel, NotEnough):
        return panel
    told = totals(panel)
    rule = _Rule(never=controls == "never", base_periods=base_periods, gap=gap, periods_before=periods_before)
    rows = _rows(told, rule)
    if not rows:
        return _refusal(told, rule)
    estimates, sizes, levels = (_linearised(told, rows, name) for name in ("effect", "size", "level"))
    frame = pd.DataFrame(
        {
            "group": [row.group for row in rows],
            "period": [row.period for row in rows],
            "event_time": [row.period - row.group for row in rows],
            "effect": estimates.values,
            "standard_error": estimates.standard_errors(),
            "treated_mean": levels.values,
            "units": sizes.values.astype(int),
            "left_out": [row.left_out for row in rows],
            "controls": [row.controls for row in rows],
        }
    )
    return GroupTimeEffects(
        effects=frame,
        estimates=estimates,
        sizes=sizes,
        levels=levels,
        clusters=told.clusters,
        treated_from_start=told.treated_from_start,
        gap=gap,
    )


@dataclass(frozen=True, kw_only=True)
class _Rule:
    """What may be compared.

    Attributes:
        never: Whether only units never treated are controls.
        base_periods: Periods of the base.
        gap: Periods between base and treatment.
        periods_before: Periods needed before treatment.
    """

    never: bool
    base_periods: int
    gap: int
    periods_before: int


@dataclass(frozen=True, kw_only=True, eq=False)
class _Derived:
    """A value with its derivatives by the totals that matter: places in the order of `Totals.products`."""

    value: float
    places: NDArray[np.int64]
    slopes: Floats


@dataclass(frozen=True, kw_only=True, eq=False)
class _Row:
    """The effect of one group in one period.

    Attributes:
        group: First treated period.
        period: The period.
        effect: The effect.
        size: Treated units it stands for.
        level: Their mean outcome.
        left_out: Units of the group without enough controls of their kind (count).
        controls: Controls (count).
    """

    group: int
    period: int
    effect: _Derived
    size: _Derived
    level: _Derived
    left_out: int
    controls: int


def _rows(told: Totals, rule: _Rule) -> list[_Row]:
    """The effects of all groups in all periods that can be told."""
    periods = told.sums.shape[2]
    within = np.flatnonzero(told.groups < periods)
    pairs = ((int(group), period) for group in within for period in range(1, periods))
    found = (_row(told, rule, group, period) for group, period in pairs)
    return [row for row in found if row is not None]


def _row(told: Totals, rule: _Rule, group: int, period: int) -> _Row | None:
    """The effect of a group in a period; None where too few units or controls tell it."""
    start = int(told.groups[group])
    until = min(start - rule.gap, period)
    cut = _Cut(group=group, period=period, base=slice(until - rule.base_periods, until))
    known = (told.observed_from <= cut.base.start) & (start - told.observed_from >= rule.periods_before)
    others = _controls(told, rule, group, period)
    treated = np.where(known, told.sizes[:, group], 0)
    compared = treated * (others.sizes >= NEEDED_UNITS)
    if compared.sum() < NEEDED_UNITS:
        return None
    kinds = np.flatnonzero(compared)
    return _Row(
        group=start,
        period=period,
        effect=_effect(told, others, kinds, cut),
        size=_size(told, kinds, group),
        level=_level(told, kinds, group, period),
        left_out=int(treated.sum() - compared.sum()),
        controls=int(others.sizes[kinds].sum()),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Controls:
    """Which groups are controls, and how many units they have by kind."""

    groups: NDArray[np.int64]
    sizes: Floats


def _controls(told: Totals, rule: _Rule, group: int, period: int) -> _Controls:
    """Units treated after the period or, by the rule, after the last one, and after the gap; those never treated."""
    last = len(told.groups)
    untreated_until = told.sums.shape[2] - 1 if rule.never else period
    later = np.flatnonzero((told.groups > untreated_until + rule.gap) & (np.arange(last) != group))
    groups = np.append(later, last)
    return _Controls(groups=groups, sizes=told.sizes[:, groups].sum(axis=1))


@dataclass(frozen=True, kw_only=True)
class _Cut:
    """A group in a period, against the mean of base periods."""

    group: int
    period: int
    base: slice

    @property
    def weights(self) -> Floats:
        """Weights of the count (none), of the period, and of the base periods."""
        base = self.base.stop - self.base.start
        return np.array([0, 1, *[-1 / base] * base])

    @property
    def offsets(self) -> NDArray[np.int64]:
        """Where the same stand, counted from the place of the group."""
        return np.array([0, 1 + self.period, *range(1 + self.base.start, 1 + self.base.stop)])


def _effect(told: Totals, others: _Controls, kinds: NDArray[np.int64], cut: _Cut) -> _Derived:
    """The effect, with its derivatives by counts and sums of the treated and of the controls."""
    sizes, there = told.sizes[kinds, cut.group], others.sizes[kinds]
    changes = told.sums[:, :, cut.period] - told.sums[:, :, cut.base].mean(axis=2)
    expected = changes[np.ix_(kinds, others.groups)].sum(axis=1) / there
    total = sizes.sum()
    value = float((changes[kinds, cut.group] - sizes * expected).sum() / total)
    by_count = np.eye(1, len(cut.weights))
    own = (cut.weights - (expected + value)[:, None] * by_count) / total
    control = (expected[:, None] * by_count - cut.weights) * (sizes / there / total)[:, None]
    places = told.places[np.ix_(kinds, others.groups)]
    kind, group = np.nonzero(places >= 0)
    return _Derived(
        value=value,
        places=np.concatenate(
            [
                (told.places[kinds, cut.group][:, None] + cut.offsets).ravel(),
                (places[kind, group][:, None] + cut.offsets).ravel(),
            ]
        ),
        slopes=np.concatenate([own.ravel(), control[kind].ravel()]),
    )


def _size(told: Totals, kinds: NDArray[np.int64], group: int) -> _Derived:
    """Treated units of the kinds that are compared."""
    return _Derived(
        value=float(told.sizes[kinds, group].sum()), places=told.places[kinds, group], slopes=np.ones(len(kinds))
    )


def _level(told: Totals, kinds: NDArray[np.int64], group: int, period: int) -> _Derived:
    """Mean outcome of the treated in the period."""
    own, total = told.places[kinds, group], told.sizes[kinds, group].sum()
    value = float(told.sums[kinds, group, period].sum() / total)
    same = np.full(len(kinds), 1 / total)
    return _Derived(
        value=value, places=np.concatenate([own, own + 1 + period]), slopes=np.concatenate([-value * same, same])
    )


def _linearised(told: Totals, rows: list[_Row], name: str) -> Linearised:
    """One figure of all rows, with the gradients as one sparse matrix."""
    from scipy.sparse import csr_array

    figures: list[_Derived] = [getattr(row, name) for row in rows]
    bounds = np.cumsum([0, *(len(figure.places) for figure in figures)])
    content = (
        np.concatenate([figure.slopes for figure in figures]),
        np.concatenate([figure.places for figure in figures]),
        bounds,
    )
    return Linearised(
        values=np.array([figure.value for figure in figures]),
        gradients=csr_array(content, shape=(len(figures), told.products.shape[0])),
        products=told.products,
    )


def _refusal(told: Totals, rule: _Rule) -> NotEnough:
    """Why there is no effect at all."""
    need = max(rule.periods_before, rule.base_periods + rule.gap)
    past = (told.groups[None, :] - told.observed_from[:, None] >= need) & (told.groups < told.sums.shape[2])
    treated = told.sizes[:, :-1] * past
    most = float(treated.sum(axis=0).max(initial=0.0))
    if most < NEEDED_UNITS:
        return NotEnough("treated_with_past", int(most), NEEDED_UNITS)
    others = (_controls(told, rule, group, int(start)).sizes for group, start in enumerate(told.groups))
    beside = max(float(sizes[past[:, group]].max(initial=0.0)) for group, sizes in enumerate(others))
    return NotEnough("controls_of_kind", int(beside), NEEDED_UNITS)
