"""Plans of a month, with numbers by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from models.actions.plan_parts import START, Effects, Terms, base, candidates, effects, nothing_learned, terms

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.actions.allocation import Allocation, Limits, allocate
from retention_lib.models.actions.base import Base
from retention_lib.models.actions.offers import LearnedOffers
from retention_lib.models.actions.plan import Plan, plan
from retention_lib.models.actions.plan_actions import PlannedList, plan_actions
from retention_lib.models.actions.plan_steps import Overlap, PlanSteps
from retention_lib.models.actions.power import ListPower, list_power
from retention_lib.models.actions.values import valued

STEPS = {"triggered": 140, "known": 138, "not_held_out": 135, "not_suppressed": 130, "not_open": 128, "consented": 110}
TERMS = terms(
    {"scenario": "birthday", "offer": "gift"},
    {"scenario": "welcome", "priority": 2},
    {"scenario": "my_own", "priority": 3},
)
SURE = effects(
    {"scenario": "birthday", "offer": "gift", "mean": 0.4, "sd": 0.02, "sd_mean": 0.01},
    {"scenario": "welcome", "offer": "none", "mean": 0.2, "sd": 0.02, "source": "borrowed"},
)
UNSURE = effects({"scenario": "birthday", "offer": "gift", "mean": 0.2, "sd": 0.5, "sd_mean": 0.3})


def planned(
    learned: Effects = SURE, *, told: Terms = TERMS, money: float = 100.0, size: int = 100, limits: Limits | None = None
) -> tuple[Plan, Allocation]:
    """A plan and what it was made of: each scenario has so many candidates, and each two share half of them."""
    names = list(told.scenarios["scenario"])
    rows = sorted((row + place * size // 2, name) for place, name in enumerate(names) for row in range(size))
    known = base([money] * (size * len(names)))
    allocation = allocate(valued(candidates(rows, told), known, told, learned), limits or Limits(), terms=told)
    steps = pd.DataFrame(
        [(name, step, n) for name in names for step, n in {**STEPS, "under_cap": size}.items()],
        columns=["scenario", "step", "customers"],
    )
    overlap = pd.DataFrame({"scenario": names[:-1], "other": names[1:], "customers": [size // 2] * (len(names) - 1)})
    found = plan(allocation, learned, start=START, steps=steps, overlap=overlap)
    assert isinstance(found, Plan)
    assert isinstance(allocation, Allocation)
    return found, allocation


def paying() -> Plan:
    """Past lists show that most of it pays; one scenario of the shop's own is untested."""
    return planned()[0]


def doubtful() -> Plan:
    """What is measured may as well be a loss."""
    return planned(UNSURE)[0]


def untested() -> Plan:
    """Nothing was ever measured."""
    return planned(nothing_learned())[0]


def losing() -> Plan:
    """A list that is expected to lose is tried again, as it may pay with luck."""
    return planned(effects({"scenario": "birthday", "offer": "gift", "mean": -0.1, "sd": 0.5, "sd_mean": 0.5}))[0]


def limited() -> Plan:
    """Messages are short, and one list is not worth its own cost."""
    told = replace(TERMS, scenarios=TERMS.scenarios.assign(campaign_cost=[0.0, 0.0, 10_000.0]))
    return planned(told=told, limits=Limits(contacts=60))[0]


def unpriced() -> Plan:
    """What a message costs is not known."""
    return planned(told=replace(TERMS, channels=TERMS.channels.assign(cost=np.nan)))[0]


def free() -> Plan:
    """Messages cost nothing."""
    told = terms({"scenario": "birthday"}, costs={"email": 0.0})
    return planned(nothing_learned(), told=told)[0]


def of_many() -> Plan:
    """Twenty scenarios of the shop's own."""
    told = terms(*({"scenario": f"a_scenario_with_a_long_name_{place}", "priority": place + 1} for place in range(20)))
    return planned(nothing_learned(), told=told)[0]


def steps() -> PlanSteps:
    return paying().steps


def steps_of_many() -> PlanSteps:
    return of_many().steps


def no_steps() -> PlanSteps:
    """No scenario is about anybody."""
    table = paying().steps.table.assign(customers=0, lost=0)
    return replace(paying().steps, table=table)


def overlap() -> Overlap:
    return paying().overlap


def no_overlap() -> Overlap:
    return Overlap(table=paying().overlap.table.iloc[:0])


def to_send(place: int = 0, result: Plan | None = None) -> PlannedList:
    found = plan_actions(result or paying())
    assert not isinstance(found, NotEnough)
    return found.steps[place]


def power(size: int = 4_000, **more: Any) -> ListPower:
    found = list_power(*planned(size=size, **more))
    assert isinstance(found, ListPower)
    return found


def small_power() -> ListPower:
    """No list is large enough for anything."""
    return power(40)


def some_power() -> ListPower:
    """A list that shows it alone, and others that show it together or not at all."""
    return power(1_500)


def known_base(ratio: float = 1.02) -> Base:
    found = base([100.0, 50.0])
    return replace(found, ratio=Estimate(ratio, low=ratio - 0.1, high=ratio + 0.1, level=0.95, n=2.0))


def unchecked_base() -> Base:
    return replace(base([100.0, 50.0]), ratio=NotEnough("base_expected", 0, 0))


def learned_offers(*, by_customer: bool = True) -> LearnedOffers:
    """A past test chose for 300 customers."""
    codes = np.repeat([0, 1, 2, -1], [60, 90, 150, 700]) if by_customer else np.repeat([2, -1], [300, 700])
    return LearnedOffers(
        test="offer_3",
        offers=("leave_alone", "gift", "tenth"),
        by_row=codes.astype(np.int8),
        by_customer=by_customer,
        gain=1.25 if by_customer else float("nan"),
    )
