"""What a mailing must bring to pay for itself, beside what it was measured to bring."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from retention_lib.estimates import Estimate, NotEnough, figures_frame
from retention_lib.models.campaign_effect import CampaignEffect
from retention_lib.models.margins import Margin

Answer = Literal["pays", "loses", "open", "unknown"]


@dataclass(frozen=True, kw_only=True)
class CampaignPayback:
    """The extra sales that pay for a message, and whether the measured effect reaches them.

    Attributes:
        campaign: The campaign; empty for all together.
        contact_cost: Cost of one message (money).
        cost_assumed: Whether that cost is assumed, not known.
        margin: Gross profit in a unit of sales, in (0, 1].
        margin_assumed: Whether the margin is assumed, not known.
        weeks: Weeks from the start on in which the sales must come.
        needed: Extra sales of a mailed unit in these weeks that pay for one message (money).
        needed_weekly: The same a week.
        measured: Measured change of sales a unit-week, taken as an equal amount; why there is none where the comparison
            cannot carry an effect.
        answer: `pays` or `loses` where the intervals of both scales lie on one side of `needed_weekly`, `open` where
            one of them holds it, `unknown` without a measured effect.
        unit: What was counted: `customer` or `household`.
    """

    campaign: str
    contact_cost: float
    cost_assumed: bool
    margin: float
    margin_assumed: bool
    weeks: int
    needed: float
    needed_weekly: float
    measured: Estimate | NotEnough
    answer: Answer
    unit: str

    def to_frame(self) -> pd.DataFrame:
        """The figures, one row each."""
        return figures_frame(self)


def campaign_payback(
    chosen: CampaignEffect | NotEnough,
    *,
    contact_cost: float | None,
    margin: Margin | NotEnough,
    weeks: int,
    assumed: Collection[str] = (),
) -> CampaignPayback | NotEnough:
    """The break-even of a mailing: cost of a message / margin, spread over the weeks compared.

    Every unit counts with one message. What the shop pays for used coupons is not counted.

    Args:
        chosen: The effect that is set against it.
        contact_cost: Cost of one message (money); None where not known.
        margin: From `margins.profit_margin`.
        weeks: Weeks from the start on in which the sales must come; no more than the comparison holds.
        assumed: Names of what is assumed: `contact_cost`, `gross_margin`.

    Returns:
        The break-even; NotEnough("contact_cost_known") or ("margin_known") where one of them is missing.
    """
    if isinstance(chosen, NotEnough):
        return chosen
    if contact_cost is None:
        return NotEnough("contact_cost_known", 0, 1)
    if isinstance(margin, NotEnough) or margin.overall is None or margin.overall.value <= 0:
        return margin if isinstance(margin, NotEnough) else NotEnough("margin_known", 0, 1)
    compared = max(1, min(weeks, chosen.weeks_after))
    needed = contact_cost / margin.overall.value
    return CampaignPayback(
        campaign=chosen.name,
        contact_cost=contact_cost,
        cost_assumed="contact_cost" in assumed,
        margin=margin.overall.value,
        margin_assumed=margin.source != "cost" and "gross_margin" in assumed,
        weeks=compared,
        needed=needed,
        needed_weekly=needed / compared,
        measured=chosen.claimable.additive,
        answer=_answer(chosen, needed / compared),
        unit=chosen.unit,
    )


def _answer(effect: CampaignEffect, needed: float) -> Answer:
    """Whether both scales' intervals lie on one side of what is needed."""
    if isinstance(effect.claimable, NotEnough):
        return "unknown"
    scales = (effect.additive, effect.money)
    if effect.relative.claimed and all((scale.low or 0.0) >= needed for scale in scales):
        return "pays"
    return "loses" if all((scale.high or 0.0) < needed for scale in scales) else "open"
