from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.proportion import proportion_confint

from retention_lib.estimates import Estimate, NotAsked, NotEnough
from retention_lib.models.changes import LapseChange
from retention_lib.models.costs import customer_costs
from retention_lib.models.retention import MonthlyFlows, MonthRetention, month_retention
from retention_lib.models.vitals import RATES, VitalSigns, vital_signs

NOTHING = NotEnough("customers_with_three_gaps", 3, 30)
NO_COSTS = NotAsked("costs_known", 0, 1)
ONE = ("repeat_rate", "one_time_share")


def flows(*, whole: bool = True) -> MonthlyFlows:
    rows = [
        ("2017-11", 100, 90, 10, 5, 5, 0, 100, 8, True, False, True),
        ("2017-12", 100, 80, 20, 10, 10, 2, 100, 12, True, True, whole),
    ]
    columns = ["month", "start", "retained", "lapsed", "reactivated", "new", "passed_through", "end", "first_bought"]
    return MonthlyFlows(table=pd.DataFrame(rows, columns=[*columns, "readable", "settled", "whole"]), lapse_days=28)


def now(*, whole: bool = True) -> MonthRetention:
    found = month_retention(flows(whole=whole), month="2017-12", rng=np.random.default_rng(1))
    assert isinstance(found, MonthRetention)
    return found


def moments_of(figure: str, now: np.ndarray, then: np.ndarray, *, seen: int = 24, needed: int = 1) -> pd.DataFrame:
    """Sums over customers of a sign; arrays of shape (customers, 2): numerator, denominator (NaN for a total)."""
    rows = []
    for period, pairs in (("now", now), ("month", then), ("year", then)):
        above, below = pairs.T
        rows.append(
            {
                "month": "2017-12",
                "figure": figure,
                "period": period,
                "months_seen": {"now": seen, "month": seen - 1, "year": seen - 12}[period],
                "months_needed": needed,
                "customers": int(((above if np.isnan(below).all() else below) != 0).sum()),
                "numerator": above.sum(),
                "denominator": below.sum(),
                "numerator_squares": above @ above,
                "denominator_squares": below @ below,
                "products": above @ below,
                "now_n_n": now[:, 0] @ above,
                "now_n_d": now[:, 0] @ below,
                "now_d_n": now[:, 1] @ above,
                "now_d_d": now[:, 1] @ below,
            }
        )
    return pd.DataFrame(rows)


def signs(moments: pd.DataFrame, **context: object) -> VitalSigns:
    given = {"now": now(), "on_month": NOTHING, "on_year": NOTHING, "second": NOTHING, "costs": NO_COSTS}
    found = vital_signs(moments, **{**given, **context})
    assert isinstance(found, VitalSigns)
    return found


def sign_of(moments: pd.DataFrame, **context: object) -> object:
    figure = moments["figure"].iloc[0]
    return next(sign for sign in signs(moments, **context).signs if sign.figure == figure)


def test_a_share_of_customers_has_wilsons_interval() -> None:
    # 30 of 120 customers; a month before 20 of the first 100.
    now_pairs = np.column_stack([np.arange(120) < 30, np.ones(120)]).astype(float)
    then = np.column_stack([np.arange(120) < 20, np.arange(120) < 100]).astype(float)
    sign = sign_of(moments_of("repeat_rate", now_pairs, then))
    assert (sign.value.value, sign.value.n) == (0.25, 120)
    assert (sign.value.low, sign.value.high) == pytest.approx(proportion_confint(30, 120, method="wilson"))
    assert sign.change_month.value == pytest.approx(0.05)


def test_a_mean_over_customers_has_the_usual_interval() -> None:
    # One visit a customer: the ratio is a mean, and its delta interval the normal one with n - 1.
    spend = np.random.default_rng(2).gamma(2, 10, 500)
    pairs = np.column_stack([spend, np.ones(500)])
    sign = sign_of(moments_of("average_order", pairs, pairs))
    half = 1.959964 * spend.std(ddof=1) / np.sqrt(500)
    assert (sign.value.low, sign.value.high) == pytest.approx((spend.mean() - half, spend.mean() + half))
    # The same customers with the same money: nothing changed, and nothing could have.
    assert (sign.change_month.low, sign.change_month.high) == pytest.approx((0, 0), abs=1e-5)


def shop(rng: np.random.Generator, customers: int) -> tuple[np.ndarray, np.ndarray]:
    """Money and orders of customers in two months; who orders much does so in both."""
    taste = rng.gamma(3, 1, customers)
    months = []
    for share in (0.6, 0.5):
        orders = rng.poisson(share * taste)
        months.append(np.column_stack([rng.gamma(2 + orders, 10) * (orders > 0), orders]).astype(float))
    return months[0], months[1]


def test_ratios_totals_and_their_changes_are_covered() -> None:
    rng, n, month = np.random.default_rng(8), 300, now()
    truth = [pairs.sum(axis=0) / 1_000_000 for pairs in shop(rng, 1_000_000)]
    orders, totals = (money / count for money, count in truth), (n * money for money, _ in truth)
    hits: dict[str, list[bool]] = {}
    expected = dict(zip(("average_order", "revenue_month"), (tuple(orders), tuple(totals)), strict=True))
    for _ in range(500):
        months = shop(rng, int(rng.poisson(n)))  # how many customers there are is chance as well
        bare = [np.column_stack([pairs[:, 0], np.full(len(pairs), np.nan)]) for pairs in months]
        parts = [moments_of("average_order", *months), moments_of("revenue_month", *bare)]
        found = {sign.figure: sign for sign in signs(pd.concat(parts), now=month).signs}
        for figure, (value, before) in expected.items():
            sign = found[figure]
            hits.setdefault(figure, []).append(sign.value.low <= value <= sign.value.high)
            change = sign.change_month.low <= value - before <= sign.change_month.high
            hits.setdefault(f"{figure} change", []).append(change)
    covered = {name: float(np.mean(each)) for name, each in hits.items()}
    assert all(0.92 <= share <= 0.98 for share in covered.values()), covered


