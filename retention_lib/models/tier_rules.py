"""What a member must have done to reach a tier, as far as the data tell: a number of orders, or money spent."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from retention_lib.estimates import NotEnough

RuleUnit = Literal["orders", "spend"]

NEEDED_SHARE = 0.9
"""Share of the members who reached a tier whom a rule must explain."""

NEEDED_MEMBERS = 30
"""Members (count) who reached a tier below which no rule is looked for."""


@dataclass(frozen=True, kw_only=True)
class TierRule:
    """How a tier is reached.

    Attributes:
        tier: The tier.
        rank: Its place, 0 for the lowest.
        unit: "orders" or "spend" since joining; None where neither explains it.
        threshold: The count or the money with which it is reached; 0 without a rule.
        share: Share of those who reached it who did so just then, in [0, 1]; without a rule that of the commonest
            number of orders.
        members: Members looked at (count).
    """

    tier: str
    rank: int
    unit: RuleUnit | None
    threshold: float
    share: float
    members: int


@dataclass(frozen=True, kw_only=True, eq=False)
class TierRules:
    """The rules of all tiers that members reached by ordering.

    Attributes:
        rules: Lowest tier first.
    """

    rules: tuple[TierRule, ...]

    def of(self, rank: int) -> TierRule | None:
        """The rule of a tier by its place; None where it is not known."""
        return next((rule for rule in self.rules if rule.rank == rank and rule.unit is not None), None)

    @property
    def by_orders(self) -> tuple[TierRule, ...]:
        """Those that count orders."""
        return tuple(rule for rule in self.rules if rule.unit == "orders")

    def to_frame(self) -> pd.DataFrame:
        """One row a tier: tier, rank, unit, threshold, share, members."""
        return pd.DataFrame([vars(rule) for rule in self.rules])


def tier_rules(gaps: pd.DataFrame | NotEnough) -> TierRules | NotEnough:
    """The rule of each tier: a count of orders where 90 % reach it with the same, else money spent.

    A sum of money is a rule where 90 % had spent less before the order that reached the tier and as much with it.

    Args:
        gaps: From `measures.tier_gaps.tier_gaps`.

    Returns:
        The rules; NotEnough("members_reaching_tier") where fewer than 30 members reached any one tier.
    """
    if isinstance(gaps, NotEnough):
        return gaps
    sizes = gaps["rank"].value_counts()
    most = int(sizes.max()) if len(sizes) else 0
    if most < NEEDED_MEMBERS:
        return NotEnough("members_reaching_tier", most, NEEDED_MEMBERS)
    return TierRules(rules=tuple(_rule(rows) for _, rows in gaps.groupby("rank", sort=True)))


def _rule(rows: pd.DataFrame) -> TierRule:
    """The rule of one tier."""
    tier, rank, members = str(rows["tier"].iloc[0]), int(rows["rank"].iloc[0]), len(rows)
    counts = rows["orders"].value_counts()
    share = float(counts.iloc[0]) / members
    known = TierRule(tier=tier, rank=rank, unit=None, threshold=0.0, share=share, members=members)
    if members < NEEDED_MEMBERS:
        return known
    if share >= NEEDED_SHARE:
        return TierRule(**vars(known) | {"unit": "orders", "threshold": float(counts.index[0])})
    sums = _money(rows["spend_before"].to_numpy(), rows["spend"].to_numpy())
    if sums.share >= NEEDED_SHARE:
        return TierRule(**vars(known) | {"unit": "spend", "threshold": sums.threshold, "share": sums.share})
    return known


@dataclass(frozen=True, kw_only=True)
class _Money:
    threshold: float
    share: float


def _money(before: np.ndarray, after: np.ndarray) -> _Money:
    """The sum of money that most passed with the order: the roundest where several fit equally."""
    # Each member passed every sum above `before` and up to `after`: the one that most passed lies where these overlap.
    ends = np.concatenate([before, after])
    steps = np.concatenate([np.ones(len(before)), -np.ones(len(after))])
    order = np.lexsort([-steps, ends])
    depth = steps[order].cumsum()
    best = int(depth.argmax())
    low, high = float(ends[order][best]), float(ends[order][min(best + 1, len(ends) - 1)])
    return _Money(threshold=_roundest(low, high), share=float(depth[best]) / len(before))


def _roundest(low: float, high: float) -> float:
    """The number with the fewest digits above `low` and up to `high`; `high` where the two are equal."""
    if not 0 <= low < high:
        return high
    size = math.floor(math.log10(high))
    for exponent in range(size, size - 12, -1):
        unit = 10.0**exponent
        found = math.floor(high / unit + 1e-9) * unit
        if found > low:
            return found
    return high
