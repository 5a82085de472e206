"""What winning one customer costs, from the best source there is."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from retention_lib.estimates import Estimate, NotEnough, figures_frame
from retention_lib.models.cohorts import opening_cohorts
from retention_lib.models.intervals import normal_quantile

Source = Literal["customers", "costs", "settings"]

NEEDED_CUSTOMERS = 30
_LEVEL = 0.95
_NO_ERROR = 1e-9  # of the cost: rounding of equal costs


@dataclass(frozen=True, kw_only=True, eq=False)
class AcquisitionCost:
    """The cost of winning one customer who buys.

    Attributes:
        per_customer: Money a customer won; with an interval where it is known customer by customer; n = customers.
        source: "customers" (each customer's own cost), "costs" (the store's monthly costs / customers won in these
            months, but for the opening ones) or "settings" (the parameter file).
        by_group: One row a split and value, only where `source` is "customers": dimension, segment, customers (won,
            with a known cost), cost (money spent / customers), low, high (95 %; NaN below 30 customers or where all are
            equal).
        opening: Months left out of "costs", spending and customers: of those who bought first in them, 'YYYY-MM', some
            may be older than the data; empty where there are none.
    """

    per_customer: Estimate
    source: Source
    by_group: pd.DataFrame
    opening: tuple[str, ...] = ()

    def of_group(self, dimension: str, segment: str) -> Estimate | None:
        """The cost of a group of at least 30 customers where it is known of them.

        Args:
            dimension: The split.
            segment: Its value.

        Returns:
            None where it is not known; nothing is known of groups but from the customers' own costs.
        """
        rows: list[dict[Any, Any]] = self.by_group.to_dict("records")
        for row in rows:
            if (row["dimension"], row["segment"]) == (dimension, segment) and row["customers"] >= NEEDED_CUSTOMERS:
                known = not math.isnan(row["low"])
                bounds = {"low": row["low"], "high": row["high"], "level": _LEVEL} if known else {}
                return Estimate(row["cost"], n=row["customers"], **bounds)
        return None

    def to_frame(self) -> pd.DataFrame:
        """The figures, one row each."""
        return figures_frame(self)


def acquisition_cost(sums: pd.DataFrame | NotEnough, *, given: float | None) -> AcquisitionCost | NotEnough:
    """The cost of winning a customer: of the customers themselves, else of the months, else as given.

    Money spent on people who then bought nothing is divided over those who did. Monthly costs count from the month
    after the opening cohorts on (`cohorts.opening_cohorts`): customers who are older than the data were not won in its
    first months.

    Args:
        sums: Columns source, dimension, segment, known, customers (counts), cost, squares, bought_cost (money), as
            from the store's tables.
        given: What the parameter file says; None where it says nothing.

    Returns:
        The cost; NotEnough("acquisition_cost_known") where nothing tells it.

    References:
        Cochran (1977), Sampling Techniques, equation 6.13 (standard error of a ratio).
    """
    if isinstance(sums, NotEnough):
        return sums
    rows: list[dict[Any, Any]] = sums.to_dict("records")
    whole = {row["source"]: row for row in rows if row["dimension"] == ""}
    groups = [row for row in rows if row["dimension"] != "" and row["source"] == "customers"]
    people = whole.get("customers")
    if people is not None and people["customers"] >= NEEDED_CUSTOMERS:
        return AcquisitionCost(per_customer=_ratio(people), source="customers", by_group=_groups(groups))
    of_months = _of_months(sums[sums["source"] == "costs"])
    if of_months is not None:
        return of_months
    if given is not None:
        return AcquisitionCost(per_customer=Estimate(float(given)), source="settings", by_group=_groups([]))
    return NotEnough("acquisition_cost_known", 0, 1)


def _of_months(months: pd.DataFrame) -> AcquisitionCost | None:
    """What was spent in the months after the opening ones, over those who bought first in them; None without either."""
    won = months[months["customers"] > 0].sort_values("segment")
    if won.empty:
        return None
    opening = opening_cohorts(won.set_index("segment")["customers"])
    later = months["segment"] > opening[-1] if opening else months["segment"].notna()
    counted = months[(months["known"] > 0) & later]
    cost, customers = float(counted["cost"].sum()), int(counted["customers"].sum())
    if cost <= 0 or customers <= 0:
        return None
    each = Estimate(cost / customers, n=customers)
    # Where no cost was known of them, nothing was left out.
    left_out = tuple(months.loc[(months["known"] > 0) & months["segment"].isin(opening), "segment"].sort_values())
    return AcquisitionCost(per_customer=each, source="costs", by_group=_groups([]), opening=left_out)


def _ratio(row: Mapping[str, Any]) -> Estimate:
    """All money spent / those who bought, with the error of a ratio of two means over people."""
    people, bought, cost = float(row["known"]), float(row["customers"]), float(row["cost"])
    ratio = cost / bought
    if bought < NEEDED_CUSTOMERS:
        return Estimate(ratio, n=int(bought), reason="customers_in_base")
    # Residuals cost - ratio * bought; their sum is zero, and bought is 0 or 1.
    squares = float(row["squares"]) - 2 * ratio * float(row["bought_cost"]) + ratio**2 * bought
    error = math.sqrt(max(0.0, squares) * people / (people - 1)) / bought
    if error <= _NO_ERROR * ratio:
        return Estimate(ratio, n=int(bought), reason="zero_variance")
    half = normal_quantile(_LEVEL) * error
    return Estimate(ratio, low=max(0.0, ratio - half), high=ratio + half, level=_LEVEL, n=int(bought))


def _groups(rows: list[dict[Any, Any]]) -> pd.DataFrame:
    """The groups' costs, in their order."""
    names = ("dimension", "segment", "customers")
    found = [{name: row[name] for name in names} | _bounded(_ratio(row)) for row in rows if row["customers"] > 0]
    return pd.DataFrame(found, columns=[*names, "cost", "low", "high"])


def _bounded(cost: Estimate) -> dict[str, float]:
    none = float("nan")
    low, high = (none if bound is None else bound for bound in (cost.low, cost.high))
    return {"cost": cost.value, "low": low, "high": high}
