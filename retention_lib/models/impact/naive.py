"""The naive gap between those addressed and the others: what it is, and why it is no effect."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from retention_lib.estimates import Estimate, NotEnough, figures_frame, unit_of

_LEVEL = 0.95


@dataclass(frozen=True, kw_only=True)
class Moments:
    """What a mean and its error need of one group.

    Attributes:
        mean: Mean of the metric.
        variance: Sample variance (divisor n - 1).
        n: Customers.
    """

    mean: float
    variance: float
    n: int


@dataclass(frozen=True, kw_only=True)
class NaiveDifference:
    """Those addressed against those not, with nothing held equal.

    Attributes:
        treated_mean: Mean of those addressed.
        control_mean: Mean of the others.
        difference: Treated less control, Welch's interval and p; never `claimed`, reason "selection": who was
            addressed was chosen, so the gap is no effect.
        treated: Customers addressed.
        controls: Customers not addressed.
        gap_before: The same gap in the weeks before the event; None where none were seen.
        unit: What was counted: `customer` or `household`.
    """

    treated_mean: float
    control_mean: float
    difference: Estimate
    treated: int
    controls: int
    gap_before: float | None = None
    unit: str = "customer"

    def to_frame(self) -> pd.DataFrame:
        """The figures, one row each."""
        return figures_frame(self)


def naive_difference(
    treated: Moments | NotEnough, control: Moments | NotEnough, *, level: float = _LEVEL
) -> NaiveDifference | NotEnough:
    """The gap between two groups' means, with Welch's interval.

    Args:
        treated: Moments of those addressed.
        control: Moments of the others.
        level: Confidence level.

    Returns:
        The gap, never claimed as an effect; `NotEnough` under two customers in a group ("customers_treated",
        "customers_control").
    """
    from scipy.stats import t as student

    if isinstance(treated, NotEnough):
        return treated
    if isinstance(control, NotEnough):
        return control
    for group, reason in ((treated, "customers_treated"), (control, "customers_control")):
        if group.n < 2:
            return NotEnough(reason, group.n, 2)
    first, second = treated.variance / treated.n, control.variance / control.n
    error, gap = float(np.sqrt(first + second)), treated.mean - control.mean
    low = high = p = None
    if error > 0:
        # Welch (1947) and Satterthwaite's degrees of freedom
        freedom = (first + second) ** 2 / (first**2 / (treated.n - 1) + second**2 / (control.n - 1))
        reach = float(student.ppf((1 + level) / 2, freedom)) * error
        low, high, p = gap - reach, gap + reach, float(2 * student.sf(abs(gap) / error, freedom))
    difference = Estimate(
        gap,
        low=low,
        high=high,
        level=None if low is None else level,
        n=treated.n + control.n,
        p=p,
        claimed=False,
        reason="selection",
    )
    return NaiveDifference(
        treated_mean=treated.mean,
        control_mean=control.mean,
        difference=difference,
        treated=treated.n,
        controls=control.n,
    )


def mailed_gap(groups: pd.DataFrame | NotEnough) -> NaiveDifference | NotEnough:
    """The naive gap over the whole time: those whom campaigns reached less the others, a week.

    Args:
        groups: From `measures.campaigns.mailed_and_not`: mailed, n, mean, variance, unit.

    Returns:
        The gap, never claimed as an effect; as `naive_difference` under two in a group.
    """
    if isinstance(groups, NotEnough):
        return groups
    moments = {
        bool(mailed): Moments(mean=float(mean), variance=float(variance), n=int(n))
        for mailed, n, mean, variance in zip(
            groups["mailed"], groups["n"], groups["mean"], groups["variance"], strict=True
        )
    }
    nobody = Moments(mean=0.0, variance=0.0, n=0)
    gap = naive_difference(moments.get(True, nobody), moments.get(False, nobody))
    return gap if isinstance(gap, NotEnough) else replace(gap, unit=unit_of(groups))


def difference_after(panel: pd.DataFrame | NotEnough, *, event_week: int) -> NaiveDifference | NotEnough:
    """The naive gap in the weeks after a campaign: mean sales a household-week, treated less controls.

    Args:
        panel: As for `event_study`.
        event_week: Week k in which the campaign began.

    Returns:
        The gap, never claimed as an effect; NotEnough("weeks_after") without a week from the event on, and as
        `naive_difference` under two customers in a group.
    """
    if isinstance(panel, NotEnough):
        return panel
    weeks = {name: int(str(name)[2:]) for name in panel.columns if str(name).startswith("w_")}
    after = [name for name, week in weeks.items() if week >= event_week]
    before = [name for name, week in weeks.items() if week < event_week]
    if not after:
        return NotEnough("weeks_after", 0, 1)
    weekly = panel[after].mean(axis=1)
    treated, control = (
        Moments(mean=float(group.mean()), variance=float(group.var()), n=len(group))
        for group in (weekly[panel["treated"]], weekly[~panel["treated"]])
    )
    gap = naive_difference(treated, control)
    if isinstance(gap, NotEnough):
        return gap
    gap = replace(gap, unit=unit_of(panel))
    if not before:
        return gap
    earlier = panel[before].mean(axis=1)
    return replace(gap, gap_before=float(earlier[panel["treated"]].mean() - earlier[~panel["treated"]].mean()))
