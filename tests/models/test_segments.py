from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import fisher_exact
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportions_ztest

from retention_lib.estimates import NotEnough
from retention_lib.models.segments import segment_rates

REGIONS = pd.DataFrame(
    {
        "segment": ["north", "south", "east", "village", "moon"],
        "base": [1000, 800, 400, 12, 0],
        "lost": [100, 80, 90, 9, 0],
        "elsewhere": [10, 8, 9, 1, 0],
    }
)


def test_shares_are_ordered_and_thin_segments_marked() -> None:
    table = segment_rates(REGIONS).table
    assert table["segment"].tolist() == ["village", "east", "north", "south"]
    assert table["thin"].tolist() == [True, False, False, False]
    assert table["share"].tolist() == pytest.approx([0.75, 0.225, 0.1, 0.1])
    assert table["elsewhere"].tolist() == [1, 9, 10, 8]


def test_highest_and_lowest_are_named_among_those_not_thin() -> None:
    rates = segment_rates(REGIONS)
    assert (rates.highest, rates.lowest) == ("east", "south")
    assert rates.overall.value == pytest.approx(279 / 2212)


def test_p_values_are_the_score_tests_against_the_rest_with_holm() -> None:
    table = segment_rates(REGIONS).table.set_index("segment")
    raw = [
        proportions_ztest([lost, 279 - lost], [base, 2212 - base])[1]
        for lost, base in ((90, 400), (100, 1000), (80, 800))
    ]
    expected = multipletests(raw, method="holm")[1]
    assert table.loc[["east", "north", "south"], "p_adjusted"].to_numpy() == pytest.approx(expected)
    assert np.isnan(table.loc["village", "p_adjusted"])
    assert not table.loc["village", "differs"]
    assert table.loc["east", "differs"]


def test_small_expected_counts_take_fishers_exact_test() -> None:
    frame = pd.DataFrame({"segment": ["a", "b"], "base": [40, 60], "lost": [6, 1]})
    expected = fisher_exact([[6, 34], [1, 59]]).pvalue
    table = segment_rates(frame).table
    # Two segments are each other's rest: the same p twice, doubled by Holm.
    assert table["p_adjusted"].tolist() == pytest.approx([2 * expected] * 2)


@pytest.mark.parametrize("lost", [0, 100])
def test_nothing_differs_when_nobody_or_everybody_is_lost(lost: int) -> None:
    frame = pd.DataFrame({"segment": ["a", "b"], "base": [100, 100], "lost": [lost, lost]})
    table = segment_rates(frame).table
    assert table["p_adjusted"].isna().all()
    assert not table["differs"].any()


def test_a_single_segment_has_no_rest_to_differ_from() -> None:
    rates = segment_rates(pd.DataFrame({"segment": ["all"], "base": [100], "lost": [20]}))
    assert not rates.table.loc[0, "differs"]
    assert (rates.highest, rates.lowest) == ("all", "all")


def test_all_thin_names_nobody() -> None:
    rates = segment_rates(REGIONS, minimum_base=5000)
    assert (rates.highest, rates.lowest) == (None, None)
    assert rates.table["p_adjusted"].isna().all()


def test_no_customers_is_not_enough() -> None:
    refusal = NotEnough("customers_in_segments", 0, 1)
    assert segment_rates(REGIONS.loc[REGIONS["base"] == 0]) == refusal
    assert segment_rates(REGIONS.head(0)) == refusal
    assert segment_rates(refusal) is refusal


def test_a_segment_named_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="'north' appears twice"):
        segment_rates(pd.concat([REGIONS, REGIONS.head(1)]))


def test_equal_segments_seldom_differ() -> None:
    # Family-wise error of Holm among ten equal segments: at most 5 %.
    rng = np.random.default_rng(5)
    names = list("abcdefghij")
    frames = (
        pd.DataFrame({"segment": names, "base": 100, "lost": rng.binomial(100, 0.2, size=10)}) for _ in range(250)
    )
    assert np.mean([segment_rates(frame).table["differs"].any() for frame in frames]) <= 0.09


@given(st.lists(st.integers(1, 300).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))), min_size=1))
def test_intervals_bracket_and_totals_hold(rows: list[tuple[int, int]]) -> None:
    frame = pd.DataFrame(rows, columns=["base", "lost"]).assign(segment=[str(n) for n in range(len(rows))])
    rates = segment_rates(frame)
    assert ((rates.table["low"] <= rates.table["share"]) & (rates.table["share"] <= rates.table["high"])).all()
    assert rates.overall.n == frame["base"].sum()
    tested = rates.table["p_adjusted"].dropna()
    assert tested.between(0, 1).all()
