"""All that lists need to have learned about products, tiers and points, in one step."""

from __future__ import annotations

from typing import Any

from retention_lib.models.accrual import smallest_reward
from retention_lib.models.actions.hits import ranking
from retention_lib.models.actions.intervals import product_intervals
from retention_lib.models.actions.pairs import product_pairs
from retention_lib.models.tier_rules import tier_rules


def learned(measured: Any) -> Any:
    """Pairs, intervals, the ranking of products, the rules of tiers and the points of a reward.

    Args:
        measured: `measures.actions.learned.Measured`; what no scenario wants is a NotEnough in it and stays one.

    Returns:
        `measures.actions.learned.Learned`, for `measures.actions.context.TriggerContext`.
    """
    asked = measured.cross_sell
    return measured.learned(
        pairs=product_pairs(
            measured.pairs,
            support=asked.support,
            confidence=asked.confidence,
            lift=asked.lift,
            level=asked.level,
        ),
        intervals=product_intervals(measured.gaps, least=measured.replenishment.least),
        ranking=ranking(measured.rebuys),
        tier_rules=tier_rules(measured.tier_gaps),
        reward=smallest_reward(measured.payments),
    )
