"""What BG/NBD and MBG/NBD say of the time ahead: published numbers, lifetimes, simulated customers, extremes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from models.btyd.histories import (
    KEYS,
    beta_geometric,
    cdnow_holdout,
    cdnow_summary,
    distinct,
    simulated_customers,
)

from retention_lib.models.btyd import ModelName, fit_bg_nbd

FITTERS: dict[ModelName, str] = {"BG/NBD": "BetaGeoFitter", "MBG/NBD": "ModifiedBetaGeoFitter"}
NAMES: list[ModelName] = ["BG/NBD", "MBG/NBD"]
PARAMETERS = {
    "r": st.floats(0.05, 20),
    "alpha": st.floats(0.01, 1_000),
    "a": st.floats(1e-6, 50),
    "b": st.floats(1e-3, 1_000),
}


def test_expected_repeats_by_calibration_class_are_those_of_the_walkthrough() -> None:
    # BTYD's walkthrough, section on BG/NBD: 39 weeks ahead, classes x = 0, 1, ..., 7 and more
    customers = cdnow_summary()
    model = fit_bg_nbd(distinct(customers))
    expected = model.conditional_expected_purchases(*(customers[key] for key in KEYS), 39)
    by_class = pd.Series(expected).groupby(customers["frequency"].clip(upper=7)).mean()
    assert by_class.tolist() == pytest.approx([0.225, 0.523, 1.044, 1.520, 2.164, 2.654, 3.504, 6.157], abs=1e-3)
    actual = cdnow_holdout().reset_index(drop=True).groupby(customers["frequency"].clip(upper=7))
    assert actual.size().tolist() == [1411, 439, 214, 100, 62, 38, 29, 64]
    assert actual.mean().tolist() == pytest.approx([0.237, 0.697, 1.393, 1.560, 2.532, 2.947, 3.862, 6.359], abs=5e-4)


@pytest.mark.parametrize("name", NAMES)
def test_predictions_are_those_of_lifetimes_wherever_these_are_finite(name: ModelName) -> None:
    import lifetimes

    rng, compared = np.random.default_rng(0), 0
    for logs in rng.uniform([-2, -1, -3, -2], [2, 5, 3, 4], (60, 4)):
        r, alpha, a, b = np.exp(logs)
        oracle, model = getattr(lifetimes, FITTERS[name])(), beta_geometric(name, r, alpha, a, b)
        oracle.params_ = pd.Series({"r": r, "alpha": alpha, "a": a, "b": b})
        x, age = np.floor(10 ** rng.uniform(-0.2, 2, 40)), 10 ** rng.uniform(0.5, 3, 40)
        t_x, ahead = np.where(x > 0, rng.random(40) * age, 0), float(10 ** rng.uniform(0, 2.7))
        with np.errstate(all="ignore"):
            told = oracle.conditional_expected_number_of_purchases_up_to_time(ahead, x, t_x, age)
            new = oracle.expected_number_of_purchases_up_to_time(ahead)
        finite = np.isfinite(told)
        assert model.conditional_expected_purchases(x, t_x, age, ahead)[finite] == pytest.approx(told[finite], rel=1e-9)
        assert model.probability_alive(x, t_x, age) == pytest.approx(oracle.conditional_probability_alive(x, t_x, age))
        if np.isfinite(new):
            assert float(model.expected_purchases(ahead)) == pytest.approx(float(new), rel=1e-8)
        compared += finite.sum()
    assert compared > 2_000


@pytest.mark.parametrize("name", NAMES)
def test_many_customers_at_once_are_told_the_same_as_one_by_one(name: ModelName) -> None:
    # Many are interpolated, one is integrated.
    rng = np.random.default_rng(2)
    x, age = rng.poisson(rng.gamma(0.5, 6, 400)).astype(float), rng.integers(0, 700, 400).astype(float)
    t_x, ahead = np.where(x > 0, np.floor(rng.random(400) * age), 0.0), np.array([0.0, 1.0, 30.0, 365.0, 3_650.0])
    model = beta_geometric(name, 0.4, 44.0, 0.02, 4.3)
    together = model.expected_purchases_by(x, t_x, age, ahead)
    for i in range(0, 400, 10):
        for j, horizon in enumerate(ahead):
            alone = float(model.conditional_expected_purchases(x[i], t_x[i], age[i], horizon))
            assert together[i, j] == pytest.approx(alone, rel=1e-8)


@pytest.mark.parametrize("name", NAMES)
def test_customers_buy_what_is_expected_and_what_is_drawn(name: ModelName) -> None:
    # 100,000 customers of the process: what they then did, what was expected, and what is drawn from their histories.
    rng, ahead = np.random.default_rng(5), 40.0
    truth = beta_geometric(name, 0.8, 6.0, 0.9, 2.5)
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


@pytest.mark.parametrize("name", NAMES)
def test_drawn_purchases_of_one_history_are_its_posterior(name: ModelName) -> None:
    model, rng = beta_geometric(name, 0.5, 10.0, 0.7, 2.0), np.random.default_rng(1)
    drawn = model.simulated_purchases(np.full(200_000, 3), 20.0, 26.0, 52.0, rng)
    assert drawn.dtype.kind == "i"
    assert drawn.mean() == pytest.approx(float(model.conditional_expected_purchases(3, 20, 26, 52)), rel=0.02)
    assert (drawn == 0).mean() == pytest.approx(float(model.chance_of_no_purchase(3, 20, 26, 52)), abs=0.005)
    forever = model.simulated_purchases(np.full(200_000, 3), 20.0, 26.0, 1e12, rng)
    assert (forever > 0).mean() == pytest.approx(float(model.probability_alive(3, 20, 26)), abs=0.005)


@pytest.mark.parametrize("name", NAMES)
def test_next_purchases_fall_into_their_intervals(name: ModelName) -> None:
    rng, most = np.random.default_rng(6), 60.0
    truth = beta_geometric(name, 1.2, 6.0, 0.9, 2.5)
    people = simulated_customers(truth, np.full(4_000, 30.0), 0.0, rng)
    history = [people[key].to_numpy() for key in KEYS]
    told = truth.next_purchase(*history, most=most, level=0.8)
    assert told.columns.tolist() == ["chance_of_another", "median", "low", "high"]
    assert told["chance_of_another"].to_numpy() == pytest.approx(1 - truth.chance_of_no_purchase(*history, most))
    # of those who buy within `most`, shares of .1, .5 and .9 have done so by then
    for name_of, share in (("low", 0.1), ("median", 0.5), ("high", 0.9)):
        by_then = 1 - truth.chance_of_no_purchase(*history, told[name_of].to_numpy())
        assert by_then == pytest.approx(share * told["chance_of_another"].to_numpy(), rel=1e-9)
        halved = super(type(truth), truth)._wait(tuple(history), share, most)
        assert told[name_of].to_numpy() == pytest.approx(halved, rel=1e-6)
    assert (told["high"] <= most).all()


def test_alive_path_falls_in_silence_and_starts_anew_at_a_purchase() -> None:
    model = beta_geometric("MBG/NBD", 0.5, 10.0, 0.7, 2.0)
    path = model.alive_path([103, 100, 110, 103], until=120)
    assert path["time"].tolist() == list(range(21))
    assert path["purchases"].tolist() == [0] * 3 + [1] * 7 + [2] * 11
    at = path["probability_alive"].to_numpy()
    assert at[7] == model.probability_alive(1, 3, 7)
    assert at[20] == model.probability_alive(2, 10, 20)
    assert at[3] == pytest.approx((2.0 + 1) / (2.0 + 1 + 0.7))  # just bought: survived one of Beta(a, b + 1)
    assert (np.diff(at[3:10]) < 0).all()
    assert (np.diff(at[10:]) < 0).all()
    assert at[10] > at[9]
    assert model.alive_path([0.0], until=1.0, step=0.25)["time"].tolist() == [0, 0.25, 0.5, 0.75, 1]


def test_alive_path_without_a_purchase_before_its_end_is_refused() -> None:
    model = beta_geometric("MBG/NBD", 0.5, 10.0, 0.7, 2.0)
    with pytest.raises(ValueError, match="1 purchases up to 4"):
        model.alive_path([5.0], until=4.0)
    with pytest.raises(ValueError, match="0 purchases"):
        model.alive_path([], until=4.0)


@settings(max_examples=150, deadline=None)
@given(
    name=st.sampled_from(NAMES),
    x=st.integers(0, 5_000),
    share=st.floats(0, 1),
    age=st.floats(0, 10_000),
    ahead=st.floats(0, 10_000),
    parameters=st.fixed_dictionaries(PARAMETERS),
)
@example(
    name="BG/NBD", x=0, share=0.0, age=1.0, ahead=1e-300, parameters={"r": 1.0, "alpha": 4.0, "a": 0.125, "b": 2.0}
)
def test_everything_told_is_finite_for_every_customer(
    name: ModelName, x: int, share: float, age: float, ahead: float, parameters: dict[str, float]
) -> None:
    model, rng = beta_geometric(name, **parameters), np.random.default_rng(0)
    history = (x, share * age if x else 0.0, age)
    sooner, later = model.expected_purchases_by(*history, [ahead / 2, ahead])[0]
    assert 0 <= sooner <= later * (1 + 1e-9)
    assert later <= (model.r + x) / (model.alpha + age) * ahead * (1 + 1e-9)
    assert 0 <= float(model.probability_alive(*history)) <= 1
    assert 0 <= float(model.chance_of_no_purchase(*history, ahead)) <= 1
    assert 0 <= float(model.expected_purchases(ahead)) <= model.r / model.alpha * ahead * (1 + 1e-9)
    assert model.simulated_purchases(*history, ahead, rng) >= 0
    told = model.next_purchase(*history, most=ahead + 1)
    assert np.isfinite(told.to_numpy()).all()
    assert (told[["low", "median", "high"]].diff(axis=1).iloc[:, 1:] >= 0).all(axis=None)
