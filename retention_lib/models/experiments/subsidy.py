"""How many of the orders made with a coupon would have been made without it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from retention_lib.estimates import Estimate, NotAsked, NotEnough
from retention_lib.models.experiments.slopes import slopes
from retention_lib.models.experiments.validity import Validity, refusal_of

LEVEL = 0.95
MINIMUM_COUPON_ORDERS = 30
DRAWS, FEWEST_DRAWS = 2_000, 500
"""Bootstrap samples, and how few there are at least where so many sets of counts are drawn that they take long."""

_BLOCK, _DRAWN = 250, 4_000_000

Floats: TypeAlias = NDArray[np.float64]

_COLUMNS = ["arm", "units", "coupon_orders", "incremental_orders", "share", "low", "high", "reason"]


@dataclass(frozen=True, kw_only=True, eq=False)
class SubsidyShares:
    """Of the orders made with a coupon of the test, the share that would have been made anyway, arm by arm.

    It takes it that every extra order was made with a coupon, and that nobody orders less because of one. Extra orders
    without a coupon, as from a mail that only reminds, make the share too small.

    Attributes:
        table: One row an arm with coupons: arm, units (count), coupon_orders (count), incremental_orders (count), share
            (1 less their ratio; below 0 where there were more extra orders than coupons used), low, high, reason (why
            there is no share or no claim; None = told). Share and bounds are NaN below 30 orders with a coupon.
        control: The arm left alone.
        withheld: Code of why no effect of the test may be called; None for a valid test.
        level: Of the intervals.
        draws: Bootstrap samples they rest on (count).
    """

    table: pd.DataFrame
    control: str
    withheld: str | None
    level: float = LEVEL
    draws: int = DRAWS

    def of(self, arm: str) -> Estimate | NotEnough:
        """The share of an arm; NotAsked for an arm without coupons, NotEnough("coupon_orders") with too few of them."""
        rows = self.table[self.table["arm"] == arm]
        if rows.empty:
            return NotAsked("coupon_orders", 0, MINIMUM_COUPON_ORDERS)
        found = rows.iloc[0]
        if math.isnan(found["share"]):
            return NotEnough("coupon_orders", float(found["coupon_orders"]), MINIMUM_COUPON_ORDERS)
        low, high = float(found["low"]), float(found["high"])
        claimed = None if self.withheld is None else False
        share, n = float(found["share"]), float(found["coupon_orders"])
        return Estimate(share, low=low, high=high, level=self.level, n=n, claimed=claimed, reason=found["reason"])

    def figures(self) -> dict[str, Estimate | NotEnough]:
        """By figure id, `subsidy_share_<arm>`; refusals where the test may not be called."""
        if self.withheld is not None:
            return {f"subsidy_share_{arm}": refusal_of(self.withheld) for arm in self.table["arm"]}
        return {f"subsidy_share_{arm}": self.of(str(arm)) for arm in self.table["arm"]}

    def to_frame(self) -> pd.DataFrame:
        """The table."""
        return self.table


@dataclass(frozen=True, kw_only=True, eq=False)
class _Means:
    """Means a unit of an arm: as they were first, then in each bootstrap sample.

    The last three are those of the orders before the test, of their square, and of their product with `orders`.
    """

    units: int
    orders: Floats
    coupon_orders: Floats
    before: Floats
    before_square: Floats
    before_product: Floats

    def within(self) -> Floats:
        """Sum of products of orders before and orders, about their means."""
        return self.units * (self.before_product - self.before * self.orders)

    def square(self) -> Floats:
        """Sum of squares of the orders before, about their mean."""
        return self.units * (self.before_square - self.before**2)


def subsidy_shares(
    counts: pd.DataFrame | NotEnough,
    *,
    control: str | NotEnough,
    rng: np.random.Generator,
    validity: Validity | NotEnough | None = None,
    draws: int | None = None,
) -> SubsidyShares | NotEnough:
    """The share of coupon orders that would have been made anyway: 1 - extra orders / coupon orders.

    Both are counted over the full time with the weeks after the window, so that an order only brought forward is no
    extra one. The interval is a percentile bootstrap over units: as only their orders enter, drawing how many units
    fall to each set of counts is drawing the units.

    Args:
        counts: One row an arm and set of counts: arm, orders, coupon_orders and, where they are known, orders_before,
            units with just these (count). Where they are known the extra orders are adjusted by them.
        control: The arm left alone.
        rng: Draws the samples.
        validity: Whether the test may be called; taken to hold if omitted.
        draws: Bootstrap samples (count); DRAWS if omitted, fewer where there are thousands of sets of counts.

    Returns:
        The shares; the NotEnough that came in; NotAsked("coupon_orders") where no coupon was used outside control.

    Raises:
        ValueError: Control is no arm of the test.

    References:
        Efron and Tibshirani (1993), An Introduction to the Bootstrap, chapter 13 (percentile intervals).
    """
    if isinstance(counts, NotEnough):
        return counts
    if isinstance(control, NotEnough):
        return control
    arms = [str(arm) for arm in dict.fromkeys(counts["arm"])]
    if control not in arms:
        msg = f"control arm {control!r} is not among the arms {', '.join(arms)}"
        raise ValueError(msg)
    used = (counts["coupon_orders"] * counts["units"]).groupby(counts["arm"]).sum()
    treated = [arm for arm in arms if arm != control and used[arm] > 0]
    if not treated:
        return NotAsked("coupon_orders", 0, MINIMUM_COUPON_ORDERS)
    withheld = None if validity is None else validity.reason
    draws = draws or int(np.clip(_DRAWN // len(counts), FEWEST_DRAWS, DRAWS))
    alone = _means(counts[counts["arm"] == control], rng, draws)
    rows = [_row(counts[counts["arm"] == arm], alone, rng, draws, withheld) for arm in treated]
    return SubsidyShares(table=pd.DataFrame(rows, columns=_COLUMNS), control=control, withheld=withheld, draws=draws)


def subsidy_figures(found: SubsidyShares | NotEnough) -> dict[str, Estimate | NotEnough]:
    """The figures of the shares; none where there are no shares.

    Args:
        found: From `subsidy_shares`.
    """
    return {} if isinstance(found, NotEnough) else found.figures()


def _row(
    counts: pd.DataFrame, alone: _Means, rng: np.random.Generator, draws: int, withheld: str | None
) -> list[object]:
    """The share of an arm with its interval."""
    own, units = _means(counts, rng, draws), int(counts["units"].sum())
    coupons = float(own.coupon_orders[0] * units)
    extra = _extra(own, alone)
    told: list[object] = [str(counts["arm"].iloc[0]), units, round(coupons), float(extra[0] * units)]
    if coupons < MINIMUM_COUPON_ORDERS:
        return [*told, math.nan, math.nan, math.nan, "coupon_orders"]
    shares = 1 - extra / np.where(own.coupon_orders > 0, own.coupon_orders, np.nan)
    low, high = np.nanquantile(shares[1:], [0.5 - LEVEL / 2, 0.5 + LEVEL / 2])
    return [*told, float(shares[0]), float(low), float(high), withheld]


def _extra(own: _Means, alone: _Means) -> Floats:
    """Orders beyond those of control, less what orders before the test foretold."""
    slope = slopes(own.within() + alone.within(), own.square() + alone.square())
    return own.orders - alone.orders - slope * (own.before - alone.before)


def _means(counts: pd.DataFrame, rng: np.random.Generator, draws: int) -> _Means:
    """Means of an arm: as they were first, then in each bootstrap sample."""
    cells = counts["units"].to_numpy(dtype=np.int64)
    units = max(int(cells.sum()), 1)
    orders, coupons = (counts[name].to_numpy(dtype=float) for name in ("orders", "coupon_orders"))
    before = counts["orders_before"].to_numpy(dtype=float) if "orders_before" in counts else np.zeros(len(cells))
    values = np.column_stack([orders, coupons, before, before**2, before * orders])
    found = np.vstack([cells @ values, *(_sampled(cells, values, rng, part) for part in _blocks(draws))]) / units
    names = ("orders", "coupon_orders", "before", "before_square", "before_product")
    return _Means(units=units, **dict(zip(names, found.T, strict=True)))


def _sampled(cells: NDArray[np.int64], values: Floats, rng: np.random.Generator, draws: int) -> Floats:
    """Sums of the values over units drawn with replacement, one row a sample."""
    units = int(cells.sum())
    return rng.multinomial(units, cells / max(units, 1), size=draws) @ values


def _blocks(draws: int) -> list[int]:
    """The samples in blocks that fit into memory however many sets of counts there are."""
    return [min(_BLOCK, draws - first) for first in range(0, draws, _BLOCK)]
