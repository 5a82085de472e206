"""Joining a programme as a design: who is compared with whom, the effect on purchases, and what speaks against it.

The estimand is the average effect on members who had been customers for three periods of 28 days before they joined,
over their first periods as members, each member counting alike. Who leaves again stays a member: the effect is that of
joining. Those who joined with their first purchase have no past to be compared with, and nothing is claimed for them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.impact.comparisons import Compared, compared
from retention_lib.models.impact.counterfactual import Counterfactual, counterfactual
from retention_lib.models.impact.panel import EARLY_DAYS, Bools, Floats, Panel
from retention_lib.models.impact.purchases_compared import FEWEST_MEMBERS, PERIODS_AFTER, Cells, purchases_compared

LEADS = 3
"""Periods before joining that are tested."""

CLAIM_P, DESIGN_P = 0.05, 0.01
"""Below which p an effect is claimed; below which p the periods before joining speak against it."""

AT_PURCHASES = 0.25
"""Share of members joining on a day with a purchase from which joining counts as happening at purchases."""

MOST_OUTSIDE = 0.2
"""Share of members without their like among the others above which the groups cannot be compared."""

MOST_UNTESTED = 0.5
"""Share of the measured members whose time before joining is tested below which nothing is known of it."""

NOT_SHOWN = "effect_not_shown"

_CLASSES = np.array([1, 2, 3, 4, 6, 9, 13])


@dataclass(frozen=True, kw_only=True, eq=False)
class Joining:
    """The effect of joining on purchases, and the checks of its design.

    Attributes:
        relative: On purchases, as a share of what members would have bought; `claimed` only with p < .05 and a design
            that nothing speaks against, else `reason`.
        pretrend_p: Joint Wald test that purchases of the periods before joining were what the time before lets expect.
        placebo: The effect that joining would seem to have had, had it happened three periods earlier.
        anticipation: That of the last period before joining alone.
        steepest: Largest change from one tested period before joining to the next (log scale, absolute).
        drift: The drift a period (relative) at which nothing would be left of the claim; 0 without a claim.
        breakdown: The same in multiples of `steepest`.
        outside: Share of the measured members who bought so much early on that hardly anybody else did.
        design: Why no effect may be claimed whatever its p; None where nothing speaks against it.
        members: Members measured (count).
        tested: Of them, those whose time before joining is long enough to be tested (count).
        controls: Customers who never joined (count).
        cells: Which cells are what.
        fit: What purchases were expected.
        leads: The tested periods before joining, from the first to the last, and all together.
    """

    relative: Estimate
    pretrend_p: float
    placebo: Estimate
    anticipation: Estimate
    steepest: float
    drift: float
    breakdown: float
    outside: float
    design: str | None
    members: int
    tested: int
    controls: int
    cells: Cells
    fit: Counterfactual
    leads: Compared


def joining(panel: Panel, *, periods: int = PERIODS_AFTER) -> Joining | NotEnough:
    """The effect of joining on purchases.

    Args:
        panel: From `models.impact.panel.panel`.
        periods: Periods of 28 days of the headline.

    Returns:
        The effect; NotEnough("members_settled") below 30 members with a past of three periods and a step after
        joining, NotEnough("control_group") where too few are left to compare them with, such as when all joined at
        once, NotEnough("member_purchases") below 30 purchases of theirs, NotEnough("periods_before") where nothing is
        left to test before joining.
    """
    found = purchases_compared(panel, periods=periods)
    if isinstance(found, NotEnough):
        return found
    cells, leads = found.cells, _leads(panel, found.cells)
    relative, placebo, anticipation = found.relative, leads.ratio(LEADS), leads.ratio(LEADS - 1)
    if isinstance(placebo, NotEnough) or isinstance(anticipation, NotEnough):
        return NotEnough("periods_before", 0, LEADS)
    tested = _tested(panel, found.cells)
    pretrend_p, steepest = _joint_p(leads, tested), _steepest(leads)
    outside = _outside(panel, np.asarray(cells.headline.any(axis=1)))
    share = tested / found.members if tested >= FEWEST_MEMBERS else 0.0
    design = _design(panel, pretrend_p=pretrend_p, placebo=placebo, outside=outside, tested=share)
    claimed, reason = _claim(relative, design)
    drift = _drift(relative, periods) if claimed else 0.0
    return Joining(
        relative=replace(relative, claimed=claimed, reason=reason),
        pretrend_p=pretrend_p,
        placebo=placebo,
        anticipation=anticipation,
        steepest=steepest,
        drift=math.expm1(drift),
        breakdown=drift / steepest if steepest > 0 else 0.0,
        outside=outside,
        design=design,
        members=int(found.members),
        tested=int(tested),
        controls=int(panel.customers[panel.never].sum()),
        cells=cells,
        fit=found.fit,
        leads=leads,
    )


def _tested(panel: Panel, cells: Cells) -> float:
    """Measured members with a period before the periods that are tested (count)."""
    _, whole = _before(panel, cells)
    return float(panel.customers[whole & cells.headline.any(axis=1)].sum())


def _before(panel: Panel, cells: Cells) -> tuple[Bools, Bools]:
    """Cells of the tested periods before joining; groups with a whole period before these."""
    back = panel.period_steps * LEADS
    held = (panel.settled & ~panel.never)[:, None] & (cells.since >= -back) & (cells.since < 0)
    return held, np.asarray((cells.untreated & ~held).sum(axis=1) >= panel.period_steps)


def _leads(panel: Panel, cells: Cells) -> Compared:
    """The periods before joining against the time before them: each alone, and all together."""
    held, enough = _before(panel, cells)
    untreated, whole = cells.untreated & ~held, enough[:, None]
    period = cells.since // panel.period_steps
    tested = held & cells.untreated & whole & untreated.any(axis=0)
    sets = [tested & (period == -lead) for lead in range(LEADS, 0, -1)]
    fit = counterfactual(panel, "purchases", untreated=untreated)
    return compared(panel, "purchases", fit, np.stack([*sets, tested], axis=-1))


def _claim(relative: Estimate, design: str | None) -> tuple[bool, str | None]:
    """Whether the effect is claimed, else why not."""
    if design is not None:
        return False, design
    shown = relative.p is not None and relative.p < CLAIM_P
    return shown, None if shown else NOT_SHOWN


def passes(p: float | None) -> bool:
    """Whether a test of the time before joining speaks for the comparison.

    Args:
        p: Of the test; None where nothing was tested.
    """
    return p is None or p >= DESIGN_P


def _design(panel: Panel, *, pretrend_p: float, placebo: Estimate, outside: float, tested: float) -> str | None:
    """What speaks against the comparison, worst first; None where nothing does."""
    facts = panel.facts.iloc[0]
    if facts["join_days"] == 1:
        return "joined_one_day"
    if tested < MOST_UNTESTED:
        return "before_untested"
    alike = passes(pretrend_p) and passes(placebo.p)
    if not alike and facts["on_purchase_day"] > AT_PURCHASES * facts["settled"]:
        return "joined_at_purchases"
    if not passes(pretrend_p):
        return "pretrend_rejected"
    if not alike:
        return "placebo_rejected"
    return "overlap_poor" if outside > MOST_OUTSIDE else None


def _joint_p(leads: Compared, tested: float) -> float:
    """Wald test that no period before joining differs from what the time before lets expect (Hotelling's F)."""
    from scipy.stats import f as fisher

    logs = leads.logs()[:LEADS]
    told = np.isfinite(logs) & (np.diag(leads.ratio_covariance)[:LEADS] > 0)
    rank = int(told.sum())
    if rank == 0:
        return 1.0
    covariance = leads.ratio_covariance[:LEADS, :LEADS][np.ix_(told, told)]
    wald = float(logs[told] @ np.linalg.solve(covariance, logs[told]))
    # The scatter is told by the members tested, however many the others are.
    freedom = max(min(leads.clusters, tested) - 1, rank)
    return float(fisher.sf(wald * (freedom - rank + 1) / (freedom * rank), rank, freedom - rank + 1))


def _steepest(leads: Compared) -> float:
    """The largest change from one period before joining to the next, on the log scale."""
    logs = leads.logs()[:LEADS]
    # The time before the tested periods is what they are held against: 0.
    changes = np.abs(np.diff(logs[np.isfinite(logs)], prepend=0.0))
    return float(changes.max(initial=0.0))


def _drift(relative: Estimate, periods: int) -> float:
    """By how much (log scale) groups must drift apart each period, so that the effect's bound is nothing but drift."""
    nearest = min(abs(math.log1p(bound)) for bound in (relative.low or 0.0, relative.high or 0.0))
    # A drift of d a period makes d, 2 d, ... of the periods after joining: (periods + 1) / 2 of it on average.
    return nearest / ((periods + 1) / 2)


def _outside(panel: Panel, measured: Bools) -> float:
    """Share of the measured members in classes of early purchases with hardly any other customer when they joined."""
    table = _early_classes(panel)
    members = table[measured].sum(axis=0)
    # Whoever had not joined by a step, or never did, is there to be compared with those who joined in it.
    by_step = np.zeros((panel.steps + 2, table.shape[1]))
    np.add.at(by_step, np.clip(panel.joined, 0, panel.steps), table)
    later = by_step[::-1].cumsum(axis=0)[::-1]
    others = later[np.clip(panel.joined[measured], 0, panel.steps) + 1]
    return float(table[measured][others < members / 10].sum() / max(members.sum(), 1.0))


def _early_classes(panel: Panel) -> Floats:
    """Customers by group and class of purchases in the first 84 days: groups x classes."""
    group = panel.cell // panel.steps
    age = panel.cell % panel.steps - panel.started[group]
    early = (age > 0) & (age <= EARLY_DAYS // panel.step_days)
    bought = np.bincount(panel.row[early], weights=panel.outcomes["purchases"][early], minlength=len(panel.cluster))
    of_row = np.zeros(len(panel.cluster), dtype=np.int64)
    of_row[panel.row] = group
    table = np.zeros((len(panel.started), len(_CLASSES) + 1))
    np.add.at(table, (of_row, np.searchsorted(_CLASSES, bought, side="right")), 1.0)
    # Whoever did nothing stands in the numbers of the groups alone.
    table[:, 0] += panel.customers - table.sum(axis=1)
    return table
