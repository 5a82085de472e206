from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from measures.actions.trigger_shop import UNTIL, plan, told, who
from measures.tables import bought, engine_days, random_sales

from retention_lib.measures.actions.overdue import allowed_silences
from retention_lib.measures.actions.second_order import USUAL_DAY, second_order_day
from retention_lib.measures.actions.triggers_orders import after_sale, reactivation, review_request, welcome
from retention_lib.settings.scenarios import (
    AfterSaleScenario,
    ReactivationScenario,
    ReviewRequestScenario,
    WelcomeScenario,
)

DELIVERED = "customer_id,order_id,ordered_at,amount,product_id,category,promised_at,delivered_at"


def test_welcome_takes_who_bought_once_at_the_day_given(tmp_path: Path) -> None:
    context = plan(
        tmp_path,
        transactions=[
            "ann,a1,2026-06-20 10:00:00,30,p,tea",
            "bob,b1,2026-06-20 10:00:00,30,p,tea",
            "bob,b2,2026-06-25 10:00:00,30,p,tea",  # a second order
            "cid,c1,2026-06-20 09:00:00,30,p,tea",
            "cid,c2,2026-06-20 19:00:00,12,p,tea",  # two orders of one day are one purchase
            "dan,d1,2026-06-20 10:00:00,30,p,tea",
            "dan,d1,2026-06-22 10:00:00,-30,p,tea",  # brought back in full: has not bought
            "eve,e1,2026-06-29 23:59:00,30,p,tea",
            "fay,f1,2026-06-30 10:00:00,30,p,tea",  # would be due on 8 July, when the plan is sent
            "gus,g1,2026-05-31 10:00:00,30,p,tea",  # due on 8 June, fresh to 28 June
            "hal,h1,2026-07-01 00:00:00,30,p,tea",  # not seen yet
            "ivy,i1,2026-06-20 10:00:00,30,p,tea",
            "ivy,i2,2026-07-01 00:00:00,30,p,tea",  # her second order is not seen yet
        ],
    )
    found = told(welcome(context, WelcomeScenario(within_days=8, wait_hours=0, fresh_days=20)))
    assert found == {
        "ann": ("06-20 00:00", "07-01 00:00", "07-18 00:00", "2026-06-20", 30.0),
        "cid": ("06-20 00:00", "07-01 00:00", "07-18 00:00", "2026-06-20", 42.0),
        "eve": ("06-29 00:00", "07-07 00:00", "07-27 00:00", "2026-06-29", 30.0),
        "ivy": ("06-20 00:00", "07-01 00:00", "07-18 00:00", "2026-06-20", 30.0),
    }


def test_welcome_is_for_nobody_whose_first_purchase_may_lie_before_the_data(tmp_path: Path) -> None:
    header = {"transactions": "customer_id,order_id,ordered_at,amount"}
    rows = ["ann,a1,2026-05-01 10:00:00,10", "ann,a2,2026-05-02 10:00:00,10"]
    rows += ["bob,b1,2026-06-29 10:00:00,10", "cid,c1,2026-06-30 10:00:00,10"]
    context = plan(tmp_path, headers=header, transactions=rows)
    assert who(welcome(context, WelcomeScenario(within_days=1, wait_hours=0))) == ["cid"]


def second_orders(weekly: dict[int, int], *, never: int) -> tuple[str, list[str]]:
    """New customers of 1 January, so many of whom order again that many days later, and others who never do."""
    first = date(2026, 1, 1)
    names = iter(f"n{number:04d}" for number in range(10_000))
    days = {
        next(names): f"{first} {first + timedelta(days=after)}" for after, many in weekly.items() for _ in range(many)
    }
    days |= {next(names): f"{first}" for _ in range(never)}
    return str(first), [f"{name} {when}" for name, when in days.items()]


def days_table(lines: list[str]) -> dict[str, str]:
    return {line.split(" ", 1)[0]: line.split(" ", 1)[1] for line in lines}


def test_second_order_day_is_the_middle_of_the_week_with_the_highest_hazard() -> None:
    # 40 in the first week of 1,000; 60 in days 29 to 35 of the 960 left: 60/6,700 a day beats 40/6,900.
    weekly = {**dict.fromkeys(range(1, 8), 6), **dict.fromkeys(range(29, 36), 9)}
    _, lines = second_orders(weekly, never=895)
    purchases = bought(**days_table(lines))
    assert second_order_day(purchases, first_day=date(2025, 1, 1), until=UNTIL) == 32


