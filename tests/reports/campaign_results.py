"""Results about coupon campaigns, with numbers by hand, for sentences and charts."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.campaign_checks import LevelOverlap, PretendedStart, TrendBreakdown
from retention_lib.models.campaign_effect import CampaignEffect
from retention_lib.models.campaign_effects import CampaignEffects, GapAndEffect
from retention_lib.models.campaign_payback import CampaignPayback
from retention_lib.models.impact import NaiveDifference


def estimate(
    value: float, low: float, high: float, p: float = 0.4, *, reason: str | None = "effect_not_shown"
) -> Estimate:
    return Estimate(value, low=low, high=high, level=0.95, n=711, p=p, claimed=reason is None, reason=reason)


def pretended(p: float = 0.6) -> PretendedStart:
    return PretendedStart(
        placebo=estimate(-0.021, -0.105, 0.071, p), anticipation=estimate(0.03, -0.04, 0.11, 0.4), weeks=5
    )


def expected() -> PretendedStart:
    """Customers knew of the campaign before it began."""
    return replace(pretended(), anticipation=estimate(0.09, 0.02, 0.17, 0.01))


def untried() -> PretendedStart:
    return replace(pretended(), placebo=NotEnough("weeks_before_placebo", 5, 7))


def breakdown(times: float = 0.0, *, p: float = 0.4) -> TrendBreakdown:
    return TrendBreakdown(breakdown=times, largest=0.063, pretrend_p=p, weeks=4)


def levels(overlap: float = 0.57) -> LevelOverlap:
    return LevelOverlap(overlap=overlap, ratio=2.3)


def effect(name: str = "", *, reason: str | None = "effect_not_shown", unit: str = "household") -> CampaignEffect:
    sign = 1 if reason is None else -1
    p = 0.003 if reason in (None, "scales_disagree") else 0.4
    return CampaignEffect(
        name=name,
        campaigns=("8", "13"),
        relative=estimate(sign * 0.066, *sorted((sign * 0.01, sign * 0.122)), p, reason=reason),
        money=estimate(sign * 3.0, *sorted((sign * 0.3, sign * 5.87)), p, reason=reason),
        additive=estimate(
            sign * 1.18, *sorted((sign * 0.2, sign * 3.1)), 0.004 if reason is None else 0.3, reason=reason
        ),
        treated=711,
        controls=946,
        weeks_before=12,
        weeks_after=8,
        touched_later=79,
        pretended=pretended(),
        breakdown=breakdown(1.4 if reason is None else 0.0),
        levels=levels(),
        unit=unit,
    )


def effects(*named: CampaignEffect, used: float | None = 0.16, unit: str = "household") -> CampaignEffects:
    """The effects of some types, with one too rare to judge, and of all."""
    overall = effect(unit=unit)
    few = {"everything": False, "few": True, "name": "rare", "campaigns": 1, "treated": 12, "controls": 900}
    rows = [{"everything": False, "few": False, **each.row()} for each in named]
    rows += [{**few, "claimed": False, "reason": "households_treated"}] if named else []
    table = pd.DataFrame([*rows, {"everything": True, "few": False, **overall.row()}])
    shares = [None if used is None else used / (place + 1) for place in range(len(table))]
    table = table.assign(used=pd.Series(shares, dtype=float), mailed=3_647, redeemed=604)
    table = table.assign(used_low=table["used"] * 0.9, used_high=table["used"] * 1.1)
    return CampaignEffects(table=table, types=named, by_campaign=(), overall=overall, unit=unit)


def by_type() -> CampaignEffects:
    return effects(effect("Type A", reason="scales_disagree"), effect("Type B"))


def raised() -> CampaignEffects:
    return effects(effect("gift", reason=None), effect("letter"))


def naive(gap: float = 31.75) -> NaiveDifference:
    difference = Estimate(
        gap, low=gap - 3, high=gap + 3, level=0.95, n=2_469, p=0.0001, claimed=False, reason="selection"
    )
    return NaiveDifference(
        treated_mean=17.42 + gap,
        control_mean=17.42,
        difference=difference,
        treated=1_419,
        controls=1_050,
        unit="household",
    )


def beside(gap: float = 31.75, *, unit: str = "household") -> GapAndEffect:
    return GapAndEffect(naive=naive(gap), effect=effect(unit=unit))


def payback(answer: str = "open", **fields: object) -> CampaignPayback:
    """A mailing at half a dollar and a margin of 30 %, over eight weeks."""
    stated = {
        "campaign": "8",
        "contact_cost": 0.5,
        "cost_assumed": True,
        "margin": 0.3,
        "margin_assumed": True,
        "weeks": 8,
        "needed": 0.5 / 0.3,
        "needed_weekly": 0.5 / 0.3 / 8,
        "measured": estimate(-0.89, -3.41, 1.64),
        "answer": answer,
        "unit": "household",
    }
    return CampaignPayback(**{**stated, **fields})
