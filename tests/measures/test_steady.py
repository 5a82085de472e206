"""Sums that do not depend on the order of rows."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from retention_lib.measures.steady import steady_sum, steady_sums


def test_a_sum_does_not_depend_on_the_order_of_its_parts() -> None:
    rng = np.random.default_rng(2)
    cents = rng.integers(1, 10**5, 100_000)
    plain = {float((rng.permutation(cents) / 100).cumsum()[-1]) for _ in range(5)}
    assert len(plain) > 1
    assert {steady_sum(value) for value in plain} == {int(cents.sum()) / 100}


def test_ten_digits_are_kept_of_large_and_small_sums() -> None:
    values = [0.30000000000000004, 0.0, -12345678901234.5, math.nan, 1.23456789012e-5, 120.0]
    found = steady_sums(pd.DataFrame({"key": "a", "sum": values}), ["sum"])
    expected = [0.3, 0.0, -12345678900000.0, math.nan, 1.23456789e-5, 120.0]
    pd.testing.assert_series_equal(found["sum"], pd.Series(expected, name="sum"), rtol=1e-15)
    assert found["key"].tolist() == ["a"] * 6
