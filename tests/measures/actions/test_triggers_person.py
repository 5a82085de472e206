from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from measures.actions.trigger_shop import plan, told, who

from retention_lib.measures.actions.context import TriggerContext
from retention_lib.measures.actions.triggers_person import birthday, new_arrivals, rescue
from retention_lib.settings.playbook import Playbook
from retention_lib.settings.scenarios import BirthdayScenario, NewArrivalsScenario, RescueScenario


def test_birthday_is_told_ahead_into_the_whole_month(tmp_path: Path) -> None:
    context = plan(
        tmp_path,
        customers=[
            "ann,1990-07-20,",
            "bob,1985-07-01,",  # today
            "cid,1985-06-30,",  # yesterday
            "dan,2001-08-06,",  # to be told of on 30 July
            "eve,2001-08-08,",  # on 1 August, by the next plan
            "fay,,",
            "gus,1990-07-20,2026-06-30",
            "hal,1990-07-20,2026-07-01",  # not known yet
        ],
    )
    assert told(birthday(context, BirthdayScenario(days_ahead=7, fresh_days=31))) == {
        "ann": ("07-20 00:00", "07-13 00:00", "07-21 00:00", "2026-07-20", None),
        "bob": ("07-01 00:00", "07-01 00:00", "07-02 00:00", "2026-07-01", None),
        "dan": ("08-06 00:00", "07-30 00:00", "08-07 00:00", "2026-08-06", None),
        "gus": ("07-20 00:00", "07-13 00:00", "07-21 00:00", "2026-07-20", None),
    }


def test_birthday_message_goes_no_later_than_it_is_fresh(tmp_path: Path) -> None:
    context = plan(tmp_path, customers=["ann,1990-07-20,", "bob,1990-07-03,", "cid,1990-07-09,"])
    found = told(birthday(context, BirthdayScenario(days_ahead=10, fresh_days=3)))
    assert found == {
        "ann": ("07-20 00:00", "07-10 00:00", "07-13 00:00", "2026-07-20", None),
        "cid": ("07-09 00:00", "07-01 00:00", "07-02 00:00", "2026-07-09", None),
    }


@pytest.mark.parametrize(
    ("start", "day"),
    [("2027-02-10", "2027-02-28"), ("2028-02-10", "2028-02-29"), ("2027-12-20", None), ("2027-03-01", None)],
)
def test_who_was_born_on_the_29th_of_february_has_a_birthday_every_year(
    tmp_path: Path, start: str, day: str | None
) -> None:
    context = plan(tmp_path, start=date.fromisoformat(start), customers=["ann,2000-02-29,", "bob,2000-02-28,"])
    found = told(birthday(context, BirthdayScenario(days_ahead=7)))
    assert found.get("ann", (None,) * 4)[3] == day
    assert ("bob" in found) == (day is not None)


def test_birthday_of_the_next_year_is_ahead_in_december(tmp_path: Path) -> None:
    context = plan(tmp_path, start=date(2026, 12, 15), customers=["ann,1990-01-05,", "bob,1990-12-14,"])
    found = told(birthday(context, BirthdayScenario(days_ahead=7)))
    assert found == {"ann": ("01-05 00:00", "12-29 00:00", "01-06 00:00", "2027-01-05", None)}


def test_rescue_takes_what_nobody_answered_or_settled(tmp_path: Path) -> None:
    context = plan(
        tmp_path,
        feedback=[
            "ann,2026-06-28 10:00:00,2,5,review,",
            "bob,2026-06-28 10:00:00,3,5,review,",  # not bad
            "cid,2026-06-28 10:00:00,1,5,review,2026-06-29 09:00:00",
            "dan,2026-06-28 10:00:00,1,5,review,2026-07-01 00:00:00",  # the answer is not seen yet
            "eve,2026-06-28 10:00:00,0,10,survey,",
            "fay,2026-06-16 23:59:59,1,5,review,",  # too long ago
            "gus,2026-07-01 00:00:00,1,5,review,",
            "hal,2026-06-20 10:00:00,1,5,review,",
            "ivy,2026-06-17 00:00:00,4,10,,",  # without a kind it is a review
        ],
        service=[
            "hal,2026-06-25 10:00:00,delivery,",
            "jan,2026-06-25 10:00:00,delivery,2026-06-27 10:00:00",
            "kim,2026-06-25 10:00:00,,",
            "kim,2026-06-24 10:00:00,quality,",
            "lou,2026-06-25 10:00:00,delivery,2026-07-02 10:00:00",
        ],
    )
    assert told(rescue(context, RescueScenario(fresh_days=15))) == {
        "ann": ("06-28 10:00", "07-01 00:00", "07-13 10:00", "review", 0.6),
        "dan": ("06-28 10:00", "07-01 00:00", "07-13 10:00", "review", 0.8),
        "hal": ("06-25 10:00", "07-01 00:00", "07-10 10:00", "delivery", 1.0),
        "ivy": ("06-17 00:00", "07-01 00:00", "07-02 00:00", "review", 0.6),
        "kim": ("06-25 10:00", "07-01 00:00", "07-10 10:00", "service", 1.0),
        "lou": ("06-25 10:00", "07-01 00:00", "07-10 10:00", "delivery", 1.0),
    }
    chosen = told(rescue(context, RescueScenario(service_kinds=["quality"], worst_score=0.2, fresh_days=15)))
    assert {name: row[3] for name, row in chosen.items()} == {"dan": "review", "hal": "review", "kim": "quality"}


