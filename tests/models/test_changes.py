from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import confint_proportions_2indep

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.changes import (
    LapseChange,
    UsualLapse,
    beyond_chance,
    lapse_change,
    paired_difference,
    usual_lapse,
)
from retention_lib.models.intervals import wilson
from retention_lib.models.retention import MonthlyFlows, MonthRetention, month_retention

NOTHING = NotEnough("customers_with_three_gaps", 3, 30)
MOVES = ("retained", "lapsed", "reactivated", "new", "other")


def moves(*rows: tuple[str, str, int]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["before", "now", "customers"])


def month_of(counted: pd.DataFrame, side: str, month: str, *, whole: bool = True) -> MonthRetention:
    """The retention of one side of the pairs."""
    counts = counted.groupby(side)["customers"].sum().reindex(MOVES, fill_value=0)
    retained, lapsed, back, new, _ = counts.tolist()
    row = {"month": month, "start": retained + lapsed, "retained": retained, "lapsed": lapsed, "reactivated": back}
    row |= {"new": new, "passed_through": 0, "end": retained + back + new, "first_bought": new}
    flows = MonthlyFlows(
        table=pd.DataFrame([{**row, "readable": True, "settled": True, "whole": whole}]), lapse_days=28
    )
    found = month_retention(flows, month=month, rng=np.random.default_rng(5))
    assert isinstance(found, MonthRetention)
    return found


def change_of(counted: pd.DataFrame) -> LapseChange:
    now, before = month_of(counted, "now", "2017-12"), month_of(counted, "before", "2017-11")
    found = lapse_change(now, before, moves=counted)
    assert isinstance(found, LapseChange)
    return found


def test_months_without_common_customers_have_newcombes_interval() -> None:
    # 30 of 200 lapsed in the earlier month and 50 of 250, other people, in this one.
    counted = moves(
        ("retained", "other", 170), ("lapsed", "other", 30), ("other", "retained", 200), ("other", "lapsed", 50)
    )
    change = change_of(counted).lapse_rate
    low, high = confint_proportions_2indep(50, 250, 30, 200, method="newcomb")
    assert change.value == pytest.approx(0.05)
    assert (change.low, change.high) == pytest.approx((low, high), abs=1e-9)


def test_the_pairing_is_that_of_a_bootstrap_by_customer() -> None:
    # The same 2,000 people in both months, most of them with the same outcome.
    rows = [("retained", "retained", 1600), ("lapsed", "lapsed", 120), ("retained", "lapsed", 150)]
    counted = moves(*rows, ("lapsed", "retained", 130))
    change = change_of(counted).lapse_rate
    draws = np.random.default_rng(1).multinomial(2000, counted["customers"] / 2000, size=40_000)
    low, high = np.quantile((draws[:, 2] - draws[:, 3]) / 2000, [0.025, 0.975])
    assert (change.low, change.high) == pytest.approx((low, high), abs=0.0007)
    now, before = month_of(counted, "now", "2017-12"), month_of(counted, "before", "2017-11")
    apart = paired_difference(now.lapse_rate, before.lapse_rate, correlation=0)
    assert change.high - change.low < 0.9 * (apart.high - apart.low)


def test_the_four_changes_agree() -> None:
    counted = moves(("retained", "retained", 800), ("retained", "lapsed", 90), ("lapsed", "reactivated", 40))
    found = change_of(counted)
    assert found.lapse_rate.value == pytest.approx(-found.retention_gross.value)
    assert found.lapse_rate.low == pytest.approx(-found.retention_gross.high)
    assert found.crr.value == pytest.approx(-found.churn_rate.value)
    assert found.crr.low == pytest.approx(-found.churn_rate.high)
    # CRR: (800 + 40) / 890 now, 890 / 930 before.
    assert found.crr.value == pytest.approx(840 / 890 - 890 / 930)
    assert found.to_frame()["figure"].tolist()[2:] == ["lapse_rate", "retention_gross", "crr", "churn_rate"]


