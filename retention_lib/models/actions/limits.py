"""Whom to choose where budget, messages or places on lists are short: by worth per use of what is short.

What is short has a price, by linear programming: the value that one more unit of it would bring. The prices say in
which order candidates come, and whatever prices there are, the value of the best choice cannot be above a bound that
follows from them; so the choice is told with its distance from the best one.

References:
    Dantzig (1957), "Discrete-variable extremum problems" (value per cost); Pisinger and Toth (1998), "Knapsack
    problems" (several limits, Lagrangian bound).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Places = NDArray[np.int64]

_PRICED = 20_000
_CLOSE = 1e-9


@dataclass(frozen=True, kw_only=True, eq=False)
class Limit:
    """Something that candidates use up.

    Attributes:
        name: What it is.
        use: How much each candidate uses, >= 0.
        most: How much there is, >= 0.
    """

    name: str
    use: Floats = field(repr=False)
    most: float

    @property
    def binds(self) -> bool:
        """Whether not all candidates have room."""
        return float(self.use.sum()) > self.most * (1 + _CLOSE)


@dataclass(frozen=True, kw_only=True, eq=False)
class Choice:
    """Who is chosen.

    Attributes:
        chosen: Whether each candidate is.
        value: Their value.
        bound: No choice within the limits has a value above it.
        prices: Value of one more unit of each limit, in their order; 0 of what is not short.
    """

    chosen: NDArray[np.bool_] = field(repr=False)
    value: float
    bound: float
    prices: tuple[float, ...]

    @property
    def gap(self) -> float:
        """By what share of the bound the choice may fall short of the best one, in [0, 1]."""
        return max(0.0, 1 - self.value / self.bound) if self.bound > 0 else 0.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Ranked:
    """Candidates in the order of their worth per priced use.

    Attributes:
        value: Of each candidate, > 0.
        order: The places of the candidates, the best first.
        bound: No choice within the limits has a value above it.
        prices: Value of one more unit of each limit, in their order; 0 of what is not short.
    """

    value: Floats = field(repr=False)
    order: Places = field(repr=False)
    bound: float
    prices: tuple[float, ...]

    def taken(self, limits: Sequence[Limit]) -> Choice:
        """The candidates taken one by one in their order, each that still fits.

        Args:
            limits: What they use up; of those that were ranked by, or less.
        """
        chosen = _taken(self.order, [limit for limit in limits if limit.binds])
        value = float(self.value[chosen].sum())
        return Choice(chosen=chosen, value=value, bound=self.bound, prices=self.prices)


def ranked(value: Floats, limits: Sequence[Limit]) -> Ranked:
    """The candidates by worth per priced use of what is short; the same whatever else is computed, ties by their order.

    Args:
        value: Of each candidate, > 0.
        limits: What they use up.
    """
    short = [limit for limit in limits if limit.binds]
    told = _prices(value, short)
    paid = sum((price * limit.use for price, limit in zip(told, short, strict=True)), np.zeros(len(value)))
    with np.errstate(divide="ignore"):
        worth = np.where(paid > 0, value / np.where(paid > 0, paid, 1.0), np.inf)
    every = dict(zip((limit.name for limit in short), told, strict=True))
    spare = sum(price * limit.most for price, limit in zip(told, short, strict=True))
    return Ranked(
        value=value,
        # The sort is stable, so that of equals the first stays first.
        order=np.lexsort((-value, -worth)),
        bound=float(np.maximum(value - paid, 0.0).sum() + spare),
        prices=tuple(every.get(limit.name, 0.0) for limit in limits),
    )


def _prices(value: Floats, short: Sequence[Limit]) -> list[float]:
    """Prices of what is short, from the linear programme of the candidates, or of some where there are many."""
    from scipy.optimize import linprog
    from scipy.sparse import csr_array

    if not short or not value.size:
        return [0.0] * len(short)
    some = np.arange(0, len(value), -(-len(value) // _PRICED))
    uses = np.stack([limit.use[some] for limit in short])
    # The candidates drawn may use up the share of each limit that they would use up of it all.
    most = [limit.most * float(limit.use[some].sum()) / float(limit.use.sum()) for limit in short]
    scale = float(value.max())
    found = linprog(-value[some] / scale, A_ub=csr_array(uses), b_ub=most, bounds=(0, 1), method="highs-ds")
    return [max(0.0, -float(price)) * scale for price in found.ineqlin.marginals]


def _taken(order: Places, limits: Sequence[Limit]) -> NDArray[np.bool_]:
    """The candidates taken one by one in an order, each that still fits."""
    chosen = np.zeros(len(order), dtype=bool)
    slack = [limit.most * _CLOSE for limit in limits]
    left = [limit.most + spare for limit, spare in zip(limits, slack, strict=True)]
    while order.size:
        reached = [np.cumsum(limit.use[order]) for limit in limits]
        fits = [int(np.searchsorted(sums, most, side="right")) for sums, most in zip(reached, left, strict=True)]
        count = min(fits, default=len(order))
        chosen[order[:count]] = True
        if count:
            # Sums of many are rounded; what is left is never below nothing.
            left = [max(0.0, most - float(sums[count - 1])) for sums, most in zip(reached, left, strict=True)]
        order = order[count:]
        for limit, most in zip(limits, left, strict=True):
            order = order[limit.use[order] <= most]
    return chosen
