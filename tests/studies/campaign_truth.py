"""How often the interval of the profit per contact holds what a campaign truly left, on the simulated store's tests.

The truth is that of the same customers with the same random numbers: in the world in which all of them are in the arm,
and in the one in which all are left alone, over the 84 days from the start. Nothing spills over inside households
(`household_spill` is 0): with it, the arms of a test differ by less than two worlds do. The truth of the simulator
counts orders before refunds, and a profit does not. Which lines come back is drawn by line, whatever the world, so that
the truth here is the simulator's own with these lines taken out of all baskets.

A case is a test of a store; the two tests of a store are judged by different arms, so that 200 cases share nothing but
that the customers of the second are those of the first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache

import numpy as np
from studies.cases import Result
from studies.fits import share
from studies.study import Found, Study
from studies.told_stores import ToldStore

from retention_lib.measures.experiment_outcomes import MONEY_COLUMNS, experiment_outcomes
from retention_lib.measures.experiment_sums import arm_sums
from retention_lib.measures.experiments import Reading, experiment
from retention_lib.models.experiments.moments import moments
from retention_lib.models.experiments.prior import ProfitPrior
from retention_lib.models.experiments.profit import Profits, profits
from retention_lib.models.experiments.profit_columns import Costs
from retention_lib.settings.simulation import Simulation, Sizes
from retention_lib.stores.simulation.arrays import summed
from retention_lib.stores.simulation.graded import Graded, graded_effects, purchases
from retention_lib.stores.simulation.messages import EMAIL, MESSAGE_COST
from retention_lib.stores.simulation.shop import block_count, open_shop, tell_story
from retention_lib.stores.simulation.stage import CONTROL, FOLLOW_DAYS, WINDOW_DAYS, Floats
from retention_lib.stores.simulation.story import Story

CASES = 200
CUSTOMERS, MONTHS = 40_000, 12
"""Of a store (counts): its first test goes out in its third month, its second in its eighth."""

TESTS, ARMS = ("offer_1", "offer_2"), ("free_delivery", "discount20")

FIGURES = ("campaign_profit_truth", "campaign_profit_power")

_FIRST_SEED = 21_000
_UNTIL = date(2026, 6, 30)
_CHUNK = 10

SENDING = MESSAGE_COST[EMAIL] / 100
"""What the message of a campaign costs (money)."""


@dataclass(frozen=True, kw_only=True)
class TrueProfit:
    """What an arm of a test truly left, over the 84 days from its start.

    Attributes:
        profit: Mean of all who took part, had they been in the arm, less that had they been left alone: gross profit
            after refunds, less deliveries that coupons made free and the message (money a customer).
        left_alone: Mean gross profit after refunds of all who took part, had they been left alone (money a customer).
        customers: Who took part (count).
    """

    profit: float
    left_alone: float
    customers: int


def true_profit(stories: Sequence[Story], test: str, arm: str) -> TrueProfit:
    """The truth about an arm of a test.

    Args:
        stories: The blocks of a store.
        test: The test, such as `offer_1`.
        arm: An arm with an offer.
    """
    kept = [without_refunds(story) for story in stories]
    pairs = [(story, _graded(story, test)) for story in kept]
    offered = np.concatenate([arm_profits(story, graded, arm) for story, graded in pairs])
    alone = np.concatenate([arm_profits(story, graded, CONTROL) for story, graded in pairs])
    return TrueProfit(
        profit=float((offered - alone).mean()) - SENDING, left_alone=float(alone.mean()), customers=len(alone)
    )


def arm_profits(story: Story, graded: Graded, arm: str) -> Floats:
    """Gross profit less the offer's cost of each subject in the world where all are in an arm (money)."""
    bought = purchases(story, graded, graded.arms.index(arm))
    money = (bought.gross_profit - bought.offer_cost) / 100
    return np.bincount(bought.subject, weights=money, minlength=len(graded.customer)).astype(float)


def without_refunds(story: Story) -> Story:
    """The story with the lines left out of all baskets that come back, in what happened and in what might have.

    A coupon for a share of the goods then takes that share off what is kept, as the refund of a line does. Lines that
    would come back after the window are left out too.
    """
    shop, baskets = story.shop, story.baskets
    chance = shop.simulation.sizes.refunds * shop.catalogue.returns[baskets.line_product]
    back = shop.rng("refunds", story.block).random((3, len(chance)))[0] < chance
    net = baskets.line_gross - baskets.line_discount
    lost = {
        name: summed(money[back & extra], baskets.line_occasion[back & extra], len(baskets.amount))
        for name, money, extra in (
            ("amount", net, ~baskets.line_extra),
            ("cost", baskets.line_cost, ~baskets.line_extra),
            ("extra_amount", net, baskets.line_extra),
            ("extra_cost", baskets.line_cost, baskets.line_extra),
        )
    }
    kept = {name: getattr(baskets, name) - money for name, money in lost.items()}
    return replace(story, baskets=replace(baskets, **kept))


