"""What the loyalty report says about coupon campaigns."""

from __future__ import annotations

import pytest
from reports import campaign_results as mailed
from reports.results import said

from retention_lib.estimates import NotEnough
from retention_lib.models.campaign_effect import REFUSED
from retention_lib.models.campaign_effects import CampaignEffects
from retention_lib.reports.findings import action, alert, finding, verdict
from retention_lib.reports.findings.campaign_effects import WHY_NOT
from retention_lib.reports.tables import shown_table
from retention_lib.reports.words import Words

WORDS = Words(currency="USD")
MISSING = NotEnough("customers_control", 0, 2)
STRONG = mailed.estimate(0.3, 0.2, 0.4, 0.001, reason="pretrend_rejected")


def test_the_verdict_sets_the_plain_gap_beside_an_effect_that_is_not_shown() -> None:
    found = verdict(mailed.by_type(), WORDS, naive=mailed.naive())
    text = said(found.sentence)
    assert found.status == "watch"
    assert "No campaign is shown to change what households buy" in text
    assert "changed by -$1.18 a household-week (-$3.10 to -$0.20)" in text
    assert "Mailed households spend $49.17 a week and the others $17.42" in text
    assert "says who was mailed, not what the mail did" in text


def test_the_verdict_can_be_about_one_campaign() -> None:
    text = said(verdict(mailed.by_type(), WORDS, naive=MISSING, chosen=mailed.effect("8")).sentence)
    assert "when campaign 8 began" in text
    assert "$49.17" not in text


@pytest.mark.parametrize("reason", REFUSED)
def test_a_comparison_that_fails_its_checks_shows_no_number_as_an_effect(reason: str) -> None:
    chosen = mailed.replace(mailed.effect("8", reason=reason), single=True)
    found = verdict(mailed.by_type(), WORDS, naive=MISSING, chosen=chosen)
    assert found.status == "unknown"
    assert said(found.sentence) == f"What campaign 8 did cannot be told: {said(WHY_NOT[reason])}."
    beside = finding(mailed.replace(mailed.beside(), effect=chosen), WORDS)
    assert "1.18" not in said(f"{beside.sentence} {beside.alt}")
    each = mailed.effects(mailed.effect("a", reason=reason), mailed.effect("b", reason=reason))
    told = finding(each, WORDS)
    assert "What campaigns did cannot be told for any type (2 compared)" in said(told.sentence)
    assert "6.6%" not in said(f"{told.sentence} {told.alt}")


def test_types_that_fail_their_checks_are_not_the_nearest() -> None:
    refused = mailed.replace(mailed.effect("drifting", reason="pretrend_rejected"), relative=STRONG)
    text = said(finding(mailed.effects(refused, mailed.effect("calm")), WORDS).sentence)
    assert "Nearest to it is calm" in text


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("open", "Whether it pays is open: at $0.50 a mailing (assumed), $0.21 a week more would be enough."),
        ("pays", "It pays: at $0.50 a mailing (assumed), $0.21 a week more is enough."),
        ("loses", "It does not pay: at $0.50 a mailing (assumed), it takes $0.21 a week more."),
        ("unknown", "Whether it pays is not known: at $0.50 a mailing (assumed), it takes $0.21 a week more."),
    ],
)
def test_the_verdict_says_whether_a_mailing_pays(answer: str, words: str) -> None:
    payback = mailed.payback(answer)
    chosen = mailed.effect("8")
    assert words in said(verdict(mailed.by_type(), WORDS, naive=MISSING, chosen=chosen, payback=payback).sentence)
    assert "pays" not in said(verdict(mailed.by_type(), WORDS, naive=MISSING, payback=MISSING).sentence)


def test_the_finding_says_what_a_mailing_must_bring() -> None:
    assert said(finding(mailed.payback(), WORDS).sentence) == (
        "A mailing costs $0.50 (assumed). At a margin of 30% (assumed) it pays if a mailed household buys $1.67 more, "
        "$0.21 a week over 8 weeks. Measured for campaign 8 is -$0.89 a week (-$3.41 to $1.64), so whether it pays is "
        "open. What the shop pays for used coupons is not counted; with it, more is needed."
    )
    known = mailed.payback("pays", cost_assumed=False, margin_assumed=False, campaign="", unit="customer")
    text = said(finding(known, WORDS).sentence)
    assert "assumed" not in text
    assert "a mailed customer" in text
    assert "Measured is -$0.89 a week (-$3.41 to $1.64): it pays." in text
    refused = mailed.payback("unknown", measured=MISSING)
    assert "so whether it pays is not known" in said(finding(refused, WORDS).sentence)


def test_all_campaigns_stand_beside_the_one() -> None:
    together = [
        said(alert(mailed.effect(reason=reason), WORDS).sentence)
        for reason in ("pretrend_rejected", "effect_not_shown", "scales_disagree", None)
    ]
    assert together == [
        "What 2 campaigns did, taken together, cannot be told: the two groups were drifting apart before the start.",
        "Over 2 campaigns sales changed by -6.6% (-12.2% to -1.0%), which chance alone can do.",
        "Over 2 campaigns sales changed by -6.6% (-12.2% to -1.0%), but nothing is claimed: in per cent and in money "
        "the comparison says different things.",
        "Over 2 campaigns sales changed by 6.6% (1.0% to 12.2%), beyond chance.",
    ]
    one = mailed.replace(mailed.effect("8"), single=True)
    assert (alert(mailed.effect(), WORDS).title, alert(one, WORDS).title) == ("All campaigns together.", "Campaign 8.")


