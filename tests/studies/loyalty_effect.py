"""How right the effect of the programme is: coverage, bias, false claims, power, and caution where joining follows
buying.

A case is a simulated store with the default sizes, judged by its tables as the notebook judges them. The truth is that
of the same members in the same days: what they bought as members against what they buy in the world without the
programme, with the same random numbers. A store whose effect is refused counts in the coverage with the interval that
the page does not show; a store that gives no effect at all counts as not covered.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from studies.cases import Result
from studies.fits import share
from studies.study import Found, Study
from studies.told_stores import ToldStore

from retention_lib.estimates import NotEnough
from retention_lib.measures.panels import SETTLED_DAYS, JoiningPanel, joining_panel
from retention_lib.measures.programme import programme
from retention_lib.measures.purchases import purchase_days
from retention_lib.measures.sales import daily_sales
from retention_lib.measures.units import judged_units
from retention_lib.models.impact.joining import joining
from retention_lib.models.impact.member_gap import member_gap
from retention_lib.models.impact.panel import PERIOD_DAYS, panel
from retention_lib.models.impact.purchases_compared import PERIODS_AFTER
from retention_lib.settings.simulation import Programme, Simulation, Sizes
from retention_lib.stores.simulation.graded import PROGRAMME
from retention_lib.stores.simulation.shop import open_shop, tell_story
from retention_lib.stores.simulation.story import Story

CUSTOMERS = 20_000
LEVEL_CASES, NULL_CASES, POWER_CASES, MOMENTUM_CASES = 200, 1_000, 200, 200

NOTHING = {"programme_effect": 0.0, "tier_effort": 0.0, "tier_dip": 0.0}
"""Sizes of a programme that changes nothing."""

TEN_PER_CENT = {"programme_effect": 0.107, "tier_effort": 0.0, "tier_dip": 0.0}
"""Sizes of one that makes members buy a tenth more, those who leave it or the shop in these weeks counted."""

FIGURES = {
    "loyalty_level": ("loyalty_effect_coverage", "loyalty_refusal_share", "loyalty_bias_share", "loyalty_naive_bias"),
    "loyalty_false_claims": ("loyalty_false_claim_rate",),
    "loyalty_power_of_ten": ("loyalty_power",),
    "loyalty_momentum": ("momentum_withheld_share",),
}
"""What each study gives."""

_SEEDS = {"level": 21_000, "null": 22_000, "power": 24_000, "momentum": 25_000}
_CHUNK = 10


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A store as the notebook judges it.

    Attributes:
        story: What happened.
        told: The panel.
    """

    story: Story
    told: JoiningPanel

    @classmethod
    def of(
        cls, seed: int, sizes: dict[str, float], *, world: Programme = "level", customers: int, truth: bool = True
    ) -> Judged:
        """Simulate a store and read its tables."""
        simulation = Simulation(customers=customers, seed=seed, programme=world, sizes=Sizes(**sizes))
        story = tell_story(open_shop(simulation), 0, only_what_happened=not truth)
        store, until = ToldStore([story]), simulation.until + timedelta(days=1)
        sales = store.table("transactions")
        told = joining_panel(
            daily_sales(sales, purchase_days(sales, until=until), until=until),
            programme(store.table("loyalty_events"), until=until),
            start=simulation.first_day,
            units=judged_units(store.table("customers")),
        )
        if isinstance(told, NotEnough):
            raise TypeError(f"a simulated store has a programme, but: {told}")
        return cls(story=story, told=told)

    @property
    def truth(self) -> float:
        """By what share the measured members bought more than without the programme."""
        told, fates, people = self.told, self.story.fates, self.story.people
        occasions, shop = self.story.occasions, self.story.shop
        offset = (told.origin - shop.simulation.first_day).days
        last = told.steps * told.step_days
        who = (fates.joined - people.acquired >= SETTLED_DAYS) & (fates.joined < offset + last)
        first = ((fates.joined - offset) // told.step_days + 1) * told.step_days + offset
        age = occasions.day - first[occasions.customer]
        inside = who[occasions.customer] & (age >= 0) & (age < PERIODS_AFTER * PERIOD_DAYS)
        later = occasions.day > people.acquired[occasions.customer]
        never = [(one.effect, one.arm) for one in occasions.worlds].index((PROGRAMME, "never"))
        bought = [((occasions.bought >> np.uint64(world)) & np.uint64(1)) > 0 for world in (0, never)]
        member, without = (int((one & inside & later).sum()) for one in bought)
        return member / without - 1


def level(case: int, *, customers: int = CUSTOMERS) -> Result:
    """The effect in the world of level against its truth.

    Args:
        case: The number of the case.
        customers: Customers of the store (count).
    """
    return _against_truth(Judged.of(_SEEDS["level"] + case, {}, customers=customers))


def null(case: int, *, customers: int = CUSTOMERS) -> Result:
    """Whether a programme that changes nothing is said to change something."""
    return _judged(Judged.of(_SEEDS["null"] + case, NOTHING, customers=customers, truth=False))


def power(case: int, *, customers: int = CUSTOMERS) -> Result:
    """Whether a tenth more is claimed."""
    return _judged(Judged.of(_SEEDS["power"] + case, TEN_PER_CENT, customers=customers, truth=False))


def momentum(case: int, *, customers: int = CUSTOMERS) -> Result:
    """Whether the claim is withheld where customers join at purchases."""
    return _judged(Judged.of(_SEEDS["momentum"] + case, {}, world="momentum", customers=customers, truth=False))


def _judged(store: Judged) -> Result:
    """What the model makes of a store."""
    found = joining(panel(store.told))  # type: ignore[arg-type]
    if isinstance(found, NotEnough):
        return {"claimed": False, "refused": True, "reason": found.reason}
    return {
        **{name: getattr(found.relative, name) for name in ("value", "low", "high", "p", "claimed")},
        "refused": found.design is not None,
        "reason": found.relative.reason,
        "pretrend_p": found.pretrend_p,
        "placebo_p": found.placebo.p,
        "members": found.members,
    }


def _against_truth(store: Judged) -> Result:
    """The same with the truth and the plain gap."""
    told, truth, gap = _judged(store), store.truth, member_gap(panel(store.told))
    if isinstance(gap, NotEnough):
        raise TypeError(f"a simulated store has members and others, but: {gap}")
    held = "low" in told and told["low"] <= truth <= told["high"]
    return {**told, "truth": truth, "covered": held, "naive": gap.purchases_relative}


def level_figures(results: list[Result]) -> list[Found]:
    """Coverage, refusals, and the mean errors of the estimate and of the plain gap as shares of the effect."""
    coverage, refusals, bias, naive = FIGURES["loyalty_level"]
    return [
        _share(coverage, [bool(result.get("covered")) for result in results]),
        _share(refusals, [bool(result.get("refused", True)) for result in results]),
        _bias(bias, results, "value"),
        _bias(naive, results, "naive"),
    ]


def _bias(name: str, results: list[Result], estimate: str) -> Found:
    """The mean error over the mean truth."""
    told = [result for result in results if estimate in result and "truth" in result]
    errors = np.array([result[estimate] - result["truth"] for result in told])
    truth = float(np.mean([result["truth"] for result in told]))
    half = 1.96 * errors.std(ddof=1) / math.sqrt(len(errors))
    low, value, high = ((errors.mean() + side * half) / truth for side in (-1, 0, 1))
    return Found(name=name, value=float(value), low=float(low), high=float(high), n=len(told))


def claims(name: str, results: list[Result]) -> list[Found]:
    """The share of stores with a claim; a store that died makes none where one is wanted, and one where none is."""
    wanted = name == "loyalty_power"
    return [_share(name, [bool(result.get("claimed", not wanted)) for result in results])]


def false_claims(results: list[Result]) -> list[Found]:
    """The share of stores without an effect of which one is claimed."""
    return claims("loyalty_false_claim_rate", results)


def power_figures(results: list[Result]) -> list[Found]:
    """The share of stores with a tenth more of which an effect is claimed."""
    return claims("loyalty_power", results)


def withheld(results: list[Result]) -> list[Found]:
    """The share of stores of which no effect is claimed."""
    return [_share("momentum_withheld_share", [not result.get("claimed", True) for result in results])]


def _share(name: str, held: list[bool]) -> Found:
    part = share(sum(held), len(held))
    return Found(name=name, value=part.value, low=part.low or 0.0, high=part.high or 0.0, n=len(held))


def not_covered(results: list[Result]) -> list[Result]:
    """The stores whose interval does not hold the truth."""
    return [result for result in results if not result.get("covered")]


def claimed(results: list[Result]) -> list[Result]:
    """The stores with a claim, or that died."""
    return [result for result in results if result.get("claimed", True)]


def not_claimed(results: list[Result]) -> list[Result]:
    """The stores without a claim."""
    return [result for result in results if not result.get("claimed")]


_HERE = "studies.loyalty_effect"
STUDIES = {
    "loyalty_level": Study(
        target=f"{_HERE}:level", cases=LEVEL_CASES, figures=level_figures, failures=not_covered, chunk=_CHUNK
    ),
    "loyalty_false_claims": Study(
        target=f"{_HERE}:null", cases=NULL_CASES, figures=false_claims, failures=claimed, chunk=_CHUNK
    ),
    "loyalty_power_of_ten": Study(
        target=f"{_HERE}:power", cases=POWER_CASES, figures=power_figures, failures=not_claimed, chunk=_CHUNK
    ),
    "loyalty_momentum": Study(
        target=f"{_HERE}:momentum", cases=MOMENTUM_CASES, figures=withheld, failures=claimed, chunk=_CHUNK
    ),
}
