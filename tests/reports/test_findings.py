"""Sentences of every kind of result, made from results whose numbers are known by hand."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from reports import accrual_results as rewarded
from reports import actions_judged_results as over
from reports import actions_lists_results as issued
from reports import actions_off_results as left_out
from reports import actions_plan_results as coming
from reports import actions_products_results as goods
from reports import actions_timing_results as timed
from reports import backtest_results as past
from reports import campaign_results as mailed
from reports import cohort_results as won
from reports import effect_results as tested
from reports import experiment_past_results as before
from reports import experiment_plan_results as next_up
from reports import experiment_profit_results as paid
from reports import experiment_uplift_results as moved
from reports import experiment_validity_results as read
from reports import invitation_results as invited
from reports import late_results as delivered
from reports import liability_results as points
from reports import points_results as ledgers
from reports import programme_money_results as earned
from reports import programme_results as joined
from reports import quality_results as checked
from reports import results as made
from reports import risk_results as risky
from reports import spend_results as spent
from reports import test_revenue as revenue
from reports import test_steps as steps
from reports import test_uncertainty as unsure
from reports import test_why as why
from reports import tier_results as tiers
from reports import value_results as worth
from reports import vitals_results as vitals
from reports import where_results as places
from reports import window_results as gone
from reports.results import said

import retention_lib
from retention_lib.estimates import NotEnough
from retention_lib.reports.findings import action, alert, finding, verdict
from retention_lib.reports.reasons import REASONS, reason_sentence
from retention_lib.reports.words import Words
from retention_lib.settings import Economics, StoreSettings
from retention_lib.stores.reconciliation import Reconciliation

WORDS = Words(currency="USD")
HOSTILE = "<script>$x$ \u202e **bold** {n}"
REFUSAL = NotEnough("holdout_customers", 3, 30)

FINDINGS: dict[str, Callable[[], Any]] = {
    "ActionLists": issued.listed,
    "LastMonth": over.month,
    "TrackRecord": over.record,
    "ListedTerms": over.terms,
    "OpenLists": over.still_open,
    "ScenarioDecisions": over.decisions,
    "OfferGains": over.gains,
    "ScenariosOff": left_out.off,
    "MonthRetention": made.retention,
    "MonthlyFlows": made.monthly_flows,
    "VitalSigns": vitals.signs,
    "SecondPurchases": vitals.second,
    "LapseWindow": made.window,
    "LapseCurve": made.curve,
    "ReturnChance": made.returns,
    "WindowGroups": gone.groups,
    "ReturnsByPurchases": gone.grid,
    "RetentionDefinitions": gone.definitions,
    "Staying": gone.who_stays,
    "SegmentRates": made.segments,
    "WhereRates": places.rates,
    "RfmGroups": places.groups,
    "RfmMigration": places.migration,
    "StayersAndLeavers": places.habits,
    "ContactFatigue": places.fatigue,
    "PastTests": before.past,
    "CampaignsTogether": before.together,
    "Effects": tested.found,
    "Validity": read.broken,
    "Sequential": read.looks,
    "Lasting": read.lasting,
    "Guardrails": tested.kept,
    "CappedEffects": tested.capped,
    "Traps": tested.trapped,
    "NaiveDifference": made.naive,
    "EventStudy": made.study,
    "RedemptionRates": made.redemptions,
    "CampaignEffects": mailed.by_type,
    "GapAndEffect": mailed.beside,
    "CampaignPayback": mailed.payback,
    "CohortTriangles": won.cohorts,
    "CohortValue": won.earned,
    "CohortMatrix": won.matrix,
    "CohortCalendar": won.calendar,
    "CohortChange": won.change,
    "AcquisitionCost": won.cost,
    "Payback": won.paid,
    "GroupValues": won.groups,
    "IncomeValue": won.income,
    "Tracking": made.tracked,
    "PurchaseModel": made.model,
    "SpendModel": made.spend_model,
    "SpendForecast": spent.by_frequency,
    "Margin": spent.margin,
    "BaseValue": worth.base,
    "ValueBy": worth.groups,
    "Concentration": worth.carried,
    "ValueAtStake": worth.stakes,
    "NewCustomer": worth.newcomer,
    "NewCustomersBy": worth.newcomers,
    "ValueAgainstCost": worth.against,
    "CostsBy": worth.costs,
    "TopCustomers": worth.top,
    "MergeReport": made.merging,
    "RowCounts": checked.counts,
    "RuleCounts": checked.rules,
    "SalesCalendar": checked.calendar,
    "Outliers": checked.large_orders,
    "DominantCustomer": checked.dominant,
    "LookAlikes": checked.alike,
    "OrphanIds": checked.orphans,
    "Sufficiency": checked.enough,
    "ShopShape": checked.shape,
    "LateDelivery": delivered.late,
    "HazardRatios": delivered.hazard,
    "StepSurvival": steps.leaving,
    "AliveBands": steps.alive,
    "BreakEvenByBand": steps.needed,
    "RevenueChange": lambda: revenue.RISEN,
    "RevenueByKind": lambda: revenue.RISEN.kinds,
    "FirstOrderExperience": why.varied,
    "ReasonsToLeave": lambda: why.reasons(why.BAD, why.ALIKE),
    "Funnel": why.funnel,
    "ChurnRisk": risky.risk,
    "Importance": risky.important,
    "ProfitAtStake": risky.stakes,
    "Backtest": past.tried,
    "PastForecasts": past.past,
    "FrequencyCalibration": past.calibrated,
    "SeasonalIndex": past.season,
    "Spread": unsure.spread,
    "FitChecks": past.checks,
    "LastMonthForecast": past.last_month,
    "ProgrammeCosts": earned.costs,
    "ProgrammeProfit": earned.profit,
    "ProgrammeKinds": earned.kinds,
    "InvitationEffect": invited.effect,
    "ProgrammeEffect": joined.effect,
    "GapBeside": joined.beside,
    "MemberGap": joined.gap,
    "SegmentEffects": joined.segments,
    "Twins": joined.twins,
    "Redemption": points.redemption,
    "PointsLiability": points.owed,
    "SmallestReward": rewarded.reward,
    "AccrualSpeed": rewarded.speed,
    "RateProposals": rewarded.proposals,
    "GiftTest": rewarded.gift_test,
    "PointGrants": rewarded.grants,
    "ReferralValue": rewarded.referral,
    "NextSteps": made.proposals,
    "ContactList": made.listed,
    "PointsLedger": ledgers.ledger,
    "OpenPoints": ledgers.open_points,
    "TierTable": tiers.tiers,
    "TierMigration": tiers.moves,
    "TierBehaviour": tiers.behaviour,
    "Profits": paid.earned,
    "ProfitParts": paid.parts,
    "SubsidyShares": paid.subsidy,
    "OfferSegments": moved.segments,
    "GainCurves": moved.curves,
    "OfferPolicy": moved.policy,
    "OfferedGroups": moved.groups,
    "LeftAlone": moved.alone,
    "TestPlan": next_up.plan,
    "Eligible": next_up.eligible,
    "AssignmentList": next_up.listed,
    "Decision": next_up.ship,
    "ProductPairs": goods.pairs,
    "ProductIntervals": goods.intervals,
    "HitRates": goods.rates,
    "BuyingHours": timed.when,
    "Habits": timed.own_hours,
    "Stages": timed.standing,
    "NextOrders": timed.expected,
    "SendPlan": timed.planned,
    "NotEnough": lambda: REFUSAL,
    "Plan": coming.paying,
    "PlanSteps": coming.steps,
    "Overlap": coming.overlap,
    "ListPower": coming.power,
    "LearnedOffers": coming.learned_offers,
}
CHARTED = {
    *("LastMonth", "TrackRecord", "OfferGains"),
    *("Plan", "PlanSteps", "ListPower"),
    *("ProductPairs", "ProductIntervals", "HitRates"),
    *("BuyingHours", "Habits", "Stages"),
    *("Profits", "ProfitParts", "SubsidyShares"),
    *("OfferSegments", "GainCurves", "OfferPolicy"),
    *("PastTests", "CampaignsTogether"),
    "LateDelivery",
    "RateProposals",
    "InvitationEffect",
    *(
        "SecondPurchases",
        "MonthlyFlows",
        "LapseCurve",
        "SegmentRates",
        "Effects",
        "Traps",
        "Sequential",
        "Lasting",
    ),
    *("StepSurvival", "RevenueChange", "RevenueByKind", "FirstOrderExperience", "ReasonsToLeave", "Funnel"),
    *("ChurnRisk", "Importance", "ProfitAtStake"),
    *("BaseValue", "ValueBy", "Concentration", "NewCustomersBy"),
    *("PastForecasts", "FrequencyCalibration", "SeasonalIndex"),
    *("WhereRates", "RfmGroups", "RfmMigration", "ContactFatigue"),
    *("CohortMatrix", "CohortCalendar", "Payback", "GroupValues"),
    *("ReturnsByPurchases", "RetentionDefinitions", "Staying"),
    *("ProgrammeProfit", "ProgrammeKinds"),
    *("ProgrammeEffect", "GapBeside", "SegmentEffects", "Twins"),
    *("Redemption", "PointsLiability", "PointsLedger"),
    *("TierMigration", "TierBehaviour"),
    *("CampaignEffects", "GapAndEffect"),
    "TestPlan",
    *("EventStudy", "RedemptionRates", "CohortTriangles", "CohortValue", "Tracking", "SalesCalendar", "ShopShape"),
}


def reconciliation(*, rejected: int = 0, money: bool = True) -> Reconciliation:
    kept = 100 - rejected
    amounts = [Decimal(1000), Decimal(10 * kept), Decimal(10 * rejected), Decimal(0)] if money else [None] * 4
    return Reconciliation(
        table="transactions",
        rows_in=100,
        rows_kept=kept,
        rows_rejected=rejected,
        rows_merged=0,
        amount_in=amounts[0],
        amount_kept=amounts[1],
        amount_rejected=amounts[2],
        amount_merged=amounts[3],
        reasons=(),
    )


ALERTS: dict[str, Callable[[], Any]] = {
    "ActionLists": issued.changed,
    "Judged": over.everything,
    "HitRates": goods.rates,
    "Habits": timed.own_hours,
    "NextOrders": timed.expected,
    "LateDelivery": delivered.late,
    "RateProposals": rewarded.proposals,
    "InvitationEffect": invited.effect,
    "InvitationsFound": invited.found,
    "RandomBalance": invited.balance,
    "LapseWindow": made.window,
    "SegmentRates": made.segments,
    "WhereRates": places.rates,
    "SampleRatio": made.split,
    "MixedUnits": made.mixed,
    "PastTests": before.past,
    "CampaignsTogether": before.together,
    "EffectPrecision": tested.adjusted,
    "Validity": read.interim,
    "Check": read.check,
    "MergeReport": made.merging,
    "OtherContacts": made.others,
    "CampaignEffects": mailed.by_type,
    "CampaignEffect": mailed.effect,
    "PretendedStart": mailed.pretended,
    "TrendBreakdown": mailed.breakdown,
    "LevelOverlap": mailed.levels,
    "Spread": unsure.spread,
    "Backtest": past.tried,
    "FitChecks": past.checks,
    "LastMonthForecast": past.last_month,
    "SpendForecast": spent.by_frequency,
    "Margin": spent.margin,
    "Reconciliation": reconciliation,
    "Economics": lambda: Economics(gross_margin=0.3),
    "StoreSettings": lambda: StoreSettings(dataset="cdnow"),
    "RefusedTable": checked.refused,
    "AnonymousSales": checked.anonymous,
    "FutureRows": checked.future,
    "RepeatedRows": checked.repeats,
    "SalesCalendar": checked.calendar,
    "LastMonth": checked.last_month,
    "Outliers": checked.large_orders,
    "DominantCustomer": checked.dominant,
    "NegativeCustomers": checked.negative,
    "LookAlikes": checked.alike,
    "OrphanIds": checked.orphans,
    "ReusedOrders": checked.reused,
    "InOrder": checked.in_order,
    "ReportSufficiency": checked.value_report,
    "ForecastHorizon": checked.horizon,
    "ChurnRisk": risky.risk,
    "AliveBands": steps.alive,
    "ProgrammeProfit": earned.unsure,
    "Profits": paid.earned,
    "JoiningCheck": joined.check,
    "Twins": joined.twins,
    "Redemption": points.redemption,
    "PointsLedger": ledgers.ledger,
    "TestPlan": next_up.plan,
    "Eligible": next_up.eligible,
    "NotEnough": lambda: REFUSAL,
    "Plan": coming.limited,
    "ListPower": coming.small_power,
    "Base": coming.known_base,
}
ACTIONS: dict[str, Callable[[], Any]] = {
    "ScenarioDecisions": over.decisions,
    "BreakEven": made.winback,
    "LateDelivery": delivered.late,
    "RateProposals": rewarded.proposals,
    "GiftTest": rewarded.gift_test,
    "ReasonsToLeave": lambda: why.reasons(why.BAD, why.ALIKE),
    "CampaignEffects": mailed.by_type,
    "InvitationEffect": invited.effect,
    "NextTier": tiers.near,
    "CostCeiling": won.ceiling,
    "GroupValues": won.groups,
    "PriceLimit": worth.limits,
    "UnpaidGroup": worth.unpaid,
    "ProgrammeProfit": earned.profit,
    "Profits": paid.earned,
    "OfferPolicy": moved.policy,
    "LeftAlone": moved.alone,
    "ProgrammeKinds": earned.kinds,
    "RefusedTable": checked.refused,
    "ReportSufficiency": checked.value_report,
    "DominantCustomer": checked.dominant,
    "RepeatedRows": checked.repeats,
    "LookAlikes": checked.alike,
    "OrphanIds": checked.orphans,
    "ReusedOrders": checked.reused,
    "TestPlan": next_up.of_profit,
    "AssignmentList": next_up.listed,
    "Decision": next_up.ship,
    "PlannedList": coming.to_send,
}
UNPAID = {"RefusedTable", "ReportSufficiency", "DominantCustomer", "RepeatedRows", "LookAlikes"}
UNPAID |= {"OrphanIds", "ReusedOrders", "AssignmentList"}
VERDICTS: dict[str, tuple[Callable[[], Any], dict[str, Any]]] = {
    "LastMonth": (over.month, {}),
    "Validity": (read.broken, {}),
    "MonthRetention": (made.retention, {"change": REFUSAL, "returns": REFUSAL}),
    "CampaignEffects": (mailed.by_type, {"naive": REFUSAL, "chosen": REFUSAL}),
    "InvitationEffect": (invited.effect, {}),
    "ProgrammeEffect": (joined.effect, {"gap": REFUSAL, "profit": REFUSAL}),
    "BaseValue": (worth.base, {"newcomer": REFUSAL, "against": REFUSAL, "record": REFUSAL, "last_month": REFUSAL}),
    "Sufficiency": (checked.enough, {"quality": checked.quality()}),
    "TestPlan": (next_up.plan, {}),
    "Decision": (next_up.ship, {}),
    "NotEnough": (lambda: REFUSAL, {"holdout": REFUSAL}),
    "Plan": (coming.paying, {}),
}


def digits(text: str) -> bool:
    return any(letter.isdigit() for letter in text)


@pytest.mark.parametrize(
    ("register", "tested"), [(finding, FINDINGS), (alert, ALERTS), (action, ACTIONS), (verdict, VERDICTS)]
)
def test_every_registered_kind_has_a_result_here(register: Any, tested: dict[str, Any]) -> None:
    assert {kind.__name__ for kind in register.registry} - {"object"} == set(tested)


@pytest.mark.parametrize("kind", FINDINGS)
def test_every_finding_has_numbers_and_no_open_placeholder(kind: str) -> None:
    result = FINDINGS[kind]()
    found = finding(result, WORDS)
    assert digits(found.sentence)
    assert not any(set("{}") & set(text) for text in (found.sentence, found.alt, found.caption))
    assert "nan" not in said(f"{found.sentence} {found.alt} {found.caption}").split()
    assert digits(found.alt) == digits(found.caption) == (kind in CHARTED)


@pytest.mark.parametrize("kind", ALERTS)
def test_every_alert_has_a_title_and_a_sentence(kind: str) -> None:
    found = alert(ALERTS[kind](), WORDS)
    assert found.title.endswith(".")
    assert found.sentence.endswith((".", "?"))


@pytest.mark.parametrize("kind", sorted(set(ACTIONS) - UNPAID))
def test_every_action_has_facts_with_numbers(kind: str) -> None:
    found = action(ACTIONS[kind](), WORDS)
    assert found.facts
    assert digits("".join(text for _, text in found.facts))
    assert digits(f"{found.title}{found.note}") or kind == "CampaignEffects"


@pytest.mark.parametrize("kind", VERDICTS)
def test_every_verdict_speaks_when_its_further_results_are_missing(kind: str) -> None:
    build, context = VERDICTS[kind]
    found = verdict(build(), WORDS, **context)
    assert digits(found.sentence)
    assert "NotEnough" not in found.sentence


@pytest.mark.parametrize("says", [finding, verdict, alert, action])
def test_what_nobody_wrote_a_sentence_for_is_refused(says: Any) -> None:
    with pytest.raises(TypeError, match="is written for int"):
        says(3, WORDS)


# Retention and churn


@pytest.mark.parametrize(
    ("back", "base"),
    [
        (185, "the active base shrank by 23, from 2,037 to 2,014"),
        (208, "the active base stayed at 2,037"),
        (218, "the active base grew by 10, from 2,037 to 2,047"),
    ],
)
def test_flows_say_where_the_base_went(back: int, base: str) -> None:
    rows = [*made.SILENCES[:6], ("2017-12", 29, 28, back), *made.SILENCES[7:]]
    found = finding(made.monthly_flows(rows), WORDS)
    assert said(found.sentence) == (
        f"In December 2017 214 went quiet, {back} came back and 6 were new: {base}. 11 more came and went inside the "
        "month."
    )
    assert "between 194 and 214 customers went quiet" in said(found.alt)


def test_a_base_seen_from_its_first_month_on_has_not_grown() -> None:
    found = said(finding(made.monthly_flows([("2017-12", None, 5, 40)]), WORDS).sentence)
    assert found == (
        "In December 2017 0 went quiet, 0 came back and 40 were new: nobody was active when it began and 40 when it "
        "ended."
    )


def test_a_lapse_curve_names_the_window_used_and_the_ends() -> None:
    # 14 days: 1,823 active, none lapses; 60 days: 2,037 + 185 + 11 active, none lapses.
    found = finding(made.curve(), WORDS)
    assert "with the 28 days used here it is 10.5%" in said(found.sentence)
    assert "(n = 2,037 under the window used)" in said(found.caption)


def test_a_window_says_whom_it_cannot_judge() -> None:
    # 25 gaps of 7 and 15 of 28 days: median 7, 80th percentile 28; 60 of 100 customers have too few gaps.
    found = said(finding(made.window(), WORDS).sentence)
    assert "a silence of 7 days is unusual for half of them and 28 days for four in five" in found
    assert "60 of 100 customers (60.0%)" in found
    assert alert(made.window(), WORDS).level == "warn"
    assert alert(made.window(known=50), WORDS).level == "ok"


def test_the_silent_are_called_quiet_only_where_most_return() -> None:
    # Wilson's interval of 60 in 100 is 50.2 to 69.1 (statsmodels).
    most, few = (said(finding(made.returns(back=back), WORDS).sentence) for back in (60, 30))
    assert "Of 100 customers silent for more than 28 days on 1 October 2017, 60% (50.2% to 69.1%) bought again" in most
    assert "so this page calls them quiet (overdue), not lapsed." in most
    assert "Most of the silent do not come back, so this page calls them lapsed." in few


def test_segments_name_the_highest_and_the_lowest() -> None:
    found = finding(made.segments(), WORDS)
    assert said(found.sentence) == (
        "The share lost is highest in south (20.0% of 1,000) and lowest in north (10.0% of 1,000); 2 of 3 segments "
        "differ from the rest by more than chance. That is where they leave, not yet why."
    )
    assert "4 segments, 2,412 customers" in said(found.caption)
    assert said(alert(made.segments(), WORDS).sentence).startswith("1 group has fewer than 30 customers")


def test_one_group_and_no_comparison_are_said_as_such() -> None:
    one = made.segments(("only", 40, 0), ("few", 3, 1))
    assert said(finding(made.segments(("only", 40, 0)), WORDS).caption) == (
        "1 segment, 40 customers counted; bars: 95% intervals."
    )
    assert said(alert(one, WORDS).sentence) == "1 group has fewer than 30 customers; it is grey and not judged."
    whole = alert(made.segments(("north", 1000, 100), ("south", 1000, 200)), WORDS)
    assert (whole.level, said(whole.sentence)) == ("ok", "Every group has at least 30 customers.")


def test_segments_that_do_not_differ_are_not_ranked() -> None:
    found = said(finding(made.segments(("a", 100, 10), ("", 100, 11)), WORDS).sentence)
    assert found == (
        "Losses run from 10.0% (a) to 11.0% (not stated), but no segment differs from the rest by more than chance."
    )


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([("a", 29, 3), ("b", 12, 3)], "No segment is large enough to compare: each has fewer than 30."),
        (
            [("a", 2000, 3), ("b", 12, 3)],
            "Only one segment has 30 customers or more, so there is none to compare it with.",
        ),
        ([("a", 2000, 3)], "Only one segment has 30 customers or more, so there is none to compare it with."),
    ],
)
def test_segments_too_few_to_compare_say_so(rows: list[tuple[str, int, int]], sentence: str) -> None:
    found = finding(made.segments(*rows), WORDS)
    assert said(found.sentence) == sentence
    assert digits(found.alt)


@pytest.mark.parametrize(
    ("contact_cost", "pays"),
    [
        (0.5, "if it brings back 5 customers more than come by themselves (1 in 50)"),  # 25 / 0.5
        (0.0, "with any lift: a contact costs nothing"),
        (20.0, "not at this cost: even bringing everyone back would not cover it"),  # 80 % on top of 50 %
    ],
)
def test_a_winback_says_when_it_pays(contact_cost: float, pays: str) -> None:
    found = action(made.winback(contact_cost=contact_cost), WORDS)
    assert dict(found.facts)["Pays"] == pays
    assert "444" in said(found.title)
    assert not found.tested


def test_a_winback_of_a_few_customers_is_not_sold_as_a_test() -> None:
    assert "cannot show any lift" in str(action(made.winback(customers=4), WORDS).note)


# Campaign tests


def test_a_broken_split_forbids_any_call() -> None:
    # 100 of 500 expected in each arm: 2 x 100 x 100 / 500 = 40
    stop = alert(made.split(none=600, mail=400), WORDS)
    assert stop.level == "stop"
    assert "chi-squared 40.000, p below 0.001" in said(stop.sentence)


def test_a_sound_split_is_fine() -> None:
    # 5 of 1,005 expected in each arm: 2 x 25 / 1,005
    found = alert(made.split(), WORDS)
    assert (found.level, said(found.sentence)) == (
        "ok",
        "The arms have the planned sizes (chi-squared 0.050, p 0.823; 2,010 customers).",
    )


# Loyalty


def test_a_drift_before_the_start_withholds_the_number() -> None:
    study = made.study(trend=4.0)
    assert study.did_effect.p < 0.05  # without the check it would be claimed
    found = said(finding(study, WORDS).sentence)
    assert "what it did cannot be told" in found
    assert "$" not in found


def test_a_study_says_when_it_counts_newcomers_and_what_chance_can_do() -> None:
    assert "Chance alone can do that." in said(finding(made.study(), WORDS).sentence)
    assert "Chance" not in said(finding(made.study(effect=8.0), WORDS).sentence)
    named = replace(made.study(), campaign="8", newcomers=True)
    assert "From the start of campaign 8 on" in said(finding(named, WORDS).sentence)
    assert "first bought after the comparison had begun" in said(finding(named, WORDS).sentence)
    assert "first bought" not in said(finding(made.study(), WORDS).sentence)


def test_an_event_study_counts_its_weeks_and_leaves_the_reference_out_of_the_differences() -> None:
    study = made.study()
    found = finding(study, WORDS)
    assert said(found.caption).startswith("40 mailed and 80 unmailed households, 10 weeks;")
    leads = study.effects.loc[study.effects["week"].between(-6, -2), "effect"]
    low, high = (f"{'-' if bound < 0 else ''}${abs(bound):.2f}" for bound in (leads.min(), leads.max()))
    assert f"differences of {low} to {high}, as chance makes them" in said(found.sentence)


def test_other_mail_is_counted_with_the_effect_without_it() -> None:
    none, some, most = (alert(made.others(touched=touched), WORDS) for touched in (0, 5, 30))
    assert (none.level, some.level, most.level) == ("ok", "warn", "warn")
    effect = made.others(touched=5).effect_without
    assert said(some.sentence).startswith("Of 40 households mailed by the campaign, another campaign reached 5 before")
    assert f"the change is ${effect.value:.2f} a household-week" in said(some.sentence)
    assert said(most.sentence).endswith("reached 30 before the comparison ended; too few are left without them.")
    drifting = replace(made.others(touched=5), effect_without=replace(effect, reason="pretrend_rejected"))
    assert "without them the groups were drifting apart before the start" in said(alert(drifting, WORDS).sentence)


def test_a_naive_gap_is_not_called_an_effect() -> None:
    assert said(finding(made.naive(), WORDS).sentence) == (
        "In the weeks after, mailed households spent $50.00 a week and the others $17.00: a gap of $33.00 that says "
        "who was mailed, not what the mail did."
    )


def test_redemptions_name_the_best_and_the_worst_campaign() -> None:
    # 50 of 200 and 30 of 300: 80 of 500 in all.
    assert said(finding(made.redemptions(), WORDS).sentence).startswith(
        "Over 2 campaigns 16.0% of those mailed used a coupon, from 10.0% (campaign 13) to 25.0% (campaign 8)."
    )


# Value


def test_tracking_says_what_was_made_and_what_was_expected() -> None:
    tracked = made.tracked(repeats=90)
    expected = tracked.table.loc[tracked.table["holdout"], "expected"].sum()
    found = said(finding(tracked, WORDS).sentence)
    assert found.startswith("Over the 2 full weeks it had not seen, the line rises by 90;")
    assert f"expects {expected:.0f}." in found


def test_tracking_of_a_holdout_without_a_purchase_says_none() -> None:
    assert "the line rises by 0;" in said(finding(made.tracked(repeats=0), WORDS).sentence)


def test_models_show_their_parameters() -> None:
    assert said(finding(made.model(), WORDS).sentence) == (
        "MBG/NBD, fitted on 4,321 customers: r 0.5000, alpha 20.0000, a 1.5000, b 2.0000; log-likelihood -1,234.5."
    )
    assert "fitted on 946 repeat buyers: p 6.000, q 4.000, v 20.000" in said(
        finding(made.spend_model(), WORDS).sentence
    )


# Data


def test_rows_set_aside_are_counted_with_their_money() -> None:
    found = alert(reconciliation(rejected=4), WORDS)
    assert (found.level, said(found.sentence)) == (
        "warn",
        "100 rows of transactions with $1,000.00: 96 used ($960.00), 4 set aside ($40.00), 0 repeated rows dropped "
        "($0.00).",
    )
    assert alert(reconciliation(), WORDS).level == "ok"
    assert "$" not in alert(reconciliation(money=False), WORDS).sentence


@pytest.mark.parametrize(
    ("facts", "level", "sentence"),
    [
        ({"gross_margin": 0.3, "contact_cost": 0.5}, "ok", "No margin and no cost is assumed."),
        (
            {"gross_margin": 0.3, "contact_cost": 0.5, "assumptions": ["gross_margin", "contact_cost"]},
            "warn",
            "Assumed, not known: gross margin 30% and cost of a contact $0.50.",
        ),
        ({}, "warn", "Not in the parameter file: gross margin and cost of a contact."),
    ],
)
def test_assumed_and_missing_money_facts_are_said(facts: dict[str, Any], level: str, sentence: str) -> None:
    found = alert(Economics(**facts), WORDS)
    assert found.level == level
    assert said(found.sentence).startswith(sentence)


# Refusals


@pytest.mark.parametrize("reason", sorted(REASONS))
def test_every_reason_is_said_by_finding_verdict_and_alert(reason: str) -> None:
    refusal = NotEnough(reason, 1234.5, 30)
    sentence = said(reason_sentence(refusal, WORDS))
    assert sentence.endswith(".")
    assert ("1,234.50" in sentence) == ("{have}" in REASONS[reason])
    assert said(finding(refusal, WORDS).sentence) == sentence
    assert said(verdict(refusal, WORDS, change=refusal, returns=refusal).sentence) == sentence
    assert verdict(refusal, WORDS).status == "unknown"
    assert (said(alert(refusal, WORDS).sentence), alert(refusal, WORDS).level) == (sentence, "warn")


def test_a_reason_nobody_wrote_a_sentence_for_still_has_its_numbers() -> None:
    assert said(reason_sentence(NotEnough("new_reason", 2, 5), WORDS)) == (
        "There is not enough data for this answer: it needs 5, there are 2."
    )


def reasons_of(module: Path) -> set[str]:
    """The codes a module may refuse with: a `NotEnough`'s own, or those in its function where a name holds it."""
    tree = ast.parse(module.read_text(encoding="utf-8"))
    found: set[str] = set()
    for function in [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]:
        for call in ast.walk(function):
            if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "NotEnough"):
                continue
            code = call.args[0]
            if isinstance(code, ast.Constant):
                found.add(str(code.value))
            else:
                pairs = [node.elts for node in ast.walk(function) if isinstance(node, ast.Tuple)]
                first = [part for pair in pairs for part in pair if isinstance(part, ast.Constant)]
                found |= {part.value for part in first if isinstance(part.value, str)}
    return found