def test_what_looks_back_too_far_says_how_much_is_missing() -> None:
    pairs = np.ones((5, 2))
    sign = sign_of(moments_of("purchase_frequency", pairs, pairs, seen=12, needed=12))
    assert sign.value.value == 1
    assert sign.value.reason == "zero_variance"
    assert sign.change_month == NotEnough("months_of_history", 11, 12)
    short = sign_of(moments_of("revenue_retention_year", pairs * np.nan, pairs * np.nan, seen=12, needed=24))
    assert short.value == NotEnough("months_of_history", 12, 24)


def test_sales_without_any_refund_say_nothing_of_returns() -> None:
    pairs = np.column_stack([np.zeros(5), np.ones(5)])
    assert sign_of(moments_of("refund_share", pairs, pairs)).value == NotEnough("refunds_known", 0, 1)


def test_an_empty_base_is_not_enough() -> None:
    pairs = np.zeros((5, 2))
    assert sign_of(moments_of("average_order", pairs, pairs)).value == NotEnough("customers_in_base", 0, 1)


def test_a_month_that_is_not_over_is_compared_with_nothing() -> None:
    pairs = np.column_stack([np.arange(5.0), np.ones(5)])
    found = signs(moments_of("average_order", pairs, pairs), now=now(whole=False))
    assert {sign.change_month for sign in found.signs} == {NotEnough("month_over", 0, 1)}
    assert isinstance(found.signs[0].value, Estimate)


def test_the_rates_of_the_month_lead_and_are_no_figures_of_their_own() -> None:
    pairs = np.column_stack([np.arange(5.0), np.ones(5)])
    change = Estimate(0.1, low=0.0, high=0.2)
    on_month = LapseChange(
        month="2017-12", before="2017-11", lapse_rate=change, retention_gross=change, crr=change, churn_rate=change
    )
    found = signs(moments_of("average_order", pairs, pairs), on_month=on_month)
    assert tuple(sign.figure for sign in found.signs[:4]) == RATES
    assert found.signs[2].change_month is change
    assert found.signs[2].change_year is NOTHING
    assert list(found.figures) == [
        "second_purchase_30d",
        "second_purchase_60d",
        "second_purchase_90d",
        "average_order",
    ]
    frame = found.to_frame().set_index("figure")
    assert frame.loc["crr", ["change_month", "change_month_low", "change_month_high"]].tolist() == [0.1, 0.0, 0.2]
    assert frame.loc["second_purchase_30d", "reason"] == NOTHING.reason
    assert frame.loc["average_order", ["value", "n"]].tolist() == [2.0, 5]


def test_costs_of_keeping_and_winning_by_hand() -> None:
    costs = pd.DataFrame({"month": ["2017-11", "2017-12"], "keeping": [180.0, 240.0], "winning": [50.0, 60.0]})
    found = customer_costs(costs, flows(), month="2017-12")
    keeping, winning = found.signs["cost_of_keeping"], found.signs["cost_of_winning"]
    # 240 for 80 who stayed, 180 for 90; 60 for 12 won. Wilson's bounds of 80 in 100, Garwood's of 12.
    low, high = proportion_confint(80, 100, method="wilson")
    assert (keeping.value.value, keeping.change_month.value) == (3.0, 1.0)
    assert (keeping.value.low, keeping.value.high) == pytest.approx((2.4 / high, 2.4 / low))
    assert winning.value.value == 5.0
    assert (winning.value.low, winning.value.high) == pytest.approx((60 / 20.9616, 60 / 6.2006), rel=1e-4)
    # In November nobody could know who was new, and last year has no books.
    assert winning.change_month == NotEnough("first_purchases_known", 0, 1)
    assert keeping.change_year == NotEnough("costs_of_month", 0, 1)
    assert found.to_frame()["first_bought"].tolist() == [8, 12]


def test_costs_appear_only_where_the_store_has_them() -> None:
    pairs = np.column_stack([np.arange(5.0), np.ones(5)])
    moments = moments_of("average_order", pairs, pairs)
    costs = pd.DataFrame({"month": ["2017-12"], "keeping": [240.0], "winning": [60.0]})
    assert "cost_of_keeping" not in signs(moments).figures
    assert signs(moments, costs=customer_costs(costs, flows(), month="2017-12")).figures["cost_of_keeping"].value == 3
    assert customer_costs(costs.iloc[:0], flows(), month="2017-12") == NO_COSTS
    refused = customer_costs(costs, flows(), month="2017-11")
    assert refused == NotEnough("costs_of_month", 0, 1)
    assert signs(moments, costs=refused).figures["cost_of_winning"] is refused


def test_a_refusal_passes_through_unchanged() -> None:
    pairs = np.ones((5, 2))
    context = {"on_month": NOTHING, "on_year": NOTHING, "second": NOTHING, "costs": NO_COSTS}
    assert vital_signs(NOTHING, now=now(), **context) is NOTHING
    unread = vital_signs(moments_of("average_order", pairs, pairs), now=NOTHING, **context)
    assert [sign.value for sign in unread.signs[:4]] == [NOTHING] * 4
    assert unread.figures["average_order"].value == 1
    assert {sign.change_month for sign in unread.signs} == {NOTHING}
    assert customer_costs(NO_COSTS, flows(), month="2017-12") is NO_COSTS
    assert customer_costs(pd.DataFrame({"month": ["2017-12"]}), NOTHING, month="2017-12") is NOTHING
