from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

import pandas as pd
import pytest
from measures.actions.product_sales import SCHEMA, UNTIL, read, sold
from measures.tables import table

from retention_lib.estimates import NotEnough
from retention_lib.measures.actions import items as module
from retention_lib.measures.actions.items import Items, items

FIVE = ("ann", "bob", "cid", "dan", "eve")


def lines(found: Items) -> list[tuple[str, str, str]]:
    """Customer, product and day, in order."""
    named = found.days.inner_join(found.people, "number").inner_join(found.products.select("item", "name"), "item")
    frame = named.to_pandas()
    return sorted(zip(frame["customer_id"], frame["name"], frame["day"].astype(str).str[:10], strict=True))


def test_lines_of_a_day_are_one_and_what_came_back_had_been_wanted() -> None:
    rows = [(name, datetime(2026, 6, 1, 9), Decimal(10), "tea", "drinks") for name in FIVE]
    rows += [
        ("ann", datetime(2026, 6, 1, 20), Decimal(5), "tea", "drinks"),
        ("ann", datetime(2026, 6, 2), Decimal(-10), "tea", "drinks"),
        ("ann", datetime(2026, 7, 1), Decimal(10), "tea", "drinks"),  # not seen yet
        ("bob", datetime(2025, 6, 30, 23), Decimal(10), "tea", "drinks"),  # more than a year ago
        ("bob", datetime(2025, 7, 1), Decimal(10), "tea", "drinks"),
    ]
    found = items(table(rows, SCHEMA), until=UNTIL)
    assert isinstance(found, Items)
    assert lines(found) == sorted([*((name, "tea", "2026-06-01") for name in FIVE), ("bob", "tea", "2025-07-01")])
    assert (found.since, found.until, found.period_days, found.customers) == (date(2025, 7, 1), UNTIL, 365, 5)


def test_products_are_numbered_by_buyers_and_rare_ones_left_out() -> None:
    found = read(
        [
            *(f"{name} 2026-06-01 bread,tea" for name in FIVE),
            *(f"{name} 2026-06-02 rare" for name in FIVE[:4]),
            "fay 2026-06-02 bread",
        ]
    )
    products = found.products.order_by("item").to_pandas()
    assert products[["item", "name", "customers"]].to_numpy().tolist() == [[0, "bread", 6], [1, "tea", 5]]


def test_a_product_has_the_category_of_most_of_its_lines() -> None:
    rows = [(name, datetime(2026, 6, 1), Decimal(1), "tea", "gifts" if name == "ann" else "drinks") for name in FIVE]
    found = items(table(rows, SCHEMA), until=UNTIL)
    assert isinstance(found, Items)
    assert found.products.category.to_pandas().tolist() == ["drinks"]


def test_by_category_products_of_a_category_are_one() -> None:
    found = read([f"{name} 2026-06-01 tea,toast,honey" for name in FIVE]).by_category()
    assert isinstance(found, Items)
    assert found.by == "category"
    assert lines(found) == sorted((name, kind, "2026-06-01") for name in FIVE for kind in ("t", "h"))


def test_without_products_or_categories_there_are_none() -> None:
    bare = sold(["ann 2026-06-01 tea"])
    assert items(bare.drop("product_id"), until=UNTIL) == NotEnough("products_known", 0, 1)
    assert items(bare, until=UNTIL) == NotEnough("products_known", 0, 1)  # of one customer
    plain = items(sold(f"{name} 2026-06-01 tea" for name in FIVE).drop("category"), until=UNTIL)
    assert isinstance(plain, Items)
    assert plain.by_category() == NotEnough("categories_known", 0, 1)


def test_who_is_drawn_depends_on_the_ids_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_CUSTOMERS", 20)
    names = [f"c{place:03d}" for place in range(60)]

    def drawn(order: list[str], day: date) -> set[str]:
        found = read([f"{name} {day} tea" for name in order])
        assert found.drawn == 20
        kept = found.sample.inner_join(found.people, "number").customer_id.to_pandas()
        assert len(kept) == 20
        return set(kept)

    first = drawn(names, date(2026, 6, 1))
    assert first == drawn(names[::-1], UNTIL - timedelta(days=100))
    assert not {f"c{place:03d}" for place in range(20)} <= first


def test_everybody_is_looked_at_in_a_small_store() -> None:
    found = read([f"{name} 2026-06-01 tea" for name in FIVE])
    pd.testing.assert_frame_equal(found.sample.to_pandas(), found.days.to_pandas())
