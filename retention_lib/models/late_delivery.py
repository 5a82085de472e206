"""How many fewer come back after a late first delivery than would have after one on time."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from retention_lib.estimates import Estimate, NotEnough, figures_frame
from retention_lib.models.balancing import Balance, balanced
from retention_lib.models.first_orders import Design, deliveries_known, design, drawn
from retention_lib.models.intervals import normal_quantile, share_difference

HORIZON_DAYS = 90
"""How long after the promised day a second purchase counts."""

FEWEST = 30
"""Customers (count) with a late first delivery, with one on time, and effectively compared with, below which nothing is
said or claimed."""

MOST = 50_000
"""Customers (count) whom the comparison takes at most, drawn by chance where there are more."""

MOST_UNBALANCED = 0.1
"""Standardised difference from which a feature counts as not balanced (Austin 2009, Statistics in Medicine 28)."""

MOST_OUTSIDE = 0.05
"""Share of the late without anybody like them from which the comparison is not trusted."""

PLACEBO_LEVEL = 0.99
"""Confidence level at which the placebo speaks against the comparison. To buy again before the promised day is rare, so
that the interval, normal about a share, leaves out 0 more often than its level says: one of 95 % did so in every tenth
simulated store in which nothing was wrong."""

SUPPORT, BALANCE, PLACEBO, CHANCE = "late_support", "late_balance", "late_placebo", "not_significant"
"""Why the claim is withheld: nobody alike, not alike after weighting, apart before it could matter, or by chance."""

_PENALTY = 100.0
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, eq=False)
class LateDelivery:
    """The difference that a late first delivery makes to the second purchase, among those who had one.

    Attributes:
        difference: Share with a second purchase, late less on time, in [-1, 1], adjusted; claimed where `reason` is
            none of the codes above. Its n are the late.
        raw: The same as it is seen, without adjustment (Newcombe's interval).
        placebo: The adjusted difference in the share who bought again *before* the promised day, when nobody could know
            that the delivery would be late; its p is that of no difference, its level `PLACEBO_LEVEL`.
        share: Share of the late who bought again, in [0, 1].
        expected: Share of them who would have after a delivery on time, in [0, 1].
        e_value: How many times likelier something unseen would have to make both lateness and staying away (where more
            came back: coming back) to explain the difference away; 1 where there is none.
        e_value_bound: The same for the bound of the interval nearest to no difference.
        late: Late customers compared (count).
        on_time: Customers on time compared with (count).
        effective: How many customers of equal weight these are worth (count).
        outside: Share of the late more unlike those on time than any of these, in [0, 1].
        worst: Largest standardised difference of a feature after weighting (absolute).
        bought_before: Customers left out as they bought again up to the promised day (count).
        unfollowed: Customers left out as the data end before 90 days after the promised day (count).
        drawn_from: Customers that could be compared, where only some were drawn; else None.
        features: What was known at the first order and is accounted for, by name.
        balance: Columns feature, level, before, after: standardised differences late less on time.
    """

    difference: Estimate
    raw: Estimate
    placebo: Estimate
    share: float
    expected: float
    e_value: float
    e_value_bound: float
    late: int
    on_time: int
    effective: float
    outside: float
    worst: float
    bought_before: int
    unfollowed: int
    drawn_from: int | None
    features: tuple[str, ...]
    balance: pd.DataFrame

    @property
    def trusted(self) -> bool:
        """Whether the adjustment can be trusted: the late have their like, and were like them before."""
        return self.difference.reason not in (SUPPORT, BALANCE, PLACEBO)

    def to_frame(self) -> pd.DataFrame:
        """The figures, one row each."""
        return figures_frame(self)


def late_delivery(
    orders: pd.DataFrame | NotEnough, *, rng: np.random.Generator, level: float = 0.95
) -> LateDelivery | NotEnough:
    """The adjusted difference in the chance of a second purchase within 90 days of the promised day.

    Over customers whose first delivery was late and who had not bought again by then, seen for all of the 90 days.
    Those on time are weighted to look like them in all that was known at the first order (entropy balancing), and a
    logistic regression on those on time takes off what is left: doubly robust. The interval is about these customers,
    of whom only what they would have done after a delivery on time is unknown.

    Args:
        orders: From `measures.first_orders.first_orders`.
        rng: Draws the customers where there are more than `MOST`.
        level: Confidence level of the differences.

    Returns:
        The difference with its checks; NotEnough("delivery_dates") without promised and delivered days,
        NotEnough("late_first_deliveries") or NotEnough("first_deliveries_on_time") below 30 of either.

    References:
        Imbens (2004), Nonparametric estimation of average treatment effects under exogeneity, Review of Economics and
        Statistics 86 (the effect on those treated in the sample, and its variance);
        Lipsitch, Tchetgen Tchetgen and Cohen (2010), Negative controls, Epidemiology 21 (the placebo);
        VanderWeele and Ding (2017), Sensitivity analysis in observational research, Annals of Internal Medicine 167
        (the E-value).
    """
    sample = _sample(orders, rng)
    if isinstance(sample, NotEnough):
        return sample
    again, late = sample.again, sample.late
    adjusted = _adjusted(sample.orders[again], late[again], sample.returned[again], level=level)
    before = _adjusted(sample.orders, late, sample.early, level=PLACEBO_LEVEL)
    returned = sample.returned[again]
    raw = share_difference(
        *(int(returned[late[again]].sum()), int(late[again].sum())),
        *(int(returned[~late[again]].sum()), int((~late[again]).sum())),
        level=level,
    )
    if isinstance(raw, NotEnough):
        return raw
    share = float(returned[late[again]].mean())
    return _judged(adjusted, before.difference, raw, share=share, sample=sample)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Sample:
    """The customers that can be compared; arrays over them."""

    orders: pd.DataFrame
    late: Bools
    early: Bools
    returned: Bools
    unfollowed: int
    drawn_from: int | None

    @property
    def again(self) -> Bools:
        """Who had not bought again up to the promised day."""
        return ~self.early


def _sample(orders: pd.DataFrame | NotEnough, rng: np.random.Generator) -> _Sample | NotEnough:
    if isinstance(orders, NotEnough):
        return orders
    if not deliveries_known(orders):
        return NotEnough("delivery_dates", 0, 1)
    known = orders["late_days"].notna()
    # The day `until` is not seen any more.
    followed = known & (orders["seen_days"] > orders["promised_days"] + HORIZON_DAYS)
    whole, drawn_from = drawn(orders, followed, most=MOST, rng=rng)
    late = (whole["late_days"] > 0).to_numpy()
    wait = (whole["second_days"] - whole["promised_days"]).to_numpy()
    early, returned = wait <= 0, (wait > 0) & (wait <= HORIZON_DAYS)
    counts = {"late_first_deliveries": late & ~early, "first_deliveries_on_time": ~late & ~early}
    for reason, who in counts.items():
        if who.sum() < FEWEST:
            return NotEnough(reason, int(who.sum()), FEWEST)
    unfollowed = int(known.sum()) - int(followed.sum())
    return _Sample(
        orders=whole, late=late, early=early, returned=returned, unfollowed=unfollowed, drawn_from=drawn_from
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Adjusted:
    difference: Estimate
    balance: Balance
    design: Design


def _adjusted(orders: pd.DataFrame, late: Bools, outcome: Bools, *, level: float) -> _Adjusted:
    """The difference in an outcome, late less on time, among the late."""
    known = design(orders)
    columns = known.standard
    balance = balanced(columns, late)
    chance = _chances(columns, late, outcome)
    missed = outcome - chance
    value = float(missed[late].mean() - balance.weights @ missed[~late])
    # Of the late, what they would have done after a delivery on time is unknown: the variance of that, by the
    # regression; of those on time, the scatter about it.
    variance = (chance * (1 - chance))[late].mean() / late.sum() + ((balance.weights * missed[~late]) ** 2).sum()
    error = math.sqrt(max(variance, 0.0))
    half = normal_quantile(level) * error
    p = math.erfc(abs(value) / error / math.sqrt(2)) if error > 0 else 1.0
    found = Estimate(value, low=value - half, high=value + half, level=level, n=int(late.sum()), p=p)
    return _Adjusted(difference=found, balance=balance, design=known)


def _chances(columns: Floats, late: Bools, outcome: Bools) -> Floats:
    """The chance of the outcome after a delivery on time, by logistic regression on those who had one."""
    from sklearn.linear_model import LogisticRegression

    seen = outcome[~late]
    if seen.all() or not seen.any() or not columns.shape[1]:
        return np.full(len(outcome), seen.mean())
    fit = LogisticRegression(C=_PENALTY, solver="newton-cholesky").fit(columns[~late], seen)
    return np.asarray(fit.predict_proba(columns)[:, 1])


def _judged(adjusted: _Adjusted, placebo: Estimate, raw: Estimate, *, share: float, sample: _Sample) -> LateDelivery:
    """The result, with the claim made or withheld."""
    found, balance, known = adjusted.difference, adjusted.balance, adjusted.design
    worst = float(np.abs(balance.after).max(initial=0.0))
    reason = _doubt(found, placebo, balance, worst)
    return LateDelivery(
        difference=replace(found, claimed=reason is None, reason=reason),
        raw=raw,
        placebo=placebo,
        share=share,
        expected=min(max(share - found.value, 0.0), 1.0),
        e_value=_unseen(share, found.value),
        e_value_bound=_unseen(share, _nearest(found)),
        late=int(found.n or 0),
        on_time=len(balance.weights),
        effective=balance.effective,
        outside=balance.outside,
        worst=worst,
        bought_before=int(sample.early.sum()),
        unfollowed=sample.unfollowed,
        drawn_from=sample.drawn_from,
        features=tuple(dict.fromkeys(known.features)),
        balance=pd.DataFrame(
            {"feature": known.features, "level": known.levels, "before": balance.before, "after": balance.after}
        ),
    )


def _doubt(found: Estimate, placebo: Estimate, balance: Balance, worst: float) -> str | None:
    """The first reason to withhold the claim; None to make it."""
    if balance.outside > MOST_OUTSIDE or balance.effective < FEWEST:
        return SUPPORT
    if worst > MOST_UNBALANCED:
        return BALANCE
    if _nearest(placebo):
        return PLACEBO
    return None if _nearest(found) else CHANCE


def _nearest(found: Estimate) -> float:
    """The value of an interval that is nearest to 0."""
    low, high = found.low or 0.0, found.high or 0.0
    return low if low > 0 else high if high < 0 else 0.0


def _unseen(share: float, difference: float) -> float:
    """The E-value of a difference, on the side of what lateness makes likelier: staying away, or coming back."""
    if difference < 0:
        return e_value(1 - share, 1 - share + difference)
    return e_value(share, share - difference)


def e_value(share: float, other: float) -> float:
    """How strongly something unseen must go with both sides to explain the ratio of two shares (risk ratio).

    Args:
        share: A share, in [0, 1].
        other: The share it is compared with; taken as at least a ten-thousandth, as is the first.

    References:
        VanderWeele and Ding (2017), Annals of Internal Medicine 167, table 2: RR + sqrt(RR (RR - 1)).
    """
    one, two = (min(max(value, 1e-4), 1.0) for value in (share, other))
    ratio = max(one / two, two / one)
    return ratio + math.sqrt(ratio * (ratio - 1))
