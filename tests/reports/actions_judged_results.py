"""Lists of a playbook whose numbers are known by hand, for models, sentences and charts."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import pandas as pd
from models.actions.plan_parts import Terms
from models.actions.plan_parts import terms as plan_terms
from models.experiment_facts import Mixed, reached
from reports.experiment_past_results import spread

from retention_lib.estimates import NotAsked, NotEnough
from retention_lib.measures.actions.list_reading import ListedTerms
from retention_lib.models.actions.decisions import ScenarioDecisions, TrackRecord, scenario_decisions, track_record
from retention_lib.models.actions.judged import Judged, OpenLists, judged
from retention_lib.models.actions.last_month import LastMonth
from retention_lib.models.actions.learned import LearnedEffects, learned_effects
from retention_lib.models.actions.offer_gains import OfferGains, offer_gains
from retention_lib.models.actions.offers import LearnedOffers
from retention_lib.models.experiments.moments import moments_of

UNTIL = date(2026, 7, 1)
BASE = 50.0  # gross profit of a customer left alone
COST = 1.0  # of a message


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A list and how it was read."""

    name: str
    scenario: str
    month: str = "2026-06"
    control: str = "control"
    offers: Mapping[str, str] = field(default_factory=lambda: {"treatment": "none"})
    shares: Mapping[str, float] | None = None
    days: int = 21
    contact_cost: float | None = COST
    campaign_cost: float = 0.0
    verdict_on: date = date(2026, 6, 28)


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What says whether a list may be judged; nothing is wrong unless the case says so."""

    arms: pd.DataFrame
    experiment: str = "list"
    control: str = "control"
    unit: str = "customer"
    first_day: date | None = date(2026, 6, 1)
    window_ends: date | None = date(2026, 6, 28)
    until: date = UNTIL
    strata: pd.DataFrame = field(default_factory=lambda: pd.DataFrame({"stratum": [], "arm": [], "units": []}))
    days: pd.DataFrame = field(default_factory=lambda: pd.DataFrame({"day": [], "arm": [], "units": []}))
    mixed: Mixed = field(default_factory=Mixed)
    set_aside: int = 0
    mixed_households: int = 0
    missing: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["metric", "arm", "units", "missing"]))
    others: Any = field(default_factory=reached)
    days_missing: int = 0
    days_looked: int = 0


@dataclass(frozen=True, kw_only=True)
class Read:
    """A list that is over."""

    entry: Entry
    sums: pd.DataFrame
    arms: pd.DataFrame
    facts: Facts


def opened(*names: str) -> pd.DataFrame:
    """Lists of July, one verdict a day."""
    rows = [
        (name, f"{name}_2026_07", "2026-07", 500, 100, date(2026, 7, 1), date(2026, 7, 28) + timedelta(days=at))
        for at, name in enumerate(names)
    ]
    return pd.DataFrame(rows, columns=["scenario", "test", "month", "customers", "control", "start", "verdict_on"])


@dataclass(frozen=True, kw_only=True)
class Lists:
    """The lists of a store."""

    lists: tuple[Read, ...] = ()
    tests: tuple[Read, ...] = ()
    open: pd.DataFrame = field(default_factory=opened)
    left_out: pd.DataFrame = field(default_factory=lambda: pd.DataFrame({"test": [], "scenario": [], "reason": []}))
    until: date = UNTIL


def one_list(
    scenario: str,
    gain: float,
    *,
    sizes: tuple[int, int] = (800, 200),
    sd: float = 20.0,
    months_ago: int = 0,
    told: tuple[int, int] | None = None,
    **entry: Any,
) -> Read:
    """A list whose treated customers bring so much more gross profit than those left alone, who bring 50.

    Args:
        scenario: The scenario; a name of its own for another test.
        gain: What a treated customer brings more.
        sizes: Treated customers, and those left alone.
        sd: Standard deviation of what a customer brings.
        months_ago: How many months before June.
        told: Of the treated and of those left alone, how many got the message; all, and none, if omitted.
        **entry: What is known of the list otherwise.
    """
    verdict = (pd.Timestamp(2026, 6, 28) - pd.DateOffset(months=months_ago)).date()
    month = f"{verdict:%Y-%m}"
    about = Entry(
        name=f"{scenario}_{month.replace('-', '_')}", scenario=scenario, month=month, verdict_on=verdict, **entry
    )
    parts = []
    for arm, n, more in (("treatment", sizes[0], gain), ("control", sizes[1], 0.0)):
        money = spread(n, BASE + more, sd)
        sent = COST if arm == "treatment" else 0.0
        orders = spread(n, 1.0 + more / BASE, 1.0)
        parts.append(
            pd.DataFrame({"arm": arm, "gross_profit_full": money, "contact_cost": sent, "orders_full": orders})
        )
    found = moments_of(pd.concat(parts))
    contacted = told or (sizes[0], 0)
    arms = pd.DataFrame({"arm": ["control", "treatment"], "units": sizes[::-1], "bought_between": 0.0})
    arms = arms.assign(contacted=[float(contacted[1]), float(contacted[0])], exposed_before=0.0)
    facts = Facts(arms=arms, window_ends=verdict, mixed=Mixed(assigned=sum(sizes)))
    return Read(entry=about, sums=found.sums, arms=found.arms, facts=facts)


def lists() -> Lists:
    """Five lists of June, and those of the months before of three scenarios."""
    june = (
        one_list("reactivation", 9.0, offers={"treatment": "discount20"}),
        one_list("welcome", -6.0, offers={"treatment": "free_delivery"}),
        one_list("abandoned_cart", 2.0),
        one_list("birthday", 12.0, sizes=(24, 6)),
        one_list("cross_sell", 8.0, told=(800, 60)),
    )
    before = tuple(
        one_list(scenario, gain, months_ago=ago, offers={"treatment": offer})
        for ago in (1, 2)
        for scenario, gain, offer in (
            ("reactivation", 8.0, "discount20"),
            ("welcome", -5.0, "free_delivery"),
            ("abandoned_cart", 1.0, "none"),
        )
    )
    return Lists(lists=(*june, *before), open=opened("reactivation", "birthday"))


def everything(**changes: Any) -> Judged:
    """What these lists earned."""
    found = judged(replace(lists(), **changes))
    assert isinstance(found, Judged)
    return found


def sound() -> Judged:
    """Two lists with nothing wrong."""
    return everything(lists=(one_list("reactivation", 9.0), one_list("welcome", 3.0)))


def written_to(*wrong: int, known: bool = True) -> Judged:
    """Lists of 200 left alone, so many of whom got the message.

    Args:
        *wrong: How many, list by list.
        known: Whether the store has the messages of the last list.
    """
    names = ("reactivation", "welcome", "abandoned_cart")
    read = [one_list(name, 9.0, told=(800, count)) for name, count in zip(names, wrong, strict=False)]
    if not known:
        facts = read[-1].facts
        read[-1] = replace(read[-1], facts=replace(facts, arms=facts.arms.assign(contacted=math.nan)))
    return everything(lists=tuple(read))


def apart(seen: int, gap: float) -> Judged:
    """A list, so many of it treated, where these had spent so much more before."""
    treated, alone = spread(seen, 50.0 + gap, 20.0), spread(200, 50.0, 20.0)
    parts = [
        pd.DataFrame({"arm": arm, "gross_profit_full": money, "contact_cost": sent, "spend_before": money})
        for arm, money, sent in (("treatment", treated, COST), ("control", alone, 0.0))
    ]
    found = moments_of(pd.concat(parts))
    read = one_list("welcome", 0.0, sizes=(seen, 200), shares={"control": 0.2, "treatment": 0.8})
    return everything(lists=(replace(read, sums=found.sums, arms=found.arms),))


def none_yet() -> Judged:
    """Lists that are all still open."""
    return everything(lists=())


def month(*read: Read) -> LastMonth:
    """The lists of June."""
    found = everything(**({"lists": read} if read else {})).last_month
    assert isinstance(found, LastMonth)
    return found


def month_lost() -> LastMonth:
    return month(one_list("reactivation", -9.0), one_list("welcome", -7.0))


def month_even() -> LastMonth:
    return month(one_list("reactivation", 1.5))


def month_of_many() -> LastMonth:
    """Thirty lists with long names, of very different profit."""
    return month(*(one_list(f"a_scenario_of_our_own_number_{at}", at - 10.0, sd=20.0 + at) for at in range(30)))


def month_tiny() -> LastMonth:
    """One list that cannot be called alone."""
    return month(one_list("birthday", 12.0, sizes=(24, 6)))


def month_alike() -> LastMonth:
    """A list of whose customers each brought the same."""
    return month(one_list("birthday", 0.0, sd=0.0))


def record() -> TrackRecord:
    found = track_record(everything())
    assert isinstance(found, TrackRecord)
    return found


def record_lost() -> TrackRecord:
    """Lists of two scenarios that both lost money."""
    found = track_record(everything(lists=(one_list("reactivation", -9.0), one_list("welcome", -7.0))))
    assert isinstance(found, TrackRecord)
    return found


def record_of_many() -> TrackRecord:
    """Ten scenarios over six months."""
    read = tuple(one_list(f"scenario_{at}", at - 4.0, months_ago=ago) for at in range(10) for ago in range(6))
    found = track_record(everything(lists=read))
    assert isinstance(found, TrackRecord)
    return found


def learned() -> LearnedEffects:
    asked = [("reactivation", "discount20"), ("birthday", "discount20"), ("replenishment", "gift")]
    return learned_effects(everything(), asked)


def gains(effect: float = 9.0) -> OfferGains:
    """What lists of two scenarios say of their offers, and of a third with an offer that nobody measured."""
    lists = tuple(one_list("birthday", effect, months_ago=ago) for ago in range(3))
    found = offer_gains(learned_effects(everything(lists=lists), [("replenishment", "gift")]))
    assert isinstance(found, OfferGains)
    return found


def gains_of(*rows: tuple[str, str, float, float, bool]) -> OfferGains:
    """Gains as they are given: scenario, offer, gain, half of its interval, whether measured on lists of its own."""
    table = pd.DataFrame(rows, columns=["scenario", "offer", "gain", "half", "measured"])
    table = table.assign(low=table["gain"] - table["half"], high=table["gain"] + table["half"], lists=1)
    return OfferGains(table=table.drop(columns="half"), untested=0, lists=2, tests=0)


def gains_of_many() -> OfferGains:
    read = tuple(one_list(f"scenario_{at}", at - 4.0) for at in range(20))
    found = offer_gains(learned_effects(everything(lists=read)))
    assert isinstance(found, OfferGains)
    return found


def no_gains() -> NotEnough:
    found = offer_gains(learned_effects(NotAsked("lists", 0, 1), [("birthday", "none")]))
    assert isinstance(found, NotEnough)
    return found


OFFERS = {"reactivation": "discount20", "welcome": "free_delivery", "abandoned_cart": "none", "birthday": "none"}
NO_TEST = NotEnough("offers_tested", 0, 1)


def asked(**offers: str) -> Terms:
    """A playbook whose scenarios make these offers."""
    told = plan_terms(*({"scenario": name, "offer": offer} for name, offer in offers.items()))
    names = ["none", "discount20", "free_delivery"]
    return replace(told, offers=pd.DataFrame({"offer": names, "discount": 0.0, "cost_per_order": 0.0}))


def decided(
    found: Judged, terms: Terms | None = None, policy: LearnedOffers | NotEnough = NO_TEST
) -> ScenarioDecisions:
    """What is done with the scenarios of some lists."""
    told = scenario_decisions(found, learned_effects(found), terms or asked(**OFFERS), policy)
    assert isinstance(told, ScenarioDecisions)
    return told


def decisions() -> ScenarioDecisions:
    found = scenario_decisions(everything(), learned(), asked(**OFFERS), NO_TEST)
    assert isinstance(found, ScenarioDecisions)
    return found


def decisions_stopped() -> ScenarioDecisions:
    """A scenario that loses money and has no other offer that would not."""
    return decided(everything(lists=tuple(one_list("birthday", -9.0, months_ago=ago) for ago in range(2))))


def decisions_asked() -> ScenarioDecisions:
    """A scenario that leaves its offer to what was measured."""
    return decided(everything(), asked(**{**OFFERS, "welcome": "auto"}))


def decisions_followed() -> ScenarioDecisions:
    """A scenario with the better offer by now, and one that was taken out of the file."""
    return decided(everything(), asked(welcome="discount20", abandoned_cart="none"))


def decisions_changed() -> ScenarioDecisions:
    """A scenario whose customers order more, while its offer costs more than they bring."""
    dear = one_list("reactivation", 10.0, sizes=(4_000, 1_000), campaign_cost=200_000.0)
    found = everything(lists=(dear, one_list("welcome", 9.0)))
    return decided(found, asked(reactivation="none", welcome="none"))


def decisions_kept() -> ScenarioDecisions:
    found = everything(lists=tuple(one_list("reactivation", 9.0, months_ago=ago) for ago in range(4)))
    return decided(found, asked(reactivation="none"))


def still_open() -> OpenLists:
    found = everything().open_lists
    assert isinstance(found, OpenLists)
    return found


def terms(*taken: str) -> ListedTerms:
    """A list of reactivation, read by the ledger."""
    return ListedTerms(
        scenario="reactivation",
        month="2026-06",
        start=date(2026, 6, 1),
        taken=taken or ("window_days", "after_days", "planned_split", "contact_cost"),
        window_days=21,
        after_days=0,
        shares=0.2,
    )
