from __future__ import annotations

import pandas as pd
import pytest
from statsmodels.stats.proportion import proportion_confint

from retention_lib.estimates import NotEnough
from retention_lib.models.campaigns import redemption_rates

CAMPAIGNS = pd.DataFrame(
    {
        "campaign": ["B", "A"],
        "offer": ["ten off", ""],
        "sent_on": ["2020-01-03", "2020-01-14"],
        "mailed": [200, 50],
        "redeemed": [20, 0],
    },
    index=[7, 3],
)


def test_rates_by_campaign_and_over_all() -> None:
    rates = redemption_rates(CAMPAIGNS)
    assert (rates.overall.value, rates.overall.n) == (0.08, 250)
    table = rates.table
    assert table["campaign"].tolist() == ["B", "A"]
    assert table["share"].tolist() == [0.1, 0.0]
    low, high = proportion_confint(20, 200, method="wilson")
    assert (table.loc[0, "low"], table.loc[0, "high"]) == pytest.approx((low, high))
    assert table.loc[1, "low"] == 0.0
    assert table.loc[1, "high"] == pytest.approx(proportion_confint(0, 50, method="wilson")[1])


def test_no_campaign_is_not_enough() -> None:
    assert redemption_rates(CAMPAIGNS.iloc[:0]) == NotEnough("redemptions_known", 0, 1)
    refusal = NotEnough("weeks_after", 0, 1)
    assert redemption_rates(refusal) is refusal
