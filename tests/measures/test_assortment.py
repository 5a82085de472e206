from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import ibis
import pandas as pd
import pytest
from measures.tables import table

from retention_lib.measures.assortment import category_reasons, product_reasons
from retention_lib.measures.leaving import ActiveBase, active_base
from retention_lib.measures.purchases import purchase_days

CUTOFF = date(2020, 7, 1)
LINES = {
    "customer_id": "string",
    "ordered_at": "timestamp",
    "amount": "decimal(18, 4)",
    "quantity": "float64",
    "product_id": "string",
    "category": "string",
    "discount": "decimal(18, 4)",
}


def line(
    customer: str, when: str, product: str = "tea", *, price: float = 10, pieces: int = 1, off: float = 0, of: str = "x"
) -> tuple[object, ...]:
    """A line at a price of a piece before a discount on all of it."""
    paid = Decimal(str(price)) * pieces - Decimal(str(off))
    return (customer, datetime.fromisoformat(when), paid, float(pieces), product, of, Decimal(str(off)))


def daily(product: str, last: str, *, price: float = 10) -> list[tuple[object, ...]]:
    """A product that strangers buy daily from April to a last day."""
    days = pd.date_range("2020-04-01", last)
    return [line(f"stranger {product}", str(day), product, price=price) for day in days]


def counts(frame: pd.DataFrame, reason: str) -> dict[bool, int]:
    sums = frame[frame["reason"] == reason].groupby("exposed")["customers"].sum()
    return {bool(exposed): int(n) for exposed, n in sums.items()}


def opened(rows: list[tuple[object, ...]]) -> tuple[ActiveBase, ibis.Table]:
    """Who is active at the cut-off, strangers among them, and the sales."""
    sales = table(rows, LINES)
    purchases = purchase_days(sales, until=date(2020, 10, 1))
    return active_base(purchases, cutoff=CUTOFF, quiet_after=90, horizon_days=90), sales


def test_a_favourite_that_is_no_longer_sold_is_out_of_stock() -> None:
    rows = [
        *daily("tea", "2020-06-20"),
        *daily("jam", "2020-06-30"),
        *(line("ann", f"2020-05-0{day}", "tea") for day in (1, 2, 3)),
        *(line("ann", f"2020-05-0{day}", "jam") for day in (4, 5)),
        *(line("bob", f"2020-05-0{day}", "jam") for day in (1, 2, 3)),
        *(line("bob", f"2020-05-0{day}", "tea") for day in (4, 5)),
        line("cid", "2020-05-01", "tea"),  # once is no habit
        line("cid", "2020-05-01", "tea"),
    ]
    found = counts(product_reasons(*opened(rows)), "out_of_stock")
    # ann and the stranger who lived on tea; bob and the stranger who lives on jam.
    assert found == {True: 2, False: 2}


@pytest.mark.parametrize(("last", "out"), [("2020-06-30", False), ("2020-06-24", False), ("2020-06-23", True)])
def test_how_long_a_gap_must_be_follows_from_the_products_own_rhythm(last: str, out: bool) -> None:
    # Sold on every second day before: seven days without a sale have a chance of 1/2 ** 7 = .8 %, six of 1.6 %.
    days = pd.date_range(end=last, periods=31, freq="2D")
    rows = [line("ann", str(day), "tea") for day in days]
    assert counts(product_reasons(*opened(rows)), "out_of_stock") == {out: 1}


def test_a_product_seldom_sold_is_not_judged() -> None:
    rows = [line("ann", f"2020-04-0{day}", "tea") for day in range(1, 10)]
    assert counts(product_reasons(*opened(rows)), "out_of_stock") == {False: 1}


def test_usual_products_that_became_dearer() -> None:
    rows = [
        *(line("ann", day, "tea", price=10) for day in ("2020-04-10", "2020-05-10")),
        *(line("bob", day, "jam", price=20) for day in ("2020-04-10", "2020-05-10")),
        *(line("eve", day, "tea", price=10.5) for day in ("2020-06-10", "2020-06-11")),
        *(line("eve", day, "jam", price=20.9) for day in ("2020-06-10", "2020-06-11")),
    ]
    # Tea rose by 5 %, jam by 4.5 %; eve bought at the new prices alone.
    assert counts(product_reasons(*opened(rows)), "price_rise") == {True: 1, False: 1}


def test_a_discount_or_a_larger_pack_of_pieces_is_no_price() -> None:
    rows = [
        line("ann", "2020-04-10", "tea", price=10, off=3),
        line("ann", "2020-05-10", "tea", price=10, pieces=3),
        line("eve", "2020-06-10", "tea", price=10),
        line("eve", "2020-06-11", "tea", price=10),
    ]
    assert counts(product_reasons(*opened(rows)), "price_rise") == {False: 1}


def test_the_price_of_a_month_is_the_median() -> None:
    rows = [
        *(line("ann", f"2020-05-1{day}", "tea", price=10) for day in range(3)),
        line("bob", "2020-05-20", "tea", price=1000),
        *(line("eve", f"2020-06-1{day}", "tea", price=11) for day in range(3)),
    ]
    assert counts(product_reasons(*opened(rows)), "price_rise") == {True: 1}


def test_a_main_category_no_longer_bought() -> None:
    before, lately = ("2020-02-01", "2020-02-02"), ("2020-06-01", "2020-06-02")
    rows = [
        *(line("ann", day, of="tea") for day in before),
        line("ann", lately[0], of="jam"),  # lost tea
        *(line("bob", day, of="tea") for day in (*before, lately[0])),  # kept it
        *(line("cid", day, of="tea") for day in before),
        *(line("cid", day, of="jam") for day in before),
        line("cid", lately[0], of="jam"),  # two main ones, one of them kept
        line("dan", before[0], of="tea"),  # once is no habit
        line("dan", lately[0], of="jam"),
        *(line("eve", day, of="tea") for day in lately),  # nothing before
    ]
    assert counts(category_reasons(*opened(rows)), "lost_category") == {True: 1, False: 2}


def test_stores_with_fewer_columns() -> None:
    base, sales = opened([line("ann", "2020-05-01"), line("ann", "2020-05-02")])
    assert product_reasons(base, sales.drop("product_id")).empty
    assert category_reasons(base, sales.drop("category")).empty
    without = product_reasons(base, sales.drop("quantity", "discount"))
    assert set(without["reason"]) == {"out_of_stock"}
    assert counts(product_reasons(base, sales.drop("discount")), "out_of_stock") == {False: 1}


def test_lines_without_a_product_are_no_favourite() -> None:
    rows = [(*line("ann", f"2020-05-0{day}")[:4], None, "x", Decimal(0)) for day in (1, 2)]
    assert product_reasons(*opened(rows)).empty
