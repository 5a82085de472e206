from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal

import ibis
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lifelines import KaplanMeierFitter
from measures.tables import DAYS, bought, engine_days, random_sales, sales, table

from retention_lib.measures.gaps import (
    customers_between,
    gap_percentiles,
    gap_percentiles_by_category,
    gap_percentiles_by_purchases,
)
from retention_lib.measures.purchases import purchase_days
from retention_lib.measures.sharing import RARE
from retention_lib.models.lapse import lapse_window

YEAR = {"start": date(2020, 1, 1), "end": date(2021, 1, 1)}


def own_days(orders: pd.DataFrame) -> dict[str, np.ndarray]:
    """The distinct purchase days of each customer within 2020, in order."""
    day = orders["ordered_at"].dt.normalize()
    seen = orders.assign(day=day)[(day >= "2020-01-01") & (day < "2021-01-01")]
    return {name: np.sort(group["day"].unique()) for name, group in seen.groupby("customer_id")}


def percentile_of_lifelines(days: np.ndarray) -> tuple[float, bool]:
    """The 80th percentile gap with the days since the last purchase as one more gap, of which no end is seen."""
    gaps = np.diff(days).astype("timedelta64[D]").astype(int)
    silence = (np.datetime64("2020-12-31") - days[-1]).astype("timedelta64[D]").astype(int)
    fitter = KaplanMeierFitter().fit([*gaps, silence], [*(True for _ in gaps), False])
    longest = fitter.percentile(0.2 + 1e-9)  # lifelines compares floats: .8 of five gaps must be reached
    return (float(silence), False) if np.isinf(longest) else (float(longest), True)


@given(st.integers(0, 2**32))
@settings(max_examples=6, deadline=None)
def test_gap_percentiles_are_those_of_lifelines_per_customer(seed: int) -> None:
    orders = random_sales(seed, customers=20)
    expected = Counter(percentile_of_lifelines(days) for days in own_days(orders).values() if len(days) >= 4)
    found = gap_percentiles(engine_days(orders), **YEAR)
    keys = zip(found["gap_p80"].astype(float), found["reached"], strict=True)
    assert dict(zip(keys, found["customers"], strict=True)) == dict(expected)
    assert found.equals(found.sort_values(["gap_p80", "reached"], ignore_index=True))


@pytest.mark.parametrize(
    ("days", "percentile", "reached"),
    [
        # Gaps 1, 2, 3 and a silence of 299 days: three of four are known to be that short, .8 is not reached.
        ("2020-03-01 2020-03-02 2020-03-04 2020-03-07", 299, False),
        # The same gaps and a silence of 2: the shares are 1/4, 2/4, and all of them by 3.
        ("2020-12-23 2020-12-24 2020-12-26 2020-12-29", 3, True),
        # Bought on the last day: nothing is known of the next gap.
        ("2020-12-25 2020-12-26 2020-12-28 2020-12-31", 3, True),
        # Four gaps of 10 and a longer silence: four of five are exactly .8.
        ("2020-03-01 2020-03-11 2020-03-21 2020-03-31 2020-04-10", 10, True),
        # Gaps 1, 2, 3, 40, 50 and a silence of 10: after 3 of 6 the silence leaves .5 to two gaps, .25 each; .75 by 40.
        ("2020-09-16 2020-09-17 2020-09-19 2020-09-22 2020-11-01 2020-12-21", 50, True),
    ],
)
def test_the_running_silence_is_a_gap_without_an_end(days: str, percentile: int, reached: bool) -> None:
    found = gap_percentiles(bought(ann=days), **YEAR).to_dict("records")
    assert found == [{"gap_p80": percentile, "reached": reached, "customers": 1}]


def test_three_gaps_need_four_purchases() -> None:
    purchases = bought(bob="2020-03-01 2020-03-02 2020-03-04", cid="2020-12-01 2020-12-11 2020-12-21 2020-12-31")
    assert gap_percentiles(purchases, **YEAR).to_dict("records") == [{"gap_p80": 10, "reached": True, "customers": 1}]


def test_a_gap_over_the_edge_of_the_look_back_does_not_count() -> None:
    # Inside 2020: 1, 2 and 4 January; the gaps to 2019 and to 2021 lie half outside.
    purchases = bought(ann="2019-12-31 2020-01-01 2020-01-02 2020-01-04 2021-01-01")
    assert gap_percentiles(purchases, **YEAR).empty
    assert gap_percentiles(purchases, start=date(2019, 12, 31), end=date(2021, 1, 1))["customers"].sum() == 1


def test_the_complete_journey_has_the_published_percentiles_and_slower_ones_with_silences(
    journey_days: ibis.Table,
) -> None:
    # Completed gaps alone, interpolated, of households with any gap: quartiles 7.0, 12.4 and 23.5, 90th percentile
    # 44.5 (published). With three gaps at least, steps instead of lines and running silences: 7, 13, 25 and 48.
    found = gap_percentiles(journey_days, start=date(2017, 1, 1), end=date(2018, 1, 1))
    assert (found["customers"].sum(), found.loc[~found["reached"], "customers"].sum()) == (2365, 9)
    curve = KaplanMeierFitter().fit(found["gap_p80"], found["reached"], weights=found["customers"])
    assert [curve.percentile(1 - share) for share in (0.25, 0.5, 0.75, 0.9)] == [7, 13, 25, 48]


