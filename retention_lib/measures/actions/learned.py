"""What is learned about products, tiers and points before lists are made: measured here, learned by models.

Models learn from what is measured, and this room may not know them: it takes their results as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

from retention_lib.estimates import NotEnough
from retention_lib.measures.actions.hits import RebuyCounts, rebuy_counts
from retention_lib.measures.actions.intervals import GapCounts, gap_counts
from retention_lib.measures.actions.items import Items, items
from retention_lib.measures.actions.loyalty import Loyalty
from retention_lib.measures.actions.pairs import PairCounts, pair_counts
from retention_lib.settings.scenarios import CrossSellScenario, ReplenishmentScenario

if TYPE_CHECKING:
    import pandas as pd

    from retention_lib.settings.playbook import Playbook
    from retention_lib.stores.store import Store

NOT_LEARNED = NotEnough("not_learned", 0, 1)
"""Stands where nobody asked a model."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Learned:
    """What models and earlier measures say; a scenario whose part is missing is off.

    Attributes:
        items: From `measures.actions.items.items`.
        pairs: `models.actions.pairs.ProductPairs`: its `rules` (first, then, then_category, together, confidence, lift)
            and `by` are used.
        intervals: `models.actions.intervals.ProductIntervals`: its `table` is used.
        ranking: `models.actions.hits.Ranking`: its `table` is used.
        loyalty: The programme.
        tier_rules: `models.tier_rules.TierRules`: its `to_frame()` is used.
        reward: `models.accrual.SmallestReward`: its `points` are used.
    """

    items: Items | NotEnough = NOT_LEARNED
    pairs: Any = NOT_LEARNED
    intervals: Any = NOT_LEARNED
    ranking: Any = NOT_LEARNED
    loyalty: Loyalty | NotEnough = NOT_LEARNED
    tier_rules: Any = NOT_LEARNED
    reward: Any = NOT_LEARNED


@dataclass(frozen=True, kw_only=True, eq=False)
class Measured:
    """What models learn from; each part is measured when it is first asked for, and not for a scenario that is off.

    Attributes:
        store: The store.
        playbook: Its scenarios say what is wanted.
        until: First day that is no longer seen.
        tier_names: The tiers from lowest to highest, where the parameters say so.
    """

    store: Store
    playbook: Playbook
    until: date
    tier_names: tuple[str, ...] = ()

    def wants(self, *kinds: str) -> bool:
        """Whether a scenario of one of these kinds is on."""
        return any(one.kind in kinds for one in self.playbook.enabled.values())

    @cached_property
    def cross_sell(self) -> CrossSellScenario:
        """The first scenario of that kind, which says what a pair must show; the usual one where none is on."""
        on = self.playbook.enabled.values()
        return next((one for one in on if isinstance(one, CrossSellScenario)), CrossSellScenario())

    @cached_property
    def replenishment(self) -> ReplenishmentScenario:
        """The first scenario of that kind; the usual one where none is on."""
        on = self.playbook.enabled.values()
        return next((one for one in on if isinstance(one, ReplenishmentScenario)), ReplenishmentScenario())

    @cached_property
    def items(self) -> Items | NotEnough:
        """What each customer bought, product by product."""
        if not self.wants("cross_sell", "replenishment"):
            return NOT_LEARNED
        sold = self.store.find("transactions")
        return NotEnough("products_known", 0, 1) if sold is None else items(sold, until=self.until)

    @cached_property
    def pairs(self) -> PairCounts | NotEnough:
        """Which products follow which."""
        if not self.wants("cross_sell"):
            return NOT_LEARNED
        return pair_counts(self.items, within_days=self.cross_sell.within_days)

    @cached_property
    def gaps(self) -> GapCounts | NotEnough:
        """The days between purchases of the same product."""
        return gap_counts(self.items) if self.wants("replenishment") else NOT_LEARNED

    @cached_property
    def rebuys(self) -> RebuyCounts | NotEnough:
        """What was bought again in the last month, from which the ranking of the lists is learned."""
        return rebuy_counts(self.items) if self.wants("replenishment") else NOT_LEARNED

    @cached_property
    def rebuys_before(self) -> RebuyCounts | NotEnough:
        """What was bought again in the month before it, from which the ranking is learned that is judged."""
        return rebuy_counts(self.items, months_back=2) if self.wants("replenishment") else NOT_LEARNED

    @cached_property
    def loyalty(self) -> Loyalty:
        """The programme."""
        return Loyalty(store=self.store, until=self.until, tier_names=self.tier_names)

    @cached_property
    def tier_gaps(self) -> pd.DataFrame | NotEnough:
        """The orders around tiers that were reached."""
        return self.loyalty.gaps if self.wants("tier_nudge") else NOT_LEARNED

    @cached_property
    def payments(self) -> pd.DataFrame | NotEnough:
        """What members held when they paid with points."""
        return self.loyalty.payments if self.wants("tier_nudge") else NOT_LEARNED

    def learned(self, *, pairs: Any, intervals: Any, ranking: Any, tier_rules: Any, reward: Any) -> Learned:
        """What models made of it, beside what lists need of the measures themselves.

        Args:
            pairs: See `Learned`; so the others.
            intervals: The intervals of products.
            ranking: The ranking of products.
            tier_rules: How tiers are reached.
            reward: From how many points on a reward can be used.
        """
        return Learned(
            items=self.items,
            pairs=pairs,
            intervals=intervals,
            ranking=ranking,
            loyalty=self.loyalty,
            tier_rules=tier_rules,
            reward=reward,
        )


def measure(store: Store, playbook: Playbook, *, until: date, tier_names: tuple[str, ...] = ()) -> Measured:
    """What the scenarios of a playbook need to have learned; `models.actions.learning.learned` learns it.

    Args:
        store: The store.
        playbook: Its scenarios say what is wanted.
        until: First day that is no longer seen.
        tier_names: The tiers from lowest to highest, where the parameters say so.
    """
    return Measured(store=store, playbook=playbook, until=until, tier_names=tier_names)
