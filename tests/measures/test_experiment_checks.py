from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from measures.tested_shop import TWELVE, UNTIL, arm_of, assigned, judged, shop

from retention_lib.estimates import NotEnough
from retention_lib.measures import experiment_others, experiment_units
from retention_lib.measures.experiment_checks import CheckFacts, experiment_checks
from retention_lib.measures.experiment_outcomes import experiment_outcomes
from retention_lib.measures.experiments import Reading, experiment
from retention_lib.stores.store import Store

SALE = "c09,o0,2026-02-10 10:00:00,5"


def facts(store: Store, **reading: Any) -> CheckFacts:
    found = experiment_checks(*judged(store, **reading))
    assert isinstance(found, CheckFacts)
    return found


def of_arm(found: CheckFacts, name: str) -> list[float]:
    return [float(value) for value in found.arms.set_index("arm").loc[["none", "mail"], name]]


def test_who_bought_on_the_day_before_being_assigned_is_counted(tmp_path: Path) -> None:
    sales = [
        "c01,o1,2026-02-02 10:00:00,5",  # before, on the day
        "c01,o2,2026-02-02 11:00:00,5",  # the same customer again
        "c03,o3,2026-02-02 12:00:00,5",  # at the very time: after it
        "c05,o4,2026-02-01 23:00:00,5",  # the day before
        "c07,o5,2026-02-02 09:00:00,-5",  # something came back
        "c02,o6,2026-02-02 00:00:00,5",  # left alone, before
        "zoe,o7,2026-02-02 09:00:00,5",  # in no arm
    ]
    found = facts(shop(tmp_path, assignments=assigned(), transactions=sales))
    assert found.arms["arm"].tolist() == ["none", "mail"]
    assert of_arm(found, "units") == of_arm(found, "members") == [6, 6]
    assert of_arm(found, "bought_between") == [1, 1]
    assert np.isnan(of_arm(found, "contacted")).all()
    assert not found.knows_contacts
    assert np.isnan(found.contacted_control)
    assert found.not_contacted.empty


def test_days_without_a_time_cannot_tell_what_was_bought_before(tmp_path: Path) -> None:
    store = shop(tmp_path, assignments=assigned(at="2026-02-02"), transactions=["c01,o1,2026-02-02 10:00:00,5"])
    assert np.isnan(of_arm(facts(store), "bought_between")).all()


def test_messages_and_coupons_before_the_assignment_are_exposure_before_it(tmp_path: Path) -> None:
    sent = [
        "c01,x,email,2026-02-02 11:59:59,",  # before
        "c01,x,email,2026-02-03 10:00:00,",  # and again after
        "c03,x,email,2026-02-02 12:00:00,",
        "c05,y,email,2026-02-01 12:00:00,",  # another campaign
        "c02,x,email,2026-02-05 10:00:00,",  # left alone, and yet
        "c07,x,email,2026-03-01 00:00:00,",  # not seen any more
    ]
    used = ["c09,k,x,2026-02-01 10:00:00,,", "c11,k,x,2026-02-05 10:00:00,,"]
    found = facts(shop(tmp_path, assignments=assigned(), transactions=[SALE], contacts=sent, redemptions=used))
    assert of_arm(found, "contacted") == [1, 2]
    assert of_arm(found, "used_coupon") == [0, 2]
    assert of_arm(found, "exposed_before") == [0, 2]  # c01 and c09
    assert found.contacted_control == 1
    assert found.not_contacted.to_dict("records") == [{"arm": "mail", "units": 6, "not_contacted": 4.0}]


def test_units_are_counted_by_stratum_and_by_day_with_empty_arms(tmp_path: Path) -> None:
    late = [f"{name},x,mail,2026-02-04 09:00:00,new" for name in ("d1", "d2", "d3", "d4", "d5")]
    rare = ["e1,x,none,2026-02-02 12:00:00,Jane Roe"]
    found = facts(shop(tmp_path, assignments=[*assigned(), *late, *rare], transactions=[SALE]))
    assert found.strata.to_numpy().tolist() == [
        ["(rare)", "none", 1],  # a stratum of one customer may be a name
        ["(rare)", "mail", 0],
        ["new", "none", 0],
        ["new", "mail", 5],
        ["old", "none", 6],
        ["old", "mail", 6],
    ]
    days = [[pd.Timestamp(day).date(), arm, units] for day, arm, units in found.days.to_numpy().tolist()]
    assert days == [
        [date(2026, 2, 2), "none", 7],
        [date(2026, 2, 2), "mail", 6],
        [date(2026, 2, 4), "none", 0],
        [date(2026, 2, 4), "mail", 5],
    ]
    assert (found.first_day, found.last_day) == (date(2026, 2, 2), date(2026, 2, 4))


def test_who_is_in_two_arms_is_in_none_and_counted(tmp_path: Path) -> None:
    found = facts(shop(tmp_path, assignments=[*assigned(), "c01,x,none,2026-02-02 12:00:00,old"], transactions=[SALE]))
    assert of_arm(found, "units") == [6, 5]
    # Both rows were set aside when the store was read.
    assert (found.mixed.assigned, found.mixed.mixed, found.set_aside) == (11, 0, 2)