@pytest.mark.parametrize("customers", [150, 2000])
def test_the_interval_of_a_change_covers_the_truth(customers: int) -> None:
    # Two kinds of customers: the loyal and the doubtful, so outcomes of the two months go together.
    rows = [
        ("retained", "retained", 0.55),
        ("retained", "lapsed", 0.10),
        ("lapsed", "other", 0.06),
        ("lapsed", "reactivated", 0.05),
        ("reactivated", "retained", 0.04),
        ("reactivated", "lapsed", 0.05),
        ("new", "retained", 0.02),
        ("other", "new", 0.03),
        ("other", "other", 0.10),
    ]
    truth = {"lapse_rate": 0.15 / 0.76 - 0.11 / 0.76, "crr": (0.61 + 0.05) / 0.76 - (0.65 + 0.09) / 0.76}
    draws = np.random.default_rng(11).multinomial(customers, [share for *_, share in rows], size=400)
    found = [change_of(moves(*((a, b, int(n)) for (a, b, _), n in zip(rows, draw, strict=True)))) for draw in draws]
    for name, value in truth.items():
        hits = [getattr(change, name).low <= value <= getattr(change, name).high for change in found]
        assert 0.92 <= np.mean(hits) <= 0.985, name


estimates = st.tuples(st.integers(1, 200), st.integers(0, 200)).map(lambda pair: wilson(min(pair), max(pair)))


@given(estimates, estimates, st.floats(-1, 1))
def test_a_difference_lies_in_its_interval_and_changes_sign(now: Estimate, before: Estimate, r: float) -> None:
    one, other = paired_difference(now, before, correlation=r), paired_difference(before, now, correlation=r)
    assert one.low <= one.value <= one.high
    assert (one.value, one.low) == pytest.approx((-other.value, -other.high))
    apart = paired_difference(now, before, correlation=0)
    assert (one.high - one.low <= apart.high - apart.low + 1e-12) or r < 0


def test_without_an_interval_there_is_no_interval_of_the_change() -> None:
    found = paired_difference(Estimate(5.0, n=3, reason="zero_variance"), wilson(1, 2), correlation=0)
    assert (found.value, found.low, found.reason) == (4.5, None, "zero_variance")
    with pytest.raises(ValueError, match="between -1 and 1"):
        paired_difference(wilson(1, 2), wilson(1, 2), correlation=1.1)


def test_a_change_is_beyond_chance_only_where_its_interval_leaves_zero_out() -> None:
    assert beyond_chance(Estimate(0.1, low=0.01, high=0.2))
    assert beyond_chance(Estimate(-0.1, low=-0.2, high=-0.01))
    assert not beyond_chance(Estimate(0.1, low=0.0, high=0.2))
    assert not beyond_chance(Estimate(0.1))
    assert not beyond_chance(NOTHING)


def test_a_refusal_passes_and_a_month_that_is_not_over_is_not_compared() -> None:
    counted = moves(("retained", "retained", 80), ("retained", "lapsed", 20))
    now, before = month_of(counted, "now", "2017-12"), month_of(counted, "before", "2017-11")
    assert lapse_change(NOTHING, before, moves=counted) is NOTHING
    assert lapse_change(now, NOTHING, moves=counted) is NOTHING
    assert lapse_change(now, before, moves=NOTHING) is NOTHING
    running = month_of(counted, "now", "2017-12", whole=False)
    assert lapse_change(running, before, moves=counted) == NotEnough("month_over", 0, 1)
    assert paired_difference(NOTHING, wilson(1, 2), correlation=0) is NOTHING


def test_the_usual_lapse_is_the_range_of_the_months_before() -> None:
    rates = {"2020-01": 5, "2020-02": 10, "2020-03": 20, "2020-04": 30, "2020-05": 15, "2020-06": 25, "2020-07": 99}
    table = pd.DataFrame({"month": list(rates), "start": 100, "lapsed": list(rates.values())})
    flows = MonthlyFlows(table=table.assign(readable=True, whole=True), lapse_days=30)
    found = usual_lapse(flows, month="2020-07")
    assert found == UsualLapse(low=0.05, high=0.30, middle=0.175, months=6)
    assert usual_lapse(flows, month="2020-06") == NotEnough("months_to_compare", 5, 6)
    unread = MonthlyFlows(table=table.assign(readable=table["month"] > "2020-01", whole=True), lapse_days=30)
    assert usual_lapse(unread, month="2020-07") == NotEnough("months_to_compare", 5, 6)