def test_second_order_day_counts_who_is_still_waited_for() -> None:
    # 40 orders in the first week of 430 customers (some 9.8 % of those waited for), 38 in the fifth of 390 (10.2 %).
    first, fifth = (6, 6, 6, 6, 6, 5, 5), (6, 6, 6, 5, 5, 5, 5)
    weekly = {**dict(zip(range(1, 8), first, strict=True)), **dict(zip(range(29, 36), fifth, strict=True))}
    _, lines = second_orders(weekly, never=352)
    purchases = bought(**days_table(lines))
    assert second_order_day(purchases, first_day=date(2025, 1, 1), until=UNTIL) == 32


def test_second_order_day_takes_a_week_that_ends_with_its_best_day() -> None:
    # 500 on day 10: the week to it has some of days 4 to 7 besides, the weeks from it have nothing else.
    _, lines = second_orders({**dict.fromkeys(range(1, 8), 10), 10: 500}, never=430)
    assert second_order_day(bought(**days_table(lines)), first_day=date(2025, 1, 1), until=UNTIL) == 7


def test_second_order_day_does_not_wait_for_who_has_just_come() -> None:
    # 40 of 400 in the first week (10 %), 35 of 360 in the fifth (9.7 %), until 600 come who are followed for four days.
    weekly = {**dict.fromkeys(range(1, 5), 10), **dict.fromkeys(range(29, 36), 5)}
    _, lines = second_orders(weekly, never=325)
    old = days_table(lines)
    assert second_order_day(bought(**old), first_day=date(2025, 1, 1), until=UNTIL) == 4
    new = {f"m{number}": "2026-06-26" for number in range(600)}
    assert second_order_day(bought(**old, **new), first_day=date(2025, 1, 1), until=UNTIL) == 32


def test_second_order_day_of_too_few_orders_is_the_usual_one() -> None:
    _, lines = second_orders(dict.fromkeys(range(1, 8), 4), never=100)
    assert second_order_day(bought(**days_table(lines)), first_day=date(2025, 1, 1), until=UNTIL) == USUAL_DAY


def test_second_order_day_leaves_out_who_may_have_bought_before_the_data() -> None:
    _, lines = second_orders(dict.fromkeys(range(29, 36), 30), never=100)
    purchases = bought(**days_table(lines))
    assert second_order_day(purchases, first_day=date(2025, 12, 1), until=UNTIL) == USUAL_DAY
    assert second_order_day(purchases, first_day=date(2025, 10, 1), until=UNTIL) == 32


def test_welcome_takes_the_peak_of_the_stores_own_second_orders(tmp_path: Path) -> None:
    _, lines = second_orders(dict.fromkeys(range(29, 36), 9), never=100)
    rows = [
        f"{name},{name}{place},{day} 10:00:00,10,p,tea"
        for name, days in days_table(lines).items()
        for place, day in enumerate(days.split())
    ]
    context = plan(tmp_path, transactions=[*rows, "ann,a1,2026-06-01 10:00:00,30,p,tea"])
    found = told(welcome(context, WelcomeScenario(wait_hours=0, fresh_days=30)))
    assert found == {"ann": ("06-01 00:00", "07-03 00:00", "08-02 00:00", "2026-06-01", 30.0)}


def test_reactivation_by_silence_counts_from_the_last_purchase_to_the_end_of_the_data(tmp_path: Path) -> None:
    context = plan(
        tmp_path,
        transactions=[
            "ann,a1,2026-06-01 10:00:00,30,p,tea",  # silent for 30 days
            "bob,b1,2026-06-02 00:00:00,30,p,tea",  # 29
            "cid,c1,2026-05-02 10:00:00,30,p,tea",  # 60
            "cid,c2,2026-05-12 10:00:00,30,p,tea",  # 50
            "dan,d1,2026-05-02 10:00:00,30,p,tea",
            "dan,d2,2026-06-20 10:00:00,30,p,tea",
            "dan,d2,2026-06-25 10:00:00,-30,p,tea",  # the second order came back in full: silent for 60
            "eve,e1,2026-05-01 10:00:00,30,p,tea",  # 61: given up
            "fay,f1,2026-06-10 10:00:00,-30,p,tea",  # never bought anything
        ],
    )
    found = told(reactivation(context, ReactivationScenario(silence_days=30, most_days=60, fresh_days=14)))
    assert found == {
        "ann": ("07-01 00:00", "07-01 00:00", "07-15 00:00", "2026-06-01", 1.0),
        "cid": ("06-11 00:00", "07-01 00:00", "07-12 00:00", "2026-05-12", 2.0),  # on 12 July she is silent for 61
        "dan": ("06-01 00:00", "07-01 00:00", "07-02 00:00", "2026-05-02", 1.0),
    }


