"""Results about what joining the programme changes, with numbers by hand, for sentences and charts."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.impact.joining_checks import JoiningCheck, Kind, joining_checks
from retention_lib.models.impact.member_gap import GapBeside, MemberGap
from retention_lib.models.impact.programme_effect import ProgrammeEffect
from retention_lib.models.impact.segments import SegmentEffects
from retention_lib.models.impact.twins import FEATURES, Twins

DESIGNS = (
    "joined_one_day",
    "before_untested",
    "joined_at_purchases",
    "pretrend_rejected",
    "placebo_rejected",
    "overlap_poor",
)
"""Why no effect may be claimed."""


def estimate(value: float, half: float, *, claimed: bool | None = None, reason: str | None = None) -> Estimate:
    """A value with an interval of a width to each side."""
    p = 0.001 if abs(value) > half else 0.4
    return Estimate(
        value, low=value - half, high=value + half, level=0.95, n=1_000, p=p, claimed=claimed, reason=reason
    )


def effect(
    value: float = 0.15, half: float = 0.05, *, design: str | None = None, costs: bool = True, alone: bool = False
) -> ProgrammeEffect:
    """A thousand members who bought 15 % more for 12 weeks: each 0.3 purchases, 3 of sales and 1.2 of profit a period.

    Args:
        value: The relative effect.
        half: Half of its interval.
        design: Why no effect may be claimed.
        costs: Whether gross profit is known.
        alone: Whether nobody is seen after the first period.
    """
    claimed = design is None and abs(value) > half
    told = {"claimed": claimed, "reason": design or (None if claimed else "effect_not_shown")}
    scale = value / 0.15
    width = half / 0.05
    refused = NotEnough("margin", 0, 1)
    rejected = design in ("joined_at_purchases", "pretrend_rejected")
    return ProgrammeEffect(
        relative=estimate(value, half, **told),
        revenue=estimate(0.9 * value, half, **told),
        gross_profit=estimate(0.8 * value, half, **told) if costs else refused,
        active=estimate(0.9 * value, half, **told),
        purchases_each=estimate(0.3 * scale, 0.1 * width, **told),
        revenue_each=estimate(3.0 * scale, 1.0 * width, **told),
        profit_each=estimate(1.2 * scale, 0.4 * width, **told) if costs else refused,
        incremental_revenue=estimate(9_000.0 * scale, 3_000.0 * width, **told),
        incremental_profit=estimate(3_600.0 * scale, 1_200.0 * width, **told) if costs else refused,
        additive=estimate(0.25 * scale, 0.1 * width),
        by_period=periods(value, half, last=0 if alone else 5),
        by_joining=pd.DataFrame(
            {"joined": [168, 252], "members": [600.0, 400.0], "effect": value, "low": 0.0, "high": 0.3, "p": 0.04}
        ),
        pretrend_p=0.001 if rejected else 0.62,
        placebo=estimate(0.2, 0.05) if design == "placebo_rejected" else estimate(-0.01, 0.05),
        anticipation=estimate(0.01, 0.06),
        steepest=0.02,
        breakdown=2.5 if claimed else 0.0,
        drift=0.05 if claimed else 0.0,
        later=NotEnough("members_with_after", 0, 30) if alone else estimate(0.8 * value, half, **told),
        members=1_000,
        tested=8 if design == "before_untested" else 900,
        controls=4_000,
        facts=facts(at_purchases=design == "joined_at_purchases", days=1 if design == "joined_one_day" else 400),
        outside=0.4 if design == "overlap_poor" else 0.02,
        periods=3,
        periods_seen=2.9,
        design=design,
    )


def periods(value: float, half: float, *, last: int) -> pd.DataFrame:
    """Three periods before joining with nothing to see, and the effect in those after it."""
    rows = []
    for period in range(-3, last + 1):
        at = value if period >= 0 else 0.01
        members = 1_000.0 - 100 * period if period >= 0 else float("nan")
        bands = (at - half, at + half, at - 1.5 * half, at + 1.5 * half)
        rows.append((period, at, *bands, 0.2, 230.0 * (1 + at), 230.0, members))
    names = ("period", "effect", "low", "high", "band_low", "band_high", "p", "purchases", "expected", "members")
    return pd.DataFrame(rows, columns=list(names))


def facts(*, at_purchases: bool = False, days: int = 400) -> pd.DataFrame:
    """Of 1,500 members 1,100 had been customers for 12 weeks before, 300 joined with the first purchase, 90 left."""
    told = {"members": 1_500, "at_first_purchase": 300, "join_days": days, "leavers": 90, "settled": 1_100}
    return pd.DataFrame([{**told, "never": 4_000, "customers": 5_500, "on_purchase_day": 990 if at_purchases else 22}])


def harmful() -> ProgrammeEffect:
    return effect(-0.15)


def by_chance() -> ProgrammeEffect:
    return effect(0.02, 0.05)


def refused(design: str = "joined_at_purchases") -> ProgrammeEffect:
    """An effect of 47 % that may not be told."""
    return effect(0.47, 0.05, design=design)


def check(kind: Kind = "before", **options: object) -> JoiningCheck:
    """One of the checks of an effect."""
    return next(one for one in joining_checks(effect(**options)) if one.kind == kind)  # type: ignore[arg-type]


def gap(*, before: float | None = 0.9) -> MemberGap:
    """Members spend 49 in four weeks and others 17, and buy twice as often as these."""
    return MemberGap(
        member_mean=49.0,
        other_mean=17.0,
        difference=Estimate(32.0, low=30.0, high=34.0, level=0.95, n=5_000, claimed=False, reason="selection"),
        relative=49 / 17 - 1,
        purchases_relative=1.0,
        before=before,
        members=1_000,
        others=4_000,
    )


def beside(told: Estimate | None = None, *, before: float | None = 0.9) -> GapBeside:
    """The gap with the effect beside it."""
    return GapBeside(gap=gap(before=before), effect=told or effect().relative)


def without_effect() -> GapBeside:
    return replace(beside(), effect=None)


def segments(*rows: tuple[str, str, float, float]) -> SegmentEffects:
    """Effects of (dimension, segment, effect, adjusted p), each 10 points wide to both sides as measured."""
    rows = rows or (("early", "0", 0.1, 1.0), ("early", "1", 0.2, 1.0), ("channel", "web", 0.15, 0.8))
    table = pd.DataFrame(rows, columns=["dimension", "segment", "effect", "p_adjusted"])
    shrunk = 0.15 + (table["effect"] - 0.15) / 2
    table = table.assign(
        members=400.0,
        low=table["effect"] - 0.1,
        high=table["effect"] + 0.1,
        shrunk=shrunk,
        shrunk_low=shrunk - 0.06,
        shrunk_high=shrunk + 0.06,
        p=table["p_adjusted"] / 3,
    )
    counts = table.groupby("dimension", sort=False).size()
    dimensions = pd.DataFrame({"dimension": counts.index, "segments": counts.to_numpy(), "spread": 0.05})
    return SegmentEffects(table=table, dimensions=dimensions.assign(heterogeneity_p=0.3), whole=effect().relative)


def differing() -> SegmentEffects:
    return segments(("early", "0", 0.05, 0.01), ("early", "4+", 0.3, 0.02), ("channel", "web", 0.15, 0.9))


def many_segments() -> SegmentEffects:
    return segments(*(("channel", f"a channel number {place}", 0.01 * place, 0.5) for place in range(25)))


def twins(*, worst: float = 0.03, value: float = 0.14) -> Twins:
    """A thousand members beside 3,000 others, worth 1,200 of equal weight."""
    after = [worst, *[0.01] * (len(FEATURES) - 1)]
    return Twins(
        relative=estimate(value, 0.06),
        unweighted=estimate(0.16, 0.06),
        balance=pd.DataFrame({"feature": FEATURES, "before": [0.8, 0.5, 0.4, 0.4, 0.6, -0.3], "after": after}),
        worst=worst,
        effective=1_200.0,
        outside=0.01,
        members=1_000,
        others=3_000,
    )


def unlike() -> Twins:
    return twins(worst=0.4)
