"""The churn risk: what it refuses, that it keeps its stages apart, and that it finds what there is to find."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from models.risk_shop import CUTOFFS, HORIZON, TODAY, shop

from retention_lib.estimates import NotEnough
from retention_lib.models.btyd import BetaGeometric
from retention_lib.models.risk import ChurnRisk, churn_risk
from retention_lib.models.risk_features import design
from retention_lib.models.risk_scores import recalibrated, same_season, stretch, stretch_ahead

MODEL = BetaGeometric(
    name="MBG/NBD", r=1.0, alpha=50.0, a=0.6, b=1.2, log_likelihood=0.0, covariance=((0.0,) * 4,) * 4, customers=1
)


def made(rows: pd.DataFrame, counts: pd.DataFrame, seed: int = 1) -> ChurnRisk:
    """A churn risk that must come about."""
    risk = churn_risk(rows, counts, horizon_days=HORIZON, rng=np.random.default_rng(seed))
    assert isinstance(risk, ChurnRisk)
    return risk


@pytest.fixture(scope="module")
def plain() -> ChurnRisk:
    """Of a shop that shows nothing but purchases."""
    return made(*shop(1))


@pytest.fixture(scope="module")
def seen() -> ChurnRisk:
    """Of a shop that sees on its site who has not left."""
    return made(*shop(2, visits=True))


def test_stages_are_kept_apart(plain: ChurnRisk) -> None:
    assert plain.training == CUTOFFS[:-2]
    assert (plain.choice.cutoff, plain.test_cutoff, plain.cutoff) == (*CUTOFFS[-2:], TODAY)


def test_figures_of_the_test_do_not_depend_on_today() -> None:
    rows, counts = shop(3, customers=900)
    later = rows.assign(silence=rows["silence"].where(rows["cutoff"] < TODAY, 7.0))
    first, second = made(rows, counts), made(later, counts)
    assert first.auc == second.auc
    pd.testing.assert_frame_equal(first.tested, second.tested)


def test_the_choice_does_not_depend_on_the_last_window() -> None:
    rows, counts = shop(3, customers=900)
    last = rows["cutoff"] == CUTOFFS[-1]
    changed = rows.assign(silent=rows["silent"].where(~last, ~rows["silent"]))
    first, second = made(rows, counts), made(changed, counts)
    pd.testing.assert_frame_equal(first.choice.table, second.choice.table)
    assert first.tested["score"].tolist() == second.tested["score"].tolist()


def test_same_numbers_on_every_run() -> None:
    rows, counts = shop(4, customers=700, visits=True)
    pd.testing.assert_frame_equal(made(rows, counts).today, made(rows, counts).today)


def test_visits_of_those_who_stay_are_found_and_beat_the_baselines(seen: ChurnRisk) -> None:
    assert seen.beats_baselines
    assert seen.used == seen.chosen in ("logistic", "boosted")
    assert seen.auc.value > seen.auc_palive.value + 0.02
    first = seen.importance.table.iloc[0]
    assert first["subject"] in ("visits", "rhythm")
    refunds = seen.importance.table.set_index("subject").loc["refunds"]
    assert refunds["low"] < 0.003  # goods come back at random here


def test_with_nothing_to_find_the_better_baseline_scores(plain: ChurnRisk) -> None:
    assert plain.used in (plain.better_baseline, plain.chosen)
    assert plain.beats_baselines or plain.used == plain.better_baseline
    assert plain.auc.value > max(plain.auc_recency.value, plain.auc_palive.value) - 0.02


def test_risks_are_chances_and_rise_with_silence(plain: ChurnRisk) -> None:
    rows, _ = shop(1)
    today = rows[rows["cutoff"] == TODAY].merge(plain.today, on="customer_id", validate="one_to_one")
    assert today["risk"].between(0, 1).all()
    once = today[today["frequency"] == 0]
    assert once["risk"].corr(once["silence"], method="spearman") > 0.8


def test_calibration_is_right_on_the_last_window(seen: ChurnRisk) -> None:
    assert seen.calibration_error.value < 0.06  # chance alone gives .02 to .03 of so few
    assert seen.calibration_slope.low is not None
    assert seen.calibration_slope.low < 1.25
    assert sum(seen.calibration.table["n"]) == seen.customers == len(seen.tested)


def test_figures_frame_has_one_row_a_figure(seen: ChurnRisk) -> None:
    figures = seen.to_frame()["figure"]
    assert figures.is_unique
    assert {"auc", "calibration_error", "calibration_slope"} <= set(figures)


def test_too_few_windows_are_refused() -> None:
    rows, counts = shop(1, customers=200, cutoffs=CUTOFFS[-2:])
    assert churn_risk(rows, counts, rng=np.random.default_rng(1)) == NotEnough("risk_windows", 2, 3)


def test_too_few_of_a_kind_are_refused() -> None:
    rows, counts = shop(1, customers=200)
    quiet = rows.assign(silent=rows["silent"].where(rows["silent"].isna(), other=True))
    risk = churn_risk(quiet, counts, rng=np.random.default_rng(1))
    assert risk == NotEnough("risk_buying", 0, 50)


def test_a_refusal_is_passed_on() -> None:
    no = NotEnough("sales_known", 0, 1)
    assert churn_risk(no, no, rng=np.random.default_rng(1)) is no


def test_without_a_purchase_model_there_is_a_risk_all_the_same() -> None:
    rows, counts = shop(5, customers=900)
    once = counts.assign(frequency=0.0, recency=0.0)
    risk = made(rows, once)
    assert isinstance(risk.auc_palive, NotEnough)
    assert risk.better_baseline == "recency"


def test_stretch_finds_by_how_much_a_season_sells_more() -> None:
    rows, _ = shop(6, customers=600)
    window = rows[rows["cutoff"] == CUTOFFS[0]]
    x, recency, age = (window[name].to_numpy() for name in ("frequency", "recency", "T"))
    said = MODEL.chance_of_no_purchase(x, recency, age, 1.3 * HORIZON)
    assert stretch(window.assign(silent=said), MODEL, horizon_days=HORIZON) == pytest.approx(1.3)


def test_stretch_ahead_takes_the_year_before_and_half_of_the_change() -> None:
    past = {date(2024, 1, 1): 0.8, date(2024, 4, 1): 1.0, date(2025, 1, 1): 0.6}
    expected = np.exp(np.log(1.0) + 0.5 * np.log(0.6 / 0.8))
    assert stretch_ahead(past, date(2025, 4, 1), settled=list(past)) == pytest.approx(expected)
    assert stretch_ahead(past, date(2025, 4, 1), settled=[]) == pytest.approx(1.0)
    assert stretch_ahead(past, date(2025, 7, 1), settled=[]) == pytest.approx((0.8 * 1.0 * 0.6) ** (1 / 3))
    assert stretch_ahead({}, date(2025, 7, 1), settled=[]) == 1.0


def test_same_season_is_a_year_before() -> None:
    assert same_season([date(2024, 2, 1), date(2024, 3, 1)], date(2025, 3, 1)) == date(2024, 3, 1)
    assert same_season([date(2024, 5, 1)], date(2025, 3, 1)) is None


def test_recalibrated_keeps_the_mean_where_asked() -> None:
    chance = np.array([0.1, 0.4, 0.8])
    flat = recalibrated(chance, 3.0, 0.5, keep_mean=True)
    assert flat.mean() == pytest.approx(chance.mean())
    assert np.ptp(flat) < np.ptp(chance)
    assert recalibrated(chance, 0.0, 1.0) == pytest.approx(chance)
    assert recalibrated(chance, 1.0, -1.0) is chance  # never the other way round


def test_design_learns_nothing_beyond_what_it_saw() -> None:
    rows, _ = shop(7, customers=400)
    training, ahead = rows[rows["cutoff"] == CUTOFFS[0]], rows[rows["cutoff"] == TODAY]
    made_of = design(training, np.zeros(len(training)))
    older = ahead.assign(T=ahead["T"] + 10_000)
    oldest = ahead.assign(T=ahead["T"] + 90_000)
    first, second = (made_of.matrix(part, np.zeros(len(part))) for part in (older, oldest))
    assert first == pytest.approx(second)
    assert np.isfinite(first).all()
