"""Whether the profit per contact of a campaign test is told truly: how often its interval holds, and its chance.

A case is a test of two arms of 5,000 customers or more, of whom nine in ten buy nothing: rates of buying are gamma,
orders Poisson, their money lognormal; some orders come back, some are made with a coupon that costs beside. What a
contact earns is known from the rates themselves. It is told as the notebook does it: adjusted by what was bought
before, with the belief of a store without past tests.

In the first cases the interval is judged: the campaign changes buying by -20 % to 40 %, and in every second one the
margin is only stated, and off by as much as it is said it may be. In the others the chance is: true profits are drawn
from that belief (matched), or from one centred below zero, which the toolkit is not told.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from studies.cases import Result
from studies.fits import Floats, Ints, share
from studies.study import Found, Study

from retention_lib.estimates import NotEnough
from retention_lib.models.experiments.moments import moments_of
from retention_lib.models.experiments.prior import MEAN, SCALE, profit_prior
from retention_lib.models.experiments.profit import Profits, profits
from retention_lib.models.experiments.profit_columns import Costs
from retention_lib.models.posteriors import DEGREES_OF_FREEDOM

World = Literal["intervals", "matched", "below_zero"]

INTERVALS, CHANCES = 2_000, 4_000
"""Cases whose interval is judged, and in either world cases whose chance is (count)."""

CASES = INTERVALS + 2 * CHANCES
BELOW_ZERO = -0.5
"""Where true profits of the second world lie, in standard deviations of the belief."""

STATED = (0.8, 0.9)
"""The chances looked at."""

FIGURES = (
    "profit_interval_coverage",
    "probability_profit_calibration",
    "probability_profit_matched",
    "probability_profit_below_zero",
)

_SEED = 18_000
_SMALLEST, _LARGEST = 5_000, 20_000
_RATE, _SHAPE = 0.12, 0.5
_ORDER, _SIGMA = 40.0, 1.0
_MARGIN, _MARGIN_SD = 0.4, 0.03
_REFUNDED, _CONTACT_COST = 0.05, 0.10
_COUPON, _USED = 5.0, 0.3
_BEFORE = 3.0
_CHUNK = 250


@dataclass(frozen=True, kw_only=True)
class Campaign:
    """What is true of a case.

    Attributes:
        world: What is judged.
        customers: In either arm (count).
        lift: By how much the campaign changes the rate of buying, >= -1.
        margin: Gross profit in a unit of sales.
        stated: Whether only a margin is stated, and costs of the goods are not known.
    """

    world: World
    customers: int
    lift: float
    margin: float = _MARGIN
    stated: bool = False

    @property
    def profit(self) -> float:
        """What a contact earns (money)."""
        return _earned(self.margin) * self.lift - _given() * (1 + self.lift) - _CONTACT_COST


def told(number: int) -> Result:
    """What is told of the profit of a case, and what is true.

    Args:
        number: The number of the case.
    """
    rng = np.random.default_rng(_SEED + number)
    true = campaign(number, rng)
    found = profits_of(true, rng).arms[0]
    low, high = found.per_contact.low, found.per_contact.high
    if isinstance(found.probability, NotEnough) or low is None or high is None:
        raise TypeError(f"a simulated test is large enough for its profit, but: {found.probability}")
    return {
        "world": true.world,
        "customers": true.customers,
        "true": true.profit,
        "profit": found.per_contact.value,
        "held": low <= true.profit <= high,
        "chance": found.probability.value,
        "saved": found.variance_reduction,
    }


def campaign(number: int, rng: np.random.Generator) -> Campaign:
    """The truth of a case."""
    customers = int(np.exp(rng.uniform(math.log(_SMALLEST), math.log(_LARGEST))))
    if number < INTERVALS:
        stated = number % 2 == 1
        margin = rng.normal(_MARGIN, _MARGIN_SD) if stated else _MARGIN
        lift = rng.uniform(-0.2, 0.4)
        return Campaign(world="intervals", customers=customers, lift=lift, margin=margin, stated=stated)
    matched = number < INTERVALS + CHANCES
    spread = SCALE * math.sqrt(1 - 2 / DEGREES_OF_FREEDOM)
    middle = MEAN if matched else MEAN + BELOW_ZERO * SCALE
    profit = _earned(_MARGIN) * (middle + spread * rng.standard_t(DEGREES_OF_FREEDOM))
    lift = (profit + _CONTACT_COST + _given()) / (_earned(_MARGIN) - _given())
    return Campaign(world="matched" if matched else "below_zero", customers=customers, lift=max(lift, -1.0))


def profits_of(true: Campaign, rng: np.random.Generator) -> Profits:
    """The profit of a test of this campaign, as the notebook tells it."""
    arms = [_arm(true, name, rng) for name in ("none", "mail")]
    margin = _MARGIN if true.stated else None
    costs = Costs(contact_cost=_CONTACT_COST, gross_margin=margin, margin_sd=_MARGIN_SD if true.stated else 0.0)
    found = profits(moments_of(pd.concat(arms)), costs, control="none", prior=profit_prior(None))
    if isinstance(found, NotEnough):
        raise TypeError(f"a simulated test tells its money, but: {found}")
    return found


def _earned(margin: float) -> float:
    """Gross profit of a customer left alone (money)."""
    return _RATE * _ORDER * (1 - _REFUNDED) * margin


def _given() -> float:
    """What the coupons of a customer who buys as usual cost (money)."""
    return _RATE * _USED * _COUPON


def _arm(true: Campaign, name: str, rng: np.random.Generator) -> pd.DataFrame:
    """What the customers of an arm did, before and after."""
    rates = _RATE * rng.gamma(_SHAPE, 1 / _SHAPE, true.customers)
    before = _sales(rng.poisson(_BEFORE * rates), rng)
    orders = rng.poisson(rates * (1 + true.lift) if name == "mail" else rates)
    after = _sales(orders, rng)
    used = rng.binomial(orders, _USED if name == "mail" else 0.0)
    known = {"revenue_full": after, "revenue_before": before}
    if not true.stated:
        known = {**known, "gross_profit_full": true.margin * after, "gross_profit_before": true.margin * before}
    return pd.DataFrame({"arm": name, **known, "coupon_cost_full": used * _COUPON, "orders_full": orders})


def _sales(orders: Ints, rng: np.random.Generator) -> Floats:
    """Money of each customer's orders, less what came back."""
    owner = np.repeat(np.arange(len(orders)), orders)
    money = _ORDER * np.exp(_SIGMA * rng.standard_normal(len(owner)) - _SIGMA**2 / 2)
    kept = rng.random(len(owner)) >= _REFUNDED
    return np.bincount(owner, weights=money * kept, minlength=len(orders))


