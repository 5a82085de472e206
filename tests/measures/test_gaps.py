from __future__ import annotations

from collections import Counter
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from measures.tables import bought, engine_days, random_sales

from retention_lib.measures.gaps import customers_between, gap_percentiles, purchase_episodes

YEAR = {"start": date(2020, 1, 1), "end": date(2021, 1, 1)}


def own_gaps(orders: pd.DataFrame) -> dict[str, np.ndarray]:
    """Days between the distinct purchase days of each customer within 2020."""
    day = orders["ordered_at"].dt.normalize()
    seen = orders.assign(day=day)[(day >= "2020-01-01") & (day < "2021-01-01")]
    days = {name: np.sort(group["day"].unique()) for name, group in seen.groupby("customer_id")}
    return {name: np.diff(each).astype("timedelta64[D]").astype(int) for name, each in days.items()}


@given(st.integers(0, 2**32), st.sampled_from([0.5, 0.8, 0.95]))
@settings(max_examples=6, deadline=None)
def test_gap_percentiles_are_numpys_per_customer(seed: int, percentile: float) -> None:
    orders = random_sales(seed)
    gaps = [each for each in own_gaps(orders).values() if len(each) >= 3]
    expected = Counter(round(float(np.percentile(each, 100 * percentile)), 6) for each in gaps)
    found = gap_percentiles(engine_days(orders), percentile=percentile, **YEAR)
    assert found["gap_p80"].tolist() == pytest.approx(sorted(expected))
    assert found["customers"].tolist() == [expected[gap] for gap in sorted(expected)]


def test_three_gaps_need_four_purchases() -> None:
    # ann: gaps 1, 2, 3; 80th percentile 2 + 0.6 * 1 = 2.6. bob has two gaps, cid four of 10.
    purchases = bought(
        ann="2020-03-01 2020-03-02 2020-03-04 2020-03-07",
        bob="2020-03-01 2020-03-02 2020-03-04",
        cid="2020-03-01 2020-03-11 2020-03-21 2020-03-31 2020-04-10",
    )
    assert gap_percentiles(purchases, **YEAR).to_dict("records") == [
        {"gap_p80": 2.6, "customers": 1},
        {"gap_p80": 10.0, "customers": 1},
    ]
    assert gap_percentiles(purchases, minimum_gaps=2, **YEAR)["customers"].sum() == 3


def test_a_gap_over_the_edge_of_the_look_back_does_not_count() -> None:
    # Inside 2020: 1, 2 and 4 January; the gaps to 2019 and to 2021 lie half outside.
    purchases = bought(ann="2019-12-31 2020-01-01 2020-01-02 2020-01-04 2021-01-01")
    assert gap_percentiles(purchases, **YEAR).empty
    assert gap_percentiles(purchases, start=date(2019, 12, 31), end=date(2021, 1, 1))["gap_p80"].tolist() == [1.6]


def test_customers_between_is_half_open_and_counts_each_once() -> None:
    purchases = bought(
        ann="2020-01-01 2020-06-01", bob="2020-12-31", cid="2021-01-01", dan="2019-12-31", eve="2019-01-01 2021-03-01"
    )
    assert customers_between(purchases, **YEAR) == 2
    assert customers_between(purchases, start=date(2022, 1, 1), end=date(2023, 1, 1)) == 0


def test_an_episode_ends_with_the_next_purchase_or_is_censored_at_the_end() -> None:
    purchases = bought(
        ann="2019-06-01 2020-01-10 2020-01-15 2020-12-01",  # the first of the year and the one after: 5 days
        bob="2020-03-01 2020-03-06",
        cid="2020-12-22",  # ten days to the end, nothing seen
        dan="2020-12-22 2021-01-01",  # the next purchase is on the first day not seen
        eve="2020-12-31",
        fay="2019-12-31",  # nothing in the year
    )
    assert purchase_episodes(purchases, **YEAR).to_dict("records") == [
        {"days": 1, "observed": False, "customers": 1},
        {"days": 5, "observed": True, "customers": 2},
        {"days": 10, "observed": False, "customers": 2},
    ]
