"""What may be paid for a new customer, and where too much is paid."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from retention_lib.estimates import Estimate, NotEnough, figures_frame
from retention_lib.models.acquisition_value import CostsBy
from retention_lib.models.new_customer import NewCustomer, NewCustomersBy

_MOST_RAISED = 2


@dataclass(frozen=True, kw_only=True)
class PriceLimit:
    """What may be paid at most for a new customer, by group.

    Attributes:
        by: What customers are told apart by; None where one limit holds for all.
        groups: Names of the groups, the highest limit first.
        limits: Their limits: the low end of the value's interval (money); 0 where it is below.
        costs: What is paid now (money); missing where it is not known.
        ratios: Value over cost; missing where the cost is not known.
        more: At most two groups to win more of: the highest value over cost among those that bring back more than they
            cost, by more than chance.
        hold: The group with the lowest value over cost among those that are not to be stopped; None where it is one of
            `more`, or none has a known cost.
        months: Months in which the price must come back.
        overall: The limit over all customers (money).
        net_of_year: What the customers won in the last 365 days bring beyond their cost, where it is more than chance
            (money).
    """

    by: str | None
    groups: tuple[str, ...]
    limits: tuple[float, ...]
    costs: tuple[float, ...]
    ratios: tuple[float, ...]
    more: tuple[str, ...]
    hold: str | None
    months: int
    overall: float
    net_of_year: float

    def to_frame(self) -> pd.DataFrame:
        """One row a group."""
        return pd.DataFrame({"group": self.groups, "limit": self.limits, "cost": self.costs, "ratio": self.ratios})


@dataclass(frozen=True, kw_only=True)
class UnpaidGroup:
    """A group whose customers do not bring back what winning them costs.

    Attributes:
        by: What customers are told apart by.
        group: The group.
        cost: Of winning one (money).
        value: What one is worth over the months.
        won: Customers won in the last 365 days.
        lost_of_year: Cost less value, of all of these (money).
        months: Months from the first purchase that count.
    """

    by: str
    group: str
    cost: float
    value: Estimate
    won: int
    lost_of_year: float
    months: int

    def to_frame(self) -> pd.DataFrame:
        """The figures, one row each."""
        return figures_frame(self)


def price_limit(
    newcomer: NewCustomer | NotEnough, groups: NewCustomersBy | NotEnough, costs: CostsBy | NotEnough
) -> PriceLimit | NotEnough:
    """What may be paid at most for a new customer: the low end of what one is worth.

    Args:
        newcomer: The value of a new customer.
        groups: The same by group; NotEnough gives one limit for all.
        costs: What is paid now, where that is known of the groups.

    Returns:
        The limits; the `NotEnough` of `newcomer`; "margin_known" where only revenue is known.
    """
    if isinstance(newcomer, NotEnough):
        return newcomer
    if newcomer.measure != "gross_profit":
        return NotEnough("margin_known", 0, 1)
    overall = max(0.0, newcomer.value.value if newcomer.value.low is None else newcomer.value.low)
    table = pd.DataFrame(columns=["group", "low"]) if isinstance(groups, NotEnough) else _own_limits(groups)
    known = _known_costs(costs, set(table["group"]))
    more = tuple(known.index[known["standing"] == "pays"][: max(1, min(_MOST_RAISED, len(known) - 1))])
    lowest = [name for name in known.index[known["standing"] != "not_paid"][-1:] if name not in more]
    return PriceLimit(
        by=None if isinstance(groups, NotEnough) else groups.by,
        groups=tuple(str(group) for group in table["group"]),
        limits=tuple(max(0.0, float(limit)) for limit in table["low"]),
        costs=tuple(float(known["cost"].get(group, math.nan)) for group in table["group"]),
        ratios=tuple(float(known["ratio"].get(group, math.nan)) for group in table["group"]),
        more=more,
        hold=lowest[0] if lowest else None,
        months=newcomer.months,
        overall=float(overall),
        net_of_year=0.0 if isinstance(costs, NotEnough) else _gained(costs),
    )


def steps_by_money(
    limit: PriceLimit | NotEnough, unpaid: Sequence[UnpaidGroup]
) -> list[PriceLimit | UnpaidGroup | NotEnough]:
    """What to do about the price of customers, the most money of a year first.

    Args:
        limit: From `price_limit`.
        unpaid: From `unpaid_groups`.
    """
    steps: list[PriceLimit | UnpaidGroup] = [*unpaid, *([] if isinstance(limit, NotEnough) else [limit])]
    ranked = sorted(steps, key=lambda step: -(step.net_of_year if isinstance(step, PriceLimit) else step.lost_of_year))
    return [*ranked, *([limit] if isinstance(limit, NotEnough) else [])]


def unpaid_groups(by_group: CostsBy | NotEnough) -> list[UnpaidGroup]:
    """Groups whose customers cost more than they bring, by more than chance; the largest loss of the year first.

    Args:
        by_group: By group; NotEnough gives none.
    """
    if isinstance(by_group, NotEnough):
        return []
    table = by_group.table
    rows = table[(table["standing"] == "not_paid") & (table["won"] > 0)].sort_values("net_of_year")
    return [
        UnpaidGroup(
            by=by_group.by,
            group=str(row["group"]),
            cost=float(row["cost"]),
            value=Estimate(float(row["value"]), low=float(row["low"]), high=float(row["high"]), level=by_group.level),
            won=int(row["won"]),
            lost_of_year=-float(row["net_of_year"]),
            months=by_group.months,
        )
        for row in rows.to_dict("records")
    ]


def _own_limits(groups: NewCustomersBy) -> pd.DataFrame:
    """Groups whose limit may be told, the highest first."""
    told = groups.table[~groups.table["thin"] & ~groups.table["pooled"]]
    return told.sort_values("low", ascending=False)


def _known_costs(costs: CostsBy | NotEnough, groups: set[str]) -> pd.DataFrame:
    """Cost, value over cost and standing of the groups, by name; the highest value over cost first."""
    if isinstance(costs, NotEnough):
        return pd.DataFrame({"cost": [], "ratio": [], "standing": []})
    told = costs.table[costs.table["group"].isin(groups)].sort_values("ratio", ascending=False, kind="stable")
    return told.assign(group=told["group"].astype(str)).set_index("group")[["cost", "ratio", "standing"]]


def _gained(costs: CostsBy) -> float:
    """What the customers won in the last year bring beyond their cost, where that is more than chance."""
    return float(costs.table.loc[costs.table["standing"] == "pays", "net_of_year"].sum())
