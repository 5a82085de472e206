"""What it costs the shop to keep a customer and to win one."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd

from retention_lib.estimates import Estimate, NotAsked, NotEnough
from retention_lib.models.changes import paired_difference
from retention_lib.models.intervals import wilson
from retention_lib.models.retention import MonthlyFlows
from retention_lib.models.signs import VitalSign

_Cost = Callable[[pd.Series], Estimate | NotEnough]


@dataclass(frozen=True, kw_only=True, eq=False)
class CustomerCosts:
    """Money spent on customers, by those it kept or won.

    Attributes:
        table: One row a month, ordered: month, keeping, winning (money), retained, first_bought (counts).
        signs: By figure id: `cost_of_keeping` (keeping / customers who stayed), `cost_of_winning` (winning /
            customers with their first purchase in the month).
    """

    table: pd.DataFrame
    signs: Mapping[str, VitalSign]

    def to_frame(self) -> pd.DataFrame:
        """The table of months."""
        return self.table


def customer_costs(
    costs: pd.DataFrame | NotEnough, flows: MonthlyFlows | NotEnough, *, month: str
) -> CustomerCosts | NotEnough:
    """Own cost of keeping a customer and of winning one in a month.

    The money is the books' and has no interval; the number of customers has one: the kept are a share of those
    active at the start (Wilson), the won a count (Poisson). Most of the kept are the same people in both months,
    which the interval of a change does not use: it is a little wide.

    Args:
        costs: Columns month ('YYYY-MM'), keeping, winning (money).
        flows: From `models.retention.monthly_flows`.
        month: 'YYYY-MM'.

    Returns:
        The costs; NotEnough("costs_of_month") where the books have no row for the month; NotAsked("costs_known")
        where there are no books.
    """
    if isinstance(costs, NotEnough):
        return costs
    if costs.empty:
        return NotAsked("costs_known", 0, 1)
    if isinstance(flows, NotEnough):
        return flows
    table = flows.table.merge(costs, on="month", how="inner")
    if month not in set(table["month"]):
        return NotEnough("costs_of_month", 0, 1)
    rows = {str(row["month"]): row for _, row in table.iterrows()}
    columns = ["month", "keeping", "winning", "retained", "first_bought"]
    signs = {
        "cost_of_keeping": _sign("cost_of_keeping", rows, month, of=_keeping),
        "cost_of_winning": _sign("cost_of_winning", rows, month, of=_winning),
    }
    return CustomerCosts(table=table[columns], signs=signs)


def _sign(figure: str, rows: Mapping[str, pd.Series], month: str, *, of: _Cost) -> VitalSign:
    at = pd.Period(month, freq="M")
    now, before, year = (
        of(rows[name]) if name in rows else NotEnough("costs_of_month", 0, 1)
        for name in (month, str(at - 1), str(at - 12))
    )
    return VitalSign(
        figure=figure,
        value=now,
        change_month=paired_difference(now, before, correlation=0),
        change_year=paired_difference(now, year, correlation=0),
    )


def _keeping(row: pd.Series) -> Estimate | NotEnough:
    start, retained = int(row["start"]), int(row["retained"])
    share = wilson(retained, start)
    if isinstance(share, NotEnough) or retained == 0 or not share.low or not share.high:
        return NotEnough("customers_in_base", retained, 1)
    money = float(row["keeping"])
    low, high = money / (start * share.high), money / (start * share.low)
    return Estimate(money / retained, low=low, high=high, level=0.95, n=retained)


def _winning(row: pd.Series) -> Estimate | NotEnough:
    """Cost / won; bounds from those of a Poisson count.

    References:
        Garwood (1936), Fiducial limits for the Poisson distribution, Biometrika 28.
    """
    from scipy.special import gammaincinv

    won, money = int(row["first_bought"]), float(row["winning"])
    if not row["settled"]:
        return NotEnough("first_purchases_known", 0, 1)
    if won == 0:
        return NotEnough("customers_in_base", 0, 1)
    few, many = float(gammaincinv(won, 0.025)), float(gammaincinv(won + 1, 0.975))
    high = money / few if few > 0 and math.isfinite(money / few) else None
    if high is None:
        return Estimate(money / won, n=won)
    return Estimate(money / won, low=money / many, high=high, level=0.95, n=won)
