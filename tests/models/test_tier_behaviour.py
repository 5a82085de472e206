from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from models import tier_members as made

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.measures import tier_gaps as measured
from retention_lib.models import tier_behaviour as model
from retention_lib.models.tier_behaviour import CHANCE, DRIFT, TierBehaviour, tier_behaviour
from retention_lib.models.tier_rules import tier_rules


def found(rows: pd.DataFrame) -> TierBehaviour:
    result = tier_behaviour(rows, made.pace(), tier_rules(rows))
    assert isinstance(result, TierBehaviour)
    return result


def number(result: Estimate | NotEnough) -> Estimate:
    assert isinstance(result, Estimate)
    assert result.low is not None
    assert result.high is not None
    return result


def test_effort_and_dip_are_found_where_they_are() -> None:
    result = found(made.gaps(1, members=5_000, effort=0.5, dip=-0.4))
    effort, dip, drift = number(result.effort), number(result.dip), number(result.drift)
    assert effort.claimed
    assert effort.low < 0.5 < effort.high
    assert dip.claimed
    assert dip.low < -0.4 < dip.high
    assert drift.low < 0 < drift.high
    assert result.days_gained > result.days_lost > 0
    assert result.table["tier"].tolist() == ["silver", "gold"]
    assert result.table["threshold"].tolist() == [3, 8]
    assert not result.table["thin"].any()


def test_nothing_is_claimed_of_members_who_do_nothing_for_a_tier() -> None:
    # Who leaves, who joins late and who buys seldom are all there: of 20 programmes, one is claimed by chance.
    results = [found(made.gaps(100 + seed, members=700)) for seed in range(20)]
    for side in ("effort", "dip"):
        changes = [number(getattr(result, side)) for result in results]
        assert sum(bool(change.claimed) for change in changes) <= 4  # 99 % of chance
        assert np.mean([change.value for change in changes]) == pytest.approx(0, abs=0.05)
        assert {change.reason for change in changes if not change.claimed} <= {CHANCE, DRIFT}


@pytest.mark.parametrize(("leaving", "nearest"), [(0.0, 1.0), (0.002, 0.85)])
def test_intervals_hold_what_is_true(leaving: float, nearest: float) -> None:
    # Who leaves ends gaps too, which draws changes a little towards nothing: by no more than 15 % of them here.
    sizes = {"effort": 0.4, "dip": -0.3, "leaving": leaving}
    results = [found(made.gaps(5_000 + seed, members=700, **sizes)) for seed in range(15)]
    for side in ("effort", "dip"):
        changes = [number(getattr(result, side)) for result in results]
        held = sum(change.low <= sizes[side] <= change.high for change in changes)  # type: ignore[operator]
        assert held >= 12  # 99.5 % of chance
        mean = np.mean([change.value for change in changes])
        assert nearest - 0.15 <= mean / sizes[side] <= 1.15


def test_gaps_that_shorten_by_themselves_are_no_effort() -> None:
    result = found(made.gaps(3, members=3_000, drift=0.2))
    effort, drift = number(result.effort), number(result.drift)
    assert not effort.low <= 0 <= effort.high  # type: ignore[operator]
    assert not effort.claimed
    assert effort.reason == DRIFT
    assert drift.low > 0  # type: ignore[operator]


def test_a_season_is_taken_off_by_the_clock() -> None:
    # Members buy three times as much from day 305 on, November 2020, so that the later of two gaps is the shorter one.
    rng = np.random.default_rng(4)
    rate = np.where(np.arange(made.DAYS) < 305, 0.015, 0.045)
    rows = made.framed(
        row
        for member in range(1_500)
        for row in made.gap_rows(member, made.START + np.flatnonzero(rng.random(made.DAYS) < rate))
    )
    pace, rules = made.pace(), tier_rules(rows)
    rush = pace.assign(purchases=pace["purchases"] * np.where(pace["month"] == 50 * 12 + 10, 3, 1))
    plain, timed = (tier_behaviour(rows, months, rules) for months in (pace, rush))
    assert number(plain.drift).low > 0  # type: ignore[operator]
    for change in (timed.effort, timed.dip, timed.drift):
        assert number(change).low <= 0 <= number(change).high  # type: ignore[operator]


def test_measure_and_model_look_at_the_same_days_after_a_tier() -> None:
    assert measured.REST_DAYS == model.REST_DAYS == made.REST


def test_doubling_every_gap_changes_nothing() -> None:
    rows = made.gaps(5, members=1_500, effort=0.4)
    both = pd.concat([rows, rows.assign(member=rows["member"] + 10_000)])
    one, two = number(found(rows).effort), number(found(both).effort)
    assert two.value == pytest.approx(one.value, abs=1e-6)
    assert two.n == 2 * (one.n or 0)
    # Twice the members, intervals narrower by the root of two.
    width = [np.log1p(each.high) - np.log1p(each.low) for each in (one, two)]
    assert width[0] / width[1] == pytest.approx(np.sqrt(2), rel=0.05)


def test_too_few_members_and_tiers_without_a_count_are_refused() -> None:
    few = made.gaps(6, members=100)
    refused = tier_behaviour(few, made.pace(), tier_rules(few))
    assert isinstance(refused, NotEnough)
    assert refused.reason == "members_reaching_tier"
    many = made.gaps(7, members=1_000)
    spent = many.assign(orders=np.arange(len(many)) % 7, spend_before=0.0, spend=np.arange(len(many)) + 1.0)
    assert tier_behaviour(spent, made.pace(), tier_rules(spent)) == NotEnough("tier_rule_orders", 0, 90)


def test_what_is_missing_is_handed_on() -> None:
    rows = made.gaps(8, members=300)
    missing = NotEnough("points_known", 0, 1)
    assert tier_behaviour(missing, made.pace(), tier_rules(rows)) is missing
    assert tier_behaviour(rows, missing, tier_rules(rows)) is missing
    assert tier_behaviour(rows, made.pace(), missing) is missing
