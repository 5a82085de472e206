"""Plans of tests, their lists, and decisions after tests, with numbers by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any

import ibis
import pandas as pd
from reports import experiment_profit_results as paid
from reports import experiment_validity_results as read

from retention_lib.estimates import Estimate, NotAsked, NotEnough
from retention_lib.measures.planning import Audience, Eligible
from retention_lib.measures.splitting import AssignmentList
from retention_lib.measures.units import CUSTOMERS, Units
from retention_lib.models.experiments.decision import Decision, Evidence, decision
from retention_lib.models.experiments.effects import Effects, effects
from retention_lib.models.experiments.left_alone import LeftAlone
from retention_lib.models.experiments.moments import moments_of
from retention_lib.models.experiments.planning import Dates, Supply, TestPlan, planned_test
from retention_lib.models.experiments.policy import OfferPolicy
from retention_lib.models.experiments.sample_size import Base, Design

DATES = Dates(start=date(2026, 7, 1), window_days=28, after_days=56)
ORDERS = Base(metric="orders", n=10_415, mean=0.169, variance=0.28, saved=0.18, kind="count")
NOT_ASKED = NotAsked("offers_compared", 0, 1)


def plan(base: Base = ORDERS, *, effect: float = 0.5, count: int = 4_000, arms: int = 3, **more: Any) -> TestPlan:
    found = planned_test(base, Design(smallest_effect=effect, arms=arms), Supply(count=count), DATES, **more)
    assert isinstance(found, TestPlan)
    return found


def of_profit() -> TestPlan:
    """On gross profit by household, with what a message costs."""
    base = Base(metric="gross_profit", n=9_000, mean=12.0, variance=900.0, unit="household", members=1.2)
    return plan(base, effect=0.2, count=40_000, arms=2, contact_cost=0.5)


def of_conversion() -> TestPlan:
    return plan(Base(metric="conversion", n=5_000, mean=0.1, variance=0.09, kind="share"), effect=0.025, count=10**6)


def too_few() -> TestPlan:
    return plan(effect=0.1)


def hopeless() -> TestPlan:
    """Not even eleven times the mean would be seen."""
    return plan(replace(ORDERS, variance=400.0), effect=0.1, count=30)


def filled_later() -> TestPlan:
    found = planned_test(ORDERS, Design(smallest_effect=0.5, arms=3), Supply(count=1_000, arrivals_per_day=40.0), DATES)
    assert isinstance(found, TestPlan)
    return found


def eligible(*, consents_known: bool = True, held_out: bool = False) -> Eligible:
    steps = {"bought": 20_000, "active": 13_550, "agreed": 12_271, "free": 3_424}
    steps |= {"left": 3_270} if held_out else {}
    return Eligible(
        people=ibis.memtable(pd.DataFrame({"customer_id": ["a"], "unit": ["a"], "stratum": ["1"]})),
        units=CUSTOMERS,
        audience=Audience(),
        on=DATES.start,
        counts=pd.DataFrame({"step": list(steps), "customers": list(steps.values())}),
        customers=3_270 if held_out else 3_424,
        count=3_168,
        arrivals_per_day=21.8,
        consents_known=consents_known,
        assigned={"offer_1": 4_921},
    )


def left_after_holdout() -> Eligible:
    return eligible(consents_known=False, held_out=True)


def listed(
    arms: tuple[str, ...] = ("none", "mail"), *, unit: str = "customer", each: int = 3, marked: int = 0
) -> AssignmentList:
    rows = [(f"c{place}{arm}", arm) for arm in arms for place in range(each)]
    table = pd.DataFrame(rows, columns=["customer_id", "variant"]).assign(
        experiment_id="spring", assigned_at=pd.Timestamp(datetime(2026, 7, 1)), stratum="2-4"
    )
    counts = pd.DataFrame({"arm": arms, "customers": each, "units": each, "share": 1 / len(arms)})
    return AssignmentList(
        table=table[["customer_id", "experiment_id", "variant", "assigned_at", "stratum"]],
        arms=counts,
        experiment="spring",
        start=DATES.start,
        unit=unit,
        consents_known=True,
        marked=marked,
    )


def by_household() -> AssignmentList:
    return listed(("none", "mail", "push"), unit="household", marked=2)


def holdout() -> AssignmentList:
    return listed(("holdout", "marketed"))


def households() -> Units:
    return Units(name="household", members=None)


# Decisions


def policy(*, preferred: bool = True, low: float = 0.4) -> OfferPolicy:
    """Mail for half of the customers, push for a third, nothing for the others."""
    rows = [("none", 0.2, 0.0), ("mail", 0.5, 5.0), ("push", 0.3, 1.0)]
    arms = pd.DataFrame(rows, columns=["arm", "share", "value"]).assign(
        customers=1_000, low=0.1, high=9.0, gain=1.0, gain_low=low, gain_high=2.0
    )
    gain = Estimate(1.2, low=low, high=2.0, level=0.95, n=3_000)
    return OfferPolicy(
        preferred=preferred,
        reason=None if preferred else "single_offer_stays",
        single="mail",
        value=Estimate(6.2, low=5.0, high=7.4, level=0.95, n=3_000),
        single_value=Estimate(5.0, low=4.0, high=6.0, level=0.95, n=3_000),
        gain=gain,
        arms=arms,
        groups=pd.DataFrame(columns=["arm", "feature", "here", "elsewhere", "difference"]),
        control="none",
        units=3_000,
        share=1.0,
        unit="customer",
        level=0.95,
        withheld=None,
    )


def alone(*, shown: bool = True, arm: str = "mail") -> LeftAlone:
    return LeftAlone(
        arm=arm,
        customers=300,
        share=0.1,
        effect=Estimate(-2.0, low=-3.0, high=-1.0 if shown else 1.0, level=0.95, n=300),
        shown=shown,
        saved=0.2 if shown else 0.0,
        groups=pd.DataFrame(columns=["arm", "feature", "here", "elsewhere", "difference"]),
        control="none",
        units=3_000,
        unit="customer",
        withheld=None,
    )


def effect(*, mail: float = 150, push: float = 20) -> Effects:
    """What the arms of `experiment_profit_results.units` did to revenue."""
    rows = paid.units(mail=mail, push=push)
    told = effects(
        moments_of(rows[["arm", "revenue_full"]].rename(columns={"revenue_full": "revenue"})), control="none"
    )
    assert isinstance(told, Effects)
    return told


def evidence(**more: Any) -> Evidence:
    """A mail that pays, and a push that may: a valid test that is over."""
    stated = {
        "validity": read.validity(),
        "effects": effect(),
        "profits": paid.earned(),
        "policy": policy(preferred=False),
        "alone": alone(shown=False),
        "lasting": NotAsked("test_dated", 0, 1),
        "guardrails": NotAsked("guardrails", 0, 1),
        "looks": NotAsked("looks_declared", 0, 1),
    }
    return Evidence(**{**stated, **more})


def decided(next_test: TestPlan | NotEnough | None = None, **more: Any) -> Decision:
    found = decision(evidence(**more), next_test or plan())
    assert isinstance(found, Decision)
    return found


def ship() -> Decision:
    return decided()


def by_customer() -> Decision:
    return decided(policy=policy())


def without_some() -> Decision:
    return decided(alone=alone())


def stop() -> Decision:
    return decided(profits=paid.earned(mail=-150, push=-100))


def may_pay() -> Decision:
    return decided(profits=paid.earned(mail=30, push=25))


def invalid() -> Decision:
    return decided(validity=read.broken())


def not_over() -> Decision:
    return decided(validity=read.interim())
