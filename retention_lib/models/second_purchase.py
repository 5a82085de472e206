"""How many new customers buy a second time, by month of their first purchase."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.changes import paired_difference
from retention_lib.models.intervals import wilson
from retention_lib.models.signs import VitalSign

DAYS = (30, 60, 90)
COHORTS = 12
MINIMUM_CUSTOMERS = 30


@dataclass(frozen=True, kw_only=True, eq=False)
class SecondPurchases:
    """The second purchases of new customers.

    Attributes:
        table: The last cohorts that were followed for 90 days, at most twelve, one row each in order: cohort
            ('YYYY-MM', month of the first purchase), customers, within_30, within_60, within_90 (counts), share,
            low, high (bought again within 90 days, Wilson), thin (fewer than 30 customers).
        weakest: The cohort whose share lies below the pooled one by more than chance explains, the lowest if there
            are several; None where there is none. Every cohort that is large enough counts as one comparison.
        signs: By figure id (`second_purchase_30d`, ...): the share over the last twelve cohorts followed so long.
    """

    table: pd.DataFrame
    weakest: str | None
    signs: Mapping[str, VitalSign]

    @property
    def followed(self) -> dict[int, float]:
        """The share of the table's customers who bought again within 30, 60 and 90 days, by days."""
        customers = int(self.table["customers"].sum())
        return {days: float(self.table[f"within_{days}"].sum()) / customers for days in DAYS}

    def to_frame(self) -> pd.DataFrame:
        """The table of cohorts."""
        return self.table


def second_purchase(
    cohorts: pd.DataFrame | NotEnough, *, end: date, whole: bool | NotEnough = True
) -> SecondPurchases | NotEnough:
    """The share of new customers with a second purchase within 30, 60 and 90 days of the first.

    A figure pools the last twelve monthly cohorts that were followed long enough, every customer of them. The
    same figure a month earlier has eleven of these cohorts in common, which its change takes into account.

    Args:
        cohorts: Columns cohort ('YYYY-MM'), customers, within_30, within_60, within_90 (counts), of customers whose
            first purchase is known to be the first.
        end: First day after the month reported.
        whole: Whether the data reach the end of that month; else cohorts are followed to its beginning.

    Returns:
        The shares; NotEnough("customers_followed") below 30 new customers followed for 90 days.
    """
    if isinstance(cohorts, NotEnough):
        return cohorts
    if whole is False:
        end = (end - timedelta(days=1)).replace(day=1)
    table = _followed(cohorts, end=end, days=DAYS[-1])
    customers = int(table["customers"].sum())
    if customers < MINIMUM_CUSTOMERS:
        return NotEnough("customers_followed", customers, MINIMUM_CUSTOMERS)
    shares = [wilson(back, base) for back, base in zip(table["within_90"], table["customers"], strict=True)]
    known = [share for share in shares if isinstance(share, Estimate)]
    bounds = pd.DataFrame([(share.value, share.low, share.high) for share in known], columns=["share", "low", "high"])
    table = table.join(bounds).assign(thin=table["customers"] < MINIMUM_CUSTOMERS)
    signs = {f"second_purchase_{days}d": _sign(cohorts, end=end, days=days) for days in DAYS}
    return SecondPurchases(table=table, weakest=_weakest(table), signs=signs)


def _weakest(table: pd.DataFrame) -> str | None:
    """The cohort with the lowest share, where it is below the pooled one at a level corrected for their number."""
    judged = table.loc[~table["thin"]]
    if len(judged) < 2:
        return None
    lowest = judged.loc[judged["share"].idxmin()]
    bounds = wilson(int(lowest["within_90"]), int(lowest["customers"]), level=1 - 0.05 / len(judged))
    pooled = table["within_90"].sum() / table["customers"].sum()
    below = isinstance(bounds, Estimate) and bounds.high is not None and bounds.high < pooled
    return str(lowest["cohort"]) if below else None


def _followed(cohorts: pd.DataFrame, *, end: date, days: int) -> pd.DataFrame:
    """The last twelve cohorts whose last customer was followed for so many days."""
    latest = pd.Timestamp(end - timedelta(days=days))
    over = pd.PeriodIndex(cohorts["cohort"], freq="M").end_time < latest
    return cohorts.loc[over].tail(COHORTS).reset_index(drop=True)


def _sign(cohorts: pd.DataFrame, *, end: date, days: int) -> VitalSign:
    ends = [pd.Timestamp(end) - pd.DateOffset(months=months) for months in (0, 1, 12)]
    pools = [_followed(cohorts, end=at.date(), days=days) for at in ends]
    values = [_share(pool, days) for pool in pools]
    changes = [
        paired_difference(values[0], values[place], correlation=_correlation(pools[0], pools[place], days))
        for place in (1, 2)
    ]
    return VitalSign(
        figure=f"second_purchase_{days}d", value=values[0], change_month=changes[0], change_year=changes[1]
    )


def _share(pool: pd.DataFrame, days: int) -> Estimate | NotEnough:
    customers = int(pool["customers"].sum())
    if customers < MINIMUM_CUSTOMERS:
        return NotEnough("customers_followed", customers, MINIMUM_CUSTOMERS)
    return wilson(int(pool[f"within_{days}"].sum()), customers)


def _correlation(now: pd.DataFrame, then: pd.DataFrame, days: int) -> float:
    """Of the two pools' shares, from the cohorts they have in common."""
    both = now.loc[now["cohort"].isin(then["cohort"])]
    base, other = int(now["customers"].sum()), int(then["customers"].sum())
    if both.empty or not base or not other:
        return 0.0
    customers, back = both["customers"].to_numpy(float), both[f"within_{days}"].to_numpy(float)
    share, before = (float(pool[f"within_{days}"].sum()) / pool["customers"].sum() for pool in (now, then))
    shared = back * (1 - share) * (1 - before) + (customers - back) * share * before
    spread = base * share * (1 - share) * other * before * (1 - before)
    return float(np.clip(shared.sum() / np.sqrt(spread), -1, 1)) if spread > 0 else 0.0