def _graded(story: Story, test: str) -> Graded:
    return next(one for one in graded_effects(story) if one.effect == test)


def simulation_of(number: int, *, customers: int = CUSTOMERS) -> Simulation:
    """The store of a case; two cases share one."""
    return Simulation(
        customers=customers,
        months=MONTHS,
        until=_UNTIL,
        seed=_FIRST_SEED + number // len(TESTS),
        sizes=Sizes(household_spill=0),
    )


def stories_of(number: int, *, customers: int = CUSTOMERS) -> list[Story]:
    """The blocks of the store of a case."""
    return list(_store(simulation_of(number, customers=customers).model_dump_json()).stories)


@lru_cache(maxsize=1)
def _store(simulation: str) -> ToldStore:
    """A store, kept for its next case."""
    settings = Simulation.model_validate_json(simulation)
    shop = open_shop(settings)
    return ToldStore([tell_story(shop, block) for block in range(block_count(settings))])


def test_of(number: int) -> tuple[str, str]:
    """The test and the arm of a case: each test with each arm in half of the stores, never both tests with one arm."""
    place = number % len(TESTS)
    return TESTS[place], ARMS[(place + number // len(TESTS)) % len(ARMS)]


def profits_of(number: int, *, customers: int = CUSTOMERS) -> Profits:
    """What the model says of the test of a case, as its notebook asks it.

    Args:
        number: The number of the case.
        customers: Customers of its store (count).
    """
    test, _ = test_of(number)
    reading = Reading(experiment=test, control=CONTROL, window_days=WINDOW_DAYS, after_days=FOLLOW_DAYS - WINDOW_DAYS)
    store = _store(simulation_of(number, customers=customers).model_dump_json())
    outcomes = experiment_outcomes(experiment(store, reading, until=_UNTIL + timedelta(days=1)))
    sums = arm_sums(outcomes, [name for name in MONEY_COLUMNS if name in outcomes.columns])
    found = profits(moments(sums.sums, sums.arms), Costs(days=FOLLOW_DAYS), control=CONTROL, prior=ProfitPrior())
    if not isinstance(found, Profits):
        raise TypeError(f"a simulated store is large enough for its tests, but: {found}")
    return found


def held(number: int, *, customers: int = CUSTOMERS) -> Result:
    """Whether the interval of a test holds its truth.

    Args:
        number: The number of the case.
        customers: Customers of the store (count).
    """
    stories, (test, arm) = stories_of(number, customers=customers), test_of(number)
    truth, found = true_profit(stories, test, arm), profits_of(number, customers=customers).of(arm)
    profit = found.per_contact
    if profit.low is None or profit.high is None:
        raise ValueError(f"the profit of {arm} in {test} has no interval: {profit.reason}")
    return {
        "seed": simulation_of(number).seed,
        "test": test,
        "arm": arm,
        "customers": truth.customers,
        "contacts": found.contacts,
        "truth": truth.profit,
        "left_alone": truth.left_alone,
        "value": profit.value,
        "error": found.standard_error,
        "saved": found.variance_reduction,
        "held": profit.low <= truth.profit <= profit.high,
        "claimed": bool(profit.claimed),
    }


def figures(results: list[Result]) -> list[Found]:
    """Shares of tests whose interval holds the truth, and of tests with a claim; a case that died has neither."""
    coverage, power = FIGURES
    return [_share(coverage, results, "held"), _share(power, results, "claimed")]


def _share(name: str, results: list[Result], key: str) -> Found:
    part = share(sum(bool(result.get(key, False)) for result in results), len(results))
    return Found(name=name, value=part.value, low=part.low or 0.0, high=part.high or 0.0, n=len(results))


def failures(results: list[Result]) -> list[Result]:
    """The tests whose interval does not hold the truth, and cases that died."""
    return [result for result in results if not result.get("held", False)]


STUDY = Study(target="studies.campaign_truth:held", cases=CASES, figures=figures, failures=failures, chunk=_CHUNK)
