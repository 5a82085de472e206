"""What rewarding recommendations cost, and what customers who came by one brought."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from retention_lib.estimates import Estimate, NotEnough, figures_frame, first_refusal
from retention_lib.models.accrual import FEWEST, mean_profit
from retention_lib.models.intervals import share_difference, square_and_add
from retention_lib.models.margins import Margin

_LEVEL = 0.95
_REFERRED, _OTHERS = "referral", "others"


@dataclass(frozen=True, kw_only=True, eq=False)
class ReferralValue:
    """Rewarded recommendations beside the customers who came by one; who recommended whom is not known.

    Attributes:
        since: The first day of the programme.
        rewards: Recommendations rewarded with points (count).
        members: Members who got such points (count).
        points: These points.
        cost: Their money at face value, if all were used; NotEnough where a point's value is not known.
        new: New customers by recommendation since then (count); None where the store does not say how customers came.
        share_before: Share of new customers who came by a recommendation before the programme began, in [0, 1].
        share_since: The same since.
        share_change: The latter less the former, in [-1, 1].
        profit: Mean gross profit of a customer by recommendation in the first half-year.
        profit_others: The same of all other customers.
        more: The former less the latter.
        acquisition: Mean cost of winning a customer by recommendation, in money, points not counted.
        acquisition_others: The same of all others.
        customers: Customers by recommendation whose first half-year is over (count).
    """

    since: date
    rewards: int
    members: int
    points: float
    cost: float | NotEnough
    new: int | None
    share_before: Estimate | NotEnough
    share_since: Estimate | NotEnough
    share_change: Estimate | NotEnough
    profit: Estimate | NotEnough
    profit_others: Estimate | NotEnough
    more: Estimate | NotEnough
    acquisition: Estimate | NotEnough
    acquisition_others: Estimate | NotEnough
    customers: int

    def to_frame(self) -> pd.DataFrame:
        """The figures, one row each."""
        return figures_frame(self)


def referral_value(
    rewarded: pd.DataFrame | NotEnough,
    customers: pd.DataFrame | NotEnough,
    *,
    margin: Margin | NotEnough,
    value: float | NotEnough,
) -> ReferralValue | NotEnough:
    """What recommendations cost and what came by them.

    The tables do not say which newcomer a reward was for, nor who would have come without one: the value of those who
    came is not the gain of the rewards.

    Args:
        rewarded: From `measures.referral.rewarded_referrals`.
        customers: From `measures.referral.referred_customers`.
        margin: From `margins.profit_margin`.
        value: What a point pays, from `point_value.point_value`.

    Returns:
        The figures; NotEnough("referrals_known") where neither points nor customers speak of a recommendation.
    """
    if isinstance(rewarded, NotEnough) or isinstance(customers, NotEnough):
        return first_refusal(rewarded, customers)
    given, groups = rewarded.iloc[0], _groups(customers)
    own, others = groups.get(_REFERRED), groups.get(_OTHERS)
    if not given["grants"] and own is None:
        return NotEnough("referrals_known", 0, 1)
    before, since, change = _newcomers(own, others)
    return ReferralValue(
        since=given["since"],
        rewards=int(given["grants"]),
        members=int(given["members"]),
        points=float(given["points"]),
        cost=value if isinstance(value, NotEnough) else float(given["points"]) * value,
        new=_count(own, "new_since"),
        share_before=before,
        share_since=since,
        share_change=change,
        profit=_profit(own, margin),
        profit_others=_profit(others, margin),
        more=_difference(_profit(own, margin), _profit(others, margin)),
        acquisition=_acquisition(own),
        acquisition_others=_acquisition(others),
        customers=_count(own, "customers") or 0,
    )


def _groups(customers: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The row of each group, as a frame."""
    return {str(name): rows for name, rows in customers.groupby("group")} if len(customers) else {}


def _count(group: pd.DataFrame | None, name: str) -> int | None:
    return None if group is None else int(group[name].iloc[0])


def _profit(group: pd.DataFrame | None, margin: Margin | NotEnough) -> Estimate | NotEnough:
    """The mean gross profit of the first half-year."""
    count = 0 if group is None else int(group["customers"].iloc[0])
    if group is None or count < FEWEST:
        return NotEnough("customers_referred", count, FEWEST)
    return mean_profit(group.assign(members=count), margin)


def _difference(one: Estimate | NotEnough, other: Estimate | NotEnough) -> Estimate | NotEnough:
    if isinstance(one, NotEnough):
        return one
    if isinstance(other, NotEnough):
        return other
    if one.low is None or other.low is None:
        return Estimate(one.value - other.value)
    low, high = square_and_add(one, other, sign=-1)
    n = (one.n or 0) + (other.n or 0)
    return Estimate(one.value - other.value, low=low, high=high, level=_LEVEL, n=n, claimed=low > 0 or high < 0)


def _newcomers(own: Any, others: Any) -> tuple[Any, Any, Any]:
    """The share of newcomers who came by a recommendation, before and since, and its change."""
    missing = NotEnough("customers_referred", 0, FEWEST)
    if own is None or others is None:
        return missing, missing, missing
    counts = {
        name: (int(own[name].iloc[0]), int(own[name].iloc[0] + others[name].iloc[0]))
        for name in ("new_before", "new_since")
    }
    shares = [
        Estimate(came / base, n=base) if base >= FEWEST else NotEnough("customers_referred", base, FEWEST)
        for came, base in counts.values()
    ]
    change = share_difference(*counts["new_since"], *counts["new_before"], level=_LEVEL)
    refused = next((share for share in shares if isinstance(share, NotEnough)), None)
    return shares[0], shares[1], change if refused is None else refused


def _acquisition(group: pd.DataFrame | None) -> Estimate | NotEnough:
    known = 0 if group is None else int(group["priced"].iloc[0])
    if group is None or known < FEWEST:
        return NotEnough("acquisition_cost_known", known, FEWEST)
    return Estimate(float(group["cost"].iloc[0]) / known, n=known)