def test_a_row_that_stands_twice_puts_nobody_aside(tmp_path: Path) -> None:
    found = facts(shop(tmp_path, assignments=[*assigned(), *assigned()], transactions=[SALE]))
    assert (of_arm(found, "units"), found.set_aside) == ([6, 6], 0)


def test_persons_in_two_arms_under_two_ids_are_counted(tmp_path: Path) -> None:
    headers = {"identities": "customer_id,kind,value"}
    same = ["c01,email,a@b.com", "c02,email,a@b.com"]
    store = shop(tmp_path, headers=headers, assignments=assigned(), transactions=[SALE], identities=same)
    found = facts(store)
    assert (of_arm(found, "units"), found.set_aside) == ([5, 5], 1)


def test_households_in_two_arms_are_told_where_customers_are_the_units(tmp_path: Path) -> None:
    homes = [f"{name},h{place // 2},,,,," for place, name in enumerate(TWELVE)]
    found = facts(shop(tmp_path, assignments=assigned(), transactions=[SALE], customers=homes))
    assert (found.unit, found.mixed_households, found.mixed.mixed) == ("customer", 6, 0)


def test_a_window_that_is_not_over_is_seen(tmp_path: Path) -> None:
    store = shop(tmp_path, assignments=assigned(), transactions=[SALE])
    assert facts(store).window_closed
    assert not facts(store, until=date(2026, 2, 8)).window_closed
    assert facts(store, until=date(2026, 2, 9)).window_closed


def test_outcomes_that_are_missing_are_counted_by_arm(tmp_path: Path) -> None:
    # c10 and c12 have no row; a row without a value of each metric is set aside when the table is read.
    rows = [f"{name},x,1,0" for name in TWELVE[:4]] + [f"{name},x,0,2.50" for name in TWELVE[4:9]] + ["c11,x,,9"]
    headers = {"assignments": "customer_id,experiment_id,variant"}
    given = [f"{name},x,{arm_of(name)}" for name in TWELVE]
    found = facts(shop(tmp_path, headers=headers, assignments=given, outcomes=rows))
    assert found.missing.to_numpy().tolist() == [
        ["visit", "none", 6, 2],
        ["visit", "mail", 6, 1],
        ["spend", "none", 6, 2],
        ["spend", "mail", 6, 1],
    ]
    assert not found.dated
    assert found.strata.empty
    assert found.days.empty
    assert found.others.table.empty
    assert found.others.either.empty
    assert (found.days_missing, found.days_looked) == (0, 0)


def test_sales_leave_nobody_out(tmp_path: Path) -> None:
    assert facts(shop(tmp_path, assignments=assigned(), transactions=[SALE])).missing.empty


def test_other_campaigns_are_looked_for_a_window_before_and_after(tmp_path: Path) -> None:
    sent = [
        "c01,spring,sms,2026-01-26 12:00:00,",  # seven days before: just in
        "c03,spring,sms,2026-01-26 11:59:59,",  # too early
        "c05,spring,sms,2026-02-02 12:00:00,",  # at the assignment: in the window
        "c07,spring,sms,2026-02-09 11:59:59,",  # the last second
        "c09,spring,sms,2026-02-09 12:00:00,",  # too late
        "c02,spring,sms,2026-02-01 12:00:00,",
        "c02,spring,sms,2026-02-03 12:00:00,",  # both before and in it
        "c04,rare,sms,2026-02-03 12:00:00,",  # a name that reached one customer
        "c06,x,sms,2026-02-03 12:00:00,",  # this test's own
        *(f"{name},monday,sms,2026-02-03 12:00:00," for name in TWELVE[:5]),
    ]
    found = facts(shop(tmp_path, assignments=assigned(), transactions=[SALE], contacts=sent)).others
    assert found.table.to_numpy().tolist() == [
        ["campaign", "monday", "none", 6, 0, 2],
        ["campaign", "monday", "mail", 6, 0, 3],
        ["campaign", "spring", "none", 6, 1, 1],
        ["campaign", "spring", "mail", 6, 1, 2],
    ]
    # In the window c02 and c04, and of the mailed c01, c03, c05, c07.
    assert found.either.to_numpy().tolist() == [["campaign", "none", 6, 1, 2], ["campaign", "mail", 6, 1, 4]]
    assert found.share == 1.0


def test_what_is_not_seen_yet_reached_nobody(tmp_path: Path) -> None:
    sent = [f"{name},spring,sms,2026-02-05 12:00:00," for name in TWELVE]
    store = shop(tmp_path, assignments=assigned(), transactions=[SALE], contacts=sent)
    assert facts(store, until=date(2026, 2, 5)).others.table.empty
    assert facts(store, until=date(2026, 2, 6)).others.table["during"].tolist() == [6, 6]


