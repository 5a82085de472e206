from __future__ import annotations

import math
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from retention_lib.estimates import NotEnough
from retention_lib.models.retention import (
    MonthlyFlows,
    MonthRetention,
    lapse_curve,
    monthly_flows,
    repeat_rate,
)
from retention_lib.models.retention import month_retention as retention_of

NOTHING = NotEnough("customers_with_three_gaps", 3, 30)

SilenceRow = tuple[str, int | None, int | None, int]


def silences(*rows: SilenceRow) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["month", "silence_start", "silence_end", "customers"])
    return frame.astype({"silence_start": "Int64", "silence_end": "Int64", "customers": "int64"})


def flows(*, month: str = "2017-12", **counts: int) -> MonthlyFlows:
    row = {"month": month, "passed_through": 0, **counts, "readable": True, "settled": True, "whole": True}
    return MonthlyFlows(table=pd.DataFrame([row]), lapse_days=28)


def month_retention(of: MonthlyFlows | NotEnough, *, month: str) -> MonthRetention | NotEnough:
    return retention_of(of, month=month, rng=np.random.default_rng(7))


# Complete Journey, December 2017, window 28 days (counted outside the library).
DECEMBER = silences(
    ("2017-12", 5, 3, 1823),
    ("2017-12", 28, 59, 214),
    ("2017-12", 29, 28, 185),
    ("2017-12", None, 4, 6),
    ("2017-12", 40, 30, 11),
    ("2017-12", 100, 131, 300),
)

days_silent = st.one_of(st.none(), st.integers(1, 120))
silence_rows = st.lists(
    st.tuples(st.sampled_from(["2017-01", "2017-02", "2017-03"]), days_silent, days_silent, st.integers(0, 999)),
    min_size=1,
    max_size=40,
)


def test_flows_of_december_are_those_counted_by_hand() -> None:
    table = monthly_flows(DECEMBER, lapse_days=28).table
    assert table.to_dict("records") == [
        {
            "month": "2017-12",
            "start": 2037,
            "retained": 1823,
            "lapsed": 214,
            "reactivated": 185,
            "new": 6,
            "passed_through": 11,
            "end": 2014,
            "first_bought": 6,
            "readable": True,
            "settled": True,
            "whole": True,
        }
    ]


@given(silence_rows, st.integers(1, 130))
def test_flows_always_balance(rows: list[SilenceRow], lapse_days: int) -> None:
    table = monthly_flows(silences(*rows), lapse_days=lapse_days).table
    assert (table["end"] == table["start"] - table["lapsed"] + table["reactivated"] + table["new"]).all()
    assert (table["start"] == table["retained"] + table["lapsed"]).all()
    assert list(table["month"]) == sorted({row[0] for row in rows})


@given(silence_rows, st.integers(1, 130))
def test_crr_and_churn_add_up_to_exactly_one(rows: list[SilenceRow], lapse_days: int) -> None:
    counted = monthly_flows(silences(*rows), lapse_days=lapse_days)
    for month in counted.table["month"]:
        result = month_retention(counted, month=month)
        if isinstance(result, NotEnough):
            assert result.reason == "customers_active_start"
            continue
        assert result.crr.value + result.churn_rate.value == 1.0
        assert result.crr.low <= result.crr.value <= result.crr.high
        assert 0 <= result.lapse_rate.low <= result.lapse_rate.high <= 1
        net = (result.customers_active_end - result.customers_new) / result.customers_active_start
        assert result.crr.value == net


def test_december_leads_with_the_gross_pair() -> None:
    # reference: gross retention 89.5 %, net CRR 98.6 %.
    result = month_retention(monthly_flows(DECEMBER, lapse_days=28), month="2017-12")
    assert round(result.retention_gross.value, 3) == 0.895
    assert round(result.lapse_rate.value, 3) == 0.105
    assert round(result.crr.value, 3) == 0.986
    assert round(result.churn_rate.value, 3) == 0.014
    assert result.passed_through == 11
    assert result.retention_gross.n == 2037


