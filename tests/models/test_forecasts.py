"""The candidates: what each stands on, finite for every customer, and shares of trees by hand."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from models.past import shop, window

from retention_lib.estimates import NotEnough
from retention_lib.models.forecasts import AVERAGE, CANDIDATES, EXACT_ROWS, MODELS, NAIVE, Forecast, Known, known, learn
from retention_lib.models.season import Clock

WEEKS = Clock(unit_days=7)
CUT = date(2024, 12, 1)
BEFORE = CUT - timedelta(days=91)


@pytest.fixture(scope="module")
def today() -> Known:
    return known(window(shop(4), CUT, 91), CUT, WEEKS)


@pytest.fixture(scope="module")
def before() -> Known:
    return known(window(shop(4), BEFORE, 91), BEFORE, WEEKS)


@pytest.fixture(scope="module")
def forecasts(today: Known, before: Known) -> dict[str, Forecast]:
    return {name: learn(name, today, before=before, horizon_days=91) for name in CANDIDATES}


@pytest.mark.parametrize("name", CANDIDATES)
def test_expectations_are_finite_and_grow(name: str, forecasts: dict[str, Forecast], today: Known) -> None:
    expected = forecasts[name].expected_by(today.rows, [0.0, 1.0, 13.0, 52.0])
    assert expected.shape == (len(today.rows), 4)
    assert np.isfinite(expected).all()
    assert (expected[:, 0] == 0).all()
    assert (np.diff(expected, axis=1) >= 0).all()


def test_averages_are_means(forecasts: dict[str, Forecast], today: Known) -> None:
    by = {name: forecast.expected_by(today.rows, [13.0]) for name, forecast in forecasts.items()}
    mean = np.mean([by[name] for name in MODELS], axis=0)
    np.testing.assert_allclose(by[AVERAGE], mean)
    np.testing.assert_allclose(by["average with boosting"], (mean + by["boosting"]) / 2)


def test_trees_are_carried_on_by_the_shape_of_the_model(forecasts: dict[str, Forecast], today: Known) -> None:
    near, far = forecasts["boosting"].expected_by(today.rows, [13.0, 52.0]).T
    base_near, base_far = forecasts["Pareto/NBD"].expected_by(today.rows, [13.0, 52.0]).T
    np.testing.assert_allclose(far / near, base_far / base_near)


def test_naive_rate_goes_on_for_ever(forecasts: dict[str, Forecast]) -> None:
    rows = pd.DataFrame({"frequency": [4, 0, 0], "recency": [8.0, 0.0, 0.0], "T": [10.0, 5.0, 0.0]})
    assert forecasts[NAIVE].expected_by(rows, [5.0, 10.0]).tolist() == [[2, 4], [0, 0], [0, 0]]


@pytest.mark.parametrize("name", ["Pareto/NBD", AVERAGE, "boosting", "average with boosting"])
def test_simulated_customers_buy_what_is_expected(name: str, forecasts: dict[str, Forecast], today: Known) -> None:
    forecast = forecasts[name]
    expected = forecast.expected_by(today.rows, [13.0]).sum()
    rng = np.random.default_rng(7)
    totals = [forecast.simulated(today.rows, 13.0, rng) for _ in range(60)]
    assert all((drawn == np.floor(drawn)).all() for drawn in totals)
    sums = np.array([drawn.sum() for drawn in totals])
    assert abs(sums.mean() - expected) < 4 * sums.std() / np.sqrt(60)


@pytest.mark.parametrize("name", [AVERAGE, "boosting", "average with boosting"])
def test_drawn_models_are_those_behind_the_forecast(name: str, forecasts: dict[str, Forecast], today: Known) -> None:
    forecast = forecasts[name]
    history = (today.rows["frequency"], today.rows["recency"], today.rows["T"])
    for model, draws in zip(forecast.models, forecast.draws(np.random.default_rng(3), 30), strict=True):
        assert {each.name for each in draws} == {model.name}
        totals = [each.conditional_expected_purchases(*history, 13.0).sum() for each in draws]
        logs = np.log(totals / model.conditional_expected_purchases(*history, 13.0).sum())
        assert 0.005 < logs.std() < 0.3


def test_models_of_an_average_err_together(forecasts: dict[str, Forecast]) -> None:
    # Logs of standard deviation 1, 2 and 3 times the root of 2; half of the last forecast is the trees' on the first.
    order = [forecasts[AVERAGE].models.index(forecasts[name].models[0]) for name in ("Pareto/NBD", *MODELS[:2])]
    totals = np.exp([[-1.0, 1.0], [-2.0, 2.0], [-3.0, 3.0]])[np.argsort(order)]
    root = 2**0.5
    assert forecasts[AVERAGE].parameter_sd(totals) == pytest.approx(2 * root)
    assert forecasts["average with boosting"].parameter_sd(totals) == pytest.approx((1 / 2 + 2 / 2) * root)
    assert forecasts["boosting"].parameter_sd(totals[:1] ** 0) == 0
    assert forecasts[NAIVE].parameter_sd([]) == 0


def test_new_customers_are_expected_by_the_purchase_models(forecasts: dict[str, Forecast]) -> None:
    mean = np.mean([forecasts[name].expected_purchases(26.0) for name in MODELS])
    assert forecasts[AVERAGE].expected_purchases(26.0) == pytest.approx(mean)
    assert forecasts["boosting"].expected_purchases(26.0) == forecasts["Pareto/NBD"].expected_purchases(26.0)


def test_many_histories_are_rounded_to_weeks_and_the_total_stays() -> None:
    days = shop(6, customers=3000)
    rows = window(days, CUT, 91)
    many = pd.concat([rows] * (EXACT_ROWS // len(rows) + 1), ignore_index=True)
    exact, rounded = known(rows, CUT, WEEKS), known(many, CUT, WEEKS)
    assert set(rounded.rows["T"] % 1) == {0.0}
    assert (rounded.rows["T"] >= rounded.rows["recency"]).all()
    # Lists and calendars read the days themselves.
    assert rounded.rows[["first_day", "last_day"]].equals(many[["first_day", "last_day"]])
    totals = [learn("Pareto/NBD", each).expected_by(each.rows, [13.0]).mean() for each in (exact, rounded)]
    assert totals[1] == pytest.approx(totals[0], rel=0.01)


def test_a_row_counts_as_one_customer_whatever_its_weight(today: Known) -> None:
    heavy = known(today.rows.assign(weight=15.0), CUT, WEEKS)
    assert heavy.model("MBG/NBD") == today.model("MBG/NBD")


def test_refusals(today: Known, before: Known) -> None:
    once = known(today.rows.assign(frequency=0, last_day=today.rows["first_day"]), CUT, WEEKS)
    refusal = NotEnough("repeat_customers", 0, 30)
    for name in CANDIDATES[:-1]:
        assert learn(name, once, before=before, horizon_days=91) == refusal
    assert learn("boosting", today) == NotEnough("boosting_customers", 0, 200)
    few = known(before.rows.head(100), BEFORE, WEEKS)
    few_said = NotEnough("boosting_customers", 100, 200)
    assert learn("average with boosting", known(today.rows, CUT, WEEKS), before=few, horizon_days=91) == few_said
