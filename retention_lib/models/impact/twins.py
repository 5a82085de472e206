"""Members beside customers who bought like them in their first weeks: a second look at the effect of joining.

Customers who never joined get weights, so that together they made as many purchases in each of the three periods of 28
days after their first one, spent as much and began as the members did, who joined later. Then both are compared on what
came after those periods. What customers did in some weeks by chance they do not do in the next, so the weeks that make
them alike have no part in the comparison.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from retention_lib.estimates import Estimate, NotAsked, NotEnough, figures_frame, first_refusal
from retention_lib.models.balancing import Balance, balanced
from retention_lib.models.impact.panel import EARLY_DAYS, Bools, Floats, Panel, panel
from retention_lib.models.impact.programme_effect import ProgrammeEffect
from retention_lib.models.impact.purchases_compared import FEWEST_CONTROLS, PERIODS_AFTER, purchases_compared

FEATURES = ("first_amount", "purchases_1", "purchases_2", "purchases_3", "revenue", "started")
"""What is made alike: money of the first purchase, purchases in three periods, money in them, and when they began."""

MOST = 50_000
"""Customers from whom weights are learned, at most; of more, as many drawn by chance."""

MOST_UNBALANCED = 0.1


@dataclass(frozen=True, kw_only=True, eq=False)
class Twins:
    """The effect of joining against customers who bought alike before.

    Attributes:
        relative: On purchases, as a share of what members would have bought.
        unweighted: The same on the same weeks without the weights.
        balance: One row a feature: `feature`, `before`, `after` (standardised differences, members less others).
        worst: The largest of them after weighting (absolute).
        effective: How many customers of equal weight the others are worth (count).
        outside: Share of the members more unlike the others than the most unlike of these, in [0, 1].
        members: Members with such a past (count).
        others: Customers who never joined (count).
    """

    relative: Estimate
    unweighted: Estimate
    balance: pd.DataFrame = field(repr=False)
    worst: float
    effective: float
    outside: float
    members: int
    others: int

    @property
    def alike(self) -> bool:
        """Whether the weights made the groups alike."""
        return self.worst <= MOST_UNBALANCED and self.effective >= FEWEST_CONTROLS

    def to_frame(self) -> pd.DataFrame:
        """The features' differences."""
        return self.balance

    def figures(self) -> pd.DataFrame:
        """The figures, one row each."""
        return figures_frame(self)


def twins(
    told: Any, effect: ProgrammeEffect | NotEnough, *, rng: np.random.Generator, periods: int = PERIODS_AFTER
) -> Twins | NotEnough:
    """The effect of joining against others weighted to have had the members' past.

    Args:
        told: From `measures.panels.joining_panel`; a refusal is handed on.
        effect: The effect on all; where its design is refused, weights would not mend it, and nothing is told.
        rng: Draws those from whom the weights are learned where there are more than `MOST`.
        periods: Periods of 28 days of the headline.

    Returns:
        The effect; NotEnough("twins_members") or NotEnough("twins_others") below 30 of either with a past of 84 days;
        what refuses the comparison itself is handed on.

    References:
        Hainmueller (2012), Entropy balancing for causal effects, Political Analysis 20; Daw and Hatfield (2018),
        Matching and regression to the mean in difference-in-differences analysis, Health Services Research 53.
    """
    refusal = _refusal(told, effect)
    if refusal is not None:
        return refusal
    pasts: pd.DataFrame = told.pasts
    member = pasts["member"].to_numpy(dtype=bool)
    columns = _columns(pasts)
    drawn = _drawn(member, rng)
    found = balanced(columns[drawn], member[drawn])
    weights = _weights(columns, member, drawn, found)
    whole = panel(told)
    if isinstance(whole, NotEnough):
        return whole
    plain, weighted = (_effect(one, periods) for one in (_with_pasts(whole, told), _weighted(whole, told, weights)))
    if isinstance(plain, NotEnough) or isinstance(weighted, NotEnough):
        return next(one for one in (plain, weighted) if isinstance(one, NotEnough))
    return Twins(
        relative=weighted,
        unweighted=plain,
        balance=pd.DataFrame({"feature": FEATURES, "before": found.before, "after": found.after}),
        worst=float(np.abs(found.after).max(initial=0.0)),
        effective=found.effective,
        outside=found.outside,
        members=int(member.sum()),
        others=int((~member).sum()),
    )


