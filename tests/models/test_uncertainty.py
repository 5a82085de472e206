"""How sure a forecast of a total is, against simulations with a known truth and against hand calculation."""

from __future__ import annotations

import math
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from retention_lib.estimates import NotEnough
from retention_lib.models.btyd import BetaGeometric, fit_bg_nbd, fit_mbg_nbd, fit_pareto_nbd
from retention_lib.models.forecast_parts import forecast_parts
from retention_lib.models.forecasts import AVERAGE, Forecast, Known
from retention_lib.models.gamma_gamma import SpendModel, fit_gamma_gamma
from retention_lib.models.horizon import months_horizon
from retention_lib.models.season import Clock
from retention_lib.models.spend import SpendForecast
from retention_lib.models.uncertainty import (
    ForecastErrors,
    Spread,
    forecast_errors,
    forecast_spread,
    model_sd,
    with_margin,
)

TRUE = (0.8, 10.0, 0.9, 1.6)
HORIZON = 26.0


def bought(rng: np.random.Generator, customers: int, *, ahead: float = HORIZON) -> pd.DataFrame:
    """Customers by the MBG/NBD process: history up to an age of 30 to 80, and purchases in a time ahead of it."""
    r, alpha, a, b = TRUE
    rate, leaves = rng.gamma(r, 1 / alpha, customers), rng.beta(a, b, customers)
    age = rng.uniform(30, 80, customers)
    frequency, after, last = np.zeros(customers, dtype=int), np.zeros(customers, dtype=int), np.zeros(customers)
    now, here = np.zeros(customers), rng.random(customers) >= leaves
    while here.any():
        now = np.where(here, now + rng.exponential(1, customers) / rate, now)
        seen, later = here & (now <= age), here & (now > age) & (now <= age + ahead)
        frequency += seen
        after += later
        last = np.where(seen, now, last)
        here = here & (now <= age + ahead) & (rng.random(customers) >= leaves)
    return pd.DataFrame({"frequency": frequency, "recency": last, "T": age, "after": after})


def known(spread: float = 0.0) -> Forecast:
    """The true model, its log-parameters drawn with a standard deviation each."""
    covariance = tuple(tuple(spread**2 * (i == j) for j in range(4)) for i in range(4))
    r, alpha, a, b = TRUE
    model = BetaGeometric(
        name="MBG/NBD", log_likelihood=0.0, covariance=covariance, customers=1, r=r, alpha=alpha, a=a, b=b
    )
    return Forecast(name="MBG/NBD", members=(model,))


def past(errors: list[float], *, own: float = 0.0, days: int = 90, apart: int = 90) -> pd.DataFrame:
    """Forecasts over windows of 90 days that follow each other, with their errors."""
    cutoffs = [date(2024, 1, 1) + timedelta(days=apart * place) for place in range(len(errors))]
    told = {"cutoff": cutoffs, "horizon_days": days, "error": errors, "parameter": own, "process": 0.0}
    return pd.DataFrame(told)


def test_an_interval_by_hand() -> None:
    spread = Spread(parameter=0.03, process=0.04, model=0.12, cutoffs=7)
    assert spread.sd == pytest.approx(0.13)
    interval = spread.interval(1_000, n=50)
    assert (interval.value, interval.level, interval.n) == (1_000, 0.9, 50)
    assert interval.low == pytest.approx(1_000 * math.exp(-1.644854 * 0.13), rel=1e-6)
    assert interval.high == pytest.approx(1_000 * math.exp(1.644854 * 0.13), rel=1e-6)


def test_chance_weighs_more_among_few_and_a_margin_adds_its_own() -> None:
    spread = Spread(parameter=0.03, process=0.02, model=0.05, cutoffs=7)
    some = spread.of_share(0.25)
    assert (some.parameter, some.process, some.model) == (0.03, 0.04, 0.05)
    assert spread.times(0.04).parameter == pytest.approx(0.05)
    with pytest.raises(ValueError, match="above 0 and at most 1"):
        spread.of_share(0)


def test_chance_is_as_large_as_the_process_makes_it() -> None:
    rng = np.random.default_rng(1)
    store = bought(rng, 4_000)
    parts = forecast_parts(known(), store, HORIZON, rng=rng)
    # The same customers' futures are not repeatable, but many stores of the same kind are: their totals vary about
    # their forecasts by what the process alone makes of them.
    errors = []
    for _ in range(150):
        other = bought(rng, 1_000)
        errors.append(np.log(other["after"].sum() / known().expected_by(other, [HORIZON]).sum()))
    assert parts.purchases.parameter == pytest.approx(0, abs=1e-9)
    assert parts.purchases.process * 2 == pytest.approx(np.std(errors), rel=0.15)
    assert parts.revenue is None


