"""The share of the simulated store's mechanisms whose size an oracle recovers that sees the truth.

A case is a store with a seed and a world of the programme; half of them also have the mechanisms on that are off by
default. An oracle's estimate counts as recovered where its 95 % interval holds the size; where a number is known but
for rounding, the interval is what rounding can do. So a right simulator recovers .95 or a little more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from studies import oracles_of_buying as buying
from studies import oracles_of_offers as offers
from studies import oracles_of_tables as tables
from studies.cases import Result
from studies.fits import share
from studies.simulated_shops import SimulatedShop
from studies.study import Found, Study

from retention_lib.estimates import Estimate
from retention_lib.settings.simulation import Programme, Simulation, Sizes

CASES = 24
CUSTOMERS = 40_000
WORLDS: tuple[Programme, ...] = ("level", "momentum", "invited")
SWITCHED_ON = {"unmeasured_confounder": 0.8, "household_spill": 0.5, "split_ids": 0.04}
"""What is off by default and on in every second case."""

_FIRST_SEED = 4_000


@dataclass(frozen=True, kw_only=True)
class Mechanism:
    """How a mechanism is recovered.

    Attributes:
        oracle: Its estimate, with a 95 % interval.
        tolerance: By how much the interval is widened, for what the oracle does not account for.
    """

    oracle: Callable[[SimulatedShop], Estimate]
    tolerance: float = 0.0


def _one_of(fit: Callable[[SimulatedShop], dict[str, Estimate]], name: str) -> Mechanism:
    """One of the sizes that come of one fit."""
    return Mechanism(oracle=lambda shop: fit(shop)[name])


MECHANISMS = {
    "channel_spread": Mechanism(oracle=buying.channel_spread),
    "channel_spread of rates": Mechanism(oracle=buying.channel_rates),
    "channel_spread of hazards": Mechanism(oracle=buying.channel_hazards),
    "season": Mechanism(oracle=buying.season),
    "weekday": Mechanism(oracle=buying.weekday),
    "monthly_shock": Mechanism(oracle=buying.monthly_shock),
    "price_rise": Mechanism(oracle=buying.price_rise),
    "price_elasticity": Mechanism(oracle=buying.price_elasticity),
    "stock_out": Mechanism(oracle=buying.stock_out),
    "replenishment": Mechanism(oracle=buying.replenishment),
    # No product is in a basket twice, so that what follows depends a little on what comes first.
    "pairs": Mechanism(oracle=tables.pairs, tolerance=0.005),
    "anonymous": Mechanism(oracle=tables.anonymous),
    "promotions": Mechanism(oracle=tables.promotions),
    "refunds": Mechanism(oracle=tables.refunds),
    "late_harm": Mechanism(oracle=buying.late_harm),
    "late_confounding": Mechanism(oracle=buying.late_confounding),
    "unmeasured_confounder": Mechanism(oracle=buying.unmeasured_confounder),
    "bad_review_harm": Mechanism(oracle=buying.bad_review_harm),
    "answer_benefit": Mechanism(oracle=buying.answer_benefit),
    "surveys": Mechanism(oracle=tables.surveys),
    "programme_effect": Mechanism(oracle=buying.programme_effect),
    "programme_selection": Mechanism(oracle=buying.programme_selection),
    "tier_effort": Mechanism(oracle=buying.tier_effort),
    "tier_dip": Mechanism(oracle=buying.tier_dip),
    **{name: Mechanism(oracle=partial(tables.points, size=name)) for name in tables.ORDINARY},
    "free_delivery_effect": _one_of(offers.offer_sizes, "free_delivery_effect"),
    "discount_effect": _one_of(offers.offer_sizes, "discount_effect"),
    "letter_effect": _one_of(offers.offer_sizes, "letter_effect"),
    "effect_by_feature": _one_of(offers.offer_sizes, "effect_by_feature"),
    "effect_by_latent": _one_of(offers.offer_sizes, "effect_by_latent"),
    "carry_over": _one_of(offers.after_effects, "carry_over"),
    "pull_forward": _one_of(offers.after_effects, "pull_forward"),
    "mailing_selection": Mechanism(oracle=offers.mailing_selection),
    "broken_split": Mechanism(oracle=offers.broken_split),
    "household_spill": Mechanism(oracle=offers.household_spill),
    "machine_opens": Mechanism(oracle=tables.machine_opens),
    "visits": Mechanism(oracle=tables.visits),
    "abandoned_carts": Mechanism(oracle=tables.abandoned_carts),
    "service_contacts": Mechanism(oracle=tables.service_contacts),
    "split_ids": Mechanism(oracle=buying.split_ids),
}
"""For every size of `Sizes`, how it is recovered; some in several ways, told by what follows the name."""


def simulation_of(number: int, *, customers: int = CUSTOMERS) -> Simulation:
    """The store of a case."""
    sizes = Sizes(**(SWITCHED_ON if number % 2 else {}))
    programme = WORLDS[number // 2 % len(WORLDS)]
    return Simulation(customers=customers, seed=_FIRST_SEED + number, programme=programme, sizes=sizes)


def recovered(number: int, *, customers: int = CUSTOMERS) -> Result:
    """What the oracles find in a case, by mechanism."""
    simulation = simulation_of(number, customers=customers)
    shop = SimulatedShop(simulation)
    sizes = simulation.sizes.model_dump()
    found = {name: _judged(mechanism, shop, sizes[name.split()[0]]) for name, mechanism in MECHANISMS.items()}
    return {"programme": simulation.programme, "seed": simulation.seed, "mechanisms": found}


def _judged(mechanism: Mechanism, shop: SimulatedShop, size: float) -> dict[str, float | bool]:
    estimate = mechanism.oracle(shop)
    if estimate.low is None or estimate.high is None:
        raise ValueError("an oracle gives an interval")
    low, high = estimate.low - mechanism.tolerance, estimate.high + mechanism.tolerance
    # Rounding of floats is not the simulator's fault.
    inside = low - 1e-9 <= size <= high + 1e-9
    return {"estimate": estimate.value, "low": low, "high": high, "size": size, "recovered": bool(inside)}


def failures(results: list[Result]) -> list[Result]:
    """The mechanisms that were not recovered, and cases that died."""
    missed = [
        {"case": result["case"], "programme": result["programme"], "mechanism": name, **found}
        for result in results
        for name, found in result.get("mechanisms", {}).items()
        if not found["recovered"]
    ]
    return [*missed, *(result for result in results if "died" in result)]


def figures(results: list[Result]) -> list[Found]:
    """The share recovered over mechanisms and cases; a case that died recovers nothing."""
    told = [result.get("mechanisms", {}).get(name) for result in results for name in MECHANISMS]
    held = share(sum(one is not None and one["recovered"] for one in told), len(told))
    assert held.low is not None
    assert held.high is not None
    return [Found(name="simulator_mechanisms", value=held.value, low=held.low, high=held.high, n=len(told))]


STUDY = Study(target="studies.simulator_mechanisms:recovered", cases=CASES, figures=figures, failures=failures, chunk=1)
