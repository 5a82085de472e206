"""How long a silence must be to mean something: the store's own window, and who still returns."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import numpy as np
import pandas as pd

from retention_lib.estimates import Estimate, NotEnough, figures_frame
from retention_lib.models.censored import censored_quantile
from retention_lib.models.counted_shares import with_shares
from retention_lib.models.intervals import normal_quantile, wilson

MINIMUM_CUSTOMERS = 30
LONGEST_MONTH = 31
# Where the store's own rhythm cannot be judged and none is given: the window most shops use.
USUAL_LAPSE_DAYS = 30
# Silence bands of `return_chance`, as multiples of the lapse window; the last one is open.
BAND_EDGES = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0)


@dataclass(frozen=True, kw_only=True)
class LapseWindow:
    """When a customer is at risk and when lapsed, from customers' own rhythms.

    Attributes:
        at_risk_days: Median of the customers' own 80th percentile gaps, in whole days.
        lapse_days: Their 80th percentile, in whole days.
        at_risk: The median with its interval (days).
        lapse: The 80th percentile with its interval (days); without an upper bound where too many customers
            have been silent for longer than their rhythm shows.
        quartile_low: First quartile of the own 80th percentile gaps (days).
        quartile_high: Third quartile (days).
        customers_known: Customers with a purchase in the look-back (count).
        customers_judged: Those with at least three gaps, whom the rule can judge (count).
        customers_unreached: Of the judged, those of whom it is only known that their own percentile is longer
            than their running silence (count).
        customers_outside: The others (count).
        share_outside: Outside / known, with Wilson's interval.
    """

    at_risk_days: int
    lapse_days: int
    at_risk: Estimate
    lapse: Estimate
    quartile_low: float
    quartile_high: float
    customers_known: int
    customers_judged: int
    customers_unreached: int
    customers_outside: int
    share_outside: Estimate

    def to_frame(self) -> pd.DataFrame:
        """The figures, one row each; columns as in `figures_frame`."""
        return figures_frame(self)


@dataclass(frozen=True, kw_only=True, eq=False)
class ReturnChance:
    """How many of the silent customers at a past cut-off bought again within the horizon.

    Attributes:
        cutoff: The past day at which silence was measured.
        horizon_days: Days after the cut-off in which a purchase counts as a return.
        lapse_days: The lapse window.
        beyond: Share returned among all customers silent longer than the window.
        just_reached: Share returned among those silent longer than 1 and up to 1.5 windows;
            NotEnough("customers_in_base") below 30.
        lapsed_in_month: Share returned among those silent longer than the window by at most 31 days: whoever
            went quiet in the month before the cut-off; NotEnough("customers_in_base") below 30.
        spend_a_returner: Mean net spend within the horizon of a customer of that group who returned (money);
            None where nobody did, or where no spend was given.
        bands: One row a band of silence, ordered: silence_above, silence_to (days, above < silence <= to;
            silence_to missing in the open last band), customers, returned (counts), share, low, high
            (Wilson). A band without customers has no row.
        earlier: The share beyond the window at earlier cut-offs, one row each, ordered: cutoff (date), customers,
            returned (counts), share, low, high (Wilson). Much the same customers, so no further evidence: a check
            of whether the share is steady. Cut-offs with fewer than 30 customers have no row.
        word: "lapsed" where fewer than half return, beyond chance of all beyond the window and, where enough of them
            are known, of those who lapsed in the month; else "quiet".
    """

    cutoff: date
    horizon_days: int
    lapse_days: int
    beyond: Estimate
    just_reached: Estimate | NotEnough
    lapsed_in_month: Estimate | NotEnough
    spend_a_returner: float | None
    bands: pd.DataFrame
    earlier: pd.DataFrame
    word: Literal["quiet", "lapsed"]

    def to_frame(self) -> pd.DataFrame:
        """The bands of silence at the cut-off, then everyone beyond the window at the earlier ones."""
        now = self.bands.assign(cutoff=self.cutoff)[["cutoff", *self.bands.columns]]
        if self.earlier.empty:
            return now
        earlier = self.earlier.assign(silence_above=self.lapse_days, silence_to=pd.Series(dtype="Int64"))
        return pd.concat([now, earlier[now.columns]], ignore_index=True)


def lapse_window(gaps: pd.DataFrame | NotEnough, *, customers_known: int) -> LapseWindow | NotEnough:
    """The at-risk and lapse windows from the customers' own 80th percentile gaps.

    Args:
        gaps: Columns gap_p80 (days, a customer's own 80th percentile gap between purchases), reached (bool;
            where False the percentile is only known to be longer) and customers (count), over customers with at
            least three gaps.
        customers_known: Customers with any purchase in the look-back (count), judged or not.

    Returns:
        The windows; NotEnough("customers_with_three_gaps") below 30 judged customers,
        NotEnough("customers_with_known_rhythm") where the silence of too many is longer than their rhythm shows.

    Raises:
        ValueError: A gap is missing or not positive, or more customers are judged than known.
    """
    if isinstance(gaps, NotEnough):
        return gaps
    counts = gaps["customers"].to_numpy(dtype="int64")
    judged, unreached = int(counts.sum()), int(counts[~gaps["reached"].to_numpy(dtype=bool)].sum())
    if judged < MINIMUM_CUSTOMERS:
        return NotEnough("customers_with_three_gaps", judged, MINIMUM_CUSTOMERS)
    outside = wilson(customers_known - judged, customers_known)
    quantiles = [gap_quantile(gaps, share=share) for share in (0.25, 0.5, 0.75, 0.8)]
    reached = [each for each in quantiles if isinstance(each, Estimate)]
    if len(reached) < len(quantiles) or isinstance(outside, NotEnough):
        return NotEnough("customers_with_known_rhythm", judged - unreached, math.ceil(0.8 * judged))
    quartile_low, at_risk, quartile_high, lapse = reached
    return LapseWindow(
        at_risk_days=_whole_days(at_risk.value),
        lapse_days=_whole_days(lapse.value),
        at_risk=at_risk,
        lapse=lapse,
        quartile_low=quartile_low.value,
        quartile_high=quartile_high.value,
        customers_known=customers_known,
        customers_judged=judged,
        customers_unreached=unreached,
        customers_outside=customers_known - judged,
        share_outside=outside,
    )


def gap_quantile(gaps: pd.DataFrame, *, share: float, level: float = 0.95) -> Estimate | NotEnough:
    """A quantile of the customers' own 80th percentile gaps.

    Args:
        gaps: As for `lapse_window`.
        share: Which quantile, in (0, 1).
        level: Confidence level.

    Returns:
        Days, with the interval; NotEnough("values_seen_to_quantile") where it is not reached.

    Raises:
        ValueError: A gap is missing or not positive.
    """
    values = gaps["gap_p80"].to_numpy(dtype=float)
    if not (np.isfinite(values).all() and (values > 0).all()):
        msg = "gap_p80 must be a number of days above 0 for every customer"
        raise ValueError(msg)
    counts, reached = gaps["customers"].to_numpy(dtype="int64"), gaps["reached"].to_numpy(dtype=bool)
    return censored_quantile(values, counts, reached, share=share, level=level)


def return_chance(
    returns: pd.DataFrame | NotEnough,
    *,
    lapse_days: int,
    horizon_days: int = 90,
    cutoff: date,
    earlier: pd.DataFrame | None = None,
) -> ReturnChance | NotEnough:
    """The chance that a customer silent at a past cut-off still buys.

    Silence is counted as in `retention.monthly_flows`: days from the last purchase to the boundary, so a
    customer is beyond the window when silence_days > lapse_days.

    Args:
        returns: Columns silence_days (at the cut-off), customers and returned (counts: how many there are,
            how many of them bought within the horizon), and optionally spend (money those bought for).
        lapse_days: The lapse window.
        horizon_days: Length of the horizon after the cut-off.
        cutoff: The cut-off.
        earlier: Columns cutoff (date), customers (silent beyond the same window) and returned (counts) at
            earlier cut-offs; None where none is read.

    Returns:
        Shares returned, overall and by band; NotEnough("customers_silent_beyond_window") below 30.
    """
    if isinstance(returns, NotEnough):
        return returns
    edges = [lapse_days * edge for edge in BAND_EDGES]
    beyond_base, beyond_returned = _between(returns, lapse_days, math.inf)
    beyond = wilson(beyond_returned, beyond_base)
    if beyond_base < MINIMUM_CUSTOMERS or isinstance(beyond, NotEnough):
        return NotEnough("customers_silent_beyond_window", beyond_base, MINIMUM_CUSTOMERS)
    lapsed_in_month = _returned_share(returns, lapse_days, lapse_days + LONGEST_MONTH)
    return ReturnChance(
        cutoff=cutoff,
        horizon_days=horizon_days,
        lapse_days=lapse_days,
        beyond=beyond,
        just_reached=_returned_share(returns, lapse_days, 1.5 * lapse_days),
        lapsed_in_month=lapsed_in_month,
        spend_a_returner=_spend_a_returner(returns, lapse_days),
        bands=_bands(returns, edges),
        earlier=_earlier(earlier),
        word=_word(beyond, lapsed_in_month),
    )


def window_days(window: LapseWindow | NotEnough, *, wanted: int | Literal["auto"]) -> int:
    """The lapse window a report uses.

    Args:
        window: From `lapse_window`.
        wanted: Days given by the user, or "auto" for the store's own.

    Returns:
        The days given; else the store's own; else the usual 30, where the store's cannot be judged.
    """
    if wanted != "auto":
        return int(wanted)
    return USUAL_LAPSE_DAYS if isinstance(window, NotEnough) else window.lapse_days


def past_cutoff(period_end: date, *, horizon_days: int) -> date:
    """The latest first day of a month that leaves a whole horizon before the end of the data.

    Args:
        period_end: First day that is no longer seen.
        horizon_days: Days to follow customers after the cut-off.

    Returns:
        A first day of a month.
    """
    return (period_end - timedelta(days=horizon_days)).replace(day=1)


def counted_quantile(values: np.ndarray, counts: np.ndarray, *, share: float) -> float:
    """A quantile of values that each stand for several customers.

    Args:
        values: Distinct or repeated values, in any order.
        counts: How many customers each stands for.
        share: Which quantile, in [0, 1].

    Returns:
        What `numpy.quantile(numpy.repeat(values, counts), share)` (linear interpolation) gives, without
        building the long vector.
    """
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(counts[order])
    position = share * (int(reached[-1]) - 1)
    below, above = (
        float(values[order][np.searchsorted(reached, rank, side="right")])
        for rank in (math.floor(position), math.ceil(position))
    )
    return below + (above - below) * (position - math.floor(position))


def quantile_estimate(values: np.ndarray, counts: np.ndarray, *, share: float, level: float = 0.95) -> Estimate:
    """A quantile between the order statistics that bracket its rank (normal approximation of the binomial).

    Args:
        values: Distinct or repeated values, in any order.
        counts: How many customers each stands for.
        share: Which quantile, in (0, 1).
        level: Confidence level.

    References:
        Conover (1999), Practical Nonparametric Statistics, section 3.2.
    """
    n = int(counts.sum())
    half = normal_quantile(level) * math.sqrt(n * share * (1 - share))
    ranks = (math.floor(n * share - half) - 1, math.ceil(n * share + half) - 1)
    low, high = (counted_quantile(values, counts, share=min(max(rank, 0), n - 1) / (n - 1)) for rank in ranks)
    return Estimate(counted_quantile(values, counts, share=share), low=low, high=high, level=level, n=n)


def _whole_days(days: float) -> int:
    """Days rounded half up, at least one."""
    return max(1, math.floor(days + 0.5))


def _between(returns: pd.DataFrame, above: float, to: float) -> tuple[int, int]:
    """Customers and returned among those with above < silence <= to."""
    chosen = returns.loc[(returns["silence_days"] > above) & (returns["silence_days"] <= to)]
    return int(chosen["customers"].sum()), int(chosen["returned"].sum())


def _returned_share(returns: pd.DataFrame, above: float, to: float) -> Estimate | NotEnough:
    """Share returned among those with above < silence <= to, where there are enough of them."""
    base, returned = _between(returns, above, to)
    if base < MINIMUM_CUSTOMERS:
        return NotEnough("customers_in_base", base, MINIMUM_CUSTOMERS)
    return wilson(returned, base)


def _word(beyond: Estimate, lapsed_in_month: Estimate | NotEnough) -> Literal["quiet", "lapsed"]:
    """What the silent are called: lapsed only where neither all of them nor the latest mostly return."""
    stay_away = beyond.high is not None and beyond.high < 0.5
    latest_too = isinstance(lapsed_in_month, NotEnough) or lapsed_in_month.value < 0.5
    return "lapsed" if stay_away and latest_too else "quiet"


def _spend_a_returner(returns: pd.DataFrame, lapse_days: int) -> float | None:
    """Mean spend of the returned among those who had lapsed in the month before the cut-off."""
    _, returned = _between(returns, lapse_days, lapse_days + LONGEST_MONTH)
    if "spend" not in returns or returned == 0:
        return None
    silence = returns["silence_days"]
    chosen = returns.loc[(silence > lapse_days) & (silence <= lapse_days + LONGEST_MONTH)]
    return float(chosen["spend"].sum()) / returned


def _bands(returns: pd.DataFrame, edges: list[float]) -> pd.DataFrame:
    """Share returned by band of silence."""
    rows = []
    for above, to in zip(edges, [*edges[1:], math.inf], strict=True):
        base, returned = _between(returns, above, to)
        share = wilson(returned, base)
        if isinstance(share, Estimate):
            last = None if math.isinf(to) else math.floor(to)
            rows.append((math.floor(above), last, base, returned, share.value, share.low, share.high))
    columns = ["silence_above", "silence_to", "customers", "returned", "share", "low", "high"]
    return pd.DataFrame(rows, columns=columns).astype({"silence_to": "Int64"})


def _earlier(counts: pd.DataFrame | None) -> pd.DataFrame:
    """Share returned beyond the window at the earlier cut-offs with enough customers."""
    columns = ["cutoff", "customers", "returned", "share", "low", "high"]
    if counts is None or counts.empty:
        return pd.DataFrame(columns=columns)
    shares = with_shares(counts, successes="returned", base="customers")
    enough = shares.loc[~shares["thin"], columns].reset_index(drop=True)
    return enough.assign(cutoff=pd.to_datetime(enough["cutoff"]).dt.date)
