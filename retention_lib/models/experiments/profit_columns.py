"""Which columns of a test tell its money: sales, goods, coupons and sending, and which of them is only stated."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from retention_lib.estimates import NotEnough
from retention_lib.models.experiments.contrasts import Weights
from retention_lib.models.experiments.moments import Moments

AUTO = "auto"
SENDING = ("contact_cost", "contacts")
"""Columns that tell what sending cost: what was paid for a unit's messages, and how many they were."""

_NET = "net_full"

_PROFIT, _SALES = ("gross_profit",), ("revenue", "spend", "sales")
_SAME = 1e-6
_NONE: Weights = MappingProxyType({})


@dataclass(frozen=True, kw_only=True)
class Costs:
    """What is known of a campaign's money beside what its customers bought.

    Attributes:
        contact_cost: Cost of one message to one customer (money), for stores whose `contacts` do not tell what was
            paid; where they hold no message of the test, one a customer is taken. None = not known.
        campaign_cost: Cost of the campaign that does not grow with the customers (money, >= 0): of all arms together,
            which share it by contacts, or by arm.
        gross_margin: Gross profit in a unit of sales, in [0, 1], for stores whose sales do not tell their cost;
            None = not known.
        margin_sd: Standard deviation of what is not known of that margin (share of sales, >= 0).
        goal: Column of money of a test that comes with its outcomes; `auto` takes gross profit before sales. Tests
            read from sales have their own columns and do not need it.
        goal_is_profit: Whether that column is gross profit, with what offers cost taken off.
        days: Days after the assignment over which all is counted; None = not known.
    """

    contact_cost: float | None = None
    campaign_cost: float | Mapping[str, float] = 0.0
    gross_margin: float | None = None
    margin_sd: float = 0.0
    goal: str = AUTO
    goal_is_profit: bool = False
    days: int | None = None

    def __post_init__(self) -> None:
        """Refuse costs that are none.

        Raises:
            ValueError: A cost is negative, or a margin outside [0, 1].
        """
        fixed = self.campaign_cost.values() if isinstance(self.campaign_cost, Mapping) else [self.campaign_cost]
        for amount in (self.contact_cost or 0.0, self.margin_sd, *fixed):
            if not (math.isfinite(amount) and amount >= 0):
                msg = f"costs and the error of a margin are 0 or more, not {amount}"
                raise ValueError(msg)
        if self.gross_margin is not None and not 0 <= self.gross_margin <= 1:
            msg = f"a gross margin is in [0, 1], not {self.gross_margin}"
            raise ValueError(msg)

    def goal_in(self, known: Collection[str]) -> str | None:
        """The column of money of a test that comes with its outcomes; None where it has none.

        Args:
            known: Its columns.
        """
        wanted = (*_PROFIT, *_SALES) if self.goal == AUTO else (self.goal,)
        return next((name for name in wanted if name in known), None)

    def is_profit(self, goal: str) -> bool:
        """Whether that column is gross profit, of which no margin is taken.

        Args:
            goal: The column.
        """
        return goal in _PROFIT or (self.goal != AUTO and self.goal_is_profit)


@dataclass(frozen=True, kw_only=True)
class ProfitColumns:
    """The columns of each part of a test's profit, a unit.

    Attributes:
        sales: What is sold, refunds taken off; empty where the profit itself was measured and nothing else.
        goods: What the goods cost, negative; where `sales` is empty the gross profit itself, positive.
        coupon: What coupons cost beside the sales, negative; empty where there are none.
        sending: What sending cost, negative; empty where it is stated a customer.
        sending_stated: Stated cost of a contact (money a customer); None where it was measured.
        margin: The stated margin that is used; None where costs of the goods are known.
        margin_sd: Its standard deviation; 0 where none is used.
        covariate: The column known before; None where there is none.
        given: Value of the coupons used, whether taken off the sales or not, for the cost of an extra order; positive.
        orders: Orders, or buyers; None where neither was counted.
        orders_before: The same before the test; None where it is not known.
        counted: What `orders` counts.
    """

    sales: Weights = field(default_factory=dict)
    goods: Weights
    coupon: Weights = field(default_factory=dict)
    sending: Weights = field(default_factory=dict)
    sending_stated: float | None = None
    margin: float | None = None
    margin_sd: float = 0.0
    covariate: str | None = None
    given: Weights = field(default_factory=dict)
    orders: str | None = None
    orders_before: str | None = None
    counted: Literal["order", "buyer"] = "order"

    @property
    def gross_profit(self) -> Weights:
        """Gross profit: sales less goods."""
        return summed(self.sales, self.goods)

    @property
    def net(self) -> Weights:
        """What is left of it after coupons and the sending that was measured."""
        return summed(self.sales, self.goods, self.coupon, self.sending)

    @property
    def spent(self) -> Weights:
        """What the campaign cost a unit, positive: the coupons used, and the sending that was measured."""
        return summed(self.given, {name: -weight for name, weight in self.sending.items()})


def summed(*parts: Weights) -> Weights:
    """Several weighted sums as one."""
    names = dict.fromkeys(name for part in parts for name in part)
    return {name: sum(part.get(name, 0.0) for part in parts) for name in names}


