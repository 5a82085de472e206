"""Whether a rule of who gets which offer is found where it pays, and left where one offer for all is as good.

Where it pays: simulated stores with 200,000 customers in a test of free delivery against 20 % off against nothing, in
which the offers' effects depend on region and income as strongly as the simulator allows. The truth is what the same
customers buy in the worlds in which all of them are in one arm, with the same random numbers. The best rule on what is
known gives each group of region (near or far) and income (low, other, not told) the arm that is best for it in truth:
effects are a share of what a customer buys anyway, which turns nobody's order of the arms round. The share is what is
recommended gains over the best single arm, in what the best rule gains; 0 where the single arm stays.

With the simulator's default sizes the best rule gains about 13 a customer, little beside what chance does to a test of
this size (an error of 4 to 5): there the rule is found in some of the stores only, and the single arm stays in others.

Where nothing is to be found: tests of 10,000 customers with such histories, whose arms are drawn anew and whose offers
do the same to all: nothing; a fixed amount, one offer or both; a share of what each buys. There no rule can gain.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from studies.cases import Result
from studies.fits import share
from studies.study import Found, Study
from studies.told_campaigns import MONTHS, ToldUnits, told_units

from retention_lib.models.experiments.policy import OfferPolicy, offer_policy
from retention_lib.models.experiments.profit_columns import Costs
from retention_lib.models.experiments.scores import Scores, scores
from retention_lib.settings.simulation import Simulation, Sizes
from retention_lib.stores.simulation.stage import Floats

SHARE_CASES, SHARE_CUSTOMERS = 50, 200_000
NULL_CASES, NULL_CUSTOMERS = 500, 10_000

TRUE_GAIN = 0.15
"""Least gain of the best rule over the best single arm, as a share of what that one brings."""

SIZES = {"effect_by_feature": 1.0}
ALIKE = {"effect_by_feature": 0.0, "effect_by_latent": 0.0}

FIGURES = {
    "policy_share_of_best": ("policy_share_of_best", "policy_share_least", "policy_true_gain_least"),
    "policy_false_rate": ("policy_false_rate",),
}
"""What each study gives."""

_SEEDS = {"share": 31_000, "null": 32_000}
_UNTIL = date(2026, 6, 30)
_NO_COST = Costs(contact_cost=0.0)
_AMOUNT, _PART = 40.0, 0.1
_HERE = "studies.campaign_policy"


@dataclass(frozen=True, kw_only=True)
class Truth:
    """What rules are worth in truth, money a customer.

    Attributes:
        single: The best arm for all, above leaving all alone.
        best: The best rule on what is known, the same.
        recommended: What was recommended, the same.
    """

    single: float
    best: float
    recommended: float

    @property
    def gain(self) -> float:
        """Of the best rule, as a share of what the best single arm brings."""
        return (self.best - self.single) / self.single

    @property
    def share(self) -> float:
        """Of that gain, what was recommended takes."""
        return (self.recommended - self.single) / (self.best - self.single)


def simulation_of(seed: int, sizes: dict[str, float]) -> Simulation:
    """The store of a case."""
    return Simulation(customers=25_000, months=MONTHS, until=_UNTIL, seed=seed, sizes=Sizes(**sizes))


def judged(told: ToldUnits, seed: int) -> tuple[Scores, OfferPolicy]:
    """What the models say of a campaign."""
    found = scores(told, _NO_COST, rng=np.random.default_rng(seed))
    policy = offer_policy(found)
    if not isinstance(found, Scores) or not isinstance(policy, OfferPolicy):
        raise TypeError(f"a simulated campaign is large enough, but: {found}, {policy}")
    return found, policy


def truth_of(told: ToldUnits, found: Scores, policy: OfferPolicy) -> Truth:
    """What the recommendation is worth, against the best there is."""
    above = told.truth - told.truth[:, :1]
    offered = found.offered if policy.preferred else np.full(len(above), told.arms.index(policy.single))
    return Truth(
        single=float(above.mean(axis=0).max()),
        best=float(_taken(above, _best_rule(told, above))),
        recommended=float(_taken(above, offered)),
    )


def _best_rule(told: ToldUnits, above: Floats) -> np.ndarray:
    """The arm that is best in truth for the customer's region and income."""
    low = np.where(told.income < 0, 2, (told.income == 0).astype(int))
    group = told.remote * 3 + low
    best = {code: int(above[group == code].mean(axis=0).argmax()) for code in np.unique(group)}
    return np.array([best[code] for code in group])


