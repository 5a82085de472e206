"""Results of what a campaign test earned, with numbers by hand, for sentences and charts."""

from __future__ import annotations

import numpy as np
import pandas as pd

from retention_lib.models.experiments.moments import moments_of
from retention_lib.models.experiments.prior import ProfitPrior
from retention_lib.models.experiments.profit import ProfitParts, Profits, profits
from retention_lib.models.experiments.profit_columns import Costs
from retention_lib.models.experiments.subsidy import SubsidyShares, subsidy_shares
from retention_lib.models.experiments.validity import Check, Validity

BROKEN = Validity(checks=(Check(name="sample_ratio_broken", level="stop"),))
BASE = 50_000


def units(**more: float) -> pd.DataFrame:
    """In each arm 1,000 customers: 300 left alone buy for 100 and bring 40; so many more in the other arms do.

    Every tenth order of an arm takes a coupon that costs 10.
    """
    rows = []
    for arm, extra in {"none": 0.0, **more}.items():
        buys = np.arange(1_000) < 300 + extra
        coupon = buys & (np.arange(1_000) % 10 == 0) & (arm != "none")
        values = {"revenue_full": 100.0 * buys, "gross_profit_full": 40.0 * buys, "coupon_cost_full": 10.0 * coupon}
        rows.append(pd.DataFrame({"arm": arm, **values, "orders_full": 1.0 * buys, "coupons": coupon}))
    return pd.concat(rows, ignore_index=True)


def earned(
    *,
    costs: Costs | None = None,
    prior: ProfitPrior | None = None,
    validity: Validity | None = None,
    base: int | None = BASE,
    **more: float,
) -> Profits:
    """150 more of a thousand buy after a mail: 6 of gross profit, less coupons of 0.45 and half for sending."""
    found = profits(
        moments_of(units(**(more or {"mail": 150, "push": 20})).drop(columns="coupons")),
        costs or Costs(contact_cost=0.5, campaign_cost=200.0, days=84),
        control="none",
        prior=prior or ProfitPrior(),
        base=base,
        validity=validity,
    )
    assert isinstance(found, Profits)
    return found


def withheld() -> Profits:
    return earned(validity=BROKEN)


def undated() -> Profits:
    """Without days, base and campaign, on a stated margin."""
    costs = Costs(contact_cost=0.5, gross_margin=0.4, margin_sd=0.03)
    return earned(costs=costs, base=None, mail=150)


def believed() -> Profits:
    """With a belief from past tests that decides."""
    return earned(prior=ProfitPrior(mean=-0.1, sd=0.05, source="past_tests", tests=7), mail=40)


def parts(**more: float) -> ProfitParts:
    return earned(**more).parts


def withheld_parts() -> ProfitParts:
    return withheld().parts


def subsidy(validity: Validity | None = None, **more: float) -> SubsidyShares:
    """45 of 450 orders take the coupon; of 30 more customers who order, all are extra orders."""
    frame = units(**(more or {"mail": 20, "push": 2}))
    counts = frame.assign(orders=frame["orders_full"].astype(int), coupon_orders=frame["coupons"].astype(int))
    counts = counts.groupby(["arm", "orders", "coupon_orders"]).size().rename("units").reset_index()
    found = subsidy_shares(counts, control="none", rng=np.random.default_rng(1), validity=validity)
    assert isinstance(found, SubsidyShares)
    return found


def few_coupons() -> SubsidyShares:
    return subsidy(mail=-100)


def named(name: str) -> Profits:
    return earned(**{name: 150, f"too {name}": 20})


def named_parts(name: str) -> ProfitParts:
    return named(name).parts


def named_coupons(name: str) -> SubsidyShares:
    return subsidy(**{name: 20, f"too {name}": 2})
