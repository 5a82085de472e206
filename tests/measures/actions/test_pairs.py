from __future__ import annotations

import math
from collections import defaultdict

import pandas as pd
import pytest
from measures.actions.product_sales import engine_items, random_days, read

from retention_lib.estimates import NotEnough
from retention_lib.measures.actions.pairs import FEWEST_TOGETHER, PairCounts, pair_counts


def counted(rows: list[str], *, within_days: int = 14) -> PairCounts:
    found = pair_counts(read(rows), within_days=within_days)
    assert isinstance(found, PairCounts)
    return found


def named(found: PairCounts) -> dict[tuple[str, str], tuple[int, int]]:
    """Together and same day by pair."""
    names = dict(zip(found.names["item"], found.names["name"], strict=True))
    return {(names[row.first], names[row.then]): (row.together, row.same_day) for row in found.pairs.itertuples()}


def test_what_follows_a_first_purchase_within_the_days_is_counted_once() -> None:
    rows = []
    for place in range(8):
        who = f"c{place}"
        # Filters on the day of the coffee for five, fourteen days later for two, fifteen days later for one.
        later = "01" if place < 5 else "15" if place < 7 else "16"
        rows += [f"{who} 2026-03-01 coffee", f"{who} 2026-03-{later} filters", f"{who} 2026-05-01 coffee,filters"]
    found = counted(rows)
    # After the first filters, the coffee of the day before does not count; of the five on one day it does.
    assert named(found) == {("coffee", "filters"): (7, 5), ("filters", "coffee"): (5, 5)}
    assert found.customers == found.of_customers == 8


def test_looks_of_the_last_days_are_left_out() -> None:
    rows = [f"c{place} 2026-06-{17 if place < 6 else 16:02d} tea,honey" for place in range(12)]
    found = counted(rows, within_days=14)
    assert named(found) == {("tea", "honey"): (6, 6), ("honey", "tea"): (6, 6)}
    assert found.firsts["looks"].tolist() == [6, 6]


@pytest.mark.parametrize("seed", range(4))
def test_counts_agree_with_a_count_by_hand(seed: int) -> None:
    frame = random_days(seed, customers=60, most=14)
    items = engine_items(frame)
    found = pair_counts(items, within_days=10)
    assert isinstance(found, PairCounts)
    names = dict(zip(found.names["name"], found.names["item"], strict=True))
    together: dict[tuple[int, int], int] = defaultdict(int)
    same: dict[tuple[int, int], int] = defaultdict(int)
    firsts: dict[tuple[int, int], int] = defaultdict(int)
    followers: dict[tuple[int, int], int] = defaultdict(int)
    for _, own in frame.groupby("customer"):
        days: dict[int, list[int]] = defaultdict(list)
        for row in own.itertuples():
            days[names[f"p{row.product}"]].append(-int(row.day))
        for item, on in days.items():
            begun = min(on)
            if begun >= -10:
                continue
            after = {other: [day for day in theirs if begun <= day <= begun + 10] for other, theirs in days.items()}
            others = {other for other, inside in after.items() if inside and other != item}
            size = math.floor(2 * math.log2(len(others))) + 1 if others else 0
            firsts[item, size] += 1
            for other in others:
                together[item, other] += 1
                same[item, other] += begun in after[other]
                followers[other, size] += 1
    kept = {pair: (count, same[pair]) for pair, count in together.items() if count >= FEWEST_TOGETHER}
    pairs = found.pairs
    assert {(row.first, row.then): (row.together, row.same_day) for row in pairs.itertuples()} == kept
    for table, expected in ((found.firsts, firsts), (found.followers, followers)):
        assert dict(zip(zip(table["item"], table["size"], strict=True), table["looks"], strict=True)) == expected


def test_only_the_commonest_products_are_looked_at() -> None:
    frame = random_days(1, customers=80)
    found = pair_counts(engine_items(frame), most_items=3)
    assert isinstance(found, PairCounts)
    assert found.names["item"].tolist() == [0, 1, 2]
    assert set(found.pairs["first"]) | set(found.pairs["then"]) <= {0, 1, 2}
    assert found.of_items == 6


def test_too_short_a_time_says_so() -> None:
    rows = [f"c{place} 2026-06-25 tea,honey" for place in range(6)]
    assert pair_counts(read(rows), within_days=14) == NotEnough("pairs_days", 6, 15)
    refusal = NotEnough("products_known", 0, 1)
    assert pair_counts(refusal) is refusal


def test_the_frame_is_that_of_the_pairs() -> None:
    found = pair_counts(engine_items(random_days(2)))
    assert isinstance(found, PairCounts)
    pd.testing.assert_frame_equal(found.to_frame(), found.pairs)
