"""The other tests of a store: which are read, and that one pass over all of them says what one test says of itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from typing import Any

import pandas as pd
import pytest
from measures.test_holdout import ASSIGNED, SENT, SOLD, USED, Tables, table
from studies.told_stores import ToldStore

from retention_lib.estimates import NotAsked, NotEnough
from retention_lib.measures import experiment_history as history
from retention_lib.measures.experiment_history import History, experiment_history
from retention_lib.measures.experiment_outcomes import MONEY_COLUMNS, experiment_outcomes
from retention_lib.measures.experiment_sums import arm_sums
from retention_lib.measures.experiments import Experiment, Reading, experiment
from retention_lib.settings.simulation import Simulation
from retention_lib.stores.simulation.shop import open_shop, tell_story

READING = Reading(experiment="now", window_days=10, after_days=20, before_days=30)
UNTIL = date(2025, 7, 1)


def rows(test: str, day: str, *arms: str, each: int = 3) -> list[tuple[str, ...]]:
    """Customers of a test: c1, c2, ... one after the other in its arms."""
    return [(f"c{number + 1}", test, arms[number % len(arms)], f"{day} 00:05") for number in range(each * len(arms))]


SALES = [
    ("c1", "2025-02-20 10:00", "o1", "100", "60", "0"),  # 40 before spring
    ("c1", "2025-03-05 10:00", "o2", "50", "20", "0"),  # 30 in its window
    ("c1", "2025-03-31 10:00", "o2", "-50", "-20", "0"),  # comes back after its weeks
    ("c2", "2025-03-25 10:00", "o3", "80", "30", "0"),  # 50 in the weeks after
    ("c2", "2025-03-31 10:00", "o4", "999", "1", "0"),  # after all of it
    ("c2", "2024-12-01 10:00", "o5", "70", "1", "0"),  # long before
    ("c2", "2025-02-10 10:00", "o5", "-70", "-1", "0"),  # what comes back lies on the day of its order
    ("c1", "2025-05-03 10:00", "o6", "20", "5", "0"),  # 15 in may
]
MESSAGES = [("c2", "spring", "2025-03-01 10:00", "2"), ("c2", "may", "2025-05-01 10:00", "3")]
COUPONS = [("c2", "free", "spring", "2025-03-25 10:00", "o3", "7")]


def judged(shop: Any, **options: Any) -> Experiment:
    found = experiment(shop, READING, until=UNTIL, **options)
    assert isinstance(found, Experiment)
    return found


def store(*groups: list[tuple[str, ...]]) -> Any:
    everybody = [*rows("now", "2025-05-20", "none", "mail"), *(row for group in groups for row in group)]
    return Tables(
        assignments=table(everybody, ASSIGNED),
        transactions=table(SALES, SOLD),
        contacts=table(MESSAGES, SENT),
        redemptions=table(COUPONS, USED),
    )


def read(*groups: list[tuple[str, ...]]) -> History:
    found = experiment_history(judged(store(*groups)))
    assert isinstance(found, History), found
    return found


def value(found: History, test: str, arm: str, first: str, second: str = "") -> float:
    own = next(one for one in found.tests if one.name == test).sums
    here = own[(own["arm"] == arm) & (own["first"] == first) & (own["second"] == (second or first))]
    assert len(here) == 1
    return float(here["first_total" if not second else "product"].iloc[0])


def test_each_test_counts_its_own_days_messages_and_coupons() -> None:
    found = read(rows("spring", "2025-03-01", "none", "mail"), rows("may", "2025-05-01", "none", "mail"))
    assert [one.name for one in found.tests] == ["may", "spring"]
    assert found.days == 30
    # c1 is left alone in both, c2 mailed in both; the order of 5 March came back, and counts for nothing.
    assert value(found, "spring", "none", "gross_profit_full") == 0
    assert value(found, "spring", "none", "gross_profit_before") == 40
    assert value(found, "spring", "mail", "gross_profit_full") == 50
    assert value(found, "spring", "mail", "gross_profit_before") == 0
    assert value(found, "spring", "mail", "coupon_cost_full") == 7
    assert value(found, "spring", "mail", "contact_cost") == 2
    assert value(found, "may", "none", "gross_profit_full") == 15
    assert value(found, "may", "mail", "contact_cost") == 3
    assert value(found, "may", "mail", "coupon_cost_full") == 0
    assert value(found, "spring", "mail", "gross_profit_full", "coupon_cost_full") == 50 * 7
    spring = found.tests[1]
    assert (spring.control, spring.first_day, spring.last_day) == ("none", date(2025, 3, 1), date(2025, 3, 1))
    assert spring.arms[["arm", "units", "members"]].to_numpy().tolist() == [["none", 3, 3], ["mail", 3, 3]]


def test_what_came_back_of_earlier_orders_counts_on_its_own_day_in_each_test(monkeypatch: pytest.MonkeyPatch) -> None:
    more = [
        ("c1", "2024-12-01 10:00", "o7", "70", "10", "0"),  # long before
        ("c1", "2025-03-04 10:00", "o7", "-70", "-10", "0"),  # 60 gone in the window of spring
        ("c1", "2025-03-12 10:00", "o1", "-30", "-18", "0"),  # 12 in the weeks after
        ("c1", "2025-06-20 10:00", "o1", "-10", "-6", "0"),  # after all of it
    ]
    monkeypatch.setitem(globals(), "SALES", [*SALES, *more])
    groups = rows("spring", "2025-03-01", "none", "mail"), rows("may", "2025-05-01", "none", "mail")
    found = read(*groups)
    assert value(found, "spring", "none", "gross_profit_before") == 40
    assert value(found, "spring", "none", "gross_profit_full") == -60 - 12
    assert value(found, "may", "none", "gross_profit_full") == 15
    reading = replace(READING, experiment="spring")
    alone = arm_sums(experiment_outcomes(experiment(store(*groups), reading, until=UNTIL)), ["gross_profit_full"])
    own = alone.sums[(alone.sums["arm"] == "none") & (alone.sums["second"] == "gross_profit_full")]
    assert own["first_total"].tolist() == [-72]


def test_what_cannot_be_read_is_left_out_and_says_why() -> None:
    found = read(
        [*rows("slow", "2025-05-10", "none", "mail"), ("c7", "slow", "mail", "2025-06-10 00:05")],
        rows("colours", "2025-03-01", "red", "blue"),
        rows("alone", "2025-03-01", "mail", each=6),  # of one arm: no test
        rows("us", "2025-03-01", "none", "mail", each=1),  # of two customers: no name to show
        rows("later", "2025-07-01", "none", "mail"),
        rows("h25", "2025-01-01", "holdout", "marketed"),
    )
    assert found.tests == ()
    assert found.left_out.sort_values("test").to_numpy().tolist() == [
        ["colours", "control_named"],
        ["slow", "running"],
    ]


def test_tests_that_began_with_this_one_or_after_it_are_no_earlier_ones() -> None:
    same, after = rows("same", "2025-05-20", "none", "mail"), rows("after", "2025-05-25", "none", "mail")
    found = read(rows("spring", "2025-03-01", "none", "mail"), same, after)
    assert [one.name for one in found.tests] == ["spring"]
    assert found.left_out.empty
    assert isinstance(experiment_history(judged(store(same, after))), NotAsked)


def test_the_arm_that_got_no_message_was_left_alone() -> None:
    with sent([("c2", "colours", "2025-03-01 10:00", "1")]):
        found = read(rows("colours", "2025-03-01", "red", "blue"))
    assert [(one.name, one.control) for one in found.tests] == [("colours", "red")]


@contextmanager
def sent(more: list[tuple[str, ...]]) -> Iterator[None]:
    """With these messages beside the others."""
    MESSAGES.extend(more)
    yield
    del MESSAGES[-len(more) :]


def test_only_the_latest_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "MOST", 1)
    found = read(rows("spring", "2025-03-01", "none", "mail"), rows("may", "2025-05-01", "none", "mail"))
    assert [one.name for one in found.tests] == ["may"]
    assert found.left_out.to_numpy().tolist() == [["spring", "older"]]


def test_only_so_many_customers_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "MOST_CUSTOMERS", 11)  # of two tests of six
    found = read(rows("spring", "2025-03-01", "none", "mail"), rows("may", "2025-05-01", "none", "mail"))
    assert [one.name for one in found.tests] == ["may"]


def test_without_another_test_nothing_is_asked() -> None:
    assert isinstance(experiment_history(judged(store())), NotAsked)
    assert experiment_history(NotEnough("arms", 1, 2)) == NotEnough("arms", 1, 2)


def test_results_that_came_with_the_tests_are_read_as_they_are() -> None:
    kinds = {"customer_id": "string", "experiment_id": "string", "spend": "decimal(18, 4)"}
    results = table([("c1", "spring", "10"), ("c2", "spring", "4"), ("c1", "now", "99")], kinds)
    undated = {name: kind for name, kind in ASSIGNED.items() if name != "assigned_at"}
    placed = [row[:3] for row in (*rows("now", "2025-05-20", "none", "mail"), *rows("spring", "", "none", "mail"))]
    shop: Any = Tables(assignments=table(placed, undated), outcomes=results)
    found = experiment_history(judged(shop))
    assert isinstance(found, History)
    assert found.days is None
    own = found.tests[0].sums
    assert own[own["first"] == "spend"][["arm", "n", "first_total"]].drop_duplicates().to_numpy().tolist()[0] == [
        "none",
        1,
        10.0,
    ]
    assert found.tests[0].first_day is None


@pytest.mark.parametrize("counted", [True, False])
def test_each_test_has_the_units_that_it_was_drawn_by(counted: bool) -> None:
    """21 homes of two are whole in spring; in may, which is larger, 30 homes of two were drawn one by one."""
    names = [(f"{member}{home}", f"home{home}") for home in range(30) for member in "ab"]
    whole = [(name, "spring", ("none", "mail")[int(name[1:]) % 2], "2025-03-01 00:05") for name, _ in names[:42]]
    apart = [(name, "may", ("none", "mail")["ab".index(name[0])], "2025-05-01 00:05") for name, _ in names]
    shop = store(whole, apart)
    shop.tables["customers"] = table(names, {"customer_id": "string", "household_id": "string"})
    if not counted:
        kinds = {"customer_id": "string", "experiment_id": "string", "spend": "decimal(18, 4)"}
        spent = [(name, test, "10") for name, test, *_ in (*whole, *apart)]
        shop.tables["outcomes"] = table([*spent, ("c1", "now", "1")], kinds)
    source = "auto" if counted else "outcomes"
    now = experiment(shop, replace(READING, outcomes_from=source), until=UNTIL)
    found = experiment_history(now)
    assert isinstance(found, History)
    sizes = {one.name: one.arms[["unit", "units", "members"]].to_numpy().tolist() for one in found.tests}
    assert sizes == {
        "may": [["customer", 30, 30], ["customer", 30, 30]],
        "spring": [["household", 11, 22], ["household", 10, 20]],
    }


def test_one_pass_over_all_says_what_each_test_says_of_itself() -> None:
    simulation = Simulation(customers=3_000, months=24, until=date(2026, 6, 30), seed=8)
    shop: Any = ToldStore([tell_story(open_shop(simulation), 0)])
    until = date(2026, 7, 1)
    now = experiment(shop, Reading(experiment="offer_3"), until=until)
    found = experiment_history(now)
    assert isinstance(found, History)
    assert {one.name for one in found.tests} >= {"offer_1", "offer_2", "overlap_1", "broken_1"}
    for past in found.tests:
        outcomes = experiment_outcomes(experiment(shop, Reading(experiment=past.name), until=until))
        sums = arm_sums(outcomes, [name for name in MONEY_COLUMNS if name in outcomes.columns])
        keys = ["arm", "first", "second"]
        both = past.sums.merge(sums.sums, on=keys, how="left", suffixes=("", "_own"))
        # What a test has no use for is zero in the sums of all; all else is equal to the cent.
        for name in ("n", "first_total", "second_total", "product"):
            own = both[f"{name}_own"]
            assert both.loc[own.notna(), name].tolist() == own.dropna().tolist()
        assert len(sums.sums) <= len(past.sums)
        pd.testing.assert_frame_equal(past.arms, sums.arms)
