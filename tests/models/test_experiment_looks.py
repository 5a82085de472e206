"""Looks before the end of a test: bounds against published values, and rules by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from retention_lib.estimates import NotAsked, NotEnough
from retention_lib.models.experiments.boundaries import crossing_probability, endless, until_planned
from retention_lib.models.experiments.look_rules import LookRule, rule_of_looks
from retention_lib.models.experiments.sequential import Sequential, sequential
from retention_lib.models.experiments.validity import Check, Validity

START = date(2026, 1, 1)
RULE = LookRule(declared=date(2025, 12, 1), first_day=START, until=date(2026, 4, 1), window_days=28, comparisons=1)


# Bounds


def growthbook(control: tuple[float, float], arm: tuple[float, float]) -> tuple[float, float]:
    """Relative effect and its standard error by the delta method, from mean and squared error of the mean."""
    ratio = arm[0] / control[0]
    return ratio - 1, float(np.sqrt(arm[1] / control[0] ** 2 + control[1] * ratio**2 / control[0] ** 2))


def of_sums(total: float, squares: float, n: int) -> tuple[float, float]:
    return total / n, (squares - total**2 / n) / (n - 1) / n


def of_share(total: int, n: int) -> tuple[float, float]:
    return total / n, total / n * (1 - total / n) / n


@pytest.mark.parametrize(
    ("control", "arm", "tuned_at", "expected"),
    [
        # packages/stats/tests/frequentist/test_tests.py of github.com/growthbook/growthbook: test_sequential_test_runs
        (of_sums(1396.87, 52377.9767, 3000), of_sums(2422.7, 134698.29, 3461), 1_000, (-0.55844, 1.56516, 1.0)),
        # test_sequential_test_runs_prop
        (of_share(1396, 3000), of_share(2422, 3461), 5_000, (0.40098, 0.60675, 0.0)),
    ],
)
def test_endless_bounds_are_those_of_growthbook(
    control: tuple[float, float], arm: tuple[float, float], tuned_at: int, expected: tuple[float, float, float]
) -> None:
    effect, error = growthbook(control, arm)
    mixture = endless(alpha=0.05, tuned_at=tuned_at)
    half = mixture.errors(6_461) * error
    assert (round(effect - half, 5), round(effect + half, 5)) == expected[:2]
    assert mixture.p(effect, error, 6_461) == pytest.approx(expected[2], abs=1e-5)


def test_endless_bounds_are_closest_near_the_units_they_are_tuned_at() -> None:
    # test_sequential_test_tuning_as_expected of the same file
    below, near, above = (endless(alpha=0.05, tuned_at=n).errors(6_461) for n in (10, 6_461, 10_000))
    assert near < above < below


@pytest.mark.parametrize(
    "bounds",
    [
        np.full(2, 2.178),  # Jennison and Turnbull (2000), Group sequential methods, table 2.1: Pocock
        np.full(5, 2.413),
        np.full(10, 2.555),
        2.040 * np.sqrt(5 / np.arange(1, 6)),  # table 2.3: O'Brien and Fleming
        2.087 * np.sqrt(10 / np.arange(1, 11)),
        np.array([1.959964]),
    ],
)
def test_the_chance_to_cross_agrees_with_published_designs(bounds: np.ndarray) -> None:
    assert crossing_probability(bounds) == pytest.approx(0.05, abs=2e-4)


@pytest.mark.parametrize("alpha", [0.05, 0.025, 0.05 / 3])
def test_bounds_until_the_planned_end_spend_their_error_by_then(alpha: float) -> None:
    mixture = until_planned(10_000, alpha=alpha)
    looks = 80
    bounds = np.array([mixture.errors(10_000 * look / looks) for look in range(1, looks + 1)])
    # Fewer looks than the bounds allow for cross a little less often.
    assert 0.85 * alpha < crossing_probability(bounds) <= alpha
    assert mixture.errors(10_000) < endless(alpha=alpha, tuned_at=10_000).errors(10_000)


def test_a_p_value_at_the_bound_is_the_error() -> None:
    mixture = endless(alpha=0.05)
    assert mixture.p(mixture.errors(3_000), 1.0, 3_000) == pytest.approx(0.05)
    assert mixture.p(0.0, 1.0, 3_000) == 1.0


# The rule


class Test:
    """What a rule reads of a test."""

    __test__ = False

    def __init__(self, first_day: date | None = START) -> None:
        self.first_day, self.until, self.reading, self.arms = first_day, RULE.until, RULE, ("none", "mail", "sms")


def test_looks_count_only_where_they_were_agreed_before_the_start() -> None:
    assert isinstance(rule_of_looks(Test(), declared=None), NotAsked)
    assert isinstance(rule_of_looks(Test(), declared=""), NotAsked)
    assert isinstance(rule_of_looks(Test(None), declared="2025-12-01"), NotAsked)
    assert rule_of_looks(Test(), declared="2026-01-01") == NotEnough("looks_declared_late", 0, 0)
    assert rule_of_looks(Test(), declared=date(2026, 1, 9)) == NotEnough("looks_declared_late", 8, 0)
    refusal = NotEnough("arms", 1, 2)
    assert rule_of_looks(refusal, declared="2025-12-01") is refusal
    with pytest.raises(ValueError, match="YYYY-MM-DD"):
        rule_of_looks(Test(), declared="December")


def test_a_rule_shares_its_error_and_its_customers_among_the_arms() -> None:
    rule = rule_of_looks(Test(), declared="2025-12-31", planned_units=9_000)
    assert isinstance(rule, LookRule)
    assert (rule.comparisons, rule.planned, rule.window_days) == (2, 9_000, 28)
    assert rule.bounds(0.95).planned == 6_000  # mail and none, two of three arms
    unplanned = replace(rule, planned=None).bounds(0.95)
    assert (unplanned.planned, round(unplanned.alpha, 6)) == (None, 0.025)


# Looks


def days(count: int, *, n: int = 100, arms: dict[str, int] | None = None) -> pd.DataFrame:
    """So many days of so many customers an arm, of whom so many buy for 1."""
    rows = [
        (START + timedelta(days=day), arm, metric, n, float(bought), float(bought))
        for day in range(count)
        for arm, bought in (arms or {"none": 10, "mail": 30}).items()
        for metric in ("spend", "conversion")
    ]
    return pd.DataFrame(rows, columns=["day", "arm", "metric", "n", "total", "total_squares"])


def looked(frame: pd.DataFrame, rule: LookRule = RULE, **options: Any) -> Sequential:
    found = sequential(frame, control="none", metric="spend", rule=rule, **options)
    assert isinstance(found, Sequential)
    return found


def test_a_look_by_hand() -> None:
    first = looked(days(10)).looks.iloc[0]
    # Seven days: 210 of 700 against 70 of 700, on the day the seventh day's windows close.
    assert (first["day"], first["age"], first["base"], first["control_base"]) == (date(2026, 2, 4), 34, 700, 700)
    assert (first["buyers"], first["effect"]) == (280.0, pytest.approx(0.2))
    error = (0.3 * 0.7 / 699 + 0.1 * 0.9 / 699) ** 0.5
    # rho squared x 1,400 = 7.936 x 1,400 / 5,000 = 2.2221; sqrt(2 x 3.2221 / 2.2221 x ln(sqrt(3.2221) / .05))
    assert first["high"] - first["effect"] == pytest.approx(3.2226 * error, abs=1e-4)


def test_only_closed_windows_are_looked_at() -> None:
    found = looked(days(40), replace(RULE, until=date(2026, 2, 6)))
    assert list(found.looks["day"]) == [date(2026, 2, day) for day in (4, 5, 6)]
    assert found.last_look == date(2026, 2, 6)


def test_no_look_before_seven_days_and_a_hundred_buyers() -> None:
    early = sequential(days(40), control="none", metric="spend", rule=replace(RULE, until=date(2026, 2, 3)))
    assert early == NotEnough("looks_first", 6, 7)
    few = sequential(days(12, arms={"none": 4, "mail": 4}), control="none", metric="spend", rule=RULE)
    assert few == NotEnough("looks_first", 12, 7)
    enough = looked(days(14, arms={"none": 4, "mail": 4}))
    assert list(enough.looks["buyers"]) == [104.0, 112.0]


def test_customers_who_all_came_at_once_are_judged_once() -> None:
    found = sequential(days(6), control="none", metric="spend", rule=RULE)
    assert found == NotEnough("looks_cohorts", 6, 7)


def test_looks_end_with_the_planned_customers() -> None:
    found = looked(days(20), replace(RULE, planned=2_000))
    assert found.looks["base"].iloc[-1] == 1_000


def test_a_gain_is_claimed_from_the_first_look_that_leaves_zero() -> None:
    found = looked(days(20))
    assert (found.winner, found.losers, found.first_crossing) == ("mail", (), date(2026, 2, 4))
    gain = found.effect("mail")
    assert (gain.claimed, gain.reason, gain.n) == (True, None, 4_000)
    assert gain.low is not None
    assert 0 < gain.low < gain.value == pytest.approx(0.2)
    lost = looked(days(20, arms={"none": 30, "mail": 10}))
    assert (lost.winner, lost.losers) == (None, ("mail",))
    with pytest.raises(KeyError, match="no look at arm 'sms'; arms: mail"):
        found.effect("sms")


def test_bounds_never_widen() -> None:
    rng = np.random.default_rng(5)
    frame = days(40, arms={"none": 20, "mail": 24})
    noise = np.repeat(rng.integers(-6, 7, len(frame) // 2), 2)
    looks = looked(frame.assign(total=frame["total"] + noise, total_squares=frame["total"] + noise)).looks
    assert (looks["low"].diff().dropna() >= 0).all()
    assert (looks["high"].diff().dropna() <= 0).all()
    assert (looks["own_low"] <= looks["low"]).all()


def test_looks_that_contradict_one_another_claim_nothing() -> None:
    first = days(30, arms={"none": 10, "mail": 40})
    later = days(60, arms={"none": 60, "mail": 10})
    found = looked(pd.concat([first, later[later["day"] >= START + timedelta(days=30)]]))
    assert (found.effect("mail").claimed, found.effect("mail").reason) == (False, "effect_drifts")


def test_several_arms_have_a_look_each() -> None:
    found = looked(days(20, arms={"none": 10, "mail": 30, "sms": 11}), replace(RULE, comparisons=2))
    assert list(found.summary["arm"]) == ["mail", "sms"]
    assert found.effect("sms").reason == "not_crossed"
    p = found.effect("mail")
    assert p.p is not None
    assert p.p_adjusted == pytest.approx(2 * p.p)


def test_nothing_is_called_in_an_invalid_test_but_an_interim_one_may_be() -> None:
    broken = Validity(checks=(Check(name="sample_ratio_broken", level="stop"),))
    refused = sequential(days(20), control="none", metric="spend", rule=RULE, validity=broken)
    assert refused == NotEnough("sample_ratio_broken", 0, 1)
    running = Validity(checks=(Check(name="interim", level="interim"),))
    assert looked(days(20), validity=running).winner == "mail"


def test_refusals_and_unknown_metrics() -> None:
    refusal = NotEnough("assignment_days", 0, 1)
    assert sequential(refusal, control="none", metric="spend", rule=RULE) is refusal
    assert sequential(days(9), control="none", metric="spend", rule=refusal) is refusal
    assert sequential(days(9), control="none", metric=refusal, rule=RULE) is refusal
    with pytest.raises(ValueError, match="looks need the metric 'profit' by day; there are: spend, conversion"):
        sequential(days(9), control="none", metric="profit", rule=RULE)