@pytest.mark.parametrize(
    ("room", "some"),
    [
        ("measures", {"held_out_dated", "points_known", "experiment_assigned"}),
        ("models", {"customers_with_three_gaps", "households_treated", "customers_control", "weeks_before"}),
        ("workbench", {"identities_known", "month_whole"}),
    ],
)
def test_every_reason_a_room_may_give_has_a_sentence(room: str, some: set[str]) -> None:
    modules = sorted((Path(str(retention_lib.__file__)).parent / room).rglob("*.py"))
    found = set().union(*(reasons_of(module) for module in modules))
    assert some <= found
    assert found - set(REASONS) == set()


def test_every_sentence_has_a_reason_that_somebody_gives() -> None:
    library = Path(str(retention_lib.__file__)).parent
    texts = [
        file.read_text() for room in ("measures", "models", "workbench") for file in (library / room).rglob("*.py")
    ]
    assert {code for code in REASONS if not any(f'"{code}"' in text for text in texts)} == set()


# Names from data


def test_hostile_names_stay_text_in_sentences() -> None:
    rates = made.segments((HOSTILE, 1000, 100), ("south", 1000, 200))
    effects = tested.found(tested.sums(none=5.0, **{HOSTILE: 6.0}))
    sentences = [
        finding(rates, WORDS).sentence,
        finding(rates, WORDS).alt,
        finding(effects, WORDS).sentence,
    ]
    for sentence in sentences:
        assert "<script>$x$  **bold** {n}" in sentence
        assert "\u202e" not in sentence
        assert "\ue000bold" not in sentence  # stars of a value are no emphasis
