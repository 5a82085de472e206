from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from retention_lib.runs.months import StoreFacts, run_month
from retention_lib.runs.plan import missing_tables
from retention_lib.settings import Month
from retention_lib.stores.errors import MonthError


def store(name: str = "shop", **facts: Any) -> StoreFacts:
    empty: dict[str, Any] = {"fingerprint": {}, "reconciliation": {}, "rejected": {}, "tables": ("transactions",)}
    days = {"as_of": None, "first_day": None, "last_day": None, "last_complete": None}
    return StoreFacts(name=name, title=name, **empty, **{**days, **facts})


MOVING = store(first_day=date(2017, 1, 5), last_day=date(2018, 1, 3), last_complete=Month(2017, 12))
OLDER = store("old", first_day=date(2016, 1, 5), last_day=date(2017, 6, 30), last_complete=Month(2017, 6))
PINNED = store("cdnow", as_of=date(1998, 6, 30), first_day=date(1997, 1, 1), last_day=date(1998, 6, 30))
DATELESS = store("mail")


def test_run_month_is_the_last_complete_one_of_the_latest_store() -> None:
    assert run_month(None, [OLDER, PINNED, MOVING, DATELESS]) == Month(2017, 12)


def test_run_month_of_pinned_stores_is_the_pinned_one() -> None:
    assert run_month(None, [PINNED, DATELESS]) == Month(1998, 6)


@pytest.mark.parametrize("month", ["2017-01", "2018-01"])
def test_run_month_may_be_any_month_with_data(month: str) -> None:
    assert run_month(Month.parse(month), [MOVING, PINNED]) == Month.parse(month)


@pytest.mark.parametrize("month", ["2016-12", "2018-02", "1998-06"])
def test_run_month_outside_the_data_is_refused(month: str) -> None:
    with pytest.raises(MonthError, match=f"{month} is not in the data: shop has sales from 2017-01-05"):
        run_month(Month.parse(month), [MOVING, PINNED])


def test_run_month_held_by_one_store_is_enough() -> None:
    assert run_month(Month(2016, 5), [MOVING, OLDER]) == Month(2016, 5)


def test_run_month_other_than_the_pinned_one_is_refused() -> None:
    with pytest.raises(MonthError, match="cdnow is pinned to 1998-06-30"):
        run_month(Month(1998, 5), [PINNED])


def test_run_month_of_stores_without_dates_must_be_named() -> None:
    with pytest.raises(MonthError, match="MONTH="):
        run_month(None, [DATELESS])
    assert run_month(Month(2020, 1), [DATELESS]) == Month(2020, 1)


def test_run_month_without_a_complete_one_is_refused() -> None:
    young = store(first_day=date(2017, 1, 5), last_day=date(2017, 1, 9))
    with pytest.raises(MonthError, match="no complete month"):
        run_month(None, [young])


@pytest.mark.parametrize(
    ("needs", "has", "missing"),
    [
        ([], "", ()),
        ([["contacts"]], "contacts", ()),
        ([["contacts"], ["loyalty_events"]], "", (("contacts",), ("loyalty_events",))),
        ([["contacts"], ["loyalty_events"]], "loyalty_events", ()),
        ([["assignments", "transactions"], ["assignments", "outcomes"]], "transactions", (("assignments",),)),
    ],
)
def test_missing_tables(needs: list[list[str]], has: str, missing: tuple[tuple[str, ...], ...]) -> None:
    assert missing_tables(needs, has.split().__contains__) == missing