def test_checks_of_one_campaign_name_it() -> None:
    for result in (mailed.pretended(), mailed.breakdown(), mailed.levels()):
        assert "the campaigns" in said(alert(result, WORDS).sentence)
        assert "campaign 8" in said(alert(mailed.replace(result, campaign="8"), WORDS).sentence)


@pytest.mark.parametrize(("reason", "status"), [(None, "good"), ("loss", "act")])
def test_a_shown_effect_leads_the_verdict(reason: str | None, status: str) -> None:
    result = mailed.raised()
    if reason == "loss":
        harm = mailed.effect("gift")
        estimate = mailed.estimate(-0.1, -0.15, -0.05, 0.001, reason=None)
        result = mailed.effects(mailed.replace(harm, relative=estimate))
    found = verdict(result, WORDS, naive=mailed.naive())
    assert found.status == status
    assert ("raise sales" in found.sentence) == (reason is None)
    assert "gift" in found.sentence


def test_customers_are_named_where_households_are_not_known() -> None:
    result = mailed.effects(mailed.effect("a", unit="customer"), unit="customer")
    texts = [verdict(result, WORDS, naive=mailed.naive()).sentence, finding(result, WORDS).caption]
    texts += [finding(mailed.beside(unit="customer"), WORDS).caption, action(result, WORDS).facts[0][1]]
    assert all("ustomer" in text and "household" not in text.lower() for text in texts)


def test_the_finding_names_the_type_nearest_to_an_effect_and_why_it_is_not_claimed() -> None:
    text = said(finding(mailed.by_type(), WORDS).sentence)
    assert "No effect can be claimed for any of 2 types" in text
    assert "Nearest to it is Type A: sales changed by -6.6% (-12.2% to -1.0%)" in text
    assert "in per cent and in money the comparison says different things" in text
    assert "5.3% (rare) to 16.0% (Type A) led to a used coupon" in text


def test_a_claimed_type_is_named_with_its_effect() -> None:
    text = said(finding(mailed.raised(), WORDS).sentence)
    assert "Sales changed by 6.6% (1.0% to 12.2%) with gift; a claim is made for 1 of 2 types." in text


def test_without_types_and_without_coupons_the_finding_is_short() -> None:
    alone = mailed.effects(used=None)
    assert said(finding(alone, WORDS).sentence) == (
        "No effect can be claimed: sales changed by -6.6% (-12.2% to -1.0%), but chance alone can do that."
    )
    one = mailed.effects(mailed.effect("Type A"))
    one.table.loc[1:, "used"] = float("nan")
    assert "16.0% of the mailings led to a used coupon" in said(finding(one, WORDS).sentence)


@pytest.mark.parametrize("reason", list(WHY_NOT))
def test_every_reason_to_withhold_a_claim_is_said(reason: str) -> None:
    result = mailed.beside()
    withheld = mailed.replace(result, effect=mailed.effect(reason=reason))
    assert said(WHY_NOT[reason]) in said(finding(withheld, WORDS).sentence)


def test_the_gap_is_not_said_to_be_more_where_it_is_less() -> None:
    text = said(finding(mailed.beside(-4.0), WORDS).sentence)
    assert "The plain gap between the mailed and the others is -$4.00 a week" in text
    assert "a week more" not in text


def test_checks_are_said_by_how_bad_they_are() -> None:
    levels = [
        alert(result, WORDS).level
        for result in (
            *(mailed.pretended(), mailed.pretended(0.01), mailed.untried()),
            *(mailed.breakdown(), mailed.breakdown(0.4), mailed.breakdown(2.0), mailed.breakdown(p=0.01)),
            *(mailed.levels(), mailed.levels(0.2)),
            *(mailed.by_type(), mailed.effects(mailed.effect("a"))),
        )
    ]
    assert levels == ["ok", "stop", "warn", "ok", "warn", "ok", "stop", "ok", "stop", "warn", "ok"]
    assert "sales had changed already, by 9.0%" in said(alert(mailed.expected(), WORDS).sentence)


def test_the_table_says_what_is_claimed_and_greys_the_rare() -> None:
    found = shown_table(mailed.raised(), WORDS)
    assert found.frame["label"].tolist() == ["gift", "letter", "rare", "All campaigns"]
    told = found.frame["told"].tolist()
    assert told == ["yes", "no: chance", "too few mailed to judge", "no: chance"]
    assert found.frame[found.thin].tolist() == [False, False, True, False]


@pytest.mark.parametrize(("result", "first"), [(mailed.raised(), "Go on with gift"), (mailed.by_type(), "Before the")])
def test_the_action_is_a_group_left_alone_by_chance(result: CampaignEffects, first: str) -> None:
    found = action(result, WORDS)
    assert said(found.title).startswith(first)
    assert "random tenth unmailed" in said(found.title)
    assert found.tested is False


def test_the_action_says_how_large_the_test_is_and_what_it_finds() -> None:
    facts = {label: said(text) for label, text in action(mailed.by_type(), WORDS).facts}
    plan = mailed.effect().planned
    assert facts["Size"] == "711 households as this time, 71 of them left alone"
    tenth, half = f"{plan.detectable:.0%}", f"{plan.detectable_halves:.0%}"
    assert facts["Finds in four of five tests"] == (
        f"a rise of sales by {tenth} or more; by {half} with half of them left alone"
    )
    assert facts["To find a rise of 5%"].startswith(f"{plan.needed:,} households, added up over campaigns")


def test_the_caption_says_that_a_campaign_may_send_several_types() -> None:
    assert "sends several types" in shown_table(mailed.by_type(), WORDS).caption
    assert "sends several types" not in shown_table(mailed.effects(), WORDS).caption
