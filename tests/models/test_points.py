"""The ledger of points: totals by hand, and what is said where it does not add up or there is none."""

from __future__ import annotations

import math

import pytest
from reports.points_results import LEDGER, MONTHS, broken, ledger, quiet, undated, with_gaps

from retention_lib.estimates import Estimate, NotAsked, NotEnough
from retention_lib.models.points import points_ledger


def test_totals_by_hand() -> None:
    told = ledger()
    year = told.total("year")
    assert (year["first"], year["last"], year["opening"], year["outstanding"]) == ("2017-10", "2017-12", 0, 3_000)
    assert year[["earned", "granted", "adjusted", "burned", "reversed", "expired", "forfeited"]].tolist() == [
        *(1_800, 3_200, 10, 500, 60, 1_400, 50)
    ]
    month = told.total("month")
    assert month[["first", "opening", "burned", "expired", "members"]].tolist() == ["2017-12", 1_750, 250, 500, 60]
    # 500 redeemed of 500 + 1,400 + 50 that ended.
    assert isinstance(told.used_share_year, Estimate)
    assert told.used_share_year.value == pytest.approx(500 / 1_950)
    assert told.points_outstanding == Estimate(3_000, n=55)
    assert told.reasons["used_share"].tolist() == pytest.approx([400 / 600, 100 / 1_350])


def test_the_last_year_is_twelve_months_and_the_whole_is_all() -> None:
    months = [
        (f"{2016 + at // 12}-{at % 12 + 1:02d}", 10 * at, *(10, *[0] * 6), 10 * at + 10, 0, 0, 0, 5) for at in range(15)
    ]
    told = ledger(tuple(months), (("all", None, 150.0, 5),))
    assert [told.total(span)["earned"] for span in ("month", "year", "all")] == [10, 120, 150]
    assert told.total("year")[["first", "opening"]].tolist() == ["2016-04", 30]
    assert told.balanced


def test_a_ledger_that_adds_up_and_one_that_lost_points() -> None:
    assert (ledger().balanced, ledger().difference) == (True, 0)
    assert (broken().balanced, broken().difference) == (False, 5)
    assert broken().table["difference"].tolist() == [0, 0, 5]


def test_open_lots_that_miss_the_last_balance_are_a_difference_too() -> None:
    told = ledger(MONTHS, (("all", None, 2_999.0, 55),))
    assert (told.balanced, told.difference) == (False, 1)


def test_what_no_entry_says_and_what_no_credit_covers() -> None:
    told = with_gaps()
    assert (told.by_date, told.overdrawn, told.accounts_overdrawn, told.balanced) == (120, 70, 2, True)
    assert told.points_outstanding.value == 3_070


def test_open_points_by_band() -> None:
    held = ledger().open
    assert held.expiry[["from_day", "to_day", "points", "members"]].to_numpy().tolist() == [
        [0, 30, 600, 31],
        [30, 90, 1_500, 40],
        [180, math.inf, 900, 12],
    ]
    assert held.expiry["share"].tolist() == pytest.approx([0.2, 0.5, 0.3])
    assert [held.within(days) for days in (30, 90, 180)] == [600, 2_100, 2_100]
    assert held.age["to_day"].tolist() == [30, 90, 180]
    assert undated().open.expiry[["from_day", "to_day"]].isna().all(axis=None)
    assert undated().open.within(90) == 0


def test_nothing_ended_and_nothing_at_all() -> None:
    assert undated().used_share == NotEnough("points_ended", 0, 1)
    assert (quiet().points_outstanding.value, quiet().balanced, len(quiet().open.expiry)) == (0, True, 0)


def test_refusals_pass_through() -> None:
    asked = NotAsked("loyalty_events_known", 0, 1)
    assert points_ledger(asked, asked, asked) is asked
    assert set(LEDGER) == set(ledger().table.columns) - {"difference"}