def test_rescue_reads_either_table_alone_and_knows_nothing_of_answers_without_their_column(tmp_path: Path) -> None:
    reviews = plan(
        tmp_path,
        headers={"feedback": "customer_id,given_at,score,scale"},
        feedback=["ann,2026-06-28 10:00:00,2,5"],
    )
    assert who(rescue(reviews, RescueScenario())) == ["ann"]
    contacts = plan(tmp_path, headers={"service": "customer_id,opened_at"}, service=["bob,2026-06-28 10:00:00"])
    assert who(rescue(contacts, RescueScenario())) == ["bob"]
    assert who(rescue(contacts, RescueScenario(service_kinds=["delivery"]))) == []


def five(product: str, category: str, day: str) -> list[str]:
    """Five customers buy a product."""
    return [f"{product}{number},{product}{number},{day} 10:00:00,5,{product},{category}" for number in range(5)]


def test_new_arrivals_are_for_active_customers_of_the_category(tmp_path: Path) -> None:
    context = plan(
        tmp_path,
        transactions=[
            *five("mint", "tea", "2026-06-05"),
            *five("rose", "tea", "2026-06-10"),
            *five("mug", "cups", "2026-05-31"),  # not new any more
            *five("bean", "coffee", "2026-06-20")[:4],  # to four customers only
            "ann,a1,2026-05-01 10:00:00,5,green,tea",
            "ann,a2,2026-05-02 10:00:00,5,green,tea",
            "bob,b1,2026-05-01 10:00:00,5,green,tea",
            "bob,b2,2026-06-20 10:00:00,5,rose,tea",  # knows one of them
            "cid,c1,2026-04-01 23:59:59,5,green,tea",  # not active
            "dan,d1,2026-05-01 10:00:00,5,cup,cups",
            "eve,e1,2026-05-01 10:00:00,5,green,tea",
            "eve,e1,2026-05-05 10:00:00,-5,green,tea",  # brought it back
            "fay,f1,2026-05-01 10:00:00,5,brew,coffee",
            "gus,g1,2026-04-02 00:00:00,5,green,tea",
            "gus,g2,2026-07-01 00:00:00,5,rose,tea",  # not seen yet
        ],
    )
    found = told(new_arrivals(context, NewArrivalsScenario(arrived_days=30, active_days=90, fresh_days=14)))
    assert found == {
        "ann": ("06-10 10:00", "07-01 00:00", "07-15 00:00", "tea", 2.0),
        "gus": ("06-10 10:00", "07-01 00:00", "07-15 00:00", "tea", 1.0),
    }


def test_who_buys_in_two_categories_hears_of_the_one_bought_on_most_days(tmp_path: Path) -> None:
    context = plan(
        tmp_path,
        transactions=[
            *five("mint", "tea", "2026-06-05"),
            *five("mug", "cups", "2026-06-08"),
            "ann,a1,2026-05-01 10:00:00,5,green,tea",
            "ann,a2,2026-05-02 10:00:00,5,green,tea",
            "ann,a3,2026-05-02 10:00:00,5,cup,cups",
            "ann,a4,2026-05-02 11:00:00,5,cup,cups",
            "ann,a5,2026-05-02 12:00:00,5,cup,cups",
            "bob,b1,2026-05-01 10:00:00,5,green,tea",
            "bob,b2,2026-05-02 10:00:00,5,cup,cups",
        ],
    )
    found = told(new_arrivals(context, NewArrivalsScenario()))
    assert {name: row[3:] for name, row in found.items()} == {"ann": ("tea", 2.0), "bob": ("cups", 1.0)}


def test_nothing_is_known_to_be_new_in_a_shop_of_three_months(tmp_path: Path) -> None:
    header = {"transactions": "customer_id,order_id,ordered_at,amount,product_id,category,channel"}
    rows = [f"{row},shop" for row in (*five("mint", "tea", "2026-06-05"), "ann,a1,2026-05-01 10:00:00,5,green,tea")]
    first = "zoe,z1,2026-03-04 10:00:00,5,green,tea,shop"
    context = plan(tmp_path, headers=header, transactions=[first, *rows])
    assert who(new_arrivals(context, NewArrivalsScenario())) == []
    longer = plan(tmp_path, headers=header, transactions=[first.replace("03-04", "03-03"), *rows])
    assert who(new_arrivals(longer, NewArrivalsScenario())) == ["ann", "zoe"][:1]


def test_a_later_start_shows_no_more_of_the_store(tmp_path: Path) -> None:
    context = plan(tmp_path, feedback=["ann,2026-06-30 10:00:00,2,5,review,", "bob,2026-07-02 10:00:00,1,5,review,"])
    later = TriggerContext(store=context.store, until=context.until, start=date(2026, 7, 5), playbook=Playbook())
    assert who(rescue(later, RescueScenario())) == ["ann"]
