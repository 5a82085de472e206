from __future__ import annotations

import ibis
import pytest
from measures.tables import bought, sales, table

from retention_lib.measures.purchases import purchase_days
from retention_lib.measures.segments import lapse_by_attribute, lapse_by_category
from retention_lib.measures.sharing import RARE
from retention_lib.settings.calendar import Month

MARCH = Month(2020, 3)  # with 30 days: active at its start since 31 January, at its end since 2 March
CUSTOMERS = {"customer_id": "string", "region": "string", "stars": "int64"}


@pytest.fixture
def purchases() -> ibis.Table:
    return bought(
        ann="2020-02-01 2020-03-31",  # stays
        bob="2020-01-31 2020-03-01",  # first and last day of the windows: active at the start, not at the end
        cid="2020-02-29 2020-03-02",  # stays, on the edges
        dan="2020-01-30 2020-03-15",  # not active at the start
        eve="2020-02-10",  # lapses
        fay="2020-02-10",  # lapses
    )


def customers() -> ibis.Table:
    rows = [("ann", "north", 5), ("bob", "north", 5), ("cid", "south", 1), ("eve", None, 1), ("zoe", "south", 1)]
    return table(rows, CUSTOMERS)


def counts(purchases: ibis.Table, attribute: str) -> list[tuple[str, int, int]]:
    frame = lapse_by_attribute(purchases, customers(), attribute, month=MARCH, lapse_days=30, fewest=1)
    return list(frame[["segment", "base", "lost"]].itertuples(index=False, name=None))


def test_lapse_by_attribute_by_hand(purchases: ibis.Table) -> None:
    # eve has no region and fay no row: both are in the segment without a name.
    assert counts(purchases, "region") == [("", 2, 2), ("north", 2, 1), ("south", 1, 0)]


def test_an_attribute_called_like_a_command_is_a_column_that_is_not_there(purchases: ibis.Table) -> None:
    assert counts(purchases, "region'; DROP TABLE customers; --") == []
    assert len(counts(purchases, "region")) == 3


def test_an_attribute_of_numbers_gives_segments_of_text(purchases: ibis.Table) -> None:
    assert counts(purchases, "stars") == [("", 1, 1), ("1", 2, 1), ("5", 2, 1)]


@pytest.mark.parametrize(("of_customers", "attribute"), [(None, "region"), (customers(), "age_band")])
def test_a_store_without_the_attribute_has_no_segments(
    purchases: ibis.Table, of_customers: ibis.Table | None, attribute: str
) -> None:
    frame = lapse_by_attribute(purchases, of_customers, attribute, month=MARCH, lapse_days=30, fewest=1)
    assert frame.empty
    assert list(frame.columns) == ["segment", "base", "lost"]


def test_lapse_by_category_tells_those_gone_from_those_who_buy_something_else() -> None:
    shop = sales(
        ("ann", "1", "2020-02-10", "5.00", "tea"),
        ("ann", "2", "2020-03-20", "5.00", "tea"),  # still tea
        ("bob", "3", "2020-02-10", "5.00", "tea"),
        ("bob", "4", "2020-03-20", "5.00", "jam"),  # tea lost, but still buys jam
        ("cid", "5", "2020-02-10", "5.00", "tea"),  # gone
        ("cid", "5", "2020-02-10", "5.00", "jam"),
        ("dan", "6", "2020-02-10", "5.00", None),
        ("dan", "7", "2020-03-01", "5.00", None),  # a day too early for the end
        ("eve", "8", "2020-03-20", "5.00", "jam"),  # not in the base
        ("fay", "9", "2020-02-10", "-5.00", "tea"),  # a refund is no buyer of tea
    )
    purchases = purchase_days(shop, until=MARCH.end)
    frame = lapse_by_category(shop, purchases, month=MARCH, lapse_days=30, fewest=1)
    assert frame.to_dict("records") == [
        {"segment": "", "base": 1, "lost": 1, "elsewhere": 0},
        {"segment": "jam", "base": 1, "lost": 1, "elsewhere": 0},
        {"segment": "tea", "base": 3, "lost": 2, "elsewhere": 1},
    ]


def test_a_buyer_whose_one_order_was_refunded_still_buys_elsewhere() -> None:
    shop = sales(
        ("ann", "1", "2020-02-10", "5.00", "tea"),
        ("ann", "1", "2020-02-12", "-5.00", "tea"),  # so no purchase day at the start
        ("ann", "2", "2020-03-20", "5.00", "jam"),
    )
    frame = lapse_by_category(shop, purchase_days(shop, until=MARCH.end), month=MARCH, lapse_days=30, fewest=1)
    assert frame.to_dict("records") == [{"segment": "tea", "base": 1, "lost": 1, "elsewhere": 1}]


def test_values_that_may_name_somebody_are_put_together() -> None:
    purchases = bought(**dict.fromkeys("abcdefgh", "2020-02-10"))
    # Five live in the north; three have their names where the region should be; a ninth never bought.
    rows = [*[(name, "north", 1) for name in "abcde"], ("f", "Fay F", 1), ("g", "Gus G", 1), ("h", None, 1)]
    people = table([*rows, ("z", "south", 1)], CUSTOMERS)
    frame = lapse_by_attribute(purchases, people, "region", month=MARCH, lapse_days=30)
    assert frame.to_dict("records") == [
        {"segment": "", "base": 1, "lost": 1},
        {"segment": RARE, "base": 2, "lost": 2},
        {"segment": "north", "base": 5, "lost": 5},
    ]


def test_a_value_is_named_by_who_has_it_not_by_who_is_active() -> None:
    rows = [(name, "north", 1) for name in "abcde"]
    frame = lapse_by_attribute(bought(a="2020-02-10"), table(rows, CUSTOMERS), "region", month=MARCH, lapse_days=30)
    assert frame["segment"].tolist() == ["north"]


def test_categories_that_may_name_somebody_are_put_together() -> None:
    rows = [(name, f"t{name}", "2020-02-10", "5.00", "tea") for name in "abcde"]
    shop = sales(*rows, ("a", "x", "2020-02-10", "5.00", "for Ann"), ("b", "y", "2020-03-20", "5.00", "for Bob"))
    frame = lapse_by_category(shop, purchase_days(shop, until=MARCH.end), month=MARCH, lapse_days=30)
    assert frame.to_dict("records") == [
        {"segment": RARE, "base": 1, "lost": 1, "elsewhere": 0},
        {"segment": "tea", "base": 5, "lost": 5, "elsewhere": 1},
    ]


def test_sales_without_categories_have_no_segments() -> None:
    shop = sales(("ann", "1", "2020-02-10", "5.00"))
    frame = lapse_by_category(shop, purchase_days(shop, until=MARCH.end), month=MARCH, lapse_days=30, fewest=1)
    assert frame.empty
    assert list(frame.columns) == ["segment", "base", "lost", "elsewhere"]


def test_segments_of_the_complete_journey_add_up_to_its_december(journey_days: ibis.Table, journey: object) -> None:
    frame = lapse_by_attribute(
        journey_days, journey.table("customers"), "income_band", month=Month(2017, 12), lapse_days=28
    )
    assert (frame["base"].sum(), frame["lost"].sum()) == (2037, 214)
