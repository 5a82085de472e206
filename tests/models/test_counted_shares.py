from __future__ import annotations

import pandas as pd
import pytest

from retention_lib.models.counted_shares import with_shares


def test_shares_of_counted_groups() -> None:
    counts = pd.DataFrame({"group": ["a", "b", "c"], "customers": [100, 0, 29], "back": [60, 0, 29]})
    table = with_shares(counts, successes="back", base="customers")
    assert table["group"].tolist() == ["a", "c"]  # of nobody there is no share
    assert table["share"].tolist() == [0.6, 1.0]
    # Wilson's interval of 60 in 100 is 50.2 to 69.1 (statsmodels).
    assert table.loc[0, ["low", "high"]].tolist() == pytest.approx([0.502, 0.691], abs=0.0005)
    assert table["thin"].tolist() == [False, True]


def test_no_groups_have_no_shares() -> None:
    empty = pd.DataFrame({"customers": pd.Series(dtype="int64"), "back": pd.Series(dtype="int64")})
    table = with_shares(empty, successes="back", base="customers")
    assert list(table.columns) == ["customers", "back", "share", "low", "high", "thin"]
    assert table.empty


def test_more_with_the_property_than_customers_is_a_fault() -> None:
    with pytest.raises(ValueError, match="0 <= successes <= base"):
        with_shares(pd.DataFrame({"customers": [3], "back": [4]}), successes="back", base="customers")