def windows(*, look_back: int, life: float = np.inf) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """At-risk and lapse days of 2,000 customers with exponential gaps of log-normal means around 40 days.

    They are seen for `look_back` days and leave after `life` days on average.

    Returns:
        The true values of those the rule can judge, what completed gaps alone say, and what the rule says.
    """
    rng = np.random.default_rng(look_back)
    end = date(2021, 1, 1)
    rows, truth, completed = [], [], []
    for place, mean in enumerate(rng.lognormal(np.log(40), 0.8, 2000)):
        days = np.unique(np.cumsum(rng.exponential(mean, 600)).astype(int))
        days = days[days < min(look_back, rng.exponential(life) if np.isfinite(life) else look_back)]
        rows += [(f"c{place}", end - timedelta(days=look_back - int(day)), Decimal(1)) for day in days]
        if len(days) >= 4:
            truth.append(mean * np.log(5))
            completed.append(np.percentile(np.diff(days), 80))
    gaps = gap_percentiles(table(rows, DAYS), start=end - timedelta(days=look_back), end=end)
    window = lapse_window(gaps, customers_known=2000)
    found = np.array([window.at_risk.value, window.lapse.value])
    return np.quantile(truth, [0.5, 0.8]), np.quantile(completed, [0.5, 0.8]), found


@pytest.mark.parametrize("look_back", [120, 365])
def test_with_running_silences_the_window_is_nearer_to_the_truth(look_back: int) -> None:
    true, naive, found = windows(look_back=look_back)
    assert (naive < true).all()  # long gaps are the ones whose end is not seen
    assert (np.abs(found - true) < 0.6 * np.abs(naive - true)).all()


def test_where_many_leave_the_window_errs_on_the_long_side_and_completed_gaps_on_the_short() -> None:
    # A silence of somebody who has left is taken for a gap still open.
    true, naive, found = windows(look_back=365, life=300)
    assert (naive < true).all()
    assert (true < found).all()


def test_gap_percentiles_by_purchases_tell_the_seldom_from_the_frequent() -> None:
    weekly = " ".join(str(date(2020, 9, 30) + timedelta(days=7 * week)) for week in range(14))
    found = gap_percentiles_by_purchases(
        bought(ann=weekly, bob=weekly, cid=weekly[: 11 * 7 - 1], dan="2020-01-01 2020-04-01 2020-07-01 2020-10-01"),
        **YEAR,
    )
    assert found.to_dict("records") == [
        {"group": "13+", "gap_p80": 7, "reached": True, "customers": 2},
        {"group": "4-6", "gap_p80": 92, "reached": True, "customers": 1},
        {"group": "7-12", "gap_p80": 7, "reached": True, "customers": 1},
    ]


def test_gap_percentiles_by_category_take_the_category_of_most_spend() -> None:
    days = ("2020-12-01", "2020-12-11", "2020-12-21", "2020-12-31")
    tea = [("ann", f"t{place}", f"{day}T10:00", "3", "tea") for place, day in enumerate(days)]
    mixed = [("bob", f"m{place}", f"{day}T10:00", "2", "tea") for place, day in enumerate(days)]
    lines = sales(
        *tea,
        *mixed,
        ("bob", "m0", "2020-12-01T10:00", "9", "pots"),
        ("bob", "m9", "2019-12-01T10:00", "99", "milk"),  # before the look-back
        ("cid", "c0", "2020-12-01T10:00", "9", "tea"),  # too few gaps to be judged
    )
    purchases = purchase_days(lines, until=date(2021, 1, 1))
    found = gap_percentiles_by_category(purchases, lines, fewest=1, **YEAR)
    assert found.to_dict("records") == [
        {"group": "pots", "gap_p80": 10, "reached": True, "customers": 1},
        {"group": "tea", "gap_p80": 10, "reached": True, "customers": 1},
    ]
    rare = gap_percentiles_by_category(purchases, lines, **YEAR)
    assert rare["group"].tolist() == [RARE]


def test_gap_percentiles_by_category_without_categories_are_none() -> None:
    lines = sales(("ann", "1", "2020-12-01T10:00", "3"))
    found = gap_percentiles_by_category(purchase_days(lines, until=date(2021, 1, 1)), lines, **YEAR)
    assert (len(found), list(found.columns)) == (0, ["group", "gap_p80", "reached", "customers"])


def test_customers_between_is_half_open_and_counts_each_once() -> None:
    purchases = bought(
        ann="2020-01-01 2020-06-01", bob="2020-12-31", cid="2021-01-01", dan="2019-12-31", eve="2019-01-01 2021-03-01"
    )
    assert customers_between(purchases, **YEAR) == 2
    assert customers_between(purchases, start=date(2022, 1, 1), end=date(2023, 1, 1)) == 0
