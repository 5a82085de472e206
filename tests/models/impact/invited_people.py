"""Customers invited at random, as the measure hands them on, whose truth is known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from retention_lib.estimates import Estimate
from retention_lib.models.margins import Margin


@dataclass(frozen=True, kw_only=True)
class People:
    """What `measures.invitations.invited_customers` gives."""

    customers: pd.DataFrame
    periods: int = 13
    days: int = 364
    first: date = date(2025, 6, 8)
    last: date = date(2025, 6, 8)
    members_already: int = 0
    mixed: int = 0
    unseen: int = 0


@dataclass(frozen=True, kw_only=True)
class Shop:
    """Customers with what they would do in either arm.

    Attributes:
        people: As the measure sees them.
        effect: True mean effect on purchases of all, and of those who join for an invitation.
        relative: The same as shares of what they would buy without.
    """

    people: People
    effect: dict[str, float]
    relative: dict[str, float]


def frame(invited: np.ndarray, joined: np.ndarray, purchases: np.ndarray) -> pd.DataFrame:
    """Customers of households of their own, who bought once before; each purchase is worth 100 and leaves 40."""
    n = len(invited)
    return pd.DataFrame(
        {
            "cluster": np.arange(n),
            "invited": invited.astype(bool),
            "joined": joined.astype(bool),
            "stratum": 1,
            "days_known": 100.0,
            "days_since": 50.0,
            "purchases": purchases,
            "before_purchases": 1,
            "late_purchases": 1,
            "revenue": 100.0 * purchases,
            "known_profit": 40.0 * purchases,
            "unpriced": 0.0,
            "before_revenue": 100.0,
        }
    )


def random_shop(rng: np.random.Generator, n: int, *, lift: float, taking: float = 0.4) -> Shop:
    """Customers of different rates; frequent buyers join more; joining multiplies the rate by 1 + lift."""
    rate = rng.gamma(1.0, 1.5, n)
    before = rng.poisson(rate)
    joins = rng.random(n) < np.clip(taking * rate, 0, 0.9)
    invited = rng.random(n) < 0.5
    without = rng.poisson(rate)
    with_it = without + rng.poisson(rate * lift)
    purchases = np.where(invited & joins, with_it, without)
    made = frame(invited, invited & joins, purchases).assign(
        before_purchases=1 + before, late_purchases=np.minimum(before, 1), before_revenue=100.0 * (1 + before)
    )
    gained = np.where(joins, with_it - without, 0)
    return Shop(
        people=People(customers=made),
        effect={"invited": gained.mean(), "joined": gained[joins].mean()},
        relative={"invited": gained.mean() / without.mean(), "joined": gained[joins].sum() / without[joins].sum()},
    )


MARGIN = Margin(
    source="cost",
    overall=Estimate(0.4),
    first=Estimate(0.4),
    repeat=Estimate(0.4),
    stated=None,
    costed_share=1.0,
    kept=Estimate(1.0),
    customers=80,
    customers_without_net=0,
    groups=pd.DataFrame(),
)
