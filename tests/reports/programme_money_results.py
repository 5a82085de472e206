"""Results about the money of a programme, with numbers by hand, for sentences and charts."""

from __future__ import annotations

import numpy as np
import pandas as pd
from reports.results import made

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.margins import Margin
from retention_lib.models.posteriors import Prior
from retention_lib.models.programme_costs import ProgrammeCosts, UsedShares, programme_costs
from retention_lib.models.programme_kinds import ProgrammeKinds, programme_kinds
from retention_lib.models.programme_profit import ProgrammeProfit, programme_profit

UNKNOWN = NotEnough("effect_interval", 0, 1)
USED = Estimate(0.6, low=0.5, high=0.7, level=0.9)


def costs(*, running: float | None = 400.0, in_sales: bool = False, used: bool = True) -> ProgrammeCosts:
    """A hundred members used 20 points each for 1,000, and a quarter of twice 400 was spent on them."""
    rewards = pd.DataFrame({"period": [0, 1], "members": [100, 100], "credited": [9_000.0, 1_000.0], "earned": 0.0})
    rewards = rewards.assign(redeemed=[0.0, 2_000.0], valued=0.0, paid=0.0, net_points=[9_000.0, -1_000.0])
    books = pd.DataFrame({"month": ["2020-01", "2020-02"], "running": [running, running], "member_months": 400.0})
    books = books.assign(measured_months=100.0, redeemed=1_000.0, valued=1_000.0, paid=500.0).astype({"running": float})
    shares = UsedShares(earned=USED, others=USED) if used else NotEnough("cohorts", 0, 1)
    found = programme_costs(
        rewards.assign(squares=[0.0, 80_000.0]), books, used=shares, value=0.5, rewards_in_sales=in_sales
    )
    return made(found, ProgrammeCosts)


def effect(value: float, half: float, *, claimed: bool | None = None) -> Estimate:
    reason = "effect_not_shown" if claimed is False else None
    return Estimate(value, low=value - half, high=value + half, level=0.95, n=100, claimed=claimed, reason=reason)


def profit(value: float = 0.08, half: float = 0.01, *, of: ProgrammeCosts | None = None) -> ProgrammeProfit:
    """Money is 50,000 times the effect: 4,000 for the 8 % that is the default, against costs of 1,200."""
    found = programme_profit(
        effect(value, half, claimed=value > half),
        effect(50_000 * value, 50_000 * half),
        of or costs(),
        prior=Prior(),
        rng=np.random.default_rng(1),
    )
    return made(found, ProgrammeProfit)


def unsure() -> ProgrammeProfit:
    return profit(0.03, 0.06)


def loss() -> ProgrammeProfit:
    return profit(0.001, 0.01)


def margin(value: float = 0.4) -> Margin:
    overall = Estimate(value, low=value - 0.01, high=value + 0.01, level=0.95)
    return Margin(
        source="cost",
        overall=overall,
        first=overall,
        repeat=overall,
        stated=None,
        costed_share=1.0,
        kept=Estimate(1.0),
        customers=100,
        customers_without_net=0,
        groups=pd.DataFrame(),
    )


def kinds(
    *,
    used: Estimate | NotEnough = USED,
    found: Estimate | NotEnough = UNKNOWN,
    today: float | NotEnough = 0.04,
    of: float = 0.4,
    discount: float = 0.05,
) -> ProgrammeKinds:
    asked = programme_kinds(margin(of), used, discount_share=discount, effect=found, today=today)
    return made(asked, ProgrammeKinds)


def measured(value: float = 0.1, half: float = 0.05) -> ProgrammeKinds:
    return kinds(found=effect(value, half, claimed=True))


def never() -> ProgrammeKinds:
    """Every kind costs more than the margin of 2 %."""
    return kinds(of=0.02, today=UNKNOWN)
