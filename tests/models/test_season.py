"""The season of buying and the clock that runs by it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention_lib.estimates import NotEnough
from retention_lib.models.btyd import fit_mbg_nbd
from retention_lib.models.season import Clock, SeasonalIndex, day_number, seasonal_index

_SHAPE = np.array([0.80, 0.85, 1.0, 0.95, 0.9, 0.9, 0.85, 0.9, 1.0, 1.1, 1.25, 1.5])
START, UNTIL = date(2022, 1, 1), date(2025, 1, 1)


def _index(factors: np.ndarray) -> SeasonalIndex:
    told = tuple(float(factor) for factor in factors)
    days = pd.DataFrame({"day": [0], "actual": [1.0], "expected": [1.0]})
    return SeasonalIndex(factors=told, low=told, high=told, level=0.95, shock_sd=0.0, days=days, seasonal=True)


def _store(season: np.ndarray, *, customers: int, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Histories and repeat purchases by day of customers with gamma rates and exponential lives, by a season."""
    rng = np.random.default_rng(seed)
    start, end = day_number(START), day_number(UNTIL)
    length = end - start
    month = (start + np.arange(length)).astype("datetime64[D]").astype("datetime64[M]").astype(int) % 12
    born = rng.integers(0, length, customers)
    rate, leaves = (
        rng.gamma(0.9, 1 / 40, customers),
        born + rng.exponential(1, customers) * rng.gamma(2, 200, customers),
    )
    frequency, last, repeats = np.zeros(customers, dtype=int), born.copy(), np.zeros(length)
    for day in range(length):
        buys = (born < day) & (day < leaves) & (rng.random(customers) < rate * season[month[day]])
        frequency[buys] += 1
        last[buys] = day
        repeats[day] = buys.sum()
    histories = pd.DataFrame({"frequency": frequency, "first_day": born + start, "last_day": last + start})
    return histories, pd.DataFrame({"day_index": np.arange(length), "repeat_purchases": repeats.astype(int)})


@pytest.fixture(scope="module")
def seasonal_store() -> tuple[pd.DataFrame, pd.DataFrame]:
    return _store(_SHAPE, customers=8_000, seed=1)


@pytest.fixture(scope="module")
def found(seasonal_store: tuple[pd.DataFrame, pd.DataFrame]) -> SeasonalIndex:
    index = seasonal_index(*seasonal_store, start=START, until=UNTIL)
    assert isinstance(index, SeasonalIndex)
    return index


def test_a_clock_without_a_season_counts_days() -> None:
    rows = pd.DataFrame({"frequency": [0, 2], "first_day": [10, 3], "last_day": [10, 17]})
    told = Clock(unit_days=7).histories(rows, date(1970, 2, 1))  # the last day seen is number 30
    assert told["recency"].tolist() == [0, 2]
    assert told["T"].tolist() == [20 / 7, 27 / 7]
    ahead = Clock().ahead(date(2024, 2, 28), [date(2024, 2, 28), date(2024, 3, 1), date(2025, 2, 28)])
    assert ahead.tolist() == [0, 2, 366]


def test_distinct_histories_carry_those_they_stand_for() -> None:
    rows = pd.DataFrame({"frequency": [1, 1, 0], "first_day": [0, 0, 5], "last_day": [4, 4, 5]})
    # Day 9 is the last that is seen.
    assert Clock().counted(rows, date(1970, 1, 11)).to_numpy().tolist() == [[1, 4, 9, 2], [0, 0, 4, 1]]
    weighted = Clock().counted(rows.assign(weight=[2.0, 2.0, 3.0]), date(1970, 1, 11))
    assert weighted["customers"].tolist() == [4, 3]


def test_time_is_as_long_as_its_months_say() -> None:
    clock = Clock(index=_index(np.array([0.5, 2.0, *[1.0] * 10])), unit_days=1)
    leap = clock.time(day_number(date(2023, 12, 31)), day_number(date(2024, 2, 29)))
    common = clock.time(day_number(date(2022, 12, 31)), day_number(date(2023, 2, 28)))
    assert leap == pytest.approx(31 * 0.5 + 29 * 2)
    assert common == pytest.approx(31 * 0.5 + 28 * 2)
    week = replace(clock, unit_days=7.0).time(day_number(date(2023, 1, 31)), day_number(date(2023, 2, 7)))
    assert week == pytest.approx(2)
    ahead = clock.ahead(date(2024, 1, 31), [date(2024, 2, 1), date(2024, 2, 3)])
    assert ahead.tolist() == pytest.approx([0.5, 0.5 + 2 * 2])


