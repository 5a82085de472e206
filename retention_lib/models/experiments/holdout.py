"""What all campaigns together left a customer: everybody who might get them against a random few who get none.

A test judges one campaign for some weeks. Whether campaigns only move purchases between one another and between months
is told by customers whom no campaign reaches for a year: their gross profit against that of all others, what sending
and coupons cost taken off, month after month.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Protocol

import pandas as pd

from retention_lib.estimates import Estimate, NotEnough, figures_frame, first_refusal
from retention_lib.models.experiments.comparisons import Comparison, comparison
from retention_lib.models.experiments.metrics import Metric
from retention_lib.models.experiments.moments import Moments, moments

UNBALANCED_P = 0.001
"""The two groups were not drawn by chance where purchases before differ with a p below."""

CONTACTED_SHARE = 0.5
"""A hold-out of which campaigns reach more than this part of what they reach of the others holds out nothing."""

_SIGNIFICANT = 0.05
_REFUSED = ("unbalanced_before", "holdout_contacted")
_PROFIT = Metric(name="profit", column="profit", history="before")
_BEFORE = Metric(name="before", column="before")


class HeldOut(Protocol):
    """What `measures.holdout.holdout` gives."""

    @property
    def experiment(self) -> str:
        """The hold-out's `experiment_id`."""

    @property
    def arm(self) -> str:
        """The arm that gets no campaign."""

    @property
    def others(self) -> str:
        """What the other arm is called."""

    @property
    def listed(self) -> bool:
        """Whether the others were drawn together with the hold-out."""

    @property
    def unit(self) -> str:
        """What a unit is."""

    @property
    def first_day(self) -> date:
        """The first day of the hold-out."""

    @property
    def planned(self) -> int:
        """Months after which it is judged (count)."""

    @property
    def verdict_on(self) -> date:
        """First day on which it may be judged."""

    @property
    def sums(self) -> pd.DataFrame:
        """Sums over units, by month."""

    @property
    def arms(self) -> pd.DataFrame:
        """Both arms, with who of them campaigns reached."""


@dataclass(frozen=True, kw_only=True, eq=False)
class CampaignsTogether:
    """What all campaigns together left, by a global hold-out.

    Attributes:
        per_customer: Gross profit of a customer whom campaigns may reach less that of one held out, what coupons and
            sending cost taken off, over the months so far (money a customer). Claimed at the planned end only.
        total: The same of all who may be reached (money).
        table: One row a month of a hold-out: month (from 1), days (from the start to its end), profit (held out, so
            far), effect, low, high (cumulated from the start; money a customer).
        experiment: The hold-out.
        planned: Months after which it is judged (count).
        verdict_on: First day on which it may be judged.
        held_out: Customers held out (count).
        others: Customers whom campaigns may reach (count).
        contacted: Share of the units held out whom a campaign reached all the same, in [0, 1]; None where no table
            tells.
        contacted_others: The same of the others.
        balance_p: That both spent alike before, p-value; None where nothing is known from before.
        variance_reduction: Share of the variance that purchases before took off; None without.
        listed: Whether the others were drawn together with the hold-out; else they are all who had bought by then.
        unit: What was drawn: `customer` or `household`.
    """

    per_customer: Estimate
    total: Estimate
    table: pd.DataFrame
    experiment: str
    planned: int
    verdict_on: date
    held_out: int
    others: int
    contacted: float | None
    contacted_others: float | None
    balance_p: float | None
    variance_reduction: float | None
    listed: bool
    unit: str = "customer"

    @property
    def months(self) -> int:
        """Whole months that have been seen (count)."""
        return len(self.table)

    @property
    def drawn(self) -> bool:
        """Whether there is a comparison to look at: both groups drawn by chance, and only one of them reached."""
        return self.per_customer.reason not in _REFUSED and self.per_customer.low is not None

    def figures(self) -> dict[str, Estimate]:
        """The figures by id: holdout_profit_per_customer, holdout_profit_total."""
        return {"holdout_profit_per_customer": self.per_customer, "holdout_profit_total": self.total}

    def to_frame(self) -> pd.DataFrame:
        """The scalar figures, one row each; columns as in `figures_frame`."""
        return figures_frame(self)


