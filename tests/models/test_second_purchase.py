from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from retention_lib.estimates import NotEnough
from retention_lib.models.second_purchase import SecondPurchases, second_purchase

MONTHS = [str(month) for month in pd.period_range("2019-01", "2020-12", freq="M")]
END = date(2021, 1, 1)


def cohorts(*, customers: int = 100, back: int = 40, **other: int) -> pd.DataFrame:
    """Every month of 2019 and 2020; `other` names a month with another number back, as in m2020_05=10."""
    late = [other.get(f"m{month.replace('-', '_')}", back) for month in MONTHS]
    frame = pd.DataFrame({"cohort": MONTHS, "customers": customers, "within_90": late})
    return frame.assign(within_30=frame["within_90"] // 2, within_60=frame["within_90"] * 3 // 4)


def second(frame: pd.DataFrame, *, end: date = END, whole: bool = True) -> SecondPurchases:
    found = second_purchase(frame, end=end, whole=whole)
    assert isinstance(found, SecondPurchases)
    return found


def test_only_cohorts_followed_to_the_end_count() -> None:
    # 90 days before 1 January 2021 is 3 October 2020: September is over then, October is not.
    found = second(cohorts())
    assert found.table["cohort"].tolist() == MONTHS[9:21]
    assert found.signs["second_purchase_90d"].value.n == 1200
    assert found.followed == {30: 0.2, 60: 0.3, 90: 0.4}
    row = found.table.iloc[0]
    assert (row["low"], row["high"]) == pytest.approx(proportion_confint(40, 100, method="wilson"))


def test_a_month_that_is_not_over_follows_to_its_beginning() -> None:
    assert second(cohorts(), whole=False).table["cohort"].iloc[-1] == "2020-08"


def test_the_change_on_last_year_compares_other_people() -> None:
    # The twelve cohorts to September 2020 against those to September 2019, of which nine are seen.
    frame = cohorts()
    frame.loc[frame["cohort"] >= "2019-10", "within_90"] = 50
    change = second(frame).signs["second_purchase_90d"].change_year
    low, high = confint_proportions_2indep(600, 1200, 360, 900, method="newcomb")
    assert (change.low, change.high) == pytest.approx((low, high), abs=1e-9)


def test_the_change_on_last_month_knows_the_common_cohorts() -> None:
    change = second(cohorts(m2020_09=90)).signs["second_purchase_90d"].change_month
    assert change.value == pytest.approx(50 / 1200)
    # A bootstrap by customer over thirteen cohorts: the first left the pool, the last came.
    shares = np.array([[0.4, 0.6]] * 12 + [[0.9, 0.1]]) / 13
    draws = np.random.default_rng(4).multinomial(1300, shares.ravel(), size=50_000).reshape(-1, 13, 2)
    now, before = (part[:, :, 0].sum(1) / part.sum((1, 2)) for part in (draws[:, 1:], draws[:, :-1]))
    assert (change.low, change.high) == pytest.approx(np.quantile(now - before, [0.025, 0.975]), abs=0.002)


def test_the_weakest_cohort_is_named_only_beyond_chance() -> None:
    assert second(cohorts()).weakest is None
    assert second(cohorts(m2020_05=10)).weakest == "2020-05"
    assert second(cohorts(m2020_05=33)).weakest is None
    # Too few to judge.
    assert second(cohorts(customers=20, back=10, m2020_05=0)).weakest is None


def test_chance_alone_seldom_names_a_weakest_cohort() -> None:
    rng = np.random.default_rng(5)
    named = 0
    for _ in range(200):
        frame = cohorts().assign(within_90=rng.binomial(100, 0.4, len(MONTHS)))
        named += second(frame).weakest is not None
    assert named <= 14


def test_small_cohorts_are_thin_and_too_few_are_refused() -> None:
    found = second(cohorts(customers=29, back=10))
    assert found.table["thin"].all()
    few = cohorts(customers=2, back=1)
    assert second_purchase(few, end=END) == NotEnough("customers_followed", 24, 30)
    assert second_purchase(few.iloc[:0], end=END) == NotEnough("customers_followed", 0, 30)


def test_a_short_history_compares_what_it_can() -> None:
    # Two cohorts followed; a month earlier one, a year earlier none.
    signs = second(cohorts().iloc[19:]).signs["second_purchase_90d"]
    assert signs.value.n == 200
    assert signs.change_month.value == 0
    assert signs.change_year == NotEnough("customers_followed", 0, 30)


def test_a_refusal_passes_through_unchanged() -> None:
    refusal = NotEnough("months_with_history", 0, 1)
    assert second_purchase(refusal, end=END) is refusal
