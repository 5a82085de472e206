"""What is at stake: by hand where it can be, and against the money that came."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from models.risk_shop import CUTOFFS, HORIZON, shop

from retention_lib.models.estimates import NotEnough
from retention_lib.models.risk import ChurnRisk, churn_risk
from retention_lib.models.stakes import ProfitAtStake, profit_at_stake

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
    assert stakes.ratio.value == pytest.approx(1, abs=0.15)
    # A purchase is worth 10 here, at a margin of a half 5; who buys at all buys at least once.
    assert stakes.customers["profit_if_stays"].between(3, 200).all()
    assert (stakes.total.low or 0) < stakes.total.value < (stakes.total.high or 0)


def test_money_is_profit_where_costs_are_known_else_margin_else_revenue(risk: ChurnRisk) -> None:
    costs = ROWS.assign(profit_ahead=0.25 * ROWS["spend_ahead"])
    profit, margin, revenue = staked(risk, costs), staked(risk), staked(risk, margin=None)
    assert (profit.measure, margin.measure, revenue.measure) == ("profit", "margin", "revenue")
    assert profit.total.value == pytest.approx(margin.total.value / 2)
    assert revenue.total.value == pytest.approx(margin.total.value * 2)


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
