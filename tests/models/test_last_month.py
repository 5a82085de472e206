"""The forecast for the last month, made without it."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from models.past import shop, windows

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.backtest import Backtest, backtest
from retention_lib.models.backtest_plan import plan
from retention_lib.models.last_month import LastMonthForecast, last_month
from retention_lib.models.season import Clock
from retention_lib.models.spend import expected_spend_model
from retention_lib.models.uncertainty import ForecastErrors, forecast_errors

WEEKS = Clock(unit_days=7)
PLAN = plan(date(2024, 1, 1), date(2025, 2, 1), 91)
REFUSED = NotEnough("backtest_days", 59, 112)


@pytest.fixture(scope="module")
def histories() -> pd.DataFrame:
    rows = windows(shop(1, customers=1500), PLAN)
    spend = np.random.default_rng(3).gamma(20, 0.5, len(rows))
    return rows.assign(monetary_value=np.where(rows["frequency"] > 0, spend, 0.0))


@pytest.fixture(scope="module")
def judged(histories: pd.DataFrame) -> Backtest:
    return backtest(histories, plan=PLAN, clock=WEEKS, spend_model=expected_spend_model)


@pytest.fixture(scope="module")
def errors(judged: Backtest) -> ForecastErrors:
    return forecast_errors(judged, rng=np.random.default_rng(1))


def made(
    histories: pd.DataFrame, judged: Backtest | NotEnough, errors: ForecastErrors | NotEnough
) -> LastMonthForecast:
    rng = np.random.default_rng(2)
    found = last_month(histories, judged, errors, plan=PLAN, clock=WEEKS, rng=rng, spend_model=expected_spend_model)
    assert isinstance(found, LastMonthForecast)
    return found


def test_last_month_is_that_of_the_customers_won_before(
    histories: pd.DataFrame, judged: Backtest, errors: ForecastErrors
) -> None:
    found = made(histories, judged, errors)
    days = shop(1, customers=1500)
    first = (date(2025, 1, 1) - date(1970, 1, 1)).days
    old = days.loc[days["day"] < first, "customer"].unique()
    bought = days[(days["day"] >= first) & (days["day"] < first + 31) & days["customer"].isin(old)]
    assert found.month == "2025-01"
    assert found.customers == len(old)
    assert found.actual_purchases == len(bought)
    assert found.actual_revenue == 10 * len(bought)
    assert found.forecast == judged.chosen
    # A store without surprises
    assert found.purchases.value == pytest.approx(len(bought), rel=0.25)
    assert found.inside == (found.purchases.low <= len(bought) <= found.purchases.high)
    assert found.revenue.value == pytest.approx(10 * found.purchases.value, rel=0.1)
    assert found.purchases.level == 0.90


def test_customers_drawn_by_chance_are_counted_and_their_total_scaled_up(histories: pd.DataFrame) -> None:
    whole, drawn = made(histories, REFUSED, REFUSED), made(histories.assign(weight=4.0), REFUSED, REFUSED)
    assert (whole.drawn, drawn.drawn) == (None, whole.customers)
    assert drawn.actual_purchases == 4 * whole.actual_purchases
    # Four times the total, from as many customers by whose chance it was made: as wide in proportion.
    widths = [np.log(each.purchases.high / each.purchases.low) for each in (whole, drawn)]
    assert widths[1] == pytest.approx(widths[0])


def test_what_happens_in_the_month_has_no_part_in_its_forecast(
    histories: pd.DataFrame, judged: Backtest, errors: ForecastErrors
) -> None:
    month = histories["cutoff"] == pd.Timestamp("2025-01-01")
    other = histories.assign(holdout_purchases=histories["holdout_purchases"].where(~month, 30.0))
    found, changed = made(histories, judged, errors), made(other, judged, errors)
    assert changed.purchases == found.purchases
    assert changed.actual_purchases == 30 * found.customers
    assert not changed.inside


def test_without_a_backtest_the_average_of_the_models_forecasts_the_month(
    histories: pd.DataFrame, judged: Backtest, errors: ForecastErrors
) -> None:
    plain = made(histories, REFUSED, REFUSED)
    assert plain.forecast == "average of models"
    assert isinstance(plain.purchases, Estimate)
    table = plain.to_frame().set_index("figure")
    assert table.loc["actual_purchases", "value"] == plain.actual_purchases


def test_refusals(histories: pd.DataFrame) -> None:
    rng = np.random.default_rng(2)
    once = histories.assign(frequency=0, last_day=histories["first_day"])
    assert last_month(once, REFUSED, REFUSED, plan=PLAN, clock=WEEKS, rng=rng) == NotEnough("repeat_customers", 0, 30)
    plain = last_month(histories, REFUSED, REFUSED, plan=PLAN, clock=WEEKS, rng=rng)
    assert isinstance(plain.revenue, NotEnough)
