"""What one campaign, one type of campaign or all together did to sales, and whether it may be claimed."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.campaign_checks import LevelOverlap, PretendedStart, TrendBreakdown
from retention_lib.models.campaign_test import PlannedTest, planned_test

CLAIM_P = 0.05

OVERLAP, PRETREND, PLACEBO, SCALES, CHANCE = (
    "levels_differ",
    "pretrend_rejected",
    "placebo_rejected",
    "scales_disagree",
    "effect_not_shown",
)
"""Why a claim is withheld, in this order."""

REFUSED = (OVERLAP, PRETREND, PLACEBO)
"""Of them, what speaks against the comparison itself: nothing it finds may be told as an effect."""


@dataclass(frozen=True, kw_only=True, eq=False)
class CampaignEffect:
    """What one type of campaign, one campaign or all together did to weekly sales.

    Attributes:
        name: The type, or the campaign; empty for all together.
        campaigns: The campaigns in it.
        relative: Change of sales (share: -0.05 for 5 % less), the primary scale; claimed only where `reason` is None.
            Its reason is the first that holds of the codes above.
        money: The same as money a unit-week: what the treated bought less what they would have.
        additive: The difference in differences of money a unit-week, which takes the groups to change by the same
            amount where the relative one takes them to change by the same per cent.
        treated: Units treated (count).
        controls: Units left alone, in the largest comparison (count).
        weeks_before: Weeks before the start in the longest comparison.
        weeks_after: Weeks from the start on in the longest comparison.
        touched_later: Treated whom another campaign reached before the comparison ended (count).
        pretended: Placebo date and anticipation.
        breakdown: Drift before the start, and how much of it the effect bears.
        levels: How alike the groups were before.
        unit: What was counted: `customer` or `household`.
        single: Whether it is that of one campaign, and `name` its id.
    """

    name: str
    campaigns: tuple[str, ...]
    relative: Estimate
    money: Estimate
    additive: Estimate
    treated: int
    controls: int
    weeks_before: int
    weeks_after: int
    touched_later: int
    pretended: PretendedStart
    breakdown: TrendBreakdown | NotEnough
    levels: LevelOverlap
    unit: str
    single: bool = False

    @property
    def refused(self) -> bool:
        """Whether something speaks against the comparison itself."""
        return self.relative.reason in REFUSED

    @property
    def claimable(self) -> CampaignEffect | NotEnough:
        """The effect itself where the comparison can carry one, else why no effect may be told."""
        return NotEnough(str(self.relative.reason), 0, 1) if self.refused else self

    @property
    def planned(self) -> PlannedTest:
        """What a test of as many units could show in which chance leaves a tenth alone."""
        return planned_test(self.relative, treated=self.treated, controls=self.controls)

    @property
    def agree(self) -> bool:
        """Whether both scales have the same sign, or show nothing, and are both shown or both not."""
        shown = [_shown(estimate) for estimate in (self.relative, self.additive)]
        same_sign = self.relative.value * self.additive.value >= 0
        return shown[0] == shown[1] and (same_sign or not shown[0])

    @property
    def pretrend_p(self) -> float | NotEnough | None:
        """P-value that the blocks of weeks before the start do not differ."""
        return self.breakdown if isinstance(self.breakdown, NotEnough) else self.breakdown.pretrend_p

    @property
    def placebo_p(self) -> float | NotEnough | None:
        """P-value that a start earlier than the true one had no effect."""
        placebo = self.pretended.placebo
        return placebo if isinstance(placebo, NotEnough) else placebo.p

    def row(self) -> dict[str, object]:
        """The effect as a row of a table."""
        return {
            "name": self.name,
            "campaigns": len(self.campaigns),
            "treated": self.treated,
            "controls": self.controls,
            **_bounds("relative", self.relative),
            **_bounds("money", self.money),
            **_bounds("additive", self.additive),
            "p": self.relative.p,
            "p_adjusted": self.relative.p_adjusted,
            "claimed": bool(self.relative.claimed),
            "reason": self.relative.reason,
        }

    def to_frame(self) -> pd.DataFrame:
        """The effect as one row."""
        return pd.DataFrame([self.row()])


def _shown(estimate: Estimate) -> bool:
    """Whether an effect is beyond chance, before any correction."""
    return estimate.p is not None and estimate.p < CLAIM_P


def _bounds(name: str, estimate: Estimate) -> dict[str, float | None]:
    return {name: estimate.value, f"{name}_low": estimate.low, f"{name}_high": estimate.high}