def _taken(above: Floats, arms: np.ndarray) -> float:
    return float(above[np.arange(len(above)), arms].mean())


def share_of_best(number: int, *, customers: int = SHARE_CUSTOMERS) -> Result:
    """How much of the best rule's gain is found in a store.

    Args:
        number: The number of the case.
        customers: Customers of the test (count).
    """
    seed = _SEEDS["share"] + number
    told = told_units(simulation_of(seed, SIZES), customers)
    found, policy = judged(told, seed)
    truth = truth_of(told, found, policy)
    return {
        "seed": seed,
        "preferred": policy.preferred,
        "single": policy.single,
        "gain": policy.gain.value,
        "gain_low": policy.gain.low,
        "true_single": truth.single,
        "true_best": truth.best,
        "true_recommended": truth.recommended,
        "true_gain": truth.gain,
        "share": truth.share,
    }


def alike(number: int, *, customers: int = NULL_CUSTOMERS) -> Result:
    """Whether a rule is preferred in a store whose offers do the same to all.

    Args:
        number: The number of the case, which also tells what the offers do.
        customers: Customers of the test (count).
    """
    seed = _SEEDS["null"] + number
    rng = np.random.default_rng(seed)
    told = told_units(simulation_of(seed, ALIKE), customers)
    frame = told.frame.reset_index(drop=True)
    arm = rng.integers(len(told.arms), size=len(frame))
    effects = ((0, 0), (_AMOUNT, 0), (_AMOUNT, _AMOUNT), "share")[number % 4]
    left_alone = told.truth[:, 0]
    if effects == "share":
        money = left_alone * np.array([1.0, 1 + _PART, 1 + _PART])[arm]
    else:
        money = left_alone + np.array([0.0, *effects])[arm]
    frame = frame.assign(arm=np.array(told.arms)[arm], net_full=money)
    _, policy = judged(ToldUnits(**{**vars(told), "frame": frame}), seed)
    return {"seed": seed, "preferred": policy.preferred, "gain": policy.gain.value, "gain_low": policy.gain.low}


def share_figures(results: list[Result]) -> list[Found]:
    """The mean share with its interval, the least share, and the least true gain; a case that died found nothing."""
    mean, least, gain = FIGURES["policy_share_of_best"]
    shares = np.array([float(result.get("share", -1.0)) for result in results])
    gains = [float(result.get("true_gain", 0.0)) for result in results]
    half = 1.96 * float(shares.std(ddof=1)) / np.sqrt(len(shares)) if len(shares) > 1 else 0.0
    middle, n = float(shares.mean()), len(results)
    return [
        Found(name=mean, value=middle, low=middle - half, high=middle + half, n=n),
        _least(least, shares.tolist()),
        _least(gain, gains),
    ]


def _least(name: str, values: list[float]) -> Found:
    """The least of some values, which has no interval."""
    value = min(values)
    return Found(name=name, value=value, low=value, high=value, n=len(values))


def false_figures(results: list[Result]) -> list[Found]:
    """The share of stores in which a rule is preferred that cannot gain; a case that died counts as one."""
    wrong = [bool(result.get("preferred", True)) for result in results]
    part = share(sum(wrong), len(wrong))
    (name,) = FIGURES["policy_false_rate"]
    return [Found(name=name, value=part.value, low=part.low or 0.0, high=part.high or 0.0, n=len(wrong))]


def poor(results: list[Result]) -> list[Result]:
    """The stores with less than half of the best gain, or too little to be found, and cases that died."""
    return [one for one in results if one.get("share", -1.0) < 0.5 or one.get("true_gain", 0.0) < TRUE_GAIN]


def preferred(results: list[Result]) -> list[Result]:
    """The stores where a rule is preferred wrongly, and cases that died."""
    return [one for one in results if one.get("preferred", True)]


STUDIES = {
    "policy_share_of_best": Study(
        target=f"{_HERE}:share_of_best", cases=SHARE_CASES, figures=share_figures, failures=poor, chunk=5
    ),
    "policy_false_rate": Study(
        target=f"{_HERE}:alike", cases=NULL_CASES, figures=false_figures, failures=preferred, chunk=25
    ),
}
"""Both studies."""
