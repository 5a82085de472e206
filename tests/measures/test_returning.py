from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from measures.tables import bought, engine_days, random_sales

from retention_lib.measures.activity import returns_after
from retention_lib.measures.returning import earlier_cutoffs, returns_at

CUTOFFS = [date(2020, month, 1) for month in (6, 7, 8, 9)]


@given(st.integers(0, 2**32), st.integers(1, 90), st.integers(1, 120))
@settings(max_examples=8, deadline=None)
def test_many_cutoffs_at_once_are_each_of_them_alone(seed: int, lapse_days: int, horizon_days: int) -> None:
    purchases = engine_days(random_sales(seed))
    found = returns_at(purchases, CUTOFFS, lapse_days=lapse_days, horizon_days=horizon_days)
    expected = []
    for cutoff in CUTOFFS:
        alone = returns_after(purchases, cutoff=cutoff, horizon_days=horizon_days)
        silent = alone.loc[alone["silence_days"] > lapse_days]
        if len(silent):
            expected.append((cutoff, int(silent["customers"].sum()), int(silent["returned"].sum())))
    assert [(row.cutoff.date(), row.customers, row.returned) for row in found.itertuples()] == expected


def test_silent_means_longer_than_the_window_and_back_means_inside_the_horizon() -> None:
    # On 1 June: ann silent for 31 days, bob for 30, cid for 31 and back on the last day of ten, dan a day too late.
    purchases = bought(
        ann="2020-05-01", bob="2020-05-02", cid="2020-05-01 2020-06-10", dan="2020-05-01 2020-06-11", eve="2020-06-01"
    )
    found = returns_at(purchases, [date(2020, 6, 1)], lapse_days=30, horizon_days=10)
    assert found[["customers", "returned"]].to_numpy().tolist() == [[3, 1]]


def test_no_cutoffs_give_no_rows() -> None:
    assert returns_at(bought(ann="2020-05-01"), [], lapse_days=30, horizon_days=10).empty


@pytest.mark.parametrize(
    ("history_starts", "months"),
    [(date(2017, 4, 30), [5, 6, 7, 8, 9]), (date(2017, 5, 1), [5, 6, 7, 8, 9]), (date(2017, 9, 2), [])],
)
def test_earlier_cutoffs_are_the_month_starts_with_enough_history(history_starts: date, months: list[int]) -> None:
    found = earlier_cutoffs(date(2017, 10, 1), history_starts=history_starts)
    assert found == [date(2017, month, 1) for month in months]


def test_earlier_cutoffs_are_twelve_at_most() -> None:
    found = earlier_cutoffs(date(2017, 10, 1), history_starts=date(2010, 1, 1))
    assert (found[0], found[-1], len(found)) == (date(2016, 10, 1), date(2017, 9, 1), 12)
