"""What Pareto/NBD says of the time ahead: published numbers, lifetimes, quadrature, simulated customers, extremes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from models.btyd.histories import KEYS, cdnow_summary, distinct
from models.btyd.pareto_histories import log_odds_of_having_left, pareto, simulated_customers
from scipy.special import expit

from retention_lib.models.btyd import ParetoNBD, fit_pareto_nbd
from retention_lib.models.btyd.purchase_model import PurchaseModel

PARAMETERS = st.fixed_dictionaries(
    {
        "r": st.floats(1e-6, 50),
        "alpha": st.floats(0.01, 5_000),
        "s": st.one_of(st.just(1.0), st.floats(1e-6, 50)),
        "beta": st.floats(0.01, 5_000),
    }
)


@pytest.fixture(scope="module")
def cdnow() -> pd.DataFrame:
    return cdnow_summary()


@pytest.fixture(scope="module")
def fitted(cdnow: pd.DataFrame) -> ParetoNBD:
    return fit_pareto_nbd(distinct(cdnow))


def test_predictions_are_those_of_the_btyd_walkthrough(fitted: ParetoNBD) -> None:
    # customer 1516: 26 repeat purchases, the last 30.857 weeks after the first, 31 weeks seen
    assert fitted.conditional_expected_purchases(26, 30.857, 31, 52) == pytest.approx(25.45647, rel=1e-4)
    assert fitted.probability_alive(26, 30.857, 31) == pytest.approx(0.997874, abs=5e-6)
    assert fitted.expected_purchases(52.0) == pytest.approx(1.473434, rel=1e-5)
    assert fitted.probability_alive(0, 0, 39) == pytest.approx(0.2941633, abs=2e-4)


def test_the_chance_of_being_alive_is_that_of_btyd_at_its_own_parameters() -> None:
    # help page of pnbd.PAlive, with the estimates stored in cdnowSummary
    told = pareto(0.5533971, 10.5801985, 0.6060625, 11.6562237).probability_alive(0, 0, 39)
    assert told == pytest.approx(0.2941633, abs=5e-8)


def test_expected_repeats_by_calibration_class_are_those_of_the_walkthrough(
    cdnow: pd.DataFrame, fitted: ParetoNBD
) -> None:
    expected = fitted.conditional_expected_purchases(*(cdnow[key] for key in KEYS), 39)
    by_class = pd.Series(expected).groupby(cdnow["frequency"].clip(upper=7)).mean()
    assert by_class.tolist() == pytest.approx([0.138, 0.600, 1.196, 1.714, 2.399, 2.907, 3.819, 6.403], abs=1e-3)


def test_predictions_are_those_of_lifetimes_wherever_these_are_finite() -> None:
    import lifetimes

    rng, compared = np.random.default_rng(0), 0
    for logs in rng.uniform([-2, -1, -3, -1], [2, 5, 2, 5], (60, 4)):
        r, alpha, s, beta = np.exp(logs)
        oracle, model = lifetimes.ParetoNBDFitter(), pareto(r, alpha, s, beta)
        oracle.params_ = pd.Series({"r": r, "alpha": alpha, "s": s, "beta": beta})
        x, age = np.floor(10 ** rng.uniform(-0.2, 2, 40)), 10 ** rng.uniform(0.5, 3, 40)
        t_x, ahead = np.where(x > 0, rng.random(40) * age, 0), float(10 ** rng.uniform(0, 2.7))
        with np.errstate(all="ignore"):
            told = oracle.conditional_expected_number_of_purchases_up_to_time(ahead, x, t_x, age)
            alive = oracle.conditional_probability_alive(x, t_x, age)
        finite = np.isfinite(told) & (told > 0)
        assert model.conditional_expected_purchases(x, t_x, age, ahead)[finite] == pytest.approx(told[finite], rel=1e-7)
        assert model.probability_alive(x, t_x, age)[finite] == pytest.approx(alive[finite], rel=1e-7)
        new = float(oracle.expected_number_of_purchases_up_to_time(ahead))
        assert float(model.expected_purchases(ahead)) == pytest.approx(new, rel=1e-8)
        compared += finite.sum()
    assert compared > 2_000


def test_frequent_customers_whom_lifetimes_cannot_tell_are_told() -> None:
    # A household of the Complete Journey with lifetimes' own estimates: it bought on the last day, so it has not left.
    import lifetimes

    values = {"r": 1.408, "alpha": 9.54, "s": 0.0415, "beta": 240.0}
    oracle, model = lifetimes.ParetoNBDFitter(), pareto(**values)
    oracle.params_ = pd.Series(values)
    with np.errstate(all="ignore"):
        assert np.isnan(oracle.conditional_expected_number_of_purchases_up_to_time(92.0, 107, 271, 271))
    assert model.probability_alive(107, 271, 271) == pytest.approx(1, abs=1e-12)
    # (r + x) / (alpha + T) times the integral of ((beta + T) / (beta + T + v))^s
    lived = 511 / (1 - 0.0415) * ((603 / 511) ** (1 - 0.0415) - 1)
    assert model.conditional_expected_purchases(107, 271, 271, 92) == pytest.approx(108.408 / 280.54 * lived, rel=1e-9)


@settings(max_examples=200, deadline=None)
@given(
    x=st.sampled_from([0, 1, 2, 7, 60, 700, 5_000]),
    share=st.floats(0, 1),
    age=st.floats(0.01, 10_000),
    parameters=PARAMETERS,
)
def test_the_chance_of_being_alive_is_that_of_quadrature(
    x: int, share: float, age: float, parameters: dict[str, float]
) -> None:
    model, t_x = pareto(**parameters), share * age if x else 0.0
    expected = float(expit(-log_odds_of_having_left(model, x, t_x, age)))
    assert float(model.probability_alive(x, t_x, age)) == pytest.approx(expected, rel=1e-9, abs=1e-290)


@pytest.mark.parametrize("s", [1 - 1e-9, 1.0, 1 + 1e-9])
def test_nothing_breaks_where_s_is_one(s: float) -> None:
    # E[X(t)] = r beta / alpha log(1 + t / beta) at s = 1
    model = pareto(0.5, 10.0, s, 12.0)
    limit = 0.5 * 12 / 10 * np.log1p(52 / 12)
    assert float(model.expected_purchases(52.0)) == pytest.approx(limit, rel=1e-8)
    alive = float(model.probability_alive(3, 20, 26))
    limit = alive * 3.5 / 36 * 38 * np.log1p(52 / 38)
    assert float(model.conditional_expected_purchases(3, 20, 26, 52)) == pytest.approx(limit, rel=1e-8)


def test_customers_buy_what_is_expected_and_what_is_drawn() -> None:
    # 100,000 customers of the process: what they then did, what was expected, and what is drawn from their histories.
    rng, ahead = np.random.default_rng(5), 40.0
    truth = pareto(0.8, 6.0, 0.7, 15.0)
    people = simulated_customers(truth, rng.uniform(5, 52, 100_000), ahead, rng)
    history = [people[key].to_numpy() for key in KEYS]
    expected = truth.conditional_expected_purchases(*history, ahead)
    drawn = truth.simulated_purchases(*history, ahead, rng)
    silent = truth.chance_of_no_purchase(*history, ahead)
    later = people["later"].to_numpy()
    for part in np.array_split(np.argsort(expected), 8):
        for purchases in (later, drawn):
            error = 4 * np.sqrt(purchases[part].var() / part.size)
            assert purchases[part].mean() == pytest.approx(expected[part].mean(), abs=error)
            chance = silent[part].mean()
            error = 4 * np.sqrt(chance * (1 - chance) / part.size)
            assert (purchases[part] == 0).mean() == pytest.approx(chance, abs=error)
    spread = [np.bincount(np.minimum(counts.astype(int), 30), minlength=31) for counts in (later, drawn)]
    assert ((spread[0] - spread[1]) ** 2 / (spread[0] + spread[1])).sum() < 65  # chi squared of 30: once in 5,000


def test_drawn_purchases_of_one_history_are_its_posterior() -> None:
    model, rng = pareto(0.5, 10.0, 0.7, 20.0), np.random.default_rng(1)
    drawn = model.simulated_purchases(np.full(200_000, 3), 20.0, 26.0, 52.0, rng)
    assert drawn.dtype.kind == "i"
    assert drawn.mean() == pytest.approx(float(model.conditional_expected_purchases(3, 20, 26, 52)), rel=0.02)
    assert (drawn == 0).mean() == pytest.approx(float(model.chance_of_no_purchase(3, 20, 26, 52)), abs=0.005)
    ever = model.chance_of_no_purchase(3, 20, 26, 1e9)
    assert (model.simulated_purchases(np.full(200_000, 3), 20.0, 26.0, 1e9, rng) == 0).mean() == pytest.approx(
        ever, abs=0.005
    )


def test_new_customers_buy_what_is_expected() -> None:
    truth, rng = pareto(0.8, 6.0, 0.7, 15.0), np.random.default_rng(2)
    people = simulated_customers(truth, np.full(200_000, 39.0), 0.0, rng)
    error = 4 * people["frequency"].std() / np.sqrt(200_000)
    assert float(truth.expected_purchases(39.0)) == pytest.approx(people["frequency"].mean(), abs=error)
    assert truth.expected_purchases([0.0, 39.0]).shape == (2,)
    assert truth.expected_purchases(0.0) == 0


def test_the_next_purchase_comes_when_said() -> None:
    rng, most = np.random.default_rng(6), 60.0
    truth = pareto(1.2, 6.0, 0.9, 20.0)
    people = simulated_customers(truth, np.full(2_000, 30.0), 0.0, rng)
    history = [people[key].to_numpy() for key in KEYS]
    told = truth.next_purchase(*history, most=most, level=0.8)
    another = told["chance_of_another"].to_numpy()
    assert another == pytest.approx(1 - truth.chance_of_no_purchase(*history, most))
    for name, share in (("low", 0.1), ("median", 0.5), ("high", 0.9)):
        by_then = 1 - truth.chance_of_no_purchase(*history, told[name].to_numpy())
        assert by_then == pytest.approx(share * another, rel=1e-9)
        halved = PurchaseModel._wait(truth, tuple(history), share, most)
        assert told[name].to_numpy() == pytest.approx(halved, rel=1e-6)


def test_the_alive_path_is_one_at_each_purchase_and_falls_in_silence() -> None:
    path = pareto(0.5, 10.0, 0.7, 20.0).alive_path([100, 103, 110], until=120)
    at = path.set_index("time")["probability_alive"]
    assert at.loc[[0, 3, 10]].tolist() == pytest.approx([1, 1, 1], abs=1e-12)
    assert (np.diff(at.loc[3:9]) < 0).all()
    assert (np.diff(at.loc[10:]) < 0).all()


def test_many_customers_at_once_are_told_the_same_as_one_by_one() -> None:
    rng, model = np.random.default_rng(3), pareto(0.4, 44.0, 0.6, 60.0)
    x, age = rng.poisson(rng.gamma(0.5, 6, 500)).astype(float), rng.integers(0, 700, 500).astype(float)
    t_x, horizons = np.where(x > 0, np.floor(rng.random(500) * age), 0.0), np.array([0.0, 30.0, 365.0])
    together = model.expected_purchases_by(x, t_x, age, horizons)
    silent = model.chance_of_no_purchase(x[:, None], t_x[:, None], age[:, None], horizons[None, :])
    assert silent.shape == together.shape == (500, 3)
    for i in range(0, 500, 25):
        for j, ahead in enumerate(horizons):
            alone = float(model.conditional_expected_purchases(x[i], t_x[i], age[i], ahead))
            assert together[i, j] == pytest.approx(alone, rel=1e-10)
            alone = float(model.chance_of_no_purchase(x[i], t_x[i], age[i], ahead))
            assert silent[i, j] == pytest.approx(alone, rel=1e-10)


@settings(max_examples=200, deadline=None)
@given(
    x=st.integers(0, 5_000),
    share=st.floats(0, 1),
    age=st.floats(0, 10_000),
    ahead=st.floats(0, 10_000),
    parameters=PARAMETERS,
)
@example(x=0, share=0.0, age=0.0, ahead=2.2250738585e-313, parameters={"r": 1.0, "alpha": 1.0, "s": 1.0, "beta": 209.0})
def test_everything_told_is_finite_for_every_customer(
    x: int, share: float, age: float, ahead: float, parameters: dict[str, float]
) -> None:
    model, rng = pareto(**parameters), np.random.default_rng(0)
    history = (x, share * age if x else 0.0, age)
    sooner, later = model.expected_purchases_by(*history, [ahead / 2, ahead])[0]
    alive = float(model.probability_alive(*history))
    assert 0 <= sooner <= later * (1 + 1e-9)
    assert later <= alive * (model.r + x) / (model.alpha + age) * ahead * (1 + 1e-9)
    assert 0 <= alive <= 1
    assert 1 - alive - 1e-12 <= float(model.chance_of_no_purchase(*history, ahead)) <= 1
    assert 0 <= float(model.expected_purchases(ahead)) <= model.r / model.alpha * ahead * (1 + 1e-9)
    assert model.simulated_purchases(*history, ahead, rng) >= 0
    told = model.next_purchase(*history, most=ahead + 1)
    assert np.isfinite(told.to_numpy()).all()
    assert (told[["low", "median", "high"]].diff(axis=1).iloc[:, 1:] >= 0).all(axis=None)
