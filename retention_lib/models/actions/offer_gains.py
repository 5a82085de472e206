"""By how much messages raise what customers bring, by scenario and offer, as far as it was measured."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from retention_lib.estimates import NotEnough
from retention_lib.models.actions.learned import LEVEL, LearnedEffects
from retention_lib.models.actions.playbook_terms import MEASURED, UNTESTED
from retention_lib.models.intervals import normal_quantile


@dataclass(frozen=True, kw_only=True, eq=False)
class OfferGains:
    """What is known of messages and their offers.

    Attributes:
        table: One row a scenario and offer, those of own lists first and then by their gain: scenario, offer, gain
            (mean of lists to come: gross profit less coupons that a contact adds, before the message is paid, as a
            share of what a customer left alone brings in the same days), low, high (95 %), measured (by lists of its
            own; else borrowed from the same offer to others), lists (of its own; count).
        untested: Scenarios with an offer of which nothing is known (count).
        lists: Lists that were learned from (count).
        tests: Other tests that were (count).
    """

    table: pd.DataFrame
    untested: int
    lists: int
    tests: int

    def to_frame(self) -> pd.DataFrame:
        """The table."""
        return self.table


def offer_gains(learned: LearnedEffects) -> OfferGains | NotEnough:
    """What lists and tests say of messages and their offers.

    Args:
        learned: From `learned.learned_effects`.

    Returns:
        The gains; NotEnough("effects_measured") where nothing was measured.
    """
    known = learned.effects[learned.effects["source"] != UNTESTED]
    if known.empty:
        return NotEnough("effects_measured", 0, 1)
    half = normal_quantile(LEVEL) * known["sd_mean"]
    table = known[["scenario", "offer", "lists"]].assign(
        gain=known["mean"],
        low=known["mean"] - half,
        high=known["mean"] + half,
        measured=known["source"] == MEASURED,
    )
    ordered = table.sort_values(["measured", "gain"], ascending=False, kind="stable", ignore_index=True)
    return OfferGains(
        table=ordered,
        untested=len(learned.effects) - len(known),
        lists=learned.lists,
        tests=learned.tests,
    )
