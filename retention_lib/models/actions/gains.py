"""What a list brought a contact, with an error that holds where few are left alone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from retention_lib.models.experiments.contrasts import Weights
from retention_lib.models.experiments.moments import Moments
from retention_lib.models.experiments.profit_columns import ProfitColumns, summed

_TREATED = "treated"
"""What the arms of a list that got a message are called together."""

STEADY_ORDERS = 30
"""Orders of those left alone at which their own spread counts half, and that of the whole list the other half."""

OWN_SLOPE_UNITS = 30
"""Units in each arm from which on a list has an adjustment of its own."""

SPREAD_OF_GAINS = 0.3
"""Standard deviation of the relative gain in gross profit by which what the treated bought tells what they would have
bought without the message."""


@dataclass(frozen=True, kw_only=True)
class Slope:
    """How what is measured rises with what was bought before, inside the arms.

    Attributes:
        products: Sum over units of both, each from its arm's mean.
        squares: Sum of squares of what was bought before, likewise.
    """

    products: float = 0.0
    squares: float = 0.0

    @property
    def value(self) -> float:
        """The slope; 0 where nothing was bought before."""
        return self.products / self.squares if self.squares > 0 else 0.0


@dataclass(frozen=True, kw_only=True)
class Gain:
    """What some arms of a list brought beside those left alone, a contact. A contact is a customer of these arms.

    Attributes:
        contacts: Customers in the arms (count).
        control: Customers left alone (count).
        units: Units compared (count).
        net: Gross profit less coupons and sending (money a contact).
        gross: Gross profit less coupons (money a contact): what is left before the message is paid.
        variance: Of either (money squared).
        freedom: Its degrees of freedom.
        sending: Money that a contact's messages cost.
        sales: Extra sales (money a contact), for what a stated margin may be wrong by; 0 where the margin is known.
        base: Gross profit of a customer left alone over the same days (money).
        orders: Extra orders a contact; NaN where none are counted.
        orders_variance: Of these.
    """

    contacts: int
    control: int
    units: int
    net: float
    gross: float
    variance: float
    freedom: float
    sending: float
    sales: float
    base: float
    orders: float
    orders_variance: float


def together(moments: Moments, arms: Sequence[str], *, control: str) -> Moments:
    """The moments of several arms as one beside those left alone.

    Args:
        moments: Of all arms.
        arms: Those taken together.
        control: The arm left alone.
    """
    if len(arms) == 1 and len(moments.names) == 2:
        told = {arms[0]: _TREATED, control: control}
        own = moments.sums.assign(arm=moments.sums["arm"].map(told))
        return Moments(sums=own, arms=moments.arms.assign(arm=moments.arms["arm"].map(told)), unit=moments.unit)
    mapped = {control: control, **dict.fromkeys(arms, _TREATED)}
    rows = moments.sums[moments.sums["arm"].isin(list(mapped))]
    keys = ["arm", "first", "second"]
    numbers = dict.fromkeys(("n", "first_total", "second_total", "product"), "sum")
    sums = rows.assign(arm=rows["arm"].map(mapped)).groupby(keys, sort=False, as_index=False)
    sizes = moments.arms[moments.arms["arm"].isin(list(mapped))]
    by_arm = sizes.assign(arm=sizes["arm"].map(mapped)).groupby("arm", sort=False, as_index=False)
    known = by_arm.agg({"units": "sum", "members": "sum"}).assign(unit=moments.unit)
    return Moments(sums=sums.agg({**numbers, "binary": "all"}), arms=known, unit=moments.unit)


def slope_of(moments: Moments, columns: ProfitColumns) -> Slope:
    """How the net profit of a list rises with what was bought before, inside its arms.

    Args:
        moments: Of the list.
        columns: What its profit is made of.
    """
    if columns.covariate is None:
        return Slope()
    before = {columns.covariate: 1.0}
    sizes = {arm: moments.units(arm) - 1 for arm in moments.names}
    return Slope(
        products=sum(n * _covariance(moments, arm, columns.net, before) for arm, n in sizes.items()),
        squares=sum(n * _covariance(moments, arm, before, before) for arm, n in sizes.items()),
    )


def gain(moments: Moments, columns: ProfitColumns, *, control: str, usual: float = 0.0) -> Gain | None:
    """What the treated arm of two brought beside the one left alone.

    The difference is that of an analysis of covariance; a list of fewer than 30 units in an arm is adjusted by the
    slope of all lists. The variance of those left alone is drawn to that of the whole list by how few orders they made,
    as a handful of orders does not tell their spread, and an interval by it alone would be too narrow just where the
    difference is too large.

    Args:
        moments: Of two arms, from `together`.
        columns: What the profit is made of.
        control: The arm left alone.
        usual: The slope of all lists.

    Returns:
        The gain; None where an arm is empty, or both have one unit.
    """
    arm = next(name for name in moments.names if name != control)
    sizes = [moments.units(name) for name in (arm, control)]
    if min(sizes) < 1 or sum(sizes) < 3:
        return None
    slope = slope_of(moments, columns).value if min(sizes) >= OWN_SLOPE_UNITS else usual
    before: Weights = {} if columns.covariate is None else {columns.covariate: -slope}
    people = moments.members(arm) / moments.units(arm)
    apart = _Apart(moments=moments, arm=arm, control=control)
    error = _steady_variance(apart, summed(columns.net, before), columns.orders)
    stated = columns.sending_stated or 0.0
    sending = stated - apart.difference(columns.sending) / people
    orders = {} if columns.orders is None else {columns.orders: 1.0}
    counted = _steady_variance(apart, orders, columns.orders) if orders else None
    return Gain(
        contacts=moments.members(arm),
        control=moments.members(control),
        units=sum(sizes),
        net=apart.difference(summed(columns.net, before)) / people - stated,
        gross=apart.difference(summed(columns.sales, columns.goods, columns.coupon, before)) / people,
        variance=error.variance / people**2,
        freedom=error.freedom,
        sending=sending,
        sales=apart.difference(columns.sales) / people if columns.margin is not None and columns.sales else 0.0,
        base=_base(apart, columns.gross_profit) / people,
        orders=apart.difference(orders) / people if orders else math.nan,
        orders_variance=counted.variance / people**2 if counted is not None else math.nan,
    )


@dataclass(frozen=True, kw_only=True)
class _Error:
    """Variance of a difference, and its degrees of freedom."""

    variance: float
    freedom: float


@dataclass(frozen=True, kw_only=True, eq=False)
class _Apart:
    """The two arms of a list."""

    moments: Moments
    arm: str
    control: str

    def difference(self, weights: Weights) -> float:
        """Mean of a weighted sum in the arm less that of those left alone, a unit."""
        return self.mean(self.arm, weights) - self.mean(self.control, weights)

    def mean(self, arm: str, weights: Weights) -> float:
        """Mean of a weighted sum in an arm."""
        return sum(weight * self.moments.mean(arm, name) for name, weight in weights.items())

    def units(self, arm: str) -> int:
        """Units of an arm."""
        return self.moments.units(arm)


def _steady_variance(apart: _Apart, weights: Weights, orders: str | None) -> _Error:
    """Variance of a difference of means, with that of those left alone drawn to the one inside the whole list."""
    own = [max(_covariance(apart.moments, name, weights, weights), 0.0) for name in (apart.arm, apart.control)]
    units = [apart.units(name) for name in (apart.arm, apart.control)]
    degrees = [n - 1 for n in units]
    whole = sum(n * variance for n, variance in zip(degrees, own, strict=True)) / max(sum(degrees), 1)
    made = units[1] if orders is None else apart.moments.mean(apart.control, orders) * units[1]
    share = made / (made + STEADY_ORDERS)
    steady = share * own[1] + (1 - share) * whole
    parts = [own[0] / units[0] if degrees[0] else whole / units[0], steady / units[1]]
    # What those left alone do not tell is told by all: their degrees of freedom grow with its part.
    freedoms = [max(degrees[0], 1), max(share * degrees[1] + (1 - share) * sum(degrees), 1.0)]
    variance = sum(parts)
    spread = sum(part**2 / freedom for part, freedom in zip(parts, freedoms, strict=True))
    return _Error(variance=variance, freedom=variance**2 / spread if spread > 0 else float(sum(degrees)))


def _base(apart: _Apart, gross: Weights) -> float:
    """Gross profit of a unit left alone, together with what the treated tell of it, give or take the gain itself."""
    own, other = (apart.mean(name, gross) for name in (apart.control, apart.arm))
    variances = [
        max(_covariance(apart.moments, name, gross, gross), 0.0) / apart.units(name)
        for name in (apart.control, apart.arm)
    ]
    doubts = [variances[0], variances[1] + (SPREAD_OF_GAINS * other) ** 2]
    if doubts[1] <= 0 or apart.units(apart.control) < 2:
        return own if doubts[1] <= 0 else other
    if doubts[0] <= 0:
        # Nobody left alone bought anything, or they are too few to show a spread: as the treated would.
        doubts[0] = variances[1] * apart.units(apart.arm) / apart.units(apart.control)
    weights = [1 / doubt if doubt > 0 else 0.0 for doubt in doubts]
    return (weights[0] * own + weights[1] * other) / sum(weights) if sum(weights) > 0 else own


def _covariance(moments: Moments, arm: str, first: Weights, second: Weights) -> float:
    """Covariance of two weighted sums in an arm."""
    return sum(
        one * other * moments.spread(arm, name, beside).covariance
        for name, one in first.items()
        for beside, other in second.items()
    )
