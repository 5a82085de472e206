from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from models.actions.habit_counts import Counts, customers, grid, nobody

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.actions.buying_hours import buying_hours
from retention_lib.models.actions.habits import habits
from retention_lib.models.actions.send_plan import send_plan


def store(*, then: int | None = None, openings: bool = False, count: int = 60) -> Counts:
    """Half of the customers do everything at 9 on Mondays, half at 20 on Saturdays.

    Later they do as they did, or all at one hour and on Wednesdays.
    """
    morning = [[9] * 6] * (count // 2)
    evening = [[20] * 6] * (count // 2)
    days = [[1] * 6] * (count // 2) + [[6] * 6] * (count // 2)
    kind = "openings" if openings else "purchases"
    later = [(9, 1)] * (count // 2) + [(20, 6)] * (count // 2) if then is None else [(then, 3)] * count
    past = customers(morning + evening, openings=openings, weekdays=days, then=later)
    moments = grid((kind, 1, 9, 180), (kind, 6, 20, 180 + 40), ("purchases", 1, 9, 180), ("purchases", 6, 20, 220))
    now = customers([*morning, *evening, []], openings=openings, weekdays=[*days, [2]])
    return Counts(now=now, past=past, grid=moments if openings else moments.iloc[2:].reset_index(drop=True))


def test_own_hours_are_used_where_they_foretold_more() -> None:
    # all did as they always had; the best hour and weekday of all met the half of the evening
    found = habits(store())
    assert (found.kind, found.base_hour, found.base_weekday) == ("purchases", 19, 6)
    assert found.gains[["what", "customers", "own", "base", "gain", "used"]].to_numpy().tolist() == [
        ["hour", 60, 1.0, 0.5, 0.5, True],
        ["weekday", 60, 1.0, 0.5, 0.5, True],
    ]
    # half of the differences are 1, half 0: .5 -+ 2.001 x sqrt(.25 x 60 / 59 / 60)
    assert isinstance(found.own_hour_gain, Estimate)
    assert found.own_hour_gain.low == pytest.approx(0.5 - 2.0010 * (0.25 / 59) ** 0.5, abs=1e-4)
    own = found.of(np.array([0, 59, 60, 900]))
    # who has no hour of the own, and who is not known, get everybody's
    assert own["hour"].between([8, 19, 19, 19], [10, 21, 19, 19]).all()
    assert own["weekday"].tolist() == [1, 6, 2, 6]
    assert found.own_hours >= 30


def test_everybody_gets_the_best_hour_where_own_ones_foretold_less() -> None:
    found = habits(store(then=20))
    assert found.gains["used"].tolist() == [False, False]
    assert set(found.hours) == {19}
    assert found.own_hours == 0


def test_openings_go_before_purchases() -> None:
    found = habits(store(openings=True))
    assert found.kind == "openings"
    assert found.gains[["kind", "what"]].to_numpy().tolist() == [["openings", "hour"], ["purchases", "weekday"]]


def test_habits_of_a_store_without_moments() -> None:
    found = habits(nobody(), open_hours=range(11, 20))
    assert (found.base_hour, found.base_weekday, found.kind) == (11, 0, "purchases")
    assert found.own_hour_gain == found.own_weekday_gain == NotEnough("customers_at_it_again", 0, 30)
    assert found.gains.empty
    assert found.of(np.array([3, 1])).to_numpy().tolist() == [[0, 11], [0, 11]]


def test_habits_that_too_few_show_again_are_not_used() -> None:
    found = habits(store(count=20))
    assert found.own_hour_gain == NotEnough("customers_at_it_again", 20, 30)
    assert not found.gains["used"].any()
    assert found.gains["gain"].isna().all()
    assert found.gains["own"].tolist() == [1.0, 1.0]
    assert set(found.hours) == {19}


def test_habits_need_an_open_hour() -> None:
    with pytest.raises(ValueError, match="no hour is open"):
        habits(nobody(), open_hours=[])


def test_machines_are_counted_and_say_nothing() -> None:
    counts = store()
    more = Counts(now=counts.now, past=counts.past, grid=pd.concat([counts.grid, grid(("machines", 2, 3, 7))]))
    assert (habits(more).machine_openings, habits(more).base_hour) == (7, 19)


def test_buying_hours_by_hand() -> None:
    found = buying_hours(habits(store()))
    # 400 orders: 180 on Mondays at 9, 220 on Saturdays at 20
    assert (found.purchases, found.best_hour, found.best_weekday) == (400, 19, 6)
    assert (found.around_best, found.on_best_weekday) == (0.55, 0.55)
    assert len(found.cells) == 168
    assert found.cells.loc[found.cells["share"] > 0, ["weekday", "hour", "share"]].to_numpy().tolist() == [
        [1, 9, 0.45],
        [6, 20, 0.55],
    ]


def test_buying_hours_need_a_hundred_orders_with_a_time() -> None:
    few = Counts(now=customers([]), past=customers([], then=[]), grid=grid(("purchases", 1, 9, 99)))
    assert buying_hours(habits(few)) == NotEnough("purchases_with_a_time", 99, 100)
    days = Counts(now=customers([]), past=customers([], then=[]), grid=grid(("purchases", 1, -1, 500)))
    assert buying_hours(habits(days)) == NotEnough("purchases_with_a_time", 0, 100)
    assert habits(days).base_weekday == 1


def test_send_plan_counts_by_day() -> None:
    found = habits(store())
    stamps = ["2026-07-06T09:00", "2026-07-06T19:00", "2026-07-04T19:00", "2026-07-04T20:00", "NaT"]
    plan = send_plan(arms([0, 900, 901, 902, 1], stamps), found)
    assert plan.table["contacts"].tolist() == [2, 2]
    assert plan.table["day"].astype(str).tolist() == ["2026-07-04", "2026-07-06"]
    assert plan.table[["first_hour", "last_hour", "busiest"]].to_numpy().tolist() == [[19, 20, 19], [9, 19, 9]]
    assert (plan.contacts, plan.audience) == (4, 0)
    # 900 goes at everybody's hour on a Monday, 902 an hour late on everybody's Saturday
    assert plan.on_weekday == 0.75
    assert plan.at_hour == (0.75 if found.of(np.array([0]))["hour"].item() == 9 else 0.5)


def arms(row: list[int], stamps: list[str], **more: Any) -> pd.DataFrame:
    """Customers on lists, written to by e-mail unless told."""
    told = {"row": row, "variant": "treatment", "channel": "email", "send_at": np.array(stamps, dtype="datetime64[s]")}
    return pd.DataFrame({**told, **more})


def test_send_plan_is_about_messages() -> None:
    lists = arms(
        [900, 901, 902, -1],
        ["2026-07-06T09:00"] * 2 + ["2026-07-06T00:00"] + ["2026-07-06T09:00"],
        variant=["treatment", "control", "treatment", "treatment"],
        channel=["email", "email", "ads", "email"],
    )
    plan = send_plan(lists, habits(store()))
    assert (plan.contacts, plan.audience, plan.table["first_hour"].tolist()) == (1, 1, [9])


def test_send_plan_of_nothing() -> None:
    assert send_plan(arms([1], ["NaT"]), habits(nobody())) == NotEnough("contacts_with_a_time", 0, 1)
    refusal = NotEnough("customers", 0, 1)
    assert send_plan(refusal, habits(nobody())) is refusal
