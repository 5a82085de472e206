"""What an invitation into the programme, sent at random, did: to all who were invited, and to those who joined for it.

The first is the intention to treat: everybody counts in the arm that chance gave. The second divides it by the share
that joined because of the invitation, and so says what the programme did to these; it takes it that an invitation
changes nothing for those whom it does not make join.

References:
    Imbens and Angrist (1994), Identification and estimation of local average treatment effects, Econometrica 62;
    Imbens and Rubin (1997), Estimating outcome distributions for compliers, Review of Economic Studies 64 (the mean
    that compliers would have without the programme); Lin (2013) for the adjustment, see `models.arm_means`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

import pandas as pd

from retention_lib.estimates import Estimate, NotAsked, NotEnough
from retention_lib.models.arm_means import ArmMeans, Bools, Contrast
from retention_lib.models.experiments.sample_ratio import SampleRatio, sample_ratio
from retention_lib.models.impact.invitation_balance import RandomBalance, known_before, random_balance
from retention_lib.models.impact.invitation_design import NO_SPREAD, Design, Group, effect_rows
from retention_lib.models.intervals import holm_adjusted, share_difference, wilson
from retention_lib.models.margins import Margin

FEWEST = 30
"""Customers in either arm below which nothing is said."""


_FACTS = ("days", "first", "last", "members_already", "mixed", "unseen")

SAMPLE_RATIO, UNBALANCED, CHANCE = "sample_ratio_broken", "invitation_unbalanced", "not_significant"
"""Why a claim is withheld."""


class Invited(Protocol):
    """What `measures.invitations.invited_customers` gives."""

    @property
    def customers(self) -> pd.DataFrame:
        """One row a customer."""

    @property
    def periods(self) -> int:
        """Periods of 28 days followed (count)."""

    @property
    def days(self) -> int:
        """Days followed (count)."""

    @property
    def first(self) -> date:
        """Day of the first assignment."""

    @property
    def last(self) -> date:
        """Day of the last one."""

    @property
    def members_already(self) -> int:
        """Customers left out as members (count)."""

    @property
    def mixed(self) -> int:
        """Customers left out as in two arms (count)."""

    @property
    def unseen(self) -> int:
        """Customers left out as not seen whole (count)."""


@dataclass(frozen=True, kw_only=True, eq=False)
class InvitationEffect:
    """The effects of an invitation at random, with the checks of its design.

    Attributes:
        table: One row a metric (`purchases`, `revenue`, `gross_profit`) and group (`invited`: all who were invited;
            `joined`: those who joined because of it): metric, group, customers (count; of those who joined, by the
            estimate), without, with_it (means a customer over the days followed, without and with it), effect (their
            difference), low, high, relative (effect / without), relative_low, relative_high, detectable (the smallest
            true effect that would be found with 80 % power), p, p_adjusted (Holm over the metrics), claimed, reason
            (missing = claimed). NaN = cannot be computed. The two groups have one p: the effect on those who joined is
            none where that on those invited is none.
        invited: Customers invited (count).
        left_out: Customers not invited (count).
        joined_invited: Share of the invited who joined in the days followed, in [0, 1].
        joined_left_out: The same of those not invited.
        taken: Difference of the two: the share whom the invitation made join.
        strength: F statistic of this difference after adjustment; below 10 the invitation moves too few to say much of
            those who joined.
        naive_with: Mean purchases of all who joined, over the days followed; None where nobody did.
        naive_without: The same of all who did not; None where everybody did.
        ratio: Whether the arms have the sizes they were meant to have.
        balance: Whether the arms were alike before.
        precision: How many times as many customers a comparison without adjustment would need for the same interval of
            purchases (factor).
        gross_profit: Whether there is one; else why not.
        days: Days followed from the assignment on (count).
        first: Day of the first assignment.
        last: Day of the last one.
        members_already: Customers left out as members before (count).
        mixed: Customers left out as in two arms (count).
        unseen: Customers left out as not seen whole (count).
        level: Confidence level of the intervals.
    """

    table: pd.DataFrame
    invited: int
    left_out: int
    joined_invited: Estimate
    joined_left_out: Estimate
    taken: Estimate
    strength: float
    naive_with: float | None
    naive_without: float | None
    ratio: SampleRatio | NotEnough
    balance: RandomBalance
    precision: float
    gross_profit: NotEnough | None
    days: int
    first: date
    last: date
    members_already: int
    mixed: int
    unseen: int
    level: float

    @property
    def one_sided(self) -> bool:
        """Whether nobody joined without an invitation, so that the effect is on all who joined."""
        return self.joined_left_out.value == 0

    @property
    def refused(self) -> str | None:
        """Why the design carries no claim, whatever the figures: `SAMPLE_RATIO` or `UNBALANCED`; None where it does."""
        reasons = set(self.table["reason"]) & {SAMPLE_RATIO, UNBALANCED}
        return next(iter(reasons), None)

    def effect(self, metric: str, group: Group = "invited", *, relative: bool = False) -> Estimate | NotEnough:
        """One effect: a customer over the days followed, or as a share of what it would be without.

        Args:
            metric: `purchases`, `revenue` or `gross_profit`.
            group: Among whom.
            relative: As a share instead of in the metric's unit.

        Returns:
            The effect; NotEnough(the reason) where it cannot be computed.
        """
        if metric == "gross_profit" and self.gross_profit is not None:
            return self.gross_profit
        row = self.table[(self.table["metric"] == metric) & (self.table["group"] == group)].iloc[0].to_dict()
        names = ("relative", "relative_low", "relative_high") if relative else ("effect", "low", "high")
        value, low, high = (float(row[name]) for name in names)
        if math.isnan(value) or math.isnan(low):
            return _missing(str(row["reason"]), float(row["without"]))
        p, adjusted = float(row["p"]), float(row["p_adjusted"])
        return Estimate(
            value,
            low=low,
            high=high,
            level=self.level,
            n=float(row["customers"]),
            p=p,
            p_adjusted=adjusted,
            claimed=bool(row["claimed"]),
            reason=row["reason"],
        )

    def to_frame(self) -> pd.DataFrame:
        """The table of effects."""
        return self.table


def _missing(reason: str, without: float) -> NotEnough:
    """Why there is no effect."""
    if reason == NO_SPREAD or without <= 0:
        return NotEnough("invitation_outcome_varies", 0, 1)
    return NotEnough("invitation_not_taken", 0, 1)


def invitation_effect(
    people: Invited | NotEnough,
    *,
    margin: Margin | NotEnough,
    invited_share: float = 0.5,
    level: float = 0.95,
) -> InvitationEffect | NotEnough:
    """What an invitation at random did to all who were invited, and to those who joined because of it.

    Args:
        people: From `measures.invitations.invited_customers`.
        margin: From `models.margins.profit_margin`, for what sales without a cost leave.
        invited_share: Share of the customers that were meant to be invited, in (0, 1), for the check of the split.
        level: Confidence level; an effect is claimed where p_adjusted is below 1 - level, the split is as meant and the
            arms were alike before.

    Returns:
        The effects; NotEnough("invitation_customers") below 30 customers in an arm.

    Raises:
        ValueError: `invited_share` is not inside (0, 1).
    """
    if isinstance(people, NotEnough):
        return people
    if not 0 < invited_share < 1:
        msg = f"the share of customers meant to be invited is between 0 and 1, not {invited_share}"
        raise ValueError(msg)
    fewest = int(people.customers["invited"].value_counts().reindex([True, False], fill_value=0).min())
    if fewest < FEWEST:
        return NotEnough("invitation_customers", fewest, FEWEST)
    return _judge(people, margin, invited_share, level)


def leading(found: InvitationEffect | NotEnough) -> InvitationEffect | NotAsked:
    """The effect of an invitation at random as a page's answer: what chance decided goes before what was compared.

    Args:
        found: From `invitation_effect`; where there is none, another result leads.
    """
    return found if isinstance(found, InvitationEffect) else NotAsked("invitation_named", 0, 1)


def _judge(people: Invited, margin: Margin | NotEnough, invited_share: float, level: float) -> InvitationEffect:
    """The effects with the checks of the design."""
    frame = people.customers
    outcomes, no_profit = _outcomes(frame, margin)
    design = Design.of(frame, outcomes)
    adjusted = design.means(known_before(frame))
    balance, ratio = random_balance(frame), _ratio(design.treated, invited_share)
    broken = SAMPLE_RATIO if isinstance(ratio, NotEnough) or ratio.broken else UNBALANCED if balance.broken else None
    return InvitationEffect(
        table=_judged(effect_rows(design, adjusted, level), broken, level),
        strength=_strength(design.taken(adjusted)),
        ratio=ratio,
        balance=balance,
        precision=_precision(design, adjusted),
        gross_profit=no_profit,
        level=level,
        **_joining(design, level),
        **_naive(frame),
        **{name: getattr(people, name) for name in _FACTS},
    )


def _outcomes(frame: pd.DataFrame, margin: Margin | NotEnough) -> tuple[pd.DataFrame, NotEnough | None]:
    """What is measured of each customer; why gross profit is not among it."""
    values = frame[["purchases", "revenue"]]
    if isinstance(margin, NotEnough) or margin.overall is None:
        return values, margin if isinstance(margin, NotEnough) else NotEnough("margin_known", 0, 1)
    others = margin.overall.value if margin.stated is None else margin.stated
    unpriced = frame["unpriced"] if "unpriced" in frame else frame["revenue"]
    return values.assign(gross_profit=frame.get("known_profit", 0.0) + others * unpriced), None


def _ratio(treated: Bools, invited_share: float) -> SampleRatio | NotEnough:
    """Whether as many were invited as were meant to be."""
    counts = {"invited": int(treated.sum()), "left out": int((~treated).sum())}
    return sample_ratio(counts, expected={"invited": invited_share, "left out": 1 - invited_share})


def _joining(design: Design, level: float) -> dict[str, Any]:
    """How many were in either arm, and which shares of them joined."""
    invited, left_out = int(design.treated.sum()), int((~design.treated).sum())
    joined = int(design.joined[design.treated].sum()), int(design.joined[~design.treated].sum())
    return {
        "invited": invited,
        "left_out": left_out,
        "joined_invited": wilson(joined[0], invited, level=level),
        "joined_left_out": wilson(joined[1], left_out, level=level),
        "taken": share_difference(joined[0], invited, joined[1], left_out, level=level),
    }


def _naive(frame: pd.DataFrame) -> dict[str, Any]:
    """Mean purchases of all who joined and of all who did not."""
    means = frame.groupby("joined")["purchases"].mean()
    found = {name: means.get(joined) for name, joined in (("naive_with", True), ("naive_without", False))}
    return {name: None if mean is None else float(mean) for name, mean in found.items()}


def _strength(taken: Contrast) -> float:
    """The F statistic of the first stage; 0 where nobody joined."""
    if taken.part.variance == 0:
        return math.inf if taken.value else 0.0
    return taken.value**2 / taken.part.variance


def _precision(design: Design, adjusted: ArmMeans) -> float:
    """By what factor the adjustment lowers the variance of the effect on purchases."""
    with_it = adjusted.contrast(*design.effect(0)).part.variance
    return design.means().contrast(*design.effect(0)).part.variance / with_it if with_it > 0 else 1.0


def _judged(table: pd.DataFrame, broken: str | None, level: float) -> pd.DataFrame:
    """The table with its p-values adjusted over the metrics and every claim decided."""
    invited = table["group"] == "invited"
    by_metric = dict(zip(table.loc[invited, "metric"], holm_adjusted(table.loc[invited, "p"].to_numpy()), strict=True))
    adjusted = table["metric"].map(by_metric).where(table["p"].notna())
    reasons = [
        refusal or broken or (None if p < 1 - level else CHANCE)
        for refusal, p in zip(table["reason"], adjusted, strict=True)
    ]
    claimed = [reason is None for reason in reasons]
    reason = pd.Series(reasons, index=table.index, dtype=object)
    return table.drop(columns="reason").assign(p_adjusted=adjusted, claimed=claimed, reason=reason)
