"""The plan of a month: its lists, what they cost, and what they are worth as far as that was ever measured."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.actions.allocation import Allocation
from retention_lib.models.actions.break_even import BreakEvenLift, break_even_lift
from retention_lib.models.actions.issued_lists import SUMS, IssuedLists, issued_lists
from retention_lib.models.actions.plan_steps import Overlap, PlanSteps, plan_steps, shared_customers
from retention_lib.models.actions.playbook_terms import BORROWED, LEARNED, MEASURED, UNTESTED, Effects
from retention_lib.models.intervals import normal_quantile

Floats = NDArray[np.float64]

LEVEL = 0.95
SEVERAL = "several"
"""The offer of a list whose customers get different ones."""

NOBODY = NotEnough("customers_to_contact", 0, 1)
"""Why a plan without a list has no profit to tell."""

_LISTS = (
    *("scenario", "kind", "priority", "offer", "channels", "contacts", "control", "cost", "sending", "offer_cost"),
    *("campaign_cost", "base", "orders", "expected", "low", "high", "source", "lift", "one_in", "verdict_on"),
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Plan:
    """The lists of a month.

    Attributes:
        lists: One row a list with a customer, by priority, then by name:

            - `scenario`, `kind`, `priority`, `offer` (`several` where its customers get different ones), `channels`
              (their names, the most used first),
            - `contacts` (customers who get the message), `control` (customers left alone; counts),
            - `cost` (money), of it `sending`, `offer_cost` (what the offer is expected to cost if every order of those
              contacted uses it) and `campaign_cost`; NaN where the cost of a message is not known,
            - `base` (gross profit expected of those contacted without a message), `orders` (likewise); NaN: not known,
            - `expected`, `low`, `high` (profit that the list is expected to add net of its cost, 95 %) and `source`
              (measured, borrowed, untested; NaN where untested),
            - `lift` (by what share the list must raise what its customers bring to pay), `one_in` (it pays if one in so
              many of those contacted orders who would not have; NaN where that is not known),
            - `verdict_on` (date: first day on which its window has been seen).

            A list that was issued is told as it was issued, by its own customers.
        start: First day of sending.
        cost: Money of all lists; NotEnough("contact_cost_known") where the cost of a message is not known,
            NotEnough("offer_cost_known") where that of an offer is not, which the playbook does not have any more.
        expected: Profit that the lists with a measured effect are expected to add net of their cost;
            NotEnough("effects_measured") where there is none, NotEnough("customers_to_contact") without any list.
        untested: What the lists without one must bring to pay; NotEnough("lists_untested") where there is none.
        break_even: What all lists must bring to pay; NotEnough("customers_to_contact") without any list.
        steps: What each step left of the customers whom scenarios were about.
        overlap: Customers whom several scenarios are about.
        limits: From the allocation: limit, used, most, price.
        gap: By what share of the best possible worth the choice may fall short of it.
        dropped: Scenarios whose own cost the budget does not carry.
        issued: The lists as they were issued; None where they are only planned.
    """

    lists: pd.DataFrame = field(repr=False)
    start: date
    cost: Estimate | NotEnough
    expected: Estimate | NotEnough
    untested: BreakEvenLift | NotEnough
    break_even: BreakEvenLift | NotEnough
    steps: PlanSteps
    overlap: Overlap = field(repr=False)
    limits: pd.DataFrame = field(repr=False)
    gap: float
    dropped: tuple[str, ...] = ()
    issued: IssuedLists | None = field(default=None, repr=False)

    @property
    def contacts(self) -> int:
        """Customers who get a message (count)."""
        return int(self.lists["contacts"].sum())

    @property
    def control(self) -> int:
        """Customers left alone (count)."""
        return int(self.lists["control"].sum())

    @property
    def count(self) -> int:
        """Lists with a customer to contact (count)."""
        return int((self.lists["contacts"] > 0).sum())

    def figures(self) -> dict[str, Estimate | NotEnough | int]:
        """The figures of the plan, those of each list among them."""
        lift = self.break_even
        told: dict[str, Estimate | NotEnough | int] = {
            "actions_total": self.count,
            "contacts_planned": self.contacts,
            "plan_cost": self.cost,
            "plan_expected_profit": self.expected,
            "plan_break_even_lift": lift if isinstance(lift, NotEnough) else Estimate(lift.lift, n=lift.contacts),
            "plan_gap": Estimate(self.gap),
        }
        for name, contacts, control in self.lists[["scenario", "contacts", "control"]].to_numpy(dtype=object):
            told |= {f"{name}_contacts": int(contacts), f"{name}_control": int(control)}
        return told

    def to_frame(self) -> pd.DataFrame:
        """The lists."""
        return self.lists


def plan(
    allocation: Allocation | NotEnough,
    learned: Effects,
    *,
    start: date,
    steps: pd.DataFrame,
    overlap: pd.DataFrame,
    counts: pd.DataFrame | None = None,
    arms: pd.DataFrame | None = None,
) -> Plan | NotEnough:
    """The plan of a month.

    Args:
        allocation: From `allocation.allocate`.
        learned: What past lists and tests say.
        start: First day of sending.
        steps: Of `measures.actions.candidates`: scenario, step, customers.
        overlap: Likewise: scenario, other, customers.
        counts: Of `measures.actions.lists`, what was issued: scenario, contacts, control, verdict_on; without it the
            shares of the playbook, sent within seven days.
        arms: Likewise, the customers of these lists; with them the counts have the terms of each list.

    Returns:
        The plan, one without lists and without money where nobody is left; the `NotEnough` that came in.
    """
    if isinstance(allocation, NotEnough):
        return allocation
    issued = _issued(allocation, start) if counts is None else counts
    issued = issued[issued["contacts"] + issued["control"] > 0]
    own = None if arms is None else issued_lists(issued, arms, allocation, learned)
    pairs = _pairs(allocation, issued) if own is None else own.pairs
    effects = allocation.allocated.effects if own is None else own.effects
    lists = _lists(allocation, issued, pairs, effects, learned)
    untested = lists[lists["source"] == UNTESTED]
    return Plan(
        lists=lists,
        start=start,
        cost=_cost(lists),
        expected=_expected(allocation, lists, pairs, effects, learned),
        untested=break_even_lift(untested) if len(untested) else NotEnough("lists_untested", 0, 1),
        break_even=break_even_lift(lists) if len(lists) else NOBODY,
        steps=plan_steps(steps, allocation, issued),
        overlap=shared_customers(overlap, allocation),
        limits=allocation.limits,
        gap=allocation.gap,
        dropped=allocation.dropped,
        issued=own,
    )


def _issued(allocation: Allocation, start: date) -> pd.DataFrame:
    """Counts by the shares of the playbook."""
    terms = allocation.terms.scenarios.set_index("scenario")
    listed = allocation.chosen["scenario"].value_counts(sort=False)
    own = terms.reindex(listed.index.astype(str))
    control = np.round(listed.to_numpy() * own["control_share"].to_numpy(dtype=float)).astype(int)
    days = [timedelta(days=6 + int(window)) for window in own["window_days"]]
    return pd.DataFrame(
        {
            "scenario": own.index,
            "contacts": listed.to_numpy() - control,
            "control": control,
            "verdict_on": [start + each for each in days],
        }
    )


def _pairs(allocation: Allocation, issued: pd.DataFrame) -> pd.DataFrame:
    """Sums over those contacted by scenario and offer: what they bring by themselves and what they cost."""
    keys = [allocation.chosen[name].astype(str) for name in ("scenario", "offer")]
    grouped = allocation.chosen.groupby(keys, sort=True)
    sums = grouped[list(SUMS)].sum(min_count=1).assign(customers=grouped.size()).reset_index()
    contacts = issued.set_index("scenario")["contacts"].reindex(sums["scenario"]).to_numpy(dtype=float)
    every = sums.groupby("scenario")["customers"].transform("sum").to_numpy(dtype=float)
    # Whom chance contacts is like whom it leaves alone.
    share = np.nan_to_num(contacts) / every
    return sums.assign(**{name: sums[name] * share for name in (*SUMS, "customers")})


def _lists(
    allocation: Allocation, issued: pd.DataFrame, pairs: pd.DataFrame, effects: pd.DataFrame, learned: Effects
) -> pd.DataFrame:
    """One row a list."""
    known = {str(each["scenario"]): each for each in allocation.terms.scenarios.to_dict("records")}
    # What has no priority any more stands behind the others.
    last = max((int(each["priority"]) for each in known.values()), default=0) + 1
    rows = []
    for told in issued.to_dict("records"):
        name = str(told["scenario"])
        own = pairs[pairs["scenario"] == name]
        about: dict[Hashable, Any] = {"priority": last, **known.get(name, {}), **told}
        sums = {sum_: float(own[sum_].sum(min_count=1)) for sum_ in SUMS}
        sums["offer_cost"] = float(own["offer_cost"].sum(skipna=False))
        campaign = float(about["campaign_cost"])
        row = {
            "scenario": name,
            "kind": str(about["kind"]),
            "priority": int(about["priority"]),
            "offer": _offer(told, own),
            "channels": str(told["channels"]) if "channels" in told else _channels(allocation, name),
            "contacts": int(told["contacts"]),
            "control": int(told["control"]),
            "cost": sums["sending"] + sums["offer_cost"] + campaign,
            "campaign_cost": campaign,
            "verdict_on": told["verdict_on"],
            **{name_: sums[name_] for name_ in ("sending", "offer_cost", "base", "orders")},
            **_worth(own, campaign, learned, effects),
        }
        rows.append(row | _pays(row))
    return pd.DataFrame(rows, columns=list(_LISTS)).sort_values(["priority", "scenario"], ignore_index=True)


def _offer(told: Mapping[Hashable, Any], own: pd.DataFrame) -> str:
    """The offer of a list, as it was issued; else that of its customers."""
    offer = str(told["offer"]) if "offer" in told else str(own["offer"].iloc[0]) if len(own) == 1 else SEVERAL
    return SEVERAL if offer == LEARNED else offer


def _pays(row: Mapping[str, Any]) -> dict[str, float]:
    """By what a list pays for itself; NaN where that is not known."""
    needed = break_even_lift(pd.DataFrame([row]))
    if isinstance(needed, NotEnough):
        return {"lift": math.nan, "one_in": math.nan}
    return {"lift": needed.lift, "one_in": needed.one_in}


def _channels(allocation: Allocation, scenario: str) -> str:
    """The channels of a list, the most used first."""
    mine = allocation.chosen.loc[allocation.chosen["scenario"] == scenario, "channel"].astype(str)
    return ", ".join(mine.value_counts(sort=True).index)


def _worth(own: pd.DataFrame, campaign: float, learned: Effects, effects: pd.DataFrame) -> dict[str, object]:
    """What a list is expected to add, with its interval; nothing where part of it was never measured."""
    places = _places(effects, own)
    sources = [UNTESTED if at is None else str(learned.effects["source"].iloc[at]) for at in places]
    unknown = {"expected": math.nan, "low": math.nan, "high": math.nan, "source": UNTESTED}
    if not sources or UNTESTED in sources or not np.isfinite(own["expected_value"].to_numpy(dtype=float)).all():
        return unknown
    value = float(own["expected_value"].sum()) - campaign
    half = normal_quantile(LEVEL) * _spread(own, [at for at in places if at is not None], learned)
    source = MEASURED if set(sources) == {MEASURED} else BORROWED
    return {"expected": value, "low": value - half, "high": value + half, "source": source}


def _places(effects: pd.DataFrame, pairs: pd.DataFrame) -> list[int | None]:
    """The row of each pair in the table of what was learned; None where it has none."""
    known = {
        (one, other): None if place < 0 else int(place)
        for one, other, place in zip(effects["scenario"], effects["offer"], effects["place"], strict=True)
    }
    return [known.get(pair) for pair in zip(pairs["scenario"], pairs["offer"], strict=True)]


def _spread(pairs: pd.DataFrame, places: list[int], learned: Effects) -> float:
    """Standard deviation of a sum of effects times what customers bring."""
    base = pairs["base"].to_numpy(dtype=float)
    told = np.asarray(learned.covariance, dtype=float)[np.ix_(places, places)]
    return math.sqrt(max(0.0, float(base @ told @ base)))


def _cost(lists: pd.DataFrame) -> Estimate | NotEnough:
    """Money of all lists."""
    cost = float(lists["cost"].sum(skipna=False))
    if not math.isfinite(cost):
        sending = math.isfinite(float(lists["sending"].sum(skipna=False)))
        return NotEnough("offer_cost_known" if sending else "contact_cost_known", 0, 1)
    return Estimate(cost, n=float(lists["contacts"].sum()))


def _expected(
    allocation: Allocation, lists: pd.DataFrame, pairs: pd.DataFrame, effects: pd.DataFrame, learned: Effects
) -> Estimate | NotEnough:
    """What all lists with a measured effect are expected to add together."""
    told = lists[lists["source"] != UNTESTED]
    if lists.empty:
        return NOBODY
    if told.empty:
        return NotEnough("effects_measured", 0, 1)
    if not allocation.allocated.costs_known:
        return NotEnough("contact_cost_known", 0, 1)
    own = pairs[pairs["scenario"].isin(told["scenario"])]
    places = _places(effects, own)
    by_effect = _spread(own, [at for at in places if at is not None], learned)
    value, base = float(told["expected"].sum()), allocation.allocated.base
    gained = value + float(told["sending"].sum()) + float(told["campaign_cost"].sum())
    by_base = 0.0 if isinstance(base, NotEnough) else base.relative_sd * gained
    half = normal_quantile(LEVEL) * math.hypot(by_effect, by_base)
    return Estimate(value, low=value - half, high=value + half, level=LEVEL, n=float(told["contacts"].sum()))