def campaigns_together(held: HeldOut | NotEnough, *, level: float = 0.95) -> CampaignsTogether | NotEnough:
    """What all campaigns together left a customer, month by month.

    Intervals are of one month each: the path is there to look at, and the claim is made once, when the planned months
    are over. Differences are adjusted for the gross profit of as many days before the start, where it is known.

    Args:
        held: From `measures.holdout.holdout`.
        level: Confidence level.

    Returns:
        The verdict of the hold-out; the refusal that came in; NotEnough("held_out_months") before the first month is
        over; NotEnough("held_out_customers") with fewer than thirty units in either group.
    """
    if isinstance(held, NotEnough):
        return held
    if held.sums.empty:
        return NotEnough("held_out_months", 0, 1)
    told = {month: moments(held.sums[held.sums["month"] == month], held.arms) for month in set(held.sums["month"])}
    known = {int(month): found for month, found in told.items() if isinstance(found, Moments)}
    if not known:
        return first_refusal(*told.values())
    fewest = int(held.arms["units"].min())
    months = {month: _compared(found, _PROFIT, held, level) for month, found in known.items()}
    last = months[max(months)]
    if last.reason == "customers_per_arm":
        return NotEnough("held_out_customers", fewest, 30)
    return _judged(held, known[max(known)], months, level=level)


def _compared(found: Moments, metric: Metric, held: HeldOut, level: float) -> Comparison:
    return comparison(found, metric, arm=held.others, control=held.arm, level=level)


def _judged(held: HeldOut, last: Moments, months: dict[int, Comparison], *, level: float) -> CampaignsTogether:
    """The verdict, from the comparisons of all months."""
    arms = {str(row["arm"]): row for row in held.arms.to_dict("records")}
    one = months[max(months)]
    before = _compared(last, _BEFORE, held, level) if last.known("before") else None
    shares = [_reached(arms[name]) for name in (held.arm, held.others)]
    balance_p = None if before is None or math.isnan(before.p) else before.p
    reason = _withheld(one, len(months) >= held.planned, balance_p, shares[0], shares[1])
    scale = float(held.arms["units"].sum() / held.arms["members"].sum())
    estimate = _per_customer(one, scale, reason, level)
    reach = float(arms[held.others]["members"])
    return CampaignsTogether(
        per_customer=estimate,
        total=replace(
            estimate,
            value=estimate.value * reach,
            low=None if estimate.low is None else estimate.low * reach,
            high=None if estimate.high is None else estimate.high * reach,
        ),
        table=_table(held, months, scale),
        experiment=held.experiment,
        planned=held.planned,
        verdict_on=held.verdict_on,
        held_out=int(arms[held.arm]["members"]),
        others=int(reach),
        contacted=shares[0],
        contacted_others=shares[1],
        balance_p=balance_p,
        variance_reduction=None if math.isnan(one.variance_reduction) else one.variance_reduction,
        listed=held.listed,
        unit=held.unit,
    )


def _per_customer(one: Comparison, scale: float, reason: str | None, level: float) -> Estimate:
    """The last month's difference, a customer."""
    known = not math.isnan(one.low)
    return Estimate(
        one.effect * scale,
        low=one.low * scale if known else None,
        high=one.high * scale if known else None,
        level=level,
        n=one.base + one.control_base,
        p=one.p if known else None,
        claimed=reason is None,
        reason=reason,
    )


def _withheld(
    one: Comparison, over: bool, balance_p: float | None, contacted: float | None, others: float | None
) -> str | None:
    """Why nothing is claimed; None where it is."""
    if balance_p is not None and balance_p < UNBALANCED_P:
        return "unbalanced_before"
    if contacted is not None and others is not None and contacted > CONTACTED_SHARE * others:
        return "holdout_contacted"
    if not over:
        return "interim"
    if one.reason is not None:
        return one.reason
    return None if one.p < _SIGNIFICANT else "not_significant"


def _reached(row: Mapping[Hashable, Any]) -> float | None:
    """Share of an arm's units whom a campaign reached."""
    return None if math.isnan(row["contacted"]) else float(row["contacted"] / row["units"])


def _table(held: HeldOut, months: dict[int, Comparison], scale: float) -> pd.DataFrame:
    days = dict(zip(held.sums["month"], held.sums["days"], strict=True))
    rows = [
        {
            "month": month,
            "days": int(days[month]),
            "profit": one.control_mean * scale,
            "effect": one.effect * scale,
            "low": one.low * scale,
            "high": one.high * scale,
        }
        for month, one in sorted(months.items())
    ]
    return pd.DataFrame(rows)
