"""Who can be put into a test, and what they did over the last days as long as one, counted by hand."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from measures.tested_shop import shop

from retention_lib.estimates import NotEnough
from retention_lib.measures.experiment_sums import ArmSums
from retention_lib.measures.experiments import Reading
from retention_lib.measures.last_window import last_window
from retention_lib.measures.planning import Audience, Eligible, eligible, first_day
from retention_lib.stores.store import Store

START = date(2026, 6, 1)
CUSTOMERS = "customer_id,household_id,region,email_consent,sms_consent"
SALES = [
    "ann,o1,2026-05-02 10:00:00,10",
    "ann,o2,2026-05-20 10:00:00,10",
    "ann,o3,2026-05-20 18:00:00,5",  # the same day: one purchase
    "bob,o4,2026-05-03 10:00:00,10",
    "cid,o5,2025-05-31 10:00:00,10",  # a day more than a year before the start
    "dan,o6,2026-04-01 10:00:00,10",
    "eve,o7,2026-04-01 10:00:00,10",
    "fay,o8,2026-06-01 10:00:00,10",  # on the day of the start: not seen
    "gus,o9,2026-05-01 10:00:00,-4",  # a refund is no purchase
    "hal,o10,2026-05-09 10:00:00,10",
    *(
        f"ivy,i{place},2026-{day} 10:00:00,10"
        for place, day in enumerate(("04-30", "05-07", "05-14", "05-21", "05-28"))
    ),
]
PEOPLE = [
    "ann,home,north,true,false",
    "bob,home,south,false,true",
    "cid,,north,true,true",
    "dan,,south,false,false",  # agreed to nothing
    "eve,,south,true,",
    "hal,,,true,false",
    "ivy,,north,true,false",
]
ASSIGNED = [
    "eve,spring,mail,2026-05-01 10:00:00,",  # in another test
    "hal,hold25,holdout,2025-07-01 00:00:00,",
    "ann,hold25,marketed,2025-07-01 00:00:00,",  # gets all campaigns: free for a test
    "ivy,old,mail,2026-02-01 10:00:00,",  # four months ago
]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    headers = {"customers": CUSTOMERS}
    return shop(tmp_path, headers=headers, transactions=SALES, customers=PEOPLE, assignments=ASSIGNED)


def found(store: Store, audience: Audience | None = None, *, on: date = START) -> Eligible:
    told = eligible(store, audience or Audience(), on=on)
    assert isinstance(told, Eligible)
    return told


def who(told: Eligible) -> dict[str, tuple[str, str]]:
    """Unit and stratum by customer."""
    rows = told.people.to_pandas().sort_values("customer_id")
    return {row.customer_id: (row.unit, row.stratum) for row in rows.itertuples()}


def test_each_step_leaves_some_out(store: Store) -> None:
    told = found(store)
    assert dict(zip(told.counts["step"], told.counts["customers"], strict=True)) == {
        "bought": 7,  # ann, bob, cid, dan, eve, hal, ivy
        "active": 6,  # not cid
        "agreed": 5,  # not dan
        "free": 3,  # not eve, who is in a test, and not hal, who is held out
    }
    # Counted back from the start Ann bought in the second and the fifth week, Bob in the fifth; Ivy in five.
    assert who(told) == {
        "ann": ("home/household", "2-4"),
        "bob": ("home/household", "2-4"),
        "ivy": ("ivy", "5+"),
    }
    assert (told.customers, told.count, told.unit, told.consents_known) == (3, 2, "household", True)
    assert told.assigned == {"hold25": 2, "old": 1, "spring": 1}
    assert told.held_out == 1


def test_what_is_asked_for_is_a_matter_of_the_audience(store: Store) -> None:
    assert set(who(found(store, Audience(consent="sms")))) == {"bob"}
    assert set(who(found(store, Audience(consent="not_asked")))) == {"ann", "bob", "dan", "ivy"}
    assert set(who(found(store, Audience(apart_days=180)))) == {"ann", "bob"}
    assert set(who(found(store, Audience().whatever_tests))) == {"ann", "bob", "eve", "ivy"}
    assert set(who(found(store, Audience(active_days=20)))) == {"ann", "ivy"}
    assert eligible(store, Audience(active_days=1), on=START) == NotEnough("customers_eligible", 0, 1)


def test_arms_can_be_alike_in_a_column_of_the_customers(store: Store) -> None:
    strata = who(found(store, Audience(stratum="region")))
    assert strata["ivy"][1] == "5+, north"
    assert strata["ann"] == strata["bob"] == ("home/household", "2-4, north")  # one of the household's
    with pytest.raises(ValueError, match="strata_by is 'city', which is no column of customers; there are: "):
        eligible(store, Audience(stratum="city"), on=START)


def test_a_hold_out_is_over_after_a_year(store: Store) -> None:
    later = found(store, Audience(active_days=500), on=date(2026, 7, 15))
    assert "hal" in who(later)
    assert later.held_out == 0


def test_new_customers_are_counted_over_three_months(store: Store) -> None:
    assert found(store).arrivals_per_day == pytest.approx(2 / 91)
    # Since 30 April Ann, Bob, Hal and Ivy are new, four of five customers in four units; Eve is not.
    assert found(store, on=date(2026, 7, 30)).arrivals_per_day == pytest.approx(4 * 4 / 5 / 91)


def test_a_store_of_sales_alone_has_everybody(tmp_path: Path) -> None:
    told = found(shop(tmp_path, transactions=SALES))
    assert set(who(told)) == {"ann", "bob", "dan", "eve", "hal", "ivy"}
    assert (told.unit, told.consents_known, told.assigned, told.held_out) == ("customer", False, {}, 0)


def test_the_last_window_is_read_like_a_test(store: Store) -> None:
    # Ten days, and ten after, from 12 May: Ann bought twice on the 20th, Ivy on 14 and 21; two of Ivy's, Ann's first
    # and Bob's are before. Cid bought less than a year ago; Eve is in a test and Hal is held out.
    reading = Reading(window_days=10, after_days=10, before_days=28)
    told = last_window(store, Audience(), reading, until=START)
    assert isinstance(told, ArmSums)
    assert told.arms[["arm", "units", "members", "unit"]].to_numpy().tolist() == [["everybody", 3, 4, "household"]]
    own = told.sums[told.sums["first"] == told.sums["second"]].set_index("first")
    assert own.loc["revenue", ["n", "first_total", "product"]].tolist() == [3, 35, 15**2 + 20**2]
    assert own.loc["orders", ["first_total", "product"]].tolist() == [4, 2**2 + 2**2]
    assert own.loc["conversion", "first_total"] == 2
    assert own.loc["revenue_before", ["first_total", "product"]].tolist() == [40, 20**2 + 20**2]
    assert set(told.sums["arm"]) == {"everybody"}


def test_sales_that_begin_too_late_plan_nothing(store: Store) -> None:
    reading = Reading(window_days=300, after_days=100)
    assert last_window(store, Audience(), reading, until=START) == NotEnough("planning_history_days", 366, 401)


def test_a_test_starts_when_nothing_of_it_is_seen() -> None:
    assert first_day(None, seen_until=START) == START
    assert first_day("2026-06-15", seen_until=START) == first_day(date(2026, 6, 15), seen_until=START)
    with pytest.raises(ValueError, match="a test starts on that day or later"):
        first_day("2026-05-31", seen_until=START)
    with pytest.raises(ValueError, match="write a day as YYYY-MM-DD"):
        first_day("June", seen_until=START)
