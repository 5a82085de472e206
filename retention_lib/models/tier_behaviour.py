"""Whether members buy more when one order short of a tier, and less after reaching it: their own gaps compared.

Who reaches a tier has just bought, so that before and after cannot be compared as they stand. But where a tier comes
with a fixed number of orders, the gap before the order that reaches it is one gap like any other of the same member:
were nothing done for the tier, it would be as likely the shorter of the two as the longer one (exchangeable). What
must be given up is a pair of which one gap might not have ended within the data: both must fit into the time seen, in
either order. If buying is r times as fast in the gap, r times its length is exchangeable with the other; the r for
which the pairs are in balance is the estimate, those that chance could bring out of balance are its interval. Gaps
are measured on a clock that runs as fast as the same customers buy in each month.

What is estimated is by how much gaps shorten. Where orders follow a rhythm of their own, or members stop buying for
good, gaps shorten by less than the rate of buying rises, so that both changes are told rather too small than too large.

References:
    Robins and Tsiatis (1991), Correcting for non-compliance in randomized trials using rank preserving structural
        failure time models, Communications in Statistics - Theory and Methods 20 (the test inverted over r, and
        censoring anew on the changed scale).
    Wang and Chang (1999), Nonparametric estimation of a recurrent survival function, JASA 94 (gaps of the same person,
        the last one censored, are not exchangeable; those that ended are).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.intervals import normal_quantile
from retention_lib.models.tier_rules import NEEDED_SHARE, TierRules
from retention_lib.models.working_time import WorkingTime, working_time

Floats = NDArray[np.float64]

NEEDED_MEMBERS = 100
"""Members (count) with a pair of gaps below which nothing is said."""

FEW = 30
"""Members (count) below which a single tier is not judged."""

REST_DAYS = 30
"""How long after reaching a tier members are looked at (days)."""

DRIFT, DRIFT_UNKNOWN, CHANCE = "tier_drift", "tier_drift_unknown", "not_significant"
"""Why a claim is withheld: gaps change with the number of orders anyway, this cannot be checked, or by chance."""

_DRIFT_LEVEL = 0.99
_RATES = np.exp(np.linspace(-2.3, 2.3, 231))
_STEP = 0.02


@dataclass(frozen=True, kw_only=True, eq=False)
class TierBehaviour:
    """What members do around tiers that come with a number of orders.

    Attributes:
        effort: Change of the rate of buying when one order short of a tier, relative (0.4: 40 % faster).
        dip: Change of the rate in the 30 days after reaching one, relative; the order that reached it does not count.
        drift: The same between two gaps in a row, of which neither has to do with a tier; 0 but for chance where gaps
            can be compared. At 99 %.
        days_gained: How many days sooner the order that reaches a tier comes, on average over who reached one.
        days_lost: How many days of buying the 30 days after cost on average, of those who ordered again.
        rest_days: Days looked at after reaching a tier.
        members: Members with an order that reached a tier (count).
        table: One row a tier: `tier`, `threshold` (orders), `effort`, `effort_low`, `effort_high`, `effort_members`
            (with a pair of gaps; count), likewise for `dip`, `thin` (either has fewer than 30); NaN where too few.
    """

    effort: Estimate | NotEnough
    dip: Estimate | NotEnough
    drift: Estimate | NotEnough
    days_gained: float
    days_lost: float
    rest_days: int
    members: int
    table: pd.DataFrame

    def to_frame(self) -> pd.DataFrame:
        """The table by tier."""
        return self.table


@dataclass(frozen=True, kw_only=True, eq=False)
class _Pairs:
    """Pairs of gaps of one member; arrays over pairs, in days of the working time.

    Attributes:
        member: Number of the member.
        special, other: Lengths of the two.
        special_touched, other_touched: How much of each is touched by what is looked for.
        room: How long the two may be together to fit into the data in either order.
        limit: How long from the start of a gap is looked at, at rate 1.
    """

    member: NDArray[np.int64]
    special: Floats
    other: Floats
    special_touched: Floats
    other_touched: Floats
    room: Floats
    limit: float

    def balance(self, rate: float) -> Floats:
        """How much longer the special gap is than the other, if buying is `rate` times as fast where it is touched.

        Changes its sign where the two change places, and so is 0 on average at the true rate. It is the score of the
        rate where gaps are exponential, with the member's own rate taken from the sum of the pair.
        """
        special = self.special + (rate - 1) * self.special_touched
        other = self.other + (rate - 1) * self.other_touched
        total, limit = special + other, rate * self.limit
        ended = (other <= limit).astype(float) - (special <= limit)
        score = ended + 2 / total * (np.minimum(special, limit) - np.minimum(other, limit))
        return np.where(total <= min(1.0, rate) * self.room, score, 0.0)

    def usable(self) -> int:
        """Members (count) with a pair that fits at rate 1."""
        return len(np.unique(self.member[self.special + self.other <= self.room]))


def tier_behaviour(
    gaps: pd.DataFrame | NotEnough,
    pace: pd.DataFrame | NotEnough,
    rules: TierRules | NotEnough,
    *,
    level: float = 0.95,
) -> TierBehaviour | NotEnough:
    """The effort before a tier and the dip after it, of tiers that come with a number of orders.

    Args:
        gaps: From `measures.tier_gaps.tier_gaps`.
        pace: From `measures.tier_gaps.month_pace`.
        rules: From `tier_rules.tier_rules`.
        level: Confidence level.

    Returns:
        Both changes with their check; NotEnough("tier_rule_orders") where no tier comes with a number of orders above
        1, NotEnough("months_of_history") below three months to compare, NotEnough("members_reaching_tier") where
        fewer than 100 members have a pair of gaps.
    """
    if isinstance(gaps, NotEnough):
        return gaps
    if isinstance(rules, NotEnough):
        return rules
    clock = working_time(pace)
    if isinstance(clock, NotEnough):
        return clock
    ranks = [rule.rank for rule in rules.by_orders if rule.threshold > 1]
    if not ranks:
        best = max((rule.share for rule in rules.rules if rule.unit is None), default=0.0)
        return NotEnough("tier_rule_orders", round(100 * best), round(100 * NEEDED_SHARE))
    kept = gaps[gaps["rank"].isin(ranks)]
    usable = _effort_pairs(kept, clock).usable()
    if usable < NEEDED_MEMBERS:
        return NotEnough("members_reaching_tier", usable, NEEDED_MEMBERS)
    effort, dip, drift = (
        _rate(kept, clock, pairs, level=level if pairs is not _drift_pairs else _DRIFT_LEVEL)
        for pairs in (_effort_pairs, _dip_pairs, _drift_pairs)
    )
    return TierBehaviour(
        effort=_judged(effort, drift),
        dip=_judged(dip, drift),
        drift=drift,
        days_gained=_days(effort, kept["reached"] - kept["short_start"]),
        days_lost=-_days(dip, (kept["next_end"] - kept["reached"]).clip(upper=REST_DAYS)),
        rest_days=REST_DAYS,
        members=int(kept["member"].nunique()),
        table=_by_tier(kept, clock, rules, level=level),
    )


def _days(change: Estimate | NotEnough, length: pd.Series) -> float:
    """The days of working time by which a change of the rate shifts gaps of a length, on average."""
    mean = float(length.mean())
    return 0.0 if isinstance(change, NotEnough) or math.isnan(mean) else change.value * mean


def _judged(found: Estimate | NotEnough, drift: Estimate | NotEnough) -> Estimate | NotEnough:
    """The change, claimed unless chance or a drift of gaps could be behind it."""
    if isinstance(found, NotEnough):
        return found
    low, high = found.low or 0.0, found.high or 0.0
    if low <= 0 <= high:
        return replace(found, claimed=False, reason=CHANCE)
    if isinstance(drift, NotEnough):
        return replace(found, claimed=False, reason=DRIFT_UNKNOWN)
    drifts = not (drift.low or 0.0) <= 0 <= (drift.high or 0.0)
    return replace(found, claimed=not drifts, reason=DRIFT if drifts else None)


def _by_tier(kept: pd.DataFrame, clock: WorkingTime, rules: TierRules, *, level: float) -> pd.DataFrame:
    rows = []
    for rule in rules.by_orders:
        own = kept[kept["rank"] == rule.rank]
        row: dict[str, Any] = {"tier": rule.tier, "threshold": int(rule.threshold)}
        for name, pairs in (("effort", _effort_pairs), ("dip", _dip_pairs)):
            found = _rate(own, clock, pairs, level=level)
            known = (math.nan,) * 3 if isinstance(found, NotEnough) else (found.value, found.low, found.high)
            row |= dict(zip((name, f"{name}_low", f"{name}_high"), known, strict=True))
            row[f"{name}_members"] = int(found.have if isinstance(found, NotEnough) else found.n or 0)
        rows.append(row | {"thin": min(row["effort_members"], row["dip_members"]) < FEW})
    return pd.DataFrame(rows)


def _rate(
    rows: pd.DataFrame, clock: WorkingTime, pairs: Callable[[pd.DataFrame, WorkingTime], _Pairs], *, level: float
) -> Estimate | NotEnough:
    """The relative change of the rate at which pairs are in balance, and those that chance leaves possible."""
    found = pairs(rows, clock)
    members = found.usable()
    if members < FEW:
        return NotEnough("members_reaching_tier", members, FEW)
    sums = np.array([found.balance(rate) for rate in _RATES])
    of_members = np.array([np.bincount(found.member, weights=each) for each in sums])
    totals, variances = of_members.sum(axis=1), (of_members**2).sum(axis=1)
    middle = _crossing(totals)
    if math.isnan(middle):
        return NotEnough("members_reaching_tier", members, NEEDED_MEMBERS)
    spread = np.sqrt(variances + _clock_variance(rows, clock, pairs, rate=middle))
    z = totals / np.maximum(spread, 1e-12)
    width = normal_quantile(level)
    low, high = _crossing(z + width, near=middle), _crossing(z - width, near=middle)
    low, high = (_RATES[0] if math.isnan(low) else low), (_RATES[-1] if math.isnan(high) else high)
    p = math.erfc(abs(float(z[len(_RATES) // 2])) / math.sqrt(2))
    return Estimate(middle - 1, low=min(low, middle) - 1, high=max(high, middle) - 1, level=level, n=members, p=p)


def _crossing(values: Floats, *, near: float = 1.0) -> float:
    """The rate at which a curve over `_RATES` rises through 0, the one nearest to a rate; NaN where there is none."""
    places = np.flatnonzero((values[:-1] < 0) & (values[1:] >= 0))
    if not len(places):
        return math.nan
    logs = np.log(_RATES)
    place = places[np.abs(logs[places] - math.log(near)).argmin()]
    part = -values[place] / (values[place + 1] - values[place])
    return float(np.exp(logs[place] + part * (logs[place + 1] - logs[place])))


def _clock_variance(
    rows: pd.DataFrame, clock: WorkingTime, pairs: Callable[[pd.DataFrame, WorkingTime], _Pairs], *, rate: float
) -> float:
    """What the chance in the clock's months adds to the variance of the balance (delta method)."""
    plain = pairs(rows, clock).balance(rate).sum()
    moved = [pairs(rows, clock.faster_from(month, _STEP)).balance(rate).sum() for month in range(len(clock.variances))]
    slopes = (np.array(moved) - plain) / _STEP
    return float((slopes**2 * clock.variances).sum())


