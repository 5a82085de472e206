"""What is at stake over the months, and the list of the customers who carry most."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from models.value_shop import (
    FORECAST,
    MODEL,
    SPEND,
    SPEND_MODEL,
    SPREAD,
    crowd,
    histories,
    horizon,
    known,
    made,
    margin,
)

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.btyd import BetaGeometric
from retention_lib.models.btyd.staying import rate_if_stays
from retention_lib.models.customer_values import CustomerValues, customer_values
from retention_lib.models.economics import BreakEven
from retention_lib.models.forecasts import Forecast, Known
from retention_lib.models.intervals import sd_behind
from retention_lib.models.top_customers import TopCustomers, top_customers, top_test
from retention_lib.models.uncertainty import Spread
from retention_lib.models.value_at_stake import ValueAtStake, value_at_stake

ROWS = histories((0, 0, 100, np.nan), (2, 200, 240, 50.0), (9, 330, 350, 30.0))
MONEY = 0.3 * np.array([40, 0.2 * 40 + 0.8 * 50, (3 * 40 + 54 * 30) / 57])


def values(today: Known, *, rate: float = 0.0, forecast: Forecast = FORECAST) -> CustomerValues:
    return made(customer_values(today, forecast, SPEND, margin(), horizon=horizon(rate=rate)), CustomerValues)


def stakes(today: Known, *, rate: float = 0.0, spread: Spread = SPREAD, forecast: Forecast = FORECAST) -> ValueAtStake:
    found = value_at_stake(
        values(today, rate=rate, forecast=forecast), forecast, spread=spread, rng=np.random.default_rng(1)
    )
    return made(found, ValueAtStake)


def test_at_stake_is_profit_of_one_who_stays_times_the_chance_of_nothing() -> None:
    found = stakes(known(ROWS))
    silent = MODEL.chance_of_no_purchase(ROWS["frequency"], ROWS["recency"], ROWS["T"], 365.0)
    stays = (0.6 + ROWS["frequency"]) / (42 + ROWS["T"]) * 365 * MONEY
    assert found.risk == pytest.approx(silent)
    assert found.profit_if_stays == pytest.approx(stays)
    assert found.total.value == pytest.approx((silent * stays).sum())
    assert found.if_all_stay == pytest.approx(stays.sum())
    assert found.customers == 3


def test_a_discount_lowers_the_stakes_but_not_the_risk() -> None:
    plain, discounted = stakes(known(ROWS)), stakes(known(ROWS), rate=0.2)
    assert (discounted.profit_if_stays < plain.profit_if_stays).all()
    assert discounted.risk == pytest.approx(plain.risk)


def test_several_models_are_averaged() -> None:
    other = replace(MODEL, a=3.0)
    both = replace(FORECAST, name="average of models", members=(MODEL, other))
    each = [replace(FORECAST, members=(model,)) for model in (MODEL, other)]
    found = stakes(known(ROWS), forecast=both).risk
    assert found == pytest.approx(np.mean([stakes(known(ROWS), forecast=one).risk for one in each], axis=0))


def test_the_interval_holds_the_error_of_the_forecast() -> None:
    narrow, wide = (stakes(crowd(), spread=replace(SPREAD, model=model)) for model in (0.0, 0.3))
    assert narrow.total.value == wide.total.value
    assert wide.total.high > narrow.total.high * 1.4
    # 1.645 x a spread of at least .3
    assert np.log(wide.total.high / wide.total.value) > 0.3 * 1.64


@pytest.mark.parametrize("name", ["BG/NBD", "MBG/NBD"])
def test_the_rate_of_one_who_stays_is_the_gamma_posteriors_mean(name: str) -> None:
    # Simulated: rates of Gamma(.6, 1/42), of those with 2 purchases in 240 days who cannot leave
    rng = np.random.default_rng(3)
    rates = rng.gamma(0.6, 1 / 42, 400_000)
    kept = rates[rng.poisson(rates * 240) == 2]
    model = BetaGeometric(name=name, r=0.6, alpha=42.0, a=0.8, b=1.6, log_likelihood=0.0, covariance=(), customers=9)
    assert float(rate_if_stays(model, 2, 240)) == pytest.approx(kept.mean(), rel=0.01)


def test_without_purchase_models_nothing_is_at_stake() -> None:
    naive = Forecast(name="naive rate")
    found = value_at_stake(values(known(ROWS), forecast=naive), naive, spread=SPREAD, rng=np.random.default_rng(1))
    assert found == NotEnough("purchase_models", 0, 1)


def listed(today: Known, *, consents: pd.DataFrame | None = None, budget: int = 2_000) -> TopCustomers | NotEnough:
    return top_customers(values(today), stakes(today), consents, budget=budget, rng=np.random.default_rng(2))


def test_the_list_is_the_top_tenth_in_pairs() -> None:
    found = made(listed(crowd()), TopCustomers)
    table, money = found.table, values(crowd()).value
    assert len(table) == 60
    assert table["value"].tolist() == pytest.approx((-np.sort(-money))[:60])
    assert found.share == pytest.approx((-np.sort(-money))[:60].sum() / money.sum())
    pairs = table["group"].to_numpy().reshape(-1, 2)
    assert all(set(pair) == {"contact", "control"} for pair in pairs)
    assert {pair[0] for pair in pairs} == {"contact", "control"}
    assert (found.horizon_days, found.consents_known) == (365, False)


def test_who_agreed_to_nothing_is_left_out() -> None:
    today = crowd()
    ids = today.rows["customer_id"]
    consents = pd.DataFrame({"customer_id": ids, "email": np.arange(600) % 2 == 0})
    found = made(listed(today, consents=consents), TopCustomers)
    assert found.refused == 300
    assert set(found.table["customer_id"]) <= set(ids[::2])
    nobody = listed(today, consents=consents.assign(email=False))
    assert nobody == NotEnough("customers_on_list", 0, 1)
    assert len(made(listed(today, budget=7), TopCustomers).table) == 14


def test_the_test_says_what_a_contact_must_bring() -> None:
    found = made(listed(crowd()), TopCustomers)
    plan = made(top_test(found, contact_cost=0.5), BreakEven)
    assert (plan.customers, plan.contacted, plan.audience) == (60, 30, "top_decile")
    assert plan.break_even_share == pytest.approx(0.5 / found.table["profit_if_stays"].mean())
    assert plan.base_share == pytest.approx(1 - found.table["risk"].mean())
    assert top_test(found, contact_cost=None) == NotEnough("contact_cost_known", 0, 1)
    few = made(listed(crowd(), budget=7), TopCustomers)
    assert top_test(few, contact_cost=0.5) == NotEnough("customers_on_list", 14, 30)
    loyal = replace(found, table=found.table.assign(risk=0.02))  # one of 60 would buy nothing: nothing to be shown
    assert top_test(loyal, contact_cost=0.5) == NotEnough("top_customers_who_may_leave", 1, 60)


def test_the_interval_holds_luck_the_parameters_of_money_and_the_margin() -> None:
    still = Spread(parameter=0.0, process=0.0, model=0.0, cutoffs=0)
    plain = sd_behind(stakes(crowd(), spread=still).total)
    lucky = sd_behind(stakes(crowd(), spread=replace(still, process=0.2)).total)
    found = values(crowd())
    total = stakes(crowd()).total.value
    assert lucky**2 == pytest.approx(plain**2 + (0.2 * total) ** 2)
    # a margin of .3 with a standard deviation of .06 is unsure by a fifth
    wide = replace(margin(), repeat=Estimate(0.3, low=0.3 - 1.959964 * 0.06, high=0.3 + 1.959964 * 0.06, level=0.95))
    sure = replace(SPEND_MODEL, covariance=tuple(tuple(1e-12 * (i == j) for j in range(3)) for i in range(3)))
    exact = replace(SPEND, gamma_gamma=sure, relative=sure)
    each = [
        value_at_stake(held, FORECAST, spread=still, rng=np.random.default_rng(1))
        for held in (replace(found, margin=wide), replace(found, spend=exact))
    ]
    unsure, known_spend = (sd_behind(made(one, ValueAtStake).total) for one in each)
    assert unsure**2 == pytest.approx(plain**2 + (0.2 * total) ** 2, rel=1e-5)
    # by hand: the mean spend of p v / (q - 1) has a variance of its logarithm of .001 (1 + 1 + (4 / 3)^2), and less so
    # that of customers whose own mean counts
    assert 0 < (plain**2 - known_spend**2) / total**2 < 0.001 * (2 + 16 / 9)


def test_a_loss_is_at_stake_with_its_interval() -> None:
    today = known(ROWS)
    lost = made(customer_values(today, FORECAST, SPEND, margin(-0.2, -0.2), horizon=horizon()), CustomerValues)
    found = made(value_at_stake(lost, FORECAST, spread=SPREAD, rng=np.random.default_rng(1)), ValueAtStake)
    assert found.total.value == pytest.approx(-2 / 3 * stakes(today).total.value)
    assert found.total.low < found.total.value < found.total.high < 0
    assert found.half_of == stakes(today).half_of
