"""How the fits behind a forecast ended."""

from __future__ import annotations

from dataclasses import replace

from reports import backtest_results as made

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.btyd import Convergence
from retention_lib.models.fit_checks import fit_checks, fitted_parameters
from retention_lib.models.forecasts import Forecast
from retention_lib.models.gamma_gamma import SpendModel
from retention_lib.models.spend import SpendForecast

NO_SPEND = NotEnough("repeat_buyers", 3, 30)


def spend(*, curvature: float = 0.1) -> SpendForecast:
    told = Convergence(iterations=5, gradient=1e-10, curvature=curvature, second_start=1e-9)
    model = SpendModel(
        p=6.25,
        q=3.74,
        v=15.44,
        log_likelihood=-4055.9,
        covariance=((0.0,) * 3,) * 3,
        customers=946,
        dependence=Estimate(0.1),
        convergence=told,
    )
    return SpendForecast(kind="gamma_gamma", gamma_gamma=model, relative=model)


def test_each_model_is_a_row_and_each_parameter_too() -> None:
    forecast = Forecast(name="average of models", members=(made.fitted("BG/NBD"), made.fitted()))
    found = fit_checks(forecast, spend())
    assert found.table["model"].tolist() == ["BG/NBD", "MBG/NBD", "Gamma-Gamma"]
    assert found.table["steps"].tolist() == [7, 7, 5]
    assert fitted_parameters(found).table["parameter"].tolist() == [*("r", "alpha", "a", "b") * 2, "p", "q", "v"]
    assert found.sound


def test_the_model_that_trees_correct_is_checked_once() -> None:
    base = made.fitted("Pareto/NBD")
    alone = Forecast(name="boosting", base=base, share=1.0)
    both = Forecast(name="average with boosting", members=(base,), base=base, share=0.5)
    for forecast in (alone, both):
        assert fit_checks(forecast, NO_SPEND).table["model"].tolist() == ["Pareto/NBD"]


def test_one_fit_that_is_no_maximum_or_is_not_found_again_makes_all_unsound() -> None:
    sound = Forecast(name="MBG/NBD", members=(made.fitted(),))
    lost = Forecast(name="MBG/NBD", members=(made.fitted(second_start=0.02),))
    assert [fit_checks(forecast, NO_SPEND).sound for forecast in (sound, lost)] == [True, False]
    assert not fit_checks(sound, spend(curvature=0.0)).sound


def test_given_parameters_are_not_judged() -> None:
    forecast = Forecast(name="MBG/NBD", members=(replace(made.fitted(), convergence=None),))
    found = fit_checks(forecast, NO_SPEND)
    assert found.table.loc[0, ["steps", "sound"]].tolist() == [None, None]
    assert found.sound


def test_a_forecast_without_models_is_refused() -> None:
    assert fit_checks(Forecast(name="naive rate"), spend()) == NotEnough("purchase_models", 0, 1)
    refusal = NotEnough("purchase_model_fit", 0, 1)
    assert fit_checks(refusal, spend()) is refusal
    assert fitted_parameters(refusal) is refusal