def profit_columns(moments: Moments, costs: Costs) -> ProfitColumns | NotEnough:
    """The columns that make the profit of a test.

    Sales counted over the full time after the assignment go before the columns of a test that came with its outcomes.

    Args:
        moments: Of the test.
        costs: What else is known of its money.

    Returns:
        The columns; NotEnough("margin_and_cost_known") without gross profit and margin or without the cost of a
        contact; NotEnough("goal_in_money") where a test with outcomes has no column of money.

    Raises:
        ValueError: The goal that is named is no column of the test.
    """
    known = {name for name in moments.columns if moments.known(name)}
    from_sales = bool({"gross_profit_full", "revenue_full"} & known)
    found = _of_sales(moments, known, costs) if from_sales else _of_outcomes(moments, known, costs)
    if isinstance(found, NotEnough):
        return found
    return found if found.sending or found.sending_stated is not None else NotEnough("margin_and_cost_known", 0, 1)


def _of_sales(moments: Moments, known: set[str], costs: Costs) -> ProfitColumns | NotEnough:
    """From what was sold to the units."""
    if "gross_profit_full" not in known and costs.gross_margin is None:
        return NotEnough("margin_and_cost_known", 0, 1)
    stated = "gross_profit_full" not in known or _is_stated(moments, known, costs.gross_margin)
    sales: Weights = {"revenue_full": 1.0} if "revenue_full" in known else _NONE
    sending = _sending(moments, known, costs.contact_cost)
    given = next((name for name in ("coupon_value_full", "coupon_cost_full") if name in known), None)
    return ProfitColumns(
        sales=sales,
        goods={"revenue_full": (costs.gross_margin or 0.0) - 1.0}
        if stated
        else {"gross_profit_full": 1.0, **_minus(sales)},
        coupon={"coupon_cost_full": -1.0} if "coupon_cost_full" in known else _NONE,
        sending=sending,
        sending_stated=None if sending else costs.contact_cost,
        margin=costs.gross_margin if stated else None,
        margin_sd=costs.margin_sd if stated else 0.0,
        covariate=next((name for name in ("gross_profit_before", "revenue_before") if name in known), None),
        given=_NONE if given is None else {given: 1.0},
        orders="orders_full" if "orders_full" in known else None,
        orders_before="orders_before" if "orders_before" in known else None,
    )


def _sending(moments: Moments, known: set[str], contact_cost: float | None) -> Weights:
    """The columns of sending that have something in some arm, weighed."""
    told = [name for name in SENDING if name in known]
    return sending_weights(
        [name for name in told if any(moments.mean(arm, name) > 0 for arm in moments.names)], contact_cost
    )


def sending_weights(counted: Collection[str], contact_cost: float | None) -> Weights:
    """What tells the cost of sending of a unit where its sales are counted.

    Args:
        counted: Those of `SENDING` that are above 0 for some unit of the test.
        contact_cost: The stated cost of a message (money); None where it is not known.

    Returns:
        What the store paid for its messages, or else their number times the stated cost, negative; empty where neither
        is told and the stated cost is that of a customer.
    """
    if "contact_cost" in counted:
        return {"contact_cost": -1.0}
    return {"contacts": -contact_cost} if "contacts" in counted and contact_cost is not None else _NONE


def _is_stated(moments: Moments, known: set[str], margin: float | None) -> bool:
    """Whether gross profit is nothing but sales times the stated margin."""
    if margin is None or "revenue_full" not in known:
        return False
    pairs = [(moments.spread(arm, "gross_profit_full"), moments.spread(arm, "revenue_full")) for arm in moments.names]
    means = all(math.isclose(profit.first, margin * sales.first, rel_tol=_SAME) for profit, sales in pairs)
    spreads = all(math.isclose(one.covariance, margin**2 * other.covariance, rel_tol=_SAME) for one, other in pairs)
    return means and spreads


def _of_outcomes(moments: Moments, known: set[str], costs: Costs) -> ProfitColumns | NotEnough:
    """From the columns of outcomes that came with the test."""
    if costs.goal not in (AUTO, *moments.columns):
        msg = f"goal {costs.goal!r} is no column of the test; columns: {', '.join(moments.columns)}"
        raise ValueError(msg)
    goal = costs.goal_in(known)
    if goal is None or moments.binary(goal):
        return NotEnough("goal_in_money", 0, 1)
    profit = costs.is_profit(goal)
    if not profit and costs.gross_margin is None:
        return NotEnough("margin_and_cost_known", 0, 1)
    orders = next((name for name in ("orders", "conversion") if name in known), None)
    return ProfitColumns(
        sales=_NONE if profit else {goal: 1.0},
        goods={goal: 1.0} if profit else {goal: (costs.gross_margin or 0.0) - 1.0},
        sending_stated=costs.contact_cost,
        margin=None if profit else costs.gross_margin,
        margin_sd=0.0 if profit else costs.margin_sd,
        covariate=f"{goal}_before" if f"{goal}_before" in known else None,
        orders=orders,
        orders_before=f"{orders}_before" if f"{orders}_before" in known else None,
        counted="buyer" if orders == "conversion" else "order",
    )


def _minus(weights: Weights) -> Weights:
    return {name: -weight for name, weight in weights.items()}


def money_column(moments: Moments | NotEnough, *, goal: str | NotEnough) -> str | NotEnough:
    """The column that says what a unit left: net of coupons and messages where sales are counted, else the goal.

    Args:
        moments: Of all arms.
        goal: The metric that decides.

    Returns:
        Its name; the refusal that came in.
    """
    if isinstance(moments, NotEnough):
        return moments
    return _NET if _NET in moments.columns else goal
