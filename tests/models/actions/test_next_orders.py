from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.actions.next_orders import NextOrders, next_orders
from retention_lib.models.season import day_number

UNTIL = date(2026, 7, 1)
SHAPE, SCALE = 2.0, 60.0


def lives(customers: int, *, seed: int = 2) -> list[np.ndarray]:
    """Purchase days of customers of an MBG/NBD: gamma rates, and after each purchase a beta chance to leave."""
    rng = np.random.default_rng(seed)
    end = day_number(UNTIL)
    told = []
    for rate, leaves in zip(rng.gamma(SHAPE, 1 / SCALE, customers), rng.beta(1.0, 9.0, customers), strict=True):
        first = end - 730 + int(rng.integers(0, 600))
        stays = int(rng.geometric(leaves)) - 1
        days = first + np.cumsum(rng.exponential(1 / rate, min(stays, 400)))
        told.append(np.unique(np.r_[first, days[days < end].astype(int)]))
    return told


@dataclass(frozen=True)
class Histories:
    """As `measures.actions.next_days.OrderHistories`."""

    now: pd.DataFrame
    past: pd.DataFrame
    until: date = UNTIL
    window_days: int = 91


def histories(purchases: list[np.ndarray], *, until: date = UNTIL, window: int = 91) -> Histories:
    """What the measure gives of these purchases."""
    begin = day_number(until) - window
    now = [(row, days[0], days[-1], len(days) - 1) for row, days in enumerate(purchases)]
    past = []
    for days in purchases:
        before, after = days[days < begin], days[days >= begin]
        if len(before):
            past.append((before[0], before[-1], len(before) - 1, after[0] - begin if len(after) else None))
    names = ["first_day", "last_day", "frequency"]
    told = pd.DataFrame(past, columns=[*names, "wait_days"]).astype({"wait_days": "Int64"})
    counted = told.groupby([*names, "wait_days"], dropna=False).size().reset_index(name="customers")
    return Histories(pd.DataFrame(now, columns=["row", *names]), counted, until, window)


@pytest.fixture(scope="module")
def found() -> NextOrders:
    result = next_orders(histories(lives(3_000)))
    assert isinstance(result, NextOrders)
    return result


def test_the_interval_holds_as_many_as_it_says(found: NextOrders) -> None:
    # buyers by the model itself; whole days widen the interval by up to one
    assert isinstance(found.coverage, Estimate)
    assert 0.78 <= found.coverage.value <= 0.85
    assert found.early + found.late == pytest.approx(1 - found.coverage.value)
    assert found.calibration["customers"].sum() == found.coverage.n
    assert (found.calibration["told"] - found.calibration["came"]).abs().max() <= 6


def test_days_follow_each_other_and_lie_ahead(found: NextOrders) -> None:
    frame = found.frame
    assert (frame["low"] >= np.datetime64(UNTIL)).all()
    assert ((frame["low"] <= frame["next_order"]) & (frame["next_order"] <= frame["high"])).all()
    assert (frame["high"] < np.datetime64(UNTIL) + np.timedelta64(91, "D")).all()


def test_expected_buyers_are_as_many_as_came(found: NextOrders) -> None:
    # the same expectation a week before the end, held against the week
    purchases = lives(3_000)
    end = day_number(UNTIL)
    earlier = [days[days < end - 7] for days in purchases]
    known = [days for days in earlier if len(days)]
    told = next_orders(histories(known, until=UNTIL - timedelta(days=7), window=28))
    assert isinstance(told, NextOrders)
    expected = told.expected.set_index("days")["customers"]
    assert list(expected.index) == [7, 14, 21, 28]
    assert expected.is_monotonic_increasing
    came = sum(1 for days in purchases if len(days[days < end - 7]) and days[-1] >= end - 7)
    assert expected.loc[7] == pytest.approx(came, abs=3 * came**0.5)
    assert found.expected["share"].max() < 1


def test_expectations_of_some_customers(found: NextOrders) -> None:
    told = found.of(np.array([5, 3, 99_999]))
    assert told["next_order"].isna().tolist() == [False, False, True]
    assert told["chance_of_another"].iloc[0] == found.frame["chance_of_another"].iloc[5]


def test_coverage_needs_customers_who_bought_again() -> None:
    known = histories(lives(3_000))
    waits = known.past["wait_days"].where(np.arange(len(known.past)) < 10)
    told = next_orders(replace(known, past=known.past.assign(wait_days=waits)))
    assert isinstance(told.coverage, NotEnough)
    assert told.coverage.reason == "customers_who_bought_again"
    assert told.calibration.empty


def test_what_cannot_be_told_is_passed_on() -> None:
    refusal = NotEnough("customers", 0, 1)
    assert next_orders(refusal) is refusal
    known = histories(lives(3_000))
    assert isinstance(next_orders(replace(known, now=known.now.iloc[:1])), NotEnough)
