"""What a test is judged by: metrics of the goal, and guardrails that must not get worse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from retention_lib.estimates import NotEnough
from retention_lib.models.experiments.moments import Moments

Kind = Literal["share", "money", "count", "ratio"]
"""How a metric is written: a share in [0, 1], money or a number a unit, money an order."""

STANDARD = ("visit", "conversion", "orders", "revenue", "gross_profit", "average_order")
"""The metrics of a test on sales, in the order told."""

AVERAGE_ORDER = "average_order"
AUTO = "auto"
_COUNTS = frozenset({"orders", "purchases", "visits", "sessions", "clicks", "opens", "items", "contacts"})
_SPANS = ("_before", "_after", "_full", "_capped")
_PARTS = frozenset(
    {"sold", "refunded", "discount", "full_price", "coupon_orders", "coupon_cost", "coupon_value"}
    | {"contacts", "contact_cost", "unsubscribed", "members"}
)


@dataclass(frozen=True, kw_only=True)
class Metric:
    """What is compared: the mean of a column, or the ratio of two columns' means.

    Attributes:
        name: What it is called.
        column: The column, or that above in the ratio.
        per: The column below; None for a mean.
        history: Column known before the test that the difference is adjusted for; `<column>_before` if omitted. A
            ratio is adjusted for the ratio of `<column>_before` and `<per>_before`.
    """

    name: str
    column: str
    per: str | None = None
    history: str | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it reads in the test."""
        return (self.column,) if self.per is None else (self.column, self.per)

    @property
    def before(self) -> tuple[str, ...]:
        """The columns that it is adjusted for, in the same order."""
        own = self.history or f"{self.column}_before"
        return (own,) if self.per is None else (own, f"{self.per}_before")


GUARDRAILS = (
    Metric(name="refund_share", column="refunded", per="sold"),
    Metric(name="discount_share", column="discount", per="full_price"),
    Metric(name="unsubscribed", column="unsubscribed"),
)
"""What must not get worse; more is worse in each."""

_SHARES = frozenset(one.name for one in GUARDRAILS)


def kind_of(metric: Metric, moments: Moments) -> Kind:
    """How a metric is written; a column that is neither 0 and 1 nor known as a count is money."""
    if metric.name in _SHARES or (metric.per is None and moments.binary(metric.column)):
        return "share"
    if metric.per is not None:
        return "ratio"
    return "count" if metric.column in _COUNTS else "money"


def goal_metrics(moments: Moments, wanted: Sequence[str] = ()) -> list[Metric]:
    """The metrics of the goal that the sums hold, in the order told.

    Args:
        moments: Of all arms.
        wanted: Names of columns; all but those of other spans of time if omitted. Standard ones that this store cannot
            give are left out, as are the columns that only guardrails and costs are made of. Revenue and orders bring
            the average order with them.

    Raises:
        ValueError: A name is neither a column nor a standard metric.
    """
    known = set(moments.columns)
    unknown = [name for name in wanted if name not in known and name not in STANDARD and name not in _PARTS]
    if unknown:
        raise ValueError(_not_known(unknown[0], sorted(known)))
    named = wanted or [name for name in moments.columns if not name.endswith(_SPANS)]
    names = [name for name in named if name in known and name not in _PARTS]
    if {"revenue", "orders"} <= set(names) or (AVERAGE_ORDER in wanted and {"revenue", "orders"} <= known):
        names.append(AVERAGE_ORDER)
    ordered = [name for name in STANDARD if name in names] + [name for name in names if name not in STANDARD]
    return [_metric(name) for name in dict.fromkeys(ordered)]


def guardrail_metrics(moments: Moments) -> list[Metric]:
    """The guardrails that the sums hold."""
    return [one for one in GUARDRAILS if set(one.columns) <= set(moments.columns)]


def goal_of(metrics: Sequence[Metric], moments: Moments, goal: str = AUTO) -> str | NotEnough:
    """The metric that decides.

    Args:
        metrics: Those of the goal.
        moments: Of all arms.
        goal: Its name; `auto` for gross profit, else revenue, else the first that is no share, else the first.

    Returns:
        Its name; NotEnough("goal_known") where the store cannot give it, or gives no metric.

    Raises:
        ValueError: There is no such metric.
    """
    names = [one.name for one in metrics]
    if goal == AUTO:
        amounts = [one.name for one in metrics if kind_of(one, moments) != "share"]
        order = [*(name for name in ("gross_profit", "revenue") if name in names), *amounts, *names]
        return order[0] if order else NotEnough("goal_known", 0, 1)
    if goal in names:
        return goal
    if goal in STANDARD:
        return NotEnough("goal_known", 0, 1)
    raise ValueError(_not_known(goal, names))


def _metric(name: str) -> Metric:
    return (
        Metric(name=name, column="revenue", per="orders") if name == AVERAGE_ORDER else Metric(name=name, column=name)
    )


def _not_known(name: str, known: Sequence[str]) -> str:
    near = get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(known)}"
    return f"metric {name!r} is not known; {hint}"
