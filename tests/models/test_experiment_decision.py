"""The five answers, each by the clause of the rule that gives it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pandas as pd
import pytest
from reports import experiment_plan_results as made
from reports import experiment_profit_results as paid
from reports import experiment_validity_results as read

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.experiments.decision import Decision, Rule, decision
from retention_lib.models.experiments.guardrails import Guardrails
from retention_lib.models.experiments.profit_columns import Costs

NO_MONEY = NotEnough("margin_and_cost_known", 0, 1)


def answer(**more: Any) -> tuple[str, str, str | None, date | None]:
    found = made.decided(**more)
    return found.label, found.because, found.arm, found.until


def guardrails(*, metric: str = "unsubscribed", **verdicts: str) -> Guardrails:
    table = pd.DataFrame([{"metric": metric, "arm": arm, "verdict": said} for arm, said in verdicts.items()])
    return Guardrails(table=table, margin=0.1, control="none", level=0.95, unit="customer")


def test_an_offer_that_surely_pays_is_sent() -> None:
    found = made.ship()
    assert (found.label, found.because, found.arm, found.until) == ("ship", "pays", "mail", None)
    # 150 of 1,000 more bring 6, less coupons of 0.45, half for sending, and 100 for 1,000 contacts.
    assert found.per_customer is not None
    assert found.per_customer.value == pytest.approx(4.95)
    assert found.base == paid.BASE
    assert found.on_base == made.evidence().profits.of("mail").on_base  # type: ignore[union-attr]


def test_an_invalid_test_has_no_answer_whatever_it_shows() -> None:
    assert answer(validity=read.broken(), policy=made.policy(), alone=made.alone())[:2] == ("invalid", "not_valid")


def test_a_test_that_runs_is_kept_running_to_the_end_of_the_weeks_after() -> None:
    assert answer(validity=read.interim()) == ("keep_running", "not_over", None, date(2026, 5, 6))
    # The weeks after end on 1 July: an answer before them would call a gain that may be lost again.
    later = answer(validity=read.interim(), lasting=read.waiting())
    assert later == ("keep_running", "not_over", None, date(2026, 7, 1))
    assert answer(validity=read.interim(), looks=read.looks())[0] == "keep_running"


def test_declared_looks_stop_only_what_lowers_the_goal() -> None:
    assert answer(validity=read.interim(), looks=read.losing()) == ("stop", "lowers_goal", None, None)
    assert answer(validity=read.broken(), looks=read.losing())[0] == "invalid"


def test_the_weeks_after_are_waited_for() -> None:
    assert answer(lasting=read.waiting()) == ("keep_running", "weeks_after", None, date(2026, 7, 1))
    assert answer(lasting=read.lasting("all_lost", "mail", "push"))[0] == "ship"  # the profit has them in it


def test_offers_are_sent_to_parts_where_that_is_shown_to_be_better() -> None:
    found = made.by_customer()
    assert (found.label, found.because, found.arm) == ("ship_part", "better_by_customer", None)
    assert found.per_customer == made.policy().gain
    # 1.20 a customer (0.40 to 2.00) on 50,000 of them.
    assert found.on_base == Estimate(60_000.0, low=20_000.0, high=100_000.0, level=0.95, n=3_000)
    assert answer(policy=made.policy(preferred=False))[0] == "ship"


def test_a_rule_that_gives_an_offer_with_harm_is_not_taken() -> None:
    broken = guardrails(mail="held", push="broken")
    assert answer(policy=made.policy(), guardrails=broken)[:3] == ("ship", "pays", "mail")


def test_those_whom_the_offer_loses_money_on_are_left_alone() -> None:
    assert answer(alone=made.alone())[:3] == ("ship_part", "some_lose", "mail")
    assert answer(alone=made.alone(arm="push"))[0] == "ship"  # not the offer that is sent


def test_offers_that_do_not_pay_are_given_up() -> None:
    assert answer(profits=paid.earned(mail=-150, push=-100))[:3] == ("stop", "does_not_pay", "push")


def test_an_offer_that_may_pay_is_tested_again() -> None:
    open_profits = paid.earned(mail=30, push=25)
    assert answer(profits=open_profits) == ("keep_running", "may_pay", "mail", date(2026, 9, 23))
    unplanned = decision(made.evidence(profits=open_profits), NotEnough("goal_known", 0, 1))
    assert isinstance(unplanned, Decision)
    assert (unplanned.label, unplanned.until) == ("keep_running", None)
    # With too few customers for the test planned, it is one more round of those who are there.
    assert answer(next_test=made.too_few(), profits=open_profits)[3] == date(2026, 9, 23)


def test_a_losing_bet_that_no_test_can_settle_is_given_up() -> None:
    losing = paid.earned(mail=10, push=-150)
    assert 0.2 < losing.of("mail").probability.value < 0.5  # type: ignore[union-attr]
    assert answer(profits=losing)[0] == "keep_running"
    assert answer(profits=losing, next_test=made.too_few())[:3] == ("stop", "does_not_pay", "mail")


def test_guardrails_forbid_an_offer_that_pays() -> None:
    assert answer(guardrails=guardrails(mail="broken", push="broken"))[:3] == ("stop", "guardrail", "mail")
    assert answer(guardrails=guardrails(mail="not_shown", push="held"))[0] == "ship"
    # The other offer may still pay, so it is that which is tested again.
    assert answer(guardrails=guardrails(mail="broken", push="held"))[:3] == ("keep_running", "may_pay", "push")


def test_discounts_are_what_a_discount_is_for() -> None:
    assert answer(guardrails=guardrails(metric="discount_share", mail="broken", push="broken"))[0] == "ship"


def test_without_money_only_a_loss_of_sales_is_an_answer() -> None:
    assert decision(made.evidence(profits=NO_MONEY), made.plan()) is NO_MONEY
    lowered = made.effect(mail=-150, push=-150)
    assert answer(profits=NO_MONEY, effects=lowered) == ("stop", "lowers_goal", None, None)
    half = made.effect(mail=-150, push=0)
    assert decision(made.evidence(profits=NO_MONEY, effects=half), made.plan()) is NO_MONEY


def test_a_test_that_cannot_be_read_passes_its_refusal_on() -> None:
    refusal = NotEnough("arms", 1, 2)
    assert decision(made.evidence(validity=refusal), made.plan()) is refusal


def test_the_rule_may_be_another() -> None:
    open_profits = paid.earned(mail=30, push=25)
    evidence = made.evidence(profits=open_profits)
    daring = decision(evidence, made.plan(), rule=Rule(ship_chance=0.6, stop_chance=0.1))
    timid = decision(evidence, made.plan(), rule=Rule(ship_chance=0.99, stop_chance=0.7))
    assert isinstance(daring, Decision)
    assert isinstance(timid, Decision)
    assert (daring.label, timid.label) == ("ship", "stop")
    with pytest.raises(ValueError, match="both must be between 0 and 1"):
        Rule(ship_chance=0.8, stop_chance=0.9)


def test_the_table_says_what_the_answer_rests_on() -> None:
    found = made.decided(
        guardrails=guardrails(mail="held", push="not_shown"), lasting=read.lasting("lasts", "mail", "push")
    )
    table = found.to_frame()
    assert table["arm"].tolist() == ["mail", "push"]
    assert table["guardrail"].tolist() == ["held", "not_shown"]
    assert table["kept"].tolist() == ["lasts", "lasts"]
    assert table["profit"].tolist() == pytest.approx([4.95, -0.12])
    assert made.decided(validity=read.broken(), profits=NO_MONEY).to_frame().empty


def test_the_cards_are_those_of_the_offer_it_is_about() -> None:
    assert made.stop().cards == (
        "profit_per_contact_push",
        "probability_profit_push",
        "revenue_effect_push",
        "customers_in_test",
    )
    for untold in (made.invalid(), made.not_over(), made.decided(validity=read.broken(), effects=NO_MONEY)):
        assert untold.cards == ("customers_in_test", "srm_p")


def test_a_base_that_is_not_known_gives_no_total() -> None:
    found = made.decided(profits=paid.earned(base=None, costs=Costs(contact_cost=0.5)))
    assert (found.label, found.base, found.on_base) == ("ship", None, None)
    assert replace(found, because="better_by_customer", evidence=made.evidence(profits=NO_MONEY)).on_base is None