def test_net_interval_of_a_large_month_is_the_delta_methods() -> None:
    # Ratio of means over customers: residual 1 - crr if retained, -crr if lapsed, 1 if reactivated.
    crr = (182300 + 18500) / 203700
    variance = (182300 * (1 - crr) ** 2 + 21400 * crr**2 + 18500) / 203700**2
    table = flows(start=203700, retained=182300, lapsed=21400, reactivated=18500, new=600, end=201400)
    result = month_retention(table, month="2017-12")
    half = 1.959964 * math.sqrt(variance)
    # A twentieth of the interval's half for 4,000 draws.
    assert (result.crr.low, result.crr.high) == pytest.approx((crr - half, crr + half), abs=half / 20)
    assert (result.churn_rate.low, result.churn_rate.high) == pytest.approx((1 - result.crr.high, 1 - result.crr.low))


@pytest.mark.parametrize("known", [120, 1500])
def test_net_interval_covers_the_true_ratio(known: int) -> None:
    retained, lapsed, back, other = 0.30, 0.05, 0.04, 0.61
    truth = (retained + back) / (retained + lapsed)
    draws = np.random.default_rng(3).multinomial(known, [retained, lapsed, back, other], size=600)
    hits = []
    for kept, gone, returned, _ in draws.tolist():
        start, end = kept + gone, kept + returned
        table = flows(start=start, retained=kept, lapsed=gone, reactivated=returned, new=0, end=end)
        crr = month_retention(table, month="2017-12").crr
        hits.append(crr.low <= truth <= crr.high)
    assert 0.925 <= np.mean(hits) <= 0.98


def test_net_interval_does_not_collapse_when_nobody_moved() -> None:
    table = flows(start=50, retained=50, lapsed=0, reactivated=0, new=0, end=50)
    result = month_retention(table, month="2017-12")
    assert (result.crr.value, result.growth.value) == (1.0, 1.0)
    assert result.crr.low < 0.98
    assert result.crr.high > 1.02


def test_the_growth_of_the_base_has_the_delta_methods_interval() -> None:
    # End / start over customers: residual 1 - g if retained, -g if lapsed, 1 if reactivated or new.
    growth = 201400 / 203700
    variance = (182300 * (1 - growth) ** 2 + 21400 * growth**2 + 18500 + 600) / 203700**2
    table = flows(start=203700, retained=182300, lapsed=21400, reactivated=18500, new=600, end=201400)
    result = month_retention(table, month="2017-12")
    half = 1.959964 * math.sqrt(variance)
    assert (result.growth.low, result.growth.high) == pytest.approx((growth - half, growth + half), abs=half / 20)


def test_the_same_seed_gives_the_same_interval() -> None:
    first, second = (month_retention(monthly_flows(DECEMBER, lapse_days=28), month="2017-12").crr for _ in range(2))
    assert first == second


def test_a_month_is_readable_after_a_window_and_settled_ninety_days_later() -> None:
    rows = silences(*((f"2017-{month:02d}", 5, 3, 1) for month in range(1, 7)))
    # Data from 3 January: 29 days before February, 118 before May.
    table = monthly_flows(rows, lapse_days=28, first_day=date(2017, 1, 3)).table
    assert table["readable"].tolist() == [False, True, True, True, True, True]
    assert table["settled"].tolist() == [False, False, False, False, True, True]
    later = monthly_flows(rows, lapse_days=28, first_day=date(2017, 1, 5)).table
    assert (later["readable"].sum(), later["settled"].sum()) == (4, 1)


def test_a_month_without_a_window_before_it_is_not_judged() -> None:
    rows = silences(("2017-01", 5, 3, 10), ("2017-02", 5, 3, 10))
    flows = monthly_flows(rows, lapse_days=28, first_day=date(2017, 1, 1))
    assert month_retention(flows, month="2017-01") == NotEnough("window_before_month", 0, 1)
    assert isinstance(month_retention(flows, month="2017-02"), MonthRetention)


