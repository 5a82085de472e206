from __future__ import annotations

from pathlib import Path

from measures.actions.trigger_shop import plan, told, who

from retention_lib.measures.actions.triggers_site import abandoned_cart, browsed_category, retargeting
from retention_lib.settings.scenarios import AbandonedCartScenario, BrowsedCategoryScenario, RetargetingScenario


def test_cart_is_abandoned_until_the_customer_buys_anything(tmp_path: Path) -> None:
    context = plan(
        tmp_path,
        transactions=[
            "ann,a1,2026-06-25 09:00:00,30,p,tea",  # before the cart
            "bob,b1,2026-06-25 12:00:00,30,p,tea",  # after it
            "cid,c1,2026-06-25 00:00:00,30,p,tea",  # on the same day, nobody knows when
            "dan,d1,2026-06-24 00:00:00,30,p,tea",  # on the day before
            "eve,e1,2026-06-26 12:00:00,30,p,tea",
            "eve,e1,2026-06-28 12:00:00,-30,p,tea",  # bought, though it came back
            "fay,f1,2026-06-26 12:00:00,-30,p,tea",  # something else came back
            "gus,g1,2026-07-01 00:00:00,30,p,tea",  # not seen yet
        ],
        web_events=[
            *(f"{name},2026-06-25 10:00:00,cart_add,p" for name in ("ann", "bob", "cid", "dan", "eve", "fay", "gus")),
            "hal,2026-06-25 10:00:00,cart_add,p",
            "hal,2026-06-25 10:05:00,purchase,",  # bought under this id, as the site says
            ",2026-06-25 10:00:00,cart_add,p",
            "ivy,2026-06-25 10:00:00,view,p",
            "jan,2026-07-01 00:00:00,cart_add,p",
        ],
    )
    expected = ("06-25 10:00", "07-01 00:00", "07-05 10:00", "p", 1.0)
    found = told(abandoned_cart(context, AbandonedCartScenario(delays_hours=[24], fresh_days=10)))
    assert found == dict.fromkeys(["ann", "dan", "fay", "gus"], expected)


def test_several_carts_are_one_that_was_left_last(tmp_path: Path) -> None:
    context = plan(
        tmp_path,
        transactions=["ann,a1,2026-06-24 12:00:00,30,p,tea"],
        web_events=[
            "ann,2026-06-23 10:00:00,cart_add,bought",
            "ann,2026-06-25 10:00:00,cart_add,x",
            "ann,2026-06-27 10:00:00,cart_add,y",
            "ann,2026-06-27 10:00:00,cart_add,z",
            "ann,2026-06-27 11:00:00,cart_add,x",
            "ann,2026-06-27 11:30:00,checkout,",
            "bob,2026-06-27 11:30:00,checkout,",
        ],
    )
    assert told(abandoned_cart(context, AbandonedCartScenario(fresh_days=10))) == {
        "ann": ("06-27 11:30", "07-01 00:00", "07-07 11:30", "x", 3.0),
        "bob": ("06-27 11:30", "07-01 00:00", "07-07 11:30", None, 0.0),
    }


def test_first_delay_of_several_says_when_a_fresh_cart_may_be_written_about(tmp_path: Path) -> None:
    context = plan(
        tmp_path,
        web_events=[
            "ann,2026-06-30 23:00:00,cart_add,p",
            "bob,2026-06-21 00:00:00,cart_add,p",  # no longer fresh when the plan starts
            "cid,2026-06-21 00:00:01,cart_add,p",
        ],
    )
    found = told(abandoned_cart(context, AbandonedCartScenario(delays_hours=[24, 2], fresh_days=10)))
    assert found == {
        "ann": ("06-30 23:00", "07-01 01:00", "07-10 23:00", "p", 1.0),
        "cid": ("06-21 00:00", "07-01 00:00", "07-01 00:00", "p", 1.0),
    }


def test_cart_is_found_where_products_are_not_known(tmp_path: Path) -> None:
    header = {"web_events": "customer_id,occurred_at,event"}
    context = plan(tmp_path, headers=header, web_events=["ann,2026-06-30 10:00:00,cart_add"])
    found = told(abandoned_cart(context, AbandonedCartScenario(delays_hours=[48], fresh_days=10)))
    assert found == {"ann": ("06-30 10:00", "07-02 10:00", "07-10 10:00", None, 0.0)}


SOLD = [
    "yan,y1,2026-01-01 10:00:00,5,green,tea",
    "yan,y2,2026-01-02 10:00:00,5,black,tea",
    "yan,y3,2026-01-03 10:00:00,5,black,coffee",  # once by mistake: black is tea
    "yan,y4,2026-01-04 10:00:00,5,black,tea",
    "yan,y5,2026-01-05 10:00:00,5,cup,cups",
]


