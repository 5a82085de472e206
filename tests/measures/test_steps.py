from __future__ import annotations

from datetime import date

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from measures.tables import bought, engine_days, random_sales

from retention_lib.measures.steps import step_episodes

START, END = date(2020, 3, 1), date(2021, 1, 1)


def by_hand(orders: pd.DataFrame, *, start: date, end: date, steps: int) -> list[tuple[int, int, bool, int]]:
    """Counted episodes from sorted days, customer by customer."""
    found: dict[tuple[int, int, bool], int] = {}
    for _, own in orders.groupby("customer_id"):
        days = sorted({at.date() for at in own["ordered_at"] if at.date() < end})
        if not days or days[0] < start:
            continue
        for step, day in enumerate(days[:steps], start=1):
            seen = step < len(days)
            key = (step, ((days[step] if seen else end) - day).days, seen)
            found[key] = found.get(key, 0) + 1
    return [(*key, found[key]) for key in sorted(found)]


def test_each_step_is_one_episode_of_who_is_truly_new() -> None:
    purchases = bought(
        ann="2020-03-01 2020-03-11 2020-04-10",  # 10 days, 30 days, then silent for 266
        bob="2020-02-29 2020-03-05",  # seen before the start: which of his purchases is the first, nobody knows
        cid="2020-12-31",  # one day to the end
        dan="2020-12-31 2021-01-01",  # the second lies on the first day not seen
    )
    assert step_episodes(purchases, start=START, end=END).to_dict("records") == [
        {"step": 1, "days": 1, "observed": False, "customers": 2},
        {"step": 1, "days": 10, "observed": True, "customers": 1},
        {"step": 2, "days": 30, "observed": True, "customers": 1},
        {"step": 3, "days": 266, "observed": False, "customers": 1},
    ]


def test_steps_beyond_those_asked_for_are_left_out() -> None:
    purchases = bought(ann="2020-03-01 2020-03-02 2020-03-03 2020-03-04")
    assert step_episodes(purchases, start=START, end=END, steps=2)["step"].tolist() == [1, 2]


def test_a_store_in_which_nobody_is_new_has_no_episode() -> None:
    assert step_episodes(bought(ann="2020-01-01 2020-06-01"), start=START, end=END).empty


@given(st.integers(0, 2**32), st.integers(1, 4))
@settings(max_examples=8, deadline=None)
def test_episodes_of_a_random_store_are_those_counted_by_hand(seed: int, steps: int) -> None:
    orders = random_sales(seed)
    found = step_episodes(engine_days(orders), start=START, end=END, steps=steps)
    assert list(found.itertuples(index=False, name=None)) == by_hand(orders, start=START, end=END, steps=steps)
