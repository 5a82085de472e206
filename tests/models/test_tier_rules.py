from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from retention_lib.estimates import NotEnough
from retention_lib.models.tier_rules import TierRules, tier_rules


def reached(orders: list[int], spend: list[tuple[float, float]] | None = None) -> pd.DataFrame:
    money = spend or [(10.0 * place, 10.0 * place + 5) for place in range(len(orders))]
    return pd.DataFrame(
        {
            "tier": "silver",
            "rank": 1,
            "orders": orders,
            "spend_before": [before for before, _ in money],
            "spend": [after for _, after in money],
        }
    )


def known(found: TierRules | NotEnough) -> TierRules:
    assert isinstance(found, TierRules)
    return found


def test_a_count_that_nine_in_ten_reach_it_with_is_the_rule() -> None:
    (rule,) = known(tier_rules(reached([3] * 36 + [4] * 4))).rules
    assert (rule.unit, rule.threshold, rule.share, rule.members) == ("orders", 3, 0.9, 40)
    (rule,) = known(tier_rules(reached([3] * 35 + [4] * 5))).rules
    assert (rule.unit, rule.threshold, rule.share) == (None, 0, 35 / 40)


def test_a_sum_that_all_pass_with_the_order_is_the_rule_and_is_round() -> None:
    rng = np.random.default_rng(1)
    before = rng.uniform(3_000, 4_990, 200)
    money = list(zip(before, before + (5_000 - before) + rng.uniform(10, 900, 200), strict=True))
    found = known(tier_rules(reached(list(rng.integers(2, 9, 200)), money)))
    assert (found.rules[0].unit, found.rules[0].threshold, found.rules[0].share) == ("spend", 5_000, 1)
    assert found.by_orders == ()
    assert found.of(1) is found.rules[0]
    assert found.of(2) is None


def test_without_a_rule_none_is_claimed() -> None:
    # Everybody passes sums of their own, after counts of their own.
    rng = np.random.default_rng(2)
    ends = np.sort(rng.uniform(0, 10_000, 41))
    found = known(tier_rules(reached(list(rng.integers(1, 30, 40)), list(pairwise(ends)))))
    assert found.rules[0].unit is None
    assert found.of(1) is None


def test_each_tier_has_its_rule_and_few_members_none() -> None:
    both = pd.concat([reached([3] * 40), reached([8] * 29).assign(tier="gold", rank=2)])
    found = known(tier_rules(both))
    assert [(rule.tier, rule.unit) for rule in found.rules] == [("silver", "orders"), ("gold", None)]
    assert found.to_frame()["members"].tolist() == [40, 29]


@pytest.mark.parametrize(("members", "have"), [(0, 0), (29, 29)])
def test_below_thirty_members_no_rule_is_looked_for(members: int, have: int) -> None:
    assert tier_rules(reached([3] * members)) == NotEnough("members_reaching_tier", have, 30)
    missing = NotEnough("points_known", 0, 1)
    assert tier_rules(missing) is missing
