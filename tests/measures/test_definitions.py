from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from measures.tables import bought, engine_days, random_sales

from retention_lib.measures.definitions import BRACKETS, COLUMNS, WEEKS, returns_by_definition

UNTIL = date(2021, 1, 1)
STARTS = {"until": UNTIL, "history_starts": date(2020, 6, 1)}


def counts(found: pd.DataFrame, *, new: bool, definition: str) -> dict[int, int]:
    rows = found[(found["new"] == new) & (found["definition"] == definition)]
    return dict(zip(rows["from_day"], rows["returned"], strict=True))


def test_definitions_by_hand() -> None:
    # Days since 1 July: 7 (first week), 8 (second week), 30 and 31 (brackets), 91 (last week), 150 (on or after only).
    day = [str(date(2020, 7, 1) + timedelta(days=days)) for days in range(151)]
    found = returns_by_definition(
        bought(
            ann=f"{day[0]} {day[7]} {day[8]}",
            bob=f"{day[0]} {day[30]} {day[31]}",
            cid=f"{day[0]} {day[91]}",
            dan=f"{day[0]} {day[150]}",
            eve=day[0],
            fay="2020-03-01",  # before the history starts
            gus="2020-10-02 2020-10-03",  # first seen too late to be followed for 91 days
        ),
        **STARTS,
    )
    assert found.groupby("new")["customers"].unique().map(list).to_dict() == {False: [1], True: [5]}
    weeks = counts(found, new=True, definition="in_period")
    assert {week: count for week, count in weeks.items() if count} == {1: 1, 8: 1, 29: 1, 85: 1}
    assert counts(found, new=True, definition="bracket") == {1: 2, 31: 1, 61: 0}
    later = counts(found, new=True, definition="on_or_after")
    assert (later[1], later[8], later[15], later[36], later[85]) == (4, 4, 3, 2, 2)
    assert found.loc[found["new"], "longest_days"].unique().tolist() == [183]  # 1 July to 31 December


def test_the_last_first_purchase_is_followed_for_91_days() -> None:
    # 1 October to 31 December are 91 days; 2 October is one day short.
    found = returns_by_definition(bought(ann="2020-10-01", bob="2020-10-02"), **STARTS)
    assert (found["customers"].max(), found["longest_days"].max()) == (1, 91)


def test_the_customers_are_those_of_the_year_up_to_the_last_who_can_be_followed() -> None:
    found = returns_by_definition(bought(ann="2019-03-01", bob="2019-03-02", cid="2020-02-29"), **STARTS)
    assert found["customers"].max() == 2  # 2 March 2019 to 29 February 2020 are 365 days


def test_nobody_to_follow_gives_no_rows() -> None:
    found = returns_by_definition(bought(ann="2020-12-01"), **STARTS)
    assert (len(found), list(found.columns)) == (0, list(COLUMNS))


@given(st.integers(0, 2**32))
@settings(max_examples=6, deadline=None)
def test_definitions_of_a_random_store_are_those_counted_customer_by_customer(seed: int) -> None:
    orders = random_sales(seed, until=UNTIL)
    found = returns_by_definition(engine_days(orders, until=UNTIL), **STARTS)
    days = orders.assign(day=orders["ordered_at"].dt.date).groupby("customer_id")["day"].agg(set)
    ages = [(min(each), {(day - min(each)).days for day in each}) for each in days]
    followed = [(first, age) for first, age in ages if first < UNTIL - timedelta(days=91)]
    last = max((first for first, _ in followed), default=UNTIL)
    cohort = [(first, age) for first, age in followed if first > last - timedelta(days=365)]
    for new in (False, True):
        group = [age for first, age in cohort if (first >= date(2020, 6, 1)) == new]
        if not group:
            assert not (found["new"] == new).any()
            continue
        for name, spans in (("in_period", WEEKS), ("bracket", BRACKETS)):
            expected = {low: sum(any(low <= day <= high for day in age) for age in group) for low, high in spans}
            assert counts(found, new=new, definition=name) == expected
        later = {low: sum(max(age) >= low for age in group) for low, _ in WEEKS}
        assert counts(found, new=new, definition="on_or_after") == later
