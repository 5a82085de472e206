"""Results about an invitation at random, with numbers by hand, for sentences and charts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pandas as pd

from retention_lib.estimates import Estimate
from retention_lib.models.experiments.sample_ratio import SampleRatio
from retention_lib.models.impact.invitation import InvitationEffect
from retention_lib.models.impact.invitation_balance import RandomBalance
from retention_lib.models.impact.invitations_found import InvitationsFound

_COLUMNS = (
    *("metric", "group", "customers", "without", "with_it", "effect", "low", "high"),
    *("relative", "relative_low", "relative_high", "detectable", "p", "p_adjusted", "claimed", "reason"),
)


def effect(*, claimed: bool = True, reason: str | None = None, sign: int = 1) -> InvitationEffect:
    """2,000 customers of whom 1,000 were invited and 400 joined: the invited bought 10 % more, the joiners 20 %."""
    rows = []
    for metric, without, p in (("purchases", 2.0, 0.001), ("revenue", 4_000.0, 0.004), ("gross_profit", 1_500.0, 0.01)):
        for group, customers, share in (("invited", 1_000, 1.0), ("joined", 800, 0.4)):
            base = without if group == "invited" else 1.25 * without
            change = sign * 0.1 * without / share
            low, high = sorted(((0.2 if claimed else -0.4) * change, 1.8 * change))
            told = (change, low, high, change / base, low / base, high / base)
            more = (0.14 * without / share, p, 2 * p, claimed, reason)
            rows.append((metric, group, customers, base, base + change, *told, *more))
    return InvitationEffect(
        table=pd.DataFrame(rows, columns=list(_COLUMNS)),
        invited=1_000,
        left_out=1_000,
        joined_invited=Estimate(0.4, low=0.37, high=0.43, level=0.95, n=1_000),
        joined_left_out=Estimate(0.0, low=0.0, high=0.004, level=0.95, n=1_000),
        taken=Estimate(0.4, low=0.37, high=0.43, level=0.95, n=2_000),
        strength=667.0,
        naive_with=4.0,
        naive_without=1.6,
        ratio=split(),
        balance=balance(),
        precision=1.3,
        gross_profit=None,
        days=364,
        first=date(2025, 6, 8),
        last=date(2025, 6, 8),
        members_already=3,
        mixed=0,
        unseen=0,
        level=0.95,
    )


def by_chance() -> InvitationEffect:
    return effect(claimed=False, reason="not_significant")


def harmful() -> InvitationEffect:
    return effect(sign=-1)


def withheld(reason: str) -> InvitationEffect:
    return effect(claimed=False, reason=reason)


def hardly_taken() -> InvitationEffect:
    """So few joined that nothing can be said of them; some joined who were not invited."""
    made = by_chance()
    table = made.table.copy()
    joined = table["group"] == "joined"
    numbers = ["without", "with_it", "effect", "low", "high", "relative", "relative_low", "relative_high", "detectable"]
    table.loc[joined, [*numbers, "p", "p_adjusted"]] = float("nan")
    table.loc[joined, "reason"] = "invitation_not_taken"
    share = Estimate(0.02, low=-0.01, high=0.05, level=0.95, n=2_000)
    others = Estimate(0.1, low=0.08, high=0.12, level=0.95, n=1_000)
    return replace(made, table=table, taken=share, joined_left_out=others, strength=1.7)


def split() -> SampleRatio:
    table = pd.DataFrame(
        {
            "arm": ["invited", "left out"],
            "customers": [1_000, 1_000],
            "expected": [1_000.0, 1_000.0],
            "share": [0.5, 0.5],
            "expected_share": [0.5, 0.5],
        }
    )
    return SampleRatio(statistic=0.0, p=1.0, broken=False, table=table)


def balance(p: float = 0.4) -> RandomBalance:
    table = pd.DataFrame(
        [
            ("before_purchases", 1.7, 1.6, 0.07, 2_000),
            ("late_purchases", 1.1, 1.0, 0.05, 2_000),
            ("before_revenue", 4_100.0, 3_900.0, 0.04, 2_000),
            ("days_known", 86.0, 83.0, 0.06, 1_970),
            ("days_since", 68.0, 66.0, 0.05, 1_970),
        ],
        columns=["feature", "invited", "left_out", "difference", "customers"],
    )
    return RandomBalance(table=table, p=p, worst=0.07)


def found() -> InvitationsFound:
    table = pd.DataFrame([("welcome_2025", "invite", 0.44, "none", 0.01, 2_044)])
    table.columns = pd.Index(["experiment", "arm", "share", "control", "control_share", "customers"])
    return InvitationsFound(table=table)
