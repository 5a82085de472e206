from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from models.actions.habit_counts import grid

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.actions.favourites import (
    around_hours,
    base_of_hours,
    base_of_weekdays,
    best_hour,
    best_weekday,
    favourite_hours,
    favourite_weekdays,
    met_around,
    met_on,
    paired_gain,
    spread_over_hours,
    strength,
)

EVERY = np.arange(24)
EVEN = np.full(24, 1 / 24)


def once(*hours: int) -> np.ndarray:
    """One customer who did something at these hours."""
    return np.bincount(hours, minlength=24)[None, :]


def test_spread_goes_round_the_clock() -> None:
    spread = spread_over_hours(once(23))[0] * 9
    assert {hour: round(float(part)) for hour, part in enumerate(spread) if part} == {21: 1, 22: 2, 23: 3, 0: 2, 1: 1}


def test_around_counts_two_hours_before_and_two_after() -> None:
    # what was done at 23 lies around sendings at 22, 23, 0 and 1 o'clock
    assert np.flatnonzero(around_hours(once(23))[0]).tolist() == [0, 1, 22, 23]


@given(st.integers(0, 23), st.integers(0, 23))
def test_a_moment_is_met_by_a_message_within_two_hours(moment: int, sent: int) -> None:
    # a moment lies somewhere in its hour: it is met where both ends of that hour are
    apart = (moment - sent) % 24
    assert met_around(once(moment), np.array([sent])) == float(apart in {0, 1, 22, 23})


def test_shares_met_by_hand() -> None:
    then = np.vstack([once(9, 9, 12, 20), once(8)])
    assert met_around(then, np.array([10, 20])).tolist() == [0.5, 0.0]
    assert met_on(np.array([[1, 0, 0, 0, 0, 3, 0], [0, 2, 0, 0, 0, 0, 0]]), np.array([6, 1])).tolist() == [0.75, 0.0]


def test_favourite_hour_lies_amid_the_own_moments() -> None:
    # 17 and 20: only 19 has both inside its two hours before and two after; 23 and 0 o'clock meet at midnight
    found = favourite_hours(np.vstack([once(17, 20), once(23, 0)]), EVEN, strength=0.5, allowed=EVERY)
    assert found.tolist() == [19, 0]


def test_favourite_hour_is_everybodys_where_little_is_known() -> None:
    base = np.zeros(24)
    base[20] = 1.0
    known = np.vstack([once(8), once(*[8] * 30)])
    found = favourite_hours(known, base, strength=10.0, allowed=EVERY)
    assert [abs(int(hour) - 20) <= 2 for hour in found] == [True, False]
    assert abs(int(found[1]) - 8) <= 2


def test_favourite_hour_is_one_of_those_allowed() -> None:
    found = favourite_hours(np.vstack([once(23, 23), once(7, 7)]), EVEN, strength=0.5, allowed=np.arange(9, 21))
    assert found.tolist() == [20, 9]


def test_favourite_weekday_of_equal_ones_is_the_first() -> None:
    own = np.array([[0, 2, 0, 0, 2, 0, 0], [0, 0, 0, 0, 0, 0, 0]])
    assert favourite_weekdays(own, np.array([0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.4]), strength=1.0).tolist() == [2, 7]


def test_strength_is_small_where_customers_differ_and_large_where_they_do_not() -> None:
    rng = np.random.default_rng(3)
    hour = rng.integers(0, 24, 400)
    loyal = np.zeros((400, 24), dtype=np.int16)
    loyal[np.arange(400), hour] = 4
    alike = rng.multinomial(4, EVEN, 400)
    assert strength(loyal, loyal.sum(axis=0) / 1600, round_the_clock=True) == 0.5
    assert strength(alike, alike.sum(axis=0) / 1600, round_the_clock=True) >= 100
    assert strength(loyal[:29], EVEN, round_the_clock=True) == 10.0


def test_paired_gain_by_hand() -> None:
    # differences of 1 for half of 40 customers and of 0 for the others: sd sqrt(10 / 39), Student's 2.0227
    own, base = np.array([1.0, 0.5] * 20), np.array([0.0, 0.5] * 20)
    gain = paired_gain(own, base)
    assert isinstance(gain, Estimate)
    assert (gain.value, gain.n) == (0.5, 40)
    half = 2.0227 * (10 / 39 / 40) ** 0.5
    assert (gain.low, gain.high) == (pytest.approx(0.5 - half, abs=1e-4), pytest.approx(0.5 + half, abs=1e-4))


def test_paired_gain_needs_thirty() -> None:
    assert paired_gain(np.ones(29), np.zeros(29)) == NotEnough("customers_at_it_again", 29, 30)
    alike = paired_gain(np.ones(30), np.ones(30))
    assert (alike.value, alike.low) == (0.0, None)


def test_paired_gain_interval_covers() -> None:
    rng = np.random.default_rng(5)
    covered = 0
    for _ in range(1_000):
        kind = rng.choice(4, size=60, p=[0.15, 0.07, 0.3, 0.48])
        gain = paired_gain(np.isin(kind, (0, 2)).astype(float), np.isin(kind, (1, 2)).astype(float))
        assert isinstance(gain, Estimate)
        assert gain.low is not None
        assert gain.high is not None
        covered += gain.low <= 0.08 <= gain.high
    assert 0.93 <= covered / 1_000 <= 0.97


def test_bases_and_the_best_of_all() -> None:
    moments = grid(("purchases", 6, 20, 3), ("purchases", 6, -1, 4), ("purchases", 1, 9, 1), ("machines", 2, 9, 50))
    hours = base_of_hours(moments, "purchases", "moments")
    assert (hours[20], hours[9], hours.sum()) == (0.75, 0.25, 1.0)
    assert base_of_weekdays(moments, "moments").tolist() == [0.125, 0, 0, 0, 0, 0.875, 0]
    # around 19, 20, 21 and 22 lie the same orders
    assert best_hour(hours, EVERY) == 19
    assert best_hour(hours, np.arange(9, 19)) == 9
    assert best_weekday(base_of_weekdays(moments, "moments")) == 6


def test_the_best_of_nothing() -> None:
    nothing = base_of_hours(grid(), "openings", "moments")
    assert (best_hour(nothing, EVERY), best_hour(nothing, np.array([12, 13]))) == (10, 12)
    assert best_weekday(base_of_weekdays(grid(), "moments")) == 0
