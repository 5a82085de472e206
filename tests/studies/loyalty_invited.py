"""How often the intervals of an invitation at random hold the truth: on all invited, and on those who joined for it.

A case is a simulated store in the world `invited`. The truth is that of the same customers: what they buy in the 364
days from the invitation in the world in which all of them are invited, and in the one in which nobody is, with the same
random numbers. Whoever would not accept buys the same in both, so that the mean over those who would is the effect on
those who joined.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from studies.cases import Result
from studies.fits import share
from studies.study import Found, Study
from studies.told_stores import ToldStore

from retention_lib.estimates import Estimate
from retention_lib.measures.invitations import Invitation, invited_customers
from retention_lib.measures.margins import kept_revenue, order_profits
from retention_lib.measures.programme import programme
from retention_lib.measures.purchases import purchase_days
from retention_lib.measures.sales import daily_sales
from retention_lib.measures.units import judged_units
from retention_lib.models.impact.invitation import InvitationEffect, invitation_effect
from retention_lib.models.impact.invitation_design import GROUPS, Group
from retention_lib.models.margins import profit_margin
from retention_lib.settings.simulation import Simulation
from retention_lib.stores.simulation.graded import Purchases, graded_effects, purchases
from retention_lib.stores.simulation.shop import open_shop, tell_story
from retention_lib.stores.simulation.stage import Floats
from retention_lib.stores.simulation.story import Story

CASES = 200
CUSTOMERS, MONTHS = 20_000, 18
"""Of a store (counts): the invitation goes out in its sixth month and is followed for a year."""

EXPERIMENT = "programme_invitation"
METRICS = ("purchases", "revenue", "gross_profit")
FIGURES = ("invited_coverage", "invited_money_coverage", "invited_power")

_FIRST_SEED = 16_000
_UNTIL = date(2026, 6, 30)
_CHUNK = 10


def simulation_of(number: int, *, customers: int = CUSTOMERS) -> Simulation:
    """The store of a case."""
    seed = _FIRST_SEED + number
    return Simulation(customers=customers, months=MONTHS, until=_UNTIL, seed=seed, programme="invited")


@dataclass(frozen=True, kw_only=True)
class Truth:
    """What the invitation did to the customers who took part, means a customer over the days followed.

    Attributes:
        effect: By metric and group; money before refunds.
        without: What they would have bought without, in the same keys.
        customers: Customers who took part (count).
        accepting: Of them, those who would accept (count).
    """

    effect: dict[tuple[str, Group], float]
    without: dict[tuple[str, Group], float]
    customers: int
    accepting: int


def true_effects(story: Story) -> Truth:
    """The truth about an invitation in a store of one block."""
    graded = next(one for one in graded_effects(story) if one.effect == EXPERIMENT)
    accepts = story.people.accepts[graded.customer]
    among = {"invited": np.ones(len(accepts), dtype=bool), "joined": accepts}
    invited, left_out = (
        _outcomes(purchases(story, graded, graded.arms.index(arm)), len(accepts)) for arm in ("invite", "none")
    )
    keys = [(metric, group) for metric in METRICS for group in GROUPS]
    return Truth(
        effect={(m, g): float((invited[m] - left_out[m])[among[g]].mean()) for m, g in keys},
        without={(m, g): float(left_out[m][among[g]].mean()) for m, g in keys},
        customers=len(accepts),
        accepting=int(accepts.sum()),
    )


def _outcomes(bought: Purchases, subjects: int) -> dict[str, Floats]:
    """What each subject buys, by metric."""
    counts = {"purchases": None, "revenue": bought.revenue / 100, "gross_profit": bought.gross_profit / 100}
    return {
        metric: np.bincount(bought.subject, weights=weights, minlength=subjects).astype(float)
        for metric, weights in counts.items()
    }


def effect_of(story: Story) -> InvitationEffect:
    """What the model says of a store, as its notebook asks it."""
    store, end = ToldStore([story]), story.shop.simulation.until + timedelta(days=1)
    transactions = store.table("transactions")
    sales = daily_sales(transactions, purchase_days(transactions, until=end), until=end)
    people = invited_customers(
        store.table("assignments"),
        programme(store.table("loyalty_events"), until=end),
        sales,
        invitation=Invitation(experiment=EXPERIMENT),
        units=judged_units(store.table("customers")),
    )
    margin = profit_margin(order_profits(sales), kept_revenue(sales), gross_margin=None)
    found = invitation_effect(people, margin=margin)
    if not isinstance(found, InvitationEffect):
        raise TypeError(f"a simulated store is large enough for its invitation, but: {found}")
    return found


def held(number: int, *, customers: int = CUSTOMERS) -> Result:
    """Whether the intervals of a store hold its truth.

    Args:
        number: The number of the case.
        customers: Customers of the store (count).
    """
    story = tell_story(open_shop(simulation_of(number, customers=customers)), 0)
    truth, found = true_effects(story), effect_of(story)
    told: Result = {
        "seed": number + _FIRST_SEED,
        "customers": found.invited + found.left_out,
        "took_part": truth.customers,
        "accepting": truth.accepting,
        "balance_p": found.balance.p,
        "precision": found.precision,
        "claimed": found.effect("purchases").claimed,
    }
    for metric in METRICS:
        for group in GROUPS:
            effect = truth.effect[metric, group]
            told[f"{metric}_{group}"] = _judged(found.effect(metric, group), effect)
            relative = effect / truth.without[metric, group]
            told[f"{metric}_{group}_relative"] = _judged(found.effect(metric, group, relative=True), relative)
    return told


def _judged(found: object, truth: float) -> Result:
    """An interval against the truth."""
    if not isinstance(found, Estimate) or found.low is None or found.high is None:
        return {"truth": truth, "held": False, "refused": str(found)}
    return {
        "truth": truth,
        "value": found.value,
        "width": found.high - found.low,
        "held": found.low <= truth <= found.high,
    }


def figures(results: list[Result]) -> list[Found]:
    """Shares of intervals that hold: of purchases (each store counts twice), of money; and of stores with a claim."""
    coverage, money, power = FIGURES
    return [
        _share(coverage, _held(results, ("purchases",))),
        _share(money, _held(results, ("revenue", "gross_profit"))),
        _share(power, [bool(result.get("claimed", False)) for result in results]),
    ]


def _held(results: list[Result], metrics: tuple[str, ...]) -> list[bool]:
    """A case that died holds nothing."""
    names = [f"{metric}_{group}" for metric in metrics for group in GROUPS]
    return [bool(result.get(name, {"held": False})["held"]) for result in results for name in names]


def _share(name: str, held: list[bool]) -> Found:
    part = share(sum(held), len(held))
    return Found(name=name, value=part.value, low=part.low or 0.0, high=part.high or 0.0, n=len(held))


def failures(results: list[Result]) -> list[Result]:
    """The stores one of whose intervals of purchases does not hold, and cases that died."""
    names = [f"purchases_{group}" for group in GROUPS]
    return [result for result in results if "died" in result or not all(result[name]["held"] for name in names)]


STUDY = Study(target="studies.loyalty_invited:held", cases=CASES, figures=figures, failures=failures, chunk=_CHUNK)
