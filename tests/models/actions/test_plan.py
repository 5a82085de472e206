"""The plan of a month in money: by hand."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from models.actions.plan_parts import START, base, candidates, effects, nothing_learned, terms

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.actions.allocation import Limits, allocate
from retention_lib.models.actions.break_even import BreakEvenLift, break_even_lift
from retention_lib.models.actions.plan import Plan, plan
from retention_lib.models.actions.plan_actions import PlanActions, plan_actions
from retention_lib.models.actions.power import ListPower, alike, list_power
from retention_lib.models.actions.values import valued

STEPS = ("triggered", "known", "not_held_out", "not_suppressed", "not_open", "consented", "under_cap")
PAIRS = [(row, "birthday") for row in range(100)] + [(row, "welcome") for row in range(50, 150)]
TERMS = terms({"scenario": "birthday"}, {"scenario": "welcome", "priority": 2, "campaign_cost": 10.0})
LEARNED = effects({"scenario": "birthday", "offer": "none", "mean": 0.1, "sd": 0.05, "sd_mean": 0.02})


def counted(rows: list[tuple[str, list[int]]]) -> pd.DataFrame:
    """Steps of scenarios, by the customers left after each."""
    told = [(name, step, left) for name, counts in rows for step, left in zip(STEPS, counts, strict=True)]
    return pd.DataFrame(told, columns=["scenario", "step", "customers"])


STEPPED = counted([("birthday", [130, 130, 128, 125, 120, 110, 100]), ("welcome", [100] * 7)])
OVERLAP = pd.DataFrame({"scenario": ["birthday"], "other": ["welcome"], "customers": [50]})


def planned(learned: Any = LEARNED, limits: Limits = Limits(), **more: Any) -> Plan:  # noqa: B008
    """200 candidates of 150 customers, each of whom brings 100."""
    allocation = allocate(valued(candidates(PAIRS, TERMS), base([100.0] * 150), TERMS, learned), limits, terms=TERMS)
    found = plan(allocation, learned, start=START, steps=STEPPED, overlap=OVERLAP, **more)
    assert isinstance(found, Plan)
    return found


def test_lists_cost_their_messages_and_what_they_cost_themselves() -> None:
    found = planned()
    assert found.lists["scenario"].tolist() == ["birthday", "welcome"]
    assert found.lists["contacts"].tolist() == [80, 40]  # 100 and the other 50, a fifth of each left alone
    assert found.lists["control"].tolist() == [20, 10]
    assert found.lists["cost"].tolist() == pytest.approx([80.0, 50.0])
    assert found.cost == Estimate(130.0, n=120.0)
    assert found.lists["verdict_on"].tolist() == [date(2026, 7, 28)] * 2  # 1 July + 6 days of sending + 21


def test_what_is_measured_is_told_in_money_with_its_interval() -> None:
    found = planned()
    # 80 contacts x (10 % of 100 - 1); the error: 5 % of 80 x 100, twice to either side.
    assert found.expected.value == pytest.approx(720.0)
    assert found.expected.high - found.expected.value == pytest.approx(1.959964 * 400, rel=1e-5)
    assert found.lists["expected"].tolist() == pytest.approx([720.0, np.nan], nan_ok=True)
    assert found.lists["source"].tolist() == ["measured", "untested"]
    assert found.expected.n == 80


def test_the_rest_is_told_by_what_it_must_bring() -> None:
    found = planned().untested
    assert isinstance(found, BreakEvenLift)
    # 40 contacts cost 50 and bring 4,000 by 400 orders of 10 themselves: 5 orders more pay, one in eight contacts.
    assert (found.contacts, found.cost, found.base) == pytest.approx((40, 50.0, 4000.0))
    assert (found.lift, found.orders, found.one_in) == pytest.approx((50 / 4000, 5.0, 8.0))


def test_errors_of_one_offer_add_up_where_they_are_shared() -> None:
    rows = [
        {"scenario": "birthday", "offer": "none", "mean": 0.1, "sd": 0.05},
        {"scenario": "welcome", "offer": "none", "mean": 0.1, "sd": 0.05, "source": "borrowed"},
    ]
    apart, shared = planned(effects(*rows)), planned(effects(*rows, covariance=np.full((2, 2), 0.05**2)))
    # Money of 8,000 and 4,000: apart by the root of the squares, together by their sum.
    widths = [1.959964 * 0.05 * size for size in (np.hypot(8000, 4000), 12_000)]
    assert [one.expected.high - one.expected.value for one in (apart, shared)] == pytest.approx(widths, rel=1e-5)


def test_counts_that_were_issued_are_told() -> None:
    issued = pd.DataFrame(
        {"scenario": ["birthday"], "contacts": [60], "control": [15], "verdict_on": [date(2026, 8, 1)]}
    )
    found = planned(counts=issued)
    assert (found.count, found.contacts, found.control) == (1, 60, 15)
    assert found.lists["cost"].tolist() == pytest.approx([60.0])
    assert found.figures()["birthday_control"] == 15


def issued(**changes: Any) -> dict[str, pd.DataFrame]:
    """The lists of the plan as they were issued, and one of a scenario that the playbook does not have any more."""
    terms_of = {"offer": "none", "channels": "email", "contact_cost": 1.0, "window_days": 21, "control_share": 0.2}
    lists = [
        {"scenario": "birthday", "kind": "birthday", "contacts": 80, "control": 20, "campaign_cost": 0.0, **terms_of},
        {"scenario": "gone", "kind": "usual", "contacts": 40, "control": 10, "campaign_cost": 7.0, **terms_of}
        | changes,
    ]
    counts = pd.DataFrame(lists).assign(verdict_on=[date(2026, 7, 28), date(2026, 8, 9)])
    rows = np.arange(150, dtype=np.int32)
    arms = pd.DataFrame({"row": rows, "scenario": np.where(rows < 100, "birthday", "gone"), "variant": "treatment"})
    arms["variant"] = arms["variant"].mask(rows % 5 == 0, "control")
    arms["offer"] = np.where(rows < 100, "none", changes.get("offer", "none"))
    arms["channel"] = "email"
    return {"counts": counts, "arms": arms}


def test_a_list_whose_scenario_is_gone_is_told_as_it_was_issued() -> None:
    told = issued(offer="gift", channels="sms, email", contact_cost=4.0, window_days=42)
    found = planned(**told)
    row = found.lists.set_index("scenario").loc["gone"]
    assert (row["kind"], row["offer"], row["channels"], row["verdict_on"]) == (
        *("usual", "gift", "sms, email"),
        date(2026, 8, 9),
    )
    assert (row["contacts"], row["control"], row["campaign_cost"]) == (40, 10, 7.0)
    # Messages of 4 to 40; a gift of 2 on each of the 20 orders of 100 that each brings in twice 21 days.
    assert (row["sending"], row["offer_cost"], row["cost"]) == pytest.approx((160.0, 1_600.0, 1_767.0))
    assert (row["base"], row["orders"], row["source"]) == (pytest.approx(8_000.0), pytest.approx(800.0), "untested")
    assert found.lists["scenario"].tolist() == ["birthday", "gone"], "what has no priority comes last"
    assert found.cost == Estimate(80.0 + 1_767.0, n=120.0)
    assert found.issued is not None
    assert found.issued.changed == ("gone",)


def test_a_list_that_was_issued_is_worth_what_its_own_offer_was_measured_to_bring() -> None:
    """The parameter file gives the scenario a gift by now; the list was issued without an offer."""
    other = terms({"scenario": "birthday", "offer": "gift"}, {"scenario": "welcome", "priority": 2})
    learned = effects(
        {"scenario": "birthday", "offer": "none", "mean": 0.1, "sd": 0.05},
        {"scenario": "birthday", "offer": "gift", "mean": 0.9, "sd": 0.05},
    )
    allocation = allocate(valued(candidates(PAIRS, other), base([100.0] * 150), other, learned), Limits(), terms=other)
    told = {name: frame[frame["scenario"] == "birthday"] for name, frame in issued().items()}
    found = plan(allocation, learned, start=START, steps=STEPPED, overlap=OVERLAP, **told)
    assert isinstance(found, Plan)
    row = found.lists.iloc[0]
    assert (row["offer"], row["offer_cost"], row["source"]) == ("none", 0.0, "measured")
    assert row["expected"] == pytest.approx(80 * (0.1 * 100 - 1))
    assert row["high"] - row["expected"] == pytest.approx(1.959964 * 0.05 * 80 * 100, rel=1e-5)
    assert found.expected.value == pytest.approx(720.0)


def test_a_list_that_stands_as_it_would_be_chosen_is_told_as_the_plan_is() -> None:
    told = {name: frame[frame["scenario"] == "birthday"] for name, frame in issued().items()}
    found = planned(**told)
    assert found.issued is not None
    assert found.issued.changed == ()
    columns = ["offer", "cost", "expected", "low", "high", "one_in"]
    assert found.lists[columns].to_numpy().tolist() == planned().lists[columns].to_numpy().tolist()[:1]


@pytest.mark.parametrize(
    "changes",
    [
        {"scenario": {"window_days": 42}},
        {"scenario": {"campaign_cost": 3.0}},
        {"scenario": {"control_share": 0.3}},
        {"scenario": {"kind": "condition"}},
        {"costs": {"email": 1.5}},
        {"costs": {"email": np.nan}},
        {"channel": ["sms"] + ["email"] * 99},
        {"channel": ["sms"] * 100},
    ],
)
def test_what_the_file_says_otherwise_by_now_is_said(changes: dict[str, Any]) -> None:
    other = terms({"scenario": "birthday"} | changes.get("scenario", {}), costs=changes.get("costs"))
    told = {name: frame[frame["scenario"] == "birthday"] for name, frame in issued().items()}
    channel = {"channel": changes["channel"]} if "channel" in changes else {}
    given = candidates(PAIRS[:100], other, **channel)
    allocation = allocate(valued(given, base([100.0] * 150), other, LEARNED), Limits(), terms=other)
    found = plan(allocation, LEARNED, start=START, steps=STEPPED, overlap=OVERLAP, **told)
    assert isinstance(found, Plan)
    assert found.issued is not None
    assert found.issued.changed == ("birthday",)


def test_only_a_list_of_different_offers_is_worth_what_such_lists_measured() -> None:
    asking = terms({"scenario": "birthday", "offer": "auto"})
    learned = effects(
        {"scenario": "birthday", "offer": "auto", "mean": 0.3}, {"scenario": "birthday", "offer": "gift", "mean": 0.1}
    )
    given = candidates(PAIRS[:100], terms({"scenario": "birthday"}))
    allocation = allocate(valued(given, base([100.0] * 150), asking, learned), Limits(), terms=asking)
    told = {name: frame[frame["scenario"] == "birthday"] for name, frame in issued().items()}
    for offer, gain in (("gift", 0.1), ("auto", 0.3)):
        made = {"counts": told["counts"].assign(offer=offer), "arms": told["arms"].assign(offer="gift")}
        found = plan(allocation, learned, start=START, steps=STEPPED, overlap=OVERLAP, **made)
        assert isinstance(found, Plan)
        assert found.lists["expected"].tolist() == pytest.approx([80 * (gain * 100 - 1)])


def test_an_offer_that_only_those_left_alone_would_have_got_leaves_a_list_measured() -> None:
    told = issued()
    told["arms"].loc[0, "offer"] = "gift"
    found = planned(**told).lists.set_index("scenario").loc["birthday"]
    assert found["source"] == "measured"
    assert found["expected"] == pytest.approx(720.0)


def test_the_interval_has_what_customers_bring_though_the_cost_of_an_offer_is_not_known() -> None:
    learned = effects({"scenario": "gone", "offer": "voucher", "mean": 0.2})
    known = base([100.0] * 150, relative_sd=0.1)
    allocation = allocate(valued(candidates(PAIRS, TERMS), known, TERMS, learned), Limits(), terms=TERMS)
    told = {name: frame[frame["scenario"] == "gone"] for name, frame in issued(offer="voucher").items()}
    found = plan(allocation, learned, start=START, steps=STEPPED, overlap=OVERLAP, **told).expected
    assert isinstance(found, Estimate)
    # A gain of a fifth of 4,000, less messages of 40 and the list's own 7; the 4,000 are known to a tenth.
    assert found.value == pytest.approx(800 - 47)
    assert found.high - found.value == pytest.approx(1.959964 * 80, rel=1e-5)


def test_a_list_that_was_issued_stays_as_it_is_whoever_would_be_chosen_now() -> None:
    """Of the hundred customers on the list only those who bring 100 would be chosen now."""
    money = np.where(np.arange(150) < 50, 100.0, 20.0)
    allocation = allocate(valued(candidates(PAIRS[50:], TERMS), base(money), TERMS, LEARNED), Limits(), terms=TERMS)
    found = plan(allocation, LEARNED, start=START, steps=STEPPED, overlap=OVERLAP, **issued())
    assert isinstance(found, Plan)
    row = found.lists.set_index("scenario").loc["birthday"]
    assert (row["base"], row["cost"]) == pytest.approx((40 * 100.0 + 40 * 20.0, 80.0))
    assert row["expected"] == pytest.approx(0.1 * 4_800 - 80)


def test_a_list_of_which_chance_left_everybody_alone_costs_nothing() -> None:
    told = issued(contacts=0, control=50, contact_cost=np.nan, channels="", campaign_cost=0.0)
    told["arms"]["variant"] = told["arms"]["variant"].mask(told["arms"]["scenario"] == "gone", "control")
    found = planned(**told)
    assert found.lists.set_index("scenario").loc["gone", ["cost", "base"]].tolist() == [0.0, 0.0]
    assert found.cost == Estimate(80.0, n=80.0)


def test_who_is_no_customer_any_more_was_contacted_and_brings_nothing() -> None:
    told = issued()
    told["arms"]["row"] = told["arms"]["row"].mask(told["arms"]["row"].isin([1, 2]), -1)
    row = planned(**told).lists.set_index("scenario").loc["birthday"]
    assert (row["sending"], row["base"]) == pytest.approx((80.0, 7_800.0))


def test_what_an_offer_costs_that_is_gone_is_not_known() -> None:
    found = planned(**issued(offer="voucher"))
    row = found.lists.set_index("scenario").loc["gone"]
    assert row["offer"] == "voucher"
    assert np.isnan(row["cost"])
    assert found.cost == NotEnough("offer_cost_known", 0, 1)
    assert found.lists.set_index("scenario").loc["birthday", "cost"] == pytest.approx(80.0)


def test_what_a_list_of_a_gone_scenario_can_show_is_told_by_its_customers() -> None:
    allocation = allocate(valued(candidates(PAIRS, TERMS), base([100.0] * 150), TERMS, LEARNED), Limits(), terms=TERMS)
    found = list_power(planned(**issued()), allocation)
    assert isinstance(found, ListPower)
    assert found.lists.set_index("scenario").loc["gone", "mean"] == pytest.approx(100.0)


def test_steps_say_who_was_lost_where() -> None:
    found = planned(limits=Limits(contacts=90))
    told = found.steps.table.set_index(["scenario", "step"])["customers"]
    assert told["birthday", "under_cap"] == 100
    assert told["welcome", "one_message"] == 50
    assert told["birthday", "within_limits"] + told["welcome", "within_limits"] == found.steps.listed
    assert found.contacts <= 90
    assert found.steps.lost.set_index("step")["customers"]["one_message"] == 50
    assert found.overlap.table["share"].tolist() == [0.5]


def test_without_costs_no_cost_and_no_break_even() -> None:
    told = terms({"scenario": "birthday"}, costs={"email": np.nan})
    allocation = allocate(
        valued(candidates([(0, "birthday")], told), base([100.0]), told, LEARNED), Limits(), terms=told
    )
    found = plan(allocation, LEARNED, start=START, steps=STEPPED[:7], overlap=OVERLAP[:0])
    assert isinstance(found, Plan)
    for figure in (found.cost, found.break_even, found.expected):
        assert figure == NotEnough("contact_cost_known", 0, 1)


def test_without_a_base_the_lists_stand_and_money_does_not() -> None:
    refusal = NotEnough("repeat_customers", 3, 30)
    allocation = allocate(valued(candidates(PAIRS, TERMS), refusal, TERMS, LEARNED), Limits(), terms=TERMS)
    found = plan(allocation, LEARNED, start=START, steps=STEPPED, overlap=OVERLAP)
    assert isinstance(found, Plan)
    assert found.contacts == 120
    assert found.cost.value == 130.0
    assert found.untested == NotEnough("base_known", 0, 1)
    assert list_power(found, allocation) is refusal


def test_nobody_on_a_list() -> None:
    allocation = allocate(
        valued(candidates(PAIRS, TERMS), base([0.0] * 150), TERMS, LEARNED), Limits(contacts=0), terms=TERMS
    )
    found = plan(allocation, LEARNED, start=START, steps=STEPPED, overlap=OVERLAP)
    nobody = NotEnough("customers_to_contact", 0, 1)
    assert isinstance(found, Plan)
    assert (found.count, found.contacts, found.control, found.cost) == (0, 0, 0, Estimate(0.0, n=0.0))
    assert (found.expected, found.break_even) == (nobody, nobody)
    assert found.figures()["contacts_planned"] == 0
    assert found.steps.triggered == 230
    assert plan_actions(found) == nobody
    assert list_power(found, allocation) == nobody


def test_no_scenario_at_all() -> None:
    told = terms({"scenario": "birthday"})
    frame = candidates([], told)
    frame = frame.assign(scenario=frame["scenario"].cat.set_categories([]))
    allocation = allocate(valued(frame, base([1.0]), told, LEARNED), Limits(budget=10.0), terms=told)
    found = plan(allocation, LEARNED, start=START, steps=STEPPED[:0], overlap=OVERLAP[:0])
    assert isinstance(found, Plan)
    assert (found.count, found.steps.scenarios, found.gap) == (0, (), 0.0)


def test_an_offer_dearer_than_its_orders_never_pays() -> None:
    lists = pd.DataFrame({"contacts": [10], "cost": [50.0], "offer_cost": [40.0], "base": [30.0], "orders": [3.0]})
    assert break_even_lift(lists) == NotEnough("offer_below_margin", -10.0, 0)


def test_an_offer_is_paid_for_by_what_orders_leave_after_it() -> None:
    lists = pd.DataFrame({"contacts": [100], "cost": [110.0], "offer_cost": [10.0], "base": [30.0], "orders": [5.0]})
    found = break_even_lift(lists)
    assert isinstance(found, BreakEvenLift)
    # Five orders leave 30 - 10, 4 each: 110 take 27.5 of them, one in 3.6 contacts.
    assert (found.orders, found.one_in, found.lift) == pytest.approx((27.5, 100 / 27.5, 5.5))


def test_what_is_measured_comes_first_in_what_to_do() -> None:
    told = plan_actions(planned())
    assert isinstance(told, PlanActions)
    assert [step.scenario for step in told.steps] == ["birthday", "welcome"]
    assert told.steps[0].expected is not None
    assert told.steps[1].expected is None
    assert told.steps[1].one_in == pytest.approx(8.0)
    assert len(told.to_frame()) == 2


def test_of_untested_lists_those_come_first_whose_customers_bring_most() -> None:
    found = planned()
    told = plan_actions(
        replace(found, lists=found.lists.assign(source="untested", expected=math.nan, base=[5.0, 90.0]))
    )
    assert isinstance(told, PlanActions)
    assert [step.scenario for step in told.steps] == [str(found.lists["scenario"].iloc[place]) for place in (1, 0)]


def test_power_is_that_of_two_groups_alike() -> None:
    assert alike(80, 20) == pytest.approx(2 / (1 / 80 + 1 / 20))
    assert alike(10, 0) == 0


def test_what_lists_can_show() -> None:
    size = 20_000
    told = terms({"scenario": "birthday"}, {"scenario": "welcome"}, {"scenario": "small"})
    names = ["birthday"] * 12_000 + ["welcome"] * 7_900 + ["small"] * 100
    frame = candidates(list(zip(range(size), names, strict=True)), told)
    money = valued(frame, base([10.0] * size), told, nothing_learned(), assumed_lift=0.5)
    allocation = allocate(money, Limits(), terms=told)
    steps = counted([(name, [100] * 7) for name in ("birthday", "welcome", "small")])
    found = list_power(plan(allocation, nothing_learned(), start=START, steps=steps, overlap=OVERLAP[:0]), allocation)
    assert isinstance(found, ListPower)
    rows = found.lists.set_index("scenario")
    # One order of 10 that varies by its whole mean: variance 200 a customer. Groups of 9,600 and 2,400 are as two of
    # 3,840, which find (1.96 + 0.84) x sqrt(2 x 200 / 3,840) = 0.904 of 10, and a little more as the effect adds to it.
    assert rows.loc["birthday", "sd"] == pytest.approx(200**0.5)
    assert rows.loc["birthday", "detectable"] == pytest.approx(0.0904, rel=0.03)
    assert rows.loc["birthday", "detectable_money"] == pytest.approx(10 * rows.loc["birthday", "detectable"])
    assert rows.loc[["birthday", "welcome", "small"], "learnable"].tolist() == [True, True, False]
    assert np.isnan(rows.loc["small", "detectable"])  # 20 left alone: below 30
    # A quarter of 10 takes 2 x 200 x 7.849 / 2.5^2 = 502 a group, and 80 and 20 are as two of 32.
    assert rows.loc["small", "months"] == pytest.approx(16, abs=2)
    assert found.too_small == ()  # together with the others of e-mail and no offer
    assert found.together == ("small",)
    assert found.pools.iloc[0]["scenarios"] == ("birthday", "small", "welcome")
