"""What a mailing must bring, and what a test of the next campaigns can show: by hand and by simulation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from models.test_campaign_effects import judged, simulated

from retention_lib.estimates import Estimate, NotAsked, NotEnough
from retention_lib.models.campaign_checks import LevelOverlap, PretendedStart
from retention_lib.models.campaign_effect import CampaignEffect
from retention_lib.models.campaign_effects import all_beside
from retention_lib.models.campaign_payback import CampaignPayback, campaign_payback
from retention_lib.models.campaign_test import planned_test
from retention_lib.models.margins import Margin

NONE = NotEnough("weeks_before_placebo", 5, 7)


def money(low: float, high: float) -> Estimate:
    return Estimate((low + high) / 2, low=low, high=high, level=0.95, n=509)


def effect(low: float, high: float, *, reason: str | None = "effect_not_shown") -> CampaignEffect:
    """Eight weeks of one campaign, with the same interval of money a week on both scales."""
    return CampaignEffect(
        name="8",
        campaigns=("8",),
        relative=Estimate(0.0, low=-0.1, high=0.1, level=0.95, p=0.5, claimed=reason is None, reason=reason),
        money=money(low, high),
        additive=money(low, high),
        treated=509,
        controls=1198,
        weeks_before=12,
        weeks_after=8,
        touched_later=0,
        pretended=PretendedStart(placebo=NONE, anticipation=NONE, weeks=5),
        breakdown=NONE,
        levels=LevelOverlap(overlap=0.5, ratio=2.0),
        unit="household",
        single=True,
    )


def margin(value: float | None, *, source: str | None = "settings") -> Margin:
    whole = None if value is None else Estimate(value)
    return Margin(
        source=source,
        overall=whole,
        first=whole,
        repeat=whole,
        stated=value,
        costed_share=0.0,
        kept=Estimate(1.0),
        customers=100,
        customers_without_net=0,
        groups=pd.DataFrame(),
    )


def told(chosen: CampaignEffect, *, cost: float = 0.5, weeks: int = 8) -> CampaignPayback:
    found = campaign_payback(
        chosen, contact_cost=cost, margin=margin(0.3), weeks=weeks, assumed=["contact_cost", "gross_margin"]
    )
    assert isinstance(found, CampaignPayback)
    return found


def test_a_message_is_paid_by_its_cost_over_the_margin() -> None:
    # 0.50 / 30 % = 1.67 of sales, over eight weeks 0.21 each.
    found = told(effect(-3.41, 1.64))
    assert found.needed == pytest.approx(1.6667, abs=1e-4)
    assert found.needed_weekly == pytest.approx(0.2083, abs=1e-4)
    assert (found.campaign, found.weeks, found.answer, found.unit) == ("8", 8, "open", "household")
    assert (found.cost_assumed, found.margin_assumed) == (True, True)
    assert found.measured.high == 1.64
    assert "needed_weekly" in found.to_frame()["figure"].tolist()


def test_no_more_weeks_count_than_were_compared() -> None:
    assert told(effect(-1, 1), weeks=20).weeks == 8
    assert told(effect(-1, 1), weeks=4).needed_weekly == pytest.approx(0.5 / 0.3 / 4)


@pytest.mark.parametrize(
    ("chosen", "answer"),
    [
        (effect(0.3, 2.0, reason=None), "pays"),
        (effect(0.1, 2.0, reason=None), "open"),
        (effect(-2.0, 0.1), "loses"),
        (effect(-2.0, -0.5, reason=None), "loses"),
        (effect(0.3, 2.0, reason="scales_disagree"), "open"),
        (replace(effect(-2.0, 0.1), money=money(-1.0, 0.5)), "open"),
        (effect(0.3, 2.0, reason="pretrend_rejected"), "unknown"),
        (effect(0.3, 2.0, reason="placebo_rejected"), "unknown"),
        (effect(0.3, 2.0, reason="levels_differ"), "unknown"),
    ],
)
def test_it_pays_or_loses_only_where_both_intervals_lie_on_one_side(chosen: CampaignEffect, answer: str) -> None:
    assert told(chosen).answer == answer


def test_a_refused_comparison_hands_on_no_number() -> None:
    refused = effect(0.3, 2.0, reason="levels_differ")
    assert refused.claimable == NotEnough("levels_differ", 0, 1)
    assert told(refused).measured == NotEnough("levels_differ", 0, 1)
    assert effect(0.3, 2.0).claimable.additive.low == 0.3


def test_a_known_margin_is_not_called_assumed() -> None:
    known = margin(0.3, source="cost")
    found = campaign_payback(effect(-1, 1), contact_cost=0.5, margin=known, weeks=8, assumed=["gross_margin"])
    assert (found.cost_assumed, found.margin_assumed) == (False, False)


@pytest.mark.parametrize(
    ("chosen", "cost", "gross", "expected"),
    [
        (NONE, 0.5, margin(0.3), NONE),
        (effect(-1, 1), None, margin(0.3), NotEnough("contact_cost_known", 0, 1)),
        (effect(-1, 1), 0.5, margin(None, source=None), NotEnough("margin_known", 0, 1)),
        (effect(-1, 1), 0.5, margin(-0.1), NotEnough("margin_known", 0, 1)),
        (effect(-1, 1), 0.5, NONE, NONE),
    ],
)
def test_what_is_not_known_is_said(
    chosen: CampaignEffect | NotEnough, cost: float | None, gross: Margin | NotEnough, expected: NotEnough
) -> None:
    assert campaign_payback(chosen, contact_cost=cost, margin=gross, weeks=8) == expected


def test_the_planned_test_by_hand() -> None:
    # A log error of 0.05 (Student's t, 99 degrees: 1.98422) of 100 against 100: 0.05 / sqrt(0.02) = 0.35355 a unit.
    # A tenth of 100 left alone: 0.35355 / sqrt(100 x 0.09) = 0.11785; times 1.95996 + 0.84162 = 0.33017.
    reach = 1.984217 * 0.05
    found = planned_test(
        Estimate(0.0, low=np.expm1(-reach), high=np.expm1(reach), level=0.95), treated=100, controls=100
    )
    assert (found.units, found.left_alone, found.wanted) == (100, 10, 0.05)
    assert found.detectable == pytest.approx(np.expm1(0.33017), rel=1e-4)
    assert found.detectable_halves == pytest.approx(np.expm1(2.80159 * 0.35355 / 5), rel=1e-4)
    # (2.80159 x 0.35355 / ln 1.05)^2 / 0.09
    assert found.needed == pytest.approx(4580, abs=3)
    assert found.to_frame()["figure"].tolist()[0] == "units"


def test_four_of_five_tests_find_the_detectable_rise() -> None:
    # The error of one comparison of 300 with 300; then tests of 300, 30 of them left alone, with the rise it names. Of
    # 60 tests with a chance of 80 % fewer than 38 or more than 57 find it once in 1000 times.
    before = judged(simulated(np.random.default_rng(70), effects={"a": 0.0}, mailed=300, alone=300, apart=1.0)).overall
    rise = before.planned.detectable
    found = 0
    for seed in range(60):
        rng = np.random.default_rng(700 + seed)
        tested = judged(simulated(rng, effects={"a": rise}, mailed=270, alone=30, apart=1.0)).overall
        found += tested.relative.p < 0.05
    assert 38 <= found <= 57


def test_all_campaigns_stand_beside_one_alone() -> None:
    found = judged(simulated(np.random.default_rng(71), effects={"a": 0.0, "b": 0.0}))
    assert all_beside(found, found.of("c0")) is found.overall
    assert isinstance(all_beside(found, found.of("")), NotAsked)
    assert all_beside(NONE, NONE) is NONE
    assert found.of("c0").single
    assert [check.campaign for check in (found.of("c0").pretended, found.of("c0").levels)] == ["c0", "c0"]
    assert not found.overall.single
    assert found.offers == 2
