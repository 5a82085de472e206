"""Whether the programme changes what its members do, and by how much: in per cent, in purchases and in money."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.impact.comparisons import Compared, compared, scaled, two_sided_p
from retention_lib.models.impact.counterfactual import counterfactual
from retention_lib.models.impact.joining import CLAIM_P, LEADS, NOT_SHOWN, Joining, joining
from retention_lib.models.impact.panel import PERIOD_DAYS, Floats, Panel
from retention_lib.models.impact.purchases_compared import FEWEST_MEMBERS, PERIODS_AFTER, Cells
from retention_lib.models.intervals import normal_quantile

PERIODS_SHOWN = 13
"""Periods of the chart."""

_LEVEL = 0.95
_BANDS = 20_000


@dataclass(frozen=True, kw_only=True, eq=False)
class ProgrammeEffect:
    """What joining changed.

    Relative effects are shares of what the members would have done without the programme; money is that of the members
    measured, in the periods seen.

    Attributes:
        relative: On purchases. `claimed` only with p < .05 and a design that nothing speaks against.
        revenue: On net revenue, relative.
        gross_profit: On gross profit, relative; NotEnough where neither costs nor a margin are known.
        active: On the share of members who buy in a step, relative.
        purchases_each: On purchases a member and period (count).
        revenue_each: On net revenue a member and period.
        profit_each: On gross profit a member and period.
        incremental_revenue: All money gained over the members' first periods.
        incremental_profit: All gross profit gained over them.
        additive: On purchases a member and period by the additive scale: without the programme members would have
            changed by as much, not by the same share, as the others.
        by_period: Of purchases: `period` (from joining, 0 the first after the step of joining; negative before),
            `effect` (relative), `low`, `high` (pointwise), `band_low`, `band_high` (all periods at once, with 95 %),
            `p`, `members`, `purchases`, `expected`.
        by_joining: By when members joined, in stretches of three periods: `joined` (days from the panel's first to that
            of the stretch), `members`, `effect`, `low`, `high`, `p`.
        pretrend_p: Joint Wald test that purchases of the periods before joining were what the time before lets expect.
        placebo: The effect that joining would seem to have had, had it happened three periods earlier.
        anticipation: That of the last period before joining alone.
        steepest: Largest change from one tested period before joining to the next (relative, absolute).
        breakdown: How many times as fast as `steepest` the groups would have to drift apart after joining, period by
            period, to leave nothing of the claim; 0 without a claim.
        drift: The drift a period at which that happens (relative).
        later: On purchases in the periods after the headline, up to those of the chart, as a share; NotEnough where too
            few members are seen so long.
        members: Members measured (count).
        tested: Of them, those whose time before joining is long enough to be tested (count).
        controls: Customers who never joined (count).
        facts: From `measures.panels.joining_panel`.
        outside: Share of the measured members who bought so much before that hardly anybody else did.
        periods: Periods of the headline (count).
        periods_seen: Mean periods of them seen a member.
        design: Why no effect may be claimed whatever its p; None where nothing speaks against it.
    """

    relative: Estimate
    revenue: Estimate
    gross_profit: Estimate | NotEnough
    active: Estimate
    purchases_each: Estimate
    revenue_each: Estimate
    profit_each: Estimate | NotEnough
    incremental_revenue: Estimate
    incremental_profit: Estimate | NotEnough
    additive: Estimate
    by_period: pd.DataFrame = field(repr=False)
    by_joining: pd.DataFrame = field(repr=False)
    pretrend_p: float
    placebo: Estimate
    anticipation: Estimate
    steepest: float
    breakdown: float
    drift: float
    later: Estimate | NotEnough
    members: int
    tested: int
    controls: int
    facts: pd.DataFrame = field(repr=False)
    outside: float
    periods: int
    periods_seen: float
    design: str | None

    @property
    def claimable(self) -> ProgrammeEffect | NotEnough:
        """The effect itself where the design can carry one, else why no effect may be told."""
        return self if self.design is None else NotEnough(self.design, 0, 1)

    @property
    def weekly(self) -> Estimate:
        """The effect on net revenue a member and week."""
        return scaled(self.revenue_each, 7 / PERIOD_DAYS)

    @property
    def disagrees(self) -> bool:
        """Whether the additive scale has another sign, or another say about chance, than the multiplicative one."""
        one, other = (_sign(estimate) for estimate in (self.relative, self.additive))
        return one != other

    def to_frame(self) -> pd.DataFrame:
        """The effects by period."""
        return self.by_period


def programme_effect(
    panel: Panel | NotEnough, *, rng: np.random.Generator, periods: int = PERIODS_AFTER
) -> ProgrammeEffect | NotEnough:
    """The effect of joining, with the checks of its design.

    Args:
        panel: From `models.impact.panel.panel`.
        rng: Draws the bands that hold for all periods at once.
        periods: Periods of 28 days of the headline.

    Returns:
        The effect; a refusal of the panel, or of `models.impact.joining.joining`, is handed on.

    References:
        Borusyak, Jaravel and Spiess (2024), Review of Economic Studies 91 (fit on the untreated, compare the treated);
        Wooldridge (2023), Econometrics Journal 26 (the same on the multiplicative scale); Callaway and Sant'Anna
        (2021), Journal of Econometrics 225 (staggered adoption, simultaneous bands); Rambachan and Roth (2023), Review
        of Economic Studies 90 (violations in multiples of those seen before).
    """
    if isinstance(panel, NotEnough):
        return panel
    found = joining(panel, periods=periods)
    if isinstance(found, NotEnough):
        return found
    cells, seen = found.cells, _periods_seen(panel, found.cells)
    told = {name: _told_of(panel, name, cells) for name in panel.outcomes if name != "purchases"}
    told["purchases"] = compared(panel, "purchases", found.fit, cells.headline[..., None])
    each = {name: _claimed(one.difference(over=seen, n=found.members), found) for name, one in told.items()}
    whole = {name: _claimed(one.difference(n=found.members), found) for name, one in told.items()}
    share = {name: _claimed(one.ratio(n=found.members), found) for name, one in told.items()}
    missing = NotEnough("margin", 0, 1)
    return ProgrammeEffect(
        relative=found.relative,
        revenue=share["revenue"],
        gross_profit=share.get("gross_profit", missing),
        active=share["active"],
        purchases_each=each["purchases"],
        revenue_each=each["revenue"],
        profit_each=each.get("gross_profit", missing),
        incremental_revenue=whole["revenue"],
        incremental_profit=whole.get("gross_profit", missing),
        additive=_additive(panel, cells, over=seen, n=found.members),
        by_period=_by_period(panel, found, rng),
        by_joining=_by_joining(panel, found),
        pretrend_p=found.pretrend_p,
        placebo=found.placebo,
        anticipation=found.anticipation,
        steepest=math.expm1(found.steepest),
        breakdown=found.breakdown,
        drift=found.drift,
        later=_later(panel, found, periods),
        members=found.members,
        tested=found.tested,
        controls=found.controls,
        facts=panel.facts,
        outside=found.outside,
        periods=periods,
        periods_seen=seen / found.members,
        design=found.design,
    )


def _later(panel: Panel, found: Joining, periods: int) -> Estimate | NotEnough:
    """The effect in the periods after the headline, those of the chart put together."""
    since = found.cells.since
    inside = (since > periods * panel.period_steps) & (since <= PERIODS_SHOWN * panel.period_steps)
    cells = found.cells.measured & inside
    members = float(panel.customers[cells.any(axis=1)].sum())
    if members < FEWEST_MEMBERS:
        return NotEnough("members_with_after", members, FEWEST_MEMBERS)
    return _claimed(compared(panel, "purchases", found.fit, cells[..., None]).ratio(n=members), found)


def _periods_seen(panel: Panel, cells: Cells) -> float:
    """Periods of the headline, added up over members."""
    return float((panel.customers[:, None] * cells.headline).sum()) / panel.period_steps


def _told_of(panel: Panel, outcome: str, cells: Cells) -> Compared:
    """The headline of an outcome."""
    fit = counterfactual(panel, outcome, untreated=cells.untreated)
    return compared(panel, outcome, fit, cells.headline[..., None])


def _claimed(estimate: Estimate | NotEnough, found: Joining) -> Any:
    """An effect with its claim: where purchases are claimed and the amount itself is beyond chance."""
    if isinstance(estimate, NotEnough):
        return estimate
    if not found.relative.claimed:
        return replace(estimate, claimed=False, reason=found.relative.reason)
    shown = estimate.p is not None and estimate.p < CLAIM_P
    return replace(estimate, claimed=shown, reason=None if shown else NOT_SHOWN)


def _additive(panel: Panel, cells: Cells, *, over: float, n: float) -> Estimate:
    """Purchases a member and period on the additive scale."""
    fit = counterfactual(panel, "purchases", untreated=cells.untreated, scale="additive")
    return compared(panel, "purchases", fit, cells.headline[..., None]).difference(over=over, n=n)


def _by_period(panel: Panel, found: Joining, rng: np.random.Generator) -> pd.DataFrame:
    """The effect by period from joining, and what the periods before it show."""
    after = [found.cells.period(panel, at) for at in range(PERIODS_SHOWN)]
    members = [float(panel.customers[cells.any(axis=1)].sum()) for cells in after]
    shown = [cells for cells, count in zip(after, members, strict=True) if count >= FEWEST_MEMBERS]
    before = _period_rows(found.leads, list(range(-LEADS, 0)), rng)
    if not shown:
        return before.assign(members=np.nan)
    later = compared(panel, "purchases", found.fit, np.stack(shown, axis=-1))
    frame = _period_rows(later, list(range(len(shown))), rng)
    return pd.concat([before, frame.assign(members=members[: len(frame)])], ignore_index=True)


def _period_rows(told: Compared, periods: list[int], rng: np.random.Generator) -> pd.DataFrame:
    """One row a set of cells: the relative effect, its interval, and the band of all sets."""
    logs, sds = told.logs(), np.sqrt(np.diag(told.ratio_covariance))
    at = np.flatnonzero(np.isfinite(logs[: len(periods)]) & (sds[: len(periods)] > 0))
    reach, band = normal_quantile(_LEVEL), _band(told.ratio_covariance[np.ix_(at, at)], rng)
    return pd.DataFrame(
        {
            "period": np.array(periods)[at],
            "effect": np.expm1(logs[at]),
            "low": np.expm1(logs[at] - reach * sds[at]),
            "high": np.expm1(logs[at] + reach * sds[at]),
            "band_low": np.expm1(logs[at] - band * sds[at]),
            "band_high": np.expm1(logs[at] + band * sds[at]),
            "p": [two_sided_p(value, sd) for value, sd in zip(logs[at], sds[at], strict=True)],
            "purchases": told.observed[at],
            "expected": told.expected[at],
        }
    )


def _band(covariance: Floats, rng: np.random.Generator) -> float:
    """How many standard errors hold all of several results at once.

    The results before joining and those after it share the 5 of 100 cases (Bonferroni), as they come from two fits.
    """
    level = 1 - (1 - _LEVEL) / 2
    if not len(covariance):
        return normal_quantile(level)
    sds = np.sqrt(np.diag(covariance))
    draws = rng.multivariate_normal(np.zeros(len(sds)), covariance / np.outer(sds, sds), size=_BANDS, method="eigh")
    return float(np.quantile(np.abs(draws).max(axis=1), level))


def _by_joining(panel: Panel, found: Joining) -> pd.DataFrame:
    """The headline by when members joined, in stretches of three periods."""
    length = panel.period_steps * PERIODS_AFTER
    stretch = panel.joined // length
    measured = found.cells.headline.any(axis=1)
    places = [place for place in np.unique(stretch[measured]) if _members(panel, measured & (stretch == place))]
    if not places:
        return pd.DataFrame(columns=["joined", "members", "effect", "low", "high", "p"])
    sets = [found.cells.headline & (stretch == place)[:, None] for place in places]
    told = compared(panel, "purchases", found.fit, np.stack(sets, axis=-1))
    rows = []
    for at, place in enumerate(places):
        one, members = told.ratio(at), _members(panel, measured & (stretch == place))
        if isinstance(one, Estimate):
            first = int(place) * length * panel.step_days
            rows.append([first, members, one.value, one.low, one.high, one.p])
    return pd.DataFrame(rows, columns=["joined", "members", "effect", "low", "high", "p"])


def _members(panel: Panel, groups: Any) -> float:
    """Members of groups, where there are enough of them; else 0."""
    members = float(panel.customers[groups].sum())
    return members if members >= FEWEST_MEMBERS else 0.0


def _sign(estimate: Estimate) -> int:
    """1 or -1 for an effect beyond chance, by its sign; 0 for one within it."""
    low, high = estimate.low or 0.0, estimate.high or 0.0
    return 1 if low > 0 else -1 if high < 0 else 0
