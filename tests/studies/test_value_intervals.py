"""The study of intervals: its stores, a small case of each kind, and its figures."""

from __future__ import annotations

from typing import Any

import pytest
from studies.value_intervals import CASES, FIGURES, Seen, failures, figures, held, simulation_of

from retention_lib.measures.purchases import purchase_days


def test_half_of_the_stores_are_steady() -> None:
    steady, seasonal = simulation_of(0), simulation_of(CASES - 1)
    assert (steady.sizes.season, steady.sizes.price_rise, steady.sizes.programme_effect) == (0, 0, 0)
    assert steady.sizes.monthly_shock == seasonal.sizes.monthly_shock > 0
    assert seasonal.sizes.season > 0
    assert (steady.months, seasonal.months) == (36, 48)


def test_what_happened_is_what_the_known_bought_after_the_day() -> None:
    seen = Seen.of(simulation_of(1, customers=1_000))
    after = seen.happened(365)
    days = purchase_days(seen.store.table("transactions"), until=simulation_of(1).until).to_pandas()
    first = days.groupby("customer_id")["day"].min()
    bought = days.assign(first=days["customer_id"].map(first))
    start = str(seen.until)
    told = bought[(bought["first"].astype(str) < start) & (bought["day"].astype(str) >= start)]
    # An order refunded in full in the last days tells the two apart, and the last day, which `until` leaves out.
    assert after["holdout_purchases"].sum() == pytest.approx(len(told), rel=0.02)


@pytest.mark.parametrize("case", [0, CASES // 2])
def test_a_small_store_is_forecast_with_intervals(case: int) -> None:
    told = held(case, customers=1_500)
    for name in ("purchases_6", "purchases_12", "revenue_6", "revenue_12"):
        found = told[name]
        assert found["cutoffs"] >= 5
        assert 0.05 < found["width"] < 1.5
        assert isinstance(found["held"], bool)
        assert 0.5 < found["expected"] / found["actual"] < 2


def _case(number: int, *, width: float = 0.2, **missed: bool) -> dict[str, Any]:
    names = ("purchases_6", "purchases_12", "revenue_6", "revenue_12")
    return {"case": number} | {name: {"held": not missed.get(name, False), "width": width} for name in names}


def test_figures_count_the_stores_whose_intervals_hold() -> None:
    results = [
        *(_case(number, width=0.1) for number in range(3)),
        _case(3, purchases_12=True),
        {"case": 4, "died": -9},
        *(_case(number, width=0.3) for number in range(CASES // 2, CASES // 2 + 3)),
        _case(CASES - 1, revenue_12=True, revenue_6=True),
    ]
    found = {figure.name: figure for figure in figures(results)}
    assert tuple(found) == FIGURES
    assert found["interval_coverage_purchases"].value == pytest.approx(3 / 5)
    assert found["interval_coverage_revenue"].value == pytest.approx(4 / 5)
    assert found["interval_coverage_seasonal"].value == pytest.approx(7 / 8)
    width = found["interval_width_median"]
    assert (width.value, width.n) == (pytest.approx(0.2), 8)  # .1 three times, .2 twice, .3 three times
    assert [result["case"] for result in failures(results)] == [3, 4, CASES - 1]