def figures(results: list[Result]) -> list[Found]:
    """The share of intervals that hold, and of the campaigns said to pay with 80 to 90 % those that truly do.

    The calibration is that of the world in which it is lower.
    """
    intervals = [result for result in results if result.get("world") == "intervals"]
    coverage = _found(FIGURES[0], sum(result["held"] for result in intervals), len(intervals))
    worlds = [
        _calibration(name, world, results) for name, world in zip(FIGURES[2:], ("matched", "below_zero"), strict=True)
    ]
    lowest = min(worlds, key=lambda found: found.value)
    low = Found(name=FIGURES[1], value=lowest.value, low=lowest.low, high=lowest.high, n=lowest.n)
    return [coverage, low, *worlds]


def _calibration(name: str, world: str, results: list[Result]) -> Found:
    said = [result for result in results if result.get("world") == world and STATED[0] <= result["chance"] < STATED[1]]
    return _found(name, sum(result["true"] > 0 for result in said), len(said))


def _found(name: str, count: int, base: int) -> Found:
    part = share(count, base)
    return Found(name=name, value=part.value, low=part.low or 0.0, high=part.high or 0.0, n=base)


def failures(results: list[Result]) -> list[Result]:
    """Tests whose interval does not hold, and cases that died."""
    judged = [result for result in results if result.get("world") == "intervals" and not result["held"]]
    return [*judged, *(result for result in results if "died" in result)]


STUDY = Study(target="studies.campaign_profit:told", cases=CASES, figures=figures, failures=failures, chunk=_CHUNK)
