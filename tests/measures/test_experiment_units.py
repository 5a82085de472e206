"""Who is in a test: units in one arm, since when, and which are in two."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import ibis
import pytest
from measures.test_holdout import ASSIGNED, Tables, table
from measures.tested_shop import shop

from retention_lib.estimates import NotEnough
from retention_lib.measures import experiment_units
from retention_lib.measures.experiments import Experiment, MixedUnits, Reading, experiment

UNTIL = date(2026, 3, 1)
AT = "2026-02-02 12:00:00"


def judged(store: Any, **reading: Any) -> Experiment:
    found = experiment(store, Reading(**({"experiment": "x"} | reading)), until=UNTIL)
    assert isinstance(found, Experiment)
    return found


def people(test: Experiment) -> list[tuple[Any, ...]]:
    """Arm, members, stratum and time of every unit."""
    rows = test.people.order_by("arm", "assigned_at", "stratum").to_pandas()
    return [(one.arm, one.members, one.stratum, str(one.assigned_at)) for one in rows.itertuples()]


def at_home(*pairs: str) -> list[str]:
    """Customers with their households, as in `ann=h1`."""
    return [f"{pair.replace('=', ',')},,,,," for pair in pairs]


def test_customers_with_their_arm_their_stratum_and_their_time(tmp_path: Path) -> None:
    rows = [f"ann,x,mail,{AT},old", "bob,x,none,2026-02-03 08:00:00,new", f"cid,y,mail,{AT},new", "dan,y,none,,"]
    test = judged(shop(tmp_path, assignments=rows))
    assert people(test) == [("mail", 1, "old", "2026-02-02 12:00:00"), ("none", 1, "new", "2026-02-03 08:00:00")]
    assert (test.name, test.control, test.arms, test.others) == ("x", "none", ("none", "mail"), ("y",))
    assert (test.first_day, test.last_day) == (date(2026, 2, 2), date(2026, 2, 3))
    assert test.mixed == MixedUnits(unit="customer", assigned=2, mixed=0)
    named = test.customers.inner_join(test.people, "unit").order_by("customer_id").to_pandas()
    assert named[["customer_id", "arm"]].to_numpy().tolist() == [["ann", "mail"], ["bob", "none"]]
    assert test.to_frame()[["experiment", "arms", "unit", "assigned"]].to_numpy().tolist() == [
        ["x", "none, mail", "customer", 2]
    ]


def test_days_of_the_window_and_of_the_weeks_after(tmp_path: Path) -> None:
    test = judged(shop(tmp_path, assignments=[f"ann,x,mail,{AT},", f"bob,x,none,{AT},"]), window_days=7, after_days=20)
    assert (test.window_ends, test.after_ends) == (date(2026, 2, 9), date(2026, 3, 1))
    assert test.window_closed
    assert test.after_closed
    longer = judged(test.store, window_days=7, after_days=21)
    assert longer.window_closed
    assert not longer.after_closed


def in_memory(*rows: str) -> Any:
    """A store that lets rows of one customer differ; one that reads files sets them aside."""
    return Tables(assignments=table([(*row.split(","), AT) for row in rows], ASSIGNED))


def test_a_customer_in_two_arms_is_in_none() -> None:
    test = judged(in_memory("ann,x,mail", "ann,x,none", "bob,x,mail", "cid,x,none"))
    assert [row[0] for row in people(test)] == ["mail", "none"]
    assert test.mixed == MixedUnits(unit="customer", assigned=3, mixed=1)
    assert sorted(test.customers.to_pandas()["customer_id"]) == ["bob", "cid"]


def test_a_customer_assigned_twice_to_one_arm_counts_once() -> None:
    test = judged(in_memory("ann,x,mail", "ann,x,mail", "cid,x,none"))
    assert people(test)[0] == ("mail", 1, None, AT)
    assert test.mixed == MixedUnits(unit="customer", assigned=2, mixed=0)


def test_households_that_are_whole_are_the_units(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(experiment_units, "FEWEST_HOMES", 1)
    rows = [
        f"ann,x,mail,{AT},old",
        "bob,x,mail,2026-02-01 08:00:00,old",
        f"cid,x,none,{AT},new",
        f"dan,x,none,{AT},new",
    ]
    test = judged(shop(tmp_path, assignments=rows, customers=at_home("ann=h1", "bob=h1", "cid=h2")))
    assert people(test) == [
        ("mail", 2, "old", "2026-02-01 08:00:00"),  # the earliest of its members
        ("none", 1, "new", "2026-02-02 12:00:00"),
        ("none", 1, "new", "2026-02-02 12:00:00"),
    ]
    assert test.units.name == "household"
    assert test.mixed == MixedUnits(unit="household", assigned=3, mixed=0)
    assert test.customers.count().to_pandas() == 4


@pytest.mark.parametrize(("split", "unit"), [(1, "household"), (2, "customer")])
def test_more_than_a_twentieth_of_households_split_makes_customers_the_units(
    tmp_path: Path, split: int, unit: str
) -> None:
    """Of twenty households of two, so many are split."""
    rows, homes = [], []
    for home in range(20):
        arm = ("mail", "none")[home % 2]
        other = {"mail": "none", "none": "mail"}[arm] if home < split else arm
        rows += [f"a{home},x,{arm},{AT},", f"b{home},x,{other},{AT},"]
        homes += [f"a{home}=h{home}", f"b{home}=h{home}"]
    test = judged(shop(tmp_path, assignments=rows, customers=at_home(*homes)))
    assert test.units.name == unit
    assert test.mixed_households == split
    left = 38 if unit == "household" else 40
    assert test.customers.count().to_pandas() == left
    assert test.mixed.mixed == (1 if unit == "household" else 0)


@pytest.mark.parametrize(("homes", "unit"), [(19, "customer"), (20, "household")])
def test_a_handful_of_whole_households_says_nothing(tmp_path: Path, homes: int, unit: str) -> None:
    names = [(f"{member}{home}", home) for home in range(homes) for member in "ab"]
    rows = [f"{name},x,{('mail', 'none')[home % 2]},{AT}," for name, home in names]
    known = at_home(*(f"{name}=h{home}" for name, home in names))
    assert judged(shop(tmp_path, assignments=rows, customers=known)).units.name == unit


LISTED = {"customer_id": "string", "experiment_id": "string", "household_id": "string"}


def listed(*rows: tuple[str, str, str | None]) -> ibis.Table:
    """The households of lists as they were drawn."""
    return table(rows, LISTED)


def test_a_list_has_the_units_that_it_was_drawn_by_whatever_the_customers_say_now() -> None:
    """Ann and Bob were one household; Bob has moved in with Cid, who was put into the other arm."""
    store = in_memory("ann,x,mail", "bob,x,mail", "cid,x,none", "dan,x,none", "ann,y,mail", "bob,y,none")
    now = [("ann", "h1"), ("bob", "h2"), ("cid", "h2"), ("dan", None)]
    store.tables["customers"] = table(now, {"customer_id": "string", "household_id": "string"})
    store.listed = listed(("ann", "x", "h1"), ("bob", "x", "h1"), ("cid", "x", "h2"), ("dan", "x", None))
    test = judged(store)
    assert [row[:2] for row in people(test)] == [("mail", 2), ("none", 1), ("none", 1)]
    assert (test.units.name, test.mixed_households) == ("household", 0)
    assert test.mixed == MixedUnits(unit="household", assigned=3, mixed=0)
    assert judged(store, experiment="y", control="none").units.name == "customer", "no list"


def test_a_list_of_customers_stays_one_when_their_households_become_known() -> None:
    names = [(f"{member}{home}", home) for home in range(20) for member in "ab"]
    store = in_memory(*(f"{name},x,{('mail', 'none')[home % 2]}" for name, home in names))
    known = table([(name, f"h{home}") for name, home in names], {"customer_id": "string", "household_id": "string"})
    store.tables["customers"] = known
    assert judged(store).units.name == "household"
    store.listed = listed(*((name, "x", None) for name, _ in names))
    assert judged(store).units.name == "customer"


def test_a_test_without_times_has_no_dates_unless_its_start_is_stated(tmp_path: Path) -> None:
    store = shop(
        tmp_path,
        headers={"assignments": "customer_id,experiment_id,variant"},
        assignments=["ann,x,mail", "bob,x,none"],
    )
    test = judged(store)
    assert not test.dated
    assert test.window_ends is None
    assert test.window_closed
    assert test.people.assigned_at.notnull().sum().to_pandas() == 0
    stated = judged(store, started="2026-02-02")
    assert (stated.first_day, stated.last_day) == (date(2026, 2, 2), date(2026, 2, 2))
    assert people(stated)[0][3] == "2026-02-02 00:00:00"


def test_who_has_no_time_counts_from_the_first_of_the_others(tmp_path: Path) -> None:
    test = judged(shop(tmp_path, assignments=[f"ann,x,mail,{AT},", "bob,x,none,,"]))
    assert people(test)[1] == ("none", 1, None, "2026-02-02 12:00:00")


def test_what_is_assigned_from_the_day_of_the_report_on_is_not_seen(tmp_path: Path) -> None:
    rows = [f"ann,x,mail,{AT},", f"bob,x,none,{AT},", "cid,x,none,2026-03-01 00:00:00,"]
    assert judged(shop(tmp_path, assignments=rows)).mixed.assigned == 2


def test_the_arm_left_alone_is_told_by_the_messages(tmp_path: Path) -> None:
    rows = [f"ann,x,red,{AT},", f"bob,x,blue,{AT},"]
    sent = ["ann,x,email,2026-02-02 13:00:00,", "bob,y,email,2026-02-02 13:00:00,"]
    assert judged(shop(tmp_path, assignments=rows, contacts=sent)).control == "blue"


def test_refusals(tmp_path: Path) -> None:
    one = shop(tmp_path, assignments=[f"ann,x,mail,{AT},", f"bob,y,red,{AT},", f"cid,y,blue,{AT},"])
    assert experiment(one, Reading(experiment="x"), until=UNTIL) == NotEnough("arms", 1, 2)
    assert experiment(one, Reading(experiment="y"), until=UNTIL) == NotEnough("control_named", 0, 1)
    assert experiment(one, Reading(), until=date(2026, 1, 1)) == NotEnough("assignments", 0, 1)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"started": "2 February"}, "started is '2 February'; write a day as YYYY-MM-DD"),
        ({"window_days": 0}, "window_days must be 1 or more"),
        ({"after_days": -1}, "after_days and before_days 0 or more"),
        ({"cap": 99}, "cap is 99; it must be a share"),
    ],
)
def test_a_reading_that_makes_no_sense_is_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Reading(**wrong)
