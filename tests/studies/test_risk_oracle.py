"""The oracle of risk against the textbook and against what happens, and a small version of the study."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest
from scipy.special import hyp2f1
from studies import churn_risk
from studies.__main__ import FIGURES, STUDIES
from studies.cases import Result
from studies.histories import HAZARD_SHAPE, RATE_SHAPE, History
from studies.oracle_of_risk import SWITCHED_OFF, silence_chances

from retention_lib.models.discrimination import auc, calibration
from retention_lib.settings.simulation import Simulation, Sizes
from retention_lib.stores.simulation.shop import open_shop, tell_story
from retention_lib.stores.simulation.story import Story

HORIZON = 90


def story_of(customers: int, *, seed: int, sizes: Sizes) -> Story:
    simulation = Simulation(customers=customers, months=18, seed=seed, sizes=sizes)
    return tell_story(open_shop(simulation), 0, only_what_happened=True)


@cache
def lively() -> Story:
    """Everything that the oracle knows, but for the shocks ahead, which make every chance of a store a little wrong."""
    return story_of(8_000, seed=5, sizes=Sizes(**SWITCHED_OFF, monthly_shock=0))


@cache
def lively_chances(*, web: bool = True) -> pd.DataFrame:
    return silence_chances(lively(), cutoff=cutoff_of(lively()), web=web)


def cutoff_of(story: Story) -> int:
    return story.shop.calendar.days - HORIZON


@cache
def still() -> History:
    """Gamma rates, gamma hazards and what is known of everybody's, and nothing else."""
    story = story_of(2_000, seed=3, sizes=Sizes(**dict.fromkeys(Sizes.model_fields, 0.0)))
    return History(story=story, cutoff=cutoff_of(story))


@cache
def still_chances() -> pd.DataFrame:
    found = silence_chances(still().story, cutoff=still().cutoff, web=False)
    return found.assign(place=found["customer_id"].str[1:].astype(int))


def test_chances_are_the_sum_over_rates_and_days_of_leaving_written_out() -> None:
    extremes = still_chances().nlargest(10, "chance").index.union(still_chances().nsmallest(10, "chance").index)
    history, counts = still(), purchases_of(still())
    for customer in still_chances().loc[extremes].itertuples():
        place = customer.place
        first, unit = history.story.people.acquired[place], history.rate[place]
        g = np.geomspace(1e-9, min(30, 0.999 / unit), 4_001)
        ahead, now = (
            written_out(g, unit, history.hazard[place], counts[place], history.last[place] - first, age)
            for age in (history.cutoff - 1 - first + HORIZON, history.cutoff - 1 - first)
        )
        assert customer.chance == pytest.approx(np.trapezoid(ahead, np.log(g)) / np.trapezoid(now, np.log(g)), abs=1e-4)


def written_out(g: np.ndarray, unit: float, hazard: float, bought: int, recency: int, age: int) -> np.ndarray:
    """The likelihood by g: a purchase or none on each day of the relation, which ends within one day or lasts."""
    days = np.arange(recency, age + 1)
    lasts = (1 + hazard * days) ** -HAZARD_SHAPE
    ends = np.append(lasts[:-1] - lasts[1:], lasts[-1])
    without = (1 - g * unit) ** (days[:, None] - bought)
    return np.asarray((g * unit) ** bought * g**RATE_SHAPE * np.exp(-g) * (ends @ without))


def test_chances_are_those_of_the_pareto_nbd_where_nothing_else_is_on() -> None:
    expected = pareto_nbd_silence(still(), still_chances()["place"].to_numpy())
    apart = np.abs(still_chances()["chance"] - expected)
    # There one may buy twice on a day and leave at noon.
    assert apart.max() < 0.03
    assert apart.mean() < 0.001


def purchases_of(history: History) -> np.ndarray:
    return np.bincount(history.bought.customer, minlength=len(history.last))


def pareto_nbd_silence(history: History, who: np.ndarray) -> np.ndarray:
    """The chance of no purchase in the horizon under a Pareto/NBD: the ratio of two likelihoods."""
    first = history.story.people.acquired[who]
    told = {
        "x": purchases_of(history)[who],
        "recency": history.last[who] - first,
        "alpha": 1 / history.rate[who],
        "beta": 1 / history.hazard[who],
    }
    age = history.cutoff - 1 - first
    ahead, now = (pareto_nbd_likelihood(age=until, **told) for until in (age + HORIZON, age))
    return np.exp(ahead - now)


def pareto_nbd_likelihood(
    *, x: np.ndarray, recency: np.ndarray, age: np.ndarray, alpha: np.ndarray, beta: np.ndarray
) -> np.ndarray:
    """Fader and Hardie (2005), A Note on Deriving the Pareto/NBD Model, logarithm, up to a factor of the parameters."""
    r, s = RATE_SHAPE, HAZARD_SHAPE
    stays = np.exp(-(r + x) * np.log1p(age / alpha) - s * np.log1p(age / beta))
    left = [left_after(time, x, alpha, beta) for time in (recency, age)]
    return np.log(stays + left[0] - left[1])