def test_browsed_category_counts_views_of_all_its_products_in_the_days(tmp_path: Path) -> None:
    context = plan(
        tmp_path,
        transactions=[
            *SOLD,
            "bob,b1,2026-06-27 12:00:00,5,green,tea",  # bought tea between the views
            "cid,c1,2026-06-25 23:00:00,5,green,tea",  # before the first view
            "dan,d1,2026-06-30 00:00:00,5,cup,cups",  # another category
            "eve,e1,2026-06-26 00:00:00,5,green,tea",  # on the day of the first view, nobody knows when
        ],
        web_events=[
            "ann,2026-06-24 00:00:00,view,green",
            "ann,2026-06-28 10:00:00,view,black",
            "ann,2026-06-29 10:00:00,view,green",
            *(f"{name},2026-06-26 10:00:00,view,green" for name in ("bob", "cid", "dan", "eve")),
            *(f"{name},2026-06-28 10:00:00,view,black" for name in ("bob", "cid", "dan", "eve")),
            *(f"{name},2026-06-30 23:59:59,view,black" for name in ("bob", "cid", "dan", "eve")),
            "fay,2026-06-23 23:59:59,view,green",  # a day too early
            "fay,2026-06-28 10:00:00,view,green",
            "fay,2026-06-29 10:00:00,view,green",
            "gus,2026-06-28 10:00:00,view,green",
            "gus,2026-06-29 10:00:00,view,green",
            "gus,2026-07-01 00:00:00,view,green",  # not seen yet
            "hal,2026-06-29 10:00:00,view,unsold",
            "hal,2026-06-29 10:00:01,view,unsold",
            "hal,2026-06-29 10:00:02,view,unsold",
            "ivy,2026-06-29 10:00:00,cart_add,green",
            "ivy,2026-06-29 10:00:01,view,green",
            "ivy,2026-06-29 10:00:02,view,green",
        ],
    )
    found = told(browsed_category(context, BrowsedCategoryScenario(views=3, days=7, wait_hours=0, fresh_days=7)))
    assert found == {
        "ann": ("06-29 10:00", "07-01 00:00", "07-06 10:00", "tea", 3.0),
        "cid": ("06-30 23:59", "07-01 00:00", "07-07 23:59", "tea", 3.0),
        "dan": ("06-30 23:59", "07-01 00:00", "07-07 23:59", "tea", 3.0),
    }


def test_of_two_categories_the_one_looked_at_most_is_told(tmp_path: Path) -> None:
    context = plan(
        tmp_path,
        transactions=SOLD,
        web_events=[
            "ann,2026-06-29 10:00:00,view,cup",
            "ann,2026-06-29 11:00:00,view,green",
            "ann,2026-06-29 12:00:00,view,green",
            "ann,2026-06-29 13:00:00,view,cup",
            "ann,2026-06-29 13:30:00,view,cup",
            "bob,2026-06-29 10:00:00,view,cup",
            "bob,2026-06-29 11:00:00,view,green",
            "bob,2026-06-29 12:00:00,view,cup",
            "bob,2026-06-29 13:00:00,view,green",
            "cid,2026-06-29 10:00:00,view,green",
            "cid,2026-06-29 10:00:00,view,cup",
            "cid,2026-06-29 10:00:00,view,green",
            "cid,2026-06-29 10:00:00,view,cup",
        ],
    )
    found = told(browsed_category(context, BrowsedCategoryScenario(views=2, wait_hours=36)))
    assert {name: (row[1], *row[3:]) for name, row in found.items()} == {
        "ann": ("07-01 01:30", "cups", 3.0),
        "bob": ("07-01 01:00", "tea", 2.0),
        "cid": ("07-01 00:00", "cups", 2.0),
    }


def test_retargeting_takes_visitors_who_bought_nothing_in_the_same_days(tmp_path: Path) -> None:
    context = plan(
        tmp_path,
        transactions=[
            "bob,b1,2026-06-18 10:00:00,5,p,tea",
            "cid,c1,2026-06-16 23:59:59,5,p,tea",  # a day before the days that count
            "dan,d1,2026-06-18 10:00:00,5,p,tea",
            "dan,d1,2026-06-19 10:00:00,-5,p,tea",  # bought all the same
            "eve,e1,2026-07-01 00:00:00,5,p,tea",  # not seen yet
        ],
        web_events=[
            *(f"{name},2026-06-20 10:00:00,visit," for name in ("ann", "bob", "cid", "dan", "eve")),
            "ann,2026-06-20 10:01:00,view,p",
            "ann,2026-06-25 10:01:00,cart_add,p",
            "fay,2026-06-20 10:01:00,purchase,",
            "fay,2026-06-24 10:01:00,visit,",
            "gus,2026-06-16 23:59:59,visit,",
            "hal,2026-07-01 00:00:00,visit,",
            ",2026-06-20 10:00:00,visit,",
        ],
    )
    assert told(retargeting(context, RetargetingScenario(days=14, fresh_days=14))) == {
        "ann": ("06-25 10:01", "07-01 00:00", "07-09 10:01", "2026-06-25", 2.0),
        "cid": ("06-20 10:00", "07-01 00:00", "07-04 10:00", "2026-06-20", 1.0),
        "eve": ("06-20 10:00", "07-01 00:00", "07-04 10:00", "2026-06-20", 1.0),
    }


def test_site_triggers_find_nobody_in_a_shop_that_saw_nothing_lately(tmp_path: Path) -> None:
    context = plan(tmp_path, transactions=SOLD, web_events=["ann,2026-01-20 10:00:00,visit,green"])
    assert who(abandoned_cart(context, AbandonedCartScenario())) == []
    assert who(browsed_category(context, BrowsedCategoryScenario())) == []
    assert who(retargeting(context, RetargetingScenario())) == []
