"""What is at stake: by hand where it can be, and against the money that came."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from models.risk_shop import CUTOFFS, HORIZON, TODAY, shop

from retention_lib.estimates import NotEnough
from retention_lib.models.btyd import BetaGeometric
from retention_lib.models.risk import ChurnRisk, churn_risk
from retention_lib.models.stakes import ProfitAtStake, money_a_purchase, profit_at_stake, purchase_noise

ROWS, COUNTS = shop(11, customers=2_500)


@pytest.fixture(scope="module")
def risk() -> ChurnRisk:
    """The risk of the shop."""
    made = churn_risk(ROWS, COUNTS, horizon_days=HORIZON, rng=np.random.default_rng(1))
    assert isinstance(made, ChurnRisk)
    return made


def staked(risk: ChurnRisk, rows: pd.DataFrame = ROWS, margin: float | None = 0.5) -> ProfitAtStake:
    """Stakes that must come about."""
    stakes = profit_at_stake(rows, risk, margin=margin, rng=np.random.default_rng(1))
    assert isinstance(stakes, ProfitAtStake)
    return stakes


def test_stakes_are_risk_times_money_and_add_up(risk: ChurnRisk) -> None:
    stakes = staked(risk)
    table = stakes.customers
    assert table["at_stake"].tolist() == pytest.approx((table["risk"] * table["profit_if_stays"]).tolist())
    assert stakes.total.value == pytest.approx(table["at_stake"].sum())
    assert stakes.deciles["at_stake"].sum() == pytest.approx(stakes.total.value)
    assert stakes.deciles["customers"].sum() == len(table) == len(risk.today)
    assert table["at_stake"].is_monotonic_decreasing
    assert stakes.deciles["risk"].is_monotonic_decreasing
    half = table["at_stake"].head(stakes.half_of).sum()
    assert half >= stakes.total.value / 2 > half - table["at_stake"].iloc[stakes.half_of - 1]


def test_money_expected_is_the_money_that_came(risk: ChurnRisk) -> None:
    stakes = staked(risk)
    assert stakes.ratio.value == pytest.approx(1, abs=0.2)
    assert (stakes.total.low or 0) < stakes.total.value < (stakes.total.high or 0)


def test_profit_if_stays_is_the_purchases_of_one_who_has_not_left_times_money(risk: ChurnRisk) -> None:
    model = risk.purchase_model
    assert isinstance(model, BetaGeometric)
    today = ROWS[ROWS["cutoff"] == TODAY].set_index("customer_id")
    rate = (model.r + today["frequency"]) / (model.alpha + today["T"])
    found = staked(risk).customers.set_index("customer_id")["profit_if_stays"].reindex(rate.index)
    # A purchase is worth 10 here, at a margin of a half 5; the season stretches the horizon for all alike.
    days = (found / (5 * rate)).to_numpy()
    assert days == pytest.approx(days[0])
    assert 45 < days[0] < 180


def test_no_more_is_at_stake_than_all_would_bring(risk: ChurnRisk) -> None:
    stakes = staked(risk)
    assert stakes.if_all_stay == pytest.approx(stakes.customers["profit_if_stays"].sum())
    assert stakes.total.value < stakes.if_all_stay


def test_money_a_purchase_draws_own_means_to_that_of_all_by_their_purchases() -> None:
    rng = np.random.default_rng(5)
    n, true = rng.integers(1, 9, 4_000), rng.normal(100, 20, 4_000)
    orders = [rng.normal(mean, 40, count) for mean, count in zip(true, n, strict=True)]
    rows = pd.DataFrame({"purchases_365": n, "spend_365": [one.sum() for one in orders]})
    rows = rows.assign(order_sd=[one.std() for one in orders])
    noise = purchase_noise(rows)
    assert noise == pytest.approx(40**2 / 20**2, rel=0.15)
    found = money_a_purchase(rows, (rows["spend_365"] / n).to_numpy(), noise)
    # An own mean of n purchases counts n / (n + 4).
    weight = (found - 100) / (rows["spend_365"] / n - 100)
    assert weight[n == 1].median() == pytest.approx(1 / 5, abs=0.05)
    assert weight[n == 8].median() == pytest.approx(8 / 12, abs=0.05)
    assert np.mean((found - true) ** 2) < np.mean((rows["spend_365"] / n - true) ** 2)


def test_money_a_purchase_of_equals_is_that_of_all() -> None:
    rows = pd.DataFrame({"purchases_365": [1.0, 2.0], "spend_365": [10.0, 20.0], "order_sd": [0.0, 0.0]})
    noise = purchase_noise(rows)
    assert money_a_purchase(rows, np.array([4.0, 4.0]), noise).tolist() == pytest.approx([4, 4])
    assert money_a_purchase(rows, np.array([np.nan, 4.0]), noise).tolist() == pytest.approx([4, 4])


def test_money_is_profit_where_costs_are_known_else_margin_else_revenue(risk: ChurnRisk) -> None:
    costs = ROWS.assign(profit_ahead=0.25 * ROWS["spend_ahead"], profit=0.25 * ROWS["spend_365"])
    profit, margin, revenue = staked(risk, costs), staked(risk), staked(risk, margin=None)
    assert (profit.measure, margin.measure, revenue.measure) == ("profit", "margin", "revenue")
    assert profit.total.value == pytest.approx(margin.total.value / 2)
    assert revenue.total.value == pytest.approx(margin.total.value * 2)
    assert (profit.gross_profit, margin.gross_profit) == (profit.total, margin.total)
    assert revenue.gross_profit == NotEnough("margin_known", 0, 1)


def test_without_a_purchase_model_nothing_is_at_stake(risk: ChurnRisk) -> None:
    no = NotEnough("purchase_model_fit", 0, 1)
    for without in (replace(risk, purchase_model=no), replace(risk, auc_palive=no)):
        stakes = profit_at_stake(ROWS, without, margin=0.5, rng=np.random.default_rng(1))
        assert stakes is no
        assert stakes.gross_profit is no


def test_interval_widens_with_what_was_off_on_the_last_window(risk: ChurnRisk) -> None:
    wrong = staked(replace(risk, expected_silent=1.3 * risk.silent))
    right = staked(replace(risk, expected_silent=risk.silent))
    assert (wrong.total.high or 0) > (right.total.high or 0)


def test_stakes_of_few_buyers_are_refused(risk: ChurnRisk) -> None:
    last = ROWS["cutoff"] == CUTOFFS[-1]
    few = ROWS.assign(silent=ROWS["silent"].where(~last, other=True))
    assert profit_at_stake(few, risk, margin=None, rng=np.random.default_rng(1)) == NotEnough("stakes_buyers", 0, 100)


def test_a_refusal_is_passed_on() -> None:
    no = NotEnough("risk_windows", 1, 3)
    assert profit_at_stake(ROWS, no, margin=None, rng=np.random.default_rng(1)) is no
