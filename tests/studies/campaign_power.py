"""Whether tests find the effect they were planned for as often as planned.

A case is a store and two tests in it. The store's customers buy at rates of their own (gamma), a few much more often
than most, and spend skewed sums (lognormal); in a window more than four of five buy nothing. The size is planned from a
window of the store before the test, as the notebook plans it; then the tests are run at that size and read as the
notebook reads them. One is on the share who buy, in two arms; one on money, adjusted for the time before, in three arms
of which one raises it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from studies.cases import Result
from studies.fits import share
from studies.study import Found, Study

from retention_lib.estimates import Estimate
from retention_lib.models.experiments.effects import Effects, effects
from retention_lib.models.experiments.moments import moments_of
from retention_lib.models.experiments.sample_size import Base, Design, base_of, sample_size

CASES = 4_000
BASE_CUSTOMERS = 30_000
"""Customers from whose window the test is planned."""

RISE = 0.2
"""Relative effect that the tests are planned for, and have."""

CONVERSION, MONEY = Design(smallest_effect=RISE), Design(smallest_effect=RISE, arms=3)

FIGURES = ("power_gap",)
"""What the study gives."""

_SEED = 31_000
_SHAPE, _MEAN = 0.5, 0.25  # of the purchases that customers make in a window
_BEFORE = 3.0  # windows before the test that are known
_MEAN_LOG, _SD_LOG = 3.0, 0.8  # of the money of an order
_CHUNK = 50


@dataclass(frozen=True, kw_only=True)
class Sold:
    """Customers of one arm, one row each: whether they bought, and their money in the window and before it."""

    conversion: np.ndarray
    revenue: np.ndarray
    revenue_before: np.ndarray

    @classmethod
    def drawn(cls, rng: np.random.Generator, n: int, *, factor: float = 1.0) -> Sold:
        """Customers who buy so many times as often as by themselves."""
        rates = rng.gamma(_SHAPE, _MEAN / _SHAPE, n)
        orders, before = rng.poisson(rates * factor), rng.poisson(rates * _BEFORE)
        return cls(conversion=(orders > 0) * 1.0, revenue=_money(rng, orders), revenue_before=_money(rng, before))

    def frame(self, arm: str, *columns: str) -> pd.DataFrame:
        """The columns and the arm's name."""
        return pd.DataFrame({name: getattr(self, name) for name in columns}).assign(arm=arm)


def case(number: int, *, base_customers: int = BASE_CUSTOMERS) -> Result:
    """Whether each of two planned tests finds its effect.

    Args:
        number: The number of the case.
        base_customers: Customers from whom it is planned (count).
    """
    rng = np.random.default_rng(_SEED + number)
    known = moments_of(_everybody(Sold.drawn(rng, base_customers)))
    sizes = {
        "conversion": _size(base_of(known, "conversion", arm="none"), CONVERSION),
        "revenue": _size(base_of(known, "revenue", arm="none"), MONEY),
    }
    factors = {"conversion": conversion_factor(RISE), "revenue": 1 + RISE}
    return {
        **{f"n_{metric}": n for metric, n in sizes.items()},
        **{f"found_{metric}": _found(rng, metric, n, factors[metric]) for metric, n in sizes.items()},
    }


def conversion_factor(rise: float) -> float:
    """How many times as often customers must buy for the share who buy to rise by a share of itself.

    Of a gamma rate of shape a and mean m a share 1 - (1 + m / a)^-a buys in a window.
    """
    wanted = (1 - (1 + _MEAN / _SHAPE) ** -_SHAPE) * (1 + rise)
    return float((((1 - wanted) ** (-1 / _SHAPE)) - 1) * _SHAPE / _MEAN)


def _everybody(sold: Sold) -> pd.DataFrame:
    return sold.frame("none", "conversion", "revenue", "revenue_before")


def _size(base: object, design: Design) -> int:
    if not isinstance(base, Base):
        raise TypeError(f"a simulated store has a base to plan from, but: {base}")
    found = sample_size(base, design)
    if not isinstance(found, int):
        raise TypeError(f"a simulated store can be planned for, but: {found}")
    return found


def _found(rng: np.random.Generator, metric: str, n: int, factor: float) -> bool:
    """Whether a test with so many customers in each arm claims the effect of its one good arm."""
    columns = [metric] if metric == "conversion" else [metric, f"{metric}_before"]
    arms = {"none": 1.0, "offer": factor} if metric == "conversion" else {"none": 1.0, "idle": 1.0, "offer": factor}
    frames = [Sold.drawn(rng, n, factor=raised).frame(arm, *columns) for arm, raised in arms.items()]
    told = effects(moments_of(pd.concat(frames, ignore_index=True)), control="none", goal=metric, metrics=[metric])
    effect = told.effect(metric, "offer") if isinstance(told, Effects) else None
    return isinstance(effect, Estimate) and bool(effect.claimed) and effect.value > 0


def _money(rng: np.random.Generator, orders: np.ndarray) -> np.ndarray:
    """The money of so many orders of each customer."""
    owners = np.repeat(np.arange(len(orders)), orders)
    return np.bincount(owners, weights=rng.lognormal(_MEAN_LOG, _SD_LOG, len(owners)), minlength=len(orders))


def figures(results: list[Result]) -> list[Found]:
    """The larger of the two distances between the share of tests that find their effect and the power planned."""
    gaps = []
    for metric, design in (("conversion", CONVERSION), ("revenue", MONEY)):
        held = [bool(result.get(f"found_{metric}")) for result in results]
        part = share(sum(held), len(held))
        half = ((part.high or 0.0) - (part.low or 0.0)) / 2
        gaps.append((abs(part.value - design.power), half))
    gap, half = max(gaps)
    return [Found(name=FIGURES[0], value=gap, low=max(0.0, gap - half), high=gap + half, n=len(results))]


def unplanned(results: list[Result]) -> list[Result]:
    """The cases that died, or planned no test."""
    return [result for result in results if not math.isfinite(float(result.get("n_revenue", math.nan)))]


STUDY = Study(target="studies.campaign_power:case", cases=CASES, figures=figures, failures=unplanned, chunk=_CHUNK)
