from __future__ import annotations

import numpy as np
import pytest
from measures.actions.product_sales import engine_items, random_days, read

from retention_lib.estimates import NotEnough
from retention_lib.measures.actions.intervals import GapCounts, gap_counts


def test_gaps_lie_between_purchases_of_the_same_product_by_the_same_customer() -> None:
    rows = [f"c{place} 2026-01-01 milk" for place in range(5)]
    rows += ["c0 2026-01-08 milk", "c0 2026-01-18 milk", "c1 2026-01-08 milk", "c2 2026-01-01 tea"]
    rows += [f"c{place} 2026-02-01 tea" for place in range(5)]
    found = gap_counts(read(rows))
    assert isinstance(found, GapCounts)
    assert found.gaps.to_numpy().tolist() == [[0, 7, 2], [0, 10, 1], [1, 31, 1]]
    milk = found.products.set_index("name").loc["milk"]
    assert (milk["buyers"], milk["customers"], milk["gaps"], milk["gaps_squared"]) == (5, 2, 3, 5)
    logs = np.log([7.0, 10.0])
    assert milk["log_within"] == pytest.approx(((logs - logs.mean()) ** 2).sum())
    assert milk["log_sum"] == pytest.approx(logs.sum() + logs[0])
    assert milk["log_squares"] == pytest.approx(2 * logs.mean() ** 2 + logs[0] ** 2)


@pytest.mark.parametrize("seed", range(3))
def test_gaps_agree_with_a_count_by_hand(seed: int) -> None:
    frame = random_days(seed)
    items = engine_items(frame)
    found = gap_counts(items)
    assert isinstance(found, GapCounts)
    gaps = frame.sort_values("day", ascending=False).groupby(["product", "customer"])["day"].diff().dropna().abs()
    kept = gaps[gaps <= items.period_days // 2]
    assert found.gaps["gaps"].sum() == len(kept) == found.products["gaps"].sum()
    assert (found.gaps["gap_days"] * found.gaps["gaps"]).sum() == kept.sum()


def test_the_products_bought_again_most_often_are_kept() -> None:
    found = gap_counts(engine_items(random_days(3)), most_products=2)
    assert isinstance(found, GapCounts)
    assert len(found.products) == 2
    assert set(found.gaps["item"]) == set(found.products["item"])


def test_nothing_bought_twice_says_so() -> None:
    rows = [f"c{place} 2026-01-01 milk" for place in range(5)]
    assert gap_counts(read(rows)) == NotEnough("products_bought_again", 0, 1)