def test_other_tests_are_named_with_their_arms(tmp_path: Path) -> None:
    other = [f"{name},y,{'gift' if place < 6 else 'none'},2026-02-04,old" for place, name in enumerate(TWELVE)]
    found = facts(shop(tmp_path, assignments=[*assigned(), *other], transactions=[SALE])).others
    assert found.table.to_numpy().tolist() == [
        ["experiment", "y/gift", "none", 6, 0, 3],
        ["experiment", "y/gift", "mail", 6, 0, 3],
        ["experiment", "y/none", "none", 6, 0, 3],
        ["experiment", "y/none", "mail", 6, 0, 3],
    ]
    assert found.either["during"].tolist() == [6, 6]


def test_members_of_the_hold_out_who_are_in_the_test_are_counted(tmp_path: Path) -> None:
    held = [f"{name},y2026,holdout,2026-01-01,old" for name in ("c01", "c02", "c03", "zoe")]
    found = facts(shop(tmp_path, assignments=[*assigned(), *held], transactions=[SALE])).others
    assert found.holdouts == ("y2026",)
    assert (found.holdout_members, found.holdout_touched) == (3, 2)
    # Being left out of all campaigns is no other test.
    assert found.table.empty


def test_a_household_is_reached_through_any_member(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(experiment_units, "FEWEST_HOMES", 1)
    homes = [f"{name},h{(place - 1) // 4 * 2 + place % 2},,,,," for place, name in enumerate(TWELVE, 1)]
    sent = ["c03,x,sms,2026-02-02 10:00:00,", *(f"{name},spring,sms,2026-02-05," for name in ("c05", "c07", "c01"))]
    sent += [f"{name},spring,sms,2026-02-05 10:00:00," for name in ("c09", "c02", "c06", "c10")]
    store = shop(tmp_path, assignments=assigned(), transactions=[SALE], contacts=sent, customers=homes)
    found = facts(store)
    # Households of c01 c03, of c05 c07, of c09 c11, and the same of the even ones.
    assert found.unit == "household"
    assert (of_arm(found, "units"), of_arm(found, "members")) == ([3, 3], [6, 6])
    assert (of_arm(found, "contacted"), of_arm(found, "exposed_before")) == ([0, 1], [0, 1])
    assert found.others.table["during"].tolist() == [3, 3]


def test_days_on_which_the_shop_sold_nothing_are_missing_unless_it_never_sells_then(tmp_path: Path) -> None:
    first, sales = date(2025, 12, 1), []
    for back in range((UNTIL - first).days):
        day = first + timedelta(days=back)
        rows = 0 if day.isoweekday() == 7 or day in (date(2026, 2, 4), date(2026, 1, 14)) else 20
        sales += [f"z{row},{day}-{row},{day} 10:00:00,1" for row in range(rows)]
    found = facts(shop(tmp_path, assignments=assigned(), transactions=sales))
    # 4 February is a Wednesday of the window; the Sunday of the week never sells, 14 January lies before.
    assert (found.days_missing, found.days_looked) == (1, 7)


def test_a_small_shop_may_sell_nothing_on_a_day(tmp_path: Path) -> None:
    assert facts(shop(tmp_path, assignments=assigned(), transactions=[SALE])).days_missing == 0


@pytest.mark.parametrize("shuffled", [False, True])
def test_of_many_units_the_same_are_looked_at_in_every_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shuffled: bool
) -> None:
    monkeypatch.setattr(experiment_others, "MOST", 500)
    rng = np.random.default_rng(5)
    names = [f"c{number:05d}" for number in range(3000)]
    rows = [f"{name},x,{arm_of(name)},{datetime(2026, 2, 2, 12)},old" for name in names]
    sent = [f"{name},spring,sms,2026-02-05 10:00:00," for name in names[:1500]]
    if shuffled:
        rows = [rows[place] for place in rng.permutation(len(rows))]
    others = facts(shop(tmp_path, assignments=rows, transactions=[SALE], contacts=sent)).others
    looked = others.either["units"].sum()
    assert 400 < looked <= 500
    assert others.share == pytest.approx(looked / 3000)
    # Half of them were reached, give or take four standard errors.
    assert abs(others.either["during"].sum() / looked - 0.5) < 4 * 0.5 / looked**0.5
    assert others.either[["units", "during"]].to_numpy().tolist() == LOOKED_AT


LOOKED_AT = [[213, 116], [221, 119]]
"""Fixed by the hash of the ids alone."""


def test_a_refusal_is_handed_on(tmp_path: Path) -> None:
    refused = NotEnough("arms", 1, 2)
    test, outcomes = judged(shop(tmp_path, assignments=assigned(), transactions=[SALE]))
    assert experiment_checks(refused, refused) is refused
    assert experiment_checks(test, refused) is refused
    assert experiment_checks(refused, outcomes) is refused


def test_the_facts_of_a_test_with_one_arm_are_its_refusal(tmp_path: Path) -> None:
    store = shop(tmp_path, assignments=[f"{name},x,mail,2026-02-02,old" for name in TWELVE], transactions=[SALE])
    test = experiment(store, Reading(experiment="x"), until=UNTIL)
    assert experiment_checks(test, experiment_outcomes(test)) == NotEnough("arms", 1, 2)