def test_parameters_weigh_as_the_delta_method_says() -> None:
    rng = np.random.default_rng(2)
    store = bought(rng, 3_000)
    parts = forecast_parts(known(0.05), store, HORIZON, rng=rng)
    at = np.log(TRUE)

    def total(logs: np.ndarray) -> float:
        r, alpha, a, b = np.exp(logs)
        model = BetaGeometric(
            name="MBG/NBD", log_likelihood=0.0, covariance=((0.0,),), customers=1, r=r, alpha=alpha, a=a, b=b
        )
        history = (store["frequency"], store["recency"], store["T"])
        return float(np.log(model.expected_purchases_by(*history, [HORIZON]).sum()))

    slopes = [(total(at + step) - total(at - step)) / 2e-3 for step in 1e-3 * np.eye(4)]
    assert parts.purchases.parameter == pytest.approx(0.05 * np.linalg.norm(slopes), rel=0.3)  # 40 draws


def test_an_average_errs_as_it_does_over_a_bootstrap_of_customers() -> None:
    rng = np.random.default_rng(9)
    store = np.ceil(bought(rng, 1_500)[["frequency", "recency", "T"]] / (1, 4, 4)) * (1, 4, 4)  # four weeks a step
    rows, customers = store.value_counts().index.to_frame(index=False), store.value_counts().to_numpy()

    def average(counts: np.ndarray) -> Forecast:
        seen = rows.assign(customers=counts)[counts > 0]
        members = [fit(seen) for fit in (fit_bg_nbd, fit_mbg_nbd, fit_pareto_nbd)]
        return Forecast(name=AVERAGE, members=tuple(model for model in members if not isinstance(model, NotEnough)))

    totals = []
    for _ in range(40):
        drawn = average(rng.multinomial(1_500, customers / 1_500))
        totals.append(customers @ drawn.expected_by(rows, [HORIZON])[:, 0])
    parts = forecast_parts(average(customers), store, HORIZON, rng=rng)
    # of 40 draws each, so with a tenth of error; were the models' errors independent, two thirds would come out
    assert 0.85 < parts.purchases.parameter / np.log(totals).std(ddof=1) < 1.3


def test_money_has_the_luck_of_amounts_too() -> None:
    rng = np.random.default_rng(3)
    p, q, v = 6.0, 4.0, 15.0
    errors = []

    def paid(customers: int) -> pd.DataFrame:
        store = bought(rng, customers)
        rate = rng.gamma(q, 1 / v, customers)
        spent = rng.gamma(np.maximum(p * store["frequency"], 1e-9)) / rate
        after = np.where(store["after"] > 0, rng.gamma(np.maximum(p * store["after"], 1e-9)) / rate, 0.0)
        mean = np.where(store["frequency"] > 0, spent / np.maximum(store["frequency"], 1), 0.0)
        return store.assign(monetary_value=mean, money=after)

    fitted = fit_gamma_gamma(paid(20_000).assign(customers=1))
    assert isinstance(fitted, SpendModel)
    spend = SpendForecast(kind="gamma_gamma", gamma_gamma=fitted, relative=fitted)
    for _ in range(150):
        other = paid(1_000)
        expected = known().expected_by(other, [HORIZON])[:, 0] @ spend.expected_of(other)
        errors.append(np.log(other["money"].sum() / expected))
    parts = forecast_parts(known(), paid(4_000), HORIZON, rng=rng, spend=spend)
    assert parts.revenue is not None
    assert parts.revenue.process > parts.purchases.process
    assert parts.revenue.process * 2 == pytest.approx(np.std(errors), rel=0.15)


def test_intervals_of_fitted_models_hold_the_truth_nine_times_of_ten() -> None:
    rng = np.random.default_rng(4)
    held = 0
    for _ in range(40):
        store = bought(rng, 800)
        model = fit_mbg_nbd(store[["frequency", "recency", "T"]].assign(customers=1))
        assert not isinstance(model, NotEnough)
        forecast = Forecast(name="MBG/NBD", members=(model,))
        parts = forecast_parts(forecast, store, HORIZON, rng=rng)
        spread = Spread(parameter=parts.purchases.parameter, process=parts.purchases.process, model=0.0, cutoffs=0)
        interval = spread.interval(float(forecast.expected_by(store, [HORIZON]).sum()))
        held += interval.low <= store["after"].sum() <= interval.high
    assert 31 <= held < 40  # 36 of 40 are meant; 99 % of binomial counts lie between