def _refusal(told: Any, effect: ProgrammeEffect | NotEnough) -> NotEnough | None:
    """Why there is nothing to compare; None where there is."""
    if isinstance(told, NotEnough) or isinstance(effect, NotEnough):
        return first_refusal(told, effect)
    if effect.design is not None:
        return NotAsked(effect.design, 0, 1)
    member = told.pasts["member"].to_numpy(dtype=bool)
    counts = {"twins_members": int(member.sum()), "twins_others": int((~member).sum())}
    few = [NotEnough(reason, count, FEWEST_CONTROLS) for reason, count in counts.items() if count < FEWEST_CONTROLS]
    return few[0] if few else None


def _columns(pasts: pd.DataFrame) -> Floats:
    """The features, money on the scale of logarithms."""
    told = pasts[list(FEATURES)].to_numpy(dtype=float)
    for place, name in enumerate(FEATURES):
        if name in ("first_amount", "revenue"):
            told[:, place] = np.log1p(np.maximum(told[:, place], 0.0))
    return told


def _drawn(member: Bools, rng: np.random.Generator) -> Bools:
    """Whose past the weights are learned from."""
    if len(member) <= MOST:
        return np.ones(len(member), dtype=bool)
    chosen = np.zeros(len(member), dtype=bool)
    chosen[rng.choice(len(member), size=MOST, replace=False)] = True
    return chosen


def _weights(columns: Floats, member: Bools, drawn: Bools, found: Balance) -> Floats:
    """The weight of every customer, 1 on average among those who never joined; members weigh 1."""
    weights = np.ones(len(member))
    others = drawn & ~member
    learned = np.log(np.maximum(found.weights, 1e-300))
    # The logarithm of a weight is linear in the columns, so that the weights of those drawn tell everybody's.
    design = np.column_stack([np.ones(int(others.sum())), columns[others]])
    slopes = np.linalg.lstsq(design, learned, rcond=None)[0]
    told = np.exp(np.column_stack([np.ones(int((~member).sum())), columns[~member]]) @ slopes)
    weights[~member] = told / told.mean()
    return weights


def _with_pasts(whole: Panel, told: Any) -> Panel:
    """The panel of those with a past alone."""
    return _weighted(whole, told, np.ones(len(told.pasts)))


def _weighted(whole: Panel, told: Any, weights: Floats) -> Panel:
    """The panel with customers' weights; those without a past weigh nothing."""
    pasts, rows = told.pasts, told.customers
    keys = pd.MultiIndex.from_arrays([whole.started, whole.joined, whole.settled])
    settled = pasts["member"].to_numpy(dtype=bool)
    mine = pd.MultiIndex.from_arrays([pasts["started"], pasts["joined"], settled])
    customers = np.bincount(keys.get_indexer(mine), weights=weights, minlength=len(keys)).astype(float)
    place = pd.Index(pasts["number"]).get_indexer(rows["number"])
    of_row = np.where(place >= 0, weights[place], 0.0)
    outcomes = {name: values * of_row[whole.row] for name, values in whole.outcomes.items()}
    return replace(whole, customers=customers, outcomes=outcomes)


def _effect(panel: Panel, periods: int) -> Estimate | NotEnough:
    """The headline on what came after the past."""
    found = purchases_compared(panel, periods=periods, skipped_days=EARLY_DAYS)
    return found if isinstance(found, NotEnough) else found.relative
