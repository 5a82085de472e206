"""The ultimate redemption rate: by hand where nothing is left to chance, and against pasts with known futures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from models.points_past import COLUMNS, FIRST, month_lengths, month_start, steady_past

from retention_lib.estimates import NotAsked, NotEnough
from retention_lib.models.redemption import Redemption, redemption
from retention_lib.models.season import SeasonalIndex

USED, LOST = (0.1, 0.3, 0.2, 0.05), (0.05, 0.0, 0.1, 1.0)
# Of 1000 points: 100 used and 50 lost; 255 of 850; 119 used and 59.5 lost of 595; 20.825 of 416.5, the rest lost.
IN_THE_END = 0.100 + 0.255 + 0.119 + 0.020825


def told(rows: pd.DataFrame, *, seed: int = 1, **options: float) -> Redemption:
    found = redemption(rows, rng=np.random.default_rng(seed), **options)
    assert isinstance(found, Redemption)
    return found


def long_past(**options: object) -> pd.DataFrame:
    """Three years without chance, in which only the length of months changes anything."""
    return steady_past(USED, LOST, months=36, factors=month_lengths(36), buckets=40, **options)  # type: ignore[arg-type]


def test_open_points_go_on_as_earlier_ones_did() -> None:
    found = told(long_past())
    # January to April 2027 are as long as their means but for two per cent, which the tolerance covers.
    open_points = {36: 850.0, 35: 595.0, 34: 416.5}  # by cohort, counted from 1
    used = {36: 255 + 119 + 20.825, 35: 119 + 20.825, 34: 20.825}
    rows = found.cohorts.set_index(np.arange(1, 37))
    for cohort, points in open_points.items():
        assert rows.loc[cohort, "outstanding"] == pytest.approx(40 * points, rel=0.03)
        assert rows.loc[cohort, "expected"] == pytest.approx(40 * used[cohort], rel=0.03)
        assert rows.loc[cohort, "low"] < rows.loc[cohort, "rate"] < rows.loc[cohort, "high"]
    finished = rows.loc[:33]
    assert finished["finished"].all()
    assert (finished["rate"] == finished["low"]).all()
    assert (finished["rate"] == finished["high"]).all()
    assert rows["rate"].to_numpy() == pytest.approx(IN_THE_END, rel=0.03)
    assert found.rate.value == pytest.approx(IN_THE_END, rel=0.01)
    assert found.rate.value == pytest.approx((found.redeemed + found.expected.value) / found.credited)
    assert found.unused + found.expected.value == pytest.approx(found.outstanding)
    assert found.tail is None
    assert found.ahead["month"].tolist() == ["2027-01", "2027-02", "2027-03"]
    assert found.ahead["expected"].sum() == pytest.approx(found.expected.value, rel=1e-6)


def test_shares_by_age_are_shown() -> None:
    ages = told(long_past()).ages
    assert ages["age"].tolist() == [0, 1, 2, 3]
    assert ages["used"].to_numpy() == pytest.approx(np.array(USED), rel=0.02)
    assert ages["lost"].to_numpy()[:3] == pytest.approx(np.array(LOST[:3]), abs=0.01)


def test_the_season_of_the_store_is_taken_into_account() -> None:
    found = told(long_past())
    factors = tuple(1.3 if month in (0, 1, 2) else 0.9 for month in range(12))
    strong = SeasonalIndex(
        factors=factors, low=factors, high=factors, level=0.95, shock_sd=0.0, days=pd.DataFrame(), seasonal=True
    )
    seasonal = month_lengths(36) * np.array(factors)[(FIRST + np.arange(36)) % 12]
    rows = steady_past(USED, LOST, months=36, factors=seasonal, buckets=40)
    known = redemption(rows, rng=np.random.default_rng(1), season=strong)
    none = redemption(long_past(), rng=np.random.default_rng(1), season=replace(strong, seasonal=False))
    assert isinstance(known, Redemption)
    assert isinstance(none, Redemption)
    assert (known.seasonal, none.seasonal) == (True, False)
    assert none.expected == found.expected
    # In the first three months of the year 1.3 / 0.9 as many are used of those alive, which wears them off faster.
    rise = known.expected.value / known.outstanding / (found.expected.value / found.outstanding)
    assert 1.15 < rise < 1.35


def test_gifts_that_live_short_do_not_bend_points_that_live_long() -> None:
    gifts = steady_past((0.02, 0.0), (0.0, 1.0), months=36, validity=1, credited=4_000, buckets=40)
    late = gifts[gifts["cohort"] >= FIRST + 30]  # the shop began to give them half a year ago
    both, alone = told(pd.concat([long_past(), late])), told(long_past())
    groups = both.groups.set_index("validity")
    assert groups.index.tolist() == [1, 6]
    assert groups.loc[1, "rate"] == pytest.approx(0.02, abs=0.001)
    assert groups.loc[6, "rate"] == pytest.approx(alone.rate.value, rel=0.005)
    assert both.expected.value == pytest.approx(alone.expected.value, rel=0.02)


def test_points_that_never_expire_leave_an_assumption() -> None:
    # Two months of redemptions, then a tenth a month for ever; twelve months are seen.
    rows = steady_past([0.1] * 12, [0.0] * 12, months=12, validity=-1, buckets=40)
    half, none, all_ = told(rows), told(rows, tail_share=0.0), told(rows, tail_share=1.0)
    tail = half.tail
    assert tail is not None
    assert tail.ages == 12
    # Every cohort goes on to the age of twelve months, where 0.9^12 of its points are still alive.
    assert tail.points == pytest.approx(12 * 40 * 1000 * 0.9**12, rel=0.05)
    assert half.expected.value - none.expected.value == pytest.approx(tail.points / 2, rel=0.01)
    assert all_.expected.value - none.expected.value == pytest.approx(tail.points, rel=0.01)
    assert half.expected.low == none.expected.low
    assert half.expected.high == all_.expected.high
    assert (half.expected.high or 0) - (half.expected.low or 0) > tail.points


def test_too_little_is_refused() -> None:
    rows = steady_past(USED, LOST, months=2)
    few = rows.assign(redemptions=(rows["redemptions"] > 0).astype(int))
    rng = np.random.default_rng(1)
    assert redemption(few, rng=rng) == NotEnough("point_redemptions", 6, 100)
    rows["redemptions"] *= 10
    assert redemption(rows, rng=rng) == NotEnough("redemption_months", 2, 4)
    assert redemption(rows.iloc[:0], rng=rng) == NotEnough("point_redemptions", 0, 100)
    refusal, silent = NotEnough("points_known", 0, 1), NotAsked("points_known", 0, 1)
    assert redemption(refusal, rng=rng) is refusal
    assert redemption(silent, rng=rng) is silent
    with pytest.raises(ValueError, match="from 0 to 1, not 2"):
        redemption(rows, rng=rng, tail_share=2)


def past_by_chance(rng: np.random.Generator, *, members: int = 1_500, months: int = 20) -> tuple[pd.DataFrame, float]:
    """Members who get 50 points a month and use all they have at some visits; points live four months.

    Visits follow members' own rates, with shocks that all share. What is used after the end is told too.
    """
    rate = rng.gamma(1.0, 0.12, members)
    shock = np.exp(0.1 * rng.standard_normal(months + 6))
    lots, cells = np.zeros((members, months)), {}
    bucket = np.arange(members) % 50
    ahead = 0.0
    for month in range(months + 6):
        uses = rng.random(members) < 1 - np.exp(-rate * shock[month])
        for cohort in range(min(month + 1, months)):
            age = month - cohort
            credited = 50.0 if age == 0 else 0.0
            lots[:, cohort] += credited
            used = np.where(uses & (age > 0), lots[:, cohort], 0.0)
            lost = np.where(age >= 4, lots[:, cohort] - used, 0.0)
            lots[:, cohort] -= used + lost
            ahead += used.sum() if month >= months else 0.0
            if month < months:
                cells[cohort, age] = (credited, used, lost)
    rows = []
    for (cohort, age), (credited, used, lost) in cells.items():
        sums = [np.bincount(bucket, part, 50) for part in (used, lost, used > 0)]
        size = members / 50
        some = (size, credited * size) if age == 0 else (0, 0.0)
        rows += [(b, 4, FIRST + cohort, age, *some, *(part[b] for part in sums)) for b in range(50)]
    return pd.DataFrame(rows, columns=COLUMNS).assign(until=month_start(FIRST + months)), ahead


def test_intervals_hold_what_is_used_in_the_end() -> None:
    rng, held, error, pasts = np.random.default_rng(17), 0, 0.0, 40
    for _ in range(pasts):
        rows, ahead = past_by_chance(rng)
        expected = told(rows).expected
        held += (expected.low or 0) <= ahead <= (expected.high or 0)
        error += (expected.value / ahead - 1) / pasts
    assert 0.8 <= held / pasts <= 1.0
    assert abs(error) < 0.04
