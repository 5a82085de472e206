"""Pareto/NBD on real shops: finite for every customer, and no worse than lifetimes where that is finite."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from models.btyd.histories import KEYS

from retention_lib.measures.purchases import purchase_days
from retention_lib.measures.summaries import holdout_purchases
from retention_lib.models.btyd import ParetoNBD, fit_pareto_nbd
from retention_lib.settings import load_set
from retention_lib.stores.store import open_store

PROJECT = Path(__file__).parents[3]
DAYS = {"complete_journey": (date(2017, 10, 1), date(2018, 1, 1)), "cdnow": (date(1997, 10, 1), date(1998, 7, 1))}


def customers_of(name: str) -> pd.DataFrame:
    """Distinct histories of a public shop before the holdout, in days, with what was bought in it."""
    ((of, settings),) = load_set(PROJECT / "parameters" / f"{name}.yml").stores.items()
    transactions = open_store(of, settings, root=PROJECT).table("transactions")
    cut, end = DAYS[name]
    return holdout_purchases(purchase_days(transactions, until=end), calibration_until=cut, until=end)


@pytest.fixture(scope="module")
def households() -> pd.DataFrame:
    return customers_of("complete_journey")


@pytest.fixture(scope="module")
def grocer(households: pd.DataFrame) -> ParetoNBD:
    return fit_pareto_nbd(households.groupby(KEYS)[["customers"]].sum().reset_index())


def test_the_complete_journey_is_told_for_every_household_where_lifetimes_is_not(
    households: pd.DataFrame, grocer: ParetoNBD
) -> None:
    # Its households leave at one rate as far as three quarters of a year can tell: lifetimes runs along a ridge.
    import lifetimes

    assert grocer.convergence.held == ("s",)
    oracle = lifetimes.ParetoNBDFitter()
    oracle.params_ = pd.Series(grocer.parameters)
    history, customers = [households[key] for key in KEYS], households["customers"].to_numpy()
    with np.errstate(all="ignore"):
        theirs = oracle.conditional_expected_number_of_purchases_up_to_time(92, *history).to_numpy()
    told = grocer.conditional_expected_purchases(*history, 92)
    finite = np.isfinite(theirs)
    assert customers[~finite].sum() > 100
    assert np.isfinite(told).all()
    assert told[finite] == pytest.approx(theirs[finite], rel=1e-7)
    # Neither was fitted on: 2,446 households, about 32,000 purchases in the 92 days that follow.
    assert customers.sum() == 2446
    assert told @ customers == pytest.approx(households["holdout_purchases"] @ customers, rel=0.02)


def test_lifetimes_own_fit_of_the_complete_journey_is_less_likely_and_not_for_all(
    households: pd.DataFrame, grocer: ParetoNBD
) -> None:
    import lifetimes

    history, weights = [households[key] for key in KEYS], households["customers"]
    with np.errstate(all="ignore"):
        oracle = lifetimes.ParetoNBDFitter().fit(*history, weights=weights)
        theirs = oracle.conditional_expected_number_of_purchases_up_to_time(92, *history).to_numpy()
        of_theirs = -oracle._negative_log_likelihood_ * weights.mean() + np.log(oracle._scale) * (
            weights @ households["frequency"]
        )
    assert grocer.log_likelihood >= of_theirs
    finite = np.isfinite(theirs)
    assert weights[~finite].sum() > 0


def test_the_whole_of_cdnow_is_told_for_every_customer() -> None:
    # Known of lifetimes' fit of the whole file, with purchases of nothing counted: MAE .794, total error -12.9 %.
    customers = customers_of("cdnow")
    model = fit_pareto_nbd(customers.groupby(KEYS)[["customers"]].sum().reset_index())
    told = model.conditional_expected_purchases(*(customers[key] for key in KEYS), 273)
    actual, weights = customers["holdout_purchases"], customers["customers"]
    assert np.isfinite(told).all()
    assert float(np.average(abs(told - actual), weights=weights)) == pytest.approx(0.794, abs=0.002)
    assert (told @ weights) / (actual @ weights) - 1 == pytest.approx(-0.129, abs=0.002)