@given(st.lists(st.integers(0, 40_000), min_size=3, max_size=3), st.floats(0.2, 4))
def test_times_add_up(days: list[int], factor: float) -> None:
    clock = Clock(index=_index(np.array([factor, *[1.0] * 11])))
    first, second, third = sorted(days)
    both = clock.time(first, second) + clock.time(second, third)
    assert clock.time(first, third) == pytest.approx(float(both))
    assert clock.time(third, first) == pytest.approx(-float(both))


def test_a_known_season_is_recovered(found: SeasonalIndex) -> None:
    days = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
    true = _SHAPE / (_SHAPE @ days / 365)
    assert found.seasonal
    assert (found.strongest, found.weakest) == (12, 1)
    assert np.array(found.factors) @ days / 365 == pytest.approx(1)
    assert np.array(found.factors) == pytest.approx(true, abs=0.1)
    inside = (np.array(found.low) <= true) & (true <= np.array(found.high))
    assert inside.sum() >= 10  # of 12 bounds of 95 %
    table = found.to_frame()
    assert table["month"].tolist() == list(range(1, 13))
    assert table["years"].tolist() == pytest.approx([3] * 12, abs=0.1)


def test_stretched_time_mends_the_forecast(
    found: SeasonalIndex, seasonal_store: tuple[pd.DataFrame, pd.DataFrame]
) -> None:
    histories, repeats = seasonal_store
    cutoff, end = date(2024, 11, 1), UNTIL
    in_december = repeats.set_index("day_index")["repeat_purchases"].loc[(cutoff - START).days :].sum()
    errors = []
    for clock in (Clock(), Clock.of(found)):
        model = fit_mbg_nbd(clock.counted(histories, end))
        assert not isinstance(model, NotEnough)
        # What is expected of customers from their first purchases alone, those of the two months' newcomers too.
        born = histories["first_day"].to_numpy()
        reached = [np.maximum(clock.time(born, np.full(born.shape, day_number(day) - 1)), 0) for day in (cutoff, end)]
        expected = model.expected_purchases(reached[1]).sum() - model.expected_purchases(reached[0]).sum()
        errors.append(abs(expected / in_december - 1))
    assert errors[1] < 0.08
    assert errors[0] > 0.15


def test_a_window_leaves_no_trace_in_its_own_season(found: SeasonalIndex) -> None:
    window = (date(2024, 10, 1), UNTIL)
    inside = found.days["day"] >= day_number(window[0])
    tampered = found.days.assign(actual=found.days["actual"].where(~inside, 1e4))
    clean = Clock(index=found).without(*window)
    other = Clock(index=replace(found, days=tampered)).without(*window)
    assert clean.index is not None
    assert other.index is not None
    assert clean.index.factors == other.index.factors
    assert Clock(index=found).without(date(2022, 6, 1), UNTIL).index is None  # too little is left
    assert Clock(unit_days=7).without(*window) == Clock(unit_days=7)


def test_a_steady_store_has_no_season() -> None:
    index = seasonal_index(*_store(np.ones(12), customers=3_000, seed=5), start=START, until=UNTIL)
    assert isinstance(index, SeasonalIndex)
    assert not index.seasonal
    assert index.factors == pytest.approx((1.0,) * 12)
    assert Clock.of(index) == Clock()


def test_rounded_histories_and_those_that_stand_for_many_tell_the_same(
    found: SeasonalIndex, seasonal_store: tuple[pd.DataFrame, pd.DataFrame]
) -> None:
    histories, repeats = seasonal_store
    last = day_number(UNTIL) - 1
    days = {name: last - (last - histories[name] + 3) // 7 * 7 for name in ("first_day", "last_day")}
    rounded = seasonal_index(histories.assign(**days), repeats, start=START, until=UNTIL)
    doubled = seasonal_index(
        histories.assign(weight=2.0),
        repeats.assign(repeat_purchases=repeats["repeat_purchases"] * 2),
        start=START,
        until=UNTIL,
    )
    assert isinstance(rounded, SeasonalIndex)
    assert isinstance(doubled, SeasonalIndex)
    assert rounded.factors == pytest.approx(found.factors, abs=0.01)
    assert doubled.factors == pytest.approx(found.factors, abs=0.02)
    assert doubled.purchases == 2 * found.purchases


def test_two_years_are_needed(seasonal_store: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    index = seasonal_index(*seasonal_store, start=date(2023, 1, 3), until=UNTIL)
    assert index == NotEnough("season_history_days", 729, 730)
    assert Clock.of(index, unit_days=7) == Clock(unit_days=7)
    refused = NotEnough("customers", 0, 1)
    assert seasonal_index(refused, seasonal_store[1], start=START, until=UNTIL) is refused
