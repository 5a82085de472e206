"""Results about tiers whose numbers are known by hand."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date
from typing import Any

import pandas as pd

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.tier_behaviour import TierBehaviour
from retention_lib.models.tiers import NextTier, TierMigration, TierTable, tier_migration

START, UNTIL = date(2025, 7, 1), date(2026, 7, 1)
FEW = NotEnough("members_reaching_tier", 12, 30)


def tiers(*, profit: bool = True, names: tuple[str, ...] = ("bronze", "silver", "gold")) -> TierTable:
    """800, 150 and 50 members who order 0.1, 0.5 and 1.0 times a month for 300 each."""
    orders = (0.1, 0.5, 1.0)
    rows = [
        {
            "tier": name,
            "rank": rank,
            "unit": "orders" if rank else "",
            "threshold": (math.nan, 3.0, 8.0)[rank],
            "members": members,
            "share": members / 1000,
            "member_months": members * 10.0,
            "orders": orders[rank],
            "orders_low": 0.9 * orders[rank],
            "orders_high": 1.1 * orders[rank],
            "revenue": 300 * orders[rank],
            "revenue_low": 270 * orders[rank],
            "revenue_high": 330 * orders[rank],
            "gross_profit": 120 * orders[rank] if profit else math.nan,
            "credited": 9 * orders[rank],
            "rewards": 3 * orders[rank] * rank if profit else math.nan,
            "rewards_share": 0.01 * rank if profit else math.nan,
            "thin": False,
        }
        for rank, (name, members) in enumerate(zip(names, (800, 150, 50), strict=True))
    ]
    return TierTable(table=pd.DataFrame(rows), members=1000, start=START, until=UNTIL)


def moves(*, down: int = 0, names: tuple[str, ...] = ("bronze", "silver", "gold"), base: int = 100) -> TierMigration:
    """Of a hundred in bronze 20 moved up and 15 left; twenty in silver are too few to judge; 40 joined."""
    counted = [
        *((-1, -2, 10), (-1, 0, 30)),
        *((0, 0, base - 35), (0, 1, 20), (0, -2, 15)),
        *((1, 1, 20 - down), (1, 0, down)),
    ]
    frame = pd.DataFrame([row for row in counted if row[2]], columns=["before", "now", "members"])
    found = tier_migration(frame, names, since=START, until=UNTIL, months=12)
    assert isinstance(found, TierMigration)
    return found


def behaviour(**changed: Any) -> TierBehaviour:
    """An order 40 % faster before a tier, 30 % slower after it; 10 days gained, 4 lost."""
    row = {"effort_low": 0.25, "effort_high": 0.6, "effort_members": 400, "dip_low": -0.5, "dip_high": -0.1}
    rows = [
        row | {"tier": "silver", "threshold": 3, "effort": 0.4, "dip": -0.3, "dip_members": 300, "thin": False},
        row | {"tier": "gold", "threshold": 8, "effort": 0.4, "dip": -0.3, "dip_members": 20, "thin": True},
    ]
    plain = TierBehaviour(
        effort=Estimate(0.4, low=0.3, high=0.5, level=0.95, n=400, p=0.0001, claimed=True),
        dip=Estimate(-0.3, low=-0.4, high=-0.2, level=0.95, n=300, p=0.0001, claimed=True),
        drift=Estimate(0.01, low=-0.1, high=0.1, level=0.99, n=200, p=0.8),
        days_gained=10.0,
        days_lost=4.0,
        rest_days=30,
        members=450,
        table=pd.DataFrame(rows),
    )
    return replace(plain, **changed)


def withheld(value: float, reason: str) -> Estimate:
    """A change that may not be claimed."""
    return Estimate(value, low=value - 0.1, high=value + 0.1, level=0.95, n=400, p=0.2, claimed=False, reason=reason)


def unnamed() -> TierBehaviour:
    """Nothing known of any tier."""
    missing = {"effort": math.nan, "dip": math.nan}
    return behaviour(effort=FEW, dip=FEW, table=behaviour().table.assign(**missing))


def near(**changed: Any) -> NextTier:
    """60 members one order short of silver, who bring 3 an order."""
    row = {"tier": "silver", "unit": "orders", "threshold": 3.0, "members": 60, "recent": 25, "order_profit": 3.0}
    plain = NextTier(
        members=60,
        recent=25,
        contact_cost=0.5,
        order_profit=3.0,
        one_in=6.0,
        effort=behaviour().effort,
        table=pd.DataFrame([row, row | {"tier": "gold", "unit": "spend", "threshold": 5_000.0, "members": 0}]),
    )
    return replace(plain, **changed)