@pytest.mark.parametrize(("last_day", "slack", "whole"), [(29, 0, False), (30, 0, True), (29, 1, True), (28, 1, False)])
def test_a_month_is_whole_when_the_data_reach_its_end(last_day: int, slack: int, whole: bool) -> None:
    rows = silences(("2017-05", 5, 3, 10), ("2017-06", 5, 3, 10))
    flows = monthly_flows(rows, lapse_days=28, last_day=date(2017, 6, last_day), slack_days=slack)
    assert flows.table["whole"].tolist() == [True, whole]
    assert month_retention(flows, month="2017-06").whole is whole


def test_a_month_without_customers_at_its_start_is_not_enough() -> None:
    table = monthly_flows(silences(("2017-01", None, 3, 5)), lapse_days=28)
    refusal = NotEnough("customers_active_start", 0, 1)
    assert month_retention(table, month="2017-01") == refusal
    assert month_retention(table, month="2031-01") == NotEnough("months_with_history", 0, 1)


def test_a_first_purchase_silent_again_at_the_end_passed_through() -> None:
    table = monthly_flows(silences(("2017-01", None, 25, 4)), lapse_days=14).table
    assert table.loc[0, ["new", "passed_through", "end", "first_bought"]].tolist() == [0, 4, 0, 4]


def test_lapse_curve_falls_with_the_window() -> None:
    # Window 28: 1,823 + 214 active at the start; window 60: also the 185 of 29 days and the 11 of 40 days.
    result = lapse_curve(DECEMBER, month="2017-12", lapse_days=28, windows=[60, 28])
    assert result.used["share"] == pytest.approx(214 / 2037)
    curve = result.table
    assert curve[["lapse_days", "start", "lapsed"]].to_numpy().tolist() == [[28, 2037, 214], [60, 2233, 0]]
    assert curve.loc[1, "low"] == 0.0
    assert curve.loc[0, "share"] == pytest.approx(214 / 2037)


def test_lapse_curve_without_a_base_is_not_enough() -> None:
    assert lapse_curve(DECEMBER, month="2017-11", lapse_days=28, windows=[]) == NotEnough(
        "customers_active_start", 0, 1
    )


def test_a_refusal_passes_through_unchanged() -> None:
    assert monthly_flows(NOTHING, lapse_days=28) is NOTHING
    assert month_retention(NOTHING, month="2017-12") is NOTHING
    assert lapse_curve(NOTHING, month="2017-12", lapse_days=28, windows=[]) is NOTHING


def test_a_window_below_a_day_is_refused() -> None:
    with pytest.raises(ValueError, match="lapse_days is 0"):
        monthly_flows(DECEMBER, lapse_days=0)


def test_the_frame_of_a_month_has_a_row_a_figure() -> None:
    result = month_retention(monthly_flows(DECEMBER, lapse_days=28), month="2017-12")
    frame = result.to_frame().set_index("figure")
    assert frame.loc["crr", "value"] == result.crr.value
    assert frame.loc["customers_lapsed", "value"] == 214


def test_no_silences_give_no_flows() -> None:
    refusal = NotEnough("months_with_history", 0, 1)
    assert monthly_flows(silences(), lapse_days=28) == refusal
    assert month_retention(refusal, month="2017-12") is refusal


def test_repeat_rate_is_the_share_with_a_second_purchase() -> None:
    # 30 + 20 of 200 customers bought again; Wilson's bounds from statsmodels.
    counts = pd.DataFrame({"frequency": [0, 1, 0, 7], "customers": [100, 30, 50, 20]})
    rate = repeat_rate(counts)
    assert (rate.value, rate.n) == (0.25, 200)
    assert (rate.low, rate.high) == pytest.approx(proportion_confint(50, 200, method="wilson"))


def test_repeat_rate_without_customers_is_not_enough() -> None:
    assert repeat_rate(pd.DataFrame({"frequency": [], "customers": []})) == NotEnough("customers_in_base", 0, 1)
    assert repeat_rate(NOTHING) is NOTHING