def test_overdue_holds_the_silence_against_the_customers_own_gaps() -> None:
    # Gaps of ann 10, 10, 20, 30 and 40: four of five do not exceed 30. Those of bob 40, 5 and 10: .8 x 3 takes all.
    days = bought(
        ann="2026-01-01 2026-01-11 2026-01-21 2026-02-10 2026-03-12 2026-04-21",
        bob="2026-01-01 2026-02-10 2026-02-15 2026-02-25",
        cid="2026-01-01 2026-01-02 2026-01-03 2026-01-04",
    )
    found = allowed_silences(days, level=0.8, usual_days=30).order_by("customer_id").to_pandas()
    assert found["allowed_days"].tolist() == [30, 40, 7]
    assert found["purchase_days"].tolist() == [6, 4, 4]


def test_overdue_draws_who_has_few_gaps_towards_the_base() -> None:
    # Thirty with three gaps of 27 days each. A gap of 8 is drawn to 8^(1/3) 27^(2/3) = 18, two of them to 12.
    first = date(2026, 1, 1)
    steady = " ".join(str(first + timedelta(days=27 * place)) for place in range(4))
    days = {f"s{number:02d}": steady for number in range(30)}
    days |= {"one": "2026-01-01 2026-01-09", "two": "2026-01-01 2026-01-09 2026-01-17", "zero": "2026-01-01"}
    found = allowed_silences(bought(**days), level=0.8, usual_days=30).to_pandas().set_index("customer_id")
    assert found.loc[["zero", "one", "two", "s00"], "allowed_days"].tolist() == [27, 18, 12, 27]


def test_overdue_takes_the_usual_silence_where_too_few_have_a_rhythm() -> None:
    days = bought(ann="2026-01-01 2026-01-11 2026-01-21 2026-01-31", zero="2026-01-01")
    found = allowed_silences(days, level=0.8, usual_days=45).order_by("customer_id").to_pandas()
    assert found["allowed_days"].tolist() == [10, 45]


@pytest.mark.parametrize("seed", range(5))
def test_overdue_agrees_with_percentiles_counted_one_by_one(seed: int) -> None:
    frame = random_sales(seed)
    found = allowed_silences(engine_days(frame), level=0.7, usual_days=33).to_pandas().set_index("customer_id")
    gaps: dict[str, np.ndarray] = {}
    for customer, rows in frame.groupby("customer_id"):
        stamps = rows.loc[rows["amount"] > 0, "ordered_at"].dt.normalize().unique()
        gaps[str(customer)] = np.diff(np.sort(stamps)).astype("timedelta64[D]").astype(int)
    own = {name: np.percentile(each, 70, method="inverted_cdf") for name, each in gaps.items() if len(each)}
    several = [own[name] for name, each in gaps.items() if len(each) >= 3]
    base = float(np.median(several)) if len(several) >= 30 else 33.0
    expected = defaultdict(int)
    for name, each in gaps.items():
        weight = min(len(each), 3) / 3
        expected[name] = max(7, int(np.floor(round(own.get(name, 1.0) ** weight * base ** (1 - weight), 6))))
    assert found["allowed_days"].to_dict() == dict(expected)


def test_reactivation_overdue_takes_silences_beyond_the_allowed_one(tmp_path: Path) -> None:
    rhythm = {
        "ann": "2026-05-22 2026-06-01 2026-06-11 2026-06-21",  # allowed 10, silent for 10
        "bob": "2026-05-21 2026-05-31 2026-06-10 2026-06-20",  # allowed 10, silent for 11
        "cid": "2026-06-01",  # allowed what is usual, 29; silent for 30
        "dan": "2026-06-02",  # silent for 29
    }
    rows = [f"{name},{name}{day},{day} 00:00:00,5,p,tea" for name, days in rhythm.items() for day in days.split()]
    context = plan(tmp_path, transactions=rows)
    scenario = ReactivationScenario(rule="overdue", silence_days=29, most_days=300, fresh_days=5)
    assert told(reactivation(context, scenario)) == {
        "bob": ("07-01 00:00", "07-01 00:00", "07-06 00:00", "2026-06-20", 4.0),
        "cid": ("07-01 00:00", "07-01 00:00", "07-06 00:00", "2026-06-01", 1.0),
    }


