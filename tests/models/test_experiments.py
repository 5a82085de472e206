from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from retention_lib.estimates import NotEnough
from retention_lib.models.experiments.sample_ratio import sample_ratio

CUSTOMERS = {"mens": 21307, "womens": 21387, "none": 21306}


def test_sample_ratio_of_hillstrom_is_sound() -> None:
    ratio = sample_ratio(CUSTOMERS)
    assert (round(ratio.statistic, 4), round(ratio.p, 3)) == (0.2025, 0.904)
    assert not ratio.broken


@given(st.lists(st.integers(20, 10**6), min_size=2, max_size=5))
def test_sample_ratio_agrees_with_scipy(counts: list[int]) -> None:
    ratio = sample_ratio({f"arm {n}": count for n, count in enumerate(counts)})
    oracle = chisquare(counts)
    assert ratio.statistic == pytest.approx(oracle.statistic, abs=1e-9)
    assert ratio.p == pytest.approx(oracle.pvalue, abs=1e-12)


def test_sample_ratio_of_a_60_40_split_is_broken_unless_planned() -> None:
    split = {"mail": 600, "none": 400}
    assert sample_ratio(split).broken
    planned = sample_ratio(split, expected={"mail": 3, "none": 2})
    assert (planned.statistic, planned.p) == (0.0, 1.0)
    assert planned.table["expected"].tolist() == [600.0, 400.0]


def test_sample_ratio_counts_a_planned_arm_that_nobody_is_in() -> None:
    assert sample_ratio({"mail": 100}, expected={"mail": 1, "none": 1}).broken


@pytest.mark.parametrize(
    ("counts", "refusal"),
    [
        ({"mail": 100}, NotEnough("arms", 1, 2)),
        ({}, NotEnough("arms", 0, 2)),
        ({"mail": 3, "none": 2}, NotEnough("customers_expected_per_arm", 2.5, 5)),
        ({"mail": 0, "none": 0}, NotEnough("customers_expected_per_arm", 0.0, 5)),
    ],
)
def test_sample_ratio_of_too_little_is_not_enough(counts: dict[str, int], refusal: NotEnough) -> None:
    assert sample_ratio(counts) == refusal
    assert sample_ratio(refusal) is refusal


def test_sample_ratio_refuses_an_arm_that_was_not_planned() -> None:
    with pytest.raises(ValueError, match="planned ratio above 0"):
        sample_ratio({"mail": 50, "none": 50}, expected={"mail": 1})


def test_sample_ratio_reads_a_frame_of_arms_as_it_does_a_mapping() -> None:
    frame = pd.DataFrame({"arm": list(CUSTOMERS), "customers": list(CUSTOMERS.values())})
    ratio = sample_ratio(frame)
    assert (round(ratio.statistic, 4), ratio.customers) == (0.2025, 64_000)
    assert ratio.table["arm"].tolist() == ["mens", "womens", "none"]
    assert ratio.table["share"].sum() == pytest.approx(1)
    assert sample_ratio(frame.iloc[:1]) == NotEnough("arms", 1, 2)
    assert sample_ratio(frame.iloc[:0]) == NotEnough("arms", 0, 2)
    assert sample_ratio(frame, expected={"mens": 1, "womens": 1, "none": 2}).broken


def test_households_are_passed_on() -> None:
    frame = pd.DataFrame({"arm": ["mail", "none"], "customers": [100, 110], "unit": "household"})
    assert (sample_ratio(frame).unit, sample_ratio({"unit": 100, "none": 110}).unit) == ("household", "customer")
