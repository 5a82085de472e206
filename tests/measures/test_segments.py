from __future__ import annotations

from measures.tables import sales

from retention_lib.measures.purchases import purchase_days
from retention_lib.measures.segments import lapse_by_category
from retention_lib.measures.sharing import RARE
from retention_lib.settings.calendar import Month

MARCH = Month(2020, 3)  # with 30 days: active at its start since 31 January, at its end since 2 March


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
