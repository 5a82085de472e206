"""The tiers of the simulated shop: their rule is found, and what members do for them where they do anything."""

from __future__ import annotations

from datetime import date
from functools import cache

import pytest
from studies.told_stores import ToldStore

from retention_lib.estimates import Estimate
from retention_lib.measures.programme import programme
from retention_lib.measures.purchases import purchase_days
from retention_lib.measures.tier_gaps import month_pace, tier_gaps, tier_orders
from retention_lib.measures.tiers import member_tiers
from retention_lib.models.tier_behaviour import TierBehaviour, tier_behaviour
from retention_lib.models.tier_rules import TierRules, tier_rules
from retention_lib.settings.simulation import Simulation, Sizes
from retention_lib.stores.simulation.shop import block_count, open_shop, tell_story

UNTIL = date(2026, 7, 1)
EFFORT, DIP = 0.4, 0.3


@cache
def behaviour(on: bool) -> TierBehaviour:
    sizes = Sizes() if on else Sizes(tier_effort=0.0, tier_dip=0.0)
    simulation = Simulation(customers=20_000, seed=41, sizes=sizes)
    shop = open_shop(simulation)
    store = ToldStore([tell_story(shop, block, only_what_happened=True) for block in range(block_count(simulation))])
    known, sold = programme(store.table("loyalty_events"), until=UNTIL), store.table("transactions")
    tiers = member_tiers(known)
    gaps = tier_gaps(tiers, tier_orders(known, sold))
    rules = tier_rules(gaps)
    assert isinstance(rules, TierRules)
    # The order that silver and gold come with, counted from joining.
    assert [(rule.tier, rule.unit, rule.threshold) for rule in rules.rules] == [
        ("silver", "orders", 3),
        ("gold", "orders", 8),
    ]
    found = tier_behaviour(gaps, month_pace(purchase_days(sold, until=UNTIL), tiers), rules)
    assert isinstance(found, TierBehaviour)
    return found


@pytest.mark.parametrize("on", [True, False], ids=["on", "off"])
def test_effort_and_dip_are_claimed_where_they_are_switched_on(on: bool) -> None:
    found = behaviour(on)
    for change, truth in ((found.effort, EFFORT), (found.dip, -DIP)):
        assert isinstance(change, Estimate)
        assert change.low is not None
        assert change.high is not None
        assert change.claimed == on
        assert change.low <= truth * on <= change.high
