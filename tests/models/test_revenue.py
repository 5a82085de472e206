from __future__ import annotations

import math
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retention_lib.estimates import NotEnough
from retention_lib.models.revenue import (
    KINDS,
    RevenueChange,
    log_mean_parts,
    revenue_change,
    shapley_parts,
)

COLUMNS = ["kind", "period", "customers", "orders", "items", "sales", "refunds"]
MONTHS = {"month": "2020-06", "compared": "2020-05", "data_from": date(2020, 1, 1), "new_from": date(2020, 6, 1)}


def parts(*rows: tuple[str, str, int, int, float, float, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=COLUMNS)


def change(frame: pd.DataFrame) -> RevenueChange:
    result = revenue_change(frame, **MONTHS)
    assert isinstance(result, RevenueChange), result
    return result


def cents(money: float | pd.Series) -> int:
    return int(np.round(np.asarray(money, dtype=float) * 100).sum())


def test_log_mean_by_hand() -> None:
    # 10 x 2 x 3 x 5 = 300 and 8 x 2.5 x 3 x 5 = 300: the weight is 300, the parts 300 log(.8) and 300 log(1.25).
    found = log_mean_parts([10, 2, 3, 5], [8, 2.5, 3, 5])
    assert found == pytest.approx([300 * math.log(0.8), 300 * math.log(1.25), 0, 0])
    # 2 x 1 to 4 x 3: (12 - 2) / log 6 times log 2 and log 3.
    weight = 10 / math.log(6)
    assert log_mean_parts([2, 1], [4, 3]) == pytest.approx([weight * math.log(2), weight * math.log(3)])


def test_shapley_by_hand() -> None:
    # Two factors: each step at the mean of the other. 2 x 1 to 4 x 3: 2 x (1 + 3) / 2 and 2 x (2 + 4) / 2.
    assert shapley_parts([2, 1], [4, 3]) == pytest.approx([4, 6])
    # Three factors, 1 each to 2, 3, 4, from the formula of three-factor Shapley: 23.
    a, b, c = shapley_parts([1, 1, 1], [2, 3, 4])
    assert a == pytest.approx(1 / 3 * (1 + 12) + 1 / 6 * (3 + 4))
    assert b == pytest.approx(2 * (1 / 3 * (1 + 8) + 1 / 6 * (2 + 4)))
    assert a + b + c == pytest.approx(23)


FACTORS = st.lists(st.tuples(st.floats(1e-3, 1e6), st.floats(1e-3, 1e6)), min_size=1, max_size=5)


@given(FACTORS)
def test_both_methods_add_up(pairs: list[tuple[float, float]]) -> None:
    then, now = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    total, scale = math.prod(now) - math.prod(then), math.prod(max(pair) for pair in pairs)
    for method in (log_mean_parts, shapley_parts):
        assert math.fsum(method(then, now)) == pytest.approx(total, abs=1e-9 * scale, rel=1e-7)


@given(FACTORS)
def test_both_methods_turn_their_sign_with_time(pairs: list[tuple[float, float]]) -> None:
    then, now = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    for method in (log_mean_parts, shapley_parts):
        back = [-part for part in method(now, then)]
        assert method(then, now) == pytest.approx(back, rel=1e-6, abs=1e-9 * math.prod(max(pair) for pair in pairs))


def test_the_change_by_hand() -> None:
    result = change(
        parts(
            ("retained", "then", 10, 20, 60, 300.0, 0.0),
            ("retained", "now", 10, 25, 75, 375.0, 15.0),
            ("lapsed", "then", 4, 8, 24, 120.0, 0.0),
            ("lapsed", "now", 0, 0, 0, 0.0, 10.0),
            ("new", "then", 0, 0, 0, 0.0, 0.0),
            ("new", "now", 2, 3, 9, 45.0, 0.0),
        )
    )
    assert (result.then, result.now, result.change, result.customers) == (420.0, 395.0, -25.0, 12)
    table = result.table.set_index("factor")
    # 420 both times before refunds: 14 x 2 x 3 x 5 and 12 x 28/12 x 3 x 5.
    assert table.loc["customers", "change"] == pytest.approx(420 * math.log(12 / 14), abs=0.005)
    assert table.loc["frequency", "change"] == pytest.approx(420 * math.log(14 / 12), abs=0.005)
    assert table.loc[["items", "price", "refunds"], "change"].tolist() == [0, 0, -25]
    assert table.loc["price", "then"] == 5
    kinds = result.kinds.table.set_index("kind")
    assert kinds["change"].to_dict() == {"new": 45.0, "retained": 60.0, "lapsed": -130.0}
    assert kinds["customers"].to_dict() == {"new": 2, "retained": 10, "lapsed": 4}
    stayed = result.kinds.retained.set_index("factor")["change"]
    # 375 - 300 is all frequency, 15 went back.
    assert stayed.to_dict() == {"frequency": 75.0, "items": 0.0, "price": 0.0, "refunds": -15.0}
    assert (result.days, result.compared_days, result.method, result.agrees) == (30, 31, "log-mean", True)


def test_a_month_without_sales_goes_to_the_customers_by_shapley() -> None:
    result = change(parts(("new", "now", 5, 6, 7, 80.0, 0.0), ("new", "then", 0, 0, 0, 0.0, 0.0)))
    assert (result.method, result.agrees, result.largest) == ("Shapley", None, "customers")
    assert result.table["change"].tolist() == [80.0, 0.0, 0.0, 0.0, 0.0]
    assert result.table["then"].tolist()[1:4] == result.table["now"].tolist()[1:4]


def test_methods_that_disagree_on_the_largest_item_are_marked() -> None:
    # Forty times the customers, a hundredth of the orders each.
    result = change(
        parts(("retained", "then", 10, 1000, 1000, 1000.0, 0.0), ("retained", "now", 400, 400, 400, 400.0, 0.0))
    )
    assert result.agrees is False
    largest = result.table.set_index("factor").loc[result.largest]
    assert abs(largest["other"] - largest["change"]) > 0.1 * abs(largest["change"])


COUNT, MONEY = st.integers(1, 500), st.integers(1, 10**8).map(lambda value: value / 100)


@st.composite
def stores(draw: st.DrawFn) -> pd.DataFrame:
    """Two months of a random store: kinds with or without sales, refunds beyond sales among them."""
    rows = []
    for kind in draw(st.lists(st.sampled_from(KINDS), unique=True, min_size=1)):
        sells = {
            "then": kind in ("retained", "lapsed"),
            "now": kind in ("retained", "new", "won_since", "reactivated"),
        }
        customers = draw(COUNT)  # those retained are the same people in both months
        for period in ("now", "then"):
            refunds = draw(st.one_of(st.just(0.0), MONEY))
            if sells[period]:
                orders = customers + draw(st.integers(0, 500))
                rows.append((kind, period, customers, orders, orders + draw(COUNT), draw(MONEY), refunds))
            else:
                rows.append((kind, period, 0, 0, 0, 0.0, refunds))
    return parts(*rows)


@given(stores())
@settings(max_examples=200, deadline=None)
def test_all_parts_add_up_to_the_cent(frame: pd.DataFrame) -> None:
    result = revenue_change(frame, **MONTHS)
    if frame["sales"].sum() == 0:
        assert result == NotEnough("sales_in_two_months", 0, 1)
        return
    net = frame["sales"] - frame["refunds"]
    now, then = (cents(net[frame["period"] == period]) for period in ("now", "then"))
    assert cents(result.change) == now - then
    assert (cents(result.now), cents(result.then)) == (now, then)
    assert cents(result.table["change"]) == now - then
    kinds = result.kinds.table
    assert [cents(kinds[name]) for name in ("now", "then", "change")] == [now, then, now - then]
    retained = kinds.loc[kinds["kind"] == "retained", "change"]
    assert cents(result.kinds.retained["change"]) == cents(retained)
    assert not result.table[["then", "now", "change"]].isna().any(axis=None)


def test_refunds_are_not_the_item_that_methods_are_checked_on() -> None:
    # The same number by any method; the factors below them disagree as without refunds.
    result = change(
        parts(("retained", "then", 10, 1000, 1000, 1000.0, 0.0), ("retained", "now", 400, 400, 400, 400.0, 9_000.0))
    )
    assert result.table.set_index("factor")["change"].abs().idxmax() == "refunds"
    assert result.largest in ("customers", "frequency")
    assert result.agrees is False


def test_a_month_not_seen_whole_is_not_compared() -> None:
    frame = parts(("retained", "then", 1, 1, 1, 1.0, 0.0), ("retained", "now", 1, 1, 1, 1.0, 0.0))
    late = {**MONTHS, "data_from": date(2020, 5, 11)}
    assert revenue_change(frame, **late) == NotEnough("month_compared_seen", 21, 31)
    assert revenue_change(frame, **{**MONTHS, "data_from": date(2021, 5, 11)}).have == 0
    nothing = NotEnough("observations", 1, 2)
    assert revenue_change(nothing, **MONTHS) is nothing
    assert revenue_change(nothing, **MONTHS).kinds is nothing
