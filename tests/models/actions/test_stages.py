from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import pytest

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.actions.stages import StageRules, stage_rules, stages

RULES = StageRules(lapse_days=60, at_risk_days=30, own=True)
NAMES = ("never", "new", "active", "due", "overdue", "quiet", "lapsed")


@dataclass(frozen=True)
class Before:
    """Own 80th percentile intervals."""

    gaps: pd.DataFrame
    customers: int


def rhythm(days: list[int], customers: int = 40) -> Before:
    count = len(days)
    return Before(pd.DataFrame({"gap_p80": days, "reached": [True] * count, "customers": [1] * count}), customers)


def counts(*rows: tuple[int, int, int]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["customers", "past_customers", "buyers"])
    return table.assign(stage=NAMES[: len(rows)])[["stage", "customers", "past_customers", "buyers"]]


def test_stages_say_who_buys_next() -> None:
    found = stages(counts((10, 0, 0), (60, 40, 10), (30, 29, 29)), rules=RULES, window_days=21)
    table = found.table.set_index("stage")
    assert found.customers == 100
    assert table["share"].tolist() == [0.1, 0.6, 0.3]
    assert table.loc["new", "bought"] == 0.25
    # Wilson's interval of 10 in 40, by his formula: centre (.25 + 1.92073 / 40) / (1 + 3.84146 / 40)
    assert (table.loc["new", "low"], table.loc["new", "high"]) == (
        pytest.approx(0.14187, abs=1e-4),
        pytest.approx(0.40194, abs=1e-4),
    )
    assert table.loc[["never", "active"], "bought"].isna().all()
    assert found.count("active") == 30
    assert found.bought("active") == NotEnough("customers_in_base", 29, 30)
    assert isinstance(found.bought("new"), Estimate)


def test_stages_of_nobody() -> None:
    assert stages(counts((0, 0, 0)), rules=RULES, window_days=21) == NotEnough("customers", 0, 1)
    refusal = NotEnough("customers", 0, 1)
    assert stages(refusal, rules=RULES, window_days=21) is refusal


def test_rules_are_the_stores_own() -> None:
    # forty customers with intervals of 1 to 40 days: the median and the 80th percentile of these
    rules = stage_rules(rhythm(list(range(1, 41))))
    assert (rules.at_risk_days, rules.lapse_days, rules.own) == (20, 32, True)
    assert stage_rules(rhythm(list(range(1, 41))), wanted=15) == StageRules(lapse_days=15, at_risk_days=15, own=False)


def test_rules_where_the_rhythm_is_not_known() -> None:
    assert stage_rules(rhythm([5])) == StageRules(lapse_days=30, at_risk_days=30, own=False)