def test_after_sale_counts_from_the_delivery_of_what_was_kept(tmp_path: Path) -> None:
    context = plan(
        tmp_path,
        headers={"transactions": DELIVERED},
        transactions=[
            "ann,a1,2026-06-20 10:00:00,30,pot,home,2026-06-25 00:00:00,2026-06-24 15:30:00",
            "ann,a1,2026-06-20 10:00:00,80,tv,video,2026-06-25 00:00:00,2026-06-29 12:00:00",  # the last part
            "bob,b1,2026-06-20 10:00:00,30,pot,home,2026-06-25 00:00:00,",  # on its way
            "cid,c1,2026-06-20 10:00:00,30,pot,home,2026-06-25 00:00:00,2026-07-01 00:00:00",  # not seen yet
            "dan,d1,2026-06-28 18:00:00,30,pot,home,,",  # carried home
            "eve,e1,2026-06-20 10:00:00,80,tv,video,2026-06-25 00:00:00,2026-06-24 15:30:00",
            "eve,e1,2026-06-20 10:00:00,30,pot,home,2026-06-25 00:00:00,2026-06-24 15:30:00",
            "eve,e1,2026-06-27 10:00:00,-80,tv,video,,",  # the dear part came back
            "fay,f1,2026-06-20 10:00:00,30,pot,home,2026-06-25 00:00:00,2026-06-24 15:30:00",
            "fay,f1,2026-06-26 10:00:00,-30,pot,home,,",  # all of it came back
            "gus,g1,2026-06-10 10:00:00,90,tv,video,2026-06-12 00:00:00,2026-06-12 12:00:00",
            "gus,g2,2026-06-20 10:00:00,30,pot,home,2026-06-25 00:00:00,2026-06-24 12:00:00",
            "hal,h1,2026-06-01 10:00:00,30,pot,home,2026-06-12 00:00:00,2026-06-04 12:00:00",  # long ago
        ],
    )
    assert told(after_sale(context, AfterSaleScenario(days=3, fresh_days=10))) == {
        "ann": ("06-29 12:00", "07-02 12:00", "07-12 12:00", "tv", 110.0),
        "dan": ("06-28 18:00", "07-01 18:00", "07-11 18:00", "pot", 30.0),
        "eve": ("06-24 15:30", "07-01 00:00", "07-07 15:30", "pot", 30.0),
        "gus": ("06-24 12:00", "07-01 00:00", "07-07 12:00", "pot", 30.0),
    }
    video = told(after_sale(context, AfterSaleScenario(days=3, fresh_days=20, categories=["video"])))
    assert video == {
        "ann": ("06-29 12:00", "07-02 12:00", "07-22 12:00", "tv", 80.0),
        "gus": ("06-12 12:00", "07-01 00:00", "07-05 12:00", "tv", 90.0),
    }


def test_after_sale_without_deliveries_counts_from_the_order(tmp_path: Path) -> None:
    header = {"transactions": "customer_id,order_id,ordered_at,amount"}
    rows = ["ann,a1,2026-06-29 10:00:00,10", "bob,b1,2026-06-29 00:00:00,10", "bob,b1,2026-06-30 00:00:00,-4"]
    context = plan(tmp_path, headers=header, transactions=[*rows, "cid,c1,2026-07-01 00:00:00,10"])
    assert told(after_sale(context, AfterSaleScenario(days=3, fresh_days=10))) == {
        "ann": ("06-29 10:00", "07-02 10:00", "07-12 10:00", "2026-06-29", 10.0),
        "bob": ("06-29 00:00", "07-02 00:00", "07-12 00:00", "2026-06-29", 6.0),
    }


def test_review_is_asked_for_where_nobody_reviewed_or_complained_since_the_order(tmp_path: Path) -> None:
    names = ["ann", "bob", "cid", "dan", "eve", "fay"]
    context = plan(
        tmp_path,
        transactions=[f"{name},{name}1,2026-06-20 10:00:00,30,pot,home" for name in names],
        feedback=[
            "bob,2026-06-22 00:00:00,5,5,review,",
            "cid,2026-06-19 23:00:00,5,5,review,",  # of an earlier order
            "dan,2026-06-22 00:00:00,10,10,survey,",  # an answer to a survey is no review
            "eve,2026-07-01 00:00:00,5,5,review,",  # not seen yet
        ],
        service=["fay,2026-06-20 00:00:00,delivery,2026-06-21 00:00:00"],
    )
    expected = ("06-20 10:00", "07-01 00:00", "07-14 10:00", "pot", 30.0)
    found = told(review_request(context, ReviewRequestScenario(days=10, fresh_days=14)))
    assert found == dict.fromkeys(["ann", "cid", "dan", "eve"], expected)


def test_review_is_asked_for_once_a_customer_of_the_last_order_that_is_due(tmp_path: Path) -> None:
    context = plan(
        tmp_path,
        transactions=[
            "ann,a1,2026-06-18 10:00:00,90,pot,home",
            "ann,a2,2026-06-19 10:00:00,70,tv,video",
            "ann,a3,2026-06-28 10:00:00,90,tub,home",  # due on 8 July, after the days of sending
        ],
        feedback=["zoe,2025-02-01 00:00:00,5,5,review,"],
    )
    found = told(review_request(context, ReviewRequestScenario(days=10, fresh_days=14)))
    assert found == {"ann": ("06-19 10:00", "07-01 00:00", "07-13 10:00", "tv", 70.0)}
