"""A ranking of what a customer buys again, learned on one month and judged on the next against popular products."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from retention_lib.estimates import Estimate, NotEnough, figures_frame
from retention_lib.models.intervals import normal_quantile, wilson

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

NEEDED_BOUGHT = 50
"""Products bought again (count, over customers) below which no ranking is learned."""

NEEDED_CUSTOMERS = 30
"""Customers who bought in the judged month (count) below which no rate is said."""

NAMED = 10
"""Products named to a customer."""

_LEVEL = 0.95
_RIDGE = 1.0
_STEPS = 50


@dataclass(frozen=True, kw_only=True, eq=False)
class Ranking:
    """The chance that a customer buys a product again within 30 days.

    Attributes:
        table: Columns `trait`, `class`, `points`: the logarithm of the odds is the sum of the points over the traits of
            `measures.actions.hits.STEPS`; the row with trait `all` is the constant.
        learned_on: First day of the month it was learned on.
        pairs: Customers and products behind it (count), of which `bought` were bought again.
        bought: See above.
    """

    table: pd.DataFrame = field(repr=False)
    learned_on: date
    pairs: int
    bought: int

    def to_frame(self) -> pd.DataFrame:
        """The points by trait and class."""
        return self.table


@dataclass(frozen=True, kw_only=True)
class HitRates:
    """How often ten products named to a customer hold one that is bought in the next month.

    Attributes:
        replenishment: Hit rate at 10 of the ranking by the customer's own purchases: share of customers with at least
            one of the ten bought in the month, with Wilson's interval. Of active customers who bought in it.
        popularity: The same of the ten products that most customers bought in the 30 days before.
        gain: replenishment / popularity - 1, with its interval for paired shares.
        replenishment_precision: Share of the ten that were bought, mean over customers, in [0, 1].
        popularity_precision: The same of the popular ones.
        coverage: Share of the active customers to whom the ranking can name anything.
        catalogue: Share of the products sold in the year before that are named to anybody, in [0, 1].
        named: Products named to a customer (count).
        cut: First day of the judged month.
        until: First day after it.
        learned_on: First day of the month the ranking was learned on.
    """

    replenishment: Estimate
    popularity: Estimate
    gain: Estimate
    replenishment_precision: float
    popularity_precision: float
    coverage: Estimate
    catalogue: float
    named: int
    cut: date
    until: date
    learned_on: date

    def to_frame(self) -> pd.DataFrame:
        """The rates, one row a figure."""
        return figures_frame(self)


def ranking(counts: Any) -> Ranking | NotEnough:
    """Learn how frequency, recency, the own interval and the product tell what is bought again.

    A logistic regression on classes of each trait, with a small ridge, so that a class of few rows cannot run away.

    Args:
        counts: `measures.actions.hits.RebuyCounts`, or NotEnough.

    Returns:
        The ranking; NotEnough("products_bought_again") for fewer than 50 products bought again.

    References:
        le Cessie and van Houwelingen (1992), Ridge estimators in logistic regression, Applied Statistics 41.
    """
    if isinstance(counts, NotEnough):
        return counts
    table = counts.table
    bought = int(table["bought"].sum())
    if bought < NEEDED_BOUGHT:
        return NotEnough("products_bought_again", bought, NEEDED_BOUGHT)
    traits = [name for name in table.columns if name not in ("pairs", "bought")]
    columns = [(name, place) for name in traits for place in sorted(table[name].unique())]
    design = np.column_stack([np.ones(len(table)), *((table[name] == place).astype(float) for name, place in columns)])
    weights = table["pairs"].to_numpy(dtype=float)
    points = _logistic(design, weights, table["bought"].to_numpy(dtype=float))
    rows = [("all", 0), *columns]
    frame = pd.DataFrame(
        {"trait": [row[0] for row in rows], "class": [int(row[1]) for row in rows], "points": np.round(points, 6)}
    )
    return Ranking(table=frame, learned_on=counts.cut, pairs=int(weights.sum()), bought=bought)


def _logistic(design: Floats, pairs: Floats, bought: Floats) -> Floats:
    """Coefficients of a logistic regression on counts, by Newton's method; all but the constant with a ridge."""
    from scipy.special import expit

    ridge = np.full(design.shape[1], _RIDGE)
    ridge[0] = 0.0
    share = bought.sum() / pairs.sum()
    points = np.zeros(design.shape[1])
    points[0] = math.log(share / (1 - share)) if share < 1 else 10.0
    best = _penalised(points, design, pairs, bought, ridge)
    for _ in range(_STEPS):
        chance = expit(design @ points)
        slope = design.T @ (bought - pairs * chance) - ridge * points
        curve = (design * (pairs * chance * (1 - chance))[:, None]).T @ design + np.diag(ridge + 1e-9)
        step = np.linalg.solve(curve, slope)
        # A full step may go too far; the penalised likelihood has one maximum, so that half of it will do in the end.
        while (found := _penalised(points + step, design, pairs, bought, ridge)) < best and np.abs(step).max() > 1e-9:
            step = step / 2
        points, best = points + step, max(found, best)
        if np.abs(step).max() < 1e-8:
            break
    return points


