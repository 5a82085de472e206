from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from retention_lib.estimates import NotEnough
from retention_lib.models.working_time import WorkingTime, working_time

JANUARY = 50 * 12  # of 2020
FIRST = 18_262  # 1 January 2020, in days since 1970


def clock(*pairs: tuple[int, int]) -> WorkingTime:
    """A clock that starts in January 2020, from purchases in each month after it and in the one before."""
    frame = pd.DataFrame(pairs, columns=["purchases", "before"])
    found = working_time(frame.assign(month=JANUARY + 1 + np.arange(len(frame))))
    assert isinstance(found, WorkingTime)
    return found


def at(*days: int) -> np.ndarray:
    return FIRST + np.array(days)


def test_the_clock_of_steady_buying_counts_days() -> None:
    steady = clock((29, 31), (31, 29), (30, 31))  # as many a day in January (31 days), February (29), March and April
    assert (steady.start, steady.end) == (FIRST, FIRST + 31 + 29 + 31 + 30)
    assert steady.elapsed(at(0), at(10)) == pytest.approx([10])
    assert steady.gap(at(0, 5), at(1, 40)) == pytest.approx([0.5, 34.5])


def test_a_month_with_twice_the_purchases_runs_twice_as_fast() -> None:
    # February twice as fast as January, March as February, April half as fast.
    quick = clock((2 * 29, 31), (31, 29), (30, 2 * 31))
    plain = quick.elapsed(at(0), at(30))
    assert quick.elapsed(at(30), at(30 + 29)) / plain == pytest.approx([2 * 29 / 30])
    # All days of the clock count 1 on average: 61 days at one speed and 60 at twice.
    assert quick.elapsed(at(-1 + 1), at(1)) == pytest.approx([(61 + 60) / (61 + 120)])


def test_the_overlap_is_the_part_of_a_gap_between_two_days() -> None:
    steady = clock((29, 31), (31, 29), (30, 31))
    starts, ends = at(0, 0, 0, 50), at(40, 40, 15, 60)
    found = steady.overlap(starts, ends, at(10, 30, 10, 0), at(20, 60, 40, 30))
    # Days 11 to 20; days 31 to 40, of which the last counts half; 11 to 15, likewise; none.
    assert found == pytest.approx([10, 9.5, 4.5, 0])


def test_faster_months_move_all_later_ones() -> None:
    steady = clock((29, 31), (31, 29), (30, 31))
    faster = steady.faster_from(2, 0.1)
    before, after = at(0), at(70)
    ratio = faster.elapsed(after, after + 5) / faster.elapsed(before, before + 5)
    assert ratio == pytest.approx([np.exp(0.1)])


def test_chance_of_counting_and_missing_months() -> None:
    pace = pd.DataFrame({"month": JANUARY + np.array([1, 2, 4]), "purchases": [29, 31, 30], "before": [31, 29, 31]})
    found = working_time(pace)
    assert isinstance(found, WorkingTime)
    assert found.variances == pytest.approx([0, 1 / 29 + 1 / 31, 1 / 31 + 1 / 29, 0, 1 / 30 + 1 / 31])
    assert found.logs[3] == 0


def test_below_three_months_there_is_no_clock() -> None:
    pace = pd.DataFrame({"month": [600, 601, 602], "purchases": [5, 0, 3], "before": [4, 3, 2]})
    assert working_time(pace) == NotEnough("months_of_history", 2, 3)
    missing = NotEnough("points_known", 0, 1)
    assert working_time(missing) is missing