def _effort_pairs(rows: pd.DataFrame, clock: WorkingTime) -> _Pairs:
    """The gap that ends in reaching the tier, with the clean one before it, and with one well after."""
    special = ("short_start", "reached")
    return _joined(_pair(rows, clock, special, ("before_start", "before_end")), _pair(rows, clock, special, _LATER))


def _drift_pairs(rows: pd.DataFrame, clock: WorkingTime) -> _Pairs:
    """Two clean gaps in a row; of the two, the later one is looked at."""
    before = _pair(rows, clock, ("before_start", "before_end"), ("earlier_start", "earlier_end"))
    return _joined(before, _pair(rows, clock, ("later_end", "latest_end"), _LATER))


def _dip_pairs(rows: pd.DataFrame, clock: WorkingTime) -> _Pairs:
    """The gap after reaching the tier, with the clean one before the last, and with the one that follows."""
    special, limit = ("reached", "next_end"), float(REST_DAYS)
    before = _pair(rows, clock, special, ("before_start", "before_end"), rest_days=limit)
    return _joined(before, _pair(rows, clock, special, ("next_end", "second_end"), rest_days=limit))


_LATER = ("later_start", "later_end")


def _pair(
    rows: pd.DataFrame,
    clock: WorkingTime,
    special: tuple[str, str],
    other: tuple[str, str],
    *,
    rest_days: float = math.inf,
) -> _Pairs:
    """Pairs of two gaps; the whole special one is touched, or of both the days after reaching the tier."""
    ends = rows[[*special, *other]].to_numpy(dtype=float)
    there = (ends < clock.end).all(axis=1) & (ends >= clock.start).all(axis=1)
    days = ends[there].astype(np.int64)
    reached = rows["reached"].to_numpy(dtype=float)[there].astype(np.int64)
    (start, end), (other_start, other_end) = days[:, :2].T, days[:, 2:].T
    lengths, others = clock.gap(start, end), clock.gap(other_start, other_end)
    whole = math.isinf(rest_days)
    rest = reached if whole else reached + int(rest_days)
    first, later = np.minimum(start, other_start), np.maximum(start, other_start)
    first_end = np.minimum(end, other_end)
    return _Pairs(
        member=rows["member"].to_numpy()[there].astype(np.int64),
        special=lengths,
        other=others,
        special_touched=lengths if whole else clock.overlap(start, end, reached, rest),
        other_touched=np.zeros(len(days)) if whole else clock.overlap(other_start, other_end, reached, rest),
        room=clock.elapsed(first, clock.end - 1) - clock.elapsed(first_end, later),
        limit=rest_days,
    )


def _joined(one: _Pairs, other: _Pairs) -> _Pairs:
    """The pairs of both."""
    names = ("member", "special", "other", "special_touched", "other_touched", "room")
    return _Pairs(
        **{name: np.concatenate([getattr(one, name), getattr(other, name)]) for name in names}, limit=one.limit
    )