def _penalised(points: Floats, design: Floats, pairs: Floats, bought: Floats, ridge: Floats) -> float:
    """Logarithm of the likelihood less the ridge."""
    odds = design @ points
    return float((bought * odds - pairs * np.logaddexp(0, odds)).sum() - (ridge * points**2).sum() / 2)


def hit_rates(counts: Any) -> HitRates | NotEnough:
    """Hit rate at 10 of the ranking and of popularity on the same customers, with their ratio.

    Hit rate at 10 is the share of customers for whom at least one of ten named products is bought, as the literature on
    next baskets has it (there "personalised hit ratio"); precision at 10 is the mean share of the ten that are bought.

    Args:
        counts: `measures.actions.hits.HitCounts`, or NotEnough.

    Returns:
        The rates; NotEnough("customers_judged") for fewer than 30 customers, NotEnough("popular_hits") where one of the
        lists hits nobody, so that there is nothing to compare.

    References:
        Hu, He, Gao and Zhang (2020), Modeling personalized item frequency information for next-basket recommendation,
        SIGIR (hit ratio, precision by customer); Nam and Blackwelder (2002), Analysis of the ratio of marginal
        probabilities in a matched-pair setting, Statistics in Medicine 21 (the interval of the ratio).
    """
    if isinstance(counts, NotEnough):
        return counts
    base = counts.both + counts.ranked_only + counts.popular_only + counts.neither
    if base < NEEDED_CUSTOMERS:
        return NotEnough("customers_judged", base, NEEDED_CUSTOMERS)
    ranked, popular = counts.both + counts.ranked_only, counts.both + counts.popular_only
    rates = [wilson(ranked, base), wilson(popular, base), wilson(counts.nameable, counts.active)]
    first, second, coverage = rates
    if isinstance(first, NotEnough) or isinstance(second, NotEnough) or isinstance(coverage, NotEnough):
        return NotEnough("customers_judged", base, NEEDED_CUSTOMERS)
    if not ranked or not popular:
        return NotEnough("popular_hits", popular, 1)
    ratio = ranked / popular
    width = normal_quantile(_LEVEL) * math.sqrt((counts.ranked_only + counts.popular_only) / (ranked * popular))
    gain = Estimate(ratio - 1, low=ratio * math.exp(-width) - 1, high=ratio * math.exp(width) - 1, level=_LEVEL, n=base)
    return HitRates(
        replenishment=first,
        popularity=second,
        gain=gain,
        replenishment_precision=counts.ranked_bought / (NAMED * base),
        popularity_precision=counts.popular_bought / (NAMED * base),
        coverage=coverage,
        catalogue=counts.named / counts.products,
        named=NAMED,
        cut=counts.cut,
        until=counts.until,
        learned_on=counts.learned_on,
    )
