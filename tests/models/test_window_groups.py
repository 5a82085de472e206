from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from retention_lib.estimates import NotEnough
from retention_lib.models.lapse import LapseWindow, lapse_window
from retention_lib.models.window_groups import window_groups

NOTHING = NotEnough("observations", 1, 2)


def gaps(**days: list[int]) -> pd.DataFrame:
    """Own percentiles by group, all reached, one customer each."""
    rows = [(group, float(day), True, 1) for group, each in days.items() for day in each]
    return pd.DataFrame(rows, columns=["group", "gap_p80", "reached", "customers"])


def store(frame: pd.DataFrame) -> LapseWindow:
    found = lapse_window(frame, customers_known=1000)
    assert isinstance(found, LapseWindow)
    return found


def test_groups_with_a_rhythm_of_their_own_differ_and_small_ones_are_not_judged() -> None:
    frame = gaps(slow=[*range(100, 200)], fast=[*range(1, 101)], few=[500] * 29)
    found = window_groups(frame, window=store(frame), by="category")
    assert found.table["group"].tolist() == ["slow", "fast", "few"]  # longest first, too small to judge last
    assert found.table["lapse"].tolist() == [179, 80, 500]
    assert found.table["at_risk"].tolist() == [149, 50, 500]
    assert found.table["thin"].tolist() == [False, False, True]
    # The store's own is the 80th percentile of all 229, the 184th: 184 - 100 = the 84th of the slow, 183 days.
    assert found.lapse_days == 183
    assert found.table["differs"].tolist() == [False, True, False]
    assert found.differing["group"].tolist() == ["fast"]
    assert found.level == pytest.approx(0.975)  # two are judged


def test_groups_of_the_same_rhythm_do_not_differ() -> None:
    rng = np.random.default_rng(5)
    differing = 0
    for _ in range(100):
        frame = gaps(**{name: [*rng.geometric(0.03, 80)] for name in "abcde"})
        differing += not window_groups(frame, window=store(frame), by="category").differing.empty
    assert differing <= 0.05 * 100 + 2 * np.sqrt(100 * 0.05 * 0.95)


def test_a_group_whose_percentile_is_not_reached_has_a_lower_bound_alone() -> None:
    frame = gaps(fast=[*range(1, 101)], slow=[150] * 100)
    frame.loc[(frame["group"] == "slow") & (frame.index % 2 == 0), "reached"] = False
    found = window_groups(frame, window=store(gaps(fast=[*range(1, 101)])), by="purchases")
    assert found.by == "purchases"
    slow = found.table.set_index("group").loc["slow"]
    assert np.isnan(slow["lapse"])
    assert np.isnan(slow["high"])
    assert found.table["group"].tolist() == ["slow", "fast"]


def test_purchases_of_one_rhythm_have_several_windows_by_arithmetic_and_claim_no_difference() -> None:
    rng = np.random.default_rng(3)
    rows = []
    for days in np.cumsum(rng.exponential(55, (3_000, 40)), axis=1):
        own = np.diff(days[days < 365])
        if len(own) >= 3:
            rows.append(("4-6" if len(own) < 6 else "7-12", max(float(np.quantile(own, 0.8)), 1.0), True, 1))
    frame = pd.DataFrame(rows, columns=["group", "gap_p80", "reached", "customers"])
    found = window_groups(frame, window=store(frame.assign(customers=1).head(1_000)), by="purchases")
    few, many = found.judged.itertuples()
    assert (few.group, many.group) == ("4-6", "7-12")
    assert few.low > many.high  # apart though everybody has the same rhythm
    assert found.table["differs"].isna().all()
    assert found.differing.empty
    assert len(window_groups(frame, window=store(frame.head(1_000)), by="category").differing)


def test_two_groups_are_needed_and_refusals_pass_through() -> None:
    frame = gaps(a=[10] * 40, b=[20] * 29)
    window = store(frame)
    assert window_groups(frame, window=window, by="category") == NotEnough("window_groups", 1, 2)
    empty = pd.DataFrame({"group": [], "gap_p80": [], "reached": [], "customers": []})
    assert window_groups(empty, window=window, by="category") == NotEnough("categories_to_compare", 0, 1)
    assert window_groups(empty, window=window, by="purchases") == NotEnough("window_groups", 0, 2)
    assert window_groups(NOTHING, window=window, by="category") is NOTHING
    assert window_groups(frame, window=NOTHING, by="category") is NOTHING
