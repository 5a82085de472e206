from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import dblquad

from retention_lib.estimates import NotEnough
from retention_lib.models.alive import AliveBands, alive_bands, band_edges
from retention_lib.models.btyd import BetaGeometric

CUT = date(2020, 10, 1)
WEEKS = 52.0


def model(
    name: str = "MBG/NBD", r: float = 0.525, alpha: float = 6.183, a: float = 0.891, b: float = 1.614
) -> BetaGeometric:
    zeros = tuple(tuple(0.0 for _ in range(4)) for _ in range(4))
    return BetaGeometric(name=name, r=r, alpha=alpha, a=a, b=b, log_likelihood=0.0, covariance=zeros, customers=1)


def simulated(truth: BetaGeometric, customers: int, horizon: float, rng: np.random.Generator) -> pd.DataFrame:
    """Customers of the MBG/NBD process, one by one: the history up to T and whether they bought in the horizon."""
    rate, drop = rng.gamma(truth.r, 1 / truth.alpha, customers), rng.beta(truth.a, truth.b, customers)
    age = rng.uniform(1, WEEKS, customers)
    frequency, recency = np.zeros(customers), np.zeros(customers)
    back, clock = np.zeros(customers, dtype=bool), np.zeros(customers)
    alive = rng.random(customers) >= drop  # also after the very first purchase
    while alive.any():
        clock = np.where(alive, clock + rng.exponential(1, customers) / rate, clock)
        alive &= clock <= age + horizon
        seen = alive & (clock <= age)
        frequency, recency = frequency + seen, np.where(seen, clock, recency)
        back |= alive & (clock > age)
        alive &= rng.random(customers) >= drop
    return pd.DataFrame({"frequency": frequency, "recency": recency, "T": age, "back": back})


def test_the_closed_form_is_the_integral_over_rate_and_dropout() -> None:
    # P(X = 0) by Bayes on a grid of rates and dropout probabilities, without the formula for P(alive).
    truth, (x, t_x, age, ahead) = model(), (2.0, 10.0, 25.0, 13.0)

    def prior(p: float, rate: float) -> float:
        return rate ** (truth.r - 1) * np.exp(-truth.alpha * rate) * p ** (truth.a - 1) * (1 - p) ** (truth.b - 1)

    def still(p: float, rate: float) -> float:
        return prior(p, rate) * (1 - p) ** (x + 1) * rate**x * np.exp(-rate * age)

    def gone(p: float, rate: float) -> float:
        return prior(p, rate) * p * (1 - p) ** x * rate**x * np.exp(-rate * t_x)

    alive, left = (dblquad(part, 0, 8, 0, 1)[0] for part in (still, gone))
    silent = dblquad(lambda p, rate: still(p, rate) * np.exp(-rate * ahead), 0, 8, 0, 1)[0]
    assert truth.chance_of_no_purchase(x, t_x, age, ahead) == pytest.approx((silent + left) / (alive + left), rel=1e-5)


def test_simulated_customers_buy_nothing_as_often_as_said() -> None:
    truth, horizon = model(r=1.2, alpha=8.0, a=0.8, b=2.5), 13.0
    people = simulated(truth, 200_000, horizon, np.random.default_rng(3))
    said = truth.chance_of_no_purchase(people["frequency"], people["recency"], people["T"], horizon)
    bins = np.digitize(said, np.quantile(said, np.linspace(0.1, 0.9, 9)))
    for place in range(10):
        own = bins == place
        error = np.sqrt((said[own] * (1 - said[own])).sum()) / own.sum()
        assert abs(said[own].mean() - (~people["back"][own]).mean()) < 4 * error


@given(
    st.integers(0, 5_000),
    st.floats(0, 1),
    st.floats(0.1, 2_000),
    st.floats(0, 1e6),
    st.sampled_from(["MBG/NBD", "BG/NBD"]),
)
@settings(deadline=None)
def test_the_chance_is_finite_and_falls_with_the_horizon(
    x: int, share: float, age: float, ahead: float, name: str
) -> None:
    told, recency = model(name), share * age if x else 0.0
    sooner, later = told.chance_of_no_purchase(x, recency, age, [ahead, 2 * ahead])
    alive = float(told.probability_alive(x, recency, age))
    assert 1 - alive - 1e-12 <= later <= sooner <= 1
    assert told.chance_of_no_purchase(x, recency, age, 0.0) == 1


def histories(people: pd.DataFrame, edges: list[int]) -> pd.DataFrame:
    """Simulated customers as the measure counts them: whole weeks, bands of days of silence."""
    silence = (people["T"] - people["recency"]) * 7
    place = np.searchsorted(edges, silence, side="left") - 1
    rows = people.assign(silence_above=np.array(edges)[np.maximum(place, 0)], returned=people["back"].astype(int))
    whole = rows.assign(recency=rows["recency"].round(), T=rows["T"].round())
    keys = ["silence_above", "frequency", "recency", "T"]
    return whole.groupby(keys).agg(customers=("returned", "size"), returned=("returned", "sum")).reset_index()


def test_the_model_is_right_on_customers_of_its_own_kind() -> None:
    people = simulated(model(r=1.2, alpha=8.0, a=0.8, b=2.5), 20_000, 90 / 7, np.random.default_rng(5))
    result = alive_bands(histories(people, band_edges(28)), lapse_days=28, cutoff=CUT)
    assert isinstance(result, AliveBands)
    assert result.word == "right"
    table = result.table
    assert (abs(table["expected"] - table["share"]) < 0.03).all()
    assert (table["alive"] >= table["expected"]).all()
    assert table["customers"].sum() == 20_000
    assert pd.isna(table["silence_to"].iloc[-1])
    silent = people[(people["T"] - people["recency"]) * 7 > 28]
    assert result.beyond.value == pytest.approx(silent["back"].mean())


@pytest.mark.parametrize(("chance", "word"), [(0.0, "hopeful"), (1.0, "gloomy")])
def test_a_word_that_does_not_hold_is_called_so(chance: float, word: str) -> None:
    people = simulated(model(r=1.2, alpha=8.0, a=0.8, b=2.5), 5_000, 90 / 7, np.random.default_rng(6))
    rows = histories(people.assign(back=bool(chance)), band_edges(28))
    assert alive_bands(rows, lapse_days=28, cutoff=CUT).word == word


def test_too_few_silent_are_not_enough() -> None:
    columns = ["silence_above", "frequency", "recency", "T", "customers", "returned"]
    few = pd.DataFrame([(0, 1, 2, 3, 500, 400), (28, 1, 2, 9, 29, 4)], columns=columns)
    assert alive_bands(few, lapse_days=28, cutoff=CUT) == NotEnough("customers_silent_beyond_window", 29, 30)
    once = pd.DataFrame([(28, 0, 0, 9, 290, 4)], columns=columns)
    assert alive_bands(once, lapse_days=28, cutoff=CUT) == NotEnough("repeat_customers", 0, 30)
    nothing = NotEnough("observations", 1, 2)
    assert alive_bands(nothing, lapse_days=28, cutoff=CUT) is nothing


def test_bands_begin_at_whole_days() -> None:
    assert band_edges(29) == [0, 14, 29, 43, 58, 87]
    assert band_edges(1) == [0, 1, 2, 3]