def left_after(time: np.ndarray, x: np.ndarray, alpha: np.ndarray, beta: np.ndarray) -> np.ndarray:
    """The integral over moments of leaving from a time on."""
    r, s = RATE_SHAPE, HAZARD_SHAPE
    larger, power = np.maximum(alpha, beta), np.where(alpha >= beta, s + 1, r + x)
    series = hyp2f1(r + s + x, power, r + s + x + 1, np.abs(alpha - beta) / (larger + time))
    logs = (r + x) * np.log(alpha) + s * np.log(beta) - (r + s + x) * np.log(larger + time)
    return s / (r + s + x) * series * np.exp(logs)


def test_chances_come_true() -> None:
    found = lively_chances()
    rng = np.random.default_rng(1)
    told = calibration(found["silent"], found["chance"], rng=rng)
    assert told.error.value < 0.015
    assert told.slope.low < 1 < told.slope.high
    scatter = np.sqrt((found["chance"] * (1 - found["chance"])).sum())
    assert abs(found["silent"].sum() - found["chance"].sum()) < 3 * scatter


def test_lasting_comes_true() -> None:
    found, story = lively_chances(), lively()
    lasts = story.fates.left[found["customer_id"].str[1:].astype(int)] > cutoff_of(story)
    assert auc(lasts, found["lasting"]).value > 0.85
    scatter = np.sqrt((found["lasting"] * (1 - found["lasting"])).sum())
    assert abs(lasts.sum() - found["lasting"].sum()) < 3 * scatter


def test_visits_and_mails_say_more_than_purchases_alone() -> None:
    seen, blind = (
        auc(frame["silent"], frame["chance"]).value for frame in (lively_chances(), lively_chances(web=False))
    )
    assert seen > blind + 0.02


@pytest.mark.parametrize("simulation", [{"programme": "momentum"}, {"sizes": Sizes()}])
def test_oracle_refuses_what_it_does_not_know(simulation: dict[str, object]) -> None:
    settings = {"sizes": Sizes(**SWITCHED_OFF)} | simulation
    story = tell_story(open_shop(Simulation(customers=1_000, months=6, **settings)), 0, only_what_happened=True)
    with pytest.raises(ValueError, match=r"does not know (momentum|replenishment)"):
        silence_chances(story, cutoff=90)


def test_small_case_comes_near_the_best_and_recency_does_not() -> None:
    found = churn_risk.judged(0, customers=4_000)
    assert found["tested"] > 2_000
    assert found["risk_calibration_error"] < 0.04
    assert 0.8 < found["risk_calibration_slope"] < 1.2
    assert found["risk_recency_share_of_best"] < 0.9 < found["risk_auc_share_of_best"] < 1.02


def result(case: int, share: float | None = 0.96, **told: float) -> Result:
    best = {} if share is None else {"risk_auc_share_of_best": share, "risk_recency_share_of_best": 0.75}
    return {"case": case, "risk_calibration_error": 0.01, "risk_calibration_slope": 1.0, **best, **told}


def test_figures_are_means_over_stores() -> None:
    found = churn_risk.figures([result(0, 0.95), result(1, None, risk_calibration_error=0.02), result(2, 0.97)])
    by_name = {one.name: one for one in found}
    assert tuple(by_name) == churn_risk.FIGURES
    share, error = by_name["risk_auc_share_of_best"], by_name["risk_calibration_error"]
    assert (share.value, share.n) == (pytest.approx(0.96), 2)
    # Student's t with one degree of freedom at 97.5 %: 12.706.
    assert share.high == pytest.approx(0.96 + 12.706 * 0.01, abs=1e-4)
    assert (error.value, error.n) == (pytest.approx(0.04 / 3), 3)


def test_each_figure_is_a_name_of_the_study() -> None:
    wanted = {"risk_calibration_error", "risk_calibration_slope", "risk_auc_share_of_best"}
    assert wanted <= {name for name, study in FIGURES.items() if STUDIES[study] is churn_risk.STUDY}


@pytest.mark.parametrize(
    "told", [{"risk_calibration_error": 0.021}, {"risk_calibration_slope": 1.11}, {"share": 0.94}, {"died": -9}]
)
def test_stores_beyond_what_is_asked_are_failures(told: dict[str, float]) -> None:
    assert churn_risk.failures([result(0), result(1, None)]) == []
    assert len(churn_risk.failures([result(0), result(1, **told)])) == 1


def test_cases_cover_all_seasons_with_and_without_the_oracle() -> None:
    cases = [churn_risk.simulation_of(number) for number in range(churn_risk.CASES)]
    known = {(case.until, case.sizes == Sizes(**SWITCHED_OFF)) for case in cases}
    assert known == {(end, known) for end in churn_risk.ENDS for known in (True, False)}
