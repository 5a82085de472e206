"""How often a test of nothing is called: conversion, money adjusted for history, money of few buyers, four arms.

A case is four tests in which the arms differ by nothing but chance, read as the notebook reads them. Customers buy at
rates of their own (gamma) and for amounts of their own, so that money is skewed and mostly nothing.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.random import Generator
from studies.cases import Result
from studies.fits import share
from studies.study import Found, Study

from retention_lib.models.experiments.effects import Effects, effects
from retention_lib.models.experiments.moments import moments_of

CASES = 4_000
CONVERSION_PER_ARM, HISTORY_PER_ARM, FEW_BUYERS_PER_ARM, FOUR_ARMS_PER_ARM = 1_000, 1_000, 5_000, 1_000
"""Customers of an arm (count)."""

FIGURES = {
    "aa_call_rate": "conversion",
    "aa_call_rate_cuped": "cuped",
    "aa_call_rate_revenue": "revenue",
    "familywise_false_rate": "familywise",
}
"""What a case says, by the figure that is its share of cases."""

_FIRST_SEED = 16_000
_CHUNK = 250


def called(number: int) -> Result:
    """Whether each of four tests of nothing calls an effect.

    Args:
        number: The number of the case.
    """
    rng = np.random.default_rng(_FIRST_SEED + number)
    adjusted = judged(shoppers(rng, HISTORY_PER_ARM, arms=2), goal="revenue")
    return {
        "conversion": _calls(judged(converted(rng, CONVERSION_PER_ARM), goal="conversion")),
        "cuped": _calls(adjusted),
        "saved": float(adjusted.table.loc[0, "variance_reduction"]),
        "revenue": _calls(judged(few_buyers(rng, FEW_BUYERS_PER_ARM), goal="revenue")),
        "familywise": _calls(judged(shoppers(rng, FOUR_ARMS_PER_ARM, arms=4), goal="revenue", metrics=())),
    }


def converted(rng: Generator, per_arm: int, *, lift: float = 0.0) -> pd.DataFrame:
    """A tenth of the customers buy.

    Args:
        rng: Chance.
        per_arm: Customers of an arm (count).
        lift: By how much more buy in the second arm, in share.
    """
    arm = _arms(per_arm, 2)
    bought = rng.random(arm.size) < 0.1 + lift * (arm == "arm 1")
    return pd.DataFrame({"arm": arm, "conversion": bought.astype(float)})


def shoppers(rng: Generator, per_arm: int, *, arms: int) -> pd.DataFrame:
    """Customers who buy as often and for as much as they did before, but for chance.

    Args:
        rng: Chance.
        per_arm: Customers of an arm (count).
        arms: How many, the control included.
    """
    arm = _arms(per_arm, arms)
    rate, amount = rng.gamma(0.7, 1.0, arm.size), rng.lognormal(3.0, 0.6, arm.size)
    orders, before = rng.poisson(rate), rng.poisson(2 * rate)
    spans = {"": orders, "_before": before}
    money = {f"revenue{span}": amount * rng.gamma(2.0 * count) for span, count in spans.items()}
    counts = {f"orders{span}": count.astype(float) for span, count in spans.items()}
    shares = {f"conversion{span}": (count > 0).astype(float) for span, count in spans.items()}
    return pd.DataFrame({"arm": arm, **shares, **counts, **money})


def few_buyers(rng: Generator, per_arm: int) -> pd.DataFrame:
    """Money of which 95 of 100 customers spend none, and some very much.

    Args:
        rng: Chance.
        per_arm: Customers of an arm (count).
    """
    arm = _arms(per_arm, 2)
    spent = rng.lognormal(3.5, 1.0, arm.size) * (rng.random(arm.size) < 0.05)
    return pd.DataFrame({"arm": arm, "revenue": spent})


def judged(values: pd.DataFrame, *, goal: str, metrics: tuple[str, ...] | None = None) -> Effects:
    """The effects as the notebook finds them.

    Args:
        values: One row a customer.
        goal: The metric that decides.
        metrics: Those beside it; none if omitted, all if empty.
    """
    wanted = (goal,) if metrics is None else metrics
    found = effects(moments_of(values), control="arm 0", goal=goal, metrics=wanted)
    if not isinstance(found, Effects):
        raise TypeError(f"a simulated test is large enough for its effects, but: {found}")
    return found


def _calls(found: Effects) -> bool:
    return bool(found.table["claimed"].any())


def _arms(per_arm: int, arms: int) -> np.ndarray:
    return np.repeat([f"arm {number}" for number in range(arms)], per_arm)


def figures(results: list[Result]) -> list[Found]:
    """The `FIGURES`, each a share of tests called; one that died counts as called."""
    return [_found(name, [bool(result.get(said, True)) for result in results]) for name, said in FIGURES.items()]


def _found(figure: str, held: list[bool]) -> Found:
    part = share(sum(held), len(held))
    return Found(name=figure, value=part.value, low=part.low or 0.0, high=part.high or 0.0, n=len(held))


def failures(results: list[Result]) -> list[Result]:
    """The cases that died; a call of nothing is no fault where it comes as often as it should."""
    return [result for result in results if "died" in result]


STUDY = Study(target="studies.campaign_errors:called", cases=CASES, figures=figures, failures=failures, chunk=_CHUNK)
