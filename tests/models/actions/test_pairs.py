from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest
from statsmodels.stats.multitest import multipletests

from retention_lib.estimates import NotEnough
from retention_lib.measures.actions.pairs import PairCounts
from retention_lib.models.actions.pairs import ProductPairs, product_pairs


def counts(
    pairs: list[tuple[int, int, int, int]], firsts: list[tuple[int, int, int]], followers: list[tuple[int, int, int]]
) -> PairCounts:
    items = 1 + max(item for item, _, _ in firsts)
    return PairCounts(
        pairs=pd.DataFrame(pairs, columns=["first", "then", "together", "same_day"]),
        firsts=pd.DataFrame(firsts, columns=["item", "size", "looks"]),
        followers=pd.DataFrame(followers, columns=["item", "size", "looks"]),
        names=pd.DataFrame({"item": range(items), "name": [f"p{one}" for one in range(items)], "category": "food"}),
        within_days=14,
        customers=1000,
        of_customers=1000,
        of_items=items,
        by="product_id",
    )


# Of 1,000 looks at three products, 100 are at the first: 40 alone, 40 with one other, 20 with two.
FIRSTS = [(0, 0, 40), (0, 1, 40), (0, 3, 20), (1, 1, 200), (1, 3, 300), (2, 1, 200), (2, 3, 200)]
# The third is with 60 of the 240 looks of one other at the first and second, and with 160 of the 320 of two.
FOLLOWERS = [(0, 1, 80), (0, 3, 250), (1, 1, 120), (1, 3, 210), (2, 1, 60), (2, 3, 160)]


def found(pairs: list[tuple[int, int, int, int]], **asked: float) -> ProductPairs | NotEnough:
    return product_pairs(counts(pairs, FIRSTS, FOLLOWERS), **asked)  # type: ignore[arg-type]


def test_chance_is_what_looks_of_the_same_size_hold() -> None:
    result = found([(0, 2, 45, 30)])
    assert isinstance(result, ProductPairs)
    (row,) = result.table.to_dict("records")
    # 40 x 60/240 + 20 x 160/320 = 20 of 100.
    assert row["expected"] == pytest.approx(0.2)
    assert (row["customers"], row["together"], row["same_day"], row["confidence"]) == (100, 45, 30, 0.45)
    assert row["lift"] == pytest.approx(2.25)
    wilson = binomtest(45, 100).proportion_ci(method="wilson")
    assert (row["low"], row["high"]) == (pytest.approx(wilson.low / 0.2), pytest.approx(wilson.high / 0.2))
    assert row["p"] == pytest.approx(binomtest(45, 100, 0.2, alternative="greater").pvalue)
    assert row["p_adjusted"] == pytest.approx(6 * row["p"])  # six ordered pairs of three products


def test_holm_is_that_of_statsmodels_over_all_pairs_looked_at() -> None:
    pairs = [(0, 2, 35, 0), (0, 1, 60, 0), (1, 2, 240, 0)]
    result = found(pairs, lift=1.0, level=0.999)
    assert isinstance(result, ProductPairs)
    table = result.table.set_index(["first", "then"]).loc[[("p0", "p2"), ("p0", "p1"), ("p1", "p2")]]
    expected = multipletests([*table["p"], 1, 1, 1], method="holm")[1][:3]
    np.testing.assert_allclose(table["p_adjusted"], expected)
    assert (result.looked_at, result.supported, result.passed) == (6, 3, 3)


@pytest.mark.parametrize("asked", [{"support": 46}, {"confidence": 0.46}, {"lift": 2.3}, {"level": 1e-9}])
def test_a_pair_must_show_all_that_is_asked(asked: dict[str, float]) -> None:
    assert isinstance(found([(0, 2, 45, 30)], **asked), NotEnough)


def test_what_is_missing_is_said() -> None:
    assert found([(0, 2, 19, 0)]) == NotEnough("pair_support", 19, 20)
    assert found([]) == NotEnough("pair_support", 0, 20)
    assert found([(0, 2, 21, 0)]) == NotEnough("pairs_found", 0, 1)
    refusal = NotEnough("products_known", 0, 1)
    assert product_pairs(refusal) is refusal


def test_the_strongest_name_two_products_once_in_the_surer_direction() -> None:
    result = found([(0, 2, 45, 0), (2, 0, 300, 0), (0, 1, 60, 0)], lift=1.0)
    assert isinstance(result, ProductPairs)
    assert len(result.table) == 3
    once = result.strongest(5)
    assert sorted(zip(once["first"], once["then"], strict=True)) == [("p0", "p1"), ("p2", "p0")]
    assert len(result.strongest(1)) == 1
    assert list(result.rules.columns) == ["first", "then", "then_category", "together", "confidence", "lift"]
    pd.testing.assert_frame_equal(result.to_frame(), result.table)