def test_the_part_of_the_model_by_hand() -> None:
    # Five windows, each off by .1 with nothing to explain it, and 5 % with the weight of one: (5 x .01 + .0025) / 6.
    assert model_sd(past([0.1, -0.1, 0.1, -0.1, 0.1]), horizon_days=90) == pytest.approx(0.00875**0.5)
    # Half of each window is in the next: they cover the time of three.
    overlapping = past([0.1] * 5, apart=45)
    assert model_sd(overlapping, horizon_days=90) == pytest.approx(((3 * 0.01 + 0.0025) / 4) ** 0.5)
    # What parameters explain is not the model's; less than nothing is nothing.
    assert model_sd(past([0.1] * 5, own=0.06), horizon_days=90) == pytest.approx(((5 * 0.0064 + 0.0025) / 6) ** 0.5)
    assert model_sd(past([0.01] * 5, own=0.06), horizon_days=90) == pytest.approx((0.0025 / 6) ** 0.5)


def test_the_part_of_the_model_grows_only_beyond_three_windows() -> None:
    errors = past([0.1] * 6)
    usual = model_sd(errors, horizon_days=90)
    assert model_sd(errors, horizon_days=30) == model_sd(errors, horizon_days=270) == usual
    assert model_sd(errors, horizon_days=4 * 270) == pytest.approx(2 * usual)


def test_precise_cutoffs_tell_more_of_the_model() -> None:
    rng = np.random.default_rng(7)
    own = np.array([0.2, 0.02] * 1_000)
    errors = past(list(rng.normal(0, np.hypot(own, 0.08))), apart=20).assign(parameter=own)
    assert model_sd(errors, horizon_days=90) == pytest.approx(0.08, rel=0.06)  # 2.5 % by chance


def test_no_customers_are_no_spread_and_no_purchases_no_chance() -> None:
    rng = np.random.default_rng(5)
    today = Known(until=date(2026, 1, 1), clock=Clock(), rows=bought(rng, 50).iloc[:0])
    ahead = months_horizon(date(2026, 1, 1), months=2, clock=Clock(), discount_rate_annual=0.1)
    none = NotEnough("backtest_days", 3, 112)
    assert forecast_spread(none, known(), today, ahead, rng=rng) == NotEnough("customers", 0, 1)
    assert forecast_spread(none, none, today, ahead, rng=rng) is none
    some = Known(until=date(2026, 1, 1), clock=Clock(), rows=bought(rng, 300))
    spread = forecast_spread(none, known(), some, ahead, rng=rng)
    assert isinstance(spread, Spread)
    assert (spread.model, spread.cutoffs) == (0, 0)
    still = forecast_parts(known(), some.rows, 0.0, rng=rng)
    assert (still.purchases.process, still.purchases.parameter) == (0, 0)


def test_what_is_refused_stays_refused() -> None:
    refused = NotEnough("repeat_buyers", 3, 30)
    spread = Spread(parameter=0.03, process=0.02, model=0.05, cutoffs=7)
    assert with_margin(refused, refused) is refused
    assert with_margin(spread, refused) is refused
    some = Known(until=date(2026, 1, 1), clock=Clock(), rows=bought(np.random.default_rng(8), 50))
    ahead = months_horizon(date(2026, 1, 1), months=2, clock=Clock(), discount_rate_annual=0.1)
    rng = np.random.default_rng(1)
    assert forecast_spread(refused, known(), some, ahead, rng=rng, spend=refused) is refused
    assert forecast_errors(refused, rng=rng) is refused


def test_four_past_forecasts_are_too_few_and_five_are_enough() -> None:
    rng = np.random.default_rng(6)
    some = Known(until=date(2026, 1, 1), clock=Clock(), rows=bought(rng, 300))
    ahead = months_horizon(date(2026, 1, 1), months=2, clock=Clock(), discount_rate_annual=0.1)
    for count in (4, 5):
        table = past([0.2] * count).assign(total="purchases")
        spread = forecast_spread(ForecastErrors(table=table), known(), some, ahead, rng=rng)
        assert isinstance(spread, Spread)
        assert (spread.cutoffs, spread.model > 0) == ((0, False) if count == 4 else (5, True))
