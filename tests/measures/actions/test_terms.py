"""The playbook in numbers."""

from __future__ import annotations

import numpy as np
import pytest

from retention_lib.measures.actions.terms import plan_terms
from retention_lib.settings.models import Economics
from retention_lib.settings.playbook import Playbook

PLAYBOOK = Playbook.model_validate(
    {
        "offers": {"tenth": {"discount": 0.1}, "delivery": {"cost_per_order": 290}},
        "channels": {"sms": {"cost": 4, "most": 500}},
        "scenarios": {
            "birthday": {"offer": "tenth", "window_days": 28, "control_share": 0.3, "most": 100, "campaign_cost": 50},
            "welcome": {"offer": "auto"},
            "reactivation": False,
        },
    }
)


def test_scenarios_come_by_priority_with_the_usual_filled_in() -> None:
    told = plan_terms(PLAYBOOK, Economics())
    rows = told.scenarios.set_index("scenario")
    assert told.scenarios["priority"].is_monotonic_increasing
    assert "reactivation" not in rows.index
    assert rows.loc["birthday", ["offer", "window_days", "control_share", "most", "campaign_cost"]].tolist() == [
        *("tenth", 28, 0.3, 100.0, 50.0)
    ]
    assert rows.loc["rescue", ["offer", "window_days", "control_share", "campaign_cost"]].tolist() == [
        *("none", 21, 0.2, 0.0)
    ]
    assert np.isnan(rows.loc["rescue", "most"])
    assert told.windows == (21, 28)


@pytest.mark.parametrize(("cost", "email"), [(0.5, 0.5), (None, np.nan)])
def test_a_message_costs_what_its_channel_or_the_shop_says(cost: float | None, email: float) -> None:
    told = plan_terms(PLAYBOOK, Economics(contact_cost=cost)).channels.set_index("channel")
    assert told.loc["sms"].tolist() == [4.0, 500.0]
    assert told.loc["email", "cost"] == pytest.approx(email, nan_ok=True)


def test_a_scenario_that_asks_tests_may_make_every_offer() -> None:
    told = plan_terms(PLAYBOOK, Economics())
    assert told.offers["offer"].tolist() == ["none", "delivery", "tenth"]
    assert [pair for pair in told.pairs if pair[0] in {"birthday", "welcome"}] == [
        *(("welcome", "none"), ("welcome", "delivery"), ("welcome", "tenth"), ("birthday", "tenth"))
    ]
    assert told.asking == ("welcome",)
    assert plan_terms(Playbook(), Economics()).asking == ()
