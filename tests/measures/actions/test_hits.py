from __future__ import annotations

from datetime import date, timedelta
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from measures.actions.product_sales import UNTIL, engine_items, random_days, read

from retention_lib.estimates import NotEnough
from retention_lib.measures.actions.hits import (
    NAMED,
    STEPS,
    TRAITS,
    HitCounts,
    RebuyCounts,
    holdings,
    judged_hits,
    rebuy_counts,
    with_chance,
)
from retention_lib.stores.store import Store

LEARNED_ON = date(2026, 5, 2)


def ranking(**points: float) -> SimpleNamespace:
    """A ranking that knows the constant and points of class 1 of some traits."""
    rows = [("all", 0, -1.0), *((name, 1, value) for name, value in points.items())]
    return SimpleNamespace(table=pd.DataFrame(rows, columns=["trait", "class", "points"]), learned_on=LEARNED_ON)


def test_traits_of_a_product_are_classed() -> None:
    rows = [f"c{place} 2026-01-01 milk" for place in range(5)]
    # Four times, the last ten days before the end, on average 10 days apart; two of the other four never again.
    rows += [
        "c0 2026-01-11 milk",
        "c0 2026-01-21 milk",
        "c0 2026-01-31 milk",
        "c1 2026-01-05 milk",
        "c2 2026-01-05 tea",
    ]
    found = holdings(read(rows).days, date(2026, 2, 10))
    people = read(rows).people
    frame = found.inner_join(people, "number").to_pandas().set_index("customer_id")
    # times 4 -> 3rd step; lately 4 -> 3rd of 1, 2, 3; quiet 10 -> 1st; due 10 / 10 -> 2nd; usual 2 of 5; visits 4.
    assert frame.loc["c0", list(TRAITS)].tolist() == [3, 3, 1, 2, 7, 3]
    # once, 40 days ago: no interval of one's own.
    assert frame.loc["c3", list(TRAITS)].tolist() == [0, 1, 4, 0, 7, 1]
    assert frame.loc["c0", "since"] == 10


def test_what_was_bought_again_is_counted_by_class() -> None:
    frame = random_days(5, customers=50, days=200, most=40)
    found = rebuy_counts(engine_items(frame))
    assert isinstance(found, RebuyCounts)
    assert found.cut == UNTIL - timedelta(days=30)
    before, month = frame[frame["day"] > 30], frame[frame["day"] <= 30]
    active = before.loc[before["day"] <= 120, "customer"].unique()
    held = before[before["customer"].isin(active)][["customer", "product"]].drop_duplicates()
    again = held.merge(month[["customer", "product"]].drop_duplicates())
    assert (found.table["pairs"].sum(), found.table["bought"].sum()) == (len(held), len(again))
    assert found.customers == len(active)
    assert found.table["times"].max() <= len(STEPS["times"])
    assert not found.table.duplicated(list(TRAITS)).any()


def test_chance_is_that_of_the_points() -> None:
    rows = [f"c{place} 2026-05-{day} milk" for place in range(5) for day in ("01", "05")]
    held = holdings(read(rows).days, UNTIL)
    chance = with_chance(held, ranking(times=0.5, usual=9.0).table).chance.to_pandas()
    assert chance.tolist() == pytest.approx([1 / (1 + np.exp(0.5))] * 5)


@pytest.mark.parametrize("seed", range(3))
def test_hits_agree_with_a_count_by_hand(seed: int) -> None:
    frame = random_days(seed, customers=60, products=25, days=200, most=60)
    items = engine_items(frame)
    found = judged_hits(items, ranking(times=2.0, quiet=0.25, lately=-0.5))
    assert isinstance(found, HitCounts)
    numbers = items.products.to_pandas().set_index("name")["item"]
    frame["item"] = [numbers[f"p{one}"] for one in frame["product"]]
    before, month = frame[frame["day"] > 30], frame[frame["day"] <= 30]
    lately = before[before["day"] <= 60].groupby("item")["customer"].nunique()
    popular = set(lately.sort_index().sort_values(ascending=False, kind="stable").index[:NAMED])
    active = set(before.loc[before["day"] <= 120, "customer"])
    both = [0, 0, 0, 0]
    bought = [0, 0]
    named: set[int] = set()
    for customer in active:
        own = before[before["customer"] == customer].groupby("item")["day"].agg(["count", "min"])
        recent = before[(before["customer"] == customer) & (before["day"] <= 90)].groupby("item").size()
        odds = {
            item: -1.0
            + 2.0 * (row["count"] == 2)
            + 0.25 * (8 <= row["min"] - 30 < 15)
            - 0.5 * (recent.get(item, 0) == 1)
            for item, row in own.iterrows()
        }
        ten = set(sorted(odds, key=lambda item: (-odds[item], item))[:NAMED])
        named |= ten
        basket = set(month.loc[month["customer"] == customer, "item"])
        if basket:
            both[2 * (not basket & ten) + (not basket & popular)] += 1
            bought[0] += len(basket & ten)
            bought[1] += len(basket & popular)
    assert [found.both, found.ranked_only, found.popular_only, found.neither] == both
    assert [found.ranked_bought, found.popular_bought] == bought
    assert (found.named, found.products) == (len(named), before["item"].nunique())
    assert (found.nameable, found.active, found.learned_on) == (len(active), len(active), LEARNED_ON)


def test_a_short_past_and_a_missing_ranking_are_said() -> None:
    items = engine_items(random_days(1, days=100))
    assert rebuy_counts(items) == NotEnough("rebuy_days", items.period_days, 120)
    refusal = NotEnough("products_bought_again", 3, 50)
    assert judged_hits(items, refusal) is refusal
    assert rebuy_counts(refusal) is refusal


def test_replenishment_beats_popularity_on_the_complete_journey(journey: Store) -> None:
    from retention_lib.measures.actions.items import items as read_items
    from retention_lib.models.actions.hits import HitRates, hit_rates
    from retention_lib.models.actions.hits import ranking as learned

    found = read_items(journey.table("transactions"), until=date(2018, 1, 1))
    rates = hit_rates(judged_hits(found, learned(rebuy_counts(found, months_back=2))))
    assert isinstance(rates, HitRates)
    assert rates.learned_on == date(2017, 11, 2)
    assert rates.replenishment.value == pytest.approx(0.846, abs=0.005)
    assert rates.popularity.value == pytest.approx(0.687, abs=0.005)
    assert rates.gain.value >= 0.2
    assert rates.replenishment_precision > 2 * rates.popularity_precision
    assert rates.coverage.value > 0.99
