"""What a new customer is worth against what winning one costs: over all, and by group.

LTV:CAC = discounted gross profit of an acquired customer, before the costs of winning and of keeping him, over the cost
of winning one; the net value is the difference. An income-based value has no place here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import pandas as pd

from retention_lib.estimates import Estimate, NotEnough, figures_frame, first_refusal
from retention_lib.models.acquisition import AcquisitionCost, Source
from retention_lib.models.forecasts import Known
from retention_lib.models.intervals import sd_behind, signed_interval
from retention_lib.models.new_customer import NewCustomer, NewCustomersBy
from retention_lib.models.season import day_number

LEVEL = 0.90
LIFETIME_MONTHS = 60
LIFETIME_HISTORY_MONTHS = 24
YEAR_DAYS = 365

Standing = Literal["pays", "open", "not_paid"]


@dataclass(frozen=True, kw_only=True)
class ValueAgainstCost:
    """The value of a new customer against the cost of winning one.

    Attributes:
        ratio: Value over cost.
        net: Value less cost (money a customer).
        value: Discounted gross profit of a new customer over the months (money).
        cost: Of winning one (money).
        source: Where the cost comes from.
        months: Months from the first purchase that count.
        lifetime_ratio: The same over the lifetime figure; NotEnough with a history that cannot carry one.
        lifetime_value: The lifetime figure (money).
        lifetime_months: Months of the lifetime figure.
    """

    ratio: Estimate
    net: Estimate
    value: Estimate
    cost: Estimate
    source: Source
    months: int
    lifetime_ratio: Estimate | NotEnough
    lifetime_value: Estimate | NotEnough
    lifetime_months: int | NotEnough

    def to_frame(self) -> pd.DataFrame:
        """The figures, one row each."""
        return figures_frame(self)


@dataclass(frozen=True, kw_only=True, eq=False)
class CostsBy:
    """New customers' value against their cost, by group.

    Attributes:
        by: What customers are told apart by.
        table: One row a group of at least 30 customers with a known cost, by net money of the year, the largest first:
            group, customers, value, low, high, cost (money a customer), ratio, ratio_low, ratio_high, net (value less
            cost), won (customers won in the last 365 days), net_of_year (net x won), pooled, standing ("pays": the
            interval of the ratio lies above 1; "not_paid": below 1; else "open").
        months: Months from the first purchase that count.
        level: Of the intervals.
    """

    by: str
    table: pd.DataFrame
    months: int
    level: float

    def to_frame(self) -> pd.DataFrame:
        """One row a group."""
        return self.table


def lifetime_months(first_day: date, until: date) -> int | NotEnough:
    """How many months a lifetime figure reaches.

    Args:
        first_day: First day of the data.
        until: First day that is no longer seen.

    Returns:
        60; NotEnough("lifetime_history_months") with less than two years of history.
    """
    months = (until.year - first_day.year) * 12 + until.month - first_day.month - (until.day < first_day.day)
    if months < LIFETIME_HISTORY_MONTHS:
        return NotEnough("lifetime_history_months", months, LIFETIME_HISTORY_MONTHS)
    return LIFETIME_MONTHS


def value_against_cost(
    newcomer: NewCustomer | NotEnough, cost: AcquisitionCost | NotEnough, *, lifetime: NewCustomer | NotEnough
) -> ValueAgainstCost | NotEnough:
    """LTV:CAC and the net value of a new customer.

    Args:
        newcomer: The value of a new customer over the horizon.
        cost: Of winning one.
        lifetime: The value over the lifetime figure's months, where the history carries one.

    Returns:
        The comparison; the `NotEnough` that came in; "margin_known" where only revenue is known, and
        "acquisition_cost_positive" where winning a customer costs nothing.
    """
    if isinstance(newcomer, NotEnough) or isinstance(cost, NotEnough):
        return first_refusal(newcomer, cost)
    if newcomer.measure != "gross_profit":
        return NotEnough("margin_known", 0, 1)
    if cost.per_customer.value <= 0:
        return NotEnough("acquisition_cost_positive", cost.per_customer.value, 0)
    paid = cost.per_customer
    return ValueAgainstCost(
        ratio=ratio(newcomer.value, paid),
        net=_net(newcomer.value, paid),
        value=newcomer.value,
        cost=paid,
        source=cost.source,
        months=newcomer.months,
        lifetime_ratio=lifetime if isinstance(lifetime, NotEnough) else ratio(lifetime.value, paid),
        lifetime_value=lifetime.value,
        lifetime_months=lifetime.months,
    )


def costs_by(
    groups: NewCustomersBy | NotEnough, cost: AcquisitionCost | NotEnough, today: Known | NotEnough
) -> CostsBy | NotEnough:
    """New customers' value against their own cost, group by group.

    Args:
        groups: From `new_customer.new_customers_by`.
        cost: Of winning a customer, known group by group.
        today: What is known of all customers, for how many each group won in the last year.

    Returns:
        The groups; the `NotEnough` that came in; "margin_known" where only revenue is known, and
        "acquisition_cost_by_group" where no group's cost is known.
    """
    if isinstance(groups, NotEnough) or isinstance(cost, NotEnough) or isinstance(today, NotEnough):
        return first_refusal(groups, cost, today)
    if groups.measure != "gross_profit":
        return NotEnough("margin_known", 0, 1)
    lately = today.rows["first_day"] >= day_number(today.until) - YEAR_DAYS
    won = today.rows.loc[lately, groups.by].astype(str).value_counts()
    found = []
    for row in groups.table.to_dict("records"):
        paid = cost.of_group(groups.by, row["group"])
        if paid is not None and paid.value > 0 and not row["thin"]:
            found.append(_against(row, paid, int(won.get(row["group"], 0)), groups.level))
    if not found:
        return NotEnough("acquisition_cost_by_group", 0, 1)
    table = pd.DataFrame(found).sort_values("net_of_year", ascending=False, ignore_index=True)
    return CostsBy(by=groups.by, table=table, months=groups.months, level=groups.level)


def ratio(value: Estimate, cost: Estimate) -> Estimate:
    """Value over cost, with the error of both: on the scale of logarithms, or as it is where the value may be negative.

    Args:
        value: Without an interval it is taken for exact.
        cost: Above 0; without an interval it is taken for exact.
    """
    found = value.value / cost.value
    sd = math.hypot(sd_behind(value) / cost.value, found * sd_behind(cost) / cost.value)
    signed = value.low is not None and value.low <= 0
    return signed_interval(found, sd, level=LEVEL, n=value.n, signed=signed)


def _net(value: Estimate, cost: Estimate) -> Estimate:
    """Value less cost, the errors added as independent."""
    sd = math.hypot(sd_behind(value), sd_behind(cost))
    return signed_interval(value.value - cost.value, sd, level=LEVEL, n=value.n, signed=True)


def _against(row: dict[Any, Any], paid: Estimate, won: int, level: float) -> dict[str, object]:
    """One group."""
    value = Estimate(row["value"], low=row["low"], high=row["high"], level=level)
    found = ratio(value, paid)
    low = found.value if found.low is None else found.low
    high = found.value if found.high is None else found.high
    standing: Standing = "pays" if low > 1 else "not_paid" if high < 1 else "open"
    net = value.value - paid.value
    kept = {name: row[name] for name in ("group", "customers", "value", "low", "high", "pooled")}
    return kept | {
        "cost": paid.value,
        "ratio": found.value,
        "ratio_low": low,
        "ratio_high": high,
        "net": net,
        "won": won,
        "net_of_year": net * won,
        "standing": standing,
    }
